//! Agents: what they can do, what they chose to be, and what that makes them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use terms::{PresenceStatusId, QueueId, SkillId, Timestamp, UserId};

use crate::{Capacity, ServiceChannel, Token, Unavailable};

/// What a presence status means for work.
/// An online status that does not list the voice channel is handed in as `Busy`: it gets no calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusKind {
    Online,
    Busy,
    /// Absolute, for rings and for prompts.
    Dnd,
    Offline,
}

/// A presence status as its user chose it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Status {
    pub id: PresenceStatusId,
    pub kind: StatusKind,
}

impl Status {
    /// What everybody is until they choose.
    pub const SIGNED_OUT: Status = Status { id: PresenceStatusId::from_number(0), kind: StatusKind::Offline };
}

/// How an agent serves one queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Membership {
    /// 1 is served first; the same number in two queues means oldest first across them.
    pub priority: u32,
    /// How long work waits in the queue before this agent sees it.
    pub delay_ms: i64,
}

impl Default for Membership {
    fn default() -> Self {
        Self { priority: 1, delay_ms: 0 }
    }
}

/// A user who may be given work, as configured. Presence, reachability and the token are the router's own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    pub id: UserId,
    /// Levels 1 to 10; a skill that is not listed counts as level 0.
    pub skills: BTreeMap<SkillId, u8>,
    pub memberships: BTreeMap<QueueId, Membership>,
    /// What kinds of work they take when online.
    pub channels: BTreeSet<ServiceChannel>,
    pub capacity: Capacity,
    /// Where items that wait for this person stand among those of their queues: 0 is before all of them.
    pub direct_priority: u32,
    /// What a push time-out makes of the agent; without one they are `missed` until they choose a status again.
    pub status_on_push_timeout: Option<Status>,
    /// What declining makes of the agent; without one they stay as they are.
    pub status_on_decline: Option<Status>,
    /// How many push time-outs in a row pause the agent; 0 and 1 both mean the first.
    pub missed_before_pause: u32,
    /// What an offer that came to nothing leaves the agent free of.
    #[serde(default)]
    pub rests: Rests,
}

/// For how long after an offer that came to nothing the agent is offered no other work; colleagues may ring them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rests {
    pub declined_ms: i64,
    /// The push time-out, where it does not pause them.
    pub missed_ms: i64,
    /// The phone was busy, could not be reached, or hung up.
    pub failed_ms: i64,
}

impl Agent {
    pub fn new(id: UserId) -> Self {
        Self {
            id,
            skills: BTreeMap::new(),
            memberships: BTreeMap::new(),
            channels: BTreeSet::from([ServiceChannel::Voice]),
            capacity: Capacity::default(),
            direct_priority: 0,
            status_on_push_timeout: None,
            status_on_decline: None,
            missed_before_pause: 1,
            rests: Rests::default(),
        }
    }
}

/// What a user is doing, as seen from routing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemState {
    Available,
    /// Their own busy status.
    Busy,
    Dnd,
    Offline,
    /// Being offered work.
    Offering,
    InCall,
    Acw,
    /// Let an offer time out and has not chosen a status since.
    Missed,
}

/// One user, for the live view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AgentView {
    pub user: UserId,
    pub status: Status,
    /// Chosen while in a call; becomes the status when the call ends.
    pub pending_status: Option<Status>,
    pub system_state: SystemState,
    /// Since when `system_state` holds.
    pub since: Timestamp,
    pub reachable: bool,
    pub token: Token,
    /// Units that work beside voice takes now, offered work included.
    pub used: Capacity,
    /// When the running wrap-up ends by itself.
    pub wrap_up_until: Option<Timestamp>,
    /// Until when no work is offered, after an offer that came to nothing.
    pub rests_until: Option<Timestamp>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AvailabilityKind {
    Available,
    Busy,
    Offline,
}

/// Whether a colleague can be rung, for the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Availability {
    pub kind: AvailabilityKind,
    /// Why not, when not available.
    pub reason: Option<Unavailable>,
}
