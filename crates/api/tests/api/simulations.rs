//! The staffing what-if, over the hand-made history.

use access::{
    Permission::{self, ManageRouting, ViewReports},
    Reach, Scope,
};
use serde_json::{Value, json};
use terms::QueueId;

use crate::{
    reports::with_history,
    stage::{Client, Stage},
};

/// A queue that the history has calls for, and somebody who serves it.
async fn staffed(stage: &Stage, admin: &Client<'_>) -> String {
    let queue = json!({"name": "Support", "service_level_seconds": 20, "wrap_up": {"seconds": 0, "max_extensions": 0}});
    let queue = admin.post("/v1/queues", queue).await.id();
    for name in ["una", "vic"] {
        let user = json!({
            "username": name, "display_name": name, "password": "correct horse battery", "extension": null,
            "queues": [{"queue_id": queue, "priority": 1, "delay_seconds": 0}],
        });
        admin.post("/v1/users", user).await.is(201);
    }
    with_history(stage).await;
    queue
}

fn wish(queue: &str, changes: &Value) -> Value {
    json!({
        "name": "November", "from": "2026-11-01", "to": "2026-11-30", "queue_ids": [queue], "staffing": "everybody",
        "replications": 20, "changes": changes,
    })
}

async fn played(client: &Client<'_>, wish: Value) -> Value {
    let started = client.post("/v1/simulations", wish).await;
    let id = started.is(202)["id"].as_str().unwrap().to_owned();
    let over = |one: &Value| !matches!(one["state"].as_str(), Some("waiting" | "running"));
    client.until(&format!("/v1/simulations/{id}"), over).await
}

fn figure<'a>(simulation: &'a Value, name: &str) -> &'a Value {
    let figures = simulation["result"]["whole"].as_array().unwrap();
    figures.iter().find(|figure| figure["figure"] == name).unwrap_or_else(|| panic!("{name}: {simulation}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn more_agents_and_fewer_calls_are_played_beside_the_base_with_intervals() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = staffed(&stage, &admin).await;
    let changes = json!({"arrival_factor": 0.5, "queues": [{"queue_id": queue, "agents": 3}]});
    let done = played(&admin, wish(&queue, &changes)).await;
    assert_eq!((&done["state"], &done["progress"]), (&json!("done"), &json!(1.0)), "{done}");
    assert_eq!((&done["base"]["agents"], &done["base"]["agents_changed"]), (&json!(2), &json!(5)), "{done}");
    let offered = figure(&done, "offered");
    assert!(offered["difference"]["high"].as_f64().unwrap() < 0.0, "{offered}");
    let busy = figure(&done, "occupancy");
    for side in ["base", "changed"] {
        let [low, mean, high] = ["low", "mean", "high"].map(|name| busy[side][name].as_f64().unwrap());
        assert!(0.0 <= low && low < mean && mean < high && high <= 1.0, "{busy}");
    }
    assert!(busy["difference"]["high"].as_f64().unwrap() < 0.0, "{busy}");
    let base = &done["base"]["queues"][0];
    assert!(base["measured"]["offered"].as_u64().unwrap() > 10, "{base}");
    assert!(base["handle_seconds"].as_f64().unwrap() > 10.0, "{base}");
    assert_eq!(done["result"]["queues"][0]["queue_id"], json!(queue));
    // The same seed gives the same figures; it stays in the list until it is removed.
    let again = played(&admin, wish(&queue, &changes)).await;
    assert_eq!(again["result"], done["result"]);
    assert_eq!(admin.get("/v1/simulations").await.is(200)["items"].as_array().unwrap().len(), 2);
    let id = done["id"].as_str().unwrap();
    admin.delete(&format!("/v1/simulations/{id}")).await.is(204);
    admin.get(&format!("/v1/simulations/{id}")).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_makes_no_sense_is_refused_with_the_field_and_a_part_of_the_house_is_not_enough() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    admin.post("/v1/simulations", json!({})).await.refused(422, "validation_failed");
    let queue = staffed(&stage, &admin).await;
    let wrong = [
        (json!({"queues": [{"queue_id": queue, "agents": -3}]}), "changes.queues"),
        (json!({"queues": [{"queue_id": queue, "handle_seconds": 0}]}), "changes.queues[0].handle_seconds"),
        (json!({"arrival_factor": -1}), "changes.arrival_factor"),
        (json!({"skills": [{"user_id": queue, "skill_id": queue, "level": 5}]}), "changes.skills[0].user_id"),
    ];
    for (changes, field) in wrong {
        let refused = admin.post("/v1/simulations", wish(&queue, &changes)).await;
        refused.refused(422, "validation_failed");
        assert_eq!(refused.body["errors"][0]["field"], field, "{}", refused.text);
    }
    let mut wished = wish(&queue, &json!({}));
    wished["replications"] = json!(2_000);
    admin.post("/v1/simulations", wished.clone()).await.refused(422, "validation_failed");
    wished["replications"] = json!(20);
    (wished["from"], wished["to"]) = (json!("2025-01-01"), json!("2025-01-07"));
    admin.post("/v1/simulations", wished.clone()).await.refused(409, "no_history");
    (wished["opens"], wished["closes"]) = (json!("8 o'clock"), json!("25:00"));
    assert_eq!(admin.post("/v1/simulations", wished).await.is(422)["errors"].as_array().unwrap().len(), 2);
    let scope = Scope { teams: Reach::All, queues: Reach::Only([QueueId(queue.parse().unwrap())].into()) };
    let part = stage.user_within("part", &[ManageRouting, ViewReports], None, scope).await;
    part.get("/v1/simulations").await.refused(403, "not_allowed");
    part.post("/v1/simulations", wish(&queue, &json!({}))).await.refused(403, "not_allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_that_goes_on_is_cancelled_and_only_so_many_wait() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = staffed(&stage, &admin).await;
    let mut long = wish(&queue, &json!({"arrival_factor": 10}));
    long["replications"] = json!(1_000);
    let mut ids = Vec::new();
    let refused = loop {
        let heard = admin.post("/v1/simulations", long.clone()).await;
        if heard.status != 202 {
            break heard;
        }
        ids.push(heard.id());
        assert!(ids.len() < 20, "there is a bound");
    };
    refused.refused(429, "limit_reached");
    // The last ones first: they wait.
    for id in ids.iter().rev() {
        admin.delete(&format!("/v1/simulations/{id}")).await.is(204);
    }
    let mut cancelled = 0;
    for path in ids.iter().map(|id| format!("/v1/simulations/{id}")) {
        // One that was over before it was cancelled is forgotten.
        if admin.get(&path).await.status == 200 {
            let over = |one: &Value| one["state"] == "cancelled" && one["ended_at"].is_string();
            assert!(admin.until(&path, over).await["result"].is_null());
            cancelled += 1;
        }
    }
    assert!(cancelled > 0, "{ids:?}");
}
