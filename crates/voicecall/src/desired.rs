//! Desired: what the world must look like. Level-triggered: a retry, a lost message and a crash are one code path.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use terms::{Deadline, EndReason, HearingMatrix, QueueId, SkillId, Timestamp, UserId, time::DeadlineReason};

use crate::{
    conversation::Conversation,
    input::Target,
    leg::{Leg, LegState, Party},
    opening::AnswerWhen,
    record::CallType,
    wish::Wishes,
};

/// What one wire must be.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wire {
    /// Their wire: let it ring (180).
    Alert,
    /// Their wire: answer it.
    Answer,
    /// Ours: dial it and let it ring.
    Dial { to: Party, auto_answer: bool },
    /// Ours, and not to be dialed yet.
    Later,
    /// Answered; keep it.
    Up,
    /// Not there (any more).
    Gone { reason: EndReason },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct DesiredLeg {
    pub leg: u32,
    pub wire: Wire,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recording {
    #[default]
    Off,
    On,
    Paused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkTarget {
    Queue(QueueId),
    User(UserId),
}

/// Work the router shall place. At most one per conversation at a time.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Work {
    pub target: WorkTarget,
    /// The VoiceCall it is for (ordinal): the customer's, or a consult waiting in a queue.
    pub call: u32,
    /// Its age: kept over declines, time-outs and lost agents.
    pub since: Timestamp,
    pub priority: u8,
    pub skills: Vec<(SkillId, u8)>,
    pub wishes: Wishes,
    /// Came back after an agent's failure: before everybody of its priority.
    pub head: bool,
    /// An agent is being rung for it right now.
    pub offered: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Desired {
    pub legs: Vec<DesiredLeg>,
    pub hearing: HearingMatrix,
    pub recording: Recording,
    pub work: Option<Work>,
    /// The users whose voice token this conversation needs (every user with a live wire here).
    pub people: BTreeSet<UserId>,
    pub deadline: Option<Deadline>,
}

pub(crate) fn desired(c: &Conversation) -> Desired {
    Desired {
        legs: c.numbered().map(|(ordinal, leg)| DesiredLeg { leg: ordinal, wire: wire(c, leg) }).collect(),
        hearing: c.hearing(),
        recording: c.recording(),
        work: work(c).filter(|_| !c.recall_pauses()),
        people: people(c),
        deadline: deadlines(c).into_iter().map(|due| due.deadline).min_by_key(|deadline| deadline.at),
    }
}

fn wire(c: &Conversation, leg: &Leg) -> Wire {
    match leg.state {
        LegState::Ringing { .. } if leg.incoming && answers_now(c) => Wire::Answer,
        LegState::Ringing { .. } if leg.incoming => Wire::Alert,
        LegState::Ringing { deadline: None } => Wire::Later,
        LegState::Ringing { .. } => Wire::Dial { to: leg.party.clone(), auto_answer: leg.auto_answer },
        LegState::Up | LegState::Lost { .. } => Wire::Up,
        LegState::Ended { reason } => Wire::Gone { reason },
    }
}

/// Their wire is answered when there is something to hear: a prompt, queue music, an agent; a caller of ours is answered
/// as soon as we know whom to dial, and hears the ringing from us.
fn answers_now(c: &Conversation) -> bool {
    let agent = c.main_staff().next().is_some();
    match (c.call_type, c.policy.answer) {
        // Keys can be pressed on an answered wire only.
        (CallType::Inbound, AnswerWhen::OnAgent) => agent || c.asked.is_some() || c.message.is_some(),
        (CallType::Inbound, AnswerWhen::OnFlow) => {
            agent || c.prompt.is_some() || c.asked.is_some() || c.work.is_some() || c.message.is_some()
        }
        (CallType::Outbound | CallType::Internal, _) => c.far.is_some(),
    }
}

pub(crate) fn work(c: &Conversation) -> Option<Work> {
    let waiting = c.work.as_ref()?;
    Some(Work {
        target: waiting.target,
        call: waiting.call,
        since: waiting.since,
        priority: waiting.priority,
        skills: waiting.skills.clone(),
        wishes: waiting.wishes.clone(),
        head: waiting.head,
        offered: c.offered().is_some(),
    })
}

/// Also the user who will be dialed once the caller's own wire is up: their token is taken.
pub(crate) fn people(c: &Conversation) -> BTreeSet<UserId> {
    let live = c.legs.iter().filter(|leg| leg.is_live()).filter_map(|leg| leg.party.user());
    let named = match &c.far {
        Some(Target::User { token, .. }) => Some(token.user),
        Some(Target::Number(_) | Target::Queue { .. }) | None => None,
    };
    live.chain(named).collect()
}

/// What falls due: a wire that rings too long or stays lost, or (None) the parked customer or the next ring of a recall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) deadline: Deadline,
    pub(crate) leg: Option<u32>,
}

/// A parked customer whom somebody is about to fetch is not recalled meanwhile.
pub(crate) fn deadlines(c: &Conversation) -> Vec<Due> {
    let mut due = Vec::new();
    for (ordinal, leg) in c.numbered() {
        let deadline = match leg.state {
            LegState::Ringing { deadline: Some(at) } => Deadline { at, reason: DeadlineReason::Ring },
            LegState::Lost { deadline: at } => Deadline { at, reason: DeadlineReason::Reattach },
            LegState::Ringing { deadline: None } | LegState::Up | LegState::Ended { .. } => continue,
        };
        due.push(Due { deadline, leg: Some(ordinal) });
    }
    if let Some(parked) = &c.parked
        && c.retrieving().is_none()
    {
        let deadline = Deadline { at: parked.deadline, reason: DeadlineReason::Park };
        due.push(Due { deadline, leg: None });
    }
    if let Some(at) = c.asked.as_ref().and_then(|asked| asked.until) {
        due.push(Due { deadline: Deadline { at, reason: DeadlineReason::Flow }, leg: None });
    }
    if let Some(message) = &c.message {
        let deadline = Deadline { at: message.until, reason: DeadlineReason::Message };
        due.push(Due { deadline, leg: None });
    }
    if let Some(at) = c.work.as_ref().and_then(|work| work.later) {
        due.push(Due { deadline: Deadline { at, reason: DeadlineReason::Recall }, leg: None });
    }
    due
}
