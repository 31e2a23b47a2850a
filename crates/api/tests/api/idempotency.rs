//! The same key and body give the first answer again.

use access::Permission;
use reqwest::Method;
use serde_json::json;

use crate::stage::{Heard, Stage};

const KEY: (&str, &str) = ("Idempotency-Key", "k-1");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repeated_post_has_one_effect_and_the_first_answer_byte_for_byte() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let body = json!({"username": "ana", "display_name": "Ana"});
    let ask = async || admin.ask(Method::POST, "/v1/users", &[KEY], Some(&body)).await;
    let first = ask().await;
    assert!(first.is(201)["sip"]["password"].is_string(), "{}", first.text);
    let again = ask().await;
    assert_eq!((again.status, &again.text), (first.status, &first.text));
    assert_eq!(again.header("etag"), first.header("etag"));
    assert_eq!(again.header("location"), first.header("location"));
    assert_eq!(again.header("idempotent-replayed"), "true");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_key_with_another_body_is_refused() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let ask =
        async |name: &str| admin.ask(Method::POST, "/v1/teams", &[KEY], Some(&json!({"name": name}))).await;
    ask("Red").await.is(201);
    ask("Blue").await.refused(422, "idempotency_key_reused");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_at_the_same_time_get_one_answer() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let body = json!({"name": "Red"});
    let ask = || admin.ask(Method::POST, "/v1/teams", &[KEY], Some(&body));
    let (one, two, three): (Heard, Heard, Heard) = tokio::join!(ask(), ask(), ask());
    assert_eq!(one.is(201), two.is(201));
    assert_eq!(one.body, three.body);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_two_people_are_two_keys() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let other = stage.user("other", Permission::ALL).await;
    let one = admin.ask(Method::POST, "/v1/teams", &[KEY], Some(&json!({"name": "Red"}))).await;
    let two = other.ask(Method::POST, "/v1/teams", &[KEY], Some(&json!({"name": "Blue"}))).await;
    assert_ne!(one.id(), two.id());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refusal_is_remembered_too() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let ask = async || admin.ask(Method::POST, "/v1/teams", &[KEY], Some(&json!({"name": ""}))).await;
    ask().await.refused(422, "validation_failed");
    ask().await.refused(422, "validation_failed");
}
