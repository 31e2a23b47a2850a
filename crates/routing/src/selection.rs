//! Selection: which pair of a waiting item and a free agent comes first.
//!
//! All orders are total and end in a unique id, so there are no ties and no dice.
//! Of several possible pairs the one with the smallest item key is made, among its agents the one with the smallest
//! agent key, and so on until no pair is left. The item key starts with the agent's own priority for the queue, and before
//! it stands what gives way to customers: a colleague's request when colleagues have had their share, and always a message.

use std::cmp::Reverse;

use terms::{Timestamp, UserId};

use crate::{
    ItemId, Membership, Model, Router, Step, Target, WorkKind,
    capacity::Lane,
    line::{FreeKey, ItemSlot, Line},
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

/// What comes after whom, in all of an agent's queues together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum GivesWay {
    Nobody,
    /// A colleague's request, and colleagues have had their share: after every customer.
    Customers,
    /// A message: nobody holds a line for it.
    All,
}

impl GivesWay {
    fn of(kind: WorkKind, favours_customers: bool) -> Self {
        match kind {
            WorkKind::Voicemail => GivesWay::All,
            WorkKind::Consult if favours_customers => GivesWay::Customers,
            WorkKind::Consult | WorkKind::Customer | WorkKind::Callback | WorkKind::Transfer => {
                GivesWay::Nobody
            }
        }
    }
}

/// A possible pair; the smallest of all is made first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Pair {
    gives_way: GivesWay,
    /// 0 for an item that waits for this person.
    pub(crate) membership_priority: u32,
    pub(crate) place: Place,
    not_preferred: bool,
    pub(crate) model: Reverse<i64>,
    idle_since: Timestamp,
    pub(crate) user: UserId,
}

impl Pair {
    fn free_key(&self) -> FreeKey {
        FreeKey { priority: self.membership_priority, idle_since: self.idle_since, user: self.user }
    }
}

/// Whether nothing but skill keeps the agent from the item: it is theirs, they did not refuse it, they see it by now.
fn is_open_to(item: &ItemSlot, user: UserId, membership: Option<Membership>, now: Timestamp) -> bool {
    if item.refused_by.contains(&user) || item.item.excluded.contains(&user) {
        return false;
    }
    match item.item.target {
        Target::Agent(target) => target == user,
        Target::Queue(_) => membership.is_some_and(|m| now - item.item.activated_at >= m.delay_ms),
    }
}

/// Whether the agent, were they free, may get the item; the queue's part comes as the membership.
pub(crate) fn may_serve(
    slot: &AgentSlot,
    item: &ItemSlot,
    membership: Option<Membership>,
    now: Timestamp,
) -> bool {
    let load = item.item.load;
    is_open_to(item, slot.agent.id, membership, now)
        && slot.agent.channels.contains(&load.channel)
        && load.fits_into(slot.agent.capacity)
        && (matches!(item.item.target, Target::Agent(_))
            || item.current_step().is_none_or(|step| step.accepts(&slot.agent)))
}

/// The model's preference for the agent: more is better.
/// Of the pool that the item needs; whoever is free for voice uses nothing of it.
fn model_preference(model: Model, slot: &AgentSlot, item: &ItemSlot) -> i64 {
    let (pool, step) = (item.item.load.pool, item.current_step());
    let used = i64::from(slot.used.of(pool));
    match model {
        Model::LongestIdle => 0,
        Model::LeastActive => -used,
        Model::MostAvailable => i64::from(slot.agent.capacity.of(pool)) - used,
        Model::BestSkill => step.map_or(0, |step| i64::from(step.levels(&slot.agent))),
        Model::FewestSkills => -i64::try_from(slot.agent.skills.len()).unwrap_or(i64::MAX),
    }
}

fn pair(slot: &AgentSlot, item: &ItemSlot, line: Option<(&Line, Membership)>, now: Timestamp) -> Pair {
    let model = line.map_or(0, |(line, _)| model_preference(line.queue.model, slot, item));
    let favours_customers = line.is_some_and(|(line, _)| line.favours_customers(now));
    Pair {
        gives_way: GivesWay::of(item.item.kind, favours_customers),
        membership_priority: line.map_or(slot.agent.direct_priority, |(_, membership)| membership.priority),
        place: item.place,
        not_preferred: item.item.preferred != Some(slot.agent.id),
        model: Reverse(model),
        idle_since: slot.idle_since,
        user: slot.agent.id,
    }
}

fn smaller(best: Option<Pair>, found: Pair) -> Option<Pair> {
    Some(best.map_or(found, |best| best.min(found)))
}

impl Router {
    /// The best pair that this agent could be part of now.
    pub(crate) fn best_item_for(&self, user: UserId, now: Timestamp) -> Option<Pair> {
        let slot = self.agents.get(&user).filter(|slot| slot.listed.is_some())?;
        let direct = slot
            .direct
            .iter()
            .filter_map(|place| self.items.get(&place.item))
            .find(|item| slot.can_take(item.item.load) && may_serve(slot, item, None, now));
        let mut best: Option<Pair> = direct.map(|item| pair(slot, item, None, now));
        for (queue, membership) in &slot.agent.memberships {
            let is_before = |best: Pair| {
                best.gives_way == GivesWay::Nobody && best.membership_priority < membership.priority
            };
            if best.is_some_and(is_before) {
                continue;
            }
            let Some(line) = self.queues.get(queue) else { continue };
            let first = |among: &dyn Fn(WorkKind) -> bool| {
                let item = self.first_in_line_for(slot, line, *membership, among, now)?;
                Some(pair(slot, item, Some((line, *membership)), now))
            };
            let found = if line.favours_customers(now) {
                // Messages stand behind colleagues' requests in every line.
                first(&|kind| !matches!(kind, WorkKind::Consult | WorkKind::Voicemail))
                    .or_else(|| first(&|kind| kind == WorkKind::Consult))
                    .or_else(|| first(&|kind| kind == WorkKind::Voicemail))
            } else {
                first(&|_| true)
            };
            best = found.map_or(best, |found| smaller(best, found));
        }
        best
    }

    /// The first item in line, among these kinds, that the agent may serve.
    fn first_in_line_for<'a>(
        &'a self,
        slot: &AgentSlot,
        line: &'a Line,
        membership: Membership,
        among: &dyn Fn(WorkKind) -> bool,
        now: Timestamp,
    ) -> Option<&'a ItemSlot> {
        let mut first: Option<&ItemSlot> = None;
        let lanes = slot.lanes();
        let suits = self.index.suits(slot.group);
        let named = |step: &Step| step.agents.is_empty() || step.agents.contains(&slot.agent.id);
        for lane in Lane::ALL.into_iter().filter(|lane| lanes[lane.index()]) {
            for (class, head, places) in line.classes[lane.index()].among(suits) {
                let behind = |place: &Place| first.is_some_and(|first| first.place <= *place);
                // Only what stands before the best so far is looked at.
                if behind(&head) || !self.index.step(class).is_some_and(named) {
                    continue;
                }
                let before = places.iter().take_while(|place| !behind(place));
                let open = before.filter_map(|place| self.items.get(&place.item)).find(|item| {
                    among(item.item.kind)
                        && is_open_to(item, slot.agent.id, Some(membership), now)
                        && (lane == Lane::Voice || slot.can_take(item.item.load))
                });
                first = open.map(|item| &**item).or(first);
            }
        }
        first
    }

    /// The best pair that this item could be part of now, with somebody other than `but`.
    pub(crate) fn best_agent_for(&self, item: ItemId, but: Option<UserId>, now: Timestamp) -> Option<Pair> {
        let item = self.items.get(&item)?;
        let load = item.item.load;
        let queue = match item.item.target {
            Target::Agent(user) => {
                let slot = self.agents.get(&user).filter(|slot| slot.can_take(load) && but != Some(user))?;
                return may_serve(slot, item, None, now).then(|| pair(slot, item, None, now));
            }
            Target::Queue(queue) => queue,
        };
        let line = self.queues.get(&queue)?;
        let with = |user: UserId| {
            let slot = self.agents.get(&user).filter(|slot| slot.can_take(load) && but != Some(user))?;
            let membership = line.members.get(&user)?.membership;
            let at = Some((line, membership));
            self.serves(slot, item, membership, now).then(|| pair(slot, item, at, now))
        };
        let named = item.current_step().map(|step| &step.agents).filter(|agents| !agents.is_empty());
        if let Some(agents) = named {
            return agents.iter().filter_map(|user| with(*user)).min();
        }
        let mut best = item.item.preferred.and_then(with);
        let lane = load.lane();
        let by_idleness = match line.queue.model {
            Model::LongestIdle => true,
            Model::LeastActive => lane == Lane::Voice,
            Model::MostAvailable | Model::BestSkill | Model::FewestSkills => false,
        };
        // Beside voice two agents of a group may have different room left.
        let uneven =
            lane != Lane::Voice && matches!(line.queue.model, Model::LeastActive | Model::MostAvailable);
        let free = &line.free[lane.index()];
        for (head, group) in free.heads() {
            // Nobody behind this head can be better: not by priority, and not by idleness where that is all.
            let beaten = best.is_some_and(|best| {
                best.membership_priority < head.priority || (by_idleness && best.beats_all_from(head))
            });
            if beaten {
                break;
            }
            if self.index.fits(item.class, group) {
                let mut open = free.of(group).filter_map(|key| with(key.user));
                let found = if uneven { open.min() } else { open.next() };
                best = found.map_or(best, |found| smaller(best, found));
            }
        }
        best
    }

    /// The pair as it weighs now, whether or not it is possible.
    pub(crate) fn pair_of(&self, item: ItemId, user: UserId, now: Timestamp) -> Option<Pair> {
        let item = self.items.get(&item)?;
        let slot = self.agents.get(&user)?;
        Some(match item.item.target {
            Target::Agent(_) => pair(slot, item, None, now),
            Target::Queue(queue) => {
                let line = self.queues.get(&queue)?;
                pair(slot, item, Some((line, line.members.get(&user)?.membership)), now)
            }
        })
    }

    /// Whether anybody at work, free or not, could still take the item without being asked a second time.
    pub(crate) fn somebody_is_left(&self, item: &ItemSlot, now: Timestamp) -> bool {
        match item.item.target {
            Target::Agent(user) => {
                let could = |slot: &AgentSlot| slot.takes_work() && may_serve(slot, item, None, now);
                self.agents.get(&user).is_some_and(could)
            }
            Target::Queue(queue) => self.queues.get(&queue).is_some_and(|line| {
                let skilled = line.members.iter().filter(|(_, m)| self.index.fits(item.class, m.group));
                let could = |slot: &AgentSlot, membership: Membership| {
                    slot.takes_work() && self.serves(slot, item, membership, now)
                };
                let mut slots = skilled.filter_map(|(user, m)| Some((self.agents.get(user)?, m.membership)));
                slots.any(|(slot, membership)| could(slot, membership))
            }),
        }
    }

    /// `may_serve` for a member of the queue that the item waits in, by the table instead of skill by skill.
    fn serves(&self, slot: &AgentSlot, item: &ItemSlot, membership: Membership, now: Timestamp) -> bool {
        let named = |step: &Step| step.agents.is_empty() || step.agents.contains(&slot.agent.id);
        self.index.fits(item.class, slot.group)
            && is_open_to(item, slot.agent.id, Some(membership), now)
            && item.item.load.fits_into(slot.agent.capacity)
            && item.current_step().is_none_or(named)
    }
}

impl Pair {
    /// Under a model that looks at idleness only: better than anybody with this key or a later one.
    fn beats_all_from(&self, head: FreeKey) -> bool {
        let preferred_here = !self.not_preferred && self.membership_priority <= head.priority;
        preferred_here || (self.not_preferred && self.free_key() <= head)
    }
}
