//! What goes over the wire, in the contract's words; rows and the core's types never do.

mod time;
mod words;

pub(crate) use time::Time;
pub(crate) use words::*;
