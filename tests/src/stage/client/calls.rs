//! Conversations and their actions, coaching, and the records that remain.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Client, answer};
use crate::stage::{error::Result, wait::until_async};

/// Whom to call, consult, add or transfer to.
#[derive(Clone, Debug)]
pub enum Target {
    User(String),
    Queue(String),
    Extension(String),
    Number(String),
}

impl Target {
    pub fn json(&self) -> Value {
        match self {
            Target::User(id) => json!({ "user_id": id }),
            Target::Queue(id) => json!({ "queue_id": id }),
            Target::Extension(digits) => json!({ "extension": digits }),
            Target::Number(number) => json!({ "phone_number": number }),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoachingMode {
    Monitor,
    Whisper,
    Barge,
}

impl CoachingMode {
    pub const fn name(self) -> &'static str {
        match self {
            CoachingMode::Monitor => "monitor",
            CoachingMode::Whisper => "whisper",
            CoachingMode::Barge => "barge",
        }
    }
}

/// What a person does in a conversation: the path after its id, and the body.
#[derive(Clone, Debug)]
pub struct Action {
    pub path: String,
    pub body: Value,
}

impl Action {
    /// An action without a body: `hold`, `consult/merge`, `leave`, `hang-up`, ...
    pub fn plain(path: &str) -> Action {
        Action { path: path.into(), body: json!({}) }
    }
    pub fn with(path: &str, body: Value) -> Action {
        Action { path: path.into(), body }
    }
    pub fn consult(target: &Target) -> Action {
        Action::with("consult", json!({ "target": target.json() }))
    }
    pub fn transfer(target: &Target) -> Action {
        Action::with("transfer", json!({ "target": target.json() }))
    }
    pub fn add(target: &Target) -> Action {
        Action::with("participants", json!({ "target": target.json() }))
    }
    pub fn hold_leg(leg: &str) -> Action {
        Action::with("hold", json!({ "leg_id": leg }))
    }
}

impl Client {
    /// Starts a call of one's own: the conversation.
    pub async fn call(&self, target: &Target) -> Result<Value> {
        self.post("/v1/calls", json!({ "target": target.json() })).await
    }

    pub async fn conversation(&self, id: &str) -> Result<Value> {
        self.get(&format!("/v1/conversations/{id}")).await
    }

    /// The conversations that are live, newest first as the server lists them.
    pub async fn live_conversations(&self) -> Result<Vec<Value>> {
        self.list("/v1/conversations?state=live").await
    }

    /// Does something in a conversation: the conversation after it.
    pub async fn act(&self, conversation: &str, action: &Action) -> Result<Value> {
        self.try_act(conversation, action).await?.ok(&action.path)
    }
    pub async fn try_act(&self, conversation: &str, action: &Action) -> Result<Answer> {
        self.try_post(&format!("/v1/conversations/{conversation}/{}", action.path), action.body.clone()).await
    }

    /// Looks at a conversation until `wanted` holds; the error shows its last state.
    pub async fn conversation_until(
        &self,
        id: &str,
        what: &str,
        limit: Duration,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        until_async(what, limit, || async {
            let seen = self.conversation(id).await.map_err(|error| error.to_string())?;
            if wanted(&seen) { Ok(seen) } else { Err(summary(&seen)) }
        })
        .await
    }

    pub async fn start_coaching(
        &self,
        conversation: &str,
        mode: CoachingMode,
        agent_leg: Option<&str>,
        attach_to: &str,
    ) -> Result<Answer> {
        let body = json!({ "mode": mode.name(), "agent_leg_id": agent_leg, "attach_to": attach_to });
        self.try_post(&format!("/v1/conversations/{conversation}/coaching"), body).await
    }
    pub async fn change_coaching(&self, conversation: &str, mode: CoachingMode) -> Result<Answer> {
        let body = json!({ "mode": mode.name() });
        self.send(Method::PATCH, &format!("/v1/conversations/{conversation}/coaching"), body).await
    }
    pub async fn stop_coaching(&self, conversation: &str) -> Result<Answer> {
        answer(self.request(Method::DELETE, &format!("/v1/conversations/{conversation}/coaching"))).await
    }
    pub async fn take_over(&self, conversation: &str) -> Result<Answer> {
        self.try_post(&format!("/v1/conversations/{conversation}/coaching/take-over"), json!({})).await
    }

    /// The records of one conversation, in the order of their paths.
    pub async fn voice_calls(&self, conversation: &str) -> Result<Vec<Value>> {
        let mut calls = self.list(&format!("/v1/voice-calls?conversation_id={conversation}")).await?;
        calls.sort_by(|a, b| a["path"].as_str().cmp(&b["path"].as_str()));
        Ok(calls)
    }
}

/// A conversation in one line: its state, and every leg's role, state and audience.
pub(crate) fn summary(conversation: &Value) -> String {
    let none = Vec::new();
    let legs: Vec<String> = conversation["legs"]
        .as_array()
        .unwrap_or(&none)
        .iter()
        .map(|leg| format!("{} {}", text(&leg["role"]), text(&leg["state"])))
        .collect();
    format!("{} v{}: {}", text(&conversation["state"]), conversation["version"], legs.join(", "))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("?")
}
