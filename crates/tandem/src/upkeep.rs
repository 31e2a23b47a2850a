//! What a server does beside its calls so that it can run for years: metrics fold their samples, the journal and the
//! tables forget what nobody can ask for any more.

use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use store::{Journal, Store};
use terms::Timestamp;
use tokio::{sync::watch, time::interval};

use crate::clock::Clock;

/// Between two folds of the samples that histograms gather; nobody may ever scrape them.
const METRICS_EVERY: Duration = Duration::from_secs(5);
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
/// An answer is given again for its idempotency key for so long.
const COMMANDS_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;

pub(crate) struct Upkeep {
    pub(crate) metrics: PrometheusHandle,
    pub(crate) journal: Journal,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    /// Up to where the database has the journal.
    pub(crate) shipped: watch::Receiver<i64>,
    pub(crate) keep_days: u32,
}

impl Upkeep {
    /// Until it is aborted; whatever it does may be cut short.
    pub(crate) async fn run(self) {
        let (mut metrics, mut forget) = (interval(METRICS_EVERY), interval(FORGET_EVERY));
        loop {
            tokio::select! {
                _ = metrics.tick() => self.metrics.run_upkeep(),
                _ = forget.tick() => self.forget((self.clock)()).await,
            }
        }
    }

    /// What the database has not got yet stays, however old it is.
    pub(crate) async fn forget(&self, now: Timestamp) {
        let shipped = *self.shipped.borrow();
        let older = now.plus_ms(-i64::from(self.keep_days) * 24 * 60 * 60 * 1_000);
        match self.journal.prune(shipped, older).await {
            Ok(events) => tracing::debug!(events, "the journal forgot"),
            Err(error) => tracing::warn!(%error, "the journal could not be pruned"),
        }
        let commands = self.store.prune_commands(now.plus_ms(-COMMANDS_KEPT_MS)).await;
        let tokens = self.store.prune_refresh_tokens(now).await;
        if let Err(error) = commands.and(tokens) {
            tracing::warn!(%error, "old commands and tokens could not be pruned");
        }
    }
}
