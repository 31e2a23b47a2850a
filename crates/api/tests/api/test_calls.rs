//! Test calls over trunks: what is asked, refused and shown. The call itself is told on the wired stage.

use access::Permission::{self, ManageTrunks};
use serde_json::{Value, json};
use tokio::net::UdpSocket;

use crate::stage::{Client, Stage};

async fn trunk(admin: &Client<'_>, host: &str) -> String {
    admin.post("/v1/trunks", json!({"name": host, "host": host})).await.id()
}

async fn over(client: &Client<'_>, path: &str) -> Value {
    client.until(path, |call| call["state"] == "over").await
}

/// Answers every request with this status, until the test ends.
async fn provider(status: &'static str) -> String {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        let mut buffer = vec![0; 65_535];
        while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if text.starts_with("ACK ") {
                continue;
            }
            let copied: String = text
                .lines()
                .filter(|line| {
                    ["Via: ", "From: ", "Call-ID: ", "CSeq: "].iter().any(|name| line.starts_with(name))
                })
                .map(|line| format!("{line}\r\n"))
                .collect();
            let to = text.lines().find(|line| line.starts_with("To: ")).unwrap();
            let answer = format!("SIP/2.0 {status}\r\n{copied}{to};tag=far\r\nContent-Length: 0\r\n\r\n");
            socket.send_to(answer.as_bytes(), from).await.unwrap();
        }
    });
    address
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_call_shows_its_ladder_with_numbers_for_whom_may_see_them() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let id = trunk(&admin, &provider("403 Forbidden").await).await;
    let path = format!("/v1/trunks/{id}/test-call");
    admin.get(&path).await.refused(404, "not_found");
    let started = admin.post(&path, json!({"to": "+49 30 5550177"})).await;
    assert_eq!(started.is(202)["state"], "calling");
    let done = over(&admin, &path).await;
    assert_eq!((&done["verdict"]["code"], &done["verdict"]["status"]), (&json!("forbidden"), &json!(403)));
    assert!(done["verdict"]["advice"].as_str().unwrap().contains("Ask the provider"), "{done}");
    let labels: Vec<_> =
        done["ladder"].as_array().unwrap().iter().map(|step| step["label"].as_str().unwrap()).collect();
    assert_eq!(labels, ["INVITE", "403 Forbidden", "ACK"]);
    assert!(done["ladder"][0]["raw"].as_str().unwrap().contains("+49305550177"));
    let plain = stage.user("tom", &[ManageTrunks]).await;
    let masked = over(&plain, &path).await;
    assert!(!masked.to_string().contains("5550177") && masked.to_string().contains("0177"), "{masked}");
    let audit = admin.get(&format!("/v1/audit-events?subject=trunk/{id}")).await;
    assert_eq!(audit.is(200)["items"][0]["action"], "test_call");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn options_is_asked_where_no_number_is_given_and_help_is_never_called_for_a_test() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let id = trunk(&admin, &provider("200 OK").await).await;
    let path = format!("/v1/trunks/{id}/test-call");
    let plain = stage.user("tom", &[ManageTrunks]).await;
    plain.post(&path, json!({})).await.is(202);
    let done = over(&plain, &path).await;
    assert_eq!(
        (&done["verdict"]["code"], &done["verdict"]["works"]),
        (&json!("reachable"), &json!(true)),
        "{done}"
    );
    assert_eq!(done["ladder"][1]["label"], "200 OK");
    for to in ["112", "ana", "030 123"] {
        admin.post(&path, json!({"to": to})).await.refused(422, "validation_failed");
    }
    admin.post(&path, json!({"to": "+4930123456", "seconds": 31})).await.refused(422, "validation_failed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_at_a_time_on_a_trunk_and_whoever_made_it_may_hang_up() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let silent = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let id = trunk(&admin, &silent.local_addr().unwrap().to_string()).await;
    let path = format!("/v1/trunks/{id}/test-call");
    admin.post(&path, json!({"to": "+4930123456"})).await.is(202);
    admin.post(&path, json!({})).await.refused(409, "state_conflict");
    admin.until(&path, |call| !call["ladder"].as_array().unwrap().is_empty()).await;
    admin.delete(&path).await.is(204);
    let done = over(&admin, &path).await;
    assert_eq!(done["verdict"]["code"], "cancelled", "{done}");
    // A name without an address is said at once.
    let nowhere = trunk(&admin, "nowhere.invalid").await;
    let path = format!("/v1/trunks/{nowhere}/test-call");
    admin.post(&path, json!({"to": "+4930123456"})).await.is(202);
    assert_eq!(over(&admin, &path).await["verdict"]["code"], "no_address");
}
