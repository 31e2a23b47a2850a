//! Rules: what an alert watches, and what it measures now.

use serde::{Deserialize, Serialize};
use store::AlertRuleRow;
use terms::{AlertRuleId, QueueId};
use utoipa::ToSchema;

/// What a rule watches. `service_level`, `quality` and `agents_available` speak up below their threshold, the others
/// from it on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Kind {
    /// The longest wait in a queue now, in seconds.
    LongWait,
    /// Calls that wait in a queue now.
    Waiting,
    /// How long a customer has been on hold, in seconds.
    LongHold,
    /// A queue's service level, 0 to 1.
    ServiceLevel,
    /// The worst mean opinion score of a live call's wires, 1 to 4.5.
    Quality,
    /// Agents of a queue who could take a call now.
    AgentsAvailable,
    /// The consult rate of a subject over the last 30 days, 0 to 1.
    TrainingGap,
}

impl Kind {
    pub(crate) const ALL: [Kind; 7] = [
        Kind::LongWait,
        Kind::Waiting,
        Kind::LongHold,
        Kind::ServiceLevel,
        Kind::Quality,
        Kind::AgentsAvailable,
        Kind::TrainingGap,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Kind::LongWait => "long_wait",
            Kind::Waiting => "waiting",
            Kind::LongHold => "long_hold",
            Kind::ServiceLevel => "service_level",
            Kind::Quality => "quality",
            Kind::AgentsAvailable => "agents_available",
            Kind::TrainingGap => "training_gap",
        }
    }

    pub(crate) fn read(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }

    const fn is_below(self) -> bool {
        matches!(self, Kind::ServiceLevel | Kind::Quality | Kind::AgentsAvailable)
    }

    /// What a threshold may be.
    pub(crate) const fn range(self) -> (f64, f64) {
        match self {
            Kind::LongWait | Kind::LongHold => (1.0, 86_400.0),
            Kind::Waiting | Kind::AgentsAvailable => (1.0, 10_000.0),
            Kind::ServiceLevel | Kind::TrainingGap => (0.01, 1.0),
            Kind::Quality => (1.0, 4.5),
        }
    }

    /// About a queue, so that naming queues narrows it.
    pub(crate) const fn is_of_queues(self) -> bool {
        !matches!(self, Kind::TrainingGap)
    }
}

/// Which time a figure is counted over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Over {
    /// Since the half hour began.
    HalfHour,
    #[default]
    Today,
}

/// When a rule speaks up and when it is content again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Condition {
    pub(crate) threshold: f64,
    /// Where it counts as well again; null: at the threshold.
    pub(crate) clear_at: Option<f64>,
    /// How long it must hold before the alert is raised.
    pub(crate) for_seconds: u32,
    /// How long all must be well before it clears.
    pub(crate) clear_seconds: u32,
    /// `service_level`, `training_gap`: fewer calls than this are noise.
    pub(crate) minimum_calls: u32,
    /// `service_level`: which of its variants.
    pub(crate) measure: String,
    /// `service_level`: counted over.
    pub(crate) over: Over,
}

impl Default for Condition {
    fn default() -> Self {
        Self {
            threshold: 0.0,
            clear_at: None,
            for_seconds: 0,
            clear_seconds: 10,
            minimum_calls: 5,
            measure: "service_level_offered".to_owned(),
            over: Over::default(),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Rule {
    pub(crate) id: AlertRuleId,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) severity: String,
    /// Empty is every queue.
    pub(crate) queues: Vec<QueueId>,
    pub(crate) condition: Condition,
}

impl Rule {
    /// None of one that is off or does not read.
    pub(crate) fn of(row: &AlertRuleRow) -> Option<Self> {
        Some(Self {
            id: row.id,
            name: row.name.clone(),
            kind: Kind::read(&row.kind).filter(|_| row.enabled)?,
            severity: row.severity.clone(),
            queues: serde_json::from_value(row.queue_ids.clone()).ok()?,
            condition: serde_json::from_value(row.condition.clone()).ok()?,
        })
    }

    #[cfg(test)]
    pub(crate) fn blank(id: AlertRuleId, kind: Kind) -> Self {
        let (name, severity) = (String::new(), String::new());
        Self { id, name, kind, severity, queues: Vec::new(), condition: Condition::default() }
    }

    pub(crate) fn watches(&self, queue: Option<QueueId>) -> bool {
        self.queues.is_empty() || queue.is_some_and(|queue| self.queues.contains(&queue))
    }

    pub(crate) fn is_beyond(&self, value: f64) -> bool {
        let threshold = self.condition.threshold;
        if self.kind.is_below() { value < threshold } else { value >= threshold }
    }

    pub(crate) fn is_fine(&self, value: f64) -> bool {
        let clear_at = self.condition.clear_at.unwrap_or(self.condition.threshold);
        if self.kind.is_below() { value >= clear_at } else { value < clear_at }
    }

    pub(crate) fn is_worse(&self, value: f64, than: f64) -> bool {
        if self.kind.is_below() { value < than } else { value > than }
    }
}
