//! Offers: the router rings one agent for the waiting work; whatever goes wrong, the work keeps its age.

use terms::{EndReason, OfferId, Token, limits};

use super::{
    Draft, callback, consult, ending,
    flow::{self, Place},
    not_by_a_person, transfer, wire,
};
use crate::{
    desired::WorkTarget,
    event::Event,
    input::{Actor, Rejected, Target},
    leg::{Leg, Party, Role},
};

pub(super) fn offer(
    d: &mut Draft,
    by: Actor,
    offer: OfferId,
    token: Token,
    auto_answer: bool,
    ring_ms: i64,
) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let work = d.c.work.clone().ok_or(Rejected::NothingWaiting)?;
    if d.c.offered().is_some() || d.c.recall_pauses() {
        return Err(Rejected::NotNow);
    }
    if matches!(work.target, WorkTarget::User(user) if user != token.user) {
        return Err(Rejected::StaleOffer);
    }
    d.may_ring(&Target::User { token, auto_answer })?;
    let role = if work.call == d.c.customer_call { Role::Agent } else { Role::Specialist };
    let leg = d.next_leg();
    d.push(Event::LegAdded {
        leg,
        party: Party::User(token.user),
        role,
        call: work.call,
        auto_answer,
        offer: Some(offer),
        deadline: Some(d.now.plus_ms(ring_ms)),
    });
    d.push(Event::AgentOffered { leg, offer, user: token.user });
    if work.call != d.c.customer_call {
        d.push(Event::ConsultOffered { leg });
    }
    Ok(())
}

pub(super) fn withdraw(d: &mut Draft, by: Actor, offer: OfferId, reason: EndReason) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let leg = d.c.offered().ok_or(Rejected::StaleOffer)?;
    if d.c.leg(leg).and_then(|leg| leg.offer) != Some(offer) {
        return Err(Rejected::StaleOffer);
    }
    failed(d, leg, reason, None);
    Ok(())
}

/// A rung user does not want it: whatever rings them ends as declined.
pub(super) fn decline(d: &mut Draft, by: Actor, note: Option<&str>) -> Result<(), Rejected> {
    let own = d.own(by)?;
    if !d.live(own)?.is_ringing() {
        return Err(Rejected::NotNow);
    }
    wire::ring_failed(d, own, EndReason::Declined, note);
    Ok(())
}

/// The offer is over; the work waits on, unless it was the recall of a transfer: that rings once more after a pause when
/// nobody answered, and then falls back to the queue.
pub(super) fn failed(d: &mut Draft, leg: u32, reason: EndReason, note: Option<&str>) {
    let again = reason == EndReason::NoAnswer && d.c.waits_for_agent() && is_recall(d) && tries_left(d);
    if again {
        // Before the offer's end, so that this ring counts as no missed call: the next one may.
        d.push(Event::RecallPaused { until: d.now.plus_ms(limits::RECALL_PAUSE_MS) });
    }
    close_offer(d, leg, reason, note);
    d.end_leg(leg, reason);
    if !again && d.c.waits_for_agent() && is_recall(d) {
        fall_back(d, reason);
    }
}

fn tries_left(d: &Draft) -> bool {
    d.c.work.as_ref().is_some_and(|work| work.tries + 1 < limits::RECALL_TRIES)
}

/// Says that the offer of this wire is over, where it has one that still rings.
pub(super) fn close_offer(d: &mut Draft, leg: u32, reason: EndReason, note: Option<&str>) {
    let Some(ringing) = d.c.leg(leg).filter(|leg| leg.is_ringing()) else { return };
    if let (Some(offer), Some(user)) = (ringing.offer, ringing.party.user()) {
        let note = note.map(str::to_owned);
        d.push(Event::OfferEnded { leg, offer, user, reason, note });
    }
}

/// A work for one user at the head is a transfer, or a parked customer, coming back to whom it came from.
pub(super) fn is_recall(d: &Draft) -> bool {
    d.c.work.as_ref().is_some_and(|work| work.head && matches!(work.target, WorkTarget::User(_)))
}

/// An agent of the queue answered.
pub(super) fn answered(d: &mut Draft, leg: u32) {
    let Some(call) = d.c.work.as_ref().map(|work| work.call) else { return };
    let by = d.c.user_of(leg);
    if d.c.legs.first().is_some_and(Leg::is_planned) {
        callback::agent_is_there(d, leg);
        return;
    }
    d.push(Event::LegAnswered { leg });
    d.push(Event::CallAnswered { call, by });
    d.push(Event::Dequeued);
    if call == d.c.customer_call {
        flow::end_prompt(d);
        d.push(Event::Connected { leg });
        transfer::reached(d, leg);
    } else {
        d.push(Event::ConsultConnected);
    }
}

/// The router gives up: nobody can be had.
pub(super) fn abandon(d: &mut Draft, by: Actor, reason: EndReason) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let work = d.c.work.clone().ok_or(Rejected::NothingWaiting)?;
    if work.call != d.c.customer_call {
        consult::end(d, reason);
        return Ok(());
    }
    if let Some(leg) = d.c.offered() {
        close_offer(d, leg, EndReason::Cancelled, None);
        d.end_leg(leg, EndReason::Cancelled);
    }
    if d.c.handover.is_some() {
        transfer::failed(d, reason);
    } else if is_recall(d) {
        fall_back(d, reason);
    } else {
        ending::end_all(d, reason);
    }
    Ok(())
}

/// To the head of the queue the customer came from; a call that has none ends.
pub(super) fn fall_back(d: &mut Draft, reason: EndReason) {
    let Some(home) = d.c.home.clone() else {
        ending::end_all(d, reason);
        return;
    };
    let target = WorkTarget::Queue(home.queue);
    if d.c.waits_for_agent() {
        d.push(Event::TransferRecalled { to: target });
    }
    let place =
        Place { target, since: home.since, skills: &home.skills, priority: home.priority, head: true };
    flow::queue(d, d.c.customer_call, &place);
}
