//! Capacity: how much work somebody has at once, and of which kind.
//!
//! Voice is always primary and takes all of it. Interruptible work never blocks primary work, nor the other way round.

use serde::{Deserialize, Serialize};

/// What kind of wire the work comes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServiceChannel {
    #[default]
    Voice,
    Chat,
    Message,
    Email,
    Case,
}

/// Which of an agent's two pools the work takes units of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pool {
    #[default]
    Primary,
    Interruptible,
}

/// Units in each pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Capacity {
    pub primary: u32,
    pub interruptible: u32,
}

impl Default for Capacity {
    /// One call at a time, and nothing beside it.
    fn default() -> Self {
        Self { primary: 1, interruptible: 0 }
    }
}

impl Capacity {
    pub const NONE: Capacity = Capacity { primary: 0, interruptible: 0 };

    pub fn of(&self, pool: Pool) -> u32 {
        match pool {
            Pool::Primary => self.primary,
            Pool::Interruptible => self.interruptible,
        }
    }
    pub(crate) fn of_mut(&mut self, pool: Pool) -> &mut u32 {
        match pool {
            Pool::Primary => &mut self.primary,
            Pool::Interruptible => &mut self.interruptible,
        }
    }
}

/// What an item takes of whoever has it. Pool and weight say nothing for voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Load {
    pub channel: ServiceChannel,
    pub pool: Pool,
    /// Units; 0 counts as 1.
    pub weight: u32,
}

impl Default for Load {
    fn default() -> Self {
        Self { channel: ServiceChannel::Voice, pool: Pool::Primary, weight: 1 }
    }
}

/// Kinds of room: an agent may have room in one and none in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Lane {
    Voice,
    Primary,
    Interruptible,
}

impl Lane {
    pub(crate) const ALL: [Lane; 3] = [Lane::Voice, Lane::Primary, Lane::Interruptible];

    pub(crate) fn index(self) -> usize {
        match self {
            Lane::Voice => 0,
            Lane::Primary => 1,
            Lane::Interruptible => 2,
        }
    }
}

impl Load {
    pub(crate) fn lane(&self) -> Lane {
        match (self.channel, self.pool) {
            (ServiceChannel::Voice, _) => Lane::Voice,
            (_, Pool::Primary) => Lane::Primary,
            (_, Pool::Interruptible) => Lane::Interruptible,
        }
    }
    pub(crate) fn units(&self) -> u32 {
        self.weight.max(1)
    }
    /// Whether an agent with this much in all could ever have it.
    pub(crate) fn fits_into(&self, capacity: Capacity) -> bool {
        self.channel == ServiceChannel::Voice || self.units() <= capacity.of(self.pool)
    }
}
