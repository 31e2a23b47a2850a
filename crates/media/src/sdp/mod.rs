//! Session descriptions of plain RTP: read tolerantly, answered strictly.

mod agree;
mod read;
mod write;

pub(crate) use agree::{Agreed, Numbers, agree, offered_payloads};
pub(crate) use read::{Description, read};
pub(crate) use write::{Origin, write_answer, write_offer};

#[cfg(test)]
mod tests;
