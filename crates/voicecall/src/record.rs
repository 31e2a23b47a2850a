//! VoiceCall: one linked record with a call type. When each thing happened stands beside the events in the journal.

use serde::{Deserialize, Serialize};
use terms::{EndReason, QueueId, TrunkId, UserId};

use crate::leg::Party;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallType {
    Inbound,
    Outbound,
    Internal,
}

/// Which moment made this VoiceCall (DESIGN: which records a conversation makes).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    Customer,
    Consult,
    Transfer,
    Participant,
    Coaching,
    Direct,
    Callback,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CoachingMode {
    /// Hears everybody, is heard by nobody.
    Monitor,
    /// Is heard by the coached agent alone.
    Whisper,
    /// Is a party like any other.
    Barge,
}

/// How a VoiceCall came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Disposition {
    InProgress,
    Completed,
    /// The customer went on in another VoiceCall (`next`).
    Transferred,
    /// A consult that became a warm transfer.
    Merged,
    /// A consult whose specialist joined the customer and stayed a party to the end.
    Conferenced,
    /// The caller left before anybody answered.
    Abandoned,
    NoAnswer,
    Busy,
    Declined,
    Failed,
    CallbackRequested,
    Voicemail,
}

/// One linked record; its ordinal is its place in the conversation's list, and links are ordinals too.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VoiceCall {
    pub call_type: CallType,
    pub purpose: Purpose,
    /// What caused this call.
    pub parent: Option<u32>,
    /// Customer continuity: where the customer was before.
    pub previous: Option<u32>,
    pub next: Option<u32>,
    /// The queue this call waited in or was made for.
    pub queue: Option<QueueId>,
    pub trunk: Option<TrunkId>,
    pub from: Party,
    /// Who it was meant for; None while it waits in a queue.
    pub to: Option<Party>,
    /// The user who made it (consult, transfer, add, coaching, direct, outbound).
    pub initiator: Option<UserId>,
    /// The user who answered it, or was rung last.
    pub target: Option<UserId>,
    /// Somebody answered it.
    pub answered: bool,
    /// Still going on.
    pub open: bool,
    pub disposition: Disposition,
    pub end_reason: Option<EndReason>,
}

impl VoiceCall {
    /// A record that has just opened: no links yet, nobody has answered.
    pub fn opened(call_type: CallType, from: Party) -> Self {
        Self {
            call_type,
            purpose: Purpose::Customer,
            parent: None,
            previous: None,
            next: None,
            queue: None,
            trunk: None,
            from,
            to: None,
            initiator: None,
            target: None,
            answered: false,
            open: true,
            disposition: Disposition::InProgress,
            end_reason: None,
        }
    }
}
