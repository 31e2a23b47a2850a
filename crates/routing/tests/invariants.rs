//! What stays true whatever happens: a long seeded run, and random worlds that proptest can shrink.
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

mod support;

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use routing::{
    CallbackPrompt, Decision, Input, ItemId, PromptState, Router, StatusKind, Step, Target, Token, WorkItem,
};
use support::world::{Act, World};
use terms::{CallbackPromptId, OfferId, QueueId, Timestamp, UserId};

/// Follows one run from outside and remembers what must not be broken.
#[derive(Default)]
struct Witness {
    accepted: BTreeSet<OfferId>,
    seen: BTreeSet<OfferId>,
    /// Items as they came, with the number of their arrival.
    items: BTreeMap<ItemId, (u64, WorkItem)>,
    came_at: BTreeMap<ItemId, Timestamp>,
    /// Items that somebody refused once, which takes them out of the first-come order.
    refused: BTreeSet<ItemId>,
    /// What items without steps of their own get from their queue.
    queue_steps: BTreeMap<QueueId, Vec<Step>>,
    arrivals: u64,
    offers: usize,
    prompts: BTreeMap<CallbackPromptId, PromptState>,
    prompt_moves: usize,
}

impl Witness {
    fn comes(&mut self, input: &Input, decisions: &[Decision], now: Timestamp) {
        if let Input::QueueUpserted(queue) = input {
            self.queue_steps.insert(queue.id, queue.steps.clone());
        }
        let Input::Enqueued(item) = input else { return };
        let mut item = item.clone();
        if let Target::Queue(queue) = item.target
            && item.steps.is_empty()
        {
            item.steps = self.queue_steps.get(&queue).cloned().unwrap_or_default();
        }
        if decisions.iter().any(|decision| matches!(decision, Decision::Refused(_))) {
            return;
        }
        let arrival = self.items.get(&item.id).map_or(self.arrivals, |known| known.0);
        self.arrivals += 1;
        self.came_at.insert(item.id, now);
        self.items.insert(item.id, (arrival, item));
    }

    fn sees(&mut self, router: &Router, decisions: &[Decision], now: Timestamp) {
        for decision in decisions {
            match decision {
                Decision::PromptChanged(prompt) => self.prompts_moved(prompt),
                Decision::Offered { offer, item, user, .. } => {
                    self.offers += 1;
                    assert!(self.seen.insert(*offer), "an offer id was made twice");
                    self.first_come_first_served(router, *item, *user, decisions);
                }
                Decision::Accepted { offer, item, .. } => {
                    assert!(self.accepted.insert(*offer), "an offer was accepted twice");
                    self.items.remove(item);
                }
                Decision::Declined { item, .. }
                | Decision::Missed { item, .. }
                | Decision::Revoked { item, .. } => {
                    self.refused.insert(*item);
                }
                Decision::Cancelled { item } | Decision::Overflowed { item, .. } => {
                    self.items.remove(item);
                }
                Decision::StepReached { item, step } => self.relaxes_on_time(*item, *step, now),
                _ => {}
            }
        }
        router.check(now).unwrap();
        router.check_touched(decisions).unwrap();
    }

    /// The table of ROUTING's prompt machine: from where each state may come.
    fn prompts_moved(&mut self, prompt: &CallbackPrompt) {
        use PromptState::*;
        let from = self.prompts.insert(prompt.id, prompt.state);
        let may = match prompt.state {
            Offered => matches!(from, None | Some(Snoozed)),
            Snoozed | Declined if from == Some(Recalling) => prompt.state == Declined,
            Snoozed | Declined => matches!(from, Some(Offered | Snoozed)),
            Accepted => matches!(from, Some(Offered | Snoozed | Ready | RequesterBusy | Recalling)),
            Ready => from == Some(Accepted),
            RequesterBusy => from == Some(Ready),
            Recalling => matches!(from, Some(Ready | RequesterBusy)),
            Connected => from == Some(Recalling),
            Completed => from == Some(Connected),
            Expired => matches!(from, Some(Offered | Recalling)),
            Cancelled => from.is_some_and(PromptState::is_live),
            Failed => from.is_some_and(|from| !from.is_over()),
        };
        assert!(may, "{} went from {from:?} to {:?}", prompt.id, prompt.state);
        self.prompt_moves += usize::from(matches!(prompt.state, Connected | Expired | Completed));
    }

    /// Invariant 6.
    fn relaxes_on_time(&self, item: ItemId, step: u32, now: Timestamp) {
        let Some((_, work)) = self.items.get(&item) else { return };
        let past = &work.steps[..usize::try_from(step).unwrap()];
        let due = work.activated_at.plus_ms(past.iter().map(|step| step.expiry_ms.unwrap()).sum());
        // Only what was over before the item came is made up for, and at once.
        let came = self.came_at[&item];
        assert!(due == now || (due < came && now == came), "{item}: due {due:?}, reached {now:?}");
    }

    /// Invariant 5: of two items alike the earlier is offered no later.
    fn first_come_first_served(&self, router: &Router, item: ItemId, to: UserId, decisions: &[Decision]) {
        let Some((arrival, work)) = self.items.get(&item) else { return };
        let Target::Queue(queue) = work.target else { return };
        let since = |work: &WorkItem| work.enqueued_at.plus_ms(-work.boost_ms);
        for waiting in router.waiting(queue).iter().filter(|waiting| waiting.offered_to.is_none()) {
            let Some((other_arrival, other)) = self.items.get(&waiting.item) else { continue };
            let alike = other.prio == work.prio
                && other.prio2 == work.prio2
                && other.boost_ms == work.boost_ms
                && other.load == work.load
                && other.kind == work.kind
                && other.steps == work.steps
                // With one step time only widens the circle; with more it may also close it.
                && other.steps.len() <= 1
                && other.activated_at <= work.activated_at
                && !other.excluded.contains(&to);
            let earlier = (since(other), *other_arrival) < (since(work), *arrival);
            let untouched = !self.refused.contains(&waiting.item)
                && !decisions.iter().any(|decision| decision.item() == Some(waiting.item));
            assert!(!(alike && earlier && untouched), "{item} was offered before {}", waiting.item);
        }
    }
}

/// One run: returns every input with its decisions, for replay.
fn run(
    seed: u64,
    acts: usize,
    punctual: bool,
    witness: &mut Witness,
) -> Vec<(Act, Timestamp, Vec<Decision>)> {
    let mut world = World::new(seed, 3 + seed % 6, 1 + seed % 3);
    world.prompts = seed.is_multiple_of(2);
    let mut router = Router::new();
    let mut log = Vec::new();
    let mut now = Timestamp::from_ms(5_000_000);
    let mut queue: Vec<Act> = world.opening();
    queue.reverse();
    while log.len() < acts {
        let act = match queue.pop() {
            Some(act) => act,
            None => {
                let next = now.plus_ms(i64::try_from(world.dice.below(8)).unwrap() * 500);
                match router.deadline().filter(|due| punctual && *due <= next) {
                    Some(due) => {
                        now = now.max(due);
                        Act::Handle(Input::Tick)
                    }
                    None => {
                        now = next;
                        world.act(&router, now)
                    }
                }
            }
        };
        let decisions = perform(&mut router, &act, now);
        world.learn(&decisions);
        if let Act::Handle(input) = &act {
            witness.comes(input, &decisions, now);
        }
        if punctual {
            witness.sees(&router, &decisions, now);
        } else {
            // A claim runs no timers, so what was due before it may still be open after it.
            let settled = matches!(act, Act::Handle(_));
            assert!(!settled || router.check(now).is_ok(), "{:?} after {act:?}", router.check(now));
        }
        log.push((act, now, decisions));
    }
    log
}

fn perform(router: &mut Router, act: &Act, now: Timestamp) -> Vec<Decision> {
    match act {
        Act::Handle(input) => router.handle(input, now),
        Act::Claim(user, root, kind) => router.claim(*user, *root, *kind, now).unwrap_or_default(),
    }
}

#[test]
fn all_invariants_hold_after_each_of_120000_inputs() {
    let (mut offers, mut prompts) = (0, 0);
    for seed in 0..60 {
        let mut witness = Witness::default();
        run(seed, 2_000, true, &mut witness);
        offers += witness.offers;
        prompts += witness.prompt_moves;
    }
    assert!(offers > 5_000, "only {offers} offers were made");
    assert!(prompts > 500, "only {prompts} prompts came to an end by call or time");
}

#[test]
fn late_ticks_break_nothing() {
    for seed in 1_000..1_020 {
        run(seed, 1_000, false, &mut Witness::default());
    }
}

#[test]
fn a_replay_gives_the_same_bytes_even_through_json() {
    let log = run(77, 3_000, true, &mut Witness::default());
    let mut router = Router::new();
    for (act, now, decisions) in log {
        let act = match act {
            Act::Handle(input) => {
                let text = serde_json::to_string(&input).unwrap();
                Act::Handle(serde_json::from_str(&text).unwrap())
            }
            claim @ Act::Claim(..) => claim,
        };
        let again = perform(&mut router, &act, now);
        assert_eq!(serde_json::to_string(&again).unwrap(), serde_json::to_string(&decisions).unwrap());
        assert_eq!(
            serde_json::from_str::<Vec<Decision>>(&serde_json::to_string(&again).unwrap()).unwrap(),
            again
        );
    }
}

#[test]
fn nobody_unwilling_or_busy_is_ever_rung() {
    for seed in 200..230 {
        let mut world = World::new(seed, 5, 2);
        let mut router = Router::new();
        let mut now = Timestamp::from_ms(0);
        for act in world.opening() {
            perform(&mut router, &act, now);
        }
        for _ in 0..600 {
            now = now.plus_ms(500);
            world.learn(&router.handle(&Input::Tick, now));
            let before: BTreeMap<UserId, Token> =
                router.agents().map(|view| (view.user, view.token)).collect();
            let act = world.act(&router, now);
            let decisions = perform(&mut router, &act, now);
            world.learn(&decisions);
            let offered: Vec<UserId> = decisions
                .iter()
                .filter_map(|decision| match decision {
                    Decision::Offered { user, item, .. } if world.is_voice(*item) => Some(*user),
                    _ => None,
                })
                .collect();
            for user in offered {
                let view = router.agent(user).unwrap();
                assert!(view.reachable && view.status.kind == StatusKind::Online, "{view:?}");
                let set_free = decisions.iter().any(|decision| {
                    decision.user() == Some(user) && !matches!(decision, Decision::Offered { .. })
                }) || matches!(&act, Act::Handle(Input::CallEnded { user: ended, .. }) if *ended == user);
                let was = before.get(&user).copied().unwrap_or_default();
                assert!(was == Token::None || set_free, "{user} was rung while {was:?}");
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn any_world_keeps_the_invariants(seed in any::<u64>(), acts in 20usize..400, punctual in any::<bool>()) {
        run(seed, acts, punctual, &mut Witness::default());
    }

    /// Invariant 11: with boosts up to B a call is overtaken only by calls that come within B after it.
    #[test]
    fn a_boost_overtakes_no_further_than_its_length(
        boosts in proptest::collection::vec((0i64..60_000, 0i64..20_000), 2..30),
    ) {
        let most = boosts.iter().map(|one| one.0).max().unwrap_or(0);
        let queue = QueueId::from_number(1);
        let mut router = Router::new();
        router.handle(&Input::QueueUpserted(routing::Queue::new(queue)), Timestamp::from_ms(0));
        let mut now = 0;
        let mut came = BTreeMap::new();
        for (n, (boost, gap)) in boosts.iter().enumerate() {
            now += gap;
            let at = Timestamp::from_ms(now);
            let mut item = WorkItem::new(support::world::conversation(n as u64), Target::Queue(queue), at);
            item.boost_ms = *boost;
            came.insert(item.id, at);
            router.handle(&Input::Enqueued(item), at);
        }
        let line: Vec<Timestamp> = router.waiting(queue).iter().map(|waiting| came[&waiting.item]).collect();
        for (place, mine) in line.iter().enumerate() {
            for ahead in &line[..place] {
                prop_assert!(*ahead - *mine <= most);
            }
        }
    }
}
