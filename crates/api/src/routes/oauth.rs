//! Signing in and out (RFC 6749, 7009) and the keys that tokens are checked with (RFC 7517).

use access::{Claims, SubjectKind, token};
use actix_web::{FromRequest, HttpRequest, HttpResponse, dev::Payload, http::header, web};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::json;
use store::{RefreshTokenRow, Rotation};
use terms::{ClientId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Faces,
    answer::Json,
    describe::{Operation, Takes},
    extract::{Local, State, collect},
    password,
    problem::Problem,
    random,
};

/// A form body (`application/x-www-form-urlencoded`), as OAuth wants it; parameters we do not know are ignored.
#[derive(Debug)]
pub(crate) struct Form<T>(T);

impl<T: DeserializeOwned + 'static> FromRequest for Form<T> {
    type Error = Problem;
    type Future = Local<Self>;
    fn from_request(_: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let payload = payload.take();
        Box::pin(async move {
            let bytes = collect(payload).await?;
            let text = std::str::from_utf8(&bytes).unwrap_or("");
            let read = web::Query::<T>::from_query(text);
            read.map(|form| Form(form.into_inner())).map_err(|error| invalid_request(&error.to_string()))
        })
    }
}

impl<T: ToSchema> Takes for Form<T> {
    fn takes(operation: &mut Operation) {
        let schema = operation.reference::<T>();
        operation.request_body = Some(
            json!({"required": true, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}),
        );
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct TokenRequest {
    grant_type: GrantType,
    /// For `password`.
    username: Option<String>,
    #[schema(format = "password")]
    password: Option<String>,
    /// For `refresh_token`; each is good for one use.
    refresh_token: Option<String>,
    /// For `client_credentials`, here or by HTTP Basic.
    client_id: Option<String>,
    #[schema(format = "password")]
    client_secret: Option<String>,
}

#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum GrantType {
    Password,
    RefreshToken,
    ClientCredentials,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Tokens {
    access_token: String,
    /// Always `Bearer`.
    token_type: &'static str,
    /// Seconds until the access token expires.
    expires_in: u32,
    /// Not for API clients: they sign in again.
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
}

fn refused(error: &'static str, detail: &str) -> Problem {
    // `error` and `error_description` are the names of RFC 6749 §5.2.
    Problem::new(actix_web::http::StatusCode::BAD_REQUEST, error, detail)
        .with("error", error)
        .with("error_description", detail)
}

fn invalid_request(detail: &str) -> Problem {
    refused("invalid_request", detail)
}

/// One text for all, so that nobody learns which names exist.
fn invalid_grant() -> Problem {
    refused("invalid_grant", "the credentials are wrong, expired or revoked")
}

pub(crate) async fn token(
    faces: State,
    request: HttpRequest,
    form: Form<TokenRequest>,
) -> Result<Json<Tokens>, Problem> {
    let form = form.0;
    let tokens = match form.grant_type {
        GrantType::Password => {
            let (Some(username), Some(password)) = (form.username, form.password) else {
                return Err(invalid_request("the password grant takes username and password"));
            };
            by_password(&faces, &request, &username, password).await?
        }
        GrantType::RefreshToken => {
            let shown = form.refresh_token.ok_or_else(|| invalid_request("the grant takes refresh_token"))?;
            by_refresh_token(&faces, &shown).await?
        }
        GrantType::ClientCredentials => {
            let credentials = basic(&request).or(form.client_id.zip(form.client_secret));
            let (id, secret) =
                credentials.ok_or_else(|| invalid_request("the grant takes client_id and client_secret"))?;
            by_client_credentials(&faces, &request, &id, secret).await?
        }
    };
    Ok(Json::new(tokens))
}

fn basic(request: &HttpRequest) -> Option<(String, String)> {
    let header = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let text = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = text.split_once(':')?;
    Some((id.to_owned(), secret.to_owned()))
}

async fn by_password(
    faces: &Faces,
    request: &HttpRequest,
    username: &str,
    password: String,
) -> Result<Tokens, Problem> {
    let attempts = Attempts::new(faces, request, &format!("user:{}", username.to_lowercase()));
    attempts.allowed(faces)?;
    let user = faces.store.find_user_by_username(username).await?;
    let stored = user.as_ref().and_then(|user| user.password_hash.as_ref()).map(|hash| hash.expose().clone());
    let matches = password::verify(faces, password, stored).await?;
    let Some(user) = user.filter(|_| matches) else {
        attempts.failed(faces);
        return Err(invalid_grant());
    };
    attempts.succeeded(faces);
    // The snapshot may be older than the account.
    faces.refresh().await?;
    let secret = random::secret()?;
    let now = faces.now();
    let row = RefreshTokenRow {
        token_hash: random::fingerprint(&secret),
        family: Uuid::new_v4(),
        user_id: user.id,
        issued_at: now,
        expires_at: now.plus_ms(idle_ms(faces)),
    };
    faces.store.add_refresh_token(&row).await?;
    tokens(faces, SubjectKind::User, user.id.0, Some(secret))
}

async fn by_refresh_token(faces: &Faces, shown: &str) -> Result<Tokens, Problem> {
    let next = random::secret()?;
    let now = faces.now();
    let expires_at = now.plus_ms(idle_ms(faces));
    let hash = random::fingerprint(shown);
    let rotation =
        faces.store.rotate_refresh_token(&hash, &random::fingerprint(&next), expires_at, now).await?;
    match rotation {
        Rotation::Rotated { user_id, .. } => {
            faces.refresh().await?;
            if faces.principal(user_id).is_none() {
                return Err(invalid_grant());
            }
            tokens(faces, SubjectKind::User, user_id.0, Some(next))
        }
        Rotation::Refused => Err(invalid_grant()),
        Rotation::Reused { user_id, .. } => {
            audit_reuse(faces, user_id).await?;
            Err(invalid_grant())
        }
    }
}

/// A token used twice was stolen: somebody should look at it.
async fn audit_reuse(faces: &Faces, user: UserId) -> Result<(), Problem> {
    tracing::warn!(user.id = %user, "a refresh token was used twice; its sign-in is revoked");
    let by = store::By::system(faces.now());
    faces.store.audit(&by, "refresh_token_reused", &format!("user/{user}"), None, None).await?;
    Ok(())
}

async fn by_client_credentials(
    faces: &Faces,
    request: &HttpRequest,
    id: &str,
    secret: String,
) -> Result<Tokens, Problem> {
    let attempts = Attempts::new(faces, request, &format!("client:{id}"));
    attempts.allowed(faces)?;
    faces.refresh().await?;
    let id = id.parse::<ClientId>().ok();
    let organization = faces.organization();
    let client = organization.clients.iter().find(|client| Some(client.id) == id);
    let stored = client.map(|client| client.secret_hash.expose().clone());
    let matches = password::verify(faces, secret, stored).await?;
    let Some(client) = client.filter(|_| matches) else {
        attempts.failed(faces);
        return Err(invalid_grant());
    };
    attempts.succeeded(faces);
    tokens(faces, SubjectKind::Client, client.id.0, None)
}

fn idle_ms(faces: &Faces) -> i64 {
    i64::from(faces.organization().settings.session_idle_minutes.max(1)) * 60_000
}

fn tokens(
    faces: &Faces,
    kind: SubjectKind,
    subject: Uuid,
    refresh_token: Option<String>,
) -> Result<Tokens, Problem> {
    let lifetime = faces.config.access_token_seconds;
    let lifetime_ms = i64::from(lifetime) * 1000;
    let claims = Claims::new(&faces.signing, kind, subject, Uuid::new_v4(), faces.now(), lifetime_ms);
    let access_token = token::sign(&faces.signing, &claims).map_err(|error| {
        tracing::error!(error.message = %error, "a token could not be signed");
        Problem::internal()
    })?;
    Ok(Tokens { access_token, token_type: "Bearer", expires_in: lifetime, refresh_token })
}

/// Failures are counted for the name, for the address, and for both together; the last is the strictest, so that
/// somebody else's failures do not lock a person out.
struct Attempts {
    name: String,
    address: String,
    both: String,
}

impl Attempts {
    fn new(faces: &Faces, request: &HttpRequest, name: &str) -> Self {
        let address = faces.caller_address(request).map(|peer| peer.ip().to_string()).unwrap_or_default();
        let name: String = name.chars().take(200).collect();
        Self { both: format!("{address} {name}"), address, name }
    }
    fn allowed(&self, faces: &Faces) -> Result<(), Problem> {
        let now = faces.now();
        let wait = [
            faces.failures.both.wait_seconds(&self.both, now),
            faces.failures.name.wait_seconds(&self.name, now),
            faces.failures.address.wait_seconds(&self.address, now),
        ];
        match wait.into_iter().flatten().max() {
            None => Ok(()),
            Some(seconds) => Err(Problem::limit_reached("too many failed sign-ins; wait a moment", seconds)),
        }
    }
    fn failed(&self, faces: &Faces) {
        let now = faces.now();
        faces.failures.both.failed(&self.both, now);
        faces.failures.name.failed(&self.name, now);
        faces.failures.address.failed(&self.address, now);
        metrics::counter!("sign_in_failures_total").increment(1);
    }
    fn succeeded(&self, faces: &Faces) {
        faces.failures.both.succeeded(&self.both);
    }
}

#[derive(Deserialize, ToSchema)]
pub(crate) struct RevokeRequest {
    /// A refresh token (its whole sign-in ends) or an access token.
    token: String,
}

/// Signs out. An unknown token is no error (RFC 7009 §2.2).
pub(crate) async fn revoke(faces: State, form: Form<RevokeRequest>) -> Result<HttpResponse, Problem> {
    let now = faces.now();
    match token::verify(&faces.verifying, &form.0.token, now) {
        Ok(claims) => {
            faces.revoked.add(claims.jti, claims.expires_at(), now);
            faces.softphones.end(claims.user());
        }
        Err(_) => {
            let hash = random::fingerprint(&form.0.token);
            faces.store.revoke_refresh_token(&hash, now).await?;
        }
    }
    Ok(HttpResponse::Ok().json(json!({})))
}

pub(crate) async fn jwks(faces: State) -> Result<HttpResponse, Problem> {
    let keys = faces.verifying.jwks_json().map_err(|_| Problem::internal())?;
    Ok(HttpResponse::Ok().content_type("application/json").body(keys))
}
