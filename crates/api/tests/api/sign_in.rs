//! Signing in and out.

use access::Permission;
use reqwest::Method;
use serde_json::json;

use crate::stage::{PASSWORD, Stage};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_gives_tokens_and_the_token_opens_the_door() {
    let stage = Stage::start().await;
    stage.user("ana", &[]).await;
    let heard = stage.sign_in("ANA", PASSWORD).await;
    let body = heard.is(200);
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 900);
    assert!(body["refresh_token"].is_string());
    assert_eq!(heard.header("cache-control"), "no-store");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_and_an_unknown_name_get_the_same_answer() {
    let stage = Stage::start().await;
    stage.user("ana", &[]).await;
    let wrong = stage.sign_in("ana", "wrong horse").await;
    let unknown = stage.sign_in("nobody", "wrong horse").await;
    wrong.refused(400, "invalid_grant");
    assert_eq!(wrong.body["error"], "invalid_grant");
    assert_eq!(wrong.text, unknown.text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn guessing_is_slowed_down_for_known_and_unknown_names_alike() {
    let stage = Stage::start().await;
    stage.user("ana", &[]).await;
    for name in ["ana", "nobody"] {
        for _ in 0..10 {
            stage.sign_in(name, "wrong horse").await.refused(400, "invalid_grant");
        }
        let heard = stage.sign_in(name, PASSWORD).await;
        heard.refused(429, "limit_reached");
        assert!(heard.header("retry-after").parse::<u32>().unwrap() > 0);
    }
    stage.later(31_000);
    stage.sign_in("ana", PASSWORD).await.is(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refresh_token_is_good_once_and_its_second_use_ends_the_sign_in() {
    let stage = Stage::start().await;
    stage.user("ana", &[]).await;
    let first = stage.sign_in("ana", PASSWORD).await.is(200)["refresh_token"].as_str().unwrap().to_owned();
    let refresh = async |token: &str| {
        stage.form("/oauth/token", &[("grant_type", "refresh_token"), ("refresh_token", token)]).await
    };
    let second = refresh(&first).await.is(200)["refresh_token"].as_str().unwrap().to_owned();
    refresh(&first).await.refused(400, "invalid_grant");
    refresh(&second).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_opens_nothing() {
    let stage = Stage::start().await;
    let ana = stage.user("ana", &[]).await;
    ana.get("/v1/me").await.is(200);
    stage.form("/oauth/revoke", &[("token", &ana.token)]).await.is(200);
    ana.get("/v1/me").await.refused(401, "unauthenticated");
    let refresh = stage.sign_in("ana", PASSWORD).await.is(200)["refresh_token"].as_str().unwrap().to_owned();
    stage.form("/oauth/revoke", &[("token", &refresh)]).await.is(200);
    let again = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str())];
    stage.form("/oauth/token", &again).await.refused(400, "invalid_grant");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_ends_with_its_time_and_with_its_account() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let ana = stage.user("ana", &[]).await;
    admin.delete(&format!("/v1/users/{}", ana.user)).await.is(204);
    ana.get("/v1/me").await.refused(401, "unauthenticated");
    stage.later(3_600_000);
    admin.get("/v1/me").await.refused(401, "unauthenticated");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_client_signs_in_with_its_secret_that_was_shown_once() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let body = json!({"name": "crm", "permission_set_ids": [admin.set]});
    let made = admin.post("/v1/clients", body).await;
    let (id, secret) = (made.id(), made.is(201)["secret"].as_str().unwrap().to_owned());
    assert!(admin.get(&format!("/v1/clients/{id}")).await.is(200).get("secret").is_none());
    let fields = |secret| {
        [("grant_type", "client_credentials"), ("client_id", id.as_str()), ("client_secret", secret)]
    };
    stage.form("/oauth/token", &fields("wrong")).await.refused(400, "invalid_grant");
    let tokens = stage.form("/oauth/token", &fields(&secret)).await;
    assert!(tokens.is(200).get("refresh_token").is_none());
    let bearer = format!("Bearer {}", tokens.body["access_token"].as_str().unwrap());
    let me = reqwest::Client::new().get(stage.url("/v1/me")).header("authorization", bearer);
    assert_eq!(me.send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_door_is_open_and_says_what_it_does_not_know() {
    let stage = Stage::start().await;
    stage.anonymous(Method::GET, "/healthz").await.is(200);
    stage.anonymous(Method::GET, "/readyz").await.is(200);
    assert_eq!(stage.anonymous(Method::GET, "/metrics").await.text, "up 1\n");
    let keys = stage.anonymous(Method::GET, "/.well-known/jwks.json").await;
    assert_eq!(keys.is(200)["keys"][0]["crv"], "Ed25519");
    let document = stage.anonymous(Method::GET, "/openapi.json").await;
    assert_eq!(document.is(200)["openapi"], "3.1.0");
    assert!(stage.anonymous(Method::GET, "/docs/index.html").await.text.contains("swagger"));
    assert!(
        stage.anonymous(Method::GET, "/docs/swagger-initializer.js").await.text.contains("/openapi.json")
    );
    stage.anonymous(Method::GET, "/nowhere").await.refused(404, "not_found");
    let heard = stage.anonymous(Method::DELETE, "/v1/me").await;
    heard.refused(405, "method_not_allowed");
    assert_eq!(heard.header("allow"), "GET");
}
