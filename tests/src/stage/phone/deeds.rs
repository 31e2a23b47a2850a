//! What the person at the phone does, put into SIP.

use std::time::Duration;

use tokio::{
    net::UdpSocket,
    sync::{mpsc, watch},
};

use super::{
    call::{Arrived, Call, Deed, Phase, Side},
    endpoint::{Endpoint, tell, token},
    message::{Message, uri_of, user_of},
    order::{Dial, Order, Reply},
    sdp::Flow,
    transaction::Purpose,
    wire::Wire,
};
use crate::stage::{
    clock,
    error::{Result, StageError},
    voice::Voice,
};

/// Events a story may leave unread.
const EVENTS: usize = 256;

impl Endpoint {
    pub(super) async fn order(&mut self, order: Order) {
        match order {
            Order::Register { seconds, reply } => self.register(seconds, Some(reply)).await,
            Order::Dial { dial, reply } => {
                let call = self.dial(dial).await;
                tell(Some(reply), call);
            }
            Order::Act { call, deed, reply } => self.act(call, deed, reply).await,
            Order::Probe { reply } => self.probe(reply).await,
            Order::Vanish { reply } => {
                self.vanished = true;
                self.calls.values().for_each(|call| call.voice.cut());
                tell(Some(reply), Ok(()));
            }
            Order::ComeBack { reply } => {
                self.vanished = false;
                self.calls.values().filter(|call| !call.is_over()).for_each(|call| call.voice.mend());
                tell(Some(reply), Ok(()));
            }
            Order::Move { reply } => {
                let moved = self.move_on().await;
                tell(Some(reply), moved);
            }
        }
    }

    async fn move_on(&mut self) -> Result<()> {
        self.socket = UdpSocket::bind((self.local.ip(), 0)).await?;
        self.local = self.socket.local_addr()?;
        self.address.send_replace(self.local);
        self.vanished = false;
        self.clients.clear();
        self.servers.clear();
        let ids: Vec<u64> = self.calls.keys().copied().collect();
        ids.into_iter().for_each(|id| self.end(id, Side::Nobody, 0, "the phone moved"));
        self.registration.again = None;
        Ok(())
    }

    pub(super) async fn register(&mut self, seconds: u32, reply: Option<Reply<()>>) {
        self.registration.again = None;
        self.registration.cseq += 1;
        let domain = self.config.domain();
        let address = format!("<sip:{}@{domain}>", self.config.user);
        let request = Message::request("REGISTER", &format!("sip:{domain}"))
            .with("Max-Forwards", "70")
            .with("From", format!("{address};tag={}", self.registration.tag))
            .with("To", address)
            .with("Call-ID", self.registration.call_id.clone())
            .with("CSeq", format!("{} REGISTER", self.registration.cseq))
            .with("Expires", seconds.to_string());
        self.request(request, self.config.server, Purpose::Register(reply)).await;
    }

    async fn probe(&mut self, reply: Reply<u16>) {
        let domain = self.config.domain();
        let request = Message::request("OPTIONS", &format!("sip:{domain}"))
            .with("Max-Forwards", "70")
            .with("From", format!("{};tag={}", self.own_address(), token()))
            .with("To", format!("<sip:{domain}>"))
            .with("Call-ID", token())
            .with("CSeq", "1 OPTIONS");
        self.request(request, self.config.server, Purpose::Probe(Some(reply))).await;
    }

    fn own_address(&self) -> String {
        if self.config.anonymous {
            return "\"Anonymous\" <sip:anonymous@anonymous.invalid>".into();
        }
        let host = if self.config.password.is_some() { self.config.domain() } else { self.local.to_string() };
        let display = self.config.display.as_ref().map_or_else(String::new, |name| format!("\"{name}\" "));
        format!("{display}<sip:{}@{host}>", self.config.user)
    }

    async fn dial(&mut self, dial: Dial) -> Result<Call> {
        let to = dial.at.unwrap_or(self.config.server);
        let host = dial.at.map_or_else(|| self.config.domain(), |at| at.to_string());
        let uri = format!("sip:{}@{host}", dial.to.replace('#', "%23"));
        let local = format!("{};tag={}", self.own_address(), token());
        let mut invite = Message::request("INVITE", &uri)
            .with("Max-Forwards", "70")
            .with("From", local.clone())
            .with("To", format!("<{uri}>"))
            .with("Call-ID", format!("{}@{}", token(), self.local.ip()))
            .with("CSeq", "1 INVITE")
            .with("Allow", super::endpoint::ALLOW);
        if self.config.anonymous {
            invite = invite.with("Privacy", "id");
        }
        if let Some(seconds) = self.config.session_seconds {
            invite =
                invite.with("Supported", "timer").with("Session-Expires", format!("{seconds};refresher=uac"));
        }
        for (name, value) in &dial.headers {
            invite = invite.with(name, value.clone());
        }
        let (id, mut wire, call) = self.open(invite, local, String::new(), uri, true, Phase::Dialing)?;
        wire.peer = to;
        if !dial.late_offer {
            let offer = wire.offer(Flow::Both);
            wire.invite = wire.invite.with_sdp(offer);
            wire.offering = true;
        }
        let invite = wire.invite.clone();
        self.calls.insert(id, wire);
        self.request(invite, to, Purpose::Invite { call: id }).await;
        Ok(call)
    }

    /// A call's two halves: the wire for us, the call for the story.
    pub(super) fn open(
        &mut self,
        invite: Message,
        local: String,
        remote: String,
        target: String,
        caller: bool,
        phase: Phase,
    ) -> Result<(u64, Wire, Call)> {
        let orders = self.orders_in.upgrade().ok_or_else(|| StageError::Stopped("the phone".into()))?;
        let voice: Voice = self.voice()?;
        let (events_in, events) = mpsc::channel(EVENTS);
        let (phase_in, phase) = watch::channel(phase);
        self.next_call += 1;
        let id = self.next_call;
        let call_id = invite.call_id().to_owned();
        let arrived = (!caller).then(|| arrived(&invite));
        let peer = if caller { user_of(invite.uri()) } else { user_of(uri_of(&remote)) };
        let call =
            Call { id, orders, events, phase, call_id: call_id.clone(), peer, arrived, voice: voice.clone() };
        let remote = if caller { invite.header("To").unwrap_or("").to_owned() } else { remote };
        let (cseq, remote_cseq) = if caller { (1, 0) } else { (0, invite.cseq().0) };
        let wire = Wire {
            caller,
            call_id,
            local,
            remote,
            target,
            routes: Vec::new(),
            cseq,
            remote_cseq,
            peer: self.config.server,
            invite,
            phase: phase_in,
            events: events_in,
            voice,
            laws: self.config.laws.clone(),
            flow: Flow::Both,
            description: rand::random::<u16>().into(),
            version: 0,
            offering: false,
            unacknowledged: None,
            ack: None,
            wants_cancel: false,
            provisional: false,
            answer_at: None,
            over: None,
            refresh: None,
        };
        Ok((id, wire, call))
    }

    pub(super) async fn act(&mut self, id: u64, deed: Deed, reply: Reply<()>) {
        let Some(call) = self.calls.get(&id) else {
            return tell(Some(reply), Err(StageError::NotNow("no such call".into())));
        };
        let (phase, caller) = (call.phase(), call.caller);
        let done = match deed {
            Deed::Name(to) => {
                let _ = to.try_send(call.name());
                Ok(())
            }
            Deed::Ring if !caller && matches!(phase, Phase::Dialing | Phase::Ringing) => {
                self.progress(id, 180, "Ringing", false).await;
                Ok(())
            }
            Deed::EarlyMedia if !caller && matches!(phase, Phase::Dialing | Phase::Ringing) => {
                self.progress(id, 183, "Session Progress", true).await;
                Ok(())
            }
            Deed::Answer if !caller && matches!(phase, Phase::Dialing | Phase::Ringing) => {
                return self.pick_up(id, reply).await;
            }
            Deed::Refuse(status) if !caller && matches!(phase, Phase::Dialing | Phase::Ringing) => {
                self.refuse(id, status, Side::Us).await;
                Ok(())
            }
            Deed::HangUp => {
                self.hang_up(id).await;
                Ok(())
            }
            Deed::Reoffer(flow) if phase == Phase::Up => return self.reoffer(id, Some(flow), reply).await,
            Deed::ReofferLate if phase == Phase::Up => return self.reoffer(id, None, reply).await,
            Deed::Refer { to, replaces } if phase == Phase::Up => {
                let domain = self.config.domain();
                let replaces = replaces.map_or_else(String::new, |name| {
                    let value = name.replaces().replace(';', "%3B").replace('=', "%3D").replace('@', "%40");
                    format!("?Replaces={value}")
                });
                let headers = vec![
                    ("Refer-To".into(), format!("<sip:{to}@{domain}{replaces}>")),
                    ("Referred-By".into(), self.own_address()),
                ];
                return self.plain(id, "REFER", headers, String::new(), reply).await;
            }
            Deed::Digit(digit) if phase == Phase::Up => {
                let headers = vec![("Content-Type".into(), "application/dtmf-relay".into())];
                let body = format!("Signal={digit}\r\nDuration=160\r\n");
                return self.plain(id, "INFO", headers, body, reply).await;
            }
            Deed::Request { method, headers, body } => {
                return self.plain(id, &method, headers, body, reply).await;
            }
            other => Err(StageError::NotNow(format!("{other:?} while {phase:?}"))),
        };
        tell(Some(reply), done);
    }

    async fn plain(
        &mut self,
        id: u64,
        method: &str,
        headers: Vec<(String, String)>,
        body: String,
        reply: Reply<()>,
    ) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        call.cseq += 1;
        let mut request = call.request(method, call.cseq);
        request.headers.extend(headers);
        request.body = body;
        let to = call.next_hop();
        let bye = method == "BYE";
        self.request(request, to, Purpose::Plain { call: id, reply: Some(reply) }).await;
        if bye {
            self.end(id, Side::Us, 200, "");
        }
    }

    /// A re-INVITE with our offer, or without one.
    async fn reoffer(&mut self, id: u64, flow: Option<Flow>, reply: Reply<()>) {
        let seconds = self.config.session_seconds;
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.offering {
            return tell(Some(reply), Err(StageError::NotNow("an offer is out already".into())));
        }
        call.cseq += 1;
        call.offering = true;
        let mut request = call.request("INVITE", call.cseq);
        if let Some(seconds) = seconds {
            request = request
                .with("Supported", "timer")
                .with("Session-Expires", format!("{seconds};refresher=uac"));
        }
        if let Some(flow) = flow {
            let offer = call.offer(flow);
            request = request.with_sdp(offer);
        }
        let flow = flow.unwrap_or(call.flow);
        let to = call.next_hop();
        self.request(request, to, Purpose::Reoffer { call: id, flow, reply: Some(reply) }).await;
    }

    pub(super) async fn hang_up(&mut self, id: u64) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        match (call.phase(), call.caller) {
            (Phase::Up, _) => {
                call.cseq += 1;
                let (bye, to) = (call.request("BYE", call.cseq), call.next_hop());
                self.request(bye, to, Purpose::Bye { call: id }).await;
                self.end(id, Side::Us, 200, "");
            }
            (Phase::Dialing | Phase::Ringing, true) => {
                call.wants_cancel = true;
                // RFC 3261, 9.1: no CANCEL before a provisional answer.
                if call.provisional {
                    self.cancel(id).await;
                }
            }
            (Phase::Dialing | Phase::Ringing, false) => self.refuse(id, 603, Side::Us).await,
            (Phase::Ended(_), _) => {}
        }
    }

    /// CANCEL has the INVITE's own branch, so it does not go through `request`.
    pub(super) async fn cancel(&mut self, id: u64) {
        let invite =
            self.clients.iter().find(|c| matches!(c.purpose, Purpose::Invite { call } if call == id));
        let Some((invite, to)) = invite.map(|client| (client.message.clone(), client.to)) else { return };
        let mut cancel = Message::request("CANCEL", invite.uri());
        for name in ["Via", "Max-Forwards", "From", "To", "Call-ID", "Route"] {
            for value in invite.all(name) {
                cancel = cancel.with(name, value);
            }
        }
        let cancel = cancel.with("CSeq", format!("{} CANCEL", invite.cseq().0));
        self.send(&cancel.write(), to).await;
        self.clients.push(super::transaction::Client::new(cancel, to, Purpose::Idle, 0, clock::now()));
    }

    /// A provisional answer to their INVITE.
    pub(super) async fn progress(&mut self, id: u64, status: u16, reason: &str, sound: bool) {
        let contact = self.contact();
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut answer = Message::answer(&call.invite, status, reason);
        answer.set("To", call.local.clone());
        answer = answer.with("Contact", contact);
        if sound
            && let Some(text) = call.invite.sdp().map(str::to_owned).and_then(|offer| call.answer(&offer))
        {
            answer = answer.with_sdp(text);
        }
        for route in call.invite.all("Record-Route") {
            answer = answer.with("Record-Route", route);
        }
        if status >= 180 {
            call.enter(Phase::Ringing);
        }
        let invite = call.invite.clone();
        self.answer(&invite, answer).await;
    }

    pub(super) async fn refuse(&mut self, id: u64, status: u16, by: Side) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let reason = match status {
            486 => "Busy Here",
            487 => "Request Terminated",
            488 => "Not Acceptable Here",
            603 => "Decline",
            _ => "Refused",
        };
        let mut answer = Message::answer(&call.invite, status, reason);
        answer.set("To", call.local.clone());
        let invite = call.invite.clone();
        self.answer(&invite, answer).await;
        self.end(id, by, status, reason);
    }

    async fn pick_up(&mut self, id: u64, reply: Reply<()>) {
        let contact = self.contact();
        let Some(call) = self.calls.get_mut(&id) else { return };
        let (described, offered) = match call.invite.sdp().map(str::to_owned) {
            Some(offer) => (call.answer(&offer), false),
            None => (Some(call.offer(Flow::Both)), true),
        };
        let Some(described) = described else {
            self.refuse(id, 488, Side::Us).await;
            return tell(Some(reply), Err(StageError::Unsound("an offer without a G.711 voice".into())));
        };
        let mut answer = Message::answer(&call.invite, 200, "OK");
        answer.set("To", call.local.clone());
        for route in call.invite.all("Record-Route") {
            answer = answer.with("Record-Route", route);
        }
        answer = answer.with("Contact", contact);
        // Who refreshes is theirs to do: this phone never offers itself when called (RFC 4028).
        if call.invite.header("Session-Expires").is_some()
            && call.invite.all("Supported").any(|o| o == "timer")
        {
            let value = call.invite.header("Session-Expires").unwrap_or("").split(';').next().unwrap_or("");
            answer =
                answer.with("Require", "timer").with("Session-Expires", format!("{value};refresher=uac"));
        }
        let answer = answer.with_sdp(described);
        let invite = call.invite.clone();
        call.answer_at = None;
        call.enter(Phase::Up);
        let octets = self.answer(&invite, answer).await;
        let Some(call) = self.calls.get_mut(&id) else { return };
        let to = call.peer;
        call.wait_for_ack(octets, to, invite.cseq().0, offered, clock::now());
        if let Some(waiting) = &mut call.unacknowledged {
            waiting.reply = Some(reply);
        }
    }

    pub(super) fn later(seconds: u32) -> std::time::Instant {
        clock::now() + Duration::from_millis(u64::from(seconds) * 800)
    }
}

fn arrived(invite: &Message) -> Arrived {
    let from = invite.header("From").unwrap_or("");
    let display = from.split('<').next().unwrap_or("").trim().trim_matches('"');
    Arrived {
        from_user: user_of(uri_of(from)),
        from_display: (from.contains('<') && !display.is_empty()).then(|| display.to_owned()),
        to_user: user_of(invite.uri()),
        headers: invite.headers.clone(),
        late_offer: invite.sdp().is_none(),
    }
}
