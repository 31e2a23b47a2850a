//! What a browser needs to be a phone.

use access::SubjectKind;
use actix_web::HttpRequest;
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    Faces, answer::Json, body::Time, caller::Caller, extract::State, faces::IceServer, problem::Problem,
};

/// How often a browser registers again; the socket tells of its end sooner.
const REGISTER_SECONDS: u32 = 300;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Softphone {
    /// The address to register as.
    sip_uri: String,
    display_name: String,
    /// Where to open the socket (subprotocol `sip`), with the credential in it.
    websocket_url: String,
    /// The same credential by itself. No password is asked for on the socket: it is the user's.
    credential: String,
    /// When the credential stops opening sockets; an open one stays.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Time,
    expires_in: u32,
    register_expires_seconds: u32,
    ice_servers: Vec<IceServer>,
    /// Where this page is to be had over HTTPS, since browsers give the microphone to nothing less; null where it is not
    /// served here.
    secure_origin: Option<String>,
    /// Who calls this after a reload is back in the conversation as it was left; 481 where there is none.
    reattach_uri: String,
    /// How long a lost phone may come back.
    reattach_grace_seconds: i64,
}

/// A credential for the SIP socket, and everything that goes with it.
pub(crate) async fn open(
    faces: State,
    caller: Caller,
    request: HttpRequest,
) -> Result<Json<Softphone>, Problem> {
    if caller.kind == SubjectKind::Client {
        return Err(Problem::forbidden("an API client has no phone"));
    }
    let organization = faces.calls.organization();
    let user = organization.users.get(&caller.user()).ok_or_else(|| Problem::not_found("user"))?;
    if user.desk_phone {
        return Err(Problem::conflict("answer_on_your_phone", "you use a desk phone; calls ring there"));
    }
    let lives = faces.config.softphone_credential_seconds;
    let now = faces.now();
    let expires_at = now.plus_ms(i64::from(lives) * 1000);
    let credential = faces.softphones.issue(user.id, expires_at, now)?;
    let realm = &faces.sip_realm;
    Ok(Json::new(Softphone {
        sip_uri: format!("sip:{}@{realm}", user.id),
        display_name: user.display_name.clone(),
        websocket_url: websocket_url(&faces, &request, &credential),
        credential,
        expires_at: Time(expires_at),
        expires_in: lives,
        register_expires_seconds: REGISTER_SECONDS,
        ice_servers: faces.config.ice_servers.clone(),
        secure_origin: secure_origin(&faces, &request),
        reattach_uri: format!("sip:{}@{realm}", signaling::REATTACH),
        reattach_grace_seconds: organization.settings.reattach_grace_ms / 1000,
    }))
}

/// The host of the address the browser used, with our HTTPS port.
fn secure_origin(faces: &Faces, request: &HttpRequest) -> Option<String> {
    let port = faces.secure_address.get()?.port();
    let came = request.connection_info();
    let host = came.host();
    // A port stands behind the last colon, unless that is part of an address in brackets.
    let name = match host.rsplit_once(':') {
        Some((name, port)) if !port.ends_with(']') => name,
        _ => host,
    };
    Some(format!("https://{name}:{port}"))
}

/// The way the browser came to us, a proxy or our own TLS in between included.
fn websocket_url(faces: &Faces, request: &HttpRequest, credential: &str) -> String {
    let came = request.connection_info();
    let is_own = request.peer_addr().is_some_and(|peer| faces.secure_callers.of(peer).is_some());
    let scheme = if is_own || came.scheme() == "https" { "wss" } else { "ws" };
    format!("{scheme}://{}/sip?credential={credential}", came.host())
}
