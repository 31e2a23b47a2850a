//! One batch into the database: cursor, events, numbers, records, in one transaction.

use std::collections::BTreeSet;

use sea_orm::{
    ActiveValue, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter,
    TransactionTrait,
    sea_query::{Expr, ExprTrait, OnConflict},
};
use store::Record;
use terms::ConversationId;

use super::{ProjectError, Projector, Stand, messages, presence};
use crate::{
    entity::{journal_event, projector_cursor},
    ledger::CHANGES,
    rows::{RowSet, chunk_rows},
    story::Story,
};

/// This node's cursor.
pub(super) const CURSOR: &str = "journal";
/// The last VC-number given, kept as a cursor of its own: taking the next locks its row, so that nodes share the sequence.
pub(super) const NUMBERS: &str = "voice_call_number";

impl Projector {
    pub(super) async fn write(
        &self,
        stand: &mut Stand,
        records: &[Record],
        touched: &BTreeSet<ConversationId>,
    ) -> Result<(), ProjectError> {
        let Some(last) = records.last() else { return Ok(()) };
        let _turn = self.store.turn().await;
        let transaction = self.store.database().begin().await?;
        // The first statement writes, so that SQLite waits for the writer before it instead of failing later.
        let moved = projector_cursor::Entity::update_many()
            .col_expr(projector_cursor::Column::Position, Expr::value(last.position))
            .filter(projector_cursor::Column::Name.eq(CURSOR))
            .filter(projector_cursor::Column::Position.eq(stand.position))
            .exec(&transaction)
            .await?;
        if moved.rows_affected != 1 {
            transaction.rollback().await?;
            return Err(ProjectError::Moved);
        }
        ship(&transaction, records).await?;
        presence::write(&transaction, presence::moves(records)).await?;
        messages::write(&transaction, records).await?;
        let mut stories: Vec<&mut Story> =
            stand.stories.iter_mut().filter(|(id, _)| touched.contains(id)).map(|(_, story)| story).collect();
        give_numbers(&transaction, &mut stories).await?;
        let mut rows = RowSet::default();
        for story in &stories {
            rows.add(story.facts(), &story.numbers);
        }
        rows.number(next_change(&transaction).await?);
        rows.replace(&transaction).await?;
        transaction.commit().await?;
        metrics::counter!("tandem_projector_events_total").increment(records.len() as u64);
        Ok(())
    }
}

/// The number of this transaction; its row is held until it is over, so that numbers follow each other as commits do.
pub(super) async fn next_change(transaction: &DatabaseTransaction) -> Result<i64, DbErr> {
    use projector_cursor::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::Position, Expr::col(Column::Position).add(1_i64))
        .filter(Column::Name.eq(CHANGES))
        .exec(transaction)
        .await?;
    let row = Entity::find_by_id(CHANGES).one(transaction).await?;
    Ok(row.map_or(0, |row| row.position))
}

/// The events themselves; what is there already stays.
async fn ship(transaction: &DatabaseTransaction, records: &[Record]) -> Result<(), DbErr> {
    for chunk in records.chunks(chunk_rows::<journal_event::Entity>()) {
        let rows = chunk.iter().map(|record| journal_event::ActiveModel {
            stream: ActiveValue::Set(record.stream.clone()),
            version: ActiveValue::Set(i64::try_from(record.version).unwrap_or(i64::MAX)),
            kind: ActiveValue::Set(record.kind.clone()),
            payload: ActiveValue::Set(record.payload.clone()),
            at: ActiveValue::Set(record.at.ms()),
        });
        let key = [journal_event::Column::Stream, journal_event::Column::Version];
        journal_event::Entity::insert_many(rows)
            .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
            .exec_without_returning(transaction)
            .await?;
    }
    Ok(())
}

/// Calls that have none get the next numbers, in the order in which the journal opened them.
pub(super) async fn give_numbers(
    transaction: &DatabaseTransaction,
    stories: &mut [&mut Story],
) -> Result<(), DbErr> {
    let mut new: Vec<(i64, usize)> = Vec::new();
    for (index, story) in stories.iter().enumerate() {
        new.extend(story.call_positions.iter().skip(story.numbers.len()).map(|position| (*position, index)));
    }
    if new.is_empty() {
        return Ok(());
    }
    new.sort_unstable();
    let count = i64::try_from(new.len()).unwrap_or(i64::MAX);
    projector_cursor::Entity::update_many()
        .col_expr(
            projector_cursor::Column::Position,
            Expr::col(projector_cursor::Column::Position).add(count),
        )
        .filter(projector_cursor::Column::Name.eq(NUMBERS))
        .exec(transaction)
        .await?;
    let given = projector_cursor::Entity::find_by_id(NUMBERS).one(transaction).await?;
    let given = given.ok_or_else(|| DbErr::RecordNotFound(NUMBERS.to_owned()))?;
    for (number, (_, index)) in (given.position - count + 1..).zip(new) {
        if let Some(story) = stories.get_mut(index) {
            story.numbers.push(number);
        }
    }
    Ok(())
}

/// The cursor back to the start, from where it stands.
pub(super) async fn restart(connection: &impl ConnectionTrait, from: i64) -> Result<(), DbErr> {
    projector_cursor::Entity::update_many()
        .col_expr(projector_cursor::Column::Position, Expr::value(0_i64))
        .filter(projector_cursor::Column::Name.eq(CURSOR))
        .filter(projector_cursor::Column::Position.eq(from))
        .exec(connection)
        .await?;
    Ok(())
}

/// Another node may make the row at the same time.
pub(crate) async fn ensure_row(
    connection: &impl ConnectionTrait,
    name: &str,
    position: i64,
) -> Result<(), DbErr> {
    let row = projector_cursor::ActiveModel {
        name: ActiveValue::Set(name.to_owned()),
        position: ActiveValue::Set(position),
    };
    projector_cursor::Entity::insert(row)
        .on_conflict(OnConflict::column(projector_cursor::Column::Name).do_nothing().to_owned())
        .exec_without_returning(connection)
        .await?;
    Ok(())
}
