//! The state machine: inputs in, decisions out.

use terms::{ConversationId, QueueId, Timestamp, UserId};

use crate::{AgentView, Availability, AvailabilityKind, ClaimKind, Decision, Input, Unavailable, Waiting};

/// Everything routing knows of one organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Router {}

impl Router {
    pub fn new() -> Self {
        Self::default()
    }
    /// Takes in what happened at `now` and says what follows from it.
    pub fn handle(&mut self, _input: &Input, _now: Timestamp) -> Vec<Decision> {
        Vec::new()
    }
    /// When to hand in the next `Tick`, if nothing else happens before.
    pub fn deadline(&self) -> Option<Timestamp> {
        None
    }
    /// Takes the user's token for a conversation; held for the same conversation already, it stays taken.
    pub fn claim(
        &mut self,
        _user: UserId,
        _root: ConversationId,
        _kind: ClaimKind,
        _now: Timestamp,
    ) -> Result<Vec<Decision>, Unavailable> {
        Err(Unavailable::Unknown)
    }
    /// Gives the token back, into wrap-up when one is given; nothing happens when it is not held for `root`.
    pub fn release(
        &mut self,
        _user: UserId,
        _root: ConversationId,
        _wrap_up_ms: Option<i64>,
        _now: Timestamp,
    ) -> Vec<Decision> {
        Vec::new()
    }
    /// Says that the user is in this conversation; for rebuilding after a restart.
    pub fn restore_call(&mut self, _user: UserId, _root: ConversationId) {}
    pub fn agent(&self, _user: UserId) -> Option<AgentView> {
        None
    }
    /// Everybody, in the order of their ids.
    pub fn agents(&self) -> impl Iterator<Item = AgentView> + '_ {
        std::iter::empty()
    }
    /// Who waits in a queue, first in line first.
    pub fn waiting(&self, _queue: QueueId) -> Vec<Waiting> {
        Vec::new()
    }
    /// Whether the user could be rung now.
    pub fn availability(&self, _user: UserId) -> Availability {
        Availability { kind: AvailabilityKind::Offline, reason: Some(Unavailable::Unknown) }
    }
}
