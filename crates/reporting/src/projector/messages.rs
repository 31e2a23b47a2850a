//! Messages that callers left: a row for each, folded from its own stream.

use std::collections::BTreeMap;

use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::OnConflict,
};
use store::Record;
use terms::MessageId;
use voicecall::message::{LeftMessage, MessageFact};

use super::load;
use crate::{
    entity::{journal_event, voicemail},
    query::{message_of, voicemail_of},
};

const PREFIX: &str = "message/";
/// Events read at once when all is told again.
const PAGE: u64 = 2_000;

/// Goes on where each row stands; what it knows already changes nothing.
pub(super) async fn write(connection: &impl ConnectionTrait, records: &[Record]) -> Result<(), DbErr> {
    let mut streams: BTreeMap<MessageId, Vec<&Record>> = BTreeMap::new();
    for record in records {
        if let Some(id) = record.stream.strip_prefix(PREFIX).and_then(|id| id.parse().ok()) {
            streams.entry(id).or_default().push(record);
        }
    }
    for (id, records) in streams {
        let row = voicemail::Entity::find_by_id(id.0).one(connection).await?;
        let mut message = row.and_then(|row| message_of(&row));
        for record in records {
            let Ok(fact) = serde_json::from_str::<MessageFact>(&record.payload) else {
                metrics::counter!("tandem_projector_unreadable_total").increment(1);
                tracing::error!(journal.position = record.position, "a message's event cannot be read");
                continue;
            };
            match &mut message {
                None => message = LeftMessage::begin(id, &fact, record.at),
                Some(message) if record.version > message.version => message.apply(&fact, record.at),
                Some(_) => {}
            }
        }
        if let Some(message) = message {
            replace(connection, &message).await?;
        }
    }
    Ok(())
}

async fn replace(connection: &impl ConnectionTrait, message: &LeftMessage) -> Result<(), DbErr> {
    use voicemail::Column;
    let moves = [
        Column::Version,
        Column::DurationMs,
        Column::State,
        Column::AgentId,
        Column::ListenedBy,
        Column::ListenedAt,
        Column::CalledBackIn,
        Column::DoneAt,
    ];
    voicemail::Entity::insert(voicemail_of(message).into_active_model())
        .on_conflict(OnConflict::column(Column::Id).update_columns(moves).to_owned())
        .exec_without_returning(connection)
        .await?;
    Ok(())
}

/// Every shipped message is told again from its beginning.
pub(super) async fn rebuild(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    voicemail::Entity::delete_many().exec(connection).await?;
    let mut offset = 0;
    loop {
        let rows = journal_event::Entity::find()
            .filter(journal_event::Column::Stream.starts_with(PREFIX))
            .order_by_asc(journal_event::Column::Stream)
            .order_by_asc(journal_event::Column::Version)
            .offset(offset)
            .limit(PAGE)
            .all(connection)
            .await?;
        if rows.is_empty() {
            return Ok(());
        }
        offset += rows.len() as u64;
        let records: Vec<Record> = rows.into_iter().map(load::record).collect();
        write(connection, &records).await?;
    }
}
