//! Carries, mixes and records the audio exactly as the hearing matrix says.

mod config;
mod error;
mod handle;
mod report;

pub use config::{Config, PortRange};
pub use error::MediaError;
pub use handle::{Answer, Handle};
pub use report::Report;
