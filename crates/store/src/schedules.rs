//! Reports that go out by themselves, how each of their runs ended, and exports that take a while.

use sea_orm::{
    ActiveModelTrait, ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde_json::Value;
use terms::{ReportExportId, ReportScheduleId, SavedReportId, Timestamp, UserId};
use uuid::Uuid;

use crate::{
    Hidden, Listed, Page, Store, StoreError,
    entity::{self, report_export, report_run},
    rows::{Model, Named, Row, all, cursor_of, named, read_cursor, row},
};

const RUNS: &str = "report run";

/// A saved report that goes somewhere at certain times.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct ReportScheduleRow {
    pub id: ReportScheduleId,
    pub version: i64,
    pub name: String,
    pub saved_report_id: SavedReportId,
    pub owner_id: UserId,
    pub enabled: bool,
    pub timing: Value,
    pub format: String,
    pub delivery: Value,
    /// What a web hook's bodies are signed with.
    pub secret: Option<Hidden<String>>,
    /// Only times after it count.
    pub since: Timestamp,
    /// Why it stands still.
    pub paused_reason: Option<String>,
}

impl Row for ReportScheduleRow {
    row!(ReportScheduleRow, ReportScheduleId, report_schedule, "report schedule", name(Name), held by &[]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self {
            id: ReportScheduleId(model.id),
            version: model.version,
            name: model.name,
            saved_report_id: SavedReportId(model.saved_report_id),
            owner_id: UserId(model.owner_id),
            enabled: model.enabled,
            timing: model.timing,
            format: model.format,
            delivery: model.delivery,
            secret: model.secret.map(Hidden::new),
            since: Timestamp::from_ms(model.since),
            paused_reason: model.paused_reason,
        })
    }

    fn write(&self) -> Model<Self> {
        entity::report_schedule::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            saved_report_id: self.saved_report_id.0,
            owner_id: self.owner_id.0,
            enabled: self.enabled,
            timing: self.timing.clone(),
            format: self.format.clone(),
            delivery: self.delivery.clone(),
            secret: self.secret.as_ref().map(|secret| secret.expose().clone()),
            since: self.since.ms(),
            paused_reason: self.paused_reason.clone(),
        }
    }

    fn names(&self) -> Vec<Named> {
        named("saved_report_id", "saved_reports", Some(self.saved_report_id.0)).into_iter().collect()
    }
}

/// One run of a schedule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportRunRow {
    pub id: Uuid,
    pub schedule_id: ReportScheduleId,
    pub planned_for: Timestamp,
    /// Somebody pressed "run now".
    pub by_hand: bool,
    pub started_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// `running`, `delivered`, `failed` or `paused`.
    pub outcome: String,
    pub attempts: i32,
    pub rows: Option<i64>,
    pub bytes: Option<i64>,
    pub detail: Option<String>,
}

/// A report that is being written to a file, or was.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportExportRow {
    pub id: ReportExportId,
    pub owner_id: UserId,
    pub name: String,
    pub format: String,
    pub request: Value,
    /// `waiting`, `running`, `done`, `failed` or `cancelled`.
    pub state: String,
    pub rows: Option<i64>,
    pub bytes: Option<i64>,
    pub detail: Option<String>,
    pub created_at: Timestamp,
    pub ended_at: Option<Timestamp>,
    /// Its file is gone from then on.
    pub expires_at: Timestamp,
}

impl Store {
    /// Every schedule, by name.
    pub async fn all_report_schedules(&self) -> Result<Vec<ReportScheduleRow>, StoreError> {
        all(self.database()).await
    }

    pub async fn add_report_run(&self, run: &ReportRunRow) -> Result<(), StoreError> {
        let row = run_model(run).into_active_model();
        report_run::Entity::insert(row).exec_without_returning(self.database()).await?;
        Ok(())
    }

    /// A run of a schedule that is gone meanwhile is no error.
    pub async fn move_report_run(&self, run: &ReportRunRow) -> Result<(), StoreError> {
        let row = run_model(run).into_active_model().reset_all();
        report_run::Entity::update_many()
            .set(row)
            .filter(report_run::Column::Id.eq(run.id))
            .exec(self.database())
            .await?;
        Ok(())
    }

    /// Newest first.
    pub async fn report_runs(
        &self,
        schedule: ReportScheduleId,
        page: &Page,
    ) -> Result<Listed<ReportRunRow>, StoreError> {
        use report_run::Column;
        let mut query = report_run::Entity::find().filter(Column::ScheduleId.eq(schedule.0));
        if let Some(cursor) = &page.cursor {
            let (at, id) = read_cursor::<(i64, Uuid)>(RUNS, cursor)?;
            let same = Condition::all().add(Column::StartedAt.eq(at)).add(Column::Id.lt(id));
            query = query.filter(Condition::any().add(Column::StartedAt.lt(at)).add(same));
        }
        let rows = query
            .order_by_desc(Column::StartedAt)
            .order_by_desc(Column::Id)
            .limit(page.limit() + 1)
            .all(self.database())
            .await?;
        let runs = rows.into_iter().map(read_run).collect();
        Ok(page.cut(runs, |run: &ReportRunRow| cursor_of(RUNS, &(run.started_at.ms(), run.id))))
    }

    /// The time of the last planned run, whatever became of it.
    pub async fn last_planned_run(
        &self,
        schedule: ReportScheduleId,
    ) -> Result<Option<Timestamp>, StoreError> {
        let last = report_run::Entity::find()
            .filter(report_run::Column::ScheduleId.eq(schedule.0))
            .filter(report_run::Column::ByHand.eq(false))
            .order_by_desc(report_run::Column::PlannedFor)
            .one(self.database())
            .await?;
        Ok(last.map(|run| Timestamp::from_ms(run.planned_for)))
    }

    /// Runs that a restart cut short.
    pub async fn unfinished_report_runs(&self) -> Result<Vec<ReportRunRow>, StoreError> {
        let found = report_run::Entity::find()
            .filter(report_run::Column::EndedAt.is_null())
            .all(self.database())
            .await?;
        Ok(found.into_iter().map(read_run).collect())
    }

    pub async fn prune_report_runs(&self, before: Timestamp) -> Result<u64, StoreError> {
        let gone = report_run::Entity::delete_many()
            .filter(report_run::Column::EndedAt.lt(before.ms()))
            .exec(self.database())
            .await?;
        Ok(gone.rows_affected)
    }

    pub async fn add_report_export(&self, export: &ReportExportRow) -> Result<(), StoreError> {
        let row = export_model(export).into_active_model();
        report_export::Entity::insert(row).exec_without_returning(self.database()).await?;
        Ok(())
    }

    pub async fn move_report_export(&self, export: &ReportExportRow) -> Result<(), StoreError> {
        let row = export_model(export).into_active_model().reset_all();
        report_export::Entity::update_many()
            .set(row)
            .filter(report_export::Column::Id.eq(export.id.0))
            .exec(self.database())
            .await?;
        Ok(())
    }

    pub async fn report_export(&self, id: ReportExportId) -> Result<ReportExportRow, StoreError> {
        let found = report_export::Entity::find_by_id(id.0).one(self.database()).await?;
        found.map(read_export).ok_or(StoreError::NotFound { noun: "export" })
    }

    /// Somebody's, newest first; as many as fit on a page.
    pub async fn report_exports(
        &self,
        owner: UserId,
        limit: u64,
    ) -> Result<Vec<ReportExportRow>, StoreError> {
        let found = report_export::Entity::find()
            .filter(report_export::Column::OwnerId.eq(owner.0))
            .order_by_desc(report_export::Column::CreatedAt)
            .limit(limit)
            .all(self.database())
            .await?;
        Ok(found.into_iter().map(read_export).collect())
    }

    /// Those that are not over, and those whose time is.
    pub async fn report_exports_to_tidy(&self, now: Timestamp) -> Result<Vec<ReportExportRow>, StoreError> {
        let found = report_export::Entity::find()
            .filter(
                Condition::any()
                    .add(report_export::Column::EndedAt.is_null())
                    .add(report_export::Column::ExpiresAt.lte(now.ms())),
            )
            .all(self.database())
            .await?;
        Ok(found.into_iter().map(read_export).collect())
    }

    pub async fn remove_report_export(&self, id: ReportExportId) -> Result<(), StoreError> {
        report_export::Entity::delete_by_id(id.0).exec(self.database()).await?;
        Ok(())
    }
}

fn run_model(row: &ReportRunRow) -> report_run::Model {
    report_run::Model {
        id: row.id,
        schedule_id: row.schedule_id.0,
        planned_for: row.planned_for.ms(),
        by_hand: row.by_hand,
        started_at: row.started_at.ms(),
        ended_at: row.ended_at.map(|at| at.ms()),
        outcome: row.outcome.clone(),
        attempts: row.attempts,
        rows: row.rows,
        bytes: row.bytes,
        detail: row.detail.clone(),
    }
}

fn read_run(row: report_run::Model) -> ReportRunRow {
    ReportRunRow {
        id: row.id,
        schedule_id: ReportScheduleId(row.schedule_id),
        planned_for: Timestamp::from_ms(row.planned_for),
        by_hand: row.by_hand,
        started_at: Timestamp::from_ms(row.started_at),
        ended_at: row.ended_at.map(Timestamp::from_ms),
        outcome: row.outcome,
        attempts: row.attempts,
        rows: row.rows,
        bytes: row.bytes,
        detail: row.detail,
    }
}

fn export_model(row: &ReportExportRow) -> report_export::Model {
    report_export::Model {
        id: row.id.0,
        owner_id: row.owner_id.0,
        name: row.name.clone(),
        format: row.format.clone(),
        request: row.request.clone(),
        state: row.state.clone(),
        rows: row.rows,
        bytes: row.bytes,
        detail: row.detail.clone(),
        created_at: row.created_at.ms(),
        ended_at: row.ended_at.map(|at| at.ms()),
        expires_at: row.expires_at.ms(),
    }
}

fn read_export(row: report_export::Model) -> ReportExportRow {
    ReportExportRow {
        id: ReportExportId(row.id),
        owner_id: UserId(row.owner_id),
        name: row.name,
        format: row.format,
        request: row.request,
        state: row.state,
        rows: row.rows,
        bytes: row.bytes,
        detail: row.detail,
        created_at: Timestamp::from_ms(row.created_at),
        ended_at: row.ended_at.map(Timestamp::from_ms),
        expires_at: Timestamp::from_ms(row.expires_at),
    }
}
