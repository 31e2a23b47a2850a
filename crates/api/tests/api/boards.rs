//! Boards and alerts over HTTP and the live socket.

use access::{Permission, Reach, Scope};
use serde_json::{Value, json};
use terms::QueueId;

use crate::{
    live::Socket,
    reports::with_history,
    stage::{Client, Database, Stage},
};

/// A quarter of an hour before the end of a day of the hand-made history.
fn evening(date: &str) -> i64 {
    let at = format!("{date}T23:45:00Z");
    chrono::DateTime::parse_from_rfc3339(&at).unwrap().timestamp_millis()
}

/// A stage on that evening, with the queues of the history and their figures counted.
async fn evening_stage(database: Database, date: &str) -> (Stage, String) {
    let stage = Stage::start_at(database, evening(date), |_| {}, |_, _| {}).await;
    let queue = {
        let admin = stage.user("setup", Permission::ALL).await;
        let made = admin.post("/v1/queues", json!({"name": "Support", "service_level_seconds": 20})).await;
        made.is(201)["id"].as_str().unwrap().to_owned()
    };
    with_history(&stage).await;
    // What others wrote is looked at again after a minute.
    stage.later(61_000);
    (stage, queue)
}

async fn counted(client: &Client<'_>, queue: &str) -> Value {
    client
        .until(&format!("/v1/queues/{queue}/live"), |live| {
            live["today"]["figures"]["offered"].as_i64().is_some_and(|offered| offered > 0)
        })
        .await
}

const BUSY_DAY: &str = "2026-11-02";

on_both! {
    a_board_shows_what_the_report_behind_it_counts(database) {
        let (stage, queue) = evening_stage(database, BUSY_DAY).await;
        let admin = stage.user("admin", Permission::ALL).await;
        let live = counted(&admin, &queue).await;
        let figures = live["today"]["figures"].as_object().unwrap();
        let report = admin.post("/v1/reports/run", live["today"]["request"].clone()).await;
        let report = report.is(200);
        assert_eq!(report["rows"].as_array().unwrap().len(), 1, "{report}");
        for (place, column) in report["columns"].as_array().unwrap().iter().enumerate().skip(1) {
            let name = column["name"].as_str().unwrap();
            assert_eq!(report["rows"][0][place], figures[name], "{name}");
            assert_eq!(report["definition_of"][name], live["definition_of"][name]);
        }
        assert_eq!(figures.len(), 14);
        // And from a number to the calls behind it.
        let mut drill = live["today"]["request"].clone();
        drill["cell"] = json!({"measure": "offered", "queue_id": queue});
        let behind = admin.post("/v1/reports/drill", drill).await.is(200).clone();
        assert_eq!(behind["count"], figures["offered"]);
        assert_eq!(live["agents"]["offline"], 0);
        assert_eq!((&live["waiting"], &live["service_level_seconds"]), (&json!(0), &json!(20)));
        let all = admin.get("/v1/queues/live").await;
        assert_eq!(all.is(200)["items"].as_array().unwrap().len(), 1);
    }
}

on_both! {
    an_alert_is_told_to_whoever_may_see_its_queue_once_and_clears_with_its_rule(database) {
        let (stage, queue) = evening_stage(database, BUSY_DAY).await;
        let admin = stage.user("admin", Permission::ALL).await;
        counted(&admin, &queue).await;
        let elsewhere = Scope { teams: Reach::All, queues: Reach::Only([QueueId::from_number(7)].into()) };
        let other = stage.user_within("other", &[Permission::ViewLive], None, elsewhere).await;
        let mut socket = Socket::of(&stage, &admin).await;
        socket.say(json!({"subscribe": ["queues"]})).await;
        let snapshot = socket.hear("snapshot").await.unwrap();
        assert_eq!(snapshot["data"]["alerts"], json!([]));
        assert!(snapshot["data"]["queues"][0]["today"]["figures"]["offered"].as_i64() > Some(0));
        assert!(snapshot["data"]["definition_of"]["service_level_offered"].is_string());
        let rule = json!({
            "name": "Service level", "kind": "service_level", "severity": "critical", "queue_ids": [queue],
            "condition": {"threshold": 1.0, "minimum_calls": 1},
        });
        let made = admin.post("/v1/alert-rules", rule).await;
        let rule = made.is(201)["id"].as_str().unwrap().to_owned();
        let raised = socket.hear("alert").await.unwrap();
        assert_eq!(raised["data"]["subject"], format!("queue/{queue}"));
        assert_eq!(
            (&raised["data"]["about"], &raised["data"]["severity"]),
            (&json!("Support"), &json!("critical"))
        );
        assert!(raised["data"]["value"].as_f64().unwrap() < 1.0);
        // Once: more time and the same value make no other.
        stage.later(30_000);
        let id = raised["data"]["id"].as_str().unwrap();
        let listed = admin.get("/v1/alerts").await;
        assert_eq!(listed.is(200)["items"].as_array().unwrap().len(), 1);
        assert_eq!(other.get("/v1/alerts").await.is(200)["items"], json!([]));
        other.post(&format!("/v1/alerts/{id}/acknowledge"), json!({})).await.refused(404, "not_found");
        let seen = admin.post(&format!("/v1/alerts/{id}/acknowledge"), json!({})).await;
        assert_eq!(seen.is(200)["acknowledged_by"], json!(admin.user));
        let told = socket.hear("alert").await.unwrap();
        assert_eq!(told["data"]["acknowledged_by"], json!(admin.user));
        admin.delete(&format!("/v1/alert-rules/{rule}")).await.is(204);
        let cleared = socket.hear("alert").await.unwrap();
        assert!(cleared["data"]["cleared_at"].is_string(), "{cleared}");
        assert_eq!(admin.get("/v1/alerts").await.is(200)["items"], json!([]));
        assert_eq!(admin.get("/v1/alerts?state=all").await.is(200)["items"][0]["id"], id);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rule_that_cannot_be_says_what_would_be_right() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let rule = json!({
        "name": " ", "kind": "service_level", "queue_ids": ["00000000-0000-4000-8000-000000000000"],
        "condition": {"threshold": 80, "clear_at": 70, "measure": "service_levle", "for_seconds": 90_000},
    });
    let refused = admin.post("/v1/alert-rules", rule).await;
    refused.refused(422, "validation_failed");
    let fields: Vec<&str> = refused.body["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| error["field"].as_str().unwrap())
        .collect();
    let expected = [
        "name",
        "queue_ids",
        "condition.threshold",
        "condition.clear_at",
        "condition.for_seconds",
        "condition.measure",
    ];
    assert_eq!(fields, expected, "{}", refused.text);
}
