//! Chosen presence, from routing's stream, as intervals: who was available, busy or away, and when.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait},
};
use serde::Deserialize;
use store::Record;
use terms::{PresenceStatusId, UserId};
use uuid::Uuid;

use crate::{
    entity::agent_status::{ActiveModel, Column, Entity, Model},
    rows::{ORIGIN, insert, sound},
    story::ROUTING,
};

/// What of routing's stream is presence.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Fact {
    PresenceSet {
        user: UserId,
        status: Said,
        /// None in journals of before.
        #[serde(default)]
        cause: Option<String>,
        #[serde(default)]
        by: Option<UserId>,
        #[serde(default)]
        reason: Option<String>,
    },
    Roster {
        chosen: Vec<(UserId, Said)>,
    },
    #[serde(other)]
    Other,
}

#[derive(Debug, Deserialize)]
struct Said {
    id: PresenceStatusId,
    kind: String,
}

/// Somebody's presence from a moment on.
#[derive(Debug)]
pub(super) struct Moved {
    user: Uuid,
    status: &'static str,
    status_id: Uuid,
    why: Why,
    at: i64,
    version: u64,
}

/// What made it so, whose choice it was, and what they said.
#[derive(Debug, Default)]
struct Why {
    cause: Option<String>,
    by: Option<Uuid>,
    reason: Option<String>,
}

impl Moved {
    /// Whether this is what goes on; what was kept before statuses were told apart goes by its kind.
    fn holds(&self, open: Option<&Model>) -> bool {
        match open {
            None => self.status == "offline",
            Some(row) => {
                row.status == self.status && row.status_id.is_none_or(|status| status == self.status_id)
            }
        }
    }
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
            Ok(Fact::PresenceSet { user, status, cause, by, reason }) => {
                let why = Why { cause, by: by.map(|by| by.0), reason: reason.map(sound) };
                vec![(user, status, why)]
            }
            Ok(Fact::Roster { chosen }) => {
                chosen.into_iter().map(|(user, status)| (user, status, Why::default())).collect()
            }
            Ok(Fact::Other) | Err(_) => continue,
        };
        for (user, said, why) in said {
            let Some(status) = word(&said.kind) else { continue };
            let (user, status_id) = (user.0, said.id.0);
            found.push(Moved { user, status, status_id, why, at: record.at.ms(), version: record.version });
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
            if moved.holds(open.as_ref()) {
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
                status_id: Some(moved.status_id),
                start_at: moved.at,
                end_at: None,
                cause: moved.why.cause,
                by_user_id: moved.why.by,
                reason: moved.why.reason,
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
