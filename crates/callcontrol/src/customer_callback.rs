//! Customer callback: who asked for it keeps the place in line in a conversation of its own, and is dialed when their turn
//! comes; an attempt that nobody answers is followed by the next.

use terms::{ConversationId, EndReason, PhoneNumber, QueueId, SkillId, Timestamp, UserId};
use uuid::Uuid;
use voicecall::{
    Actor, AnswerWhen, CallType, CallbackOf, CallbackOrder, Command, Event, Home, Input, Opening, Party,
    Purpose, Wishes, WorkTarget,
};

use crate::{
    arrive::policy,
    shard::{Pending, Shard},
    view::{CallbackState, LiveCallback},
};

/// The place in line that a callback takes.
struct Place {
    queue: QueueId,
    since: Timestamp,
    skills: Vec<(SkillId, u8)>,
    wishes: Wishes,
    priority: u8,
    not_before: Option<Timestamp>,
}

impl Shard {
    /// The number that the caller calls from; none for who withholds it.
    pub(crate) fn number_of(&self, id: ConversationId) -> Option<PhoneNumber> {
        match &self.owned.get(&id)?.conversation.legs().first()?.party {
            Party::Number(number) => number.clone(),
            Party::User(_) => None,
        }
    }

    /// The caller is to be called back at the number they call from, in the place that they had; none for who withholds it.
    pub(crate) fn ask_callback(&mut self, id: ConversationId, now: Timestamp) -> Option<PhoneNumber> {
        let home = self.owned.get(&id)?.conversation.home().cloned()?;
        self.ask_callback_in(id, home, now)
    }

    /// The same, in a place of its own.
    pub(crate) fn ask_callback_in(
        &mut self,
        id: ConversationId,
        home: Home,
        now: Timestamp,
    ) -> Option<PhoneNumber> {
        let number = self.number_of(id)?;
        let owned = self.owned.get(&id)?;
        let rules = self.organization.queues.get(&home.queue)?.waiting.callback;
        let (opening, call) = (owned.opening.clone(), owned.conversation.customer_call());
        let of = CallbackOf {
            conversation: id,
            call,
            requested_at: now,
            order: rules.order,
            attempt: 1,
            attempts_max: rules.attempts_max,
            retry_ms: rules.retry_ms,
        };
        let place = Place {
            queue: home.queue,
            since: home.since,
            skills: home.skills,
            wishes: home.wishes,
            priority: home.priority,
            not_before: Some(now.plus_ms(rules.delay_ms)),
        };
        let details = owned.conversation.details().clone();
        let opening = Opening { details, ..callback_opening(&opening, of, &place, now) };
        self.plan(id, Opening { first: Party::Number(Some(number.clone())), ..opening }, place, now)?;
        Some(number)
    }

    /// Says in this conversation that the customer goes on in another, and opens that.
    fn plan(&mut self, id: ConversationId, mut opening: Opening, place: Place, now: Timestamp) -> Option<()> {
        let next = ConversationId(Uuid::now_v7());
        let system = |command| Input::Command { by: Actor::System, command };
        self.feed(id, &system(Command::ContinueIn { conversation: next }), now).ok()?;
        opening.id = next;
        opening.policy = policy(&self.organization, AnswerWhen::OnFlow);
        self.open(opening, now);
        let Place { queue, since, skills, wishes, priority, not_before } = place;
        let command = Command::LineUp { queue, since, skills, priority, not_before };
        if self.feed(next, &system(command), now).is_err() {
            tracing::error!(conversation.id = %next, "a callback could not take its place in line");
        }
        if !wishes.is_empty() {
            self.flow_command(next, Command::Wish { wishes }, now);
        }
        Some(())
    }

    /// An attempt is over: another follows when nobody answered and some are left.
    pub(crate) fn callback_over(&mut self, id: ConversationId, reason: EndReason) {
        let Some(owned) = self.owned.get(&id) else { return };
        let Some(of) = owned.conversation.callback() else { return };
        let answered = owned.conversation.calls().first().is_some_and(|call| call.answered);
        let dialed = owned.facts.iter().any(|fact| matches!(fact.event, Event::CustomerDialed { .. }));
        let lost = reason == EndReason::NodeLost;
        if !answered && dialed && (lost || of.attempt < of.attempts_max) {
            self.pending.push_back(Pending::CallBackAgain(id, lost));
        }
    }

    pub(crate) fn call_back_again(&mut self, id: ConversationId, lost: bool, now: Timestamp) {
        let Some(owned) = self.owned.get(&id) else { return };
        let Some(of) = owned.conversation.callback().copied() else { return };
        let queued = owned.facts.iter().rev().find_map(|fact| match &fact.event {
            Event::Queued { target: WorkTarget::Queue(queue), since, skills, priority, .. } => {
                Some((*queue, *since, skills.clone(), *priority))
            }
            _ => None,
        });
        let Some((queue, since, skills, priority)) = queued else { return };
        let wishes = owned.facts.iter().rev().find_map(|fact| match &fact.event {
            Event::Wished { wishes, .. } => Some(wishes.clone()),
            _ => None,
        });
        let wishes = wishes.unwrap_or_default();
        // An attempt that this server lost was none.
        let (attempt, rest) = if lost { (of.attempt, 0) } else { (of.attempt + 1, of.retry_ms) };
        let place = Place { queue, since, skills, wishes, priority, not_before: Some(now.plus_ms(rest)) };
        let of = CallbackOf { conversation: id, call: 0, attempt, ..of };
        let opening = Opening { ..callback_opening(&owned.opening, of, &place, now) };
        let opening = Opening { details: owned.conversation.details().clone(), ..opening };
        if self.plan(id, opening, place, now).is_none() {
            tracing::warn!(conversation.id = %id, "a callback is not tried again");
        }
    }

    /// Whether the customer's turn has come while the organization has as many calls as it may: then it comes again soon.
    pub(crate) fn rests_at_the_limit(&mut self, id: ConversationId, now: Timestamp) -> bool {
        let planned = |o: &crate::shard::Owned| crate::usage::is_only_planned(&o.conversation);
        if !self.owned.get(&id).is_some_and(planned) {
            return false;
        }
        let limits = self.organization.settings.limits;
        let Err(seconds) = self.usage.admit(&limits, now) else { return false };
        let command = Command::Rest { until: now.plus_ms(i64::from(seconds) * 1_000) };
        self.feed(id, &Input::Command { by: Actor::Router, command }, now).is_ok()
    }

    /// Whether the offer is not for an agent to be rung, but means that this customer's turn has come.
    pub(crate) fn dials_customer_first(&mut self, id: ConversationId, now: Timestamp) -> bool {
        let turn = self.owned.get(&id).is_some_and(|o| {
            let first = o.conversation.callback().is_some_and(|of| of.order == CallbackOrder::CustomerFirst);
            first && o.conversation.legs().first().is_some_and(voicecall::Leg::is_planned)
        });
        let command = Command::DialCustomer;
        turn && self.feed(id, &Input::Command { by: Actor::Router, command }, now).is_ok()
    }

    /// A callback whose customer has not been dialed outlives the server: only a ringing agent is let go.
    pub(crate) fn outlives(&mut self, id: ConversationId, now: Timestamp) -> bool {
        let Some(owned) = self.owned.get(&id) else { return false };
        let c = &owned.conversation;
        if c.is_ended() || !c.is_callback() || !c.legs().first().is_some_and(voicecall::Leg::is_planned) {
            return false;
        }
        let ringing = c.legs().iter().find(|leg| leg.is_ringing()).and_then(|leg| leg.offer);
        if let Some(offer) = ringing {
            let command = Command::WithdrawOffer { offer, reason: EndReason::Cancelled };
            // Refused when the offer is over at this moment, which is what was wanted.
            let _ = self.feed(id, &Input::Command { by: Actor::Router, command }, now);
        }
        self.pending.push_back(Pending::Settle(id));
        true
    }

    /// Those who wait to be called back, or are being called, the oldest first.
    pub(crate) fn callbacks(&self) -> Vec<LiveCallback> {
        let live = |id: &ConversationId| self.live_callback(*id);
        let mut callbacks: Vec<LiveCallback> = self.owned.keys().filter_map(live).collect();
        callbacks.sort_by_key(|one| (one.since, one.conversation));
        callbacks
    }

    pub(crate) fn live_callback(&self, id: ConversationId) -> Option<LiveCallback> {
        let owned = self.owned.get(&id)?;
        let c = &owned.conversation;
        let of = *c.callback().filter(|_| !c.is_ended())?;
        let first = c.legs().first()?;
        let Party::Number(number) = first.party.clone() else { return None };
        let queue = c.queue()?;
        let agents = |leg: &voicecall::Leg| if leg.is_live() { leg.party.user() } else { None };
        let agent: Option<UserId> = c.legs().iter().find_map(agents);
        let state = match (first.is_planned(), first.is_up()) {
            (true, _) if c.rests_until().is_some() => CallbackState::Resting,
            (true, _) if agent.is_some() => CallbackState::Offering,
            (true, _) => CallbackState::Waiting,
            (false, true) if agent.is_some() && c.state() == voicecall::State::Connected => {
                CallbackState::Connected
            }
            (false, true) => CallbackState::Waiting,
            (false, false) => CallbackState::Calling,
        };
        Some(LiveCallback {
            conversation: id,
            queue,
            number,
            state,
            since: c.work().map_or(of.requested_at, |work| work.since),
            priority: c.work().map(|work| work.priority),
            not_before: c.rests_until(),
            agent,
            of,
        })
    }
}

fn callback_opening(former: &Opening, of: CallbackOf, place: &Place, now: Timestamp) -> Opening {
    Opening {
        id: former.id,
        at: now,
        call_type: CallType::Outbound,
        purpose: Purpose::Callback,
        first: former.first.clone(),
        incoming: false,
        auto_answer: false,
        dialed: former.dialed.clone(),
        queue: Some(place.queue),
        trunk: None,
        ephemeral: false,
        details: former.details.clone(),
        policy: former.policy,
        callback: Some(of),
    }
}
