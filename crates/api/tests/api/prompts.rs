//! Uploaded prompts: what is taken, what is refused and why, and who keeps one from being removed.

use access::Permission;
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{Client, Database, Heard, Stage};

/// A tone of one channel and 16 bits at 8 kHz.
fn wav(ms: u32) -> Vec<u8> {
    let samples = 8 * ms;
    let mut file = Vec::new();
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&(36 + 2 * samples).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend_from_slice(&8_000_u32.to_le_bytes());
    file.extend_from_slice(&16_000_u32.to_le_bytes());
    file.extend_from_slice(b"\x02\0\x10\0data");
    file.extend_from_slice(&(2 * samples).to_le_bytes());
    for n in 0..samples {
        let angle = std::f64::consts::TAU * 440.0 * f64::from(n) / 8_000.0;
        file.extend_from_slice(&((8_000.0 * angle.sin()) as i16).to_le_bytes());
    }
    file
}

async fn upload(client: &Client<'_>, name: &str, file: Vec<u8>) -> Heard {
    let path = format!("/v1/prompts?name={name}&language=en");
    client.send(Method::POST, &path, &[("content-type", "audio/wav")], file).await
}

fn complaint(heard: &Heard) -> (String, String) {
    let error = &heard.is(422)["errors"][0];
    let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
    (text("field"), text("message"))
}

on_both! {
    a_prompt_is_uploaded_listed_heard_replaced_renamed_and_removed(database) {
        let stage = Stage::start_on(database).await;
        let admin = stage.user("admin", Permission::ALL).await;
        let made = upload(&admin, "Welcome", wav(500)).await;
        let body = made.is(201).clone();
        assert_eq!(body["name"], "Welcome");
        assert_eq!((&body["packaged"], &body["duration_seconds"]), (&json!(false), &json!(0.5)));
        assert_eq!((&body["language"], &body["created_by"]), (&json!("en"), &json!(admin.user)));
        let path = format!("/v1/prompts/{}", made.id());
        assert_eq!(made.header("location"), path);

        let listed = admin.get("/v1/prompts").await;
        let items = listed.is(200)["items"].as_array().unwrap().clone();
        assert_eq!((&items[0]["name"], &items[0]["packaged"]), (&json!("greeting"), &json!(true)));
        assert_eq!(items.last(), Some(&body));
        let heard = admin.get(&format!("{path}/audio")).await;
        assert_eq!((heard.status.as_u16(), heard.header("content-type")), (200, "audio/wav"));
        let part = admin.ask(Method::GET, &format!("{path}/audio"), &[("range", "bytes=0-3")], None).await;
        assert_eq!((part.status.as_u16(), part.text.as_str()), (206, "RIFF"));
        let packaged = admin.get("/v1/prompts/packaged/greeting/audio").await;
        assert_eq!((packaged.status.as_u16(), packaged.header("content-type")), (200, "audio/wav"));
        admin.get("/v1/prompts/packaged/nothing/audio").await.refused(404, "not_found");

        let sound = [("content-type", "audio/wav")];
        let replaced = admin.send(Method::PUT, &format!("{path}/audio"), &sound, wav(250)).await;
        let replaced = replaced.is(200);
        assert_eq!((&replaced["duration_seconds"], &replaced["version"]), (&json!(0.25), &json!(2)));
        let stale = [("content-type", "audio/wav"), ("if-match", "\"1\"")];
        let stale = admin.send(Method::PUT, &format!("{path}/audio"), &stale, wav(100)).await;
        stale.refused(412, "stale_version");
        let renamed = admin.patch(&path, json!({"name": "Good morning", "language": null})).await;
        assert_eq!((&renamed.is(200)["name"], &renamed.body["language"]), (&json!("Good morning"), &Value::Null));

        admin.delete(&path).await.is(204);
        admin.get(&path).await.refused(404, "not_found");
        admin.get(&format!("{path}/audio")).await.refused(404, "not_found");
        let trail = admin.get("/v1/audit-events?limit=200").await;
        let trail = trail.is(200)["items"].as_array().unwrap().clone();
        let subject = format!("prompt/{}", made.id());
        let mut actions: Vec<&str> =
            trail.iter().filter(|event| event["subject"] == json!(subject)).filter_map(|event| event["action"].as_str()).collect();
        actions.sort_unstable();
        assert_eq!(actions, ["create", "delete", "update", "update"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_played_is_refused_with_what_to_do() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let (field, message) = complaint(&upload(&admin, "Song", b"ID3 an MP3".to_vec()).await);
    assert!(field == "audio" && message.contains("no WAV file"), "{field}: {message}");
    let mut compressed = wav(100);
    compressed[20] = 7;
    let (_, message) = complaint(&upload(&admin, "Song", compressed).await);
    assert!(message.contains("PCM"), "{message}");
    let (_, message) = complaint(&upload(&admin, "Song", wav(180_100)).await);
    assert!(message.contains("180 seconds"), "{message}");
    let large = vec![0; terms::limits::PROMPT_BYTES_MAX + 1];
    upload(&admin, "Song", large).await.refused(413, "too_large");
    admin.post("/v1/prompts?name=Song", json!({})).await.refused(415, "unsupported_media_type");
    for name in ["greeting", "number_3", "", "00000000-0000-4000-8000-000000000000"] {
        assert_eq!(complaint(&upload(&admin, name, wav(100)).await).0, "name", "{name}");
    }
    upload(&admin, "Welcome", wav(100)).await.is(201);
    assert_eq!(complaint(&upload(&admin, "welcome", wav(100)).await).0, "name");
    assert_eq!(admin.get("/v1/prompts").await.is(200)["items"].as_array().unwrap().len(), 8);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_prompt_that_is_played_stays_and_one_named_by_its_id_can_be_renamed() {
    let stage = Stage::start_on(Database::Sqlite).await;
    let admin = stage.user("admin", Permission::ALL).await;
    let id = upload(&admin, "Welcome", wav(100)).await.id();
    let path = format!("/v1/prompts/{id}");
    let flow = json!({"name": "Main", "steps": [{"play": "Welcome"}, {"hang_up": {}}]});
    let flow = admin.post("/v1/call-flows", flow).await.id();
    let queue = json!({"name": "Billing", "announcements": {"first_seconds": 20, "prompts": [id]},
        "routing": {"overflow": {"kind": "hang_up", "prompt": id}}});
    let queue = admin.post("/v1/queues", queue).await.id();
    let kept = admin.delete(&path).await;
    kept.refused(409, "in_use");
    assert_eq!(kept.body["users"], json!(["the call flow Main", "the queue Billing"]));
    let named = admin.patch(&path, json!({"name": "Hello"})).await;
    named.refused(409, "in_use");
    assert_eq!(named.body["users"], json!(["the call flow Main"]));

    let steps = json!([{"menu": {"prompt": id, "digits": {"1": []}}}, {"voicemail": {"queue_id": queue, "prompt": id}}]);
    admin.patch(&format!("/v1/call-flows/{flow}"), json!({"steps": steps})).await.is(200);
    admin.patch(&path, json!({"name": "Hello"})).await.is(200);
    // People read the name.
    let run = admin.post(&format!("/v1/call-flows/{flow}/dry-run"), json!({})).await;
    assert_eq!(run.is(200)["steps"][0]["detail"], "Hello");
    admin.delete(&path).await.refused(409, "in_use");
    admin.delete(&format!("/v1/call-flows/{flow}")).await.is(204);
    admin.delete(&format!("/v1/queues/{queue}")).await.is(204);
    admin.delete(&path).await.is(204);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_makes_one_prompt_only() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let once = [("content-type", "audio/wav"), ("idempotency-key", "prompt-1")];
    // Longer than any JSON of ours may be.
    let file = wav(20_000);
    let first = admin.send(Method::POST, "/v1/prompts?name=Welcome", &once, file.clone()).await.id();
    let again = admin.send(Method::POST, "/v1/prompts?name=Welcome", &once, file).await.id();
    assert_eq!(first, again);
    let other = admin.send(Method::POST, "/v1/prompts?name=Welcome", &once, wav(100)).await;
    other.refused(422, "idempotency_key_reused");
}
