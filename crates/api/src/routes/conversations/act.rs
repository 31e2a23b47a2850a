//! Acting in a conversation: one route for each action.

use std::collections::BTreeMap;

use access::Permission;
use callcontrol::{Action, Destination};
use serde::{Deserialize, Serialize};
use terms::{ConversationId, WrapUpCodeId, limits};
use utoipa::ToSchema;
use uuid::Uuid;
use voicecall::{Details, LegState};

use super::{Conversation, IdAndLeg, Seen, leg_of, named_leg, shown, submit};
use crate::{
    answer::Json,
    body::Target,
    caller::Caller,
    extract::{Body, Id, Path, State},
    known,
    noun::Complaints,
    problem::Problem,
};

type Done = Result<Json<Conversation>, Problem>;

fn done(conversation: Conversation) -> Done {
    let version = i64::try_from(conversation.version).unwrap_or(i64::MAX);
    Ok(Json::new(conversation).tagged(version))
}

async fn act(faces: State, caller: Caller, id: Uuid, action: Action, version: Option<u64>) -> Done {
    let known = known::find_visible(&faces, &caller, ConversationId(id)).await?;
    done(submit(&faces, &caller, &known, action, version).await?)
}

/// Actions that take nothing but the version.
macro_rules! plain {
    ($($name:ident => $action:expr;)*) => {$(
        pub(crate) async fn $name(faces: State, caller: Caller, path: Path<Id>, body: Body<Seen>) -> Done {
            act(faces, caller, path.0.id, $action, body.0.version).await
        }
    )*};
}

plain! {
    consult_swap => Action::SwapConsult;
    consult_merge => Action::MergeConsult;
    consult_complete => Action::CompleteTransfer;
    consult_cancel => Action::CancelConsult;
    leave => Action::Leave;
    retrieve => Action::Retrieve;
    recording_pause => Action::PauseRecording;
    recording_resume => Action::ResumeRecording;
    wrap_up_extend => Action::ExtendWrapUp;
    hang_up => Action::HangUp;
}

/// Actions on one party, or on the natural one when none is named.
#[derive(Clone, Copy, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct OneLeg {
    leg_id: Option<Uuid>,
    version: Option<u64>,
}

macro_rules! on_a_leg {
    ($($name:ident => $action:ident;)*) => {$(
        pub(crate) async fn $name(faces: State, caller: Caller, path: Path<Id>, body: Body<OneLeg>) -> Done {
            let known = known::find_visible(&faces, &caller, ConversationId(path.0.id)).await?;
            let leg = named_leg(&known, body.0.leg_id, "leg_id")?;
            done(submit(&faces, &caller, &known, Action::$action { leg }, body.0.version).await?)
        }
    )*};
}

on_a_leg! {
    hold => Hold;
    resume => Resume;
    mute => Mute;
    unmute => Unmute;
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Decline {
    /// One of the presence configuration's decline reasons, or words of one's own.
    reason: Option<String>,
    version: Option<u64>,
}

pub(crate) async fn decline(faces: State, caller: Caller, path: Path<Id>, body: Body<Decline>) -> Done {
    let mut complaints = Complaints::default();
    complaints.text("reason", body.0.reason.as_deref().unwrap_or_default());
    complaints.done()?;
    let action = Action::Decline { reason: body.0.reason };
    act(faces, caller, path.0.id, action, body.0.version).await
}

/// A softphone answers when its live socket tells it to; a desk phone answers by itself.
pub(crate) async fn accept(faces: State, caller: Caller, path: Path<Id>, body: Body<Seen>) -> Done {
    let known = known::find_visible(&faces, &caller, ConversationId(path.0.id)).await?;
    if let Some(current) = body.0.version.filter(|version| *version != known.version) {
        tracing::debug!(wanted = current, current = known.version, "stale accept refused");
        return Err(callcontrol::Refused::Stale { current: known.version }.into());
    }
    let own = known.conversation.leg_of(caller.user());
    let leg = own.and_then(|ordinal| known.conversation.legs().get(ordinal as usize));
    if !leg.is_some_and(|leg| !leg.incoming && matches!(leg.state, LegState::Ringing { .. })) {
        let state = serde_json::to_value(known.state()).unwrap_or_default();
        return Err(Problem::conflict("state_conflict", "your phone is not ringing for this call")
            .with("state", state)
            .with("version", known.version));
    }
    let organization = faces.calls.organization();
    let desk_phone = organization.users.get(&caller.user()).is_some_and(|user| user.desk_phone);
    if desk_phone || !faces.live.tell_to_answer(caller.user(), known.id()) {
        return Err(Problem::conflict("answer_on_your_phone", "answer this call on your phone itself"));
    }
    Ok(shown(&faces, &caller, &known))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Digits {
    /// `0` to `9`, `*`, `#` and `A` to `D`; sent one after another and not kept.
    digits: String,
    #[serde(default)]
    version: Option<u64>,
}

pub(crate) async fn digits(faces: State, caller: Caller, path: Path<Id>, body: Body<Digits>) -> Done {
    let digits = body.0.digits.to_ascii_uppercase();
    let sound = (1..=limits::DIGITS_MAX).contains(&digits.len())
        && digits.bytes().all(|byte| b"0123456789*#ABCD".contains(&byte));
    if !sound {
        let message = format!("1 to {} of 0-9, *, # and A-D", limits::DIGITS_MAX);
        return Err(Problem::invalid_field("digits", message));
    }
    act(faces, caller, path.0.id, Action::SendDigits { digits }, body.0.version).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConsultStart {
    target: Target,
    /// What the colleague should know before answering.
    #[serde(default)]
    note: Option<String>,
    #[serde(default)]
    version: Option<u64>,
}

pub(crate) async fn consult(faces: State, caller: Caller, path: Path<Id>, body: Body<ConsultStart>) -> Done {
    let body = body.0;
    let mut complaints = Complaints::default();
    complaints.text("note", body.note.as_deref().unwrap_or_default());
    complaints.done()?;
    let to = body.target.resolve_for(&faces.calls.organization(), &caller, Permission::Consult)?;
    act(faces, caller, path.0.id, Action::StartConsult { to, note: body.note }, body.version).await
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Targeted {
    target: Target,
    #[serde(default)]
    version: Option<u64>,
}

pub(crate) async fn transfer(faces: State, caller: Caller, path: Path<Id>, body: Body<Targeted>) -> Done {
    let to = body.0.target.resolve_for(&faces.calls.organization(), &caller, Permission::Transfer)?;
    act(faces, caller, path.0.id, Action::Transfer { to }, body.0.version).await
}

pub(crate) async fn add_participant(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<Targeted>,
) -> Done {
    let to = body.0.target.resolve_for(&faces.calls.organization(), &caller, Permission::AddParticipants)?;
    if matches!(to, Destination::Queue { .. }) {
        let advice = "a queue cannot be added: consult it, and merge when somebody has answered";
        return Err(Problem::invalid_field("target.queue_id", advice));
    }
    act(faces, caller, path.0.id, Action::AddParticipant { to }, body.0.version).await
}

pub(crate) async fn remove_participant(
    faces: State,
    caller: Caller,
    path: Path<IdAndLeg>,
    body: Body<Seen>,
) -> Done {
    let known = known::find_visible(&faces, &caller, ConversationId(path.0.id)).await?;
    let leg = leg_of(&known, path.0.leg_id).ok_or_else(|| Problem::not_found("party"))?;
    let action = Action::RemoveParticipant { leg };
    done(submit(&faces, &caller, &known, action, body.0.version).await?)
}

/// The conversation, and where it is parked.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ParkedConversation {
    /// Dial it, or retrieve the conversation, to get the customer back.
    slot: Option<String>,
    #[serde(flatten)]
    conversation: Conversation,
}

pub(crate) async fn park(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<Seen>,
) -> Result<Json<ParkedConversation>, Problem> {
    let known = known::find_visible(&faces, &caller, ConversationId(path.0.id)).await?;
    let conversation = submit(&faces, &caller, &known, Action::Park, body.0.version).await?;
    let version = i64::try_from(conversation.version).unwrap_or(i64::MAX);
    let slot = conversation.parked_slot().map(str::to_owned);
    Ok(Json::new(ParkedConversation { slot, conversation }).tagged(version))
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RaiseHand {
    /// False takes it down again.
    #[schema(default = true)]
    raised: Option<bool>,
    version: Option<u64>,
}

pub(crate) async fn raise_hand(faces: State, caller: Caller, path: Path<Id>, body: Body<RaiseHand>) -> Done {
    let raised = body.0.raised.unwrap_or(true);
    let action = if raised { Action::RaiseHand } else { Action::LowerHand };
    act(faces, caller, path.0.id, action, body.0.version).await
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct WrapUpResult {
    code_id: Option<Uuid>,
    resolution: Option<String>,
    notes: Option<String>,
    /// The agent is ready for the next call.
    done: bool,
    version: Option<u64>,
}

pub(crate) async fn wrap_up(faces: State, caller: Caller, path: Path<Id>, body: Body<WrapUpResult>) -> Done {
    let body = body.0;
    let mut complaints = Complaints::default();
    complaints.text("resolution", body.resolution.as_deref().unwrap_or_default());
    complaints.text("notes", body.notes.as_deref().unwrap_or_default());
    if let Some(code) = body.code_id {
        let known = faces.organization().wrap_up_codes.iter().any(|row| row.id.0 == code);
        complaints.unless(known, "code_id", "names no wrap-up code");
    }
    complaints.done()?;
    let action = Action::WrapUp {
        code: body.code_id.map(WrapUpCodeId),
        resolution: body.resolution,
        notes: body.notes,
        done: body.done,
    };
    act(faces, caller, path.0.id, action, body.version).await
}

/// Absent fields stay as they are.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DetailsChange {
    subject: Option<String>,
    case_category: Option<String>,
    related_record: Option<String>,
    /// Names not listed stay.
    attributes: BTreeMap<String, String>,
    version: Option<u64>,
}

pub(crate) async fn details(faces: State, caller: Caller, path: Path<Id>, body: Body<DetailsChange>) -> Done {
    let body = body.0;
    let mut complaints = Complaints::default();
    for (field, text) in [
        ("subject", &body.subject),
        ("case_category", &body.case_category),
        ("related_record", &body.related_record),
    ] {
        complaints.text(field, text.as_deref().unwrap_or_default());
    }
    let bytes: usize = body.attributes.iter().map(|(name, value)| name.len() + value.len()).sum();
    complaints.unless(
        bytes <= limits::ATTRIBUTES_BYTES_MAX,
        "attributes",
        format!("at most {} bytes together", limits::ATTRIBUTES_BYTES_MAX),
    );
    complaints.done()?;
    let details = Details {
        subject: body.subject,
        case_category: body.case_category,
        related_record: body.related_record,
        attributes: body.attributes,
    };
    act(faces, caller, path.0.id, Action::SetDetails { details }, body.version).await
}
