//! The media clock: the one place in this crate that reads time.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Microseconds since the engine started, never going back.
pub(crate) type Micros = u64;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Clock {
    started: Instant,
}

impl Clock {
    // Audio runs by a steady clock of its own; no decision of the domain depends on it.
    #[allow(clippy::disallowed_methods)]
    pub(crate) fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// The same moment as the operating system counts it, for parts that want it so.
    pub(crate) fn instant(&self, us: Micros) -> Instant {
        self.started + Duration::from_micros(us)
    }

    #[allow(clippy::disallowed_methods)]
    pub(crate) fn now(&self) -> Micros {
        let elapsed = Instant::now().duration_since(self.started);
        u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX)
    }

    /// The wall clock, only to age the kernel's arrival stamps and to fill sender reports.
    #[allow(clippy::disallowed_methods)]
    pub(crate) fn wall() -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}

/// Both clocks at the start of a tick.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Now {
    pub(crate) us: Micros,
    pub(crate) wall: Duration,
}

impl Now {
    /// When a packet with this kernel stamp came; a stamp from a jumping clock counts as just now.
    pub(crate) fn arrival(&self, stamp: Option<Duration>) -> Micros {
        let age = stamp.and_then(|stamp| self.wall.checked_sub(stamp)).unwrap_or_default();
        if age > Duration::from_secs(1) {
            return self.us;
        }
        self.us.saturating_sub(u64::try_from(age.as_micros()).unwrap_or(0))
    }
}
