//! Reports: what can be asked, the answer, and the calls behind each number.

mod body;
mod drill;
mod exports;
mod run;
mod saved;
mod schedules;

pub(super) use drill::drill;
pub(super) use exports::{cancel_export, export_file, get_export, list_exports, start_export};
pub(super) use run::{run, types};
pub(crate) use saved::sees;
pub(super) use saved::{SavedReports, audiences, saved, saved_one};
pub(super) use schedules::{ReportSchedules, run_now, runs, schedule, schedules};

use access::{Permission, Principal, Reach as Granted};
use reporting::{
    ledger::Ledger,
    report::{Asker, Plan, Reach, Request, Wrong, plan, settled},
};

use crate::{
    Faces,
    caller::Caller,
    problem::{FieldError, Problem},
};

/// The request checked against what there is and what the caller may see, and the facts to count from.
async fn prepared(faces: &Faces, caller: &Caller, request: &Request) -> Result<(Plan, Ledger), Problem> {
    prepared_for(faces, &caller.principal, request).await
}

pub(crate) async fn checked(
    faces: &Faces,
    principal: &Principal,
    request: &Request,
) -> Result<Plan, Problem> {
    let settings = faces.store.settings().await?;
    let asker = Asker {
        reaches: Some(reaches(principal)),
        sees_full_numbers: principal.holds(Permission::ViewFullNumbers),
        time_zone: settings.time_zone.parse().unwrap_or_default(),
        threshold_permille: i64::from(settings.training_gap_threshold_permille),
    };
    let request = settled(request.clone(), faces.now().ms(), asker.time_zone);
    plan(&request, &asker).map_err(|wrong| Problem::invalid(wrong.into_iter().map(said).collect()))
}

pub(crate) async fn prepared_for(
    faces: &Faces,
    principal: &Principal,
    request: &Request,
) -> Result<(Plan, Ledger), Problem> {
    let plan = checked(faces, principal, request).await?;
    let loaded = faces.archive.ledger_for(&plan, faces.now().ms()).await;
    let ledger = loaded.map_err(|error| {
        tracing::error!(error.message = %error, "the facts of a report could not be read");
        Problem::internal()
    })?;
    Ok((plan, ledger))
}

fn said(wrong: Wrong) -> FieldError {
    FieldError { field: wrong.field, message: wrong.message }
}

/// What each set with `view_reports` reaches.
fn reaches(principal: &Principal) -> Vec<Reach> {
    let granted = principal.scopes_of(Permission::ViewReports);
    granted
        .map(|scope| Reach {
            teams: match &scope.teams {
                Granted::All => None,
                Granted::Only(teams) => Some(teams.iter().map(|team| team.0).collect()),
            },
            queues: match &scope.queues {
                Granted::All => None,
                Granted::Only(queues) => Some(queues.iter().map(|queue| queue.0).collect()),
            },
        })
        .collect()
}

/// Counting takes a core for as long as it takes: not one that serves requests.
pub(crate) async fn counted<T: Send + 'static>(
    count: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Problem> {
    actix_web::web::block(count).await.map_err(|error| {
        tracing::error!(error.message = %error, "counting a report broke off");
        Problem::internal()
    })
}
