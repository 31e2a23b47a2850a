//! A browser's phone: its credential, its socket, and the SIP on it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use access::Permission;
use futures::{SinkExt as _, StreamExt as _};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    client::TlsStream,
    rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, client_async, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest as _},
};

use crate::stage::{Client, Stage};

type Line = WebSocketStream<MaybeTlsStream<tokio::net::TcpStream>>;

async fn open(url: &str, protocols: &str) -> Result<Line, u16> {
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", protocols.parse().unwrap());
    match connect_async(request).await {
        Ok((line, answer)) => {
            assert_eq!(answer.headers()["sec-websocket-protocol"], "sip");
            Ok(line)
        }
        Err(tungstenite::Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// The next text; none when the server closed.
async fn hear(line: &mut Line) -> Option<String> {
    let hearing = async {
        while let Some(Ok(message)) = line.next().await {
            match message {
                Message::Text(text) => return Some(text.to_string()),
                Message::Close(_) => return None,
                _ => {}
            }
        }
        None
    };
    tokio::time::timeout(Duration::from_secs(10), hearing).await.expect("the server says something")
}

fn register(cseq: u32) -> String {
    format!(
        "REGISTER sip:tandem SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bKr{cseq}\r\nMax-Forwards: 69\r\n\
         From: <sip:me@tandem>;tag=r\r\nTo: <sip:me@tandem>\r\nCall-ID: reg\r\nCSeq: {cseq} REGISTER\r\n\
         Contact: <sip:me@x.invalid;transport=ws>;expires=600\r\n\r\n"
    )
}

async fn agent_with_browser<'a>(stage: &'a Stage, admin: &Client<'_>) -> Client<'a> {
    let agent = stage.user("ben", &[Permission::TakeCalls]).await;
    let path = format!("/v1/users/{}", agent.user);
    let change = json!({"phone": {"kind": "soft_phone", "auto_answer_seconds": null}});
    admin.patch(&path, change).await.is(200);
    agent
}

#[tokio::test]
async fn a_browser_registers_with_its_credential_and_loses_the_socket_when_its_user_signs_out() {
    let stage = Stage::start().await;
    let admin = stage.user("root", &[Permission::ManageUsers, Permission::GrantPermissionSets]).await;
    let agent = agent_with_browser(&stage, &admin).await;
    let heard = agent.post("/v1/me/softphone", json!({})).await;
    let phone = heard.is(200);
    assert_eq!(phone["sip_uri"], format!("sip:{}@tandem", agent.user));
    let url = phone["websocket_url"].as_str().unwrap();
    assert!(url.starts_with(&format!("ws://{}/sip?credential=", stage.http)), "{url}");
    let mut line = open(url, "sip").await.unwrap();
    line.send(Message::text(register(1))).await.unwrap();
    let answer = hear(&mut line).await.unwrap();
    assert!(answer.starts_with("SIP/2.0 200 OK\r\n"), "{answer}");
    line.send(Message::text("\r\n\r\n")).await.unwrap();
    assert_eq!(hear(&mut line).await.as_deref(), Some("\r\n"));
    let url = url.to_owned();
    stage.form("/oauth/revoke", &[("token", &agent.token)]).await.is(200);
    assert_eq!(hear(&mut line).await, None);
    assert_eq!(open(&url, "sip").await.err(), Some(401));
}

#[tokio::test]
async fn a_credential_expires_and_an_access_token_opens_the_socket_too() {
    let stage = Stage::start().await;
    let admin = stage.user("root", &[Permission::ManageUsers, Permission::GrantPermissionSets]).await;
    let agent = agent_with_browser(&stage, &admin).await;
    let heard = agent.post("/v1/me/softphone", json!({})).await;
    let url = heard.is(200)["websocket_url"].as_str().unwrap().to_owned();
    let plain = format!("ws://{}/sip", stage.http);
    let mut line = open(&plain, &format!("sip, bearer.{}", agent.token)).await.unwrap();
    line.send(Message::text(register(1))).await.unwrap();
    assert!(hear(&mut line).await.unwrap().starts_with("SIP/2.0 200 OK\r\n"));
    for (url, protocols, status) in
        [(plain.as_str(), "sip", 401), (plain.as_str(), "sip, bearer.junk", 401), (url.as_str(), "chat", 400)]
    {
        assert_eq!(open(url, protocols).await.err(), Some(status), "{url} {protocols}");
    }
    stage.later(3_600_000);
    assert_eq!(open(&url, "sip").await.err(), Some(401));
}

#[tokio::test]
async fn whoever_uses_a_desk_phone_has_no_browser_phone_and_loses_the_one_they_had() {
    let stage = Stage::start().await;
    let admin = stage.user("root", &[Permission::ManageUsers, Permission::GrantPermissionSets]).await;
    let agent = agent_with_browser(&stage, &admin).await;
    let heard = agent.post("/v1/me/softphone", json!({})).await;
    let url = heard.is(200)["websocket_url"].as_str().unwrap().to_owned();
    let mut line = open(&url, "sip").await.unwrap();
    line.send(Message::text(register(1))).await.unwrap();
    hear(&mut line).await.unwrap();
    let path = format!("/v1/users/{}", agent.user);
    let change = json!({"phone": {"kind": "desk_phone", "auto_answer_seconds": null}});
    admin.patch(&path, change).await.is(200);
    assert_eq!(hear(&mut line).await, None);
    agent.post("/v1/me/softphone", json!({})).await.refused(409, "answer_on_your_phone");
    stage.anonymous(Method::POST, "/v1/me/softphone").await.refused(401, "unauthenticated");
}

#[tokio::test]
async fn people_choose_which_of_their_phones_rings() {
    let stage = Stage::start().await;
    let admin = stage.user("root", &[Permission::ManageUsers, Permission::GrantPermissionSets]).await;
    let agent = agent_with_browser(&stage, &admin).await;
    let chosen = agent.put("/v1/me/phone", json!({"kind": "desk_phone"})).await;
    assert_eq!(chosen.is(200), &json!({"kind": "desk_phone", "auto_answer_seconds": null}));
    assert_eq!(agent.get("/v1/me").await.is(200)["user"]["phone"]["kind"], "desk_phone");
    agent.post("/v1/me/softphone", json!({})).await.refused(409, "answer_on_your_phone");
    agent.put("/v1/me/phone", json!({"kind": "soft_phone"})).await.is(200);
    agent.post("/v1/me/softphone", json!({})).await.is(200);
    agent.put("/v1/me/phone", json!({"kind": "fax"})).await.refused(422, "validation_failed");
}

/// A connection over TLS by somebody who trusts this certificate alone.
async fn secured(address: SocketAddr, trusted: &CertificateDer<'static>) -> TlsStream<TcpStream> {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.clone()).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(address).await.unwrap();
    let name = "localhost".try_into().unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await.unwrap()
}

#[tokio::test]
async fn over_https_a_page_is_told_the_secure_socket_and_registers_on_it() {
    let own = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
    let file =
        |kind: &str| std::env::temp_dir().join(format!("tandem-api-tls-{}.{kind}", std::process::id()));
    std::fs::write(file("pem"), own.cert.pem()).unwrap();
    std::fs::write(file("key"), own.signing_key.serialize_pem()).unwrap();
    let listen = SocketAddr::from(([127, 0, 0, 1], 0));
    let stage = Stage::start_with(|config| {
        config.tls = Some(api::Tls { listen, certificate: Some(file("pem")), key: Some(file("key")) });
    })
    .await;
    let admin = stage.user("root", &[Permission::ManageUsers, Permission::GrantPermissionSets]).await;
    let agent = agent_with_browser(&stage, &admin).await;
    let https = stage.https.unwrap();
    let mut line = secured(https, own.cert.der()).await;
    let asked = format!(
        "POST /v1/me/softphone HTTP/1.1\r\nHost: localhost:{}\r\nAuthorization: Bearer {}\r\n\
         Content-Length: 0\r\nConnection: close\r\n\r\n",
        https.port(),
        agent.token
    );
    line.write_all(asked.as_bytes()).await.unwrap();
    let mut text = String::new();
    line.read_to_string(&mut text).await.unwrap();
    let phone: Value = serde_json::from_str(text.split_once("\r\n\r\n").unwrap().1).unwrap();
    let url = phone["websocket_url"].as_str().unwrap();
    assert!(url.starts_with(&format!("wss://localhost:{}/sip?credential=", https.port())), "{url}");
    let mut request = url.replace("wss:", "ws:").into_client_request().unwrap();
    request.headers_mut().insert("sec-websocket-protocol", "sip".parse().unwrap());
    let (mut socket, _) = client_async(request, secured(https, own.cert.der()).await).await.unwrap();
    socket.send(Message::text(register(1))).await.unwrap();
    let answer = socket.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(answer.starts_with("SIP/2.0 200 OK\r\n"), "{answer}");
    // On the plain address the page is told where the secure one is.
    let heard = agent.post("/v1/me/softphone", json!({})).await;
    let phone = heard.is(200);
    assert_eq!(phone["secure_origin"], format!("https://127.0.0.1:{}", https.port()));
    assert!(phone["websocket_url"].as_str().unwrap().starts_with("ws://"));
    for kind in ["pem", "key"] {
        std::fs::remove_file(file(kind)).unwrap();
    }
}
