//! Problem: every refusal as `application/problem+json` (RFC 9457), with a stable code.

use std::fmt;

use access::Permission;
use actix_web::{
    HttpResponse, HttpResponseBuilder, ResponseError,
    http::{StatusCode, header},
};
use serde::Serialize;
use serde_json::{Map, Value};
use store::StoreError;
use utoipa::ToSchema;

/// What is wrong with one field of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FieldError {
    /// The field's path, like `skills[0].level`.
    pub field: String,
    pub message: String,
}

/// The body of every refusal.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub(crate) struct ProblemBody<'a> {
    /// Names the kind of problem: `urn:tandem:problem:` and the code.
    r#type: String,
    title: String,
    status: u16,
    /// For a person to read.
    detail: &'a str,
    /// Stable, snake case; programs decide by it.
    code: &'a str,
    #[serde(skip_serializing_if = "<[FieldError]>::is_empty")]
    errors: &'a [FieldError],
    #[serde(flatten)]
    #[schema(ignore)]
    more: &'a Map<String, Value>,
}

/// Why a request was refused. Boxed inside, so that results stay small.
#[derive(Clone, Debug)]
pub struct Problem(Box<Parts>);

#[derive(Clone, Debug)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    more: Map<String, Value>,
    retry_after_seconds: Option<u32>,
    allow: Option<String>,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status,
            code,
            detail: detail.into(),
            errors: Vec::new(),
            more: Map::new(),
            retry_after_seconds: None,
            allow: None,
        }))
    }
    pub(crate) fn detail(&self) -> &str {
        &self.0.detail
    }
    pub(crate) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }
    pub(crate) fn unauthenticated(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", detail)
    }
    pub(crate) fn not_allowed(missing: Permission) -> Self {
        Self::new(
            StatusCode::FORBIDDEN,
            "not_allowed",
            format!("this needs the permission {missing}, which none of your permission sets grants"),
        )
        .with("missing_permission", missing.as_str())
    }
    /// Allowed to nobody who asks like this, whatever their permissions.
    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "not_allowed", detail)
    }
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }
    pub(crate) fn unsupported_media_type(detail: &str) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    }
    pub(crate) fn method_not_allowed(allowed: &str) -> Self {
        let detail = format!("this path answers to {allowed}");
        let mut problem = Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail);
        problem.0.allow = Some(allowed.to_owned());
        problem
    }
    pub(crate) fn conflict(code: &'static str, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }
    pub(crate) fn invalid(errors: Vec<FieldError>) -> Self {
        let mut problem = Self::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "validation_failed",
            "some fields cannot be accepted; `errors` says which and why",
        );
        problem.0.errors = errors;
        problem
    }
    pub(crate) fn invalid_field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::invalid(vec![FieldError { field: field.into(), message: message.into() }])
    }
    /// `If-Match` names another version than the one it is at.
    pub(crate) fn stale(current: impl Into<Value> + std::fmt::Display) -> Self {
        let detail = format!("somebody changed it; it is at version {current} by now");
        Self::new(StatusCode::PRECONDITION_FAILED, "stale_version", detail).with("current_version", current)
    }
    pub(crate) fn limit_reached(detail: impl Into<String>, retry_after_seconds: u32) -> Self {
        Self::new(StatusCode::TOO_MANY_REQUESTS, "limit_reached", detail).retry_after(retry_after_seconds)
    }
    pub(crate) fn overloaded() -> Self {
        Self::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "overloaded",
            "the server has too much to do; try again in a moment",
        )
        .retry_after(1)
    }
    /// A fault of ours; what it was stands in the log only.
    pub(crate) fn internal() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "something went wrong on our side")
    }
    pub(crate) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.more.insert(name.to_owned(), value.into());
        self
    }
    pub(crate) fn retry_after(mut self, seconds: u32) -> Self {
        self.0.retry_after_seconds = Some(seconds);
        self
    }
    /// Whether it carries this member with this text.
    pub(crate) fn says(&self, name: &str, text: &str) -> bool {
        self.0.more.get(name).and_then(Value::as_str) == Some(text)
    }
    pub fn status(&self) -> StatusCode {
        self.0.status
    }
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    pub(crate) fn to_json(&self) -> Vec<u8> {
        let code = self.0.code;
        let body = ProblemBody {
            r#type: format!("urn:tandem:problem:{code}"),
            title: title(code),
            status: self.0.status.as_u16(),
            detail: &self.0.detail,
            code,
            errors: &self.0.errors,
            more: &self.0.more,
        };
        serde_json::to_vec(&body).unwrap_or_default()
    }
}

/// `target_busy` reads "Target busy".
fn title(code: &str) -> String {
    let mut text = code.replace('_', " ");
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0.status.as_u16(), self.0.code)
    }
}

impl std::error::Error for Problem {}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.0.status
    }
    fn error_response(&self) -> HttpResponse {
        let mut answer = HttpResponseBuilder::new(self.0.status);
        answer.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        if let Some(seconds) = self.0.retry_after_seconds {
            answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
        }
        if let Some(allow) = &self.0.allow {
            answer.insert_header((header::ALLOW, allow.as_str()));
        }
        if self.0.status == StatusCode::UNAUTHORIZED {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        answer.body(self.to_json())
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::NotFound { noun } => Self::not_found(noun),
            StoreError::Stale { current } => Self::stale(current),
            // Made from the username unless one is given.
            StoreError::Taken { field } if field == "sip_username" => Self::invalid_field(
                "sip.username",
                "this username is taken for a phone; choose another username",
            ),
            StoreError::Taken { field } => {
                let message = format!("this {} is taken", field.replace('_', " "));
                Self::invalid_field(field, message)
            }
            StoreError::Unknown { field } => Self::invalid_field(field, "names nothing that exists"),
            StoreError::InUse { by } => Self::conflict("in_use", format!("still in use by {by}")),
            StoreError::Overloaded => Self::overloaded(),
            StoreError::BadCursor => Self::malformed("the cursor does not belong to this list"),
            StoreError::CommandKnown { .. }
            | StoreError::Unreadable { .. }
            | StoreError::Url
            | StoreError::File(_)
            | StoreError::Database(_) => {
                tracing::error!(error.message = %error, "the database could not be used");
                Self::internal()
            }
        }
    }
}

impl From<access::Forbidden> for Problem {
    /// What lies outside the caller's scope does not exist for them.
    fn from(forbidden: access::Forbidden) -> Self {
        if forbidden.outside_scope {
            Self::not_found("thing within your scope")
        } else {
            Self::not_allowed(forbidden.missing)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_says_status_code_and_what_is_missing() {
        let problem = Problem::not_allowed(Permission::Whisper);
        let body: Value = serde_json::from_slice(&problem.to_json()).unwrap();
        assert_eq!(body["status"], 403);
        assert_eq!(body["code"], "not_allowed");
        assert_eq!(body["title"], "Not allowed");
        assert_eq!(body["type"], "urn:tandem:problem:not_allowed");
        assert_eq!(body["missing_permission"], "whisper");
        assert!(body.get("errors").is_none());
    }

    #[test]
    fn a_database_with_too_much_to_do_asks_to_come_back() {
        let problem = Problem::from(StoreError::Overloaded);
        assert_eq!((problem.status().as_u16(), problem.code()), (503, "overloaded"));
    }

    #[test]
    fn an_overloaded_answer_says_when_to_come_back() {
        let answer = Problem::overloaded().error_response();
        assert_eq!(answer.status(), 503);
        assert_eq!(answer.headers().get(header::RETRY_AFTER).unwrap(), "1");
        assert_eq!(answer.headers().get(header::CONTENT_TYPE).unwrap(), "application/problem+json");
    }
}
