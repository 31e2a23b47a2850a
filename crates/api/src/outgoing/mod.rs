//! Outgoing: reports that are written while nobody waits, and that go out by themselves.

pub(crate) mod exports;
pub(crate) mod schedules;

use std::{path::PathBuf, sync::Arc, time::Duration};

use access::{Permission, Principal};
use reporting::{
    export::{Format, export},
    report::{Request, Watch, run_watched},
};
use serde::{Deserialize, Serialize};
use tokio::time::{MissedTickBehavior, interval};

use crate::{Faces, problem::Problem, routes::reports};

/// Rows of a file where the request says no limit.
pub(crate) const ROWS_MAX: u64 = 1_000_000;

/// The `exports` section of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Exports {
    /// Where files wait for whoever asked for them.
    pub directory: PathBuf,
    /// How long.
    pub keep_hours: u32,
}

impl Default for Exports {
    fn default() -> Self {
        Self { directory: "tandem-data/exports".into(), keep_hours: 24 }
    }
}

/// What may leave the house, and how.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    pub exports: Exports,
    pub delivery: delivery::Config,
    pub mail: delivery::Mail,
}

/// A report as a file.
pub(crate) struct Written {
    pub(crate) rows: usize,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Debug)]
pub(crate) enum NotWritten {
    Cancelled,
    /// It cannot be asked so, or not by them.
    Refused(Problem),
}

impl From<Problem> for NotWritten {
    fn from(problem: Problem) -> Self {
        NotWritten::Refused(problem)
    }
}

/// Whether somebody may take reports out of the house at all.
pub(crate) fn may_export(principal: &Principal) -> bool {
    principal.holds(Permission::ViewReports) && principal.holds(Permission::ExportReports)
}

/// Counts and writes as this principal sees it, off the threads that serve requests.
pub(crate) async fn written(
    faces: &Faces,
    principal: &Principal,
    request: &Request,
    format: Format,
    watch: Arc<Watch>,
) -> Result<Written, NotWritten> {
    let mut request = request.clone();
    request.limit = request.limit.or(Some(ROWS_MAX));
    let (plan, ledger) = reports::prepared_for(faces, principal, &request).await?;
    let counted = reports::counted(move || {
        let Some(report) = run_watched(&plan, &ledger, &watch) else { return Ok(None) };
        let bytes = export(&report, &plan.measures, format)?;
        Ok::<_, reporting::export::ExportError>(Some(Written { rows: report.rows.len(), bytes }))
    });
    match counted.await? {
        Ok(Some(written)) => Ok(written),
        Ok(None) => Err(NotWritten::Cancelled),
        Err(error) => {
            tracing::error!(error.message = %error, "a report could not be written");
            Err(NotWritten::Refused(Problem::internal()))
        }
    }
}

/// Until it is aborted.
pub(crate) async fn follow(faces: Arc<Faces>) {
    exports::tidy(&faces, true).await;
    let mut clockworks = schedules::Clockworks::default();
    schedules::tidy(&faces).await;
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut seconds = 0_u32;
    loop {
        ticks.tick().await;
        clockworks.tick(&faces).await;
        seconds = (seconds + 1) % 60;
        if seconds == 0 {
            exports::tidy(&faces, false).await;
        }
    }
}
