//! Opening the database and writing to it: every change is one transaction that moves the organization's version,
//! leaves an audit event and remembers its command.

use std::{sync::Arc, time::Duration};

use migrations::{Migrator, MigratorTrait};
use sea_orm::{
    AccessMode, ActiveValue, ConnectOptions, ConnectionTrait, Database, DatabaseConnection,
    DatabaseTransaction, DbBackend, EntityTrait, IsolationLevel, TransactionTrait,
    sea_query::{Expr, ExprTrait, Query},
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use terms::Timestamp;
use tokio::sync::watch;
use uuid::Uuid;

use crate::{
    CommandRecord, StoreError, audit, entity,
    turn::{Turn, Turns},
};

/// Two cores, short statements: more connections only wait for each other.
const CONNECTIONS_MAX: u32 = 8;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);
const BUSY_TIMEOUT: Duration = Duration::from_secs(10);
/// Postgres' advisory lock that lets one node migrate at a time; any number, as long as it stays.
const MIGRATION_LOCK: i64 = 0x7461_6e64;

/// The organization's rows. Clones share the pool.
#[derive(Clone, Debug)]
pub struct Store {
    database: DatabaseConnection,
    moved: Arc<watch::Sender<i64>>,
    turns: Turns,
}

/// Who changes something, when, and for which command.
#[derive(Clone, Debug)]
pub struct By {
    /// A user or an API client; none is the system itself.
    pub actor: Option<Uuid>,
    pub at: Timestamp,
    /// Remembered in the same transaction; a repetition is refused with `CommandKnown`.
    /// Its answer is what the caller is going to say: ids are the caller's, and a new row has version 1.
    pub command: Option<CommandRecord>,
}

impl By {
    pub fn user(user: terms::UserId, at: Timestamp) -> Self {
        Self { actor: Some(user.0), at, command: None }
    }
    pub fn client(client: terms::ClientId, at: Timestamp) -> Self {
        Self { actor: Some(client.0), at, command: None }
    }
    pub fn system(at: Timestamp) -> Self {
        Self { actor: None, at, command: None }
    }
    pub fn for_command(self, command: CommandRecord) -> Self {
        Self { command: Some(command), ..self }
    }
}

impl Store {
    /// Connects to `sqlite://path?mode=rwc` or `postgres://…` and brings the schema up to date.
    pub async fn connect(url: &str) -> Result<Store, StoreError> {
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            migrate_alone(url).await?;
        } else if let Some(file) = url.strip_prefix("sqlite:") {
            make_directory(file)?;
        } else {
            return Err(StoreError::Url);
        }
        let database = Database::connect(options(url, CONNECTIONS_MAX)).await?;
        if database.get_database_backend() == DbBackend::Sqlite {
            Migrator::up(&database, None).await?;
        }
        let store = Store { database, moved: Arc::new(watch::Sender::new(0)), turns: Turns::default() };
        store.moved.send_replace(store.organization_version().await?);
        Ok(store)
    }

    /// Connects to read only, as checks do: no table is made or changed, and tables of another release are not read.
    pub async fn look(url: &str) -> Result<Store, StoreError> {
        // A file that is not there stays so.
        let url = url.replace("mode=rwc", "mode=rw");
        let database = Database::connect(options(&url, 1)).await?;
        if !Migrator::get_pending_migrations(&database).await?.is_empty() {
            return Err(StoreError::Unreadable { what: "schema, an older release's," });
        }
        Ok(Store { database, moved: Arc::new(watch::Sender::new(0)), turns: Turns::default() })
    }

    /// For entities of other crates (reporting's).
    pub fn database(&self) -> &DatabaseConnection {
        &self.database
    }

    /// Moves with every change to the organization, by any node; a snapshot taken at this version is current.
    pub async fn organization_version(&self) -> Result<i64, StoreError> {
        read_version(&self.database).await
    }

    /// The version after the last change made through this store: changes of other nodes come as news.
    pub fn watch_organization(&self) -> watch::Receiver<i64> {
        self.moved.subscribe()
    }

    /// For readiness: the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        Ok(self.database.ping().await?)
    }

    pub async fn close(self) -> Result<(), StoreError> {
        Ok(self.database.close().await?)
    }

    /// For writers of other crates: held until the transaction is over, so that no other writer of this process is in the
    /// way. Not to be asked for by whoever holds one.
    pub async fn turn(&self) -> Turn {
        self.turns.next().await
    }

    /// A transaction in its turn, for what is no row of the organization.
    pub(crate) async fn begin_aside(&self) -> Result<Aside, StoreError> {
        let turn = self.turns.soon().await?;
        Ok(Aside { transaction: self.database.begin().await?, turn })
    }

    pub(crate) async fn begin(&self) -> Result<Change, StoreError> {
        let Aside { transaction, turn } = self.begin_aside().await?;
        let next = Query::update()
            .table(entity::organization_version::Entity)
            .value("version", Expr::col("version").add(1))
            .and_where(Expr::col("id").eq(1))
            .to_owned();
        // The first statement writes: SQLite then waits for the writer before it, and Postgres holds this row, so changes
        // come one after another and what they read is current.
        transaction.execute(&next).await?;
        Ok(Change { transaction, moved: Arc::clone(&self.moved), turn })
    }

    /// A transaction that sees one moment of the organization.
    pub(crate) async fn snapshot(&self) -> Result<DatabaseTransaction, StoreError> {
        let transaction = match self.database.get_database_backend() {
            DbBackend::Postgres => {
                let (level, mode) = (IsolationLevel::RepeatableRead, AccessMode::ReadOnly);
                self.database.begin_with_config(Some(level), Some(mode)).await?
            }
            _ => self.database.begin().await?,
        };
        Ok(transaction)
    }
}

/// What an audit event says happened.
pub(crate) struct Happened<'a> {
    pub(crate) action: &'a str,
    pub(crate) subject: String,
    pub(crate) before: Option<String>,
    pub(crate) after: Option<String>,
}

/// A transaction that moves no version. Fields are dropped in this order: the next writer comes after it.
pub(crate) struct Aside {
    pub(crate) transaction: DatabaseTransaction,
    turn: Turn,
}

impl Aside {
    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let Self { transaction, turn } = self;
        transaction.commit().await?;
        drop(turn);
        Ok(())
    }
}

/// One change under way; dropped without `commit` it never was.
pub(crate) struct Change {
    pub(crate) transaction: DatabaseTransaction,
    moved: Arc<watch::Sender<i64>>,
    turn: Turn,
}

impl Change {
    /// Audits it, remembers its command, commits, and wakes whoever watches.
    pub(crate) async fn commit(self, by: &By, happened: Happened<'_>) -> Result<(), StoreError> {
        audit::record(&self.transaction, by, happened).await?;
        if let Some(command) = &by.command {
            remember(&self.transaction, command).await?;
        }
        let version = read_version(&self.transaction).await?;
        self.transaction.commit().await?;
        drop(self.turn);
        self.moved.send_if_modified(|seen| {
            let newer = *seen < version;
            if newer {
                *seen = version;
            }
            newer
        });
        Ok(())
    }
}

async fn remember(connection: &impl ConnectionTrait, command: &CommandRecord) -> Result<(), StoreError> {
    let row = entity::idempotency::ActiveModel {
        principal: ActiveValue::Set(command.principal),
        key: ActiveValue::Set(command.key.clone()),
        body_hash: ActiveValue::Set(command.body_hash.clone()),
        answer: ActiveValue::Set(command.answer.clone()),
        at: ActiveValue::Set(command.at.ms()),
    };
    let inserted = entity::idempotency::Entity::insert(row).exec_without_returning(connection).await;
    match inserted.map_err(StoreError::from) {
        Ok(_) => Ok(()),
        Err(StoreError::Taken { .. }) => Err(StoreError::CommandKnown { key: command.key.clone() }),
        Err(error) => Err(error),
    }
}

pub(crate) async fn read_version(connection: &impl ConnectionTrait) -> Result<i64, StoreError> {
    let row = entity::organization_version::Entity::find_by_id(1).one(connection).await?;
    row.map(|row| row.version).ok_or(StoreError::Unreadable { what: "organization version" })
}

/// SQLite creates its file, not the directories above it.
fn make_directory(file: &str) -> Result<(), StoreError> {
    let path = file.trim_start_matches("//").split('?').next().unwrap_or_default();
    match std::path::Path::new(path).parent() {
        Some(directory) if path != ":memory:" => Ok(std::fs::create_dir_all(directory)?),
        _ => Ok(()),
    }
}

/// Nodes that start together migrate one after another: an advisory lock on a connection of its own.
async fn migrate_alone(url: &str) -> Result<(), StoreError> {
    let database = Database::connect(options(url, 1)).await?;
    database.execute_unprepared(&format!("SELECT pg_advisory_lock({MIGRATION_LOCK})")).await?;
    Migrator::up(&database, None).await?;
    Ok(database.close().await?)
}

fn options(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    // Statements carry people's names and numbers, so they are not logged.
    options
        .max_connections(connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(|sqlite| {
            sqlite
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .foreign_keys(true)
                .busy_timeout(BUSY_TIMEOUT)
        });
    options
}
