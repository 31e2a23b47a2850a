//! What came to the queues and who was there: the rates that a staffing what-if starts from.
//!
//! Days on which nothing was offered to any of the queues (weekends, say) do not count, so rates are of the days on which
//! people called. Who was seen on fewer than half of those days is not counted as staff.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{NaiveDate, Timelike as _};
use chrono_tz::Tz;
use uuid::Uuid;
use voicecall::SegmentKind;

use crate::{
    ledger::{Call, Ledger, Window},
    report::calendar::{local, start_of},
};

/// Parts of a day that rates are told for.
pub const PARTS: usize = 48;
const PART_SECONDS: u32 = 86_400 / 48;
const OFFLINE: &str = "offline";

/// Enough to tell mean and spread of durations, in seconds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spread {
    pub count: u64,
    sum: f64,
    squares: f64,
}

impl Spread {
    fn add_ms(&mut self, ms: i64) {
        let seconds = ms as f64 / 1000.0;
        self.count += 1;
        self.sum += seconds;
        self.squares += seconds * seconds;
    }

    pub fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| self.sum / self.count as f64)
    }

    /// Standard deviation ÷ mean; not said of fewer than ten.
    pub fn variation(&self) -> Option<f64> {
        let mean = self.mean().filter(|mean| *mean > 0.0 && self.count >= 10)?;
        let variance = (self.squares / self.count as f64 - mean * mean).max(0.0);
        Some(variance.sqrt() / mean)
    }
}

/// What came to one queue, over all the days that count.
#[derive(Clone, Debug, PartialEq)]
pub struct QueueDemand {
    /// Calls by the half hour of the local day in which they began to wait.
    pub arrivals: [u64; PARTS],
    pub offered: u64,
    pub answered: u64,
    pub abandoned: u64,
    /// Answered within the queue's service level.
    pub in_time: u64,
    pub wait_answered: Spread,
    pub wait_abandoned: Spread,
    /// Talk, hold and conference of the agents who answered.
    pub handle: Spread,
    /// Of each such call, nothing included.
    pub wrap_up: Spread,
    /// From the ring to the agent's answer.
    pub ring: Spread,
}

impl Default for QueueDemand {
    fn default() -> Self {
        let none = Spread::default();
        Self {
            arrivals: [0; PARTS],
            offered: 0,
            answered: 0,
            abandoned: 0,
            in_time: 0,
            wait_answered: none,
            wait_abandoned: none,
            handle: none,
            wrap_up: none,
            ring: none,
        }
    }
}

impl QueueDemand {
    /// The mean of an exponential patience: all the waiting there was ÷ how often somebody gave up, the likeliest one
    /// where those who are answered are censored (Mandelbaum and Zeltyn, *Service Engineering in Action: The
    /// Palm/Erlang-A Queue*, 2007, §5). None where nobody gave up.
    pub fn patience_s(&self) -> Option<f64> {
        let waited = self.wait_answered.sum + self.wait_abandoned.sum;
        (self.abandoned > 0 && waited > 0.0).then(|| waited / self.abandoned as f64)
    }
}

/// When somebody was there on a usual day, in seconds after midnight.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shift {
    pub from_s: f64,
    pub to_s: f64,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Demand {
    /// Days that count.
    pub days: u64,
    pub queues: BTreeMap<Uuid, QueueDemand>,
    /// By person: those seen on half of the days at least. Empty where no presence is known at all.
    pub shifts: BTreeMap<Uuid, Shift>,
}

/// Counts the customers' calls that began in the window, and the presence of people in it.
pub fn demand(ledger: &Ledger, window: Window, zone: Tz, wanted: &BTreeSet<Uuid>) -> Demand {
    let mut demand = Demand::default();
    let mut days = BTreeSet::new();
    let inside = |at: i64| window.from.is_none_or(|from| at >= from) && window.to.is_none_or(|to| at < to);
    ledger.each_call(0..ledger.pages(), window, |call| {
        let (Some(queue), Some(queued)) = (call.queue(), call.queued()) else { return };
        if !call.is_customers() || !inside(call.started()) || !wanted.contains(&queue.id) {
            return;
        }
        let clock = local(zone, queued);
        days.insert(clock.date());
        let of = demand.queues.entry(queue.id).or_default();
        let part = (clock.time().num_seconds_from_midnight() / PART_SECONDS) as usize;
        of.arrivals[part.min(PARTS - 1)] += 1;
        count(of, call, queued, queue.service_level_ms);
    });
    demand.days = days.len() as u64;
    demand.shifts = shifts(ledger, window, zone, &days);
    demand
}

fn count(of: &mut QueueDemand, call: Call<'_>, queued: i64, in_time_ms: i64) {
    of.offered += 1;
    if call.is_abandoned() {
        of.abandoned += 1;
        if let Some(ended) = call.ended() {
            of.wait_abandoned.add_ms((ended - queued).max(0));
        }
    }
    let Some(wait) = call.wait_ms() else { return };
    of.answered += 1;
    of.in_time += u64::from(wait <= in_time_ms);
    of.wait_answered.add_ms(wait.max(0));
    for leg in call.legs().filter(|leg| leg.is_agents() && leg.is_answered()) {
        let (mut handle, mut wrap_up) = (0, 0);
        for segment in leg.segments() {
            match segment.kind {
                SegmentKind::Talk | SegmentKind::Hold | SegmentKind::Conference => {
                    handle += segment.end - segment.start
                }
                SegmentKind::Acw => wrap_up += segment.end - segment.start,
                _ => {}
            }
        }
        of.handle.add_ms(handle);
        of.wrap_up.add_ms(wrap_up);
        if let (Some(ring), Some(answered)) = (leg.ring(), leg.answered()) {
            of.ring.add_ms((answered - ring).max(0));
        }
    }
}

/// The mean of the first and of the last moment at which each person was there, over the days on which they were.
fn shifts(ledger: &Ledger, window: Window, zone: Tz, days: &BTreeSet<NaiveDate>) -> BTreeMap<Uuid, Shift> {
    let mut seen: BTreeMap<(u32, NaiveDate), (i64, i64)> = BTreeMap::new();
    for status in ledger.statuses.iter().filter(|status| &*status.status != OFFLINE) {
        let (from, to) = (
            status.start.max(window.from.unwrap_or(status.start)),
            status.end.min(window.to.unwrap_or(status.end)),
        );
        if from >= to {
            continue;
        }
        let mut date = local(zone, from).date();
        while let Some(next) = date.succ_opt() {
            let (starts, ends) = (start_of(zone, date), start_of(zone, next));
            if starts >= to {
                break;
            }
            if days.contains(&date) {
                let part = (from.max(starts) - starts, to.min(ends) - starts);
                let known = seen.entry((status.person, date)).or_insert(part);
                *known = (known.0.min(part.0), known.1.max(part.1));
            }
            date = next;
        }
    }
    let mut of: BTreeMap<u32, Vec<(i64, i64)>> = BTreeMap::new();
    seen.into_iter().for_each(|((person, _), part)| of.entry(person).or_default().push(part));
    let usual = |(person, parts): (u32, Vec<(i64, i64)>)| {
        if parts.len() * 2 < days.len() {
            return None;
        }
        let mean = |of: fn(&(i64, i64)) -> i64| {
            parts.iter().map(|part| of(part) as f64).sum::<f64>() / parts.len() as f64 / 1000.0
        };
        let shift = Shift { from_s: mean(|part| part.0), to_s: mean(|part| part.1) };
        Some((ledger.person(person).id, shift))
    };
    of.into_iter().filter_map(usual).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(seconds: &[i64]) -> Spread {
        let mut spread = Spread::default();
        seconds.iter().for_each(|seconds| spread.add_ms(seconds * 1_000));
        spread
    }

    #[test]
    fn a_spread_tells_its_mean_and_says_nothing_of_few() {
        assert_eq!((of(&[]).mean(), of(&[10, 20]).mean()), (None, Some(15.0)));
        assert_eq!(of(&[10, 20]).variation(), None);
        let ten = of(&[10, 30, 10, 30, 10, 30, 10, 30, 10, 30]);
        assert!((ten.variation().unwrap() - 0.5).abs() < 1e-9);
        assert_eq!(of(&[0; 12]).variation(), None);
    }

    #[test]
    fn patience_is_all_waiting_over_how_often_somebody_gave_up() {
        let waited = QueueDemand {
            abandoned: 2,
            wait_answered: of(&[10, 20, 30]),
            wait_abandoned: of(&[60, 80]),
            ..QueueDemand::default()
        };
        assert_eq!(waited.patience_s(), Some(100.0));
        assert_eq!(QueueDemand { abandoned: 0, ..waited }.patience_s(), None);
    }
}
