//! Into the database: one transaction, in which only what is new or has changed is written.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, ModelTrait,
    QueryFilter, QuerySelect, TransactionTrait,
    sea_query::{Expr, ExprTrait, ValueType},
};
use store::Store;
use uuid::Uuid;

use super::{Imported, ORIGIN, Progress, build::Book, id_of, people::Names, read::Files};
use crate::{
    entity::{agent_status, consult_prompt, conversation, imported_queue, imported_user, projector_cursor},
    projector::ensure_row,
    rows::{RowSet, insert},
};

/// Counts imports; holding its row keeps two of them apart.
pub(crate) const CURSOR: &str = "imports";
/// Conversations that are held in memory as rows before they are written.
const CHUNK: usize = 2_000;
/// Ids of one `IN (…)`.
const IDS: usize = 5_000;

pub(super) async fn write(
    store: &Store,
    files: &Files,
    names: &Names,
    book: &Book<'_>,
    mut imported: Imported,
    dry_run: bool,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<Imported, DbErr> {
    let database = store.database();
    ensure_row(database, CURSOR, 0).await?;
    let transaction = database.begin().await?;
    // The first statement writes, so that SQLite waits for the writer before it.
    count(&transaction, 0).await?;
    let number = number(&transaction).await? + 1;
    let mut changed = people(&transaction, names).await?;
    changed |= prompts(&transaction, files, names).await?;
    changed |= statuses(&transaction, files, names).await?;
    let mut conversations = book.conversations().peekable();
    let of = book.len() as u64;
    let mut written = 0;
    while conversations.peek().is_some() {
        let mut chunk: Vec<(Uuid, RowSet)> = conversations.by_ref().take(CHUNK).collect();
        for row in chunk.iter_mut().flat_map(|(_, rows)| &mut rows.conversations) {
            row.imported = Some(number);
        }
        written += chunk.len() as u64;
        chunk_of(&transaction, chunk, &mut imported).await?;
        progress(Progress::Written { conversations: written, of });
    }
    changed |= imported.conversations_new + imported.conversations_changed > 0;
    if dry_run {
        transaction.rollback().await?;
        return Ok(imported);
    }
    if changed {
        count(&transaction, 1).await?;
    }
    transaction.commit().await?;
    Ok(imported)
}

async fn count(transaction: &DatabaseTransaction, more: i64) -> Result<(), DbErr> {
    use projector_cursor::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::Position, Expr::col(Column::Position).add(more))
        .filter(Column::Name.eq(CURSOR))
        .exec(transaction)
        .await?;
    Ok(())
}

/// The last import's; held until this one is over.
async fn number(transaction: &DatabaseTransaction) -> Result<i64, DbErr> {
    let row = projector_cursor::Entity::find_by_id(CURSOR).one(transaction).await?;
    Ok(row.map_or(0, |row| row.position))
}

async fn chunk_of(
    transaction: &DatabaseTransaction,
    chunk: Vec<(Uuid, RowSet)>,
    imported: &mut Imported,
) -> Result<(), DbErr> {
    use conversation::{Column, Entity};
    let ids: Vec<Uuid> = chunk.iter().map(|(id, _)| *id).collect();
    let known: Vec<(Uuid, Option<String>)> = Entity::find()
        .select_only()
        .column(Column::Id)
        .column(Column::Fingerprint)
        .filter(Column::Id.is_in(ids))
        .into_tuple()
        .all(transaction)
        .await?;
    let known: BTreeMap<Uuid, Option<String>> = known.into_iter().collect();
    let (mut new, mut changed) = (RowSet::default(), RowSet::default());
    for (id, rows) in chunk {
        match known.get(&id) {
            None => {
                imported.conversations_new += 1;
                new.append(rows);
            }
            Some(known) if *known == rows.conversations.first().and_then(|row| row.fingerprint.clone()) => {
                imported.conversations_unchanged += 1;
            }
            Some(_) => {
                imported.conversations_changed += 1;
                changed.append(rows);
            }
        }
    }
    new.insert(transaction).await?;
    changed.replace(transaction).await
}

async fn people(transaction: &DatabaseTransaction, names: &Names) -> Result<bool, DbErr> {
    let users = replace_changed::<imported_user::ActiveModel>(
        transaction,
        names.new_users.iter().map(|row| (row.id, row.clone())).collect(),
        imported_user::Column::Id,
    )
    .await?;
    let queues = replace_changed::<imported_queue::ActiveModel>(
        transaction,
        names.new_queues.iter().map(|row| (row.id, row.clone())).collect(),
        imported_queue::Column::Id,
    )
    .await?;
    Ok(users || queues)
}

async fn prompts(transaction: &DatabaseTransaction, files: &Files, names: &Names) -> Result<bool, DbErr> {
    let user = |agent: &Option<String>| agent.as_ref().and_then(|agent| names.users.get(agent)).copied();
    let rows = files.prompts.iter().map(|prompt| {
        let id = id_of("prompt", &prompt.id);
        let row = consult_prompt::Model {
            id,
            external_id: Some(prompt.id.clone()),
            parent_call_id: id_of("call", &prompt.parent_call),
            requester_user_id: user(&prompt.requester),
            target_user_id: user(&prompt.target),
            state: prompt.state.clone(),
            offered_at: prompt.offered,
            accepted_at: prompt.accepted,
            snoozed_count: prompt.snoozed,
            closed_at: prompt.closed,
            result_call_id: prompt.result_call.as_ref().map(|call| id_of("call", call)),
            origin: ORIGIN.to_owned(),
        };
        (id, row)
    });
    replace_changed::<consult_prompt::ActiveModel>(transaction, rows.collect(), consult_prompt::Column::Id)
        .await
}

/// Within the time that the file tells of somebody, their presence is what the file says.
async fn statuses(transaction: &DatabaseTransaction, files: &Files, names: &Names) -> Result<bool, DbErr> {
    use agent_status::{Column, Entity};
    let mut by_user: BTreeMap<Uuid, Vec<agent_status::Model>> = BTreeMap::new();
    for status in &files.statuses {
        let Some(user) = names.users.get(&status.agent) else { continue };
        by_user.entry(*user).or_default().push(agent_status::Model {
            id: id_of("status", &format!("{}/{}/{}", status.agent, status.start, status.status)),
            user_id: *user,
            status: status.status.clone(),
            start_at: status.start,
            end_at: status.end,
            origin: ORIGIN.to_owned(),
        });
    }
    let mut changed = false;
    let mut new = Vec::new();
    for (user, mut rows) in by_user {
        rows.sort_by_key(|row| (row.start_at, row.end_at, row.id));
        let first = rows.first().map_or(0, |row| row.start_at);
        let last = rows.last().map_or(0, |row| row.start_at);
        let told =
            Column::UserId.eq(user).and(Column::StartAt.between(first, last)).and(Column::Origin.eq(ORIGIN));
        let mut known = Entity::find().filter(told.clone()).all(transaction).await?;
        known.sort_by_key(|row| (row.start_at, row.end_at, row.id));
        if known == rows {
            continue;
        }
        changed = true;
        if !known.is_empty() {
            Entity::delete_many().filter(told).exec(transaction).await?;
        }
        new.append(&mut rows);
    }
    insert::<agent_status::ActiveModel>(transaction, new).await?;
    Ok(changed)
}

/// Writes the rows that are not there as they are; says whether there were any.
async fn replace_changed<A>(
    transaction: &DatabaseTransaction,
    rows: BTreeMap<Uuid, <A::Entity as EntityTrait>::Model>,
    id: <A::Entity as EntityTrait>::Column,
) -> Result<bool, DbErr>
where
    A: ActiveModelTrait + Send,
    <A::Entity as EntityTrait>::Model: IntoActiveModel<A> + PartialEq + Send + Sync,
{
    let mut same = BTreeSet::new();
    let ids: Vec<Uuid> = rows.keys().copied().collect();
    for ids in ids.chunks(IDS) {
        for known in A::Entity::find().filter(id.is_in(ids.iter().copied())).all(transaction).await? {
            let key = <Uuid as ValueType>::try_from(known.get(id)).unwrap_or_default();
            if rows.get(&key) == Some(&known) {
                same.insert(key);
            }
        }
    }
    let new: Vec<Uuid> = rows.keys().filter(|id| !same.contains(id)).copied().collect();
    for ids in new.chunks(IDS) {
        A::Entity::delete_many().filter(id.is_in(ids.iter().copied())).exec(transaction).await?;
    }
    let changed = !new.is_empty();
    let rows = rows.into_iter().filter(|(id, _)| !same.contains(id)).map(|(_, row)| row).collect();
    insert::<A>(transaction, rows).await?;
    Ok(changed)
}
