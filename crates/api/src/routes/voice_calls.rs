//! VoiceCalls: the linked records.

use access::{Area, Permission};
use callcontrol::{Action, Organization};
use reporting::{VoiceCallFilter, VoiceCallRow, query};
use serde::Deserialize;
use terms::{ConversationId, QueueId, UserId, WrapUpCodeId};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;
use voicecall::{CallType, CoachingMode, Details, Disposition, Purpose};

use super::conversations::submit;
use crate::{
    Faces,
    answer::{Json, List},
    body::{CallTypeWord, Conversation, DispositionWord, PurposeWord, Target, Time, VoiceCall},
    caller::Caller,
    ended::scopes,
    extract::{Body, Id, Path, Query, State},
    known,
    noun::{Complaints, page},
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
    Ok(Json::new(seen(&faces, &caller, &row)?.ok_or_else(missing)?))
}

/// The record, when this caller may see it.
fn seen(faces: &Faces, caller: &Caller, row: &VoiceCallRow) -> Result<Option<VoiceCall>, Problem> {
    let organization = faces.calls.organization();
    let sees = is_own(row, caller) || caller.permits(Permission::ViewReports, &area(row, &organization));
    if sees { shown(row, caller, &organization) } else { Ok(None) }
}

/// Whom the caller would call again after this VoiceCall: who called, or was called.
pub(super) async fn other_party(faces: &Faces, caller: &Caller, id: Uuid) -> Result<Target, Problem> {
    let missing = || Problem::not_found("VoiceCall");
    let row = query::voice_call(faces.store.database(), id).await?.ok_or_else(missing)?;
    let call = seen(faces, caller, &row)?.ok_or_else(missing)?;
    let nobody = |why: &str| Problem::invalid_field("target.voice_call_id", why.to_owned());
    if call.purpose == Purpose::Coaching {
        return Err(nobody("a coaching has nobody to call again"));
    }
    let record = &row.record;
    let called_them = call.call_type == CallType::Inbound || record.target_user_id == Some(caller.id());
    let (number, user) = if called_them {
        (&record.from_address, record.initiator_user_id)
    } else {
        (&record.to_address, record.target_user_id)
    };
    match (number, user) {
        (Some(number), _) => Ok(Target::number(number)),
        (None, Some(user)) if user != caller.id() => Ok(Target::user(user)),
        _ => Err(nobody("nobody is known at the other end of it")),
    }
}

/// What is known of a call only later: absent fields stay as they are, an empty text takes one away.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct VoiceCallChange {
    subject: Option<String>,
    case_category: Option<String>,
    related_record: Option<String>,
    /// The result of whoever handled this call, like `notes` and `wrap_up_code_id`.
    resolution: Option<String>,
    notes: Option<String>,
    wrap_up_code_id: Option<Uuid>,
    /// Change it only if its conversation is still at this version.
    version: Option<u64>,
}

impl VoiceCallChange {
    fn details(&self) -> Option<Details> {
        let details = Details {
            subject: self.subject.clone(),
            case_category: self.case_category.clone(),
            related_record: self.related_record.clone(),
            ..Details::default()
        };
        (details != Details::default()).then_some(details)
    }

    fn result(&self) -> Option<Action> {
        let said = self.resolution.is_some() || self.notes.is_some() || self.wrap_up_code_id.is_some();
        said.then(|| Action::WrapUp {
            code: self.wrap_up_code_id.map(WrapUpCodeId),
            resolution: self.resolution.clone(),
            notes: self.notes.clone(),
            done: false,
        })
    }

    fn complaints(&self, faces: &Faces) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        for (field, text) in [
            ("subject", &self.subject),
            ("case_category", &self.case_category),
            ("related_record", &self.related_record),
            ("resolution", &self.resolution),
            ("notes", &self.notes),
        ] {
            complaints.text(field, text.as_deref().unwrap_or_default());
        }
        if let Some(code) = self.wrap_up_code_id {
            let known = faces.organization().wrap_up_codes.iter().any(|row| row.id.0 == code);
            complaints.unless(known, "wrap_up_code_id", "names no wrap-up code");
        }
        complaints.done()
    }
}

/// During the call and after it, by its parties.
pub(crate) async fn change(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<VoiceCallChange>,
) -> Result<Json<VoiceCall>, Problem> {
    let (id, body) = (path.0.id, body.0);
    let missing = || Problem::not_found("VoiceCall");
    body.complaints(&faces)?;
    let row = query::voice_call(faces.store.database(), id).await?.ok_or_else(missing)?;
    seen(&faces, &caller, &row)?.ok_or_else(missing)?;
    if !query::is_from_journal(&row.record) {
        let advice = "this record was imported: change it where it comes from and import it again";
        return Err(Problem::conflict("state_conflict", advice).with("reason", "imported"));
    }
    let result = body.result();
    if result.is_some() && row.record.user_id != Some(caller.id()) {
        return Err(Problem::forbidden("only who handled this call may write its result".to_owned()));
    }
    let known = known::find(&faces, ConversationId(row.record.conversation_id)).await?;
    // One request is one command: its key is remembered with the last of its effects.
    let unkeyed = caller.without_command();
    let mut version = body.version;
    let mut drawn = None;
    if let Some(details) = body.details() {
        let by = if result.is_some() { &unkeyed } else { &caller };
        let action = Action::SetDetails { details };
        drawn = unchanged(submit(&faces, by, &known, action, version.take()).await)?;
    }
    if let Some(result) = result {
        drawn = Some(submit(&faces, &caller, &known, result, version.take()).await?);
    }
    match drawn.and_then(|drawn| drawn.into_voice_call(id)) {
        Some(mut call) => {
            call.number = row.record.number.map(query::number_text);
            Ok(Json::new(call))
        }
        None => Ok(Json::new(seen(&faces, &caller, &row)?.ok_or_else(missing)?)),
    }
}

/// What says what is so already changes nothing, and is no mistake.
fn unchanged(done: Result<Conversation, Problem>) -> Result<Option<Conversation>, Problem> {
    match done {
        Ok(conversation) => Ok(Some(conversation)),
        Err(problem) if problem.says("reason", "no_change") => Ok(None),
        Err(problem) => Err(problem),
    }
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
