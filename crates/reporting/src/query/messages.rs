//! Messages that callers left.

use sea_orm::{ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use store::Page;
use terms::{ConversationId, MessageId, QueueId, Timestamp, UserId};
use uuid::Uuid;
use voicecall::message::{LeftMessage, MessageState};

use super::{QueryError, cursor_of, cut, read_cursor};
use crate::entity::voicemail;

/// Which of those that are done.
#[derive(Clone, Debug)]
pub struct VoicemailFilter {
    /// Whoever looks sees what they finished themselves.
    pub by: UserId,
    /// And all of these queues.
    pub of: Vec<QueueId>,
    pub queue: Option<QueueId>,
}

/// Done ones, the newest first.
pub async fn voicemails(
    database: &impl ConnectionTrait,
    filter: &VoicemailFilter,
    page: &Page,
) -> Result<(Vec<LeftMessage>, Option<String>), QueryError> {
    use voicemail::Column;
    let mut query = voicemail::Entity::find().filter(Column::State.eq(MessageState::Done.word()));
    let seen = Column::QueueId.is_in(filter.of.iter().map(|queue| queue.0));
    query = query.filter(Condition::any().add(Column::AgentId.eq(filter.by.0)).add(seen));
    if let Some(queue) = filter.queue {
        query = query.filter(Column::QueueId.eq(queue.0));
    }
    if let Some(cursor) = &page.cursor {
        let (at, id): (i64, Uuid) = read_cursor("voicemail", cursor)?;
        let same = Condition::all().add(Column::StartedAt.eq(at)).add(Column::Id.lt(id));
        query = query.filter(Condition::any().add(Column::StartedAt.lt(at)).add(same));
    }
    let rows = query
        .order_by_desc(Column::StartedAt)
        .order_by_desc(Column::Id)
        .limit(page.limit() + 1)
        .all(database)
        .await?;
    let (rows, next) = cut(rows, page, |row| cursor_of("voicemail", &(row.started_at, row.id)));
    Ok((rows.iter().filter_map(message_of).collect(), next))
}

pub async fn voicemail(
    database: &impl ConnectionTrait,
    id: MessageId,
) -> Result<Option<LeftMessage>, QueryError> {
    let row = voicemail::Entity::find_by_id(id.0).one(database).await?;
    Ok(row.as_ref().and_then(message_of))
}

/// None for a row that this release cannot read.
pub(crate) fn message_of(row: &voicemail::Model) -> Option<LeftMessage> {
    let listened = row.listened_by.zip(row.listened_at);
    Some(LeftMessage {
        id: MessageId(row.id),
        conversation: ConversationId(row.conversation_id),
        call: u32::try_from(row.call_ordinal).ok()?,
        queue: QueueId(row.queue_id),
        number: row.phone_number.as_deref().and_then(|number| number.parse().ok()),
        started_at: Timestamp::from_ms(row.started_at),
        ms: row.duration_ms,
        state: MessageState::ALL.into_iter().find(|state| state.word() == row.state)?,
        agent: row.agent_id.map(UserId),
        listened: listened.map(|(by, at)| (UserId(by), Timestamp::from_ms(at))),
        called_back_in: row.called_back_in.map(ConversationId),
        done_at: row.done_at.map(Timestamp::from_ms),
        version: row.version.unsigned_abs(),
    })
}

pub(crate) fn voicemail_of(message: &LeftMessage) -> voicemail::Model {
    voicemail::Model {
        id: message.id.0,
        version: i64::try_from(message.version).unwrap_or(i64::MAX),
        conversation_id: message.conversation.0,
        call_ordinal: i32::try_from(message.call).unwrap_or(i32::MAX),
        queue_id: message.queue.0,
        phone_number: message.number.as_ref().map(|number| number.as_str().to_owned()),
        started_at: message.started_at.ms(),
        duration_ms: message.ms,
        state: message.state.word().to_owned(),
        agent_id: message.agent.map(|user| user.0),
        listened_by: message.listened.map(|(by, _)| by.0),
        listened_at: message.listened.map(|(_, at)| at.ms()),
        called_back_in: message.called_back_in.map(|id| id.0),
        done_at: message.done_at.map(|at| at.ms()),
    }
}
