//! What every kind of row can do: list, find, create, update, delete.

mod page;

use std::future::Future;

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use serde::Serialize;
use uuid::Uuid;

use crate::{
    By, Store, StoreError,
    connect::{Change, Happened},
    error::breaks_foreign_key,
};

pub use page::{Listed, Page};
pub(crate) use page::{cursor_of, read_cursor};

pub(crate) type Model<R> = <<R as Row>::Entity as EntityTrait>::Model;
pub(crate) type Column<R> = <<R as Row>::Entity as EntityTrait>::Column;

/// A typed id that stands in a row's `id` column.
pub trait RowId: Copy + Send + Sync {
    fn uuid(self) -> Uuid;
}

/// A row this one names, for the question which of them does not exist.
#[derive(Clone, Copy, Debug)]
pub struct Named {
    pub(crate) field: &'static str,
    pub(crate) table: &'static str,
    pub(crate) id: Uuid,
}

pub(crate) fn named(field: &'static str, table: &'static str, id: Option<Uuid>) -> Option<Named> {
    id.map(|id| Named { field, table, id })
}

/// A kind of row. Implemented in this crate only, since the entities are private.
pub trait Row: Clone + Serialize + Send + Sync + 'static {
    type Id: RowId;
    #[doc(hidden)]
    type Entity: EntityTrait<Model: IntoActiveModel<<Self::Entity as EntityTrait>::ActiveModel> + Send + Sync>;
    /// In errors and the audit: `queue`.
    const NOUN: &'static str;
    #[doc(hidden)]
    const ID: Column<Self>;
    /// Lists are in the order of this column, then of the id.
    #[doc(hidden)]
    const NAME: Column<Self>;
    /// Tables and columns whose foreign keys keep such a row from being deleted.
    #[doc(hidden)]
    const HELD_BY: &'static [(&'static str, &'static str)];

    fn id(&self) -> Self::Id;
    fn name(&self) -> &str;
    fn version(&self) -> i64;
    #[doc(hidden)]
    fn stamp(&mut self, id: Self::Id, version: i64);
    #[doc(hidden)]
    fn read(model: Model<Self>) -> Result<Self, StoreError>;
    #[doc(hidden)]
    fn write(&self) -> Model<Self>;
    /// The rows it names through foreign keys.
    #[doc(hidden)]
    fn names(&self) -> Vec<Named> {
        Vec::new()
    }
    /// Fills in what stands in other tables.
    #[doc(hidden)]
    fn read_parts<C: ConnectionTrait>(
        _connection: &C,
        _rows: &mut [Self],
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        std::future::ready(Ok(()))
    }
    /// Replaces what stands in other tables.
    #[doc(hidden)]
    fn write_parts<C: ConnectionTrait>(
        &self,
        _connection: &C,
    ) -> impl Future<Output = Result<(), StoreError>> + Send {
        std::future::ready(Ok(()))
    }
}

/// The rows of one kind.
#[derive(Debug)]
pub struct Rows<'a, R> {
    store: &'a Store,
    kind: std::marker::PhantomData<fn() -> R>,
}

impl<R> Clone for Rows<'_, R> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<R> Copy for Rows<'_, R> {}

impl<'a, R: Row> Rows<'a, R> {
    pub(crate) fn new(store: &'a Store) -> Self {
        Self { store, kind: std::marker::PhantomData }
    }

    /// A page of rows by name.
    pub async fn list(self, page: &Page) -> Result<Listed<R>, StoreError> {
        let mut query = R::Entity::find();
        if let Some(cursor) = &page.cursor {
            let (name, id) = read_cursor::<(String, Uuid)>(R::NOUN, cursor)?;
            let same = Condition::all().add(R::NAME.eq(name.as_str())).add(R::ID.gt(id));
            query = query.filter(Condition::any().add(R::NAME.gt(name.as_str())).add(same));
        }
        let limit = page.limit();
        let models = query
            .order_by_asc(R::NAME)
            .order_by_asc(R::ID)
            .limit(limit + 1)
            .all(self.store.database())
            .await?;
        let rows = read_all::<R, _>(self.store.database(), models).await?;
        Ok(page.cut(rows, |row| cursor_of(R::NOUN, &(row.name(), row.id().uuid()))))
    }

    /// `NotFound` when there is none.
    pub async fn find(self, id: R::Id) -> Result<R, StoreError> {
        find_in(self.store.database(), id).await
    }

    /// Adds the row at version 1, whatever version it carries.
    pub async fn create(self, mut row: R, by: &By) -> Result<R, StoreError> {
        row.stamp(row.id(), 1);
        match self.insert(&row, by).await {
            Ok(created) => Ok(created),
            Err(error) => Err(self.explain(error, &row).await),
        }
    }

    /// Changes the row as `patch` says and moves its version.
    /// With `expected` it does so only from that version and says `Stale` else.
    pub async fn update(
        self,
        id: R::Id,
        expected: Option<i64>,
        by: &By,
        patch: impl FnOnce(&mut R) + Send,
    ) -> Result<R, StoreError> {
        let change = self.store.begin().await?;
        let before: R = find_in(&change.transaction, id).await?;
        current(before.version(), expected)?;
        let mut row = before.clone();
        patch(&mut row);
        row.stamp(id, before.version() + 1);
        match self.replace(change, &before, &row, by).await {
            Ok(updated) => Ok(updated),
            Err(error) => Err(self.explain(error, &row).await),
        }
    }

    /// `InUse` says what still points at the row.
    pub async fn delete(self, id: R::Id, expected: Option<i64>, by: &By) -> Result<(), StoreError> {
        let change = self.store.begin().await?;
        let before: R = find_in(&change.transaction, id).await?;
        current(before.version(), expected)?;
        match self.remove(change, &before, by).await {
            Err(error) if breaks_foreign_key(&error) => Err(self.holder(id).await?.unwrap_or(error)),
            other => other,
        }
    }

    /// The row as it reads back, so that every answer shows the same form.
    async fn insert(self, row: &R, by: &By) -> Result<R, StoreError> {
        let change = self.store.begin().await?;
        R::Entity::insert(row.write().into_active_model())
            .exec_without_returning(&change.transaction)
            .await?;
        row.write_parts(&change.transaction).await?;
        let created: R = find_in(&change.transaction, row.id()).await?;
        let after = Some(told(&created)?);
        let happened = Happened { action: "create", subject: subject(row), before: None, after };
        change.commit(by, happened).await?;
        Ok(created)
    }

    async fn replace(self, change: Change, before: &R, row: &R, by: &By) -> Result<R, StoreError> {
        let model = row.write().into_active_model().reset_all();
        R::Entity::update_many()
            .set(model)
            .filter(R::ID.eq(row.id().uuid()))
            .exec(&change.transaction)
            .await?;
        row.write_parts(&change.transaction).await?;
        let updated: R = find_in(&change.transaction, row.id()).await?;
        let (told_before, after) = (Some(told(before)?), Some(told(&updated)?));
        let happened = Happened { action: "update", subject: subject(row), before: told_before, after };
        change.commit(by, happened).await?;
        Ok(updated)
    }

    async fn remove(self, change: Change, before: &R, by: &By) -> Result<(), StoreError> {
        R::Entity::delete_many().filter(R::ID.eq(before.id().uuid())).exec(&change.transaction).await?;
        let happened =
            Happened { action: "delete", subject: subject(before), before: Some(told(before)?), after: None };
        change.commit(by, happened).await
    }

    /// A broken foreign key becomes the field that names nothing.
    async fn explain(self, error: StoreError, row: &R) -> StoreError {
        if !breaks_foreign_key(&error) {
            return error;
        }
        for named in row.names() {
            match exists(self.store.database(), named.table, "id", named.id).await {
                Ok(true) => {}
                Ok(false) => return StoreError::Unknown { field: named.field },
                Err(error) => return error,
            }
        }
        error
    }

    async fn holder(self, id: R::Id) -> Result<Option<StoreError>, StoreError> {
        for (table, column) in R::HELD_BY {
            if exists(self.store.database(), table, column, id.uuid()).await? {
                return Ok(Some(StoreError::InUse { by: table }));
            }
        }
        Ok(None)
    }
}

fn current(version: i64, expected: Option<i64>) -> Result<(), StoreError> {
    match expected {
        Some(expected) if expected != version => Err(StoreError::Stale { current: version }),
        _ => Ok(()),
    }
}

fn subject<R: Row>(row: &R) -> String {
    format!("{}/{}", R::NOUN, row.id().uuid())
}

fn told<R: Row>(row: &R) -> Result<String, StoreError> {
    serde_json::to_string(row).map_err(|_| StoreError::Unreadable { what: R::NOUN })
}

async fn exists(
    connection: &impl ConnectionTrait,
    table: &'static str,
    column: &'static str,
    id: Uuid,
) -> Result<bool, StoreError> {
    let query = Query::select()
        .expr(Expr::val(1))
        .from(table)
        .and_where(Expr::col(column).eq(id))
        .limit(1)
        .to_owned();
    Ok(connection.query_one(&query).await?.is_some())
}

async fn find_in<R: Row, C: ConnectionTrait>(connection: &C, id: R::Id) -> Result<R, StoreError> {
    let models = R::Entity::find().filter(R::ID.eq(id.uuid())).all(connection).await?;
    read_all::<R, C>(connection, models).await?.pop().ok_or(StoreError::NotFound { noun: R::NOUN })
}

/// Every row of a kind, by name.
pub(crate) async fn all<R: Row, C: ConnectionTrait>(connection: &C) -> Result<Vec<R>, StoreError> {
    let models = R::Entity::find().order_by_asc(R::NAME).order_by_asc(R::ID).all(connection).await?;
    read_all::<R, C>(connection, models).await
}

/// The only row for which the column has the value.
pub(crate) async fn find_by<R: Row, C: ConnectionTrait>(
    connection: &C,
    condition: Condition,
) -> Result<Option<R>, StoreError> {
    let models = R::Entity::find().filter(condition).limit(1).all(connection).await?;
    Ok(read_all::<R, C>(connection, models).await?.pop())
}

async fn read_all<R: Row, C: ConnectionTrait>(
    connection: &C,
    models: Vec<Model<R>>,
) -> Result<Vec<R>, StoreError> {
    let mut rows = models.into_iter().map(R::read).collect::<Result<Vec<R>, StoreError>>()?;
    if !rows.is_empty() {
        R::read_parts(connection, &mut rows).await?;
    }
    Ok(rows)
}

/// What all rows with an `id`, a `version` and one naming column have in common.
macro_rules! row {
    ($row:ident, $id:ty, $entity:ident, $noun:literal, $name:ident ($column:ident), held by $held:expr) => {
        type Id = $id;
        type Entity = crate::entity::$entity::Entity;
        const NOUN: &'static str = $noun;
        const ID: crate::rows::Column<Self> = crate::entity::$entity::Column::Id;
        const NAME: crate::rows::Column<Self> = crate::entity::$entity::Column::$column;
        const HELD_BY: &'static [(&'static str, &'static str)] = $held;

        fn id(&self) -> Self::Id {
            self.id
        }
        fn name(&self) -> &str {
            self.$name.as_str()
        }
        fn version(&self) -> i64 {
            self.version
        }
        fn stamp(&mut self, id: Self::Id, version: i64) {
            self.id = id;
            self.version = version;
        }
    };
}
pub(crate) use row;

macro_rules! row_ids {
    ($($id:ident),* $(,)?) => {$(
        impl RowId for terms::$id {
            fn uuid(self) -> Uuid {
                self.0
            }
        }
    )*};
}

row_ids! {
    UserId, TeamId, QueueId, SkillId, PermissionSetId, TrunkId, NumberId, CallFlowId, QuickConnectId,
    PresenceStatusId, PresenceConfigId, WrapUpCodeId, ClientId, BusinessHoursId,
    SavedReportId, ReportScheduleId, AlertRuleId, UploadedPromptId,
}
