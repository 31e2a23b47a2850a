//! Parking: the customer waits with music in a slot, any colleague may fetch them.

use terms::Token;

use super::{Draft, ending, offer::fall_back, participant, transfer};
use crate::{
    desired::WorkTarget,
    event::Event,
    input::{Actor, Rejected, Target},
    leg::Role,
};
use terms::EndReason;

/// By the only staff of the call.
pub(super) fn park(d: &mut Draft, by: Actor, slot: &str) -> Result<(), Rejected> {
    let own = d.own_talking(by)?;
    if d.c.consult.is_some_and(|consult| !consult.is_merged()) {
        return Err(Rejected::ConsultGoingOn);
    }
    d.own_in_main(by)?;
    if !d.c.is_anybody_besides(own) {
        return Err(Rejected::CustomerGone);
    }
    let direct = d.c.is_direct() && d.c.others(own).count() > 1;
    if direct || !d.c.is_direct() && d.c.others(own).any(|(_, leg)| leg.is_staff()) {
        return Err(Rejected::NotNow);
    }
    let by = d.c.user_of(own).ok_or(Rejected::NotAParty)?;
    participant::cancel_ringing(d);
    ending::end_guest(d, own, EndReason::HungUp);
    let deadline = d.now.plus_ms(d.c.policy.park_ms);
    d.push(Event::Parked { slot: slot.to_owned(), by, deadline });
    Ok(())
}

/// A colleague's own phone rings; the customer stays parked until it is answered.
pub(super) fn retrieve(d: &mut Draft, by: Actor, token: Token, auto_answer: bool) -> Result<(), Rejected> {
    if matches!(by, Actor::User(user) if user != token.user) {
        return Err(Rejected::NotAParty);
    }
    if d.c.parked.is_none() {
        return Err(Rejected::NothingWaiting);
    }
    let target = Target::User { token, auto_answer };
    d.may_ring(&target)?;
    if d.c.retrieving().is_some() {
        return Err(Rejected::NotNow);
    }
    d.ring(&target, Role::Agent, d.c.customer_call);
    Ok(())
}

pub(super) fn fetched(d: &mut Draft, leg: u32) {
    let Some(by) = d.c.user_of(leg) else { return };
    d.push(Event::LegAnswered { leg });
    d.push(Event::Retrieved { by });
    d.push(Event::Connected { leg });
}

/// Parked too long: back to the head of the customer's queue, or to whoever parked them.
pub(super) fn recall(d: &mut Draft) {
    let Some(parked) = d.c.parked.clone() else { return };
    match d.c.home.as_ref().map(|home| home.queue) {
        Some(queue) => {
            d.push(Event::TransferRecalled { to: WorkTarget::Queue(queue) });
            fall_back(d, EndReason::NoAnswer);
        }
        None => transfer::recall(d, WorkTarget::User(parked.by)),
    }
}
