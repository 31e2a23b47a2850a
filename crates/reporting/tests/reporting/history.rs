//! The hand-made history: every cell as worked out by `tests/history/expected.py`, and every number's own calls behind it.

use std::path::Path;

use reporting::{
    entity::imported_user,
    import::import,
    ledger::{self, Ledger, Window},
    metric::{Formula, Kind, Value},
    report::{Asker, Plan, Reach, Report, Request, drill, field, plan, run},
};
use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, QueryResult, Statement};
use serde::Deserialize;
use serde_json::{Value as Json, json};
use store::Store;

use crate::{
    desk::{Desk, START},
    support::{Database, Scratch},
    told::{ANA, BEN, SUE},
};

pub const NOW: i64 = 1_800_000_000_000;

#[derive(Deserialize)]
struct Case {
    name: String,
    request: Json,
    rows: Vec<Vec<Json>>,
    totals: Vec<Json>,
}

fn directory() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/history"))
}

fn cases() -> Vec<Case> {
    let text = std::fs::read_to_string(directory().join("expected.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

pub fn asker() -> Asker {
    Asker { reaches: None, sees_full_numbers: true, time_zone: chrono_tz::UTC, threshold_permille: 300 }
}

fn planned(request: &Json) -> Plan {
    let request: Request = serde_json::from_value(request.clone()).unwrap();
    plan(&request, &asker()).unwrap()
}

/// The same files, one of them changed, once more.
pub async fn import_copy(store: &Store, name: &str, change: impl Fn(&str) -> String) {
    let scratch = Scratch::new();
    let copy = scratch.journal().with_file_name("copy");
    std::fs::create_dir_all(&copy).unwrap();
    for file in std::fs::read_dir(directory()).unwrap() {
        let file = file.unwrap();
        let text = std::fs::read_to_string(file.path()).unwrap();
        let text = if file.file_name() == name { change(&text) } else { text };
        std::fs::write(copy.join(file.file_name()), text).unwrap();
    }
    import(store, &copy, false, |_| ()).await.unwrap();
}

pub async fn import_all(store: &Store) {
    import(store, directory(), false, |_| ()).await.unwrap();
}

pub async fn imported(database: &Database) -> (Store, Ledger) {
    let store = database.store().await;
    import_all(&store).await;
    let ledger = ledger::load(store.database(), Window::default(), NOW).await.unwrap();
    (store, ledger)
}

fn is_same(found: &Value, expected: &Json) -> bool {
    match (found, expected) {
        (Value::Null, Json::Null) => true,
        (Value::Bool(found), Json::Bool(expected)) => found == expected,
        (Value::Text(found), Json::String(expected)) => found == expected,
        (Value::Int(found), Json::Number(expected)) => {
            (*found as f64 - expected.as_f64().unwrap()).abs() < 1e-9
        }
        (Value::Float(found), Json::Number(expected)) => (found - expected.as_f64().unwrap()).abs() < 1e-9,
        _ => false,
    }
}

fn assert_rows(name: &str, found: &[Vec<Value>], expected: &[Vec<Json>]) {
    for (found, expected) in found.iter().zip(expected) {
        let same = found.len() == expected.len()
            && found.iter().zip(expected).all(|(left, right)| is_same(left, right));
        assert!(same, "{name}:\n   found {found:?}\nexpected {expected:?}");
    }
    assert_eq!(found.len(), expected.len(), "{name}: rows");
}

/// Each cell's drill counts to the cell's value, and a count has as many things behind it.
fn assert_behind(case: &Case, plan: &Plan, ledger: &Ledger, report: &Report) {
    let groups = usize::from(plan.options.interval.is_some()) + plan.group_by.len();
    for row in &report.rows {
        let mut cell = Vec::new();
        let mut interval = None;
        for (column, value) in report.columns.iter().zip(row).take(groups) {
            if column.kind == Kind::Interval {
                let Value::Text(label) = value else { panic!("{value:?}") };
                interval = Some(chrono::DateTime::parse_from_rfc3339(label).unwrap().timestamp_millis());
            } else {
                cell.push((field(column.name).unwrap(), serde_json::to_value(value).unwrap()));
            }
        }
        for (measure, value) in plan.measures.iter().zip(row.iter().skip(groups)) {
            let behind = drill(plan, ledger, measure, &cell, interval);
            assert_eq!(&behind.value, value, "{}: {} of {row:?}", case.name, measure.name);
            if let (Formula::Count(_) | Formula::Distinct(_), Value::Int(count)) = (measure.formula, value) {
                assert_eq!(behind.count as i64, *count, "{}: {} of {row:?}", case.name, measure.name);
            }
        }
    }
}

async fn viewed(store: &Store, sql: &str) -> Vec<QueryResult> {
    let database = store.database();
    database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap()
}

on_both! {
    every_cell_of_the_hand_made_history_is_as_worked_out_elsewhere(database) {
        let (_store, ledger) = imported(&database).await;
        let cases = cases();
        assert!(cases.len() >= 20);
        for case in &cases {
            let plan = planned(&case.request);
            let report = run(&plan, &ledger);
            assert_rows(&case.name, &report.rows, &case.rows);
            assert_rows(&case.name, std::slice::from_ref(&report.totals), std::slice::from_ref(&case.totals));
            assert_behind(case, &plan, &ledger, &report);
        }
    }

    the_views_tell_the_chain_and_the_seconds(database) {
        let (store, _) = imported(&database).await;
        let database = store.database();
        let schema = if database.get_database_backend() == DbBackend::Postgres { "reporting." } else { "" };
        let sql = format!(
            "SELECT k.external_id AS call, p.external_id AS parent, c.depth, c.path FROM {schema}call_chain c \
             JOIN {schema}call_facts k ON k.call_id = c.call_id \
             JOIN {schema}call_facts r ON r.call_id = c.root AND r.external_id = 'c06' \
             LEFT JOIN {schema}call_facts p ON p.call_id = c.parent ORDER BY c.path"
        );
        let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), sql)).await.unwrap();
        let told: Vec<(String, Option<String>, i32)> = rows
            .iter()
            .map(|row| (row.try_get("", "call").unwrap(), row.try_get("", "parent").unwrap(), row.try_get("", "depth").unwrap()))
            .collect();
        let parent = |parent: &str| Some(parent.to_owned());
        assert_eq!(
            told,
            [
                ("c06".to_owned(), None, 0),
                ("c06a".to_owned(), parent("c06"), 1),
                ("c06b".to_owned(), parent("c06a"), 2),
                ("c06c".to_owned(), parent("c06b"), 3),
            ]
        );
        for view in ["leg_facts", "segment_facts", "coaching_facts", "presence_facts", "people"] {
            assert!(!viewed(&store, &format!("SELECT * FROM {schema}{view}")).await.is_empty(), "{view}");
        }
        // What has no cause says so.
        let sql = format!("SELECT 1 AS one FROM {schema}call_chain WHERE (parent IS NULL) <> (depth = 0)");
        assert!(viewed(&store, &sql).await.is_empty());
        let sql = format!("SELECT DISTINCT queue FROM {schema}call_facts WHERE queue_id IS NOT NULL ORDER BY 1");
        let queues: Vec<String> = viewed(&store, &sql).await.iter().map(|row| row.try_get("", "queue").unwrap()).collect();
        assert_eq!(queues, ["Billing", "Support"]);
    }

    calls_of_our_own_are_counted_by_the_same_definitions(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = desk.projected(&database).await;
        for (user, name, tier) in [(ANA, "Ana", Some(1)), (BEN, "Ben", Some(2)), (SUE, "Sue", None)] {
            let person = imported_user::Model {
                id: user.0,
                external_id: name.to_lowercase(),
                name: name.to_owned(),
                role: "agent".to_owned(),
                tier,
                team: None,
                team_id: None,
            };
            imported_user::Entity::insert(person.into_active_model()).exec(store.database()).await.unwrap();
        }
        let ledger = ledger::load(store.database(), Window::default(), START.ms() + 600_000).await.unwrap();
        let ask = |request: Json| run(&planned(&request), &ledger);
        let gaps = ask(json!({"type": "training_gaps", "measures": ["calls", "consulted", "consults", "escalated"]}));
        let number = Value::Int;
        // Ana answered four; one of them she took to Ben, who got the customer.
        assert_eq!(gaps.totals[1..], [number(4), number(1), number(1), number(1)]);
        let coaching = ask(json!({"type": "coaching", "measures": ["coaching_sessions", "monitor_seconds", "whisper_seconds"]}));
        let text = |text: &str| Value::Text(text.to_owned());
        assert_eq!(coaching.rows, [[text("Sue"), text("Ana"), number(1), number(8), number(10)]]);
        let specialists = ask(json!({"type": "specialists", "measures": ["consults_received", "took_over"]}));
        assert_eq!(specialists.rows, [[text("Ben"), number(1), number(1)]]);
        let abandoned = ask(json!({"type": "queues", "group_by": [], "measures": ["abandoned"]}));
        assert_eq!(abandoned.totals, [number(1)]);
        let handled = ask(json!({"type": "agents", "measures": ["handled", "wrap_up_seconds"]}));
        assert_eq!(handled.rows.len(), 3);
        let presence = ask(json!({
            "type": "presence", "group_by": ["status", "cause", "set_by"], "measures": ["intervals"],
            "filters": [{"field": "agent", "op": "eq", "value": "Ana"}],
        }));
        let expected = [
            [text("available"), text("chosen"), text("Ana"), number(1)],
            [text("busy"), text("chosen"), text("Sue"), number(1)],
            [text("busy"), text("push_timeout"), text("(none)"), number(1)],
        ];
        assert_eq!(presence.rows, expected);
        let offers = ask(json!({"type": "offers", "group_by": ["agent", "offer"], "measures": ["offers"]}));
        let expected = [
            // One of them when the customer came back to her.
            [text("Ana"), text("accepted"), number(5)],
            [text("Ben"), text("withdrawn"), number(1)],
        ];
        assert_eq!(offers.rows, expected);
        let schema = if store.database().get_database_backend() == DbBackend::Postgres { "reporting." } else { "" };
        let sql = format!("SELECT DISTINCT state FROM {schema}offer_facts WHERE seconds IS NOT NULL ORDER BY 1");
        let states: Vec<String> = viewed(&store, &sql).await.iter().map(|row| row.try_get("", "state").unwrap()).collect();
        assert_eq!(states, ["accepted", "withdrawn"]);
        let sql = format!("SELECT cause FROM {schema}presence_facts WHERE by_user_id IS NULL ORDER BY start_at");
        let causes: Vec<Option<String>> = viewed(&store, &sql).await.iter().map(|row| row.try_get("", "cause").unwrap()).collect();
        assert_eq!(causes, [Some("push_timeout".to_owned()), None]);
    }

    a_window_loads_less_and_counts_the_same(database) {
        let (store, ledger) = imported(&database).await;
        let window = json!([{"field": "started_at", "op": "between", "value": ["2026-11-02", "2026-11-06"]}]);
        for of in ["training_gaps", "queues", "agents", "specialists", "voice_calls", "coaching", "escalations"] {
            let plan = planned(&json!({"type": of, "filters": window}));
            let part = ledger::load(store.database(), plan.options.window, NOW).await.unwrap();
            assert!(part.calls() < ledger.calls());
            assert_eq!(run(&plan, &part), run(&plan, &ledger), "{of}");
        }
    }

    a_reach_narrows_rows_to_its_teams_and_queues(database) {
        let (_store, mut ledger) = imported(&database).await;
        let north = uuid::Uuid::from_u128(7);
        for person in ledger.people.iter_mut().filter(|person| person.team.as_deref() == Some("North")) {
            person.team_id = Some(north);
        }
        let billing = ledger.queues.iter().find(|queue| &*queue.name == "Billing").unwrap().id;
        let ask = |reaches: Vec<Reach>, request: Json| {
            let request: Request = serde_json::from_value(request).unwrap();
            run(&plan(&request, &Asker { reaches: Some(reaches), ..asker() }).unwrap(), &ledger).rows
        };
        let names = |rows: Vec<Vec<Value>>| rows.into_iter().map(|row| row[0].clone()).collect::<Vec<_>>();
        let text = |text: &str| Value::Text(text.to_owned());
        let of_north = || Reach { teams: Some(vec![north]), queues: None };
        let of_billing = || Reach { teams: None, queues: Some(vec![billing]) };
        let agents = || json!({"type": "agents", "measures": ["legs"]});
        assert_eq!(names(ask(vec![of_north()], agents())), [text("Ana"), text("Bob"), text("Sue")]);
        assert_eq!(ask(vec![of_billing()], json!({"type": "queues", "measures": ["offered"]})), [[text("Billing"), Value::Int(8)]]);
        let both = Reach { teams: Some(vec![north]), queues: Some(vec![billing]) };
        assert_eq!(ask(vec![both], json!({"type": "queues", "measures": ["answered"]})), [[text("Billing"), Value::Int(2)]]);
        assert!(ask(vec![], agents()).is_empty());
    }
}

#[tokio::test]
async fn what_cannot_be_asked_is_said_by_field_with_what_can() {
    let wrong = |request: Json| {
        let request: Request = serde_json::from_value(request).unwrap();
        let wrong = plan(&request, &Asker { sees_full_numbers: false, ..asker() }).unwrap_err();
        wrong.into_iter().map(|wrong| (wrong.field, wrong.message)).collect::<Vec<_>>()
    };
    let found = wrong(json!({"type": "calls"}));
    assert_eq!(found[0].0, "type");
    assert!(found[0].1.contains("voice_calls, legs, escalations, training_gaps"), "{found:?}");
    let found = wrong(json!({
        "type": "queues",
        "group_by": ["queue", "colour", "queue", "team"],
        "interval": "fortnight",
        "measures": ["offered", "handled"],
        "time_zone": "Mars/Base",
        "sort": "-answered",
        "limit": 0,
        "durations": "never",
        "filters": [
            {"field": "queue", "op": "like", "value": "x"},
            {"field": "started_at", "op": "gte", "value": "soon"},
            {"field": "tier", "op": "between", "value": [1]},
            {"field": "customer", "op": "eq", "value": "u01"},
        ],
    }));
    let fields: Vec<&str> = found.iter().map(|(field, _)| field.as_str()).collect();
    assert_eq!(
        fields,
        [
            "time_zone",
            "interval",
            "group_by",
            "group_by[1]",
            "group_by[2]",
            "measures[1]",
            "filters[0].op",
            "filters[1].value",
            "filters[2].value",
            "filters[3].field",
            "sort",
            "durations",
            "limit",
        ]
    );
    assert!(found[5].1.contains("service_level_offered"), "{found:?}");
}

#[tokio::test]
async fn numbers_and_customers_are_masked_for_those_who_may_not_see_them() {
    let (_store, ledger) = imported(&Database::sqlite()).await;
    let request: Request = serde_json::from_value(
        json!({"type": "voice_calls", "group_by": ["customer"], "measures": ["calls"]}),
    )
    .unwrap();
    let masked = run(&plan(&request, &Asker { sees_full_numbers: false, ..asker() }).unwrap(), &ledger);
    let whole = run(&plan(&request, &asker()).unwrap(), &ledger);
    assert!(masked.rows.len() > 1 && masked.rows.len() < whole.rows.len());
    assert_eq!(masked.totals, whole.totals);
    assert!(whole.rows.iter().any(|row| row[0] == Value::Text("u01".into())));
    assert!(!masked.rows.iter().any(|row| row[0] == Value::Text("u01".into())));
    // Who looks alike is one row: behind its number are as many calls as it says.
    let plan = plan(&request, &Asker { sees_full_numbers: false, ..asker() }).unwrap();
    for row in &masked.rows {
        let cell = [(field("customer").unwrap(), serde_json::to_value(&row[0]).unwrap())];
        let behind = drill(&plan, &ledger, plan.measures[0], &cell, None);
        assert_eq!((&behind.value, Value::Int(behind.count as i64)), (&row[1], row[1].clone()));
    }
}

#[tokio::test]
async fn durations_can_be_booked_whole_where_the_leg_is_over() {
    let (_store, ledger) = imported(&Database::sqlite()).await;
    let ask = |durations: &str| {
        let plan = planned(&json!({
            "type": "agents", "group_by": [], "measures": ["handle_seconds"], "interval": "half_hour",
            "time_zone": "America/New_York", "durations": durations,
            "filters": [{"field": "external_id", "op": "eq", "value": "c27"}, {"field": "agent", "op": "eq", "value": "Ana"}],
        }));
        let rows = run(&plan, &ledger).rows;
        rows.into_iter().map(|row| row[1].clone()).collect::<Vec<_>>()
    };
    // Answered at 09:25:10, talked to 10:05:10, wrapped up to 10:15:10.
    assert_eq!(ask("split"), [Value::Int(290), Value::Int(1800), Value::Int(910)]);
    assert_eq!(ask("at_end"), [Value::Int(3000)]);
}
