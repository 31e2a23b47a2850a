//! Steps: what an item asks of an agent, and when it lowers its sights.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use terms::{SkillId, UserId};

use crate::Agent;

/// A skill at a minimum level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SkillLevel {
    pub skill: SkillId,
    pub min: u8,
}

/// One step of an item's wishes. After its expiry the next one holds, and after the last any member of the queue will do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Step {
    /// Every one of these.
    pub all: Vec<SkillLevel>,
    /// At least one of these, when any is listed.
    pub any: Vec<SkillLevel>,
    /// None of these.
    pub not: Vec<SkillLevel>,
    /// Only these agents, when any is listed.
    pub agents: BTreeSet<UserId>,
    /// How long the step holds; without one it holds for ever.
    pub expiry_ms: Option<i64>,
}

impl SkillLevel {
    fn held_with(&self, skills: &BTreeMap<SkillId, u8>) -> bool {
        skills.get(&self.skill).copied().unwrap_or(0) >= self.min.max(1)
    }
}

impl Step {
    /// Whether the agent is what this step asks for.
    pub fn accepts(&self, agent: &Agent) -> bool {
        self.accepts_skills(&agent.skills) && (self.agents.is_empty() || self.agents.contains(&agent.id))
    }
    /// Whether these skills are what this step asks for, whoever has them.
    pub(crate) fn accepts_skills(&self, skills: &BTreeMap<SkillId, u8>) -> bool {
        self.all.iter().all(|wanted| wanted.held_with(skills))
            && (self.any.is_empty() || self.any.iter().any(|wanted| wanted.held_with(skills)))
            && !self.not.iter().any(|unwanted| unwanted.held_with(skills))
    }
    /// The sum of the agent's levels over the skills the step names, each skill once.
    pub fn levels(&self, agent: &Agent) -> u32 {
        let named: BTreeSet<SkillId> = self.all.iter().chain(&self.any).map(|wanted| wanted.skill).collect();
        named.iter().map(|skill| u32::from(agent.skills.get(skill).copied().unwrap_or(0))).sum()
    }
}
