//! A client of the HTTP contract, as somebody outside would write it: paths and field names stand here by hand, so that
//! a renamed field fails a story.

mod calls;
mod live;
mod organization;

use std::{net::SocketAddr, time::Duration};

use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

pub use calls::{Action, CoachingMode, Target};
pub use live::{Live, LiveEvent};
pub use organization::{NewQueue, NewUser, PASSWORD, SipAccount, User};

use super::error::{Result, StageError};

/// No answer takes this long.
const PATIENCE: Duration = Duration::from_secs(30);
/// Less than the server keeps an idle connection, so that none is used at the moment when it closes it.
const IDLE: Duration = Duration::from_secs(2);

/// One person or program, signed in.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    server: SocketAddr,
    token: Option<String>,
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// `Null` when the body is empty or no JSON.
    pub body: Value,
    pub text: String,
}

impl Answer {
    /// The body of a success; a refusal becomes an error that carries the problem's code and detail.
    pub fn ok(self, what: &str) -> Result<Value> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        Err(StageError::Refused { what: what.into(), status: self.status.as_u16(), reason: self.text })
    }
    /// The stable code of a problem (RFC 9457 body), empty for a success.
    pub fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }
}

fn http_error(error: reqwest::Error) -> StageError {
    StageError::Http(format!("{error:?}"))
}

impl Client {
    /// Not signed in.
    pub fn new(server: SocketAddr) -> Result<Client> {
        let http = reqwest::Client::builder().timeout(PATIENCE).pool_idle_timeout(IDLE);
        let http = http.build().map_err(http_error)?;
        Ok(Client { http, server, token: None })
    }

    /// Signs in by name and password.
    pub async fn sign_in(server: SocketAddr, username: &str, password: &str) -> Result<Client> {
        let mut client = Client::new(server)?;
        let form = [("grant_type", "password"), ("username", username), ("password", password)];
        let answer = client.tokens(&form).await?.ok("signing in")?;
        client.token = answer["access_token"].as_str().map(str::to_owned);
        Ok(client)
    }

    /// `POST /oauth/token` with any form.
    pub async fn tokens(&self, form: &[(&str, &str)]) -> Result<Answer> {
        answer(self.http.post(self.address("/oauth/token")).form(form)).await
    }

    /// The same program with another token, or with none.
    pub fn with_token(&self, token: Option<String>) -> Client {
        Client { token, ..self.clone() }
    }
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }
    pub fn server(&self) -> SocketAddr {
        self.server
    }

    fn address(&self, path: &str) -> String {
        format!("http://{}{path}", self.server)
    }

    /// A request to be built on, already signed.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, self.address(path));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        self.try_get(path).await?.ok(path)
    }
    pub async fn post(&self, path: &str, body: Value) -> Result<Value> {
        self.try_post(path, body).await?.ok(path)
    }
    pub async fn patch(&self, path: &str, body: Value) -> Result<Value> {
        self.send(Method::PATCH, path, body).await?.ok(path)
    }
    pub async fn put(&self, path: &str, body: Value) -> Result<Value> {
        self.send(Method::PUT, path, body).await?.ok(path)
    }
    pub async fn delete(&self, path: &str) -> Result<Value> {
        answer(self.request(Method::DELETE, path)).await?.ok(path)
    }
    /// As their namesakes, but refusals are answers.
    pub async fn try_get(&self, path: &str) -> Result<Answer> {
        answer(self.request(Method::GET, path)).await
    }
    pub async fn try_post(&self, path: &str, body: Value) -> Result<Answer> {
        self.send(Method::POST, path, body).await
    }
    pub async fn send(&self, method: Method, path: &str, body: Value) -> Result<Answer> {
        answer(self.request(method, path).json(&body)).await
    }
    /// POST with an `Idempotency-Key`.
    pub async fn post_once(&self, path: &str, key: &str, body: Value) -> Result<Answer> {
        answer(self.request(Method::POST, path).header("Idempotency-Key", key).json(&body)).await
    }

    /// Every item of a list, page by page.
    pub async fn list(&self, path: &str) -> Result<Vec<Value>> {
        let mut items = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let mut request = self.request(Method::GET, path).query(&[("limit", "200")]);
            if let Some(cursor) = &cursor {
                request = request.query(&[("cursor", cursor)]);
            }
            let mut page = answer(request).await?.ok(path)?;
            if let Value::Array(more) = page["items"].take() {
                items.extend(more);
            }
            match page["next_cursor"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => return Ok(items),
            }
        }
    }

    /// The text of `/metrics`.
    pub async fn metrics(&self) -> Result<String> {
        Ok(self.try_get("/metrics").await?.text)
    }
    pub async fn is_ready(&self) -> Result<bool> {
        Ok(self.try_get("/readyz").await?.status.is_success())
    }
    pub async fn me(&self) -> Result<Value> {
        self.get("/v1/me").await
    }
    /// Connects to the live feed and subscribes.
    pub async fn live(&self, subjects: &[&str], after: Option<u64>) -> Result<Live> {
        Live::connect(self, json!({ "subscribe": subjects, "after": after })).await
    }
}

async fn answer(request: RequestBuilder) -> Result<Answer> {
    let response = request.send().await.map_err(http_error)?;
    let (status, headers) = (response.status(), response.headers().clone());
    let text = response.text().await.map_err(http_error)?;
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Ok(Answer { status, headers, body, text })
}

/// The id of a created or listed thing.
pub fn id_of(thing: &Value) -> Result<String> {
    thing["id"].as_str().map(str::to_owned).ok_or_else(|| StageError::Unsound(format!("no id in {thing}")))
}

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        sync::mpsc,
    };

    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    /// Serves the given answers one after the other, each on a connection of its own, and tells what was asked.
    async fn serving(answers: Vec<(u16, Value)>) -> (SocketAddr, mpsc::Receiver<String>) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, questions) = mpsc::channel(16);
        tokio::spawn(async move {
            for (status, body) in answers {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut octets = vec![0; 8192];
                let length = stream.read(&mut octets).await.unwrap();
                asked.send(String::from_utf8_lossy(&octets[..length]).into_owned()).await.unwrap();
                let body = body.to_string();
                let head = format!(
                    "HTTP/1.1 {status} x\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
                    body.len()
                );
                stream.write_all((head + &body).as_bytes()).await.unwrap();
            }
        });
        (address, questions)
    }

    #[tokio::test]
    async fn a_list_is_read_to_its_last_page_with_the_token_of_the_sign_in() {
        let pages = vec![
            (200, json!({ "access_token": "t1", "token_type": "Bearer" })),
            (200, json!({ "items": [1, 2], "next_cursor": "more" })),
            (200, json!({ "items": [3], "next_cursor": null })),
        ];
        let (server, mut questions) = serving(pages).await;
        let client = Client::sign_in(server, "ana", "secret").await.unwrap();
        assert_eq!(client.list("/v1/queues").await.unwrap(), [json!(1), json!(2), json!(3)]);
        let asked = questions.recv().await.unwrap();
        assert!(asked.contains("grant_type=password&username=ana&password=secret"), "{asked}");
        let asked = questions.recv().await.unwrap().to_lowercase();
        assert!(asked.starts_with("get /v1/queues?limit=200") && asked.contains("authorization: bearer t1"));
        assert!(questions.recv().await.unwrap().contains("cursor=more"));
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_code_and_becomes_an_error_when_success_was_wanted() {
        let problem = json!({ "status": 409, "code": "target_busy", "detail": "Ben is in a call" });
        let (server, _questions) = serving(vec![(409, problem)]).await;
        let client = Client::new(server).unwrap();
        let answer = client.try_act("c1", &Action::consult(&Target::User("u1".into()))).await.unwrap();
        assert_eq!((answer.status.as_u16(), answer.code()), (409, "target_busy"));
        let refused = answer.ok("consult").unwrap_err();
        assert!(matches!(refused, StageError::Refused { status: 409, .. }), "{refused}");
    }

    #[tokio::test]
    async fn live_events_arrive_in_order_after_subscribing() {
        use futures::{SinkExt, StreamExt};
        use tokio_tungstenite::tungstenite::{Message, handshake::server::Request};
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let server = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut asked = String::new();
            #[allow(clippy::result_large_err, reason = "the shape of the handshake's callback")]
            let greet =
                |request: &Request,
                 mut response: tokio_tungstenite::tungstenite::handshake::server::Response| {
                    asked = request.headers()["Sec-WebSocket-Protocol"].to_str().unwrap().to_owned();
                    response
                        .headers_mut()
                        .insert("Sec-WebSocket-Protocol", "tandem.live.v1".parse().unwrap());
                    Ok(response)
                };
            let mut socket = tokio_tungstenite::accept_hdr_async(stream, greet).await.unwrap();
            let subscription = socket.next().await.unwrap().unwrap().into_text().unwrap();
            for text in [r#"{"type":"snapshot","data":{}}"#, r#"{"seq":7,"type":"agent","data":{"x":1}}"#] {
                socket.send(Message::text(text)).await.unwrap();
            }
            (asked, subscription.to_string())
        });
        let client = Client::new(server).unwrap().with_token(Some("t1".into()));
        let mut live = client.live(&["me"], Some(3)).await.unwrap();
        let event = live.until("an agent event", SOON, |event| event.kind == "agent").await.unwrap();
        assert_eq!((event.sequence, event.data["x"].as_u64()), (Some(7), Some(1)));
        let (asked, subscription) = serving.await.unwrap();
        assert_eq!(asked, "tandem.live.v1, t1");
        assert_eq!(subscription, r#"{"after":3,"subscribe":["me"]}"#);
    }
}
