//! A small client of the HTTP API: one person who is signed in.

use std::{net::SocketAddr, time::Duration};

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::people::PASSWORD;
use crate::bootstrap;

/// The server is on this machine.
const PATIENCE: Duration = Duration::from_secs(15);

pub(super) struct Client {
    http: reqwest::Client,
    base: String,
    username: &'static str,
    token: Option<String>,
}

/// What the server said; the body is null where it is no JSON.
#[derive(Debug)]
pub(super) struct Answer {
    status: StatusCode,
    pub(super) body: Value,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum ClientError {
    /// Nobody answers: the server stops, or is too busy.
    #[error("the API does not answer: {0}")]
    Silent(#[from] reqwest::Error),
    /// The practice password was changed, or the person removed.
    #[error("{username} cannot sign in: {status}")]
    SignIn { username: &'static str, status: StatusCode },
}

impl Answer {
    pub(super) fn is_done(&self) -> bool {
        self.status.is_success()
    }
}

/// The connections that all of them share.
pub(super) fn connections() -> Result<reqwest::Client, ClientError> {
    Ok(reqwest::Client::builder().timeout(PATIENCE).no_proxy().build()?)
}

impl Client {
    pub(super) fn new(http: reqwest::Client, server: SocketAddr, username: &'static str) -> Self {
        Self { http, base: format!("http://{server}"), username, token: None }
    }

    pub(super) async fn get(&mut self, path: &str) -> Result<Answer, ClientError> {
        self.ask(Method::GET, path, None).await
    }
    pub(super) async fn post(&mut self, path: &str, body: Value) -> Result<Answer, ClientError> {
        self.ask(Method::POST, path, Some(body)).await
    }
    pub(super) async fn patch(&mut self, path: &str, body: Value) -> Result<Answer, ClientError> {
        self.ask(Method::PATCH, path, Some(body)).await
    }
    pub(super) async fn delete(&mut self, path: &str) -> Result<Answer, ClientError> {
        self.ask(Method::DELETE, path, None).await
    }

    /// Ready for work.
    pub(super) async fn be_available(&mut self) -> Result<Answer, ClientError> {
        let status = json!({"status_id": bootstrap::AVAILABLE});
        self.ask(Method::PUT, "/v1/me/presence", Some(status)).await
    }

    /// Asks, and signs in first where the token is missing or has run out.
    async fn ask(&mut self, method: Method, path: &str, body: Option<Value>) -> Result<Answer, ClientError> {
        if let Some(token) = self.token.take() {
            let answer = self.once(method.clone(), path, body.as_ref(), &token).await?;
            if answer.status != StatusCode::UNAUTHORIZED {
                self.token = Some(token);
                return Ok(answer);
            }
        }
        let token = self.sign_in().await?;
        let answer = self.once(method, path, body.as_ref(), &token).await?;
        self.token = Some(token);
        Ok(answer)
    }

    async fn once(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        token: &str,
    ) -> Result<Answer, ClientError> {
        let mut request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(token);
        if let Some(body) = body {
            request = request.json(body);
        }
        let response = request.send().await?;
        let status = response.status();
        let text = response.text().await?;
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        if !status.is_success() {
            let code = body.get("code").and_then(Value::as_str).unwrap_or_default();
            tracing::debug!(http.path = path, http.status = status.as_u16(), problem.code = code, "refused");
        }
        Ok(Answer { status, body })
    }

    async fn sign_in(&self) -> Result<String, ClientError> {
        let form = [("grant_type", "password"), ("username", self.username), ("password", PASSWORD)];
        let response = self.http.post(format!("{}/oauth/token", self.base)).form(&form).send().await?;
        let status = response.status();
        let body: Value = serde_json::from_str(&response.text().await?).unwrap_or_default();
        let token = body.get("access_token").and_then(Value::as_str).map(str::to_owned);
        token.ok_or(ClientError::SignIn { username: self.username, status })
    }
}
