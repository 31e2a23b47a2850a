//! What readers see of the live state, copied out of the shard when they ask.

use std::{collections::BTreeMap, sync::Arc};

use routing::{AgentView, CallbackPrompt, Explanation};
use terms::{ConversationId, OfferId, QueueId, Timestamp, UserId};
use voicecall::{CallType, Conversation, Event, Opening};

/// One fact with its time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    pub at: Timestamp,
    pub event: Event,
}

/// A live conversation as it stands: its state, and the facts that led here.
#[derive(Clone, Debug)]
pub struct LiveConversation {
    pub opening: Arc<Opening>,
    pub conversation: Conversation,
    /// Number of facts so far; the version clients compare.
    pub version: u64,
    pub facts: Vec<Recorded>,
    /// Agents who are in wrap-up for it.
    pub wrapping_up: Vec<UserId>,
}

/// One entry of the waiting list of a queue, in the order of service.
#[derive(Clone, Debug)]
pub struct WaitingItem {
    pub conversation: ConversationId,
    pub kind: routing::WorkKind,
    /// None where it cannot be told.
    pub estimated_wait_ms: Option<i64>,
    pub queue: QueueId,
    pub since: Timestamp,
    pub priority: u8,
    pub offered_to: Option<UserId>,
}

/// Where a callback stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CallbackState {
    /// Until `not_before`.
    Resting,
    Waiting,
    /// An agent is rung, or waits for the customer.
    Offering,
    /// The customer's phone rings.
    Calling,
    Connected,
}

/// A customer who asked to be called back.
#[derive(Clone, Debug)]
pub struct LiveCallback {
    pub conversation: ConversationId,
    pub queue: QueueId,
    pub number: Option<terms::PhoneNumber>,
    pub state: CallbackState,
    /// Since when they count as waiting.
    pub since: Timestamp,
    pub priority: Option<u8>,
    pub not_before: Option<Timestamp>,
    pub agent: Option<UserId>,
    pub of: voicecall::CallbackOf,
}

/// A user as the boards show them.
#[derive(Clone, Debug)]
pub struct LiveAgent {
    pub user: UserId,
    pub view: AgentView,
    pub conversation: Option<ConversationId>,
    pub wrap_up_until: Option<Timestamp>,
}

/// One offer of a conversation's work: who got it, who would have been next, and what kept the others from it.
#[derive(Clone, Debug)]
pub struct OfferExplained {
    pub at: Timestamp,
    pub offer: OfferId,
    pub user: UserId,
    /// None for work that waited for one person.
    pub queue: Option<QueueId>,
    pub runner_up: Option<UserId>,
    pub explanation: Explanation,
}

/// Why a conversation's work went where it went.
#[derive(Clone, Debug)]
pub struct RoutingExplained {
    /// Oldest first; the last ones, when there were many.
    pub offers: Vec<OfferExplained>,
    /// Who could take it now; none when nothing waits.
    pub now: Option<Explanation>,
}

/// A callback prompt as those concerned see it.
#[derive(Clone, Debug)]
pub struct LivePrompt {
    pub prompt: CallbackPrompt,
    /// How many of the same person's prompts come before it, itself included; none when it is over.
    pub position: Option<usize>,
    /// Colleagues with a skill (or a queue) of the busy one's who are free now.
    pub alternatives: Vec<UserId>,
}

#[derive(Clone, Debug, Default)]
pub struct Usage {
    pub current: BTreeMap<CallType, u32>,
    pub peak: BTreeMap<CallType, u32>,
    pub peak_total: u32,
    pub limit: u32,
}

/// What happened, for live readers; `seq` rises by one.
#[derive(Clone, Debug)]
pub struct News {
    pub seq: u64,
    pub at: Timestamp,
    pub body: NewsBody,
}

#[derive(Clone, Debug)]
pub enum NewsBody {
    /// One fact of a conversation (never an ephemeral one's content).
    Fact {
        conversation: ConversationId,
        version: u64,
        event: Arc<Event>,
    },
    Agent(Box<LiveAgent>),
    Prompt(Box<LivePrompt>),
    /// A caller's message moved; whose it was, or who was asked for it, before.
    Message {
        message: Box<crate::LiveMessage>,
        before: Option<UserId>,
    },
    Queue {
        queue: QueueId,
        waiting: u32,
        longest_since: Option<Timestamp>,
    },
}
