//! Voicemail: what a caller says over a real wire is kept, offered, heard, and survives.

use std::{sync::Arc, time::Duration};

use scenarios::{
    stage::{client::Client, server::Setup, wait::until_async},
    story::{
        Stage,
        wired::{Wired, on_world},
    },
};
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(20);
/// 8 kHz, 16 bits.
const BYTES_A_SECOND: u64 = 16_000;

/// Until the files of messages that are written hold so many seconds in all.
fn spoken(world: &Wired, seconds: u64) {
    world.block_on(async {
        let directory = world.data().await.join("recordings/messages");
        until_async("the message is being written", SOON, || async {
            let files = std::fs::read_dir(&directory).map_err(|error| error.to_string())?;
            let bytes: u64 = files.filter_map(|file| Some(file.ok()?.metadata().ok()?.len())).sum();
            if bytes >= seconds * BYTES_A_SECOND { Ok(()) } else { Err(format!("{bytes} bytes")) }
        })
        .await
        .unwrap();
    });
}

async fn voicemail(client: &Client, wanted: &[(&str, &str)]) -> Value {
    until_async("the voicemail is so", SOON, || async {
        let list = client.list("/v1/voicemails").await.map_err(|error| error.to_string())?;
        let fits = |one: &&Value| wanted.iter().all(|(field, value)| one[*field] == *value);
        list.iter().find(fits).cloned().ok_or_else(|| format!("{list:?}"))
    })
    .await
    .unwrap()
}

async fn nothing_waits(client: &Client) {
    until_async("no voicemail is left", SOON, || async {
        let list = client.list("/v1/voicemails").await.map_err(|error| error.to_string())?;
        if list.is_empty() { Ok(()) } else { Err(format!("{list:?}")) }
    })
    .await
    .unwrap();
}

/// Where nobody is signed in, this queue takes messages; a caller does not wait for the packaged prompt to end.
fn takes_messages(stage: &Stage) {
    let overflow = json!({"kind": "voicemail"});
    stage.queue("billing", json!({"routing": {"no_agent_seconds": 0, "overflow": overflow}}));
}

fn client(world: &Wired, name: &str) -> Client {
    world.person(name).staff.as_ref().unwrap().client.clone()
}

fn chooses(world: &Wired, name: &str, kind: &str) {
    world.block_on(async {
        let statuses = world.admin.list("/v1/presence-statuses").await.unwrap();
        let status = statuses.iter().find(|status| status["kind"] == kind).unwrap();
        client(world, name).put("/v1/me/presence", json!({"status_id": status["id"]})).await.unwrap();
    });
}

#[test]
fn a_message_is_left_declined_taken_heard_put_back_and_done() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let ana = stage.agent("ana").serves("billing").available();
        chooses(&world, "ana", "offline");
        takes_messages(&stage);
        dana.calls("billing");
        spoken(&world, 3);
        // The line is gone before the key is up.
        dana.presses("#").either_way();
        dana.is_free();
        let left = world.block_on(voicemail(&world.admin, &[("state", "waiting")]));
        assert!(left["duration_seconds"].as_f64().unwrap() >= 2.5, "{left}");

        // To the agent there is nothing until it is offered, and nothing to hear until it is taken.
        let hers = client(&world, "ana");
        let path = |what: &str| format!("/v1/voicemails/{}{what}", left["id"].as_str().unwrap());
        world.block_on(async {
            assert_eq!(hers.try_get(&path("")).await.unwrap().status, 404);
        });
        chooses(&world, "ana", "online");
        world.block_on(async {
            voicemail(&hers, &[("state", "offered")]).await;
            assert_eq!(hers.try_get(&path("/audio")).await.unwrap().status, 403);
            hers.post(&path("/decline"), json!({})).await.unwrap();
            // Nobody else is there: she is asked again after the queue's pause.
            voicemail(&hers, &[("state", "offered")]).await;
            let taken = hers.post(&path("/accept"), json!({})).await.unwrap();
            assert_eq!(taken["state"], "assigned", "{taken}");
            assert_eq!(hers.me().await.unwrap()["presence"]["system_state"], "in_call");
            let sound = hers.request(reqwest::Method::GET, &path("/audio")).send().await.unwrap();
            assert_eq!(sound.headers()["content-type"], "audio/wav");
            let sound = sound.bytes().await.unwrap();
            assert!(
                sound.len() as u64 > 2 * BYTES_A_SECOND && &sound[..4] == b"RIFF",
                "{} bytes",
                sound.len()
            );
            let loud = sound[44..].chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]]));
            assert!(loud.map(i16::unsigned_abs).max() > Some(1_000), "nobody is heard");
            voicemail(&hers, &[("state", "assigned"), ("listened_by", left_by(&hers).await.as_str())]).await;
            hers.post(&path("/requeue"), json!({})).await.unwrap();
            assert_eq!(hers.me().await.unwrap()["presence"]["system_state"], "available");
            // A supervisor finishes it.
            let done = world.admin.post(&path("/done"), json!({})).await.unwrap();
            assert_eq!(done["state"], "done");
            nothing_waits(&world.admin).await;
            let again = world.admin.try_post(&path("/done"), json!({})).await.unwrap();
            assert!([404, 409].contains(&again.status.as_u16()), "{}", again.text);
            until_async("it is among those that are done", SOON, || async {
                let list = world.admin.list("/v1/voicemails?state=done").await.map_err(|e| e.to_string())?;
                if list.len() == 1 { Ok(()) } else { Err(format!("{list:?}")) }
            })
            .await
            .unwrap();
        });
        drop(ana);
    });
}

async fn left_by(client: &Client) -> String {
    client.me().await.unwrap()["user"]["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_call_goes_before_a_message_and_one_press_calls_back() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let rob = stage.customer("rob");
        let ana = stage.agent("ana").serves("billing").available();
        chooses(&world, "ana", "offline");
        takes_messages(&stage);
        dana.calls("billing");
        spoken(&world, 2);
        dana.hangs_up();
        world.block_on(voicemail(&world.admin, &[("state", "waiting")]));
        stage.queue("billing", json!({"routing": {"no_agent_seconds": null}}));
        rob.calls("billing");
        stage.hears("queue->rob");
        chooses(&world, "ana", "online");
        ana.rings();
        ana.answers();
        stage.hears("rob<->ana");
        world.block_on(voicemail(&world.admin, &[("state", "waiting")]));
        rob.hangs_up();
        let hers = client(&world, "ana");
        let path = world.block_on(async {
            let offered = voicemail(&hers, &[("state", "offered")]).await;
            let path = format!("/v1/voicemails/{}", offered["id"].as_str().unwrap());
            hers.post(&format!("{path}/accept"), json!({})).await.unwrap();
            hers.post(&format!("{path}/call-back"), json!({})).await.unwrap();
            path
        });
        // Her own press: her phone answers by itself.
        dana.answers();
        stage.hears("dana<->ana");
        dana.hangs_up();
        ana.is_free();
        world.block_on(async {
            let done = hers.post(&format!("{path}/done"), json!({})).await.unwrap();
            assert!(done["called_back_conversation_id"].is_string(), "{done}");
            nothing_waits(&world.admin).await;
        });
    });
}

#[test]
fn a_message_outlives_a_kill_while_it_is_being_left_and_a_sigh_is_none() {
    on_world(Setup::default(), |world: Arc<Wired>| {
        let stage = Stage::new(world.clone());
        let dana = stage.customer("dana");
        let rob = stage.customer("rob");
        takes_messages(&stage);
        // Before the tone, or right behind it.
        rob.calls("billing");
        stage.hears("prompt->rob");
        rob.hangs_up();
        dana.calls("billing");
        spoken(&world, 3);
        world.block_on(async {
            world.kill().await.unwrap();
            world.restart().await.unwrap();
            let left = voicemail(&world.admin, &[("state", "waiting")]).await;
            assert!(left["duration_seconds"].as_f64().unwrap() >= 2.5, "{left}");
            assert_eq!(world.admin.list("/v1/voicemails").await.unwrap().len(), 1);
            let file = format!("recordings/messages/{}.wav", left["id"].as_str().unwrap());
            let sound = std::fs::read(world.data().await.join(file)).unwrap();
            let length = u32::from_le_bytes([sound[40], sound[41], sound[42], sound[43]]);
            assert_eq!((&sound[..4], length as usize), (&b"RIFF"[..], sound.len() - 44));
            assert!(u64::from(length) > 2 * BYTES_A_SECOND, "{length} bytes");
            // What waited waits after another one, too.
            world.kill().await.unwrap();
            world.restart().await.unwrap();
            voicemail(&world.admin, &[("state", "waiting"), ("id", left["id"].as_str().unwrap())]).await;
        });
    });
}
