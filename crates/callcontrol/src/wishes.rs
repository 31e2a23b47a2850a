//! Wishes: what a call asks of its agent, as flows, queues and people say it, brought into the router's terms; and who took
//! a customer's last call.

use routing::{SkillLevel, Step, WorkItem};
use terms::{ConversationId, PhoneNumber, QueueId, SkillId, Timestamp, UserId};
use voicecall::{Command, Party, Wish, Wishes, Work, WorkTarget};

use crate::{
    flow::{SkillWanted, step::StepWanted},
    organization::ms,
    recover::RoutingFact,
    shard::{Pending, Shard},
};

/// Customers whose last agent is remembered; whose time ends first is forgotten.
const LAST_AGENTS_MAX: usize = 20_000;

/// Who took a customer's last call in a queue.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LastAgent {
    user: UserId,
    until: Timestamp,
}

pub(crate) type LastAgents = std::collections::BTreeMap<(QueueId, PhoneNumber), LastAgent>;

/// Skills that are asked for only so long become steps; without any of these the plain skills say it all.
pub(crate) fn relaxing(skills: &[SkillWanted]) -> Vec<Wish> {
    let drop_ms = |wanted: &SkillWanted| wanted.drop_after_seconds.map(ms);
    let mut times: Vec<i64> = skills.iter().filter_map(drop_ms).collect();
    times.sort_unstable();
    times.dedup();
    let asked = |until: Option<i64>| {
        let left =
            skills.iter().filter(|wanted| drop_ms(wanted).is_none_or(|at| until.is_some_and(|t| at >= t)));
        left.map(|wanted| (wanted.skill_id, wanted.level)).collect::<Vec<_>>()
    };
    let mut from = 0;
    let mut steps = Vec::new();
    for until in &times {
        steps.push(Wish { all: asked(Some(*until)), expiry_ms: Some(until - from), ..Wish::default() });
        from = *until;
    }
    let for_ever = asked(None);
    if !times.is_empty() && !for_ever.is_empty() {
        steps.push(Wish { all: for_ever, ..Wish::default() });
    }
    steps
}

/// Steps as a flow names them.
pub(crate) fn steps_of(steps: &[StepWanted]) -> Vec<Wish> {
    let levels = |wanted: &[SkillWanted]| wanted.iter().map(|one| (one.skill_id, one.level)).collect();
    let wish = |step: &StepWanted| Wish {
        all: levels(&step.all),
        any: levels(&step.any),
        not: levels(&step.not),
        agents: step.agents.clone(),
        expiry_ms: step.expiry_seconds.map(ms),
    };
    steps.iter().map(wish).collect()
}

fn step_of(wish: &Wish) -> Step {
    let levels = |wanted: &[(SkillId, u8)]| {
        wanted.iter().map(|(skill, min)| SkillLevel { skill: *skill, min: *min }).collect()
    };
    Step {
        all: levels(&wish.all),
        any: levels(&wish.any),
        not: levels(&wish.not),
        agents: wish.agents.iter().copied().collect(),
        expiry_ms: wish.expiry_ms,
    }
}

impl Shard {
    /// What the work asks for, as the router takes it: its own steps, else its skills for as long as it waits, else the
    /// queue's. The preferred agent goes first, and for a while alone, unless they are not at work.
    pub(crate) fn ask_for(&self, item: &mut WorkItem, work: &Work) {
        item.steps = work.wishes.steps.iter().map(step_of).collect();
        if item.steps.is_empty() && !work.skills.is_empty() {
            item.steps = vec![step_of(&Wish { all: work.skills.clone(), ..Wish::default() })];
        }
        item.preferred = work.wishes.preferred;
        let alone = work.wishes.preferred_ms.filter(|ms| *ms > 0);
        let (Some(user), Some(ms), WorkTarget::Queue(queue)) = (item.preferred, alone, work.target) else {
            return;
        };
        if self.is_away(user) || !self.serves(user, queue) {
            return;
        }
        if item.steps.is_empty() {
            item.steps =
                self.organization.queues.get(&queue).map(|row| row.steps.clone()).unwrap_or_default();
        }
        let first = Step { agents: [user].into(), expiry_ms: Some(ms), ..Step::default() };
        item.steps.insert(0, first);
    }

    fn serves(&self, user: UserId, queue: QueueId) -> bool {
        let row = self.organization.users.get(&user);
        row.is_some_and(|row| row.queues.iter().any(|member| member.queue == queue))
    }

    /// A customer begins to wait: where the queue says so, whoever they talked to last goes first.
    pub(crate) fn last_agent_goes_first(&mut self, id: ConversationId, queue: QueueId, now: Timestamp) {
        let Some(number) = self.customers_number(id) else { return };
        if self.organization.queues.get(&queue).is_none_or(|row| row.waiting.last_agent_ms.is_none()) {
            return;
        }
        let known = self.last_agents.get(&(queue, number)).filter(|last| last.until > now);
        if let Some(last) = known {
            // Before the router hears of the work, or somebody else is rung for it at once.
            self.pending.push_front(Pending::Prefers(id, last.user));
        }
    }

    /// Unless somebody is preferred already, or the work has moved on.
    pub(crate) fn prefer(&mut self, id: ConversationId, user: UserId, now: Timestamp) {
        let work = self.owned.get(&id).and_then(|o| o.conversation.work());
        let Some(work) = work.filter(|work| work.wishes.preferred.is_none()) else { return };
        let WorkTarget::Queue(queue) = work.target else { return };
        let preferred_ms = self.organization.queues.get(&queue).map(|row| row.waiting.last_agent_wait_ms);
        let wishes = Wishes { preferred: Some(user), preferred_ms, ..work.wishes };
        self.flow_command(id, Command::Wish { wishes }, now);
    }

    /// This agent talks to a customer of one of their queues.
    pub(crate) fn note_last_agent(&mut self, id: ConversationId, user: UserId, now: Timestamp) {
        let Some(queue) = self.owned.get(&id).and_then(|o| o.conversation.queue()) else { return };
        let rules = self.organization.queues.get(&queue);
        let Some(ms) = rules.and_then(|row| row.waiting.last_agent_ms) else { return };
        let Some(number) = self.customers_number(id) else { return };
        let until = now.plus_ms(ms);
        self.append_routing(&RoutingFact::LastAgent { queue, number: number.clone(), user, until }, now);
        self.keep_last_agent(queue, number, user, until);
    }

    fn keep_last_agent(&mut self, queue: QueueId, number: PhoneNumber, user: UserId, until: Timestamp) {
        self.last_agents.insert((queue, number), LastAgent { user, until });
        if self.last_agents.len() > LAST_AGENTS_MAX {
            let first =
                self.last_agents.iter().min_by_key(|(_, last)| last.until).map(|(key, _)| key.clone());
            first.and_then(|key| self.last_agents.remove(&key));
        }
    }

    /// Facts that say who is still remembered.
    pub(crate) fn kept_last_agents(&self, now: Timestamp) -> Vec<RoutingFact> {
        let kept = self.last_agents.iter().filter(|(_, last)| last.until > now);
        kept.map(|((queue, number), last)| RoutingFact::LastAgent {
            queue: *queue,
            number: number.clone(),
            user: last.user,
            until: last.until,
        })
        .collect()
    }

    /// For rebuilding after a restart.
    pub(crate) fn restore_last_agent(&mut self, fact: &RoutingFact) {
        if let RoutingFact::LastAgent { queue, number, user, until } = fact {
            self.keep_last_agent(*queue, number.clone(), *user, *until);
        }
    }

    fn customers_number(&self, id: ConversationId) -> Option<PhoneNumber> {
        match self.owned.get(&id)?.conversation.legs().first()?.party.clone() {
            Party::Number(number) => number,
            Party::User(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(skill: u128, level: u8, drop_after_seconds: Option<f64>) -> SkillWanted {
        SkillWanted { skill_id: SkillId::from_number(skill), level, drop_after_seconds }
    }
    /// Skills with levels, and for how long.
    type Told = (Vec<(u128, u8)>, Option<i64>);

    fn told(steps: &[Wish]) -> Vec<Told> {
        let skills =
            |wish: &Wish| wish.all.iter().map(|(skill, level)| (skill.0.as_u128(), *level)).collect();
        steps.iter().map(|wish| (skills(wish), wish.expiry_ms)).collect()
    }

    #[test]
    fn additional_skills_are_dropped_one_after_another_and_counted_from_the_beginning() {
        let steps = relaxing(&[wanted(1, 3, None), wanted(2, 5, Some(60.0)), wanted(3, 1, Some(20.0))]);
        let expected = [
            (vec![(1, 3), (2, 5), (3, 1)], Some(20_000)),
            (vec![(1, 3), (2, 5)], Some(40_000)),
            (vec![(1, 3)], None),
        ];
        assert_eq!(told(&steps), expected);
    }

    #[test]
    fn when_every_skill_is_dropped_any_member_will_do() {
        assert_eq!(told(&relaxing(&[wanted(1, 3, Some(30.0))])), [(vec![(1, 3)], Some(30_000))]);
        assert!(relaxing(&[wanted(1, 3, None)]).is_empty(), "the plain skills say that");
    }
}
