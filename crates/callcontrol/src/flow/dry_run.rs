//! The dry run: what a caller would meet at a time, pressing these keys. The live interpreter, with a world that is told.

use std::collections::BTreeMap;

use terms::{PromptId, QueueId, Timestamp, UserId};
use voicecall::Wishes;

use super::{
    hours::AllHours,
    run::{Around, FlowRun, Heard, Move, Passed, QueueLook},
    step::{FlowStep, SkillWanted},
};

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DryRun {
    pub passed: Vec<Passed>,
    pub subject: Option<String>,
    pub case_category: Option<String>,
    pub attributes: BTreeMap<String, String>,
    /// The queue it ends in; without queue, person, voicemail and callback it is hung up.
    pub queue: Option<QueueId>,
    /// The person who is rung, and supposed to answer.
    pub user: Option<UserId>,
    /// The queue for which a message is left.
    pub voicemail: Option<QueueId>,
    /// The queue whose agents call back.
    pub callback: Option<QueueId>,
    pub skills: Vec<SkillWanted>,
    pub priority: Option<u8>,
    /// Whom the call would like best.
    pub wishes: Wishes,
}

/// Goes through the flow of a caller who shows their number. Each menu takes the next of `keys`; None, and what comes after the last, is silence.
pub fn dry_run(
    steps: Vec<FlowStep>,
    keys: impl IntoIterator<Item = Option<char>>,
    at: Timestamp,
    hours: &AllHours,
    prompt: &dyn Fn(&str) -> Option<PromptId>,
    queue: &dyn Fn(QueueId) -> QueueLook,
    user: &dyn Fn(UserId) -> bool,
) -> DryRun {
    let around = Around { now: at, hours, prompt, queue, user, number: true };
    let mut keys = keys.into_iter();
    let mut run = FlowRun::new(steps);
    let mut done = DryRun::default();
    let mut heard = Heard::Nothing;
    loop {
        let next = run.next(heard, &around);
        done.passed.extend(run.take_passed());
        heard = Heard::Nothing;
        match next {
            Move::Play(_) => {}
            // Nobody presses a key while they are told that the last one was wrong.
            Move::Ask { silence_ms: 0, .. } => heard = Heard::Silence,
            Move::Ask { .. } => heard = keys.next().flatten().map_or(Heard::Silence, Heard::Digit),
            Move::Ring(user) => {
                done.user = Some(user);
                return done;
            }
            Move::Set(details) => {
                done.subject = details.subject.or(done.subject);
                done.case_category = details.case_category.or(done.case_category);
                done.attributes.extend(details.attributes);
            }
            Move::Queue { queue, skills, priority, wishes } => {
                (done.queue, done.skills, done.priority) = (Some(queue), skills, priority);
                done.wishes = wishes;
                return done;
            }
            Move::Message(queue) => {
                done.voicemail = Some(queue);
                return done;
            }
            Move::CallBack { queue, skills, priority, wishes } => {
                (done.callback, done.skills, done.priority) = (Some(queue), skills, priority);
                done.wishes = wishes;
                return done;
            }
            Move::HangUp => return done,
        }
    }
}
