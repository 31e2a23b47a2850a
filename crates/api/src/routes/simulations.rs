//! Staffing what-if: asked for, watched, read, cancelled.

use std::{collections::BTreeSet, sync::Arc};

use access::{Permission, Principal, Reach};
use chrono::{Days, NaiveDate};
use chrono_tz::Tz;
use reporting::{
    demand::{Demand, demand},
    ledger::Window,
    report::calendar::{local, start_of},
};
use serde::{Deserialize, Serialize};
use simulation::compare::{Compared, Figures, Interval};
use terms::{QueueId, SkillId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::reports::counted;
use crate::{
    Faces,
    answer::{Answer, Json, List, NoContent},
    body::Time,
    caller::Caller,
    extract::{Body, Id, Path, State},
    noun::Complaints,
    problem::Problem,
    whatif::{
        Known, Order, REPLICATIONS_MAX, REPLICATIONS_MIN, SimulationBase, SimulationChanges, Sketch,
        StaffingWord, Stage, Wish, sketch,
    },
};

const DAYS_DEFAULT: u64 = 7;
const DAYS_MAX: i64 = 92;
const REPLICATIONS_DEFAULT: u64 = 50;
const METHOD: &str = "Each replication plays one day of both plans through the product's own router with one seed: Poisson \
calls by the half hour, handle times log-normal (or exponential), exponential patience. Means with 95 % confidence \
intervals by Student's t over the replications; the difference by paired replications (Law, Simulation Modeling and \
Analysis, 10.2.1).";

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewSimulation {
    #[serde(default)]
    name: Option<String>,
    /// The first and the last of the days whose calls are the base, in the organization's time zone; unset: the last
    /// seven days before today.
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<NaiveDate>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    to: Option<NaiveDate>,
    /// Empty: every queue for customers.
    #[serde(default)]
    queue_ids: Vec<Uuid>,
    /// `08:00`; unset: from the first half hour in which somebody called.
    #[serde(default)]
    opens: Option<String>,
    /// `18:00`, at most `24:00`; unset: to the last.
    #[serde(default)]
    closes: Option<String>,
    #[serde(default)]
    staffing: StaffingWord,
    /// Days that are played, 5 to 1000; unset: 50.
    #[serde(default)]
    replications: Option<u64>,
    /// The dice; the same seed gives the same figures.
    #[serde(default)]
    seed: Option<u32>,
    #[serde(default)]
    changes: SimulationChanges,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum SimulationState {
    Waiting,
    Running,
    Done,
    Cancelled,
    Failed,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Simulation {
    id: Uuid,
    name: String,
    state: SimulationState,
    /// 0 to 1.
    progress: f64,
    created_by: Uuid,
    created_at: Time,
    ended_at: Option<Time>,
    replications: u64,
    seed: u64,
    base: SimulationBase,
    changes: SimulationChanges,
    /// Null until it is done.
    result: Option<SimulationResult>,
}

#[derive(Debug, Serialize, ToSchema)]
struct SimulationResult {
    /// Days that were played: fewer than asked for where ten minutes were not enough.
    replications: u64,
    /// How the figures and their intervals were made.
    method: String,
    /// All queues together.
    whole: Vec<FigureCompared>,
    queues: Vec<QueueCompared>,
}

#[derive(Debug, Serialize, ToSchema)]
struct QueueCompared {
    queue_id: Uuid,
    name: String,
    figures: Vec<FigureCompared>,
}

#[derive(Debug, Serialize, ToSchema)]
struct FigureCompared {
    /// `offered`, `answered`, `abandoned`, `overflowed` (calls a day), `service_level`, `abandon_rate`, `occupancy` (0 to
    /// 1), `asa_seconds`.
    figure: String,
    base: Estimated,
    changed: Estimated,
    /// Changed minus base.
    difference: Estimated,
}

/// A mean and its 95 % confidence interval.
#[derive(Debug, Serialize, ToSchema)]
struct Estimated {
    mean: f64,
    low: f64,
    high: f64,
}

impl From<Interval> for Estimated {
    fn from(Interval { mean, low, high }: Interval) -> Self {
        Self { mean, low, high }
    }
}

fn figures(figures: &Figures) -> Vec<FigureCompared> {
    let shown = |(name, compared): (&&'static str, &Compared)| FigureCompared {
        figure: (*name).to_owned(),
        base: compared.base.into(),
        changed: compared.changed.into(),
        difference: compared.difference.into(),
    };
    figures.iter().map(shown).collect()
}

fn view(one: &crate::whatif::Simulation) -> Simulation {
    let course = one.course();
    let (state, result) = match course.stage {
        Stage::Waiting => (SimulationState::Waiting, None),
        Stage::Running => (SimulationState::Running, None),
        Stage::Cancelled => (SimulationState::Cancelled, None),
        Stage::Failed => (SimulationState::Failed, None),
        Stage::Done(compared) => (SimulationState::Done, Some(compared)),
    };
    let result = result.map(|compared| SimulationResult {
        replications: compared.replications,
        method: METHOD.to_owned(),
        whole: figures(&compared.whole),
        queues: one
            .base
            .queues
            .iter()
            .zip(&compared.queues)
            .map(|(queue, told)| QueueCompared {
                queue_id: queue.queue_id,
                name: queue.name.clone(),
                figures: figures(told),
            })
            .collect(),
    });
    Simulation {
        id: one.id,
        name: one.name.clone(),
        progress: if result.is_some() { 1.0 } else { one.progress() },
        state,
        created_by: one.by.0,
        created_at: Time(one.created_at),
        ended_at: Time::some(course.ended_at),
        replications: one.replications,
        seed: one.seed,
        base: one.base.clone(),
        changes: one.changes.clone(),
        result,
    }
}

/// It counts everybody's calls, so a scope is not enough.
fn demand_whole(principal: &Principal) -> Result<(), Problem> {
    let whole = |permission| {
        let mut scopes = principal.scopes_of(permission);
        scopes.any(|scope| scope.teams == Reach::All && scope.queues == Reach::All)
    };
    if whole(Permission::ViewReports) {
        return Ok(());
    }
    Err(Problem::forbidden(
        "a simulation counts the whole organization's calls; your reports are limited to a part",
    ))
}

pub(crate) async fn start(
    faces: State,
    caller: Caller,
    body: Body<NewSimulation>,
) -> Result<Answer<Simulation, 202>, Problem> {
    demand_whole(&caller.principal)?;
    faces.refresh().await?;
    let wanted = body.0;
    let organization = faces.calls.organization();
    let zone: Tz = organization.settings.time_zone.parse().unwrap_or_default();
    let (from, to) = days(&wanted, local(zone, faces.now().ms()).date())?;
    let replications = wanted.replications.unwrap_or(REPLICATIONS_DEFAULT);
    let mut complaints = Complaints::default();
    let fine = (REPLICATIONS_MIN..=REPLICATIONS_MAX).contains(&replications);
    complaints.unless(fine, "replications", format!("{REPLICATIONS_MIN} to {REPLICATIONS_MAX}"));
    if let Some(name) = &wanted.name {
        complaints.name("name", name);
    }
    let queues = queues(&organization, &wanted.queue_ids, &mut complaints);
    let opens_s = clock("opens", wanted.opens.as_deref(), &mut complaints);
    let closes_s = clock("closes", wanted.closes.as_deref(), &mut complaints);
    complaints.done()?;
    let wish = Wish {
        queues,
        opens_s,
        closes_s,
        staffing: wanted.staffing,
        replications,
        from: from.to_string(),
        to: to.to_string(),
    };
    let demand = came(&faces, zone, (from, to), &wish).await?;
    let known = Known {
        organization: &organization,
        skills: faces.organization().skills.iter().map(|row| row.id).collect::<BTreeSet<SkillId>>(),
        demand: &demand,
        time_zone: zone.name().to_owned(),
    };
    let sketch: Sketch = sketch(&known, &wish, &wanted.changes)?;
    let order = Order {
        name: wanted
            .name
            .map_or_else(|| format!("{} – {}", wish.from, wish.to), |name| name.trim().to_owned()),
        by: caller.user(),
        sketch,
        changes: wanted.changes,
        replications,
        seed: u64::from(wanted.seed.unwrap_or(1)),
    };
    let made = faces.simulations.start(order, faces.clock())?;
    Ok(Answer::new(view(&made)).at("/v1/simulations", made.id))
}

/// The first and the last day.
fn days(wanted: &NewSimulation, today: NaiveDate) -> Result<(NaiveDate, NaiveDate), Problem> {
    let before = |date: NaiveDate, days| date.checked_sub_days(Days::new(days)).unwrap_or(date);
    let to =
        wanted.to.unwrap_or_else(|| wanted.from.map_or(before(today, 1), |from| from.max(before(today, 1))));
    let from = wanted.from.unwrap_or_else(|| before(to, DAYS_DEFAULT - 1));
    if from > to {
        return Err(Problem::invalid_field("to", "not before `from`"));
    }
    if (to - from).num_days() >= DAYS_MAX {
        return Err(Problem::invalid_field("from", format!("at most {DAYS_MAX} days")));
    }
    Ok((from, to))
}

fn queues(
    organization: &callcontrol::Organization,
    named: &[Uuid],
    complaints: &mut Complaints,
) -> BTreeSet<QueueId> {
    if named.is_empty() {
        let all: BTreeSet<_> =
            organization.queues.values().filter(|queue| !queue.internal).map(|queue| queue.id).collect();
        complaints.unless(!all.is_empty(), "queue_ids", "there is no queue for customers yet");
        return all;
    }
    for (at, id) in named.iter().enumerate() {
        let known = organization.queues.contains_key(&QueueId(*id));
        complaints.unless(known, format!("queue_ids[{at}]"), "no such queue");
    }
    named.iter().copied().map(QueueId).collect()
}

/// Seconds after midnight.
fn clock(field: &str, text: Option<&str>, complaints: &mut Complaints) -> Option<f64> {
    let text = text?;
    let read = || {
        let (hours, minutes) = text.split_once(':')?;
        let (hours, minutes): (u32, u32) = (hours.parse().ok()?, minutes.parse().ok()?);
        let sound = minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0));
        sound.then_some(f64::from(hours * 3_600 + minutes * 60))
    };
    let seconds = read();
    complaints.unless(seconds.is_some(), field, "a time like 08:30");
    seconds
}

/// What came on those days, counted off the threads that serve requests.
async fn came(
    faces: &Faces,
    zone: Tz,
    (from, to): (NaiveDate, NaiveDate),
    wish: &Wish,
) -> Result<Demand, Problem> {
    let after = to.succ_opt().unwrap_or(to);
    let window = Window { from: Some(start_of(zone, from)), to: Some(start_of(zone, after)) };
    let read = faces.archive.ledger(window, faces.now().ms()).await;
    let ledger = read.map_err(|error| {
        tracing::error!(error.message = %error, "the facts of a simulation could not be read");
        Problem::internal()
    })?;
    let queues: BTreeSet<Uuid> = wish.queues.iter().map(|queue| queue.0).collect();
    counted(move || demand(&ledger, window, zone, &queues)).await
}

/// Those of everybody, newest first.
pub(crate) async fn list(faces: State, caller: Caller) -> Result<Json<List<Simulation>>, Problem> {
    demand_whole(&caller.principal)?;
    let items = faces.simulations.list().iter().map(|one| view(one)).collect();
    Ok(Json::new(List { items, next_cursor: None }))
}

pub(crate) async fn get(faces: State, caller: Caller, path: Path<Id>) -> Result<Json<Simulation>, Problem> {
    demand_whole(&caller.principal)?;
    let one: Arc<_> = faces.simulations.get(path.0.id)?;
    Ok(Json::new(view(&one)))
}

/// Ends one that goes on, and forgets one that is over.
pub(crate) async fn remove(faces: State, caller: Caller, path: Path<Id>) -> Result<NoContent, Problem> {
    demand_whole(&caller.principal)?;
    faces.simulations.remove(path.0.id, faces.now())?;
    Ok(NoContent)
}
