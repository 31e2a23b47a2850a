//! What happened, kept packed in memory beside the database and brought up to date by what changed since.
//!
//! Every transaction that writes conversations numbers them (`conversation.changed`, and `imported` for those of an
//! import), in the order of its commit. So whoever knows everything up to a number reads what is above it, and nothing
//! else. Conversations that were read lately wait in a **fresh** part, which is built again when more comes; when there
//! are enough of them it stays as it is, and a new one is begun. A conversation that changes once more is dead in the
//! part that held it.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use store::Store;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Ledger, Window, load, packed::Part, raw::Raw};
use crate::{
    entity::{conversation, projector_cursor},
    report::Plan,
};

/// Conversations of a part that stays: packing the fresh ones again takes some hundredths of a second.
const PART: usize = 5_000;
/// So many times as many are read at once when there is nothing yet: their rows pass through memory unpacked.
const FIRST_PARTS: usize = 8;
/// Counts the transactions that wrote conversations of the journal; holding its row puts them in order.
pub(crate) const CHANGES: &str = "changes";

/// A part that stays, and what of it is told anew elsewhere.
#[derive(Debug)]
struct Kept {
    part: Arc<Part>,
    by_id: Vec<u32>,
    dead: Arc<[u32]>,
}

/// The newest that is known of the journal's conversations, and of the imports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    changed: i64,
    imported: i64,
}

#[derive(Debug, Default)]
struct Books {
    kept: Vec<Kept>,
    fresh: Raw,
    fresh_part: Arc<Part>,
    fresh_ids: HashSet<Uuid>,
    /// None before anything was read.
    mark: Option<Mark>,
}

/// The facts of all time, for any number of reports at once.
#[derive(Debug)]
pub struct Archive {
    store: Store,
    part: usize,
    books: Mutex<Books>,
    /// Everything was read once.
    is_ready: AtomicBool,
}

impl Archive {
    pub fn new(store: Store) -> Self {
        Self { store, part: PART, books: Mutex::default(), is_ready: AtomicBool::new(false) }
    }

    /// With smaller parts, so that tests see more of them.
    pub fn with_parts_of(self, conversations: usize) -> Self {
        Self { part: conversations.max(1), ..self }
    }

    /// What a report about this window is counted from, with everything that was committed before; what goes on ends, for
    /// now, at `now`.
    pub async fn ledger(&self, window: Window, now: i64) -> Result<Ledger, DbErr> {
        self.read(window, now, true).await
    }

    /// The same for one report: people's presence is read where it is counted.
    pub async fn ledger_for(&self, plan: &Plan, now: i64) -> Result<Ledger, DbErr> {
        self.read(plan.options.window, now, plan.of.needs_times).await
    }

    async fn read(&self, window: Window, now: i64, with_presence: bool) -> Result<Ledger, DbErr> {
        let database = self.store.database();
        let mut books = match self.books.try_lock() {
            Ok(books) => books,
            Err(_) if self.is_ready.load(Ordering::Acquire) => self.books.lock().await,
            // Somebody reads all there is: nobody waits for that.
            Err(_) => return load::load(database, window, now).await,
        };
        books.refresh(database, self.part).await?;
        let parts = books.parts();
        self.is_ready.store(true, Ordering::Release);
        drop(books);
        let (mut ledger, mut known) = load::today(database, now).await?;
        for (part, dead) in parts {
            ledger.share(&mut known, part, dead);
        }
        if with_presence {
            load::statuses(database, &mut ledger, &known, window).await?;
        }
        Ok(ledger)
    }
}

impl Books {
    fn parts(&self) -> Vec<(Arc<Part>, Arc<[u32]>)> {
        let kept = self.kept.iter().map(|kept| (Arc::clone(&kept.part), Arc::clone(&kept.dead)));
        kept.chain([(Arc::clone(&self.fresh_part), Arc::default())]).collect()
    }

    /// Whatever breaks it off, the next one reads again what this one did not finish.
    async fn refresh(&mut self, database: &impl ConnectionTrait, part: usize) -> Result<(), DbErr> {
        let now = mark(database).await?;
        let known = match self.mark {
            // Numbers only grow: this is another database, or an older copy of it.
            Some(known) if known.changed > now.changed || known.imported > now.imported => None,
            known => known,
        };
        if known == Some(now) {
            return Ok(());
        }
        if known.is_none() {
            *self = Self::default();
        }
        let ids = changed(database, known).await?;
        let size = if known.is_none() { part * FIRST_PARTS } else { part };
        let mut touched = false;
        for ids in ids.chunks(size) {
            let raw = Raw::read(database, ids).await?;
            let ids: HashSet<Uuid> = ids.iter().copied().collect();
            if known.is_some() {
                self.bury(&ids);
            }
            self.fresh.forget(&ids);
            self.fresh.append(raw);
            self.fresh_ids.extend(ids);
            touched = true;
            if self.fresh_ids.len() >= part {
                self.keep();
                touched = false;
            }
        }
        if touched {
            self.fresh_part = Arc::new(Part::build(self.fresh.clone()));
        }
        self.mark = Some(now);
        Ok(())
    }

    /// The fresh part stays as it is.
    fn keep(&mut self) {
        let part = Part::build(std::mem::take(&mut self.fresh));
        let by_id = part.by_id();
        self.kept.push(Kept { part: Arc::new(part), by_id, dead: Arc::default() });
        self.fresh_part = Arc::default();
        self.fresh_ids.clear();
    }

    /// What the parts that stay say about these conversations does not hold any more.
    fn bury(&mut self, ids: &HashSet<Uuid>) {
        for kept in &mut self.kept {
            let mut found: Vec<u32> = ids.iter().filter_map(|id| kept.part.find(&kept.by_id, *id)).collect();
            found.retain(|at| kept.dead.binary_search(at).is_err());
            if !found.is_empty() {
                found.extend(kept.dead.iter());
                found.sort_unstable();
                kept.dead = found.into();
            }
        }
    }
}

async fn mark(database: &impl ConnectionTrait) -> Result<Mark, DbErr> {
    let names = [CHANGES, crate::import::CURSOR];
    let rows = projector_cursor::Entity::find()
        .filter(projector_cursor::Column::Name.is_in(names))
        .all(database)
        .await?;
    let of = |name: &str| rows.iter().find(|row| row.name == name).map_or(0, |row| row.position);
    Ok(Mark { changed: of(CHANGES), imported: of(crate::import::CURSOR) })
}

/// In the order in which they began; all of them where nothing is known.
async fn changed(database: &impl ConnectionTrait, known: Option<Mark>) -> Result<Vec<Uuid>, DbErr> {
    use conversation::{Column, Entity};
    let news = known.map(|known| {
        Condition::any().add(Column::Changed.gt(known.changed)).add(Column::Imported.gt(known.imported))
    });
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Condition::all().add_option(news))
        .order_by_asc(Column::OpenedAt)
        .into_tuple()
        .all(database)
        .await
}
