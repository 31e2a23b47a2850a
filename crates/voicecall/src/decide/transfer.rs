//! Transfers: warm (a consult completed) and blind, with recall when a blind one fails.

use terms::EndReason;

use super::{
    Draft, consult, ending,
    flow::{self, PRIORITY_DEFAULT, Place},
    participant, party_of,
};
use crate::{
    conversation::Consult,
    desired::WorkTarget,
    event::Event,
    input::{Actor, Rejected, Target},
    leg::Role,
    record::{Disposition, Purpose, VoiceCall},
};

/// Warm transfer: the customer and the target go on, the agent's wire ends.
pub(super) fn complete_consult(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    let consult = consult::own_consult(d, by)?;
    if !consult.is_answered() {
        return Err(Rejected::ConsultRinging);
    }
    if !is_somebody_for(d, &consult) {
        return Err(Rejected::CustomerGone);
    }
    let to = consult.leg.filter(|leg| d.c.leg(*leg).is_some_and(|leg| leg.is_up()));
    complete(d, consult.initiator, to.ok_or(Rejected::NotNow)?, EndReason::Transferred);
    Ok(())
}

/// There is a party to hand over besides the target (who is in the main room once merged).
pub(super) fn is_somebody_for(d: &Draft, consult: &Consult) -> bool {
    d.c.others(consult.initiator).any(|(ordinal, leg)| {
        Some(ordinal) != consult.leg && leg.is_up() && (leg.is_outside() || d.c.is_direct())
    })
}

/// `from` leaves for this reason; `to` has everybody else, held or not, in the same step.
pub(super) fn complete(d: &mut Draft, from: u32, to: u32, reason: EndReason) {
    let Some(consult) = d.c.consult else { return };
    let (initiator, by) = (d.c.user_of(from), d.c.user_of(to));
    close(d, consult.call, Disposition::Merged, EndReason::Merged);
    let record =
        VoiceCall { to: d.c.leg(to).map(|leg| leg.party.clone()), initiator, ..continued(d, consult.call) };
    let call = continue_in(d, record);
    d.push(Event::CallAnswered { call, by });
    if by.is_some() {
        d.push(Event::RoleChanged { leg: to, role: Role::Agent });
    }
    ending::end_guest(d, from, reason);
    d.push(Event::TransferCompleted { from, to, call });
    consult::resume_all(d);
}

fn close(d: &mut Draft, call: u32, disposition: Disposition, reason: EndReason) {
    if d.c.is_open(call) {
        d.push(Event::CallClosed { call, disposition, reason });
    }
}

/// The record in which the customer goes on: as the root, caused by `parent`, following the call they are in now.
pub(super) fn continued(d: &Draft, parent: u32) -> VoiceCall {
    let old = d.c.call(d.c.customer_call);
    let from = old.or(d.c.calls.first()).map(|call| call.from.clone());
    VoiceCall {
        purpose: Purpose::Transfer,
        parent: Some(parent),
        previous: Some(d.c.customer_call),
        queue: old.and_then(|call| call.queue),
        trunk: old.and_then(|call| call.trunk),
        ..VoiceCall::opened(d.c.call_type, from.unwrap_or(crate::leg::Party::Number(None)))
    }
}

/// Closes the customer's call as transferred and opens the next.
pub(super) fn continue_in(d: &mut Draft, record: VoiceCall) -> u32 {
    close(d, d.c.customer_call, Disposition::Transferred, EndReason::Transferred);
    d.open_call(record)
}

/// Blind transfer by the only staff of the call: the agent is free at once, the customer hears ringing or music.
pub(super) fn blind(d: &mut Draft, by: Actor, target: &Target) -> Result<(), Rejected> {
    let own = d.own_talking(by)?;
    if d.c.initiates(own) {
        return Err(Rejected::ConsultGoingOn);
    }
    d.own_in_main(by)?;
    if !d.c.is_anybody_besides(own) {
        return Err(Rejected::CustomerGone);
    }
    let alone = if d.c.is_direct() {
        d.c.others(own).count() == 1
    } else {
        !d.c.others(own).any(|(_, leg)| leg.is_staff())
    };
    if !alone || d.c.consult.is_some_and(|consult| !consult.is_merged()) {
        return Err(Rejected::NotNow);
    }
    d.may_ring(target)?;
    let by = d.c.user_of(own).ok_or(Rejected::NotAParty)?;
    let queue = match target {
        Target::Queue { queue, .. } => Some(*queue),
        Target::User { .. } | Target::Number(_) => d.c.queue(),
    };
    participant::cancel_ringing(d);
    let old = d.c.customer_call;
    let record = VoiceCall { to: party_of(target), initiator: Some(by), queue, ..continued(d, old) };
    ending::end_guest(d, own, EndReason::Transferred);
    let call = continue_in(d, record);
    let role = if matches!(target, Target::Number(_)) { Role::ThirdParty } else { Role::Agent };
    let leg = d.ring(target, role, call);
    d.push(Event::TransferStarted { by, call, leg });
    if let Target::Queue { queue, skills } = target {
        let since = d.now;
        let target = WorkTarget::Queue(*queue);
        flow::queue(d, call, &Place { target, since, skills, priority: PRIORITY_DEFAULT, head: false });
    }
    Ok(())
}

/// The agent hung up while the consult's target rings: it goes on ringing, for the customer now.
pub(super) fn complete_blind(d: &mut Draft, consult: &Consult) {
    let Some(by) = d.c.user_of(consult.initiator) else { return };
    let waiting = d.c.work.clone().filter(|work| work.call == consult.call);
    let to = d.c.call(consult.call).and_then(|call| call.to.clone());
    close(d, consult.call, Disposition::Merged, EndReason::Merged);
    let record = VoiceCall { to, initiator: Some(by), ..continued(d, consult.call) };
    participant::cancel_ringing(d);
    ending::end_guest(d, consult.initiator, EndReason::Transferred);
    let call = continue_in(d, record);
    d.push(Event::ConsultEnded { reason: EndReason::Merged });
    d.push(Event::TransferStarted { by, call, leg: consult.leg });
    if let Some(leg) = consult.leg.filter(|leg| d.c.user_of(*leg).is_some()) {
        d.push(Event::RoleChanged { leg, role: Role::Agent });
    }
    if let Some(work) = waiting {
        let (target, since, priority) = (work.target, work.since, work.priority);
        flow::queue(d, call, &Place { target, since, skills: &work.skills, priority, head: work.head });
    }
}

/// The agent hung up while the consult's target rings, and is to be called back.
pub(super) fn recall_initiator(d: &mut Draft, consult: &Consult, reason: EndReason) {
    let Some(user) = d.c.user_of(consult.initiator) else { return };
    participant::cancel_ringing(d);
    consult::end(d, EndReason::Cancelled);
    ending::end_guest(d, consult.initiator, reason);
    recall(d, WorkTarget::User(user));
}

/// The customer goes back to somebody, before everybody else.
pub(super) fn recall(d: &mut Draft, target: WorkTarget) {
    d.push(Event::TransferRecalled { to: target });
    let since = d.now;
    let place = Place { target, since, skills: &[], priority: PRIORITY_DEFAULT, head: true };
    flow::queue(d, d.c.customer_call, &place);
}

/// The rung target of a blind transfer answered.
pub(super) fn answered(d: &mut Draft, leg: u32) {
    let by = d.c.user_of(leg);
    d.push(Event::LegAnswered { leg });
    d.push(Event::CallAnswered { call: d.c.customer_call, by });
    d.push(Event::Connected { leg });
    reached(d, leg);
}

pub(super) fn reached(d: &mut Draft, leg: u32) {
    if d.c.handover.is_some() {
        d.push(Event::TransferConnected { leg });
    }
}

/// A blind transfer reached nobody: its call closes truthfully and the customer goes back to the agent who sent them,
/// in a call of its own.
pub(super) fn failed(d: &mut Draft, reason: EndReason) {
    let Some(handover) = d.c.handover else { return };
    d.push(Event::TransferFailed { by: handover.by, reason });
    if d.c.work.is_some() {
        d.push(Event::Dequeued);
    }
    d.close_call(handover.call, reason);
    let to = Some(crate::leg::Party::User(handover.by));
    let record = VoiceCall { to, ..continued(d, handover.call) };
    d.open_call(record);
    recall(d, WorkTarget::User(handover.by));
}
