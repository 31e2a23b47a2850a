//! One reader's socket: who it is, what it asked for, and sending what it may see.

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use actix_web::{HttpRequest, HttpResponse, http::header, rt, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Closed, Session};
use serde::Deserialize;
use serde_json::json;
use terms::{ConversationId, UserId};
use tokio::{
    sync::broadcast::{Receiver, error::RecvError},
    time::{Interval, MissedTickBehavior, interval, timeout},
};

use super::{Entry, Live, Topic, message};
use crate::{
    Faces,
    board::Told,
    caller::{Caller, identify_token},
    extract::State,
    problem::Problem,
};

/// A client says little.
const MESSAGE_BYTES_MAX: usize = 16 * 1024;
/// Until the first message must have brought a token, where the handshake did not.
const SIGN_IN_SECONDS: u64 = 10;
const PING_SECONDS: u64 = 20;
/// How often a socket on which nothing happens asks whether its reader is still signed in.
const LOOK_UP_SECONDS: u64 = 1;
/// Pings without any sign of life, until the socket counts as gone.
const SILENT_PINGS_MAX: u32 = 3;
const BEARER: &str = "bearer.";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    /// The first message's, or a fresh one before the old expires.
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    subscribe: Option<BTreeSet<Topic>>,
    /// The last number seen.
    #[serde(default)]
    after: Option<u64>,
}

/// `GET /v1/live`.
pub(crate) async fn open(
    faces: State,
    request: HttpRequest,
    body: web::Payload,
) -> Result<HttpResponse, Problem> {
    let offered = offered_protocols(&request);
    let token = offered.iter().find_map(|protocol| token_in(protocol)).map(str::to_owned);
    // The token is not said back where another protocol was offered beside it.
    let chosen = offered.iter().find(|protocol| token_in(protocol).is_none()).or(offered.first());
    let chosen: Vec<&str> = chosen.map(String::as_str).into_iter().collect();
    let caller = token.map(|token| identify_token(&faces, &token)).transpose()?;
    let (response, session, stream) = actix_ws::handle_with_protocols(&request, body, &chosen)
        .map_err(|_| Problem::malformed("this path takes WebSocket handshakes"))?;
    let stream = stream.aggregate_continuations().max_continuation_size(MESSAGE_BYTES_MAX);
    rt::spawn(async move {
        let gone = session.clone();
        if let Some(reason) = run(faces, session, stream, caller).await {
            // The far end may have gone first.
            let _ = gone.close(Some(reason)).await;
        }
    });
    Ok(response)
}

/// The access token among the subprotocols: `bearer.<token>`, or as it is; every signed token's header begins `{"`.
pub(crate) fn token_in(protocol: &str) -> Option<&str> {
    let bare = protocol.starts_with("eyJ") && protocol.split('.').count() == 3;
    protocol.strip_prefix(BEARER).or(bare.then_some(protocol))
}

pub(crate) fn offered_protocols(request: &HttpRequest) -> Vec<String> {
    let headers = request.headers().get_all(header::SEC_WEBSOCKET_PROTOCOL);
    let texts = headers.filter_map(|value| value.to_str().ok());
    texts.flat_map(|text| text.split(',')).map(|protocol| protocol.trim().to_owned()).collect()
}

fn close(code: CloseCode, description: &str) -> CloseReason {
    CloseReason { code, description: Some(description.to_owned()) }
}

/// The reason to close with; none when the far end closed.
async fn run(
    faces: State,
    session: Session,
    mut stream: AggregatedMessageStream,
    caller: Option<Caller>,
) -> Option<CloseReason> {
    let (caller, said) = match caller {
        Some(caller) => (caller, None),
        None => match first_message(&faces, &mut stream).await {
            Ok((caller, said)) => (caller, Some(said)),
            Err(reason) => return reason,
        },
    };
    faces.live.joined(caller.user());
    let user = caller.user();
    let mut reader = Reader::new(faces.clone(), session, caller);
    let begun = match said {
        Some(said) => reader.obey(said).await,
        None => Ok(()),
    };
    let reason = match begun {
        Ok(()) => reader.read(stream).await,
        Err(reason) => reason,
    };
    faces.live.left(user);
    reason
}

async fn first_message(
    faces: &Faces,
    stream: &mut AggregatedMessageStream,
) -> Result<(Caller, Said), Option<CloseReason>> {
    let refused = |text: &str| Some(close(CloseCode::Policy, text));
    let first = timeout(Duration::from_secs(SIGN_IN_SECONDS), stream.recv()).await;
    let Ok(Some(Ok(AggregatedMessage::Text(text)))) = first else {
        return Err(refused("send a token first"));
    };
    let mut said: Said = serde_json::from_str(&text).map_err(|_| refused("the message does not read"))?;
    let token = said.token.take().ok_or_else(|| refused("send a token first"))?;
    let caller = identify_token(faces, &token).map_err(|_| refused("the token is not valid"))?;
    Ok((caller, said))
}

struct Reader {
    faces: State,
    session: Session,
    caller: Caller,
    topics: BTreeSet<Topic>,
    /// Conversations shown to this reader, who is told when one of them goes out of sight.
    shown: BTreeSet<ConversationId>,
    entries: Receiver<Arc<Entry>>,
    answers: Receiver<(UserId, ConversationId)>,
    told: Receiver<Told>,
    /// The last number sent.
    seq: u64,
}

impl Reader {
    fn new(faces: State, session: Session, caller: Caller) -> Self {
        let live: &Live = &faces.live;
        Self {
            entries: live.entries.subscribe(),
            answers: live.answers.subscribe(),
            told: faces.board.listen(),
            faces,
            session,
            caller,
            topics: BTreeSet::new(),
            shown: BTreeSet::new(),
            seq: 0,
        }
    }

    async fn read(mut self, mut stream: AggregatedMessageStream) -> Option<CloseReason> {
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
                    Some(Err(_)) | None => return None,
                },
                entry = self.entries.recv() => match entry {
                    Ok(entry) => self.pass_on(&entry).await,
                    Err(RecvError::Lagged(_)) => self.resync().await,
                    Err(RecvError::Closed) => return Some(close(CloseCode::Away, "the server stops")),
                },
                answer = self.answers.recv() => match answer {
                    Ok((user, conversation)) if user == self.caller.user() => {
                        let data = json!({"conversation_id": conversation});
                        self.send(self.seq, "answer", data).await
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => Ok(()),
                    Err(RecvError::Closed) => return Some(close(CloseCode::Away, "the server stops")),
                },
                told = self.told.recv() => match told {
                    Ok(told) => self.tell(&told).await,
                    Err(RecvError::Lagged(_)) => self.show_board().await,
                    Err(RecvError::Closed) => return Some(close(CloseCode::Away, "the server stops")),
                },
                _ = pings.tick() => {
                    silent += 1;
                    if silent > SILENT_PINGS_MAX {
                        return Some(close(CloseCode::Away, "no sign of life"));
                    }
                    self.ping().await
                }
                _ = look_ups.tick() => self.look_up(),
            };
            if let Err(reason) = step {
                return reason;
            }
        }
    }

    async fn hear(&mut self, message: AggregatedMessage) -> Result<(), Option<CloseReason>> {
        match message {
            AggregatedMessage::Text(text) => {
                let said: Said = serde_json::from_str(&text).map_err(|error| {
                    Some(close(CloseCode::Invalid, &format!("the message does not read: {error}")))
                })?;
                self.obey(said).await
            }
            AggregatedMessage::Ping(bytes) => self.session.pong(&bytes).await.map_err(gone),
            AggregatedMessage::Pong(_) => Ok(()),
            AggregatedMessage::Binary(_) => Err(Some(close(CloseCode::Unsupported, "messages are text"))),
            AggregatedMessage::Close(_) => Err(None),
        }
    }

    async fn obey(&mut self, said: Said) -> Result<(), Option<CloseReason>> {
        if let Some(token) = said.token {
            let refused = || Some(close(CloseCode::Policy, "the token is not valid"));
            let caller = identify_token(&self.faces, &token).map_err(|_| refused())?;
            if caller.user() != self.caller.user() {
                return Err(refused());
            }
            self.caller = caller;
        }
        let Some(topics) = said.subscribe else { return Ok(()) };
        self.topics = topics;
        // What happens from here on waits in the channel, so that nothing is lost between it and what is sent now.
        self.entries = self.faces.live.entries.subscribe();
        let newest = self.newest().await?;
        let kept = said.after.map(|after| self.faces.live.since(after, newest));
        match kept {
            Some(Some(missed)) => {
                self.seq = said.after.unwrap_or_default();
                for entry in missed {
                    self.pass_on(&entry).await?;
                }
                self.show_board().await
            }
            Some(None) => self.resync().await,
            None => self.snapshot().await,
        }
    }

    /// What the board tells has no number: it is how things stand.
    async fn tell(&mut self, told: &Told) -> Result<(), Option<CloseReason>> {
        let drawn = message::draw_told(&self.faces, &self.caller, &self.topics, told);
        let Some((kind, data)) = drawn else { return Ok(()) };
        self.look_up()?;
        self.send(self.seq, kind, data).await
    }

    /// For a reader that may have missed some of it.
    async fn show_board(&mut self) -> Result<(), Option<CloseReason>> {
        self.look_up()?;
        for queue in message::seen_queues(&self.faces, &self.caller, &self.topics) {
            self.tell(&Told::Queue(queue)).await?;
        }
        let alerts = message::open_alerts(&self.faces, &self.caller, &self.topics);
        self.send(self.seq, "alerts", json!({"alerts": alerts})).await
    }

    async fn newest(&self) -> Result<u64, Option<CloseReason>> {
        let seq = self.faces.calls.seq().await.map_err(|_| overloaded())?;
        Ok(self.faces.live.number(seq))
    }

    /// Too much was missed: the reader forgets what it knew and looks anew.
    async fn resync(&mut self) -> Result<(), Option<CloseReason>> {
        self.entries = self.faces.live.entries.subscribe();
        let newest = self.newest().await?;
        self.send(newest, "resync", json!({})).await?;
        self.snapshot().await
    }

    async fn snapshot(&mut self) -> Result<(), Option<CloseReason>> {
        self.look_up()?;
        let seq = self.newest().await?;
        let (data, shown) =
            message::snapshot(&self.faces, &self.caller, &self.topics).await.map_err(|_| overloaded())?;
        self.shown = shown;
        self.seq = seq;
        self.send(seq, "snapshot", data).await
    }

    /// The caller as of now: whoever is gone or signed out reads no more.
    fn look_up(&mut self) -> Result<(), Option<CloseReason>> {
        if self.caller.is_expired(&self.faces) {
            return Err(Some(close(CloseCode::Policy, "the token has expired; connect with a fresh one")));
        }
        match self.faces.principal(self.caller.user()) {
            Some(principal) => {
                self.caller.principal = principal;
                Ok(())
            }
            None => Err(Some(close(CloseCode::Policy, "this account is gone"))),
        }
    }

    async fn pass_on(&mut self, entry: &Entry) -> Result<(), Option<CloseReason>> {
        if entry.seq <= self.seq {
            return Ok(());
        }
        self.look_up()?;
        let drawn = message::draw_entry(&self.faces, &self.caller, &self.topics, &mut self.shown, entry);
        let Some((kind, data)) = drawn else { return Ok(()) };
        self.seq = entry.seq;
        self.send_at(entry.seq, entry.at, &kind, data).await
    }

    async fn send(
        &mut self,
        seq: u64,
        kind: &str,
        data: serde_json::Value,
    ) -> Result<(), Option<CloseReason>> {
        let now = self.faces.now();
        self.send_at(seq, now, kind, data).await
    }

    async fn send_at(
        &mut self,
        seq: u64,
        at: terms::Timestamp,
        kind: &str,
        data: serde_json::Value,
    ) -> Result<(), Option<CloseReason>> {
        let message = json!({"seq": seq, "at": crate::body::Time(at), "type": kind, "data": data});
        self.session.text(message.to_string()).await.map_err(gone)
    }

    async fn ping(&mut self) -> Result<(), Option<CloseReason>> {
        self.session.ping(b"").await.map_err(gone)
    }
}

fn gone(_: Closed) -> Option<CloseReason> {
    None
}

fn overloaded() -> Option<CloseReason> {
    Some(close(CloseCode::Again, "the server has too much to do; try again in a moment"))
}

fn every(seconds: u64) -> Interval {
    let mut ticks = interval(Duration::from_secs(seconds));
    // The first tick would come at once.
    ticks.reset();
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
