//! From the organization and what came to it to the plans that are played.

use std::collections::{BTreeMap, BTreeSet};

use callcontrol::organization::{Organization, Queue, User};
use reporting::demand::{Demand, PARTS, QueueDemand, Shift};
use serde::{Deserialize, Serialize};
use simulation::floor::{
    AgentPlan, CallerPlan, Duration, Length, Plan, QueuePlan, Serves, agent as agent_at, skill as skill_at,
};
use terms::{QueueId, SkillId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::{FieldError, Problem};

const AGENTS_MAX: usize = 3_000;
/// Of one day.
const CALLS_MAX: f64 = 100_000.0;
/// Over all days of both plans.
const WORK_MAX: f64 = 10_000_000.0;
const PART_S: f64 = 86_400.0 / 48.0;
/// Nobody rings longer before they answer, whatever the records say.
const RING_MAX_S: f64 = 60.0;

/// What is to be different; what is not named stays as it was.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SimulationChanges {
    /// So many times as many calls in every queue, 0 to 10.
    pub(crate) arrival_factor: Option<f64>,
    /// So many times as long to handle, 0.1 to 10.
    pub(crate) handle_factor: Option<f64>,
    pub(crate) queues: Vec<QueueChange>,
    pub(crate) skills: Vec<SkillChange>,
    pub(crate) memberships: Vec<MembershipChange>,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueChange {
    pub(crate) queue_id: Uuid,
    /// So many more (or fewer) agents: each is a copy of one who serves the queue, in turn.
    #[serde(default)]
    agents: i32,
    #[serde(default)]
    arrival_factor: Option<f64>,
    #[serde(default)]
    handle_seconds: Option<f64>,
    #[serde(default)]
    wrap_up_seconds: Option<f64>,
    /// Mean; exponential.
    #[serde(default)]
    patience_seconds: Option<f64>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkillChange {
    user_id: Uuid,
    skill_id: Uuid,
    /// 1 to 10; 0 takes the skill away.
    level: u8,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MembershipChange {
    user_id: Uuid,
    queue_id: Uuid,
    /// 1 is served first; null: no longer a member.
    priority: Option<u8>,
}

/// Who is taken to be at work.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum StaffingWord {
    /// Those who were there on most of the days, when they were there; everybody where no presence is known.
    #[default]
    Presence,
    /// Every member of the queues, from opening to closing.
    Everybody,
}

/// What the plans are made from, as the administrator sees it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SimulationBase {
    /// The first and last day, in the organization's time zone.
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) time_zone: String,
    /// Days on which anybody called.
    days: u64,
    opens: String,
    closes: String,
    staffing: StaffingWord,
    agents: usize,
    agents_changed: usize,
    pub(crate) queues: Vec<SimulatedQueue>,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct SimulatedQueue {
    pub(crate) queue_id: Uuid,
    pub(crate) name: String,
    /// Of a day, between opening and closing.
    calls: f64,
    service_level_seconds: f64,
    handle_seconds: f64,
    /// Standard deviation ÷ mean; null where too few are known: exponential.
    handle_variation: Option<f64>,
    wrap_up_seconds: f64,
    /// Null: nobody gives up.
    patience_seconds: Option<f64>,
    /// Members at work at any time of the day.
    agents: usize,
    agents_changed: usize,
    /// What really happened on those days.
    measured: MeasuredDays,
}

#[derive(Clone, Debug, Default, Serialize, ToSchema)]
struct MeasuredDays {
    offered: u64,
    service_level: Option<f64>,
    asa_seconds: Option<f64>,
    abandon_rate: Option<f64>,
}

/// What is asked for, beside the changes.
#[derive(Clone, Debug)]
pub(crate) struct Wish {
    pub(crate) queues: BTreeSet<QueueId>,
    /// Seconds after midnight.
    pub(crate) opens_s: Option<f64>,
    pub(crate) closes_s: Option<f64>,
    pub(crate) staffing: StaffingWord,
    pub(crate) replications: u64,
    pub(crate) from: String,
    pub(crate) to: String,
}

pub(crate) struct Known<'a> {
    pub(crate) organization: &'a Organization,
    /// Skills that exist.
    pub(crate) skills: BTreeSet<SkillId>,
    pub(crate) demand: &'a Demand,
    pub(crate) time_zone: String,
}

/// Base and changed.
#[derive(Debug)]
pub(crate) struct Sketch {
    pub(crate) base: SimulationBase,
    pub(crate) plans: (Plan, Plan),
}

pub(crate) fn sketch(known: &Known<'_>, wish: &Wish, changes: &SimulationChanges) -> Result<Sketch, Problem> {
    check(known, wish, changes)?;
    let queues: Vec<&Queue> =
        known.organization.queues.values().filter(|queue| wish.queues.contains(&queue.id)).collect();
    let hours = hours(known.demand, wish)?;
    let mut table = Table::of(known, &queues, hours);
    let unknown = known.demand.shifts.is_empty();
    let staffing = if unknown { StaffingWord::Everybody } else { wish.staffing };
    let base_people = people(known, &queues, staffing, hours, &SimulationChanges::default());
    let mut changed_people = people(known, &queues, staffing, hours, changes);
    for change in &changes.queues {
        staff(&mut changed_people, &queues, change)?;
    }
    if base_people.len().max(changed_people.len()) > AGENTS_MAX {
        let too_many = format!("more than {AGENTS_MAX} people would be at work; choose fewer queues");
        return Err(Problem::invalid_field("queue_ids", too_many));
    }
    let base = table.plan(&base_people, &SimulationChanges::default())?;
    let changed = table.plan(&changed_people, changes)?;
    bounded(&base, &changed, wish.replications)?;
    let count = |people: &[Person], queue: QueueId| people.iter().filter(|one| one.serves(queue)).count();
    let shown = queues.iter().map(|queue| SimulatedQueue {
        agents: count(&base_people, queue.id),
        agents_changed: count(&changed_people, queue.id),
        ..table.shown(queue)
    });
    let base_shown = SimulationBase {
        from: wish.from.clone(),
        to: wish.to.clone(),
        time_zone: known.time_zone.clone(),
        days: known.demand.days,
        opens: clock(hours.0),
        closes: clock(hours.1),
        staffing,
        agents: base_people.len(),
        agents_changed: changed_people.len(),
        queues: shown.collect(),
    };
    Ok(Sketch { base: base_shown, plans: (base, changed) })
}

fn check(known: &Known<'_>, wish: &Wish, changes: &SimulationChanges) -> Result<(), Problem> {
    let mut errors: Vec<FieldError> = Vec::new();
    let mut unless = |fine: bool, field: String, message: &str| {
        if !fine {
            errors.push(FieldError { field, message: message.to_owned() });
        }
    };
    let within = |value: Option<f64>, least: f64, most: f64| {
        value.is_none_or(|value| value.is_finite() && (least..=most).contains(&value))
    };
    unless(within(changes.arrival_factor, 0.0, 10.0), "changes.arrival_factor".into(), "0 to 10");
    unless(within(changes.handle_factor, 0.1, 10.0), "changes.handle_factor".into(), "0.1 to 10");
    let mut twice = BTreeSet::new();
    for (at, change) in changes.queues.iter().enumerate() {
        let field = |name: &str| format!("changes.queues[{at}].{name}");
        let named = wish.queues.contains(&QueueId(change.queue_id)) && twice.insert(change.queue_id);
        unless(named, field("queue_id"), "one of the queues that are simulated, each once");
        unless(change.agents.unsigned_abs() <= 500, field("agents"), "-500 to 500");
        unless(within(change.arrival_factor, 0.0, 10.0), field("arrival_factor"), "0 to 10");
        unless(within(change.handle_seconds, 1.0, 14_400.0), field("handle_seconds"), "1 to 14400");
        unless(within(change.wrap_up_seconds, 0.0, 3_600.0), field("wrap_up_seconds"), "0 to 3600");
        unless(within(change.patience_seconds, 1.0, 14_400.0), field("patience_seconds"), "1 to 14400");
    }
    let users = &known.organization.users;
    for (at, change) in changes.skills.iter().enumerate() {
        let field = |name: &str| format!("changes.skills[{at}].{name}");
        unless(users.contains_key(&UserId(change.user_id)), field("user_id"), "no such user");
        unless(known.skills.contains(&SkillId(change.skill_id)), field("skill_id"), "no such skill");
        unless(change.level <= 10, field("level"), "0 to 10");
    }
    for (at, change) in changes.memberships.iter().enumerate() {
        let field = |name: &str| format!("changes.memberships[{at}].{name}");
        unless(users.contains_key(&UserId(change.user_id)), field("user_id"), "no such user");
        let simulated = wish.queues.contains(&QueueId(change.queue_id));
        unless(simulated, field("queue_id"), "one of the queues that are simulated");
        unless(
            change.priority.is_none_or(|one| (1..=9).contains(&one)),
            field("priority"),
            "1 to 9, or null",
        );
    }
    if errors.is_empty() { Ok(()) } else { Err(Problem::invalid(errors)) }
}

/// From opening to closing, in seconds after midnight: as wished, else from the first half hour with a call to the last.
fn hours(demand: &Demand, wish: &Wish) -> Result<(f64, f64), Problem> {
    let called = |part: &usize| demand.queues.values().any(|queue| queue.arrivals[*part] > 0);
    let (first, last) = ((0..PARTS).find(called), (0..PARTS).rfind(called));
    let (Some(first), Some(last)) = (first, last) else {
        let detail = format!(
            "nobody called these queues from {} to {}: choose days on which somebody did",
            wish.from, wish.to
        );
        return Err(Problem::conflict("no_history", detail));
    };
    let opens = wish.opens_s.unwrap_or(first as f64 * PART_S);
    let closes = wish.closes_s.unwrap_or((last + 1) as f64 * PART_S);
    if closes - opens < PART_S {
        return Err(Problem::invalid_field("closes", "at least half an hour after it opens"));
    }
    Ok((opens, closes))
}

fn clock(seconds: f64) -> String {
    let minutes = (seconds / 60.0).round() as u32;
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}

/// Somebody at work.
#[derive(Clone, Debug)]
struct Person {
    /// None for a copy.
    user: Option<UserId>,
    skills: BTreeMap<SkillId, u8>,
    queues: Vec<(QueueId, u32, f64)>,
    /// Seconds after the opening; none is the whole day.
    shift: Option<(f64, f64)>,
}

impl Person {
    fn serves(&self, queue: QueueId) -> bool {
        self.queues.iter().any(|(served, ..)| *served == queue)
    }
}

/// Whoever serves one of the queues and is there.
fn people(
    known: &Known<'_>,
    queues: &[&Queue],
    staffing: StaffingWord,
    hours: (f64, f64),
    changes: &SimulationChanges,
) -> Vec<Person> {
    let mut people = Vec::new();
    for user in known.organization.users.values() {
        let one = person(user, queues, changes);
        if one.queues.is_empty() {
            continue;
        }
        let shift = match staffing {
            StaffingWord::Everybody => None,
            StaffingWord::Presence => match known.demand.shifts.get(&user.id.0).and_then(|at| cut(at, hours))
            {
                Some(shift) => Some(shift),
                None => continue,
            },
        };
        people.push(Person { shift, ..one });
    }
    people
}

/// The part of a shift between opening and closing.
fn cut(shift: &Shift, (opens, closes): (f64, f64)) -> Option<(f64, f64)> {
    let (from, to) = (shift.from_s.max(opens) - opens, shift.to_s.min(closes) - opens);
    (to - from >= 60.0).then_some((from, to))
}

fn person(user: &User, queues: &[&Queue], changes: &SimulationChanges) -> Person {
    let mut skills = user.skills.clone();
    for change in changes.skills.iter().filter(|change| change.user_id == user.id.0) {
        match change.level {
            0 => skills.remove(&SkillId(change.skill_id)),
            level => skills.insert(SkillId(change.skill_id), level),
        };
    }
    let simulated = |queue: &QueueId| queues.iter().any(|one| one.id == *queue);
    let mut served: Vec<_> = user
        .queues
        .iter()
        .filter(|member| simulated(&member.queue))
        .map(|member| (member.queue, u32::from(member.priority), member.delay_ms as f64 / 1000.0))
        .collect();
    for change in changes.memberships.iter().filter(|change| change.user_id == user.id.0) {
        let queue = QueueId(change.queue_id);
        served.retain(|(other, ..)| *other != queue);
        served.extend(change.priority.map(|priority| (queue, u32::from(priority), 0.0)));
    }
    Person { user: Some(user.id), skills, queues: served, shift: None }
}

/// More or fewer who serve a queue.
fn staff(people: &mut Vec<Person>, queues: &[&Queue], change: &QueueChange) -> Result<(), Problem> {
    let queue = QueueId(change.queue_id);
    let members: Vec<usize> = (0..people.len()).filter(|at| people[*at].serves(queue)).collect();
    let count = change.agents.unsigned_abs() as usize;
    if change.agents < 0 {
        if count > members.len() {
            let there = format!("only {} agents serve {}", members.len(), name_of(queues, queue));
            return Err(Problem::invalid_field("changes.queues", there));
        }
        // The last of them first, so that the places before stay as they are.
        members.into_iter().rev().take(count).for_each(|at| drop(people.remove(at)));
        return Ok(());
    }
    for number in 0..count {
        let copy = match members.get(number % members.len().max(1)) {
            Some(at) => Person { user: None, ..people[*at].clone() },
            None => newcomer(queues, queue),
        };
        people.push(copy);
    }
    Ok(())
}

/// Where nobody serves the queue yet: somebody who serves it alone and is all that its first step asks for.
fn newcomer(queues: &[&Queue], queue: QueueId) -> Person {
    let asked = queues.iter().find(|one| one.id == queue).and_then(|one| one.steps.first());
    let all = asked.map(|step| step.all.clone()).unwrap_or_default();
    let any = asked.and_then(|step| step.any.first().copied());
    let skills = all.into_iter().chain(any).map(|level| (level.skill, level.min)).collect();
    Person { user: None, skills, queues: vec![(queue, 1, 0.0)], shift: None }
}

fn name_of<'a>(queues: &[&'a Queue], id: QueueId) -> &'a str {
    queues.iter().find(|queue| queue.id == id).map_or("it", |queue| queue.name.as_str())
}

fn bounded(base: &Plan, changed: &Plan, replications: u64) -> Result<(), Problem> {
    let calls = |plan: &Plan| -> f64 {
        let of = |caller: &CallerPlan| {
            let mut from = 0.0;
            let mut sum = 0.0;
            for (until, an_hour) in &caller.rates {
                sum += (until - from) / 3600.0 * an_hour;
                from = *until;
            }
            sum
        };
        plan.callers.iter().map(of).sum()
    };
    let (first, second) = (calls(base), calls(changed));
    if first.max(second) > CALLS_MAX {
        let message = format!("more than {CALLS_MAX} calls a day would come; choose fewer queues");
        return Err(Problem::invalid_field("queue_ids", message));
    }
    let most = WORK_MAX / (first + second).max(1.0);
    if replications as f64 > most {
        let message = format!("at most {} for so many calls", most.floor());
        return Err(Problem::invalid_field("replications", message));
    }
    Ok(())
}

/// What queues, skills and people are called within a plan, and what came to the queues.
struct Table<'a> {
    queues: &'a [&'a Queue],
    places: BTreeMap<QueueId, usize>,
    skills: BTreeMap<SkillId, usize>,
    demand: &'a Demand,
    hours: (f64, f64),
    /// Of all queues together, where one has no answered call of its own.
    handle_s: Option<f64>,
    ring_s: f64,
}

/// What one queue's calls are like.
struct Profile {
    calls: f64,
    handle_s: f64,
    variation: Option<f64>,
    wrap_up_s: f64,
    patience_s: Option<f64>,
}

impl<'a> Table<'a> {
    fn of(known: &'a Known<'a>, queues: &'a [&'a Queue], hours: (f64, f64)) -> Self {
        let mean = |of: fn(&QueueDemand) -> (Option<f64>, u64)| {
            let told = known.demand.queues.values().map(of);
            let (sum, count) = told.fold((0.0, 0.0), |(sum, count), (mean, calls)| {
                (sum + mean.unwrap_or(0.0) * calls as f64, count + calls as f64)
            });
            (count > 0.0).then(|| sum / count)
        };
        Self {
            queues,
            places: queues.iter().zip(0..).map(|(queue, at)| (queue.id, at)).collect(),
            skills: known.skills.iter().copied().zip(0..).collect(),
            demand: known.demand,
            hours,
            handle_s: mean(|queue| (queue.handle.mean(), queue.handle.count)),
            ring_s: mean(|queue| (queue.ring.mean(), queue.ring.count)).unwrap_or(0.0).min(RING_MAX_S),
        }
    }

    fn demand_of(&self, queue: &Queue) -> QueueDemand {
        self.demand.queues.get(&queue.id.0).cloned().unwrap_or_default()
    }

    /// Calls an hour until so many seconds after the opening.
    fn rates(&self, demand: &QueueDemand, factor: f64) -> Vec<(f64, f64)> {
        let (opens, closes) = self.hours;
        let days = self.demand.days.max(1) as f64;
        let mut rates = Vec::new();
        for part in 0..PARTS {
            let (from, to) = (part as f64 * PART_S, (part + 1) as f64 * PART_S);
            if to <= opens || from >= closes {
                continue;
            }
            let an_hour = demand.arrivals[part] as f64 / days * (3600.0 / PART_S) * factor;
            rates.push((to.min(closes) - opens, an_hour));
        }
        rates.push((closes - opens + 1.0, 0.0));
        rates
    }

    fn profile(&self, queue: &Queue) -> Profile {
        let demand = self.demand_of(queue);
        let mut from = 0.0;
        let calls = self.rates(&demand, 1.0).into_iter().map(|(until, an_hour)| {
            let part = (until - from) / 3600.0 * an_hour;
            from = until;
            part
        });
        Profile {
            calls: calls.sum(),
            handle_s: demand.handle.mean().or(self.handle_s).unwrap_or(0.0),
            variation: demand.handle.variation().filter(|variation| *variation > 0.0),
            wrap_up_s: demand.wrap_up.mean().unwrap_or(0.0),
            patience_s: demand.patience_s(),
        }
    }

    fn shown(&self, queue: &Queue) -> SimulatedQueue {
        let demand = self.demand_of(queue);
        let profile = self.profile(queue);
        let part = |count: u64| (demand.offered > 0).then(|| count as f64 / demand.offered as f64);
        SimulatedQueue {
            queue_id: queue.id.0,
            name: queue.name.clone(),
            calls: profile.calls,
            service_level_seconds: queue.service_level_ms as f64 / 1000.0,
            handle_seconds: profile.handle_s,
            handle_variation: profile.variation,
            wrap_up_seconds: profile.wrap_up_s,
            patience_seconds: profile.patience_s,
            agents: 0,
            agents_changed: 0,
            measured: MeasuredDays {
                offered: demand.offered,
                service_level: part(demand.in_time),
                asa_seconds: demand.wait_answered.mean(),
                abandon_rate: part(demand.abandoned),
            },
        }
    }

    fn plan(&mut self, people: &[Person], changes: &SimulationChanges) -> Result<Plan, Problem> {
        if self.handle_s.is_none() {
            let detail =
                "nobody answered a call in these queues on those days, so nobody knows how long one takes";
            return Err(Problem::conflict("no_history", detail));
        }
        let places: BTreeMap<UserId, usize> =
            people.iter().zip(0..).filter_map(|(one, at)| Some((one.user?, at))).collect();
        let (opens, closes) = self.hours;
        Ok(Plan {
            queues: self.queues.iter().map(|queue| self.queue(queue, &places, people.len())).collect(),
            callers: self
                .queues
                .iter()
                .zip(0..)
                .map(|(queue, at)| self.callers(queue, at, changes))
                .collect(),
            agents: people.iter().map(|one| self.agent(one)).collect(),
            run: Length::Until { seconds: closes - opens },
            within_s: 20.0,
        })
    }

    fn queue(&self, queue: &Queue, people: &BTreeMap<UserId, usize>, count: usize) -> QueuePlan {
        let level = |wanted: &routing::SkillLevel| {
            let place = self.skills.get(&wanted.skill).copied().unwrap_or(self.skills.len());
            routing::SkillLevel { skill: skill_at(place), min: wanted.min }
        };
        let levels = |wanted: &[routing::SkillLevel]| wanted.iter().map(level).collect();
        // Who is not at work is somebody who never comes: without anybody named, anybody would do.
        let nobody = agent_at(count);
        let step = |step: &routing::Step| routing::Step {
            all: levels(&step.all),
            any: levels(&step.any),
            not: levels(&step.not),
            agents: step
                .agents
                .iter()
                .map(|user| people.get(user).map_or(nobody, |at| agent_at(*at)))
                .collect(),
            expiry_ms: step.expiry_ms,
        };
        QueuePlan {
            model: queue.model,
            prio: u32::from(queue.priority),
            max_wait_s: queue.max_wait_ms.map(|ms| ms as f64 / 1000.0),
            max_size: queue.waiting.max_size,
            steps: queue.steps.iter().map(step).collect(),
        }
    }

    fn callers(&self, queue: &Queue, place: usize, changes: &SimulationChanges) -> CallerPlan {
        let change = changes.queues.iter().find(|change| change.queue_id == queue.id.0);
        let profile = self.profile(queue);
        let arrivals = changes.arrival_factor.unwrap_or(1.0)
            * change.and_then(|change| change.arrival_factor).unwrap_or(1.0);
        let mean_s = change
            .and_then(|change| change.handle_seconds)
            .unwrap_or(profile.handle_s * changes.handle_factor.unwrap_or(1.0));
        CallerPlan {
            queue: place,
            skills: Vec::new(),
            prio: None,
            rates: self.rates(&self.demand_of(queue), arrivals),
            handle: match profile.variation {
                Some(variation) => Duration::LogNormal { mean_s, variation },
                None => Duration::Exponential { mean_s },
            },
            patience_s: change.and_then(|change| change.patience_seconds).or(profile.patience_s),
            wrap_up_s: change.and_then(|change| change.wrap_up_seconds).unwrap_or(profile.wrap_up_s),
            within_s: Some(queue.service_level_ms as f64 / 1000.0),
        }
    }

    fn agent(&self, one: &Person) -> AgentPlan {
        let serves = |(queue, priority, delay_s): &(QueueId, u32, f64)| {
            Some(Serves { queue: *self.places.get(queue)?, priority: *priority, delay_s: *delay_s })
        };
        AgentPlan {
            skills: one
                .skills
                .iter()
                .filter_map(|(skill, level)| Some((*self.skills.get(skill)?, *level)))
                .collect(),
            queues: one.queues.iter().filter_map(serves).collect(),
            shifts: one.shift.into_iter().collect(),
            answers_after_s: self.ring_s,
        }
    }
}
