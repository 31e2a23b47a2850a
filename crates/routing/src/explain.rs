//! Explain: who was considered for an item, and what kept the others from it.

use serde::{Deserialize, Serialize};
use terms::{SkillId, Timestamp, UserId};

use crate::{
    ItemId, Membership, Router, StatusKind, Target, Token, WorkItem, capacity::Lane, index::ClassId,
    line::ItemSlot, queue::PRIO_DEFAULT, roster::AgentSlot, selection::Place,
};

/// What is true of one person and one item; the first of these that holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Verdict {
    /// Being rung for it.
    Offered,
    /// Nothing stands in the way: somebody else came first, or the item came to somebody it prefers.
    Free,
    /// Is in the conversation, or was kept from it.
    Excluded,
    /// Declined it or let it ring out, and is not asked again yet.
    RefusedBefore,
    Offline,
    Dnd,
    /// By their own status.
    Busy,
    /// None of their phones is registered.
    Unreachable,
    /// Let an offer time out and has not chosen a status since.
    Missed,
    InCall,
    /// Being rung for something else.
    Offering,
    WrapUp,
    /// Is left alone for a while after an offer that came to nothing.
    Resting {
        until: Timestamp,
    },
    /// Kept free for a call they promised.
    Reserved,
    /// Does not take this kind of work.
    WrongChannel,
    /// Has as much in hand as they may.
    NoCapacity,
    /// Sees the queue's work only after it has waited longer.
    Delayed {
        until: Timestamp,
    },
    /// The step names others.
    NotNamed,
    /// Lacks skills that the step asks for, at their levels, or has some that it does not want.
    Skills {
        missing: Vec<SkillId>,
        unwanted: Vec<SkillId>,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    pub user: UserId,
    pub verdict: Verdict,
}

/// Everybody who could have been asked for an item, at one moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// The step that held; as many as there are steps means any member.
    pub step: u32,
    /// In the order of their ids.
    pub candidates: Vec<Candidate>,
    /// How many more there were.
    pub left_out: usize,
}

impl Router {
    /// Who could take the item now, and why the others cannot; at most so many people.
    pub fn explain(&self, item: ItemId, most: usize, now: Timestamp) -> Option<Explanation> {
        self.weigh(self.items.get(&item)?, most, now)
    }

    /// Who could take such work if it came now, though nothing of the kind waits: at each of its steps in turn, then
    /// whoever serves the queue. None when there is no such queue or person.
    pub fn consider(&self, mut item: WorkItem, most: usize, now: Timestamp) -> Option<Vec<Explanation>> {
        if let Target::Queue(queue) = item.target
            && item.steps.is_empty()
        {
            item.steps.clone_from(&self.queues.get(&queue)?.queue.steps);
        }
        let place = Place {
            prio: item.prio.unwrap_or(PRIO_DEFAULT),
            prio2: item.prio2,
            virtual_since: item.enqueued_at,
            arrival: self.arrivals,
            item: item.id,
        };
        let mut slot = ItemSlot::new(item, place, ClassId::NONE);
        let mut weighed = Vec::new();
        for step in 0..=slot.item.steps.len() {
            slot.step = step;
            weighed.push(self.weigh(&slot, most, now)?);
            // A step without expiry is the last that ever holds.
            if slot.current_step().is_some_and(|step| step.expiry_ms.is_none()) {
                break;
            }
        }
        Some(weighed)
    }

    fn weigh(&self, slot: &ItemSlot, most: usize, now: Timestamp) -> Option<Explanation> {
        let people: Vec<(UserId, Option<Membership>)> = match slot.item.target {
            Target::Agent(user) => {
                self.agents.get(&user)?;
                vec![(user, None)]
            }
            Target::Queue(queue) => {
                let line = self.queues.get(&queue)?;
                line.members.iter().map(|(user, member)| (*user, Some(member.membership))).collect()
            }
        };
        let left_out = people.len().saturating_sub(most);
        let known = people.into_iter().filter_map(|(user, membership)| {
            Some(Candidate { user, verdict: self.verdict(self.agents.get(&user)?, slot, membership, now) })
        });
        // Those who can be asked, or are, stand for more than those who cannot.
        let mut candidates: Vec<Candidate> = known.collect();
        candidates.sort_by_key(|one| !matches!(one.verdict, Verdict::Offered | Verdict::Free));
        candidates.truncate(most);
        candidates.sort_by_key(|one| one.user);
        Some(Explanation { step: u32::try_from(slot.step).unwrap_or(u32::MAX), candidates, left_out })
    }

    fn verdict(
        &self,
        slot: &AgentSlot,
        item: &ItemSlot,
        membership: Option<Membership>,
        now: Timestamp,
    ) -> Verdict {
        let user = slot.agent.id;
        let rings = |offer| self.offers.get(&offer).is_some_and(|open| open.user == user);
        if item.offer.is_some_and(rings) {
            return Verdict::Offered;
        }
        if item.item.excluded.contains(&user) {
            return Verdict::Excluded;
        }
        if item.refused_by.contains(&user) {
            return Verdict::RefusedBefore;
        }
        at_hand(slot, item)
            .or_else(|| {
                let sees = crate::timers::after(item.item.activated_at, membership?.delay_ms);
                (sees > now).then_some(Verdict::Delayed { until: sees })
            })
            .or_else(|| membership.and_then(|_| of_step(slot, item)))
            .unwrap_or(Verdict::Free)
    }
}

/// What presence, token and capacity say.
fn at_hand(slot: &AgentSlot, item: &ItemSlot) -> Option<Verdict> {
    let by_status = match slot.status.kind {
        StatusKind::Offline => Some(Verdict::Offline),
        StatusKind::Dnd => Some(Verdict::Dnd),
        StatusKind::Busy => Some(Verdict::Busy),
        StatusKind::Online if !slot.reachable => Some(Verdict::Unreachable),
        StatusKind::Online if slot.missed => Some(Verdict::Missed),
        StatusKind::Online => None,
    };
    if by_status.is_some() {
        return by_status;
    }
    let load = item.item.load;
    if !slot.agent.channels.contains(&load.channel) {
        return Some(Verdict::WrongChannel);
    }
    if slot.can_take(load) {
        return None;
    }
    Some(match slot.token {
        _ if load.lane() == Lane::Interruptible => {
            slot.rest.map_or(Verdict::NoCapacity, |rest| Verdict::Resting { until: rest.until })
        }
        Token::Call(_) => Verdict::InCall,
        Token::Offer(_) => Verdict::Offering,
        Token::Acw(_) => Verdict::WrapUp,
        Token::None if slot.reserved_for.is_some() => Verdict::Reserved,
        Token::None => slot.rest.map_or(Verdict::NoCapacity, |rest| Verdict::Resting { until: rest.until }),
    })
}

/// What the step that holds says.
fn of_step(slot: &AgentSlot, item: &ItemSlot) -> Option<Verdict> {
    let step = item.current_step().filter(|step| !step.accepts(&slot.agent))?;
    if !step.agents.is_empty() && !step.agents.contains(&slot.agent.id) {
        return Some(Verdict::NotNamed);
    }
    let level = |skill: &SkillId| slot.agent.skills.get(skill).copied().unwrap_or(0);
    let has = |wanted: &&crate::SkillLevel| level(&wanted.skill) >= wanted.min.max(1);
    let mut missing: Vec<SkillId> = step.all.iter().filter(|one| !has(one)).map(|one| one.skill).collect();
    if !step.any.is_empty() && !step.any.iter().any(|one| has(&one)) {
        missing.extend(step.any.iter().map(|one| one.skill));
    }
    let unwanted = step.not.iter().filter(has).map(|one| one.skill).collect();
    Some(Verdict::Skills { missing, unwanted })
}
