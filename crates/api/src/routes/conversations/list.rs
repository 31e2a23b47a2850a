//! Lists of conversations, newest first.

use reporting::ConversationFilter;
use serde::Deserialize;
use store::Page;
use terms::{QueueId, Timestamp, UserId};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::Conversation;
use crate::{
    Faces,
    answer::{Json, List},
    body::draw,
    caller::Caller,
    ended,
    extract::{Query, State},
    known::Known,
    noun::page,
    problem::Problem,
    routes::people::{read_cursor, write_cursor},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Which {
    Live,
    Ended,
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConversationQuery {
    /// `live` when not given.
    #[param(inline)]
    state: Option<Which>,
    queue_id: Option<Uuid>,
    /// Somebody who has or had a part in it.
    user_id: Option<Uuid>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    cursor: Option<String>,
}

pub(crate) async fn list(
    faces: State,
    caller: Caller,
    query: Query<ConversationQuery>,
) -> Result<Json<List<Conversation>>, Problem> {
    let query = query.0;
    let page = page(query.limit, query.cursor)?;
    let (found, next_cursor) = match query.state.unwrap_or(Which::Live) {
        Which::Live => live(&faces, &caller, query.queue_id, query.user_id, &page).await?,
        Which::Ended => {
            let filter = ConversationFilter {
                queue_id: query.queue_id.map(QueueId),
                involving: query.user_id.map(UserId),
                ..ConversationFilter::default()
            };
            ended::visible(&faces, &caller, filter, &page).await?
        }
    };
    let (organization, now) = (faces.calls.organization(), faces.now());
    let mut items = Vec::with_capacity(found.len());
    for known in &found {
        let mut drawn = draw(known, &caller, &organization, now);
        drawn.number(&faces).await?;
        items.push(drawn);
    }
    Ok(Json::new(List { items, next_cursor }))
}

fn key(known: &Known) -> (Timestamp, Uuid) {
    (known.opening.at, known.id().0)
}

/// One in which only somebody's wrap-up goes on counts as live.
async fn live(
    faces: &Faces,
    caller: &Caller,
    queue: Option<Uuid>,
    user: Option<Uuid>,
    page: &Page,
) -> Result<(Vec<Known>, Option<String>), Problem> {
    let after: Option<(i64, Uuid)> = page.cursor.as_deref().map(read_cursor).transpose()?;
    let organization = faces.calls.organization();
    let all = faces.calls.conversations().await?.into_iter().map(Known::from);
    let mut found: Vec<Known> = all
        .filter(|known| !known.conversation.is_ended() || !known.wrapping_up.is_empty())
        .filter(|known| known.is_visible_to(caller, &organization))
        .filter(|known| queue.is_none_or(|id| known.conversation.queue() == Some(QueueId(id))))
        .filter(|known| user.is_none_or(|id| known.parties().contains(&UserId(id))))
        .filter(|known| after.is_none_or(|(at, id)| key(known) < (Timestamp::from_ms(at), id)))
        .collect();
    found.sort_by_key(|known| std::cmp::Reverse(key(known)));
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = match found.last() {
        Some(last) if more => Some(write_cursor(&(key(last).0.ms(), key(last).1))),
        _ => None,
    };
    Ok((found, next_cursor))
}
