//! Wishes: whom the waiting work would like best, and how it lowers its sights; the queue's own steps hold where it has none.

use serde::{Deserialize, Serialize};
use terms::{SkillId, UserId};

/// What work asks of whoever takes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Wishes {
    /// One after another, and after the last any member of the queue; none leaves it to the plain skills.
    pub steps: Vec<Wish>,
    /// Goes before everybody else who is free.
    pub preferred: Option<UserId>,
    /// For so long nobody else is asked, as long as the preferred one is at work.
    pub preferred_ms: Option<i64>,
}

/// One step: it holds for its time, or for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(default)]
pub struct Wish {
    /// Each with its least level.
    pub all: Vec<(SkillId, u8)>,
    pub any: Vec<(SkillId, u8)>,
    pub not: Vec<(SkillId, u8)>,
    /// Only these, when any is named.
    pub agents: Vec<UserId>,
    pub expiry_ms: Option<i64>,
}

impl Wishes {
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty() && self.preferred.is_none()
    }
}
