//! When an alert is raised and when it clears: pure, so that no flood can come of a value that trembles at its threshold.

use std::collections::{BTreeMap, BTreeSet};

use terms::{AlertId, AlertRuleId, Timestamp};

use super::rule::Rule;

/// Open alerts at one time, over all rules; past it nothing new is raised.
pub(crate) const OPEN_MAX: usize = 500;

/// What a rule measured of one subject; no value is "not known now", and changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reading {
    pub(crate) rule: AlertRuleId,
    pub(crate) subject: String,
    pub(crate) value: Option<f64>,
}

/// What changes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Turn {
    Raise {
        rule: AlertRuleId,
        subject: String,
        value: f64,
    },
    /// Further beyond the threshold than before.
    Worsen {
        alert: AlertId,
        worst: f64,
    },
    Clear {
        alert: AlertId,
    },
}

#[derive(Clone, Debug, Default)]
struct Standing {
    /// Beyond the threshold without a break, while no alert is open.
    since: Option<Timestamp>,
    open: Option<(AlertId, f64)>,
    /// Back behind the clearing value without a break, while one is.
    fine_since: Option<Timestamp>,
}

/// One standing for each rule and subject.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    standing: BTreeMap<(AlertRuleId, String), Standing>,
}

impl Watch {
    /// An alert that was open before a restart, or was raised just now.
    pub(crate) fn opened(&mut self, rule: AlertRuleId, subject: &str, alert: AlertId, worst: f64) {
        let open = Some((alert, worst));
        self.standing.insert((rule, subject.to_owned()), Standing { open, ..Standing::default() });
    }

    /// Every reading of the moment; a subject without one is gone, and so is whatever was open about it, unless its rule
    /// is `blind` now.
    pub(crate) fn look(
        &mut self,
        rules: &[Rule],
        readings: &[Reading],
        blind: &BTreeSet<AlertRuleId>,
        now: Timestamp,
    ) -> Vec<Turn> {
        let mut turns = Vec::new();
        let mut seen = BTreeSet::new();
        let mut open = self.standing.values().filter(|standing| standing.open.is_some()).count();
        for reading in readings {
            let Some(rule) = rules.iter().find(|rule| rule.id == reading.rule) else { continue };
            let key = (reading.rule, reading.subject.clone());
            seen.insert(key.clone());
            let Some(value) = reading.value else { continue };
            let standing = self.standing.entry(key).or_default();
            let known = standing.open;
            match known {
                None if open < OPEN_MAX && standing.rises(rule, value, now) => {
                    open += 1;
                    turns.push(Turn::Raise { rule: rule.id, subject: reading.subject.clone(), value });
                }
                None => {}
                Some((alert, worst)) => {
                    if rule.is_worse(value, worst) {
                        standing.open = Some((alert, value));
                        turns.push(Turn::Worsen { alert, worst: value });
                    }
                    if standing.clears(rule, value, now) {
                        *standing = Standing::default();
                        turns.push(Turn::Clear { alert });
                    }
                }
            }
        }
        self.standing.retain(|key, standing| {
            if seen.contains(key) || blind.contains(&key.0) {
                return standing.open.is_some() || standing.since.is_some();
            }
            if let Some((alert, _)) = standing.open {
                turns.push(Turn::Clear { alert });
            }
            false
        });
        turns
    }
}

fn lasts(since: &mut Option<Timestamp>, holds: bool, seconds: u32, now: Timestamp) -> bool {
    if !holds {
        *since = None;
        return false;
    }
    let begun = *since.get_or_insert(now);
    now.ms_since(begun) >= i64::from(seconds) * 1_000
}

impl Standing {
    fn rises(&mut self, rule: &Rule, value: f64, now: Timestamp) -> bool {
        lasts(&mut self.since, rule.is_beyond(value), rule.condition.for_seconds, now)
    }

    fn clears(&mut self, rule: &Rule, value: f64, now: Timestamp) -> bool {
        lasts(&mut self.fine_since, rule.is_fine(value), rule.condition.clear_seconds, now)
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::rule::{Condition, Kind},
        *,
    };

    const QUEUE: &str = "queue/1";

    fn rule(kind: Kind, threshold: f64, clear_at: Option<f64>) -> Rule {
        let condition =
            Condition { threshold, clear_at, for_seconds: 5, clear_seconds: 10, ..Condition::default() };
        Rule { condition, ..Rule::blank(AlertRuleId::from_number(1), kind) }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_ms(second * 1_000)
    }

    fn reading(value: Option<f64>) -> Vec<Reading> {
        vec![Reading { rule: AlertRuleId::from_number(1), subject: QUEUE.into(), value }]
    }

    /// What turns at each second, with alerts opened as they are raised.
    fn told(rule: &Rule, values: &[Option<f64>]) -> Vec<(usize, &'static str)> {
        let (mut watch, mut told) = (Watch::default(), Vec::new());
        for (second, value) in values.iter().enumerate() {
            let turns =
                watch.look(std::slice::from_ref(rule), &reading(*value), &BTreeSet::new(), at(second as i64));
            for turn in turns {
                told.push(match turn {
                    Turn::Raise { rule, subject, value } => {
                        watch.opened(rule, &subject, AlertId::from_number(9), value);
                        (second, "raise")
                    }
                    Turn::Worsen { .. } => (second, "worsen"),
                    Turn::Clear { .. } => (second, "clear"),
                });
            }
        }
        told
    }

    fn some(parts: &[(f64, usize)]) -> Vec<Option<f64>> {
        parts.iter().flat_map(|(value, times)| vec![Some(*value); *times]).collect()
    }

    #[test]
    fn a_value_must_stay_beyond_the_threshold_and_raises_once() {
        let rule = rule(Kind::LongWait, 60.0, None);
        assert_eq!(told(&rule, &some(&[(59.0, 3), (60.0, 4), (10.0, 1), (61.0, 30)])), [(13, "raise")]);
    }

    #[test]
    fn a_value_that_trembles_at_the_threshold_makes_one_alert() {
        let rule = rule(Kind::LongWait, 60.0, Some(40.0));
        let mut values = some(&[(60.0, 6)]);
        for _ in 0..50 {
            values.extend(some(&[(55.0, 2), (60.0, 2)]));
        }
        assert_eq!(told(&rule, &values), [(5, "raise")]);
    }

    #[test]
    fn it_clears_when_all_has_been_well_for_long_enough_and_may_be_raised_again() {
        let rule = rule(Kind::ServiceLevel, 0.8, Some(0.85));
        let values = some(&[(0.7, 6), (0.6, 1), (0.83, 20), (0.9, 5), (0.84, 1), (0.9, 11), (0.5, 6)]);
        assert_eq!(told(&rule, &values), [(5, "raise"), (6, "worsen"), (43, "clear"), (49, "raise")]);
    }

    #[test]
    fn what_is_not_known_changes_nothing_and_what_is_gone_clears() {
        let rule = rule(Kind::Waiting, 3.0, None);
        let mut watch = Watch::default();
        watch.opened(rule.id, QUEUE, AlertId::from_number(4), 5.0);
        let rules = [rule];
        let (sees, blind) = (BTreeSet::new(), BTreeSet::from([rules[0].id]));
        assert_eq!(watch.look(&rules, &reading(None), &sees, at(0)), []);
        assert_eq!(watch.look(&rules, &reading(None), &sees, at(100)), []);
        assert_eq!(watch.look(&rules, &[], &blind, at(101)), []);
        assert_eq!(watch.look(&rules, &[], &sees, at(101)), [Turn::Clear { alert: AlertId::from_number(4) }]);
        assert_eq!(watch.look(&rules, &[], &sees, at(102)), []);
    }

    #[test]
    fn there_is_a_limit_to_what_is_open_at_once() {
        let rule = rule(Kind::LongHold, 1.0, None);
        let mut watch = Watch::default();
        for number in 0..OPEN_MAX {
            watch.opened(rule.id, &number.to_string(), AlertId::from_number(number as u128), 2.0);
        }
        let mut readings = Vec::new();
        for number in 0..OPEN_MAX + 5 {
            readings.push(Reading { rule: rule.id, subject: number.to_string(), value: Some(2.0) });
        }
        let rules = [rule];
        let sees = BTreeSet::new();
        assert_eq!(watch.look(&rules, &readings, &sees, at(0)), []);
        assert_eq!(watch.look(&rules, &readings, &sees, at(60)), []);
    }
}
