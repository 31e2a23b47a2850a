//! Coaching from outside the conversation: grants are looked at again whenever the area or the grants change, and
//! supervisors who follow an agent are brought into the agent's next conversation.

use access::Permission;
use terms::{ConversationId, EndReason, Timestamp, UserId};
use voicecall::{Actor, Attachment, CoachingMode, Command, Event};

use crate::{command::coaching_permission, shard::Shard};

/// A supervisor who stays with an agent across conversations.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Follower {
    pub(crate) supervisor: UserId,
    pub(crate) agent: UserId,
    pub(crate) mode: CoachingMode,
}

impl Shard {
    /// Ends what is no longer granted here: the agent changed, the queue changed, or the grant is gone.
    pub(crate) fn check_coaching(&mut self, id: ConversationId, now: Timestamp) {
        let Some(owned) = self.owned.get(&id) else { return };
        let coaches: Vec<_> =
            owned.conversation.coaching().map(|c| (c.supervisor, c.mode, c.agent_leg)).collect();
        for (supervisor, mode, agent_leg) in coaches {
            if !self.may_coach(id, supervisor, mode, Some(agent_leg)) {
                self.followers.retain(|follower| follower.supervisor != supervisor);
                let command = Command::RevokeCoaching { supervisor };
                // Refused only when that coaching has just ended by itself.
                let _ = self.feed(id, &voicecall::Input::Command { by: Actor::System, command }, now);
            }
        }
    }

    pub(crate) fn may_coach(
        &self,
        id: ConversationId,
        supervisor: UserId,
        mode: CoachingMode,
        agent_leg: Option<u32>,
    ) -> bool {
        self.may(id, supervisor, coaching_permission(mode), agent_leg)
    }

    fn may(&self, id: ConversationId, user: UserId, permission: Permission, agent_leg: Option<u32>) -> bool {
        let Some(area) = self.area(id, agent_leg) else { return false };
        self.organization.principal(user).is_some_and(|principal| principal.permits(permission, &area))
    }

    /// Keeps the list of followers true to the facts.
    pub(crate) fn follow(&mut self, id: ConversationId, event: &Event) {
        let Some(owned) = self.owned.get(&id) else { return };
        let user_of = |leg: u32| owned.conversation.legs().get(leg as usize).and_then(|l| l.party.user());
        match event {
            Event::CoachingStarted { supervisor, agent_leg, mode, attach_to: Attachment::Agent, .. } => {
                if let Some(agent) = user_of(*agent_leg) {
                    self.followers.retain(|f| f.supervisor != *supervisor);
                    self.followers.push(Follower { supervisor: *supervisor, agent, mode: *mode });
                }
            }
            Event::CoachingModeChanged { leg, mode } => {
                let supervisor = user_of(*leg);
                for follower in self.followers.iter_mut().filter(|f| Some(f.supervisor) == supervisor) {
                    follower.mode = *mode;
                }
            }
            // The supervisor's own word, their phone's goodbye, or a lost grant; otherwise they go on with the agent.
            Event::CoachingEnded {
                leg,
                reason:
                    EndReason::HungUp
                    | EndReason::RemoteHangup
                    | EndReason::PermissionRevoked
                    | EndReason::NoAnswer
                    | EndReason::Declined
                    | EndReason::Busy
                    | EndReason::Unreachable,
            } if owned.conversation.legs().iter().any(|l| l.is_live() && !l.is_staff()) => {
                let supervisor = user_of(*leg);
                self.followers.retain(|f| Some(f.supervisor) != supervisor);
            }
            _ => {}
        }
    }

    /// The agent is connected in this conversation: those who follow come along, if granted and free.
    pub(crate) fn bring_followers(&mut self, id: ConversationId, leg: u32, agent: UserId, now: Timestamp) {
        let followers: Vec<Follower> = self.followers.iter().filter(|f| f.agent == agent).copied().collect();
        for follower in followers {
            let here =
                self.owned.get(&id).is_some_and(|o| o.conversation.leg_of(follower.supervisor).is_some());
            if here || !self.may_coach(id, follower.supervisor, follower.mode, Some(leg)) {
                continue;
            }
            let started = self.start_coaching(
                id,
                follower.supervisor,
                follower.mode,
                Some(leg),
                Attachment::Agent,
                now,
            );
            if let Err(refused) = started {
                tracing::info!(conversation.id = %id, %refused, "a supervisor could not follow the agent");
            }
        }
    }

    pub(crate) fn start_coaching(
        &mut self,
        id: ConversationId,
        supervisor: UserId,
        mode: CoachingMode,
        agent_leg: Option<u32>,
        attach_to: Attachment,
        now: Timestamp,
    ) -> Result<u64, crate::Refused> {
        self.claim_own(supervisor, id, routing::ClaimKind::OwnAction, now)?;
        let token = terms::Token::taken(supervisor);
        let command = Command::StartCoaching { token, mode, agent_leg, attach_to };
        self.feed_claimed(id, Actor::User(supervisor), command, Some(supervisor), now)
    }

    /// The grants changed: every coaching session is looked at again.
    pub(crate) fn check_all_coaching(&mut self, now: Timestamp) {
        let ids: Vec<ConversationId> = self.owned.keys().copied().collect();
        for id in ids {
            self.check_coaching(id, now);
        }
    }
}
