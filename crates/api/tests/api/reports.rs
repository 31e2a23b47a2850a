//! Reports over HTTP, over the hand-made history of the reporting crate.

use std::path::Path;

use access::{Permission, Reach, Scope};
use serde_json::{Value, json};
use terms::QueueId;

use crate::stage::{Client, Stage};

pub(crate) async fn with_history(stage: &Stage) {
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../reporting/tests/history"));
    reporting::import::import(&stage.store, directory, false, |_| ()).await.unwrap();
}

async fn run(client: &Client<'_>, request: Value) -> Value {
    client.post("/v1/reports/run", request).await.is(200).clone()
}

on_both! {
    a_report_answers_with_columns_totals_and_definitions_and_its_numbers_drill(database) {
        let stage = Stage::start_on(database).await;
        with_history(&stage).await;
        let analyst = stage.user("nora", &[Permission::ViewReports]).await;
        let types = analyst.get("/v1/reports/types").await.is(200).clone();
        assert_eq!(types["items"].as_array().unwrap().len(), 10);
        let request = json!({"type": "training_gaps", "group_by": ["subject"], "measures": ["calls", "consulted", "consult_rate", "flagged"]});
        let report = run(&analyst, request.clone()).await;
        assert_eq!(report["columns"][1], json!({"name": "calls", "title": "Calls", "kind": "count"}));
        assert_eq!(report["rows"][1], json!(["Plan", 10, 3, 0.3, true]));
        assert_eq!(report["totals"], json!([null, 40, 9, 0.225, false]));
        assert!(report["definition_of"]["consult_rate"].as_str().unwrap().contains("Consulted over calls"));
        let mut drill = request;
        drill["cell"] = json!({"measure": "consulted", "subject": "Plan"});
        let behind = analyst.post("/v1/reports/drill", drill.clone()).await.is(200).clone();
        assert_eq!((&behind["count"], &behind["value"]), (&json!(3), &json!(3)));
        let ids: Vec<&str> = behind["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["external_id"].as_str().unwrap())
            .collect();
        let mut ids = ids;
        ids.sort_unstable();
        assert_eq!(ids, ["c48", "c49", "c50"]);
        let conversation = behind["items"][0]["conversation_id"].as_str().unwrap();
        let timeline = analyst.get(&format!("/v1/conversations/{conversation}/timeline")).await.is(200).clone();
        let lanes = timeline["lanes"].as_array().unwrap();
        assert_eq!(lanes.len(), 3, "{timeline}");
        assert!(lanes.iter().any(|lane| lane["name"] == "Dan" && lane["segments"][1]["purpose"] == "consult"));
        drill["cell"] = json!({"measure": "occupancy"});
        analyst.post("/v1/reports/drill", drill).await.refused(422, "validation_failed");
        // Records of another system are listed like our own.
        let listed = analyst.get("/v1/voice-calls?limit=200").await;
        assert_eq!(listed.is(200)["items"].as_array().unwrap().len(), 74);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_report_over_a_period_counts_the_days_that_it_names_when_it_is_run() {
    let stage = Stage::start().await;
    with_history(&stage).await;
    let analyst = stage.user("nora", &[Permission::ViewReports]).await;
    let mut request = json!({"type": "voice_calls", "group_by": [], "measures": ["calls"]});
    assert_ne!(run(&analyst, request.clone()).await["totals"], json!([0]));
    // The history is older than that.
    request["period"] = json!("last_week");
    assert_eq!(run(&analyst, request.clone()).await["totals"], json!([0]));
    request["period"] = json!("fortnight");
    let refused = analyst.post("/v1/reports/run", request.clone()).await;
    refused.refused(422, "validation_failed");
    assert_eq!(refused.body["errors"][0]["field"], "period");
    request["period"] = json!("7d");
    let made = analyst.post("/v1/reports/saved", json!({"name": "Weekly", "request": request})).await;
    assert_eq!(made.is(201)["request"]["period"], "7d");
    let audiences = analyst.get("/v1/reports/audiences").await.is(200).clone();
    assert_eq!(audiences["items"], json!([{"id": analyst.set.0, "name": "set of nora"}]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bad_report_names_what_would_be_right() {
    let stage = Stage::start().await;
    let analyst = stage.user("nora", &[Permission::ViewReports]).await;
    let heard = analyst.post("/v1/reports/run", json!({"type": "queues", "measures": ["answred"]})).await;
    heard.refused(422, "validation_failed");
    assert_eq!(heard.body["errors"][0]["field"], "measures[0]");
    assert!(
        heard.body["errors"][0]["message"].as_str().unwrap().contains("service_level_answered"),
        "{}",
        heard.text
    );
    let heard = analyst.post("/v1/reports/run", json!({"type": "queues", "colour": "red"})).await;
    heard.refused(422, "validation_failed");
    assert_eq!(heard.body["errors"][0]["field"], "colour");
    let filters = json!([{"field": "customer", "op": "eq", "value": "u01"}]);
    let heard = analyst.post("/v1/reports/run", json!({"type": "voice_calls", "filters": filters})).await;
    heard.refused(422, "validation_failed");
    assert!(heard.text.contains("view_full_numbers"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_analyst_sees_the_queues_that_were_granted() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = admin.post("/v1/queues", json!({"name": "Billing", "service_level_seconds": 21})).await;
    let queue: uuid::Uuid = queue.is(201)["id"].as_str().unwrap().parse().unwrap();
    with_history(&stage).await;
    let scope = Scope { teams: Reach::All, queues: Reach::Only([QueueId(queue)].into()) };
    let analyst = stage.user_within("nora", &[Permission::ViewReports], None, scope).await;
    let request = json!({"type": "queues", "measures": ["offered", "answered_in_time"]});
    let seen = run(&analyst, request.clone()).await;
    // The queue of this name, with its own T, is where the history's calls waited.
    assert_eq!(seen["rows"], json!([["Billing", 8, 3]]));
    let all = run(&admin, request).await;
    assert_eq!(all["rows"].as_array().unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_export_takes_its_permission_and_is_audited() {
    let stage = Stage::start().await;
    with_history(&stage).await;
    let admin = stage.user("admin", Permission::ALL).await;
    let reader = stage.user("nora", &[Permission::ViewReports]).await;
    let request = json!({"type": "training_gaps", "measures": ["calls", "consult_rate"], "limit": 2});
    let refused = reader.post("/v1/reports/run?format=csv", request.clone()).await;
    refused.refused(403, "not_allowed");
    assert_eq!(refused.body["missing_permission"], "export_reports");
    let csv = admin.post("/v1/reports/run?format=csv", request.clone()).await;
    csv.is(200);
    assert_eq!(csv.text, "subject,calls,consult_rate\nRouter,7,0.42857142857142855\nPlan,10,0.3\n");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    assert!(csv.header("content-disposition").contains("training_gaps.csv"));
    for format in ["xlsx", "parquet", "json"] {
        admin.post(&format!("/v1/reports/run?format={format}"), request.clone()).await.is(200);
    }
    admin.post("/v1/reports/run?format=pdf", request).await.refused(422, "validation_failed");
    let audit = admin.get("/v1/audit-events?subject=report/training_gaps").await;
    let events = audit.is(200)["items"].as_array().unwrap();
    assert_eq!(events.len(), 4);
    assert_eq!((&events[3]["action"], &events[3]["after"]["format"]), (&json!("export"), &json!("csv")));
}

on_both! {
    a_saved_report_is_its_owners_and_seen_by_those_it_is_shared_with(database) {
        let stage = Stage::start_on(database).await;
        let owner = stage.user("nora", &[Permission::ViewReports]).await;
        let other = stage.user("otto", &[Permission::ViewReports]).await;
        let bad = json!({"name": "Gaps", "request": {"type": "training_gaps", "measures": ["handled"]}});
        let heard = owner.post("/v1/reports/saved", bad).await;
        heard.refused(422, "validation_failed");
        assert_eq!(heard.body["errors"][0]["field"], "request.measures[0]");
        let fields = json!({"name": "Gaps", "folder": "Weekly", "request": {"type": "training_gaps"}});
        let made = owner.post("/v1/reports/saved", fields).await;
        made.is(201);
        let path = format!("/v1/reports/saved/{}", made.id());
        other.get(&path).await.refused(404, "not_found");
        assert_eq!(other.get("/v1/reports/saved").await.is(200)["items"], json!([]));
        owner.patch(&path, json!({"shared_with": [other.set.0]})).await.is(200);
        assert_eq!(other.get(&path).await.is(200)["folder"], "Weekly");
        other.patch(&path, json!({"name": "Mine"})).await.refused(403, "not_allowed");
        other.delete(&path).await.refused(403, "not_allowed");
        assert_eq!(owner.get("/v1/reports/saved").await.is(200)["items"].as_array().unwrap().len(), 1);
        owner.delete(&path).await.is(204);
        owner.get(&path).await.refused(404, "not_found");
    }
}
