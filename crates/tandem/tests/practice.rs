//! The practice organization as a newcomer meets it: started, looked at through the API, stopped.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use serde_json::Value;
use tandem::{
    config::Config,
    demo::{self, Demo, people::PASSWORD},
};
use tokio::time::{interval, timeout};

/// The practice promises linked legs within a minute; a loaded machine gets more.
const WITHIN: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_millis(500);

struct Data(PathBuf);

impl Drop for Data {
    fn drop(&mut self) {
        // Leaving it behind would only cost disk.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn on_free_ports() -> Config {
    let mut config = Config::default();
    config.http.listen = SocketAddr::from(([127, 0, 0, 1], 0));
    config.sip.listen_udp = SocketAddr::from(([127, 0, 0, 1], 0));
    config.media.port_range = "47000-47999".parse().unwrap();
    config.media.threads = Some(1);
    config
}

/// Asks as this person until there is a record that fits.
async fn found(http: SocketAddr, username: &str, query: &str, fits: impl Fn(&Value) -> bool) -> Value {
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let form = [("grant_type", "password"), ("username", username), ("password", PASSWORD)];
    let answer = client.post(format!("http://{http}/oauth/token")).form(&form).send().await.unwrap();
    let token: Value = answer.json().await.unwrap();
    let token = token["access_token"].as_str().expect("signed in").to_owned();
    let mut again = interval(LOOK);
    loop {
        again.tick().await;
        let asked = client.get(format!("http://{http}/v1/voice-calls?{query}")).bearer_auth(&token);
        let seen: Value = asked.send().await.unwrap().json().await.unwrap();
        let items = seen["items"].as_array().unwrap_or_else(|| panic!("no list: {seen}"));
        if let Some(item) = items.iter().find(|item| fits(item)) {
            return item.clone();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn within_a_minute_answered_consults_and_coaching_are_listed_with_their_parents() {
    let data = Data(std::env::temp_dir().join(format!("tandem-practice-{}", std::process::id())));
    let config = demo::configured(on_free_ports(), &data.0).unwrap();
    let demo = Demo::start(&config, &data.0).await.unwrap();
    let http = demo.http;
    let looking = async move {
        let linked = |call: &Value| call["parent_id"].is_string() && call["accepted_at"].is_string();
        let consult = found(http, "nora", "purpose=consult&answered=true", linked).await;
        assert_eq!(consult["call_type"], "internal");
        let coached =
            |call: &Value| linked(call) && call["coaching"].as_array().is_some_and(|c| !c.is_empty());
        let coaching = found(http, "maya", "purpose=coaching", coached).await;
        assert_eq!(coaching["call_type"], "internal");
        let handed_over = |call: &Value| linked(call) && call["previous_id"].is_string();
        let transfer = found(http, "maya", "purpose=transfer", handed_over).await;
        assert_eq!(transfer["call_type"], "inbound");
        for record in [consult, coaching, transfer] {
            let subject = record["subject"].as_str().unwrap_or_default();
            assert!(!subject.is_empty(), "a call without a subject: {record}");
        }
    };
    let over = async move { timeout(WITHIN, looking).await.expect("the records never came") };
    demo.play_until(over).await.unwrap();
    assert!(data.0.join("baresip/accounts").is_file());
}

#[test]
fn a_practice_never_listens_to_the_network() {
    let mut config = on_free_ports();
    config.sip.listen_udp = SocketAddr::from(([0, 0, 0, 0], 5060));
    assert!(demo::configured(config, "data".as_ref()).is_err());
}
