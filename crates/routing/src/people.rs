//! Agents and queues as they come, go and change.

use terms::{QueueId, Timestamp, UserId};

use crate::{
    Agent, Decision, OverflowCause, Queue, Refusal, RevokeReason, Router, Status, StatusCause, Target, Token,
    capacity::Lane,
    line::{FreeKey, Line, Member},
    roster::AgentSlot,
};

impl Router {
    pub(crate) fn upsert_agent(&mut self, mut agent: Agent, now: Timestamp) {
        let user = agent.id;
        for membership in agent.memberships.values_mut() {
            // 0 stands for items that wait for the person.
            membership.priority = membership.priority.max(1);
            membership.delay_ms = membership.delay_ms.max(0);
        }
        self.recheck_for(user);
        let before: Vec<QueueId> = self.leave_queues(user);
        let joins: Vec<_> =
            agent.memberships.iter().map(|(queue, membership)| (*queue, *membership)).collect();
        let group = self.index.group_of(&agent);
        match self.agents.get_mut(&user) {
            Some(slot) => {
                self.index.release_group(slot.group);
                slot.agent = agent;
                slot.group = group;
            }
            None => {
                self.agents.insert(user, AgentSlot::new(agent, group, now));
            }
        }
        for (queue, membership) in joins {
            let new_delay =
                self.queues.get_mut(&queue).is_some_and(|line| line.join(user, Member { membership, group }));
            if new_delay {
                self.rearm_delays(queue, now);
            }
        }
        self.refresh(user, now);
        // A queue that they left may have lost its last member.
        before.into_iter().for_each(|queue| self.note_staffing(queue, now));
    }

    /// Takes the agent off the lists of their queues; `refresh` puts them on again.
    fn leave_queues(&mut self, user: UserId) -> Vec<QueueId> {
        let Some(slot) = self.agents.get_mut(&user) else { return Vec::new() };
        slot.present = false;
        for (queue, membership) in &slot.agent.memberships {
            let Some(line) = self.queues.get_mut(queue) else { continue };
            line.present.remove(&user);
            if let Some(listed) = slot.listed {
                let key = FreeKey { priority: membership.priority, idle_since: listed.idle_since, user };
                Lane::ALL.iter().for_each(|lane| line.list(*lane, slot.group, key, false));
            }
            line.leave(user);
        }
        slot.listed = None;
        slot.agent.memberships.keys().copied().collect()
    }

    /// Tells the agent's queues whether they are there; work that waits where nobody is waits only so long.
    pub(crate) fn note_presence(&mut self, user: UserId, now: Timestamp) {
        let Some(slot) = self.agents.get_mut(&user) else { return };
        let present = slot.is_present();
        if std::mem::replace(&mut slot.present, present) == present {
            return;
        }
        let queues: Vec<QueueId> = slot.agent.memberships.keys().copied().collect();
        for queue in queues {
            let Some(line) = self.queues.get_mut(&queue) else { continue };
            let was_empty = line.present.is_empty();
            if present {
                line.present.insert(user);
            } else {
                line.present.remove(&user);
            }
            if was_empty != line.present.is_empty() {
                self.note_staffing(queue, now);
            }
        }
    }

    /// The queue's first member came, or its last one went.
    fn note_staffing(&mut self, queue: QueueId, now: Timestamp) {
        let Some(line) = self.queues.get(&queue) else { return };
        for place in line.places() {
            self.time_nobody(place.item, now);
        }
    }

    fn rearm_delays(&mut self, queue: QueueId, now: Timestamp) {
        let Some(line) = self.queues.get(&queue) else { return };
        for place in line.places() {
            self.rearm_delay(place.item, now);
        }
    }

    pub(crate) fn remove_agent(&mut self, user: UserId, now: Timestamp, out: &mut Vec<Decision>) {
        let Some(slot) = self.agents.get(&user) else { return };
        let rings = slot.rings();
        self.recheck_for(user);
        let before = self.leave_queues(user);
        let Some(slot) = self.agents.remove(&user) else { return };
        self.index.release_group(slot.group);
        self.dirty_agents.remove(&user);
        self.timers.disarm(slot.wrap_up.map(|wrap_up| wrap_up.timer));
        self.timers.disarm(slot.rest.map(|rest| rest.timer));
        for offer in rings {
            self.revoke(offer, RevokeReason::AgentRemoved, now, out);
        }
        self.drop_prompts_of(user, now, out);
        for place in slot.direct {
            self.overflow(place.item, OverflowCause::TargetRemoved, out);
        }
        before.into_iter().for_each(|queue| self.note_staffing(queue, now));
    }

    /// What waits in it already keeps the times it came with, but for the time that nobody is there.
    pub(crate) fn upsert_queue(&mut self, queue: Queue, now: Timestamp) {
        let id = queue.id;
        if let Some(line) = self.queues.get_mut(&id) {
            let changed = line.queue.nobody_ms != queue.nobody_ms;
            line.queue = queue;
            if line.queue.internal_share_max.is_none() {
                line.share = Default::default();
            }
            if changed {
                self.note_staffing(id, now);
            }
            return;
        }
        let mut line = Line::new(queue);
        for (user, slot) in &self.agents {
            let Some(membership) = slot.agent.memberships.get(&id) else { continue };
            line.join(*user, Member { membership: *membership, group: slot.group });
            if slot.present {
                line.present.insert(*user);
            }
            if let Some(listed) = slot.listed {
                let key =
                    FreeKey { priority: membership.priority, idle_since: listed.idle_since, user: *user };
                for lane in Lane::ALL.into_iter().filter(|lane| listed.lanes[lane.index()]) {
                    line.list(lane, slot.group, key, true);
                }
            }
        }
        // Rung for a queue of this name that was removed meanwhile: they have a place again.
        let rings = self.items.values().filter(|item| item.item.target == Target::Queue(id));
        line.offered = rings.filter(|item| item.offer.is_some()).map(|item| item.place).collect();
        self.queues.insert(id, line);
        self.note_staffing(id, now);
    }

    /// Items that wait in the queue overflow; what is being offered goes on, and overflows if nobody takes it.
    pub(crate) fn remove_queue(&mut self, queue: QueueId, out: &mut Vec<Decision>) {
        let waiting: Vec<_> =
            self.queues.get(&queue).map(|line| line.waiting.iter().copied().collect()).unwrap_or_default();
        for place in waiting {
            self.overflow(place.item, OverflowCause::TargetRemoved, out);
        }
        self.queues.remove(&queue);
    }

    /// A status chosen in a call waits for its end. Offline and do-not-disturb end a ringing at once.
    pub(crate) fn choose_status(
        &mut self,
        user: UserId,
        status: Status,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let Some(slot) = self.agents.get_mut(&user) else {
            out.push(Decision::Refused(Refusal::UnknownUser(user)));
            return;
        };
        slot.missed_in_a_row = 0;
        // Whoever says what they are is there again.
        self.end_rest(user, now);
        let Some(slot) = self.agents.get_mut(&user) else { return };
        if matches!(slot.token, Token::Call(_)) {
            let pending = (slot.status != status).then_some(status);
            if slot.pending != pending {
                slot.pending = pending;
                out.push(Decision::StatusPending { user, status: pending });
            }
            return;
        }
        self.apply_status(user, status, StatusCause::Chosen, now, out);
    }

    pub(crate) fn change_reachability(
        &mut self,
        user: UserId,
        reachable: bool,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let Some(slot) = self.agents.get_mut(&user) else {
            out.push(Decision::Refused(Refusal::UnknownUser(user)));
            return;
        };
        slot.reachable = reachable;
        let rings = if reachable { Vec::new() } else { slot.rings() };
        for offer in rings {
            self.revoke(offer, RevokeReason::AgentUnreachable, now, out);
        }
        self.refresh(user, now);
        self.recheck_for(user);
    }
}
