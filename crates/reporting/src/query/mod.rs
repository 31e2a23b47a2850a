//! Reading the records: for the API's lists and details, and the events of a conversation that has ended.

mod filter;
mod messages;
mod parts;

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use store::{Journal, JournalError, Page, Record};
use terms::{ConversationId, Timestamp, UserId};
use uuid::Uuid;
use voicecall::{Event, Opening};

use crate::{
    entity::{coaching_interval, conversation, hold, voice_call},
    fact::{ConversationFacts, WrapUp},
    fold::fold,
    projector,
    rows::ORIGIN,
    story::stream_of,
};

pub use filter::{ConversationFilter, Scope, VoiceCallFilter};
pub use messages::{VoicemailFilter, voicemail, voicemails};
pub(crate) use messages::{message_of, voicemail_of};
pub use parts::{Part, is_customers, parts_of, purpose_of};

#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The cursor did not come from this list.
    #[error("the cursor does not belong to this list")]
    BadCursor,
    /// The database did not answer: try again later.
    #[error("the database failed: {0}")]
    Database(#[from] DbErr),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// A VoiceCall's record, with how long which supervisor coached it.
#[derive(Clone, Debug, PartialEq)]
pub struct VoiceCallRow {
    pub record: voice_call::Model,
    pub coaching: Vec<CoachingTime>,
    pub holds: Vec<HoldTime>,
}

/// How often and how long somebody had others on hold in a call; a hold that goes on is not counted yet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HoldTime {
    /// None where the platform held, and nobody pressed.
    pub by: Option<UserId>,
    pub count: u32,
    pub ms: i64,
    pub longest_ms: i64,
}

/// Of a coaching's own record and of the call it coaches; an interval that goes on is not counted yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CoachingTime {
    pub supervisor: UserId,
    /// `monitor`, `whisper` or `barge`.
    pub mode: String,
    pub ms: i64,
}

/// A conversation's events, wherever they are kept.
#[derive(Clone, Debug)]
pub struct ConversationEvents {
    pub opening: Opening,
    /// In order, without the opening itself.
    pub facts: Vec<(Timestamp, Event)>,
    pub wrap_ups: Vec<WrapUp>,
}

impl ConversationEvents {
    /// The same fold as the projector's, counted up to `now`.
    pub fn fold(&self, now: Timestamp) -> ConversationFacts {
        fold(&self.opening, self.facts.iter().map(|(at, event)| (*at, event)), &self.wrap_ups, now)
    }
}

/// The newest first.
pub async fn voice_calls(
    database: &impl ConnectionTrait,
    filter: &VoiceCallFilter,
    page: &Page,
) -> Result<(Vec<VoiceCallRow>, Option<String>), QueryError> {
    use voice_call::Column;
    let mut query = voice_call::Entity::find().filter(filter.condition());
    if let Some(cursor) = &page.cursor {
        let (at, id): (i64, Uuid) = read_cursor("voice_call", cursor)?;
        let same = Condition::all().add(Column::StartedAt.eq(at)).add(Column::Id.lt(id));
        query = query.filter(Condition::any().add(Column::StartedAt.lt(at)).add(same));
    }
    let records = query
        .order_by_desc(Column::StartedAt)
        .order_by_desc(Column::Id)
        .limit(page.limit() + 1)
        .all(database)
        .await?;
    let (records, next) =
        cut(records, page, |record| cursor_of("voice_call", &(record.started_at, record.id)));
    Ok((complete(database, records).await?, next))
}

pub async fn voice_call(
    database: &impl ConnectionTrait,
    id: Uuid,
) -> Result<Option<VoiceCallRow>, QueryError> {
    let record = voice_call::Entity::find_by_id(id).one(database).await?;
    Ok(complete(database, record.into_iter().collect()).await?.pop())
}

/// Every record of a conversation, a cause before its effects.
pub async fn voice_calls_of(
    database: &impl ConnectionTrait,
    id: ConversationId,
) -> Result<Vec<VoiceCallRow>, QueryError> {
    let records = voice_call::Entity::find()
        .filter(voice_call::Column::ConversationId.eq(id.0))
        .order_by_asc(voice_call::Column::Path)
        .all(database)
        .await?;
    complete(database, records).await
}

/// The newest first.
pub async fn conversations(
    database: &impl ConnectionTrait,
    filter: &ConversationFilter,
    page: &Page,
) -> Result<(Vec<conversation::Model>, Option<String>), QueryError> {
    use conversation::Column;
    let mut query = conversation::Entity::find().filter(filter.condition());
    if let Some(cursor) = &page.cursor {
        let (at, id): (i64, Uuid) = read_cursor("conversation", cursor)?;
        let same = Condition::all().add(Column::OpenedAt.eq(at)).add(Column::Id.lt(id));
        query = query.filter(Condition::any().add(Column::OpenedAt.lt(at)).add(same));
    }
    let rows = query
        .order_by_desc(Column::OpenedAt)
        .order_by_desc(Column::Id)
        .limit(page.limit() + 1)
        .all(database)
        .await?;
    Ok(cut(rows, page, |row| cursor_of("conversation", &(row.opened_at, row.id))))
}

pub async fn conversation(
    database: &impl ConnectionTrait,
    id: ConversationId,
) -> Result<Option<conversation::Model>, QueryError> {
    Ok(conversation::Entity::find_by_id(id.0).one(database).await?)
}

/// From this node's journal where it still has them, else from the database's copy; None for a conversation that is in
/// neither, and for imported ones, which have no events. Wrap-ups are those that were projected.
pub async fn conversation_events(
    database: &impl ConnectionTrait,
    journal: &Journal,
    id: ConversationId,
) -> Result<Option<ConversationEvents>, QueryError> {
    let records = conversation_records(database, journal, id).await?;
    let Some((opening, facts)) = projector::load::facts(&records) else { return Ok(None) };
    let wrap_ups = projector::load::wrap_ups(database, id).await?;
    Ok(Some(ConversationEvents { opening, facts, wrap_ups }))
}

/// The events as they were written, from this node's journal or else from the database; none for an unknown one.
pub async fn conversation_records(
    database: &impl ConnectionTrait,
    journal: &Journal,
    id: ConversationId,
) -> Result<Vec<Record>, QueryError> {
    let records = journal.read_stream(&stream_of(id)).await?;
    if records.first().is_some_and(|first| first.version <= 1) {
        return Ok(records);
    }
    let mut shipped = projector::load::shipped(database, &stream_of(id)).await?;
    // What was added after the journal forgot the beginning may not have reached the database yet.
    let last = shipped.last().map_or(0, |record| record.version);
    shipped.extend(records.into_iter().filter(|record| record.version > last));
    Ok(shipped)
}

/// The VC-number as people read it.
pub fn number_text(number: i64) -> String {
    format!("VC-{number:08}")
}

/// Whether the record was folded from the journal, and so has events.
pub fn is_from_journal(record: &voice_call::Model) -> bool {
    record.origin == ORIGIN
}

async fn complete(
    database: &impl ConnectionTrait,
    records: Vec<voice_call::Model>,
) -> Result<Vec<VoiceCallRow>, QueryError> {
    let ids: Vec<Uuid> = records.iter().map(|record| record.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    // Whom a coaching's time counts for: itself, and the call it coaches.
    let mut counts_for: BTreeMap<Uuid, Vec<Uuid>> = ids.iter().map(|id| (*id, vec![*id])).collect();
    let coaching: Vec<(Uuid, Option<Uuid>)> = voice_call::Entity::find()
        .select_only()
        .column(voice_call::Column::Id)
        .column(voice_call::Column::ParentId)
        .filter(voice_call::Column::ParentId.is_in(ids.iter().copied()))
        .filter(voice_call::Column::Purpose.eq("coaching"))
        .into_tuple()
        .all(database)
        .await?;
    for (id, parent) in coaching {
        counts_for.entry(id).or_default().extend(parent);
    }
    let intervals = coaching_interval::Entity::find()
        .filter(coaching_interval::Column::VoiceCallId.is_in(counts_for.keys().copied()))
        .all(database)
        .await?;
    let mut times: BTreeMap<Uuid, BTreeMap<(UserId, String), i64>> = BTreeMap::new();
    for interval in intervals {
        let ms = interval.end_at.map_or(0, |end| (end - interval.start_at).max(0));
        for call in counts_for.get(&interval.voice_call_id).into_iter().flatten() {
            let key = (UserId(interval.supervisor_id), interval.mode.clone());
            *times.entry(*call).or_default().entry(key).or_default() += ms;
        }
    }
    let mut holds = holds_of(database, ids).await?;
    let row = |record: voice_call::Model| {
        let coaching = times.remove(&record.id).unwrap_or_default().into_iter();
        let coaching =
            coaching.map(|((supervisor, mode), ms)| CoachingTime { supervisor, mode, ms }).collect();
        let holds = holds.remove(&record.id).unwrap_or_default();
        VoiceCallRow { record, coaching, holds }
    };
    Ok(records.into_iter().map(row).collect())
}

async fn holds_of(
    database: &impl ConnectionTrait,
    calls: Vec<Uuid>,
) -> Result<BTreeMap<Uuid, Vec<HoldTime>>, DbErr> {
    let rows = hold::Entity::find().filter(hold::Column::VoiceCallId.is_in(calls)).all(database).await?;
    let mut found: BTreeMap<Uuid, Vec<HoldTime>> = BTreeMap::new();
    for row in rows {
        let ms = row.end_at.map_or(0, |end| (end - row.start_at).max(0));
        HoldTime::add(found.entry(row.voice_call_id).or_default(), row.by_user_id.map(UserId), ms);
    }
    Ok(found)
}

impl HoldTime {
    /// One more hold to the times of those who pressed it.
    pub fn add(times: &mut Vec<HoldTime>, by: Option<UserId>, ms: i64) {
        let place = times.iter().position(|time| time.by == by).unwrap_or_else(|| {
            times.push(HoldTime { by, ..HoldTime::default() });
            times.len() - 1
        });
        let time = &mut times[place];
        time.count += 1;
        time.ms += ms;
        time.longest_ms = time.longest_ms.max(ms);
    }
}

/// `rows` holds one more than the page when there is another page.
fn cut<T>(mut rows: Vec<T>, page: &Page, cursor: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
    let limit = usize::try_from(page.limit()).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let next = if more { rows.last().map(cursor) } else { None };
    (rows, next)
}

/// The list's name stands in it, so that a cursor of another list is refused.
fn cursor_of(list: &str, key: &(i64, Uuid)) -> String {
    URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(list, key)).unwrap_or_default())
}

fn read_cursor(list: &str, cursor: &str) -> Result<(i64, Uuid), QueryError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| QueryError::BadCursor)?;
    let (of, key): (String, (i64, Uuid)) =
        serde_json::from_slice(&bytes).map_err(|_| QueryError::BadCursor)?;
    if of == list { Ok(key) } else { Err(QueryError::BadCursor) }
}
