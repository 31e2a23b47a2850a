//! VoiceCalls: the linked records.

use access::{Area, Permission};
use callcontrol::Organization;
use reporting::{VoiceCallFilter, VoiceCallRow, query};
use serde::Deserialize;
use terms::{ConversationId, QueueId, UserId};
use utoipa::IntoParams;
use uuid::Uuid;
use voicecall::{CallType, CoachingMode, Disposition, Purpose};

use crate::{
    answer::{Json, List},
    body::{CallTypeWord, DispositionWord, PurposeWord, Time, VoiceCall},
    caller::Caller,
    ended::scopes,
    extract::{Id, Path, Query, State},
    noun::page,
    problem::Problem,
};

/// Every one that is given must fit.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct VoiceCallQuery {
    #[param(value_type = Option<CallTypeWord>)]
    call_type: Option<CallType>,
    #[param(value_type = Option<PurposeWord>)]
    purpose: Option<Purpose>,
    conversation_id: Option<Uuid>,
    /// Who answered or handled it.
    user_id: Option<Uuid>,
    /// Who handled, made or was meant by it.
    involving: Option<Uuid>,
    queue_id: Option<Uuid>,
    parent_id: Option<Uuid>,
    subject: Option<String>,
    case_category: Option<String>,
    related_record: Option<String>,
    #[param(value_type = Option<DispositionWord>)]
    disposition: Option<Disposition>,
    answered: Option<bool>,
    ended: Option<bool>,
    /// Started at or after.
    from: Option<Time>,
    /// Started before.
    to: Option<Time>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    cursor: Option<String>,
}

const SEES: &[Permission] = &[Permission::ViewReports];

pub(crate) async fn list(
    faces: State,
    caller: Caller,
    query: Query<VoiceCallQuery>,
) -> Result<Json<List<VoiceCall>>, Problem> {
    let q = query.0;
    let organization = faces.calls.organization();
    let filter = VoiceCallFilter {
        call_type: q.call_type,
        purpose: q.purpose,
        conversation_id: q.conversation_id.map(ConversationId),
        user_id: q.user_id.map(UserId),
        involving: q.involving.map(UserId),
        queue_id: q.queue_id.map(QueueId),
        subject: q.subject,
        case_category: q.case_category,
        related_record: q.related_record,
        from: q.from.map(|time| time.0),
        to: q.to.map(|time| time.0),
        parent_id: q.parent_id,
        disposition: q.disposition,
        answered: q.answered,
        ended: q.ended,
        scopes: Some(scopes(&caller, SEES, &organization)),
    };
    let page = page(q.limit, q.cursor)?;
    let (rows, next_cursor) = query::voice_calls(faces.store.database(), &filter, &page).await?;
    let shown = rows.iter().filter_map(|row| shown(row, &caller, &organization).transpose());
    Ok(Json::new(List { items: shown.collect::<Result<_, Problem>>()?, next_cursor }))
}

pub(crate) async fn get(faces: State, caller: Caller, path: Path<Id>) -> Result<Json<VoiceCall>, Problem> {
    let missing = || Problem::not_found("VoiceCall");
    let row = query::voice_call(faces.store.database(), path.0.id).await?.ok_or_else(missing)?;
    let organization = faces.calls.organization();
    let sees = is_own(&row, &caller) || caller.permits(Permission::ViewReports, &area(&row, &organization));
    let call = if sees { shown(&row, &caller, &organization)? } else { None };
    Ok(Json::new(call.ok_or_else(missing)?))
}

fn is_own(row: &VoiceCallRow, caller: &Caller) -> bool {
    let people = [row.record.user_id, row.record.initiator_user_id, row.record.target_user_id];
    people.contains(&Some(caller.id()))
}

/// The team of who handled it, and its queue.
fn area(row: &VoiceCallRow, organization: &Organization) -> Area {
    let handled = row.record.user_id.or(row.record.target_user_id).or(row.record.initiator_user_id);
    let area = match handled {
        Some(user) => Area::of_agent(organization.users.get(&UserId(user)).and_then(|row| row.team)),
        None => Area::anywhere(),
    };
    area.in_queue(row.record.queue_id.map(QueueId))
}

/// The record as this caller may see it; none for a coaching that the coached agent must not know of.
fn shown(
    row: &VoiceCallRow,
    caller: &Caller,
    organization: &Organization,
) -> Result<Option<VoiceCall>, Problem> {
    let area = area(row, organization);
    let mut call = VoiceCall::read(row, caller.permits(Permission::ViewFullNumbers, &area))?;
    if caller.permits(Permission::ViewReports, &area) {
        return Ok(Some(call));
    }
    let visible = organization.settings.coaching_visible;
    let own = |supervisor: Uuid| supervisor == caller.id();
    call.coaching.retain(|time| {
        own(time.supervisor_id)
            || match time.mode {
                CoachingMode::Monitor => visible.monitor,
                CoachingMode::Whisper => visible.whisper,
                CoachingMode::Barge => true,
            }
    });
    let secret =
        call.purpose == Purpose::Coaching && !call.user_id.is_some_and(own) && call.coaching.is_empty();
    Ok((!secret).then_some(call))
}
