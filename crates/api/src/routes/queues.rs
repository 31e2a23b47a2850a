//! Queues.

use serde::{Deserialize, Serialize};
use store::{QueueKind, QueueRow, Rows, Store};
use terms::{Extension, PhoneNumber, QueueId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    body::{ExtensionText, PhoneNumberText, QueueKindWord},
    noun::{Change, Complaints, Noun},
    problem::Problem,
};

/// No timer of a queue is longer than a day.
const SECONDS_MAX: f64 = 86_400.0;
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
    /// What waiting callers are told; kept as given.
    #[serde(default)]
    #[schema(value_type = Option<Object>)]
    announcements: serde_json::Value,
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
    overflow: Overflow,
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
            overflow: Overflow::HangUp {},
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
    Voicemail {},
    Callback {},
    External {
        #[schema(value_type = PhoneNumberText)]
        phone_number: PhoneNumber,
    },
    HangUp {},
}

#[derive(Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Step {
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
            announcements: row.announcements.clone(),
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
        complaints.unless(
            write.announcements.is_null() || write.announcements.is_object(),
            "announcements",
            "an object",
        );
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
        row.announcements = write.announcements;
        row.max_size = write.max_size;
        row.service_level_seconds = write.service_level_seconds;
        row.caller_id = write.caller_id;
    }
}

fn check_routing(routing: &Routing, change: &Change<'_, Queues>, complaints: &mut Complaints) {
    let organization = change.faces.organization();
    complaints.seconds("routing.push_timeout_seconds", routing.push_timeout_seconds, 1.0, 600.0);
    if let Some(seconds) = routing.max_wait_seconds {
        complaints.seconds("routing.max_wait_seconds", seconds, 0.0, SECONDS_MAX);
    }
    match &routing.overflow {
        Overflow::Queue { queue_id } => {
            let known = organization.queues.iter().any(|queue| queue.id.0 == *queue_id);
            let own = change.before.is_some_and(|before| before.id.0 == *queue_id);
            complaints.unless(known && !own, "routing.overflow.queue_id", "names no other queue");
        }
        Overflow::Voicemail {} | Overflow::Callback {} => {
            complaints.add("routing.overflow.kind", "not available in this release");
        }
        Overflow::External { .. } | Overflow::HangUp {} => {}
    }
    complaints.unless(routing.steps.len() <= STEPS_MAX, "routing.steps", format!("at most {STEPS_MAX}"));
    for (index, step) in routing.steps.iter().enumerate() {
        let field = format!("routing.steps[{index}]");
        if let Some(seconds) = step.expiry_seconds {
            complaints.seconds(&format!("{field}.expiry_seconds"), seconds, 0.0, SECONDS_MAX);
        }
        for (list, skills) in [("all", &step.all), ("any", &step.any), ("not", &step.not)] {
            check_skills(&format!("{field}.{list}"), skills, change.faces, complaints);
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
    }
}
