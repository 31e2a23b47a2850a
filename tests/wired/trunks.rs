//! A test call over a trunk: a real call that somebody picks up, with every message of it.

use std::{sync::Arc, time::Duration};

use scenarios::{
    stage::{StageError, phone::Side, server::Setup, wait::until_async},
    story::wired::{Wired, on_world},
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);

async fn trunk(world: &Wired) -> String {
    let trunks = world.admin.list("/v1/trunks").await.unwrap();
    format!("/v1/trunks/{}/test-call", trunks[0]["id"].as_str().unwrap())
}

async fn over(world: &Wired, path: &str) -> Value {
    let looked = || async {
        let call = world.admin.get(path).await?;
        if call["state"] == "over" { Ok(call) } else { Err(StageError::NotNow(call.to_string())) }
    };
    until_async("the test call is over", SOON, looked).await.unwrap()
}

fn rungs(call: &Value) -> Vec<String> {
    let arrow = |step: &Value| if step["direction"] == "sent" { "->" } else { "<-" };
    let line = |step: &Value| format!("{} {}", arrow(step), step["label"].as_str().unwrap());
    call["ladder"].as_array().unwrap().iter().map(line).collect()
}

#[test]
fn a_test_call_rings_plays_music_says_bye_and_shows_its_ladder_and_no_record_is_made() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        world.block_on(async {
            let path = trunk(&world).await;
            world.admin.post(&path, json!({ "to": "+4930555017", "seconds": 2 })).await.unwrap();
            let call = world.network.next_call(SOON).await.unwrap();
            call.ring().await.unwrap();
            call.answer().await.unwrap();
            call.voice().hears_exactly(&[], true, SOON).await.unwrap();
            assert_eq!(call.ended(SOON).await.unwrap().by, Side::Them);
            let done = over(&world, &path).await;
            assert_eq!(done["verdict"]["code"], "answered", "{done}");
            let lines = rungs(&done);
            for line in ["-> INVITE", "<- 180 Ringing", "<- 200 OK", "-> ACK", "-> BYE"] {
                assert!(lines.iter().any(|one| one == line), "{line}: {lines:?}");
            }
            assert_eq!(lines.last().unwrap(), "<- 200 OK", "{lines:?}");
            assert!(world.admin.live_conversations().await.unwrap().is_empty());
            assert!(world.admin.list("/v1/voice-calls").await.unwrap().is_empty());
        });
    });
}

#[test]
fn a_busy_number_and_one_that_nobody_wants_to_wait_for_are_told_apart() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        world.block_on(async {
            let path = trunk(&world).await;
            world.admin.post(&path, json!({ "to": "+4930555017" })).await.unwrap();
            world.network.next_call(SOON).await.unwrap().refuse(486).await.unwrap();
            let busy = over(&world, &path).await;
            assert_eq!((&busy["verdict"]["code"], &busy["verdict"]["works"]), (&json!("busy"), &json!(true)));
            world.admin.post(&path, json!({ "to": "+4930555017" })).await.unwrap();
            let call = world.network.next_call(SOON).await.unwrap();
            call.ring().await.unwrap();
            let ringing = || async {
                let call = world.admin.get(&path).await?;
                if call["state"] == "ringing" { Ok(()) } else { Err(StageError::NotNow(call.to_string())) }
            };
            until_async("it rings", SOON, ringing).await.unwrap();
            world.admin.delete(&path).await.unwrap();
            assert_eq!(call.ended(SOON).await.unwrap().status, 487);
            let cancelled = over(&world, &path).await;
            assert_eq!(cancelled["verdict"]["code"], "cancelled");
            let lines = rungs(&cancelled);
            assert!(
                lines.ends_with(&["<- 487 Request Terminated".to_owned(), "-> ACK".to_owned()]),
                "{lines:?}"
            );
        });
    });
}
