//! Carries finished files out of the house: into a directory, to a web hook, by mail.

mod directory;
mod mail;
mod reach;
mod webhook;

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use directory::{drop_into, file_name};
pub use mail::{Mail, Security, is_address, send};
pub use webhook::{Hook, check_url, post, signature};

/// The `delivery` section of the configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where reports are dropped as files; unset: they are not. No request names any other place.
    pub directory: Option<PathBuf>,
    /// Web hooks may be at private addresses. Off: whoever may schedule a report could reach into the house's network.
    pub private_webhooks: bool,
}

/// What is carried.
#[derive(Clone, Debug)]
pub struct Parcel {
    /// What people read: the subject of a mail.
    pub title: String,
    /// Safe as the name of a file: `file_name` made it.
    pub file: String,
    pub media_type: &'static str,
    pub bytes: Vec<u8>,
}

/// It did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// Trying again is of no use: somebody must change something.
    #[error("{0}")]
    Refused(String),
    /// It may go better next time.
    #[error("{0}")]
    Failed(String),
}
