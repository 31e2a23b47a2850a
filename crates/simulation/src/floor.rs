//! A call center on a virtual clock: callers, agents and the product's own router between them.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, VecDeque},
};

use routing::{
    Agent, Decision, Input, ItemId, Membership, Model, Overflow, Queue, Router, SkillLevel, Status,
    StatusKind, Step, Target, WorkItem,
};
use terms::{ConversationId, OfferId, PresenceStatusId, QueueId, SkillId, Timestamp, UserId};

use crate::dice::{Dice, whole};

/// How long something takes.
#[derive(Clone, Copy, Debug)]
pub enum Duration {
    Exponential { mean_s: f64 },
    LogNormal { mean_s: f64, variation: f64 },
}

#[derive(Clone, Debug)]
pub struct QueuePlan {
    pub model: Model,
    pub prio: u32,
    pub max_wait_s: Option<f64>,
    /// So many may wait; the next one overflows at once.
    pub max_size: Option<u32>,
    /// What every call of the queue asks for; skills are numbered by [`skill`], agents by [`agent`].
    pub steps: Vec<Step>,
}

impl QueuePlan {
    /// Of a queue that anybody serves and nobody is turned away from.
    pub fn plain(model: Model, prio: u32) -> Self {
        Self { model, prio, max_wait_s: None, max_size: None, steps: Vec::new() }
    }
}

/// How the skill at this place of a plan is called in the router.
pub fn skill(place: usize) -> SkillId {
    SkillId::from_number(number(place))
}

/// How the agent at this place of a plan is called in the router.
pub fn agent(place: usize) -> UserId {
    UserId::from_number(number(place))
}

/// Callers who want the same.
#[derive(Clone, Debug)]
pub struct CallerPlan {
    pub queue: usize,
    /// Skill and level.
    pub skills: Vec<(usize, u8)>,
    pub prio: Option<u32>,
    /// Until when (seconds), so many an hour; the last holds on.
    pub rates: Vec<(f64, f64)>,
    pub handle: Duration,
    pub patience_s: Option<f64>,
    pub wrap_up_s: f64,
    /// The service level's threshold where it is another than the plan's.
    pub within_s: Option<f64>,
}

/// A queue that an agent serves.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Serves {
    pub queue: usize,
    pub priority: u32,
    /// How long a call waits before this agent sees it.
    pub delay_s: f64,
}

impl From<(usize, u32)> for Serves {
    fn from((queue, priority): (usize, u32)) -> Self {
        Self { queue, priority, delay_s: 0.0 }
    }
}

#[derive(Clone, Debug)]
pub struct AgentPlan {
    pub skills: Vec<(usize, u8)>,
    pub queues: Vec<Serves>,
    /// From and to, in seconds; empty means always.
    pub shifts: Vec<(f64, f64)>,
    /// How long the phone rings before the agent answers.
    pub answers_after_s: f64,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub queues: Vec<QueuePlan>,
    pub callers: Vec<CallerPlan>,
    pub agents: Vec<AgentPlan>,
    pub run: Length,
    /// The service level's threshold.
    pub within_s: f64,
}

#[derive(Clone, Copy, Debug)]
pub enum Length {
    /// So many calls are counted, after so many that warm up.
    Calls { warm_up: u64, counted: u64 },
    /// Calls come until then, and all are served; agents' times are counted until then.
    Until { seconds: f64 },
}

/// What became of the callers of one plan.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub offered: u64,
    pub waited: u64,
    pub answered: u64,
    pub abandoned: u64,
    /// Left the queue because they waited too long.
    pub overflowed: u64,
    pub answered_within: u64,
    pub abandoned_within: u64,
    /// Seconds.
    pub wait_of_answered: f64,
    pub wait_of_abandoned: f64,
    pub wait: f64,
}

#[derive(Clone, Debug, Default)]
pub struct Outcome {
    pub tallies: Vec<Tally>,
    /// Part of its time at work that each agent spent with calls and wrap-up.
    pub occupancy: Vec<f64>,
    /// Seconds at work.
    pub staffed: Vec<f64>,
    pub busy: Vec<f64>,
    /// Seconds of the counted time.
    pub length: f64,
    pub decisions: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Comes(usize),
    LosesPatience(u64),
    Answers(OfferId),
    HangsUp(u64),
    Starts(usize),
    Goes(usize),
}

#[derive(Clone, Copy, Debug)]
struct Caller {
    plan: usize,
    came: i64,
    counted: bool,
    agent: Option<UserId>,
    over: bool,
}

/// No push time-out comes between the router and the theory.
const PUSH_MS: i64 = 1_000_000_000_000;

pub struct Floor<'a> {
    plan: &'a Plan,
    dice: Dice,
    router: Router,
    now: i64,
    events: BinaryHeap<Reverse<(i64, u64, Event)>>,
    made: u64,
    callers: BTreeMap<u64, Caller>,
    came: u64,
    open: u64,
    outcome: Outcome,
    /// Where the counted time begins and ends.
    window: (i64, i64),
    /// Since when each agent is with a call.
    busy_since: BTreeMap<UserId, i64>,
}

fn ms(seconds: f64) -> i64 {
    whole(seconds * 1000.0)
}
#[allow(clippy::as_conversions, clippy::cast_precision_loss, reason = "far below 2^53")]
fn seconds(ms: i64) -> f64 {
    ms as f64 / 1000.0
}
fn number(index: usize) -> u128 {
    u128::try_from(index).unwrap_or(u128::MAX).saturating_add(1)
}
fn index_of(id: u128) -> usize {
    usize::try_from(id.saturating_sub(1)).unwrap_or(usize::MAX)
}
fn online() -> Status {
    Status { id: PresenceStatusId::from_number(1), kind: StatusKind::Online }
}
fn offline() -> Status {
    Status { id: PresenceStatusId::from_number(2), kind: StatusKind::Offline }
}

impl Duration {
    fn draw(self, dice: &mut Dice) -> i64 {
        match self {
            Duration::Exponential { mean_s } => dice.exponential_ms(mean_s * 1000.0),
            Duration::LogNormal { mean_s, variation } => dice.lognormal_ms(mean_s * 1000.0, variation),
        }
        .max(1)
    }
}

/// One run of a plan, with these dice.
pub fn run(plan: &Plan, seed: u64) -> Outcome {
    let mut floor = Floor {
        plan,
        dice: Dice::new(seed),
        router: Router::new(),
        now: 0,
        events: BinaryHeap::new(),
        made: 0,
        callers: BTreeMap::new(),
        came: 0,
        open: 0,
        outcome: Outcome {
            tallies: vec![Tally::default(); plan.callers.len()],
            staffed: vec![0.0; plan.agents.len()],
            busy: vec![0.0; plan.agents.len()],
            ..Outcome::default()
        },
        window: (0, i64::MAX),
        busy_since: BTreeMap::new(),
    };
    floor.opens();
    floor.goes_on();
    floor.closes()
}

impl Floor<'_> {
    fn at(&mut self, at: i64, event: Event) {
        self.made += 1;
        self.events.push(Reverse((at, self.made, event)));
    }

    fn opens(&mut self) {
        for (index, queue) in self.plan.queues.iter().enumerate() {
            let mut made = Queue::new(QueueId::from_number(number(index)));
            made.model = queue.model;
            made.prio = queue.prio;
            made.push_ms = PUSH_MS;
            made.max_wait_ms = queue.max_wait_s.map(ms);
            made.max_size = queue.max_size;
            made.steps.clone_from(&queue.steps);
            made.overflow = Overflow::HangUp;
            self.give(&Input::QueueUpserted(made));
        }
        for (index, agent) in self.plan.agents.iter().enumerate() {
            let user = UserId::from_number(number(index));
            let mut made = Agent::new(user);
            made.skills = agent.skills.iter().map(|(place, level)| (skill(*place), *level)).collect();
            let membership = |serves: &Serves| {
                let membership = Membership { priority: serves.priority, delay_ms: ms(serves.delay_s) };
                (QueueId::from_number(number(serves.queue)), membership)
            };
            made.memberships = agent.queues.iter().map(membership).collect();
            self.give(&Input::AgentUpserted(made));
            self.give(&Input::ReachabilityChanged { user, reachable: true });
            if agent.shifts.is_empty() {
                self.give(&Input::PresenceSet { user, status: online() });
            }
            for (from, to) in &agent.shifts {
                self.at(ms(*from), Event::Starts(index));
                self.at(ms(*to), Event::Goes(index));
            }
        }
        for plan in 0..self.plan.callers.len() {
            self.next_comes(plan);
        }
        if let Length::Calls { warm_up, .. } = self.plan.run
            && warm_up > 0
        {
            self.window.0 = i64::MAX;
        }
        if let Length::Until { seconds } = self.plan.run {
            self.window.1 = ms(seconds);
        }
    }

    /// A Poisson process whose rate changes: what falls into a time of another rate is drawn again from its start.
    fn next_comes(&mut self, plan: usize) {
        let rates = &self.plan.callers[plan].rates;
        let mut from = self.now;
        loop {
            let part = rates
                .iter()
                .position(|(until, _)| from < ms(*until))
                .unwrap_or(rates.len().saturating_sub(1));
            let Some((until, an_hour)) = rates.get(part).copied() else { return };
            let last = part + 1 == rates.len();
            let next = if an_hour > 0.0 {
                from.saturating_add(self.dice.exponential_ms(3_600_000.0 / an_hour))
            } else {
                i64::MAX
            };
            if next < ms(until) || (last && an_hour > 0.0) {
                if !self.too_late(next) {
                    self.at(next, Event::Comes(plan));
                }
                return;
            }
            if last {
                return;
            }
            from = ms(until);
        }
    }

    fn too_late(&self, at: i64) -> bool {
        matches!(self.plan.run, Length::Until { seconds } if at >= ms(seconds))
    }

    fn goes_on(&mut self) {
        while !self.is_done() {
            let due = self.router.deadline().map(|due| due.ms());
            let next = self.events.peek().map(|Reverse((at, ..))| *at);
            match (due, next) {
                (Some(due), next) if next.is_none_or(|next| due <= next) && due < PUSH_MS / 2 => {
                    self.now = self.now.max(due);
                    self.give(&Input::Tick);
                }
                (_, Some(_)) => {
                    let Some(Reverse((at, _, event))) = self.events.pop() else { return };
                    self.now = at;
                    self.happens(event);
                }
                _ => return,
            }
        }
    }

    fn is_done(&self) -> bool {
        match self.plan.run {
            Length::Calls { warm_up, counted } => self.came >= warm_up + counted && self.open == 0,
            Length::Until { seconds } => self.now >= ms(seconds) && self.callers.is_empty(),
        }
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Comes(plan) => self.comes(plan),
            Event::LosesPatience(call) => {
                let waits =
                    self.callers.get(&call).is_some_and(|caller| caller.agent.is_none() && !caller.over);
                if waits {
                    self.leaves(call, false);
                    let item = ItemId(ConversationId::from_number(u128::from(call)));
                    self.give(&Input::Cancelled { item });
                    self.callers.remove(&call);
                }
            }
            Event::Answers(offer) => self.give(&Input::Answered { offer }),
            Event::HangsUp(call) => {
                let Some(caller) = self.callers.remove(&call) else { return };
                let Some(user) = caller.agent else { return };
                let wrap_up = ms(self.plan.callers[caller.plan].wrap_up_s);
                let root = ConversationId::from_number(u128::from(call));
                if wrap_up == 0 {
                    self.is_free(user);
                }
                self.give(&Input::CallEnded { user, root, wrap_up_ms: (wrap_up > 0).then_some(wrap_up) });
            }
            Event::Starts(agent) => {
                let user = UserId::from_number(number(agent));
                self.give(&Input::PresenceSet { user, status: online() });
            }
            Event::Goes(agent) => {
                let user = UserId::from_number(number(agent));
                self.give(&Input::PresenceSet { user, status: offline() });
            }
        }
    }

    fn comes(&mut self, plan: usize) {
        self.came += 1;
        let call = self.came;
        let counted = match self.plan.run {
            Length::Calls { warm_up, counted } => {
                if call == warm_up + 1 {
                    self.window.0 = self.now;
                }
                if call == warm_up + counted {
                    self.window.1 = self.now;
                }
                call > warm_up && call <= warm_up + counted
            }
            Length::Until { .. } => true,
        };
        self.open += u64::from(counted);
        self.outcome.tallies[plan].offered += u64::from(counted);
        self.callers.insert(call, Caller { plan, came: self.now, counted, agent: None, over: false });
        let wants = &self.plan.callers[plan];
        let id = ConversationId::from_number(u128::from(call));
        let target = Target::Queue(QueueId::from_number(number(wants.queue)));
        let mut item = WorkItem::new(id, target, Timestamp::from_ms(self.now));
        item.prio = wants.prio;
        if !wants.skills.is_empty() {
            let level = |(skill, min): &(usize, u8)| SkillLevel {
                skill: SkillId::from_number(number(*skill)),
                min: *min,
            };
            item.steps = vec![Step { all: wants.skills.iter().map(level).collect(), ..Step::default() }];
        }
        if let Some(patience) = wants.patience_s {
            let at = self.now.saturating_add(self.dice.exponential_ms(patience * 1000.0).max(1));
            self.at(at, Event::LosesPatience(call));
        }
        self.next_comes(plan);
        self.give(&Input::Enqueued(item));
    }

    fn give(&mut self, input: &Input) {
        let mut todo: VecDeque<Input> = VecDeque::new();
        let mut next = Some(self.router.handle(input, Timestamp::from_ms(self.now)));
        while let Some(decisions) = next.take() {
            for decision in decisions {
                todo.extend(self.decided(&decision));
            }
            next = todo.pop_front().map(|input| self.router.handle(&input, Timestamp::from_ms(self.now)));
        }
    }

    /// What follows at once from a decision.
    fn decided(&mut self, decision: &Decision) -> Option<Input> {
        match decision {
            Decision::Offered { offer, user, .. } => {
                self.outcome.decisions += 1;
                let agent = index_of(user.0.as_u128());
                let rings = self.plan.agents.get(agent).map_or(0, |agent| ms(agent.answers_after_s));
                if rings == 0 {
                    return Some(Input::Answered { offer: *offer });
                }
                self.at(self.now + rings, Event::Answers(*offer));
                None
            }
            Decision::Accepted { item, user, .. } => {
                let call = u64::try_from(item.0.0.as_u128()).unwrap_or(u64::MAX);
                if let Some(caller) = self.callers.get_mut(&call) {
                    caller.agent = Some(*user);
                    let handle = self.plan.callers[caller.plan].handle;
                    let ends = self.now + handle.draw(&mut self.dice);
                    self.leaves(call, true);
                    self.busy_since.insert(*user, self.now);
                    self.at(ends, Event::HangsUp(call));
                }
                None
            }
            Decision::WrapUpEnded { user, .. } => {
                self.is_free(*user);
                None
            }
            Decision::Overflowed { item, .. } => {
                let call = u64::try_from(item.0.0.as_u128()).unwrap_or(u64::MAX);
                if let Some(caller) = self.callers.remove(&call)
                    && caller.counted
                {
                    self.open -= 1;
                    let tally = &mut self.outcome.tallies[caller.plan];
                    tally.overflowed += 1;
                    tally.wait += seconds(self.now - caller.came);
                    tally.waited += 1;
                }
                None
            }
            _ => None,
        }
    }

    /// The caller's waiting is over, one way or the other.
    fn leaves(&mut self, call: u64, answered: bool) {
        let now = self.now;
        let Some(caller) = self.callers.get_mut(&call) else { return };
        caller.over = true;
        if !caller.counted {
            return;
        }
        self.open -= 1;
        let waited = now - caller.came;
        let within_s = self.plan.callers[caller.plan].within_s.unwrap_or(self.plan.within_s);
        let tally = &mut self.outcome.tallies[caller.plan];
        tally.waited += u64::from(waited > 0);
        tally.wait += seconds(waited);
        let within = u64::from(waited <= ms(within_s));
        if answered {
            tally.answered += 1;
            tally.answered_within += within;
            tally.wait_of_answered += seconds(waited);
        } else {
            tally.abandoned += 1;
            tally.abandoned_within += within;
            tally.wait_of_abandoned += seconds(waited);
        }
    }

    fn is_free(&mut self, user: UserId) {
        let Some(since) = self.busy_since.remove(&user) else { return };
        let (from, to) = (since.max(self.window.0), self.now.min(self.window.1));
        if let Some(busy) = self.outcome.busy.get_mut(index_of(user.0.as_u128())) {
            *busy += seconds((to - from).max(0));
        }
    }

    fn closes(mut self) -> Outcome {
        for user in self.busy_since.keys().copied().collect::<Vec<_>>() {
            self.is_free(user);
        }
        for (index, agent) in self.plan.agents.iter().enumerate() {
            let whole_time = match self.plan.run {
                Length::Calls { .. } => seconds((self.window.1.min(self.now) - self.window.0).max(0)),
                Length::Until { seconds } => seconds,
            };
            let shifts: f64 =
                agent.shifts.iter().map(|(from, to)| (to.min(whole_time) - from).max(0.0)).sum();
            self.outcome.staffed[index] = if agent.shifts.is_empty() { whole_time } else { shifts };
        }
        self.outcome.length = seconds((self.window.1.min(self.now) - self.window.0).max(0));
        let parts = self.outcome.busy.iter().zip(&self.outcome.staffed);
        self.outcome.occupancy =
            parts.map(|(busy, staffed)| if *staffed > 0.0 { busy / staffed } else { 0.0 }).collect();
        self.outcome
    }
}
