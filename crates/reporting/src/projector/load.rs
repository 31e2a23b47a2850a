//! Where the projector stands, and the stories of conversations that began before it looked.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use store::Record;
use terms::{ConversationId, Timestamp, UserId};
use uuid::Uuid;
use voicecall::{Event, Opening};

use super::{
    ProjectError, Projector, Stand,
    batch::{self, Batch, What},
    write::{CURSOR, NUMBERS, ensure_row, restart},
};
use crate::{
    entity::{call_leg, journal_event, leg_segment, projector_cursor, voice_call},
    fact::WrapUp,
    ledger::CHANGES,
    story::{ROUTING, Story, Wrapping, stream_of},
};

impl Projector {
    /// Reads the cursor, and who was wrapping up there.
    pub(super) async fn stand(&self) -> Result<Stand, ProjectError> {
        let database = self.store.database();
        let cursor = projector_cursor::Entity::find_by_id(CURSOR).one(database).await?;
        let position = match cursor {
            Some(cursor) if cursor.position <= self.journal.last_position() => cursor.position,
            Some(cursor) => {
                // Positions only grow, so this is another journal, or an older copy of it. What it holds is shipped.
                metrics::counter!("tandem_projector_restarts_total").increment(1);
                tracing::error!(
                    cursor.position = cursor.position,
                    journal.position = self.journal.last_position(),
                    "the database is ahead of the journal: was the journal's file replaced? shipping it from its start"
                );
                restart(database, cursor.position).await?;
                0
            }
            None => {
                ensure_row(database, CURSOR, 0).await?;
                0
            }
        };
        ensure_row(database, CHANGES, 0).await?;
        if projector_cursor::Entity::find_by_id(NUMBERS).one(database).await?.is_none() {
            let last: Option<Option<i64>> = voice_call::Entity::find()
                .select_only()
                .column_as(voice_call::Column::Number.max(), "last")
                .into_tuple()
                .one(database)
                .await?;
            ensure_row(database, NUMBERS, last.flatten().unwrap_or(0)).await?;
        }
        let mut wrapping = Wrapping::default();
        for record in self.journal.read_stream(ROUTING).await? {
            if record.position <= position {
                wrapping.take(&record.payload, record.at);
            }
        }
        Ok(Stand { position, stories: BTreeMap::new(), wrapping })
    }

    /// The stories that the batch goes on with and that are not in memory, as they were before it.
    pub(super) async fn load(
        &self,
        stories: &mut BTreeMap<ConversationId, Story>,
        batch: &Batch,
        last: i64,
    ) -> Result<(), ProjectError> {
        let begins = |id: &ConversationId| {
            let said = batch.get(id).and_then(|said| said.first());
            said.is_some_and(|said| matches!(said.what, What::Opened { .. }))
        };
        let missing: Vec<ConversationId> =
            batch.keys().filter(|id| !stories.contains_key(id) && !begins(id)).copied().collect();
        for id in missing {
            let here: BTreeSet<i64> =
                batch.get(&id).into_iter().flatten().map(|said| said.position).collect();
            let records = self.journal.read_stream(&stream_of(id)).await?;
            let mut before: Vec<Record> = records
                .into_iter()
                .filter(|record| record.position <= last && !here.contains(&record.position))
                .collect();
            if before.first().is_none_or(|first| first.version > 1) {
                before = shipped(self.store.database(), &stream_of(id)).await?;
            }
            let Some(mut story) = story(&before) else { continue };
            story.wrap_ups = wrap_ups(self.store.database(), id).await?;
            story.numbers = numbers(self.store.database(), id).await?;
            stories.insert(id, story);
        }
        Ok(())
    }
}

/// The database's copy of a stream; its positions in the journal are not kept.
pub(crate) async fn shipped(connection: &impl ConnectionTrait, stream: &str) -> Result<Vec<Record>, DbErr> {
    let rows = journal_event::Entity::find()
        .filter(journal_event::Column::Stream.eq(stream))
        .order_by_asc(journal_event::Column::Version)
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(record).collect())
}

pub(crate) fn record(row: journal_event::Model) -> Record {
    Record {
        position: 0,
        stream: row.stream,
        version: row.version.unsigned_abs(),
        kind: row.kind,
        payload: row.payload,
        at: Timestamp::from_ms(row.at),
        closes: false,
    }
}

/// None when the stream does not start with how it began.
pub(crate) fn story(records: &[Record]) -> Option<Story> {
    let mut story: Option<Story> = None;
    for record in records {
        match (batch::read(record), &mut story) {
            (Some(What::Opened { opening, version }), None) => {
                story = Some(Story::open(&opening, version, record.position));
            }
            (Some(What::Fact { at, event, version }), Some(story)) => {
                story.add(at, &event, version, record.position);
            }
            _ => {}
        }
    }
    story
}

/// How a stream began, and what followed.
pub(crate) fn facts(records: &[Record]) -> Option<(Opening, Vec<(Timestamp, Event)>)> {
    let mut opening = None;
    let mut facts = Vec::new();
    for record in records {
        match batch::read(record) {
            Some(What::Opened { opening: first, .. }) => opening = opening.or(Some(*first)),
            Some(What::Fact { at, event, .. }) => facts.push((at, event)),
            Some(What::WrapUp(_)) | None => {}
        }
    }
    opening.map(|opening| (opening, facts))
}

/// The wrap-ups that were projected: each is the `acw` segment of its agent.
pub(crate) async fn wrap_ups(
    connection: &impl ConnectionTrait,
    id: ConversationId,
) -> Result<Vec<WrapUp>, DbErr> {
    let segments = leg_segment::Entity::find()
        .filter(leg_segment::Column::ConversationId.eq(id.0))
        .filter(leg_segment::Column::Kind.eq("acw"))
        .order_by_asc(leg_segment::Column::StartAt)
        .order_by_asc(leg_segment::Column::Id)
        .all(connection)
        .await?;
    if segments.is_empty() {
        return Ok(Vec::new());
    }
    let users: BTreeMap<Uuid, Option<Uuid>> = call_leg::Entity::find()
        .filter(call_leg::Column::ConversationId.eq(id.0))
        .all(connection)
        .await?
        .into_iter()
        .map(|leg| (leg.id, leg.user_id))
        .collect();
    let wrap_up = |segment: leg_segment::Model| {
        let user = UserId((*users.get(&segment.call_leg_id)?)?);
        let start = Timestamp::from_ms(segment.start_at);
        Some(WrapUp { user, start, end: segment.end_at.map(Timestamp::from_ms) })
    };
    Ok(segments.into_iter().filter_map(wrap_up).collect())
}

/// The VC-numbers of a conversation's calls, by ordinal.
pub(crate) async fn numbers(
    connection: &impl ConnectionTrait,
    id: ConversationId,
) -> Result<Vec<i64>, DbErr> {
    let rows: Vec<(i32, Option<i64>)> = voice_call::Entity::find()
        .select_only()
        .column(voice_call::Column::Ordinal)
        .column(voice_call::Column::Number)
        .filter(voice_call::Column::ConversationId.eq(id.0))
        .order_by_asc(voice_call::Column::Ordinal)
        .into_tuple()
        .all(connection)
        .await?;
    Ok(rows.into_iter().map_while(|(_, number)| number).collect())
}
