//! What the wires report, and time.

use terms::{DeadlineReason, EndReason, PromptId};

use super::{
    Draft, coaching, consult, direct,
    ending::{self, Departure},
    flow, hold, message, offer, parking, participant, transfer,
};
use crate::{
    conversation::Conversation,
    desired::deadlines,
    event::Event,
    input::{MessageEnd, Rejected, Signal},
    leg::{LegState, Party},
    record::Purpose,
};

pub(super) fn signal(d: &mut Draft, signal: &Signal) -> Result<(), Rejected> {
    if let Signal::Measured { leg, quality } = signal {
        d.c.leg(*leg).ok_or(Rejected::UnknownLeg)?;
        d.push(Event::QualityMeasured { leg: *leg, quality: *quality });
        return Ok(());
    }
    if d.c.is_ended() {
        return Err(Rejected::Ended);
    }
    match signal {
        Signal::LegAnswered { leg } => answered(d, *leg),
        Signal::LegFailed { leg, reason } | Signal::LegEnded { leg, reason } => ended(d, *leg, *reason),
        Signal::EarlyMedia { leg } => early_media(d, *leg),
        Signal::WireLost { leg } => lost(d, *leg),
        Signal::WireBack { leg } => back(d, *leg),
        Signal::PhoneHeld { leg } => hold::phone_key(d, *leg, true),
        Signal::PhoneResumed { leg } => hold::phone_key(d, *leg, false),
        Signal::PromptFinished { leg, prompt } => prompt_finished(d, *leg, *prompt),
        Signal::DigitPressed { leg, digit } => flow::digit_pressed(d, *leg, *digit),
        Signal::Measured { .. } => Ok(()),
    }
}

fn prompt_finished(d: &mut Draft, leg: u32, prompt: PromptId) -> Result<(), Rejected> {
    d.live(leg)?;
    flow::prompt_finished(d, prompt)
}

/// What a ringing wire rings for.
enum Rings {
    /// The wire that opened the conversation.
    First,
    Offer,
    Coaching,
    Consult,
    Transfer,
    Participant,
    Retrieval,
    Far,
}

fn rings(c: &Conversation, leg: u32) -> Option<Rings> {
    let party = c.leg(leg).filter(|leg| leg.is_ringing())?;
    let purpose = c.call(party.call).map(|call| call.purpose);
    Some(if leg == 0 {
        Rings::First
    } else if party.offer.is_some() {
        Rings::Offer
    } else if c.coaching.iter().any(|coaching| coaching.leg == leg) {
        Rings::Coaching
    } else if c.consult.is_some_and(|consult| consult.leg == Some(leg)) {
        Rings::Consult
    } else if c.handover.is_some_and(|handover| handover.leg == Some(leg)) {
        Rings::Transfer
    } else if purpose == Some(Purpose::Participant) {
        Rings::Participant
    } else if c.parked.is_some() {
        Rings::Retrieval
    } else {
        Rings::Far
    })
}

/// Twice or late changes nothing.
fn answered(d: &mut Draft, leg: u32) -> Result<(), Rejected> {
    d.live(leg)?;
    match rings(&d.c, leg).ok_or(Rejected::NoChange)? {
        Rings::First => direct::first_answered(d),
        Rings::Offer => offer::answered(d, leg),
        Rings::Coaching => coaching::answered(d, leg),
        Rings::Consult => consult::answered(d, leg),
        Rings::Transfer => transfer::answered(d, leg),
        Rings::Participant => participant::answered(d, leg),
        Rings::Retrieval => parking::fetched(d, leg),
        Rings::Far => direct::far_answered(d, leg),
    }
    Ok(())
}

/// Of a trunk only: what a colleague's phone plays while it rings is for nobody.
fn early_media(d: &mut Draft, leg: u32) -> Result<(), Rejected> {
    let party = d.live(leg)?;
    if !party.is_ringing() || party.incoming || party.early_media || !matches!(party.party, Party::Number(_))
    {
        return Err(Rejected::NoChange);
    }
    d.push(Event::EarlyMedia { leg });
    Ok(())
}

/// Nobody answered this wire, for this reason.
pub(super) fn ring_failed(d: &mut Draft, leg: u32, reason: EndReason, note: Option<&str>) {
    let Some(rings) = rings(&d.c, leg) else { return };
    d.cause = reason;
    match rings {
        Rings::First => {
            d.end_leg(leg, reason);
            ending::end_all(d, reason);
        }
        Rings::Offer => offer::failed(d, leg, reason, note),
        Rings::Coaching => coaching::end(d, leg, reason),
        Rings::Consult => consult::end(d, reason),
        Rings::Transfer => {
            d.end_leg(leg, reason);
            transfer::failed(d, reason);
        }
        Rings::Participant => ending::end_guest(d, leg, reason),
        Rings::Retrieval => d.end_leg(leg, reason),
        Rings::Far => {
            d.end_leg(leg, reason);
            ending::end_all(d, reason);
        }
    }
}

/// A wire is gone. One of staff that can no longer be reached may come back within the grace time; one that fell silent
/// for good is a lost agent, everything else a goodbye.
fn ended(d: &mut Draft, leg: u32, reason: EndReason) -> Result<(), Rejected> {
    let party = d.live(leg)?;
    if party.is_ringing() && reason == EndReason::MediaTimeout {
        // Early media that stopped: the far end may answer all the same.
        return Err(Rejected::NoChange);
    }
    if party.is_ringing() {
        ring_failed(d, leg, reason, None);
        return Ok(());
    }
    if reason == EndReason::Unreachable && party.is_staff() && d.c.policy.reattach_grace_ms > 0 {
        return lost(d, leg);
    }
    let how = match reason {
        EndReason::Unreachable | EndReason::MediaTimeout | EndReason::AgentLost | EndReason::NodeLost => {
            Departure::Lost
        }
        EndReason::HungUp
        | EndReason::RemoteHangup
        | EndReason::Transferred
        | EndReason::Merged
        | EndReason::Declined
        | EndReason::NoAnswer
        | EndReason::Busy
        | EndReason::Cancelled
        | EndReason::Rejected
        | EndReason::PermissionRevoked => Departure::Goodbye,
    };
    ending::depart(d, leg, how, reason);
    Ok(())
}

/// Everybody stays as they were until the deadline. Only wires of staff come back; an outside party's is ended by the
/// shell after its own time.
fn lost(d: &mut Draft, leg: u32) -> Result<(), Rejected> {
    let party = d.live(leg)?;
    if !party.is_staff() || !party.is_up() {
        return Err(Rejected::NoChange);
    }
    let deadline = d.now.plus_ms(d.c.policy.reattach_grace_ms);
    d.push(Event::WireLost { leg, deadline });
    Ok(())
}

fn back(d: &mut Draft, leg: u32) -> Result<(), Rejected> {
    let party = d.live(leg)?;
    if !matches!(party.state, LegState::Lost { .. }) {
        return Err(Rejected::NoChange);
    }
    d.push(Event::WireBack { leg });
    Ok(())
}

/// The earliest thing that is due happens; one a tick.
pub(super) fn tick(d: &mut Draft) -> Result<(), Rejected> {
    if d.c.is_ended() {
        return Err(Rejected::Ended);
    }
    let due = deadlines(&d.c).into_iter().filter(|due| due.deadline.at <= d.now);
    let due = due.min_by_key(|due| (due.deadline.at, due.leg)).ok_or(Rejected::NothingDue)?;
    match (due.deadline.reason, due.leg) {
        (DeadlineReason::Ring, Some(leg)) => ring_failed(d, leg, EndReason::NoAnswer, None),
        (DeadlineReason::Reattach, Some(leg)) => {
            ending::depart(d, leg, Departure::Lost, EndReason::AgentLost);
        }
        (DeadlineReason::Park, _) => parking::recall(d),
        (DeadlineReason::Flow, _) => flow::silence(d)?,
        (DeadlineReason::Message, _) => message::end(d, MessageEnd::Limit),
        (DeadlineReason::Recall, _) => d.push(Event::RecallRepeated),
        _ => return Err(Rejected::NothingDue),
    }
    Ok(())
}
