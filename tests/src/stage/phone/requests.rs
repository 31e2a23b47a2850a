//! What the far end asks of us.

use std::net::SocketAddr;

use super::{
    call::{CallEvent, Phase, Side},
    config::Reception,
    endpoint::{Endpoint, tell, token},
    message::{Message, uri_of, user_of},
    sdp::Flow,
    transaction::Server,
};
use crate::stage::{clock, error::StageError};

impl Endpoint {
    pub(super) async fn asked(&mut self, request: Message, from: SocketAddr) {
        if request.method() == "ACK" {
            return self.acknowledged(&request);
        }
        if let Some(index) = self.server_of(&request) {
            // Asked again: the same answer again.
            if let Some(octets) = self.servers[index].response.clone() {
                self.send(&octets, from).await;
            }
            return;
        }
        self.servers.push(Server::new(&request, from, clock::now()));
        if request.to_tag().is_empty() {
            return self.asked_anew(request, from).await;
        }
        match self.call_of(&request) {
            Some(id) => self.asked_within(id, request).await,
            None => self.say(&request, 481, "Call Does Not Exist").await,
        }
    }

    async fn say(&mut self, request: &Message, status: u16, reason: &str) {
        let mut answer = Message::answer(request, status, reason);
        if request.to_tag().is_empty() {
            let to = format!("{};tag={}", request.header("To").unwrap_or(""), token());
            answer.set("To", to);
        }
        self.answer(request, answer).await;
    }

    async fn asked_anew(&mut self, request: Message, from: SocketAddr) {
        match request.method() {
            "INVITE" => self.invited(request, from).await,
            "CANCEL" => self.cancelled(request).await,
            "OPTIONS" | "NOTIFY" | "MESSAGE" => self.say(&request, 200, "OK").await,
            "BYE" | "INFO" | "UPDATE" | "REFER" | "PRACK" => {
                self.say(&request, 481, "Call Does Not Exist").await
            }
            _ => self.say(&request, 405, "Method Not Allowed").await,
        }
    }

    async fn invited(&mut self, request: Message, from: SocketAddr) {
        let local = format!("{};tag={}", request.header("To").unwrap_or(""), token());
        let remote = request.header("From").unwrap_or("").to_owned();
        let target = request.header("Contact").map_or_else(String::new, |c| uri_of(c).to_owned());
        let opened = self.open(request.clone(), local, remote, target, false, Phase::Dialing);
        let Ok((id, mut wire, call)) = opened else {
            return self.say(&request, 500, "No Port For Sound").await;
        };
        wire.peer = from;
        wire.routes = request.all("Record-Route").map(str::to_owned).collect();
        let wants_answer = self.config.obeys_auto_answer && asks_for_auto_answer(&request);
        if let Some(server) = self.servers.last_mut() {
            server.call = Some(id);
        }
        self.calls.insert(id, wire);
        if self.calls_in.try_send(call).is_err() {
            return self.refuse(id, 486, Side::Us).await;
        }
        match self.config.reception {
            Reception::Refuse(status) => return self.refuse(id, status, Side::Us).await,
            Reception::Silent => self.progress(id, 100, "Trying", false).await,
            Reception::Ring | Reception::Answer(_) => self.progress(id, 180, "Ringing", false).await,
        }
        let after = match self.config.reception {
            _ if wants_answer => Some(std::time::Duration::ZERO),
            Reception::Answer(after) => Some(after),
            _ => None,
        };
        if let (Some(after), Some(call)) = (after, self.calls.get_mut(&id)) {
            call.answer_at = Some(clock::now() + after);
        }
    }

    async fn cancelled(&mut self, request: Message) {
        let invite = self.servers.iter().find(|s| s.branch == request.branch() && s.method == "INVITE");
        let Some(id) = invite.and_then(|server| server.call) else {
            return self.say(&request, 481, "Call Does Not Exist").await;
        };
        self.say(&request, 200, "OK").await;
        let waiting =
            self.calls.get(&id).is_some_and(|c| matches!(c.phase(), Phase::Dialing | Phase::Ringing));
        if waiting {
            let reason = request.header("Reason").unwrap_or("cancelled").to_owned();
            if let Some(call) = self.calls.get_mut(&id) {
                let mut answer = Message::answer(&call.invite, 487, "Request Terminated");
                answer.set("To", call.local.clone());
                let invite = call.invite.clone();
                self.answer(&invite, answer).await;
            }
            self.end(id, Side::Them, 487, &reason);
        }
    }

    async fn asked_within(&mut self, id: u64, request: Message) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (number, _) = request.cseq();
        if number <= call.remote_cseq && request.method() != "CANCEL" {
            // RFC 3261, 12.2.2: out of order.
            return self.say(&request, 500, "Out Of Order").await;
        }
        call.remote_cseq = number.max(call.remote_cseq);
        if call.is_over() && request.method() != "NOTIFY" {
            return self.say(&request, 481, "Call Does Not Exist").await;
        }
        match request.method() {
            "BYE" => self.said_goodbye(id, request).await,
            "INVITE" | "UPDATE" => self.reoffered(id, request).await,
            "INFO" => {
                if let Some(digit) = digit_of(&request.body) {
                    call.tell(CallEvent::Digit(digit));
                }
                self.say(&request, 200, "OK").await;
            }
            "NOTIFY" => {
                let status =
                    request.body.strip_prefix("SIP/2.0 ").and_then(|rest| rest.get(..3)?.parse().ok());
                if let Some(status) = status {
                    call.tell(CallEvent::Transfer { status });
                }
                self.say(&request, 200, "OK").await;
            }
            "REFER" => {
                let to = user_of(uri_of(request.header("Refer-To").unwrap_or("")));
                call.tell(CallEvent::Referred { to });
                self.say(&request, 603, "Decline").await;
            }
            "OPTIONS" | "MESSAGE" => self.say(&request, 200, "OK").await,
            _ => self.say(&request, 405, "Method Not Allowed").await,
        }
    }

    async fn said_goodbye(&mut self, id: u64, request: Message) {
        let early = self.calls.get(&id).is_some_and(|call| !call.caller && call.phase() != Phase::Up);
        self.say(&request, 200, "OK").await;
        if early {
            // RFC 3261, 15.1.2: the INVITE still wants its answer.
            self.refuse(id, 487, Side::Them).await;
        }
        let reason = request.header("Reason").unwrap_or("").to_owned();
        self.end(id, Side::Them, 200, &reason);
    }

    /// A re-INVITE, or an UPDATE with or without a description.
    async fn reoffered(&mut self, id: u64, request: Message) {
        let contact = self.contact();
        let Some(call) = self.calls.get_mut(&id) else { return };
        if request.method() == "INVITE" && call.offering {
            return self.say(&request, 491, "Request Pending").await;
        }
        if request.method() == "INVITE" && call.unacknowledged.is_some() {
            return self.say(&request, 500, "Still Waiting For ACK").await;
        }
        let late = request.sdp().is_none();
        let described = match request.sdp().map(str::to_owned) {
            Some(offer) => call.answer(&offer),
            None if request.method() == "UPDATE" => Some(String::new()),
            None => Some(call.offer(call.flow)),
        };
        let Some(described) = described else {
            return self.say(&request, 488, "Not Acceptable Here").await;
        };
        call.learn_target(&request);
        let mut answer = Message::answer(&request, 200, "OK").with("Contact", contact);
        if let Some(value) = request.header("Session-Expires") {
            answer = answer.with("Session-Expires", value).with("Require", "timer");
        }
        if !described.is_empty() {
            answer = answer.with_sdp(described);
            let flow: Flow = call.agreed_flow();
            call.tell(CallEvent::Reoffered(flow));
        }
        let octets = self.answer(&request, answer).await;
        if request.method() == "INVITE"
            && let Some(call) = self.calls.get_mut(&id)
        {
            let to = call.peer;
            call.wait_for_ack(octets, to, request.cseq().0, late, clock::now());
        }
    }

    fn acknowledged(&mut self, ack: &Message) {
        if let Some(server) =
            self.servers.iter_mut().find(|s| s.branch == ack.branch() && s.method == "INVITE")
        {
            server.acknowledged();
        }
        let Some(call) = self.call_of(ack).and_then(|id| self.calls.get_mut(&id)) else { return };
        if call.unacknowledged.as_ref().is_none_or(|waiting| waiting.cseq != ack.cseq().0) {
            return;
        }
        let Some(waiting) = call.unacknowledged.take() else { return };
        let fits = !waiting.offered || ack.sdp().is_some_and(|text| call.accept(text));
        let unsound = || Err(StageError::Unsound("an ACK without the answer to our offer".into()));
        tell(waiting.reply, if fits { Ok(()) } else { unsound() });
        call.tell(CallEvent::Answered);
    }
}

/// The headers by which callers ask phones to answer at once.
fn asks_for_auto_answer(invite: &Message) -> bool {
    let says = |name: &str, words: &[&str]| {
        invite.all(name).any(|value| {
            let value = value.to_ascii_lowercase();
            words.iter().any(|word| value.contains(word))
        })
    };
    says("Call-Info", &["answer-after=0"])
        || says("Alert-Info", &["auto-answer", "autoanswer", "auto answer"])
        || says("Answer-Mode", &["auto"])
        || says("P-Auto-Answer", &["normal"])
}

/// `Signal=5` of application/dtmf-relay, or the bare digit of application/dtmf.
fn digit_of(body: &str) -> Option<char> {
    let relay = body.lines().find_map(|line| line.trim().strip_prefix("Signal="));
    relay.unwrap_or(body).trim().chars().next()
}
