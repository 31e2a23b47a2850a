//! Queues and their routing configuration.

use serde::{Deserialize, Serialize};
use terms::{QueueId, limits};

use crate::{Overflow, Step};

/// Which of several free agents gets an item; ties go to the longest idle, then to the smaller id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Model {
    #[default]
    LongestIdle,
    /// The fewest capacity units in use.
    LeastActive,
    /// The most capacity units left.
    MostAvailable,
    /// The highest sum of levels over the skills that the step asks for.
    BestSkill,
    /// The fewest skills, so that generalists stay free.
    FewestSkills,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WrapUp {
    pub ms: i64,
    pub max_extensions: u32,
}

/// A queue as configured. Items name only what they want otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Queue {
    pub id: QueueId,
    pub model: Model,
    /// Of items that bring no priority of their own; smaller is served first.
    pub prio: u32,
    /// How long an offered agent rings.
    pub push_ms: i64,
    /// How long an item waits once everybody who could take it has refused it.
    pub retry_ms: i64,
    pub steps: Vec<Step>,
    pub max_wait_ms: Option<i64>,
    pub overflow: Overflow,
    pub wrap_up: Option<WrapUp>,
    /// Items that may wait at once; the next one overflows at once.
    pub max_size: Option<u32>,
    /// How long an item waits while no member is signed in at a reachable phone; then it overflows.
    pub nobody_ms: Option<i64>,
    /// At most so many percent of what its members take in ten minutes shall be colleagues' requests; beyond that these
    /// come after every customer of the same person.
    pub internal_share_max: Option<u32>,
    /// A declined item starts again at its first step, as Salesforce has it; else time goes on.
    pub reset_steps_on_decline: bool,
}

/// The priority in the middle, as Amazon Connect has it.
pub const PRIO_DEFAULT: u32 = 5;
/// After everybody refused, ask again this much later.
pub const RETRY_MS: i64 = 5_000;

impl Queue {
    pub fn new(id: QueueId) -> Self {
        Self {
            id,
            model: Model::LongestIdle,
            prio: PRIO_DEFAULT,
            push_ms: limits::PUSH_TIMEOUT_MS,
            retry_ms: RETRY_MS,
            steps: Vec::new(),
            max_wait_ms: None,
            overflow: Overflow::HangUp,
            wrap_up: None,
            max_size: None,
            nobody_ms: None,
            internal_share_max: None,
            reset_steps_on_decline: false,
        }
    }
}
