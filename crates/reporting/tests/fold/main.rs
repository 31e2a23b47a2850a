//! Folding, without a database.
#![allow(unreachable_pub, reason = "a test has no outside")]
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]

#[path = "../told/mod.rs"]
mod told;

mod conservation;
mod stories;
