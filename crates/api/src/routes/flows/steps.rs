//! The steps of a call flow, as clients write them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::super::queues::{SkillWanted, Step};

/// An object with one field, which says what the step does. Behind a branch whose steps are over the flow goes on with
/// the step after the one that branched.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum FlowStep {
    /// A prompt, by its name.
    Play(String),
    Menu(MenuStep),
    Hours(HoursStep),
    Set(SetStep),
    QueueCheck(QueueCheckStep),
    User(UserStep),
    Queue(QueueStep),
    Voicemail(VoicemailStep),
    Callback(CallbackStep),
    HangUp(HangUpStep),
}

/// Says the prompt and waits for a key, which also stops the prompt.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MenuStep {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) prompt: Option<String>,
    /// What each key leads to: `0` to `9`, `*` and `#`.
    #[schema(no_recursion)]
    pub(super) digits: BTreeMap<String, Vec<FlowStep>>,
    /// How long the silence after the prompt may last; 1 to 60.
    #[serde(default = "five")]
    pub(super) timeout_seconds: f64,
    /// After so many wrong keys and silences together it goes on with `on_failure`; 1 to 10.
    #[serde(default = "three")]
    pub(super) attempts: u8,
    /// The attribute of the conversation that keeps the key; null: `menu_1` for the first menu a call comes to, then
    /// `menu_2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) attribute: Option<String>,
    /// Empty: the flow goes on behind the menu.
    #[serde(default)]
    #[schema(no_recursion)]
    pub(super) on_failure: Vec<FlowStep>,
}

fn five() -> f64 {
    5.0
}

fn three() -> u8 {
    3
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HoursStep {
    pub(super) business_hours_id: Uuid,
    #[serde(default)]
    #[schema(no_recursion)]
    pub(super) open: Vec<FlowStep>,
    #[serde(default)]
    #[schema(no_recursion)]
    pub(super) closed: Vec<FlowStep>,
}

/// What the conversation is about, as far as the flow knows, and what the queue steps behind it ask for.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct SetStep {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) case_category: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(super) attributes: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) skills: Vec<SkillWanted>,
    /// 1 (first) to 9.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<u8>,
}

/// Goes another way when waiting there makes no sense: on the first of its conditions that holds.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QueueCheckStep {
    pub(super) queue_id: Uuid,
    /// Nobody who takes its calls is signed in and online.
    #[serde(default)]
    pub(super) no_agents: bool,
    /// So many calls or more wait already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) waiting: Option<u32>,
    /// Somebody has waited for so long or longer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) longest_wait_seconds: Option<f64>,
    #[schema(no_recursion)]
    pub(super) then: Vec<FlowStep>,
}

/// Rings one person; who is away, busy or does not answer is passed by, and the next step follows.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UserStep {
    pub(super) user_id: Uuid,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct QueueStep {
    pub(super) queue_id: Uuid,
    #[serde(default)]
    pub(super) skills: Vec<SkillWanted>,
    /// Null: as set before, else the queue's own.
    #[serde(default)]
    pub(super) priority: Option<u8>,
    /// Instead of skills, and of the queue's own steps: what is asked for, one after another; after the last any member
    /// will do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) steps: Vec<Step>,
    /// Goes before everybody else who is free.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) preferred_user_id: Option<Uuid>,
    /// For so long nobody else is asked while the preferred user is signed in; null or 0: others may take it at once.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) preferred_seconds: Option<f64>,
}

/// Takes a message, which is offered to the agents of this queue; the call ends with it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct VoicemailStep {
    pub(super) queue_id: Uuid,
    /// Played before the tone; null: the packaged request to speak.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) prompt: Option<String>,
}

/// Calls the caller back when it is their turn in this queue, tells them so and ends the call. Who withholds their number
/// goes on with the next step.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct CallbackStep {
    pub(super) queue_id: Uuid,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) skills: Vec<SkillWanted>,
    /// Null: as set before, else the queue's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) priority: Option<u8>,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct HangUpStep {}
