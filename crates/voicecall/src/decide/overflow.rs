//! Overflow: the router gives waiting work up to something else, or the customer leaves the queue by a key.

use terms::{EndReason, PhoneNumber, Timestamp, UserId};

use super::{
    Draft,
    flow::{self, Place},
    not_by_a_person, offer,
    transfer::{continue_in, continued},
};
use crate::{
    conversation::Waiting,
    desired::WorkTarget,
    event::Event,
    input::{Actor, OverflowCause, OverflowTo, Rejected, Target},
    leg::{Leg, Party, Role},
    record::VoiceCall,
};

/// Another queue gets the customer as old as they are, a number is dialed for them, and everything else is for the entry
/// flow to go on with. Whoever waits for a colleague, and a transfer that nobody took, gets what no answer gives.
pub(super) fn overflow(
    d: &mut Draft,
    by: Actor,
    to: &OverflowTo,
    priority: u8,
    cause: OverflowCause,
) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let work = d.c.work.clone().ok_or(Rejected::NothingWaiting)?;
    let from = match work.target {
        WorkTarget::Queue(queue) => Some(queue),
        WorkTarget::User(_) => None,
    };
    let to_queue = matches!(to, OverflowTo::Queue(_));
    // A supervisor's word ends a call that was given to one agent, too.
    let recalled = offer::is_recall(d) && cause != OverflowCause::Withdrawn;
    let goes_back = d.c.handover.is_some() || recalled || d.c.is_direct();
    if !d.c.waits_for_agent() || goes_back && !to_queue {
        return offer::abandon(d, by, EndReason::NoAnswer);
    }
    if let OverflowTo::External(number) = to {
        d.may_ring(&Target::Number(number.clone()))?;
    }
    if let Some(leg) = d.c.offered() {
        offer::close_offer(d, leg, EndReason::Cancelled, None);
        d.end_leg(leg, EndReason::Cancelled);
    }
    flow::end_prompt(d);
    d.push(Event::Overflowed { from, to: to.clone(), cause });
    match to {
        OverflowTo::Queue(queue) => {
            let target = WorkTarget::Queue(*queue);
            let place = Place { target, since: work.since, skills: &[], priority, head: false };
            flow::queue(d, d.c.customer_call, &place);
        }
        OverflowTo::External(number) => external(d, number),
        OverflowTo::HangUp | OverflowTo::Voicemail | OverflowTo::Callback | OverflowTo::Steps => {
            d.push(Event::Dequeued);
        }
    }
    Ok(())
}

/// The customer goes on in a call of its own, with whoever answers the number.
fn external(d: &mut Draft, number: &PhoneNumber) {
    d.push(Event::Dequeued);
    let to = Some(Party::Number(Some(number.clone())));
    let record = VoiceCall { to, ..continued(d, d.c.customer_call) };
    let call = continue_in(d, record);
    d.ring(&Target::Number(number.clone()), Role::ThirdParty, call);
}

/// Who comes back soon after they hung up is as old as they were.
pub(super) fn keep_age(d: &mut Draft, by: Actor, since: Timestamp) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let work = d.c.work.clone().ok_or(Rejected::NothingWaiting)?;
    if !d.c.waits_for_agent() || d.c.offered().is_some() || since >= work.since {
        return Err(Rejected::NoChange);
    }
    let Waiting { target, skills, priority, head, .. } = &work;
    let place = Place { target: *target, since, skills, priority: *priority, head: *head };
    flow::queue(d, d.c.customer_call, &place);
    Ok(())
}

/// As a call that comes back to somebody: they are rung before all else that waits for them.
pub(super) fn assign(d: &mut Draft, by: Actor, user: UserId) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let work = d.c.work.clone().ok_or(Rejected::NothingWaiting)?;
    if !d.c.waits_for_agent() || d.c.offered().is_some() || d.c.home.is_none() {
        return Err(Rejected::NotNow);
    }
    flow::end_prompt(d);
    let target = WorkTarget::User(user);
    let place =
        Place { target, since: work.since, skills: &work.skills, priority: work.priority, head: true };
    flow::queue(d, d.c.customer_call, &place);
    Ok(())
}

/// How a call ends that left its queue unanswered and was not led anywhere: nobody answered it.
pub(super) fn end_reason(d: &Draft, by: Actor) -> EndReason {
    let system = matches!(by, Actor::System | Actor::Router);
    if system && d.c.overflowed && !d.c.legs.iter().any(Leg::is_staff_up) {
        EndReason::NoAnswer
    } else {
        EndReason::HungUp
    }
}
