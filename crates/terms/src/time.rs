//! Time as the product counts it: whole milliseconds, UTC, always handed in.

use std::ops::{Add, Sub};

use serde::{Deserialize, Serialize};

/// Milliseconds since 1970-01-01 UTC. `now` is the wall clock at start plus monotonic time, so that a clock jump
/// changes no duration.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    pub const fn from_ms(ms: i64) -> Self {
        Self(ms)
    }
    pub const fn ms(self) -> i64 {
        self.0
    }
    /// Milliseconds from `earlier` to here; 0 when `earlier` is later.
    pub fn ms_since(self, earlier: Timestamp) -> i64 {
        (self.0 - earlier.0).max(0)
    }
    pub const fn plus_ms(self, ms: i64) -> Self {
        Self(self.0 + ms)
    }
}

impl Add<i64> for Timestamp {
    type Output = Timestamp;
    fn add(self, ms: i64) -> Timestamp {
        Timestamp(self.0 + ms)
    }
}

impl Sub for Timestamp {
    type Output = i64;
    fn sub(self, earlier: Timestamp) -> i64 {
        self.0 - earlier.0
    }
}

/// When something must happen by itself, and why; kept in state, so that it survives a restart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Deadline {
    pub at: Timestamp,
    pub reason: DeadlineReason,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadlineReason {
    /// A ringing leg is not answered.
    Ring,
    /// A lost wire was not re-attached within the grace time.
    Reattach,
    /// A step of the entry flow is over (greeting, menu silence).
    Flow,
    /// A parked call was not retrieved.
    Park,
    /// Whoever gets a call back is rung once more.
    Recall,
    /// A message is as long as one may be.
    Message,
    /// Wrap-up is over.
    WrapUp,
    /// A router's timer: push, step, overflow, retry.
    Routing,
}
