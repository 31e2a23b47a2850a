//! A callback prompt on the wire.

use callcontrol::LivePrompt;
use routing::PromptState;
use serde::Serialize;
use terms::UserId;
use utoipa::ToSchema;
use uuid::Uuid;

use super::Time;

/// What one is to a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PromptRole {
    /// Asked for a colleague who was busy.
    Requester,
    /// Was asked.
    Target,
}

/// Where a prompt stands; from `declined` on it is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PromptStateWord {
    Offered,
    Snoozed,
    Accepted,
    Ready,
    RequesterBusy,
    Recalling,
    Connected,
    Completed,
    Declined,
    Expired,
    Cancelled,
    Failed,
}

impl From<PromptState> for PromptStateWord {
    fn from(state: PromptState) -> Self {
        match state {
            PromptState::Offered => Self::Offered,
            PromptState::Snoozed => Self::Snoozed,
            PromptState::Accepted => Self::Accepted,
            PromptState::Ready => Self::Ready,
            PromptState::RequesterBusy => Self::RequesterBusy,
            PromptState::Recalling => Self::Recalling,
            PromptState::Connected => Self::Connected,
            PromptState::Completed => Self::Completed,
            PromptState::Declined => Self::Declined,
            PromptState::Expired => Self::Expired,
            PromptState::Cancelled => Self::Cancelled,
            PromptState::Failed => Self::Failed,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallbackPrompt {
    id: Uuid,
    /// What the reader is to it.
    role: PromptRole,
    requester_id: Uuid,
    target_id: Uuid,
    /// The call the requester asked from; null for the target until both talk.
    conversation_id: Option<Uuid>,
    note: Option<String>,
    state: PromptStateWord,
    /// Since when it is in this state.
    since: Time,
    requested_at: Time,
    accepted_at: Option<Time>,
    /// When the state ends by itself.
    until: Option<Time>,
    /// 1 is next among the same person's prompts; null when it is over.
    position: Option<usize>,
    /// Why it was declined.
    reason: Option<String>,
    /// For the requester: colleagues with a skill (or a queue) of the busy one's who are free now.
    alternatives: Vec<Uuid>,
}

impl CallbackPrompt {
    pub(crate) fn of(live: &LivePrompt, reader: UserId) -> Self {
        let prompt = &live.prompt;
        let asks = prompt.requester == reader;
        let knows_call = asks || matches!(prompt.state, PromptState::Recalling | PromptState::Connected);
        let alternatives = live.alternatives.iter().map(|user| user.0).collect();
        Self {
            id: prompt.id.0,
            role: if asks { PromptRole::Requester } else { PromptRole::Target },
            requester_id: prompt.requester.0,
            target_id: prompt.target.0,
            conversation_id: knows_call.then_some(prompt.root.0),
            note: prompt.note.clone(),
            state: prompt.state.into(),
            since: Time(prompt.since),
            requested_at: Time(prompt.requested_at),
            accepted_at: Time::some(prompt.accepted_at),
            until: Time::some(prompt.until),
            position: live.position,
            reason: prompt.reason.clone(),
            alternatives: if asks { alternatives } else { Vec::new() },
        }
    }
}
