//! Transactions: retransmission, absorption and time-outs below the dialogs (RFC 3261 §17, RFC 6026).
//!
//! Requests that get no leg (refused, challenged, broken) are answered without one: the same request gets the same
//! kind of answer again, and nothing is kept that a stranger could fill.

mod client;
mod server;

pub(crate) use client::{Arrived, Clients, Purpose, via};
pub(crate) use server::{Echo, Reply, ServerKey, Servers};
