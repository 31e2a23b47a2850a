//! How long a place in line may take: the place times the recent mean handle time of the queue's calls, shared by the members
//! at work. With all agents busy and calls of exponential length that is the mean wait exactly; agents who serve other
//! queues as well make it longer, strict priorities and steps too.

use terms::{QueueId, Timestamp, UserId};

use crate::{ItemId, Router, Target};

/// The weight of the newest call: some twenty calls count.
const NEWEST: i64 = 20;
/// Before so many calls nothing is said.
const CALLS_MIN: u32 = 3;

/// The recent mean of handle times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pace {
    mean_ms: i64,
    calls: u32,
}

impl Pace {
    fn take(&mut self, ms: i64) {
        self.calls = self.calls.saturating_add(1);
        // Until there are enough, all count alike.
        let weight = i64::from(self.calls).min(NEWEST);
        self.mean_ms += (ms - self.mean_ms) / weight;
    }
    fn mean_ms(&self) -> Option<i64> {
        (self.calls >= CALLS_MIN).then_some(self.mean_ms)
    }
}

impl Router {
    /// The agent has taken an item of this queue.
    pub(crate) fn begins_to_handle(&mut self, user: UserId, queue: Option<QueueId>, now: Timestamp) {
        if let Some(slot) = self.agents.get_mut(&user) {
            slot.handles = queue.map(|queue| (queue, now));
        }
    }

    /// The agent is free again, wrap-up included.
    pub(crate) fn has_handled(&mut self, user: UserId, now: Timestamp) {
        let handled = self.agents.get_mut(&user).and_then(|slot| slot.handles.take());
        if let Some((queue, since)) = handled
            && let Some(line) = self.queues.get_mut(&queue)
        {
            line.pace.take(now.ms_since(since));
        }
    }

    /// 1 is next; customers who hung up and are called back later count like the others.
    pub fn place_of(&self, item: ItemId) -> Option<usize> {
        let slot = self.items.get(&item)?;
        let Target::Queue(queue) = slot.item.target else { return None };
        let line = self.queues.get(&queue)?;
        let before = line.waiting.range(..slot.place).count() + line.offered.range(..slot.place).count();
        Some(before + 1)
    }

    /// None where too few calls were handled lately, or nobody is at work.
    pub fn estimated_wait_ms(&self, item: ItemId) -> Option<i64> {
        let slot = self.items.get(&item)?;
        let Target::Queue(queue) = slot.item.target else { return None };
        if slot.item.kind.is_patient() {
            return None;
        }
        let place = self.place_of(item)?;
        self.wait_of(queue, place)
    }

    /// The same for somebody who would join the queue now, at its end.
    pub fn estimated_wait_at_end_ms(&self, queue: QueueId) -> Option<i64> {
        let line = self.queues.get(&queue)?;
        self.wait_of(queue, line.waiting.len() + line.offered.len() + 1)
    }

    fn wait_of(&self, queue: QueueId, place: usize) -> Option<i64> {
        let (mean_ms, agents) = self.pace_of(queue)?;
        Some(mean_ms.saturating_mul(i64::try_from(place).ok()?) / agents)
    }

    /// The queue's mean handle time, and how many members are at work; the wait at a place is their quotient times the place.
    pub fn pace_of(&self, queue: QueueId) -> Option<(i64, i64)> {
        let line = self.queues.get(&queue)?;
        let at_work = |user: &&UserId| self.agents.get(user).is_some_and(|slot| slot.takes_work());
        let agents = i64::try_from(line.members.keys().filter(at_work).count()).ok()?;
        (agents > 0).then_some((line.pace.mean_ms()?, agents))
    }
}
