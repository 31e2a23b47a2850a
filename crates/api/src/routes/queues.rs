//! Queues.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use store::{QueueKind, QueueRow, Rows, Store};
use terms::{Extension, PhoneNumber, QueueId};
use utoipa::ToSchema;
use uuid::Uuid;
use voicecall::CallbackOrder;

use crate::{
    body::{ExtensionText, PhoneNumberText, QueueKindWord},
    noun::{Change, Complaints, Noun},
    problem::Problem,
};

/// No timer of a queue is longer than a day.
const SECONDS_MAX: f64 = 86_400.0;
/// Three days, as Amazon Connect has it.
const CALLBACK_SECONDS_MAX: f64 = 259_200.0;
const ATTEMPTS_MAX: u32 = 10;
/// Thirty days.
const LAST_AGENT_SECONDS_MAX: f64 = 2_592_000.0;
/// Between two announcements.
const EVERY_SECONDS_MIN: f64 = 15.0;
const STEPS_MAX: usize = 20;
const SKILLS_MAX: usize = 50;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueFields {
    name: String,
    #[serde(default)]
    #[schema(value_type = Option<ExtensionText>)]
    extension: Option<Extension>,
    #[serde(default = "customer")]
    #[schema(value_type = QueueKindWord)]
    kind: QueueKind,
    #[serde(default)]
    routing: Routing,
    #[serde(default)]
    wrap_up: WrapUp,
    /// What waiting callers are told beside the music.
    #[serde(default)]
    announcements: Option<Announcements>,
    /// Calls that may wait at once; null: no limit of its own.
    #[serde(default)]
    max_size: Option<u32>,
    #[serde(default = "twenty")]
    service_level_seconds: u32,
    /// The number colleagues call out with for this queue.
    #[serde(default)]
    #[schema(value_type = Option<PhoneNumberText>)]
    caller_id: Option<PhoneNumber>,
}

fn customer() -> QueueKind {
    QueueKind::Customer
}

fn twenty() -> u32 {
    20
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Routing {
    model: RoutingModel,
    /// Smaller is served first.
    priority: u8,
    /// How long an offered agent rings.
    push_timeout_seconds: f64,
    /// After this long the call overflows; null: it waits on.
    max_wait_seconds: Option<f64>,
    /// Also of a full queue (`max_size`), and of one where nobody is signed in (`no_agent_seconds`).
    overflow: Overflow,
    /// How long a call waits where nobody is signed in at a phone; null: as long as others. 5 is a good grace.
    no_agent_seconds: Option<f64>,
    /// After everybody has declined or let it ring, they are asked again this much later.
    retry_seconds: f64,
    /// A declined call asks for everything again, as Salesforce has it; else time goes on.
    reset_steps_on_decline: bool,
    /// Who hung up while waiting and calls again within this time keeps the place; null: nobody does.
    resume_seconds: Option<f64>,
    /// What a caller gets for a key while waiting; keys are `0` to `9`, `*` and `#`.
    options: BTreeMap<String, Overflow>,
    callback: CallbackRules,
    /// Of colleagues' requests (consults, escalations) in this queue; null: the queue's priority, as of customers.
    internal_priority: Option<u8>,
    /// The most of what the queue's members take within ten minutes, from all their queues, that may be colleagues' requests:
    /// 0 to 100 percent. Beyond it these come after every customer of the same agent; null: no limit.
    internal_share_percent: Option<u8>,
    /// A customer who calls this queue again within this time goes first to the agent they talked to last; null: to whoever is
    /// next.
    last_agent_seconds: Option<f64>,
    /// For so long to that agent alone, while signed in; 0: only when that agent is free at once.
    last_agent_wait_seconds: f64,
    /// Wishes that relax one after another; after the last any member will do.
    steps: Vec<Step>,
}

impl Default for Routing {
    fn default() -> Self {
        Self {
            model: RoutingModel::LongestIdle,
            priority: 5,
            push_timeout_seconds: 20.0,
            max_wait_seconds: None,
            overflow: Overflow::HangUp { prompt: None },
            no_agent_seconds: None,
            retry_seconds: 5.0,
            reset_steps_on_decline: false,
            resume_seconds: None,
            options: BTreeMap::new(),
            callback: CallbackRules::default(),
            internal_priority: None,
            internal_share_percent: None,
            last_agent_seconds: None,
            last_agent_wait_seconds: 0.0,
            steps: Vec::new(),
        }
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RoutingModel {
    LongestIdle,
    LeastActive,
    MostAvailable,
    BestSkill,
    FewestSkills,
}

/// Where a call goes that waited too long or finds the queue full.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
enum Overflow {
    Queue {
        queue_id: Uuid,
    },
    /// The caller leaves a message, which is offered to the agents of this queue.
    Voicemail {
        /// Played before the tone; null: the packaged request to speak.
        #[serde(default)]
        prompt: Option<String>,
    },
    Callback {},
    External {
        #[schema(value_type = PhoneNumberText)]
        phone_number: PhoneNumber,
    },
    HangUp {
        /// Played before; null: nothing is.
        #[serde(default)]
        prompt: Option<String>,
    },
}

/// How customers are called back who asked for it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct CallbackRules {
    /// `agent_first`: the agent hears the customer's phone ring; `customer_first`: the customer answers and is next in line.
    #[schema(value_type = String)]
    order: CallbackOrder,
    /// Not before this long after the caller hung up.
    delay_seconds: f64,
    /// Between an attempt that nobody answered and the next.
    retry_seconds: f64,
    max_attempts: u32,
}

impl Default for CallbackRules {
    fn default() -> Self {
        Self { order: CallbackOrder::AgentFirst, delay_seconds: 0.0, retry_seconds: 600.0, max_attempts: 2 }
    }
}

/// What waiting callers are told beside the music.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Announcements {
    /// The first comes after this time; null: after `every_seconds`.
    first_seconds: Option<f64>,
    /// At least 15; null: the first is the only one.
    every_seconds: Option<f64>,
    /// "You are number three in line."
    position: bool,
    /// "The estimated wait is about two minutes."
    wait: bool,
    /// The estimate is rounded up to a multiple of this.
    rounding_seconds: f64,
    /// A position or an estimate that is no better than the last one is left out.
    only_if_improved: bool,
    /// Prompts played in turn, one each time.
    prompts: Vec<String>,
}

impl Default for Announcements {
    fn default() -> Self {
        Self {
            first_seconds: None,
            every_seconds: None,
            position: false,
            wait: false,
            rounding_seconds: 60.0,
            only_if_improved: false,
            prompts: Vec::new(),
        }
    }
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Step {
    all: Vec<SkillWanted>,
    any: Vec<SkillWanted>,
    not: Vec<SkillWanted>,
    /// Only these users, when any is listed.
    agents: Vec<Uuid>,
    /// Null: the step holds for ever.
    expiry_seconds: Option<f64>,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkillWanted {
    pub(crate) skill_id: Uuid,
    /// 1 to 10.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 10)]
    pub(crate) level: u8,
    /// Asked for no longer once the call has waited so long in the queue, so that more and more people may take it; null:
    /// for ever. Not in a step, which expires as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) drop_after_seconds: Option<f64>,
}

fn one() -> u8 {
    1
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct WrapUp {
    seconds: f64,
    max_extensions: u8,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Queue {
    id: Uuid,
    version: i64,
    #[serde(flatten)]
    fields: QueueFields,
}

#[derive(Debug)]
pub(crate) enum Queues {}

impl Noun for Queues {
    type Row = QueueRow;
    type Write = QueueFields;
    type View = Queue;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/queues";

    fn rows(store: &Store) -> Rows<'_, QueueRow> {
        store.queues()
    }
    fn typed(id: Uuid) -> QueueId {
        QueueId(id)
    }
    fn blank(id: Uuid, (): &()) -> QueueRow {
        QueueRow {
            id: QueueId(id),
            version: 0,
            name: String::new(),
            extension: None,
            kind: QueueKind::Customer,
            routing: serde_json::Value::Null,
            wrap_up: serde_json::Value::Null,
            announcements: serde_json::Value::Null,
            max_size: None,
            service_level_seconds: 0,
            caller_id: None,
        }
    }
    fn writable(row: &QueueRow) -> QueueFields {
        QueueFields {
            name: row.name.clone(),
            extension: row.extension.clone(),
            kind: row.kind,
            routing: serde_json::from_value(row.routing.clone()).unwrap_or_default(),
            wrap_up: serde_json::from_value(row.wrap_up.clone()).unwrap_or_default(),
            announcements: serde_json::from_value(row.announcements.clone()).unwrap_or_default(),
            max_size: row.max_size,
            service_level_seconds: row.service_level_seconds,
            caller_id: row.caller_id.clone(),
        }
    }
    fn view(row: QueueRow) -> Queue {
        Queue { id: row.id.0, version: row.version, fields: Self::writable(&row) }
    }
    fn check(write: &QueueFields, change: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        check_routing(&write.routing, change, &mut complaints);
        complaints.seconds("wrap_up.seconds", write.wrap_up.seconds, 0.0, SECONDS_MAX);
        if let Some(announcements) = &write.announcements {
            check_announcements(announcements, change, &mut complaints);
        }
        complaints.unless(write.max_size != Some(0), "max_size", "at least 1, or null");
        complaints.done()
    }
    async fn extra(_: &QueueFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: QueueFields, (): &(), row: &mut QueueRow) {
        row.name = write.name.trim().to_owned();
        row.extension = write.extension;
        row.kind = write.kind;
        row.routing = serde_json::json!(write.routing);
        row.wrap_up = serde_json::json!(write.wrap_up);
        row.announcements = serde_json::json!(write.announcements);
        row.max_size = write.max_size;
        row.service_level_seconds = write.service_level_seconds;
        row.caller_id = write.caller_id;
    }
}

fn check_overflow(
    field: &str,
    overflow: &Overflow,
    change: &Change<'_, Queues>,
    complaints: &mut Complaints,
) {
    match overflow {
        Overflow::Queue { queue_id } => {
            let known = change.faces.organization().queues.iter().any(|queue| queue.id.0 == *queue_id);
            let own = change.before.is_some_and(|before| before.id.0 == *queue_id);
            complaints.unless(known && !own, format!("{field}.queue_id"), "names no other queue");
        }
        Overflow::Voicemail { prompt: Some(prompt) } | Overflow::HangUp { prompt: Some(prompt) } => {
            check_prompt(&format!("{field}.prompt"), prompt, change, complaints);
        }
        Overflow::Voicemail { prompt: None }
        | Overflow::Callback {}
        | Overflow::External { .. }
        | Overflow::HangUp { prompt: None } => {}
    }
}

fn check_prompt(field: &str, prompt: &str, change: &Change<'_, Queues>, complaints: &mut Complaints) {
    let known = change.faces.calls.organization().prompt_named(prompt).is_some();
    complaints.unless(known, field, "names no prompt");
}

fn check_announcements(
    announcements: &Announcements,
    change: &Change<'_, Queues>,
    complaints: &mut Complaints,
) {
    let seconds = |text: &str| format!("announcements.{text}_seconds");
    if let Some(first) = announcements.first_seconds {
        complaints.seconds(&seconds("first"), first, 0.0, SECONDS_MAX);
    }
    if let Some(every) = announcements.every_seconds {
        complaints.seconds(&seconds("every"), every, EVERY_SECONDS_MIN, SECONDS_MAX);
    }
    complaints.seconds(&seconds("rounding"), announcements.rounding_seconds, 1.0, 3_600.0);
    for (index, prompt) in announcements.prompts.iter().enumerate() {
        check_prompt(&format!("announcements.prompts[{index}]"), prompt, change, complaints);
    }
}

fn check_routing(routing: &Routing, change: &Change<'_, Queues>, complaints: &mut Complaints) {
    complaints.seconds("routing.push_timeout_seconds", routing.push_timeout_seconds, 1.0, 600.0);
    if let Some(seconds) = routing.max_wait_seconds {
        complaints.seconds("routing.max_wait_seconds", seconds, 0.0, SECONDS_MAX);
    }
    check_overflow("routing.overflow", &routing.overflow, change, complaints);
    for (key, option) in &routing.options {
        let field = format!("routing.options.{key}");
        let sound = key.len() == 1 && key.bytes().all(|byte| b"0123456789*#".contains(&byte));
        complaints.unless(sound, field.clone(), "one of 0-9, * and #");
        check_overflow(&field, option, change, complaints);
    }
    for (field, seconds) in [
        ("routing.no_agent_seconds", routing.no_agent_seconds),
        ("routing.retry_seconds", Some(routing.retry_seconds)),
        ("routing.resume_seconds", routing.resume_seconds),
        ("routing.last_agent_wait_seconds", Some(routing.last_agent_wait_seconds)),
        ("routing.callback.delay_seconds", Some(routing.callback.delay_seconds)),
        ("routing.callback.retry_seconds", Some(routing.callback.retry_seconds)),
    ] {
        let most = if field.contains("callback") { CALLBACK_SECONDS_MAX } else { SECONDS_MAX };
        complaints.seconds(field, seconds.unwrap_or_default(), 0.0, most);
    }
    let seconds = routing.last_agent_seconds.unwrap_or_default();
    complaints.seconds("routing.last_agent_seconds", seconds, 0.0, LAST_AGENT_SECONDS_MAX);
    let attempts = (1..=ATTEMPTS_MAX).contains(&routing.callback.max_attempts);
    complaints.unless(attempts, "routing.callback.max_attempts", format!("1 to {ATTEMPTS_MAX}"));
    if let Some(percent) = routing.internal_share_percent {
        complaints.unless(percent <= 100, "routing.internal_share_percent", "0 to 100");
    }
    check_steps("routing.steps", &routing.steps, change.faces, complaints);
}

pub(crate) fn check_steps(field: &str, steps: &[Step], faces: &crate::Faces, complaints: &mut Complaints) {
    let organization = faces.organization();
    complaints.unless(steps.len() <= STEPS_MAX, field, format!("at most {STEPS_MAX}"));
    for (index, step) in steps.iter().enumerate() {
        let field = format!("{field}[{index}]");
        if let Some(seconds) = step.expiry_seconds {
            complaints.seconds(&format!("{field}.expiry_seconds"), seconds, 0.0, SECONDS_MAX);
        }
        for (list, skills) in [("all", &step.all), ("any", &step.any), ("not", &step.not)] {
            check_skills(&format!("{field}.{list}"), skills, faces, complaints);
            let lasting = skills.iter().all(|wanted| wanted.drop_after_seconds.is_none());
            complaints.unless(lasting, format!("{field}.{list}"), "a step's skills end with the step");
        }
        for (index, agent) in step.agents.iter().enumerate() {
            let known = organization.users.iter().any(|user| user.id.0 == *agent);
            complaints.unless(known, format!("{field}.agents[{index}]"), "names no user");
        }
    }
}

pub(crate) fn check_skills(
    field: &str,
    skills: &[SkillWanted],
    faces: &crate::Faces,
    complaints: &mut Complaints,
) {
    complaints.unless(skills.len() <= SKILLS_MAX, field, format!("at most {SKILLS_MAX}"));
    let organization = faces.organization();
    for (index, wanted) in skills.iter().enumerate() {
        let known = organization.skills.iter().any(|skill| skill.id.0 == wanted.skill_id);
        complaints.unless(known, format!("{field}[{index}].skill_id"), "names no skill");
        complaints.unless((1..=10).contains(&wanted.level), format!("{field}[{index}].level"), "1 to 10");
        if let Some(seconds) = wanted.drop_after_seconds {
            complaints.seconds(&format!("{field}[{index}].drop_after_seconds"), seconds, 1.0, SECONDS_MAX);
        }
    }
}
