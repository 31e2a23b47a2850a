//! Who and what the files' names mean here: users, teams and queues of the same name, or rows of the import's own.

use std::collections::{BTreeMap, HashMap};

use sea_orm::{ConnectionTrait, DbErr, FromQueryResult, Statement};
use uuid::Uuid;

use super::{id_of, read::Files};
use crate::entity::{imported_queue, imported_user};

/// Ids by the files' own names.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) users: HashMap<String, Uuid>,
    /// As each is written; names that differ in case only are one queue.
    pub(super) queues: HashMap<String, Uuid>,
    /// Those who are no users here, and queues that are none.
    pub(super) new_users: Vec<imported_user::Model>,
    pub(super) new_queues: Vec<imported_queue::Model>,
}

#[derive(FromQueryResult)]
struct NamedRow {
    id: Uuid,
    name: String,
}

async fn named(connection: &impl ConnectionTrait, sql: &str) -> Result<BTreeMap<String, Uuid>, DbErr> {
    let rows = NamedRow::find_by_statement(Statement::from_string(connection.get_database_backend(), sql))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.name.to_lowercase(), row.id)).collect())
}

/// An agent whose id is somebody's username is that user; a queue or team goes by its name.
pub(super) async fn names(connection: &impl ConnectionTrait, files: &Files) -> Result<Names, DbErr> {
    let users = named(connection, "SELECT id, username AS name FROM users").await?;
    let teams = named(connection, "SELECT id, name FROM teams").await?;
    let queues = named(connection, "SELECT id, name FROM queues").await?;
    let mut names = Names::default();
    for agent in &files.agents {
        let known = users.get(&agent.id.to_lowercase()).copied();
        let id = known.unwrap_or_else(|| id_of("agent", &agent.id));
        names.users.insert(agent.id.clone(), id);
        if known.is_none() {
            names.new_users.push(imported_user::Model {
                id,
                external_id: agent.id.clone(),
                name: agent.name.clone(),
                role: agent.role.to_owned(),
                tier: agent.tier,
                team: agent.team.clone(),
                team_id: agent.team.as_ref().and_then(|team| teams.get(&team.to_lowercase()).copied()),
            });
        }
    }
    for queue in files.calls.iter().filter_map(|call| call.queue.as_ref()) {
        if names.queues.contains_key(queue) {
            continue;
        }
        let lower = queue.to_lowercase();
        let known = queues.get(&lower).copied();
        let id = known.unwrap_or_else(|| id_of("queue", &lower));
        if known.is_none() && names.new_queues.iter().all(|row| row.id != id) {
            names.new_queues.push(imported_queue::Model { id, name: queue.clone() });
        }
        names.queues.insert(queue.clone(), id);
    }
    Ok(names)
}
