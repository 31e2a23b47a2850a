//! Revoked: access tokens that were given back before their time. They live minutes, so memory is enough.

use std::{collections::BTreeMap, sync::Mutex};

use terms::Timestamp;
use uuid::Uuid;

/// Past that the one that expires first is forgotten.
const TOKENS_MAX: usize = 100_000;

#[derive(Debug, Default)]
pub(crate) struct Revoked {
    /// By token id, with the time it expires anyway. Never held across an await.
    tokens: Mutex<BTreeMap<Uuid, Timestamp>>,
}

impl Revoked {
    pub(crate) fn add(&self, token: Uuid, expires_at: Timestamp, now: Timestamp) {
        let mut tokens = self.lock();
        if tokens.len() >= TOKENS_MAX {
            tokens.retain(|_, expires_at| *expires_at > now);
        }
        if tokens.len() >= TOKENS_MAX
            && let Some(first) = tokens.iter().min_by_key(|(_, at)| **at).map(|(token, _)| *token)
        {
            tokens.remove(&first);
        }
        tokens.insert(token, expires_at);
    }

    pub(crate) fn contains(&self, token: Uuid) -> bool {
        self.lock().contains_key(&token)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeMap<Uuid, Timestamp>> {
        self.tokens.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
