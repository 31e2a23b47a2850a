//! Alerts: the rules, what they raised, and who has seen it.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{AlertFilter, AlertRuleRow, Rows, Store};
use terms::{AlertId, AlertRuleId, QueueId};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::{
    answer::{Json, List},
    board::{
        AlertView, definitions,
        rule::{Condition, Kind},
        sees_alert,
    },
    caller::Caller,
    extract::{Id, Path, Query, State},
    noun::{Change, Complaints, Noun, page},
    problem::Problem,
};

const SECONDS_MAX: u32 = 86_400;

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Severity {
    Notice,
    #[default]
    Warning,
    Critical,
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Long wait", "kind": "long_wait", "condition": {"threshold": 120, "clear_at": 60}}))]
pub(crate) struct AlertRuleFields {
    name: String,
    kind: Kind,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    severity: Severity,
    /// Empty is every queue.
    #[serde(default)]
    queue_ids: BTreeSet<Uuid>,
    condition: Condition,
}

fn yes() -> bool {
    true
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AlertRule {
    id: Uuid,
    version: i64,
    #[serde(flatten)]
    fields: AlertRuleFields,
}

#[derive(Debug)]
pub(crate) enum AlertRules {}

fn check_condition(kind: Kind, condition: &Condition, complaints: &mut Complaints) {
    let (least, most) = kind.range();
    let within = |value: f64| (least..=most).contains(&value);
    complaints.unless(within(condition.threshold), "condition.threshold", format!("{least} to {most}"));
    if let Some(clear_at) = condition.clear_at {
        // Beyond the threshold it would clear while it is raised.
        let below = matches!(kind, Kind::ServiceLevel | Kind::Quality | Kind::AgentsAvailable);
        let sound = if below { clear_at >= condition.threshold } else { clear_at <= condition.threshold };
        let side = if below { "not below" } else { "not above" };
        complaints.unless(
            sound && clear_at.is_finite(),
            "condition.clear_at",
            format!("{side} the threshold"),
        );
    }
    for (field, seconds) in [
        ("condition.for_seconds", condition.for_seconds),
        ("condition.clear_seconds", condition.clear_seconds),
    ] {
        complaints.unless(seconds <= SECONDS_MAX, field, format!("at most {SECONDS_MAX}"));
    }
    let variants: Vec<&str> =
        definitions().into_keys().filter(|name| name.starts_with("service_level_")).collect();
    complaints.unless(
        variants.contains(&condition.measure.as_str()),
        "condition.measure",
        format!("one of {}", variants.join(", ")),
    );
}

impl Noun for AlertRules {
    type Row = AlertRuleRow;
    type Write = AlertRuleFields;
    type View = AlertRule;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/alert-rules";

    fn rows(store: &Store) -> Rows<'_, AlertRuleRow> {
        store.alert_rules()
    }
    fn typed(id: Uuid) -> AlertRuleId {
        AlertRuleId(id)
    }
    fn blank(id: Uuid, (): &()) -> AlertRuleRow {
        AlertRuleRow {
            id: AlertRuleId(id),
            version: 0,
            name: String::new(),
            kind: String::new(),
            enabled: true,
            severity: String::new(),
            queue_ids: json!([]),
            condition: json!({}),
        }
    }
    fn writable(row: &AlertRuleRow) -> AlertRuleFields {
        let read = |value: &Value| serde_json::from_value(value.clone()).unwrap_or_default();
        AlertRuleFields {
            name: row.name.clone(),
            kind: Kind::read(&row.kind).unwrap_or(Kind::LongWait),
            enabled: row.enabled,
            severity: serde_json::from_value(Value::String(row.severity.clone())).unwrap_or_default(),
            queue_ids: read(&row.queue_ids),
            condition: serde_json::from_value(row.condition.clone()).unwrap_or_default(),
        }
    }
    fn view(row: AlertRuleRow) -> AlertRule {
        AlertRule { id: row.id.0, version: row.version, fields: Self::writable(&row) }
    }
    fn check(write: &AlertRuleFields, change: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        let known = &change.faces.calls.organization().queues;
        let named = write.queue_ids.iter().all(|queue| known.contains_key(&QueueId(*queue)));
        complaints.unless(named, "queue_ids", "names no queue");
        complaints.unless(
            write.kind.is_of_queues() || write.queue_ids.is_empty(),
            "queue_ids",
            "training gaps are of subjects, not of queues",
        );
        check_condition(write.kind, &write.condition, &mut complaints);
        complaints.done()
    }
    async fn extra(_: &AlertRuleFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: AlertRuleFields, (): &(), row: &mut AlertRuleRow) {
        row.name = write.name.trim().to_owned();
        row.kind = write.kind.word().to_owned();
        row.enabled = write.enabled;
        row.severity = json!(write.severity).as_str().unwrap_or_default().to_owned();
        row.queue_ids = json!(write.queue_ids);
        row.condition = json!(write.condition);
    }
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct AlertQuery {
    /// `open` (the default) or `all`.
    state: Option<String>,
    /// 1 to 200; 50 when not given.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Newest first, of what the caller may see; a page may hold fewer than its limit.
pub(crate) async fn alerts(
    faces: State,
    caller: Caller,
    query: Query<AlertQuery>,
) -> Result<Json<List<AlertView>>, Problem> {
    let query = query.0;
    let open = match query.state.as_deref() {
        None | Some("open") => true,
        Some("all") => false,
        Some(other) => {
            return Err(Problem::invalid_field("state", format!("\"{other}\" is neither open nor all")));
        }
    };
    let listed = faces.store.alerts(AlertFilter { open }, &page(query.limit, query.cursor)?).await?;
    let organization = faces.calls.organization();
    let seen = listed.items.iter().filter(|alert| sees_alert(&caller, alert));
    let items = seen.map(|alert| AlertView::of(alert, &organization)).collect();
    Ok(Json::new(List { items, next_cursor: listed.next_cursor }))
}

/// Somebody looks after it. A second time changes nothing.
pub(crate) async fn acknowledge(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Json<AlertView>, Problem> {
    let id = AlertId(path.0.id);
    let alert = faces.store.alert(id).await?;
    if !sees_alert(&caller, &alert) {
        return Err(Problem::not_found("alert"));
    }
    let now = faces.now();
    if faces.store.acknowledge_alert(id, caller.user(), now).await? {
        let subject = format!("alert/{id}");
        let told = json!({"rule": alert.rule_name, "subject": alert.subject});
        faces.store.audit(&caller.by(now), "acknowledge", &subject, None, Some(told)).await?;
    }
    let alert = faces.store.alert(id).await?;
    if alert.user_id.is_some() {
        // Told to one person, who knows it now: nothing else would ever clear it.
        let cleared = store::AlertRow { cleared_at: Some(now), ..alert.clone() };
        faces.store.move_alert(&cleared).await?;
        faces.board.tell(cleared);
    } else if alert.cleared_at.is_none() {
        faces.board.tell(alert.clone());
    }
    Ok(Json::new(AlertView::of(&faces.store.alert(id).await?, &faces.calls.organization())))
}
