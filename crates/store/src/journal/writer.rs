//! The one writer: takes what waits, writes it in one transaction, answers everybody.

use std::{collections::BTreeSet, sync::Arc};

use sea_orm::sqlx::{self, AssertSqlSafe, Connection, SqliteConnection};
use terms::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};

use super::{Append, CommandRecord, JournalError};

type Reply<T> = oneshot::Sender<Result<T, JournalError>>;

/// Events one commit takes in from several callers; a single batch may be larger.
const COMMIT_EVENTS_MAX: usize = 512;
/// Rows of one INSERT. There is a text for each number of rows up to it and all stay prepared, because a statement costs
/// a hop to SQLite's thread and back.
const INSERT_ROWS_MAX: usize = 64;
/// Statements the writer keeps prepared: the inserts and the few others.
pub(super) const STATEMENTS_MAX: usize = INSERT_ROWS_MAX + 16;
/// Streams one transaction of pruning deletes, so that appends wait little behind it.
const PRUNE_STREAMS: i64 = 50;
const PRUNE_EVENTS: i64 = 1_000;

pub(super) enum Request {
    Append { events: Vec<Append>, commands: Vec<CommandRecord>, reply: Reply<i64> },
    Prune { before_position: i64, older_than: Timestamp, reply: Reply<u64> },
    Close { reply: Reply<()> },
}

struct Waiting {
    events: Vec<Append>,
    commands: Vec<CommandRecord>,
    reply: Reply<i64>,
}

pub(super) struct Writer {
    connection: SqliteConnection,
    moved: watch::Sender<i64>,
    position: i64,
    /// The INSERT of one row, of two, …
    inserts: Vec<Arc<str>>,
}

impl Writer {
    pub(super) fn new(connection: SqliteConnection, moved: watch::Sender<i64>, position: i64) -> Self {
        let inserts = (1..=INSERT_ROWS_MAX).map(|rows| insert(rows).into()).collect();
        Self { connection, moved, position, inserts }
    }

    /// Ends when it is told to close or when every `Journal` is gone.
    pub(super) async fn run(mut self, mut inbox: mpsc::Receiver<Request>) {
        let mut next = inbox.recv().await;
        while let Some(request) = next.take() {
            match request {
                Request::Append { events, commands, reply } => {
                    let mut group = vec![Waiting { events, commands, reply }];
                    next = gather(&mut inbox, &mut group);
                    self.commit(group).await;
                }
                Request::Prune { before_position, older_than, reply } => {
                    let pruned = self.prune(before_position, older_than).await;
                    answer(reply, pruned);
                }
                Request::Close { reply } => {
                    inbox.close();
                    self.shut().await;
                    answer(reply, Ok(()));
                    return;
                }
            }
            if next.is_none() {
                next = inbox.recv().await;
            }
        }
        self.shut().await;
    }

    /// One transaction for the group; when one batch in it clashes, each is tried alone, so that only that one fails.
    async fn commit(&mut self, group: Vec<Waiting>) {
        let together = group.len() > 1;
        if together && let Ok(positions) = self.write(&group.iter().collect::<Vec<_>>()).await {
            for (waiting, position) in group.into_iter().zip(positions) {
                answer(waiting.reply, Ok(position));
            }
            return;
        }
        for waiting in group {
            let result = match self.write(&[&waiting]).await {
                Ok(_) => Ok(self.position),
                Err(error) => Err(explain(&waiting, &mut self.connection, error).await),
            };
            answer(waiting.reply, result);
        }
    }

    /// The last position of each batch, in order.
    async fn write(&mut self, batches: &[&Waiting]) -> Result<Vec<i64>, sqlx::Error> {
        let events: Vec<&Append> = batches.iter().flat_map(|batch| &batch.events).collect();
        let before = self.position;
        let commands = batches.iter().any(|batch| !batch.commands.is_empty())
            || events.iter().any(|event| event.command.is_some());
        // One statement is a transaction by itself, and saves two hops to SQLite's thread and back.
        if let Some(text) = self.inserts.get(events.len().wrapping_sub(1)).filter(|_| !commands) {
            let last = insert_events(&mut self.connection, text, &events).await?;
            self.moved_to(last);
            return Ok(ends(before, batches.iter().map(|batch| batch.events.len())));
        }
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        let mut last = self.position;
        for chunk in events.chunks(INSERT_ROWS_MAX) {
            if let Some(text) = self.inserts.get(chunk.len() - 1) {
                last = insert_events(&mut transaction, text, chunk).await?;
            }
        }
        let caused = events.iter().filter_map(|event| event.command.as_ref());
        for command in caused.chain(batches.iter().flat_map(|batch| &batch.commands)) {
            insert_command(&mut transaction, command).await?;
        }
        transaction.commit().await?;
        self.moved_to(last);
        Ok(ends(before, batches.iter().map(|batch| batch.events.len())))
    }

    fn moved_to(&mut self, last: i64) {
        self.position = last;
        self.moved.send_replace(last);
    }

    async fn prune(&mut self, before_position: i64, older_than: Timestamp) -> Result<u64, JournalError> {
        let mut transaction = self.connection.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("DELETE FROM command WHERE at < ?")
            .bind(older_than.ms())
            .execute(&mut *transaction)
            .await?;
        let pruned = sqlx::query(
            "DELETE FROM event WHERE stream IN (
                 SELECT stream FROM event
                 WHERE closes = 1 AND (stream >= 'conversation/' AND stream < 'conversation0'
                                       OR stream >= 'message/' AND stream < 'message0')
                   AND position < ? AND at < ? LIMIT ?)",
        )
        .bind(before_position)
        .bind(older_than.ms())
        .bind(PRUNE_STREAMS)
        .execute(&mut *transaction)
        .await?;
        // A stream that never ends writes down where it stands from time to time, with `closes`.
        let superseded = sqlx::query(
            "DELETE FROM event WHERE position IN (
                 SELECT before.position FROM event AS before
                 JOIN (SELECT stream, MAX(position) AS position FROM event
                       WHERE closes = 1 AND (stream < 'conversation/' OR stream >= 'conversation0')
                         AND (stream < 'message/' OR stream >= 'message0')
                       GROUP BY stream) AS whole
                   ON before.stream = whole.stream AND before.position < whole.position
                 WHERE before.position < ? AND before.at < ? LIMIT ?)",
        )
        .bind(before_position)
        .bind(older_than.ms())
        .bind(PRUNE_EVENTS)
        .execute(&mut *transaction)
        .await?;
        transaction.commit().await?;
        Ok(pruned.rows_affected() + superseded.rows_affected())
    }

    async fn shut(self) {
        let mut connection = self.connection;
        let moved = sqlx::raw_sql("PRAGMA wal_checkpoint(TRUNCATE)").execute(&mut connection).await;
        if let Err(error) = moved.map(|_| ()).and(connection.close().await) {
            tracing::warn!(%error, "the journal did not close cleanly; it recovers at the next start");
        }
    }
}

/// Adds the appends that already wait; the first request of another kind comes back.
fn gather(inbox: &mut mpsc::Receiver<Request>, group: &mut Vec<Waiting>) -> Option<Request> {
    let mut events: usize = group.iter().map(|waiting| waiting.events.len()).sum();
    while events < COMMIT_EVENTS_MAX {
        match inbox.try_recv() {
            Ok(Request::Append { events: batch, commands, reply }) => {
                events += batch.len();
                group.push(Waiting { events: batch, commands, reply });
            }
            Ok(other) => return Some(other),
            Err(_) => return None,
        }
    }
    None
}

/// Positions are consecutive within a commit: one writer, one counter.
fn ends(before: i64, lengths: impl Iterator<Item = usize>) -> Vec<i64> {
    lengths
        .scan(before, |position, length| {
            *position += i64::try_from(length).unwrap_or(0);
            Some(*position)
        })
        .collect()
}

fn insert(rows: usize) -> String {
    let values = vec!["(?, ?, ?, ?, ?, ?)"; rows].join(", ");
    format!("INSERT INTO event (stream, version, kind, payload, at, closes) VALUES {values}")
}

async fn insert_events(
    connection: &mut SqliteConnection,
    text: &Arc<str>,
    events: &[&Append],
) -> Result<i64, sqlx::Error> {
    let mut query = sqlx::query(AssertSqlSafe(Arc::clone(text)));
    for event in events {
        query = query
            .bind(event.stream.as_str())
            .bind(i64::try_from(event.version).unwrap_or(i64::MAX))
            .bind(event.kind.as_str())
            .bind(event.payload.as_str())
            .bind(event.at.ms())
            .bind(event.closes);
    }
    Ok(query.execute(connection).await?.last_insert_rowid())
}

async fn insert_command(
    connection: &mut SqliteConnection,
    command: &CommandRecord,
) -> Result<(), sqlx::Error> {
    sqlx::query("INSERT INTO command (principal, key, body_hash, answer, at) VALUES (?, ?, ?, ?, ?)")
        .bind(command.principal)
        .bind(command.key.as_str())
        .bind(command.body_hash.as_str())
        .bind(command.answer.as_str())
        .bind(command.at.ms())
        .execute(connection)
        .await?;
    Ok(())
}

/// Turns a broken unique key into what clashed; anything else stays what it is.
async fn explain(waiting: &Waiting, connection: &mut SqliteConnection, error: sqlx::Error) -> JournalError {
    let unique = matches!(&error, sqlx::Error::Database(broken) if broken.is_unique_violation());
    if !unique {
        return error.into();
    }
    let mut seen = BTreeSet::new();
    for event in &waiting.events {
        let written: Result<Option<(i64,)>, _> =
            sqlx::query_as("SELECT position FROM event WHERE stream = ? AND version = ?")
                .bind(event.stream.as_str())
                .bind(i64::try_from(event.version).unwrap_or(i64::MAX))
                .fetch_optional(&mut *connection)
                .await;
        if matches!(written, Ok(Some(_))) || !seen.insert((event.stream.as_str(), event.version)) {
            return JournalError::Conflict { stream: event.stream.clone(), version: event.version };
        }
    }
    let mut keys = BTreeSet::new();
    let caused = waiting.events.iter().filter_map(|event| event.command.as_ref());
    for command in caused.chain(&waiting.commands) {
        let known: Result<Option<(i64,)>, _> =
            sqlx::query_as("SELECT at FROM command WHERE principal = ? AND key = ?")
                .bind(command.principal)
                .bind(command.key.as_str())
                .fetch_optional(&mut *connection)
                .await;
        if matches!(known, Ok(Some(_))) || !keys.insert((command.principal, command.key.as_str())) {
            return JournalError::CommandKnown { key: command.key.clone() };
        }
    }
    error.into()
}

fn answer<T>(reply: Reply<T>, result: Result<T, JournalError>) {
    if reply.send(result).is_err() {
        tracing::debug!("nobody waited for the journal's answer");
    }
}
