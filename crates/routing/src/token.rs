//! The voice token: one per user, so that nobody in a call is ever rung.

use serde::{Deserialize, Serialize};
use terms::{ConversationId, OfferId};

/// What holds a user's one voice token. It is taken when the offer is made, not when it is answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Token {
    #[default]
    None,
    Offer(OfferId),
    Call(ConversationId),
    /// Wrap-up after a call; counts as busy.
    Acw(ConversationId),
}

/// Why a claim asks for the token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimKind {
    /// The user's own doing (dial, coach): only the token must be free and the phone reachable.
    OwnAction,
    /// The user dials an emergency number: wrap-up and an open offer give way, only another call of theirs does not.
    Help,
    /// Somebody else wants to ring them: they must be online as well.
    Rung,
}

/// Why a user cannot be had now.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum Unavailable {
    /// In a call, being offered one, in wrap-up, or busy by their own choice: a callback prompt may be left.
    #[error("the user is busy")]
    Busy,
    #[error("the user does not want to be disturbed")]
    Dnd,
    #[error("the user is offline")]
    Offline,
    /// No phone of theirs is registered.
    #[error("the user's phone cannot be reached")]
    Unreachable,
    #[error("there is no such user")]
    Unknown,
}
