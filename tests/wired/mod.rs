//! What only the wired stage can tell: measured sound, real phones, the wire itself.

#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails by panicking")]

mod afterwards;
mod alerts;
mod browsers;
mod edge;
mod measured;
mod phones;
mod prompts;
mod trunks;
mod voicemail;
