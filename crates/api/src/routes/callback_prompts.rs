//! Callback prompts: cards for busy colleagues, answered when they like.

use access::authorize;
use callcontrol::ActOnPrompt;
use routing::PromptAct;
use serde::Deserialize;
use terms::CallbackPromptId;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    answer::{Json, List},
    body::CallbackPrompt,
    caller::Caller,
    extract::{Body, Id, Path, State},
    noun::Complaints,
    problem::Problem,
};

/// Two minutes, and no longer than an hour.
const SNOOZE_SECONDS: u32 = 120;
const SNOOZE_SECONDS_MAX: u32 = 3_600;

/// On either side, oldest first; those that are over lately among them.
pub(crate) async fn list(faces: State, caller: Caller) -> Result<Json<List<CallbackPrompt>>, Problem> {
    let prompts = faces.calls.prompts(caller.user()).await?;
    let items = prompts.iter().map(|prompt| CallbackPrompt::of(prompt, caller.user())).collect();
    Ok(Json::new(List { items, next_cursor: None }))
}

async fn act(
    faces: State,
    caller: Caller,
    id: Uuid,
    act: PromptAct,
) -> Result<Json<CallbackPrompt>, Problem> {
    let act = ActOnPrompt { prompt: CallbackPromptId(id), act };
    let prompt = faces.calls.act_on_prompt(authorize(&caller.principal, act)?).await?;
    Ok(Json::new(CallbackPrompt::of(&prompt, caller.user())))
}

/// Nothing to say.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Answered {}

pub(crate) async fn accept(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    _: Body<Answered>,
) -> Result<Json<CallbackPrompt>, Problem> {
    act(faces, caller, path.0.id, PromptAct::Accept).await
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Snooze {
    /// When to ask again: 1 to 3,600, 120 when not given.
    seconds: Option<u32>,
}

pub(crate) async fn snooze(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<Snooze>,
) -> Result<Json<CallbackPrompt>, Problem> {
    let seconds = body.0.seconds.unwrap_or(SNOOZE_SECONDS);
    if !(1..=SNOOZE_SECONDS_MAX).contains(&seconds) {
        return Err(Problem::invalid_field("seconds", format!("1 to {SNOOZE_SECONDS_MAX}")));
    }
    act(faces, caller, path.0.id, PromptAct::Snooze { ms: i64::from(seconds) * 1_000 }).await
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Dismiss {
    /// What the requester is told.
    reason: Option<String>,
}

pub(crate) async fn decline(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<Dismiss>,
) -> Result<Json<CallbackPrompt>, Problem> {
    let mut complaints = Complaints::default();
    complaints.text("reason", body.0.reason.as_deref().unwrap_or_default());
    complaints.done()?;
    act(faces, caller, path.0.id, PromptAct::Decline { reason: body.0.reason }).await
}

/// The requester needs it no more.
pub(crate) async fn cancel(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    _: Body<Answered>,
) -> Result<Json<CallbackPrompt>, Problem> {
    act(faces, caller, path.0.id, PromptAct::Cancel).await
}
