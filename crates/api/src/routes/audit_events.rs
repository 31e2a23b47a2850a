//! The audit log.

use serde::{Deserialize, Serialize};
use store::{AuditEvent as Row, AuditFilter};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    answer::{Json, List},
    body::Time,
    extract::{Query, State},
    noun::page,
    problem::Problem,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct AuditQuery {
    actor_id: Option<Uuid>,
    /// Like `queue/<id>`.
    subject: Option<String>,
    #[param(value_type = Option<Time>)]
    from: Option<Time>,
    /// Exclusive.
    #[param(value_type = Option<Time>)]
    to: Option<Time>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AuditEvent {
    id: Uuid,
    /// 1, 2, 3, … without a gap.
    number: i64,
    at: Time,
    /// A user or an API client; null is the system itself.
    actor_id: Option<Uuid>,
    action: String,
    subject: String,
    /// Secrets stand as `(hidden)`.
    #[schema(value_type = Option<Object>)]
    before: Option<serde_json::Value>,
    #[schema(value_type = Option<Object>)]
    after: Option<serde_json::Value>,
    /// SHA-256 over the event and the hash before it.
    hash: String,
}

fn shown(row: Row) -> AuditEvent {
    let read = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok());
    AuditEvent {
        id: row.id,
        number: row.number,
        at: Time(row.at),
        actor_id: row.actor_id,
        action: row.action,
        subject: row.subject,
        before: read(row.before),
        after: read(row.after),
        hash: row.hash,
    }
}

/// Newest first.
pub(crate) async fn list(faces: State, query: Query<AuditQuery>) -> Result<Json<List<AuditEvent>>, Problem> {
    let query = query.0;
    let filter = AuditFilter {
        actor_id: query.actor_id,
        subject: query.subject,
        from: query.from.map(|time| time.0),
        to: query.to.map(|time| time.0),
    };
    let listed = faces.store.audit_events(&filter, &page(query.limit, query.cursor)?).await?;
    let items = listed.items.into_iter().map(shown).collect();
    Ok(Json::new(List { items, next_cursor: listed.next_cursor }))
}
