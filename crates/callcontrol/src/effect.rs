//! Effects: what the world is told to do once the facts behind it are durable.

use terms::{ConversationId, EndReason, HearingMatrix, LegId, PhoneNumber, TrunkId, UserId};

#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Nothing of this conversation's wires is kept, not even what a restart would say goodbye with.
    KeepNothing {
        conversation: ConversationId,
    },
    /// Their wire: 180.
    Alert {
        leg: LegId,
    },
    /// Their wire: answer it with our description.
    Answer {
        leg: LegId,
    },
    /// Their wire: refuse it.
    Refuse {
        leg: LegId,
        refusal: Refusal,
    },
    /// Ours: ring this endpoint.
    Dial {
        leg: LegId,
        call: DialOut,
    },
    HangUp {
        leg: LegId,
        reason: EndReason,
    },
    /// Who hears whom from the next tick on.
    Obey {
        conversation: ConversationId,
        version: u64,
        matrix: HearingMatrix,
    },
    /// The message that was left on this leg is over, and no longer than this.
    KeepMessage {
        leg: LegId,
        most_ms: i64,
    },
    /// Nothing of it is kept.
    DropMessage {
        leg: LegId,
    },
    Digits {
        leg: LegId,
        digits: String,
    },
    /// The phone asked for a transfer: accepted or not.
    AnswerRefer {
        leg: LegId,
        accepted: bool,
    },
    /// A second dialog of the same phone carries the audio of `leg` from now on.
    Adopt {
        wire: LegId,
        leg: LegId,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub struct DialOut {
    pub to: Endpoint,
    pub from: signaling::Caller,
    pub auto_answer: bool,
    pub headers: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    User(UserId),
    Number { trunk: TrunkId, number: PhoneNumber },
}

/// Why an incoming wire is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    NotFound,
    Forbidden,
    Busy,
    Unavailable,
    Overloaded { retry_after_seconds: u32 },
}
