//! Decisions at scale: 10,000 agents, 50,000 waiting items, more than 1,000 skill sets.
//!
//! Gate: at least 50,000 decisions a second on one core, 99 of 100 inputs within 100 µs.
//! A decision is an offer: a pair chosen, named, its timer armed and the runner-up found. The time of all inputs counts, also
//! of those that lead to none: answers, ends and arrivals.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use routing::{
    Agent, Decision, Input, Membership, Queue, Router, SkillLevel, Status, StatusKind, Step, Target, WorkItem,
};
use terms::{ConversationId, OfferId, PresenceStatusId, QueueId, SkillId, Timestamp, UserId};

const AGENTS: u64 = 10_000;
const ITEMS: u64 = 50_000;
const QUEUES: u64 = 20;
const SKILLS: u64 = 40;
/// Different sets of skills among the agents, and of demands among the items.
const SKILL_SETS: u64 = 1_200;
const DEMANDS: u64 = 1_500;
const TURNS: usize = 60_000;

struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

fn skill(n: u64) -> SkillId {
    SkillId::from_number(u128::from(n))
}
fn queue(n: u64) -> QueueId {
    QueueId::from_number(u128::from(n) + 1)
}

fn some_agent(dice: &mut Dice, n: u64) -> Agent {
    let mut agent = Agent::new(UserId::from_number(u128::from(n) + 1));
    let set = &mut Dice(dice.below(SKILL_SETS));
    for _ in 0..1 + set.below(3) {
        agent.skills.insert(skill(set.below(SKILLS)), u8::try_from(1 + set.below(5)).unwrap());
    }
    for _ in 0..1 + dice.below(4) {
        let membership = Membership {
            priority: u32::try_from(1 + dice.below(3)).unwrap(),
            delay_ms: if dice.below(5) == 0 { 15_000 } else { 0 },
        };
        agent.memberships.insert(queue(dice.below(QUEUES)), membership);
    }
    agent
}

fn some_item(dice: &mut Dice, n: u64, now: Timestamp) -> WorkItem {
    let target = Target::Queue(queue(dice.below(QUEUES)));
    let mut item = WorkItem::new(ConversationId::from_number(u128::from(n) + 1), target, now);
    item.prio = Some(u32::try_from(4 + dice.below(3)).unwrap());
    item.boost_ms = i64::try_from(dice.below(60)).unwrap() * 1000;
    let wanted = |dice: &mut Dice| SkillLevel {
        skill: skill(dice.below(SKILLS)),
        min: u8::try_from(1 + dice.below(4)).unwrap(),
    };
    let demand = &mut Dice(dice.below(DEMANDS));
    let all = (0..1 + demand.below(2)).map(|_| wanted(demand)).collect();
    let any = vec![wanted(demand), wanted(demand)];
    item.steps = vec![
        Step { all, expiry_ms: Some(600_000), ..Step::default() },
        Step { any, expiry_ms: None, ..Step::default() },
    ];
    item
}

/// What the router offers now, oldest offer last.
#[derive(Default)]
struct Measured {
    spent: Vec<Duration>,
    offers: Vec<(OfferId, UserId, ConversationId)>,
    made: usize,
}

impl Measured {
    fn give(&mut self, router: &mut Router, input: &Input, now: Timestamp) {
        let start = Instant::now();
        let decisions = router.handle(input, now);
        self.spent.push(start.elapsed());
        for decision in &decisions {
            if let Decision::Offered { offer, user, item, .. } = decision {
                self.offers.push((*offer, *user, item.0));
                self.made += 1;
            }
        }
    }

    fn report(&mut self, what: &str) -> Duration {
        let all: Duration = self.spent.iter().sum();
        self.spent.sort_unstable();
        let at = |part: usize| self.spent[(self.spent.len() - 1) * part / 100];
        let inputs = self.spent.len();
        println!(
            "{what}: {inputs} inputs, {} offers in {all:?}; {:.0} inputs/s, {:.0} offers/s, p50 {:?}, p99 {:?}, max {:?}",
            self.made,
            inputs as f64 / all.as_secs_f64(),
            self.made as f64 / all.as_secs_f64(),
            at(50),
            at(99),
            at(100)
        );
        *self = Self { offers: std::mem::take(&mut self.offers), ..Self::default() };
        all / u32::try_from(inputs.max(1)).unwrap()
    }
}

/// What the tests' oracle does for an agent who is free: every item is weighed.
fn naive_best<'a>(
    agent: &Agent,
    items: &'a BTreeMap<ConversationId, WorkItem>,
    now: Timestamp,
) -> Option<&'a WorkItem> {
    let may = |item: &&WorkItem| {
        let Target::Queue(queue) = item.target else { return false };
        agent.memberships.get(&queue).is_some_and(|membership| now - item.activated_at >= membership.delay_ms)
            && item.steps.first().is_none_or(|step| step.accepts(agent))
    };
    let key = |item: &&WorkItem| {
        let Target::Queue(queue) = item.target else { return None };
        let priority = agent.memberships.get(&queue)?.priority;
        Some((priority, item.prio, item.prio2, item.enqueued_at.ms() - item.boost_ms, item.id))
    };
    items.values().filter(may).min_by_key(key)
}

/// Resident memory of this process in MiB (Linux).
fn resident_mib() -> u64 {
    let text = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages: u64 = text.split(' ').nth(1).and_then(|field| field.parse().ok()).unwrap_or(0);
    pages * 4 / 1024
}

fn main() {
    // `cargo test --all-targets` starts benches too; only `cargo bench` says so.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let mut dice = Dice(7);
    let mut router = Router::new();
    let mut now = Timestamp::from_ms(0);
    let mut measured = Measured::default();
    let before_mib = resident_mib();
    for n in 0..QUEUES {
        router.handle(&Input::QueueUpserted(Queue { push_ms: 3_600_000, ..Queue::new(queue(n)) }), now);
    }
    let online = Status { id: PresenceStatusId::from_number(1), kind: StatusKind::Online };
    for n in 0..AGENTS {
        let agent = some_agent(&mut dice, n);
        let user = agent.id;
        measured.give(&mut router, &Input::AgentUpserted(agent), now);
        router.handle(&Input::ReachabilityChanged { user, reachable: true }, now);
        router.handle(&Input::PresenceSet { user, status: online }, now);
    }
    measured.report("agents come");

    let mut came = 0;
    while came < ITEMS + AGENTS {
        now = now.plus_ms(1);
        let item = some_item(&mut dice, came, now);
        measured.give(&mut router, &Input::Enqueued(item), now);
        came += 1;
    }
    measured.report("calls come, agents idle, then none");

    println!("resident with everybody waiting: {} MiB, before anybody came {before_mib} MiB", resident_mib());
    let mut calls = Vec::new();
    for _ in 0..TURNS {
        now = now.plus_ms(1);
        // Each turn an offer is answered or declined, a call ends, and a new one comes.
        if let Some(at) = usize::try_from(dice.below(measured.offers.len().max(1) as u64)).ok()
            && at < measured.offers.len()
        {
            let (offer, user, root) = measured.offers.swap_remove(at);
            if dice.below(10) == 0 {
                measured.give(&mut router, &Input::Declined { offer, reason: None }, now);
            } else {
                measured.give(&mut router, &Input::Answered { offer }, now);
                calls.push((user, root));
            }
        }
        if calls.len() > 5_000 || measured.offers.is_empty() {
            let at = usize::try_from(dice.below(calls.len() as u64)).unwrap();
            let (user, root) = calls.swap_remove(at);
            measured.give(&mut router, &Input::CallEnded { user, root, wrap_up_ms: None }, now);
            let item = some_item(&mut dice, came, now);
            came += 1;
            measured.give(&mut router, &Input::Enqueued(item), now);
        }
    }
    let waiting: usize = (0..QUEUES).map(|n| router.waiting(queue(n)).len()).sum();
    println!("in line (waiting and ringing): {waiting}");
    let of_router = measured.report("steady state");

    let mut items = BTreeMap::new();
    for n in came..came + ITEMS {
        let item = some_item(&mut dice, n, now);
        items.insert(item.id.0, item);
    }
    let agents: Vec<Agent> = (0..200).map(|n| some_agent(&mut dice, n)).collect();
    let start = Instant::now();
    let found =
        agents.iter().filter(|agent| naive_best(agent, &items, now.plus_ms(60_000)).is_some()).count();
    let naive = start.elapsed() / 200;
    println!(
        "a naive scan for one agent: {naive:?} ({found} of 200 found work); the router's mean input is {:.0} times as fast",
        naive.as_secs_f64() / of_router.as_secs_f64()
    );
}
