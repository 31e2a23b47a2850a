//! Waiting: what a supervisor does about those who wait.

use access::{Area, Guarded, Permission, Requirement};
use terms::{ConversationId, EndReason, QueueId, Timestamp, UserId};
use voicecall::{Actor, Command, Input, OverflowCause, Rejected, WorkTarget, input::QueueOrUser};

use crate::{
    command::{Accepted, Refused},
    shard::{Owned, Shard},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WaitingAct {
    Reprioritize {
        priority: u8,
    },
    /// For this user alone; back to the head of the queue when they do not take it.
    Assign {
        user: UserId,
    },
    /// Out of the queue: told that nobody is there, and hung up on; a callback is cancelled.
    Withdraw,
}

impl WaitingAct {
    /// As the audit log has it.
    pub fn name(&self) -> &'static str {
        match self {
            WaitingAct::Reprioritize { .. } => "reprioritize_waiting",
            WaitingAct::Assign { .. } => "assign_waiting",
            WaitingAct::Withdraw => "withdraw_waiting",
        }
    }
}

/// About one conversation that waits in this queue.
#[derive(Clone, Copy, Debug)]
pub struct ActOnWaiting {
    pub queue: QueueId,
    pub conversation: ConversationId,
    pub act: WaitingAct,
}

impl Guarded for ActOnWaiting {
    fn requirement(&self) -> Requirement {
        Requirement::Permission(Permission::ManageWaiting, Area::of_queue(self.queue))
    }
}

impl Shard {
    pub(crate) fn act_on_waiting(
        &mut self,
        acted: &ActOnWaiting,
        now: Timestamp,
    ) -> Result<Accepted, Refused> {
        let ActOnWaiting { queue, conversation: id, act } = *acted;
        let owned = self.owned.get(&id).ok_or(Refused::NotFound)?;
        let router = |command| Input::Command { by: Actor::Router, command };
        let abandoned = || router(Command::AbandonWork { reason: EndReason::Cancelled });
        let Some(work) = owned.conversation.work() else {
            // A callback between two attempts is in nobody's line, and can be struck all the same.
            let rests = owned.conversation.is_callback() && owned.conversation.rests_until().is_some();
            if rests && act == WaitingAct::Withdraw && owned.conversation.queue() == Some(queue) {
                self.feed(id, &abandoned(), now)?;
                return Ok(self.acted_on(id, now));
            }
            // It is in the queue's records, and no longer in its line.
            let was_here = owned.conversation.queue() == Some(queue) && !owned.conversation.is_ended();
            return Err(if was_here { Rejected::NothingWaiting.into() } else { Refused::NotFound });
        };
        let here = match work.target {
            WorkTarget::Queue(waits_in) => waits_in == queue,
            WorkTarget::User(_) => owned.conversation.queue() == Some(queue),
        };
        if !here {
            return Err(Refused::NotFound);
        }
        let callback = owned.conversation.is_callback();
        match act {
            WaitingAct::Reprioritize { priority } => {
                let target = QueueOrUser::Queue(queue);
                let command = Command::Enqueue { target, skills: work.skills, priority };
                self.feed(id, &router(command), now)?;
            }
            WaitingAct::Assign { user } => {
                if self.router.agent(user).is_none() {
                    return Err(Refused::TargetUnknown);
                }
                self.feed(id, &router(Command::Assign { user }), now)?;
            }
            WaitingAct::Withdraw if callback => {
                self.feed(id, &abandoned(), now)?;
            }
            WaitingAct::Withdraw => {
                self.overflow(id, &routing::Overflow::HangUp, OverflowCause::Withdrawn, now);
            }
        }
        Ok(self.acted_on(id, now))
    }

    fn acted_on(&mut self, id: ConversationId, now: Timestamp) -> Accepted {
        self.finish_pending(now);
        let version = self.owned.get(&id).map_or(0, Owned::version);
        Accepted { conversation: id, version }
    }
}
