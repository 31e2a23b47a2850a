//! Exports that take a while: asked for, watched, fetched, and gone after a day.

use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use access::Principal;
use reporting::{
    export::Format,
    report::{Request, Watch},
};
use serde_json::json;
use store::{By, ReportExportRow};
use terms::{ReportExportId, UserId};
use tokio::sync::Semaphore;

use super::{NotWritten, written};
use crate::{Faces, problem::Problem};

/// Of one person at one time; more would only wait.
pub(crate) const EACH_MAX: usize = 3;
/// Of everybody.
const ALL_MAX: usize = 30;
/// Counted at one time: each takes a core and the memory of its facts.
const AT_ONCE: usize = 1;

/// Exports under way. Locked for a look, never across an await.
#[derive(Debug)]
pub(crate) struct Jobs {
    running: Mutex<BTreeMap<ReportExportId, (UserId, Arc<Watch>)>>,
    turns: Semaphore,
}

impl Default for Jobs {
    fn default() -> Self {
        Self { running: Mutex::default(), turns: Semaphore::new(AT_ONCE) }
    }
}

impl Jobs {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<ReportExportId, (UserId, Arc<Watch>)>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn watch(&self, id: ReportExportId) -> Option<Arc<Watch>> {
        self.lock().get(&id).map(|(_, watch)| Arc::clone(watch))
    }

    fn begin(&self, id: ReportExportId, user: UserId) -> Result<Arc<Watch>, Problem> {
        let mut running = self.lock();
        let own = running.values().filter(|(owner, _)| *owner == user).count();
        if own >= EACH_MAX || running.len() >= ALL_MAX {
            return Err(Problem::limit_reached("other exports are still being written", 10));
        }
        let watch = Arc::new(Watch::default());
        running.insert(id, (user, Arc::clone(&watch)));
        Ok(watch)
    }

    fn end(&self, id: ReportExportId) {
        self.lock().remove(&id);
    }
}

/// Where an export's file is, or will be.
pub(crate) fn file(faces: &Faces, row: &ReportExportRow) -> PathBuf {
    faces.outgoing.exports.directory.join(format!("{}.{}", row.id, row.format))
}

/// What came of it.
enum Outcome {
    Done { rows: usize, bytes: usize },
    Cancelled,
    Failed(String),
}

/// Starts it; the row says how it goes on.
pub(crate) async fn start(
    faces: &Arc<Faces>,
    principal: Principal,
    by: By,
    row: ReportExportRow,
    request: Request,
    format: Format,
) -> Result<(), Problem> {
    let watch = faces.exports.begin(row.id, row.owner_id)?;
    if let Err(error) = faces.store.add_report_export(&row).await {
        faces.exports.end(row.id);
        return Err(error.into());
    }
    let faces = Arc::clone(faces);
    tokio::spawn(async move {
        let outcome = write(&faces, &principal, &by, &row, &request, format, &watch).await;
        settle(&faces, row, outcome).await;
    });
    Ok(())
}

async fn write(
    faces: &Faces,
    principal: &Principal,
    by: &By,
    row: &ReportExportRow,
    request: &Request,
    format: Format,
    watch: &Arc<Watch>,
) -> Outcome {
    let Ok(_turn) = faces.exports.turns.acquire().await else { return Outcome::Cancelled };
    if watch.is_cancelled() {
        return Outcome::Cancelled;
    }
    watch.begin();
    let written = match written(faces, principal, request, format, Arc::clone(watch)).await {
        Ok(written) => written,
        Err(NotWritten::Cancelled) => return Outcome::Cancelled,
        Err(NotWritten::Refused(problem)) => return Outcome::Failed(problem.detail().to_owned()),
    };
    // Before a byte leaves: an export that cannot be audited does not happen.
    let told = json!({"format": format.extension(), "rows": written.rows, "request": request});
    let subject = format!("report/{}", request.of);
    if let Err(error) = faces.store.audit(by, "export", &subject, None, Some(told)).await {
        tracing::error!(%error, "an export could not be audited");
        return Outcome::Failed("the export could not be audited".into());
    }
    let kept = async {
        tokio::fs::create_dir_all(&faces.outgoing.exports.directory).await?;
        tokio::fs::write(file(faces, row), &written.bytes).await
    };
    let kept: std::io::Result<()> = kept.await;
    match kept {
        Ok(()) if watch.is_cancelled() => Outcome::Cancelled,
        Ok(()) => Outcome::Done { rows: written.rows, bytes: written.bytes.len() },
        Err(error) => {
            tracing::error!(%error, "an export's file could not be kept");
            Outcome::Failed("the file could not be kept (exports.directory)".into())
        }
    }
}

async fn settle(faces: &Faces, mut row: ReportExportRow, outcome: Outcome) {
    let whole = |count: usize| i64::try_from(count).ok();
    match outcome {
        Outcome::Done { rows, bytes } => {
            (row.state, row.rows, row.bytes) = ("done".into(), whole(rows), whole(bytes));
        }
        Outcome::Cancelled => row.state = "cancelled".into(),
        Outcome::Failed(why) => (row.state, row.detail) = ("failed".into(), Some(why)),
    }
    row.ended_at = Some(faces.now());
    if row.state != "done" {
        remove_file(faces, &row).await;
    }
    if let Err(error) = faces.store.move_report_export(&row).await {
        tracing::warn!(%error, "the end of an export could not be kept");
    }
    faces.exports.end(row.id);
}

async fn remove_file(faces: &Faces, row: &ReportExportRow) {
    match tokio::fs::remove_file(file(faces, row)).await {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!(%error, "an export's file could not be removed");
        }
        _ => {}
    }
}

/// Stops it if it is under way, and forgets it.
pub(crate) async fn remove(faces: &Faces, row: &ReportExportRow) -> Result<(), Problem> {
    match faces.exports.watch(row.id) {
        // Its own task settles what it began.
        Some(watch) => watch.cancel(),
        None => {
            remove_file(faces, row).await;
            faces.store.remove_report_export(row.id).await?;
        }
    }
    Ok(())
}

/// Forgets what has expired; at the start, also what the former run did not finish.
pub(crate) async fn tidy(faces: &Faces, starting: bool) {
    let now = faces.now();
    let found = match faces.store.report_exports_to_tidy(now).await {
        Ok(found) => found,
        Err(error) => {
            tracing::warn!(%error, "exports could not be tidied");
            return;
        }
    };
    for mut row in found {
        if row.expires_at <= now && row.ended_at.is_some() {
            remove_file(faces, &row).await;
            if let Err(error) = faces.store.remove_report_export(row.id).await {
                tracing::warn!(%error, "an expired export could not be forgotten");
            }
        } else if starting && row.ended_at.is_none() {
            remove_file(faces, &row).await;
            (row.state, row.ended_at) = ("failed".into(), Some(now));
            row.detail = Some("the server was restarted meanwhile; ask again".into());
            if let Err(error) = faces.store.move_report_export(&row).await {
                tracing::warn!(%error, "the end of an export could not be kept");
            }
        }
    }
}
