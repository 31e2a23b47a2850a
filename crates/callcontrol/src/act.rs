//! Acting: what people ask through the API becomes commands of the core, with tokens taken first.

use std::sync::Arc;

use routing::{AgentView, ClaimKind, StatusKind, Unavailable};
use terms::{ConversationId, EndReason, Timestamp, Token, UserId};
use tokio::sync::oneshot;
use uuid::Uuid;
use voicecall::{Actor, Command, Input, Signal, Target};

use crate::{
    command::{
        Accepted, Action, CommandKey, ConversationCommand, PlaceCall, Refused, SetPresence, plain, remembered,
    },
    handle::Request,
    organization::{Destination, Organization},
    shard::{Pending, Shard},
    view::LiveConversation,
};

impl Shard {
    pub(crate) fn request(&mut self, request: Request, now: Timestamp) {
        match request {
            Request::Submit { command, reply } => {
                let (by, command) = command.into_parts();
                let answer = self.submit(by, command, now);
                self.reply(reply, answer);
            }
            Request::Place { call, reply } => {
                let (by, call) = call.into_parts();
                let answer = self.place(by, call, now);
                self.reply(reply, answer);
            }
            Request::SetPresence { change, reply } => {
                let (by, change) = change.into_parts();
                let answer = self.set_presence(by, &change, now);
                self.reply(reply, answer);
            }
            Request::ActOnPrompt { act, reply } => {
                let (by, act) = act.into_parts();
                let answer = self.act_on_prompt(by, &act, now);
                self.reply(reply, answer);
            }
            Request::ActOnWaiting { act, reply } => {
                let (_, act) = act.into_parts();
                let answer = self.act_on_waiting(&act, now);
                self.reply(reply, answer);
            }
            Request::ActOnMessage { act, reply } => {
                let (by, act) = act.into_parts();
                let answer = self.act_on_message(by, &act, now).map(Box::new);
                self.reply(reply, answer);
            }
            Request::Organization { organization, reply } => {
                self.adopt_organization(organization, now);
                self.finish_pending(now);
                self.reply(reply, ());
            }
            Request::Stop { reply } => {
                self.out.stop = true;
                self.reply(reply, ());
            }
            read => self.read(read, now),
        }
    }

    /// Reads see this lap's state; they go out after its append like every reply.
    fn read(&mut self, request: Request, now: Timestamp) {
        match request {
            Request::Conversation { id, reply } => {
                let answer = self.live(id).map(Box::new);
                self.reply(reply, answer);
            }
            Request::Conversations { reply } => {
                let answer = self.owned.keys().filter_map(|id| self.live(*id)).collect();
                self.reply(reply, answer);
            }
            Request::Area { id, agent_leg, reply } => {
                let answer = self.area(id, agent_leg);
                self.reply(reply, answer);
            }
            Request::Agents { reply } => {
                let users: Vec<UserId> = self.router.agents().map(|agent| agent.user).collect();
                let answer = users.into_iter().filter_map(|user| self.live_agent(user)).collect();
                self.reply(reply, answer);
            }
            Request::Routing { id, reply } => {
                let answer = self.explained(id, now);
                self.reply(reply, answer);
            }
            Request::Candidates { queue, skills, reply } => {
                let answer = self.candidates(queue, &skills, now);
                self.reply(reply, answer);
            }
            Request::Waiting { queue, reply } => {
                let answer = self.waiting(queue);
                self.reply(reply, answer);
            }
            Request::CanBeRung { reply } => {
                let users = self.router.agents().map(|agent| agent.user);
                let answer = users.filter(|user| self.can_be_rung(*user)).collect();
                self.reply(reply, answer);
            }
            Request::QueueLooks { reply } => {
                let queues = self.organization.queues.keys();
                let answer = queues.map(|queue| (*queue, self.look_at(*queue, now))).collect();
                self.reply(reply, answer);
            }
            Request::Callbacks { reply } => {
                let answer = self.callbacks();
                self.reply(reply, answer);
            }
            Request::Messages { reply } => {
                let answer = self.live_messages();
                self.reply(reply, answer);
            }
            Request::Prompts { user, reply } => self.reply(reply, self.prompts_of(user)),
            Request::Usage { reply } => {
                let answer = self.usage.view(self.organization.settings.limits.concurrent_calls);
                self.reply(reply, answer);
            }
            Request::Seq { reply } => {
                let answer = self.last_seq();
                self.reply(reply, answer);
            }
            Request::Submit { .. }
            | Request::Place { .. }
            | Request::SetPresence { .. }
            | Request::ActOnPrompt { .. }
            | Request::ActOnWaiting { .. }
            | Request::ActOnMessage { .. }
            | Request::Organization { .. }
            | Request::Stop { .. } => {}
        }
    }

    /// The asker may have gone; then nobody needs the answer.
    fn reply<T: Send + 'static>(&mut self, reply: oneshot::Sender<T>, answer: T) {
        self.out.replies.push(Box::new(move || {
            let _ = reply.send(answer);
        }));
    }

    fn live(&self, id: ConversationId) -> Option<LiveConversation> {
        let owned = self.owned.get(&id)?;
        Some(LiveConversation {
            opening: owned.opening.clone(),
            conversation: owned.conversation.clone(),
            version: owned.version(),
            facts: owned.facts.clone(),
            wrapping_up: self
                .router
                .agents()
                .filter(|agent| agent.token == routing::Token::Acw(id))
                .map(|agent| agent.user)
                .collect(),
        })
    }

    fn submit(
        &mut self,
        by: UserId,
        command: ConversationCommand,
        now: Timestamp,
    ) -> Result<Accepted, Refused> {
        let id = command.conversation;
        let current = self.owned.get(&id).ok_or(Refused::NotFound)?.version();
        if command.version.is_some_and(|version| version != current) {
            return Err(Refused::Stale { current });
        }
        let version = self.act(id, by, &command.action, now)?;
        self.finish_pending(now);
        let accepted = Accepted { conversation: id, version };
        self.remember(by, command.key, &accepted, now);
        Ok(accepted)
    }

    pub(crate) fn act(
        &mut self,
        id: ConversationId,
        by: UserId,
        action: &Action,
        now: Timestamp,
    ) -> Result<u64, Refused> {
        if let Some(command) = plain(action) {
            return self.act_plainly(id, by, action, command, now);
        }
        match action {
            Action::StartConsult { to, note } => {
                let said = note.clone();
                let started = self
                    .act_on_target(id, by, to, now, |target| Command::StartConsult { target, note: said });
                match (started, to) {
                    (Err(Refused::TargetBusy), Destination::User(target)) => {
                        Err(self.leave_card(id, by, *target, note.clone(), now))
                    }
                    (started, _) => started,
                }
            }
            Action::Transfer { to } => {
                self.act_on_target(id, by, to, now, |target| Command::Transfer { target })
            }
            Action::AddParticipant { to } => {
                self.act_on_target(id, by, to, now, |target| Command::AddParticipant { target })
            }
            Action::Park => {
                let slot = self.free_slot();
                self.feed(id, &Input::by_user(by, Command::Park { slot }), now)
            }
            Action::Retrieve => {
                self.claim_own(by, id, ClaimKind::OwnAction, now)?;
                let command = Command::Retrieve { token: Token::taken(by), auto_answer: true };
                self.feed_claimed(id, Actor::User(by), command, Some(by), now)
            }
            Action::ExtendWrapUp => self.extend_wrap_up(id, by, now),
            Action::StartCoaching { mode, agent_leg, attach_to } => {
                self.start_coaching(id, by, *mode, agent_leg.map(|leg| leg.ordinal), *attach_to, now)
            }
            _ => Err(Refused::Rejected(voicecall::Rejected::NotNow)),
        }
    }

    fn act_plainly(
        &mut self,
        id: ConversationId,
        by: UserId,
        action: &Action,
        command: Command,
        now: Timestamp,
    ) -> Result<u64, Refused> {
        let fed = self.feed(id, &Input::by_user(by, command), now);
        match action {
            Action::WrapUp { done: true, .. } => {
                // Notes that change nothing are no reason to keep the agent in wrap-up.
                let version = match fed {
                    Ok(version) => version,
                    Err(Refused::Rejected(voicecall::Rejected::NoChange)) => {
                        self.owned.get(&id).map_or(0, crate::shard::Owned::version)
                    }
                    Err(refused) => return Err(refused),
                };
                self.route(&routing::Input::WrapUpDone { user: by }, now);
                Ok(version)
            }
            Action::StopCoaching => {
                self.followers.retain(|follower| follower.supervisor != by);
                fed
            }
            _ => fed,
        }
    }

    fn act_on_target(
        &mut self,
        id: ConversationId,
        by: UserId,
        to: &Destination,
        now: Timestamp,
        command: impl FnOnce(Target) -> Command,
    ) -> Result<u64, Refused> {
        let owned = self.owned.get(&id).ok_or(Refused::NotFound)?;
        // What cannot be done here at all is said before anybody's token is taken.
        if owned.conversation.is_ended() {
            return Err(voicecall::Rejected::Ended.into());
        }
        if owned.opening.ephemeral {
            return Err(voicecall::Rejected::Ephemeral.into());
        }
        let here = matches!(to, Destination::User(user) if owned.conversation.leg_of(*user).is_some());
        if here {
            return Err(voicecall::Rejected::AlreadyHere.into());
        }
        self.admit_call(by, to, now)?;
        let target = self.target(id, to, now)?;
        let claimed = self.claimed_user(&target);
        self.feed_claimed(id, Actor::User(by), command(target), claimed, now)
    }

    /// Whether the limits allow one more call by this user; none stops a call for help.
    pub(crate) fn admit_call(&mut self, by: UserId, to: &Destination, now: Timestamp) -> Result<(), Refused> {
        let external = match to {
            Destination::Emergency(_) => return Ok(()),
            Destination::Number(_) => true,
            Destination::User(_) | Destination::Queue { .. } => false,
        };
        let limits = self.organization.settings.limits;
        let reached = |retry_after_seconds| Refused::LimitReached { retry_after_seconds };
        self.usage.admit(&limits, now).map_err(reached)?;
        if external {
            self.usage.admit_external(by, &limits, now).map_err(reached)?;
        }
        Ok(())
    }

    /// Feeds a command for which this user's token was taken; refused, the token goes back.
    pub(crate) fn feed_claimed(
        &mut self,
        id: ConversationId,
        by: Actor,
        command: Command,
        claimed: Option<UserId>,
        now: Timestamp,
    ) -> Result<u64, Refused> {
        let fed = self.feed(id, &Input::Command { by, command }, now);
        let in_it =
            |shard: &Self, user| shard.owned.get(&id).is_some_and(|o| o.conversation.leg_of(user).is_some());
        if let (Err(_), Some(user)) = (&fed, claimed)
            && !in_it(self, user)
        {
            for decision in self.router.release(user, id, None, now) {
                self.pending.push_back(Pending::Decided(decision));
            }
        }
        if let (Ok(_), Some(user)) = (&fed, claimed) {
            self.tell_agent(user, now);
        }
        fed
    }

    pub(crate) fn claimed_user(&self, target: &Target) -> Option<UserId> {
        match target {
            Target::User { token, .. } => Some(token.user),
            Target::Number(_) | Target::Queue { .. } => None,
        }
    }

    /// Takes the target's token, or says why not.
    pub(crate) fn target(
        &mut self,
        id: ConversationId,
        to: &Destination,
        now: Timestamp,
    ) -> Result<Target, Refused> {
        match to {
            Destination::User(user) => {
                self.claim(*user, id, ClaimKind::Rung, now).map_err(target_refused)?;
                let auto_answer = self.organization.answers_by_itself(*user);
                Ok(Target::User { token: Token::taken(*user), auto_answer })
            }
            Destination::Queue { queue, skills } => {
                if self.organization.queues.contains_key(queue) {
                    Ok(Target::Queue { queue: *queue, skills: skills.clone() })
                } else {
                    Err(Refused::TargetUnknown)
                }
            }
            Destination::Number(number) | Destination::Emergency(number) => {
                if self.organization.trunks.is_empty() {
                    return Err(Refused::NoTrunk);
                }
                self.organization.trunk_to(number, &self.lines()).ok_or(Refused::TrunksFull)?;
                Ok(Target::Number(number.clone()))
            }
        }
    }

    pub(crate) fn claim(
        &mut self,
        user: UserId,
        id: ConversationId,
        kind: ClaimKind,
        now: Timestamp,
    ) -> Result<(), Unavailable> {
        let decisions = self.router.claim(user, id, kind, now)?;
        match kind {
            ClaimKind::Rung => self.rung.insert(user, id),
            ClaimKind::OwnAction | ClaimKind::Help => self.rung.remove(&user),
        };
        self.pending.extend(decisions.into_iter().map(Pending::Decided));
        Ok(())
    }

    /// Takes the token of whoever acts, or says what they are at.
    pub(crate) fn claim_own(
        &mut self,
        user: UserId,
        id: ConversationId,
        kind: ClaimKind,
        now: Timestamp,
    ) -> Result<(), Refused> {
        let token = self.router.agent(user).map(|agent| agent.token);
        self.claim(user, id, kind, now).map_err(|unavailable| match unavailable {
            Unavailable::Busy if matches!(token, Some(routing::Token::Acw(_))) => Refused::CallerWrapsUp,
            Unavailable::Busy | Unavailable::Dnd => Refused::CallerBusy,
            Unavailable::Offline | Unavailable::Unreachable | Unavailable::Unknown => Refused::CallerOffline,
        })
    }

    fn place(&mut self, by: UserId, call: PlaceCall, now: Timestamp) -> Result<Accepted, Refused> {
        self.admit_call(by, &call.to, now)?;
        let id = ConversationId(Uuid::now_v7());
        if matches!(call.to, Destination::Emergency(_)) {
            self.make_way(by, now);
        }
        self.claim_own(by, id, own_claim(&call.to), now)?;
        let version = self.place_open(id, by, &call.to, call.queue, call.details, false, now)?;
        self.finish_pending(now);
        let accepted = Accepted { conversation: id, version };
        self.remember(by, call.key, &accepted, now);
        Ok(accepted)
    }

    /// The command's id is journaled with its effect, so that a repetition after a crash does nothing twice. An
    /// ephemeral call leaves nothing: its answers live in memory only.
    fn remember(&mut self, by: UserId, key: Option<CommandKey>, accepted: &Accepted, now: Timestamp) {
        let ephemeral = self.owned.get(&accepted.conversation).is_some_and(|o| o.opening.ephemeral);
        let Some(key) = key.filter(|_| !ephemeral) else { return };
        self.out.commands.push(remembered(by, key, accepted, now));
    }

    fn free_slot(&self) -> String {
        let taken: Vec<&str> = self.owned.values().filter_map(|o| o.conversation.parked_slot()).collect();
        // A slot is dialed like an extension, so it is nobody's.
        let is_free = |slot: &String| {
            !taken.contains(&slot.as_str()) && self.organization.destination_of_extension(slot).is_none()
        };
        let free = (701..).map(|slot| slot.to_string()).find(is_free);
        free.unwrap_or_default()
    }

    fn extend_wrap_up(&mut self, id: ConversationId, by: UserId, now: Timestamp) -> Result<u64, Refused> {
        let agent = self.router.agent(by).ok_or(Refused::NotInWrapUp)?;
        if agent.token != routing::Token::Acw(id) {
            return Err(Refused::NotInWrapUp);
        }
        let owned = self.owned.get_mut(&id).ok_or(Refused::NotFound)?;
        let queue = owned.conversation.queue().and_then(|queue| self.organization.queues.get(&queue));
        let (ms, most) =
            queue.map_or((0, 0), |queue| (queue.wrap_up_ms, u32::from(queue.wrap_up_extensions_max)));
        let used = owned.wrap_up_extensions.entry(by).or_default();
        if *used >= most {
            return Err(Refused::NoMoreExtensions);
        }
        *used += 1;
        let version = owned.version();
        self.route(&routing::Input::WrapUpExtended { user: by, ms }, now);
        Ok(version)
    }

    fn set_presence(
        &mut self,
        by: UserId,
        change: &SetPresence,
        now: Timestamp,
    ) -> Result<AgentView, Refused> {
        let status = self.organization.presence_statuses.get(&change.status).ok_or(Refused::UnknownStatus)?;
        let status = routing::Status { id: status.id, kind: status.kind };
        self.choosers.insert(change.user, (by, change.reason.clone()));
        self.route(&routing::Input::PresenceSet { user: change.user, status }, now);
        self.stop_ringing(change.user, status.kind, now);
        self.finish_pending(now);
        if self.router.agent(change.user).is_none_or(|agent| agent.pending_status.is_none()) {
            // It was so already: there is nothing to say about it.
            self.choosers.remove(&change.user);
        }
        self.router.agent(change.user).ok_or(Refused::NotFound)
    }

    /// Do-not-disturb and offline hold against colleagues' rings too, not only against the router's own offers. The chosen
    /// status waits behind the ringing call's token, so that nothing is offered in between.
    fn stop_ringing(&mut self, user: UserId, chosen: StatusKind, now: Timestamp) {
        let reason = match chosen {
            StatusKind::Dnd => EndReason::Declined,
            StatusKind::Offline => EndReason::Unreachable,
            StatusKind::Online | StatusKind::Busy => return,
        };
        let holds = |id: &ConversationId| {
            self.router.agent(user).is_some_and(|agent| agent.token == routing::Token::Call(*id))
        };
        let Some(id) = self.rung.get(&user).copied().filter(holds) else { return };
        let Some(owned) = self.owned.get(&id) else { return };
        let input = match owned.conversation.leg_of(user) {
            Some(leg) if self.only_rings(id, user) => Input::Signal(Signal::LegFailed { leg, reason }),
            Some(_) => return,
            // Named by a caller whose own phone still rings: they would be rung as soon as that answers.
            None => Input::Command { by: Actor::System, command: Command::HangUp },
        };
        // Refused when they answered, or the asker left, at this moment.
        let _ = self.feed(id, &input, now);
    }

    /// Works from these rows from now on.
    pub(crate) fn adopt_organization(&mut self, organization: Arc<Organization>, now: Timestamp) {
        let former = std::mem::replace(&mut self.organization, organization.clone());
        // Whoever may coach no longer, or is gone, is out before the router forgets them.
        self.check_all_coaching(now);
        for queue in organization.queues.values() {
            self.route(&routing::Input::QueueUpserted(queue.for_routing()), now);
        }
        let same_rules = former.permission_sets == organization.permission_sets
            && former.presence_configs == organization.presence_configs
            && former.presence_statuses == organization.presence_statuses;
        let moved =
            |user: &&crate::organization::User| !same_rules || former.users.get(&user.id) != Some(*user);
        for user in organization.users.values().filter(moved) {
            self.route(&routing::Input::AgentUpserted(organization.agent(user)), now);
        }
        for user in former.users.keys().filter(|user| !organization.users.contains_key(user)) {
            self.route(&routing::Input::AgentRemoved(*user), now);
        }
        for queue in former.queues.keys().filter(|queue| !organization.queues.contains_key(queue)) {
            self.route(&routing::Input::QueueRemoved(*queue), now);
        }
        self.out.organization = Some(organization);
    }
}

impl Organization {
    fn agent(&self, user: &crate::organization::User) -> routing::Agent {
        let mut agent = routing::Agent::new(user.id);
        agent.skills = user.skills.clone();
        let membership = |m: &crate::organization::Membership| {
            (m.queue, routing::Membership { priority: u32::from(m.priority), delay_ms: m.delay_ms })
        };
        agent.memberships = user.queues.iter().map(membership).collect();
        let config = user.presence_config.and_then(|id| self.presence_configs.get(&id));
        let status = |id: Option<terms::PresenceStatusId>| {
            let row = self.presence_statuses.get(&id?)?;
            Some(routing::Status { id: row.id, kind: row.kind })
        };
        if let Some(config) = config {
            agent.status_on_decline = status(config.status_on_decline);
            agent.status_on_push_timeout = status(config.status_on_push_timeout);
            agent.missed_before_pause = config.missed_before_pause.unwrap_or(1);
            agent.direct_priority = config.direct_priority;
            agent.rests = config.rests;
        }
        // Without the permission to take calls nobody is offered any.
        let takes =
            self.principal(user.id).is_some_and(|principal| principal.holds(access::Permission::TakeCalls));
        if !takes {
            agent.memberships.clear();
        }
        agent
    }
}

pub(crate) fn target_refused(unavailable: Unavailable) -> Refused {
    match unavailable {
        Unavailable::Busy => Refused::TargetBusy,
        Unavailable::Dnd => Refused::TargetDnd,
        Unavailable::Offline | Unavailable::Unreachable => Refused::TargetOffline,
        Unavailable::Unknown => Refused::TargetUnknown,
    }
}

/// What a call to this destination may take from its caller.
pub(crate) fn own_claim(to: &Destination) -> ClaimKind {
    match to {
        Destination::Emergency(_) => ClaimKind::Help,
        Destination::User(_) | Destination::Queue { .. } | Destination::Number(_) => ClaimKind::OwnAction,
    }
}
