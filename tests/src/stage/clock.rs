//! The one place where the stage reads a clock: the world outside the product runs on real time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[allow(clippy::disallowed_methods, reason = "test phones are the outside world; they live in real time")]
pub fn now() -> Instant {
    Instant::now()
}

/// Time since 1970, for names and seeds only.
#[allow(clippy::disallowed_methods, reason = "only makes names unique")]
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}
