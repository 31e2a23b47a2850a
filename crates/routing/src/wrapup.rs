//! The end of a call: wrap-up, the status that waited for it, and being free again.

use terms::{ConversationId, Timestamp, UserId};

use crate::{
    Decision, ItemId, Refusal, Router, StatusCause, Token,
    roster::RunningWrapUp,
    timers::{Timer, after},
};

/// No wrap-up lasts longer, extensions included.
pub const WRAP_UP_MS_MAX: i64 = 30 * 60 * 1000;

impl Router {
    pub(crate) fn end_call(
        &mut self,
        user: UserId,
        root: ConversationId,
        wrap_up_ms: Option<i64>,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let Some(slot) = self.agents.get_mut(&user).filter(|slot| slot.token == Token::Call(root)) else {
            return;
        };
        slot.token = Token::None;
        slot.idle_since = now;
        self.recall_over(user, root, now, out);
        let Some(slot) = self.agents.get_mut(&user) else { return };
        let pending = slot.pending.take();
        if let Some(ms) = wrap_up_ms.filter(|ms| *ms > 0) {
            let until = self.begin_wrap_up(user, root, ms, now);
            out.push(Decision::WrapUpStarted { user, root, until });
        } else {
            self.has_handled(user, now);
        }
        if let Some(status) = pending {
            self.apply_status(user, status, StatusCause::CallEnded, now, out);
        }
        self.refresh(user, now);
    }

    /// Work beside voice is done.
    pub(crate) fn end_work(&mut self, user: UserId, item: ItemId, now: Timestamp) {
        let Some(slot) = self.agents.get_mut(&user) else { return };
        if let Some(load) = slot.in_hand.remove(&item) {
            slot.give_room(load);
            slot.idle_since = now;
            self.dirty_agents.insert(user);
            self.refresh(user, now);
        }
    }

    pub(crate) fn begin_wrap_up(
        &mut self,
        user: UserId,
        root: ConversationId,
        ms: i64,
        now: Timestamp,
    ) -> Timestamp {
        let until = after(now, ms.clamp(1, WRAP_UP_MS_MAX));
        if let Some(slot) = self.agents.get_mut(&user) {
            let rules = slot.last_queue.and_then(|queue| self.queues.get(&queue)?.queue.wrap_up);
            let timer = self.timers.arm(until, Timer::WrapUp(user));
            let extensions_left = rules.map(|rules| rules.max_extensions);
            slot.token = Token::Acw(root);
            slot.wrap_up = Some(RunningWrapUp { root, started: now, until, extensions_left, timer });
        }
        until
    }

    /// Done with it, or out of time: the agent goes to the end of the line of the idle.
    pub(crate) fn finish_wrap_up(&mut self, user: UserId, now: Timestamp, out: &mut Vec<Decision>) {
        let Some(slot) = self.agents.get_mut(&user) else { return };
        let Some(wrap_up) = slot.wrap_up.take() else {
            out.push(Decision::Refused(Refusal::NotInWrapUp(user)));
            return;
        };
        self.timers.disarm(Some(wrap_up.timer));
        slot.token = Token::None;
        slot.idle_since = now;
        out.push(Decision::WrapUpEnded { user, root: wrap_up.root });
        self.has_handled(user, now);
        self.refresh(user, now);
    }

    pub(crate) fn extend_wrap_up(&mut self, user: UserId, ms: i64, out: &mut Vec<Decision>) {
        let running = self.agents.get_mut(&user).and_then(|slot| slot.wrap_up.as_mut());
        let Some(wrap_up) = running else {
            out.push(Decision::Refused(Refusal::NotInWrapUp(user)));
            return;
        };
        let latest = after(wrap_up.started, WRAP_UP_MS_MAX);
        if wrap_up.extensions_left == Some(0) || wrap_up.until >= latest {
            out.push(Decision::Refused(Refusal::WrapUpLimit(user)));
            return;
        }
        wrap_up.extensions_left = wrap_up.extensions_left.map(|left| left - 1);
        wrap_up.until = after(wrap_up.until, ms.max(0)).min(latest);
        let until = wrap_up.until;
        self.timers.disarm(Some(wrap_up.timer));
        wrap_up.timer = self.timers.arm(until, Timer::WrapUp(user));
        out.push(Decision::WrapUpExtended { user, until });
    }
}
