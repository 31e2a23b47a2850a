//! What the far end answers to our requests.

use std::time::Duration;

use super::{
    call::{CallEvent, Phase, Side},
    digest::Challenge,
    endpoint::{Endpoint, Known, tell},
    message::{Message, parameter},
    order::Reply,
    sdp::Flow,
    transaction::{Client, Purpose},
};
use crate::stage::{
    clock,
    error::{Result, StageError},
};

/// Challenges one request may meet: a fresh one, and one because the nonce had grown old.
const TRIES: u8 = 2;

fn refused(what: &str, answer: &Message) -> StageError {
    StageError::Refused { what: what.into(), status: answer.status(), reason: answer.reason().into() }
}

fn outcome(what: &str, answer: &Message) -> Result<()> {
    if answer.status() < 300 { Ok(()) } else { Err(refused(what, answer)) }
}

impl Endpoint {
    pub(super) async fn answered(&mut self, answer: Message) {
        let Some(index) = self.clients.iter().position(|client| client.matches(&answer)) else {
            return self.repeat_ack(&answer).await;
        };
        let now = clock::now();
        if answer.status() < 200 {
            self.clients[index].proceed(now);
            if let Purpose::Invite { call } = self.clients[index].purpose {
                self.provisional(call, &answer).await;
            }
            return;
        }
        if self.clients[index].done {
            // A final answer again: its ACK was lost.
            if let Some(ack) = self.clients[index].ack.clone() {
                let to = self.clients[index].to;
                return self.send(&ack, to).await;
            }
            return self.repeat_ack(&answer).await;
        }
        let purpose = std::mem::replace(&mut self.clients[index].purpose, Purpose::Idle);
        self.clients[index].finish(now);
        let sent = self.clients[index].message.clone();
        if sent.method() == "INVITE" && answer.status() >= 300 {
            let ack = refusal_ack(&sent, &answer).write();
            let to = self.clients[index].to;
            self.send(&ack, to).await;
            self.clients[index].ack = Some(ack);
        }
        if matches!(answer.status(), 401 | 407) && self.clients[index].tries < TRIES && self.learn(&answer) {
            return self.once_more(index, purpose).await;
        }
        self.settle(purpose, &sent, answer).await;
    }

    /// Takes up a challenge; false when there is none that we can meet.
    fn learn(&mut self, answer: &Message) -> bool {
        let proxy = answer.status() == 407;
        let name = if proxy { "Proxy-Authenticate" } else { "WWW-Authenticate" };
        let challenge = Challenge::choose(answer.all(name), self.config.algorithm);
        match challenge {
            Some(challenge) if self.config.password.is_some() => {
                self.known = Some(Known { challenge, proxy, count: 0 });
                true
            }
            _ => false,
        }
    }

    /// The same request with the next number and fresh credentials.
    async fn once_more(&mut self, index: usize, purpose: Purpose) {
        let client: &Client = &self.clients[index];
        let (mut message, to, tries) = (client.message.clone(), client.to, client.tries + 1);
        let (number, method) = message.cseq();
        let (mut number, method) = (number + 1, method.to_owned());
        match &purpose {
            Purpose::Invite { call }
            | Purpose::Reoffer { call, .. }
            | Purpose::Bye { call }
            | Purpose::Plain { call, .. } => {
                if let Some(call) = self.calls.get_mut(call) {
                    call.cseq += 1;
                    number = call.cseq;
                }
            }
            Purpose::Register(_) => {
                self.registration.cseq += 1;
                number = self.registration.cseq;
            }
            Purpose::Probe(_) | Purpose::Idle => {}
        }
        message.set("CSeq", format!("{number} {method}"));
        message.headers.retain(|(name, _)| {
            !matches!(name.as_str(), "Authorization" | "Proxy-Authorization" | "User-Agent")
        });
        if let Purpose::Invite { call } = &purpose
            && let Some(call) = self.calls.get_mut(call)
        {
            call.invite = message.clone();
        }
        self.request_again(message, to, purpose, tries).await;
    }

    /// What a final answer means to whoever waits for it.
    async fn settle(&mut self, purpose: Purpose, sent: &Message, answer: Message) {
        match purpose {
            Purpose::Register(reply) => self.registered(sent, &answer, reply),
            Purpose::Probe(reply) => tell(reply, Ok(answer.status())),
            Purpose::Invite { call } if answer.status() < 300 => self.accepted(call, sent, &answer).await,
            Purpose::Invite { call } => {
                let by =
                    if self.calls.get(&call).is_some_and(|c| c.wants_cancel) { Side::Us } else { Side::Them };
                self.end(call, by, answer.status(), answer.reason());
            }
            Purpose::Reoffer { call, flow, reply } => self.reanswered(call, flow, reply, sent, &answer).await,
            Purpose::Plain { reply, .. } => tell(reply, outcome(sent.method(), &answer)),
            Purpose::Bye { .. } | Purpose::Idle => {}
        }
    }

    fn registered(&mut self, sent: &Message, answer: &Message, reply: Option<Reply<()>>) {
        let asked = sent.header("Expires").and_then(|text| text.parse::<u32>().ok()).unwrap_or(0);
        if answer.status() < 300 && asked > 0 {
            // Ours is the contact with our port; others may be registered under the same name.
            let port = format!(":{}", self.local.port());
            let ours = answer.all("Contact").find(|contact| contact.contains(&port));
            let granted = ours
                .and_then(|contact| parameter(contact, "expires"))
                .or_else(|| answer.header("Expires"))
                .and_then(|text| text.parse().ok())
                .unwrap_or(asked);
            self.registration.again = Some((Self::later(granted), asked));
        }
        tell(reply, outcome("REGISTER", answer));
    }

    async fn provisional(&mut self, id: u64, answer: &Message) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let first = !std::mem::replace(&mut call.provisional, true);
        let (status, sound) = (answer.status(), answer.sdp().is_some());
        if status > 100 && !answer.to_tag().is_empty() {
            call.learn(answer);
        }
        if let Some(text) = answer.sdp()
            && call.offering
        {
            call.accept(text);
        }
        if status >= 180 && call.phase() == Phase::Dialing {
            call.enter(Phase::Ringing);
        }
        if status > 100 {
            call.tell(CallEvent::Progress { status, sound });
        }
        if first && call.wants_cancel {
            self.cancel(id).await;
        }
    }

    /// 200 to our INVITE.
    async fn accepted(&mut self, id: u64, sent: &Message, answer: &Message) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.learn(answer);
        let described = answer.sdp().unwrap_or("").to_owned();
        let mut body = None;
        let sound = if std::mem::replace(&mut call.offering, false) {
            call.accept(&described)
        } else {
            body = call.answer(&described);
            body.is_some()
        };
        if let Some(value) = answer.header("Session-Expires")
            && value.contains("refresher=uac")
            && let Some(seconds) = value.split(';').next().and_then(|text| text.trim().parse::<u64>().ok())
        {
            let every = Duration::from_millis(seconds * 500);
            call.refresh = Some((clock::now() + every, every));
        }
        self.acknowledge(id, sent.cseq().0, body).await;
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.is_over() {
            return;
        }
        let unwanted = call.wants_cancel || !sound;
        call.enter(Phase::Up);
        call.tell(CallEvent::Answered);
        if unwanted {
            // Hung up while the answer was on its way, or nothing to talk with.
            self.hang_up(id).await;
        }
    }

    async fn acknowledge(&mut self, id: u64, cseq: u32, body: Option<String>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut ack = call.request("ACK", cseq);
        if let Some(body) = body {
            ack = ack.with_sdp(body);
        }
        let to = call.next_hop();
        let octets = self.finished(ack).write();
        if let Some(call) = self.calls.get_mut(&id) {
            call.ack = Some((cseq, octets.clone()));
        }
        self.send(&octets, to).await;
    }

    /// 200 came again: so must our ACK.
    async fn repeat_ack(&mut self, answer: &Message) {
        let (number, method) = answer.cseq();
        if method != "INVITE" || !(200..300).contains(&answer.status()) {
            return;
        }
        let call = self.calls.values().find(|call| {
            call.call_id == answer.call_id() && call.ack.as_ref().is_some_and(|(cseq, _)| *cseq == number)
        });
        if let Some((octets, to)) =
            call.and_then(|c| c.ack.as_ref().map(|(_, octets)| (octets.clone(), c.next_hop())))
        {
            self.send(&octets, to).await;
        }
    }

    async fn reanswered(
        &mut self,
        id: u64,
        flow: Flow,
        reply: Option<Reply<()>>,
        sent: &Message,
        answer: &Message,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.offering = false;
        if answer.status() >= 300 {
            let gone = matches!(answer.status(), 408 | 481);
            tell(reply, Err(refused("re-INVITE", answer)));
            if gone {
                // RFC 3261, 12.2.1.2: the dialog is over.
                self.end(id, Side::Nobody, answer.status(), answer.reason());
            }
            return;
        }
        call.learn_target(answer);
        call.flow = flow;
        let described = answer.sdp().unwrap_or("").to_owned();
        let (fits, body) = if sent.sdp().is_some() {
            (call.accept(&described), None)
        } else {
            let body = call.answer(&described);
            (body.is_some(), body)
        };
        self.acknowledge(id, sent.cseq().0, body).await;
        let unsound = || Err(StageError::Unsound(format!("an answer that does not fit: {described}")));
        tell(reply, if fits { Ok(()) } else { unsound() });
    }
}

/// The ACK of a refusal belongs to the INVITE's own transaction (RFC 3261, 17.1.1.3).
fn refusal_ack(invite: &Message, answer: &Message) -> Message {
    let mut ack = Message::request("ACK", invite.uri());
    if let Some(via) = invite.header("Via") {
        ack = ack.with("Via", via);
    }
    for name in ["Max-Forwards", "From", "Call-ID", "Route"] {
        for value in invite.all(name) {
            ack = ack.with(name, value);
        }
    }
    ack.with("To", answer.header("To").unwrap_or("")).with("CSeq", format!("{} ACK", invite.cseq().0))
}
