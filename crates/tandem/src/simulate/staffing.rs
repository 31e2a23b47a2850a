//! Staffing what-if: the same day many times over, and what its figures may be expected to be.

use std::collections::BTreeMap;

use serde::Serialize;
use simulation::{
    dice::{Dice, float},
    floor::{Outcome, Plan, Tally, run},
    statistics::Sample,
};

use super::scenario::Scenario;

/// A mean over all days and half the width of its 95 % confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Estimate {
    pub mean: f64,
    pub plus_minus: f64,
}

#[derive(Clone, Debug, Serialize)]
pub struct Line {
    /// `queue` or `agents`.
    pub of: &'static str,
    pub name: String,
    pub figures: BTreeMap<&'static str, Estimate>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Forecast {
    pub scenario: String,
    pub days: u64,
    pub seed: u64,
    pub service_level_seconds: f64,
    pub lines: Vec<Line>,
}

type Samples = BTreeMap<(usize, &'static str), Sample>;

/// Runs the day `days` times; `progress` hears how many are done.
pub fn forecast(
    scenario: &Scenario,
    plan: &Plan,
    days: u64,
    seed: u64,
    progress: &mut dyn FnMut(u64, u64),
) -> Forecast {
    let mut seeds = Dice::new(seed);
    let (mut of_queues, mut of_agents) = (Samples::new(), Samples::new());
    for day in 0..days {
        progress(day, days);
        let outcome = run(plan, seeds.seed());
        add_queues(plan, &outcome, &mut of_queues);
        add_agents(scenario, &outcome, &mut of_agents);
    }
    progress(days, days);
    let mut lines = Vec::new();
    for (index, queue) in scenario.queues.iter().enumerate() {
        lines.push(line("queue", &queue.name, index, &of_queues));
    }
    for (index, agents) in scenario.agents.iter().enumerate() {
        lines.push(line("agents", &agents.name, index, &of_agents));
    }
    Forecast {
        scenario: scenario.name.clone(),
        days,
        seed,
        service_level_seconds: scenario.service_level_seconds,
        lines,
    }
}

fn line(of: &'static str, name: &str, index: usize, samples: &Samples) -> Line {
    let mine = samples.iter().filter(|((whose, _), sample)| *whose == index && !sample.is_empty());
    let estimate = |sample: &Sample| Estimate { mean: sample.mean(), plus_minus: sample.half_width() };
    let figures = mine.map(|((_, figure), sample)| (*figure, estimate(sample))).collect();
    Line { of, name: name.to_owned(), figures }
}

fn add_queues(plan: &Plan, outcome: &Outcome, samples: &mut Samples) {
    for queue in 0..plan.queues.len() {
        let mut all = Tally::default();
        let callers = plan.callers.iter().zip(&outcome.tallies);
        callers.filter(|(caller, _)| caller.queue == queue).for_each(|(_, tally)| all.add(tally));
        let (offered, answered) = (float(all.offered), float(all.answered));
        let figures = [
            ("offered", offered),
            ("answered", answered),
            ("abandoned", float(all.abandoned)),
            ("overflowed", float(all.overflowed)),
            ("service_level", float(all.answered_within) / offered),
            ("asa_seconds", all.wait_of_answered / answered),
            ("abandon_rate", float(all.abandoned) / offered),
            ("wait_rate", float(all.waited) / offered),
        ];
        for (figure, value) in figures {
            samples.entry((queue, figure)).or_default().add(value);
        }
    }
}

fn add_agents(scenario: &Scenario, outcome: &Outcome, samples: &mut Samples) {
    let mut first = 0;
    for (index, line) in scenario.agents.iter().enumerate() {
        let theirs = first..first + line.count;
        first += line.count;
        let sum = |values: &[f64]| values.get(theirs.clone()).unwrap_or_default().iter().sum::<f64>();
        let (busy, staffed) = (sum(&outcome.busy), sum(&outcome.staffed));
        samples.entry((index, "occupancy")).or_default().add(busy / staffed);
        samples.entry((index, "staffed_hours")).or_default().add(staffed / 3600.0);
    }
}

impl Forecast {
    pub fn csv(&self) -> String {
        let mut text = String::from("of,name,figure,mean,plus_minus\n");
        for line in &self.lines {
            let mut name = line.name.replace('"', "\"\"");
            // A spreadsheet would take such a name for a formula.
            if name.starts_with(['=', '+', '-', '@', '\t', '\r']) {
                name.insert(0, '\'');
            }
            for (figure, Estimate { mean, plus_minus }) in &line.figures {
                text.push_str(&format!("{},\"{name}\",{figure},{mean:.6},{plus_minus:.6}\n", line.of));
            }
        }
        text
    }
}
