//! Throttle: how often somebody may fail to sign in.

use std::{collections::BTreeMap, sync::Mutex};

use terms::Timestamp;

/// Names and addresses remembered at a time; past that the oldest are forgotten.
const KEYS_MAX: usize = 10_000;

/// A bucket per key that fills with failures and leaks one every `leak_ms`.
#[derive(Debug)]
pub(crate) struct Throttle {
    size: i64,
    leak_ms: i64,
    /// When each key's bucket will be empty. One short critical section per sign-in, never held across an await.
    empty_at: Mutex<BTreeMap<String, Timestamp>>,
}

impl Throttle {
    pub(crate) fn new(size: i64, leak_ms: i64) -> Self {
        Self { size, leak_ms, empty_at: Mutex::default() }
    }

    /// The seconds to wait, when the bucket is full.
    pub(crate) fn wait_seconds(&self, key: &str, now: Timestamp) -> Option<u32> {
        let buckets = self.lock();
        let level_ms = buckets.get(key).map_or(0, |empty_at| empty_at.ms_since(now));
        let over_ms = level_ms - (self.size - 1) * self.leak_ms;
        (over_ms > 0).then(|| u32::try_from((over_ms + 999) / 1000).unwrap_or(u32::MAX))
    }

    pub(crate) fn failed(&self, key: &str, now: Timestamp) {
        let mut buckets = self.lock();
        if buckets.len() >= KEYS_MAX {
            buckets.retain(|_, empty_at| *empty_at > now);
        }
        if buckets.len() >= KEYS_MAX {
            // Still full of fresh ones: somebody tries many names, and the address bucket holds them.
            buckets.pop_first();
        }
        let bucket = buckets.entry(key.to_owned()).or_insert(now);
        *bucket = (*bucket).max(now).plus_ms(self.leak_ms);
    }

    pub(crate) fn succeeded(&self, key: &str) {
        self.lock().remove(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Timestamp>> {
        self.empty_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_000_000);

    #[test]
    fn failures_fill_the_bucket_and_time_empties_it() {
        let throttle = Throttle::new(3, 10_000);
        for _ in 0..3 {
            assert_eq!(throttle.wait_seconds("ana", NOW), None);
            throttle.failed("ana", NOW);
        }
        assert_eq!(throttle.wait_seconds("ana", NOW), Some(10));
        assert_eq!(throttle.wait_seconds("ben", NOW), None);
        assert_eq!(throttle.wait_seconds("ana", NOW.plus_ms(9_999)), Some(1));
        assert_eq!(throttle.wait_seconds("ana", NOW.plus_ms(10_000)), None);
    }

    #[test]
    fn a_success_empties_the_bucket() {
        let throttle = Throttle::new(1, 10_000);
        throttle.failed("ana", NOW);
        throttle.succeeded("ana");
        assert_eq!(throttle.wait_seconds("ana", NOW), None);
    }

    #[test]
    fn the_number_of_buckets_is_bounded() {
        let throttle = Throttle::new(1, 10_000);
        for number in 0..KEYS_MAX + 10 {
            throttle.failed(&number.to_string(), NOW);
        }
        assert!(throttle.lock().len() <= KEYS_MAX);
    }
}
