//! What is written down of a call when it is over: details and results, on records that nobody holds in memory any more.

use std::{sync::Arc, time::Duration};

use reqwest::Method;
use scenarios::{
    stage::{client::Client, server::Setup, wait::until_async},
    story::{
        Stage,
        wired::{Wired, on_world},
    },
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);

/// The record of the customer's call, when it has reached the database and everything in it is as wanted.
async fn record(client: &Client, conversation: &str, wanted: &[(&str, Value)]) -> Value {
    until_async("the record says so", SOON, || async {
        let calls = client.voice_calls(conversation).await.map_err(|error| error.to_string())?;
        let call = calls.into_iter().find(|call| call["ended_at"].is_string()).ok_or("no record yet")?;
        match wanted.iter().find(|(field, value)| call[*field] != *value) {
            None => Ok(call),
            Some(_) => Err(call.to_string()),
        }
    })
    .await
    .unwrap()
}

#[test]
fn who_was_in_a_call_may_still_say_what_it_was_about_after_its_end_and_nobody_else() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let ana = stage.agent("ana").serves("billing").available();
        let _ben = stage.agent("ben").available();
        dana.calls("billing");
        ana.answers();
        stage.hears("dana<->ana");
        let id = world.block_on(world.conversation_of("ana")).unwrap();
        dana.hangs_up();
        world.block_on(async {
            let client = |name: &str| world.person(name).staff.as_ref().unwrap().client.clone();
            let (hers, his) = (client("ana"), client("ben"));
            let call = record(&hers, &id, &[("subject", Value::Null)]).await;
            let path = format!("/v1/voice-calls/{}", call["id"].as_str().unwrap());
            let change = async |client: &Client, body: Value| client.send(Method::PATCH, &path, body).await.unwrap();

            let told = json!({"subject": "Refund", "case_category": "Billing", "notes": "calls back", "resolution": "open"});
            let changed = change(&hers, told.clone()).await;
            assert_eq!(changed.status, 200, "{}", changed.text);
            for (field, value) in told.as_object().unwrap() {
                assert_eq!(changed.body[field], *value, "{}", changed.text);
            }
            let wanted: Vec<(&str, Value)> =
                told.as_object().unwrap().iter().map(|(field, value)| (field.as_str(), value.clone())).collect();
            record(&hers, &id, &wanted).await;

            // The same again changes nothing and is no mistake; a command with a key has its effect once.
            assert_eq!(change(&hers, json!({"subject": "Refund"})).await.status, 200);
            let details = format!("/v1/conversations/{id}/details");
            let first = hers.post_once(&details, "once", json!({"related_record": "500X1"})).await.unwrap();
            let again = hers.post_once(&details, "once", json!({"related_record": "500X1"})).await.unwrap();
            assert_eq!((first.status.as_u16(), again.status.as_u16()), (200, 200), "{}", again.text);
            assert_eq!(first.body["version"], again.body["version"]);
            assert_eq!(first.body["related_record"], "500X1");
            let other = hers.post_once(&details, "once", json!({"related_record": "500X2"})).await.unwrap();
            assert_eq!(other.status, 422, "{}", other.text);

            // What was taken away is gone, and an old version is refused with the current one.
            let stale = change(&hers, json!({"subject": "Other", "version": 1})).await;
            assert_eq!((stale.status.as_u16(), stale.code()), (409, "stale_version"));
            assert!(stale.body["current_version"].as_u64().unwrap() > 1);
            assert_eq!(change(&hers, json!({"subject": ""})).await.body["subject"], Value::Null);

            // Nobody else: to a colleague it does not exist, and an administrator who sees it was not there.
            assert_eq!(change(&his, json!({"subject": "Mine"})).await.status, 404);
            let foreign = change(&world.admin, json!({"subject": "Mine"})).await;
            assert_eq!((foreign.status.as_u16(), foreign.code()), (403, "not_allowed"), "{}", foreign.text);
            // The call itself stays over.
            let late = hers.try_post(&format!("/v1/conversations/{id}/hold"), json!({})).await.unwrap();
            assert_eq!((late.status.as_u16(), late.code()), (409, "state_conflict"), "{}", late.text);

            let wanted = [("subject", Value::Null), ("related_record", json!("500X1")), ("notes", json!("calls back"))];
            record(&hers, &id, &wanted).await;
            world.restart().await.unwrap();
            let kept = record(&hers, &id, &wanted).await;
            assert_eq!(kept["disposition"], "completed");
        });
    });
}
