//! Session descriptions of plain RTP: read tolerantly, answered strictly.

mod agree;
mod read;
pub(crate) mod web;
mod write;

pub(crate) use agree::{Agreed, Numbers, agree, offered_payloads};
pub(crate) use read::{Description, read};
pub(crate) use write::{Origin, write_answer, write_offer};

/// What the far end wants of its voice line, whatever carries it.
pub(crate) fn direction_of(text: &str) -> terms::Direction {
    let voice = read(text).ok().and_then(|description| {
        description.media.into_iter().find(|media| media.kind.eq_ignore_ascii_case("audio"))
    });
    voice.map(|media| media.direction).unwrap_or_default()
}

#[cfg(test)]
mod tests;
