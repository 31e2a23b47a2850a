//! Speaks SIP on every wire and reports what each leg did.
//!
//! One task owns every dialog, transaction and registration; [`Handle`] sends it commands, and it answers with
//! [`Report`]s on a bounded channel.
//! A session description is an opaque body here, and the domain is not known here either.
//!
//! Messages are never logged above TRACE.
//! The SIP grammar comes from `rsipstack`, which logs whole messages at INFO: the binary switches the target
//! `rsipstack` off in its log filter.

mod config;
mod dialog;
mod digest;
mod drive;
mod edge;
mod handle;
mod ladder;
mod leg;
mod message;
mod registrar;
mod report;
mod transaction;
mod transport;
mod trunk;
mod wire;

pub use config::{
    Account, Cidr, Config, Credentials, DigestAlgorithm, InvalidCidr, Phonebook, TlsConfig, Transport, Trunk,
    ha1,
};
pub use handle::{Addresses, Busy, Caller, Destination, Dial, Handle, Refusal, SignalingError};
pub use ladder::{Rung, Witnessed};
pub use report::{DialogSnapshot, Incoming, Origin, Report};
pub use transport::Socket;

/// The user part that a browser which lost its call dials to come back to it.
pub const REATTACH: &str = "reattach";
