//! Every promise of the core, by name.

use crate::conversation::Conversation;

/// A broken promise: a bug in the core. The shell logs it, ends the conversation and keeps its journal for us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{promise}: {detail}")]
pub struct Broken {
    /// A stable name.
    pub promise: &'static str,
    /// Ordinals only, never a name or a number.
    pub detail: String,
}

pub(crate) fn check(_: &Conversation) -> Result<(), Broken> {
    Ok(())
}
