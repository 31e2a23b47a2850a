//! Placing a call.

use access::{Permission, authorize};
use callcontrol::{CommandKey, Destination, PlaceCall};
use serde::Deserialize;
use utoipa::ToSchema;
use uuid::Uuid;
use voicecall::Details;

use super::{Conversation, done_before, named_queue, redrawn};
use crate::{
    Faces,
    answer::Created,
    body::Target,
    caller::Caller,
    extract::{Body, State},
    noun::Complaints,
    problem::Problem,
    routes::voice_calls::other_party,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewCall {
    target: Target,
    /// The queue it is made for: its caller id, its reports.
    #[serde(default)]
    queue_id: Option<Uuid>,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default)]
    case_category: Option<String>,
    #[serde(default)]
    related_record: Option<String>,
}

/// The caller's own phone rings first.
pub(crate) async fn place(
    faces: State,
    caller: Caller,
    body: Body<NewCall>,
) -> Result<Created<Conversation>, Problem> {
    let call = body.0;
    if let Some(id) = done_before(&faces, &caller).await? {
        return made(redrawn(&faces, &caller, id).await?);
    }
    let mut complaints = Complaints::default();
    for (field, text) in [
        ("subject", &call.subject),
        ("case_category", &call.case_category),
        ("related_record", &call.related_record),
    ] {
        complaints.text(field, text.as_deref().unwrap_or_default());
    }
    complaints.done()?;
    let to = destination(&faces, &caller, &call.target).await?;
    let queue = named_queue(&faces, call.queue_id)?;
    let details = Details {
        subject: call.subject,
        case_category: call.case_category,
        related_record: call.related_record,
        ..Details::default()
    };
    let key = caller
        .command
        .as_ref()
        .map(|command| CommandKey { key: command.key.clone(), body_hash: command.body_hash.clone() });
    let placed = authorize(&caller.principal, PlaceCall { to, queue, details, key })?;
    let accepted = faces.calls.place(placed).await?;
    made(redrawn(&faces, &caller, accepted.conversation).await?)
}

/// Whom the call is for; a former call's number is looked up here and told to nobody.
async fn destination(faces: &Faces, caller: &Caller, target: &Target) -> Result<Destination, Problem> {
    let organization = faces.calls.organization();
    let Some(former) = target.called_before() else {
        return target.resolve_for(&organization, caller, Permission::PlaceCalls);
    };
    if !caller.holds(Permission::PlaceCalls) {
        return Err(Problem::not_allowed(Permission::PlaceCalls));
    }
    let other = other_party(faces, caller, former).await?;
    // What the number is must not stand in the refusal.
    other.resolve(&organization).map_err(|_| {
        Problem::invalid_field("target.voice_call_id", "its other party cannot be called any more")
    })
}

pub(in crate::routes) fn made(conversation: Conversation) -> Result<Created<Conversation>, Problem> {
    let version = i64::try_from(conversation.version).unwrap_or(i64::MAX);
    let id = conversation.id;
    Ok(Created::new(conversation).tagged(version).at("/v1/conversations", id))
}
