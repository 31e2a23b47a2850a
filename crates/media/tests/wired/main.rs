//! Media over real UDP on loopback: phones that speak tones, and ears that measure them.

// A phone that cannot do its part is a failed test; its clock is its own.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod conversation;
mod keys;
mod opus;
mod page;
mod phone;
mod wire;
