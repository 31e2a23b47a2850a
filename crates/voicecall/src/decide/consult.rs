//! Consult: the agent speaks alone with a colleague, a queue's agent or a number, while the customer is cared for.

use terms::{EndReason, limits::PARTICIPANTS_MAX};

use super::{
    Draft,
    flow::{self, PRIORITY_DEFAULT, Place},
    offer, party_of, side_call_type,
};
use crate::{
    conversation::{Consult, ConsultPhase},
    desired::WorkTarget,
    event::Event,
    input::{Actor, Rejected, Target},
    leg::{Party, Role},
    record::{Purpose, VoiceCall},
};

pub(super) fn start(d: &mut Draft, by: Actor, target: &Target, note: Option<&str>) -> Result<(), Rejected> {
    let initiator = d.own_talking(by)?;
    if d.c.consult.is_some_and(|consult| !consult.is_merged()) {
        return Err(Rejected::ConsultGoingOn);
    }
    d.own_in_main(by)?;
    if !d.c.is_anybody_besides(initiator) {
        return Err(Rejected::CustomerGone);
    }
    d.may_ring(target)?;
    if d.c.party_count() >= PARTICIPANTS_MAX {
        return Err(Rejected::Full);
    }
    let user = d.c.user_of(initiator).ok_or(Rejected::NotAParty)?;
    let record = VoiceCall {
        purpose: Purpose::Consult,
        parent: Some(d.c.customer_call),
        to: party_of(target),
        initiator: Some(user),
        ..VoiceCall::opened(side_call_type(target), Party::User(user))
    };
    let call = d.open_call(record);
    let role = role_of(target);
    let leg = d.ring(target, role, call);
    d.push(Event::ConsultStarted { initiator, leg, call, note: note.map(str::to_owned) });
    if let Target::Queue { queue, skills } = target {
        let since = d.now;
        let target = WorkTarget::Queue(*queue);
        flow::queue(d, call, &Place { target, since, skills, priority: PRIORITY_DEFAULT, head: false });
    }
    Ok(())
}

/// A guest of the conversation: a colleague, or a party outside.
pub(super) fn role_of(target: &Target) -> Role {
    match target {
        Target::Number(_) => Role::ThirdParty,
        Target::User { .. } | Target::Queue { .. } => Role::Specialist,
    }
}

/// The consult of this user, who started it.
pub(super) fn own_consult(d: &Draft, by: Actor) -> Result<Consult, Rejected> {
    let own = d.own(by)?;
    let consult = d.c.consult.ok_or(Rejected::NoConsult)?;
    let up = d.live(own)?.is_up();
    if consult.initiator == own && up { Ok(consult) } else { Err(Rejected::NotNow) }
}

/// Back and forth between the customer and the target, as often as wanted; whoever waits hears music.
pub(super) fn swap(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    let consult = own_consult(d, by)?;
    if !d.c.is_anybody_besides(consult.initiator) {
        return Err(Rejected::CustomerGone);
    }
    match consult.phase {
        ConsultPhase::Private => d.push(Event::ConsultSwapped { to_customer: true }),
        ConsultPhase::Swapped => d.push(Event::ConsultSwapped { to_customer: false }),
        ConsultPhase::Waiting | ConsultPhase::Ringing => return Err(Rejected::ConsultRinging),
        ConsultPhase::Merged => return Err(Rejected::NotNow),
    }
    Ok(())
}

/// Everybody together, whoever was on hold.
pub(super) fn merge(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    let consult = own_consult(d, by)?;
    match consult.phase {
        ConsultPhase::Private | ConsultPhase::Swapped => {}
        ConsultPhase::Waiting | ConsultPhase::Ringing => return Err(Rejected::ConsultRinging),
        ConsultPhase::Merged => return Err(Rejected::NoChange),
    }
    if !d.c.is_anybody_besides(consult.initiator) {
        return Err(Rejected::CustomerGone);
    }
    d.push(Event::ConsultMerged);
    resume_all(d);
    Ok(())
}

pub(super) fn resume_all(d: &mut Draft) {
    let held: Vec<u32> = d.c.main().filter(|(_, leg)| leg.held).map(|(ordinal, _)| ordinal).collect();
    for leg in held {
        d.push(Event::Resumed { leg });
    }
}

/// Back to the customer, whether the target rings or has answered.
pub(super) fn cancel(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    let consult = own_consult(d, by)?;
    end(d, if consult.is_answered() { EndReason::HungUp } else { EndReason::Cancelled });
    Ok(())
}

pub(super) fn answered(d: &mut Draft, leg: u32) {
    let Some(consult) = d.c.consult else { return };
    let by = d.c.user_of(leg);
    d.push(Event::LegAnswered { leg });
    d.push(Event::CallAnswered { call: consult.call, by });
    d.push(Event::ConsultConnected);
}

/// The consult is over and its target gone, for this reason; what it held is resumed by `settle`.
pub(super) fn end(d: &mut Draft, reason: EndReason) {
    let Some(consult) = d.c.consult else { return };
    if d.c.work.as_ref().is_some_and(|work| work.call == consult.call) {
        d.push(Event::Dequeued);
    }
    d.close_call(consult.call, reason);
    if let Some(leg) = consult.leg {
        offer::close_offer(d, leg, reason, None);
        d.end_leg(leg, reason);
    }
    d.push(Event::ConsultEnded { reason });
}
