//! Conversations: placing calls, looking at them, acting in them, coaching.

mod act;
mod coaching;
mod explain;
mod list;
mod place;

use access::{Authorized, authorize};
use callcontrol::{Accepted, Action, CommandKey, ConversationCommand, LiveAgent, Refused};
use serde_json::Value;
use terms::{ConversationId, LegId, QueueId};
use utoipa::ToSchema;
use uuid::Uuid;

pub(super) use act::*;
pub(super) use coaching::*;
pub(super) use explain::*;
pub(super) use list::*;
pub(super) use place::*;

pub(crate) use crate::body::Conversation;
use crate::{
    Faces,
    answer::Json,
    body::draw,
    caller::Caller,
    extract::{Id, Path, State},
    idempotency,
    known::{self, Known},
    problem::Problem,
    refused::is_conflict,
};

/// `{id}` and `{leg_id}`.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
pub(crate) struct IdAndLeg {
    id: Uuid,
    leg_id: Uuid,
}

/// Act only if the conversation is still at this version.
#[derive(Clone, Copy, Debug, Default, serde::Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Seen {
    version: Option<u64>,
}

pub(crate) async fn get(faces: State, caller: Caller, path: Path<Id>) -> Result<Json<Conversation>, Problem> {
    let known = known::find_visible(&faces, &caller, ConversationId(path.0.id)).await?;
    let mut drawn = draw(&known, &caller, &faces.calls.organization(), faces.now());
    drawn.number(&faces).await?;
    let version = i64::try_from(drawn.version).unwrap_or(i64::MAX);
    Ok(Json::new(drawn).tagged(version))
}

fn shown(faces: &Faces, caller: &Caller, known: &Known) -> Json<Conversation> {
    let drawn = draw(known, caller, &faces.calls.organization(), faces.now());
    let version = i64::try_from(drawn.version).unwrap_or(i64::MAX);
    Json::new(drawn).tagged(version)
}

/// The conversation that this agent is in, or wraps up.
pub(crate) async fn current_conversation(
    faces: &Faces,
    caller: &Caller,
    agent: &LiveAgent,
) -> Result<Option<Conversation>, Problem> {
    let live = match (agent.conversation, agent.view.token) {
        (Some(id), _) => faces.calls.conversation(id).await?,
        (None, routing::Token::None) => None,
        // An ephemeral call has no id to anybody but its parties, and this is one of them.
        (None, _) => {
            let all = faces.calls.conversations().await?;
            all.into_iter().find(|live| live.conversation.leg_of(caller.user()).is_some()).map(Box::new)
        }
    };
    Ok(live.map(|live| draw(&Known::from(*live), caller, &faces.calls.organization(), faces.now())))
}

/// The wire of this conversation that the outside knows by this id.
fn leg_of(known: &Known, id: Uuid) -> Option<LegId> {
    (0u32..)
        .zip(known.conversation.legs())
        .map(|(ordinal, _)| LegId::new(known.id(), ordinal))
        .find(|leg| leg.external() == id)
}

/// A wire the request names; one that the caller cannot see is not there.
fn named_leg(known: &Known, id: Option<Uuid>, field: &str) -> Result<Option<LegId>, Problem> {
    match id {
        None => Ok(None),
        Some(id) => match leg_of(known, id) {
            Some(leg) => Ok(Some(leg)),
            None => Err(Problem::invalid_field(field, "names no party of this conversation")),
        },
    }
}

/// Does it, and shows the conversation as it is afterwards.
pub(super) async fn submit(
    faces: &Faces,
    caller: &Caller,
    known: &Known,
    action: Action,
    version: Option<u64>,
) -> Result<Conversation, Problem> {
    let id = known.id();
    if already_done(faces, caller, id).await? {
        return redrawn(faces, caller, id).await;
    }
    let agent_leg = match &action {
        Action::StartCoaching { agent_leg, .. } => *agent_leg,
        Action::ChangeCoachingMode { .. } | Action::TakeOver => {
            let own = known.conversation.coaching().find(|coaching| coaching.supervisor == caller.user());
            own.map(|coaching| LegId::new(id, coaching.agent_leg))
        }
        _ => None,
    };
    let area = faces.calls.area(id, agent_leg).await?;
    let is_over = area.is_none();
    let area = area.unwrap_or_else(|| known.area(&faces.calls.organization()));
    let key = caller
        .command
        .as_ref()
        .map(|command| CommandKey { key: command.key.clone(), body_hash: command.body_hash.clone() });
    // A tag that no version has is one that the conversation will never be at.
    let tagged = caller.if_match.map(|tag| u64::try_from(tag).unwrap_or(u64::MAX));
    let guard = version.or(tagged);
    let command = ConversationCommand { conversation: id, area, action, version: guard, key };
    let command = authorize(&caller.principal, command)?;
    let done = match is_over {
        false => faces.calls.submit(command).await,
        // Call control has let go of it; what may still be added goes behind its last fact.
        true => amend(faces, id, command).await,
    };
    match done {
        Ok(_) => match known::find(faces, id).await {
            Ok(known) => Ok(draw(&known, caller, &faces.calls.organization(), faces.now())),
            // Done, and nothing of it is kept.
            Err(_) if known.opening.ephemeral => {
                let last = known.clone().forgotten(faces.now());
                Ok(draw(&last, caller, &faces.calls.organization(), faces.now()))
            }
            Err(problem) => Err(problem),
        },
        Err(Refused::Stale { current }) if version.is_none() => Err(Problem::stale(current)),
        Err(refused) => Err(conflict(faces, id, refused).await),
    }
}

/// Adds to an ended conversation as its facts stand now.
async fn amend(
    faces: &Faces,
    id: ConversationId,
    command: Authorized<ConversationCommand>,
) -> Result<Accepted, Refused> {
    let known = known::find(faces, id).await.map_err(|_| Refused::NotFound)?;
    callcontrol::amend(&faces.journal, &known.conversation, known.version, command, faces.now()).await
}

pub(super) async fn redrawn(
    faces: &Faces,
    caller: &Caller,
    id: ConversationId,
) -> Result<Conversation, Problem> {
    let known = known::find(faces, id).await?;
    Ok(draw(&known, caller, &faces.calls.organization(), faces.now()))
}

/// A refusal with the state the conversation is really in.
async fn conflict(faces: &Faces, id: ConversationId, refused: callcontrol::Refused) -> Problem {
    let problem = Problem::from(refused);
    if !is_conflict(&problem) {
        return problem;
    }
    match known::find(faces, id).await {
        Ok(known) => {
            let state = serde_json::to_value(known.state()).unwrap_or_default();
            problem.with("state", state).with("version", known.version)
        }
        Err(_) => problem,
    }
}

/// Whether this very command had its effect before a restart; the journal knows.
async fn already_done(faces: &Faces, caller: &Caller, id: ConversationId) -> Result<bool, Problem> {
    Ok(done_before(faces, caller).await?.is_some_and(|done| done == id))
}

/// The conversation that a command with this key was about, when it had its effect before.
async fn done_before(faces: &Faces, caller: &Caller) -> Result<Option<ConversationId>, Problem> {
    let Some(command) = &caller.command else { return Ok(None) };
    let found = faces.journal.find_command(caller.id(), &command.key).await.map_err(|error| {
        tracing::error!(error.message = %error, "the journal could not be read");
        Problem::internal()
    })?;
    let Some(record) = found else { return Ok(None) };
    if record.body_hash != command.body_hash {
        return Err(idempotency::reused());
    }
    let answer: Value = serde_json::from_str(&record.answer).unwrap_or_default();
    let id = answer["conversation"].as_str().and_then(|text| text.parse().ok());
    Ok(id)
}

/// The queue a request names.
fn named_queue(faces: &Faces, id: Option<Uuid>) -> Result<Option<QueueId>, Problem> {
    let Some(queue) = id.map(QueueId) else { return Ok(None) };
    if faces.calls.organization().queues.contains_key(&queue) {
        Ok(Some(queue))
    } else {
        Err(Problem::invalid_field("queue_id", "names no queue"))
    }
}
