//! Turn: who writes through one store writes one after another, in the order in which they asked.
//!
//! SQLite has one writer anyway, but whoever finds it taken sleeps and looks again, by chance and holding a connection, and
//! gives up after a while; in Postgres changes wait for one row, each with a connection.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, OwnedMutexGuard},
    time::timeout,
};

use crate::StoreError;

/// No request waits longer; it has changed nothing by then.
const WAIT_MAX: Duration = Duration::from_secs(20);

/// Held while somebody writes.
#[derive(Debug)]
#[must_use]
pub struct Turn {
    _held: OwnedMutexGuard<()>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Turns(Arc<Mutex<()>>);

impl Turns {
    /// As long as it takes.
    pub(crate) async fn next(&self) -> Turn {
        Turn { _held: Arc::clone(&self.0).lock_owned().await }
    }

    pub(crate) async fn soon(&self) -> Result<Turn, StoreError> {
        timeout(WAIT_MAX, self.next()).await.map_err(|_| StoreError::Overloaded)
    }
}
