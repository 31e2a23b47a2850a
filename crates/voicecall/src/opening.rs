//! Opening: how a conversation begins; the first fact of its stream.

use serde::{Deserialize, Serialize};
use terms::{ConversationId, PhoneNumber, QueueId, Timestamp, TrunkId};

use crate::{
    input::Details,
    leg::Party,
    record::{CallType, Purpose},
};

/// When an inbound wire is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AnswerWhen {
    /// As soon as the entry flow or queue has something to play.
    OnFlow,
    /// Only when an agent answers; until then the caller's network rings.
    OnAgent,
}

/// What the organization decided at the time the conversation opened; kept with it, so that replay needs no settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Policy {
    pub answer: AnswerWhen,
    pub ring_ms: i64,
    pub outbound_ring_ms: i64,
    pub reattach_grace_ms: i64,
    pub park_ms: i64,
    /// The agent hangs up while the consult target rings: complete blind (true) or recall the agent (false).
    pub hang_up_while_ringing_completes: bool,
    /// This conversation is recorded from its first answer on (never an ephemeral one).
    #[serde(default)]
    pub record: bool,
}

impl Default for Policy {
    fn default() -> Self {
        use terms::limits::{OUTBOUND_RING_TIMEOUT_MS, PARK_TIMEOUT_MS, REATTACH_GRACE_MS, RING_TIMEOUT_MS};
        Self {
            answer: AnswerWhen::OnFlow,
            ring_ms: RING_TIMEOUT_MS,
            outbound_ring_ms: OUTBOUND_RING_TIMEOUT_MS,
            reattach_grace_ms: REATTACH_GRACE_MS,
            park_ms: PARK_TIMEOUT_MS,
            hang_up_while_ringing_completes: true,
            record: false,
        }
    }
}

/// How it begins: one wire (ordinal 0) and one VoiceCall (ordinal 0).
/// Inbound: the customer's wire, theirs, ringing. Outbound and Internal direct: the caller's wire, either theirs (a
/// phone dialed us) or ours (the API rings the caller's own phone first).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Opening {
    pub id: ConversationId,
    pub at: Timestamp,
    pub call_type: CallType,
    pub purpose: Purpose,
    /// Whose wire is ordinal 0.
    pub first: Party,
    /// The wire is theirs (they dialed us); otherwise we dial it.
    pub incoming: bool,
    /// The caller's own phone, rung by the API, may answer by itself.
    pub auto_answer: bool,
    /// The number that was dialed (inbound) or the queue and caller id it is dialed for (outbound).
    pub dialed: Option<PhoneNumber>,
    pub queue: Option<QueueId>,
    pub trunk: Option<TrunkId>,
    /// A direct internal call of which nothing is ever persisted.
    pub ephemeral: bool,
    pub details: Details,
    pub policy: Policy,
    /// Of a customer's callback: ordinal 0 is the customer, whom we dial when their turn has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub callback: Option<CallbackOf>,
}

/// Who is rung first when a callback's turn has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackOrder {
    /// The agent hears the customer's phone ring.
    #[default]
    AgentFirst,
    /// The customer answers and is the next in line.
    CustomerFirst,
}

/// What a callback follows, and how it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CallbackOf {
    /// The conversation and the VoiceCall in it that the customer was in before.
    pub conversation: ConversationId,
    pub call: u32,
    /// When the customer asked for it.
    pub requested_at: Timestamp,
    pub order: CallbackOrder,
    /// 1 for the first time that it is tried.
    pub attempt: u32,
    pub attempts_max: u32,
    /// After an attempt that nobody answered.
    pub retry_ms: i64,
}
