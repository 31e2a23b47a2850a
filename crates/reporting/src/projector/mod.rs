//! The projector: follows the journal from a durable cursor and keeps the database's copy of it, events and records.
//!
//! One batch is one transaction: the events, the records of every conversation they touch (folded anew from all of its
//! events) and the cursor. So it may be killed at any place, start again and come to the same rows; a database that is
//! away is waited for, and meanwhile nothing is lost, because the journal keeps it.

mod batch;
pub(crate) mod load;
mod messages;
mod presence;
mod rebuild;
mod write;

use std::{collections::BTreeMap, time::Duration};

pub(crate) use write::ensure_row;

use sea_orm::DbErr;
use store::{Journal, JournalError, Store};
use terms::ConversationId;
use tokio::sync::watch;

use crate::story::{Story, Wrapping};

/// Events of one transaction: a few hundred conversations, well below a second on SQLite.
const BATCH_EVENTS: u32 = 2_000;
/// Conversations kept in memory while they go on, some kilobytes each; past that they are read again when needed.
const KEPT_MAX: usize = 10_000;
/// How long events gather after the first, and at most from one look to the next. A call changes a dozen times in its
/// first second and each transaction writes its records anew, so a busy server looks less often. Two seconds behind live
/// is the promise: what comes right after a look waits for the next and until that is written.
const GATHER_FIRST: Duration = Duration::from_millis(100);
const GATHER_LONGEST: Duration = Duration::from_millis(750);
/// Of every event that a look shipped, how much later the one after the next comes.
const GATHER_AN_EVENT: Duration = Duration::from_millis(5);
/// Waits between tries while the database is away: the first, and the longest.
const RETRY_FIRST: Duration = Duration::from_millis(100);
const RETRY_LONGEST: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// The journal cannot be read: the node stops, or its disk fails.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The database did not take it: try again later, nothing is lost.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
    /// Somebody else ships this journal: one of the two must stop.
    #[error("the cursor was moved by another projector")]
    Moved,
}

/// Keeps the database's copy of one journal. There is one of it for a journal.
#[derive(Debug)]
pub struct Projector {
    journal: Journal,
    store: Store,
    batch_events: u32,
    /// None until the database has said where it stands, and again after every failure.
    state: Option<Stand>,
    /// How far it certainly is; None until the database has answered once.
    shipped: Option<i64>,
    told: watch::Sender<i64>,
}

/// What is known while all goes well; after a failure it is read again.
#[derive(Debug)]
struct Stand {
    position: i64,
    stories: BTreeMap<ConversationId, Story>,
    wrapping: Wrapping,
}

impl Projector {
    pub fn new(journal: Journal, store: Store) -> Self {
        Self {
            journal,
            store,
            batch_events: BATCH_EVENTS,
            state: None,
            shipped: None,
            told: watch::Sender::new(0),
        }
    }

    /// With smaller batches, so that tests see more of them.
    pub fn with_batches_of(self, events: u32) -> Self {
        Self { batch_events: events.max(1), ..self }
    }

    /// Up to which position the database has everything; 0 until it has answered once.
    pub fn shipped(&self) -> watch::Receiver<i64> {
        self.told.subscribe()
    }

    /// Runs until `stop` says true (or is gone), then ships what is there once more.
    pub async fn run(mut self, mut stop: watch::Receiver<bool>) {
        let mut news = self.journal.watch();
        let (mut wait, mut gather) = (RETRY_FIRST, GATHER_FIRST);
        loop {
            let before = self.shipped;
            let stopping = *stop.borrow() || stop.has_changed().is_err();
            news.mark_unchanged();
            // From here on: while one look is written, the next one's events gather already.
            let next = tokio::time::sleep(gather);
            let pause = match self.catch_up().await {
                Ok(shipped) => {
                    wait = RETRY_FIRST;
                    gather = gathers(shipped - before.unwrap_or(shipped));
                    None
                }
                Err(error) => {
                    metrics::counter!("tandem_projector_failures_total").increment(1);
                    tracing::warn!(%error, retry_ms = wait.as_millis() as u64, "the projector waits");
                    let pause = wait;
                    wait = (wait * 2).min(RETRY_LONGEST);
                    Some(pause)
                }
            };
            self.tell_lag().await;
            if stopping {
                return;
            }
            tokio::select! {
                () = nap(pause) => {}
                _ = stop.changed() => {}
                moved = news.changed(), if pause.is_none() => {
                    if moved.is_err() {
                        return;
                    }
                    let gathered = async { tokio::join!(tokio::time::sleep(GATHER_FIRST), next) };
                    tokio::select! {
                        _ = gathered => {}
                        _ = stop.changed() => {}
                    }
                }
            }
        }
    }

    /// Ships everything that was in the journal when it was called, and says up to where.
    pub async fn catch_up(&mut self) -> Result<i64, ProjectError> {
        let end = self.journal.last_position();
        loop {
            match self.step().await? {
                Some(position) if position < end => {}
                _ => return Ok(self.shipped.unwrap_or_default()),
            }
        }
    }

    /// Ships one batch and says where it stands then; None when there was nothing to ship.
    pub async fn step(&mut self) -> Result<Option<i64>, ProjectError> {
        // Taken out: after a failure it stays out and is read again.
        let mut stand = match self.state.take() {
            Some(stand) => stand,
            None => self.stand().await?,
        };
        self.ship_to(stand.position);
        let records = self.journal.read_after(stand.position, self.batch_events).await?;
        let last = records.last().map(|record| record.position);
        if let Some(last) = last {
            let batch = batch::sort(&records, &mut stand.wrapping);
            self.load(&mut stand.stories, &batch, last).await?;
            let touched = batch::tell(&mut stand.stories, batch);
            self.write(&mut stand, &records, &touched).await?;
            stand.position = last;
            self.ship_to(last);
            forget(&mut stand.stories);
        }
        self.state = Some(stand);
        Ok(last)
    }

    fn ship_to(&mut self, position: i64) {
        self.shipped = Some(position);
        self.told.send_replace(position);
    }

    /// In the journal's own time, so that no clock is read: by how much the newest event is younger than the oldest that
    /// waits.
    async fn tell_lag(&self) {
        let Some(position) = self.shipped else { return };
        let newest = self.journal.last_position();
        metrics::gauge!("tandem_projector_lag_events").set((newest - position).max(0) as f64);
        let mut seconds = 0.0;
        if newest > position {
            let waits = self.journal.read_after(position, 1).await;
            let last = self.journal.read_after(newest - 1, 1).await;
            let (Ok(waits), Ok(last)) = (waits, last) else { return };
            if let (Some(waits), Some(last)) = (waits.first(), last.first()) {
                seconds = last.at.ms_since(waits.at) as f64 / 1000.0;
            }
        }
        metrics::gauge!("tandem_projector_lag_seconds").set(seconds);
    }
}

fn gathers(events: i64) -> Duration {
    let events = u32::try_from(events).unwrap_or(0);
    (GATHER_AN_EVENT * events).clamp(GATHER_FIRST, GATHER_LONGEST)
}

async fn nap(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}

/// Ended conversations, and past the limit those untouched for longest.
fn forget(stories: &mut BTreeMap<ConversationId, Story>) {
    stories.retain(|_, story| !story.is_over());
    if stories.len() <= KEPT_MAX {
        return;
    }
    let mut touched: Vec<(i64, ConversationId)> =
        stories.iter().map(|(id, story)| (story.touched, *id)).collect();
    touched.sort_unstable();
    for (_, id) in touched.iter().take(stories.len() - KEPT_MAX / 2) {
        stories.remove(id);
    }
}
