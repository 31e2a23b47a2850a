//! Flow: what a caller meets before anybody is asked to answer. `run` is the interpreter, `step` what it reads, `hours`
//! the calendar, `dry_run` what it would do.

mod dry_run;
pub mod hours;
pub mod run;
pub mod step;
#[cfg(test)]
mod tests;

use terms::{ConversationId, PromptId, QueueId, Timestamp, UserId};
use voicecall::{Actor, Command, Details, OverflowCause, OverflowTo, WorkTarget, input::QueueOrUser};

pub use dry_run::{DryRun, dry_run};
pub use run::{Around, FlowRun, Heard, Move, Outcome, Passed, QueueLook};
pub use step::{FlowStep, SkillWanted};

use crate::{
    Organization,
    shard::{Owned, Shard},
};

/// The packaged prompts by the names that flows use.
pub const PACKAGED_PROMPTS: &[(&str, PromptId)] = &[
    ("greeting", PromptId::GREETING),
    ("please_wait", PromptId::PLEASE_WAIT),
    ("caller_left", PromptId::CALLER_LEFT),
    ("not_available", PromptId::NOT_AVAILABLE),
    ("not_valid", PromptId::NOT_VALID),
    ("closed", PromptId::CLOSED),
    ("leave_message", PromptId::LEAVE_MESSAGE),
];

/// Of work that nobody gave one.
const PRIORITY: u8 = 5;

/// The packaged prompt of this name; no uploaded one can have it.
pub fn packaged_prompt(name: &str) -> Option<PromptId> {
    let named = PACKAGED_PROMPTS.iter().find(|(known, _)| *known == name);
    named.map(|(_, prompt)| *prompt).or_else(|| crate::announce::spoken(name))
}

impl Organization {
    /// The prompt of this name, packaged or uploaded; an uploaded one has its id for a name, too.
    pub fn prompt_named(&self, name: &str) -> Option<PromptId> {
        packaged_prompt(name).or_else(|| self.prompts.get(name).copied())
    }
}

impl Shard {
    /// Goes on from step to step until one takes time, or the flow is over.
    pub(crate) fn flow_on(&mut self, id: ConversationId, heard: Heard, now: Timestamp) {
        let mut heard = heard;
        loop {
            let Some(mut run) = self.owned.get_mut(&id).and_then(|o| o.flow.take()) else { return };
            if self.owned.get(&id).is_some_and(|o| o.conversation.is_ended()) {
                return;
            }
            let organization = self.organization.clone();
            let next = run.next(
                heard,
                &Around {
                    now,
                    hours: &organization.business_hours,
                    prompt: &|name| organization.prompt_named(name),
                    queue: &|queue| self.look_at(queue, now),
                    user: &|user| self.can_be_rung(user),
                    number: self.number_of(id).is_some(),
                },
            );
            for passed in run.take_passed() {
                tracing::debug!(
                    conversation.id = %id, flow.path = %passed.path, flow.outcome = ?passed.outcome, "flow step"
                );
            }
            if !next.ends()
                && let Some(owned) = self.owned.get_mut(&id)
            {
                owned.flow = Some(run);
            }
            heard = Heard::Nothing;
            if !self.flow_move(id, next, now) {
                return;
            }
        }
    }

    /// Does it; true when the next step follows at once.
    fn flow_move(&mut self, id: ConversationId, next: Move, now: Timestamp) -> bool {
        match next {
            Move::Play(prompt) => !self.is_heard(id) || !self.flow_command(id, Command::Play { prompt }, now),
            Move::Ask { menu, prompt, silence_ms } => {
                !self.flow_command(id, Command::AskDigit { menu, prompt, silence_ms }, now)
            }
            Move::Set(details) => {
                self.flow_command(id, Command::SetDetails { details: bounded(details) }, now);
                true
            }
            Move::Ring(user) => {
                let target = QueueOrUser::User(user);
                !self.flow_command(
                    id,
                    Command::Enqueue { target, skills: Vec::new(), priority: PRIORITY },
                    now,
                )
            }
            Move::Queue { queue, skills, priority, wishes } => {
                let of_queue = self.organization.queues.get(&queue).map_or(PRIORITY, |queue| queue.priority);
                let command = Command::Enqueue {
                    target: QueueOrUser::Queue(queue),
                    skills: skills.iter().map(|wanted| (wanted.skill_id, wanted.level)).collect(),
                    priority: priority.unwrap_or(of_queue),
                };
                self.flow_command(id, command, now);
                if !wishes.is_empty() {
                    self.flow_command(id, Command::Wish { wishes }, now);
                }
                false
            }
            Move::CallBack { queue, skills, priority, wishes } => {
                let of_queue = self.organization.queues.get(&queue).map_or(PRIORITY, |queue| queue.priority);
                let skills = skills.iter().map(|wanted| (wanted.skill_id, wanted.level)).collect();
                let priority = priority.unwrap_or(of_queue);
                self.flow_calls_back(
                    id,
                    voicecall::Home { queue, since: now, skills, wishes, priority },
                    now,
                );
                true
            }
            Move::Message(queue) => {
                if !self.flow_command(id, Command::TakeMessage { queue }, now) {
                    self.flow_command(id, Command::HangUp, now);
                }
                false
            }
            Move::HangUp => {
                self.flow_command(id, Command::HangUp, now);
                false
            }
        }
    }

    /// A call that only an agent answers hears no prompt until a menu has answered it.
    fn is_heard(&self, id: ConversationId) -> bool {
        self.owned.get(&id).is_some_and(|o| {
            let up = o.conversation.legs().first().is_some_and(voicecall::Leg::is_up);
            up || o.conversation.policy().answer == voicecall::AnswerWhen::OnFlow
        })
    }

    /// Signed in, online and in no call: whoever is rung now.
    pub(crate) fn can_be_rung(&self, user: UserId) -> bool {
        self.router.agent(user).is_some_and(|agent| {
            let online = agent.reachable && agent.status.kind == routing::StatusKind::Online;
            online && agent.token == routing::Token::None
        })
    }

    /// Not signed in, or without a phone: nobody can say when a call would be answered.
    pub(crate) fn is_away(&self, user: UserId) -> bool {
        let there =
            |agent: routing::AgentView| agent.reachable && agent.status.kind != routing::StatusKind::Offline;
        !self.router.agent(user).is_some_and(there)
    }

    /// The person whom the flow rang did not answer: the flow goes on.
    pub(crate) fn flow_goes_on(&mut self, id: ConversationId, now: Timestamp) {
        let Some(owned) = self.owned.get(&id) else { return };
        let rings = owned.conversation.work().is_some_and(|work| matches!(work.target, WorkTarget::User(_)));
        if owned.flow.is_none() || !rings {
            return;
        }
        let (to, cause) = (OverflowTo::Steps, OverflowCause::NobodyAnswered);
        let command = Command::Overflow { to, priority: 0, cause };
        if self.feed(id, &voicecall::Input::Command { by: Actor::System, command }, now).is_ok() {
            self.flow_on(id, Heard::Nothing, now);
        }
    }

    /// How a queue stands now.
    pub(crate) fn look_at(&self, queue: QueueId, now: Timestamp) -> QueueLook {
        let waiting = self.waiting(queue);
        let members = self.organization.users.values();
        let members = members.filter(|user| user.queues.iter().any(|member| member.queue == queue));
        let agents = members.filter_map(|user| self.router.agent(user.id));
        let agents =
            agents.filter(|agent| agent.reachable && agent.status.kind == routing::StatusKind::Online);
        let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
        QueueLook {
            agents: count(agents.count()),
            waiting: count(waiting.len()),
            longest_wait_ms: waiting.iter().map(|item| now.ms_since(item.since)).max().unwrap_or(0),
        }
    }

    /// A key of somebody who is asked; true when it was an answer.
    pub(crate) fn answers_menu(&mut self, leg: terms::LegId, digit: char, now: Timestamp) -> bool {
        let asked = |o: &Owned| leg.ordinal == 0 && o.conversation.asked().is_some();
        if !self.owned.get(&leg.conversation).is_some_and(asked) {
            return false;
        }
        let pressed = voicecall::Signal::DigitPressed { leg: leg.ordinal, digit };
        if self.feed(leg.conversation, &voicecall::Input::Signal(pressed), now).is_ok() {
            self.flow_on(leg.conversation, Heard::Digit(digit), now);
        }
        true
    }

    pub(crate) fn flow_command(&mut self, id: ConversationId, command: Command, now: Timestamp) -> bool {
        self.feed(id, &voicecall::Input::Command { by: Actor::System, command }, now).is_ok()
    }
}

/// What a flow keeps stays within what a conversation may keep.
fn bounded(mut details: Details) -> Details {
    let mut left = terms::limits::ATTRIBUTES_BYTES_MAX;
    details.attributes.retain(|name, value| {
        let size = name.len() + value.len();
        let fits = size <= left;
        left -= if fits { size } else { 0 };
        fits
    });
    details
}
