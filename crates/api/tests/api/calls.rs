//! Calls and conversations. The customer is an INVITE from a trunk; the story of agents' phones is told by the scenarios.

use std::net::SocketAddr;

use access::{Permission, Reach, Scope};
use reqwest::Method;
use serde_json::{Value, json};
use terms::{QueueId, TeamId};
use tokio::net::UdpSocket;

use crate::stage::{AVAILABLE, Client, Stage, teams};

/// A trunk, a queue and the number that leads there; answers the queue's id.
pub(crate) async fn open_for_calls(admin: &Client<'_>) -> String {
    let trunk = json!({"name": "isp", "host": "127.0.0.1:5080", "allow_from": ["127.0.0.1/32"]});
    admin.post("/v1/trunks", trunk).await.is(201);
    let queue = admin.post("/v1/queues", json!({"name": "Billing"})).await.id();
    admin.post("/v1/numbers", json!({"e164": "+15550100200", "queue_id": queue})).await.is(201);
    queue
}

/// A customer's wire: it hears nothing, and says goodbye when dropped by nobody.
pub(crate) struct Customer {
    socket: UdpSocket,
    server: SocketAddr,
    call_id: String,
}

impl Customer {
    /// Rings until it is let in: signaling hears of a new trunk a moment after its row is answered.
    pub(crate) async fn calls(stage: &Stage, from: &str) -> Self {
        for _ in 0..50 {
            let customer = Self::invites(stage, from).await;
            let mut buffer = [0_u8; 4096];
            let (length, _) = customer.socket.recv_from(&mut buffer).await.unwrap();
            if !buffer[..length].starts_with(b"SIP/2.0 403") {
                return customer;
            }
        }
        panic!("the trunk stays unknown");
    }

    async fn invites(stage: &Stage, from: &str) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let customer = Self { socket, server: stage.sip, call_id: uuid::Uuid::new_v4().to_string() };
        let own = customer.socket.local_addr().unwrap();
        let body = format!(
            "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n",
            own.port()
        );
        let invite = format!(
            "INVITE sip:+15550100200@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{id};rport\r\n\
             Max-Forwards: 70\r\nFrom: <sip:{from}@{own}>;tag=c\r\nTo: <sip:+15550100200@{server}>\r\n\
             Call-ID: {id}\r\nCSeq: 1 INVITE\r\nContact: <sip:{from}@{own}>\r\nContent-Type: application/sdp\r\n\
             Content-Length: {length}\r\n\r\n{body}",
            server = customer.server,
            id = customer.call_id,
            length = body.len()
        );
        customer.socket.send_to(invite.as_bytes(), customer.server).await.unwrap();
        customer
    }
}

async fn waiting_call(who: &Client<'_>) -> Value {
    let seen = who
        .until("/v1/conversations", |body| body["items"].as_array().is_some_and(|items| items.len() == 1))
        .await;
    seen["items"][0].clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_waiting_call_is_seen_by_those_in_scope_only() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = open_for_calls(&admin).await;
    let other_queue = Scope { teams: Reach::All, queues: Reach::Only([QueueId::from_number(9)].into()) };
    let live = [Permission::ViewLive];
    let outsider = stage.user_within("outsider", &live, None, other_queue).await;
    let own_queue =
        Scope { teams: Reach::All, queues: Reach::Only([QueueId(queue.parse().unwrap())].into()) };
    let insider = stage.user_within("insider", &live, None, own_queue).await;
    let nobody = stage.user("nobody", &[]).await;
    let _customer = Customer::calls(&stage, "+15550100123").await;
    let call = waiting_call(&insider).await;
    let path = format!("/v1/conversations/{}", call["id"].as_str().unwrap());
    assert_eq!(call["queue_id"], json!(queue));
    assert_eq!(call["voice_calls"][0]["call_type"], "inbound");
    for stranger in [&outsider, &nobody] {
        stranger.get(&path).await.refused(404, "not_found");
        assert_eq!(stranger.get("/v1/conversations").await.is(200)["items"], json!([]));
        stranger.post(&format!("{path}/hang-up"), json!({})).await.refused(404, "not_found");
    }
    insider.get(&format!("/v1/queues/{queue}/waiting")).await.is(200);
    outsider.get(&format!("/v1/queues/{queue}/waiting")).await.refused(404, "not_found");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn numbers_are_masked_for_those_who_may_not_see_them_whole() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = open_for_calls(&admin).await;
    let watcher = stage.user("watcher", &[Permission::ViewLive]).await;
    let _customer = Customer::calls(&stage, "+15550100123").await;
    let call = waiting_call(&watcher).await;
    let path = format!("/v1/conversations/{}", call["id"].as_str().unwrap());
    let masked = watcher.get(&path).await;
    assert!(!masked.text.contains("5550100123"), "{}", masked.text);
    assert_eq!(masked.body["legs"][0]["phone_number"], "+*******0123");
    assert_eq!(masked.body["voice_calls"][0]["from"], "+*******0123");
    assert_eq!(admin.get(&path).await.is(200)["legs"][0]["phone_number"], "+15550100123");
    let line = watcher.get(&format!("/v1/queues/{queue}/waiting")).await;
    assert_eq!(line.is(200)["items"][0]["phone_number"], "+*******0123");
    assert_eq!(line.body["items"][0]["position"], 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_done_says_why_and_where_the_call_stands() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    open_for_calls(&admin).await;
    let _customer = Customer::calls(&stage, "+15550100123").await;
    let call = waiting_call(&admin).await;
    let path = format!("/v1/conversations/{}", call["id"].as_str().unwrap());
    let act = async |action: &str, body: Value| admin.post(&format!("{path}/{action}"), body).await;
    act("hold", json!({})).await.refused(403, "not_allowed");
    act("hold", json!({"leg_id": admin.user})).await.refused(422, "validation_failed");
    act("digits", json!({"digits": "12x"})).await.refused(422, "validation_failed");
    act("consult", json!({"target": {}})).await.refused(422, "validation_failed");
    act("consult", json!({"target": {"user_id": admin.user, "extension": "600"}}))
        .await
        .refused(422, "validation_failed");
    let heard = act("accept", json!({})).await;
    heard.refused(409, "state_conflict");
    assert_eq!(heard.body["version"], admin.get(&path).await.body["version"]);
    let heard = act("hang-up", json!({"version": 0})).await;
    heard.refused(409, "stale_version");
    assert!(heard.body["current_version"].as_u64().unwrap() > 0);
    for tag in ["\"0\"", "junk"] {
        let headers = [("if-match", tag)];
        let heard = admin.ask(Method::POST, &format!("{path}/hang-up"), &headers, Some(&json!({}))).await;
        heard.refused(412, "stale_version");
    }
    let tag = admin.get(&path).await.header("etag").to_owned();
    let heard =
        admin.ask(Method::POST, &format!("{path}/hang-up"), &[("if-match", &tag)], Some(&json!({}))).await;
    heard.refused(403, "not_allowed");
    let actions = &admin.get(&path).await.body["actions"];
    for action in ["hold", "consult", "hang_up", "whisper", "accept", "take_over"] {
        assert_eq!(actions[action]["allowed"], false, "{action}: {actions}");
        assert!(actions[action]["reason"].as_str().is_some_and(|reason| !reason.is_empty()), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn coaching_takes_the_permission_of_its_mode() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    open_for_calls(&admin).await;
    let monitor = stage.user("monitor", &[Permission::Monitor]).await;
    let _customer = Customer::calls(&stage, "+15550100123").await;
    let call = waiting_call(&monitor).await;
    let path = format!("/v1/conversations/{}/coaching", call["id"].as_str().unwrap());
    let heard = monitor.post(&path, json!({"mode": "whisper"})).await;
    heard.refused(403, "not_allowed");
    assert_eq!(heard.body["missing_permission"], "whisper");
    // No phone of the supervisor is registered.
    let heard = monitor.post(&path, json!({"mode": "monitor"})).await;
    assert_eq!(heard.status, 409, "{}", heard.text);
    let heard = monitor.ask(Method::PATCH, &path, &[], Some(&json!({"mode": "monitor"}))).await;
    heard.refused(409, "state_conflict");
    assert!(heard.body["state"].is_string());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_needs_a_phone_a_target_and_the_permission_for_numbers() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let ana = stage.user("ana", &[Permission::PlaceCalls]).await;
    let place = async |target: Value| ana.post("/v1/calls", json!({"target": target})).await;
    let heard = place(json!({"phone_number": "+15550100123"})).await;
    heard.refused(403, "not_allowed");
    assert_eq!(heard.body["missing_permission"], "place_external_calls");
    place(json!({"phone_number": "555"})).await.refused(422, "validation_failed");
    place(json!({"extension": "999"})).await.refused(422, "validation_failed");
    place(json!({"user_id": admin.user})).await.refused(409, "caller_offline");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn to_call_for_help_takes_no_permission_at_all() {
    let stage = Stage::start().await;
    let nobody = stage.user("nobody", &[]).await;
    let to = |number: &str| json!({"target": {"phone_number": number}});
    let heard = nobody.post("/v1/calls", to("+15550100123")).await;
    heard.refused(403, "not_allowed");
    assert_eq!(heard.body["missing_permission"], "place_calls");
    let nowhere = "/v1/conversations/00000000-0000-4000-8000-000000000000";
    for number in ["112", "+112", "911"] {
        // Let in; only that none of their phones is registered stands in the way.
        nobody.post("/v1/calls", to(number)).await.refused(409, "caller_offline");
        for action in ["consult", "transfer", "participants"] {
            nobody.post(&format!("{nowhere}/{action}"), to(number)).await.refused(404, "not_found");
            let heard = nobody.post(&format!("{nowhere}/{action}"), to("+15550100123")).await;
            heard.refused(403, "not_allowed");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_ended_is_found_among_the_ended_and_in_nobody_elses_list() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = open_for_calls(&admin).await;
    let customer = Customer::calls(&stage, "+15550100123").await;
    let call = waiting_call(&admin).await;
    let id = call["id"].as_str().unwrap().to_owned();
    // The queue is no way out for people; the trunk hangs up.
    customer.cancels().await;
    let path = format!("/v1/conversations/{id}");
    let ended = admin.until(&path, |body| body["state"] == "ended").await;
    assert!(ended["ended_at"].is_string());
    assert_eq!(ended["voice_calls"][0]["disposition"], "abandoned");
    assert_eq!(ended["voice_calls"][0]["queue_id"], json!(queue));
    let nobody = stage.user("nobody", &[]).await;
    nobody.get(&path).await.refused(404, "not_found");
    assert_eq!(nobody.get("/v1/conversations?state=ended").await.is(200)["items"], json!([]));
    assert_eq!(nobody.get("/v1/voice-calls").await.is(200)["items"], json!([]));
}

/// Of a customer who left before anybody answered.
async fn record_of_a_call(stage: &Stage, admin: &Client<'_>, from: &str) -> String {
    let customer = Customer::calls(stage, from).await;
    let call = waiting_call(admin).await;
    let path = format!("/v1/conversations/{}", call["id"].as_str().unwrap());
    customer.cancels().await;
    admin.until(&path, |body| body["state"] == "ended").await;
    let mut projector = reporting::Projector::new(stage.journal.clone(), stage.store.clone());
    projector.catch_up().await.unwrap();
    call["voice_calls"][0]["id"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_former_call_is_called_again_by_those_who_see_it_and_may_call_numbers() {
    use Permission::{PlaceCalls, PlaceExternalCalls, ViewReports};
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = open_for_calls(&admin).await;
    let former = record_of_a_call(&stage, &admin, "+15550100123").await;
    let again = json!({"target": {"voice_call_id": former}});
    let within = |queue| Scope { teams: Reach::All, queues: Reach::Only([queue].into()) };
    let own_queue = within(QueueId(queue.parse().unwrap()));
    let may = [PlaceCalls, PlaceExternalCalls, ViewReports];
    let ana = stage.user_within("ana", &may, None, own_queue.clone()).await;
    assert_eq!(ana.get(&format!("/v1/voice-calls/{former}")).await.is(200)["from"], "+*******0123");
    // Let in; only that her phone is not registered stands in the way.
    let heard = ana.post("/v1/calls", again.clone()).await;
    heard.refused(409, "caller_offline");
    assert!(!heard.text.contains("0100123"), "{}", heard.text);
    let outsider = stage.user_within("outsider", &may, None, within(QueueId::from_number(9))).await;
    outsider.post("/v1/calls", again.clone()).await.refused(404, "not_found");
    let blind = stage.user("blind", &[PlaceCalls, PlaceExternalCalls]).await;
    blind.post("/v1/calls", again.clone()).await.refused(404, "not_found");
    for (name, held, missing) in [
        ("una", [PlaceCalls, ViewReports], "place_external_calls"),
        ("vic", [PlaceExternalCalls, ViewReports], "place_calls"),
    ] {
        let heard = stage
            .user_within(name, &held, None, own_queue.clone())
            .await
            .post("/v1/calls", again.clone())
            .await;
        heard.refused(403, "not_allowed");
        assert_eq!(heard.body["missing_permission"], missing);
    }
    let both = json!({"target": {"voice_call_id": former, "extension": "600"}});
    ana.post("/v1/calls", both).await.refused(422, "validation_failed");
    let nowhere = json!({"target": {"voice_call_id": ana.user}});
    ana.post("/v1/calls", nowhere).await.refused(404, "not_found");
    let nameless = record_of_a_call(&stage, &admin, "anonymous").await;
    let heard = ana.post("/v1/calls", json!({"target": {"voice_call_id": nameless}})).await;
    heard.refused(422, "validation_failed");
    assert_eq!(heard.body["errors"][0]["field"], "target.voice_call_id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn presence_is_ones_own_or_a_supervisors_within_scope() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let red = admin.post("/v1/teams", json!({"name": "Red"})).await.id();
    let blue = admin.post("/v1/teams", json!({"name": "Blue"})).await.id();
    let team = |id: &str| TeamId(id.parse().unwrap());
    let ana = stage.user_within("ana", &[], Some(team(&red)), Scope::EVERYTHING).await;
    let others = [Permission::SetPresenceOfOthers];
    let boss = stage.user_within("boss", &others, None, teams(&[team(&red)])).await;
    let stranger = stage.user_within("stranger", &others, None, teams(&[team(&blue)])).await;
    let body = json!({"status_id": AVAILABLE});
    let chosen = ana.put("/v1/me/presence", body.clone()).await;
    assert_eq!(chosen.is(200)["status"]["name"], "Available");
    assert_eq!(chosen.body["pending_status"], Value::Null);
    ana.put("/v1/me/presence", json!({"status_id": ana.user})).await.refused(422, "validation_failed");
    let path = format!("/v1/users/{}/presence", ana.user);
    boss.put(&path, body.clone()).await.is(200);
    stranger.put(&path, body.clone()).await.refused(404, "not_found");
    ana.put(&path, body).await.refused(403, "not_allowed");
    let log = admin.get("/v1/audit-events?limit=1").await;
    assert_eq!(log.is(200)["items"][0]["action"], "set_presence");
    let me = ana.get("/v1/me").await;
    assert_eq!(me.is(200)["presence"]["status"]["id"], json!(AVAILABLE));
    assert_eq!(me.body["user"]["username"], "ana");
    assert_eq!(me.body["conversation"], Value::Null);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_directory_says_who_can_be_called_and_why_not() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    admin.post("/v1/queues", json!({"name": "Ana's friends", "extension": "601"})).await.is(201);
    let ana = stage.user("ana", &[Permission::PlaceCalls]).await;
    let found = ana.get("/v1/directory?query=an").await;
    let names: Vec<&str> = found.is(200)["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|item| item["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["ANA", "Ana's friends"]);
    assert_eq!(found.body["items"][0]["callable"], false);
    let all = ana.get("/v1/directory?types=user&limit=1").await;
    assert_eq!(all.is(200)["items"][0]["availability"], "offline");
    let cursor = all.body["next_cursor"].as_str().unwrap();
    let rest = ana.get(&format!("/v1/directory?types=user&limit=1&cursor={cursor}")).await;
    assert_eq!(rest.is(200)["items"][0]["name"], "ANA");
    assert_eq!(rest.body["next_cursor"], Value::Null);
    ana.get("/v1/directory?types=robot").await.refused(400, "malformed");
}

impl Customer {
    /// Gives up: CANCEL while it rings, BYE when it was answered (by the queue's music).
    async fn cancels(&self) {
        let own = self.socket.local_addr().unwrap();
        let mut buffer = [0_u8; 4096];
        let answer = loop {
            let (length, _) = self.socket.recv_from(&mut buffer).await.unwrap();
            let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
            if text.starts_with("SIP/2.0 2") {
                break text;
            }
        };
        let line = |name: &str| {
            let found = answer.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
            found.unwrap_or_default().to_owned()
        };
        let (to, from) = (line("to:"), line("from:"));
        let contact = line("contact:");
        let target = contact.split(['<', '>']).nth(1).unwrap_or_default().to_owned();
        for (method, number) in [("ACK", 1), ("BYE", 2)] {
            let message = format!(
                "{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {own};branch=z9hG4bK{method}{};rport\r\nMax-Forwards: 70\r\n\
                 {from}\r\n{to}\r\nCall-ID: {}\r\nCSeq: {number} {method}\r\nContent-Length: 0\r\n\r\n",
                self.call_id, self.call_id
            );
            self.socket.send_to(message.as_bytes(), self.server).await.unwrap();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_waits_is_put_elsewhere_by_those_who_may_and_it_is_audited() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let queue = open_for_calls(&admin).await;
    let watcher = stage.user("watcher", &[Permission::ViewLive]).await;
    let other_queue = Scope { teams: Reach::All, queues: Reach::Only([QueueId::from_number(9)].into()) };
    let outsider = stage.user_within("outsider", &[Permission::ManageWaiting], None, other_queue).await;
    let _customer = Customer::calls(&stage, "+15550100123").await;
    let call = waiting_call(&admin).await;
    let line = format!("/v1/queues/{queue}/waiting");
    let path = format!("{line}/{}", call["id"].as_str().unwrap());
    let again = format!("{path}/reprioritize");
    watcher.post(&again, json!({"priority": 1})).await.refused(403, "not_allowed");
    outsider.post(&again, json!({"priority": 1})).await.refused(404, "not_found");
    admin.post(&again, json!({"priority": 0})).await.refused(422, "validation_failed");
    admin.post(&again, json!({"priority": 1})).await.is(200);
    assert_eq!(admin.get(&line).await.is(200)["items"][0]["priority"], 1);
    admin.post(&again, json!({"priority": 1})).await.refused(409, "state_conflict");
    let stranger = json!({"user_id": "00000000-0000-0000-0000-000000000077"});
    admin.post(&format!("{path}/assign"), stranger).await.refused(422, "validation_failed");
    admin.post(&format!("{path}/assign"), json!({"user_id": watcher.user})).await.is(200);
    admin.post(&format!("{path}/withdraw"), json!({})).await.is(200);
    let nobody = |body: &Value| body["items"].as_array().is_some_and(Vec::is_empty);
    admin.until(&line, nobody).await;
    admin.post(&format!("{path}/withdraw"), json!({})).await.refused(404, "not_found");
    let audited = admin.get("/v1/audit-events").await;
    for action in ["reprioritize_waiting", "assign_waiting", "withdraw_waiting"] {
        assert!(audited.text.contains(action), "{action}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_queue_does_with_those_who_wait_is_checked() {
    let stage = Stage::start().await;
    let admin = stage.user("admin", Permission::ALL).await;
    let routing = json!({
        "overflow": {"kind": "hang_up", "prompt": "no such prompt"},
        "options": {"2": {"kind": "callback"}, "22": {"kind": "callback"}},
        "callback": {"max_attempts": 0},
        "no_agent_seconds": -1,
    });
    let announcements = json!({"every_seconds": 5, "prompts": ["nothing"]});
    let body = json!({"name": "Billing", "routing": routing, "announcements": announcements});
    let heard = admin.post("/v1/queues", body).await;
    heard.refused(422, "validation_failed");
    let fields: Vec<&str> =
        heard.body["errors"].as_array().unwrap().iter().map(|e| e["field"].as_str().unwrap()).collect();
    let expected = [
        "routing.overflow.prompt",
        "routing.options.22",
        "routing.no_agent_seconds",
        "routing.callback.max_attempts",
        "announcements.every_seconds",
        "announcements.prompts[0]",
    ];
    assert_eq!(fields, expected);
    admin.get("/v1/callbacks").await.is(200);
    admin.get(&format!("/v1/callbacks/{}", admin.user)).await.refused(404, "not_found");
    let watcher = stage.user("watcher", &[Permission::ViewLive]).await;
    watcher
        .post(&format!("/v1/callbacks/{}/cancel", admin.user), json!({}))
        .await
        .refused(403, "not_allowed");
}
