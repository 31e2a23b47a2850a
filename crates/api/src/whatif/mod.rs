//! Staffing what-if: the organization's own queues and people, played on a virtual clock beside the calls.
//!
//! One thread of the lowest priority plays one at a time; the rest waits its turn, and a few results are kept in memory.

mod plan;

use std::{
    collections::VecDeque,
    ops::ControlFlow,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

use simulation::{
    compare::{Comparison, compare},
    floor::Plan,
};
use terms::{Timestamp, UserId};
use uuid::Uuid;

use crate::{faces::Clock, problem::Problem};

pub(crate) use plan::{Known, SimulationBase, SimulationChanges, Sketch, StaffingWord, Wish, sketch};

/// That may wait for their turn.
const WAITING_MAX: usize = 4;
/// Results that are kept; the oldest goes first.
const KEPT_MAX: usize = 20;
/// One that takes longer ends with the days that it has played.
const TIME_MAX_MS: i64 = 10 * 60_000;
/// Below everything that carries calls (on Linux niceness belongs to the thread).
const NICE: i32 = 19;
/// Fewer days say nothing about their spread.
pub(crate) const REPLICATIONS_MIN: u64 = 5;
pub(crate) const REPLICATIONS_MAX: u64 = 1_000;

/// How far it has come.
#[derive(Clone, Debug, Default)]
pub(crate) enum Stage {
    #[default]
    Waiting,
    Running,
    Done(Arc<Comparison>),
    Cancelled,
    /// By a fault of ours.
    Failed,
}

/// One what-if.
#[derive(Debug)]
pub(crate) struct Simulation {
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) by: UserId,
    pub(crate) created_at: Timestamp,
    pub(crate) base: SimulationBase,
    pub(crate) changes: SimulationChanges,
    pub(crate) replications: u64,
    pub(crate) seed: u64,
    plans: (Plan, Plan),
    played: AtomicU64,
    cancelled: AtomicBool,
    course: Mutex<Course>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Course {
    pub(crate) stage: Stage,
    pub(crate) ended_at: Option<Timestamp>,
}

impl Simulation {
    pub(crate) fn course(&self) -> Course {
        self.course.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn move_to(&self, stage: Stage, ended_at: Option<Timestamp>) {
        *self.course.lock().unwrap_or_else(PoisonError::into_inner) = Course { stage, ended_at };
    }

    fn is_over(&self) -> bool {
        matches!(self.course().stage, Stage::Done(_) | Stage::Cancelled | Stage::Failed)
    }

    fn is_waiting(&self) -> bool {
        matches!(self.course().stage, Stage::Waiting)
    }

    /// 0 to 1.
    pub(crate) fn progress(&self) -> f64 {
        let played = self.played.load(Ordering::Relaxed);
        (played as f64 / self.replications.max(1) as f64).min(1.0)
    }

    fn play(&self, clock: &Clock) {
        let began = clock();
        let mut go_on = |played| {
            self.played.store(played, Ordering::Relaxed);
            // Whoever else wants this core has it first.
            thread::yield_now();
            let late = clock() - began > TIME_MAX_MS && played >= REPLICATIONS_MIN;
            if late || self.cancelled.load(Ordering::Relaxed) {
                return ControlFlow::Break(());
            }
            ControlFlow::Continue(())
        };
        let compared = compare(&self.plans.0, &self.plans.1, self.replications, self.seed, &mut go_on);
        let stage = match self.cancelled.load(Ordering::Relaxed) {
            true => Stage::Cancelled,
            false => Stage::Done(Arc::new(compared)),
        };
        self.move_to(stage, Some(clock()));
    }
}

/// What somebody asked for, ready to be played.
pub(crate) struct Order {
    pub(crate) name: String,
    pub(crate) by: UserId,
    pub(crate) sketch: Sketch,
    pub(crate) changes: SimulationChanges,
    pub(crate) replications: u64,
    pub(crate) seed: u64,
}

#[derive(Debug, Default)]
struct Line {
    /// Oldest first.
    all: VecDeque<Arc<Simulation>>,
    /// Whether the thread is there.
    played: bool,
}

/// All of them, locked for a look.
#[derive(Debug, Default)]
pub(crate) struct Simulations {
    line: Mutex<Line>,
}

impl Simulations {
    fn lock(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Newest first.
    pub(crate) fn list(&self) -> Vec<Arc<Simulation>> {
        self.lock().all.iter().rev().cloned().collect()
    }

    pub(crate) fn get(&self, id: Uuid) -> Result<Arc<Simulation>, Problem> {
        let found = self.lock().all.iter().find(|one| one.id == id).cloned();
        found.ok_or_else(|| Problem::not_found("simulation"))
    }

    /// Takes it in; the thread is started where nobody plays.
    pub(crate) fn start(self: &Arc<Self>, order: Order, clock: Clock) -> Result<Arc<Simulation>, Problem> {
        let mut line = self.lock();
        let waiting = line.all.iter().filter(|one| one.is_waiting()).count();
        if waiting >= WAITING_MAX {
            return Err(Problem::limit_reached("other simulations wait for their turn already", 30));
        }
        while line.all.len() >= KEPT_MAX {
            let Some(oldest) = line.all.iter().position(|one| one.is_over()) else { break };
            line.all.remove(oldest);
        }
        let Order { name, by, sketch: Sketch { base, plans }, changes, replications, seed } = order;
        let made = Arc::new(Simulation {
            id: Uuid::new_v4(),
            name,
            by,
            created_at: clock(),
            base,
            changes,
            replications,
            seed,
            plans,
            played: AtomicU64::new(0),
            cancelled: AtomicBool::new(false),
            course: Mutex::default(),
        });
        if !line.played {
            let all = Arc::clone(self);
            let spawned = thread::Builder::new().name("what-if".to_owned()).spawn(move || all.play(&clock));
            if let Err(error) = spawned {
                tracing::error!(%error, "the thread of simulations could not be started");
                return Err(Problem::overloaded());
            }
            line.played = true;
        }
        line.all.push_back(Arc::clone(&made));
        Ok(made)
    }

    /// Until nothing waits.
    fn play(&self, clock: &Clock) {
        if rustix::process::nice(NICE).is_err() {
            tracing::debug!("the thread of simulations runs at ordinary priority");
        }
        loop {
            let next = {
                let mut line = self.lock();
                let next = line.all.iter().find(|one| one.is_waiting()).cloned();
                if let Some(next) = &next {
                    next.move_to(Stage::Running, None);
                } else {
                    line.played = false;
                }
                next
            };
            match next {
                // One that breaks must not keep the others waiting for ever.
                Some(next) if catch_unwind(AssertUnwindSafe(|| next.play(clock))).is_err() => {
                    tracing::error!(simulation.id = %next.id, "a simulation broke off");
                    next.move_to(Stage::Failed, Some(clock()));
                }
                Some(_) => {}
                None => return,
            }
        }
    }

    /// Ends one that goes on, and forgets one that is over.
    pub(crate) fn remove(&self, id: Uuid, now: Timestamp) -> Result<(), Problem> {
        let one = self.get(id)?;
        let mut line = self.lock();
        if one.is_over() {
            line.all.retain(|kept| kept.id != id);
            return Ok(());
        }
        one.cancelled.store(true, Ordering::Relaxed);
        if one.is_waiting() {
            one.move_to(Stage::Cancelled, Some(now));
        }
        Ok(())
    }
}
