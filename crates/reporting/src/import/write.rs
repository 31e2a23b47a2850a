//! Into the database: one transaction, in which only what is new or has changed is written. While rows are sent, the
//! next ones are built.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseConnection, DbErr, EntityTrait, IntoActiveModel,
    ModelTrait, PaginatorTrait, QueryFilter, QuerySelect,
    sea_query::{Expr, ExprTrait, ValueType},
};
use store::Store;
use tokio::{
    sync::mpsc::{self, Receiver, Sender},
    task::yield_now,
};
use uuid::Uuid;

use super::{
    BadRow, ImportError, Imported, ORIGIN, Progress,
    build::{Book, Root},
    check::Index,
    id_of, indexes,
    line::Line,
    people::Names,
    read::{CALLS, Files},
    sheet::{Sheet, Sheets, fingerprint, sheets_of},
};
use crate::{
    entity::{
        agent_status, consult_prompt, conversation, imported_queue, imported_user, projector_cursor,
        voice_call,
    },
    ledger::CHANGES,
    projector::ensure_row,
    rows::{RowSet, insert, remove},
};

/// Counts imports; holding its row keeps two of them apart.
pub(crate) const CURSOR: &str = "imports";
/// Conversations that are sent together.
const BATCH: usize = 4_000;
/// Batches that wait to be sent.
const WAITING: usize = 2;
/// Conversations that are built between two looks at how far sending is.
const TURN: usize = 25;
/// Ids of one `IN (…)`.
const IDS: usize = 5_000;
/// Indexes are taken out when at most so many conversations stand for each new one: below, each new row's place is found.
const INDEXED_FOR_EACH: u64 = 2;

/// Fingerprints of conversations that are there.
type Known = HashMap<Uuid, Option<String>>;

pub(super) async fn write(
    store: &Store,
    (files, index): (&Files, &Index<'_>),
    names: &Names,
    mut imported: Imported,
    dry_run: bool,
    progress: &mut (impl FnMut(Progress) + Send),
) -> Result<Imported, ImportError> {
    ensure_row(store.database(), CURSOR, 0).await?;
    ensure_row(store.database(), CHANGES, 0).await?;
    let line = Line::begin(store).await?;
    let database = &line.database;
    count(database, CURSOR, 0).await?;
    let number = number(database).await? + 1;
    let standing = standing(database, files).await?;
    let known = known(database, &standing).await?;
    let book = Book::new(files, index, names, |root| standing.get(root).copied());
    let (told, new): (Vec<&Root<'_>>, Vec<&Root<'_>>) =
        book.roots().iter().partition(|root| known.contains_key(&root.id));
    let mut pouring = Pouring { line: &line, book: &book, known: &known, number, dry_run, done: 0 };
    if dry_run {
        pouring.pour(&told, &mut imported, progress).await?;
        pouring.pour(&new, &mut imported, progress).await?;
        line.roll_back().await?;
        return Ok(imported);
    }
    let mut changed = people(database, names).await?;
    changed |= prompts(database, files, names, &book).await?;
    changed |= statuses(&line, files, names).await?;
    pouring.pour(&told, &mut imported, progress).await?;
    let there = conversation::Entity::find().count(database).await?;
    if !new.is_empty() && there <= INDEXED_FOR_EACH * new.len() as u64 {
        // The projector stops here before it holds anything that is taken next.
        count(database, CHANGES, 0).await?;
        let out = indexes::take_out(&line).await?;
        pouring.pour(&new, &mut imported, progress).await?;
        out.put_back(&line).await?;
    } else {
        pouring.pour(&new, &mut imported, progress).await?;
    }
    changed |= imported.conversations_new + imported.conversations_changed > 0;
    if changed {
        count(database, CURSOR, 1).await?;
    }
    line.commit().await?;
    Ok(imported)
}

/// Moves a counter; its row is held until the import is over.
async fn count(database: &impl ConnectionTrait, name: &str, more: i64) -> Result<(), DbErr> {
    use projector_cursor::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::Position, Expr::col(Column::Position).add(more))
        .filter(Column::Name.eq(name))
        .exec(database)
        .await?;
    Ok(())
}

/// The last import's.
async fn number(database: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let row = projector_cursor::Entity::find_by_id(CURSOR).one(database).await?;
    Ok(row.map_or(0, |row| row.position))
}

/// The conversations that stand there for roots of the files, by the root's name. A call that stands in any other one
/// is refused: what those files told of it would stay beside what these do.
async fn standing(
    database: &impl ConnectionTrait,
    files: &Files,
) -> Result<HashMap<String, Uuid>, ImportError> {
    use voice_call::{Column, Entity};
    let mut standing = HashMap::new();
    let imported = conversation::Entity::find().filter(conversation::Column::Imported.is_not_null());
    if imported.one(database).await?.is_none() {
        return Ok(standing);
    }
    let roots: HashSet<&str> = files.calls.iter().map(|call| call.root.as_str()).collect();
    let mut found: Vec<(String, Uuid)> = Vec::new();
    for calls in files.calls.chunks(IDS) {
        let some: Vec<(Option<String>, Uuid, i32)> = Entity::find()
            .select_only()
            .columns([Column::ExternalId, Column::ConversationId, Column::Ordinal])
            .filter(Column::ExternalId.is_in(calls.iter().map(|call| call.id.as_str())))
            .into_tuple()
            .all(database)
            .await?;
        for (name, conversation, ordinal) in some {
            let Some(name) = name else { continue };
            if ordinal == 0 && roots.contains(name.as_str()) {
                standing.insert(name.clone(), conversation);
            }
            found.push((name, conversation));
        }
    }
    let told: HashSet<Uuid> = standing.values().copied().collect();
    let elsewhere: HashSet<String> = found
        .into_iter()
        .filter(|(_, conversation)| !told.contains(conversation))
        .map(|(name, _)| name)
        .collect();
    let bad: Vec<BadRow> = files
        .calls
        .iter()
        .filter(|call| elsewhere.contains(&call.id))
        .map(|call| BadRow {
            file: CALLS.file,
            line: call.line,
            field: Some("root_id"),
            message: format!("\"{}\" was imported below a root that these files do not have", call.id),
        })
        .collect();
    if bad.is_empty() { Ok(standing) } else { Err(ImportError::BadRows(bad)) }
}

async fn known(database: &impl ConnectionTrait, standing: &HashMap<String, Uuid>) -> Result<Known, DbErr> {
    use conversation::{Column, Entity};
    let mut known = Known::new();
    let ids: Vec<Uuid> = standing.values().copied().collect();
    for ids in ids.chunks(IDS) {
        let some: Vec<(Uuid, Option<String>)> = Entity::find()
            .select_only()
            .column(Column::Id)
            .column(Column::Fingerprint)
            .filter(Column::Id.is_in(ids.iter().copied()))
            .into_tuple()
            .all(database)
            .await?;
        known.extend(some);
    }
    Ok(known)
}

/// What is sent together.
struct Batch {
    sheets: Vec<Sheet>,
    /// Those of it that stand there otherwise.
    changed: Vec<Uuid>,
    conversations: u64,
}

/// Conversations on their way into the database.
struct Pouring<'a, 'b> {
    line: &'a Line,
    book: &'a Book<'b>,
    known: &'a Known,
    /// This import's.
    number: i64,
    dry_run: bool,
    done: u64,
}

impl Pouring<'_, '_> {
    async fn pour(
        &mut self,
        roots: &[&Root<'_>],
        imported: &mut Imported,
        progress: &mut (impl FnMut(Progress) + Send),
    ) -> Result<(), DbErr> {
        let (sender, receiver) = mpsc::channel(WAITING);
        let (this, mut done) = (&*self, self.done);
        let send = this.send(receiver, |conversations| {
            done += conversations;
            progress(Progress::Written { conversations: done, of: this.book.len() as u64 });
        });
        let (built, sent) = tokio::join!(this.build(roots, imported, sender), send);
        self.done = done;
        // Where sending failed, building stopped for that.
        sent.and(built)
    }

    async fn build(
        &self,
        roots: &[&Root<'_>],
        imported: &mut Imported,
        sender: Sender<Batch>,
    ) -> Result<(), DbErr> {
        let mut sheets = Sheets::new(self.line.backend());
        let mut scratch = Vec::new();
        for roots in roots.chunks(BATCH) {
            let mut changed = Vec::new();
            for turn in roots.chunks(TURN) {
                for root in turn {
                    self.one(root, imported, (&mut sheets, &mut changed), &mut scratch)?;
                }
                yield_now().await;
            }
            let batch = Batch { sheets: sheets.take(), changed, conversations: roots.len() as u64 };
            if sender.send(batch).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }

    fn one(
        &self,
        root: &Root<'_>,
        imported: &mut Imported,
        (sheets, changed): (&mut Sheets, &mut Vec<Uuid>),
        scratch: &mut Vec<u8>,
    ) -> Result<(), DbErr> {
        let mut rows: RowSet = self.book.conversation(root);
        let fingerprint = Some(fingerprint(&rows, scratch)?);
        match self.known.get(&root.id) {
            None => imported.conversations_new += 1,
            Some(known) if *known == fingerprint => {
                imported.conversations_unchanged += 1;
                return Ok(());
            }
            Some(_) => {
                imported.conversations_changed += 1;
                changed.push(root.id);
            }
        }
        for row in &mut rows.conversations {
            row.fingerprint.clone_from(&fingerprint);
            row.imported = Some(self.number);
        }
        if self.dry_run { Ok(()) } else { sheets.add(&rows) }
    }

    async fn send(&self, mut batches: Receiver<Batch>, mut told: impl FnMut(u64)) -> Result<(), DbErr> {
        while let Some(batch) = batches.recv().await {
            if !self.dry_run && !batch.changed.is_empty() {
                remove(&self.line.database, &batch.changed).await?;
            }
            self.line.send(batch.sheets).await?;
            told(batch.conversations);
        }
        Ok(())
    }
}

async fn people(database: &DatabaseConnection, names: &Names) -> Result<bool, DbErr> {
    let users = replace_changed::<imported_user::ActiveModel>(
        database,
        names.new_users.iter().map(|row| (row.id, row.clone())).collect(),
        imported_user::Column::Id,
    )
    .await?;
    let queues = replace_changed::<imported_queue::ActiveModel>(
        database,
        names.new_queues.iter().map(|row| (row.id, row.clone())).collect(),
        imported_queue::Column::Id,
    )
    .await?;
    Ok(users || queues)
}

async fn prompts(
    database: &DatabaseConnection,
    files: &Files,
    names: &Names,
    book: &Book<'_>,
) -> Result<bool, DbErr> {
    let user = |agent: &Option<String>| agent.as_ref().and_then(|agent| names.users.get(agent)).copied();
    let rows = files.prompts.iter().map(|prompt| {
        let id = id_of("prompt", &prompt.id);
        let row = consult_prompt::Model {
            id,
            external_id: Some(prompt.id.clone()),
            parent_call_id: book.call_id(&prompt.parent_call),
            requester_user_id: user(&prompt.requester),
            target_user_id: user(&prompt.target),
            state: prompt.state.clone(),
            offered_at: prompt.offered,
            accepted_at: prompt.accepted,
            snoozed_count: prompt.snoozed,
            closed_at: prompt.closed,
            result_call_id: prompt.result_call.as_ref().map(|call| book.call_id(call)),
            origin: ORIGIN.to_owned(),
        };
        (id, row)
    });
    replace_changed::<consult_prompt::ActiveModel>(database, rows.collect(), consult_prompt::Column::Id).await
}

/// Within the time that the file tells of somebody, their presence is what the file says.
async fn statuses(line: &Line, files: &Files, names: &Names) -> Result<bool, DbErr> {
    use agent_status::{Column, Entity};
    let mut by_user: BTreeMap<Uuid, Vec<agent_status::Model>> = BTreeMap::new();
    for status in &files.statuses {
        let Some(user) = names.users.get(&status.agent) else { continue };
        by_user.entry(*user).or_default().push(agent_status::Model {
            id: id_of("status", &format!("{}/{}/{}", status.agent, status.start, status.status)),
            user_id: *user,
            status: status.status.clone(),
            status_id: None,
            start_at: status.start,
            end_at: status.end,
            cause: None,
            by_user_id: None,
            reason: None,
            origin: ORIGIN.to_owned(),
        });
    }
    let database = &line.database;
    let mut changed = false;
    let mut new = Vec::new();
    for (user, mut rows) in by_user {
        rows.sort_by_key(|row| (row.start_at, row.end_at, row.id));
        let first = rows.first().map_or(0, |row| row.start_at);
        let last = rows.last().map_or(0, |row| row.start_at);
        let told =
            Column::UserId.eq(user).and(Column::StartAt.between(first, last)).and(Column::Origin.eq(ORIGIN));
        let mut known = Entity::find().filter(told.clone()).all(database).await?;
        known.sort_by_key(|row| (row.start_at, row.end_at, row.id));
        if known == rows {
            continue;
        }
        changed = true;
        if !known.is_empty() {
            Entity::delete_many().filter(told).exec(database).await?;
        }
        new.append(&mut rows);
    }
    line.send(sheets_of(line.backend(), &new)?).await?;
    Ok(changed)
}
/// Writes the rows that are not there as they are; says whether there were any.
async fn replace_changed<A>(
    database: &DatabaseConnection,
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
        for known in A::Entity::find().filter(id.is_in(ids.iter().copied())).all(database).await? {
            let key = <Uuid as ValueType>::try_from(known.get(id)).unwrap_or_default();
            if rows.get(&key) == Some(&known) {
                same.insert(key);
            }
        }
    }
    let new: Vec<Uuid> = rows.keys().filter(|id| !same.contains(id)).copied().collect();
    for ids in new.chunks(IDS) {
        A::Entity::delete_many().filter(id.is_in(ids.iter().copied())).exec(database).await?;
    }
    let changed = !new.is_empty();
    let rows = rows.into_iter().filter(|(id, _)| !same.contains(id)).map(|(_, row)| row).collect();
    insert::<A>(database, rows).await?;
    Ok(changed)
}
