//! What one lap costs in the core: deciding and applying the main story, the hearing matrix, the intent, a replay.
#![allow(missing_docs)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use support::{ANA, BEN, BILLING, SUE, Stage, opening, user};
use terms::{EndReason, OfferId, Timestamp, Token};
use voicecall::{
    Actor, AnswerWhen, Attachment, CallType, CoachingMode, Command, Conversation, Event, Input, QueueOrUser,
    Signal,
};

/// A customer calls, Ana answers, consults Ben, a supervisor whispers, the transfer completes, the customer hangs up.
fn story() -> Vec<Input> {
    let system = |command| Input::Command { by: Actor::System, command };
    let answered = |leg| Input::Signal(Signal::LegAnswered { leg });
    let offer = Command::Offer {
        offer: OfferId::from_number(1),
        token: Token::taken(ANA),
        auto_answer: false,
        ring_ms: 20_000,
    };
    let coach = Command::StartCoaching {
        token: Token::taken(SUE),
        mode: CoachingMode::Whisper,
        agent_leg: None,
        attach_to: Attachment::Conversation,
    };
    let queue = QueueOrUser::Queue(BILLING);
    vec![
        system(Command::Enqueue { target: queue, skills: Vec::new(), priority: 5 }),
        answered(0),
        system(offer),
        answered(1),
        Input::by_user(ANA, Command::StartConsult { target: user(BEN), note: None }),
        answered(2),
        Input::by_user(SUE, coach),
        answered(3),
        Input::by_user(ANA, Command::CompleteTransfer),
        Input::Signal(Signal::LegEnded { leg: 0, reason: EndReason::RemoteHangup }),
    ]
}

fn played(inputs: &[Input]) -> (Conversation, Vec<Event>) {
    let mut c = Conversation::open(&opening(CallType::Inbound, AnswerWhen::OnFlow));
    let mut log = Vec::new();
    for input in inputs {
        for event in c.decide(input, Timestamp(0)).unwrap_or_default() {
            c.apply(&event);
            log.push(event);
        }
    }
    (c, log)
}

fn laps(criterion: &mut Criterion) {
    let story = story();
    let (ended, log) = played(&story);
    assert!(ended.is_ended());
    criterion.bench_function("the main story, 10 inputs decided and applied", |bench| {
        bench.iter(|| played(black_box(&story)));
    });
    let (coached, _) = played(&story[..8]);
    criterion.bench_function("decide, a hold refused", |bench| {
        let input = Input::by_user(BEN, Command::Hold { leg: None });
        bench.iter(|| coached.decide(black_box(&input), Timestamp(0)));
    });
    criterion
        .bench_function("hearing of a coached consult", |bench| bench.iter(|| black_box(&coached).hearing()));
    criterion
        .bench_function("desired of a coached consult", |bench| bench.iter(|| black_box(&coached).desired()));
    criterion
        .bench_function("check of a coached consult", |bench| bench.iter(|| black_box(&coached).check()));
    let twenty: Vec<Event> = log.into_iter().take(20).collect();
    let begun = opening(CallType::Inbound, AnswerWhen::OnFlow);
    criterion.bench_function("replay of 20 facts", |bench| {
        bench.iter(|| Conversation::replay(black_box(&begun), twenty.iter().cloned()));
    });
    assert!(Stage::consulting().c.check().is_ok());
}

criterion_group!(lap, laps);
criterion_main!(lap);
