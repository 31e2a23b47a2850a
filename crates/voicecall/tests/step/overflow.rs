//! Leaving a queue unanswered, and being called back.

use super::*;
use terms::ConversationId;
use voicecall::{Actor, CallbackOf, CallbackOrder, MessageEnd, OverflowCause, OverflowTo, Party, Purpose};

fn overflow(to: OverflowTo) -> Command {
    Command::Overflow { to, priority: 3, cause: OverflowCause::MaxWait }
}

#[test]
fn another_queue_gets_the_customer_as_old_as_they_are() {
    let mut s = Stage::queued();
    let since = s.c.work().unwrap().since;
    s.now = s.now.plus_ms(60_000);
    s.router(overflow(OverflowTo::Queue(SUPPORT)));
    let work = s.c.work().unwrap();
    assert_eq!((work.target, work.since, work.priority), (WorkTarget::Queue(SUPPORT), since, 3));
    assert_eq!(s.c.queue(), Some(SUPPORT));
}

#[test]
fn a_number_is_dialed_for_the_customer_in_a_call_of_its_own() {
    let mut s = Stage::queued();
    s.router(overflow(OverflowTo::External(number(5))));
    assert_eq!(s.c.state(), State::Offering);
    assert_eq!(s.hears(), "0:tone");
    s.answers(1);
    assert_eq!(s.c.state(), State::Connected);
    s.says_bye(0);
    assert!(s.c.is_ended());
    let records = s.records();
    assert_eq!(
        records,
        "0 Inbound Customer Transferred next=1\n1 Inbound Transfer Completed parent=0 previous=0\n"
    );
}

#[test]
fn who_overflows_into_the_flow_hears_a_prompt_and_was_not_answered() {
    let mut s = Stage::queued();
    let leg = s.offer(ANA);
    s.router(overflow(OverflowTo::HangUp));
    assert!(matches!(s.c.legs()[leg as usize].state, LegState::Ended { reason: EndReason::Cancelled }));
    s.system(Command::Play { prompt: PromptId::NOT_AVAILABLE });
    assert_eq!(s.hears(), "0:prompt");
    s.signal(Signal::PromptFinished { leg: 0, prompt: PromptId::NOT_AVAILABLE });
    s.system(Command::HangUp);
    assert_eq!(s.records(), "0 Inbound Customer NoAnswer\n");
}

#[test]
fn a_consult_that_its_queue_gives_up_ends_as_unanswered() {
    let mut s = Stage::talking();
    s.by(ANA, Command::StartConsult { target: queue(SUPPORT), note: None });
    s.router(overflow(OverflowTo::Voicemail));
    assert!(s.c.consult().is_none());
    assert_eq!(s.hears(), "0:1 1:0");
}

fn callback(order: CallbackOrder) -> Stage {
    let of = CallbackOf {
        conversation: ConversationId::from_number(76),
        call: 0,
        requested_at: Timestamp(0),
        order,
        attempt: 1,
        attempts_max: 2,
        retry_ms: 60_000,
    };
    let mut s = Stage::open(Opening {
        purpose: Purpose::Callback,
        first: Party::Number(Some(number(1))),
        incoming: false,
        auto_answer: false,
        dialed: Some(number(99)),
        callback: Some(of),
        ..opening(CallType::Outbound, AnswerWhen::OnFlow)
    });
    s.now = Timestamp(300_000);
    s.system(Command::LineUp {
        queue: BILLING,
        since: Timestamp(1_000),
        skills: Vec::new(),
        priority: 5,
        not_before: Some(Timestamp(360_000)),
    });
    assert!(s.c.desired().work.is_none(), "it rests first");
    s.after_ms(60_000);
    assert_eq!(s.c.desired().work.map(|work| work.since), Some(Timestamp(1_000)));
    assert_eq!(s.c.desired().legs[0].wire, Wire::Later);
    s
}

#[test]
fn a_callback_rings_the_agent_and_then_the_customer() {
    let mut s = callback(CallbackOrder::AgentFirst);
    let leg = s.offer(ANA);
    s.answers(leg);
    assert!(matches!(s.c.desired().legs[0].wire, Wire::Dial { .. }));
    assert_eq!(s.hears(), "1:tone");
    s.answers(0);
    assert_eq!(s.hears(), "0:1 1:0");
    s.says_bye(0);
    assert_eq!(s.records(), "0 Outbound Callback Completed\n");
}

#[test]
fn a_callback_may_ring_the_customer_first_who_is_then_the_next_in_line() {
    let mut s = callback(CallbackOrder::CustomerFirst);
    s.router(Command::DialCustomer);
    assert!(s.c.work().is_none());
    s.answers(0);
    assert!(s.c.work().unwrap().head);
    assert_eq!(s.hears(), "0:queue");
    let leg = s.offer(ANA);
    s.answers(leg);
    assert_eq!(s.hears(), "0:1 1:0");
}

#[test]
fn a_callback_that_cannot_be_made_now_rests_and_keeps_its_place() {
    let mut s = callback(CallbackOrder::AgentFirst);
    s.router(Command::Rest { until: s.now.plus_ms(10_000) });
    assert!(s.c.desired().work.is_none());
    s.after_ms(10_000);
    assert_eq!(s.c.desired().work.map(|work| work.since), Some(Timestamp(1_000)));
    s.offer(ANA);
}

#[test]
fn a_callback_that_nobody_answers_goes_on_in_another_conversation() {
    let mut s = callback(CallbackOrder::AgentFirst);
    let leg = s.offer(ANA);
    s.answers(leg);
    s.fails(0, EndReason::Busy);
    assert!(s.c.is_ended());
    let next = ConversationId::from_number(78);
    s.system(Command::ContinueIn { conversation: next });
    assert_eq!(s.c.continues_in(), Some(next));
    assert_eq!(s.records(), "0 Outbound Callback Busy\n");
}

#[test]
fn who_asks_for_a_callback_has_not_given_up() {
    let mut s = Stage::queued();
    s.router(overflow(OverflowTo::Callback));
    s.system(Command::ContinueIn { conversation: ConversationId::from_number(78) });
    s.says_bye(0);
    assert_eq!(s.records(), "0 Inbound Customer CallbackRequested\n");
}

#[test]
fn a_callback_is_taken_back_before_its_turn() {
    let mut s = callback(CallbackOrder::AgentFirst);
    s.router(Command::AbandonWork { reason: EndReason::Cancelled });
    assert!(s.c.is_ended());
}

/// In the flow, speaking after the tone.
fn speaking() -> Stage {
    let mut s = Stage::queued();
    s.router(overflow(OverflowTo::Voicemail));
    s.system(Command::Play { prompt: PromptId::LEAVE_MESSAGE });
    s.signal(Signal::PromptFinished { leg: 0, prompt: PromptId::LEAVE_MESSAGE });
    s.system(Command::TakeMessage { queue: SUPPORT });
    s
}

#[test]
fn a_message_is_heard_by_its_recording_alone_and_is_how_the_call_came_out() {
    let mut s = speaking();
    assert_eq!(s.c.message().map(|message| message.queue), Some(SUPPORT));
    let caller = terms::Source::Leg(terms::LegId::new(s.c.id(), 0));
    let ears: Vec<_> = s.c.hearing().audience(caller).collect();
    assert_eq!(ears, [terms::Listener::Recorder(terms::Channel::Message)]);
    s.now = s.now.plus_ms(4_000);
    s.system(Command::EndMessage { how: MessageEnd::Key });
    assert!(s.c.hearing().audience(caller).next().is_none());
    s.system(Command::HangUp);
    assert_eq!(s.records(), "0 Inbound Customer Voicemail\n");
}

#[test]
fn who_hangs_up_at_the_tone_has_left_no_message() {
    let mut s = speaking();
    s.now = s.now.plus_ms(400);
    s.says_bye(0);
    assert_eq!(s.records(), "0 Inbound Customer Abandoned\n");
}

#[test]
fn a_message_is_cut_off_when_it_is_as_long_as_one_may_be_and_there_is_one_in_a_call() {
    let mut s = speaking();
    s.now = s.now.plus_ms(terms::limits::MESSAGE_MS_MAX);
    let events = s.c.decide(&Input::Tick, s.now).unwrap();
    let most = terms::limits::MESSAGE_MS_MAX;
    assert_eq!(events, [voicecall::Event::MessageEnded { call: 0, how: MessageEnd::Limit, ms: most }]);
    events.iter().for_each(|event| s.c.apply(event));
    let again = Input::Command { by: Actor::System, command: Command::TakeMessage { queue: SUPPORT } };
    assert_eq!(s.c.decide(&again, s.now), Err(voicecall::Rejected::NotNow));
}
