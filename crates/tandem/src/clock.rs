//! The one place where the wall clock enters: read once at start, then advanced by monotonic time, so that a clock jump
//! changes no duration.

use std::{
    sync::Arc,
    time::{Instant, SystemTime, UNIX_EPOCH},
};

use terms::Timestamp;

pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

#[allow(clippy::disallowed_methods)] // The wall clock enters here, and nowhere else.
pub fn start() -> Clock {
    let wall_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let wall = Timestamp::from_ms(i64::try_from(wall_ms).unwrap_or(0));
    let monotonic = Instant::now();
    Arc::new(move || wall.plus_ms(i64::try_from(monotonic.elapsed().as_millis()).unwrap_or(i64::MAX)))
}
