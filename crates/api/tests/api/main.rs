//! The face's contract, asked over real HTTP of a real server: its own database, journal, SIP and media, on loopback.

mod calls;
mod idempotency;
mod live;
mod matrix;
mod organization;
mod sign_in;
mod stage;
