//! Flow: what a caller meets before anybody is asked to answer.

use terms::{ConversationId, PromptId, Timestamp};
use voicecall::{Actor, Command, Details, input::QueueOrUser};

use crate::{organization::FlowStep, shard::Shard};

/// Where a conversation stands in its entry flow.
#[derive(Clone, Debug)]
pub(crate) struct FlowRun {
    steps: Vec<FlowStep>,
    next: usize,
}

impl FlowRun {
    pub(crate) fn new(steps: Vec<FlowStep>) -> Self {
        Self { steps, next: 0 }
    }
}

/// The packaged prompts by the names that flows use.
pub(crate) fn prompt_named(name: &str) -> Option<PromptId> {
    match name {
        "greeting" => Some(PromptId::GREETING),
        "please_wait" => Some(PromptId::PLEASE_WAIT),
        "caller_left" => Some(PromptId::CALLER_LEFT),
        "not_available" => Some(PromptId::NOT_AVAILABLE),
        _ => None,
    }
}

impl Shard {
    /// Goes on from step to step until one takes time, or the flow is over.
    pub(crate) fn flow_on(&mut self, id: ConversationId, now: Timestamp) {
        loop {
            let Some(run) = self.owned.get_mut(&id).and_then(|o| o.flow.as_mut()) else { return };
            let Some(step) = run.steps.get(run.next).cloned() else {
                // The flow ends without a queue: there is nothing more to hear.
                self.flow_command(id, Command::HangUp, now);
                return;
            };
            run.next += 1;
            if !self.flow_step(id, step, now) {
                return;
            }
        }
    }

    /// Does one step; true when the next one follows at once.
    fn flow_step(&mut self, id: ConversationId, step: FlowStep, now: Timestamp) -> bool {
        match step {
            FlowStep::Play(name) => match prompt_named(&name) {
                Some(prompt) => !self.flow_command(id, Command::Play { prompt }, now),
                None => {
                    tracing::warn!(prompt = %name, "an entry flow names a prompt that does not exist; skipped");
                    true
                }
            },
            FlowStep::Set { subject, case_category, attributes } => {
                let details = Details { subject, case_category, related_record: None, attributes };
                self.flow_command(id, Command::SetDetails { details }, now);
                true
            }
            FlowStep::Queue { queue_id, skills, priority } => {
                let of_queue = self.organization.queues.get(&queue_id).map_or(5, |queue| queue.priority);
                let command = Command::Enqueue {
                    target: QueueOrUser::Queue(queue_id),
                    skills: skills.iter().map(|wanted| (wanted.skill_id, wanted.level)).collect(),
                    priority: priority.unwrap_or(of_queue),
                };
                self.leave_flow(id);
                self.flow_command(id, command, now);
                false
            }
            FlowStep::HangUp {} => {
                self.leave_flow(id);
                self.flow_command(id, Command::HangUp, now);
                false
            }
        }
    }

    fn leave_flow(&mut self, id: ConversationId) {
        if let Some(owned) = self.owned.get_mut(&id) {
            owned.flow = None;
        }
    }

    pub(crate) fn flow_command(&mut self, id: ConversationId, command: Command, now: Timestamp) -> bool {
        self.feed(id, &voicecall::Input::Command { by: Actor::System, command }, now).is_ok()
    }
}
