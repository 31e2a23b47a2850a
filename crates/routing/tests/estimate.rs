//! How far the estimated wait is from the true one, by the router itself on a virtual clock.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::print_stdout, unreachable_pub)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::as_conversions)]

mod support;

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap},
};

use routing::{
    Agent, Decision, Input, ItemId, Membership, Queue, Router, Status, StatusKind, Target, WorkItem,
};
use support::Dice;
use terms::{ConversationId, PresenceStatusId, QueueId, Timestamp, UserId};

const QUEUE: QueueId = QueueId::from_number(1);
const AGENTS: u128 = 10;
const HANDLE_MS: f64 = 180_000.0;
const LOAD: f64 = 0.95;
const CALLS: u128 = 20_000;

fn exponential_ms(dice: &mut Dice, mean_ms: f64) -> i64 {
    let uniform = (dice.next() >> 11) as f64 / (1u64 << 53) as f64;
    (-mean_ms * (1.0 - uniform).ln()) as i64
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    Arrives(u128),
    Ends(UserId, ConversationId),
}

#[derive(Default)]
struct Errors {
    calls: i64,
    estimated_ms: i64,
    waited_ms: i64,
    absolute_ms: i64,
}

/// Who waits is estimated as they come, and the answer is looked up when they are answered.
fn run(seed: u64) -> Errors {
    let mut dice = Dice(seed);
    let mut router = Router::new();
    let start = Timestamp::from_ms(0);
    router.handle(&Input::QueueUpserted(Queue::new(QUEUE)), start);
    for user in (1..=AGENTS).map(UserId::from_number) {
        let mut agent = Agent::new(user);
        agent.memberships.insert(QUEUE, Membership::default());
        router.handle(&Input::AgentUpserted(agent), start);
        router.handle(&Input::ReachabilityChanged { user, reachable: true }, start);
        let status = Status { id: PresenceStatusId::from_number(1), kind: StatusKind::Online };
        router.handle(&Input::PresenceSet { user, status }, start);
    }
    let between_ms = HANDLE_MS / (AGENTS as f64 * LOAD);
    let mut due = BinaryHeap::from([Reverse((start, Due::Arrives(1)))]);
    let mut waiting: BTreeMap<ItemId, (Timestamp, i64)> = BTreeMap::new();
    let mut errors = Errors::default();
    while let Some(Reverse((now, what))) = due.pop() {
        let decisions = match what {
            Due::Arrives(n) => {
                if n < CALLS {
                    let next = now.plus_ms(exponential_ms(&mut dice, between_ms));
                    due.push(Reverse((next, Due::Arrives(n + 1))));
                }
                let call = ConversationId::from_number(n);
                let decisions =
                    router.handle(&Input::Enqueued(WorkItem::new(call, Target::Queue(QUEUE), now)), now);
                if decisions.is_empty()
                    && let Some(estimate) = router.estimated_wait_ms(ItemId(call))
                {
                    waiting.insert(ItemId(call), (now, estimate));
                }
                decisions
            }
            Due::Ends(user, root) => router.handle(&Input::CallEnded { user, root, wrap_up_ms: None }, now),
        };
        for decision in decisions {
            let Decision::Offered { offer, item, user, .. } = decision else { continue };
            if let Some((since, estimate)) = waiting.remove(&item) {
                let waited = now - since;
                errors.calls += 1;
                errors.estimated_ms += estimate;
                errors.waited_ms += waited;
                errors.absolute_ms += (estimate - waited).abs();
            }
            router.handle(&Input::Answered { offer }, now);
            let end = now.plus_ms(exponential_ms(&mut dice, HANDLE_MS).max(1));
            due.push(Reverse((end, Due::Ends(user, item.0))));
        }
    }
    errors
}

#[test]
fn the_estimate_is_right_in_the_mean_and_near_in_the_single_case() {
    let found = run(1);
    let mean = |sum: i64| sum as f64 / found.calls as f64 / 1000.0;
    let (estimated, waited, absolute) =
        (mean(found.estimated_ms), mean(found.waited_ms), mean(found.absolute_ms));
    println!(
        "| {} | {estimated:.1} s | {waited:.1} s | {:+.1} s | {absolute:.1} s |",
        found.calls,
        estimated - waited
    );
    assert!(found.calls > 5_000, "{} calls waited", found.calls);
    assert!((estimated / waited - 1.0).abs() < 0.1, "estimated {estimated:.1} s, waited {waited:.1} s");
    assert!(absolute < waited * 0.6, "off by {absolute:.1} s of {waited:.1} s");
}
