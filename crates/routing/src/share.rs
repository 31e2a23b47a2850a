//! Share: how much of what a queue's members took lately was for colleagues, so that customers are not put last by it.

use std::collections::VecDeque;

use terms::Timestamp;

/// What was taken longer ago counts no more.
pub(crate) const SHARE_MS: i64 = 600_000;

/// What the members of one queue took, from whichever queue.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Share {
    /// When, and how many of those before were for colleagues.
    taken: VecDeque<(Timestamp, u64)>,
    internal: u64,
}

impl Share {
    pub(crate) fn note(&mut self, internal: bool, now: Timestamp) {
        while self.taken.front().is_some_and(|(at, _)| now - *at >= SHARE_MS) {
            self.taken.pop_front();
        }
        self.taken.push_back((now, self.internal));
        self.internal += u64::from(internal);
    }

    /// Whether one more for a colleague would be more than so many percent.
    pub(crate) fn is_used_up(&self, percent: u32, now: Timestamp) -> bool {
        let first = self.taken.partition_point(|(at, _)| now - *at >= SHARE_MS);
        let before = self.taken.get(first).map_or(self.internal, |(_, before)| *before);
        let total = u64::try_from(self.taken.len() - first).unwrap_or(u64::MAX);
        (self.internal - before + 1) * 100 > u64::from(percent) * (total + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_ten_minutes_every_fourth_may_be_internal_and_what_is_older_counts_no_more() {
        let at = Timestamp::from_ms;
        let mut share = Share::default();
        assert!(share.is_used_up(25, at(0)), "the first of all would be all of them");
        for second in 0..3 {
            share.note(false, at(second * 1000));
        }
        assert!(!share.is_used_up(25, at(3_000)));
        share.note(true, at(3_000));
        assert!(share.is_used_up(25, at(4_000)));
        assert!(!share.is_used_up(100, at(4_000)));
        // The customers' have gone by then, and the colleague's too a second later.
        assert!(share.is_used_up(50, at(602_999)));
        share.note(false, at(603_000));
        assert!(!share.is_used_up(50, at(603_000)));
    }
}
