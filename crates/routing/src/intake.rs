//! Items: how they come in, wait, lower their sights, overflow and leave.

use std::collections::BTreeSet;

use terms::{Timestamp, UserId};

use crate::{
    Decision, ItemId, Overflow, OverflowCause, Refusal, RevokeReason, Router, Target, WorkItem, WorkKind,
    line::ItemSlot,
    queue::{PRIO_DEFAULT, RETRY_MS},
    selection::Place,
    timers::{Timer, after},
};

impl Router {
    pub(crate) fn enqueue(&mut self, mut item: WorkItem, now: Timestamp, out: &mut Vec<Decision>) {
        let id = item.id;
        let refusal = match item.target {
            _ if self.items.get(&id).is_some_and(|known| known.offer.is_some()) => {
                Some(Refusal::ItemOffered(id))
            }
            Target::Queue(queue) if !self.queues.contains_key(&queue) => Some(Refusal::UnknownQueue(queue)),
            Target::Agent(user) if !self.agents.contains_key(&user) => Some(Refusal::UnknownUser(user)),
            Target::Queue(_) | Target::Agent(_) => None,
        };
        if let Some(refusal) = refusal {
            out.push(Decision::Refused(refusal));
            return;
        }
        let before = self.take_out(id);
        let returns = item.returns || item.kind.is_patient();
        if before.is_none() && !returns && self.is_full(&item) {
            let to = self.overflow_of(&item);
            out.push(Decision::Overflowed { item: id, to, cause: OverflowCause::QueueFull });
            return;
        }
        let mut prio = item.prio.unwrap_or(PRIO_DEFAULT);
        let mut max_wait_ms = item.max_wait_ms;
        if let Target::Queue(queue) = item.target
            && let Some(line) = self.queues.get(&queue)
        {
            prio = item.prio.unwrap_or(line.queue.prio);
            // Who is called back has hung up, and waits as long as it takes.
            let of_queue = line.queue.max_wait_ms.filter(|_| !item.kind.is_patient());
            max_wait_ms = item.max_wait_ms.or(of_queue);
            if item.steps.is_empty() {
                item.steps.clone_from(&line.queue.steps);
            }
        }
        let arrival = before.as_ref().map_or(self.arrivals, |before| before.place.arrival);
        self.arrivals += u64::from(before.is_none());
        let virtual_since = after(item.enqueued_at, item.boost_ms.saturating_neg());
        let place = Place { prio, prio2: item.prio2, virtual_since, arrival, item: id };
        let activated_at = item.activated_at;
        let class = self.index.class_of(item.load, item.steps.first());
        let mut slot = ItemSlot::new(item, place, class);
        slot.refused_by = before.map(|before| before.refused_by).unwrap_or_default();
        slot.max_wait_timer =
            max_wait_ms.map(|ms| self.timers.arm(after(activated_at, ms.max(0)), Timer::MaxWait(id)));
        self.items.insert(id, Box::new(slot));
        self.time_step(id, activated_at);
        self.line_up(id, out);
        self.time_nobody(id, now);
        self.rearm_delay(id, now);
    }

    /// Starts or stops the clock of an item whose queue has nobody who could ever take it.
    pub(crate) fn time_nobody(&mut self, id: ItemId, now: Timestamp) {
        let Some(slot) = self.items.get_mut(&id) else { return };
        let Target::Queue(queue) = slot.item.target else { return };
        let empty = self.queues.get(&queue).filter(|line| line.present.is_empty());
        let waits_on = slot.item.kind.is_patient();
        match empty.and_then(|line| line.queue.nobody_ms).filter(|_| !waits_on) {
            Some(ms) if slot.nobody_timer.is_none() => {
                slot.nobody_timer = Some(self.timers.arm(after(now, ms.max(0)), Timer::Nobody(id)));
            }
            Some(_) => {}
            None => self.timers.disarm(slot.nobody_timer.take()),
        }
    }

    /// It may still ring at somebody who has just left the queue; then it is looked at once more later.
    pub(crate) fn wait_for_nobody(&mut self, id: ItemId, now: Timestamp, out: &mut Vec<Decision>) {
        let Some(slot) = self.items.get_mut(&id) else { return };
        slot.nobody_timer = None;
        if slot.offer.is_some() {
            self.time_nobody(id, now);
        } else {
            self.overflow(id, OverflowCause::NobodySignedIn, out);
        }
    }

    fn is_full(&self, item: &WorkItem) -> bool {
        let Target::Queue(queue) = item.target else { return false };
        self.queues.get(&queue).is_some_and(|line| {
            let places = line.waiting.iter().chain(&line.offered);
            let kind = |place: &Place| self.items.get(&place.item).map(|slot| slot.item.kind);
            let length = places.filter(|place| kind(place) != Some(WorkKind::Voicemail)).count();
            line.queue.max_size.is_some_and(|most| length >= usize::try_from(most).unwrap_or(usize::MAX))
        })
    }

    fn overflow_of(&self, item: &WorkItem) -> Overflow {
        let of_queue = || match item.target {
            Target::Queue(queue) => self.queues.get(&queue).map(|line| line.queue.overflow.clone()),
            Target::Agent(_) => None,
        };
        item.overflow.clone().or_else(of_queue).unwrap_or(Overflow::HangUp)
    }

    /// What the item's agent gets after the call.
    pub(crate) fn wrap_up_of(&self, item: ItemId) -> Option<i64> {
        let slot = self.items.get(&item)?;
        let of_queue = || match slot.item.target {
            Target::Queue(queue) => Some(self.queues.get(&queue)?.queue.wrap_up?.ms),
            Target::Agent(_) => None,
        };
        slot.item.wrap_up_ms.or_else(of_queue)
    }

    /// Puts the item among those that wait, at its place.
    fn line_up(&mut self, id: ItemId, out: &mut Vec<Decision>) {
        let Some(slot) = self.items.get(&id) else { return };
        let stands = match slot.item.target {
            Target::Queue(queue) => self.queues.get_mut(&queue).map(|line| line.line_up(slot)),
            Target::Agent(user) => self.agents.get_mut(&user).map(|agent| {
                agent.direct.insert(slot.place);
            }),
        };
        if stands.is_none() {
            // The queue or the person was removed while the item was being offered.
            self.overflow(id, OverflowCause::TargetRemoved, out);
            return;
        }
        self.dirty_items.insert(id);
        self.recheck.insert(id);
    }

    /// An offer of the item has failed: it waits again, as old as it is.
    pub(crate) fn put_back(&mut self, id: ItemId, refused_by: Option<UserId>, out: &mut Vec<Decision>) {
        if let Some(slot) = self.items.get_mut(&id) {
            slot.refused_by.extend(refused_by);
        }
        self.line_up(id, out);
    }

    /// Removes every trace of an item that is not being offered any more.
    pub(crate) fn take_out(&mut self, id: ItemId) -> Option<Box<ItemSlot>> {
        let slot = self.items.remove(&id)?;
        for timer in
            [slot.step_timer, slot.max_wait_timer, slot.nobody_timer, slot.delay_timer, slot.retry_timer]
        {
            self.timers.disarm(timer);
        }
        match slot.item.target {
            Target::Queue(queue) => {
                if let Some(line) = self.queues.get_mut(&queue) {
                    line.step_out(&slot);
                }
            }
            Target::Agent(user) => {
                if let Some(agent) = self.agents.get_mut(&user) {
                    agent.direct.remove(&slot.place);
                }
            }
        }
        self.index.release_class(slot.class);
        self.dirty_items.remove(&id);
        self.recheck.remove(&id);
        Some(slot)
    }

    pub(crate) fn cancel(&mut self, id: ItemId, now: Timestamp, out: &mut Vec<Decision>) {
        if let Some(offer) = self.items.get(&id).and_then(|slot| slot.offer) {
            self.revoke(offer, RevokeReason::CallerGone, now, out);
        }
        if self.take_out(id).is_some() {
            out.push(Decision::Cancelled { item: id });
        }
    }

    pub(crate) fn overflow(&mut self, id: ItemId, cause: OverflowCause, out: &mut Vec<Decision>) {
        let Some(to) = self.items.get(&id).map(|slot| self.overflow_of(&slot.item)) else { return };
        self.take_out(id);
        out.push(Decision::Overflowed { item: id, to, cause });
    }

    pub(crate) fn exceed_max_wait(&mut self, id: ItemId, out: &mut Vec<Decision>) {
        let Some(slot) = self.items.get_mut(&id) else { return };
        slot.max_wait_timer = None;
        if slot.offer.is_some() {
            slot.overdue = true;
        } else {
            self.overflow(id, OverflowCause::MaxWait, out);
        }
    }

    /// Items whose time ran out while they rang, and that nobody else could take when they came back.
    pub(crate) fn overflow_overdue(&mut self, touched: &BTreeSet<ItemId>, out: &mut Vec<Decision>) {
        for id in touched {
            if self.items.get(id).is_some_and(|slot| slot.overdue && slot.offer.is_none()) {
                self.overflow(*id, OverflowCause::MaxWait, out);
            }
        }
    }

    /// Starts the clock of the step that holds, as if it had begun at `since`.
    fn time_step(&mut self, id: ItemId, since: Timestamp) {
        let Some(slot) = self.items.get_mut(&id) else { return };
        let expiry_ms = slot.current_step().and_then(|step| step.expiry_ms);
        slot.step_ends = expiry_ms.map(|ms| after(since, ms.max(0)));
        slot.step_timer = slot.step_ends.map(|ends| self.timers.arm(ends, Timer::Step(id)));
    }

    /// The queue's wish: whoever was refused asks for everything again.
    pub(crate) fn reset_steps(&mut self, id: ItemId, now: Timestamp) {
        let Some(slot) = self.items.get_mut(&id) else { return };
        let Target::Queue(queue) = slot.item.target else { return };
        if !self.queues.get(&queue).is_some_and(|line| line.queue.reset_steps_on_decline) {
            return;
        }
        self.timers.disarm(slot.step_timer.take());
        let left = slot.class;
        slot.step = 0;
        slot.class = self.index.class_of(slot.item.load, slot.current_step());
        self.index.release_class(left);
        self.time_step(id, now);
    }

    /// A step is over, also while the item rings; a pending offer stands.
    pub(crate) fn reach_next_step(&mut self, id: ItemId, out: &mut Vec<Decision>) {
        let Some(slot) = self.items.get_mut(&id) else { return };
        let Some(ended) = slot.step_ends else { return };
        let (lane, left) = (slot.item.load.lane(), slot.class);
        slot.step += 1;
        slot.class = self.index.class_of(slot.item.load, slot.current_step());
        self.index.release_class(left);
        let step = slot.step;
        if let Target::Queue(queue) = slot.item.target
            && slot.offer.is_none()
            && let Some(line) = self.queues.get_mut(&queue)
        {
            line.classes[lane.index()].remove(left, slot.place);
            line.classes[lane.index()].insert(slot.class, slot.place);
        }
        self.time_step(id, ended);
        self.dirty_items.insert(id);
        self.recheck.insert(id);
        out.push(Decision::StepReached { item: id, step: u32::try_from(step).unwrap_or(u32::MAX) });
    }

    /// Members with a delay may see the item now; wakes again for the next such members.
    pub(crate) fn rearm_delay(&mut self, id: ItemId, now: Timestamp) {
        let Some(slot) = self.items.get_mut(&id) else { return };
        let Target::Queue(queue) = slot.item.target else { return };
        self.timers.disarm(slot.delay_timer);
        let next = self.queues.get(&queue).and_then(|line| line.next_delay(slot.item.activated_at, now));
        slot.delay_timer = next.map(|at| self.timers.arm(at, Timer::Delay(id)));
        self.dirty_items.insert(id);
        self.recheck.insert(id);
    }

    /// Everybody who refused is asked again.
    pub(crate) fn retry(&mut self, id: ItemId) {
        let Some(slot) = self.items.get_mut(&id) else { return };
        slot.retry_timer = None;
        slot.refused_by.clear();
        self.dirty_items.insert(id);
    }

    /// Arms a retry for each item that nobody at work is left for who has not refused it.
    pub(crate) fn arm_retries(&mut self, now: Timestamp) {
        for id in std::mem::take(&mut self.recheck) {
            let Some(slot) = self.items.get(&id) else { continue };
            let settled = slot.offer.is_some() || slot.refused_by.is_empty() || slot.retry_timer.is_some();
            if settled || self.somebody_is_left(slot, now) {
                continue;
            }
            let retry_ms = match slot.item.target {
                Target::Queue(queue) => self.queues.get_mut(&queue).map(|line| {
                    line.refused.remove(&id);
                    line.queue.retry_ms
                }),
                Target::Agent(_) => None,
            };
            let timer = self.timers.arm(after(now, retry_ms.unwrap_or(RETRY_MS).max(1)), Timer::Retry(id));
            if let Some(slot) = self.items.get_mut(&id) {
                slot.retry_timer = Some(timer);
            }
        }
    }
}
