//! Selection: which pair of a waiting item and a free agent comes first.
//!
//! All orders are total and end in a unique id, so there are no ties and no dice.
//! Of several possible pairs the one with the smallest item key is made, among its agents the one with the smallest
//! agent key, and so on until no pair is left. The item key starts with the agent's own priority for the queue.

use std::cmp::Reverse;

use terms::{Timestamp, UserId};

use crate::{
    ItemId, Membership, Model, Router, Step, Target,
    line::{ItemSlot, Line},
    roster::AgentSlot,
};

/// An item's place in line: the smaller goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) prio: u32,
    pub(crate) prio2: u32,
    /// When it came, less its boost: aging without ever sorting again.
    pub(crate) virtual_since: Timestamp,
    /// Order of arrival.
    pub(crate) arrival: u64,
    pub(crate) item: ItemId,
}

/// A possible pair; the smallest of all is made first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    /// 0 for an item that waits for this person.
    pub(crate) membership_priority: u32,
    pub(crate) place: Place,
    not_preferred: bool,
    model: Reverse<i64>,
    idle_since: Timestamp,
    pub(crate) user: UserId,
}

/// Whether a free agent may get the item. Pure in both; the queue's part comes as the membership.
pub(crate) fn may_serve(
    slot: &AgentSlot,
    item: &ItemSlot,
    membership: Option<Membership>,
    now: Timestamp,
) -> bool {
    let user = slot.agent.id;
    if item.refused_by.contains(&user) || item.item.excluded.contains(&user) {
        return false;
    }
    match item.item.target {
        Target::Agent(target) => target == user,
        Target::Queue(_) => membership.is_some_and(|membership| {
            now - item.item.activated_at >= membership.delay_ms
                && item.item.steps.get(item.step).is_none_or(|step| step.accepts(&slot.agent))
        }),
    }
}

/// The model's preference for the agent: more is better.
/// Voice takes all of an agent's capacity, so between free agents the two capacity models tie.
fn model_preference(model: Model, slot: &AgentSlot, step: Option<&Step>) -> i64 {
    match model {
        Model::LongestIdle | Model::LeastActive | Model::MostAvailable => 0,
        Model::BestSkill => step.map_or(0, |step| i64::from(step.levels(&slot.agent))),
        Model::FewestSkills => -i64::try_from(slot.agent.skills.len()).unwrap_or(i64::MAX),
    }
}

fn pair(slot: &AgentSlot, item: &ItemSlot, line: Option<(&Line, Membership)>) -> Pair {
    let model =
        line.map_or(0, |(line, _)| model_preference(line.queue.model, slot, item.item.steps.get(item.step)));
    Pair {
        membership_priority: line.map_or(0, |(_, membership)| membership.priority.max(1)),
        place: item.place,
        not_preferred: item.item.preferred != Some(slot.agent.id),
        model: Reverse(model),
        idle_since: slot.idle_since,
        user: slot.agent.id,
    }
}

impl Router {
    /// The best pair that this agent could be part of now.
    pub(crate) fn best_item_for(&self, user: UserId, now: Timestamp) -> Option<Pair> {
        let slot = self.agents.get(&user).filter(|slot| slot.is_free())?;
        let direct = slot
            .direct
            .iter()
            .filter_map(|place| self.items.get(&place.item))
            .find(|item| may_serve(slot, item, None, now));
        if let Some(item) = direct {
            return Some(pair(slot, item, None));
        }
        let in_queues = slot.agent.memberships.iter().filter_map(|(queue, membership)| {
            let line = self.queues.get(queue)?;
            let item = line
                .waiting
                .iter()
                .filter_map(|place| self.items.get(&place.item))
                .find(|item| may_serve(slot, item, Some(*membership), now))?;
            Some(pair(slot, item, Some((line, *membership))))
        });
        in_queues.min()
    }

    /// The best pair that this item could be part of now, with somebody other than `but`.
    pub(crate) fn best_agent_for(&self, item: ItemId, but: Option<UserId>, now: Timestamp) -> Option<Pair> {
        let item = self.items.get(&item)?;
        let queue = match item.item.target {
            Target::Agent(user) => {
                let slot = self.agents.get(&user).filter(|slot| slot.is_free() && but != Some(user))?;
                return may_serve(slot, item, None, now).then(|| pair(slot, item, None));
            }
            Target::Queue(queue) => queue,
        };
        let line = self.queues.get(&queue)?;
        // In the order of the free list the first to fit is the best, unless a model or a preference says otherwise.
        let first_is_best = item.item.preferred.is_none()
            && matches!(line.queue.model, Model::LongestIdle | Model::LeastActive | Model::MostAvailable);
        let mut best: Option<Pair> = None;
        for (priority, _, user) in &line.free {
            if best.is_some_and(|best| first_is_best || best.membership_priority < *priority) {
                break;
            }
            let Some((slot, membership)) = self.agents.get(user).zip(line.members.get(user)) else {
                continue;
            };
            if but != Some(*user) && may_serve(slot, item, Some(*membership), now) {
                let found = pair(slot, item, Some((line, *membership)));
                best = Some(best.map_or(found, |best| best.min(found)));
            }
        }
        best
    }

    /// Whether anybody at work, free or not, could still take the item without being asked a second time.
    pub(crate) fn somebody_is_left(&self, item: &ItemSlot, now: Timestamp) -> bool {
        let could = |slot: &AgentSlot, membership: Option<Membership>| {
            slot.takes_work() && may_serve(slot, item, membership, now)
        };
        match item.item.target {
            Target::Agent(user) => self.agents.get(&user).is_some_and(|slot| could(slot, None)),
            Target::Queue(queue) => self.queues.get(&queue).is_some_and(|line| {
                line.members.iter().any(|(user, membership)| {
                    self.agents.get(user).is_some_and(|slot| could(slot, Some(*membership)))
                })
            }),
        }
    }
}
