//! The stories on the pure stage: the shard with a virtual clock, scripted phones, and every way through what may happen
//! at once.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a story that cannot go on fails by panicking")]

/// Tells a story on this stage. A `long` one is told here like any other.
macro_rules! story {
    ($name:ident, |$stage:ident| $body:block) => {
        #[test]
        fn $name() {
            scenarios::story::pure::run(|$stage: &scenarios::story::Stage| $body);
        }
    };
    (long $name:ident, |$stage:ident| $body:block) => {
        story!($name, |$stage| $body);
    };
}

#[path = "../stories/mod.rs"]
mod stories;
