//! Which of one's phones rings: the browser or the desk phone.

use access::SubjectKind;
use routing::Token;
use serde::Deserialize;
use store::PhoneKind;
use terms::UserId;
use utoipa::ToSchema;

use super::users::PhoneFields;
use crate::{
    Faces,
    answer::Json,
    body::PhoneKindWord,
    caller::Caller,
    extract::{Body, State},
    problem::Problem,
};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PhoneChoice {
    #[schema(value_type = PhoneKindWord)]
    kind: PhoneKind,
}

/// Not under a call: it is on the other phone.
pub(crate) async fn choose(
    faces: State,
    caller: Caller,
    body: Body<PhoneChoice>,
) -> Result<Json<PhoneFields>, Problem> {
    if caller.kind == SubjectKind::Client {
        return Err(Problem::forbidden("an API client has no phone"));
    }
    if is_on_the_phone(&faces, caller.user()).await? {
        return Err(Problem::conflict(
            "state_conflict",
            "your phone is in use: change it when the call is over",
        )
        .with("reason", "in_call"));
    }
    let by = caller.by(faces.now());
    let row =
        faces.store.users().update(caller.user(), None, &by, |row| row.phone.kind = body.0.kind).await?;
    faces.refresh().await?;
    Ok(Json::new(PhoneFields::of(&row)))
}

async fn is_on_the_phone(faces: &Faces, user: UserId) -> Result<bool, Problem> {
    let agent = faces.calls.agent(user).await?;
    Ok(agent.is_some_and(|agent| matches!(agent.view.token, Token::Offer(_) | Token::Call(_))))
}
