//! Reading the facts of a time from the database.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Statement,
};
use uuid::Uuid;
use voicecall::CoachingMode;

use super::{Call, Coaching, Ledger, Leg, Person, Queue, Segment, Status, Text};
use crate::{
    entity::{
        agent_status, call_leg, coaching_interval, imported_queue, imported_user, leg_segment, voice_call,
    },
    metric::{self, FCR_MS},
    words,
};

/// Calls that started in it; None is without an end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Window {
    pub from: Option<i64>,
    pub to: Option<i64>,
}

/// No call of ours is longer; one that began before the window still keeps its agents busy in it.
const LONGEST_CALL_MS: i64 = 24 * 3_600_000;
/// T of a queue that is none of ours.
const SERVICE_LEVEL_MS: i64 = 20_000;

/// Everything that a report about this window can need; what goes on ends, for now, at `now`.
pub async fn load(database: &impl ConnectionTrait, window: Window, now: i64) -> Result<Ledger, DbErr> {
    let mut loading = Loading { ledger: Ledger::default(), texts: BTreeSet::new(), now };
    let mut people = loading.people(database).await?;
    let mut queues = loading.queues(database).await?;
    let calls = loading.calls(database, window, &mut people, &mut queues).await?;
    let legs = loading.legs(database, window, &mut people, &calls).await?;
    loading.segments(database, window, &legs).await?;
    loading.coaching(database, &people, &calls).await?;
    loading.statuses(database, window, &people).await?;
    loading.inbound(database, window).await?;
    Ok(loading.ledger)
}

type Places = BTreeMap<Uuid, u32>;

struct Loading {
    ledger: Ledger,
    texts: BTreeSet<Arc<str>>,
    now: i64,
}

fn place(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

/// The calls whose conversations have a call in the window, or in the day before it.
fn in_window(column: impl ColumnTrait, window: Window) -> Condition {
    if window == Window::default() {
        return Condition::all();
    }
    use voice_call::Column;
    let mut starts = Condition::all();
    if let Some(from) = window.from {
        starts = starts.add(Column::StartedAt.gte(from.saturating_sub(LONGEST_CALL_MS)));
    }
    if let Some(to) = window.to {
        starts = starts.add(Column::StartedAt.lt(to));
    }
    let found = voice_call::Entity::find().select_only().column(Column::ConversationId).filter(starts);
    Condition::all().add(column.in_subquery(found.into_query()))
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
struct CodeRow {
    id: Uuid,
    name: String,
}

#[derive(FromQueryResult)]
struct LegRow {
    id: Uuid,
    voice_call_id: Uuid,
    user_id: Option<Uuid>,
    address: Option<String>,
    role: String,
    ring_at: Option<i64>,
    answered_at: Option<i64>,
    ended_at: Option<i64>,
    end_reason: Option<String>,
    mos_hundredths: Option<i32>,
    loss_hundredths: Option<i32>,
    jitter_ms: Option<i32>,
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

impl Loading {
    fn text(&mut self, text: &str) -> Arc<str> {
        match self.texts.get(text) {
            Some(known) => Arc::clone(known),
            None => {
                let new: Arc<str> = text.into();
                self.texts.insert(Arc::clone(&new));
                new
            }
        }
    }

    /// An empty text says nothing.
    fn maybe(&mut self, text: Option<String>) -> Text {
        text.filter(|text| !text.is_empty()).map(|text| self.text(&text))
    }

    /// Somebody who is no user any more keeps what they did, under a name that says so.
    fn person(&mut self, people: &mut Places, id: Option<Uuid>) -> Option<u32> {
        let id = id?;
        if let Some(known) = people.get(&id) {
            return Some(*known);
        }
        let at = place(self.ledger.people.len());
        let label = self.text(&format!("removed user {}", short(id)));
        let external = self.text(&id.to_string());
        self.ledger.people.push(Person { id, label, external, tier: None, team: None, team_id: None });
        people.insert(id, at);
        Some(at)
    }

    fn queue(&mut self, queues: &mut Places, id: Option<Uuid>) -> Option<u32> {
        let id = id?;
        if let Some(known) = queues.get(&id) {
            return Some(*known);
        }
        let at = place(self.ledger.queues.len());
        let name = self.text(&format!("removed queue {}", short(id)));
        self.ledger.queues.push(Queue { id, name, service_level_ms: SERVICE_LEVEL_MS });
        queues.insert(id, at);
        Some(at)
    }

    async fn people(&mut self, database: &impl ConnectionTrait) -> Result<Places, DbErr> {
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
        let mut places = Places::new();
        for row in found {
            let alone = names.get(&row.name).copied() == Some(1) && !row.name.is_empty();
            let label = if alone { row.name } else { format!("{} ({})", row.name, row.external) };
            places.insert(row.id, place(self.ledger.people.len()));
            let person = Person {
                id: row.id,
                label: self.text(&label),
                external: self.text(&row.external),
                tier: row.tier,
                team: self.maybe(row.team),
                team_id: row.team_id,
            };
            self.ledger.people.push(person);
        }
        Ok(places)
    }

    async fn queues(&mut self, database: &impl ConnectionTrait) -> Result<Places, DbErr> {
        let mut found: Vec<QueueRow> =
            rows(database, "SELECT id, name, service_level_seconds FROM queues").await?;
        let known: BTreeSet<Uuid> = found.iter().map(|row| row.id).collect();
        let imported = imported_queue::Entity::find().all(database).await?;
        found.extend(imported.into_iter().filter(|row| !known.contains(&row.id)).map(|row| {
            let seconds = i32::try_from(SERVICE_LEVEL_MS / 1000).unwrap_or_default();
            QueueRow { id: row.id, name: row.name, service_level_seconds: seconds }
        }));
        let mut places = Places::new();
        for row in found {
            places.insert(row.id, place(self.ledger.queues.len()));
            let name = self.text(&row.name);
            let service_level_ms = i64::from(row.service_level_seconds) * 1000;
            self.ledger.queues.push(Queue { id: row.id, name, service_level_ms });
        }
        Ok(places)
    }

    async fn calls(
        &mut self,
        database: &impl ConnectionTrait,
        window: Window,
        people: &mut Places,
        queues: &mut Places,
    ) -> Result<Places, DbErr> {
        let codes: Vec<CodeRow> = rows(database, "SELECT id, name FROM wrap_up_codes").await?;
        let codes: BTreeMap<Uuid, String> = codes.into_iter().map(|row| (row.id, row.name)).collect();
        use voice_call::Column;
        let found = voice_call::Entity::find()
            .filter(in_window(Column::ConversationId, window))
            .order_by_asc(Column::ConversationId)
            .order_by_asc(Column::Path)
            .all(database)
            .await?;
        let places: Places = found.iter().enumerate().map(|(at, row)| (row.id, place(at))).collect();
        let mut chain = 0..0;
        for (at, row) in found.iter().enumerate() {
            if !chain.contains(&place(at)) {
                let same =
                    found.iter().skip(at).take_while(|other| other.conversation_id == row.conversation_id);
                chain = place(at)..place(at + same.count());
            }
            let call = Call {
                id: row.id,
                number: row.number,
                external: self.maybe(row.external_id.clone()),
                conversation: row.conversation_id,
                chain: chain.clone(),
                call_type: words::call_type(&row.call_type),
                purpose: words::purpose(&row.purpose),
                customer: self.maybe(customer(
                    row.customer_id.clone(),
                    row.from_address.clone(),
                    &row.call_type,
                )),
                parent: row.parent_id.and_then(|id| places.get(&id)).copied(),
                depth: row.depth,
                path: row.path.as_str().into(),
                from: self.maybe(row.from_address.clone()),
                to: self.maybe(row.to_address.clone()),
                user: self.person(people, row.user_id),
                initiator: self.person(people, row.initiator_user_id),
                target: self.person(people, row.target_user_id),
                queue: self.queue(queues, row.queue_id),
                subject: self.maybe(row.subject.clone()),
                category: self.maybe(row.case_category.clone()),
                disposition: self.text(&row.disposition),
                wrap_up_code: self.maybe(row.wrap_up_code_id.and_then(|id| codes.get(&id).cloned())),
                disconnect_reason: self.maybe(row.disconnect_reason.clone()),
                started: row.started_at,
                queued: row.queued_at,
                answered: row.accepted_at,
                ended: row.ended_at,
                imported: row.origin == crate::import::ORIGIN,
                legs: 0..0,
            };
            self.ledger.calls.push(call);
        }
        Ok(places)
    }

    async fn legs(
        &mut self,
        database: &impl ConnectionTrait,
        window: Window,
        people: &mut Places,
        calls: &Places,
    ) -> Result<Places, DbErr> {
        use call_leg::Column;
        let found: Vec<LegRow> = call_leg::Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::VoiceCallId,
                Column::UserId,
                Column::Address,
                Column::Role,
                Column::RingAt,
                Column::AnsweredAt,
                Column::EndedAt,
                Column::EndReason,
                Column::MosHundredths,
                Column::LossHundredths,
                Column::JitterMs,
            ])
            .filter(in_window(Column::ConversationId, window))
            .into_model()
            .all(database)
            .await?;
        let mut found: Vec<(u32, LegRow)> =
            found.into_iter().filter_map(|row| Some((*calls.get(&row.voice_call_id)?, row))).collect();
        found.sort_by_key(|(call, row)| (*call, row.ring_at.or(row.answered_at), row.id));
        let mut places = Places::new();
        for (call, row) in found {
            let at = place(self.ledger.legs.len());
            places.insert(row.id, at);
            if let Some(call) = self.ledger.calls.get_mut(call as usize) {
                let start = if call.legs.is_empty() { at } else { call.legs.start };
                call.legs = start..at + 1;
            }
            let leg = Leg {
                id: row.id,
                call,
                user: self.person(people, row.user_id),
                role: words::role(&row.role),
                ring: row.ring_at,
                answered: row.answered_at,
                ended: row.ended_at,
                end_reason: self.maybe(row.end_reason),
                number: self.maybe(row.address),
                mos_hundredths: row.mos_hundredths,
                loss_hundredths: row.loss_hundredths,
                jitter_ms: row.jitter_ms,
                segments: 0..0,
            };
            self.ledger.legs.push(leg);
        }
        Ok(places)
    }

    async fn segments(
        &mut self,
        database: &impl ConnectionTrait,
        window: Window,
        legs: &Places,
    ) -> Result<(), DbErr> {
        use leg_segment::Column;
        let found: Vec<(Uuid, String, i64, Option<i64>)> = leg_segment::Entity::find()
            .select_only()
            .columns([Column::CallLegId, Column::Kind, Column::StartAt, Column::EndAt])
            .filter(in_window(Column::ConversationId, window))
            .into_tuple()
            .all(database)
            .await?;
        let mut sorted: Vec<(u32, Segment)> = Vec::with_capacity(found.len());
        for (leg, kind, start, end) in found {
            let (Some(leg), Some(kind)) = (legs.get(&leg), words::kind(&kind)) else { continue };
            let end = end.unwrap_or(self.now).max(start);
            sorted.push((*leg, Segment { kind, start, end }));
        }
        sorted.sort_by_key(|(leg, segment)| (*leg, segment.start, segment.end));
        for (leg, segment) in sorted {
            let at = place(self.ledger.segments.len());
            if let Some(leg) = self.ledger.legs.get_mut(leg as usize) {
                let start = if leg.segments.is_empty() { at } else { leg.segments.start };
                leg.segments = start..at + 1;
            }
            self.ledger.segments.push(segment);
        }
        Ok(())
    }

    async fn coaching(
        &mut self,
        database: &impl ConnectionTrait,
        people: &Places,
        calls: &Places,
    ) -> Result<(), DbErr> {
        use coaching_interval::{Column, Entity};
        let found =
            Entity::find().order_by_asc(Column::StartAt).order_by_asc(Column::Id).all(database).await?;
        for row in found {
            let (Some(call), Some(supervisor)) =
                (calls.get(&row.voice_call_id), people.get(&row.supervisor_id))
            else {
                continue;
            };
            let mode = match row.mode.as_str() {
                "whisper" => CoachingMode::Whisper,
                "barge" => CoachingMode::Barge,
                _ => CoachingMode::Monitor,
            };
            self.ledger.coaching.push(Coaching {
                call: *call,
                supervisor: *supervisor,
                agent: row.agent_user_id.and_then(|id| people.get(&id)).copied(),
                mode,
                start: row.start_at,
                end: row.end_at.unwrap_or(self.now).max(row.start_at),
            });
        }
        Ok(())
    }

    async fn statuses(
        &mut self,
        database: &impl ConnectionTrait,
        window: Window,
        people: &Places,
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
        for row in found {
            let Some(person) = people.get(&row.user_id).copied() else { continue };
            let (start, end) = (row.start_at, row.end_at.unwrap_or(self.now).max(row.start_at));
            let status = self.text(&row.status);
            self.ledger.statuses.push(Status { person, status, start, end });
        }
        Ok(())
    }

    async fn inbound(&mut self, database: &impl ConnectionTrait, window: Window) -> Result<(), DbErr> {
        use voice_call::{Column, Entity};
        let mut query = Entity::find()
            .select_only()
            .columns([
                Column::CustomerId,
                Column::FromAddress,
                Column::Subject,
                Column::CaseCategory,
                Column::StartedAt,
            ])
            .filter(Column::CallType.eq("inbound"))
            .filter(Column::Depth.eq(0));
        if let Some(from) = window.from {
            query = query.filter(Column::StartedAt.gte(from.saturating_sub(FCR_MS)));
        }
        if let Some(to) = window.to {
            query = query.filter(Column::StartedAt.lt(to.saturating_add(FCR_MS)));
        }
        let found: Vec<InboundRow> = query.into_model().all(database).await?;
        for row in found {
            let Some(customer) = self.maybe(customer(row.customer_id, row.from_address, "inbound")) else {
                continue;
            };
            let (category, subject) = (self.maybe(row.case_category), self.maybe(row.subject));
            let key = (customer, Ledger::matter(&category, &subject));
            self.ledger.inbound.entry(key).or_default().push(row.started_at);
        }
        self.ledger.inbound.values_mut().for_each(|times| times.sort_unstable());
        Ok(())
    }
}

fn short(id: Uuid) -> String {
    id.simple().to_string().split_off(24)
}

/// Whom the records know by id, or else by the number they call from.
fn customer(id: Option<String>, from: Option<String>, call_type: &str) -> Option<String> {
    id.or_else(|| from.filter(|_| call_type == metric::INBOUND))
}
