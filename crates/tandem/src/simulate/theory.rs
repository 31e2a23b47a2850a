//! The router against theory: cases with exact answers, run on a virtual clock, judged by their own errors.

use std::{collections::BTreeMap, path::Path};

use anyhow::{Context, bail};
use routing::Model;
use simulation::{
    dice::{Dice, float},
    floor::{AgentPlan, CallerPlan, Duration, Length, Outcome, Plan, QueuePlan, Tally, run},
    statistics::Sample,
};

use super::formula::{self, Figures, Skills};

/// Runs that have nothing to do with each other, from which the error is judged.
const RUNS: u64 = 50;
/// Calls of each run that warm it up.
const WARM_UP: u64 = 3_000;
const WITHIN_S: f64 = 20.0;
/// How many standard errors a figure may be off.
pub const SIGMAS: f64 = 4.0;

/// A small call center with an exact answer.
pub enum Shape {
    ErlangC { n: u32, an_hour: f64, handle_s: f64 },
    ErlangA { n: u32, an_hour: f64, handle_s: f64, patience_s: f64 },
    TwoPriorities { n: u32, high: f64, low: f64, handle_s: f64 },
    Skills(Skills),
}

pub struct Case {
    pub name: String,
    pub shape: Shape,
    /// Calls over all runs; near saturation the waits hang together, and more are needed.
    pub calls: u64,
    pub exact: Figures,
}

/// One figure: what theory says, what came out, and how far apart in standard errors.
pub struct Judged {
    pub case: String,
    pub figure: String,
    pub exact: f64,
    pub measured: f64,
    pub error: f64,
    pub sigmas: f64,
}

impl Judged {
    pub fn holds(&self) -> bool {
        self.sigmas.abs() <= SIGMAS
    }
}

impl Case {
    fn new(name: &str, shape: Shape) -> Self {
        let (exact, calls) = match &shape {
            Shape::ErlangC { n, an_hour, handle_s } => {
                (formula::of_erlang_c(*n, *an_hour, *handle_s, WITHIN_S), 1_000_000)
            }
            Shape::ErlangA { n, an_hour, handle_s, patience_s } => {
                (formula::of_erlang_a(*n, *an_hour, *handle_s, *patience_s, WITHIN_S), 200_000)
            }
            Shape::TwoPriorities { n, high, low, handle_s } => {
                (formula::of_two_priorities(*n, *high, *low, *handle_s), 1_000_000)
            }
            Shape::Skills(skills) => (formula::of_skills(skills), 1_000_000),
        };
        Self { name: name.to_owned(), shape, calls, exact }
    }

    fn plan(&self, counted: u64) -> Plan {
        let caller = |rate: f64, handle_s: f64| CallerPlan {
            queue: 0,
            skills: Vec::new(),
            prio: None,
            rates: vec![(f64::MAX, rate)],
            handle: Duration::Exponential { mean_s: handle_s },
            patience_s: None,
            wrap_up_s: 0.0,
            within_s: None,
        };
        let agent = AgentPlan {
            skills: Vec::new(),
            queues: vec![(0, 1).into()],
            shifts: Vec::new(),
            answers_after_s: 0.0,
        };
        let alike = |n: u32| vec![agent.clone(); usize::try_from(n).unwrap_or(usize::MAX)];
        let (callers, agents) = match &self.shape {
            Shape::ErlangC { n, an_hour, handle_s } => (vec![caller(*an_hour, *handle_s)], alike(*n)),
            Shape::ErlangA { n, an_hour, handle_s, patience_s } => {
                let callers = CallerPlan { patience_s: Some(*patience_s), ..caller(*an_hour, *handle_s) };
                (vec![callers], alike(*n))
            }
            Shape::TwoPriorities { n, high, low, handle_s } => {
                let of = |rate, prio| CallerPlan { prio: Some(prio), ..caller(rate, *handle_s) };
                (vec![of(*high, 1), of(*low, 2)], alike(*n))
            }
            Shape::Skills(skills) => {
                let callers = skills.types.iter().enumerate().map(|(index, (_, rate))| CallerPlan {
                    skills: vec![(index, 1)],
                    ..caller(*rate, skills.handle_s)
                });
                let agents = skills.agents.iter().map(|(_, types)| AgentPlan {
                    skills: types.iter().map(|type_| (*type_, 1)).collect(),
                    ..agent.clone()
                });
                (callers.collect(), agents.collect())
            }
        };
        let queue = QueuePlan::plain(Model::LongestIdle, 5);
        let run = Length::Calls { warm_up: WARM_UP, counted };
        Plan { queues: vec![queue], callers, agents, run, within_s: WITHIN_S }
    }

    /// The figures of one run, by the names of the exact ones.
    fn measure(&self, outcome: &Outcome) -> Figures {
        let mut all = Tally::default();
        outcome.tallies.iter().for_each(|tally| all.add(tally));
        let mean =
            |values: &[f64]| values.iter().sum::<f64>() / float(u64::try_from(values.len()).unwrap_or(1));
        let mut figures = figures(&all);
        figures.insert("occupancy".to_owned(), mean(&outcome.occupancy));
        figures.insert("mean_queue".to_owned(), all.wait / outcome.length);
        match &self.shape {
            Shape::TwoPriorities { .. } => {
                for (name, tally) in ["w_high_s", "w_low_s"].iter().zip(&outcome.tallies) {
                    figures.insert((*name).to_owned(), tally.wait / float(tally.offered));
                }
            }
            Shape::Skills(skills) => {
                for ((name, _), tally) in skills.types.iter().zip(&outcome.tallies) {
                    figures.insert(format!("p_wait {name}"), float(tally.waited) / float(tally.offered));
                    figures.insert(format!("ew {name}"), tally.wait / float(tally.offered));
                }
                for ((name, _), part) in skills.agents.iter().zip(&outcome.occupancy) {
                    figures.insert(format!("occupancy {name}"), *part);
                }
            }
            Shape::ErlangC { .. } | Shape::ErlangA { .. } => {}
        }
        figures
    }

    /// Runs the case and judges each of its exact figures.
    pub fn judge(&self, calls: Option<u64>, seed: u64, progress: &mut dyn FnMut(u64, u64)) -> Vec<Judged> {
        let plan = self.plan((calls.unwrap_or(self.calls) / RUNS).max(100));
        let mut samples: BTreeMap<&str, Sample> = BTreeMap::new();
        let mut seeds = Dice::new(seed);
        for number in 0..RUNS {
            progress(number, RUNS);
            let measured = self.measure(&run(&plan, seeds.seed()));
            for name in self.exact.keys() {
                if let Some(value) = measured.get(name) {
                    samples.entry(name).or_default().add(*value);
                }
            }
        }
        progress(RUNS, RUNS);
        let judged = |(name, sample): (&&str, &Sample)| {
            let exact = self.exact.get(*name).copied().unwrap_or(f64::NAN);
            let (measured, error) = (sample.mean(), sample.error());
            let off = measured - exact;
            // Rows of a reference file have eight digits.
            let sigmas = if off.abs() < 1e-7 { 0.0 } else { off / error };
            Judged { case: self.name.clone(), figure: (*name).to_owned(), exact, measured, error, sigmas }
        };
        samples.iter().filter(|(_, sample)| !sample.is_empty()).map(judged).collect()
    }
}

/// Parts and mean seconds; what divides by nothing is left out by whoever samples it.
fn figures(tally: &Tally) -> Figures {
    let offered = float(tally.offered);
    let (answered, abandoned) = (float(tally.answered), float(tally.abandoned));
    let (met, short) = (float(tally.answered_within), float(tally.abandoned_within));
    let list = [
        ("p_wait", float(tally.waited) / offered),
        ("asa_s", tally.wait_of_answered / answered),
        ("ew_all_s", tally.wait / offered),
        ("p_abandon", abandoned / offered),
        ("sl20_offered", met / offered),
        ("sl20_excl_short_ab", met / (offered - short)),
        ("sl20_answered", met / answered),
        ("sl20_ab_as_met", (met + short) / offered),
        ("ab_within_20", short / offered),
        ("mean_time_to_abandon_s", tally.wait_of_abandoned / abandoned),
    ];
    list.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

/// The cases that come with the product; the exact figures are our own formulas'.
pub fn cases() -> Vec<Case> {
    let c = |n, an_hour, handle_s| Shape::ErlangC { n, an_hour, handle_s };
    let a = |n, an_hour, handle_s, patience_s| Shape::ErlangA { n, an_hour, handle_s, patience_s };
    let p = |n, high, low, handle_s| Shape::TwoPriorities { n, high, low, handle_s };
    vec![
        Case::new("C01", c(1, 12.0, 240.0)),
        Case::new("C02", c(5, 60.0, 240.0)),
        Case::new("C03", c(10, 120.0, 270.0)),
        Case::new("C04", c(14, 200.0, 200.0)),
        Case::new("A01", a(1, 20.0, 240.0, 120.0)),
        Case::new("A02", a(5, 80.0, 240.0, 60.0)),
        Case::new("A03", a(10, 120.0, 270.0, 180.0)),
        Case::new("A04", a(10, 160.0, 270.0, 90.0)),
        Case::new("A05", a(14, 200.0, 240.0, 300.0)),
        Case::new("P01", p(1, 5.0, 8.0, 200.0)),
        Case::new("P02", p(5, 20.0, 45.0, 240.0)),
        Case::new("S01_N_small", Shape::Skills(small_n())),
        Case::new("S02_W", Shape::Skills(w())),
    ]
}

fn small_n() -> Skills {
    Skills {
        types: vec![("A", 9.0), ("B", 9.0)],
        agents: vec![("a1", vec![0]), ("a2", vec![0, 1])],
        handle_s: 240.0,
    }
}

fn w() -> Skills {
    Skills {
        types: vec![("A", 10.0), ("B", 14.0), ("C", 8.0)],
        agents: vec![("a1", vec![0]), ("a2", vec![0, 1]), ("a3", vec![1, 2])],
        handle_s: 240.0,
    }
}

/// Cases of a reference file (CSV): with parameters and one figure a column, or `case,metric,who,exact` for the cases
/// whose shape comes with the product.
pub fn read_reference(path: &Path) -> anyhow::Result<Vec<Case>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    let mut lines = text.lines().filter(|line| !line.trim().is_empty());
    let header: Vec<&str> = lines.next().context("the file is empty")?.split(',').map(str::trim).collect();
    let mut by_name: BTreeMap<String, Case> = BTreeMap::new();
    for (number, line) in (2..).zip(lines) {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        if fields.len() != header.len() {
            bail!("{}, line {number}: {} fields under {} names", path.display(), fields.len(), header.len());
        }
        let row: BTreeMap<&str, &str> = header.iter().copied().zip(fields).collect();
        let told = if header == ["case", "metric", "who", "exact"] {
            add_figure(&mut by_name, &row)
        } else {
            add_row(&mut by_name, &row)
        };
        told.with_context(|| format!("{}, line {number}", path.display()))?;
    }
    Ok(by_name.into_values().collect())
}

fn field<'a>(row: &BTreeMap<&str, &'a str>, name: &str) -> anyhow::Result<&'a str> {
    row.get(name).copied().with_context(|| format!("there is no column `{name}`"))
}

fn value(row: &BTreeMap<&str, &str>, name: &str) -> anyhow::Result<f64> {
    let text = field(row, name)?;
    let value: f64 = text.parse().with_context(|| format!("`{name}`: `{text}` is no number"))?;
    if !value.is_finite() || value < 0.0 {
        bail!("`{name}`: `{text}` is no size");
    }
    Ok(value)
}

fn add_figure(cases_read: &mut BTreeMap<String, Case>, row: &BTreeMap<&str, &str>) -> anyhow::Result<()> {
    let name = field(row, "case")?;
    if !cases_read.contains_key(name) {
        let known = cases().into_iter().find(|case| case.name == name);
        let mut case = known.with_context(|| format!("no case `{name}` comes with the product"))?;
        case.exact.clear();
        cases_read.insert(name.to_owned(), case);
    }
    let figure = format!("{} {}", field(row, "metric")?, field(row, "who")?);
    let exact = value(row, "exact")?;
    cases_read.get_mut(name).map(|case| case.exact.insert(figure, exact));
    Ok(())
}

fn add_row(cases_read: &mut BTreeMap<String, Case>, row: &BTreeMap<&str, &str>) -> anyhow::Result<()> {
    let n: u32 = field(row, "n")?.parse().context("`n` is no number of agents")?;
    if n == 0 || n > 10_000 {
        bail!("`n` is {n}");
    }
    let (an_hour, handle_s) = (value(row, "lambda_per_hour")?, value(row, "aht_s")?);
    let shape = match field(row, "model")? {
        "erlang_c" => Shape::ErlangC { n, an_hour, handle_s },
        "erlang_a" => Shape::ErlangA { n, an_hour, handle_s, patience_s: value(row, "patience_s")? },
        "prio2" => Shape::TwoPriorities { n, high: an_hour, low: value(row, "lambda2_per_hour")?, handle_s },
        other => bail!("`{other}` is no model: erlang_c, erlang_a or prio2"),
    };
    let all_an_hour =
        an_hour + row.get("lambda2_per_hour").and_then(|text| text.parse::<f64>().ok()).unwrap_or(0.0);
    if !matches!(shape, Shape::ErlangA { .. }) && all_an_hour * handle_s / 3600.0 >= f64::from(n) {
        bail!("more calls come than {n} agents can serve: there is no steady state");
    }
    let mut case = Case::new(field(row, "case")?, shape);
    case.exact.clear();
    const PARAMETERS: [&str; 9] = [
        "case",
        "model",
        "n",
        "lambda_per_hour",
        "aht_s",
        "patience_s",
        "lambda2_per_hour",
        "offered_erlang",
        "w",
    ];
    for (name, text) in row.iter().filter(|(name, text)| !PARAMETERS.contains(name) && !text.is_empty()) {
        let exact = text.parse().with_context(|| format!("`{name}`: `{text}` is no number"))?;
        case.exact.insert((*name).to_owned(), exact);
    }
    cases_read.insert(case.name.clone(), case);
    Ok(())
}
