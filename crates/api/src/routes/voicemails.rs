//! Voicemails: what callers left, offered to agents and kept until it is done.

use access::{Area, Permission, authorize};
use actix_web::{HttpResponse, http::header};
use callcontrol::{ActOnMessage, LiveMessage, MessageAct, MessageDone};
use reporting::{QueryError, query};
use serde::{Deserialize, Serialize};
use terms::{MessageId, QueueId, VoiceCallId};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use voicecall::message::{LeftMessage, MessageState};

use super::conversations::{made, redrawn};
use crate::{
    Faces,
    answer::{Created, Json, List},
    body::{Conversation, Time, masked},
    caller::Caller,
    extract::{Body, Id, Path, Query, State},
    noun::{Complaints, page},
    problem::Problem,
};

/// Where a voicemail stands: `waiting`, `offered` to an agent, `assigned` to the one who took it, `done`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum VoicemailState {
    Waiting,
    Offered,
    Assigned,
    Done,
}

/// A message that a caller left for a queue.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Voicemail {
    id: Uuid,
    version: u64,
    conversation_id: Uuid,
    voice_call_id: Uuid,
    queue_id: Uuid,
    /// Masked without `view_full_numbers`. Null for who withholds it.
    phone_number: Option<String>,
    started_at: Time,
    duration_seconds: f64,
    state: VoicemailState,
    /// Whose it is; while it is offered, who is asked; of one that is done, who did it.
    agent_id: Option<Uuid>,
    listened_by: Option<Uuid>,
    listened_at: Option<Time>,
    /// The last call back to whoever left it.
    called_back_conversation_id: Option<Uuid>,
    done_at: Option<Time>,
}

impl Voicemail {
    fn of(live: &LiveMessage, caller: &Caller) -> Self {
        let left = &live.message;
        let state = match (left.state, live.offered_to) {
            (MessageState::Assigned, _) => VoicemailState::Assigned,
            (MessageState::Waiting | MessageState::Recording, None) => VoicemailState::Waiting,
            (MessageState::Waiting | MessageState::Recording, Some(_)) => VoicemailState::Offered,
            (MessageState::Done | MessageState::Dropped | MessageState::Lost, _) => VoicemailState::Done,
        };
        let agent = live.offered_to.or(left.agent);
        let whole = caller.permits(Permission::ViewFullNumbers, &Area::of_queue(left.queue));
        Self {
            id: left.id.0,
            version: left.version,
            conversation_id: left.conversation.0,
            voice_call_id: VoiceCallId::new(left.conversation, left.call).external(),
            queue_id: left.queue.0,
            phone_number: left.number.as_ref().map(|number| masked(number.as_str(), whole)),
            started_at: Time(left.started_at),
            duration_seconds: left.ms as f64 / 1_000.0,
            state,
            agent_id: agent.map(|user| user.0),
            listened_by: left.listened.map(|(by, _)| by.0),
            listened_at: left.listened.map(|(_, at)| Time(at)),
            called_back_conversation_id: left.called_back_in.map(|id| id.0),
            done_at: left.done_at.map(Time),
        }
    }
}

#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum Which {
    #[default]
    Open,
    Done,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoicemailQuery {
    /// `open` (all of them, oldest first) when not given; `done`, newest first.
    #[serde(default)]
    #[param(value_type = Option<String>)]
    state: Which,
    queue_id: Option<Uuid>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    cursor: Option<String>,
}

fn supervises(caller: &Caller, queue: QueueId) -> bool {
    let area = Area::of_queue(queue);
    caller.permits(Permission::ManageWaiting, &area) || caller.permits(Permission::ViewLive, &area)
}

fn is_own(live: &LiveMessage, caller: &Caller) -> bool {
    let user = Some(caller.user());
    live.offered_to == user || live.message.state == MessageState::Assigned && live.message.agent == user
}

fn sees(live: &LiveMessage, caller: &Caller) -> bool {
    is_own(live, caller) || supervises(caller, live.message.queue)
}

pub(crate) async fn list(
    faces: State,
    caller: Caller,
    query: Query<VoicemailQuery>,
) -> Result<Json<List<Voicemail>>, Problem> {
    let VoicemailQuery { state, queue_id, limit, cursor } = query.0;
    let page = page(limit, cursor)?;
    let queue = queue_id.map(QueueId);
    if let Which::Done = state {
        let queues = faces.calls.organization();
        let of = queues.queues.keys().copied().filter(|queue| supervises(&caller, *queue)).collect();
        let filter = query::VoicemailFilter { by: caller.user(), of, queue };
        let (done, next_cursor) = query::voicemails(faces.store.database(), &filter, &page).await?;
        let live = |message| LiveMessage { message, offered_to: None };
        let items = done.into_iter().map(|one| Voicemail::of(&live(one), &caller)).collect();
        return Ok(Json::new(List { items, next_cursor }));
    }
    if page.cursor.is_some() {
        return Err(QueryError::BadCursor.into());
    }
    let open = faces.calls.messages().await?;
    let open = open.iter().filter(|live| live.message.state != MessageState::Recording);
    let open = open.filter(|live| queue.is_none_or(|queue| live.message.queue == queue));
    let items = open.filter(|live| sees(live, &caller)).map(|live| Voicemail::of(live, &caller)).collect();
    Ok(Json::new(List { items, next_cursor: None }))
}

/// One that the caller sees; whether it goes on.
async fn find(faces: &Faces, caller: &Caller, id: MessageId) -> Result<(LiveMessage, bool), Problem> {
    let missing = || Problem::not_found("voicemail");
    let open = faces.calls.messages().await?;
    if let Some(live) = open.into_iter().find(|live| live.message.id == id) {
        let there = live.message.state != MessageState::Recording && sees(&live, caller);
        return there.then_some((live, true)).ok_or_else(missing);
    }
    let done: LeftMessage = query::voicemail(faces.store.database(), id).await?.ok_or_else(missing)?;
    let own = done.agent == Some(caller.user());
    let seen = done.state == MessageState::Done && (own || supervises(caller, done.queue));
    seen.then_some((LiveMessage { message: done, offered_to: None }, false)).ok_or_else(missing)
}

pub(crate) async fn get(faces: State, caller: Caller, path: Path<Id>) -> Result<Json<Voicemail>, Problem> {
    let (live, _) = find(&faces, &caller, MessageId(path.0.id)).await?;
    Ok(Json::new(Voicemail::of(&live, &caller)))
}

/// Done, journaled and audited.
async fn act(faces: &Faces, caller: &Caller, id: Uuid, act: MessageAct) -> Result<MessageDone, Problem> {
    let (live, open) = find(faces, caller, MessageId(id)).await?;
    if !open {
        return Err(Problem::conflict("state_conflict", "the voicemail is done").with("reason", "done"));
    }
    let (own, queue) = (is_own(&live, caller), live.message.queue);
    let name = act.name();
    let what = ActOnMessage { message: live.message.id, queue, own, act };
    let done = *faces.calls.act_on_message(authorize(&caller.principal, what)?).await?;
    audit(faces, caller, name, &done.message).await;
    Ok(done)
}

/// It is done and journaled; a database that does not answer must not undo it, so the gap is logged instead.
async fn audit(faces: &Faces, caller: &Caller, name: &str, live: &LiveMessage) {
    let subject = format!("voicemail/{}", live.message.id);
    let told = serde_json::json!({ "queue_id": live.message.queue });
    let by = caller.by(faces.now());
    if let Err(error) = faces.store.audit(&by, name, &subject, None, Some(told)).await {
        tracing::error!(voicemail.id = %live.message.id, error.message = %error, audit.action = name, "an audit event could not be written");
    }
}

/// Nothing to say.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Told {}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DeclineVoicemail {
    reason: Option<String>,
}

pub(crate) async fn accept(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    _: Body<Told>,
) -> Result<Json<Voicemail>, Problem> {
    let done = act(&faces, &caller, path.0.id, MessageAct::Accept).await?;
    Ok(Json::new(Voicemail::of(&done.message, &caller)))
}

pub(crate) async fn decline(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<DeclineVoicemail>,
) -> Result<Json<Voicemail>, Problem> {
    let mut complaints = Complaints::default();
    complaints.text("reason", body.0.reason.as_deref().unwrap_or_default());
    complaints.done()?;
    let done = act(&faces, &caller, path.0.id, MessageAct::Decline { reason: body.0.reason }).await?;
    Ok(Json::new(Voicemail::of(&done.message, &caller)))
}

pub(crate) async fn requeue(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    _: Body<Told>,
) -> Result<Json<Voicemail>, Problem> {
    let done = act(&faces, &caller, path.0.id, MessageAct::Requeue).await?;
    Ok(Json::new(Voicemail::of(&done.message, &caller)))
}

pub(crate) async fn finish(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    _: Body<Told>,
) -> Result<Json<Voicemail>, Problem> {
    let done = act(&faces, &caller, path.0.id, MessageAct::Done).await?;
    Ok(Json::new(Voicemail::of(&done.message, &caller)))
}

pub(crate) async fn call_back(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    _: Body<Told>,
) -> Result<Created<Conversation>, Problem> {
    let done = act(&faces, &caller, path.0.id, MessageAct::CallBack).await?;
    let id = done.called_in.ok_or_else(|| Problem::not_found("conversation"))?;
    made(redrawn(&faces, &caller, id).await?)
}

/// The sound as a WAV file; whoever has it in hand has listened to it from then on.
pub(crate) async fn audio(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    request: actix_web::HttpRequest,
) -> Result<HttpResponse, Problem> {
    let (live, open) = find(&faces, &caller, MessageId(path.0.id)).await?;
    let own = live.message.agent == Some(caller.user()) && live.message.state != MessageState::Waiting;
    if open {
        let (message, queue) = (live.message.id, live.message.queue);
        let what = ActOnMessage { message, queue, own, act: MessageAct::Listened };
        faces.calls.act_on_message(authorize(&caller.principal, what)?).await?;
    } else if !own {
        let queue = live.message.queue;
        let what = ActOnMessage { message: live.message.id, queue, own: false, act: MessageAct::Listened };
        authorize(&caller.principal, what)?;
    }
    let file = faces.messages.join(live.message.id.file_name());
    let sound = tokio::fs::read(file).await.map_err(|_| Problem::not_found("sound"))?;
    let range = request.headers().get(header::RANGE).and_then(|value| value.to_str().ok());
    if range.is_none() {
        audit(&faces, &caller, MessageAct::Listened.name(), &live).await;
    }
    Ok(part(sound, range))
}

/// The whole, or the one range that was asked for (RFC 9110, 14.2).
pub(super) fn part(sound: Vec<u8>, range: Option<&str>) -> HttpResponse {
    let length = sound.len();
    let mut wanted = None;
    if let Some(range) = range.and_then(|text| text.strip_prefix("bytes=")).filter(|text| !text.contains(','))
    {
        let (first, last) = range.split_once('-').unwrap_or((range, ""));
        wanted = match (first.parse::<usize>(), last.parse::<usize>()) {
            (Ok(first), Ok(last)) => Some((first, last.saturating_add(1).min(length))),
            (Ok(first), Err(_)) => Some((first, length)),
            (Err(_), Ok(last)) => Some((length.saturating_sub(last), length)),
            (Err(_), Err(_)) => None,
        };
    }
    match wanted {
        Some((first, end)) if first < end => HttpResponse::PartialContent()
            .insert_header((header::CONTENT_TYPE, "audio/wav"))
            .insert_header((header::ACCEPT_RANGES, "bytes"))
            .insert_header((header::CONTENT_RANGE, format!("bytes {first}-{}/{length}", end - 1)))
            .body(sound[first..end].to_vec()),
        Some(_) => HttpResponse::RangeNotSatisfiable()
            .insert_header((header::CONTENT_RANGE, format!("bytes */{length}")))
            .finish(),
        None => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "audio/wav"))
            .insert_header((header::ACCEPT_RANGES, "bytes"))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .body(sound),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_a_part_and_one_behind_the_end_is_refused() {
        let sound = || vec![0; 100];
        let answer = |range| {
            let answer = part(sound(), range);
            let said =
                answer.headers().get(header::CONTENT_RANGE).map(|v| v.to_str().unwrap_or("").to_owned());
            (answer.status().as_u16(), said)
        };
        assert_eq!(answer(None), (200, None));
        assert_eq!(answer(Some("bytes=0-9")), (206, Some("bytes 0-9/100".into())));
        assert_eq!(answer(Some("bytes=90-")), (206, Some("bytes 90-99/100".into())));
        assert_eq!(answer(Some("bytes=-20")), (206, Some("bytes 80-99/100".into())));
        assert_eq!(answer(Some("bytes=100-")), (416, Some("bytes */100".into())));
        assert_eq!(answer(Some("bytes=0-1,4-5")), (200, None));
        assert_eq!(answer(Some("lines=1-2")), (200, None));
    }
}
