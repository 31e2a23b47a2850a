//! Keeps the organization's rows, in SQLite or Postgres, and the node's journal (both through sqlx, SeaORM's driver: one libsqlite3).

pub mod journal;

pub use journal::{Append, CommandRecord, Journal, JournalError, Record};
