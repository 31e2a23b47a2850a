//! Measuring what the rules ask, and keeping what came of it.

use std::collections::BTreeSet;

use store::AlertRow;
use terms::{AlertId, AlertRuleId, ConversationId, QueueId, TeamId, Timestamp};
use uuid::Uuid;

use super::{
    Follower,
    figures::Gap,
    rule::{Kind, Over, Rule},
    view::States,
    watch::{Reading, Turn},
};

/// Cleared alerts are kept for so long.
const KEPT_MS: i64 = 90 * 24 * 3_600_000;
const PRUNE_EVERY_MS: i64 = 3_600_000;

impl Follower {
    /// What was open when the former run stopped is open still, until the first look says otherwise.
    pub(super) async fn remember(&mut self) {
        self.read_rules().await;
        let open = match self.faces.store.open_alerts().await {
            Ok(open) => open,
            Err(error) => {
                tracing::warn!(%error, "open alerts could not be read");
                return;
            }
        };
        for alert in open {
            if let Some(rule) = alert.rule_id {
                self.watch.opened(rule, &alert.subject, alert.id, alert.worst);
            }
            self.faces.board.tell(alert);
        }
    }

    pub(super) async fn judge(&mut self, now: Timestamp) {
        let readings: Vec<Reading> = self.rules.iter().flat_map(|rule| self.readings_of(rule, now)).collect();
        let blind = self.gaps().is_none();
        let blind = self.rules.iter().filter(|rule| blind && rule.kind == Kind::TrainingGap);
        let blind: BTreeSet<AlertRuleId> = blind.map(|rule| rule.id).collect();
        for turn in self.watch.look(&self.rules, &readings, &blind, now) {
            match turn {
                Turn::Raise { rule, subject, value } => self.raise(rule, subject, value, now).await,
                Turn::Worsen { alert, worst } => self.turn(alert, |row| row.worst = worst).await,
                Turn::Clear { alert } => self.turn(alert, |row| row.cleared_at = Some(now)).await,
            }
        }
    }

    fn gaps(&self) -> std::sync::MutexGuard<'_, Option<Vec<Gap>>> {
        self.gaps.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn readings_of(&self, rule: &Rule, now: Timestamp) -> Vec<Reading> {
        let reading = |subject, value| Reading { rule: rule.id, subject, value };
        match rule.kind {
            Kind::LongHold | Kind::Quality => {
                let watched = self.conversations.iter().filter(|(_, seen)| {
                    rule.queues.is_empty() || rule.watches(seen.known.conversation.queue())
                });
                let value = |held: Option<Timestamp>, mos: Option<u16>| match rule.kind {
                    // Not held is the best there is.
                    Kind::LongHold => Some(held.map_or(0.0, |since| now.ms_since(since) as f64 / 1_000.0)),
                    _ => mos.map(|mos| f64::from(mos) / 100.0),
                };
                watched
                    .map(|(id, seen)| reading(format!("conversation/{id}"), value(seen.held_since, seen.mos)))
                    .collect()
            }
            Kind::TrainingGap => self.gap_readings(rule),
            Kind::LongWait | Kind::Waiting | Kind::ServiceLevel | Kind::AgentsAvailable => {
                let organization = self.faces.calls.organization();
                let queues = organization.queues.keys().filter(|queue| rule.watches(Some(**queue)));
                queues
                    .map(|queue| reading(format!("queue/{queue}"), self.queue_value(rule, *queue, now)))
                    .collect()
            }
        }
    }

    fn gap_readings(&self, rule: &Rule) -> Vec<Reading> {
        let enough = |calls: i64| calls >= i64::from(rule.condition.minimum_calls);
        let reading = |(subject, rate, calls): &Gap| Reading {
            rule: rule.id,
            subject: format!("subject/{subject}"),
            value: enough(*calls).then_some(*rate),
        };
        self.gaps().iter().flatten().map(reading).collect()
    }

    fn queue_value(&self, rule: &Rule, queue: QueueId, now: Timestamp) -> Option<f64> {
        let (waiting, longest_since) = self.faces.board.waiting(queue);
        match rule.kind {
            Kind::LongWait => Some(longest_since.map_or(0.0, |since| now.ms_since(since) as f64 / 1_000.0)),
            Kind::Waiting => Some(f64::from(waiting)),
            Kind::ServiceLevel => {
                let figures = self.faces.board.figures();
                let period = match rule.condition.over {
                    Over::HalfHour => &figures.half_hour,
                    Over::Today => &figures.today,
                };
                let offered = period.value(queue, "offered")?;
                (offered >= f64::from(rule.condition.minimum_calls))
                    .then(|| period.value(queue, &rule.condition.measure))
                    .flatten()
            }
            Kind::AgentsAvailable => {
                let organization = self.faces.calls.organization();
                let agents = self.faces.board.agents();
                Some(f64::from(States::of(queue, &organization, &agents).available))
            }
            Kind::LongHold | Kind::Quality | Kind::TrainingGap => None,
        }
    }

    async fn raise(&mut self, rule: AlertRuleId, subject: String, value: f64, now: Timestamp) {
        let Some(rule) = self.rules.iter().find(|known| known.id == rule) else { return };
        let id = subject.split_once('/').and_then(|(_, id)| id.parse::<Uuid>().ok());
        let conversation = id.filter(|_| subject.starts_with("conversation/")).map(ConversationId);
        let (team, queue) = match conversation {
            Some(conversation) => self.area(conversation),
            None => (None, id.filter(|_| subject.starts_with("queue/")).map(QueueId)),
        };
        let alert = AlertRow {
            id: AlertId(Uuid::new_v4()),
            rule_id: Some(rule.id),
            rule_name: rule.name.clone(),
            kind: rule.kind.word().to_owned(),
            severity: rule.severity.clone(),
            subject,
            queue_id: queue,
            conversation_id: conversation,
            team_id: team,
            user_id: None,
            threshold: rule.condition.threshold,
            value,
            worst: value,
            raised_at: now,
            cleared_at: None,
            acknowledged_at: None,
            acknowledged_by: None,
        };
        // One that could not be kept is raised again at the next look.
        match self.faces.store.add_alert(&alert).await {
            Ok(()) => {
                self.watch.opened(rule.id, &alert.subject, alert.id, alert.worst);
                self.faces.board.tell(alert);
            }
            Err(error) => tracing::warn!(%error, "an alert could not be kept"),
        }
    }

    fn area(&self, conversation: ConversationId) -> (Option<TeamId>, Option<QueueId>) {
        let Some(seen) = self.conversations.get(&conversation) else { return (None, None) };
        let area = seen.known.area(&self.faces.calls.organization());
        (area.teams.into_iter().flatten().next(), area.queue)
    }

    async fn turn(&self, id: AlertId, change: impl FnOnce(&mut AlertRow)) {
        let Some(known) = self.faces.board.alerts().into_iter().find(|alert| alert.id == id) else { return };
        let mut row = (*known).clone();
        change(&mut row);
        if let Err(error) = self.faces.store.move_alert(&row).await {
            tracing::warn!(%error, "a change of an alert could not be kept");
        }
        self.faces.board.tell(row);
    }

    pub(super) async fn prune(&mut self, now: Timestamp) {
        if self.pruned.is_some_and(|at| now.ms_since(at) < PRUNE_EVERY_MS) {
            return;
        }
        self.pruned = Some(now);
        if let Err(error) = self.faces.store.prune_alerts(now.plus_ms(-KEPT_MS)).await {
            tracing::warn!(%error, "old alerts could not be pruned");
        }
    }
}
