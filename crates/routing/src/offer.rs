//! Offers: made, accepted, declined, missed, revoked. The agent's token is taken when the offer is made.

use terms::{OfferId, QueueId, Timestamp, UserId};
use uuid::Uuid;

use crate::{
    Decision, ItemId, Load, Refusal, RevokeReason, Router, StatusCause, Target, Token, WorkKind,
    capacity::Lane,
    promise::Ending,
    selection::Pair,
    timers::{Timer, TimerKey, after},
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenOffer {
    pub(crate) item: ItemId,
    pub(crate) user: UserId,
    pub(crate) queue: Option<QueueId>,
    pub(crate) load: Load,
    pub(crate) expires_at: Timestamp,
    pub(crate) timer: TimerKey,
}

/// Named by who, when and how many before, so that neither a replay nor a restart makes a name twice.
fn name_offer(item: ItemId, user: UserId, now: Timestamp, made: u64) -> OfferId {
    OfferId(Uuid::new_v5(&item.0.0, format!("offer/{user}/{}/{made}", now.ms()).as_bytes()))
}

impl Router {
    pub(crate) fn offer(&mut self, pair: Pair, now: Timestamp, out: &mut Vec<Decision>) {
        let (item, user) = (pair.place.item, pair.user);
        let runner_up = self.best_agent_for(item, Some(user), now).map(|next| next.user);
        let Some(slot) = self.items.get_mut(&item) else { return };
        let offer = name_offer(item, user, now, self.offers_made);
        self.offers_made += 1;
        slot.offer = Some(offer);
        let (place, load) = (slot.place, slot.item.load);
        let mut push_ms = slot.item.push_ms.unwrap_or(terms::limits::PUSH_TIMEOUT_MS);
        let queue = match slot.item.target {
            Target::Queue(queue) => Some(queue),
            Target::Agent(_) => None,
        };
        if let Some(line) = queue.and_then(|queue| self.queues.get_mut(&queue)) {
            line.step_out(slot);
            line.offered.insert(place);
            push_ms = slot.item.push_ms.unwrap_or(line.queue.push_ms);
        }
        let expires_at = after(now, push_ms.max(1));
        let timer = self.timers.arm(expires_at, Timer::Push(offer));
        self.offers.insert(offer, OpenOffer { item, user, queue, load, expires_at, timer });
        if let Some(agent) = self.agents.get_mut(&user) {
            agent.direct.remove(&place);
            agent.hold(offer, load);
        }
        self.refresh(user, now);
        out.push(Decision::Offered { offer, item, user, expires_at, queue, runner_up });
    }

    /// Ends an offer and gives the agent's token back; the item is left for the caller to place.
    fn close(&mut self, offer: OfferId) -> Option<OpenOffer> {
        let open = self.offers.remove(&offer)?;
        self.timers.disarm(Some(open.timer));
        if let Some(slot) = self.items.get_mut(&open.item) {
            slot.offer = None;
        }
        if let Some(agent) = self.agents.get_mut(&open.user) {
            agent.let_go(offer, open.load);
            self.dirty_agents.insert(open.user);
        }
        Some(open)
    }

    fn close_or_refuse(&mut self, offer: OfferId, out: &mut Vec<Decision>) -> Option<OpenOffer> {
        let closed = self.close(offer);
        if closed.is_none() {
            out.push(Decision::Refused(Refusal::StaleOffer(offer)));
        }
        closed
    }

    pub(crate) fn accept(&mut self, offer: OfferId, now: Timestamp, out: &mut Vec<Decision>) {
        let Some(OpenOffer { item, user, queue, load, .. }) = self.close_or_refuse(offer, out) else {
            return;
        };
        let wrap_up_ms = self.wrap_up_of(item);
        let Some(slot) = self.take_out(item) else { return };
        if let Some(agent) = self.agents.get_mut(&user) {
            agent.missed_in_a_row = 0;
            if load.lane() == Lane::Voice {
                agent.token = Token::Call(slot.item.root());
                agent.last_queue = queue;
            } else {
                agent.take_room(load);
                agent.in_hand.insert(item, load);
            }
        }
        // How long messages take says nothing about how long callers wait.
        if load.lane() == Lane::Voice && slot.item.kind != WorkKind::Voicemail {
            self.begins_to_handle(user, queue, now);
        }
        self.note_taken(user, slot.item.kind, now);
        out.push(Decision::Accepted { offer, item, user, queue, wrap_up_ms });
        self.recall_answered(item, now, out);
        self.refresh(user, now);
    }

    pub(crate) fn decline(
        &mut self,
        offer: OfferId,
        reason: Option<String>,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let Some(OpenOffer { item, user, .. }) = self.close_or_refuse(offer, out) else { return };
        out.push(Decision::Declined { offer, item, user, reason: reason.clone() });
        if !self.recall_ended(item, Ending::Declined(reason), now, out) {
            self.reset_steps(item, now);
            self.put_back(item, Some(user), out);
        }
        let status = self.agents.get(&user).and_then(|slot| slot.agent.status_on_decline);
        if let Some(status) = status {
            self.apply_status(user, status, StatusCause::Declined, now, out);
        }
        self.rest_after(user, |rests| rests.declined_ms, now);
        self.refresh(user, now);
    }

    pub(crate) fn fail(&mut self, offer: OfferId, now: Timestamp, out: &mut Vec<Decision>) {
        let Some(OpenOffer { item, user, .. }) = self.close_or_refuse(offer, out) else { return };
        out.push(Decision::Revoked { offer, item, user, why: RevokeReason::OfferFailed });
        if !self.recall_ended(item, Ending::Failed, now, out) {
            self.put_back(item, Some(user), out);
        }
        self.rest_after(user, |rests| rests.failed_ms, now);
        self.refresh(user, now);
    }

    /// The push time-out: the agent is not asked again for this item, and gets nothing until they are back.
    pub(crate) fn miss(&mut self, offer: OfferId, now: Timestamp, out: &mut Vec<Decision>) {
        let Some(OpenOffer { item, user, .. }) = self.close(offer) else { return };
        let mut paused = false;
        let mut status = None;
        if let Some(slot) = self.agents.get_mut(&user) {
            slot.missed_in_a_row += 1;
            paused = slot.missed_in_a_row >= slot.agent.missed_before_pause;
            if paused {
                slot.missed_in_a_row = 0;
                status = slot.agent.status_on_push_timeout;
                slot.missed = status.is_none();
            }
        }
        out.push(Decision::Missed { offer, item, user, paused });
        if !self.recall_ended(item, Ending::Unanswered, now, out) {
            self.put_back(item, Some(user), out);
        }
        if let Some(status) = status {
            self.apply_status(user, status, StatusCause::PushTimeout, now, out);
        }
        self.rest_after(user, |rests| rests.missed_ms, now);
        self.refresh(user, now);
        self.recheck_for(user);
    }

    /// Takes an offer back from its agent; the item keeps its age and its place.
    pub(crate) fn revoke(
        &mut self,
        offer: OfferId,
        why: RevokeReason,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let Some(OpenOffer { item, user, .. }) = self.close(offer) else { return };
        out.push(Decision::Revoked { offer, item, user, why });
        if !self.recall_ended(item, Ending::Revoked(why), now, out) && why != RevokeReason::CallerGone {
            self.put_back(item, None, out);
        }
        self.refresh(user, now);
    }

    /// For the queues of the one who took it.
    fn note_taken(&mut self, user: UserId, kind: WorkKind, now: Timestamp) {
        let Some(slot) = self.agents.get(&user) else { return };
        for queue in slot.agent.memberships.keys() {
            if let Some(line) = self.queues.get_mut(queue) {
                line.note_taken(kind, now);
            }
        }
    }
}
