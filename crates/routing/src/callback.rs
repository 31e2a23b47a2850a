//! Callback prompts: whoever asks for a busy colleague does not ring them, but leaves a card that they answer when
//! they like, and the call is made when both are free.
//!
//! The telephone network's completion of calls to a busy subscriber (RFC 6910) makes the caller wait; here the callee
//! is asked, promises, and is rung before they get other work.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use serde::{Deserialize, Serialize};
use terms::{CallbackPromptId, ConversationId, Timestamp, UserId};

use crate::{ItemId, timers::TimerKey};

/// How long a card stands unanswered.
pub const PROMPT_MS: i64 = 60_000;
/// When nobody says how long to wait before asking again.
pub const SNOOZE_MS: i64 = 120_000;
/// How long the colleague who promised is rung.
pub const RECALL_MS: i64 = 20_000;
/// How long the colleague is kept free for an asker who is in another call.
pub const RESERVED_MS: i64 = 15_000;
/// Cards that may stand for one person.
pub const PROMPTS_PER_TARGET_MAX: usize = 20;
/// Prompts that are over and can still be asked about.
const ENDED_KEPT: usize = 500;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptState {
    /// The card stands.
    Offered,
    /// Comes back as a card later.
    Snoozed,
    /// Promised: rung as soon as both are free.
    Accepted,
    /// The target is free and kept free.
    Ready,
    /// As ready, and the asker is in another call.
    RequesterBusy,
    /// The target is being rung.
    Recalling,
    Connected,
    Completed,
    Declined,
    Expired,
    Cancelled,
    Failed,
}

impl PromptState {
    /// Whether something can still come of it before the two talk.
    pub fn is_live(self) -> bool {
        use PromptState::{Accepted, Offered, Ready, Recalling, RequesterBusy, Snoozed};
        matches!(self, Offered | Snoozed | Accepted | Ready | RequesterBusy | Recalling)
    }
    pub fn is_over(self) -> bool {
        !self.is_live() && self != PromptState::Connected
    }
    /// The same word as on the wire.
    pub fn word(self) -> &'static str {
        match self {
            PromptState::Offered => "offered",
            PromptState::Snoozed => "snoozed",
            PromptState::Accepted => "accepted",
            PromptState::Ready => "ready",
            PromptState::RequesterBusy => "requester_busy",
            PromptState::Recalling => "recalling",
            PromptState::Connected => "connected",
            PromptState::Completed => "completed",
            PromptState::Declined => "declined",
            PromptState::Expired => "expired",
            PromptState::Cancelled => "cancelled",
            PromptState::Failed => "failed",
        }
    }
}

/// Somebody asks for a colleague, within a conversation of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsultRequest {
    pub prompt: CallbackPromptId,
    pub requester: UserId,
    pub target: UserId,
    pub root: ConversationId,
    /// What the card says.
    pub note: Option<String>,
    /// How much earlier the consult stands in line when it is rung at once: what the customer has waited already.
    pub boost_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PromptAct {
    Accept,
    /// Not now: ask again after this long.
    Snooze {
        ms: i64,
    },
    Decline {
        reason: Option<String>,
    },
    /// The asker needs it no more.
    Cancel,
}

/// A prompt as everybody concerned may see it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallbackPrompt {
    pub id: CallbackPromptId,
    pub requester: UserId,
    pub target: UserId,
    pub root: ConversationId,
    pub note: Option<String>,
    pub state: PromptState,
    /// Since when the state holds.
    pub since: Timestamp,
    pub requested_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    /// When the state ends by itself.
    pub until: Option<Timestamp>,
    /// Whose doing the state is; `None` when it came by itself.
    pub by: Option<UserId>,
    /// Why it was declined.
    pub reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) prompt: CallbackPrompt,
    pub(crate) timer: Option<TimerKey>,
    /// Acceptances in their order: the oldest is kept first.
    pub(crate) accepted_as: u64,
    /// The target was kept free in vain; the next time only when the asker is free.
    pub(crate) waited_out: bool,
    /// The snooze is over, and the target was not there to be asked.
    pub(crate) overslept: bool,
}

/// Everybody's prompts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Callbacks {
    pub(crate) kept: BTreeMap<CallbackPromptId, Kept>,
    /// The item that rings for a prompt.
    pub(crate) recalls: BTreeMap<ItemId, CallbackPromptId>,
    /// Prompts that are not over, by either side.
    of_user: BTreeMap<UserId, BTreeSet<CallbackPromptId>>,
    over: VecDeque<CallbackPromptId>,
    pub(crate) acceptances: u64,
    /// People something changed for since promises were last looked at.
    pub(crate) touched: BTreeSet<UserId>,
}

impl Callbacks {
    pub(crate) fn insert(&mut self, prompt: CallbackPrompt, timer: Option<TimerKey>) {
        for user in [prompt.requester, prompt.target] {
            self.of_user.entry(user).or_default().insert(prompt.id);
        }
        let kept = Kept { timer, accepted_as: 0, waited_out: false, overslept: false, prompt };
        self.kept.insert(kept.prompt.id, kept);
    }
    /// Something about this user changed.
    pub(crate) fn touch(&mut self, user: UserId) {
        if self.of_user.contains_key(&user) {
            self.touched.insert(user);
        }
    }
    /// Prompts of the user that are not over, on either side.
    pub(crate) fn of(&self, user: UserId) -> impl Iterator<Item = &Kept> + '_ {
        self.of_user.get(&user).into_iter().flatten().filter_map(|id| self.kept.get(id))
    }
    /// The prompt is over: it stays to be asked about for a while.
    pub(crate) fn put_away(&mut self, id: CallbackPromptId) {
        let Some(kept) = self.kept.get(&id) else { return };
        for user in [kept.prompt.requester, kept.prompt.target] {
            if let Some(ids) = self.of_user.get_mut(&user) {
                ids.remove(&id);
                if ids.is_empty() {
                    self.of_user.remove(&user);
                }
            }
        }
        self.over.push_back(id);
        if self.over.len() > ENDED_KEPT
            && let Some(oldest) = self.over.pop_front()
        {
            self.kept.remove(&oldest);
        }
    }
    pub(crate) fn is_idle(&self) -> bool {
        self.of_user.is_empty()
    }
    pub(crate) fn timers(&self) -> usize {
        self.kept.values().filter(|kept| kept.timer.is_some()).count()
    }
    pub(crate) fn live_between(
        &self,
        requester: UserId,
        target: UserId,
        root: ConversationId,
    ) -> Option<CallbackPromptId> {
        let same = |prompt: &CallbackPrompt| {
            (prompt.requester, prompt.target, prompt.root) == (requester, target, root)
        };
        self.of(target).map(|kept| &kept.prompt).find(|prompt| same(prompt)).map(|prompt| prompt.id)
    }
}

/// The item under which a prompt's target is rung.
pub fn recall_item(prompt: CallbackPromptId) -> ItemId {
    ItemId(ConversationId(uuid::Uuid::new_v5(&prompt.0, b"call")))
}
