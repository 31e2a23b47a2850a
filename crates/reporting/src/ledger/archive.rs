//! What happened, kept packed beside the database and brought up to date by what changed since.
//!
//! Every transaction that writes conversations numbers them (`conversation.changed`, and `imported` for those of an
//! import), in the order of its commit. So whoever knows everything up to a number reads what is above it, and nothing
//! else. Conversations that were read lately wait in a **fresh** part, which is built again when more comes; when there
//! are enough of them it stays as it is, and a new one is begun. A conversation that changes once more is dead in the
//! part that held it.
//!
//! With a directory, parts stand in files too (`shelf`): the next start reads those, a part is in memory when a report
//! asks for its time, and those that were not asked for longest leave when there are more than may be.

use std::{
    collections::HashSet,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use store::Store;
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{
    LONGEST_MS, Ledger, Window, load,
    packed::Part,
    raw::Raw,
    shelf::{ById, Catalog, Filed, Shelf, Unusable},
};
use crate::{
    entity::{conversation, projector_cursor},
    metric::FCR_MS,
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
    by_id: ById,
    dead: Arc<[u32]>,
    /// None while it is in its file only.
    part: Option<Arc<Part>>,
    filed: Option<Filed>,
    /// In memory, in bytes.
    memory: usize,
    /// When it was asked for last, in turns.
    used: u64,
}

impl Kept {
    fn new(part: Part, used: u64) -> Self {
        let (by_id, memory) = (part.by_id(), part.memory());
        Self { by_id, dead: Arc::default(), part: Some(Arc::new(part)), filed: None, memory, used }
    }

    /// Whether a report about the window can ask for it, for what happened soon before and after too.
    fn is_near(&self, window: Window) -> bool {
        let (first, last) = match (&self.part, &self.filed) {
            (Some(part), _) => {
                let began = |row: Option<&super::packed::ConversationRow>| row.map_or(0, |row| row.started);
                (began(part.conversations.first()), began(part.conversations.last()))
            }
            (None, Some(filed)) => (filed.first, filed.last),
            (None, None) => return true,
        };
        window.to.is_none_or(|to| first <= to.saturating_add(FCR_MS))
            && window.from.is_none_or(|from| last >= from.saturating_sub(FCR_MS + LONGEST_MS))
    }
}

/// The newest that is known of the journal's conversations, and of the imports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Mark {
    pub(super) changed: i64,
    pub(super) imported: i64,
}

#[derive(Debug, Default)]
struct Books {
    kept: Vec<Kept>,
    fresh: Raw,
    fresh_part: Arc<Part>,
    fresh_ids: HashSet<Uuid>,
    /// None before anything was read.
    mark: Option<Mark>,
    shelf: Option<Shelf>,
    /// Bytes of parts that stay in memory between reports.
    memory: usize,
    is_opened: bool,
    /// Writing failed once: what is in memory stays there.
    is_read_only: bool,
    turn: u64,
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

type Parts = Vec<(Arc<Part>, Arc<[u32]>)>;

impl Archive {
    pub fn new(store: Store) -> Self {
        Self { store, part: PART, books: Mutex::default(), is_ready: AtomicBool::new(false) }
    }

    /// With smaller parts, so that tests see more of them.
    pub fn with_parts_of(self, conversations: usize) -> Self {
        Self { part: conversations.max(1), ..self }
    }

    /// With its parts in files of a directory that nobody else writes to, and at most so many bytes of them in memory
    /// between reports. A report holds what it counts until it is done.
    #[must_use]
    pub fn kept_in(mut self, directory: PathBuf, memory_bytes: u64) -> Self {
        let books = self.books.get_mut();
        books.shelf = Some(Shelf::new(directory));
        books.memory = usize::try_from(memory_bytes).unwrap_or(usize::MAX);
        self
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

    /// Bytes of the parts that are in memory.
    pub async fn memory(&self) -> usize {
        self.books.lock().await.held()
    }

    async fn read(&self, window: Window, now: i64, with_presence: bool) -> Result<Ledger, DbErr> {
        let database = self.store.database();
        let mut books = match self.books.try_lock() {
            Ok(books) => books,
            Err(_) if self.is_ready.load(Ordering::Acquire) => self.books.lock().await,
            // Somebody reads all there is: nobody waits for that.
            Err(_) => return load::load(database, window, now).await,
        };
        let parts = books.current(database, self.part, window).await?;
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
    /// The parts of a window, with everything that was committed before.
    async fn current(
        &mut self,
        database: &impl ConnectionTrait,
        part: usize,
        window: Window,
    ) -> Result<Parts, DbErr> {
        let was_opened = self.open(database).await?;
        self.refresh(database, part).await?;
        if was_opened && !self.counts_right(database).await? {
            tracing::warn!("the archive's files do not hold what the database does, it is read anew");
            self.restart();
            self.refresh(database, part).await?;
        }
        let parts = match self.parts(window).await {
            Ok(parts) => parts,
            Err(unusable) => {
                tracing::warn!(error = %unusable, "a part of the archive is lost, the database is read anew");
                self.restart();
                self.refresh(database, part).await?;
                self.parts(window).await.map_err(|again| DbErr::Custom(again.to_string()))?
            }
        };
        self.evict();
        Ok(parts)
    }

    /// What the files hold, once; says whether they are used.
    async fn open(&mut self, database: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let Some(shelf) = self.shelf.as_mut().filter(|_| !self.is_opened) else { return Ok(false) };
        match opened(shelf, database).await {
            Ok((kept, mark)) => {
                (self.kept, self.mark) = (kept, Some(mark));
                self.is_opened = true;
                return Ok(true);
            }
            Err(Unusable::Database(error)) => return Err(error),
            Err(Unusable::Missing) => {}
            Err(unusable) => tracing::warn!(error = %unusable, "the archive is read from the database"),
        }
        self.is_opened = true;
        Ok(false)
    }

    /// Nothing is known any more.
    fn restart(&mut self) {
        let (shelf, memory, is_read_only) = (self.shelf.take(), self.memory, self.is_read_only);
        *self = Self { shelf, memory, is_read_only, is_opened: true, turn: self.turn, ..Self::default() };
    }

    /// As many conversations as the database has; where it moves on meanwhile, this says nothing.
    async fn counts_right(&self, database: &impl ConnectionTrait) -> Result<bool, DbErr> {
        let known: usize = self.kept.iter().map(|kept| kept.by_id.len() - kept.dead.len()).sum();
        let there = conversation::Entity::find().count(database).await?;
        let known = (known + self.fresh_ids.len()) as u64;
        Ok(known == there || self.mark != Some(mark(database).await?))
    }

    async fn parts(&mut self, window: Window) -> Result<Parts, Unusable> {
        self.turn += 1;
        let mut parts = Parts::new();
        for kept in self.kept.iter_mut().filter(|kept| kept.is_near(window)) {
            kept.used = self.turn;
            let part = match (&kept.part, &kept.filed, &self.shelf) {
                (Some(part), _, _) => Arc::clone(part),
                (None, Some(filed), Some(shelf)) => shelf.part(filed).await?,
                _ => return Err(Unusable::Corrupt("the list of parts")),
            };
            kept.part = Some(Arc::clone(&part));
            parts.push((part, Arc::clone(&kept.dead)));
        }
        parts.push((Arc::clone(&self.fresh_part), Arc::default()));
        Ok(parts)
    }

    fn held(&self) -> usize {
        self.kept.iter().filter(|kept| kept.part.is_some()).map(|kept| kept.memory).sum()
    }

    /// The parts that were not asked for longest leave memory, while there is more of them than may be.
    fn evict(&mut self) {
        let mut held = self.held();
        while held > self.memory {
            let filed = self.kept.iter_mut().filter(|kept| kept.filed.is_some() && kept.part.is_some());
            let Some(kept) = filed.min_by_key(|kept| kept.used) else { return };
            kept.part = None;
            held -= kept.memory;
        }
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
            self.restart();
        }
        let ids = changed(database, known).await?;
        let size = if known.is_none() { part * FIRST_PARTS } else { part };
        let (mut touched, mut is_kept) = (false, known.is_none());
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
                self.keep().await;
                (touched, is_kept) = (false, true);
            }
        }
        if touched {
            self.fresh_part = Arc::new(Part::build(self.fresh.clone()));
        }
        self.mark = Some(now);
        if is_kept {
            self.save(database, now).await;
        }
        Ok(())
    }

    /// The fresh part stays as it is.
    async fn keep(&mut self) {
        let mut kept = Kept::new(Part::build(std::mem::take(&mut self.fresh)), self.turn);
        self.fresh_part = Arc::default();
        self.fresh_ids.clear();
        if let (Some(shelf), Some(part), false) = (&self.shelf, &kept.part, self.is_read_only) {
            match shelf.file(part, &kept.by_id).await {
                Ok(filed) => kept.filed = Some(filed),
                Err(error) => self.give_up(&error),
            }
        }
        self.kept.push(kept);
        if self.shelf.is_some() {
            self.evict();
        }
    }

    fn give_up(&mut self, error: &Unusable) {
        tracing::warn!(%error, "the archive cannot be written, the next start reads the database");
        self.is_read_only = true;
    }

    /// So that the next start finds all of it; the fresh part goes along as it is now.
    async fn save(&mut self, database: &impl ConnectionTrait, mark: Mark) {
        let Some(shelf) = self.shelf.as_ref().filter(|_| !self.is_read_only) else { return };
        let mut parts: Vec<(Filed, Vec<u32>)> = Vec::new();
        for kept in &self.kept {
            let Some(filed) = &kept.filed else { return };
            parts.push((filed.clone(), kept.dead.to_vec()));
        }
        let saved = async {
            if !self.fresh_ids.is_empty() {
                let filed = shelf.file(&self.fresh_part, &self.fresh_part.by_id()).await?;
                parts.push((filed, Vec::new()));
            }
            shelf.keep(database, &Catalog { mark, parts }).await
        };
        if let Err(error) = saved.await {
            self.give_up(&error);
        }
    }

    /// What the parts that stay say about these conversations does not hold any more.
    fn bury(&mut self, ids: &HashSet<Uuid>) {
        for kept in &mut self.kept {
            let place = |id: &Uuid| kept.by_id.binary_search_by_key(id, |(known, _)| *known).ok();
            let mut found: Vec<u32> =
                ids.iter().filter_map(|id| Some(kept.by_id.get(place(id)?)?.1)).collect();
            found.retain(|at| kept.dead.binary_search(at).is_err());
            if !found.is_empty() {
                found.extend(kept.dead.iter());
                found.sort_unstable();
                kept.dead = found.into();
            }
        }
    }
}

/// Which parts there are; what is in them is read when somebody asks.
async fn opened(shelf: &mut Shelf, database: &impl ConnectionTrait) -> Result<(Vec<Kept>, Mark), Unusable> {
    let Catalog { mark, parts } = shelf.open(database).await?;
    let mut kept = Vec::new();
    for (filed, dead) in parts {
        let by_id = shelf.ids(&filed).await?;
        let memory = filed.memory as usize;
        kept.push(Kept { by_id, dead: dead.into(), part: None, filed: Some(filed), memory, used: 0 });
    }
    Ok((kept, mark))
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
