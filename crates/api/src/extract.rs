//! What handlers take from a request; every refusal here is a Problem.

use std::{future::Future, pin::Pin};

use actix_web::{
    FromRequest, HttpRequest,
    dev::Payload,
    http::{
        StatusCode,
        header::{self, HeaderMap},
    },
    web::{self, Bytes, BytesMut},
};
use futures::StreamExt as _;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use terms::limits::PROMPT_BYTES_MAX;
use uuid::Uuid;

use crate::{
    Faces,
    problem::{FieldError, Problem},
};

/// No request body of ours is larger, but for uploaded sounds.
pub(crate) const BODY_BYTES_MAX: usize = 256 * 1024;

pub(crate) type State = web::Data<Faces>;

pub(crate) type Local<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

/// The parts of the path. An id that is no UUID names nothing.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Path<T> {
    type Error = Problem;
    type Future = Local<Self>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let parts = web::Path::<T>::extract(request);
        Box::pin(async move {
            parts.await.map(|parts| Path(parts.into_inner())).map_err(|_| Problem::not_found("resource"))
        })
    }
}

/// `{id}` alone.
#[derive(Clone, Copy, Debug, serde::Deserialize)]
pub(crate) struct Id {
    pub(crate) id: Uuid,
}

/// The query string; a parameter we do not know is refused, since a misspelt filter would show too much.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Query<T> {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let read = web::Query::<T>::from_query(request.query_string());
        std::future::ready(
            read.map(|query| Query(query.into_inner()))
                .map_err(|error| Problem::malformed(format!("the query string does not read: {error}"))),
        )
    }
}

/// A JSON body of exactly the fields that `T` has. An empty body reads as `{}`.
#[derive(Debug)]
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned + 'static> FromRequest for Body<T> {
    type Error = Problem;
    type Future = Local<Self>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let typed = demand_json(request);
        let payload = payload.take();
        Box::pin(async move {
            typed?;
            let bytes = collect(payload).await?;
            parse(if bytes.is_empty() { b"{}" } else { &bytes }).map(Body)
        })
    }
}

/// The fields to change (RFC 7396 within one object): absent stays, null clears.
#[derive(Debug)]
pub(crate) struct Merge<W> {
    pub(crate) fields: Map<String, Value>,
    of: std::marker::PhantomData<W>,
}

impl<W: 'static> FromRequest for Merge<W> {
    type Error = Problem;
    type Future = Local<Self>;
    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Body::<Map<String, Value>>::from_request(request, payload);
        Box::pin(async move { Ok(Merge { fields: body.await?.0, of: std::marker::PhantomData }) })
    }
}

impl<W: DeserializeOwned + serde::Serialize> Merge<W> {
    /// What the resource would be with these fields changed. Objects within are merged, lists replaced, and so are
    /// objects whose `kind` changes, since another kind has other fields.
    pub(crate) fn onto(&self, before: &W) -> Result<W, Problem> {
        let mut whole = serde_json::to_value(before).map_err(|_| Problem::internal())?;
        merge(&mut whole, Value::Object(self.fields.clone()));
        let text = serde_json::to_vec(&whole).map_err(|_| Problem::internal())?;
        parse(&text)
    }
}

fn merge(target: &mut Value, change: Value) {
    match (target, change) {
        (Value::Object(target), Value::Object(change))
            if change.get("kind").is_none_or(|kind| target.get("kind") == Some(kind)) =>
        {
            for (name, value) in change {
                merge(target.entry(name).or_insert(Value::Null), value);
            }
        }
        (target, change) => *target = change,
    }
}

/// The version that `If-Match` names, where the client guards its update.
#[derive(Clone, Copy, Debug)]
pub(crate) struct IfMatch(pub(crate) Option<i64>);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Ok(IfMatch::of(request)))
    }
}

impl IfMatch {
    pub(crate) fn of(request: &HttpRequest) -> Self {
        let header = request.headers().get(header::IF_MATCH).map(|value| value.to_str().unwrap_or("").trim());
        Self(match header {
            None | Some("*") => None,
            // A tag that is none of ours matches no version there is.
            Some(tag) => {
                Some(tag.trim_matches('"').parse().ok().filter(|_| tag.starts_with('"')).unwrap_or(-1))
            }
        })
    }
}

/// Whether the body is said to be of one of these types.
pub(crate) fn has_type(request: &HttpRequest, types: &[&str]) -> bool {
    essence(request.headers()).is_some_and(|sent| types.contains(&sent.as_str()))
}

fn essence(headers: &HeaderMap) -> Option<String> {
    let sent = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok())?;
    Some(sent.split(';').next().unwrap_or("").trim().to_ascii_lowercase())
}

fn demand_json(request: &HttpRequest) -> Result<(), Problem> {
    match essence(request.headers()).as_deref() {
        None | Some("application/json" | "application/merge-patch+json") => Ok(()),
        Some(_) => Err(Problem::unsupported_media_type("send the body as application/json")),
    }
}

/// How long a body may be before anybody has looked at it: sounds are longer than what we write ourselves.
pub(crate) fn bytes_max(headers: &HeaderMap) -> usize {
    let is_sound = essence(headers).is_some_and(|sent| sent.starts_with("audio/"));
    if is_sound { PROMPT_BYTES_MAX } else { BODY_BYTES_MAX }
}

/// The whole body, up to `BODY_BYTES_MAX`.
pub(crate) async fn collect(payload: Payload) -> Result<Bytes, Problem> {
    collect_up_to(BODY_BYTES_MAX, payload).await
}

pub(crate) async fn collect_up_to(most: usize, mut payload: Payload) -> Result<Bytes, Problem> {
    let mut bytes = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::malformed("the body broke off"))?;
        if bytes.len() + chunk.len() > most {
            return Err(Problem::new(
                StatusCode::PAYLOAD_TOO_LARGE,
                "too_large",
                format!("this body has at most {most} bytes"),
            ));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes.freeze())
}

/// 400 for what is no JSON object, 422 with the field for what does not fit.
pub(crate) fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // Serde would take a list for the fields in their order.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(Problem::malformed("the body is a list; send an object with named fields"));
    }
    if holds_nul(bytes) {
        return Err(Problem::malformed("a text holds the character NUL (\\u0000), which no database keeps"));
    }
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader);
    match read {
        Ok(value) => match reader.end() {
            Ok(()) => Ok(value),
            Err(_) => Err(Problem::malformed("something stands behind the JSON value")),
        },
        Err(error) => {
            let inner = error.inner();
            if inner.is_data() {
                Err(Problem::invalid(vec![field_error(&error.path().to_string(), &inner.to_string())]))
            } else {
                Err(Problem::malformed(format!("the body is not JSON: {inner}")))
            }
        }
    }
}

/// Whether a string in this JSON holds NUL, which can only be written as an escape.
fn holds_nul(json: &[u8]) -> bool {
    const NUL: &[u8] = b"\\u0000";
    let mut escapes = json.windows(NUL.len()).enumerate().filter(|(_, piece)| *piece == NUL);
    escapes.any(|(at, _)| {
        // Behind another backslash it is the six characters themselves.
        let before = json[..at].iter().rev().take_while(|byte| **byte == b'\\').count();
        before.is_multiple_of(2)
    })
}

/// Serde names a missing or unknown field in its message only; the path is that of the object around it.
fn field_error(path: &str, message: &str) -> FieldError {
    let said = message.split(" at line ").next().unwrap_or(message);
    let named = ["missing field `", "unknown field `"]
        .iter()
        .find_map(|start| said.strip_prefix(start))
        .and_then(|rest| rest.split('`').next());
    let field = match (path, named) {
        (".", Some(name)) => name.to_owned(),
        (path, Some(name)) if path.rsplit('.').next() != Some(name) => format!("{path}.{name}"),
        (path, _) => path.to_owned(),
    };
    FieldError { field, message: said.to_owned() }
}

#[cfg(test)]
mod tests {
    use serde::{Deserialize, Serialize};
    use serde_json::json;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Inner {
        seconds: u32,
        #[serde(default)]
        note: Option<String>,
    }

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        name: String,
        #[serde(default)]
        inner: Option<Inner>,
    }

    fn field_of(text: &str) -> (u16, String) {
        let problem = parse::<Outer>(text.as_bytes()).unwrap_err();
        let body: Value = serde_json::from_slice(&problem.to_json()).unwrap();
        (problem.status().as_u16(), body["errors"][0]["field"].as_str().unwrap_or("").to_owned())
    }

    #[test]
    fn what_does_not_fit_is_named_by_its_field() {
        assert_eq!(field_of(r#"{"name": 1}"#), (422, "name".into()));
        assert_eq!(field_of(r#"{}"#), (422, "name".into()));
        assert_eq!(field_of(r#"{"name": "a", "nmae": 1}"#), (422, "nmae".into()));
        assert_eq!(field_of(r#"{"name": "a", "inner": {"seconds": -1}}"#), (422, "inner.seconds".into()));
        assert_eq!(field_of(r#"{"name": "a", "inner": {"second": 1}}"#), (422, "inner.second".into()));
        assert_eq!(field_of(r#"{"name": "#), (400, "".into()));
        assert_eq!(field_of(r#"{"name": "a"} x"#), (400, "".into()));
    }

    #[test]
    fn a_list_is_no_object_and_no_text_holds_nul() {
        assert_eq!(field_of(r#" ["a"]"#), (400, "".into()));
        assert_eq!(field_of(r#"{"name": "a\u0000b"}"#), (400, "".into()));
        assert_eq!(field_of(r#"{"name": "a\\\u0000b"}"#), (400, "".into()));
        let six_characters = parse::<Outer>(br#"{"name": "a\\u0000"}"#).unwrap();
        assert_eq!(six_characters.name, "a\\u0000");
    }

    #[test]
    fn a_merge_changes_what_it_names_and_null_clears() {
        let before = Outer { name: "a".into(), inner: Some(Inner { seconds: 1, note: Some("n".into()) }) };
        let change = |value: Value| Merge::<Outer> {
            fields: value.as_object().unwrap().clone(),
            of: std::marker::PhantomData,
        };
        let after = change(json!({"inner": {"note": null}})).onto(&before).unwrap();
        assert_eq!(after, Outer { name: "a".into(), inner: Some(Inner { seconds: 1, note: None }) });
        let after = change(json!({"inner": null, "name": "b"})).onto(&before).unwrap();
        assert_eq!(after, Outer { name: "b".into(), inner: None });
        assert_eq!(change(json!({"name": null})).onto(&before).unwrap_err().status(), 422);
    }
}
