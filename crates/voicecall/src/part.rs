//! Part: what each wire is doing, in which VoiceCall, right now. Segments are the intervals between changes of this, so
//! every second of a call leg belongs to exactly one of them by construction.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SegmentKind {
    Ivr,
    Queue,
    Ring,
    Talk,
    Hold,
    Conference,
    Monitor,
    Whisper,
    Barge,
    Park,
    Acw,
}

/// One wire's part in one VoiceCall at this moment. A wire can have several: during a private consult the agent is on
/// `hold` in the customer's call and on `talk` in the consult.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Part {
    pub leg: u32,
    pub call: u32,
    pub kind: SegmentKind,
}

pub(crate) fn parts(_: &crate::Conversation) -> Vec<Part> {
    Vec::new()
}

pub(crate) fn state(_: &crate::Conversation) -> crate::State {
    crate::State::Ivr
}

pub(crate) fn handlers(_: &crate::Conversation) -> Vec<u32> {
    Vec::new()
}
