//! Parts in files, so that a start reads them instead of the database.
//!
//! A part's file never changes. A **catalog** names the files with their checksums, and up to which mark they hold what
//! the database does; it is replaced whole, by renaming, after its files are on the disk. With every catalog the
//! database gets a new **stamp** first: where the two differ, this is another database, or an older copy of it, or the
//! process was killed in between, and the files are worth nothing. So is everything that fails its checksum.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use sea_orm::{ActiveValue, ConnectionTrait, DbErr, EntityTrait, sea_query::OnConflict};
use sha2::{Digest, Sha256};
use tokio::io::AsyncWriteExt;
use uuid::Uuid;

use super::{
    archive::Mark,
    bytes::{Eye, Ink, VERSION},
    packed::Part,
};
use crate::entity::projector_cursor;

const MAGIC: [u8; 8] = *b"TANDEMAR";
const CATALOG: &str = "catalog";

/// The files cannot be used; the database has everything.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unusable {
    #[error("there is none")]
    Missing,
    #[error("{0} is not what was written")]
    Corrupt(&'static str),
    #[error("it belongs to another state of the database")]
    Stale,
    #[error("it cannot be read: {0}")]
    File(#[from] std::io::Error),
    #[error("{0}")]
    Database(#[from] DbErr),
}

/// One part in its file.
#[derive(Clone, Debug)]
pub(super) struct Filed {
    name: Uuid,
    /// Of the ids, then of the part.
    sums: [[u8; 32]; 2],
    ids_bytes: u32,
    /// When its first and its last conversation began.
    pub(super) first: i64,
    pub(super) last: i64,
    /// What it takes in memory.
    pub(super) memory: u32,
}

/// What the files held together when they were written.
#[derive(Debug)]
pub(super) struct Catalog {
    pub(super) mark: Mark,
    pub(super) parts: Vec<(Filed, Vec<u32>)>,
}

/// A directory of this process alone.
#[derive(Debug)]
pub(super) struct Shelf {
    directory: PathBuf,
    /// Whose stamp it is that the database keeps.
    id: Uuid,
}

/// Conversations by id, with their place in the part.
pub(super) type ById = Vec<(Uuid, u32)>;

fn sum(bytes: &[u8]) -> [u8; 32] {
    Sha256::digest(bytes).into()
}

impl Shelf {
    pub(super) fn new(directory: PathBuf) -> Self {
        Self { directory, id: Uuid::new_v4() }
    }

    fn path(&self, name: Uuid) -> PathBuf {
        self.directory.join(format!("{}.part", name.simple()))
    }

    /// What was written last, where it still belongs to this database.
    pub(super) async fn open(&mut self, database: &impl ConnectionTrait) -> Result<Catalog, Unusable> {
        let bytes = match tokio::fs::read(self.directory.join(CATALOG)).await {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Unusable::Missing),
            Err(error) => return Err(error.into()),
        };
        let (id, stamp, catalog) = read_catalog(&bytes).ok_or(Unusable::Corrupt("the catalog"))?;
        self.id = id;
        let row = projector_cursor::Entity::find_by_id(self.stamp_name()).one(database).await?;
        if row.is_none_or(|row| row.position != stamp) {
            return Err(Unusable::Stale);
        }
        Ok(catalog)
    }

    fn stamp_name(&self) -> String {
        format!("archive/{}", self.id.simple())
    }

    pub(super) async fn ids(&self, filed: &Filed) -> Result<ById, Unusable> {
        let bytes = self.section(filed, 0).await?;
        let mut eye = Eye(&bytes);
        let ids = eye.all(20, |eye| Some((eye.id()?, eye.u32()?)));
        ids.ok_or(Unusable::Corrupt("a part's list of ids"))
    }

    pub(super) async fn part(&self, filed: &Filed) -> Result<Arc<Part>, Unusable> {
        let bytes = self.section(filed, 1).await?;
        Part::from_bytes(&bytes).map(Arc::new).ok_or(Unusable::Corrupt("a part"))
    }

    async fn section(&self, filed: &Filed, at: usize) -> Result<Vec<u8>, Unusable> {
        use tokio::io::{AsyncReadExt, AsyncSeekExt};
        let mut file = tokio::fs::File::open(self.path(filed.name)).await?;
        let mut bytes = Vec::new();
        if at == 0 {
            file.take(filed.ids_bytes.into()).read_to_end(&mut bytes).await?;
        } else {
            file.seek(std::io::SeekFrom::Start(filed.ids_bytes.into())).await?;
            file.read_to_end(&mut bytes).await?;
        }
        if filed.sums.get(at) == Some(&sum(&bytes)) {
            Ok(bytes)
        } else {
            Err(Unusable::Corrupt("a part's file"))
        }
    }

    pub(super) async fn file(&self, part: &Part, by_id: &ById) -> Result<Filed, Unusable> {
        let name = Uuid::new_v4();
        let mut ink = Ink::default();
        ink.u32(super::place(by_id.len()));
        for (id, at) in by_id {
            ink.id(*id);
            ink.u32(*at);
        }
        let (ids, rows) = (ink.0, part.to_bytes());
        tokio::fs::create_dir_all(&self.directory).await?;
        write(&self.path(name), &[&ids, &rows]).await?;
        Ok(Filed {
            name,
            sums: [sum(&ids), sum(&rows)],
            ids_bytes: super::place(ids.len()),
            first: part.conversations.first().map_or(i64::MAX, |row| row.started),
            last: part.conversations.last().map_or(i64::MIN, |row| row.started),
            memory: super::place(part.memory()),
        })
    }

    /// These files, and no others, are what the database holds up to the mark.
    pub(super) async fn keep(
        &self,
        database: &impl ConnectionTrait,
        catalog: &Catalog,
    ) -> Result<(), Unusable> {
        let stamp = stamp();
        let row = projector_cursor::ActiveModel {
            name: ActiveValue::Set(self.stamp_name()),
            position: ActiveValue::Set(stamp),
        };
        let on_conflict = OnConflict::column(projector_cursor::Column::Name)
            .update_column(projector_cursor::Column::Position)
            .to_owned();
        projector_cursor::Entity::insert(row)
            .on_conflict(on_conflict)
            .exec_without_returning(database)
            .await?;
        tokio::fs::create_dir_all(&self.directory).await?;
        let fresh = self.directory.join("catalog.new");
        write(&fresh, &[&self.written(stamp, catalog)]).await?;
        tokio::fs::rename(&fresh, self.directory.join(CATALOG)).await?;
        tokio::fs::File::open(&self.directory).await?.sync_all().await?;
        self.tidy(catalog).await
    }

    fn written(&self, stamp: i64, catalog: &Catalog) -> Vec<u8> {
        let mut ink = Ink(MAGIC.to_vec());
        ink.u32(VERSION);
        ink.id(self.id);
        ink.i64(stamp);
        ink.i64(catalog.mark.changed);
        ink.i64(catalog.mark.imported);
        ink.u32(super::place(catalog.parts.len()));
        for (filed, dead) in &catalog.parts {
            ink.id(filed.name);
            filed.sums.iter().for_each(|sum| ink.put(*sum));
            ink.u32(filed.ids_bytes);
            ink.i64(filed.first);
            ink.i64(filed.last);
            ink.u32(filed.memory);
            ink.u32(super::place(dead.len()));
            dead.iter().for_each(|at| ink.u32(*at));
        }
        let sum = sum(&ink.0);
        ink.put(sum);
        ink.0
    }

    /// Files of parts that no catalog names any more.
    async fn tidy(&self, catalog: &Catalog) -> Result<(), Unusable> {
        let named: BTreeSet<PathBuf> = catalog.parts.iter().map(|(filed, _)| self.path(filed.name)).collect();
        let mut files = tokio::fs::read_dir(&self.directory).await?;
        while let Some(file) = files.next_entry().await? {
            let path = file.path();
            if path.extension().is_some_and(|end| end == "part") && !named.contains(&path) {
                tokio::fs::remove_file(&path).await?;
            }
        }
        Ok(())
    }
}

/// Differs from every one before it.
fn stamp() -> i64 {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    i64::from_le_bytes((high ^ low.rotate_left(32)).to_le_bytes())
}

fn read_catalog(bytes: &[u8]) -> Option<(Uuid, i64, Catalog)> {
    let (bytes, checked) = bytes.split_last_chunk::<32>()?;
    if sum(bytes) != *checked {
        return None;
    }
    let eye = &mut Eye(bytes);
    if eye.take()? != MAGIC || eye.u32()? != VERSION {
        return None;
    }
    let (id, stamp) = (eye.id()?, eye.i64()?);
    let mark = Mark { changed: eye.i64()?, imported: eye.i64()? };
    let parts = eye.all(108, |eye| {
        let filed = Filed {
            name: eye.id()?,
            sums: [eye.take()?, eye.take()?],
            ids_bytes: eye.u32()?,
            first: eye.i64()?,
            last: eye.i64()?,
            memory: eye.u32()?,
        };
        Some((filed, eye.all(4, Eye::u32)?))
    })?;
    eye.0.is_empty().then_some((id, stamp, Catalog { mark, parts }))
}

/// On the disk when this returns.
async fn write(path: &Path, parts: &[&[u8]]) -> std::io::Result<()> {
    let mut file = tokio::fs::File::create(path).await?;
    for part in parts {
        file.write_all(part).await?;
    }
    file.sync_all().await
}
