//! The organization's resources.

use access::Permission;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::Stage;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_resource_is_made_read_changed_and_removed() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let made = admin.post("/v1/queues", json!({"name": "Billing", "extension": "600"})).await;
    made.is(201);
    let path = format!("/v1/queues/{}", made.id());
    assert_eq!(made.header("location"), path);
    assert_eq!(made.header("etag"), "\"1\"");
    assert_eq!(made.body["routing"]["push_timeout_seconds"], 20.0);
    let changed = admin.patch(&path, json!({"wrap_up": {"seconds": 30}})).await;
    assert_eq!(changed.is(200)["wrap_up"], json!({"seconds": 30.0, "max_extensions": 0}));
    assert_eq!(changed.body["name"], "Billing");
    assert_eq!(changed.body["version"], 2);
    let listed = admin.get("/v1/queues").await;
    assert_eq!(listed.is(200)["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed.body["next_cursor"], Value::Null);
    admin.delete(&path).await.is(204);
    admin.get(&path).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_is_refused_field_by_field() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let body = json!({"name": "", "routing": {"push_timeout_seconds": 0}, "wrap_up": {"seconds": -1}});
    let heard = admin.post("/v1/queues", body).await;
    heard.refused(422, "validation_failed");
    let fields: Vec<&str> =
        heard.body["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    assert_eq!(fields, ["name", "routing.push_timeout_seconds", "wrap_up.seconds"]);
    let heard = admin.post("/v1/teams", json!({"name": "Red", "colour": "red"})).await;
    heard.refused(422, "validation_failed");
    assert_eq!(heard.body["errors"][0]["field"], "colour");
    admin.post("/v1/teams", json!({"name": "Red"})).await.is(201);
    let heard = admin.post("/v1/teams", json!({"name": "red"})).await;
    heard.refused(422, "validation_failed");
    assert_eq!(heard.body["errors"][0]["field"], "name");
    admin.get("/v1/teams?limit=0").await.refused(400, "malformed");
    admin.get("/v1/teams?limt=1").await.refused(400, "malformed");
    admin.get("/v1/teams/nonsense").await.refused(404, "not_found");
    let broken = reqwest::Client::new()
        .post(stage.url("/v1/teams"))
        .bearer_auth(&admin.token)
        .header("content-type", "application/json")
        .body("{\"name\": ");
    assert_eq!(broken.send().await.unwrap().status(), 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_update_from_an_old_version_is_refused() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let path = format!("/v1/teams/{}", admin.post("/v1/teams", json!({"name": "Red"})).await.id());
    let change = async |tag: &str, name: &str| {
        admin.ask(Method::PATCH, &path, &[("If-Match", tag)], Some(&json!({"name": name}))).await
    };
    change("\"1\"", "Crimson").await.is(200);
    let heard = change("\"1\"", "Scarlet").await;
    heard.refused(412, "stale_version");
    assert_eq!(heard.body["current_version"], 2);
    change("*", "Scarlet").await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_list_comes_in_pages_without_a_gap() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    for number in 0..5 {
        admin.post("/v1/skills", json!({"name": format!("skill {number}")})).await.is(201);
    }
    let mut names = Vec::new();
    let mut path = "/v1/skills?limit=2".to_owned();
    loop {
        let page = admin.get(&path).await;
        names.extend(
            page.is(200)["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["name"].as_str().unwrap().to_owned()),
        );
        match page.body["next_cursor"].as_str() {
            Some(cursor) => path = format!("/v1/skills?limit=2&cursor={cursor}"),
            None => break,
        }
    }
    assert_eq!(names, ["skill 0", "skill 1", "skill 2", "skill 3", "skill 4"]);
    admin.get("/v1/teams?cursor=zzz").await.refused(400, "malformed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managing_users_is_no_way_to_permissions() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let manager = stage.user("manager", &[Permission::ManageUsers]).await;
    let sets = json!({"permission_set_ids": [admin.set]});
    let own = format!("/v1/users/{}", manager.user);
    let heard = manager.patch(&own, sets.clone()).await;
    heard.refused(403, "not_allowed");
    assert_eq!(heard.body["missing_permission"], "grant_permission_sets");
    let new = json!({"username": "sock", "display_name": "Sock", "permission_set_ids": [admin.set]});
    manager.post("/v1/users", new).await.refused(403, "not_allowed");
    let boss = format!("/v1/users/{}", admin.user);
    for takeover in [
        json!({"password": "a new password"}),
        json!({"username": "gone"}),
        json!({"sip": {"username": "stolen"}}),
    ] {
        manager.patch(&boss, takeover).await.refused(403, "not_allowed");
    }
    manager.delete(&boss).await.refused(403, "not_allowed");
    manager.patch(&boss, json!({"display_name": "The Boss"})).await.is(200);
    manager.delete(&own).await.refused(409, "own_account");
    let scope = json!({"name": "more", "grants": ["monitor"]});
    manager.post("/v1/permission-sets", scope).await.refused(403, "not_allowed");
    admin.patch(&own, sets).await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_grant_is_live_as_soon_as_it_is_answered() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let ana = stage.user("ana", &[]).await;
    ana.get("/v1/settings").await.refused(403, "not_allowed");
    let set = format!("/v1/permission-sets/{}", ana.set);
    admin.patch(&set, json!({"grants": ["manage_settings"]})).await.is(200);
    ana.get("/v1/settings").await.is(200);
    admin.patch(&set, json!({"grants": []})).await.is(200);
    ana.get("/v1/settings").await.refused(403, "not_allowed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn secrets_are_shown_once_and_never_in_the_audit() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let body = json!({"username": "ana", "display_name": "Ana", "password": "a very secret one"});
    let made = admin.post("/v1/users", body).await;
    let sip = made.is(201)["sip"]["password"].as_str().unwrap().to_owned();
    assert_eq!(made.body["sip"]["username"], "ana");
    let path = format!("/v1/users/{}", made.id());
    assert!(admin.get(&path).await.is(200)["sip"].get("password").is_none());
    let trunk = json!({"name": "isp", "host": "127.0.0.1:5080",
        "credentials": {"username": "u", "password": "trunk secret"}});
    let trunk = admin.post("/v1/trunks", trunk).await;
    assert_eq!(trunk.is(201)["credentials"]["password"], Value::Null);
    let log = admin.get("/v1/audit-events?limit=200").await;
    for secret in ["a very secret one", sip.as_str(), "trunk secret", "$argon2id"] {
        assert!(!log.text.contains(secret), "{secret}");
    }
    let newest = &log.is(200)["items"][0];
    assert_eq!(newest["action"], "create");
    assert_eq!(newest["actor_id"], json!(admin.user));
    assert_eq!(newest["subject"], format!("trunk/{}", trunk.id()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_merged_and_guarded() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let before = admin.get("/v1/settings").await;
    assert_eq!(before.is(200)["training_gap_threshold"], 0.3);
    let changed = admin
        .patch("/v1/settings", json!({"limits": {"concurrent_calls": 7}, "time_zone": "Europe/Berlin"}))
        .await;
    assert_eq!(changed.is(200)["limits"]["concurrent_calls"], 7);
    admin.patch("/v1/settings", json!({"time_zone": "Mars"})).await.refused(422, "validation_failed");
    assert_eq!(admin.get("/v1/usage").await.is(200)["limit"], 7);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_kind_of_resource_can_be_made_and_read_back() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = admin.post("/v1/queues", json!({"name": "Billing"})).await.id();
    let skill = admin.post("/v1/skills", json!({"name": "refunds"})).await.id();
    for (path, body) in [
        ("/v1/presence-statuses", json!({"name": "Lunch", "kind": "busy", "channels": []})),
        (
            "/v1/presence-configs",
            json!({"name": "Default", "decline_enabled": true, "decline_reasons": ["busy"]}),
        ),
        ("/v1/wrap-up-codes", json!({"name": "Solved"})),
        ("/v1/quick-connects", json!({"name": "Bank", "phone_number": "+15550100123"})),
        ("/v1/numbers", json!({"e164": "+15550100200", "queue_id": queue})),
        (
            "/v1/call-flows",
            json!({"name": "Main", "steps": [{"play": "greeting"}, {"set": {"subject": "Billing"}},
                {"queue": {"queue_id": queue, "skills": [{"skill_id": skill, "level": 3}]}}, {"hang_up": {}}]}),
        ),
        ("/v1/trunks", json!({"name": "isp", "host": "sip.example.org", "allow_from": ["192.0.2.0/24"]})),
        (
            "/v1/queues",
            json!({"name": "Second", "routing": {"overflow": {"kind": "queue", "queue_id": queue},
                "steps": [{"all": [{"skill_id": skill, "level": 2}], "expiry_seconds": 30}]}}),
        ),
    ] {
        let made = admin.post(path, body).await;
        made.is(201);
        let read = admin.get(&format!("{path}/{}", made.id())).await;
        assert_eq!(read.is(200), &made.body, "{path}");
    }
    admin.delete(&format!("/v1/queues/{queue}")).await.refused(409, "in_use");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_routing_check_names_what_is_wrong_and_says_who_could_take_a_call() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    stage
        .user("ana", &[Permission::TakeCalls])
        .await
        .get("/v1/routing/check")
        .await
        .refused(403, "not_allowed");
    let queue = admin.post("/v1/queues", json!({"name": "Billing", "extension": "600"})).await.id();
    let spanish = admin.post("/v1/skills", json!({"name": "Spanish"})).await.id();
    let check = admin.get("/v1/routing/check").await;
    let findings = check.is(200)["findings"].as_array().unwrap().clone();
    let of = |code: &str| findings.iter().find(|one| one["code"] == code).cloned();
    let empty = of("queue_without_members").unwrap();
    assert_eq!(empty["severity"], "error");
    assert_eq!(empty["subject"], json!({"type": "queue", "id": queue, "name": "Billing"}));
    assert_eq!(of("skill_unused").unwrap()["subject"]["name"], "Spanish");

    let candidates = "/v1/routing/candidates";
    let nobody = admin.post(candidates, json!({"queue_id": queue})).await;
    assert_eq!(nobody.is(200)["steps"], json!([{"step": 0, "considered": [], "left_out": 0}]));
    let me = admin.get("/v1/me").await.is(200)["user"]["id"].clone();
    let serves = json!({"queues": [{"queue_id": queue}]});
    admin.patch(&format!("/v1/users/{}", me.as_str().unwrap()), serves).await.is(200);
    let asked = json!({"queue_id": queue, "skills": [{"skill_id": spanish, "level": 3}]});
    let weighed = admin.post(candidates, asked).await;
    let considered = &weighed.is(200)["steps"][0]["considered"];
    assert_eq!((&considered[0]["user_id"], considered[0]["verdict"].as_str()), (&me, Some("offline")));
    let missing = json!({"queue_id": queue, "skills": [{"skill_id": queue, "level": 3}]});
    admin.post(candidates, missing).await.refused(422, "validation_failed");
    admin.post(candidates, json!({"queue_id": spanish})).await.refused(422, "validation_failed");
}
