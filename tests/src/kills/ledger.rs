//! What people were told before the kill: that, and no more, must be true after it.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use serde_json::Value;
use tokio::sync::watch;

use crate::stage::{
    Result, StageError,
    client::{Client, id_of},
    place::unique,
};

/// A command that was answered with success.
#[derive(Clone)]
pub struct Acknowledged {
    pub by: Client,
    pub path: String,
    pub key: String,
    pub body: Value,
    pub status: u16,
    pub conversation: String,
}

/// One conversation as it was last seen.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub scene: String,
    /// By id; a record once seen closed stays as it was.
    pub calls: BTreeMap<String, Value>,
    /// By id: the end reasons of wires that were gone already.
    pub gone: BTreeMap<String, Value>,
    /// Nothing was under way any more.
    pub still: bool,
}

#[derive(Default)]
struct Notes {
    commands: Vec<Acknowledged>,
    conversations: BTreeMap<String, Seen>,
}

#[derive(Default)]
pub struct Ledger {
    notes: Mutex<Notes>,
    count: watch::Sender<usize>,
    pub killed: AtomicBool,
}

impl Ledger {
    fn notes(&self) -> MutexGuard<'_, Notes> {
        self.notes.lock().unwrap_or_else(PoisonError::into_inner)
    }
    /// How many times somebody was told that something has happened.
    pub fn acknowledged(&self) -> watch::Receiver<usize> {
        self.count.subscribe()
    }
    pub fn commands(&self) -> Vec<Acknowledged> {
        self.notes().commands.clone()
    }
    pub fn conversations(&self) -> BTreeMap<String, Seen> {
        self.notes().conversations.clone()
    }

    /// Does it with a key of its own, and keeps that it was acknowledged.
    pub async fn command(&self, by: &Client, path: &str, body: Value) -> Result<Value> {
        let key = unique();
        if let Some(id) = conversation_in(path) {
            self.notes().conversations.entry(id.to_owned()).and_modify(|seen| seen.still = false);
        }
        let answer = by.post_once(path, &key, body.clone()).await?;
        let status = answer.status.as_u16();
        let told = answer.ok(path)?;
        if self.killed.load(Ordering::SeqCst) {
            return Err(StageError::Stopped("the server".into()));
        }
        let conversation = id_of(&told)?;
        let (by, path) = (by.clone(), path.to_owned());
        self.notes().commands.push(Acknowledged { by, path, key, body, status, conversation });
        self.tells(&told);
        Ok(told)
    }

    /// Somebody was shown this conversation.
    pub fn tells(&self, conversation: &Value) {
        {
            let mut notes = self.notes();
            let Some(id) = conversation["id"].as_str() else { return };
            let seen = notes.conversations.entry(id.to_owned()).or_default();
            for call in conversation["voice_calls"].as_array().into_iter().flatten() {
                seen.calls.insert(text(&call["id"]), call.clone());
            }
            for leg in conversation["legs"].as_array().into_iter().flatten() {
                if leg["state"] == "ended" {
                    seen.gone.insert(text(&leg["id"]), leg["end_reason"].clone());
                }
            }
        }
        self.count.send_modify(|count| *count += 1);
    }

    /// Nothing more is asked for in this conversation, and this is how it stands.
    pub fn stands_still(&self, conversation: &Value, scene: &str) {
        self.tells(conversation);
        let mut notes = self.notes();
        if let Some(seen) = conversation["id"].as_str().and_then(|id| notes.conversations.get_mut(id)) {
            seen.still = true;
            scene.clone_into(&mut seen.scene);
        }
    }
}

/// `/v1/conversations/{id}/…`
fn conversation_in(path: &str) -> Option<&str> {
    path.strip_prefix("/v1/conversations/")?.split('/').next()
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
