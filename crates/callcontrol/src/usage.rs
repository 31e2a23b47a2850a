//! Usage: calls going on against the organization's limits; internal calls count like the others.

use std::collections::BTreeMap;

use terms::Timestamp;
use voicecall::{CallType, Event};

use crate::{organization::Limits, view::Usage};

#[derive(Debug, Default)]
pub(crate) struct UsageCount {
    current: BTreeMap<CallType, u32>,
    peak: BTreeMap<CallType, u32>,
    peak_total: u32,
    second: i64,
    in_second: u32,
}

impl UsageCount {
    pub(crate) fn count(&mut self, event: &Event) {
        match event {
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

    pub(crate) fn view(&self, limit: u32) -> Usage {
        Usage { current: self.current.clone(), peak: self.peak.clone(), peak_total: self.peak_total, limit }
    }
}
