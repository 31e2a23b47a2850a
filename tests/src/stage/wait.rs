//! Waiting for the thing itself, with a deadline. Nothing else in the tests waits by the clock.

use std::{fmt::Debug, future::Future, time::Duration};

use super::{
    clock,
    error::{Result, StageError},
};

/// How often a polled condition is looked at.
const LOOK: Duration = Duration::from_millis(10);

/// Looks again and again until `look` says `Ok`, and gives what it found.
/// Past `limit` the error tells `what` was waited for and what was seen last.
pub async fn until<T, S: Debug>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> std::result::Result<T, S>,
) -> Result<T> {
    until_async(what, limit, move || std::future::ready(look())).await
}

/// As [`until`], for a look that itself takes time, such as a question over HTTP.
pub async fn until_async<T, S: Debug, F>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> F,
) -> Result<T>
where
    F: Future<Output = std::result::Result<T, S>>,
{
    let end = clock::now() + limit;
    loop {
        let seen = match look().await {
            Ok(found) => return Ok(found),
            Err(seen) => seen,
        };
        if clock::now() >= end {
            return Err(StageError::too_late(what, limit, format!("{seen:?}")));
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Bounds a wait for one future.
pub async fn within<T>(what: &str, limit: Duration, wait: impl Future<Output = T>) -> Result<T> {
    tokio::time::timeout(limit, wait).await.map_err(|_| StageError::too_late(what, limit, "still waiting"))
}
