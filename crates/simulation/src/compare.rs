//! Two plans, the same days: what each is expected to do, and what the difference is.
//!
//! Every replication plays one day of both plans with one seed. Means have 95 % confidence intervals by Student's t over
//! the replications, which have nothing to do with each other; the difference's is that of the paired differences (Law,
//! *Simulation Modeling and Analysis*, §10.2.1), so days that are busy for both do not blur it.

use std::{collections::BTreeMap, ops::ControlFlow};

use crate::{
    dice::{Dice, float},
    floor::{Outcome, Plan, Tally, run},
    statistics::Sample,
};

/// What is estimated, of each queue and of all together.
pub const FIGURES: [&str; 8] = [
    "offered",
    "answered",
    "abandoned",
    "overflowed",
    "service_level",
    "asa_seconds",
    "abandon_rate",
    "occupancy",
];
/// Those that are parts of a whole.
const PARTS: [&str; 3] = ["service_level", "abandon_rate", "occupancy"];

/// A mean and its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// One figure under both plans; the difference is changed minus base.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Compared {
    pub base: Interval,
    pub changed: Interval,
    pub difference: Interval,
}

/// A figure that no replication could tell (a rate of nothing) is left out.
pub type Figures = BTreeMap<&'static str, Compared>;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// How many days were played; fewer than asked when time ran out.
    pub replications: u64,
    pub whole: Figures,
    /// In the order of the plans' queues.
    pub queues: Vec<Figures>,
}

#[derive(Clone, Debug, Default)]
struct Paired {
    base: Sample,
    changed: Sample,
    difference: Sample,
}

type Samples = BTreeMap<&'static str, Paired>;

/// Plays up to so many days of both plans, which have the same queues; `go_on` hears how many are done and may end it.
pub fn compare(
    base: &Plan,
    changed: &Plan,
    replications: u64,
    seed: u64,
    go_on: &mut dyn FnMut(u64) -> ControlFlow<()>,
) -> Comparison {
    let mut seeds = Dice::new(seed);
    let mut whole = Samples::new();
    let mut queues = vec![Samples::new(); base.queues.len().min(changed.queues.len())];
    let mut done = 0;
    while done < replications && go_on(done).is_continue() {
        let seed = seeds.seed();
        let (first, second) = (run(base, seed), run(changed, seed));
        add(&mut whole, day(base, &first, None), day(changed, &second, None));
        for (queue, samples) in queues.iter_mut().enumerate() {
            add(samples, day(base, &first, Some(queue)), day(changed, &second, Some(queue)));
        }
        done += 1;
    }
    Comparison {
        replications: done,
        whole: estimated(&whole),
        queues: queues.iter().map(estimated).collect(),
    }
}

/// The figures of one day, in the order of [`FIGURES`]; of one queue, or of all.
fn day(plan: &Plan, outcome: &Outcome, queue: Option<usize>) -> [f64; 8] {
    let mut all = Tally::default();
    let callers = plan.callers.iter().zip(&outcome.tallies);
    callers
        .filter(|(caller, _)| queue.is_none_or(|queue| caller.queue == queue))
        .for_each(|(_, tally)| all.add(tally));
    let serves = |agent: usize| {
        queue.is_none_or(|queue| plan.agents[agent].queues.iter().any(|serves| serves.queue == queue))
    };
    let sum = |values: &[f64]| -> f64 {
        values.iter().enumerate().filter(|(agent, _)| serves(*agent)).map(|(_, value)| *value).sum()
    };
    let (offered, answered) = (float(all.offered), float(all.answered));
    [
        offered,
        answered,
        float(all.abandoned),
        float(all.overflowed),
        float(all.answered_within) / offered,
        all.wait_of_answered / answered,
        float(all.abandoned) / offered,
        sum(&outcome.busy) / sum(&outcome.staffed),
    ]
}

fn add(samples: &mut Samples, base: [f64; 8], changed: [f64; 8]) {
    for (name, (base, changed)) in FIGURES.into_iter().zip(base.into_iter().zip(changed)) {
        let paired = samples.entry(name).or_default();
        paired.base.add(base);
        paired.changed.add(changed);
        paired.difference.add(changed - base);
    }
}

fn estimated(samples: &Samples) -> Figures {
    let known = samples.iter().filter(|(_, paired)| !paired.difference.is_empty());
    let compared = |(name, paired): (&&'static str, &Paired)| {
        let (least, most) = match PARTS.contains(name) {
            true => (0.0, 1.0),
            false => (0.0, f64::INFINITY),
        };
        let compared = Compared {
            base: interval(&paired.base, least, most),
            changed: interval(&paired.changed, least, most),
            difference: interval(&paired.difference, f64::NEG_INFINITY, f64::INFINITY),
        };
        (*name, compared)
    };
    known.map(compared).collect()
}

/// No further than the figure can go.
fn interval(sample: &Sample, least: f64, most: f64) -> Interval {
    let (mean, half) = (sample.mean(), sample.half_width());
    Interval { mean, low: (mean - half).max(least), high: (mean + half).min(most) }
}
