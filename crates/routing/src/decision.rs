//! What the router is told and what it answers.

use serde::{Deserialize, Serialize};
use terms::{CallbackPromptId, ConversationId, OfferId, QueueId, Timestamp, UserId};

use crate::{
    Agent, CallbackPrompt, ConsultRequest, ItemId, Overflow, PromptAct, PromptState, Queue, Status,
    Unavailable, WorkItem,
};

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    AgentUpserted(Agent),
    AgentRemoved(UserId),
    QueueUpserted(Queue),
    QueueRemoved(QueueId),
    PresenceSet {
        user: UserId,
        status: Status,
    },
    /// Whether a phone of the user is registered; unreachable users are not offered anything.
    ReachabilityChanged {
        user: UserId,
        reachable: bool,
    },
    /// A new item, or new terms for one that waits (it keeps its place among equals).
    Enqueued(WorkItem),
    /// The item is withdrawn: the caller has gone, or it is served otherwise.
    Cancelled {
        item: ItemId,
    },
    Answered {
        offer: OfferId,
    },
    Declined {
        offer: OfferId,
        reason: Option<String>,
    },
    /// The phone could not be rung or hung up; the agent stays as they are and is not asked again for this item.
    OfferFailed {
        offer: OfferId,
    },
    /// The user's part in the conversation is over; with a wrap-up when one is given.
    CallEnded {
        user: UserId,
        root: ConversationId,
        wrap_up_ms: Option<i64>,
    },
    /// Work beside voice is done.
    WorkEnded {
        user: UserId,
        item: ItemId,
    },
    WrapUpDone {
        user: UserId,
    },
    WrapUpExtended {
        user: UserId,
        ms: i64,
    },
    /// Somebody asks for a colleague.
    ConsultRequested(ConsultRequest),
    PromptActed {
        prompt: CallbackPromptId,
        by: UserId,
        act: PromptAct,
    },
    /// The conversation that prompts are about is over.
    RootEnded {
        root: ConversationId,
    },
    Tick,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeReason {
    AgentOffline,
    AgentDnd,
    AgentUnreachable,
    AgentRemoved,
    CallerGone,
    /// The agent's phone could not be rung.
    OfferFailed,
    /// The agent dials an emergency number.
    AgentCallsForHelp,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusCause {
    /// Chosen, by the user or for them.
    Chosen,
    /// Chosen during a call that has now ended.
    CallEnded,
    PushTimeout,
    Declined,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverflowCause {
    MaxWait,
    QueueFull,
    /// No member of the queue has been signed in for the queue's time.
    NobodySignedIn,
    /// The queue, or the person, is no more.
    TargetRemoved,
}

/// Why an input changed nothing.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The offer was answered, declined, revoked or timed out before.
    #[error("the offer is no longer open")]
    StaleOffer(OfferId),
    #[error("no such user")]
    UnknownUser(UserId),
    #[error("no such queue")]
    UnknownQueue(QueueId),
    /// An item that is being offered cannot get new terms.
    #[error("the item is being offered")]
    ItemOffered(ItemId),
    #[error("the user is not in wrap-up")]
    NotInWrapUp(UserId),
    #[error("the wrap-up cannot be extended any more")]
    WrapUpLimit(UserId),
    /// The colleague was asked already.
    #[error("there is a prompt for this already")]
    DuplicatePrompt { prompt: CallbackPromptId, existing: CallbackPromptId },
    #[error("too many prompts stand for this user")]
    TooManyPrompts(UserId),
    #[error("no such prompt")]
    UnknownPrompt(CallbackPromptId),
    #[error("the prompt is somebody else's to act on")]
    NotYourPrompt(CallbackPromptId),
    #[error("the prompt is {}", .1.word())]
    PromptState(CallbackPromptId, PromptState),
}

/// What the router decided; in this order, facts to journal and act on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    Offered {
        offer: OfferId,
        item: ItemId,
        user: UserId,
        expires_at: Timestamp,
        /// `None` for an item that waits for one person.
        queue: Option<QueueId>,
        /// Who would have been next for this item.
        runner_up: Option<UserId>,
    },
    /// The item is the user's; the token names its conversation now.
    Accepted {
        offer: OfferId,
        item: ItemId,
        user: UserId,
        queue: Option<QueueId>,
        wrap_up_ms: Option<i64>,
    },
    Declined {
        offer: OfferId,
        item: ItemId,
        user: UserId,
        reason: Option<String>,
    },
    Revoked {
        offer: OfferId,
        item: ItemId,
        user: UserId,
        why: RevokeReason,
    },
    /// The push time-out passed; `paused` when the user gets nothing until they choose a status again.
    Missed {
        offer: OfferId,
        item: ItemId,
        user: UserId,
        paused: bool,
    },
    StatusChanged {
        user: UserId,
        status: Status,
        cause: StatusCause,
    },
    /// The choice waits for the call to end; `None` when it was taken back.
    StatusPending {
        user: UserId,
        status: Option<Status>,
    },
    WrapUpStarted {
        user: UserId,
        root: ConversationId,
        until: Timestamp,
    },
    WrapUpExtended {
        user: UserId,
        until: Timestamp,
    },
    WrapUpEnded {
        user: UserId,
        root: ConversationId,
    },
    /// The item is no longer the router's; a queue to go to is entered by enqueuing it there.
    Overflowed {
        item: ItemId,
        to: Overflow,
        cause: OverflowCause,
    },
    StepReached {
        item: ItemId,
        step: u32,
    },
    Cancelled {
        item: ItemId,
    },
    PromptChanged(Box<CallbackPrompt>),
    /// Whom the consult is for cannot be had, and gets no card.
    ConsultUnavailable {
        prompt: CallbackPromptId,
        target: UserId,
        why: Unavailable,
    },
    Refused(Refusal),
}

impl Decision {
    /// Whom the decision is about.
    pub fn user(&self) -> Option<UserId> {
        match self {
            Decision::Offered { user, .. }
            | Decision::Accepted { user, .. }
            | Decision::Declined { user, .. }
            | Decision::Revoked { user, .. }
            | Decision::Missed { user, .. }
            | Decision::StatusChanged { user, .. }
            | Decision::StatusPending { user, .. }
            | Decision::WrapUpStarted { user, .. }
            | Decision::WrapUpExtended { user, .. }
            | Decision::WrapUpEnded { user, .. } => Some(*user),
            Decision::PromptChanged(prompt) => Some(prompt.target),
            Decision::ConsultUnavailable { target, .. } => Some(*target),
            Decision::Overflowed { .. }
            | Decision::StepReached { .. }
            | Decision::Cancelled { .. }
            | Decision::Refused(_) => None,
        }
    }
    /// Which item the decision is about.
    pub fn item(&self) -> Option<ItemId> {
        match self {
            Decision::Offered { item, .. }
            | Decision::Accepted { item, .. }
            | Decision::Declined { item, .. }
            | Decision::Revoked { item, .. }
            | Decision::Missed { item, .. }
            | Decision::Overflowed { item, .. }
            | Decision::StepReached { item, .. }
            | Decision::Cancelled { item } => Some(*item),
            Decision::StatusChanged { .. }
            | Decision::StatusPending { .. }
            | Decision::WrapUpStarted { .. }
            | Decision::WrapUpExtended { .. }
            | Decision::WrapUpEnded { .. }
            | Decision::PromptChanged(_)
            | Decision::ConsultUnavailable { .. }
            | Decision::Refused(_) => None,
        }
    }
}
