//! Test calls over trunks: one at a time on each, the last of each trunk kept in memory with its messages.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use callcontrol::test_call::{Sight, TestCall, TestCalls, TestOutcome};
use signaling::Rung;
use terms::{PhoneNumber, Timestamp, TrunkId};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::{faces::Clock, problem::Problem};

/// On all trunks together.
const AT_ONCE: usize = 3;
const KEPT_MAX: usize = 20;
/// Of one call: a provider that says more is not shown further.
const RUNGS_MAX: usize = 120;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    Calling,
    Ringing,
    Answered,
    Over(TestOutcome),
}

#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub(crate) stage: Stage,
    pub(crate) ended_at: Option<Timestamp>,
    pub(crate) rungs: Vec<Rung>,
}

#[derive(Debug)]
pub(crate) struct Made {
    pub(crate) id: Uuid,
    pub(crate) trunk: TrunkId,
    pub(crate) to: Option<PhoneNumber>,
    pub(crate) started_at: Timestamp,
    course: Mutex<Course>,
    stop: Mutex<Option<oneshot::Sender<()>>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Made {
    pub(crate) fn course(&self) -> Course {
        lock(&self.course).clone()
    }

    fn is_over(&self) -> bool {
        matches!(lock(&self.course).stage, Stage::Over(_))
    }

    fn see(&self, sight: Sight) {
        let mut course = lock(&self.course);
        match sight {
            Sight::Message(rung) if course.rungs.len() < RUNGS_MAX => course.rungs.push(rung),
            Sight::Message(_) => {}
            Sight::Ringing => course.stage = Stage::Ringing,
            Sight::Answered => course.stage = Stage::Answered,
        }
    }

    fn end(&self, outcome: TestOutcome, at: Timestamp) {
        let mut course = lock(&self.course);
        (course.stage, course.ended_at) = (Stage::Over(outcome), Some(at));
    }

    /// Hangs up; what is over stays as it was.
    pub(crate) fn stop(&self) {
        if let Some(stop) = lock(&self.stop).take() {
            // It may be over by itself.
            let _ = stop.send(());
        }
    }
}

/// All of them, oldest first; locked for a look.
#[derive(Debug, Default)]
pub(crate) struct Book {
    made: Mutex<VecDeque<Arc<Made>>>,
}

impl Book {
    /// The last one of this trunk.
    pub(crate) fn last(&self, trunk: TrunkId) -> Option<Arc<Made>> {
        lock(&self.made).iter().rev().find(|made| made.trunk == trunk).cloned()
    }

    /// Makes one; it goes on by itself.
    pub(crate) fn start(&self, calls: TestCalls, call: TestCall, clock: Clock) -> Result<Arc<Made>, Problem> {
        let mut book = lock(&self.made);
        let running = || book.iter().filter(|made| !made.is_over());
        if running().any(|made| made.trunk == call.trunk) {
            return Err(Problem::conflict("state_conflict", "a test call goes on on this trunk already"));
        }
        if running().count() >= AT_ONCE {
            return Err(Problem::limit_reached("other test calls go on", 10));
        }
        let is_old = |made: &Arc<Made>| made.trunk == call.trunk;
        book.retain(|made| !is_old(made));
        while book.len() >= KEPT_MAX {
            book.pop_front();
        }
        let (stop, stopped) = oneshot::channel();
        let made = Arc::new(Made {
            id: call.id,
            trunk: call.trunk,
            to: call.to.clone(),
            started_at: clock(),
            course: Mutex::new(Course { stage: Stage::Calling, ended_at: None, rungs: Vec::new() }),
            stop: Mutex::new(Some(stop)),
        });
        book.push_back(Arc::clone(&made));
        let seen = Arc::clone(&made);
        tokio::spawn(async move {
            let outcome = calls.make(call, stopped, &mut |sight| seen.see(sight)).await;
            seen.end(outcome, clock());
        });
        Ok(made)
    }
}
