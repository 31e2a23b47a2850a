//! Whatever people do: every moment of a call leg lies in exactly one segment, and no time is counted twice.

use proptest::prelude::*;
use reporting::{ConversationFacts, WrapUp};
use terms::{EndReason, Timestamp, Token, UserId};
use voicecall::{
    Actor, Attachment, CallType, CoachingMode, Command, Conversation, Event, Input, QueueOrUser, SegmentKind,
    Signal, Target,
};

use crate::told::{ANA, BEN, BILLING, CID, SUE, SUPPORT, Told, number, opening, user};

/// One step: what is tried, by whom or on which wire, and how long after the step before. Most steps of most draws are
/// refused; those that are not make long and odd conversations.
type Step = (u8, u8, u8);

fn steps() -> impl Strategy<Value = (u8, Vec<Step>)> {
    (0u8..4, proptest::collection::vec((0u8..36, 0u8..8, 0u8..4), 1..120))
}

fn input(told: &Told, (what, which, _): Step) -> Input {
    let people = [ANA, BEN, CID, SUE];
    let person = people[usize::from(which) % people.len()];
    let other = people[(usize::from(which) + 1 + usize::from(what) % 3) % people.len()];
    let leg = u32::from(which);
    let by = |command| Input::by_user(person, command);
    let router = |command| Input::Command { by: Actor::Router, command };
    let queue = Target::Queue { queue: SUPPORT, skills: Vec::new() };
    let mode = [CoachingMode::Monitor, CoachingMode::Whisper, CoachingMode::Barge][usize::from(which) % 3];
    let signal = Input::Signal;
    let token = Token::taken(person);
    match what {
        0..=5 => signal(Signal::LegAnswered {
            leg: told.c.legs().len() as u32 - 1 - leg.min(told.c.legs().len() as u32 - 1),
        }),
        6 => signal(Signal::LegFailed { leg, reason: EndReason::Busy }),
        7 => signal(Signal::LegEnded { leg, reason: EndReason::RemoteHangup }),
        8 => signal(Signal::WireLost { leg }),
        9 => signal(Signal::WireBack { leg }),
        10 => Input::Tick,
        11 => router(Command::Enqueue {
            target: QueueOrUser::Queue(BILLING),
            skills: Vec::new(),
            priority: which,
        }),
        12..=14 => router(Command::Offer {
            offer: terms::OfferId::from_number(told.c.legs().len() as u128),
            token,
            auto_answer: false,
            ring_ms: 20_000,
        }),
        15 => by(Command::Decline { reason: None }),
        16 => by(Command::Hold { leg: None }),
        17 => by(Command::Resume { leg: None }),
        18 => by(Command::Hold { leg: Some(leg) }),
        19 | 20 => by(Command::StartConsult { target: user(other), note: None }),
        21 => by(Command::StartConsult { target: queue, note: None }),
        22 => by(Command::SwapConsult),
        23 => by(Command::MergeConsult),
        24 => by(Command::CompleteTransfer),
        25 => by(Command::CancelConsult),
        26 => by(Command::Transfer { target: user(other) }),
        27 => by(Command::Transfer { target: queue }),
        28 => by(Command::AddParticipant { target: Target::Number(number(50 + leg)) }),
        29 => by(Command::AddParticipant { target: user(other) }),
        30 => {
            by(Command::StartCoaching { token, mode, agent_leg: None, attach_to: Attachment::Conversation })
        }
        31 => by(Command::ChangeCoachingMode { mode }),
        32 => by(Command::TakeOver),
        33 => by(Command::Leave),
        34 => by(Command::Park { slot: "1".to_owned() }),
        _ => by(Command::Retrieve { token, auto_answer: false }),
    }
}

fn tell(kind: u8, steps: &[Step]) -> Told {
    let start = Timestamp(1_800_000_000_000);
    let mut told = match kind {
        0 => Told::talking(1, start),
        1 => Told::consulting(1, start),
        2 => Told::open(opening(1, start, CallType::Inbound)),
        _ => Told::open(opening(1, start, CallType::Internal)),
    };
    if kind == 3 {
        told.system(Command::DialFar { target: user(BEN) });
    }
    for step in steps {
        told.now = told.now + i64::from(step.2) * 5_000;
        let input = input(&told, *step);
        let _refused = told.try_input(&input);
    }
    told.now = told.now + 7_000;
    let _over = told.try_input(&Input::Command { by: Actor::System, command: Command::HangUp });
    told.c.check().unwrap();
    told
}

/// What the core itself says between each two moments, against what the segments say.
fn every_moment_is_in_one_segment(told: &Told, facts: &ConversationFacts) {
    let mut c = Conversation::open(&told.opening);
    let mut at = told.opening.at;
    let mut seen = 0;
    let mut look = |c: &Conversation, from: Timestamp, to: Timestamp| {
        let covering: Vec<_> = facts
            .segments
            .iter()
            .filter(|segment| segment.start <= from && segment.end.is_none_or(|end| to <= end))
            .map(|segment| (segment.leg, segment.call, segment.kind))
            .collect();
        let touching = facts
            .segments
            .iter()
            .filter(|segment| segment.start < to && segment.end.is_none_or(|end| from < end))
            .count();
        let parts: Vec<_> = c.parts().into_iter().map(|part| (part.leg, part.call, part.kind)).collect();
        assert_eq!(covering, parts, "between {from:?} and {to:?}");
        assert_eq!(touching, parts.len(), "a segment begins or ends between {from:?} and {to:?}");
        seen += 1;
    };
    for (time, event) in &told.facts {
        if *time > at {
            look(&c, at, *time);
            at = *time;
        }
        c.apply(event);
    }
    assert!(seen > 0);
}

fn no_time_counts_twice(facts: &ConversationFacts) {
    for call in &facts.voice_calls {
        let times = &call.times;
        let sum = times.talk_ms + times.hold_ms + times.queue_ms + times.ivr_ms + times.park_ms;
        let duration = call.duration_ms.unwrap();
        assert!(sum <= duration, "{sum} of {duration} ms in {call:?}");
        assert!(times.ring_ms <= duration, "rang longer than it lasted: {call:?}");
        assert!(times.longest_hold_ms <= times.hold_ms, "{call:?}");
    }
    for leg in &facts.call_legs {
        let mine = facts.segments.iter().filter(|segment| segment.call_leg == leg.id);
        let total: i64 = mine.clone().map(|segment| segment.end.unwrap() - segment.start).sum();
        let Some(ended) = leg.ended_at else { panic!("{leg:?} did not end") };
        let span = mine.clone().next().map_or(0, |first| ended - first.start);
        assert!(total <= span, "{total} of {span} ms in {leg:?}");
        assert!(mine.clone().all(|segment| segment.end.unwrap() > segment.start));
        assert!(leg.answered_at.is_none_or(|answered| leg.ring_at <= answered && answered <= ended));
    }
}

fn links_hold(facts: &ConversationFacts) {
    let calls = &facts.voice_calls;
    for call in calls {
        let find = |id| calls.iter().find(|other| Some(other.id) == id);
        if call.parent.is_some() {
            let parent = find(call.parent).unwrap();
            assert!(call.path.starts_with(&format!("{}/", parent.path)) && parent.path < call.path);
            assert_eq!(call.depth, parent.depth + 1);
        }
        if call.next.is_some() {
            assert_eq!(find(call.next).unwrap().previous, Some(call.id));
        }
        assert!(call.accepted_at.is_none_or(|accepted| call.started_at <= accepted));
        assert!(facts.conversation.ended_at >= call.ended_at);
    }
    let mut ids: Vec<_> = facts.segments.iter().map(|segment| segment.id).collect();
    ids.extend(facts.call_legs.iter().map(|leg| leg.id));
    ids.extend(facts.coaching_intervals.iter().map(|interval| interval.id));
    let all = ids.len();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), all, "two records have one id");
}

fn nothing_stays_open(facts: &ConversationFacts) {
    assert!(facts.segments.iter().all(|segment| segment.end.is_some()));
    assert!(facts.holds.iter().all(|hold| hold.end.is_some()), "{:?}", facts.holds);
    assert!(facts.coaching_intervals.iter().all(|interval| interval.end.is_some()));
    assert!(facts.offers.iter().all(|offer| offer.ended_at.is_some()));
    assert!(facts.voice_calls.iter().all(|call| call.ended_at.is_some()));
}

/// What was closed when only the first facts were known is the same when all are.
fn the_past_does_not_change(told: &Told, facts: &ConversationFacts) {
    let Some((middle, _)) = told.facts.get(told.facts.len() / 2) else { return };
    let past: Vec<(Timestamp, &Event)> =
        told.facts.iter().filter(|(at, _)| at <= middle).map(|(at, event)| (*at, event)).collect();
    let early = reporting::fold(&told.opening, past, &[], *middle);
    for segment in early.segments.iter().filter(|segment| segment.end.is_some()) {
        assert!(facts.segments.contains(segment), "{segment:?} was rewritten");
    }
    for leg in &early.call_legs {
        assert!(facts.call_legs.iter().any(|later| later.id == leg.id));
    }
}

/// Wrap-up adds one segment to its agent's leg and changes no other time.
fn wrap_up_is_added_once(told: &Told, facts: &ConversationFacts) {
    let Some(handler) = facts.voice_calls.iter().rev().find_map(|call| call.user) else { return };
    let start = facts.conversation.ended_at.unwrap();
    let wrap_up = WrapUp { user: handler, start, end: Some(start + 30_000) };
    let events = told.facts.iter().map(|(at, event)| (*at, event));
    let more = reporting::fold(&told.opening, events, &[wrap_up], start);
    let acw: Vec<_> = more.segments.iter().filter(|segment| segment.kind == SegmentKind::Acw).collect();
    assert_eq!(acw.len(), 1);
    assert_eq!(acw[0].end.unwrap() - acw[0].start, 30_000);
    let user = |leg: u32| -> Option<UserId> { told.c.legs()[leg as usize].party.user() };
    assert_eq!(user(acw[0].leg), Some(handler));
    let sum =
        |facts: &ConversationFacts| -> i64 { facts.voice_calls.iter().map(|c| c.times.wrap_up_ms).sum() };
    assert_eq!((sum(facts), sum(&more)), (0, 30_000));
    for (before, after) in facts.voice_calls.iter().zip(&more.voice_calls) {
        assert_eq!(before.times, reporting::CallTimes { wrap_up_ms: 0, ..after.times });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn whatever_people_do_no_second_is_lost_or_counted_twice((kind, steps) in steps()) {
        let told = tell(kind, &steps);
        prop_assume!(told.facts.iter().any(|(at, _)| *at > told.opening.at));
        let facts = told.fold();
        prop_assert!(told.c.is_ended());
        every_moment_is_in_one_segment(&told, &facts);
        no_time_counts_twice(&facts);
        links_hold(&facts);
        nothing_stays_open(&facts);
        the_past_does_not_change(&told, &facts);
        wrap_up_is_added_once(&told, &facts);
        prop_assert_eq!(told.fold(), facts);
    }
}
