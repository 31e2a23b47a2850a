//! Documented views for other people's tools (Grafana, Metabase, Superset): in the schema `reporting` on Postgres, with
//! a role that may read them and nothing else; under the same names on SQLite. Ids are text, times are timestamps.

use sea_orm_migration::{prelude::*, sea_orm::DbBackend};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// The name, and what it selects: `{…}` is an id, `[…]` a time.
const VIEWS: &[(&str, &str)] = &[
    (
        "call_chain",
        "SELECT {c.conversation_id} AS conversation_id, {r.id} AS root, {c.parent_id} AS parent, {c.id} AS call_id, \
         c.depth, c.path, c.call_type, c.purpose, {c.previous_id} AS previous, {c.next_id} AS next, c.disposition, \
         [c.started_at] AS started_at, [c.accepted_at] AS answered_at, [c.ended_at] AS ended_at \
         FROM voice_call c JOIN voice_call r ON r.conversation_id = c.conversation_id AND r.depth = 0",
    ),
    (
        "call_facts",
        "SELECT {c.id} AS call_id, c.number, c.external_id, c.origin, {c.conversation_id} AS conversation_id, \
         c.call_type, c.purpose, {c.parent_id} AS parent, c.depth, c.path, {c.user_id} AS user_id, \
         {c.initiator_user_id} AS initiator_user_id, {c.target_user_id} AS target_user_id, {c.queue_id} AS queue_id, \
         c.subject, c.case_category, c.disposition, [c.queued_at] AS queued_at, [c.started_at] AS started_at, \
         [c.accepted_at] AS answered_at, [c.ended_at] AS ended_at, c.duration_ms / 1000.0 AS duration_seconds, \
         c.ring_ms / 1000.0 AS ring_seconds, c.talk_ms / 1000.0 AS talk_seconds, c.hold_ms / 1000.0 AS hold_seconds, \
         c.wrap_up_ms / 1000.0 AS wrap_up_seconds FROM voice_call c",
    ),
    (
        "leg_facts",
        "SELECT {l.id} AS call_leg_id, {l.leg_id} AS leg_id, {l.voice_call_id} AS call_id, \
         {l.conversation_id} AS conversation_id, {l.user_id} AS user_id, l.role, [l.ring_at] AS ring_at, \
         [l.answered_at] AS answered_at, [l.ended_at] AS ended_at, l.end_reason, l.mos_hundredths / 100.0 AS mos \
         FROM call_leg l",
    ),
    (
        "segment_facts",
        "SELECT {s.call_leg_id} AS call_leg_id, {s.voice_call_id} AS call_id, {s.conversation_id} AS conversation_id, \
         s.kind, [s.start_at] AS start_at, [s.end_at] AS end_at, (s.end_at - s.start_at) / 1000.0 AS seconds \
         FROM leg_segment s",
    ),
    (
        "coaching_facts",
        "SELECT {i.voice_call_id} AS call_id, {i.supervisor_id} AS supervisor_user_id, \
         {i.agent_user_id} AS agent_user_id, i.mode, [i.start_at] AS start_at, [i.end_at] AS end_at, \
         (i.end_at - i.start_at) / 1000.0 AS seconds FROM coaching_interval i",
    ),
    (
        "presence_facts",
        "SELECT {p.user_id} AS user_id, p.status, [p.start_at] AS start_at, [p.end_at] AS end_at, \
         (p.end_at - p.start_at) / 1000.0 AS seconds FROM agent_status p",
    ),
    (
        "people",
        "SELECT {u.id} AS user_id, u.username AS external_id, u.display_name AS name, u.tier, t.name AS team \
         FROM users u LEFT JOIN teams t ON t.id = u.team_id UNION ALL \
         SELECT {m.id}, m.external_id, m.name, m.tier, m.team FROM imported_user m",
    ),
];

/// Reads the views and nothing else; an administrator lets it sign in (`ALTER ROLE tandem_reader LOGIN PASSWORD …`).
/// Roles belong to the whole server: whoever may not make one goes without.
const READER: &str = "DO $$ BEGIN
  BEGIN
    CREATE ROLE tandem_reader NOLOGIN;
  EXCEPTION WHEN OTHERS THEN NULL;
  END;
  GRANT USAGE ON SCHEMA reporting TO tandem_reader;
  GRANT SELECT ON ALL TABLES IN SCHEMA reporting TO tandem_reader;
EXCEPTION WHEN OTHERS THEN
  RAISE NOTICE 'tandem_reader was not set up: %', SQLERRM;
END $$";

/// Puts what the backend says for ids and times in the places that are marked; `id` is around each id of SQLite's.
pub(crate) fn written(text: &str, backend: DbBackend, id: fn(String) -> String) -> String {
    let postgres = backend == DbBackend::Postgres;
    let mut sql = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(['{', '[']) {
        let (before, marked) = rest.split_at(at);
        let close = if marked.starts_with('{') { '}' } else { ']' };
        let Some((inside, after)) = marked[1..].split_once(close) else { break };
        sql.push_str(before);
        sql.push_str(&match (close, postgres) {
            ('}', true) => format!("{inside}::text"),
            ('}', false) => id(format!(
                "lower(substr(hex({inside}), 1, 8) || '-' || substr(hex({inside}), 9, 4) || '-' || \
                 substr(hex({inside}), 13, 4) || '-' || substr(hex({inside}), 17, 4) || '-' || substr(hex({inside}), 21))"
            )),
            (_, true) => format!("to_timestamp({inside} / 1000.0)"),
            (_, false) => format!("strftime('%Y-%m-%dT%H:%M:%fZ', {inside} / 1000.0, 'unixepoch')"),
        });
        rest = after;
    }
    sql.push_str(rest);
    sql
}

fn schema(manager: &SchemaManager<'_>) -> &'static str {
    if manager.get_database_backend() == DbBackend::Postgres { "reporting." } else { "" }
}

/// The views of this step.
pub(crate) async fn first(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let backend = manager.get_database_backend();
    make(manager, VIEWS, |text| written(text, backend, |id| id)).await
}

pub(crate) async fn make(
    manager: &SchemaManager<'_>,
    views: &[(&str, &str)],
    written: impl Fn(&str) -> String,
) -> Result<(), DbErr> {
    let (connection, schema) = (manager.get_connection(), schema(manager));
    // Where it can be: what people built on a view of before stands on.
    let or_replace = if schema.is_empty() { "" } else { "OR REPLACE " };
    for (name, text) in views {
        let sql = format!("CREATE {or_replace}VIEW {schema}{name} AS {}", written(text));
        connection.execute_unprepared(&sql).await?;
    }
    if manager.get_database_backend() == DbBackend::Postgres {
        connection.execute_unprepared(READER).await?;
    }
    Ok(())
}

pub(crate) async fn drop(manager: &SchemaManager<'_>, views: &[(&str, &str)]) -> Result<(), DbErr> {
    let schema = schema(manager);
    for (name, _) in views {
        let sql = format!("DROP VIEW IF EXISTS {schema}{name}");
        manager.get_connection().execute_unprepared(&sql).await?;
    }
    Ok(())
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            manager.get_connection().execute_unprepared("CREATE SCHEMA IF NOT EXISTS reporting").await?;
        }
        first(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Postgres {
            let connection = manager.get_connection();
            connection.execute_unprepared("DROP SCHEMA IF EXISTS reporting CASCADE").await?;
            return Ok(());
        }
        drop(manager, VIEWS).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
