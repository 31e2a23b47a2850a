//! Reports that go out by themselves: when each is due, and one run of one.
//!
//! A run counts as its owner sees it at that moment. Who may no longer take reports out has their schedules paused, and
//! is told.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use delivery::{DeliveryError, Hook, Parcel};
use reporting::{
    export::Format,
    report::{Request, Watch, calendar},
    schedule::{Clockwork, Timing},
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{AlertRow, By, ReportRunRow, ReportScheduleRow, SavedReportRow};
use terms::{AlertId, ReportScheduleId, Timestamp};
use tokio::sync::Semaphore;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{NotWritten, may_export, written};
use crate::{Faces, routes::reports};

/// Pauses between the tries of a delivery; one more try follows the last.
const PAUSES: [Duration; 4] =
    [Duration::from_secs(1), Duration::from_secs(10), Duration::from_secs(60), Duration::from_secs(300)];
/// Runs at one time.
const AT_ONCE: usize = 2;
/// Runs are remembered for so long.
const KEPT_MS: i64 = 180 * 24 * 3_600_000;

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Destination {
    /// Into the directory of the configuration (`delivery.directory`).
    File {},
    /// A signed POST.
    Webhook {
        url: String,
    },
    Mail {
        to: Vec<String>,
    },
}

pub(crate) struct Turns(Semaphore);

impl Default for Turns {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

/// A schedule that runs, as read from its row.
struct Wound {
    row: ReportScheduleRow,
    clockwork: Clockwork,
    next: Option<Timestamp>,
}

/// Every schedule's next time.
#[derive(Default)]
pub(crate) struct Clockworks {
    /// The organization's version that the rows were read at.
    of: Option<i64>,
    wound: BTreeMap<ReportScheduleId, Wound>,
}

/// None where the row's timing does not read.
pub(crate) fn clockwork(row: &ReportScheduleRow) -> Option<Clockwork> {
    serde_json::from_value::<Timing>(row.timing.clone()).ok()?.check().ok()
}

impl Clockworks {
    pub(super) async fn tick(&mut self, faces: &Arc<Faces>) {
        if let Err(error) = self.read(faces).await {
            tracing::warn!(%error, "schedules could not be read");
            return;
        }
        let now = faces.now();
        for wound in self.wound.values_mut() {
            let Some(mut due) = wound.next.filter(|next| *next <= now) else { continue };
            // What was missed while the server stood still is made up for once.
            let after = |at: Timestamp| wound.clockwork.next(at.ms()).map(Timestamp::from_ms);
            let mut next = after(due);
            while let Some(later) = next.filter(|next| *next <= now) {
                (due, next) = (later, after(later));
            }
            wound.next = next;
            let (faces, row) = (Arc::clone(faces), wound.row.clone());
            tokio::spawn(async move { run(&faces, &row, new_run(&row, due, false, faces.now())).await });
        }
    }

    async fn read(&mut self, faces: &Faces) -> Result<(), store::StoreError> {
        let version = faces.calls.organization().version;
        if self.of == Some(version) {
            return Ok(());
        }
        let mut wound = BTreeMap::new();
        let rows = faces.store.all_report_schedules().await?;
        let known: BTreeSet<String> = rows.iter().map(subject).collect();
        // Nothing is amiss with a schedule that is no more.
        let open = faces.board.alerts().into_iter();
        let gone = open.filter(|open| open.subject.starts_with(SUBJECT) && !known.contains(&open.subject));
        settle(faces, gone.collect()).await;
        for row in rows {
            let runs = row.enabled && row.paused_reason.is_none();
            let Some(clockwork) = clockwork(&row).filter(|_| runs) else { continue };
            let last = faces.store.last_planned_run(row.id).await?;
            let known = self.wound.get(&row.id).filter(|known| known.row == row).and_then(|known| known.next);
            let after = last.map_or(row.since, |last| last.max(row.since));
            let next = known.or_else(|| clockwork.next(after.ms()).map(Timestamp::from_ms));
            wound.insert(row.id, Wound { row, clockwork, next });
        }
        (self.wound, self.of) = (wound, Some(version));
        Ok(())
    }
}

/// Runs that a restart cut short say so; old ones are forgotten.
pub(super) async fn tidy(faces: &Faces) {
    let now = faces.now();
    match faces.store.unfinished_report_runs().await {
        Ok(runs) => {
            for mut run in runs {
                (run.outcome, run.ended_at) = ("failed".into(), Some(now));
                run.detail = Some("the server was restarted meanwhile".into());
                keep(faces, &run).await;
            }
        }
        Err(error) => tracing::warn!(%error, "unfinished runs could not be read"),
    }
    if let Err(error) = faces.store.prune_report_runs(now.plus_ms(-KEPT_MS)).await {
        tracing::warn!(%error, "old runs could not be pruned");
    }
}

pub(crate) fn new_run(
    schedule: &ReportScheduleRow,
    planned_for: Timestamp,
    by_hand: bool,
    now: Timestamp,
) -> ReportRunRow {
    ReportRunRow {
        id: Uuid::new_v4(),
        schedule_id: schedule.id,
        planned_for,
        by_hand,
        started_at: now,
        ended_at: None,
        outcome: "running".into(),
        attempts: 0,
        rows: None,
        bytes: None,
        detail: None,
    }
}

async fn keep(faces: &Faces, run: &ReportRunRow) {
    if let Err(error) = faces.store.move_report_run(run).await {
        tracing::warn!(%error, "the end of a run could not be kept");
    }
}

enum Outcome {
    Delivered,
    Failed(String),
    /// Its owner may not, any more.
    Paused(String),
}

async fn run(faces: &Arc<Faces>, schedule: &ReportScheduleRow, run: ReportRunRow) {
    if let Err(error) = faces.store.add_report_run(&run).await {
        tracing::warn!(%error, "a run could not be kept, so it does not happen");
        return;
    }
    go(faces, schedule, run).await;
}

/// A run that is kept already.
pub(crate) async fn go(faces: &Arc<Faces>, schedule: &ReportScheduleRow, mut run: ReportRunRow) {
    let Ok(_turn) = faces.turns.0.acquire().await else { return };
    let outcome = attempt(faces, schedule, &mut run).await;
    run.ended_at = Some(faces.now());
    match outcome {
        Outcome::Delivered => {
            run.outcome = "delivered".into();
            settle_alerts(faces, schedule).await;
        }
        Outcome::Failed(why) => {
            (run.outcome, run.detail) = ("failed".into(), Some(why));
            tell_owner(faces, schedule, "A scheduled report did not arrive").await;
        }
        Outcome::Paused(why) => {
            (run.outcome, run.detail) = ("paused".into(), Some(why.clone()));
            pause(faces, schedule, why).await;
            tell_owner(faces, schedule, "A scheduled report was paused").await;
        }
    }
    keep(faces, &run).await;
}

async fn attempt(faces: &Arc<Faces>, schedule: &ReportScheduleRow, run: &mut ReportRunRow) -> Outcome {
    let Some(principal) = faces.principal(schedule.owner_id) else {
        return Outcome::Paused("its owner is gone".into());
    };
    if !may_export(&principal) {
        return Outcome::Paused("its owner may not export reports any more".into());
    }
    let saved = match faces.store.saved_reports().find(schedule.saved_report_id).await {
        Ok(saved) if reports::sees(faces, schedule.owner_id, &saved) => saved,
        Ok(_) => return Outcome::Paused("the saved report is not shared with its owner any more".into()),
        Err(error) => return Outcome::Failed(error.to_string()),
    };
    let format = Format::WORDS.iter().find(|(word, _)| *word == schedule.format).map(|(_, format)| *format);
    let request = serde_json::from_value::<Request>(saved.request.clone()).ok();
    let destination = serde_json::from_value::<Destination>(schedule.delivery.clone()).ok();
    let (Some(format), Some(request), Some(destination)) = (format, request, destination) else {
        return Outcome::Failed("the schedule does not read".into());
    };
    let watch = Arc::new(Watch::default());
    let written = match written(faces, &principal, &request, format, watch).await {
        Ok(written) => written,
        Err(NotWritten::Cancelled) => return Outcome::Failed("it was cancelled".into()),
        Err(NotWritten::Refused(problem)) => return Outcome::Failed(problem.detail().to_owned()),
    };
    (run.rows, run.bytes) = (i64::try_from(written.rows).ok(), i64::try_from(written.bytes.len()).ok());
    let told = json!({
        "format": schedule.format, "rows": written.rows, "request": request,
        "schedule_id": schedule.id, "to": destination,
    });
    // Before a byte leaves: an export that cannot be audited does not happen.
    let by = By::user(schedule.owner_id, faces.now());
    if faces.store.audit(&by, "export", &format!("report/{}", request.of), None, Some(told)).await.is_err() {
        return Outcome::Failed("the export could not be audited".into());
    }
    let parcel = parcel(schedule, &saved, run.planned_for, format, written.bytes);
    deliver(faces, schedule, &destination, &parcel, run).await
}

fn parcel(
    schedule: &ReportScheduleRow,
    saved: &SavedReportRow,
    planned_for: Timestamp,
    format: Format,
    bytes: Vec<u8>,
) -> Parcel {
    let zone = serde_json::from_value::<Timing>(schedule.timing.clone())
        .ok()
        .and_then(|timing| timing.time_zone.parse().ok())
        .unwrap_or_default();
    let stamp = calendar::local(zone, planned_for.ms()).format("%Y%m%d-%H%M%S").to_string();
    Parcel {
        title: saved.name.clone(),
        file: delivery::file_name(&schedule.name, &stamp, format.extension()),
        media_type: format.media_type(),
        bytes,
    }
}

async fn deliver(
    faces: &Faces,
    schedule: &ReportScheduleRow,
    destination: &Destination,
    parcel: &Parcel,
    run: &mut ReportRunRow,
) -> Outcome {
    let mut pauses = PAUSES.iter();
    loop {
        run.attempts += 1;
        let why = match once(faces, schedule, destination, parcel, run.id).await {
            Ok(()) => return Outcome::Delivered,
            Err(DeliveryError::Refused(why)) => return Outcome::Failed(why),
            Err(DeliveryError::Failed(why)) => why,
        };
        let Some(pause) = pauses.next() else { return Outcome::Failed(why) };
        run.detail = Some(why);
        keep(faces, run).await;
        tokio::time::sleep(*pause).await;
        run.detail = None;
    }
}

async fn once(
    faces: &Faces,
    schedule: &ReportScheduleRow,
    destination: &Destination,
    parcel: &Parcel,
    run: Uuid,
) -> Result<(), DeliveryError> {
    match destination {
        Destination::File {} => match &faces.outgoing.delivery.directory {
            Some(directory) => delivery::drop_into(directory, parcel).await,
            None => Err(DeliveryError::Refused("delivery.directory is not configured".into())),
        },
        Destination::Webhook { url } => {
            let secret = schedule.secret.as_ref().map_or("", |secret| secret.expose().as_str());
            let delivery = run.to_string();
            let private = faces.outgoing.delivery.private_webhooks;
            let hook = Hook { url, secret, delivery: &delivery, private };
            delivery::post(&hook, parcel, faces.now()).await
        }
        Destination::Mail { to } => {
            let text = format!(
                "{}\n\nThis report was scheduled in Tandem as \"{}\".\n",
                parcel.title, schedule.name
            );
            delivery::send(&faces.outgoing.mail, to, &text, parcel).await
        }
    }
}

async fn pause(faces: &Faces, schedule: &ReportScheduleRow, why: String) {
    let by = By::system(faces.now());
    let paused = faces.store.report_schedules().update(schedule.id, None, &by, |row| {
        row.paused_reason = Some(why);
    });
    if let Err(error) = paused.await {
        tracing::warn!(%error, "a schedule could not be paused");
    }
    // So that nothing works with the row as it was.
    if let Err(problem) = faces.refresh().await {
        tracing::warn!(problem = problem.detail(), "the organization could not be read anew");
    }
}

/// What its alerts are about, before the schedule's id.
const SUBJECT: &str = "schedule/";

fn subject(schedule: &ReportScheduleRow) -> String {
    format!("{SUBJECT}{}", schedule.id)
}

/// One open alert for a schedule, however often it fails.
async fn tell_owner(faces: &Faces, schedule: &ReportScheduleRow, what: &str) {
    let subject = subject(schedule);
    if faces.board.alerts().iter().any(|open| open.subject == subject) {
        return;
    }
    let alert = AlertRow {
        id: AlertId(Uuid::new_v4()),
        rule_id: None,
        rule_name: format!("{what}: {}", schedule.name),
        kind: "schedule".into(),
        severity: "warning".into(),
        subject,
        queue_id: None,
        conversation_id: None,
        team_id: None,
        user_id: Some(schedule.owner_id),
        threshold: 0.0,
        value: 0.0,
        worst: 0.0,
        raised_at: faces.now(),
        cleared_at: None,
        acknowledged_at: None,
        acknowledged_by: None,
    };
    match faces.store.add_alert(&alert).await {
        Ok(()) => faces.board.tell(alert),
        Err(error) => tracing::warn!(%error, "an alert could not be kept"),
    }
}

/// It went well again.
async fn settle_alerts(faces: &Faces, schedule: &ReportScheduleRow) {
    let subject = subject(schedule);
    let open = faces.board.alerts().into_iter().filter(|open| open.subject == subject);
    settle(faces, open.collect()).await;
}

async fn settle(faces: &Faces, alerts: Vec<Arc<AlertRow>>) {
    for open in alerts {
        let cleared = AlertRow { cleared_at: Some(faces.now()), ..(*open).clone() };
        if let Err(error) = faces.store.move_alert(&cleared).await {
            tracing::warn!(%error, "a change of an alert could not be kept");
        }
        faces.board.tell(cleared);
    }
}
