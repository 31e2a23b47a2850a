//! Usage: calls going on against the organization's limits; internal calls count like the others.

use std::collections::{BTreeMap, VecDeque};

use terms::{Timestamp, UserId};
use voicecall::{CallType, Event};

use crate::{organization::Limits, view::Usage};

#[derive(Debug, Default)]
pub(crate) struct UsageCount {
    current: BTreeMap<CallType, u32>,
    peak: BTreeMap<CallType, u32>,
    peak_total: u32,
    second: i64,
    in_second: u32,
    /// When each user dialed a number, within the last hour.
    external: BTreeMap<UserId, VecDeque<Timestamp>>,
}

/// A callback whose customer has not been dialed yet.
pub(crate) fn is_only_planned(conversation: &voicecall::Conversation) -> bool {
    conversation.legs().first().is_some_and(voicecall::Leg::is_planned)
}

const HOUR_MS: i64 = 3_600_000;

impl UsageCount {
    pub(crate) fn count(&mut self, event: &Event) {
        match event {
            // A callback is a call from the time that its customer is dialed.
            Event::Opened { opening } if opening.callback.is_some() => {}
            Event::CustomerDialed { .. } => self.open(CallType::Outbound),
            Event::Opened { opening } => self.open(opening.call_type),
            Event::CallOpened { record, .. } => self.open(record.call_type),
            _ => {}
        }
    }

    pub(crate) fn open(&mut self, call_type: CallType) {
        let current = self.current.entry(call_type).or_default();
        *current += 1;
        let peak = self.peak.entry(call_type).or_default();
        *peak = (*peak).max(*current);
        self.peak_total = self.peak_total.max(self.total());
    }

    pub(crate) fn close(&mut self, call_type: CallType) {
        if let Some(current) = self.current.get_mut(&call_type) {
            *current = current.saturating_sub(1);
        }
    }

    fn total(&self) -> u32 {
        self.current.values().sum()
    }

    /// Whether one more call may begin; if not, in how many seconds to try again.
    pub(crate) fn admit(&mut self, limits: &Limits, now: Timestamp) -> Result<(), u32> {
        if self.total() >= limits.concurrent_calls {
            return Err(10);
        }
        let second = now.ms().div_euclid(1000);
        if second != self.second {
            (self.second, self.in_second) = (second, 0);
        }
        if self.in_second >= limits.calls_per_second {
            return Err(1);
        }
        self.in_second += 1;
        Ok(())
    }

    /// Whether this user may dial one more number this hour; if not, in how many seconds to try again.
    pub(crate) fn admit_external(
        &mut self,
        user: UserId,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<(), u32> {
        let dialed = self.external.entry(user).or_default();
        while dialed.front().is_some_and(|at| now - *at >= HOUR_MS) {
            dialed.pop_front();
        }
        if dialed.len() >= limits.per_user_external_per_hour as usize {
            let oldest = dialed.front().copied().unwrap_or(now);
            let wait_ms = (HOUR_MS - (now - oldest)).max(1000);
            return Err(u32::try_from(wait_ms / 1000).unwrap_or(1));
        }
        dialed.push_back(now);
        Ok(())
    }

    pub(crate) fn view(&self, limit: u32) -> Usage {
        Usage { current: self.current.clone(), peak: self.peak.clone(), peak_total: self.peak_total, limit }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_dials_so_many_numbers_an_hour_and_no_more() {
        let mut usage = UsageCount::default();
        let limits = Limits { concurrent_calls: 1, calls_per_second: 1, per_user_external_per_hour: 2 };
        let (user, other) = (UserId::from_number(1), UserId::from_number(2));
        let at = Timestamp::from_ms;
        assert_eq!(usage.admit_external(user, &limits, at(0)), Ok(()));
        assert_eq!(usage.admit_external(user, &limits, at(1_000)), Ok(()));
        assert_eq!(usage.admit_external(user, &limits, at(60_000)), Err(3_540));
        assert_eq!(usage.admit_external(other, &limits, at(60_000)), Ok(()));
        assert_eq!(usage.admit_external(user, &limits, at(3_600_000)), Ok(()));
    }

    #[test]
    fn calls_of_every_type_count_against_the_limit() {
        let mut usage = UsageCount::default();
        let limits = Limits { concurrent_calls: 2, calls_per_second: 100, per_user_external_per_hour: 1 };
        usage.open(CallType::Inbound);
        assert_eq!(usage.admit(&limits, Timestamp::from_ms(0)), Ok(()));
        usage.open(CallType::Internal);
        assert_eq!(usage.admit(&limits, Timestamp::from_ms(0)), Err(10));
        usage.close(CallType::Internal);
        assert_eq!(usage.admit(&limits, Timestamp::from_ms(0)), Ok(()));
        assert_eq!(usage.view(2).peak_total, 2);
    }
}
