//! What readers are shown: a queue as it stands, and an alert.

use std::collections::BTreeMap;

use access::{Area, Permission};
use callcontrol::{LiveAgent, Organization};
use reporting::report::Request;
use routing::SystemState;
use serde::Serialize;
use serde_json::Value;
use store::AlertRow;
use terms::{QueueId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{definitions, figures::Period, request};
use crate::{Faces, body::Time, caller::Caller};

/// A queue's agents by what they are doing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct States {
    /// Could take a call now.
    pub(crate) available: u32,
    /// Being rung.
    pub(crate) offering: u32,
    pub(crate) in_call: u32,
    pub(crate) wrap_up: u32,
    /// By their own status, or because they let an offer time out.
    pub(crate) away: u32,
    pub(crate) offline: u32,
}

impl States {
    pub(crate) fn of(
        queue: QueueId,
        organization: &Organization,
        agents: &BTreeMap<UserId, LiveAgent>,
    ) -> Self {
        let mut states = Self::default();
        let members = organization
            .users
            .values()
            .filter(|user| user.queues.iter().any(|membership| membership.queue == queue));
        for user in members {
            let state = agents.get(&user.id).map(|agent| (agent.view.system_state, agent.view.reachable));
            let count = match state {
                Some((SystemState::Available, true)) => &mut states.available,
                Some((SystemState::Offering, _)) => &mut states.offering,
                Some((SystemState::InCall, _)) => &mut states.in_call,
                Some((SystemState::Acw, _)) => &mut states.wrap_up,
                // Signed in without a phone that rings.
                Some((SystemState::Available, false)) => &mut states.away,
                Some((SystemState::Busy | SystemState::Dnd | SystemState::Missed, _)) => &mut states.away,
                Some((SystemState::Offline, _)) | None => &mut states.offline,
            };
            *count += 1;
        }
        states
    }
}

/// Figures counted since a moment, by the names of the report type `queues`.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct Since {
    since: Time,
    /// Null is a division by zero.
    #[schema(value_type = Object)]
    figures: BTreeMap<&'static str, reporting::metric::Value>,
    /// What to ask of `POST /v1/reports/run` and `/drill` for the same numbers and the calls behind them.
    #[schema(value_type = Object)]
    request: Request,
}

impl Since {
    fn of(period: &Period, queue: QueueId) -> Self {
        let figures = period.of(queue).map(|(name, value)| (name, value.clone())).collect();
        let mut request = request(period.since);
        request.filters.push(reporting::report::FilterRequest {
            field: "queue_id".into(),
            op: "eq".into(),
            value: Value::String(queue.to_string()),
        });
        Self { since: Time(period.since), figures, request }
    }
}

/// A queue now, and how its day went so far.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct QueueLive {
    queue_id: Uuid,
    name: String,
    waiting: u32,
    longest_since: Option<Time>,
    longest_wait_seconds: i64,
    agents: States,
    service_level_seconds: i64,
    /// When the figures were counted; null before the first time.
    counted_at: Option<Time>,
    time_zone: String,
    today: Since,
    /// Since the half hour began.
    half_hour: Since,
    /// What each figure means, in the words of the reports.
    #[schema(value_type = Object)]
    definition_of: BTreeMap<&'static str, &'static str>,
}

impl QueueLive {
    pub(crate) fn of(
        queue: QueueId,
        faces: &Faces,
        organization: &Organization,
        agents: &BTreeMap<UserId, LiveAgent>,
    ) -> Self {
        let figures = faces.board.figures();
        let (waiting, longest_since) = faces.board.waiting(queue);
        let known = organization.queues.get(&queue);
        Self {
            queue_id: queue.0,
            name: known.map(|queue| queue.name.clone()).unwrap_or_default(),
            waiting,
            longest_since: Time::some(longest_since),
            longest_wait_seconds: longest_since.map_or(0, |since| faces.now().ms_since(since) / 1_000),
            agents: States::of(queue, organization, agents),
            service_level_seconds: known.map_or(0, |queue| queue.service_level_ms / 1_000),
            counted_at: Time::some(figures.counted_at),
            time_zone: figures.time_zone.name().to_owned(),
            today: Since::of(&figures.today, queue),
            half_hour: Since::of(&figures.half_hour, queue),
            definition_of: definitions(),
        }
    }

    /// What of it readers are told anew when it changes: not the passing of time alone.
    pub(super) fn moving(&self) -> String {
        serde_json::json!([self.name, self.agents, self.today.figures, self.half_hour.figures]).to_string()
    }

    /// As the live socket tells it: without what does not change.
    pub(crate) fn told(&self, waiting: u32, longest_since: Option<Time>) -> Value {
        serde_json::json!({
            "queue_id": self.queue_id,
            "waiting": waiting,
            "longest_since": longest_since,
            "agents": self.agents,
            "service_level_seconds": self.service_level_seconds,
            "counted_at": self.counted_at,
            "today": {"since": self.today.since, "figures": self.today.figures},
            "half_hour": {"since": self.half_hour.since, "figures": self.half_hour.figures},
        })
    }
}

pub(crate) fn sees_queue(caller: &Caller, queue: QueueId) -> bool {
    caller.permits(Permission::ViewLive, &Area::of_queue(queue))
}

/// One person's own; else whoever may see the queue and the team live, or (of subjects) reports.
pub(crate) fn sees_alert(caller: &Caller, alert: &AlertRow) -> bool {
    match alert.user_id {
        Some(user) => user == caller.user(),
        None if alert.conversation_id.is_some() => {
            let area = Area::of_agent(alert.team_id).in_queue(alert.queue_id);
            caller.permits(Permission::ViewLive, &area)
        }
        None => match alert.queue_id {
            Some(queue) => sees_queue(caller, queue),
            None => caller.holds(Permission::ViewReports),
        },
    }
}

/// An alert, to people.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct AlertView {
    id: Uuid,
    /// Null where no rule raised it.
    rule_id: Option<Uuid>,
    rule_name: String,
    /// A rule's kind, or `schedule`.
    kind: String,
    severity: String,
    /// `queue/<id>`, `conversation/<id>`, `subject/<text>` or `schedule/<id>`.
    subject: String,
    /// What people call it.
    about: String,
    queue_id: Option<Uuid>,
    conversation_id: Option<Uuid>,
    threshold: f64,
    value: f64,
    /// The furthest beyond the threshold.
    worst: f64,
    raised_at: Time,
    cleared_at: Option<Time>,
    acknowledged_at: Option<Time>,
    acknowledged_by: Option<Uuid>,
}

impl AlertView {
    pub(crate) fn of(alert: &AlertRow, organization: &Organization) -> Self {
        let queue = alert.queue_id.and_then(|queue| organization.queues.get(&queue));
        let about = match alert.subject.split_once('/') {
            Some(("subject", text)) => text.to_owned(),
            _ => queue.map(|queue| queue.name.clone()).unwrap_or_default(),
        };
        Self {
            id: alert.id.0,
            rule_id: alert.rule_id.map(|id| id.0),
            rule_name: alert.rule_name.clone(),
            kind: alert.kind.clone(),
            severity: alert.severity.clone(),
            subject: alert.subject.clone(),
            about,
            queue_id: alert.queue_id.map(|id| id.0),
            conversation_id: alert.conversation_id.map(|id| id.0),
            threshold: alert.threshold,
            value: alert.value,
            worst: alert.worst,
            raised_at: Time(alert.raised_at),
            cleared_at: Time::some(alert.cleared_at),
            acknowledged_at: Time::some(alert.acknowledged_at),
            acknowledged_by: alert.acknowledged_by.map(|id| id.0),
        }
    }
}
