//! Leg: one wire to one endpoint.

use serde::{Deserialize, Serialize};
use terms::{EndReason, OfferId, PhoneNumber, Timestamp, UserId};

use crate::event::HeldBy;

/// Who is at the other end of a wire.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    User(UserId),
    /// A public number; None is an anonymous caller.
    Number(Option<PhoneNumber>),
}

impl Party {
    pub fn user(&self) -> Option<UserId> {
        match self {
            Party::User(user) => Some(*user),
            Party::Number(_) => None,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    Customer,
    Agent,
    Specialist,
    Supervisor,
    ThirdParty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LegState {
    /// Not answered yet; `deadline` is when it stops ringing by itself. None: their wire, we answer; or ours, and not
    /// dialed before its turn comes.
    Ringing {
        deadline: Option<Timestamp>,
    },
    Up,
    /// The wire broke; it may come back until the deadline.
    Lost {
        deadline: Timestamp,
    },
    Ended {
        reason: EndReason,
    },
}

/// One wire of a conversation; its ordinal is its place in the list.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Leg {
    pub party: Party,
    pub role: Role,
    pub state: LegState,
    /// They called us (true) or we dial them (false).
    pub incoming: bool,
    /// The phone is told to answer by itself (coaching, auto-answer accounts, the caller's own desk phone).
    pub auto_answer: bool,
    /// The offer that rings this agent.
    pub offer: Option<OfferId>,
    /// The VoiceCall that this wire was made for (ordinal).
    pub call: u32,
    /// Hears hold music only and speaks to nobody.
    pub held: bool,
    /// On whose account it is held; a hold ends with the person who pressed it.
    pub held_by: Option<HeldBy>,
    /// Speaks to nobody; who muted it may matter to who may unmute it.
    pub muted_by: Option<UserId>,
    /// The trunk speaks before the far end answers: its ringback, or an announcement.
    #[serde(default)]
    pub early_media: bool,
}

impl Leg {
    pub fn is_up(&self) -> bool {
        self.state == LegState::Up
    }
    pub fn is_live(&self) -> bool {
        !matches!(self.state, LegState::Ended { .. })
    }
    pub fn is_ringing(&self) -> bool {
        matches!(self.state, LegState::Ringing { .. }) && !self.is_planned()
    }
    /// Ours to dial, and not yet: a callback that waits for its turn.
    pub fn is_planned(&self) -> bool {
        self.state == LegState::Ringing { deadline: None } && !self.incoming
    }
    pub(crate) fn is_staff_up(&self) -> bool {
        self.is_up() && self.is_staff()
    }
    /// It may be heard although nobody has answered.
    pub fn is_early(&self) -> bool {
        self.is_ringing() && self.early_media
    }
    pub fn is_staff(&self) -> bool {
        matches!(self.role, Role::Agent | Role::Specialist | Role::Supervisor)
    }
}
