//! Timers: what happens by itself, in the order of time and, within an instant, of creation.

use std::collections::BTreeMap;

use terms::{CallbackPromptId, OfferId, Timestamp, UserId};

use crate::ItemId;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    /// Nobody answered the offer.
    Push(OfferId),
    /// The item's step is over.
    Step(ItemId),
    /// The item has waited as long as it may.
    MaxWait(ItemId),
    /// Nobody of the queue has been there for as long as the item may wait so.
    Nobody(ItemId),
    /// Members with a delay see the item from now on.
    Delay(ItemId),
    /// Those who refused the item are asked again.
    Retry(ItemId),
    WrapUp(UserId),
    /// The agent has rested after an offer that came to nothing.
    Rest(UserId),
    /// A callback prompt's present state has lasted as long as it may.
    Prompt(CallbackPromptId),
}

/// The handle by which a timer is called off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TimerKey(Timestamp, u64);

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Timers {
    armed: BTreeMap<TimerKey, Timer>,
    made: u64,
}

impl Timers {
    pub(crate) fn arm(&mut self, at: Timestamp, timer: Timer) -> TimerKey {
        let key = TimerKey(at, self.made);
        self.made += 1;
        self.armed.insert(key, timer);
        key
    }
    pub(crate) fn disarm(&mut self, key: Option<TimerKey>) {
        if let Some(key) = key {
            self.armed.remove(&key);
        }
    }
    pub(crate) fn next_at(&self) -> Option<Timestamp> {
        self.armed.first_key_value().map(|(key, _)| key.0)
    }
    /// The first timer of exactly this instant.
    pub(crate) fn pop_at(&mut self, at: Timestamp) -> Option<Timer> {
        let first = self.armed.first_entry()?;
        (first.key().0 == at).then(|| first.remove())
    }
    /// How many are armed.
    pub(crate) fn len(&self) -> usize {
        self.armed.len()
    }
}

/// A moment after `from`; far-off moments stay representable.
pub(crate) fn after(from: Timestamp, ms: i64) -> Timestamp {
    Timestamp::from_ms(from.ms().saturating_add(ms))
}
