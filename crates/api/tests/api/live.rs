//! The live feed over its WebSocket.

use std::time::Duration;

use access::Permission;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{
    calls::{Customer, open_for_calls},
    stage::{AVAILABLE, Client, Stage},
};

pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>);

impl Socket {
    pub(crate) async fn open(stage: &Stage, protocols: &str) -> Self {
        let mut request = format!("ws://{}/v1/live", stage.http).into_client_request().unwrap();
        if !protocols.is_empty() {
            request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
        }
        let (socket, answer) = connect_async(request).await.unwrap();
        if protocols.starts_with("tandem") {
            assert_eq!(answer.headers()["sec-websocket-protocol"], "tandem");
        }
        Self(socket)
    }

    pub(crate) async fn of(stage: &Stage, client: &Client<'_>) -> Self {
        Self::open(stage, &format!("tandem, bearer.{}", client.token)).await
    }

    pub(crate) async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// The next message of this type; none when the server closed first.
    pub(crate) async fn hear(&mut self, kind: &str) -> Option<Value> {
        loop {
            let value = self.hear_anything().await?;
            if value["type"] == kind {
                return Some(value);
            }
        }
    }

    async fn hear_anything(&mut self) -> Option<Value> {
        let hearing = async {
            while let Some(message) = self.0.next().await {
                match message {
                    Ok(Message::Text(text)) => return serde_json::from_str(&text).unwrap(),
                    Ok(Message::Close(_)) | Err(_) => return None,
                    Ok(_) => {}
                }
            }
            None
        };
        tokio::time::timeout(Duration::from_secs(10), hearing).await.expect("nothing was heard")
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_may_stand_bare_among_the_subprotocols() {
    let stage = Stage::start().await;
    let ana = stage.user("ana", &[]).await;
    for protocols in [format!("tandem, {}", ana.token), ana.token.clone()] {
        let mut socket = Socket::open(&stage, &protocols).await;
        socket.say(json!({"subscribe": ["me"]})).await;
        assert!(socket.hear("snapshot").await.is_some(), "{protocols}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_gets_a_snapshot_and_then_what_happens_in_order() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = open_for_calls(&admin).await;
    let mut socket = Socket::of(&stage, &admin).await;
    socket.say(json!({"subscribe": ["me", "conversations", "agents", "queues"]})).await;
    let snapshot = socket.hear("snapshot").await.unwrap();
    assert_eq!(snapshot["data"]["conversations"], json!([]));
    assert_eq!(snapshot["data"]["me"]["user_id"], json!(admin.user));
    let _customer = Customer::calls(&stage, "+15550100123").await;
    let opened = socket.hear("opened").await.unwrap();
    let queued = socket.hear("queued").await.unwrap();
    assert!(snapshot["seq"].as_u64() < opened["seq"].as_u64());
    assert!(opened["seq"].as_u64() < queued["seq"].as_u64());
    assert_eq!(queued["data"]["conversation"]["state"], "queued");
    let line = socket.hear("queue").await.unwrap();
    assert_eq!(line["data"]["queue_id"], json!(queue));
    assert!(queued["at"].as_str().unwrap().ends_with('Z'));
    // Whoever comes back gets what came after.
    let mut again = Socket::of(&stage, &admin).await;
    again.say(json!({"subscribe": ["conversations"], "after": opened["seq"]})).await;
    let missed = again.hear("queued").await.unwrap();
    assert_eq!(missed["seq"], queued["seq"]);
    // A number from elsewhere leads to a fresh look.
    let mut lost = Socket::of(&stage, &admin).await;
    lost.say(json!({"subscribe": ["conversations"], "after": 5})).await;
    lost.hear("resync").await.unwrap();
    let look = lost.hear("snapshot").await.unwrap();
    assert_eq!(look["data"]["conversations"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_hears_of_what_they_may_not_see() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    open_for_calls(&admin).await;
    let nobody = stage.user("nobody", &[]).await;
    let mut socket = Socket::of(&stage, &nobody).await;
    socket.say(json!({"subscribe": ["me", "conversations", "agents", "queues"]})).await;
    let snapshot = socket.hear("snapshot").await.unwrap();
    assert_eq!(snapshot["data"]["agents"], json!([]));
    assert_eq!(snapshot["data"]["queues"], json!([]));
    let mut witness = Socket::of(&stage, &admin).await;
    witness.say(json!({"subscribe": ["conversations"]})).await;
    witness.hear("snapshot").await.unwrap();
    let _customer = Customer::calls(&stage, "+15550100123").await;
    witness.hear("queued").await.unwrap();
    // One's own presence comes through, and nothing came before it.
    nobody.put("/v1/me/presence", json!({"status_id": AVAILABLE})).await.is(200);
    let first = socket.hear_anything().await.unwrap();
    assert_eq!((&first["type"], &first["data"]["user_id"]), (&json!("agent"), &json!(nobody.user)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_may_come_first_and_a_wrong_one_closes_the_socket() {
    let stage = Stage::start().await;
    let ana = stage.user("ana", &[]).await;
    let mut socket = Socket::open(&stage, "").await;
    socket.say(json!({"token": ana.token, "subscribe": ["me"]})).await;
    socket.hear("snapshot").await.unwrap();
    let mut wrong = Socket::open(&stage, "").await;
    wrong.say(json!({"token": "nonsense"})).await;
    assert!(wrong.hear("snapshot").await.is_none());
    let mut silent = Socket::of(&stage, &ana).await;
    silent.say(json!({"subscribe": ["gossip"]})).await;
    assert!(silent.hear("snapshot").await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_ends_a_socket_on_which_nothing_happens() {
    let stage = Stage::start().await;
    let ana = stage.user("ana", &[]).await;
    let mut socket = Socket::of(&stage, &ana).await;
    socket.say(json!({"subscribe": ["me"]})).await;
    socket.hear("snapshot").await.unwrap();
    stage.form("/oauth/revoke", &[("token", &ana.token)]).await.is(200);
    assert!(socket.hear("nothing").await.is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_revoked_token_ends_its_socket() {
    let stage = Stage::start().await;
    let ana = stage.user("ana", &[]).await;
    let mut socket = Socket::of(&stage, &ana).await;
    socket.say(json!({"subscribe": ["me"]})).await;
    socket.hear("snapshot").await.unwrap();
    stage.form("/oauth/revoke", &[("token", &ana.token)]).await.is(200);
    let other = stage.token_of(ana.user);
    let chosen = reqwest::Client::new()
        .put(stage.url("/v1/me/presence"))
        .bearer_auth(other)
        .json(&json!({"status_id": AVAILABLE}));
    assert_eq!(chosen.send().await.unwrap().status(), 200);
    assert!(socket.hear("agent").await.is_none());
}
