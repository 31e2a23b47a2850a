//! Going away: one party, or everybody.

use terms::EndReason;

use super::{
    Draft, callback, coaching, consult, message, not_by_a_person, offer, participant, recording, transfer,
};
use crate::{
    conversation::{Consult, ConsultPhase, Conversation},
    event::Event,
    input::{Actor, Command, MessageEnd, Rejected},
    leg::{Leg, Role},
    record::{Disposition, Purpose},
};

/// How a party goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Departure {
    /// The phone says goodbye: the call ends, unless others of staff carry it on.
    Goodbye,
    /// Leaves the others to go on.
    Leaves,
    /// The wire broke and did not come back.
    Lost,
}

/// Ends everything for everybody. A rung user only declines; a supervisor and the target of a private consult are no
/// parties of the customer's call, and only leave.
pub(super) fn hang_up(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    if matches!(by, Actor::User(_)) {
        let own = d.own(by)?;
        let leg = d.live(own)?;
        if leg.role == Role::Supervisor || d.c.private_target() == Some(own) || leg.is_ringing() && own != 0 {
            return participant::leave(d, by);
        }
    }
    let reason = super::overflow::end_reason(d, by);
    end_all(d, reason);
    Ok(())
}

pub(super) fn lose_node(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    end_all(d, EndReason::NodeLost);
    Ok(())
}

/// After the end only the agent's result and the details may still be written.
pub(super) fn after_the_end(d: &mut Draft, by: Actor, command: &Command) -> Result<(), Rejected> {
    if d.c.ephemeral {
        return Err(Rejected::Ended);
    }
    if let Command::ContinueIn { conversation } = command {
        return callback::continue_in(d, by, *conversation);
    }
    if let Command::SetDetails { details } = command {
        return recording::set_details(d, by, details);
    }
    if let Command::WrapUp { code, resolution, notes } = command {
        return recording::wrap_up(d, by, *code, resolution.as_deref(), notes.as_deref());
    }
    Err(Rejected::Ended)
}

/// One party goes; the rest of the facts says what becomes of the others.
pub(super) fn depart(d: &mut Draft, leg: u32, how: Departure, reason: EndReason) {
    d.cause = reason;
    let Some(party) = d.c.leg(leg).filter(|leg| leg.is_live()) else { return };
    let (role, outside) = (party.role, party.is_outside());
    if role == Role::Supervisor {
        coaching::end(d, leg, reason);
    } else if d.c.consult.is_some_and(|consult| consult.leg == Some(leg)) {
        let last_of_staff = !outside && !d.c.main_staff().any(|staff| staff != leg);
        consult::end(d, reason);
        if last_of_staff && d.c.consult.is_none() {
            staff_gone(d, how, reason);
        }
    } else if outside {
        end_guest(d, leg, reason);
    } else {
        staff_departs(d, leg, how, reason);
    }
}

fn staff_departs(d: &mut Draft, leg: u32, how: Departure, reason: EndReason) {
    if let Some(consult) = d.c.consult.filter(|consult| consult.initiator == leg)
        && initiator_departs(d, &consult, how, reason)
    {
        return;
    }
    end_guest(d, leg, reason);
    let carried_on = if d.c.is_direct() { d.c.goes_on() } else { d.c.main_staff().next().is_some() };
    if !carried_on {
        staff_gone(d, how, reason);
    }
}

/// Whether the initiator's going has been dealt with: the customer is the target's now, or will be.
fn initiator_departs(d: &mut Draft, consult: &Consult, how: Departure, reason: EndReason) -> bool {
    let target = consult.leg.filter(|leg| d.c.leg(*leg).is_some_and(Leg::is_up));
    if consult.is_answered() {
        if let Some(target) = target
            && transfer::is_somebody_for(d, consult)
        {
            let reason = if how == Departure::Lost { reason } else { EndReason::Transferred };
            transfer::complete(d, consult.initiator, target, reason);
            return true;
        }
        if !consult.is_merged() {
            consult::end(d, EndReason::HungUp);
        }
        return false;
    }
    if how == Departure::Lost
        || d.c.can_spare(consult.initiator)
        || !d.c.is_anybody_besides(consult.initiator)
    {
        consult::end(d, EndReason::Cancelled);
        return false;
    }
    if d.c.policy.hang_up_while_ringing_completes {
        transfer::complete_blind(d, consult);
    } else {
        transfer::recall_initiator(d, consult, reason);
    }
    true
}

/// Nobody of staff remains. A goodbye ends the call; who leaves may leave two outside parties to each other (`settle`
/// looks); a lost agent's customer goes back to the head of the queue.
fn staff_gone(d: &mut Draft, how: Departure, reason: EndReason) {
    match how {
        Departure::Leaves => {}
        Departure::Goodbye => end_all(d, reason),
        Departure::Lost => {
            let waits = |leg: &Leg| leg.is_outside() && (leg.is_up() || leg.incoming && leg.is_ringing());
            if d.c.is_talking() && d.c.home.is_some() && d.c.legs.iter().any(waits) {
                participant::cancel_ringing(d);
                offer::fall_back(d, reason);
            } else {
                end_all(d, reason);
            }
        }
    }
}

/// A wire ends, with the record of its own (added party, merged consult) where it has one.
pub(super) fn end_guest(d: &mut Draft, leg: u32, reason: EndReason) {
    let Some(call) = d.c.leg(leg).map(|leg| leg.call) else { return };
    d.end_leg(leg, reason);
    let own =
        matches!(d.c.call(call).map(|call| call.purpose), Some(Purpose::Participant | Purpose::Consult));
    if own {
        d.close_call(call, reason);
    }
}

/// Everything ends: no loose wire, record, offer or deadline remains.
pub(super) fn end_all(d: &mut Draft, reason: EndReason) {
    if d.c.is_ended() {
        return;
    }
    super::flow::end_prompt(d);
    if d.c.asked.is_some() {
        let _ = super::flow::silence(d);
    }
    let lost = reason == EndReason::NodeLost;
    message::end(d, if lost { MessageEnd::NodeLost } else { MessageEnd::HungUp });
    if let Some(leg) = d.c.offered() {
        offer::close_offer(d, leg, EndReason::Cancelled, None);
    }
    if d.c.work.is_some() {
        d.push(Event::Dequeued);
    }
    if let Some(handover) = d.c.handover {
        d.push(Event::TransferFailed { by: handover.by, reason });
    }
    for call in 0..d.c.calls.len() as u32 {
        d.close_call(call, closing_reason(&d.c, call, reason));
    }
    if d.c.consult.is_some() {
        d.push(Event::ConsultEnded { reason });
    }
    for coaching in d.c.coaching.clone() {
        d.push(Event::CoachingEnded { leg: coaching.leg, reason });
    }
    for leg in 0..d.c.legs.len() as u32 {
        if let Some(reason) = d.c.leg(leg).map(|leg| cut_reason(leg, reason)) {
            d.end_leg(leg, reason);
        }
    }
    d.push(Event::Ended { reason });
}

/// Why this wire is cut. Their unanswered wire is refused with the reason itself, which the edge turns into an answer.
fn cut_reason(leg: &Leg, reason: EndReason) -> EndReason {
    let ours = matches!(reason, EndReason::NodeLost | EndReason::AgentLost);
    match (leg.is_ringing(), leg.incoming) {
        _ if reason == EndReason::NodeLost => EndReason::NodeLost,
        (true, true) => reason,
        (true, false) => EndReason::Cancelled,
        (false, _) if ours => reason,
        (false, _) => EndReason::HungUp,
    }
}

/// A consult, an added party or a supervisor that was still being rung was called off.
fn closing_reason(c: &Conversation, call: u32, reason: EndReason) -> EndReason {
    let side = c.call(call).is_some_and(|call| {
        !call.answered && matches!(call.purpose, Purpose::Consult | Purpose::Participant | Purpose::Coaching)
    });
    if side && reason != EndReason::NodeLost { EndReason::Cancelled } else { reason }
}

/// How a record came out, from what it was and why it ends.
pub(super) fn disposition(c: &Conversation, call: u32, reason: EndReason) -> Disposition {
    let Some(record) = c.call(call) else { return Disposition::Failed };
    if matches!(reason, EndReason::NodeLost | EndReason::AgentLost) {
        return Disposition::Failed;
    }
    if record.answered {
        let private =
            c.consult.is_some_and(|consult| consult.call == call && consult.phase != ConsultPhase::Merged);
        let joined = record.purpose == Purpose::Consult && !private;
        return if joined { Disposition::Conferenced } else { Disposition::Completed };
    }
    if c.continues_in.is_some() {
        return Disposition::CallbackRequested;
    }
    if c.left_message && call == c.customer_call {
        return Disposition::Voicemail;
    }
    match reason {
        EndReason::NoAnswer => Disposition::NoAnswer,
        EndReason::Busy => Disposition::Busy,
        EndReason::Declined => Disposition::Declined,
        EndReason::HungUp
        | EndReason::RemoteHangup
        | EndReason::Transferred
        | EndReason::Merged
        | EndReason::Cancelled
        | EndReason::MediaTimeout => Disposition::Abandoned,
        EndReason::Unreachable
        | EndReason::AgentLost
        | EndReason::NodeLost
        | EndReason::Rejected
        | EndReason::PermissionRevoked => Disposition::Failed,
    }
}
