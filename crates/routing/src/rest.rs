//! Rest: for a while after an offer that came to nothing its agent is not offered anything.

use terms::{Timestamp, UserId};

use crate::{
    Rests, Router,
    timers::{Timer, TimerKey, after},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RunningRest {
    pub(crate) until: Timestamp,
    pub(crate) timer: TimerKey,
}

impl Router {
    /// How long depends on what became of the offer; a longer rest goes on.
    pub(crate) fn rest_after(&mut self, user: UserId, length: impl Fn(&Rests) -> i64, now: Timestamp) {
        let Some(slot) = self.agents.get_mut(&user) else { return };
        let until = after(now, length(&slot.agent.rests));
        if until <= now || slot.rest.is_some_and(|rest| rest.until >= until) {
            return;
        }
        self.timers.disarm(slot.rest.map(|rest| rest.timer));
        slot.rest = Some(RunningRest { until, timer: self.timers.arm(until, Timer::Rest(user)) });
    }

    /// The time is over, or the agent says that they are there.
    pub(crate) fn end_rest(&mut self, user: UserId, now: Timestamp) {
        let Some(rest) = self.agents.get_mut(&user).and_then(|slot| slot.rest.take()) else { return };
        self.timers.disarm(Some(rest.timer));
        self.refresh(user, now);
    }
}
