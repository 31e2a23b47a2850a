//! Alerts on live calls: a hold that lasts, sound that is not as good as asked for, and what is open over a restart.

use std::{sync::Arc, time::Duration};

use scenarios::{
    stage::{postgres::Postgres, server::Setup, skip::where_installed, wait::until_async},
    story::{
        Stage,
        wired::{Wired, on_world},
    },
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(30);

async fn rule(world: &Wired, kind: &str, threshold: f64) -> String {
    let condition = json!({"threshold": threshold, "clear_seconds": 0});
    let rule = json!({"name": kind, "kind": kind, "condition": condition});
    world.admin.post("/v1/alert-rules", rule).await.unwrap()["id"].as_str().unwrap().to_owned()
}

async fn alerts(world: &Wired, kind: &str) -> Vec<Value> {
    let all = world.admin.list("/v1/alerts?state=all").await.unwrap();
    all.into_iter().filter(|alert| alert["kind"] == kind).collect()
}

/// The only alert of this kind there ever was, when it is as wanted.
async fn only(world: &Wired, kind: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    until_async(&format!("the {kind} alert is as wanted"), SOON, || async {
        match alerts(world, kind).await.as_slice() {
            [alert] if wanted(alert) => Ok(alert.clone()),
            other => Err(format!("{other:?}")),
        }
    })
    .await
    .unwrap()
}

fn is_open(alert: &Value) -> bool {
    alert["cleared_at"].is_null()
}

fn alerts_come_and_go_and_open_ones_outlive_a_restart(setup: Setup) {
    on_world(setup, |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let ana = stage.agent("ana").serves("billing").available();
        // Nobody has so many people, so this one stays open.
        let staffed = world.block_on(rule(&world, "agents_available", 9_000.0));
        world.block_on(rule(&world, "long_hold", 1.0));
        // No telephone sounds so well.
        world.block_on(rule(&world, "quality", 4.5));
        dana.calls("billing");
        ana.answers();
        stage.hears("dana<->ana");
        let conversation = world.block_on(world.conversation_of("ana")).unwrap();
        ana.holds();
        let hold = world.block_on(only(&world, "long_hold", is_open));
        assert_eq!(hold["conversation_id"], json!(conversation));
        assert!(hold["value"].as_f64().unwrap() >= 1.0, "{hold}");
        ana.resumes();
        world.block_on(only(&world, "long_hold", |alert| !is_open(alert)));
        let poor = world.block_on(only(&world, "quality", is_open));
        let score = poor["value"].as_f64().unwrap();
        assert!((1.0..4.5).contains(&score), "{poor}");
        world.block_on(async {
            let kept = only(&world, "agents_available", is_open).await;
            let id = kept["id"].as_str().unwrap();
            let seen = world.admin.post(&format!("/v1/alerts/{id}/acknowledge"), json!({})).await.unwrap();
            let who = seen["acknowledged_by"].clone();
            assert!(who.is_string(), "{seen}");
            world.restart().await.unwrap();
            // The call went with the server, and so does what was open about it; the other is open still, and the same.
            only(&world, "quality", |alert| !is_open(alert)).await;
            let after = only(&world, "agents_available", is_open).await;
            for field in ["id", "raised_at"] {
                assert_eq!(after[field], kept[field], "{field}");
            }
            assert_eq!(after["acknowledged_by"], who);
            world.admin.delete(&format!("/v1/alert-rules/{staffed}")).await.unwrap();
            only(&world, "agents_available", |alert| !is_open(alert)).await;
        });
    });
}

#[test]
fn alerts_on_a_live_call_come_and_go_and_open_ones_outlive_a_restart() {
    alerts_come_and_go_and_open_ones_outlive_a_restart(Setup::default());
}

#[test]
fn alerts_in_postgres_come_and_go_and_open_ones_outlive_a_restart() {
    let Some(postgres) = where_installed(Postgres::start()).unwrap() else { return };
    let database = Some(postgres.database("tandem").unwrap());
    alerts_come_and_go_and_open_ones_outlive_a_restart(Setup { database, ..Setup::default() });
}
