//! Reading what an older version wrote. A change of `Event` that old journals do not fit stands here, with the code
//! that turns the old fact into the new one.

use crate::event::Event;

/// The form that this version writes. It goes up when a fact changes its meaning or loses a field; a new kind, or a new
/// field with a default, leaves it.
pub const FORM: u32 = 1;

/// What changed from form to form, the newest last.
pub const NOTES: &[(u32, &str)] = &[(1, "the first form")];

#[derive(Debug, thiserror::Error)]
pub enum Unreadable {
    /// Written by a newer version: upgrade before reading this journal.
    #[error("fact of form {0}, this version reads up to {FORM}")]
    Newer(u32),
    /// Not a fact: the journal is damaged here.
    #[error("not a fact: {0}")]
    Damaged(#[from] serde_json::Error),
}

/// The JSON of a fact, as the journal keeps it.
pub fn write(event: &Event) -> Result<Vec<u8>, serde_json::Error> {
    serde_json::to_vec(event)
}

/// A fact that was written in this form.
pub fn read(form: u32, payload: &[u8]) -> Result<Event, Unreadable> {
    if form > FORM {
        return Err(Unreadable::Newer(form));
    }
    Ok(serde_json::from_slice(payload)?)
}
