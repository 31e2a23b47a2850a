//! Schedules of saved reports, and how their runs went.

use access::Permission;
use reporting::schedule::Timing;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Hidden, ReportRunRow, ReportScheduleRow, Rows, Store};
use terms::{ReportScheduleId, SavedReportId, Timestamp, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{run::wanted, sees};
use crate::{
    Faces,
    answer::{Answer, Json, List},
    body::Time,
    caller::Caller,
    extract::{Id, Path, Query, State},
    noun::{Change, Complaints, Noun, PageQuery},
    outgoing::schedules::{Destination, clockwork, go, new_run},
    problem::Problem,
    random,
};

const RECIPIENTS_MAX: usize = 20;

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "name": "Gaps on Mondays", "saved_report_id": "5b0c9f0e-6d1c-4d55-a4a8-0c6a2f3a9d10", "format": "xlsx",
    "timing": {"every": "week", "at": "07:00", "weekdays": ["mon"], "time_zone": "Europe/Berlin"},
    "delivery": {"kind": "mail", "to": ["nora@example.org"]},
}))]
pub(crate) struct ReportScheduleFields {
    name: String,
    /// One's own, or one that is shared with one.
    saved_report_id: Uuid,
    #[serde(default = "yes")]
    enabled: bool,
    /// `every` (`day`, `week` with `weekdays`, `month` with `day`), `at` like `07:30`, and the `time_zone`. A time that the
    /// clock leaves out comes right after the gap; one that comes twice runs once.
    #[schema(value_type = Object)]
    timing: Value,
    /// `csv`, `xlsx`, `parquet` or `json`.
    format: String,
    delivery: Destination,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportSchedule {
    id: Uuid,
    version: i64,
    owner_id: Uuid,
    #[serde(flatten)]
    fields: ReportScheduleFields,
    /// Null while it stands still.
    next_run_at: Option<Time>,
    /// Why it stands still; enabling it anew starts it again.
    paused_reason: Option<String>,
    /// A web hook's bodies are signed with it; only in the answer that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// What a change brings along.
pub(crate) struct Made {
    owner: UserId,
    now: Timestamp,
    secret: Option<String>,
    /// The secret is new.
    shown: bool,
}

#[derive(Debug)]
pub(crate) enum ReportSchedules {}

fn own(change: &Change<'_, ReportSchedules>) -> Result<(), Problem> {
    match change.before {
        Some(before) if before.owner_id != change.caller.user() => Err(Problem::not_found("report schedule")),
        _ => Ok(()),
    }
}

fn check_delivery(faces: &Faces, delivery: &Destination, complaints: &mut Complaints) {
    match delivery {
        Destination::File {} => complaints.unless(
            faces.outgoing.delivery.directory.is_some(),
            "delivery.kind",
            "files are not dropped anywhere on this server (delivery.directory)",
        ),
        Destination::Webhook { url } => {
            if let Err(error) = delivery::check_url(url) {
                complaints.add("delivery.url", error.to_string());
            }
        }
        Destination::Mail { to } => {
            complaints.unless(
                faces.outgoing.mail.is_configured(),
                "delivery.kind",
                "mail is not sent from this server (mail.host)",
            );
            let sound =
                (1..=RECIPIENTS_MAX).contains(&to.len()) && to.iter().all(|one| delivery::is_address(one));
            complaints.unless(sound, "delivery.to", format!("1 to {RECIPIENTS_MAX} mail addresses"));
        }
    }
}

impl Noun for ReportSchedules {
    type Row = ReportScheduleRow;
    type Write = ReportScheduleFields;
    type View = ReportSchedule;
    type Extra = Made;
    const COLLECTION: &'static str = "/v1/reports/schedules";

    fn rows(store: &Store) -> Rows<'_, ReportScheduleRow> {
        store.report_schedules()
    }
    fn typed(id: Uuid) -> ReportScheduleId {
        ReportScheduleId(id)
    }
    fn blank(id: Uuid, made: &Made) -> ReportScheduleRow {
        ReportScheduleRow {
            id: ReportScheduleId(id),
            version: 0,
            name: String::new(),
            saved_report_id: SavedReportId(Uuid::nil()),
            owner_id: made.owner,
            enabled: true,
            timing: json!({}),
            format: String::new(),
            delivery: json!({}),
            secret: None,
            since: made.now,
            paused_reason: None,
        }
    }
    fn writable(row: &ReportScheduleRow) -> ReportScheduleFields {
        ReportScheduleFields {
            name: row.name.clone(),
            saved_report_id: row.saved_report_id.0,
            enabled: row.enabled && row.paused_reason.is_none(),
            timing: row.timing.clone(),
            format: row.format.clone(),
            delivery: serde_json::from_value(row.delivery.clone()).unwrap_or(Destination::File {}),
        }
    }
    fn view(row: ReportScheduleRow) -> ReportSchedule {
        let runs = row.enabled && row.paused_reason.is_none();
        let next = clockwork(&row).filter(|_| runs).and_then(|clockwork| clockwork.next(row.since.ms()));
        ReportSchedule {
            id: row.id.0,
            version: row.version,
            owner_id: row.owner_id.0,
            fields: Self::writable(&row),
            next_run_at: next.map(|at| Time(Timestamp::from_ms(at))),
            paused_reason: row.paused_reason,
            secret: None,
        }
    }
    fn check(write: &ReportScheduleFields, change: &Change<'_, Self>) -> Result<(), Problem> {
        own(change)?;
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        match serde_json::from_value::<Timing>(write.timing.clone()) {
            Ok(timing) => {
                for wrong in timing.check().err().into_iter().flatten() {
                    complaints.add(format!("timing.{}", wrong.field), wrong.message);
                }
            }
            Err(error) => complaints.add("timing", error.to_string()),
        }
        complaints.unless(wanted(&write.format).is_ok(), "format", "csv, xlsx, parquet or json");
        check_delivery(change.faces, &write.delivery, &mut complaints);
        complaints.done()
    }
    async fn extra(write: &ReportScheduleFields, change: &Change<'_, Self>) -> Result<Made, Problem> {
        let nothing = || Problem::invalid_field("saved_report_id", "names no saved report of yours");
        let saved = change.faces.store.saved_reports().find(SavedReportId(write.saved_report_id)).await;
        let saved = saved.map_err(|_| nothing())?;
        if !sees(change.faces, change.caller.user(), &saved) {
            return Err(nothing());
        }
        let known = change.before.and_then(|row| row.secret.as_ref()).map(|secret| secret.expose().clone());
        let wants = matches!(write.delivery, Destination::Webhook { .. });
        let shown = wants && known.is_none();
        let secret = if shown { Some(random::secret()?) } else { known };
        Ok(Made { owner: change.caller.user(), now: change.faces.now(), secret, shown })
    }
    fn apply(write: ReportScheduleFields, made: &Made, row: &mut ReportScheduleRow) {
        row.name = write.name.trim().to_owned();
        row.saved_report_id = SavedReportId(write.saved_report_id);
        row.enabled = write.enabled;
        row.timing = write.timing;
        row.format = write.format;
        row.delivery = json!(write.delivery);
        row.secret = made.secret.clone().map(Hidden::new);
        row.since = made.now;
        row.paused_reason = if write.enabled { None } else { row.paused_reason.take() };
    }
    fn reveal(made: Made, view: &mut ReportSchedule) {
        view.secret = made.secret.filter(|_| made.shown);
    }
    async fn check_delete(_: &ReportScheduleRow, change: &Change<'_, Self>) -> Result<(), Problem> {
        own(change)
    }
}

/// As of the time it is asked for, not of the last change.
fn shown(faces: &Faces, row: ReportScheduleRow) -> ReportSchedule {
    let next = clockwork(&row).and_then(|clockwork| clockwork.next(faces.now().ms()));
    let view = ReportSchedules::view(row);
    let next_run_at = view.next_run_at.and(next).map(|at| Time(Timestamp::from_ms(at)));
    ReportSchedule { next_run_at, ..view }
}

/// One's own.
pub(crate) async fn schedules(
    faces: State,
    caller: Caller,
    query: Query<PageQuery>,
) -> Result<Json<List<ReportSchedule>>, Problem> {
    let listed = faces.store.report_schedules().list(&query.0.page()?).await?;
    let own = listed.items.into_iter().filter(|row| row.owner_id == caller.user());
    let items = own.map(|row| shown(&faces, row)).collect();
    Ok(Json::new(List { items, next_cursor: listed.next_cursor }))
}

async fn find(faces: &Faces, caller: &Caller, id: Uuid) -> Result<ReportScheduleRow, Problem> {
    let row = faces.store.report_schedules().find(ReportScheduleId(id)).await?;
    if row.owner_id == caller.user() { Ok(row) } else { Err(Problem::not_found("report schedule")) }
}

pub(crate) async fn schedule(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Json<ReportSchedule>, Problem> {
    let row = find(&faces, &caller, path.0.id).await?;
    let version = row.version;
    Ok(Json::new(shown(&faces, row)).tagged(version))
}

/// One run and how it ended.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportRun {
    id: Uuid,
    planned_for: Time,
    by_hand: bool,
    started_at: Time,
    ended_at: Option<Time>,
    /// `running`, `delivered`, `failed` or `paused`.
    outcome: String,
    attempts: i32,
    rows: Option<i64>,
    bytes: Option<i64>,
    /// Why it failed, or what the last try came to.
    detail: Option<String>,
}

impl From<ReportRunRow> for ReportRun {
    fn from(row: ReportRunRow) -> Self {
        Self {
            id: row.id,
            planned_for: Time(row.planned_for),
            by_hand: row.by_hand,
            started_at: Time(row.started_at),
            ended_at: Time::some(row.ended_at),
            outcome: row.outcome,
            attempts: row.attempts,
            rows: row.rows,
            bytes: row.bytes,
            detail: row.detail,
        }
    }
}

/// Newest first.
pub(crate) async fn runs(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    query: Query<PageQuery>,
) -> Result<Json<List<ReportRun>>, Problem> {
    let row = find(&faces, &caller, path.0.id).await?;
    let listed = faces.store.report_runs(row.id, &query.0.page()?).await?;
    let items = listed.items.into_iter().map(ReportRun::from).collect();
    Ok(Json::new(List { items, next_cursor: listed.next_cursor }))
}

/// Now, beside its times.
pub(crate) async fn run_now(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Answer<ReportRun, 202>, Problem> {
    let row = find(&faces, &caller, path.0.id).await?;
    if !caller.holds(Permission::ExportReports) {
        return Err(Problem::not_allowed(Permission::ExportReports));
    }
    let now = faces.now();
    let started = new_run(&row, now, true, now);
    // Kept before it is answered, so that whoever asks next finds it.
    faces.store.add_report_run(&started).await?;
    let shared = faces.clone().into_inner();
    let begun = started.clone();
    tokio::spawn(async move { go(&shared, &row, begun).await });
    Ok(Answer::new(ReportRun::from(started)))
}
