//! `GET /sip`: SIP over WebSocket (RFC 7118). The socket is opened with proof of who it is; signaling does the rest.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse, rt,
    web::{self, Bytes},
};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use serde::Deserialize;
use signaling::Socket;
use tokio::time::{Interval, MissedTickBehavior, interval};

use crate::{
    caller::identify_token,
    extract::State,
    live::{offered_protocols, token_in},
    problem::Problem,
    softphones::Admitted,
};

const PROTOCOL: &str = "sip";
/// The largest message a browser may send.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;
/// A browser that has gone without a word is missed after `SILENT_PINGS_MAX` of these.
const PING_SECONDS: u64 = 5;
const SILENT_PINGS_MAX: u32 = 3;
/// How often it is asked whether the user is still signed in.
const LOOK_UP_SECONDS: u64 = 1;

#[derive(Debug, Deserialize)]
struct Asked {
    credential: Option<String>,
}

pub(crate) async fn open(
    faces: State,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let offered = offered_protocols(&request);
    if !offered.iter().any(|protocol| protocol.eq_ignore_ascii_case(PROTOCOL)) {
        return Err(Problem::malformed("this path takes WebSocket handshakes with the subprotocol `sip`"));
    }
    let admitted = admit(&faces, &request, &offered)?;
    let remote = request.peer_addr().ok_or_else(Problem::internal)?;
    let (response, session, stream) = actix_ws::handle_with_protocols(&request, body, &[PROTOCOL])
        .map_err(|_| Problem::malformed("this path takes WebSocket handshakes"))?;
    let socket =
        faces.signaling.open_socket(remote, admitted.user).await.map_err(|_| Problem::overloaded())?;
    let stream = stream.aggregate_continuations().max_continuation_size(MESSAGE_BYTES_MAX);
    rt::spawn(async move {
        let line = Line { faces, admitted, socket, session: session.clone() };
        if let Some(reason) = line.run(stream).await {
            // The far end may have gone first.
            let _ = session.close(Some(reason)).await;
        }
    });
    Ok(response)
}

/// Whose socket it is: by the short-lived credential in the address, or by an access token among the subprotocols.
fn admit(faces: &State, request: &HttpRequest, offered: &[String]) -> Result<Admitted, Problem> {
    if let Some(token) = offered.iter().find_map(|protocol| token_in(protocol)) {
        let caller = identify_token(faces, token)?;
        return Ok(faces.softphones.admit(caller.user()));
    }
    let asked = web::Query::<Asked>::from_query(request.query_string()).ok();
    let admitted = asked
        .and_then(|asked| asked.into_inner().credential)
        .and_then(|credential| faces.softphones.redeem(&credential, faces.now()));
    admitted.ok_or_else(|| {
        Problem::unauthenticated("the credential is missing or expired: get one from POST /v1/me/softphone")
    })
}

struct Line {
    faces: State,
    admitted: Admitted,
    socket: Socket,
    session: Session,
}

fn close(code: CloseCode, description: &str) -> Option<CloseReason> {
    Some(CloseReason { code, description: Some(description.to_owned()) })
}

fn every(seconds: u64) -> Interval {
    let mut ticks = interval(Duration::from_secs(seconds));
    ticks.reset();
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

impl Line {
    /// The reason to close with; none when the far end closed.
    async fn run(mut self, mut stream: AggregatedMessageStream) -> Option<CloseReason> {
        let reason = self.carry(&mut stream).await;
        self.socket.close().await;
        reason
    }

    async fn carry(&mut self, stream: &mut AggregatedMessageStream) -> Option<CloseReason> {
        let mut pings = every(PING_SECONDS);
        let mut look_ups = every(LOOK_UP_SECONDS);
        let mut silent = 0;
        loop {
            let step = tokio::select! {
                said = stream.recv() => match said {
                    Some(Ok(message)) => {
                        silent = 0;
                        self.hear(message).await
                    }
                    Some(Err(_)) | None => Err(None),
                },
                bytes = self.socket.next() => match bytes {
                    Some(bytes) => self.say(bytes).await,
                    None => Err(close(CloseCode::Policy, "this phone is not wanted any more")),
                },
                _ = pings.tick() => {
                    silent += 1;
                    if silent > SILENT_PINGS_MAX {
                        Err(close(CloseCode::Away, "no sign of life"))
                    } else {
                        self.session.ping(b"").await.map_err(|_| None)
                    }
                }
                _ = look_ups.tick() => match self.faces.softphones.stands(self.admitted) {
                    true => Ok(()),
                    false => Err(close(CloseCode::Policy, "you have signed out")),
                },
            };
            if let Err(reason) = step {
                return reason;
            }
        }
    }

    async fn hear(&mut self, message: AggregatedMessage) -> Result<(), Option<CloseReason>> {
        let bytes = match message {
            AggregatedMessage::Text(text) => text.into_bytes(),
            AggregatedMessage::Binary(bytes) => bytes,
            AggregatedMessage::Ping(bytes) => return self.session.pong(&bytes).await.map_err(|_| None),
            AggregatedMessage::Pong(_) => return Ok(()),
            AggregatedMessage::Close(_) => return Err(None),
        };
        let stopped = |_| close(CloseCode::Away, "the server stops");
        match self.socket.receive(bytes).await.map_err(stopped)? {
            Some(bytes) => self.say(bytes).await,
            None => Ok(()),
        }
    }

    /// SIP is text; what carries a foreign alphabet goes out as it is.
    async fn say(&mut self, bytes: Bytes) -> Result<(), Option<CloseReason>> {
        let sent = match std::str::from_utf8(&bytes) {
            Ok(text) => self.session.text(text.to_owned()).await,
            Err(_) => self.session.binary(bytes).await,
        };
        sent.map_err(|_| None)
    }
}
