//! The router against the naive oracle, decision for decision.
#![allow(clippy::unwrap_used, clippy::expect_used, unreachable_pub)]

mod support;

use std::collections::BTreeMap;

use routing::{Decision, Router};
use support::{
    oracle::{Oracle, row},
    world::{Act, World},
};
use terms::{ConversationId, OfferId, Timestamp, UserId};

struct Pairing {
    router: Router,
    oracle: Oracle,
    offers: BTreeMap<OfferId, (ConversationId, UserId)>,
    offered: usize,
}

impl Pairing {
    fn act(&mut self, world: &mut World, act: &Act, now: Timestamp, what: &str) {
        let open = self.offers.clone();
        let decisions = match act {
            Act::Handle(input) => self.router.handle(input, now),
            Act::Claim(user, root, kind) => self.router.claim(*user, *root, *kind, now).unwrap_or_default(),
        };
        world.learn(&decisions);
        let mut expected = self.oracle.act(act, now, |offer| {
            // An offer whose time is up is stale although the list below still has it.
            let timed_out = decisions.iter().any(
                |decision| matches!(decision, Decision::Missed { offer: missed, .. } if *missed == offer),
            );
            if timed_out { None } else { open.get(&offer).copied() }
        });
        for decision in &decisions {
            match decision {
                Decision::Offered { offer, item, user, .. } => {
                    self.offered += 1;
                    self.offers.insert(*offer, (item.0, *user));
                }
                Decision::Accepted { offer, .. }
                | Decision::Declined { offer, .. }
                | Decision::Revoked { offer, .. }
                | Decision::Missed { offer, .. } => {
                    self.offers.remove(offer);
                }
                _ => {}
            }
        }
        let mut got: Vec<String> = decisions.iter().filter_map(row).collect();
        let offers = |rows: &[String]| -> Vec<String> {
            rows.iter().filter(|row| row.starts_with("offer")).cloned().collect()
        };
        assert_eq!(offers(&got), offers(&expected), "{what} at {now:?}: {act:?}\n{decisions:#?}");
        got.sort();
        expected.sort();
        assert_eq!(got, expected, "{what} at {now:?}: {act:?}\n{decisions:#?}");
        let agree = self.oracle.tokens_agree(|user| self.router.agent(user).map(|view| view.token));
        assert!(agree, "{what}: tokens differ after {act:?}");
    }
}

fn run(seed: u64, acts: usize) -> usize {
    let mut world = World::new(seed, 2 + seed % 5, 1 + seed % 3);
    let mut pairing =
        Pairing { router: Router::new(), oracle: Oracle::default(), offers: BTreeMap::new(), offered: 0 };
    let mut now = Timestamp::from_ms(1_000_000);
    for act in world.opening() {
        pairing.act(&mut world, &act, now, &format!("seed {seed}"));
    }
    for n in 0..acts {
        let next = now.plus_ms(i64::try_from(world.dice.below(6)).unwrap() * 500);
        while let Some(due) = pairing.router.deadline().filter(|due| *due <= next) {
            now = due;
            pairing.act(
                &mut world,
                &Act::Handle(routing::Input::Tick),
                now,
                &format!("seed {seed}, act {n}"),
            );
        }
        now = next;
        let act = world.act(&pairing.router, now);
        pairing.act(&mut world, &act, now, &format!("seed {seed}, act {n}"));
    }
    pairing.offered
}

#[test]
fn the_router_decides_as_the_naive_oracle_does_on_1500_seeds() {
    let offered: usize = (0..1_500).map(|seed| run(seed, 250)).sum();
    assert!(offered > 25_000, "only {offered} offers were compared");
}
