//! The face's contract, asked over real HTTP of a real server: its own database, journal, SIP and media, on loopback.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

mod boards;
mod calls;
mod flows;
mod idempotency;
mod live;
mod matrix;
mod organization;
mod outgoing;
mod reports;
mod sign_in;
mod simulations;
mod softphone;
mod stage;
mod test_calls;
