//! Call flows and business hours: what is refused where, and what a dry run says.

use access::Permission;
use serde_json::{Value, json};

use crate::stage::{Client, Heard, Stage};

fn complaints(heard: &Heard) -> Vec<String> {
    let errors = heard.body["errors"].as_array().unwrap_or_else(|| panic!("{}", heard.text));
    errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
}

async fn queue(admin: &Client<'_>) -> String {
    admin.post("/v1/queues", json!({"name": "Billing"})).await.id()
}

async fn office(admin: &Client<'_>) -> String {
    let day = json!([{"from": "09:00", "to": "17:00"}]);
    let hours = json!({"name": "Office", "time_zone": "Europe/Berlin", "monday": day,
        "exceptions": [{"date": "2026-12-21", "name": "Inventory"}]});
    admin.post("/v1/business-hours", hours).await.id()
}

fn main_flow(queue: &str, hours: &str) -> Value {
    json!([
        {"hours": {"business_hours_id": hours, "closed": [{"play": "closed"}, {"hang_up": {}}]}},
        {"menu": {"prompt": "greeting", "attribute": "topic",
            "digits": {"1": [{"queue": {"queue_id": queue}}], "2": [{"set": {"subject": "Support"}}]},
            "on_failure": [{"hang_up": {}}]}},
        {"queue": {"queue_id": queue, "priority": 2}}
    ])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flow_that_cannot_run_is_refused_with_each_place_that_is_wrong() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = queue(&admin).await;
    let steps = json!([
        {"play": "no such prompt"},
        {"menu": {"digits": {"12": [], "1": [{"queue": {"queue_id": admin.user}}]}, "timeout_seconds": 0.5, "attempts": 0}},
        {"hours": {"business_hours_id": admin.user, "open": [{"hang_up": {}}], "closed": [{"hang_up": {}}]}},
        {"queue_check": {"queue_id": queue, "then": []}},
        {"hang_up": {}}
    ]);
    let heard = admin.post("/v1/call-flows", json!({"name": "Wrong", "steps": steps})).await;
    assert_eq!(heard.status, 422, "{}", heard.text);
    assert_eq!(
        complaints(&heard),
        [
            "steps[0].play",
            "steps[1].menu.timeout_seconds",
            "steps[1].menu.attempts",
            "steps[1].menu.digits.1[0].queue.queue_id",
            "steps[1].menu.digits.12",
            "steps[2].hours.business_hours_id",
            "steps[3]",
        ]
    );
    let mut deep = json!([{"hang_up": {}}]);
    for _ in 0..8 {
        deep = json!([{"menu": {"digits": {"1": deep}}}]);
    }
    let heard = admin.post("/v1/call-flows", json!({"name": "Deep", "steps": deep})).await;
    assert_eq!(heard.status, 422, "{}", heard.text);
    let many = vec![json!({"play": "greeting"}); 201];
    let heard = admin.post("/v1/call-flows", json!({"name": "Long", "steps": many})).await;
    assert_eq!(complaints(&heard), ["steps"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_says_what_happens_at_a_time_and_with_these_keys() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let (queue, hours) = (queue(&admin).await, office(&admin).await);
    let flow = json!({"name": "Main", "steps": main_flow(&queue, &hours)});
    let made = admin.post("/v1/call-flows", flow).await;
    assert_eq!(admin.get(&format!("/v1/call-flows/{}", made.id())).await.is(200), made.is(201));
    let path = format!("/v1/call-flows/{}/dry-run", made.id());
    let outcomes = |heard: &Heard| -> Vec<String> {
        let steps = heard.is(200)["steps"].as_array().unwrap().clone();
        steps.iter().map(|step| step["outcome"].as_str().unwrap().to_owned()).collect()
    };
    let sunday = admin.post(&path, json!({"at": "2026-11-22T03:12:00+01:00", "digits": ["2"]})).await;
    assert_eq!(outcomes(&sunday), ["closed", "played", "hung_up"]);
    assert_eq!(sunday.body["queue_id"], Value::Null);
    let monday = admin.post(&path, json!({"at": "2026-11-23T10:00:00+01:00", "digits": ["9", "2"]})).await;
    assert_eq!(outcomes(&monday), ["open", "asked", "not_a_choice", "asked", "pressed", "set", "queued"]);
    assert_eq!(monday.body["steps"][4]["path"], "steps[1]");
    assert_eq!(monday.body["steps"][5]["path"], "steps[1].menu.digits.2[0]");
    assert_eq!((&monday.body["queue_id"], &monday.body["priority"]), (&json!(queue), &json!(2)));
    assert_eq!(
        (&monday.body["subject"], &monday.body["attributes"]["topic"]),
        (&json!("Support"), &json!("2"))
    );
    let holiday = admin.post(&path, json!({"at": "2026-12-21T10:00:00+01:00"})).await;
    assert_eq!(holiday.is(200)["steps"][0]["detail"], "Inventory");
    let wrong = admin.post(&path, json!({"digits": ["2", "12"]})).await;
    assert_eq!(complaints(&wrong), ["digits[1]"]);
    // Steps that nobody saved, with nobody in the queue and with somebody.
    let steps = json!([
        {"queue_check": {"queue_id": queue, "no_agents": true, "then": [{"hang_up": {}}]}},
        {"queue": {"queue_id": queue}}
    ]);
    let now = admin.post("/v1/call-flows/dry-run", json!({"steps": steps})).await;
    assert_eq!(outcomes(&now), ["no_agents", "hung_up"]);
    let supposed = json!({"steps": steps, "queues": {"agents": 1}});
    let supposed = admin.post("/v1/call-flows/dry-run", supposed).await;
    assert_eq!(outcomes(&supposed), ["passes", "queued"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn business_hours_are_checked_kept_and_held_by_the_flows_that_use_them() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let wrong = json!({"name": "", "time_zone": "Mars/Olympus",
        "monday": [{"from": "17:00", "to": "09:00"}], "tuesday": [{"from": "09:00", "to": "12:00"}, {"from": "11:00", "to": "24:00"}],
        "exceptions": [{"date": "2026-12-25"}, {"date": "2026-12-25", "hours": [{"from": "9", "to": "10:00"}]}]});
    let heard = admin.post("/v1/business-hours", wrong).await;
    assert_eq!(
        complaints(&heard),
        ["name", "time_zone", "monday[0]", "tuesday[1]", "exceptions[1].date", "exceptions[1].hours[0]"]
    );
    let (queue, hours) = (queue(&admin).await, office(&admin).await);
    let path = format!("/v1/business-hours/{hours}");
    let changed = admin.patch(&path, json!({"sunday": [{"from": "22:00", "to": "24:00"}]})).await;
    assert_eq!(changed.is(200)["monday"][0]["to"], "17:00");
    let flow =
        admin.post("/v1/call-flows", json!({"name": "Main", "steps": main_flow(&queue, &hours)})).await.id();
    admin.delete(&path).await.refused(409, "in_use");
    admin.delete(&format!("/v1/call-flows/{flow}")).await.is(204);
    admin.delete(&path).await.is(204);
    let prompts = admin.get("/v1/prompts").await;
    assert_eq!(prompts.is(200)["items"][0]["name"], "greeting");
}
