//! Work items: somebody who waits for somebody.

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use terms::{ConversationId, PhoneNumber, QueueId, Timestamp, UserId};

use crate::{Load, Step};

/// The conversation that waits; it has at most one work item at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemId(pub ConversationId);

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkKind {
    Customer,
    Consult,
    Callback,
    Transfer,
    /// A message that a caller left.
    Voicemail,
}

impl WorkKind {
    /// Nobody holds a line for it: it waits as long as it takes, and fills no queue.
    pub fn is_patient(self) -> bool {
        matches!(self, WorkKind::Callback | WorkKind::Voicemail)
    }
}

/// Whom the item waits for. An extension is resolved before it comes here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Queue(QueueId),
    /// One person; goes before everything that waits in queues for them.
    Agent(UserId),
}

/// Where an item goes that waited too long.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Overflow {
    Queue(QueueId),
    Voicemail,
    Callback,
    External(PhoneNumber),
    HangUp,
}

/// One item of work. What is `None` or empty is taken from its queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkItem {
    pub id: ItemId,
    pub kind: WorkKind,
    pub target: Target,
    /// The conversation that it is a part of, when that is another.
    pub root: Option<ConversationId>,
    /// What it takes of its agent.
    pub load: Load,
    /// Strict priority: smaller goes first, whatever the ages.
    pub prio: Option<u32>,
    /// Reorders inside a queue, and between queues of equal priority.
    pub prio2: u32,
    /// Virtual age on top of the real one: the item stands in line as if it had come this much earlier.
    pub boost_ms: i64,
    /// Since when it waits, for its age; kept when it moves between queues.
    pub enqueued_at: Timestamp,
    /// When it entered this queue: steps, delays and the longest wait count from here.
    pub activated_at: Timestamp,
    pub steps: Vec<Step>,
    pub preferred: Option<UserId>,
    /// Never offered to these. Those who decline are kept apart and are asked again once everybody has.
    pub excluded: BTreeSet<UserId>,
    pub push_ms: Option<i64>,
    pub max_wait_ms: Option<i64>,
    pub overflow: Option<Overflow>,
    pub wrap_up_ms: Option<i64>,
    /// Was in the queue before, so that a full one takes it back.
    #[serde(default)]
    pub returns: bool,
}

impl WorkItem {
    /// A customer who starts to wait at `at`, with everything else as the queue has it.
    pub fn new(conversation: ConversationId, target: Target, at: Timestamp) -> Self {
        Self {
            id: ItemId(conversation),
            kind: WorkKind::Customer,
            target,
            root: None,
            load: Load::default(),
            prio: None,
            prio2: 0,
            boost_ms: 0,
            enqueued_at: at,
            activated_at: at,
            steps: Vec::new(),
            preferred: None,
            excluded: BTreeSet::new(),
            push_ms: None,
            max_wait_ms: None,
            overflow: None,
            wrap_up_ms: None,
            returns: false,
        }
    }
    /// What the token of its agent will name: the conversation that waits, or the one it is a part of.
    pub fn root(&self) -> ConversationId {
        self.root.unwrap_or(self.id.0)
    }
}

/// An item in line, for the live view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    pub item: ItemId,
    pub kind: WorkKind,
    pub prio: u32,
    pub enqueued_at: Timestamp,
    /// The step that holds; as many as there are steps means any member.
    pub step: u32,
    /// Who is being rung for it now; an offered item keeps its place in line.
    pub offered_to: Option<UserId>,
}
