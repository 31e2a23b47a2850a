//! Projecting and asking, on both databases.
#![allow(unreachable_pub, reason = "a test has no outside")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]

#[macro_use]
#[path = "../../../store/tests/support/mod.rs"]
mod support;
#[path = "../told/mod.rs"]
mod told;

mod archive;
mod days;
mod desk;
mod dump;
mod history;
mod import;
mod projector;
mod query;
mod shelf;
mod trouble;
