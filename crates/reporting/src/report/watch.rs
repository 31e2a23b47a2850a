//! Watching a report being counted, and stopping it.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// How far it is, for whoever waits; and whether anybody still does.
#[derive(Debug, Default)]
pub struct Watch {
    cancelled: AtomicBool,
    permille: AtomicU32,
}

/// Reading the facts is done.
const READ: u32 = 300;
/// Counting is done; what is left is writing.
const COUNTED: u32 = 800;

impl Watch {
    /// It is its turn.
    pub fn begin(&self) {
        self.reach(10);
    }

    pub fn has_begun(&self) -> bool {
        self.permille.load(Ordering::Relaxed) > 0
    }

    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// 0 to 1, never back.
    pub fn progress(&self) -> f64 {
        f64::from(self.permille.load(Ordering::Relaxed)) / 1_000.0
    }

    fn reach(&self, permille: u32) {
        self.permille.fetch_max(permille, Ordering::Relaxed);
    }

    /// Row `at` of about `of` has been counted.
    pub(super) fn count(&self, at: u32, of: usize) {
        let of = u32::try_from(of).unwrap_or(u32::MAX).max(1);
        let part = u64::from(COUNTED - READ) * u64::from(at.min(of)) / u64::from(of);
        self.reach(READ + u32::try_from(part).unwrap_or(0));
    }

    pub(super) fn counted(&self) {
        self.reach(COUNTED);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_rises_and_never_falls() {
        let watch = Watch::default();
        assert!(!watch.has_begun());
        watch.begin();
        watch.count(50, 100);
        let half = watch.progress();
        watch.count(10, 100);
        assert!((half - 0.55).abs() < 1e-9 && (watch.progress() - half).abs() < 1e-9);
        watch.counted();
        assert!((watch.progress() - 0.8).abs() < 1e-9);
    }
}
