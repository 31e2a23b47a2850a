//! Building every record again from the database's copy of the journal.

use std::collections::BTreeMap;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait};
use store::Record;
use terms::{ConversationId, Timestamp};

use super::{
    ProjectError, Projector, load, messages, presence,
    write::{give_numbers, next_change},
};
use crate::{
    entity::journal_event,
    rows::RowSet,
    story::{ROUTING, Story, WrapUpMoved, Wrapping, conversation_of},
};

/// Streams of one transaction.
const PAGE: u64 = 200;
/// Events of routing's stream read at once.
const ROUTING_PAGE: u64 = 5_000;

type WrapUps = BTreeMap<ConversationId, Vec<WrapUpMoved>>;

impl Projector {
    /// Folds every shipped conversation anew and replaces its records, a page at a time; numbers that were given stay.
    /// Conversations whose events are not there are not touched. Says how many it built.
    pub async fn rebuild(&mut self) -> Result<u64, ProjectError> {
        self.state = None;
        self.stand().await?;
        let wrap_ups = self.shipped_routing().await?;
        let mut built = 0;
        let mut after = String::new();
        loop {
            let streams: Vec<String> = journal_event::Entity::find()
                .select_only()
                .column(journal_event::Column::Stream)
                .distinct()
                .filter(journal_event::Column::Stream.starts_with("conversation/"))
                .filter(journal_event::Column::Stream.gt(after.as_str()))
                .order_by_asc(journal_event::Column::Stream)
                .limit(PAGE)
                .into_tuple()
                .all(self.store.database())
                .await?;
            let Some(last) = streams.last() else { return Ok(built) };
            after.clone_from(last);
            built += self.rebuild_streams(&streams, &wrap_ups).await?;
        }
    }

    async fn rebuild_streams(&self, streams: &[String], wrap_ups: &WrapUps) -> Result<u64, ProjectError> {
        let database = self.store.database();
        let rows = journal_event::Entity::find()
            .filter(journal_event::Column::Stream.is_in(streams))
            .order_by_asc(journal_event::Column::Stream)
            .order_by_asc(journal_event::Column::Version)
            .all(database)
            .await?;
        let mut by_stream: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        for record in rows.into_iter().map(load::record) {
            by_stream.entry(record.stream.clone()).or_default().push(record);
        }
        let mut stories: Vec<Story> = Vec::new();
        for (stream, records) in by_stream {
            let (Some(id), Some(mut story)) = (conversation_of(&stream), load::story(&records)) else {
                continue;
            };
            for moved in wrap_ups.get(&id).into_iter().flatten() {
                story.wrap_up(*moved, 0);
            }
            story.numbers = load::numbers(database, id).await?;
            stories.push(story);
        }
        // Their places in the journal are not known any more; who opened first comes first.
        stories.sort_by_key(Story::began);
        let transaction = database.begin().await?;
        give_numbers(&transaction, &mut stories.iter_mut().collect::<Vec<_>>()).await?;
        let mut rows = RowSet::default();
        for story in &stories {
            rows.add(story.facts(), &story.numbers);
        }
        rows.number(next_change(&transaction).await?);
        rows.replace(&transaction).await?;
        transaction.commit().await?;
        Ok(stories.len() as u64)
    }

    /// Who wrapped up what; and everybody's presence is told again on the way.
    async fn shipped_routing(&self) -> Result<WrapUps, DbErr> {
        let transaction = self.store.database().begin().await?;
        presence::forget(&transaction).await?;
        messages::rebuild(&transaction).await?;
        let (mut wrapping, mut found, mut version) = (Wrapping::default(), WrapUps::new(), 0);
        loop {
            let rows = journal_event::Entity::find()
                .filter(journal_event::Column::Stream.eq(ROUTING))
                .filter(journal_event::Column::Version.gt(version))
                .order_by_asc(journal_event::Column::Version)
                .limit(ROUTING_PAGE)
                .all(&transaction)
                .await?;
            let Some(last) = rows.last() else {
                transaction.commit().await?;
                return Ok(found);
            };
            version = last.version;
            let records: Vec<Record> = rows.iter().cloned().map(load::record).collect();
            presence::write(&transaction, presence::moves(&records)).await?;
            for row in rows {
                for (id, moved) in wrapping.take(&row.payload, Timestamp::from_ms(row.at)) {
                    found.entry(id).or_default().push(moved);
                }
            }
        }
    }
}
