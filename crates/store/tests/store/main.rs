//! Rows on both databases, and the journal.
#![allow(unreachable_pub, reason = "a test has no outside")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on stops")]

#[macro_use]
#[path = "../support/mod.rs"]
mod support;

mod audit;
mod concurrency;
mod fixture;
mod journal;
mod journal_crash;
mod reports;
mod resources;
mod schema;
mod settings;
mod tokens;
