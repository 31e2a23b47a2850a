//! Why somebody's presence is what it is, and who chose it; offers, and more about legs and calls, for other tools.

use sea_orm_migration::{prelude::*, schema::*, sea_orm::DbBackend};

use crate::m20261121_000006_views as views;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: &[&str] = &["cause", "reason"];
const IDS: &[&str] = &["status_id", "by_user_id"];

/// Every view anew, since ids that are none were `----` on SQLite; what is new stands behind what was there, as Postgres
/// wants it. `{…}` is an id, `[…]` a time.
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
         c.wrap_up_ms / 1000.0 AS wrap_up_seconds, c.ivr_ms / 1000.0 AS ivr_seconds, c.hold_count, \
         c.longest_hold_ms / 1000.0 AS longest_hold_seconds, c.disconnect_reason AS end_reason, w.name AS wrap_up_code, \
         coalesce(q.name, i.name) AS queue \
         FROM voice_call c LEFT JOIN wrap_up_codes w ON w.id = c.wrap_up_code_id \
         LEFT JOIN queues q ON q.id = c.queue_id LEFT JOIN imported_queue i ON i.id = c.queue_id",
    ),
    (
        "leg_facts",
        "SELECT {l.id} AS call_leg_id, {l.leg_id} AS leg_id, {l.voice_call_id} AS call_id, \
         {l.conversation_id} AS conversation_id, {l.user_id} AS user_id, l.role, [l.ring_at] AS ring_at, \
         [l.answered_at] AS answered_at, [l.ended_at] AS ended_at, l.end_reason, l.mos_hundredths / 100.0 AS mos, \
         l.loss_hundredths / 100.0 AS loss_percent, l.jitter_ms, l.rtt_ms FROM call_leg l",
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
         (p.end_at - p.start_at) / 1000.0 AS seconds, s.name AS status_name, p.cause, {p.by_user_id} AS by_user_id, \
         p.reason, p.origin FROM agent_status p LEFT JOIN presence_statuses s ON s.id = p.status_id",
    ),
    (
        "offer_facts",
        "SELECT {o.id} AS offer_id, {o.conversation_id} AS conversation_id, {o.queue_id} AS queue_id, \
         {o.user_id} AS user_id, o.state, o.reason, [o.offered_at] AS offered_at, [o.expires_at] AS expires_at, \
         [o.ended_at] AS ended_at, (o.ended_at - o.offered_at) / 1000.0 AS seconds FROM offer o",
    ),
    (
        "people",
        "SELECT {u.id} AS user_id, u.username AS external_id, u.display_name AS name, u.tier, t.name AS team \
         FROM users u LEFT JOIN teams t ON t.id = u.team_id UNION ALL \
         SELECT {m.id}, m.external_id, m.name, m.tier, m.team FROM imported_user m",
    ),
];

/// What SQLite makes of an id that is none.
fn written(text: &str, backend: DbBackend) -> String {
    views::written(text, backend, |id| format!("nullif({id}, '----')"))
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let texts = COLUMNS.iter().map(|name| text_null(*name));
        for column in texts.chain(IDS.iter().map(|name| uuid_null(*name))) {
            manager.alter_table(Table::alter().table("agent_status").add_column(column).to_owned()).await?;
        }
        let backend = manager.get_database_backend();
        if backend == DbBackend::Sqlite {
            views::drop(manager, VIEWS).await?;
        }
        views::make(manager, VIEWS, |text| written(text, backend)).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        views::drop(manager, VIEWS).await?;
        for column in COLUMNS.iter().chain(IDS) {
            let drop = Table::alter().table("agent_status").drop_column(*column).to_owned();
            manager.alter_table(drop).await?;
        }
        views::first(manager).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
