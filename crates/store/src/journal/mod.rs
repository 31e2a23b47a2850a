//! The node's journal: an append-only event log in one fsynced local SQLite file.
//!
//! It is the first durable copy of every conversation.
//! One writer task commits; whatever waits for it meanwhile goes into the next commit together (group commit).
//! Readers (recovery, the projector) use connections of their own and never block the writer (WAL).

mod dialogs;
mod read;
mod schema;
mod writer;

use std::{
    fs::{File, OpenOptions, TryLockError},
    path::{Path, PathBuf},
    sync::Arc,
};

use sea_orm::sqlx::{
    self, Connection, SqlitePool,
    sqlite::{SqliteConnection, SqlitePoolOptions},
};
use terms::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use uuid::Uuid;

use writer::{Request, Writer};

/// Appends that may wait for the writer; past that `append` waits for room.
const REQUESTS_MAX: usize = 1024;
/// Recovery, the projector and look-ups read at the same time.
const READERS_MAX: u32 = 3;

/// One event to write. `(stream, version)` is the optimistic lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Append {
    /// `conversation/<uuid>`, `message/<uuid>` or `routing`.
    pub stream: String,
    pub version: u64,
    pub kind: String,
    /// JSON text, kept byte for byte.
    pub payload: String,
    pub at: Timestamp,
    /// The last event of its stream: the stream needs no recovery and may be pruned.
    pub closes: bool,
    /// The command that caused it, remembered in the same transaction, so that its repetition gets the same answer.
    pub command: Option<CommandRecord>,
}

/// An event as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Place in this journal; grows with every event and is never used twice.
    pub position: i64,
    pub stream: String,
    pub version: u64,
    pub kind: String,
    pub payload: String,
    pub at: Timestamp,
    pub closes: bool,
}

/// A command that had its effect, and the answer it got.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandRecord {
    /// The client's `Idempotency-Key`, or the command id; unique per principal.
    pub key: String,
    pub principal: Uuid,
    /// SHA-256 of the request body in hex: the same key with another body is refused.
    pub body_hash: String,
    /// JSON text.
    pub answer: String,
    pub at: Timestamp,
}

#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Somebody appended this version first: read the stream again and decide again.
    #[error("version {version} of {stream} is already written")]
    Conflict { stream: String, version: u64 },
    /// The command had its effect before: give the remembered answer.
    #[error("the command {key} is already remembered")]
    CommandKnown { key: String },
    /// Another process holds the journal: stop it, or choose another path.
    #[error("the journal {} is in use by another process", path.display())]
    InUse { path: PathBuf },
    /// Written by a newer release: start that one.
    #[error("the journal has format {found}, this release reads up to {known}")]
    Newer { found: i64, known: i64 },
    /// The journal was closed; nothing was written.
    #[error("the journal is closed")]
    Closed,
    /// The file or its disk failed; what was not acknowledged is not written.
    #[error("the journal cannot be read or written: {0}")]
    Storage(#[from] sqlx::Error),
    #[error("the journal's files cannot be opened: {0}")]
    File(#[from] std::io::Error),
}

/// The journal of this node. Clones share the writer.
#[derive(Clone, Debug)]
pub struct Journal {
    requests: mpsc::Sender<Request>,
    readers: SqlitePool,
    dialogs: mpsc::Sender<dialogs::Change>,
    last: watch::Receiver<i64>,
    /// Held until the last clone is gone: one process at a time.
    _lock: Arc<File>,
}

impl Journal {
    /// Opens the journal at `path`, or creates it with the directories above it.
    /// Must be called within a tokio runtime: the writer is a task of it.
    pub async fn open(path: &Path) -> Result<Journal, JournalError> {
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            std::fs::create_dir_all(directory)?;
        }
        let lock = lock(path)?;
        let options = schema::durable(path).statement_cache_capacity(writer::STATEMENTS_MAX);
        let mut connection = SqliteConnection::connect_with(&options).await?;
        schema::prepare(&mut connection).await?;
        let position = read::last_position(&mut connection).await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(READERS_MAX)
            .connect_with(schema::durable(path).pragma("query_only", "on"))
            .await?;
        let dialogs = dialogs::open(&beside(path, "-dialogs.log"))?;
        let (requests, inbox) = mpsc::channel(REQUESTS_MAX);
        let (moved, last) = watch::channel(position);
        let writer = Writer::new(connection, moved, position);
        tokio::spawn(writer.run(inbox));
        Ok(Journal { requests, readers, dialogs, last, _lock: Arc::new(lock) })
    }

    /// Writes the batch in one transaction with one fsync, all or nothing, and says the position of its last event.
    /// Batches that wait at the same time share the fsync.
    /// Once handed over it is written even if the caller stops waiting.
    pub async fn append(&self, batch: Vec<Append>) -> Result<i64, JournalError> {
        self.request(|reply| Request::Append { events: batch, commands: Vec::new(), reply }).await
    }

    /// Remembers commands that wrote no event, with the events of `batch`, in one transaction.
    pub async fn append_with(
        &self,
        batch: Vec<Append>,
        commands: Vec<CommandRecord>,
    ) -> Result<i64, JournalError> {
        self.request(|reply| Request::Append { events: batch, commands, reply }).await
    }

    /// Remembers one command that wrote no event.
    pub async fn remember(&self, command: CommandRecord) -> Result<(), JournalError> {
        self.append_with(Vec::new(), vec![command]).await.map(|_| ())
    }

    /// Deletes the closed conversation streams whose last event lies before `before_position` and is older than
    /// `older_than`, what lies so in another stream before its last event with `closes`, and the commands older than
    /// it. Says how many events went.
    /// The caller passes the position up to which everything is shipped to the database.
    pub async fn prune(&self, before_position: i64, older_than: Timestamp) -> Result<u64, JournalError> {
        let mut gone = 0;
        loop {
            let request = |reply| Request::Prune { before_position, older_than, reply };
            match self.request(request).await? {
                0 => return Ok(gone),
                events => gone += events,
            }
        }
    }

    /// The last position, without a read; changes wake the projector.
    pub fn watch(&self) -> watch::Receiver<i64> {
        self.last.clone()
    }

    /// 0 for an empty journal.
    pub fn last_position(&self) -> i64 {
        *self.last.borrow()
    }

    /// Writes what waits, moves the log into the main file and lets go of it. Later calls say `Closed`.
    pub async fn close(&self) {
        if self.request(|reply| Request::Close { reply }).await.is_err() {
            tracing::debug!("the journal was closed before");
        }
        self.readers.close().await;
        self.close_dialogs().await;
    }

    async fn request<T>(
        &self,
        request: impl FnOnce(oneshot::Sender<Result<T, JournalError>>) -> Request,
    ) -> Result<T, JournalError> {
        let (reply, answer) = oneshot::channel();
        self.requests.send(request(reply)).await.map_err(|_| JournalError::Closed)?;
        answer.await.map_err(|_| JournalError::Closed)?
    }
}

/// A lock file of our own, because SQLite's locks come and go with transactions.
fn lock(path: &Path) -> Result<File, JournalError> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(beside(path, "-lock"))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(JournalError::InUse { path: path.to_owned() }),
        Err(TryLockError::Error(error)) => Err(error.into()),
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
