//! What is true of a router after every input.

use terms::{CallbackPromptId, OfferId, Timestamp, UserId};

use crate::{
    Capacity, Decision, ItemId, Router, StatusKind, Target, Token, capacity::Lane, line::FreeKey,
    roster::AgentSlot, selection::may_serve,
};

/// A promise is broken: a fault of ours, never of the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    #[error("user {0}'s token names an offer that is not theirs")]
    TokenWithoutOffer(UserId),
    #[error("offer {0} does not hold its agent's token")]
    OfferWithoutToken(OfferId),
    #[error("offer {0} rings somebody who is offline, does not want to be disturbed or cannot be reached")]
    RingsTheUnwilling(OfferId),
    #[error("user {0} has more in hand than their capacity, or the sums are wrong")]
    Overcommitted(UserId),
    #[error("user {0}'s wrap-up and token disagree")]
    WrapUpWithoutToken(UserId),
    #[error("item {0} and its offer disagree")]
    ItemAstray(ItemId),
    #[error("item {0} does not stand where it should")]
    PlaceAstray(ItemId),
    #[error("user {0} is listed as free and is not, or the other way round")]
    ListedWrongly(UserId),
    #[error("item {0} waits although user {1} is free for it")]
    WorkNotConserved(ItemId, UserId),
    #[error("everybody at work has refused item {0} and no retry is armed")]
    Forgotten(ItemId),
    #[error("item {0} waits where nobody is and its time for that does not run, or it runs and somebody is")]
    Unattended(ItemId),
    #[error("callback prompt {0} and what it keeps free or rings disagree, or a promise is not kept")]
    PromptAstray(CallbackPromptId),
    #[error("a timer is armed for nothing, or one is missing")]
    TimerAstray,
}

impl Router {
    /// Checks the users and items that some decisions were about; cheap enough for production.
    pub fn check_touched(&self, decisions: &[Decision]) -> Result<(), Broken> {
        for decision in decisions {
            if let Decision::Offered { offer, .. } = decision
                && self.offers.contains_key(offer)
            {
                self.check_offer(*offer)?;
                self.check_room(*offer)?;
            }
            if let Some(slot) = decision.user().and_then(|user| self.agents.get(&user)) {
                self.check_agent(slot)?;
            }
        }
        Ok(())
    }

    /// Checks everything, pair by pair; for tests and for looking into a fault.
    pub fn check(&self, now: Timestamp) -> Result<(), Broken> {
        self.agents.values().try_for_each(|slot| self.check_agent(slot))?;
        self.offers.keys().try_for_each(|offer| self.check_offer(*offer))?;
        self.items.keys().try_for_each(|item| self.check_item(*item, now))?;
        self.check_prompts()?;
        let listed: usize = self.queues.values().map(|line| line.waiting.len() + line.offered.len()).sum();
        let in_queues = self.items.values().filter(|slot| match slot.item.target {
            Target::Queue(queue) => self.queues.contains_key(&queue),
            Target::Agent(_) => false,
        });
        let of_items: usize = self
            .items
            .values()
            .flat_map(|slot| {
                let of_wait = [slot.max_wait_timer, slot.nobody_timer];
                of_wait.into_iter().chain([slot.step_timer, slot.delay_timer, slot.retry_timer])
            })
            .flatten()
            .count();
        let timed = |slot: &AgentSlot| usize::from(slot.wrap_up.is_some()) + usize::from(slot.rest.is_some());
        let of_agents: usize = self.agents.values().map(timed).sum();
        let of_prompts = self.callbacks.timers();
        let timers_astray = self.timers.len() != of_items + of_agents + self.offers.len() + of_prompts;
        if listed != in_queues.count() || timers_astray {
            return Err(Broken::TimerAstray);
        }
        Ok(())
    }

    fn check_agent(&self, slot: &AgentSlot) -> Result<(), Broken> {
        let user = slot.agent.id;
        if let Token::Offer(offer) = slot.token
            && self.offers.get(&offer).is_none_or(|open| open.user != user)
        {
            return Err(Broken::TokenWithoutOffer(user));
        }
        let wraps_up = matches!(slot.token, Token::Acw(_));
        if wraps_up != slot.wrap_up.is_some() {
            return Err(Broken::WrapUpWithoutToken(user));
        }
        let lanes = slot.lanes();
        let lists_agree = slot.agent.memberships.iter().all(|(queue, membership)| {
            self.queues.get(queue).is_none_or(|line| {
                let key = FreeKey { priority: membership.priority, idle_since: slot.idle_since, user };
                let listed = Lane::ALL.map(|lane| line.free[lane.index()].contains(slot.group, key));
                listed == lanes && line.members.contains_key(&user)
            })
        });
        if slot.listed != slot.listing() || !lists_agree {
            return Err(Broken::ListedWrongly(user));
        }
        let rings = slot.ringing.iter().filter_map(|offer| Some(self.offers.get(offer)?.load));
        let mut used = Capacity::NONE;
        for load in rings.chain(slot.in_hand.values().copied()) {
            *used.of_mut(load.pool) += load.units();
        }
        // Both at once would be two primary works of one person.
        let doubly = slot.used.primary > 0 && matches!(slot.token, Token::Call(_) | Token::Offer(_));
        if used != slot.used || doubly {
            return Err(Broken::Overcommitted(user));
        }
        Ok(())
    }

    fn check_offer(&self, offer: OfferId) -> Result<(), Broken> {
        let Some(open) = self.offers.get(&offer) else { return Ok(()) };
        let holds = |slot: &&AgentSlot| slot.rings().contains(&offer);
        let Some(slot) = self.agents.get(&open.user).filter(holds) else {
            return Err(Broken::OfferWithoutToken(offer));
        };
        if matches!(slot.status.kind, StatusKind::Offline | StatusKind::Dnd) || !slot.reachable {
            return Err(Broken::RingsTheUnwilling(offer));
        }
        if self.items.get(&open.item).is_none_or(|item| item.offer != Some(offer)) {
            return Err(Broken::ItemAstray(open.item));
        }
        Ok(())
    }

    /// At the moment of the offer; a capacity made smaller later does not take work away.
    fn check_room(&self, offer: OfferId) -> Result<(), Broken> {
        let Some(open) = self.offers.get(&offer) else { return Ok(()) };
        let Some(slot) = self.agents.get(&open.user) else { return Ok(()) };
        let pool = open.load.pool;
        if open.load.lane() != Lane::Voice && slot.used.of(pool) > slot.agent.capacity.of(pool) {
            return Err(Broken::Overcommitted(open.user));
        }
        Ok(())
    }

    fn check_item(&self, id: ItemId, now: Timestamp) -> Result<(), Broken> {
        let Some(item) = self.items.get(&id) else { return Ok(()) };
        if item.offer.is_some_and(|offer| self.offers.get(&offer).is_none_or(|open| open.item != id)) {
            return Err(Broken::ItemAstray(id));
        }
        let stands = match item.item.target {
            Target::Queue(queue) => self.queues.get(&queue).is_none_or(|line| {
                line.waiting.contains(&item.place) == item.offer.is_none()
                    && line.classes[item.item.load.lane().index()].contains(item.class, item.place)
                        == item.offer.is_none()
                    && line.offered.contains(&item.place) == item.offer.is_some()
            }),
            Target::Agent(user) => self
                .agents
                .get(&user)
                .is_none_or(|slot| slot.direct.contains(&item.place) == item.offer.is_none()),
        };
        if !stands {
            return Err(Broken::PlaceAstray(id));
        }
        if let Target::Queue(queue) = item.item.target
            && let Some(line) = self.queues.get(&queue)
        {
            let there = |slot: &AgentSlot| slot.agent.memberships.contains_key(&queue) && slot.is_present();
            let waits_only_so_long = line.queue.nobody_ms.is_some() && !item.item.kind.is_patient();
            let nobody = !self.agents.values().any(there);
            if nobody != line.present.is_empty()
                || (nobody && waits_only_so_long) != item.nobody_timer.is_some()
            {
                return Err(Broken::Unattended(id));
            }
        }
        if item.offer.is_some() {
            return Ok(());
        }
        let free_for_it = self.agents.values().filter(|slot| slot.can_take(item.item.load)).find(|slot| {
            let membership = match item.item.target {
                Target::Queue(queue) => slot.agent.memberships.get(&queue).copied(),
                Target::Agent(_) => None,
            };
            may_serve(slot, item, membership, now)
        });
        if let Some(slot) = free_for_it {
            return Err(Broken::WorkNotConserved(id, slot.agent.id));
        }
        let asked = !item.refused_by.is_empty() && item.retry_timer.is_none();
        if asked && !self.somebody_is_left(item, now) {
            return Err(Broken::Forgotten(id));
        }
        Ok(())
    }
}
