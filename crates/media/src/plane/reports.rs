//! Reports on their way out: collected in a fixed ring during ticks, handed over between them.

use std::{
    collections::VecDeque,
    sync::atomic::{AtomicU64, Ordering},
};

use tokio::sync::mpsc;

use crate::Report;

/// Reports one engine thread keeps while the reader is busy.
const PENDING_MAX: usize = 4_096;

/// Counts of what should not happen, readable from anywhere.
#[derive(Debug, Default)]
pub(crate) struct Counters {
    pub(crate) phases: AtomicU64,
    pub(crate) late_phases: AtomicU64,
    pub(crate) skipped_phases: AtomicU64,
    pub(crate) lost_reports: AtomicU64,
    pub(crate) packets_in: AtomicU64,
    pub(crate) packets_out: AtomicU64,
}

impl Counters {
    pub(crate) fn add(counter: &AtomicU64, count: u64) {
        counter.fetch_add(count, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(crate) struct Reports {
    pending: VecDeque<Report>,
    lost: u64,
}

impl Reports {
    pub(crate) fn new() -> Self {
        Self { pending: VecDeque::with_capacity(PENDING_MAX), lost: 0 }
    }

    /// Measurements give way first: the second half of the ring is for what changes a call.
    pub(crate) fn push(&mut self, report: Report) {
        let room = if matches!(report, Report::Measured { .. }) { PENDING_MAX / 2 } else { PENDING_MAX };
        if self.pending.len() < room {
            self.pending.push_back(report);
        } else {
            self.lost += 1;
        }
    }

    /// Hands over what the reader has room for; returns how many were lost since the last time.
    pub(crate) fn flush(&mut self, out: &mpsc::Sender<Report>) -> u64 {
        while let Some(report) = self.pending.pop_front() {
            match out.try_send(report) {
                Ok(()) => {}
                Err(mpsc::error::TrySendError::Full(report)) => {
                    self.pending.push_front(report);
                    break;
                }
                // Nobody reads any more.
                Err(mpsc::error::TrySendError::Closed(_)) => self.pending.clear(),
            }
        }
        std::mem::take(&mut self.lost)
    }
}

#[cfg(test)]
mod tests {
    use terms::{ConversationId, LegId, Quality};

    use super::*;

    #[test]
    fn measurements_give_way_to_what_changes_a_call() {
        let leg = LegId::new(ConversationId::from_number(1), 0);
        let mut reports = Reports::new();
        for _ in 0..PENDING_MAX {
            reports.push(Report::Measured { leg, quality: Quality::default() });
        }
        reports.push(Report::Silent { leg });
        let (sender, mut receiver) = mpsc::channel(PENDING_MAX);
        assert_eq!(reports.flush(&sender), PENDING_MAX as u64 / 2);
        let got: Vec<Report> = std::iter::from_fn(|| receiver.try_recv().ok()).collect();
        assert_eq!(got.len(), PENDING_MAX / 2 + 1);
        assert_eq!(got.last(), Some(&Report::Silent { leg }));
    }
}
