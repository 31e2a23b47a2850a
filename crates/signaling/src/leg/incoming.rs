//! Calls that come in, until they are answered.

use terms::{ConversationId, LegId, Sdp};
use uuid::Uuid;

use super::{AwaitedAck, Leg, Phase, SessionTimer, reoffer, source::caller};
use crate::{
    Incoming, Origin, Refusal, Report,
    dialog::Dialog,
    edge::Edge,
    message::{ALLOW, NameAddr, Params, Request, SUPPORTED, Uri, name},
    transaction::Reply,
    trunk::transport_param,
    wire::{Flow, LegTimer, TRANSACTION_MS, Timer},
};

/// How often a provisional answer is said again (RFC 3261 §13.3.1.1), in ms.
const PROVISIONAL_MS: u64 = 60_000;
/// An INVITE that nobody answers for this long is refused, in ms.
const UNANSWERED_MS: u64 = 3_600_000;
/// When to try again after we were too busy, in seconds.
const RETRY_AFTER_SECONDS: &str = "5";

impl Edge {
    pub(crate) fn incoming(&mut self, flow: Flow, request: &Request) {
        if self.servers.is_merged(request) {
            return self.refuse(flow, request, &Reply::new(482));
        }
        if let Some(leg) = self.comes_back(&flow, request) {
            return match leg {
                Some(leg) => self.reattach(flow, request, leg),
                None => self.refuse(flow, request, &Reply::new(481)),
            };
        }
        match self.admit(&flow, request) {
            Ok((origin, replaces)) => self.take_in(flow, request, origin, replaces),
            Err(reply) => self.refuse(flow, request, &reply),
        }
    }

    /// Whether a new call is let in, and whose it is.
    fn admit(&mut self, flow: &Flow, request: &Request) -> Result<(Origin, Option<LegId>), Reply> {
        let origin = self.origin(flow, request)?;
        if let Some(status) = unfit_body(request) {
            return Err(Reply::new(status).with(name::ACCEPT, "application/sdp"));
        }
        let full = match origin {
            Origin::Trunk(trunk) => self
                .trunks
                .get(trunk)
                .is_some_and(|line| line.trunk.max_calls.is_some_and(|most| line.calls >= most)),
            Origin::User(_) => false,
        };
        if full || self.is_crowded() || self.legs.len() >= self.config.legs_max {
            return Err(Reply::new(503).with(name::RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        reoffer::too_short(&request.headers)?;
        match request.headers.get(name::REPLACES) {
            None => Ok((origin, None)),
            Some(value) => match self.replaced(value) {
                Some(leg) => Ok((origin, Some(leg))),
                None => Err(Reply::new(481)),
            },
        }
    }

    /// The leg a Replaces value names (RFC 3891 §3).
    pub(super) fn replaced(&self, value: &str) -> Option<LegId> {
        let (call_id, params) = value.split_once(';')?;
        let params = Params::parse(params);
        let leg = self.dialogs.get(params.get("to-tag")?)?;
        let dialog = &self.legs.get(leg)?.dialog;
        (dialog.call_id == call_id.trim() && dialog.remote_tag == params.get("from-tag")?).then_some(*leg)
    }

    fn take_in(&mut self, flow: Flow, request: &Request, origin: Origin, replaces: Option<LegId>) {
        let leg_id = LegId::new(ConversationId(Uuid::now_v7()), 0);
        let tx = self.servers.begin(&mut self.wire, request, flow, Some(leg_id));
        self.servers.reply(&mut self.wire, tx, &Reply::new(100), None);
        let tag = self.wire.tag();
        let advertised = self.wire.local.advertised(&flow);
        let contact = format!("<sip:tandem@{advertised}{}>", transport_param(flow.transport));
        let by_flow = matches!(origin, Origin::User(_));
        let dialog = Dialog::answering(request, flow, tag.clone(), contact, by_flow);
        let mut leg = Leg::new(leg_id, Some(origin), dialog, Phase::Offered { tx }, false);
        leg.learn(&request.headers);
        leg.remote_body = body_of(request);
        let agreed = reoffer::agree(&request.headers, self.config.session_expires_seconds);
        leg.session =
            SessionTimer { seconds: agreed.map_or(0, |(seconds, _)| seconds), ..SessionTimer::default() };
        leg.session.we_refresh = agreed.is_some_and(|(_, we_refresh)| we_refresh);
        let (number, display) = caller(origin, request);
        let incoming = Incoming {
            leg: leg_id,
            from: origin,
            caller: number,
            display,
            to: Uri::parse(&request.uri).ok().and_then(|uri| uri.user).unwrap_or_default(),
            offer: leg.remote_body.clone(),
            replaces,
            headers: request
                .headers
                .iter()
                .filter(|(name, _)| name.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("X-")))
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect(),
        };
        self.dialogs.insert(tag, leg_id);
        self.legs.insert(leg_id, leg);
        if let Origin::Trunk(trunk) = origin
            && let Some(line) = self.trunks.get_mut(trunk)
        {
            line.calls += 1;
        }
        self.wire.after(UNANSWERED_MS, Timer::Leg(leg_id, LegTimer::Abandoned, 0));
        self.wire.after(PROVISIONAL_MS, Timer::Leg(leg_id, LegTimer::Provisional, 0));
        tracing::debug!(leg.id = %leg_id, "a call comes in");
        self.report(Report::Incoming(incoming));
    }

    /// 180, or 183 with early media.
    pub(crate) fn provisional(&mut self, id: LegId, status: u16, body: Option<Sdp>) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.provisional = Some((status, body));
        self.say_provisional(id);
    }

    fn say_provisional(&mut self, id: LegId) {
        let Some(leg) = self.legs.get(&id) else { return };
        let Phase::Offered { tx } = leg.phase else { return };
        let (status, body) = leg.provisional.clone().unwrap_or((100, None));
        let mut reply = Reply::new(status);
        if status > 100 {
            reply = reply.with(name::CONTACT, leg.dialog.contact()).with(name::ALLOW, ALLOW);
        }
        if let Some(body) = body {
            reply = reply.with_sdp(&body.0);
        }
        self.servers.reply(&mut self.wire, tx, &reply, Some(&leg.dialog.local_tag));
    }

    pub(super) fn say_provisional_again(&mut self, id: LegId) {
        if self.legs.get(&id).is_some_and(|leg| matches!(leg.phase, Phase::Offered { .. })) {
            self.say_provisional(id);
            self.wire.after(PROVISIONAL_MS, Timer::Leg(id, LegTimer::Provisional, 0));
        }
    }

    /// 200 to their INVITE, or the answer we owe in the ACK of theirs.
    pub(crate) fn answer(&mut self, id: LegId, body: Sdp) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Phase::Offered { tx } = leg.phase else { return self.answer_late_offer(id, body) };
        let mut reply = Reply::new(200)
            .with(name::CONTACT, leg.dialog.contact())
            .with(name::ALLOW, ALLOW)
            .with(name::SUPPORTED, SUPPORTED);
        for (name, value) in reoffer::session_headers(leg.session.seconds, leg.session.we_refresh) {
            reply = reply.with(name, value);
        }
        self.servers.reply(&mut self.wire, tx, &reply.with_sdp(&body.0), Some(&leg.dialog.local_tag));
        leg.local_body = Some(body);
        leg.phase = Phase::Up;
        let cseq = leg.dialog.remote_cseq.unwrap_or(0);
        leg.awaited_ack = Some(AwaitedAck { tx, cseq, report: true });
        let dialog = leg.dialog.snapshot();
        self.wire.after(TRANSACTION_MS, Timer::Leg(id, LegTimer::Unacknowledged, cseq));
        self.start_session_timer(id);
        self.report(Report::Established { leg: id, dialog });
    }

    pub(crate) fn reject(&mut self, id: LegId, refusal: Refusal) {
        let Some(leg) = self.legs.get(&id) else { return };
        if let Phase::Offered { tx } = leg.phase {
            let reply = refusal_reply(refusal);
            self.servers.reply(&mut self.wire, tx, &reply, Some(&leg.dialog.local_tag));
            self.forget(id);
        }
    }

    /// They called it off.
    pub(crate) fn their_cancel(&mut self, id: LegId, tx: u64) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let tag = leg.dialog.local_tag.clone();
        self.servers.reply(&mut self.wire, tx, &Reply::new(487), Some(&tag));
        if matches!(leg.phase, Phase::Offered { .. }) {
            self.forget(id);
            self.report(Report::Ended { leg: id, reason: terms::EndReason::Cancelled });
        } else {
            // A CANCEL of their re-INVITE: the call goes on as it was.
            leg.theirs = None;
        }
    }
}

pub(super) fn refusal_reply(refusal: Refusal) -> Reply {
    match refusal {
        Refusal::Busy486 => Reply::new(486),
        Refusal::Declined603 => Reply::new(603),
        Refusal::NotFound404 => Reply::new(404),
        Refusal::Forbidden403 => Reply::new(403),
        Refusal::Unavailable480 => Reply::new(480),
        Refusal::NotAcceptable488 => Reply::new(488),
        Refusal::Overloaded503 { retry_after_seconds } => {
            Reply::new(503).with(name::RETRY_AFTER, retry_after_seconds.to_string())
        }
    }
}

/// 415 for a body we cannot carry.
pub(super) fn unfit_body(request: &Request) -> Option<u16> {
    let headers = &request.headers;
    let encoded =
        headers.get(name::CONTENT_ENCODING).is_some_and(|coding| !coding.eq_ignore_ascii_case("identity"));
    let unfit = !request.body.is_empty() && (encoded || sdp_of(headers, &request.body).is_none());
    unfit.then_some(415)
}

pub(super) fn body_of(request: &Request) -> Option<Sdp> {
    sdp_of(&request.headers, &request.body)
}

/// The session description of a body; trunks also send it as one part of several.
pub(super) fn sdp_of(headers: &crate::message::Headers, body: &[u8]) -> Option<Sdp> {
    if body.is_empty() {
        return None;
    }
    let content_type = headers.get(name::CONTENT_TYPE)?;
    let (kind, params) = content_type.split_once(';').unwrap_or((content_type, ""));
    let text = String::from_utf8_lossy(body);
    if kind.trim().eq_ignore_ascii_case("application/sdp") {
        return Some(Sdp(text.into_owned()));
    }
    if !kind.trim().to_ascii_lowercase().starts_with("multipart/") {
        return None;
    }
    let params = Params::parse(params);
    let boundary = format!("--{}", params.get("boundary")?);
    let part = text.split(&boundary).find_map(|part| {
        let (head, body) = part.split_once("\r\n\r\n")?;
        head.to_ascii_lowercase().contains("application/sdp").then_some(body)
    })?;
    Some(Sdp(format!("{}\r\n", part.trim_end())))
}

/// The user part of an address in a header.
pub(super) fn user_of(address: &NameAddr) -> String {
    address.uri.user.clone().unwrap_or_default()
}
