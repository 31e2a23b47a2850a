//! Exports that take a while, and reports that go out by themselves.

use access::Permission::{self, ExportReports, ViewReports};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use crate::{
    reports::with_history,
    stage::{Client, Stage},
};

/// 2027-01-15, as `Stage::start` has it.
const NOW: i64 = 1_800_000_000_000;

async fn finished(client: &Client<'_>, id: &str) -> Value {
    let over = |export: &Value| !matches!(export["state"].as_str(), Some("waiting" | "running"));
    client.until(&format!("/v1/reports/exports/{id}"), over).await
}

on_both! {
    an_export_is_asked_for_watched_fetched_audited_and_forgotten(database) {
        let stage = Stage::start_on(database).await;
        with_history(&stage).await;
        let admin = stage.user("admin", Permission::ALL).await;
        let reader = stage.user("nora", &[ViewReports]).await;
        let request = json!({"type": "training_gaps", "measures": ["calls", "consult_rate"], "limit": 2, "format": "csv", "name": "=gaps"});
        reader.post("/v1/reports/exports", request.clone()).await.refused(403, "not_allowed");
        let started = admin.post("/v1/reports/exports", request.clone()).await;
        let id = started.is(202)["id"].as_str().unwrap().to_owned();
        let done = finished(&admin, &id).await;
        assert_eq!((&done["state"], &done["progress"], &done["rows"]), (&json!("done"), &json!(1.0), &json!(2)));
        let file = admin.get(&format!("/v1/reports/exports/{id}/file")).await;
        file.is(200);
        assert_eq!(file.text, "subject,calls,consult_rate\nRouter,7,0.42857142857142855\nPlan,10,0.3\n");
        assert!(file.header("content-disposition").starts_with("attachment; filename=\"gaps-"));
        let audit = admin.get("/v1/audit-events?subject=report/training_gaps").await;
        assert_eq!(audit.is(200)["items"][0]["action"], "export");
        let audit = admin.get(&format!("/v1/audit-events?subject=report_export/{id}")).await;
        assert_eq!(audit.is(200)["items"][0]["action"], "download");
        // Somebody else's does not exist for others.
        let other = stage.user("otto", &[ViewReports, ExportReports]).await;
        for path in [format!("/v1/reports/exports/{id}"), format!("/v1/reports/exports/{id}/file")] {
            other.get(&path).await.refused(404, "not_found");
        }
        other.delete(&format!("/v1/reports/exports/{id}")).await.refused(404, "not_found");
        assert_eq!(std::fs::read_dir(stage.directory.join("exports")).unwrap().count(), 1);
        admin.delete(&format!("/v1/reports/exports/{id}")).await.is(204);
        admin.get(&format!("/v1/reports/exports/{id}")).await.refused(404, "not_found");
        assert_eq!(std::fs::read_dir(stage.directory.join("exports")).unwrap().count(), 0);
        let mut wrong = request;
        wrong["measures"] = json!(["callls"]);
        admin.post("/v1/reports/exports", wrong).await.refused(422, "validation_failed");
    }
}

async fn saved(client: &Client<'_>) -> String {
    let request =
        json!({"type": "training_gaps", "group_by": ["subject"], "measures": ["calls", "consulted"]});
    let made = client.post("/v1/reports/saved", json!({"name": "Gaps", "request": request})).await;
    made.is(201)["id"].as_str().unwrap().to_owned()
}

fn daily(saved: &str, delivery: Value) -> Value {
    json!({
        "name": "../Gaps daily", "saved_report_id": saved, "format": "csv", "delivery": delivery,
        "timing": {"every": "day", "at": "09:00", "time_zone": "Europe/Berlin"},
    })
}

async fn run_over(client: &Client<'_>, id: &str, runs: usize) -> Value {
    let over = |list: &Value| {
        let items = list["items"].as_array().unwrap();
        items.len() == runs && items.iter().all(|run| run["ended_at"].is_string())
    };
    client.until(&format!("/v1/reports/schedules/{id}/runs"), over).await
}

on_both! {
    a_scheduled_report_is_dropped_at_its_time_and_pauses_when_its_owner_may_not_export_any_more(database) {
        let stage = Stage::start_at(
            database,
            NOW,
            |_| {},
            |outgoing, directory| outgoing.delivery.directory = Some(directory.join("drop")),
        )
        .await;
        with_history(&stage).await;
        let admin = stage.user("admin", Permission::ALL).await;
        let nora = stage.user("nora", &[ViewReports, ExportReports]).await;
        let made = nora.post("/v1/reports/schedules", daily(&saved(&nora).await, json!({"kind": "file"}))).await;
        made.is(201);
        let id = made.id();
        // 09:00 in Berlin is 08:00 UTC; it is 08:00 UTC of the 15th now, so the next is tomorrow's.
        assert_eq!(made.body["next_run_at"], "2027-01-16T08:00:00.000Z");
        stage.later(24 * 3_600_000);
        let (nora, admin) = (nora.renewed(), admin.renewed());
        let runs = run_over(&nora, &id, 1).await;
        let run = &runs["items"][0];
        assert_eq!((&run["outcome"], &run["by_hand"]), (&json!("delivered"), &json!(false)), "{run}");
        assert_eq!(run["planned_for"], "2027-01-16T08:00:00.000Z");
        let dropped: Vec<String> = std::fs::read_dir(stage.directory.join("drop"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        assert_eq!(dropped, ["Gaps-daily-20270116-090000.csv"]);
        let text = std::fs::read_to_string(stage.directory.join("drop").join(&dropped[0])).unwrap();
        assert!(text.starts_with("subject,calls,consulted\n") && text.contains("Plan,10,3"), "{text}");
        let audit = admin.get("/v1/audit-events?subject=report/training_gaps").await;
        assert_eq!(audit.is(200)["items"][0]["after"]["to"], json!({"kind": "file"}));
        // Two days missed are made up for once.
        stage.later(3 * 24 * 3_600_000);
        let (nora, admin) = (nora.renewed(), admin.renewed());
        let runs = run_over(&nora, &id, 2).await;
        assert_eq!(runs["items"][0]["planned_for"], "2027-01-19T08:00:00.000Z");
        // The grant goes, then the time comes.
        let set = format!("/v1/permission-sets/{}", nora.set);
        admin.patch(&set, json!({"grants": ["view_reports"]})).await.is(200);
        stage.later(24 * 3_600_000);
        let (nora, admin) = (nora.renewed(), admin.renewed());
        let told = nora.until("/v1/alerts", |alerts| !alerts["items"].as_array().unwrap().is_empty()).await;
        assert_eq!(told["items"][0]["subject"], format!("schedule/{id}"));
        assert!(told["items"][0]["rule_name"].as_str().unwrap().contains("paused"));
        nora.get(&format!("/v1/reports/schedules/{id}")).await.refused(403, "not_allowed");
        admin.patch(&set, json!({"grants": ["view_reports", "export_reports"]})).await.is(200);
        let paused = nora.get(&format!("/v1/reports/schedules/{id}")).await;
        assert!(paused.is(200)["paused_reason"].as_str().unwrap().contains("may not export"));
        assert_eq!((&paused.body["enabled"], &paused.body["next_run_at"]), (&json!(false), &Value::Null));
        let again = nora.patch(&format!("/v1/reports/schedules/{id}"), json!({"enabled": true})).await;
        assert_eq!(
            (&again.is(200)["paused_reason"], again.body["next_run_at"].is_string()),
            (&Value::Null, true)
        );
    }
}

/// Answers each request in turn, and hands back what came.
async fn hook(listener: TcpListener, answers: &[&str]) -> Vec<String> {
    let mut heard = Vec::new();
    for answer in answers {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut text = String::new();
        let mut bytes = [0; 4096];
        while !text.contains("Plan,10,3\n") {
            let read = stream.read(&mut bytes).await.unwrap();
            assert!(read > 0, "{text}");
            text.push_str(&String::from_utf8_lossy(&bytes[..read]));
        }
        let answer = format!("HTTP/1.1 {answer}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        stream.write_all(answer.as_bytes()).await.unwrap();
        heard.push(text);
    }
    heard
}

fn header<'a>(request: &'a str, name: &str) -> &'a str {
    let line = request.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|rest| rest.strip_prefix(": ")).unwrap_or_else(|| panic!("{name}: {request}"))
}

on_both! {
    a_web_hook_gets_a_signed_body_again_until_it_takes_it(database) {
        let stage = Stage::start_at(database, NOW, |_| {}, |outgoing, _| outgoing.delivery.private_webhooks = true).await;
        with_history(&stage).await;
        let nora = stage.user("nora", &[ViewReports, ExportReports]).await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/reports", listener.local_addr().unwrap());
        let hook = tokio::spawn(hook(listener, &["503 Service Unavailable", "204 No Content"]));
        let asked = daily(&saved(&nora).await, json!({"kind": "webhook", "url": url}));
        let made = nora.post("/v1/reports/schedules", asked).await;
        let secret = made.is(201)["secret"].as_str().unwrap().to_owned();
        let id = made.id();
        let shown = nora.get(&format!("/v1/reports/schedules/{id}")).await;
        assert!(shown.is(200).get("secret").is_none(), "{}", shown.text);
        nora.post(&format!("/v1/reports/schedules/{id}/run"), json!({})).await.is(202);
        let runs = run_over(&nora, &id, 1).await;
        let run = &runs["items"][0];
        assert_eq!(
            (&run["outcome"], &run["attempts"], &run["by_hand"]),
            (&json!("delivered"), &json!(2), &json!(true))
        );
        let heard = hook.await.unwrap();
        let body = heard[0].split_once("\r\n\r\n").unwrap().1;
        let expected = delivery::signature(&secret, stage.now(), body.as_bytes()).unwrap();
        assert_eq!(header(&heard[0], "tandem-signature"), expected);
        assert_eq!(header(&heard[0], "tandem-delivery"), header(&heard[1], "tandem-delivery"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_schedule_names_no_path_no_private_address_and_nothing_that_is_not_configured() {
    let stage = Stage::start().await;
    let nora = stage.user("nora", &[ViewReports, ExportReports]).await;
    let saved = saved(&nora).await;
    let refused = async |delivery: Value| {
        let heard = nora.post("/v1/reports/schedules", daily(&saved, delivery)).await;
        heard.refused(422, "validation_failed");
        heard.body["errors"][0]["field"].as_str().unwrap().to_owned()
    };
    assert_eq!(refused(json!({"kind": "file"})).await, "delivery.kind");
    assert_eq!(refused(json!({"kind": "mail", "to": ["a@example.org"]})).await, "delivery.kind");
    assert_eq!(refused(json!({"kind": "webhook", "url": "file:///etc/passwd"})).await, "delivery.url");
    let heard =
        nora.post("/v1/reports/schedules", daily(&saved, json!({"kind": "file", "path": "/etc"}))).await;
    heard.refused(422, "validation_failed");
    // An address is looked up only when it is used, so a private one fails there, and its owner is told.
    let asked = daily(&saved, json!({"kind": "webhook", "url": "http://127.0.0.1:9/"}));
    let made = nora.post("/v1/reports/schedules", asked).await;
    made.is(201);
    let id = made.id();
    nora.post(&format!("/v1/reports/schedules/{id}/run"), json!({})).await.is(202);
    let runs = run_over(&nora, &id, 1).await;
    let run = &runs["items"][0];
    assert_eq!((&run["outcome"], &run["attempts"]), (&json!("failed"), &json!(1)), "{run}");
    assert!(run["detail"].as_str().unwrap().contains("private"));
    let alerts = nora.until("/v1/alerts", |alerts| !alerts["items"].as_array().unwrap().is_empty()).await;
    assert_eq!(alerts["items"][0]["subject"], format!("schedule/{id}"));
    // Somebody else's saved report is none.
    let otto = stage.user("otto", &[ViewReports, ExportReports]).await;
    let asked = daily(&saved, json!({"kind": "webhook", "url": "https://example.org/"}));
    otto.post("/v1/reports/schedules", asked).await.refused(422, "validation_failed");
    otto.get(&format!("/v1/reports/schedules/{id}/runs")).await.refused(404, "not_found");
    // With the schedule goes what was amiss with it.
    nora.delete(&format!("/v1/reports/schedules/{id}")).await.is(204);
    nora.until("/v1/alerts", |alerts| alerts["items"].as_array().unwrap().is_empty()).await;
}
