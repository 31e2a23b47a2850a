//! The dry run: what happens at 03:12 on Sunday if she presses 2?

use std::collections::BTreeMap;

use callcontrol::flow::{self, Outcome, QueueLook};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use terms::{CallFlowId, QueueId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{super::queues::SkillWanted, check, steps::FlowStep};
use crate::{
    answer::Json,
    body::Time,
    extract::{Body, Id, Path, State},
    noun::Complaints,
    problem::{FieldError, Problem},
};

/// Keys that one dry run presses at most.
const KEYS_MAX: usize = 100;

/// When the call comes and what its caller does.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Supposed {
    /// Null: now.
    #[serde(default)]
    at: Option<Time>,
    /// The key pressed at each menu, one after another; an empty text, and what comes after the last, is silence.
    #[serde(default)]
    digits: Vec<String>,
    /// How every queue is supposed to stand, and with agents every person to be free; null: as it is now.
    #[serde(default)]
    queues: Option<SupposedQueues>,
}

#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct SupposedQueues {
    /// People signed in and online who take its calls.
    agents: u32,
    #[serde(default)]
    waiting: u32,
    #[serde(default)]
    longest_wait_seconds: u32,
}

/// The same for steps that nobody has saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupposedOf {
    steps: Vec<FlowStep>,
    #[serde(default)]
    at: Option<Time>,
    #[serde(default)]
    digits: Vec<String>,
    #[serde(default)]
    queues: Option<SupposedQueues>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DryRun {
    at: Time,
    /// The steps that the call goes through, in this order.
    steps: Vec<PassedStep>,
    subject: Option<String>,
    case_category: Option<String>,
    attributes: BTreeMap<String, String>,
    /// Where it ends; with neither queue nor person nor voicemail nor callback it is hung up.
    queue_id: Option<Uuid>,
    /// Who is rung, and supposed to answer.
    user_id: Option<Uuid>,
    /// The queue for which a message is left.
    voicemail_queue_id: Option<Uuid>,
    /// The queue whose agents call back.
    callback_queue_id: Option<Uuid>,
    skills: Vec<SkillWanted>,
    /// Null: the queue's own.
    priority: Option<u8>,
    /// Who goes first in the queue, if the flow names somebody; the queue may know the customer's last agent itself.
    preferred_user_id: Option<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
struct PassedStep {
    /// Like `steps[0].menu.digits.2[1]`.
    path: String,
    /// `play`, `menu`, …; as the step is written.
    step: &'static str,
    #[schema(value_type = FlowOutcomeWord)]
    outcome: Outcome,
    /// The key pressed, the prompt played, the business hours or the exception that decided.
    detail: Option<String>,
}

/// Why the call goes on as it does.
#[derive(ToSchema)]
#[schema(as = FlowOutcome)]
#[allow(dead_code, reason = "only its schema is used")]
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum FlowOutcomeWord {
    Played,
    Skipped,
    Asked,
    Pressed,
    NotAChoice,
    Silent,
    Failed,
    Open,
    Closed,
    Unknown,
    Set,
    NoAgents,
    TooManyWait,
    WaitTooLong,
    Passes,
    Rung,
    NotThere,
    Queued,
    Message,
    CallsBack,
    NoNumber,
    HungUp,
    Over,
}

pub(crate) async fn dry_run(
    faces: State,
    path: Path<Id>,
    body: Body<Supposed>,
) -> Result<Json<DryRun>, Problem> {
    let row = faces.store.call_flows().find(CallFlowId(path.0.id)).await?;
    go(&faces, row.steps, body.0).await
}

pub(crate) async fn dry_run_of(faces: State, body: Body<SupposedOf>) -> Result<Json<DryRun>, Problem> {
    let SupposedOf { steps, at, digits, queues } = body.0;
    let mut complaints = Complaints::default();
    check::steps(&steps, &faces, &mut complaints);
    complaints.done()?;
    go(&faces, serde_json::json!(steps), Supposed { at, digits, queues }).await
}

async fn go(faces: &State, steps: Value, supposed: Supposed) -> Result<Json<DryRun>, Problem> {
    let steps: Vec<flow::FlowStep> = serde_json::from_value(steps).map_err(|_| Problem::internal())?;
    let keys = keys(&supposed.digits)?;
    let looks = match supposed.queues {
        Some(_) => BTreeMap::new(),
        None => faces.calls.queue_looks().await?,
    };
    let look = |queue: QueueId| match supposed.queues {
        Some(all) => QueueLook {
            agents: all.agents,
            waiting: all.waiting,
            longest_wait_ms: i64::from(all.longest_wait_seconds) * 1_000,
        },
        None => looks.get(&queue).copied().unwrap_or_default(),
    };
    let there = faces.calls.can_be_rung().await?;
    let user = |user: UserId| supposed.queues.map_or_else(|| there.contains(&user), |all| all.agents > 0);
    let organization = faces.calls.organization();
    let at = supposed.at.map_or_else(|| faces.now(), |at| at.0);
    let prompt = |name: &str| organization.prompt_named(name);
    let run = flow::dry_run(steps, keys, at, &organization.business_hours, &prompt, &look, &user);
    let steps = run.passed.into_iter().map(|passed| PassedStep {
        path: passed.path,
        step: passed.step,
        outcome: passed.outcome,
        detail: passed.detail.map(|detail| super::super::prompts::name_of(faces, detail)),
    });
    let wanted = |skill: flow::SkillWanted| SkillWanted {
        skill_id: skill.skill_id.0,
        level: skill.level,
        drop_after_seconds: skill.drop_after_seconds,
    };
    Ok(Json::new(DryRun {
        at: Time(at),
        steps: steps.collect(),
        subject: run.subject,
        case_category: run.case_category,
        attributes: run.attributes,
        queue_id: run.queue.map(|queue| queue.0),
        user_id: run.user.map(|user| user.0),
        voicemail_queue_id: run.voicemail.map(|queue| queue.0),
        callback_queue_id: run.callback.map(|queue| queue.0),
        skills: run.skills.into_iter().map(wanted).collect(),
        priority: run.priority,
        preferred_user_id: run.wishes.preferred.map(|user| user.0),
    }))
}

fn keys(digits: &[String]) -> Result<Vec<Option<char>>, Problem> {
    if digits.len() > KEYS_MAX {
        return Err(Problem::invalid_field("digits", format!("at most {KEYS_MAX}")));
    }
    let mut wrong = Vec::new();
    let mut keys = Vec::new();
    for (index, key) in digits.iter().enumerate() {
        let mut characters = key.chars();
        let first = characters.next();
        let sound = characters.next().is_none() && first.is_none_or(|key| "0123456789*#".contains(key));
        if !sound {
            let message = "one key each: 0 to 9, *, #, or nothing".to_owned();
            wrong.push(FieldError { field: format!("digits[{index}]"), message });
        }
        keys.push(first);
    }
    if wrong.is_empty() { Ok(keys) } else { Err(Problem::invalid(wrong)) }
}
