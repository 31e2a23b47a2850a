//! Customer callback: the caller hangs up and keeps the place in line; a conversation of its own waits in their stead,
//! and its first wire is dialed when their turn comes.

use terms::{ConversationId, EndReason, QueueId, SkillId, Timestamp};

use super::{
    Draft,
    flow::{self, Place},
    not_by_a_person, offer,
};
use crate::{
    desired::WorkTarget,
    event::Event,
    input::{Actor, Rejected},
    leg::Leg,
    record::Purpose,
};

/// This call goes on in another conversation: the caller asked for it, or a callback was not answered and is tried again.
pub(super) fn continue_in(d: &mut Draft, by: Actor, conversation: ConversationId) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let mine = d.c.calls.first().is_some_and(|call| call.purpose == Purpose::Callback);
    if d.c.continues_in.is_some() || mine != d.c.is_ended() || d.c.ephemeral {
        return Err(Rejected::NotNow);
    }
    if !mine && (d.c.has_answered(d.c.customer_call) || d.c.work.is_some() || d.c.is_direct()) {
        return Err(Rejected::NotNow);
    }
    d.push(Event::ContinuesIn { call: d.c.customer_call, conversation });
    Ok(())
}

/// Where and since when the callback waits, and until when it rests.
pub(super) struct Line<'a> {
    pub(super) queue: QueueId,
    pub(super) since: Timestamp,
    pub(super) skills: &'a [(SkillId, u8)],
    pub(super) priority: u8,
    pub(super) not_before: Option<Timestamp>,
}

pub(super) fn line_up(d: &mut Draft, by: Actor, line: &Line<'_>) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    if d.c.work.is_some() || !d.c.legs.first().is_some_and(Leg::is_planned) || d.c.legs.len() > 1 {
        return Err(Rejected::NotNow);
    }
    let target = WorkTarget::Queue(line.queue);
    let place =
        Place { target, since: line.since, skills: line.skills, priority: line.priority, head: false };
    flow::queue(d, 0, &place);
    if let Some(until) = line.not_before.filter(|until| *until > d.now) {
        d.push(Event::RecallPaused { until });
    }
    Ok(())
}

/// It is nobody's turn before `until`.
pub(super) fn rest(d: &mut Draft, by: Actor, until: Timestamp) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let waits = d.c.work.is_some() && d.c.offered().is_none();
    if !waits || !d.c.legs.first().is_some_and(Leg::is_planned) || until <= d.now {
        return Err(Rejected::NotNow);
    }
    d.push(Event::RecallPaused { until });
    Ok(())
}

/// Customer first: their turn has come, and somebody is free.
pub(super) fn dial(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    if !d.c.legs.first().is_some_and(Leg::is_planned) || d.c.offered().is_some() || d.c.work.is_none() {
        return Err(Rejected::NotNow);
    }
    d.push(Event::Dequeued);
    dial_customer(d);
    Ok(())
}

/// Agent first: the agent is there, and hears it ring.
pub(super) fn agent_is_there(d: &mut Draft, leg: u32) {
    d.push(Event::LegAnswered { leg });
    d.push(Event::Dequeued);
    dial_customer(d);
}

fn dial_customer(d: &mut Draft) {
    let deadline = d.now.plus_ms(d.c.policy.outbound_ring_ms);
    d.push(Event::CustomerDialed { leg: 0, deadline });
}

/// The customer answered: the agent who waits has them, or they are the next in line.
pub(super) fn customer_answered(d: &mut Draft) {
    d.push(Event::LegAnswered { leg: 0 });
    let agent = d.c.main_staff().next();
    if let Some(leg) = agent {
        let by = d.c.user_of(leg);
        d.push(Event::CallAnswered { call: 0, by });
        d.push(Event::Connected { leg });
        return;
    }
    offer::fall_back(d, EndReason::NoAnswer);
}
