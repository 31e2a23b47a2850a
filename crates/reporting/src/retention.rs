//! Retention: what is past its time goes, from the rows and from what they were folded from.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, TransactionTrait};
use store::Store;
use terms::{MessageId, Timestamp};
use voicecall::message::MessageState;

use crate::{
    QueryError,
    entity::{journal_event, voicemail},
};

/// Forgotten at a time, so that no transaction lasts long.
const MOST: u64 = 200;

/// Voicemails that were done before this moment, the oldest first, and no more of them than go at a time.
pub async fn outlived_voicemails(
    store: &Store,
    done_before: Timestamp,
) -> Result<Vec<MessageId>, QueryError> {
    let rows = voicemail::Entity::find()
        .filter(voicemail::Column::State.eq(MessageState::Done.word()))
        .filter(voicemail::Column::DoneAt.lt(done_before.ms()))
        .order_by_asc(voicemail::Column::DoneAt)
        .limit(MOST)
        .all(store.database())
        .await?;
    Ok(rows.into_iter().map(|row| MessageId(row.id)).collect())
}

/// Its row, and its events, so that telling everything again does not bring it back. Its sound is somebody else's.
pub async fn forget_voicemail(store: &Store, id: MessageId) -> Result<(), QueryError> {
    let _turn = store.turn().await;
    let transaction = store.database().begin().await?;
    journal_event::Entity::delete_many()
        .filter(journal_event::Column::Stream.eq(format!("message/{id}")))
        .exec(&transaction)
        .await?;
    voicemail::Entity::delete_by_id(id.0).exec(&transaction).await?;
    transaction.commit().await?;
    Ok(())
}
