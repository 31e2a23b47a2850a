//! The entry flow: prompts and queues before anybody of staff is there.

use terms::{PromptId, SkillId, Timestamp};

use super::{Draft, not_by_a_person};
use crate::{
    desired::WorkTarget,
    event::Event,
    input::{Actor, QueueOrUser, Rejected},
    wish::Wishes,
};

/// A prompt is for somebody who waits alone: in the flow or in a queue.
pub(super) fn play(d: &mut Draft, by: Actor, prompt: PromptId) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    if !in_flow(d) && !d.c.waits_for_agent() || d.c.asked.is_some() || d.c.main().count() > 1 {
        return Err(Rejected::NotNow);
    }
    end_prompt(d);
    d.push(Event::PromptStarted { prompt });
    Ok(())
}

pub(super) fn end_prompt(d: &mut Draft) {
    if let Some(prompt) = d.c.prompt {
        d.push(Event::PromptEnded { prompt });
    }
}

pub(super) fn prompt_finished(d: &mut Draft, prompt: PromptId) -> Result<(), Rejected> {
    if d.c.prompt != Some(prompt) {
        return Err(Rejected::NoChange);
    }
    end_prompt(d);
    if let Some(asked) = d.c.asked.clone() {
        let until = Some(d.now.plus_ms(asked.silence_ms));
        d.push(Event::DigitAwaited { menu: asked.menu, silence_ms: asked.silence_ms, until });
    }
    Ok(())
}

/// The silence counts from the prompt's end.
pub(super) fn ask(
    d: &mut Draft,
    by: Actor,
    menu: &str,
    prompt: Option<PromptId>,
    silence_ms: i64,
) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    if !in_flow(d) || d.c.asked.is_some() {
        return Err(Rejected::NotNow);
    }
    end_prompt(d);
    if let Some(prompt) = prompt {
        d.push(Event::PromptStarted { prompt });
    }
    let until = prompt.is_none().then(|| d.now.plus_ms(silence_ms));
    d.push(Event::DigitAwaited { menu: menu.to_owned(), silence_ms, until });
    Ok(())
}

/// A key of the customer answers the menu that waits, and stops its prompt.
pub(super) fn digit_pressed(d: &mut Draft, leg: u32, digit: char) -> Result<(), Rejected> {
    d.live(leg)?;
    let asked = d.c.asked.clone().filter(|_| leg == 0).ok_or(Rejected::NotNow)?;
    end_prompt(d);
    d.push(Event::DigitPressed { menu: asked.menu, digit });
    Ok(())
}

pub(super) fn silence(d: &mut Draft) -> Result<(), Rejected> {
    let asked = d.c.asked.clone().ok_or(Rejected::NothingDue)?;
    d.push(Event::DigitMissed { menu: asked.menu });
    Ok(())
}

/// The first time from the flow; later (overflow) from queue to queue, keeping the age. Nobody may be rung meanwhile.
pub(super) fn enqueue(
    d: &mut Draft,
    by: Actor,
    target: QueueOrUser,
    skills: &[(SkillId, u8)],
    priority: u8,
) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let waiting = d.c.work.clone().filter(|_| d.c.waits_for_agent());
    if waiting.is_none() && !in_flow(d) || d.c.offered().is_some() || d.c.asked.is_some() {
        return Err(Rejected::NotNow);
    }
    let target = match target {
        QueueOrUser::Queue(queue) => WorkTarget::Queue(queue),
        QueueOrUser::User(user) => WorkTarget::User(user),
    };
    let since = waiting.as_ref().map_or(d.now, |work| work.since);
    if waiting.is_some_and(|work| work.target == target && work.skills == skills && work.priority == priority)
    {
        return Err(Rejected::NoChange);
    }
    let rests = d.c.rests_until().filter(|until| *until > d.now);
    let place = Place { target, since, skills, priority, head: false };
    queue(d, d.c.customer_call, &place);
    if let Some(until) = rests {
        // A callback that is not due yet keeps its rest in another place.
        d.push(Event::RecallPaused { until });
    }
    Ok(())
}

/// Nobody may be rung meanwhile: they were asked under what was wished before.
pub(super) fn wish(d: &mut Draft, by: Actor, wishes: &Wishes) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let work = d.c.work.as_ref().ok_or(Rejected::NothingWaiting)?;
    if work.wishes == *wishes {
        return Err(Rejected::NoChange);
    }
    if d.c.offered().is_some() {
        return Err(Rejected::NotNow);
    }
    d.push(Event::Wished { call: work.call, wishes: wishes.clone() });
    Ok(())
}

/// In the entry flow: the customer's own call, which nobody has answered yet, and nobody asked for. A caller of ours is not
/// in a flow. Who overflows from a queue is in it once more.
pub(super) fn in_flow(d: &Draft) -> bool {
    let customer = d.c.legs.first().is_some_and(|leg| leg.is_live() && leg.is_outside());
    let at_rest = d.c.work.is_none()
        && d.c.message.is_none()
        && d.c.handover.is_none()
        && d.c.parked.is_none()
        && !d.c.dialing();
    customer && (d.c.customer_call == 0 || d.c.overflowed) && !d.c.has_answered(d.c.customer_call) && at_rest
}

/// Where work waits.
pub(super) struct Place<'a> {
    pub(super) target: WorkTarget,
    pub(super) since: Timestamp,
    pub(super) skills: &'a [(SkillId, u8)],
    pub(super) priority: u8,
    pub(super) head: bool,
}

/// The priority of work that nobody gave one: the middle of 1 (first) to 9.
pub(super) const PRIORITY_DEFAULT: u8 = 5;

pub(super) fn queue(d: &mut Draft, call: u32, place: &Place<'_>) {
    d.push(Event::Queued {
        call,
        target: place.target,
        since: place.since,
        skills: place.skills.to_vec(),
        priority: place.priority,
        head: place.head,
    });
}
