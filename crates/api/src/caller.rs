//! Caller: who asks, with everything granted to them at this moment.

use access::{Area, Permission, Principal, SubjectKind};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest, dev::Payload, http::header};
use store::By;
use terms::{ClientId, Timestamp, UserId};
use uuid::Uuid;

use crate::{Faces, extract::IfMatch, problem::Problem};

/// The signed-in user or API client of one request.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) principal: Principal,
    pub(crate) kind: SubjectKind,
    token: Uuid,
    expires_at: Timestamp,
    /// The `Idempotency-Key`, where the request came with one.
    pub(crate) command: Option<CommandKey>,
    /// The version that `If-Match` names; an update of a row reads it itself.
    pub(crate) if_match: Option<i64>,
}

/// What makes a repetition of a POST known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CommandKey {
    pub(crate) key: String,
    /// SHA-256 in hex over method, path and body.
    pub(crate) body_hash: String,
}

impl Caller {
    pub(crate) fn user(&self) -> UserId {
        self.principal.user
    }
    /// The same, for an effect that another of the request will answer for.
    pub(crate) fn without_command(&self) -> Self {
        Self { command: None, ..self.clone() }
    }
    pub(crate) fn id(&self) -> Uuid {
        self.principal.user.0
    }
    /// For sockets, which outlive the request that opened them.
    pub(crate) fn is_expired(&self, faces: &Faces) -> bool {
        faces.now() >= self.expires_at || faces.revoked.contains(self.token)
    }
    /// For the audit log.
    pub(crate) fn by(&self, at: Timestamp) -> By {
        match self.kind {
            SubjectKind::User => By::user(self.user(), at),
            SubjectKind::Client => By::client(ClientId(self.id()), at),
        }
    }
    pub(crate) fn holds(&self, permission: Permission) -> bool {
        self.principal.holds(permission)
    }
    pub(crate) fn permits(&self, permission: Permission, area: &Area) -> bool {
        self.principal.permits(permission, area)
    }
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;
    /// The gate has put it there; a public route has none.
    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let caller = request.extensions().get::<Caller>().cloned();
        std::future::ready(caller.ok_or_else(|| Problem::unauthenticated("sign in first")))
    }
}

/// Reads the bearer token (RFC 6750) and looks its subject up.
pub(crate) fn identify(faces: &Faces, request: &HttpRequest) -> Result<Caller, Problem> {
    let header = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = header.and_then(|text| {
        let (scheme, token) = text.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    });
    let token = token.ok_or_else(|| {
        Problem::unauthenticated("sign in first: send `Authorization: Bearer <token>` from POST /oauth/token")
    })?;
    Ok(Caller { if_match: IfMatch::of(request).0, ..identify_token(faces, token)? })
}

/// Whose token it is, with their permissions as of now.
pub(crate) fn identify_token(faces: &Faces, token: &str) -> Result<Caller, Problem> {
    let claims = access::token::verify(&faces.verifying, token, faces.now())
        .map_err(|error| Problem::unauthenticated(error.to_string()))?;
    if faces.revoked.contains(claims.jti) {
        return Err(Problem::unauthenticated("the token was revoked"));
    }
    let principal =
        faces.principal(claims.user()).ok_or_else(|| Problem::unauthenticated("this account is gone"))?;
    let (token, expires_at) = (claims.jti, claims.expires_at());
    Ok(Caller { principal, kind: claims.kind, token, expires_at, command: None, if_match: None })
}
