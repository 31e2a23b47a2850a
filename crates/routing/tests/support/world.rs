//! A small call centre that does anything at any time, driven by dice.

use std::collections::{BTreeMap, BTreeSet};

use routing::{
    Agent, Capacity, ClaimKind, ConsultRequest, Decision, Input, ItemId, Load, Membership, Model, Overflow,
    Pool, PromptAct, Queue, Rests, Router, ServiceChannel, SkillLevel, Status, StatusKind, Step, Target,
    Token, WorkItem, WorkKind, WrapUp,
};
use terms::{
    CallbackPromptId, ConversationId, OfferId, PresenceStatusId, QueueId, SkillId, Timestamp, UserId,
};

use super::Dice;

/// One call into the router.
#[derive(Clone, Debug)]
#[allow(clippy::large_enum_variant, reason = "a test has a few of them")]
pub enum Act {
    Handle(Input),
    Claim(UserId, ConversationId, ClaimKind),
}

pub struct World {
    pub dice: Dice,
    pub users: u64,
    pub queues: u64,
    made: u64,
    /// Whether colleagues ask for each other.
    pub prompts: bool,
    asked: Vec<CallbackPromptId>,
    /// Whether chats and cases come as well.
    beside_voice: bool,
    /// Work beside voice that somebody has.
    in_hand: Vec<(UserId, ItemId)>,
    loads: BTreeMap<ItemId, Load>,
    /// Offers seen, open or not.
    offers: Vec<OfferId>,
    items: Vec<ItemId>,
}

fn user(n: u64) -> UserId {
    UserId::from_number(u128::from(n) + 1)
}
fn queue(n: u64) -> QueueId {
    QueueId::from_number(u128::from(n) + 1)
}
pub fn conversation(n: u64) -> ConversationId {
    ConversationId::from_number(u128::from(n) + 1)
}
pub fn status(kind: StatusKind) -> Status {
    Status { id: PresenceStatusId::from_number(kind as u128 + 1), kind }
}

impl World {
    pub fn new(seed: u64, users: u64, queues: u64) -> Self {
        Self {
            dice: Dice(seed),
            users,
            queues,
            made: 0,
            prompts: false,
            asked: Vec::new(),
            beside_voice: seed % 3 == 1,
            in_hand: Vec::new(),
            loads: BTreeMap::new(),
            offers: Vec::new(),
            items: Vec::new(),
        }
    }

    /// The organization as it stands before the first call.
    pub fn opening(&mut self) -> Vec<Act> {
        let mut acts: Vec<Act> = (0..self.queues).map(|n| Act::Handle(self.some_queue(n))).collect();
        for n in 0..self.users {
            acts.push(Act::Handle(self.some_agent(n)));
            acts.push(Act::Handle(Input::ReachabilityChanged { user: user(n), reachable: true }));
            acts.push(Act::Handle(Input::PresenceSet { user: user(n), status: status(StatusKind::Online) }));
        }
        acts
    }

    pub fn is_voice(&self, item: ItemId) -> bool {
        self.loads.get(&item).is_none_or(|load| load.channel == ServiceChannel::Voice)
    }

    pub fn learn(&mut self, decisions: &[Decision]) {
        for decision in decisions {
            match decision {
                Decision::Offered { offer, .. } => self.offers.push(*offer),
                Decision::Accepted { user, item, .. }
                    if self.loads.get(item).is_some_and(|load| load.channel != ServiceChannel::Voice) =>
                {
                    self.in_hand.push((*user, *item));
                }
                _ => {}
            }
        }
        let late = self.offers.len().saturating_sub(8);
        self.offers.drain(..late);
    }

    fn some_levels(&mut self, most: u64) -> Vec<SkillLevel> {
        let count = self.dice.below(most + 1);
        (0..count)
            .map(|_| SkillLevel {
                skill: SkillId::from_number(u128::from(self.dice.below(3))),
                min: u8::try_from(1 + self.dice.below(4)).unwrap(),
            })
            .collect()
    }

    fn some_steps(&mut self) -> Vec<Step> {
        let count = self.dice.below(3);
        (0..count)
            .map(|_| Step {
                all: self.some_levels(2),
                any: if self.dice.one_in(3) { self.some_levels(2) } else { vec![] },
                not: if self.dice.one_in(4) { self.some_levels(1) } else { vec![] },
                agents: if self.dice.one_in(6) {
                    BTreeSet::from([self.some_user()])
                } else {
                    BTreeSet::new()
                },
                expiry_ms: (!self.dice.one_in(4)).then(|| i64::try_from(self.dice.below(30)).unwrap() * 1000),
            })
            .collect()
    }

    fn some_user(&mut self) -> UserId {
        user(self.dice.below(self.users))
    }

    fn some_agent(&mut self, n: u64) -> Input {
        let mut agent = Agent::new(user(n));
        for _ in 0..self.dice.below(3) {
            let level = u8::try_from(1 + self.dice.below(5)).unwrap();
            agent.skills.insert(SkillId::from_number(u128::from(self.dice.below(3))), level);
        }
        for _ in 0..=self.dice.below(self.queues) {
            let membership = Membership {
                priority: u32::try_from(1 + self.dice.below(2)).unwrap(),
                delay_ms: if self.dice.one_in(3) { 7_000 } else { 0 },
            };
            agent.memberships.insert(queue(self.dice.below(self.queues)), membership);
        }
        if self.beside_voice {
            agent.channels = match self.dice.below(4) {
                0 => BTreeSet::from([ServiceChannel::Chat]),
                1 => BTreeSet::from([ServiceChannel::Voice]),
                _ => BTreeSet::from([ServiceChannel::Voice, ServiceChannel::Chat, ServiceChannel::Case]),
            };
            let mut units = |most| u32::try_from(self.dice.below(most)).unwrap();
            agent.capacity = Capacity { primary: units(4), interruptible: units(3) };
        }
        agent.direct_priority = u32::try_from(self.dice.below(3)).unwrap();
        agent.missed_before_pause = u32::try_from(self.dice.below(3)).unwrap();
        let mut rest = |ms| if self.dice.one_in(3) { ms } else { 0 };
        agent.rests = Rests { declined_ms: rest(3_100), missed_ms: rest(9_300), failed_ms: rest(1_700) };
        agent.status_on_push_timeout = self.dice.one_in(4).then(|| status(StatusKind::Busy));
        agent.status_on_decline = self.dice.one_in(6).then(|| status(StatusKind::Busy));
        Input::AgentUpserted(agent)
    }

    fn some_queue(&mut self, n: u64) -> Input {
        let models = [
            Model::LongestIdle,
            Model::LeastActive,
            Model::MostAvailable,
            Model::BestSkill,
            Model::FewestSkills,
        ];
        let mut made = Queue::new(queue(n));
        made.model = self.dice.pick(&models).unwrap();
        made.push_ms = [20_000, 5_000][usize::from(self.dice.one_in(2))];
        made.steps = if self.dice.one_in(3) { self.some_steps() } else { vec![] };
        made.max_wait_ms = self.dice.one_in(3).then_some(40_000);
        made.overflow = [Overflow::HangUp, Overflow::Voicemail][usize::from(self.dice.one_in(2))].clone();
        made.wrap_up = self.dice.one_in(2).then_some(WrapUp { ms: 4_000, max_extensions: 1 });
        made.max_size = self.dice.one_in(4).then_some(6);
        // No multiple of the other times: which of two timers was made first is not told here.
        made.internal_share_max = self.dice.one_in(3).then(|| [20, 50][usize::from(self.dice.one_in(2))]);
        made.nobody_ms = self.dice.one_in(3).then_some(4_777);
        Input::QueueUpserted(made)
    }

    fn some_item(&mut self, now: Timestamp) -> Input {
        let id = conversation(self.made);
        self.made += 1;
        let target = if self.dice.one_in(6) {
            Target::Agent(self.some_user())
        } else {
            Target::Queue(queue(self.dice.below(self.queues)))
        };
        let mut item = WorkItem::new(id, target, now);
        if self.beside_voice && !self.dice.one_in(3) {
            item.load = Load {
                channel: if self.dice.one_in(2) { ServiceChannel::Chat } else { ServiceChannel::Case },
                pool: if self.dice.one_in(2) { Pool::Primary } else { Pool::Interruptible },
                weight: u32::try_from(1 + self.dice.below(2)).unwrap(),
            };
        }
        if self.dice.one_in(2) {
            item.prio = Some(u32::try_from(4 + self.dice.below(3)).unwrap());
        }
        item.prio2 = u32::from(self.dice.one_in(5));
        if self.dice.one_in(4) {
            item.kind = WorkKind::Consult;
        }
        item.boost_ms = if self.dice.one_in(4) { 15_000 } else { 0 };
        item.steps = if self.dice.one_in(2) { self.some_steps() } else { vec![] };
        item.preferred = self.dice.one_in(5).then(|| self.some_user());
        if self.dice.one_in(8) {
            item.excluded.insert(self.some_user());
        }
        item.push_ms = self.dice.one_in(5).then_some(3_000);
        item.max_wait_ms = self.dice.one_in(5).then_some(12_000);
        item.overflow = self.dice.one_in(5).then_some(Overflow::Callback);
        item.wrap_up_ms = self.dice.one_in(5).then_some(2_000);
        item.returns = self.dice.one_in(6);
        if self.dice.one_in(12) {
            let earlier = -i64::try_from(self.dice.below(20_000)).unwrap();
            item.enqueued_at = now.plus_ms(earlier);
            item.activated_at = if self.dice.one_in(2) { item.enqueued_at } else { now };
        }
        self.loads.insert(item.id, item.load);
        self.items.push(item.id);
        let late = self.items.len().saturating_sub(40);
        self.items.drain(..late);
        Input::Enqueued(item)
    }

    fn new_terms(&mut self, now: Timestamp) -> Option<Input> {
        let id = self.dice.pick(&self.items.clone())?;
        let Input::Enqueued(mut item) = self.some_item(now) else { return None };
        self.items.pop();
        item.id = id;
        self.loads.insert(id, item.load);
        Some(Input::Enqueued(item))
    }

    fn about_a_prompt(&mut self, router: &Router) -> Input {
        let known = self.dice.pick(&self.asked.clone()).and_then(|id| router.prompt(id).cloned());
        let Some(prompt) = known.filter(|_| !self.dice.one_in(3)) else {
            self.made += 1;
            let prompt = CallbackPromptId::from_number(u128::from(self.made));
            self.asked.push(prompt);
            let late = self.asked.len().saturating_sub(12);
            self.asked.drain(..late);
            let (requester, target) = (self.some_user(), self.some_user());
            // Most ask about the call that they are in.
            let root = match router.agent(requester).map(|view| view.token) {
                Some(Token::Call(root)) => root,
                _ => conversation(self.dice.below(4)),
            };
            return Input::ConsultRequested(ConsultRequest {
                prompt,
                requester,
                target,
                root,
                note: None,
                boost_ms: 0,
            });
        };
        let act = match self.dice.below(8) {
            0..=3 => PromptAct::Accept,
            4 | 5 => PromptAct::Snooze { ms: 5_000 },
            6 => PromptAct::Decline { reason: None },
            _ if self.dice.one_in(3) => return Input::RootEnded { root: prompt.root },
            _ => PromptAct::Cancel,
        };
        let by = if act == PromptAct::Cancel { prompt.requester } else { prompt.target };
        Input::PromptActed { prompt: prompt.id, by, act }
    }

    fn about_a_call(&mut self, router: &Router) -> Act {
        let who = self.some_user();
        let token = router.agent(who).map(|view| view.token);
        let wrap_up_ms = self.dice.one_in(2).then_some(3_000);
        match token {
            Some(Token::Call(root)) => Act::Handle(Input::CallEnded { user: who, root, wrap_up_ms }),
            Some(Token::Acw(_)) if self.dice.one_in(2) => Act::Handle(Input::WrapUpDone { user: who }),
            Some(Token::Acw(root)) if self.dice.one_in(3) => Act::Claim(who, root, ClaimKind::OwnAction),
            Some(Token::Acw(_)) => Act::Handle(Input::WrapUpExtended { user: who, ms: 2_000 }),
            Some(Token::Offer(_) | Token::None) | None if self.dice.one_in(2) => Act::Handle(Input::Tick),
            Some(Token::Offer(_) | Token::None) | None => {
                let kind = if self.dice.one_in(2) { ClaimKind::OwnAction } else { ClaimKind::Rung };
                self.made += 1;
                Act::Claim(who, conversation(self.made - 1), kind)
            }
        }
    }

    /// What happens next; configuration changes are rarer than calls.
    pub fn act(&mut self, router: &Router, now: Timestamp) -> Act {
        if self.prompts && self.dice.one_in(5) {
            return Act::Handle(self.about_a_prompt(router));
        }
        let offer = self.dice.pick(&self.offers.clone());
        let online = [StatusKind::Online; 6];
        let kinds = [online.as_slice(), &[StatusKind::Busy, StatusKind::Dnd, StatusKind::Offline]].concat();
        let input = match (self.dice.below(40), offer) {
            (0..=9, _) => self.some_item(now),
            (10, _) => match self.new_terms(now) {
                Some(input) => input,
                None => Input::Tick,
            },
            (11..=12, _) => match self.dice.pick(&self.items.clone()) {
                Some(item) => Input::Cancelled { item },
                None => Input::Tick,
            },
            (13..=17, Some(offer)) => Input::Answered { offer },
            (18..=20, Some(offer)) => Input::Declined { offer, reason: Some("busy".into()) },
            (21, Some(offer)) => Input::OfferFailed { offer },
            (22..=24, _) if !self.in_hand.is_empty() => {
                let at = usize::try_from(self.dice.below(self.in_hand.len() as u64)).unwrap();
                let (user, item) = self.in_hand.swap_remove(at);
                Input::WorkEnded { user, item }
            }
            (22..=30, _) => return self.about_a_call(router),
            (31..=34, _) => {
                Input::PresenceSet { user: self.some_user(), status: status(self.dice.pick(&kinds).unwrap()) }
            }
            (35, _) => Input::ReachabilityChanged { user: self.some_user(), reachable: !self.dice.one_in(4) },
            (36, _) if self.dice.one_in(2) => {
                let n = self.dice.below(self.users);
                self.some_agent(n)
            }
            (37, _) if self.dice.one_in(4) => {
                let n = self.dice.below(self.queues);
                self.some_queue(n)
            }
            (38, _) if self.dice.one_in(20) => Input::AgentRemoved(self.some_user()),
            (39, _) if self.dice.one_in(20) => Input::QueueRemoved(queue(self.dice.below(self.queues))),
            _ => Input::Tick,
        };
        Act::Handle(input)
    }
}
