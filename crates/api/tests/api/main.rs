//! The face's contract, asked over real HTTP of a real server: its own database, journal, SIP and media, on loopback.

#![allow(unreachable_pub, reason = "a test has no outside")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

/// Each story once on SQLite and once on Postgres.
macro_rules! on_both {
    ($($name:ident($database:ident) $body:block)*) => {$(
        mod $name {
            use super::*;

            async fn story($database: crate::stage::Database) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_sqlite() {
                story(crate::stage::Database::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn on_postgres() {
                story(crate::stage::Database::Postgres).await;
            }
        }
    )*};
}

mod boards;
mod calls;
mod flows;
mod idempotency;
mod live;
mod matrix;
mod organization;
mod outgoing;
#[path = "../../../store/tests/support/postgres.rs"]
mod postgres;
mod prompts;
mod reports;
mod sign_in;
mod simulations;
mod softphone;
mod stage;
mod test_calls;
