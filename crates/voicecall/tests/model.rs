//! The model: every reachable state of small worlds, checked. Each world states its bounds; LONG=1 widens them,
//! MODEL=small narrows them (for a run per planted bug).
#![allow(unreachable_pub, dead_code)]

/// What may be done in a state, when two states are the same, and the search.
mod model {
    pub mod inputs;
    pub mod key;
    pub mod search;
}
mod support;

use model::{
    inputs::Bounds,
    search::{Seen, search},
};
use support::opening;
use voicecall::{AnswerWhen, CallType, Opening};

fn small() -> bool {
    std::env::var("MODEL").is_ok_and(|size| size == "small")
}
fn long() -> bool {
    std::env::var("LONG").is_ok_and(|long| long == "1")
}

/// One bound for each size of run.
fn size<T>(small_run: T, normal: T, long_run: T) -> T {
    if small() {
        small_run
    } else if long() {
        long_run
    } else {
        normal
    }
}

#[track_caller]
fn shows(seen: &Seen, kinds: &[&str]) {
    for kind in kinds {
        assert!(seen.kinds.contains(*kind), "the world never showed {kind}: {:?}", seen.kinds);
    }
}

fn inbound() -> Opening {
    opening(CallType::Inbound, AnswerWhen::OnFlow)
}

/// Inbound, offer, consult, warm and blind transfer: two agents and a third, one number outside.
#[test]
fn consult_and_transfer_keep_every_promise() {
    let bounds = Bounds {
        users: 3,
        live: size(3, 4, 5),
        outside: 2,
        flow: true,
        offers: true,
        hold: true,
        consult: true,
        swap: true,
        to_numbers: true,
        to_queues: true,
        blind: true,
        lost: true,
        ..Bounds::default()
    };
    let seen = search("consult and transfer", &[inbound()], &bounds);
    shows(&seen, &["TransferCompleted", "TransferFailed", "TransferRecalled", "TransferConnected"]);
    shows(
        &seen,
        &["ConsultMerged", "ConsultSwapped", "ConsultOffered", "OfferEnded", "WireLost", "WireBack"],
    );
}

/// The same, where the agent's hanging up while the target rings recalls the agent, and an agent answers before the
/// customer's wire is answered.
#[test]
fn recall_and_late_answer_keep_every_promise() {
    let mut opening = opening(CallType::Inbound, AnswerWhen::OnAgent);
    opening.policy.hang_up_while_ringing_completes = false;
    let bounds = Bounds {
        users: 3,
        live: 3,
        outside: 1,
        flow: true,
        offers: true,
        consult: true,
        to_queues: true,
        lost: true,
        park: true,
        ..Bounds::default()
    };
    let seen = search("recall and late answer", &[opening], &bounds);
    shows(&seen, &["TransferRecalled", "Parked", "Retrieved"]);
}

/// Supervisors over offer, consult, merge and transfer.
#[test]
fn coaching_keeps_every_promise() {
    let bounds = Bounds {
        users: size(3, 4, 4),
        live: size(4, 4, 5),
        coaches: size(1, 2, 2),
        outside: 1,
        flow: size(false, true, true),
        offers: true,
        consult: true,
        swap: true,
        blind: true,
        ..Bounds::default()
    };
    let seen = search("coaching", &[inbound()], &bounds);
    shows(&seen, &["CoachingMoved", "TakenOver", "CoachingEnded", "CoachingModeChanged"]);
}

/// Coaching with lost wires, hold and mute.
#[test]
fn coaching_over_lost_wires_keeps_every_promise() {
    let bounds = Bounds {
        users: 3,
        live: 4,
        coaches: 1,
        outside: 1,
        flow: true,
        offers: true,
        hold: true,
        mute: long(),
        consult: true,
        lost: true,
        around: false,
        ..Bounds::default()
    };
    let seen = search("coaching over lost wires", &[inbound()], &bounds);
    shows(&seen, &["CoachingMoved", "WireLost", "Held"]);
}

/// More people: colleagues and a third party, each held and removed, leaving in any order.
#[test]
fn a_conference_keeps_every_promise() {
    let bounds = Bounds {
        users: size(2, 3, 3),
        live: size(3, 4, 5),
        outside: 2,
        flow: true,
        offers: true,
        hold: true,
        hold_each: true,
        to_numbers: true,
        participants: true,
        lost: true,
        ..Bounds::default()
    };
    let seen = search("conference", &[inbound()], &bounds);
    shows(&seen, &["ParticipantAdded", "RoleChanged", "Held", "WireLost"]);
}

/// Participants and consults together, with transfers and parking out of them.
#[test]
fn a_consult_in_a_conference_keeps_every_promise() {
    let bounds = Bounds {
        users: 3,
        live: size(3, 4, 5),
        outside: 2,
        flow: true,
        offers: true,
        consult: true,
        swap: true,
        to_numbers: true,
        participants: true,
        blind: true,
        park: true,
        ..Bounds::default()
    };
    let seen = search("consult in a conference", &[inbound()], &bounds);
    shows(&seen, &["ParticipantAdded", "TransferCompleted", "Parked", "Retrieved"]);
}

/// An agent calls a number: consult, transfer, conference, a supervisor.
#[test]
fn an_outbound_call_keeps_every_promise() {
    let bounds = Bounds {
        users: 3,
        live: size(3, 3, 4),
        coaches: 1,
        outside: 2,
        dial: true,
        offers: true,
        hold: true,
        consult: true,
        to_numbers: true,
        participants: true,
        blind: true,
        lost: true,
        ..Bounds::default()
    };
    let openings = [opening(CallType::Outbound, AnswerWhen::OnFlow)];
    let seen = search("outbound", &openings, &bounds);
    shows(&seen, &["FarNamed", "TransferCompleted", "TransferFailed", "CoachingStarted"]);
}

/// The queue gives the customer up: to another queue, to a number, to voicemail, into the flow again, before and after an agent was lost
/// and after a transfer that nobody took.
#[test]
fn an_overflow_keeps_every_promise() {
    let bounds = Bounds {
        users: 2,
        live: 3,
        coaches: 0,
        outside: 2,
        flow: true,
        offers: true,
        hold: true,
        consult: true,
        to_queues: true,
        blind: true,
        lost: true,
        overflow: true,
        ..Bounds::default()
    };
    let seen = search("overflow", &[inbound()], &bounds);
    shows(&seen, &["Overflowed", "TransferRecalled", "TransferCompleted", "PromptStarted"]);
    shows(&seen, &["MessageStarted", "MessageEnded", "DigitAwaited", "DigitPressed", "DigitMissed"]);
}

/// Colleagues call each other, logged: all of it; and ephemeral: hold and mute only.
#[test]
fn a_direct_call_keeps_every_promise() {
    let bounds = Bounds {
        users: size(3, 3, 4),
        live: 3,
        coaches: size(0, 0, 1),
        outside: 1,
        dial: true,
        offers: true,
        consult: true,
        swap: true,
        to_numbers: true,
        participants: true,
        blind: true,
        park: true,
        lost: long(),
        ..Bounds::default()
    };
    let logged = opening(CallType::Internal, AnswerWhen::OnFlow);
    let seen = search("direct, logged", std::slice::from_ref(&logged), &bounds);
    shows(&seen, &["TransferCompleted", "Connected", "Queued"]);
    let ephemeral = Opening { ephemeral: true, ..logged };
    let bounds = Bounds { hold: true, mute: true, hold_each: true, lost: true, ..bounds };
    let seen = search("direct, ephemeral", &[ephemeral], &bounds);
    shows(&seen, &["Held", "Muted", "WireLost"]);
    assert!(!seen.kinds.contains("ConsultStarted") && !seen.kinds.contains("CoachingStarted"));
}

/// Colleagues who lose their wires, with a consult and a supervisor.
#[test]
fn a_direct_call_over_lost_wires_keeps_every_promise() {
    let bounds = Bounds {
        users: 3,
        live: 3,
        coaches: 1,
        dial: true,
        hold: true,
        consult: true,
        lost: true,
        ..Bounds::default()
    };
    let openings = [opening(CallType::Internal, AnswerWhen::OnFlow)];
    let seen = search("direct over lost wires", &openings, &bounds);
    shows(&seen, &["WireLost", "WireBack", "TransferCompleted", "TakenOver"]);
}

/// Two conversations share the people: nobody is ever in both, or rung in one while in the other.
#[test]
fn two_conversations_and_the_tokens_keep_every_promise() {
    let bounds = Bounds {
        users: size(2, 2, 3),
        live: size(2, 3, 3),
        coaches: size(0, 1, 0),
        outside: 1,
        flow: true,
        offers: true,
        consult: true,
        blind: true,
        ..Bounds::default()
    };
    let second = Opening { id: terms::ConversationId::from_number(78), ..inbound() };
    let seen = search("two conversations", &[inbound(), second], &bounds);
    shows(&seen, &["Connected"]);
    if !small() {
        shows(&seen, &["TransferCompleted"]);
    }
}
