//! One call's SIP side: the dialog (RFC 3261, section 12) and its offers and answers (RFC 3264).

use std::{
    net::{IpAddr, SocketAddr},
    time::{Duration, Instant},
};

use tokio::sync::{mpsc, watch};

use super::{
    call::{CallEvent, DialogName, Ending, Phase, Side},
    message::{Message, host_of, parameter, uri_of},
    order::Reply,
    sdp::{self, Described, Flow, Origin},
    transaction::{GIVE_UP, T1, T2},
};
use crate::stage::{clock, g711::Law, voice::Voice};

/// Our 200 to an INVITE, sent again until its ACK.
pub(super) struct Unacknowledged {
    pub octets: Vec<u8>,
    pub to: SocketAddr,
    pub cseq: u32,
    /// The 200 carried our offer; the answer is in the ACK.
    pub offered: bool,
    pub reply: Option<Reply<()>>,
    pub resend: Instant,
    pub gap: Duration,
    pub end: Instant,
}

pub(super) struct Wire {
    pub caller: bool,
    pub call_id: String,
    /// From or To with tag: ours, and theirs (without tag until they gave one).
    pub local: String,
    pub remote: String,
    pub target: String,
    pub routes: Vec<String>,
    pub cseq: u32,
    pub remote_cseq: u32,
    /// Where their first request came from, or ours went to.
    pub peer: SocketAddr,
    /// The INVITE that opened the call, as sent or received.
    pub invite: Message,
    pub phase: watch::Sender<Phase>,
    pub events: mpsc::Sender<CallEvent>,
    pub voice: Voice,
    pub laws: Vec<Law>,
    /// What we want to flow, seen from us.
    pub flow: Flow,
    pub description: u32,
    pub version: u32,
    /// We have an offer or a re-INVITE out and no answer yet.
    pub offering: bool,
    pub unacknowledged: Option<Unacknowledged>,
    /// Our ACK of their 200, by its CSeq number, to be sent again.
    pub ack: Option<(u32, Vec<u8>)>,
    /// The person hung up before CANCEL was allowed to go out (no provisional answer yet).
    pub wants_cancel: bool,
    pub provisional: bool,
    /// The phone answers by itself then.
    pub answer_at: Option<Instant>,
    /// When it ended; kept on for a while, for a far end that repeats itself.
    pub over: Option<Instant>,
    /// Refreshes the session then (RFC 4028), every so often.
    pub refresh: Option<(Instant, Duration)>,
}

impl Wire {
    pub(super) fn phase(&self) -> Phase {
        self.phase.borrow().clone()
    }
    pub(super) fn is_over(&self) -> bool {
        matches!(*self.phase.borrow(), Phase::Ended(_))
    }
    pub(super) fn enter(&self, phase: Phase) {
        self.phase.send_replace(phase);
    }
    /// Nobody listening is no error, and a full queue loses the event rather than the phone.
    pub(super) fn tell(&self, event: CallEvent) {
        let _ = self.events.try_send(event);
    }
    pub(super) fn end(&mut self, by: Side, status: u16, reason: impl Into<String>) {
        if self.is_over() {
            return;
        }
        let ending = Ending { by, status, reason: reason.into() };
        self.answer_at = None;
        self.refresh = None;
        self.voice.close();
        self.over = Some(clock::now());
        self.tell(CallEvent::Ended(ending.clone()));
        self.enter(Phase::Ended(ending));
    }
    pub(super) fn local_tag(&self) -> &str {
        parameter(&self.local, "tag").unwrap_or("")
    }
    pub(super) fn remote_tag(&self) -> &str {
        parameter(&self.remote, "tag").unwrap_or("")
    }
    /// How the far end would name this dialog in Replaces.
    pub(super) fn name(&self) -> DialogName {
        DialogName {
            call_id: self.call_id.clone(),
            to_tag: self.remote_tag().into(),
            from_tag: self.local_tag().into(),
        }
    }
    pub(super) fn is(&self, request: &Message) -> bool {
        self.call_id == request.call_id()
            && self.local_tag() == request.to_tag()
            && self.remote_tag() == request.from_tag()
    }

    /// Where a request within the dialog goes: the first Route, else the remote target, else where they came from.
    pub(super) fn next_hop(&self) -> SocketAddr {
        let uri = self.routes.first().map_or(self.target.as_str(), |route| uri_of(route));
        let host = host_of(uri);
        host.parse::<SocketAddr>()
            .or_else(|_| host.parse::<IpAddr>().map(|ip| SocketAddr::new(ip, 5060)))
            .unwrap_or(self.peer)
    }

    /// A request within the dialog, without Via and Contact.
    pub(super) fn request(&self, method: &str, cseq: u32) -> Message {
        let mut request = Message::request(method, &self.target)
            .with("Max-Forwards", "70")
            .with("From", self.local.clone())
            .with("To", self.remote.clone())
            .with("Call-ID", self.call_id.clone())
            .with("CSeq", format!("{cseq} {method}"));
        for route in &self.routes {
            request = request.with("Route", route.clone());
        }
        request
    }

    /// Learns target, routes and tag from their first dialog-forming answer.
    pub(super) fn learn(&mut self, answer: &Message) {
        if let Some(to) = answer.header("To") {
            self.remote = to.to_owned();
        }
        self.learn_target(answer);
        self.routes = answer.all("Record-Route").map(str::to_owned).collect();
        self.routes.reverse();
    }
    pub(super) fn learn_target(&mut self, message: &Message) {
        if let Some(contact) = message.header("Contact") {
            self.target = uri_of(contact).to_owned();
        }
    }

    fn origin(&mut self) -> Origin {
        self.version += 1;
        Origin { local: self.voice.address(), id: self.description, version: self.version }
    }
    pub(super) fn offer(&mut self, flow: Flow) -> String {
        let origin = self.origin();
        sdp::offer(origin, &self.laws, flow)
    }
    /// Takes their offer; our answer, or `None` when there is no common law.
    pub(super) fn answer(&mut self, offer: &str) -> Option<String> {
        let offered = Described::read(offer)?;
        let agreed = offered.agree(&self.laws, self.flow)?;
        let origin = self.origin();
        let text = sdp::answer(origin, &offered, &agreed);
        self.take_up(&offered);
        Some(text)
    }
    /// Takes their answer to our offer; false when it does not fit.
    pub(super) fn accept(&mut self, answer: &str) -> bool {
        Described::read(answer).is_some_and(|described| self.take_up(&described))
    }
    /// A phone that holds sends nothing: its microphone is off.
    fn take_up(&mut self, described: &Described) -> bool {
        let Some(mut agreed) = described.agree(&self.laws, self.flow) else { return false };
        agreed.sends &= self.flow == Flow::Both;
        self.voice.agree(agreed);
        true
    }
    pub(super) fn agreed_flow(&self) -> Flow {
        self.voice.agreed().map_or(Flow::Neither, |agreed| Flow::new(agreed.sends, agreed.receives))
    }

    pub(super) fn wait_for_ack(
        &mut self,
        octets: Vec<u8>,
        to: SocketAddr,
        cseq: u32,
        offered: bool,
        now: Instant,
    ) {
        self.unacknowledged = Some(Unacknowledged {
            octets,
            to,
            cseq,
            offered,
            reply: None,
            resend: now + T1,
            gap: T1,
            end: now + GIVE_UP,
        });
    }

    /// Our 200 when it is due again; gives up for good after 64 × T1.
    pub(super) fn repeat_final(&mut self, now: Instant) -> Option<(Vec<u8>, SocketAddr)> {
        let waiting = self.unacknowledged.as_mut()?;
        if now >= waiting.end {
            if let Some(reply) = self.unacknowledged.take().and_then(|w| w.reply) {
                let _ =
                    reply.send(Err(crate::stage::error::StageError::too_late("ACK", GIVE_UP, "none came")));
            }
            return None;
        }
        if now < waiting.resend {
            return None;
        }
        waiting.gap = (waiting.gap * 2).min(T2);
        waiting.resend = now + waiting.gap;
        Some((waiting.octets.clone(), waiting.to))
    }

    pub(super) fn wake(&self) -> Option<Instant> {
        let unacknowledged = self.unacknowledged.as_ref().map(|w| w.resend.min(w.end));
        let refresh = self.refresh.map(|(at, _)| at);
        [unacknowledged, self.answer_at, refresh].into_iter().flatten().min()
    }
}
