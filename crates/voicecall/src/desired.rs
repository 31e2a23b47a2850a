//! Desired: what the world must look like. Level-triggered: a retry, a lost message and a crash are one code path.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use terms::{Deadline, EndReason, HearingMatrix, QueueId, SkillId, Timestamp, UserId};

use crate::leg::Party;

/// What one wire must be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// Their wire: let it ring (180).
    Alert,
    /// Their wire: answer it.
    Answer,
    /// Ours: dial it and let it ring.
    Dial { to: Party, auto_answer: bool },
    /// Answered; keep it.
    Up,
    /// Not there (any more).
    Gone { reason: EndReason },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DesiredLeg {
    pub leg: u32,
    pub wire: Wire,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recording {
    #[default]
    Off,
    On,
    Paused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkTarget {
    Queue(QueueId),
    User(UserId),
}

/// Work the router shall place. At most one per conversation at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Work {
    pub target: WorkTarget,
    /// The VoiceCall it is for (ordinal): the customer's, or a consult waiting in a queue.
    pub call: u32,
    /// Its age: kept over declines, time-outs and lost agents.
    pub since: Timestamp,
    pub priority: u8,
    pub skills: Vec<(SkillId, u8)>,
    /// Came back after an agent's failure: before everybody of its priority.
    pub head: bool,
    /// An agent is being rung for it right now.
    pub offered: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    pub legs: Vec<DesiredLeg>,
    pub hearing: HearingMatrix,
    pub recording: Recording,
    pub work: Option<Work>,
    /// The users whose voice token this conversation needs (every user with a live wire here).
    pub people: BTreeSet<UserId>,
    pub deadline: Option<Deadline>,
}

pub(crate) fn desired(c: &crate::Conversation) -> Desired {
    Desired {
        legs: Vec::new(),
        hearing: c.hearing(),
        recording: c.recording(),
        work: None,
        people: BTreeSet::new(),
        deadline: None,
    }
}
