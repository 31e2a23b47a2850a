//! Dispatch: routing and conversations, joined. The router decides, conversations are offered; what they answer goes back.

use access::Area;
use routing::{Decision, ItemId, StatusCause, Token};
use terms::{ConversationId, EndReason, OfferId, QueueId, Timestamp, UserId};
use voicecall::{Actor, Command, Event, Work, WorkTarget};

use crate::{
    overflow::cause_of,
    recover::RoutingFact,
    shard::{Pending, Shard, stream_of},
    view::{LiveAgent, NewsBody, WaitingItem},
};

impl Shard {
    /// Hands one input to the router; its decisions are acted on within this lap.
    pub(crate) fn route(&mut self, input: &routing::Input, now: Timestamp) {
        for decision in self.router.handle(input, now) {
            self.pending.push_back(Pending::Decided(decision));
        }
    }

    pub(crate) fn decided(&mut self, decision: Decision, now: Timestamp) {
        self.note_offer(&decision, now);
        if self.message_decided(&decision, now) {
            return;
        }
        match decision {
            Decision::Offered { offer, item, user, .. } => match self.router.prompt_of(item).cloned() {
                Some(prompt) => self.recall(offer, &prompt, now),
                None => self.offer(offer, item.0, user, now),
            },
            Decision::Revoked { offer, item, user, .. } => {
                self.withdraw(offer, item.0, EndReason::Cancelled, now);
                self.tell_agent(user, now);
            }
            Decision::Missed { offer, item, user, .. } => {
                self.withdraw(offer, item.0, EndReason::NoAnswer, now);
                self.append_routing(&RoutingFact::Missed { user }, now);
                self.tell_agent(user, now);
            }
            Decision::StatusChanged { user, status, cause } => {
                let chosen = matches!(cause, StatusCause::Chosen | StatusCause::CallEnded);
                let (by, reason) = self.choosers.remove(&user).filter(|_| chosen).unzip();
                let (cause, reason) = (Some(cause), reason.flatten());
                self.append_routing(&RoutingFact::PresenceSet { user, status, cause, by, reason }, now);
                self.tell_agent(user, now);
            }
            Decision::WrapUpStarted { user, root, until } => {
                self.append_routing(&RoutingFact::WrapUpStarted { user, root, until }, now);
                self.tell_agent(user, now);
            }
            Decision::WrapUpExtended { user, until } => {
                self.append_routing(&RoutingFact::WrapUpExtended { user, until }, now);
                self.tell_agent(user, now);
            }
            Decision::WrapUpEnded { user, root } => {
                self.append_routing(&RoutingFact::WrapUpEnded { user, root }, now);
                self.tell_agent(user, now);
                self.forget_ended(root);
            }
            Decision::Overflowed { item, to, cause } => self.overflow(item.0, &to, cause_of(cause), now),
            Decision::Accepted { user, .. }
            | Decision::Declined { user, .. }
            | Decision::StatusPending { user, .. } => {
                self.tell_agent(user, now);
            }
            Decision::StepReached { .. }
            | Decision::Cancelled { .. }
            | Decision::ConsultUnavailable { .. } => {}
            Decision::PromptChanged(prompt) => self.prompt_changed(&prompt, now),
            Decision::Refused(refusal) => tracing::debug!(%refusal, "the router refused"),
        }
    }

    fn offer(&mut self, offer: OfferId, id: ConversationId, user: UserId, now: Timestamp) {
        let command = Command::Offer {
            offer,
            token: terms::Token::taken(user),
            auto_answer: self.organization.answers_by_itself(user),
            ring_ms: self.push_timeout_ms(id),
        };
        let input = voicecall::Input::Command { by: Actor::Router, command };
        // The router hears that it rests, and takes its offer back.
        if self.rests_at_the_limit(id, now) || self.dials_customer_first(id, now) {
            return;
        }
        match self.feed(id, &input, now) {
            Ok(_) => {
                if let Some(owned) = self.owned.get_mut(&id) {
                    owned.offer = Some(offer);
                }
                self.tell_agent(user, now);
            }
            Err(refused) => {
                tracing::debug!(conversation.id = %id, %refused, "an offer came too late");
                self.route(&routing::Input::OfferFailed { offer }, now);
            }
        }
    }

    /// The router's own timer counts; the conversation's ring deadline is the net below it.
    fn push_timeout_ms(&self, id: ConversationId) -> i64 {
        let work = self.owned.get(&id).and_then(|o| o.work.as_ref());
        if work.is_some_and(|work| work.head && matches!(work.target, WorkTarget::User(_))) {
            // A recall may ring once more: the conversation says that it is over, before the router calls it missed.
            return terms::limits::PUSH_TIMEOUT_MS - 1_000;
        }
        let queue = work.and_then(|work| match work.target {
            WorkTarget::Queue(queue) => self.organization.queues.get(&queue),
            WorkTarget::User(_) => None,
        });
        queue.map_or(terms::limits::PUSH_TIMEOUT_MS, |queue| queue.push_timeout_ms) + 2_000
    }

    fn withdraw(&mut self, offer: OfferId, id: ConversationId, reason: EndReason, now: Timestamp) {
        if !self.owned.contains_key(&id) && self.withdraw_recall(offer, reason, now) {
            return;
        }
        let input = voicecall::Input::Command {
            by: Actor::Router,
            command: Command::WithdrawOffer { offer, reason },
        };
        // Refused when the caller left at the same moment: nothing rings any more either way.
        let _ = self.feed(id, &input, now);
    }

    /// What a fact means to the router, to coaching and to the counters.
    pub(crate) fn after_fact(&mut self, id: ConversationId, event: &Event, now: Timestamp) {
        match event {
            Event::CallClosed { call, .. } => {
                let counts = |o: &&crate::shard::Owned| !crate::usage::is_only_planned(&o.conversation);
                let call_type = self
                    .owned
                    .get(&id)
                    .filter(counts)
                    .and_then(|o| Some(o.conversation.calls().get(*call as usize)?.call_type));
                if let Some(call_type) = call_type {
                    self.usage.close(call_type);
                }
            }
            Event::OfferEnded { offer, reason, note, .. } => {
                let pauses = self.owned.get(&id).is_some_and(|o| o.conversation.recall_pauses());
                let input = match reason {
                    // Rung again soon: no missed call yet.
                    _ if pauses => routing::Input::Cancelled { item: ItemId(id) },
                    EndReason::Declined => routing::Input::Declined { offer: *offer, reason: note.clone() },
                    _ => routing::Input::OfferFailed { offer: *offer },
                };
                // Before the router offers it to the same person once more.
                self.pending.push_back(Pending::Unanswered(id));
                self.route(&input, now);
                self.clear_offer(id);
            }
            Event::PromptStarted { .. } => {
                if let Some(owned) = self.owned.get_mut(&id) {
                    owned.world.prompt_begins();
                }
            }
            Event::DigitMissed { .. } => self.pending.push_back(Pending::Silence(id)),
            Event::LegAnswered { leg } => self.leg_answered(id, *leg, now),
            Event::LegEnded { leg, reason } => self.leg_ended(id, *leg, *reason, now),
            Event::Ended { reason } => {
                self.keep_place(id, *reason, now);
                self.conversation_ended(id, now);
                self.callback_over(id, *reason);
            }
            Event::MessageStarted { call, queue, .. } => self.message_begins(id, *call, *queue, now),
            Event::MessageEnded { how, ms, .. } => self.message_ends(id, *how, *ms, now),
            Event::Queued { .. } => self.takes_place(id, event, now),
            Event::Connected { leg } => self.connected(id, *leg, now),
            Event::TransferCompleted { to, .. }
            | Event::TransferConnected { leg: to }
            | Event::TakenOver { leg: to, .. } => {
                self.connected(id, *to, now);
            }
            Event::CoachingStarted { .. }
            | Event::CoachingModeChanged { .. }
            | Event::CoachingEnded { .. } => {
                self.follow(id, event);
            }
            _ => {}
        }
    }

    fn clear_offer(&mut self, id: ConversationId) {
        if let Some(owned) = self.owned.get_mut(&id) {
            owned.offer = None;
        }
    }

    /// An answered offer is the agent's; the router hears it before the work is gone.
    fn leg_answered(&mut self, id: ConversationId, leg: u32, now: Timestamp) {
        if self.recall_answered(id, leg, now) {
            return;
        }
        let Some(owned) = self.owned.get_mut(&id) else { return };
        let of_leg = owned.conversation.legs().get(leg as usize).and_then(|l| l.offer);
        if let Some(offer) = of_leg.filter(|offer| owned.offer == Some(*offer)) {
            owned.offer = None;
            self.route(&routing::Input::Answered { offer }, now);
        }
    }

    /// This user talks to the customer now: wraps up later, and those who follow them come along.
    fn connected(&mut self, id: ConversationId, leg: u32, now: Timestamp) {
        let customer_call = self.is_customer_call(id);
        let Some(owned) = self.owned.get_mut(&id) else { return };
        // A flow that rang somebody is over when they answer.
        owned.flow = None;
        let Some(user) = owned.conversation.legs().get(leg as usize).and_then(|l| l.party.user()) else {
            return;
        };
        if customer_call {
            owned.handled.insert(user);
            self.note_last_agent(id, user, now);
        }
        self.bring_followers(id, leg, user, now);
    }

    pub(crate) fn append_routing(&mut self, fact: &RoutingFact, now: Timestamp) {
        self.routing_version += 1;
        self.out.appends.push(store::journal::Append {
            stream: "routing".to_owned(),
            version: self.routing_version,
            kind: fact.kind().to_owned(),
            payload: serde_json::to_string(fact).unwrap_or_default(),
            at: now,
            closes: fact.stands_alone(),
            command: None,
        });
    }

    pub(crate) fn live_agent(&self, user: UserId) -> Option<LiveAgent> {
        let view = self.router.agent(user)?;
        let conversation = match view.token {
            Token::Call(id) | Token::Acw(id) => Some(id),
            Token::Offer(offer) => {
                let holds = |o: &crate::shard::Owned| {
                    o.offer == Some(offer) || o.recall.is_some_and(|recall| recall.offer == offer)
                };
                self.owned.iter().find(|(_, o)| holds(o)).map(|(id, _)| *id)
            }
            Token::None => None,
        };
        // An ephemeral call has no id to anybody but its parties, and a message is no conversation.
        let conversation = conversation
            .filter(|id| !self.is_message(*id))
            .filter(|id| self.owned.get(id).is_none_or(|o| !o.opening.ephemeral));
        Some(LiveAgent { user, wrap_up_until: view.wrap_up_until, view, conversation })
    }

    pub(crate) fn tell_agent(&mut self, user: UserId, now: Timestamp) {
        if let Some(agent) = self.live_agent(user) {
            self.tell(now, NewsBody::Agent(Box::new(agent)));
        }
    }

    pub(crate) fn tell_queue(&mut self, work: &Work, now: Timestamp) {
        if let WorkTarget::Queue(queue) = work.target {
            let waiting = self.waiting(queue);
            let body = NewsBody::Queue {
                queue,
                waiting: u32::try_from(waiting.len()).unwrap_or(u32::MAX),
                longest_since: waiting.iter().map(|item| item.since).min(),
            };
            self.tell(now, body);
        }
    }

    pub(crate) fn waiting(&self, queue: QueueId) -> Vec<WaitingItem> {
        let pace = self.router.pace_of(queue);
        let estimate = |place: i64| pace.map(|(mean_ms, agents)| mean_ms.saturating_mul(place) / agents);
        let item = |(place, waiting): (i64, routing::Waiting)| WaitingItem {
            conversation: waiting.item.0,
            kind: waiting.kind,
            estimated_wait_ms: estimate(place).filter(|_| waiting.kind != routing::WorkKind::Callback),
            queue,
            since: waiting.enqueued_at,
            priority: u8::try_from(waiting.prio).unwrap_or(u8::MAX),
            offered_to: waiting.offered_to,
        };
        // Messages wait behind everybody, in a list of their own.
        let people =
            self.router.waiting(queue).into_iter().filter(|one| one.kind != routing::WorkKind::Voicemail);
        (1..).zip(people).map(item).collect()
    }

    /// What scopes are compared with: the coached (or first) agent's team, and the queue.
    pub(crate) fn area(&self, id: ConversationId, agent_leg: Option<u32>) -> Option<Area> {
        let conversation = &self.owned.get(&id)?.conversation;
        let legs = conversation.legs();
        let agent = match agent_leg {
            Some(leg) => legs.get(leg as usize),
            None => {
                let live = |l: &&voicecall::Leg| {
                    l.is_live() && l.is_staff() && l.role != voicecall::Role::Supervisor
                };
                legs.iter()
                    .filter(live)
                    .find(|l| l.role == voicecall::Role::Agent)
                    .or_else(|| legs.iter().find(live))
            }
        };
        let area = match agent.and_then(|leg| leg.party.user()) {
            Some(user) => Area::of_agent(self.organization.users.get(&user).and_then(|row| row.team)),
            None => Area::anywhere(),
        };
        Some(area.in_queue(conversation.queue()))
    }

    /// The journal stream of a conversation, for replies that point there.
    pub fn stream(id: ConversationId) -> String {
        stream_of(id)
    }
}
