//! Outbound and direct calls: the caller's wire first, then the far end.

use super::{
    Draft,
    flow::{self, PRIORITY_DEFAULT, Place},
};
use crate::{
    desired::WorkTarget,
    event::Event,
    input::{Actor, Rejected, Target},
    leg::{Leg, Role},
    record::Purpose,
};

/// An outbound call dials a number; a direct one rings a user or waits in a queue.
pub(super) fn dial_far(d: &mut Draft, by: Actor, target: &Target) -> Result<(), Rejected> {
    let caller = d.c.legs.first().and_then(|leg| leg.party.user()).ok_or(Rejected::NotNow)?;
    if matches!(by, Actor::User(user) if user != caller) {
        return Err(Rejected::NotAParty);
    }
    let fits = match target {
        Target::Number(_) => !d.c.is_direct(),
        Target::User { .. } | Target::Queue { .. } => d.c.is_direct(),
    };
    let begun = d.c.legs.len() > 1 || d.c.far.is_some() || d.c.work.is_some() || d.c.has_answered(0);
    if !fits || begun {
        return Err(Rejected::NotNow);
    }
    d.may_ring(target)?;
    if d.c.legs.first().is_some_and(Leg::is_up) {
        dial(d, target);
    } else {
        d.push(Event::FarNamed { target: target.clone() });
    }
    Ok(())
}

pub(super) fn dial(d: &mut Draft, target: &Target) {
    match target {
        Target::Number(_) => drop(d.ring(target, Role::Customer, 0)),
        Target::User { .. } => drop(d.ring(target, Role::Agent, 0)),
        Target::Queue { queue, skills } => {
            let target = WorkTarget::Queue(*queue);
            let since = d.now;
            let place = Place { target, since, skills, priority: PRIORITY_DEFAULT, head: false };
            flow::queue(d, 0, &place);
        }
    }
}

/// The caller's own wire is up; whoever was named meanwhile is dialed.
pub(super) fn first_answered(d: &mut Draft) {
    if d.c.calls.first().is_some_and(|call| call.purpose == Purpose::Callback) {
        super::callback::customer_answered(d);
        return;
    }
    d.push(Event::LegAnswered { leg: 0 });
    if let Some(target) = d.c.far.clone() {
        dial(d, &target);
    }
}

/// The far end is there: an outbound call belongs to its caller, a direct one to whoever answered, and one that overflowed
/// to a number to nobody of ours.
pub(super) fn far_answered(d: &mut Draft, leg: u32) {
    let by = if d.c.is_direct() { d.c.user_of(leg) } else { d.c.user_of(0) };
    d.push(Event::LegAnswered { leg });
    d.push(Event::CallAnswered { call: d.c.customer_call, by });
    d.push(Event::Connected { leg });
}
