//! Coaching: monitor, whisper, barge, take over. Each start, change, stop and take-over is audited.

use callcontrol::Action;
use serde::{Deserialize, Serialize};
use serde_json::json;
use terms::ConversationId;
use utoipa::ToSchema;
use uuid::Uuid;
use voicecall::{Attachment, CoachingMode};

use super::{Conversation, Seen, named_leg, submit};
use crate::{
    Faces,
    answer::{Created, Json},
    body::{AttachmentWord, CoachingModeWord},
    caller::Caller,
    extract::{Body, Id, Path, State},
    known::{self, Known},
    problem::Problem,
};

#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CoachingStart {
    #[schema(value_type = CoachingModeWord)]
    mode: CoachingMode,
    /// The agent to coach; the one who talks to the customer when absent.
    #[serde(default)]
    agent_leg_id: Option<Uuid>,
    /// Stay with the conversation whoever handles it, or go with the agent.
    #[serde(default = "conversation")]
    #[schema(value_type = AttachmentWord)]
    attach_to: Attachment,
    #[serde(default)]
    version: Option<u64>,
}

fn conversation() -> Attachment {
    Attachment::Conversation
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CoachingChange {
    #[schema(value_type = CoachingModeWord)]
    mode: CoachingMode,
    #[serde(default)]
    version: Option<u64>,
}

fn mode_of(known: &Known, caller: &Caller) -> Option<CoachingMode> {
    known.conversation.coaching().find(|coaching| coaching.supervisor == caller.user()).map(|c| c.mode)
}

/// The deed is done and journaled; a database that does not answer must not undo it, so the gap is logged instead.
async fn audit(
    faces: &Faces,
    caller: &Caller,
    known: &Known,
    action: &str,
    before: Option<CoachingMode>,
    after: Option<CoachingMode>,
) {
    let by = caller.by(faces.now());
    let subject = format!("conversation/{}", known.id());
    let told = |mode: Option<CoachingMode>| mode.map(|mode| json!({"mode": mode}));
    if let Err(error) = faces.store.audit(&by, action, &subject, told(before), told(after)).await {
        tracing::error!(conversation.id = %known.id(), error.message = %error, audit.action = action, "an audit event could not be written");
    }
}

pub(crate) async fn start_coaching(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<CoachingStart>,
) -> Result<Created<Conversation>, Problem> {
    let body = body.0;
    let known = known::find_visible(&faces, &caller, ConversationId(path.0.id)).await?;
    let agent_leg = named_leg(&known, body.agent_leg_id, "agent_leg_id")?;
    let action = Action::StartCoaching { mode: body.mode, agent_leg, attach_to: body.attach_to };
    let conversation = submit(&faces, &caller, &known, action, body.version).await?;
    audit(&faces, &caller, &known, "start_coaching", None, Some(body.mode)).await;
    let version = i64::try_from(conversation.version).unwrap_or(i64::MAX);
    Ok(Created::new(conversation).tagged(version))
}

pub(crate) async fn change_coaching(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<CoachingChange>,
) -> Result<Json<Conversation>, Problem> {
    let known = known::find_visible(&faces, &caller, ConversationId(path.0.id)).await?;
    let before = mode_of(&known, &caller);
    let action = Action::ChangeCoachingMode { mode: body.0.mode };
    let conversation = submit(&faces, &caller, &known, action, body.0.version).await?;
    audit(&faces, &caller, &known, "change_coaching", before, Some(body.0.mode)).await;
    Ok(Json::new(conversation))
}

pub(crate) async fn stop_coaching(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Json<Conversation>, Problem> {
    let known = known::find_visible(&faces, &caller, ConversationId(path.0.id)).await?;
    let before = mode_of(&known, &caller);
    let conversation = submit(&faces, &caller, &known, Action::StopCoaching, None).await?;
    audit(&faces, &caller, &known, "stop_coaching", before, None).await;
    Ok(Json::new(conversation))
}

pub(crate) async fn take_over(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<Seen>,
) -> Result<Json<Conversation>, Problem> {
    let known = known::find_visible(&faces, &caller, ConversationId(path.0.id)).await?;
    let before = mode_of(&known, &caller);
    let conversation = submit(&faces, &caller, &known, Action::TakeOver, body.0.version).await?;
    audit(&faces, &caller, &known, "take_over", before, None).await;
    Ok(Json::new(conversation))
}
