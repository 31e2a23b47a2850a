//! A connection of the import's own, with one transaction: what SeaORM says and what goes around it, because it is
//! much, are the same all or nothing. The pool behind it has this one connection, so every statement meets the transaction.

use std::{sync::Arc, time::Duration};

use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, RuntimeErr, SqlxPostgresConnector,
    SqlxSqliteConnector,
    sqlx::{self, AssertSqlSafe, Postgres, Sqlite, pool::PoolOptions},
};
use store::Store;

use super::sheet::Sheet;

/// Statements wait for nobody but the one before them; opening waits for the database.
const WAIT: Duration = Duration::from_secs(30);
/// SQLite keeps what it changes in memory up to here, instead of writing the same pages again and again; in KiB.
const SQLITE_CACHE_KIB: i64 = 256 * 1024;

pub(super) struct Line {
    pub(super) database: DatabaseConnection,
}

fn alone<D: sqlx::Database>() -> PoolOptions<D> {
    PoolOptions::new()
        .max_connections(1)
        .acquire_timeout(WAIT)
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
}

fn failed(error: sqlx::Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

impl Line {
    /// Nothing that is written here is there before `commit`, and all of it is gone when this value is.
    pub(super) async fn begin(store: &Store) -> Result<Self, DbErr> {
        let shared = store.database();
        let (database, begin) = match shared.get_database_backend() {
            DbBackend::Postgres => {
                let options = shared.get_postgres_connection_pool().connect_options();
                let pool = alone::<Postgres>().connect_with((*options).clone()).await.map_err(failed)?;
                (SqlxPostgresConnector::from_sqlx_postgres_pool(pool), "BEGIN")
            }
            _ => {
                let options = (*shared.get_sqlite_connection_pool().connect_options()).clone();
                let options = options.pragma("cache_size", format!("-{SQLITE_CACHE_KIB}"));
                let pool =
                    alone::<Sqlite>().connect_with(options.pragma("threads", "2")).await.map_err(failed)?;
                (SqlxSqliteConnector::from_sqlx_sqlite_pool(pool), "BEGIN IMMEDIATE")
            }
        };
        database.execute_unprepared(begin).await?;
        Ok(Self { database })
    }

    pub(super) fn backend(&self) -> DbBackend {
        self.database.get_database_backend()
    }

    pub(super) async fn send(&self, sheets: Vec<Sheet>) -> Result<(), DbErr> {
        for sheet in sheets {
            match sheet {
                Sheet::Copy(statement, bytes) => {
                    let pool = self.database.get_postgres_connection_pool();
                    let mut connection = pool.acquire().await.map_err(failed)?;
                    let mut copy = connection.copy_in_raw(&statement).await.map_err(failed)?;
                    copy.send(bytes).await.map_err(failed)?;
                    copy.finish().await.map_err(failed)?;
                }
                Sheet::Insert(statement, arguments) => {
                    let pool = self.database.get_sqlite_connection_pool();
                    let query = sqlx::query_with(AssertSqlSafe(statement), arguments);
                    query.execute(pool).await.map_err(failed)?;
                }
            }
        }
        Ok(())
    }

    pub(super) async fn commit(self) -> Result<(), DbErr> {
        self.end("COMMIT").await
    }

    pub(super) async fn roll_back(self) -> Result<(), DbErr> {
        self.end("ROLLBACK").await
    }

    async fn end(self, word: &str) -> Result<(), DbErr> {
        self.database.execute_unprepared(word).await?;
        self.database.close().await
    }
}
