//! What the tests stand on: a directory that goes away, and both databases.

pub mod postgres;

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU32, Ordering},
};

use store::Store;

/// A directory of this test alone, deleted with it.
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("tandem-store-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn journal(&self) -> PathBuf {
        self.0.join("journal.db")
    }

    pub fn sqlite_url(&self) -> String {
        format!("sqlite://{}/rows/tandem.db?mode=rwc", self.0.display())
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            eprintln!("{} stays: {error}", self.0.display());
        }
    }
}

/// An empty database of its own for one test.
pub struct Database {
    pub url: String,
    _scratch: Option<Scratch>,
}

impl Database {
    pub fn sqlite() -> Self {
        let scratch = Scratch::new();
        Self { url: scratch.sqlite_url(), _scratch: Some(scratch) }
    }

    pub async fn postgres() -> Self {
        Self { url: postgres::new_database().await, _scratch: None }
    }

    pub async fn store(&self) -> Store {
        Store::connect(&self.url).await.unwrap()
    }
}

/// Each story once on SQLite and once on Postgres.
#[macro_export]
macro_rules! on_both {
    ($($name:ident($database:ident) $body:block)*) => {$(
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn story($database: $crate::support::Database) $body

            #[tokio::test]
            async fn on_sqlite() {
                story($crate::support::Database::sqlite()).await;
            }

            #[tokio::test]
            async fn on_postgres() {
                story($crate::support::Database::postgres().await).await;
            }
        }
    )*};
}
