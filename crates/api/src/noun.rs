//! What every resource of the organization can do: list, create, get, change, delete. A noun says only what is its own.

use serde::{Serialize, de::DeserializeOwned};
use store::{Page, Row, RowId as _, Rows, Store, StoreError};
use terms::limits::PAGE_MAX;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    Faces,
    answer::{Created, Json, List, NoContent},
    caller::Caller,
    extract::{Body, Id, IfMatch, Merge, Path, Query, State},
    idempotency,
    problem::{FieldError, Problem},
};

/// How often a change without `If-Match` starts anew when somebody else was faster.
const TRIES_MAX: usize = 5;

/// Which page of a list.
#[derive(Debug, serde::Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct PageQuery {
    /// 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl PageQuery {
    pub(crate) fn page(self) -> Result<Page, Problem> {
        page(self.limit, self.cursor)
    }
}

pub(crate) fn page(limit: Option<u64>, cursor: Option<String>) -> Result<Page, Problem> {
    match limit {
        Some(limit) if !(1..=PAGE_MAX).contains(&limit) => {
            Err(Problem::malformed(format!("limit is 1 to {PAGE_MAX}")))
        }
        limit => Ok(Page { limit, cursor }),
    }
}

/// What is wrong with a request, gathered so that the client hears everything at once.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Vec<FieldError>);

impl Complaints {
    pub(crate) fn add(&mut self, field: impl Into<String>, message: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), message: message.into() });
    }
    pub(crate) fn unless(&mut self, sound: bool, field: impl Into<String>, message: impl Into<String>) {
        if !sound {
            self.add(field, message);
        }
    }
    /// A name that people read: something in it, and not a book.
    pub(crate) fn name(&mut self, field: &str, text: &str) {
        let length = text.trim().chars().count();
        self.unless((1..=120).contains(&length), field, "1 to 120 characters");
    }
    pub(crate) fn text(&mut self, field: &str, text: &str) {
        let sound = text.chars().count() <= terms::limits::TEXT_MAX;
        self.unless(sound, field, format!("at most {} characters", terms::limits::TEXT_MAX));
    }
    pub(crate) fn seconds(&mut self, field: &str, seconds: f64, least: f64, most: f64) {
        self.unless((least..=most).contains(&seconds), field, format!("{least} to {most} seconds"));
    }
    pub(crate) fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::invalid(self.0)) }
    }
}

/// Where a change happens.
#[derive(Debug)]
pub(crate) struct Change<'a, N: Noun> {
    pub(crate) caller: &'a Caller,
    pub(crate) faces: &'a Faces,
    /// None for a new one.
    pub(crate) before: Option<&'a N::Row>,
}

/// A resource of the organization.
pub(crate) trait Noun: Sized + std::fmt::Debug + 'static {
    type Row: Row;
    /// What clients may set; a change is merged onto it.
    type Write: DeserializeOwned + Serialize + ToSchema + Send + 'static;
    /// What clients get.
    type View: Serialize + ToSchema + 'static;
    /// Worked out from what was written, before the row is changed: hashes, generated secrets.
    type Extra: Send + Sync;
    /// Where it lives: `/v1/queues`.
    const COLLECTION: &'static str;

    fn rows(store: &Store) -> Rows<'_, Self::Row>;
    fn typed(id: Uuid) -> <Self::Row as Row>::Id;
    fn blank(id: Uuid, extra: &Self::Extra) -> Self::Row;
    fn writable(row: &Self::Row) -> Self::Write;
    fn view(row: Self::Row) -> Self::View;
    /// Refuses what cannot be, and what this caller may not change.
    fn check(write: &Self::Write, change: &Change<'_, Self>) -> Result<(), Problem>;
    fn extra(
        write: &Self::Write,
        change: &Change<'_, Self>,
    ) -> impl Future<Output = Result<Self::Extra, Problem>>;
    fn apply(write: Self::Write, extra: &Self::Extra, row: &mut Self::Row);
    /// What is shown once, of a new or changed one.
    fn reveal(_extra: Self::Extra, _view: &mut Self::View) {}
    /// Whether it may go now.
    fn check_delete(
        _row: &Self::Row,
        _change: &Change<'_, Self>,
    ) -> impl Future<Output = Result<(), Problem>> {
        std::future::ready(Ok(()))
    }
}

pub(crate) async fn list<N: Noun>(
    faces: State,
    query: Query<PageQuery>,
) -> Result<Json<List<N::View>>, Problem> {
    let listed = N::rows(&faces.store).list(&query.0.page()?).await?;
    let items = listed.items.into_iter().map(N::view).collect();
    Ok(Json::new(List { items, next_cursor: listed.next_cursor }))
}

pub(crate) async fn get<N: Noun>(faces: State, path: Path<Id>) -> Result<Json<N::View>, Problem> {
    let row = N::rows(&faces.store).find(N::typed(path.0.id)).await?;
    let version = row.version();
    Ok(Json::new(N::view(row)).tagged(version))
}

pub(crate) async fn create<N: Noun>(
    faces: State,
    caller: Caller,
    body: Body<N::Write>,
) -> Result<Created<N::View>, Problem> {
    if let Some(known) = known::<N>(&faces, &caller).await? {
        return Ok(known);
    }
    let change = Change { caller: &caller, faces: &faces, before: None };
    N::check(&body.0, &change)?;
    let extra = N::extra(&body.0, &change).await?;
    let id = Uuid::new_v4();
    let mut row = N::blank(id, &extra);
    N::apply(body.0, &extra, &mut row);
    let mut by = caller.by(faces.now());
    if let Some(command) = &caller.command {
        by = by.for_command(store::CommandRecord {
            key: command.key.clone(),
            principal: caller.id(),
            body_hash: command.body_hash.clone(),
            answer: serde_json::json!({"id": id}).to_string(),
            at: faces.now(),
        });
    }
    let row = N::rows(&faces.store).create(row, &by).await?;
    faces.refresh().await?;
    Ok(made::<N>(row, Some(extra)))
}

pub(crate) fn made<N: Noun>(row: N::Row, extra: Option<N::Extra>) -> Created<N::View> {
    let (version, id) = (row.version(), row.id().uuid());
    let mut view = N::view(row);
    if let Some(extra) = extra {
        N::reveal(extra, &mut view);
    }
    Created::new(view).tagged(version).at(N::COLLECTION, id)
}

/// The key made one before a restart: that one is the answer, without what was shown once.
pub(crate) async fn known<N: Noun>(
    faces: &Faces,
    caller: &Caller,
) -> Result<Option<Created<N::View>>, Problem> {
    #[derive(serde::Deserialize)]
    struct Made {
        id: Uuid,
    }
    let Some(command) = &caller.command else { return Ok(None) };
    let Some(record) = faces.store.find_command(caller.id(), &command.key).await? else { return Ok(None) };
    if record.body_hash != command.body_hash {
        return Err(idempotency::reused());
    }
    let made_before: Made = serde_json::from_str(&record.answer).map_err(|_| Problem::internal())?;
    let row = N::rows(&faces.store).find(N::typed(made_before.id)).await?;
    Ok(Some(made::<N>(row, None)))
}

pub(crate) async fn change<N: Noun>(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    guard: IfMatch,
    body: Merge<N::Write>,
) -> Result<Json<N::View>, Problem> {
    let id = N::typed(path.0.id);
    for _ in 0..TRIES_MAX {
        let before = N::rows(&faces.store).find(id).await?;
        let version = before.version();
        if let Some(current) = guard.0.filter(|wanted| *wanted != version) {
            tracing::debug!(wanted = current, current = version, "stale change refused");
            return Err(StoreError::Stale { current: version }.into());
        }
        let write = body.onto(&N::writable(&before))?;
        let change = Change { caller: &caller, faces: &faces, before: Some(&before) };
        N::check(&write, &change)?;
        let extra = N::extra(&write, &change).await?;
        let by = caller.by(faces.now());
        let changed =
            N::rows(&faces.store).update(id, Some(version), &by, |row| N::apply(write, &extra, row)).await;
        match changed {
            Ok(row) => {
                faces.refresh().await?;
                let version = row.version();
                let mut view = N::view(row);
                N::reveal(extra, &mut view);
                return Ok(Json::new(view).tagged(version));
            }
            Err(StoreError::Stale { .. }) if guard.0.is_none() => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Problem::overloaded())
}

pub(crate) async fn delete<N: Noun>(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    guard: IfMatch,
) -> Result<NoContent, Problem> {
    let id = N::typed(path.0.id);
    let before = N::rows(&faces.store).find(id).await?;
    let change = Change { caller: &caller, faces: &faces, before: Some(&before) };
    N::check_delete(&before, &change).await?;
    N::rows(&faces.store).delete(id, guard.0, &caller.by(faces.now())).await?;
    faces.refresh().await?;
    Ok(NoContent)
}
