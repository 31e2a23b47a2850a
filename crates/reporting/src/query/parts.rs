//! The legs of a conversation with what each did: for imported ones, which have no events to fold.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder,
    sea_query::{Expr, ExprTrait, Query},
};
use terms::ConversationId;
use uuid::Uuid;
use voicecall::{CallType, Purpose, Role, SegmentKind};

use super::QueryError;
use crate::{
    entity::{call_leg, imported_user, leg_segment, voice_call},
    metric, words,
};

/// A leg with its segments, in the order of time.
#[derive(Clone, Debug)]
pub struct Part {
    pub leg: call_leg::Model,
    pub role: Role,
    /// Of somebody in an imported history who is no user here.
    pub name: Option<String>,
    pub segments: Vec<(SegmentKind, i64, Option<i64>)>,
}

pub async fn parts_of(database: &impl ConnectionTrait, id: ConversationId) -> Result<Vec<Part>, QueryError> {
    let legs = call_leg::Entity::find()
        .filter(call_leg::Column::ConversationId.eq(id.0))
        .order_by_asc(call_leg::Column::Ordinal)
        .all(database)
        .await?;
    let segments = leg_segment::Entity::find()
        .filter(leg_segment::Column::ConversationId.eq(id.0))
        .order_by_asc(leg_segment::Column::StartAt)
        .all(database)
        .await?;
    let users: Vec<Uuid> = legs.iter().filter_map(|leg| leg.user_id).collect();
    let mut names: BTreeMap<Uuid, String> = imported_user::Entity::find()
        .filter(imported_user::Column::Id.is_in(users.iter().copied()))
        .all(database)
        .await?
        .into_iter()
        .map(|user| (user.id, user.name))
        .collect();
    names.extend(names_of(database, &users).await?);
    let mut by_leg: BTreeMap<Uuid, Vec<(SegmentKind, i64, Option<i64>)>> = BTreeMap::new();
    for segment in segments {
        let Some(kind) = words::kind(&segment.kind) else { continue };
        by_leg.entry(segment.call_leg_id).or_default().push((kind, segment.start_at, segment.end_at));
    }
    let part = |leg: call_leg::Model| Part {
        role: words::role(&leg.role),
        name: leg.user_id.and_then(|user| names.get(&user)).cloned(),
        segments: by_leg.remove(&leg.id).unwrap_or_default(),
        leg,
    };
    Ok(legs.into_iter().map(part).collect())
}

/// What users are called.
async fn names_of(database: &impl ConnectionTrait, users: &[Uuid]) -> Result<Vec<(Uuid, String)>, DbErr> {
    if users.is_empty() {
        return Ok(Vec::new());
    }
    let (id, name) = (Expr::col("id"), Expr::col("display_name"));
    let select = Query::select()
        .expr_as(id.clone(), "id")
        .expr_as(name, "name")
        .from("users")
        .and_where(id.is_in(users.iter().copied()))
        .to_owned();
    let rows = database.query_all(&select).await?;
    rows.iter().map(|row| Ok((row.try_get("", "id")?, row.try_get("", "name")?))).collect()
}

pub fn purpose_of(record: &voice_call::Model) -> Purpose {
    words::purpose(&record.purpose)
}

/// Whether it handles a customer.
pub fn is_customers(record: &voice_call::Model) -> bool {
    words::call_type(&record.call_type) != CallType::Internal && metric::is_customer_call(purpose_of(record))
}
