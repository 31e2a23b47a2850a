//! The journal's tables and how its file is opened.

use std::{path::Path, time::Duration};

use sea_orm::sqlx::{
    self, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

use super::JournalError;

/// Kept in SQLite's `user_version`.
const FORMAT: i64 = 1;

/// `AUTOINCREMENT` keeps a position from being used again after pruning.
const TABLES: &str = "
CREATE TABLE event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    kind TEXT NOT NULL,
    payload TEXT NOT NULL,
    at INTEGER NOT NULL,
    closes INTEGER NOT NULL,
    UNIQUE (stream, version)
);
CREATE INDEX event_closing ON event (stream, position, at) WHERE closes = 1;
CREATE TABLE command (
    principal BLOB NOT NULL,
    key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    answer TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (principal, key)
) WITHOUT ROWID;
CREATE INDEX command_at ON command (at);
PRAGMA user_version = 1;
";

/// A commit returns after its fsync (`synchronous=FULL` in WAL mode).
pub(super) fn durable(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5))
}

pub(super) async fn prepare(connection: &mut SqliteConnection) -> Result<(), JournalError> {
    let (found,): (i64,) = sqlx::query_as("PRAGMA user_version").fetch_one(&mut *connection).await?;
    match found {
        0 => {
            sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut *connection).await?;
            sqlx::raw_sql(TABLES).execute(&mut *connection).await?;
            sqlx::raw_sql("COMMIT").execute(&mut *connection).await?;
            Ok(())
        }
        FORMAT => Ok(()),
        found => Err(JournalError::Newer { found, known: FORMAT }),
    }
}
