//! What can go wrong on stage, said so that a failed story explains itself.

use std::time::Duration;

#[derive(Debug, thiserror::Error)]
pub enum StageError {
    /// Something did not happen in time; `seen` is the last that was true.
    #[error("{what}: not within {limit:?}; last seen: {seen}")]
    TooLate { what: String, limit: Duration, seen: String },
    /// The far end refused.
    #[error("{what} was refused: {status} {reason}")]
    Refused { what: String, status: u16, reason: String },
    /// A step was asked for that the call's state does not allow.
    #[error("not possible now: {0}")]
    NotNow(String),
    /// The far end sent something a sound program would not send.
    #[error("unsound: {0}")]
    Unsound(String),
    /// The phone, the server or the program under test is gone.
    #[error("{0} has stopped")]
    Stopped(String),
    /// A program this stage needs is not on the machine; the story is skipped by name.
    #[error("skipped: {0} is not installed")]
    NotInstalled(String),
    #[error("input or output: {0}")]
    Io(#[from] std::io::Error),
    #[error("http: {0}")]
    Http(String),
}

impl StageError {
    pub(crate) fn too_late(what: impl Into<String>, limit: Duration, seen: impl Into<String>) -> Self {
        StageError::TooLate { what: what.into(), limit, seen: seen.into() }
    }
}

pub type Result<T, E = StageError> = std::result::Result<T, E>;
