//! Calls of ours, until they are answered.

use std::net::{IpAddr, SocketAddr};

use terms::{EndReason, LegId, Sdp};

use super::{Leg, Phase, incoming::sdp_of, reoffer};
use crate::{
    Caller, Destination, Dial, Origin, Report, Transport,
    dialog::{Dialog, Ends, transport_of},
    edge::Edge,
    message::{ALLOW, Headers, Method, Request, Response, SUPPORTED, Scheme, Uri, escape_user, name},
    transaction::{Arrived, Purpose},
    trunk::transport_param,
    wire::{Asker, Flow, LegTimer, Output, Timer},
};

/// How long a call of ours may ring, in ms; call control gives up sooner.
const RINGING_MS: u64 = 180_000;

/// A call of ours that waits for its answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct DialState {
    pub(crate) tx: u64,
    pub(crate) rings: bool,
    /// Nobody wants it any more; CANCEL goes out once they have shown a sign of life.
    pub(crate) called_off: bool,
    cancel_sent: bool,
    reason: Option<EndReason>,
}

/// Where a call goes, in SIP's words.
struct Target {
    uri: String,
    flow: Flow,
    by_flow: bool,
    origin: Option<Origin>,
    /// The domain of our From.
    domain: String,
    contact_user: String,
    is_trunk: bool,
}

impl Edge {
    pub(crate) fn dial(&mut self, id: LegId, dial: Box<Dial>) {
        if self.legs.contains_key(&id) {
            return;
        }
        if self.legs.len() >= self.config.legs_max {
            return self.report(Report::Failed { leg: id, reason: EndReason::Unreachable, status: 503 });
        }
        let target = match &dial.to {
            Destination::User(user) => self.registrar.newest(*user, self.wire.now).map(|binding| Target {
                uri: binding.contact.clone(),
                flow: binding.reach,
                by_flow: true,
                origin: Some(Origin::User(*user)),
                domain: String::new(),
                contact_user: "tandem".to_owned(),
                is_trunk: false,
            }),
            Destination::Number { trunk, number } => self.trunks.get(*trunk).and_then(|line| {
                let flow = line.flow()?;
                let domain = line.domain();
                let contact_user = line.trunk.credentials.as_ref().map(|own| own.username.clone());
                Some(Target {
                    uri: format!("sip:{}@{domain}{}", number.dialed(), transport_param(flow.transport)),
                    flow,
                    by_flow: false,
                    origin: Some(Origin::Trunk(*trunk)),
                    domain,
                    contact_user: contact_user.unwrap_or_else(|| "tandem".to_owned()),
                    is_trunk: true,
                })
            }),
            Destination::Uri(uri) => match Uri::parse(uri.as_str()) {
                Ok(uri) => match uri.host.parse::<IpAddr>() {
                    Ok(ip) => Some(uri_target(&uri, ip)),
                    Err(_) => return self.look_up(id, &uri, dial),
                },
                Err(_) => None,
            },
        };
        match target {
            Some(target) => self.place(id, &dial, target),
            None => self.report(Report::Failed { leg: id, reason: EndReason::Unreachable, status: 480 }),
        }
    }

    fn look_up(&mut self, id: LegId, uri: &Uri, dial: Box<Dial>) {
        let host = uri.host.clone();
        let port = uri.port.unwrap_or_else(|| usual_port(transport_of_uri(uri)));
        self.resolving.insert(id, dial);
        self.wire.out.push(Output::Resolve { asker: Asker::Leg(id), host, port });
    }

    pub(crate) fn resolved_dial(&mut self, id: LegId, addresses: &[SocketAddr]) {
        let Some(dial) = self.resolving.remove(&id) else { return };
        let Destination::Uri(text) = &dial.to else { return };
        match (Uri::parse(text.as_str()), addresses.first()) {
            (Ok(uri), Some(address)) => {
                let mut target = uri_target(&uri, address.ip());
                target.flow.remote.set_port(address.port());
                self.place(id, &dial, target);
            }
            _ => self.report(Report::Failed { leg: id, reason: EndReason::Unreachable, status: 480 }),
        }
    }

    fn place(&mut self, id: LegId, dial: &Dial, target: Target) {
        let advertised = self.wire.local.advertised(&target.flow);
        let domain = if target.domain.is_empty() { advertised.to_string() } else { target.domain };
        let contact_user = escape_user(&target.contact_user);
        let ends = Ends {
            local: from_value(&dial.from, &domain),
            remote: format!("<{}>", target.uri),
            target: target.uri,
            contact: format!("<sip:{contact_user}@{advertised}{}>", transport_param(target.flow.transport)),
        };
        let (call_id, tag) = (self.wire.call_id(), self.wire.tag());
        let mut dialog = Dialog::calling(call_id, tag.clone(), ends, target.flow, target.by_flow);
        let mut request = dialog
            .request(Method::Invite)
            .with(name::ALLOW, ALLOW)
            .with(name::SUPPORTED, SUPPORTED)
            .with(name::SESSION_EXPIRES, self.config.session_expires_seconds.max(reoffer::MIN_SE).to_string())
            .with(name::MIN_SE, reoffer::MIN_SE.to_string());
        if target.is_trunk {
            identity(&mut request.headers, &dial.from, &domain);
        }
        if dial.auto_answer {
            auto_answer(&mut request.headers, &advertised);
        }
        for (name, value) in &dial.headers {
            request.headers.push_foreign(name, value);
        }
        if let Some(body) = &dial.body {
            request = request.with_body("application/sdp", body.0.as_bytes());
        }
        let tx = self.clients.send(&mut self.wire, request, target.flow, Purpose::Dial(id));
        let phase = Phase::Calling(DialState { tx, ..DialState::default() });
        let mut leg = Leg::new(id, target.origin, dialog, phase, true);
        leg.local_body = dial.body.clone();
        if let Some(Origin::Trunk(trunk)) = target.origin
            && let Some(line) = self.trunks.get_mut(trunk)
        {
            line.calls += 1;
        }
        self.dialogs.insert(tag, id);
        self.legs.insert(id, leg);
        self.wire.after(RINGING_MS, Timer::Leg(id, LegTimer::Abandoned, 0));
    }

    pub(crate) fn dial_arrived(&mut self, id: LegId, arrived: Arrived) {
        let calling = match self.legs.get(&id).map(|leg| &leg.phase) {
            Some(Phase::Calling(state)) if state.tx == arrived.id => Some(state.called_off),
            _ => None,
        };
        match (calling, arrived.response.status) {
            (Some(called_off), ..200) => self.dial_progress(id, called_off, &arrived.response),
            (Some(_), 200..300) => self.dial_answered(id, &arrived),
            (Some(called_off), _) => self.dial_refused(id, called_off, arrived),
            (None, 200..300) => self.unwanted_answer(arrived),
            (None, _) => {}
        }
    }

    fn dial_progress(&mut self, id: LegId, called_off: bool, response: &Response) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.learn(&response.headers);
        let Phase::Calling(state) = &mut leg.phase else { return };
        if called_off {
            return self.send_cancel(id);
        }
        if response.status == 100 {
            return;
        }
        let body = sdp_of(&response.headers, &response.body);
        let news = (response.status == 180 && !state.rings) || body.is_some() && body != leg.remote_body;
        state.rings |= response.status == 180;
        if body.is_some() {
            leg.remote_body.clone_from(&body);
        }
        if news {
            self.report(Report::Ringing { leg: id, body });
        }
    }

    fn dial_answered(&mut self, id: LegId, arrived: &Arrived) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Phase::Calling(state) = &leg.phase else { return };
        let (called_off, reason) = (state.called_off, state.reason);
        leg.learn(&arrived.response.headers);
        leg.dialog.answered(&arrived.response);
        leg.phase = Phase::Up;
        let body = sdp_of(&arrived.response.headers, &arrived.response.body);
        leg.remote_body = body.clone().or(leg.remote_body.take());
        let cseq = arrived.response.headers.cseq().map_or(0, |(number, _)| number);
        if called_off {
            self.acknowledge(id, arrived.id, cseq, None);
            return self.say_bye(id, reason.unwrap_or(EndReason::HungUp));
        }
        // Without an offer of ours their answer is one, and the ACK waits for ours.
        let owes_answer = leg.local_body.is_none() && body.is_some();
        let dialog = leg.dialog.snapshot();
        if owes_answer {
            leg.owed_ack = Some((arrived.id, cseq));
        } else {
            self.acknowledge(id, arrived.id, cseq, None);
        }
        self.adopt_session_timer(id, &arrived.response.headers);
        self.report(Report::Established { leg: id, dialog });
        self.report(Report::Answered { leg: id, body });
    }

    /// The answer to their late offer, in the ACK.
    pub(super) fn answer_late_offer(&mut self, id: LegId, body: Sdp) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if let Some((tx, cseq)) = leg.owed_ack.take() {
            leg.local_body = Some(body.clone());
            self.acknowledge(id, tx, cseq, Some(&body));
        }
    }

    /// ACK to a 2xx of theirs.
    pub(super) fn acknowledge(&mut self, id: LegId, tx: u64, cseq: u32, body: Option<&Sdp>) {
        let Some(leg) = self.legs.get(&id) else { return };
        let mut ack = leg.dialog.request_numbered(Method::Ack, cseq);
        if let Some(body) = body {
            ack = ack.with_body("application/sdp", body.0.as_bytes());
        }
        let flow = leg.dialog.next_hop();
        let branch = self.wire.random();
        ack.headers.push_first(name::VIA, crate::transaction::via(&self.wire, &flow, branch));
        let tag = leg.dialog.remote_tag.clone();
        self.clients.acknowledge(&mut self.wire, tx, &tag, flow, ack.write());
    }

    /// Another fork answered as well, or a call that is long gone: ACK and BYE (RFC 3261 §13.2.2.4).
    pub(super) fn unwanted_answer(&mut self, arrived: Arrived) {
        let Some(request) = arrived.request else { return };
        let mut dialog = Dialog::stray(&request, &arrived.response, arrived.flow);
        let flow = dialog.next_hop();
        let mut ack = dialog.request_numbered(Method::Ack, dialog.local_cseq);
        let branch = self.wire.random();
        ack.headers.push_first(name::VIA, crate::transaction::via(&self.wire, &flow, branch));
        self.clients.acknowledge(&mut self.wire, arrived.id, &dialog.remote_tag, flow, ack.write());
        let bye = dialog.request(Method::Bye);
        self.clients.send(&mut self.wire, bye, flow, Purpose::Farewell);
    }

    fn dial_refused(&mut self, id: LegId, called_off: bool, arrived: Arrived) {
        let status = arrived.response.status;
        let timed_out = arrived.timed_out;
        if !called_off && let Some(again) = self.improved(&arrived) {
            let Some(leg) = self.legs.get_mut(&id) else { return };
            let tx = self.clients.send(&mut self.wire, again, arrived.flow, Purpose::Dial(id));
            leg.phase = Phase::Calling(DialState { tx, ..DialState::default() });
            return;
        }
        let rang =
            matches!(self.legs.get(&id).map(|leg| &leg.phase), Some(Phase::Calling(state)) if state.rings);
        self.forget(id);
        if !called_off {
            let reason = failure(status, timed_out && !rang);
            self.report(Report::Failed { leg: id, reason, status });
        }
    }

    /// The same request with what the answer asked for: proof, or a longer session interval.
    pub(crate) fn improved(&mut self, arrived: &Arrived) -> Option<Request> {
        let mut request = arrived.request.clone()?;
        let response = &arrived.response;
        match response.status {
            401 | 407 => {
                let (ask, give) = match response.status {
                    401 => (name::WWW_AUTHENTICATE, name::AUTHORIZATION),
                    _ => (name::PROXY_AUTHENTICATE, name::PROXY_AUTHORIZATION),
                };
                // A proof that was refused is not offered again.
                if request.headers.get(give).is_some() {
                    return None;
                }
                let credentials = self.credentials(&arrived.purpose)?;
                let cnonce = self.wire.tag();
                let method = request.method.as_str().to_owned();
                let challenges = response.headers.all(ask);
                let proof = crate::digest::answer(challenges, &credentials, &method, &request.uri, cnonce)?;
                request.headers.push(give, proof);
            }
            422 => {
                let least = response.headers.seconds(name::MIN_SE)?;
                let former = request.headers.seconds(name::SESSION_EXPIRES)?;
                if least <= former || least > 86_400 {
                    return None;
                }
                request.headers.set(name::SESSION_EXPIRES, least.to_string());
                request.headers.set(name::MIN_SE, least.to_string());
            }
            _ => return None,
        }
        let (mut cseq, _) = request.headers.cseq()?;
        cseq += 1;
        if let Some(leg) = arrived.purpose.leg().and_then(|leg| self.legs.get_mut(&leg)) {
            leg.dialog.local_cseq += 1;
            cseq = leg.dialog.local_cseq;
        }
        let cseq = format!("{cseq} {}", request.method);
        request.headers.set(name::CSEQ, cseq);
        request.headers.remove_first(name::VIA);
        Some(request)
    }

    /// Nobody wants this call of ours any more.
    pub(super) fn call_off(&mut self, id: LegId, reason: EndReason) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Phase::Calling(state) = &mut leg.phase else { return };
        state.called_off = true;
        state.reason = Some(reason);
        if self.clients.is_proceeding(state.tx) {
            self.send_cancel(id);
        }
    }

    fn send_cancel(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Phase::Calling(state) = &mut leg.phase else { return };
        if !std::mem::replace(&mut state.cancel_sent, true) {
            let reason = state.reason.map(super::ending::reason_value);
            self.clients.cancel(&mut self.wire, state.tx, reason);
        }
    }
}

fn transport_of_uri(uri: &Uri) -> Transport {
    match uri.scheme {
        Scheme::Sips => Transport::Tls,
        Scheme::Sip | Scheme::Tel => transport_of(&uri.params).unwrap_or_default(),
    }
}

const fn usual_port(transport: Transport) -> u16 {
    match transport {
        Transport::Tls => 5061,
        Transport::Udp | Transport::Tcp | Transport::Ws => 5060,
    }
}

fn uri_target(uri: &Uri, ip: IpAddr) -> Target {
    let transport = transport_of_uri(uri);
    let port = uri.port.unwrap_or_else(|| usual_port(transport));
    Target {
        uri: uri.text.clone(),
        flow: Flow { transport, remote: SocketAddr::new(ip, port) },
        by_flow: false,
        origin: None,
        domain: String::new(),
        contact_user: "tandem".to_owned(),
        is_trunk: false,
    }
}

/// Our From, without its tag; nobody in particular is anonymous (RFC 3323 §4.1.1.3).
fn from_value(caller: &Caller, domain: &str) -> String {
    let user = caller.number.as_ref().map(|number| number.as_str()).or(caller.extension.as_deref());
    match user {
        None => "\"Anonymous\" <sip:anonymous@anonymous.invalid>".to_owned(),
        Some(user) => {
            let address = format!("<sip:{}@{domain}>", escape_user(user));
            match &caller.display {
                None => address,
                Some(display) => format!("{} {address}", quote(display)),
            }
        }
    }
}

fn quote(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars().filter(|c| !c.is_control()) {
        if matches!(c, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// What a trunk is told of the caller (RFC 3325).
fn identity(headers: &mut Headers, caller: &Caller, domain: &str) {
    match &caller.number {
        Some(number) => headers.push(name::P_ASSERTED_IDENTITY, format!("<sip:{number}@{domain}>")),
        None if caller.extension.is_none() => headers.push(name::PRIVACY, "id"),
        None => {}
    }
}

/// Every way phones are known to be asked to answer by themselves.
fn auto_answer(headers: &mut Headers, advertised: &SocketAddr) {
    headers.push(name::CALL_INFO, format!("<sip:{advertised}>;answer-after=0"));
    headers.push(name::ALERT_INFO, format!("<http://{}>;info=alert-autoanswer;delay=0", advertised.ip()));
    headers.push_foreign("P-Auto-Answer", "normal");
    headers.push_foreign("Answer-Mode", "Auto");
    headers.push_foreign("X-Auto-Answer", "true");
}

/// What a refusal of our call means.
fn failure(status: u16, silent: bool) -> EndReason {
    match status {
        486 | 600 => EndReason::Busy,
        603 => EndReason::Declined,
        408 if silent => EndReason::Unreachable,
        408 | 480 | 487 => EndReason::NoAnswer,
        401 | 403 | 407 | 488 | 606 => EndReason::Rejected,
        _ => EndReason::Unreachable,
    }
}
