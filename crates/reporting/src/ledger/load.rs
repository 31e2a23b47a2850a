//! Reading from the database who people and queues are, their presence, and the facts of a time.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use uuid::Uuid;

use super::{
    Known, LONGEST_MS, Ledger, Person, Queue, Repeats, Status, Window, customer, matter, packed::Part,
    raw::Raw,
};
use crate::{
    entity::{agent_status, imported_queue, imported_user, voice_call},
    metric::{FCR_MS, INBOUND},
};

/// T of a queue that is none of ours.
pub(super) const SERVICE_LEVEL_MS: i64 = 20_000;

/// Everything that a report about this window can need, read anew; what goes on ends, for now, at `now`.
pub async fn load(database: &impl ConnectionTrait, window: Window, now: i64) -> Result<Ledger, DbErr> {
    let (mut ledger, mut known) = today(database, now).await?;
    let mut ids: Vec<Uuid> = voice_call::Entity::find()
        .select_only()
        .column(voice_call::Column::ConversationId)
        .distinct()
        .filter(in_window(window))
        .into_tuple()
        .all(database)
        .await?;
    ids.sort_unstable();
    let part = Part::build(Raw::read(database, &ids).await?);
    ledger.share(&mut known, Arc::new(part), Arc::default());
    statuses(database, &mut ledger, &known, window).await?;
    // A customer's second call may lie outside.
    let _fresh = ledger.repeats.set(repeats(database, window).await?);
    Ok(ledger)
}

fn in_window(window: Window) -> Condition {
    use voice_call::Column;
    let from = window.from.map(|from| Column::StartedAt.gte(from.saturating_sub(LONGEST_MS)));
    let to = window.to.map(|to| Column::StartedAt.lt(to));
    Condition::all().add_option(from).add_option(to)
}

#[derive(FromQueryResult)]
struct PersonRow {
    id: Uuid,
    external: String,
    name: String,
    tier: Option<i32>,
    team: Option<String>,
    team_id: Option<Uuid>,
}

#[derive(FromQueryResult)]
struct QueueRow {
    id: Uuid,
    name: String,
    service_level_seconds: i32,
}

#[derive(FromQueryResult)]
struct NameRow {
    id: Uuid,
    name: String,
}

#[derive(FromQueryResult)]
struct InboundRow {
    customer_id: Option<String>,
    from_address: Option<String>,
    subject: Option<String>,
    case_category: Option<String>,
    started_at: i64,
}

async fn rows<T: FromQueryResult>(database: &impl ConnectionTrait, sql: &str) -> Result<Vec<T>, DbErr> {
    T::find_by_statement(Statement::from_string(database.get_database_backend(), sql)).all(database).await
}

/// Who people are today, and what queues and wrap-up codes are called; nothing has happened in this ledger yet.
pub(super) async fn today(database: &impl ConnectionTrait, now: i64) -> Result<(Ledger, Known), DbErr> {
    let mut ledger = Ledger { now, ..Ledger::default() };
    people(database, &mut ledger).await?;
    queues(database, &mut ledger).await?;
    let codes: Vec<NameRow> = rows(database, "SELECT id, name FROM wrap_up_codes").await?;
    let known = ledger.known(codes.into_iter().map(|row| (row.id, row.name.into())).collect());
    Ok((ledger, known))
}

/// An empty text says nothing.
fn maybe(text: Option<String>) -> Option<Arc<str>> {
    text.filter(|text| !text.is_empty()).map(Into::into)
}

async fn people(database: &impl ConnectionTrait, ledger: &mut Ledger) -> Result<(), DbErr> {
    let users = "SELECT u.id, u.username AS external, u.display_name AS name, u.tier, t.name AS team, \
                 u.team_id FROM users u LEFT JOIN teams t ON t.id = u.team_id";
    let mut found: Vec<PersonRow> = rows(database, users).await?;
    let known: BTreeSet<Uuid> = found.iter().map(|row| row.id).collect();
    let imported = imported_user::Entity::find().all(database).await?;
    found.extend(imported.into_iter().filter(|row| !known.contains(&row.id)).map(|row| PersonRow {
        id: row.id,
        external: row.external_id,
        name: row.name,
        tier: row.tier,
        team: row.team,
        team_id: row.team_id,
    }));
    found.sort_by(|left, right| (&left.name, &left.external).cmp(&(&right.name, &right.external)));
    let mut names: BTreeMap<String, u32> = BTreeMap::new();
    for row in &found {
        *names.entry(row.name.clone()).or_default() += 1;
    }
    for row in found {
        let alone = names.get(&row.name).copied() == Some(1) && !row.name.is_empty();
        let label = if alone { row.name } else { format!("{} ({})", row.name, row.external) };
        ledger.people.push(Person {
            id: row.id,
            label: label.into(),
            external: row.external.into(),
            tier: row.tier,
            team: maybe(row.team),
            team_id: row.team_id,
        });
    }
    Ok(())
}

async fn queues(database: &impl ConnectionTrait, ledger: &mut Ledger) -> Result<(), DbErr> {
    let mut found: Vec<QueueRow> =
        rows(database, "SELECT id, name, service_level_seconds FROM queues").await?;
    let known: BTreeSet<Uuid> = found.iter().map(|row| row.id).collect();
    let imported = imported_queue::Entity::find().all(database).await?;
    found.extend(imported.into_iter().filter(|row| !known.contains(&row.id)).map(|row| {
        let seconds = i32::try_from(SERVICE_LEVEL_MS / 1000).unwrap_or_default();
        QueueRow { id: row.id, name: row.name, service_level_seconds: seconds }
    }));
    let queue = |row: QueueRow| Queue {
        id: row.id,
        name: row.name.into(),
        service_level_ms: i64::from(row.service_level_seconds) * 1000,
    };
    ledger.queues = found.into_iter().map(queue).collect();
    Ok(())
}

pub(super) async fn statuses(
    database: &impl ConnectionTrait,
    ledger: &mut Ledger,
    known: &Known,
    window: Window,
) -> Result<(), DbErr> {
    use agent_status::{Column, Entity};
    let mut query = Entity::find();
    if let Some(to) = window.to {
        query = query.filter(Column::StartAt.lt(to));
    }
    if let Some(from) = window.from {
        query = query.filter(Condition::any().add(Column::EndAt.is_null()).add(Column::EndAt.gt(from)));
    }
    let found = query.order_by_asc(Column::UserId).order_by_asc(Column::StartAt).all(database).await?;
    let named: Vec<NameRow> = rows(database, "SELECT id, name FROM presence_statuses").await?;
    let named: BTreeMap<Uuid, Arc<str>> = named.into_iter().map(|row| (row.id, row.name.into())).collect();
    let mut words = Words::default();
    for row in found {
        let Some(person) = known.people.get(&row.user_id).copied() else { continue };
        ledger.statuses.push(Status {
            person,
            status: words.one(row.status),
            name: row.status_id.and_then(|status| named.get(&status)).cloned(),
            cause: row.cause.map(|cause| words.one(cause)),
            by: row.by_user_id.and_then(|by| known.people.get(&by)).copied(),
            reason: maybe(row.reason),
            start: row.start_at,
            end: row.end_at.unwrap_or(ledger.now).max(row.start_at),
        });
    }
    Ok(())
}

/// Each word once.
#[derive(Default)]
struct Words(BTreeSet<Arc<str>>);

impl Words {
    fn one(&mut self, word: String) -> Arc<str> {
        if let Some(known) = self.0.get(word.as_str()) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        self.0.insert(Arc::clone(&word));
        word
    }
}

async fn repeats(database: &impl ConnectionTrait, window: Window) -> Result<Repeats, DbErr> {
    use voice_call::{Column, Entity};
    let from = window.from.map(|from| Column::StartedAt.gte(from.saturating_sub(FCR_MS)));
    let to = window.to.map(|to| Column::StartedAt.lt(to.saturating_add(FCR_MS)));
    let found: Vec<InboundRow> = Entity::find()
        .select_only()
        .columns([
            Column::CustomerId,
            Column::FromAddress,
            Column::Subject,
            Column::CaseCategory,
            Column::StartedAt,
        ])
        .filter(Column::CallType.eq(INBOUND))
        .filter(Column::Depth.eq(0))
        .filter(Condition::all().add_option(from).add_option(to))
        .into_model()
        .all(database)
        .await?;
    let mut repeats: Repeats = HashMap::new();
    let text = |text: Option<String>| text.filter(|text| !text.is_empty());
    for row in found {
        let who = customer(row.customer_id, row.from_address.as_deref(), INBOUND);
        let Some(who) = text(who) else { continue };
        let (category, subject) = (text(row.case_category), text(row.subject));
        let key = matter(&who, category.as_deref(), subject.as_deref());
        repeats.entry(key).or_default().push(row.started_at);
    }
    repeats.values_mut().for_each(|times| times.sort_unstable());
    Ok(repeats)
}
