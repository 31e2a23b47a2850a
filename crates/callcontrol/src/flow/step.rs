//! What an entry flow is made of: a tree of steps without jumps, so that every call through it comes to an end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use terms::{BusinessHoursId, QueueId, SkillId, UserId};

/// One step of an entry flow. After a branch whose steps are over the flow goes on behind the step that branched.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowStep {
    Play(String),
    Menu(Menu),
    Hours(HoursSwitch),
    Set(Set),
    QueueCheck(QueueCheck),
    /// Rings one person; who is away, busy or does not answer is passed by.
    User {
        user_id: UserId,
    },
    Queue {
        queue_id: QueueId,
        #[serde(default)]
        skills: Vec<SkillWanted>,
        #[serde(default)]
        priority: Option<u8>,
        /// Instead of the skills: what is asked for, step by step.
        #[serde(default)]
        steps: Vec<StepWanted>,
        /// Goes first; for the seconds alone.
        #[serde(default)]
        preferred_user_id: Option<UserId>,
        #[serde(default)]
        preferred_seconds: Option<f64>,
    },
    /// Takes a message for a queue; the call ends with it.
    Voicemail {
        queue_id: QueueId,
        /// None is the packaged request to speak after the tone.
        #[serde(default)]
        prompt: Option<String>,
    },
    /// Calls the caller back when it is their turn in this queue, and says so; who withholds their number goes on.
    Callback {
        queue_id: QueueId,
        #[serde(default)]
        skills: Vec<SkillWanted>,
        #[serde(default)]
        priority: Option<u8>,
    },
    HangUp {},
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Menu {
    #[serde(default)]
    pub prompt: Option<String>,
    /// One key each.
    pub digits: BTreeMap<String, Vec<FlowStep>>,
    #[serde(default = "five")]
    pub timeout_seconds: f64,
    #[serde(default = "three")]
    pub attempts: u8,
    /// The attribute that keeps the answer; none is `menu_1` for the first menu a call comes to.
    #[serde(default)]
    pub attribute: Option<String>,
    #[serde(default)]
    pub on_failure: Vec<FlowStep>,
}

fn five() -> f64 {
    5.0
}

fn three() -> u8 {
    3
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct HoursSwitch {
    pub business_hours_id: BusinessHoursId,
    #[serde(default)]
    pub open: Vec<FlowStep>,
    #[serde(default)]
    pub closed: Vec<FlowStep>,
}

/// What is kept with the conversation, and what the next queue step asks for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Set {
    pub subject: Option<String>,
    pub case_category: Option<String>,
    pub attributes: BTreeMap<String, String>,
    pub skills: Vec<SkillWanted>,
    pub priority: Option<u8>,
}

/// Goes another way when waiting there makes no sense.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QueueCheck {
    pub queue_id: QueueId,
    /// Nobody who takes its calls is signed in and online.
    #[serde(default)]
    pub no_agents: bool,
    /// So many wait already.
    #[serde(default)]
    pub waiting: Option<u32>,
    /// Somebody has waited for so long.
    #[serde(default)]
    pub longest_wait_seconds: Option<f64>,
    pub then: Vec<FlowStep>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SkillWanted {
    pub skill_id: SkillId,
    pub level: u8,
    /// Asked for no longer once the call has waited so long in the queue; none is for ever.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drop_after_seconds: Option<f64>,
}

/// One step of a call's own wishes, as a queue has them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct StepWanted {
    pub all: Vec<SkillWanted>,
    pub any: Vec<SkillWanted>,
    pub not: Vec<SkillWanted>,
    pub agents: Vec<UserId>,
    pub expiry_seconds: Option<f64>,
}

impl FlowStep {
    /// As the API names it.
    pub fn name(&self) -> &'static str {
        match self {
            FlowStep::Play(_) => "play",
            FlowStep::Menu(_) => "menu",
            FlowStep::Hours(_) => "hours",
            FlowStep::Set(_) => "set",
            FlowStep::QueueCheck(_) => "queue_check",
            FlowStep::User { .. } => "user",
            FlowStep::Queue { .. } => "queue",
            FlowStep::Voicemail { .. } => "voicemail",
            FlowStep::Callback { .. } => "callback",
            FlowStep::HangUp {} => "hang_up",
        }
    }
}
