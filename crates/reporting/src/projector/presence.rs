//! Chosen presence, from routing's stream, as intervals: who was available, busy or away, and when.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use serde::Deserialize;
use store::Record;
use terms::UserId;
use uuid::Uuid;

use crate::{
    entity::agent_status::{ActiveModel, Column, Entity, Model},
    rows::{ORIGIN, insert},
    story::ROUTING,
};

/// What of routing's stream is presence.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Fact {
    PresenceSet {
        user: UserId,
        status: Said,
    },
    Roster {
        chosen: Vec<(UserId, Said)>,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Said {
    kind: String,
}

/// Somebody's presence from a moment on.
#[derive(Debug)]
pub(super) struct Moved {
    user: Uuid,
    status: &'static str,
    at: i64,
    version: u64,
}

/// The words of the imported history, where being there for work is `available`.
fn word(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "online" => "available",
        "busy" => "busy",
        "dnd" => "dnd",
        "offline" => "offline",
        _ => return None,
    })
}

pub(super) fn moves<'a>(records: impl IntoIterator<Item = &'a Record>) -> Vec<Moved> {
    let mut found = Vec::new();
    for record in records.into_iter().filter(|record| record.stream == ROUTING) {
        let said = match serde_json::from_str(&record.payload) {
            Ok(Fact::PresenceSet { user, status }) => vec![(user, status)],
            Ok(Fact::Roster { chosen }) => chosen,
            Ok(Fact::Other) | Err(_) => continue,
        };
        for (user, said) in said {
            let Some(status) = word(&said.kind) else { continue };
            found.push(Moved { user: user.0, status, at: record.at.ms(), version: record.version });
        }
    }
    found
}

/// Ends what goes on and begins what is new; saying again what holds already changes nothing.
pub(super) async fn write(connection: &impl ConnectionTrait, moves: Vec<Moved>) -> Result<(), DbErr> {
    let mut by_user: BTreeMap<Uuid, Vec<Moved>> = BTreeMap::new();
    for moved in moves {
        by_user.entry(moved.user).or_default().push(moved);
    }
    let mut rows: Vec<Model> = Vec::new();
    for (user, moves) in by_user {
        let going_on = Column::UserId.eq(user).and(Column::Origin.eq(ORIGIN)).and(Column::EndAt.is_null());
        let open = Entity::find().filter(going_on).one(connection).await?;
        let known = open.as_ref().map(|row| row.id);
        let mut open = open;
        for moved in moves {
            let same = open.as_ref().map_or("offline", |row| row.status.as_str()) == moved.status;
            if same {
                continue;
            }
            if let Some(mut row) = open.take() {
                row.end_at = Some(Ord::max(moved.at, row.start_at));
                if known == Some(row.id) {
                    Entity::update_many()
                        .col_expr(Column::EndAt, Expr::value(row.end_at))
                        .filter(Column::Id.eq(row.id))
                        .exec(connection)
                        .await?;
                } else {
                    rows.push(row);
                }
            }
            open = Some(Model {
                id: Uuid::new_v5(&user, format!("presence/{}", moved.version).as_bytes()),
                user_id: user,
                status: moved.status.to_owned(),
                start_at: moved.at,
                end_at: None,
                origin: ORIGIN.to_owned(),
            });
        }
        rows.extend(open.filter(|row| known != Some(row.id)));
    }
    insert::<ActiveModel>(connection, rows).await
}

/// Before all of the stream is told again.
pub(super) async fn forget(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    Entity::delete_many().filter(Column::Origin.eq(ORIGIN)).exec(connection).await?;
    Ok(())
}
