//! Ended conversations and their records, from the database, within what the caller may see.

use access::{Permission, Reach};
use callcontrol::Organization;
use reporting::{ConversationFilter, QueryError, Scope, query};
use store::Page;
use terms::{ConversationId, UserId};

use crate::{Faces, caller::Caller, known, known::Known, problem::Problem};

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        match error {
            QueryError::BadCursor => Self::malformed("the cursor does not belong to this list"),
            QueryError::Database(_) | QueryError::Journal(_) => {
                tracing::error!(error.message = %error, "the records could not be read");
                Self::internal()
            }
        }
    }
}

/// What the caller may see: their own calls, and what each set with one of the permissions reaches.
pub(crate) fn scopes(caller: &Caller, permissions: &[Permission], organization: &Organization) -> Vec<Scope> {
    let own = Scope { users: Some(vec![caller.user()]), queues: None };
    let granted = permissions.iter().flat_map(|permission| caller.principal.scopes_of(*permission));
    let reached = granted.map(|scope| Scope {
        users: match &scope.teams {
            Reach::All => None,
            Reach::Only(teams) => Some(users_of(organization, |team| teams.contains(&team))),
        },
        queues: match &scope.queues {
            Reach::All => None,
            Reach::Only(queues) => Some(queues.iter().copied().collect()),
        },
    });
    std::iter::once(own).chain(reached).collect()
}

fn users_of(organization: &Organization, in_reach: impl Fn(terms::TeamId) -> bool) -> Vec<UserId> {
    let users = organization.users.values();
    users.filter(|user| user.team.is_some_and(&in_reach)).map(|user| user.id).collect()
}

/// One page, newest first, with the cursor of the next.
pub(crate) async fn visible(
    faces: &Faces,
    caller: &Caller,
    filter: ConversationFilter,
    page: &Page,
) -> Result<(Vec<Known>, Option<String>), Problem> {
    let organization = faces.calls.organization();
    let seen = scopes(caller, &[Permission::ViewLive, Permission::ViewReports], &organization);
    let filter = ConversationFilter { ended: Some(true), scopes: Some(seen), ..filter };
    let (rows, next) = query::conversations(faces.store.database(), &filter, page).await?;
    let mut found = Vec::with_capacity(rows.len());
    for row in rows {
        // Imported conversations have records and no events to replay.
        let known = known::kept(faces, ConversationId(row.id)).await?;
        found.extend(known.filter(|known| known.is_visible_to(caller, &organization)));
    }
    Ok((found, next))
}
