//! History of another system, from CSV files: everything is read and checked first, then written in one transaction or
//! not at all. What stands there already is known by the former system's ids, so that a second import of the same files
//! changes nothing and one of corrected files changes what was corrected.

mod build;
mod check;
mod indexes;
mod line;
mod people;
mod read;
mod sheet;
mod table;
mod write;

use std::path::Path;

use sea_orm::{DbErr, EntityTrait};
use store::Store;
use uuid::Uuid;

use crate::entity::projector_cursor;

pub use table::BadRow;
pub(crate) use write::CURSOR;

/// What stands in `origin` of records that were imported.
pub(crate) const ORIGIN: &str = "import";

/// Every id of an import is a UUIDv5 below this one.
const NAMES: Uuid = Uuid::from_u128(0x7461_6e64_656d_5069_8000_6869_7374_6f72);

fn id_of(kind: &str, name: &str) -> Uuid {
    Uuid::new_v5(&NAMES, format!("{kind}/{name}").as_bytes())
}

/// Begins with a moment, so that what happened together lies together in every index, at its end when it is new: finding
/// places all over the indexes of a year is what would take longest.
fn id_at(ms: i64, kind: &str, name: &str) -> Uuid {
    let [_, _, first @ ..] = ms.max(0).to_be_bytes();
    begun_with(first, id_of(kind, name))
}

/// Of something in a conversation: begins as that one's.
fn id_in(conversation: Uuid, kind: &str, name: &str) -> Uuid {
    let [first @ .., _, _, _, _, _, _, _, _, _, _] = conversation.into_bytes();
    begun_with(first, id_of(kind, name))
}

fn begun_with([a, b, c, d, e, f]: [u8; 6], id: Uuid) -> Uuid {
    let [_, _, _, _, _, _, rest @ ..] = id.into_bytes();
    let [g, h, i, j, k, l, m, n, o, p] = rest;
    uuid::Builder::from_custom_bytes([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]).into_uuid()
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// Mend the files; nothing was written.
    #[error("{} rows cannot be taken; nothing was imported", .0.len())]
    BadRows(Vec<BadRow>),
    /// A file cannot be read.
    #[error("the files cannot be read: {0}")]
    File(#[from] std::io::Error),
    /// Nothing was written; try again later.
    #[error("the database failed, nothing was imported: {0}")]
    Database(#[from] DbErr),
}

/// How far an import is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Read { file: &'static str, rows: u64 },
    Written { conversations: u64, of: u64 },
}

/// What the files held, and what of it was new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    pub agents: u64,
    pub calls: u64,
    pub legs: u64,
    pub segments: u64,
    pub statuses: u64,
    pub prompts: u64,
    pub conversations_new: u64,
    pub conversations_changed: u64,
    pub conversations_unchanged: u64,
}

/// Checks the files of `directory` and writes them, unless it is a dry run.
pub async fn import(
    store: &Store,
    directory: &Path,
    dry_run: bool,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Imported, ImportError> {
    let mut bad = Vec::new();
    let files = read::files(directory, &mut bad, |file, rows| progress(Progress::Read { file, rows }))?;
    let index = check::check(&files, &mut bad);
    if !bad.is_empty() {
        bad.sort_by_key(|row| (row.file, row.line));
        return Err(ImportError::BadRows(bad));
    }
    let count = |rows: usize| rows as u64;
    let imported = Imported {
        agents: count(files.agents.len()),
        calls: count(files.calls.len()),
        legs: count(files.legs.len()),
        segments: count(files.segments.len()),
        statuses: count(files.statuses.len()),
        prompts: count(files.prompts.len()),
        ..Imported::default()
    };
    let names = people::names(store.database(), &files).await?;
    write::write(store, (&files, &index), &names, imported, dry_run, &mut progress).await
}

/// Whether any history came in before.
pub async fn has_imported(store: &Store) -> Result<bool, DbErr> {
    let row = projector_cursor::Entity::find_by_id(write::CURSOR).one(store.database()).await?;
    Ok(row.is_some_and(|row| row.position > 0))
}
