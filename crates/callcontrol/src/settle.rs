//! Settling: after facts, the conversation's intent is compared with the wires, the tokens and the waiting work.

use routing::{ItemId, Target, WorkItem, WorkKind};
use terms::{ConversationId, EndReason, Timestamp, UserId};
use voicecall::{CallType, Desired, Event, Party, Purpose, Signal, Wire, Work, WorkTarget};

use crate::{
    dial_plan::{DialPlan, Lines},
    effect::{DialOut, Effect, Endpoint},
    shard::{Pending, Shard},
    view::Recorded,
};

/// How much earlier work that came back after an agent's failure counts: before everybody of its priority.
const HEAD_BOOST_MS: i64 = 24 * 3600 * 1000;

/// A colleague's request is older by the customer's wait, and by no more than this.
const CONSULT_BOOST_MS_MAX: i64 = 120_000;

impl Shard {
    pub(crate) fn settle(&mut self, id: ConversationId, now: Timestamp) {
        let Some(owned) = self.owned.get_mut(&id) else { return };
        // Promises hold between two inputs; within the facts of one decision they need not.
        if let Err(broken) = owned.conversation.check() {
            metrics::counter!("tandem_invariants_broken_total").increment(1);
            tracing::error!(conversation.id = %id, %broken, "an invariant is broken");
        }
        let desired = owned.conversation.desired();
        let lines = self.lines_for(id, &desired);
        let Some(owned) = self.owned.get_mut(&id) else { return };
        let plan = DialPlan {
            organization: &self.organization,
            conversation: &owned.conversation,
            opening: &owned.opening,
            display: owned.display.as_deref(),
            lines: &lines,
        };
        let (effects, unreachable) = owned.world.close_gap(id, &desired, &plan);
        for effect in &effects {
            if let Effect::Dial { leg, call: DialOut { to: Endpoint::Number { trunk, .. }, .. } } = effect {
                owned.lines.insert(leg.ordinal, *trunk);
            }
        }
        self.out.effects.extend(effects);
        owned.deadline = desired.deadline.map(|deadline| deadline.at);
        let left: Vec<UserId> = owned.people.difference(&desired.people).copied().collect();
        owned.people = desired.people.clone();
        let work_was = std::mem::replace(&mut owned.work, desired.work.clone());
        for user in left {
            self.let_go(id, user, now);
        }
        self.settle_work(id, work_was, desired.work, now);
        for leg in unreachable {
            let signal = Signal::LegFailed { leg, reason: EndReason::Unreachable };
            // It cannot be refused but as already ended, which is what was wanted.
            let _ = self.feed(id, &voicecall::Input::Signal(signal), now);
        }
        self.check_coaching(id, now);
        self.forget_ended(id);
    }

    /// Counted only where a number is about to be dialed.
    fn lines_for(&self, id: ConversationId, desired: &Desired) -> Lines {
        let undialed = |leg: u32| self.owned.get(&id).is_some_and(|o| !o.world.wires.contains_key(&leg));
        let to_number = |wire: &Wire| matches!(wire, Wire::Dial { to: Party::Number(_), .. });
        if desired.legs.iter().any(|want| to_number(&want.wire) && undialed(want.leg)) {
            self.lines()
        } else {
            Lines::new()
        }
    }

    /// The calls that each trunk carries.
    pub(crate) fn lines(&self) -> Lines {
        let mut lines = Lines::new();
        for trunk in self.owned.values().flat_map(crate::shard::Owned::trunks) {
            *lines.entry(trunk).or_default() += 1;
        }
        lines
    }

    /// The user has no wire here any more: the token goes back, into wrap-up where the queue asks for one.
    fn let_go(&mut self, id: ConversationId, user: UserId, now: Timestamp) {
        let wrap_up_ms = self.wrap_up_of(id, user);
        for decision in self.router.release(user, id, wrap_up_ms, now) {
            self.pending.push_back(Pending::Decided(decision));
        }
        self.tell_agent(user, now);
    }

    fn wrap_up_of(&self, id: ConversationId, user: UserId) -> Option<i64> {
        let owned = self.owned.get(&id)?;
        if !owned.handled.contains(&user) {
            return None;
        }
        let queue = self.organization.queues.get(&owned.conversation.queue()?)?;
        (queue.wrap_up_ms > 0).then_some(queue.wrap_up_ms)
    }

    /// Tells the router what waits. An offer that rings is part of it and is not told anew.
    fn settle_work(&mut self, id: ConversationId, was: Option<Work>, is: Option<Work>, now: Timestamp) {
        let same = |a: &Work, b: &Work| {
            (a.target, a.call, a.since, a.head, a.priority) == (b.target, b.call, b.since, b.head, b.priority)
                && a.skills == b.skills
                && a.wishes == b.wishes
        };
        match (was, is) {
            (Some(was), Some(is)) if same(&was, &is) => {}
            (was, Some(is)) => {
                let mut item = self.work_item(id, &is, now);
                let place = |work: &Work| (work.target, work.call, work.since, work.head);
                if was.is_some_and(|was| place(&was) == place(&is)) {
                    // Moved within its line: the longest wait, the steps and the members' delays run on.
                    item.activated_at = self.router.activated_at(item.id).unwrap_or(now);
                }
                self.route(&routing::Input::Enqueued(item), now);
                self.back_from_wrap_up(id, is.target, now);
                self.begin_announcing(id, is.target, now);
                self.tell_queue(&is, now);
            }
            (Some(was), None) => {
                self.route(&routing::Input::Cancelled { item: ItemId(id) }, now);
                self.end_announcing(id);
                self.tell_queue(&was, now);
            }
            (None, None) => {}
        }
    }

    /// A call that comes back to somebody is not over: their wrap-up of it ends, or its customer would wait for that.
    fn back_from_wrap_up(&mut self, id: ConversationId, target: WorkTarget, now: Timestamp) {
        let WorkTarget::User(user) = target else { return };
        let wraps_up = self.router.agent(user).is_some_and(|agent| agent.token == routing::Token::Acw(id));
        if wraps_up {
            self.route(&routing::Input::WrapUpDone { user }, now);
        }
    }

    fn work_item(&self, id: ConversationId, work: &Work, now: Timestamp) -> WorkItem {
        let target = match work.target {
            WorkTarget::Queue(queue) => Target::Queue(queue),
            WorkTarget::User(user) => Target::Agent(user),
        };
        let mut item = WorkItem::new(id, target, work.since);
        item.activated_at = now;
        item.boost_ms = if work.head { HEAD_BOOST_MS } else { 0 };
        let record =
            self.owned.get(&id).and_then(|o| o.conversation.calls().get(work.call as usize).cloned());
        item.kind = match record.map(|record| record.purpose) {
            Some(Purpose::Consult | Purpose::Participant) => WorkKind::Consult,
            Some(Purpose::Transfer) => WorkKind::Transfer,
            Some(Purpose::Callback) => WorkKind::Callback,
            _ => WorkKind::Customer,
        };
        item.prio = Some(u32::from(work.priority));
        if let (WorkKind::Consult, WorkTarget::Queue(queue)) = (item.kind, work.target) {
            let queue = self.organization.queues.get(&queue);
            item.prio = queue.map(|q| u32::from(q.waiting.internal_priority.unwrap_or(q.priority)));
            item.boost_ms = self.customers_wait_ms(id, now).min(CONSULT_BOOST_MS_MAX);
        }
        self.ask_for(&mut item, work);
        item.returns = work.head;
        // Nobody is offered a conversation that they are already in.
        item.excluded = self.owned.get(&id).map(|o| o.people.clone()).unwrap_or_default();
        item
    }

    /// How long the customer of this conversation has waited in queues and on hold so far: a colleague who asks for them counts
    /// as that much older, so that nobody waits twice.
    fn customers_wait_ms(&self, id: ConversationId, now: Timestamp) -> i64 {
        let Some(owned) = self.owned.get(&id) else { return 0 };
        let (mut waited, mut queued, mut held) = (0, None, None);
        for Recorded { at, event } in &owned.facts {
            match event {
                Event::Queued { call, since, .. } if !self.is_side_call(id, *call) => queued = Some(*since),
                Event::Connected { .. } => waited += queued.take().map_or(0, |since| at.ms_since(since)),
                Event::Held { leg: 0, .. } => held = Some(*at),
                Event::Resumed { leg: 0 } => waited += held.take().map_or(0, |since| at.ms_since(since)),
                _ => {}
            }
        }
        waited + held.map_or(0, |since| now.ms_since(since))
    }

    /// A consult, or somebody added.
    fn is_side_call(&self, id: ConversationId, call: u32) -> bool {
        let record = self.owned.get(&id).and_then(|o| o.conversation.calls().get(call as usize));
        record.is_some_and(|record| matches!(record.purpose, Purpose::Consult | Purpose::Participant))
    }

    /// Ended, everybody hung up, nobody wraps up: the facts are in the journal and the memory goes back.
    pub(crate) fn forget_ended(&mut self, id: ConversationId) {
        let over = self.owned.get(&id).is_some_and(|o| o.conversation.is_ended() && o.world.all_gone());
        if !over || self.router.agents().any(|agent| agent.token == routing::Token::Acw(id)) {
            return;
        }
        if let Some(owned) = self.owned.remove(&id) {
            self.adopted.retain(|_, conversation| *conversation != id);
            for call in owned.conversation.calls().iter().filter(|call| call.open) {
                self.usage.close(call.call_type);
            }
            self.out.forgotten.push(id);
        }
    }

    /// Whether this call is one that customers are on.
    pub(crate) fn is_customer_call(&self, id: ConversationId) -> bool {
        self.owned.get(&id).is_some_and(|o| o.opening.call_type != CallType::Internal)
    }
}
