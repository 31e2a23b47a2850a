//! What goes over the wire, in the contract's words; rows and the core's types never do.

mod callback_prompt;
mod conversation;
mod presence;
mod target;
mod time;
mod voice_call;
mod words;

pub(crate) use callback_prompt::CallbackPrompt;
pub(crate) use conversation::{Conversation, draw, hidden_calls};
pub(crate) use presence::Presence;
pub(crate) use target::Target;
pub(crate) use time::Time;
pub(crate) use voice_call::{VoiceCall, masked};
pub(crate) use words::*;
