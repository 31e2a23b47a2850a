//! Idempotency: the same `Idempotency-Key` with the same body gets the first answer again, byte for byte.
//!
//! Answers live in a bounded memory, since some of them show a secret once or belong to an ephemeral call.
//! What outlives a restart is the effect: rows and facts remember the key in their own transaction, and the handlers
//! answer a known key from what it made.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
};

use actix_web::{
    Error, HttpMessage as _, HttpResponse,
    body::{BoxBody, MessageBody, to_bytes},
    dev::{Payload, ServiceRequest, ServiceResponse},
    http::{
        StatusCode,
        header::{HeaderMap, HeaderName, HeaderValue},
    },
    middleware::Next,
    web::Bytes,
};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::{
    Faces,
    caller::{Caller, CommandKey},
    extract::{bytes_max, collect_up_to},
    problem::Problem,
    random::hex,
};

const HEADER: &str = "idempotency-key";
const KEY_BYTES_MAX: usize = 255;
/// Answers kept; the oldest goes first.
const ANSWERS_MAX: usize = 10_000;
/// Bytes of all kept answers together.
const BYTES_MAX: usize = 32 * 1024 * 1024;

#[derive(Clone, Debug)]
struct Kept {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// One key: who holds the lock works on it, and whoever waits finds the answer.
#[derive(Debug)]
struct Slot {
    body_hash: String,
    answer: tokio::sync::Mutex<Option<Kept>>,
}

type Key = (Uuid, String);

#[derive(Debug, Default)]
struct Slots {
    by_key: BTreeMap<Key, Arc<Slot>>,
    /// Finished ones, oldest first, with their size.
    finished: VecDeque<(Key, usize)>,
    bytes: usize,
}

/// The answers of the last while.
#[derive(Debug, Default)]
pub(crate) struct Remembered {
    /// Held for a look-up, never across an await.
    slots: Mutex<Slots>,
}

impl Remembered {
    /// The slot of this key: a new one, or the one of the first request.
    fn slot(&self, key: &Key, body_hash: &str) -> Arc<Slot> {
        let mut slots = self.lock();
        if slots.by_key.len() > 2 * ANSWERS_MAX {
            // Requests that were broken off left their slots without an answer.
            slots.by_key.retain(|_, slot| {
                let answered = slot.answer.try_lock().map_or(true, |answer| answer.is_some());
                answered || Arc::strong_count(slot) > 1
            });
        }
        let slot = slots.by_key.entry(key.clone()).or_insert_with(|| {
            Arc::new(Slot { body_hash: body_hash.to_owned(), answer: tokio::sync::Mutex::default() })
        });
        Arc::clone(slot)
    }

    fn finish(&self, key: Key, size: usize) {
        let mut slots = self.lock();
        slots.finished.push_back((key, size));
        slots.bytes += size;
        while slots.finished.len() > ANSWERS_MAX || slots.bytes > BYTES_MAX {
            let Some((oldest, size)) = slots.finished.pop_front() else { break };
            slots.bytes -= size;
            slots.by_key.remove(&oldest);
        }
    }

    /// The request came to nothing that is worth keeping: the next one tries again.
    fn forget(&self, key: &Key) {
        self.lock().by_key.remove(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Slots> {
        self.slots.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// Runs a POST once per key.
pub(crate) async fn around(
    faces: &Faces,
    mut request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let caller = request.extensions().get::<Caller>().map(Caller::id);
    let (Some(caller), Some(key)) = (caller, key_of(&request)?) else {
        return next.call(request).await.map(ServiceResponse::map_into_boxed_body);
    };
    let most = bytes_max(request.headers());
    let body = collect_up_to(most, request.take_payload()).await?;
    let body_hash = hash(&request, &body);
    request.set_payload(Payload::from(body));
    if let Some(caller) = request.extensions_mut().get_mut::<Caller>() {
        caller.command = Some(CommandKey { key: key.clone(), body_hash: body_hash.clone() });
    }
    let key = (caller, key);
    let slot = faces.remembered.slot(&key, &body_hash);
    if slot.body_hash != body_hash {
        return Err(reused().into());
    }
    let mut answer = slot.answer.lock().await;
    if let Some(kept) = &*answer {
        return Ok(request.into_response(kept.replay()));
    }
    let plain = request.request().clone();
    let response = match next.call(request).await {
        Ok(response) => response.map_into_boxed_body(),
        Err(error) => ServiceResponse::new(plain.clone(), error.as_response_error().error_response()),
    };
    let (response, kept) = Kept::take(response).await?;
    if is_final(kept.status) {
        let size = kept.body.len();
        *answer = Some(kept);
        faces.remembered.finish(key, size);
    } else {
        faces.remembered.forget(&key);
    }
    Ok(response)
}

/// The key came before with another body.
pub(crate) fn reused() -> Problem {
    Problem::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "idempotency_key_reused",
        "this Idempotency-Key came before with another request; use a new key for a new request",
    )
}

fn key_of(request: &ServiceRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get(HEADER) else { return Ok(None) };
    let key = value.to_str().unwrap_or("");
    if key.is_empty() || key.len() > KEY_BYTES_MAX {
        return Err(Problem::malformed(format!(
            "an Idempotency-Key is 1 to {KEY_BYTES_MAX} visible ASCII characters"
        )));
    }
    Ok(Some(key.to_owned()))
}

fn hash(request: &ServiceRequest, body: &[u8]) -> String {
    let mut digest = Sha256::new();
    for part in [request.method().as_str(), request.uri().path(), request.query_string()] {
        digest.update(part.as_bytes());
        digest.update([0]);
    }
    digest.update(body);
    hex(&digest.finalize())
}

/// Try again later, or sign in again, is no answer to keep.
fn is_final(status: StatusCode) -> bool {
    !status.is_server_error() && status != StatusCode::UNAUTHORIZED && status != StatusCode::TOO_MANY_REQUESTS
}

impl Kept {
    async fn take(response: ServiceResponse<BoxBody>) -> Result<(ServiceResponse<BoxBody>, Kept), Error> {
        let (request, response) = response.into_parts();
        let (head, body) = response.into_parts();
        let body = to_bytes(body).await.map_err(|_| Problem::internal())?;
        let headers = copy(head.headers());
        let kept = Kept { status: head.status(), headers, body: body.clone() };
        Ok((ServiceResponse::new(request, head.set_body(BoxBody::new(body))), kept))
    }

    fn replay(&self) -> HttpResponse {
        let mut answer = HttpResponse::new(self.status).set_body(BoxBody::new(self.body.clone()));
        for (name, value) in &self.headers {
            answer.headers_mut().insert(name.clone(), value.clone());
        }
        answer
            .headers_mut()
            .insert(HeaderName::from_static("idempotent-replayed"), HeaderValue::from_static("true"));
        answer
    }
}

fn copy(headers: &HeaderMap) -> Vec<(HeaderName, HeaderValue)> {
    headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect()
}
