//! Reports: what can be asked, the answer, and the calls behind each number.

mod body;
mod drill;
mod run;
mod saved;

pub(super) use drill::drill;
pub(super) use run::{run, types};
pub(super) use saved::{SavedReports, audiences, saved, saved_one};

use access::{Permission, Reach as Granted};
use reporting::{
    ledger::{self, Ledger},
    report::{Asker, Plan, Reach, Request, Wrong, plan, settled},
};

use crate::{
    Faces,
    caller::Caller,
    problem::{FieldError, Problem},
};

/// The request checked against what there is and what the caller may see, and the facts to count from.
async fn prepared(faces: &Faces, caller: &Caller, request: &Request) -> Result<(Plan, Ledger), Problem> {
    let settings = faces.store.settings().await?;
    let asker = Asker {
        reaches: Some(reaches(caller)),
        sees_full_numbers: caller.holds(Permission::ViewFullNumbers),
        time_zone: settings.time_zone.parse().unwrap_or_default(),
        threshold_permille: i64::from(settings.training_gap_threshold_permille),
    };
    let request = settled(request.clone(), faces.now().ms(), asker.time_zone);
    let plan =
        plan(&request, &asker).map_err(|wrong| Problem::invalid(wrong.into_iter().map(said).collect()))?;
    let loaded = ledger::load(faces.store.database(), plan.options.window, faces.now().ms()).await;
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
fn reaches(caller: &Caller) -> Vec<Reach> {
    let granted = caller.principal.scopes_of(Permission::ViewReports);
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
async fn counted<T: Send + 'static>(count: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    actix_web::web::block(count).await.map_err(|error| {
        tracing::error!(error.message = %error, "counting a report broke off");
        Problem::internal()
    })
}
