//! A staffing scenario as people write it (JSON), and the plan it makes. Unknown fields are refused.

use std::collections::BTreeMap;

use anyhow::{Context, bail};
use routing::Model;
use serde::{Deserialize, Serialize};

use simulation::floor::{AgentPlan, CallerPlan, Duration, Length, Plan, QueuePlan};

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    pub name: String,
    /// Local times, `HH:MM`.
    pub open: String,
    pub close: String,
    #[serde(default = "twenty")]
    pub service_level_seconds: f64,
    pub queues: Vec<QueueLine>,
    pub calls: Vec<CallsLine>,
    pub agents: Vec<AgentsLine>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QueueLine {
    pub name: String,
    #[serde(default)]
    pub model: Model,
    #[serde(default = "five")]
    pub priority: u32,
    pub max_wait_seconds: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallsLine {
    pub queue: String,
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    pub priority: Option<u32>,
    pub arrivals: Vec<Arrivals>,
    pub handle: Handle,
    /// Mean; exponential. Without one nobody gives up.
    pub patience_seconds: Option<f64>,
    #[serde(default)]
    pub wrap_up_seconds: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Arrivals {
    pub from: String,
    pub to: String,
    pub per_hour: f64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handle {
    pub mean_seconds: f64,
    /// Coefficient of variation of a log-normal; without one it is exponential.
    pub variation: Option<f64>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentsLine {
    pub name: String,
    pub count: usize,
    /// Queue and the priority they serve it with.
    pub queues: BTreeMap<String, u32>,
    #[serde(default)]
    pub skills: BTreeMap<String, u8>,
    pub shifts: Vec<Shift>,
    #[serde(default)]
    pub answer_seconds: f64,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Shift {
    pub from: String,
    pub to: String,
}

fn twenty() -> f64 {
    20.0
}
fn five() -> u32 {
    5
}

const AGENTS_MAX: usize = 10_000;
const A_DAY_CALLS_MAX: f64 = 1_000_000.0;

/// Seconds since midnight.
fn clock(text: &str) -> anyhow::Result<f64> {
    let parts = text.split_once(':').with_context(|| format!("`{text}` is no time: write HH:MM"))?;
    let (hours, minutes): (u32, u32) =
        (parts.0.parse().ok().unwrap_or(99), parts.1.parse().ok().unwrap_or(99));
    if hours > 24 || minutes > 59 || (hours == 24 && minutes > 0) {
        bail!("`{text}` is no time: write HH:MM");
    }
    Ok(f64::from(hours * 3600 + minutes * 60))
}

fn size(what: &str, value: f64) -> anyhow::Result<f64> {
    if value.is_finite() && value >= 0.0 { Ok(value) } else { bail!("{what} is {value}") }
}

impl Scenario {
    pub fn read(text: &str) -> anyhow::Result<Self> {
        serde_json::from_str(text).context("the scenario cannot be read")
    }

    fn queue(&self, name: &str) -> anyhow::Result<usize> {
        self.queues.iter().position(|queue| queue.name == name).with_context(|| format!("no queue `{name}`"))
    }

    /// The day as a plan; times count from the opening.
    pub fn plan(&self) -> anyhow::Result<Plan> {
        let open = clock(&self.open)?;
        let length = clock(&self.close)? - open;
        if length <= 0.0 {
            bail!("it closes before it opens");
        }
        let skills: Vec<&String> = {
            let of_calls = self.calls.iter().flat_map(|calls| calls.skills.keys());
            let mut all: Vec<_> =
                of_calls.chain(self.agents.iter().flat_map(|line| line.skills.keys())).collect();
            all.sort();
            all.dedup();
            all
        };
        let levels = |of: &BTreeMap<String, u8>| -> Vec<(usize, u8)> {
            of.iter()
                .filter_map(|(skill, level)| Some((skills.binary_search(&skill).ok()?, *level)))
                .collect()
        };
        let queues = self.queues.iter().map(|queue| QueuePlan {
            max_wait_s: queue.max_wait_seconds,
            ..QueuePlan::plain(queue.model, queue.priority)
        });
        let callers = self
            .calls
            .iter()
            .map(|calls| self.callers(calls, open, length, levels(&calls.skills)))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut agents = Vec::new();
        for line in &self.agents {
            let made = self.agent(line, open, levels(&line.skills))?;
            if agents.len() + line.count > AGENTS_MAX {
                bail!("more than {AGENTS_MAX} agents");
            }
            agents.extend(std::iter::repeat_n(made, line.count));
        }
        let a_day: f64 =
            callers.iter().flat_map(|c: &CallerPlan| &c.rates).map(|rate| rate.1).sum::<f64>() * 24.0;
        if a_day > A_DAY_CALLS_MAX * 24.0 {
            bail!("more calls than can be simulated");
        }
        let within_s = size("service_level_seconds", self.service_level_seconds)?;
        Ok(Plan {
            queues: queues.collect(),
            callers,
            agents,
            run: Length::Until { seconds: length },
            within_s,
        })
    }

    fn callers(
        &self,
        calls: &CallsLine,
        open: f64,
        length: f64,
        skills: Vec<(usize, u8)>,
    ) -> anyhow::Result<CallerPlan> {
        let mut rates: Vec<(f64, f64)> = Vec::new();
        let mut until = 0.0;
        for part in &calls.arrivals {
            let (from, to) = (clock(&part.from)? - open, clock(&part.to)? - open);
            if from < until || to <= from {
                bail!("queue `{}`: the arrivals from {} overlap or run backwards", calls.queue, part.from);
            }
            if from > until {
                rates.push((from, 0.0));
            }
            rates.push((to, size("per_hour", part.per_hour)?));
            until = to;
        }
        rates.push((length.max(until) + 1.0, 0.0));
        let mean_s = size("handle.mean_seconds", calls.handle.mean_seconds)?;
        let handle = match calls.handle.variation {
            Some(variation) => {
                Duration::LogNormal { mean_s, variation: size("handle.variation", variation)? }
            }
            None => Duration::Exponential { mean_s },
        };
        Ok(CallerPlan {
            queue: self.queue(&calls.queue)?,
            skills,
            prio: calls.priority,
            rates,
            handle,
            patience_s: calls.patience_seconds.map(|s| size("patience_seconds", s)).transpose()?,
            wrap_up_s: size("wrap_up_seconds", calls.wrap_up_seconds)?,
            within_s: None,
        })
    }

    fn agent(&self, line: &AgentsLine, open: f64, skills: Vec<(usize, u8)>) -> anyhow::Result<AgentPlan> {
        let mut shifts = Vec::new();
        for shift in &line.shifts {
            let (from, to) = (clock(&shift.from)? - open, clock(&shift.to)? - open);
            if to <= from {
                bail!("agents `{}`: the shift from {} runs backwards", line.name, shift.from);
            }
            shifts.push((from.max(0.0), to));
        }
        if shifts.is_empty() {
            bail!("agents `{}` have no shift", line.name);
        }
        let queue = |(name, priority): (&String, &u32)| Ok((self.queue(name)?, *priority).into());
        let queues = line.queues.iter().map(queue).collect::<anyhow::Result<Vec<_>>>()?;
        let answers_after_s = size("answer_seconds", line.answer_seconds)?;
        Ok(AgentPlan { skills, queues, shifts, answers_after_s })
    }
}
