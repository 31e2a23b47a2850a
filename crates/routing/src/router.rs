//! The state machine: inputs in, decisions out.

use std::collections::{BTreeMap, BTreeSet};

use terms::{ConversationId, OfferId, QueueId, Timestamp, UserId};

use crate::{
    AgentView, Availability, AvailabilityKind, ClaimKind, Decision, Input, ItemId, RevokeReason, Status,
    StatusCause, StatusKind, Token, Unavailable, Waiting,
    callback::Callbacks,
    capacity::Lane,
    index::Index,
    line::{FreeKey, ItemSlot, Line},
    offer::OpenOffer,
    roster::AgentSlot,
    selection::Pair,
    timers::{Timer, Timers},
};

/// Everything routing knows of one organization.
///
/// The same calls in the same order give the same decisions, so a router can be rebuilt from its journal.
/// Time handed in never runs backwards.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Router {
    pub(crate) agents: BTreeMap<UserId, AgentSlot>,
    pub(crate) queues: BTreeMap<QueueId, Line>,
    pub(crate) items: BTreeMap<ItemId, Box<ItemSlot>>,
    pub(crate) offers: BTreeMap<OfferId, OpenOffer>,
    pub(crate) timers: Timers,
    pub(crate) index: Index,
    pub(crate) callbacks: Callbacks,
    pub(crate) arrivals: u64,
    pub(crate) offers_made: u64,
    /// What may form a new pair since the last matching pass.
    pub(crate) dirty_agents: BTreeSet<UserId>,
    pub(crate) dirty_items: BTreeSet<ItemId>,
    /// Items somebody refused whose last taker may have gone.
    pub(crate) recheck: BTreeSet<ItemId>,
}

impl Router {
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in what happened at `now` and says what follows from it.
    /// Timers that are due run first: an answer at the very instant of the time-out is late.
    pub fn handle(&mut self, input: &Input, now: Timestamp) -> Vec<Decision> {
        let mut out = Vec::new();
        self.settle(now, &mut out);
        self.take_in(input, now, &mut out);
        self.settle(now, &mut out);
        out
    }

    /// When to hand in the next `Tick`, if nothing else happens before.
    pub fn deadline(&self) -> Option<Timestamp> {
        self.timers.next_at()
    }

    /// Takes the user's token for a conversation; held for the same conversation already, it stays taken.
    /// Timers do not run here: hand in a `Tick` first when the deadline has come.
    pub fn claim(
        &mut self,
        user: UserId,
        root: ConversationId,
        kind: ClaimKind,
        now: Timestamp,
    ) -> Result<Vec<Decision>, Unavailable> {
        let mut out = Vec::new();
        if kind == ClaimKind::Help {
            self.clear_the_line(user, now, &mut out);
        }
        let slot = self.agents.get_mut(&user).ok_or(Unavailable::Unknown)?;
        if slot.token == Token::Call(root) {
            return Ok(out);
        }
        match kind {
            ClaimKind::OwnAction | ClaimKind::Help if !slot.reachable => {
                return Err(Unavailable::Unreachable);
            }
            ClaimKind::Help if !matches!(slot.token, Token::Call(_)) => {}
            // Work beside voice is in the way of a call as a call is in the way of it.
            ClaimKind::OwnAction if slot.used.primary > 0 => return Err(Unavailable::Busy),
            ClaimKind::OwnAction if slot.token == Token::None || slot.token == Token::Acw(root) => {}
            ClaimKind::OwnAction | ClaimKind::Help => return Err(Unavailable::Busy),
            ClaimKind::Rung => slot.unavailable().map_or(Ok(()), Err)?,
        }
        let before = std::mem::replace(&mut slot.token, Token::Call(root));
        if let (Some(wrap_up), Token::Acw(root)) = (slot.wrap_up.take(), before) {
            self.timers.disarm(Some(wrap_up.timer));
            out.push(Decision::WrapUpEnded { user, root });
        }
        self.refresh(user, now);
        if kind == ClaimKind::Help {
            // Whoever was being offered goes to somebody else at once.
            self.match_up(now, &mut out);
        }
        Ok(out)
    }

    /// The token that is held for one conversation is for another from now on, with nothing between; false when it is not
    /// held so.
    pub fn pass_on(&mut self, user: UserId, from: ConversationId, to: ConversationId) -> bool {
        let Some(slot) = self.agents.get_mut(&user) else { return false };
        let held = slot.token == Token::Call(from);
        if held {
            slot.token = Token::Call(to);
        }
        held
    }

    /// Takes back what rings at a reachable user.
    fn clear_the_line(&mut self, user: UserId, now: Timestamp, out: &mut Vec<Decision>) {
        let Some(slot) = self.agents.get(&user) else { return };
        if let (Token::Offer(offer), true) = (slot.token, slot.reachable) {
            self.revoke(offer, RevokeReason::AgentCallsForHelp, now, out);
        }
    }

    /// Gives the token back, into wrap-up when one is given; nothing happens when it is not held for `root`.
    /// The same as `Input::CallEnded`.
    pub fn release(
        &mut self,
        user: UserId,
        root: ConversationId,
        wrap_up_ms: Option<i64>,
        now: Timestamp,
    ) -> Vec<Decision> {
        self.handle(&Input::CallEnded { user, root, wrap_up_ms }, now)
    }

    /// Says that the user is in this conversation; for rebuilding after a restart, once the agent is known.
    pub fn restore_call(&mut self, user: UserId, root: ConversationId) {
        if let Some(slot) = self.agents.get_mut(&user) {
            slot.token = Token::Call(root);
            let since = slot.since;
            self.refresh(user, since);
        }
    }

    /// Says what the user had chosen, whatever they are at; for rebuilding after a restart, once the agent is known.
    pub fn restore_status(&mut self, user: UserId, status: Status, now: Timestamp) {
        if let Some(slot) = self.agents.get_mut(&user) {
            slot.status = status;
            slot.idle_since = now;
            self.refresh(user, now);
        }
    }

    /// Says that the user is in wrap-up until `until`; for rebuilding after a restart, once the agent is known.
    pub fn restore_wrap_up(&mut self, user: UserId, root: ConversationId, until: Timestamp, now: Timestamp) {
        if self.agents.contains_key(&user) {
            self.begin_wrap_up(user, root, until - now, now);
            self.refresh(user, now);
        }
    }

    pub fn agent(&self, user: UserId) -> Option<AgentView> {
        self.agents.get(&user).map(AgentSlot::view)
    }
    /// Everybody, in the order of their ids.
    pub fn agents(&self) -> impl Iterator<Item = AgentView> + '_ {
        self.agents.values().map(AgentSlot::view)
    }
    /// Who waits in a queue, first in line first; offered items keep their place.
    pub fn waiting(&self, queue: QueueId) -> Vec<Waiting> {
        let places = self.queues.get(&queue).map(Line::places).unwrap_or_default();
        let items = places.iter().filter_map(|place| self.items.get(&place.item));
        items
            .map(|item| item.view(item.offer.and_then(|offer| Some(self.offers.get(&offer)?.user))))
            .collect()
    }
    /// When the item entered the queue that it waits in.
    pub fn activated_at(&self, item: ItemId) -> Option<Timestamp> {
        self.items.get(&item).map(|slot| slot.item.activated_at)
    }
    /// Whether the user could be rung now.
    pub fn availability(&self, user: UserId) -> Availability {
        self.agents.get(&user).map_or(
            Availability { kind: AvailabilityKind::Offline, reason: Some(Unavailable::Unknown) },
            AgentSlot::availability,
        )
    }

    fn take_in(&mut self, input: &Input, now: Timestamp, out: &mut Vec<Decision>) {
        match input {
            Input::AgentUpserted(agent) => self.upsert_agent(agent.clone(), now),
            Input::AgentRemoved(user) => self.remove_agent(*user, now, out),
            Input::QueueUpserted(queue) => self.upsert_queue(queue.clone(), now),
            Input::QueueRemoved(queue) => self.remove_queue(*queue, out),
            Input::PresenceSet { user, status } => self.choose_status(*user, *status, now, out),
            Input::ReachabilityChanged { user, reachable } => {
                self.change_reachability(*user, *reachable, now, out);
            }
            Input::Enqueued(item) => self.enqueue(item.clone(), now, out),
            Input::Cancelled { item } => self.cancel(*item, now, out),
            Input::Answered { offer } => self.accept(*offer, now, out),
            Input::Declined { offer, reason } => self.decline(*offer, reason.clone(), now, out),
            Input::OfferFailed { offer } => self.fail(*offer, now, out),
            Input::CallEnded { user, root, wrap_up_ms } => {
                self.end_call(*user, *root, *wrap_up_ms, now, out);
            }
            Input::WorkEnded { user, item } => self.end_work(*user, *item, now),
            Input::ConsultRequested(request) => self.request_consult(request, now, out),
            Input::PromptActed { prompt, by, act } => self.act_on_prompt(*prompt, *by, act, now, out),
            Input::RootEnded { root } => self.cancel_prompts_of(*root, now, out),
            Input::WrapUpDone { user } => self.finish_wrap_up(*user, now, out),
            Input::WrapUpExtended { user, ms } => self.extend_wrap_up(*user, *ms, out),
            Input::Tick => {}
        }
    }

    /// Runs what is due, each instant's timers before its matching pass, and leaves no possible pair unmade.
    /// Pairs are made as of `now` even when the timers are late, so that nobody rings in the past.
    fn settle(&mut self, now: Timestamp, out: &mut Vec<Decision>) {
        while let Some(at) = self.timers.next_at().filter(|at| *at <= now) {
            while let Some(timer) = self.timers.pop_at(at) {
                self.fire(timer, now, out);
            }
            self.match_up(now, out);
        }
        self.match_up(now, out);
    }

    fn fire(&mut self, timer: Timer, now: Timestamp, out: &mut Vec<Decision>) {
        match timer {
            Timer::Push(offer) => self.miss(offer, now, out),
            Timer::Step(item) => self.reach_next_step(item, out),
            Timer::MaxWait(item) => self.exceed_max_wait(item, out),
            Timer::Nobody(item) => self.wait_for_nobody(item, now, out),
            Timer::Delay(item) => self.rearm_delay(item, now),
            Timer::Retry(item) => self.retry(item),
            Timer::WrapUp(user) => self.finish_wrap_up(user, now, out),
            Timer::Rest(user) => self.end_rest(user, now),
            Timer::Prompt(prompt) => self.prompt_is_due(prompt, now, out),
        }
    }

    /// Makes pairs, the smallest first, until none is left.
    /// At rest there was none, so each new one has a side that changed since.
    fn match_up(&mut self, now: Timestamp, out: &mut Vec<Decision>) {
        self.keep_promises(now, out);
        let of_agents = self.dirty_agents.iter().filter_map(|user| self.best_item_for(*user, now));
        let of_items = self.dirty_items.iter().filter_map(|item| self.best_of_waiting(*item, now));
        let mut possible: BTreeSet<Pair> = of_agents.chain(of_items).collect();
        while let Some(pair) = possible.pop_first() {
            let item = self.items.get(&pair.place.item);
            let item_waits = item.is_some_and(|slot| slot.offer.is_none());
            let load = item.map(|slot| slot.item.load).unwrap_or_default();
            let slot = self.agents.get(&pair.user);
            let agent_free = slot.is_some_and(|slot| slot.listed.is_some());
            // Beside voice an agent takes more than one thing, and is another choice after each.
            let as_weighed = load.lane() == Lane::Voice
                || self.pair_of(pair.place.item, pair.user, now).is_some_and(|fresh| fresh == pair);
            if item_waits && as_weighed && slot.is_some_and(|slot| slot.can_take(load)) {
                self.offer(pair, now, out);
                if self.dirty_agents.contains(&pair.user) {
                    possible.extend(self.best_item_for(pair.user, now).filter(|next| *next > pair));
                }
                continue;
            }
            // One side has gone to a better pair; what is left of this one can only have become worse.
            // Taking nothing better than it keeps this loop finite whatever happens.
            if agent_free && self.dirty_agents.contains(&pair.user) {
                possible.extend(self.best_item_for(pair.user, now).filter(|next| *next > pair));
            }
            if item_waits && (!as_weighed || self.dirty_items.contains(&pair.place.item)) {
                possible.extend(self.best_agent_for(pair.place.item, None, now).filter(|next| *next > pair));
            }
        }
        self.dirty_agents.clear();
        let touched = std::mem::take(&mut self.dirty_items);
        self.overflow_overdue(&touched, out);
        self.arm_retries(now);
    }

    fn best_of_waiting(&self, item: ItemId, now: Timestamp) -> Option<Pair> {
        if self.is_waiting(item) { self.best_agent_for(item, None, now) } else { None }
    }

    /// Whether the item waits and is not being offered.
    pub(crate) fn is_waiting(&self, item: ItemId) -> bool {
        self.items.get(&item).is_some_and(|slot| slot.offer.is_none())
    }

    /// Brings lists and times in step with an agent after any change to them.
    pub(crate) fn refresh(&mut self, user: UserId, now: Timestamp) {
        let Some(slot) = self.agents.get_mut(&user) else { return };
        let state = slot.system_state();
        if state != slot.state {
            slot.state = state;
            slot.since = now;
        }
        let listing = slot.listing();
        self.callbacks.touch(user);
        self.note_presence(user, now);
        let Some(slot) = self.agents.get_mut(&user) else { return };
        if listing == slot.listed {
            return;
        }
        for (queue, membership) in &slot.agent.memberships {
            let Some(line) = self.queues.get_mut(queue) else { continue };
            for lane in Lane::ALL {
                let key = |idle_since| FreeKey { priority: membership.priority, idle_since, user };
                if let Some(listed) = slot.listed.filter(|listed| listed.lanes[lane.index()]) {
                    line.list(lane, slot.group, key(listed.idle_since), false);
                }
                if let Some(listing) = listing.filter(|listing| listing.lanes[lane.index()]) {
                    line.list(lane, slot.group, key(listing.idle_since), true);
                }
            }
        }
        slot.listed = listing;
        if listing.is_some() {
            self.dirty_agents.insert(user);
        }
    }

    /// Puts the items that this agent was perhaps the last to take up for a second look.
    pub(crate) fn recheck_for(&mut self, user: UserId) {
        let Some(slot) = self.agents.get(&user) else { return };
        self.recheck.extend(slot.direct.iter().map(|place| place.item));
        for queue in slot.agent.memberships.keys() {
            if let Some(line) = self.queues.get(queue) {
                self.recheck.extend(&line.refused);
            }
        }
    }

    pub(crate) fn apply_status(
        &mut self,
        user: UserId,
        status: Status,
        cause: StatusCause,
        now: Timestamp,
        out: &mut Vec<Decision>,
    ) {
        let Some(slot) = self.agents.get_mut(&user) else { return };
        if slot.status == status && !slot.missed {
            return;
        }
        let was_at_work = slot.status.kind == StatusKind::Online && !slot.missed;
        if status.kind == StatusKind::Online && !was_at_work {
            slot.idle_since = now;
        }
        slot.status = status;
        slot.missed = false;
        let rings = slot.rings();
        out.push(Decision::StatusChanged { user, status, cause });
        self.refresh(user, now);
        self.recheck_for(user);
        let why = match status.kind {
            StatusKind::Dnd => RevokeReason::AgentDnd,
            StatusKind::Offline => RevokeReason::AgentOffline,
            StatusKind::Online | StatusKind::Busy => return,
        };
        for offer in rings {
            self.revoke(offer, why, now, out);
        }
    }
}
