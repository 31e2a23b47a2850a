//! Offers within a call, from either side, and the session timers that ride on them (RFC 3261 §14, RFC 3311, RFC 4028).

use terms::{EndReason, LegId, Sdp};

use super::{AwaitedAck, Leg, OurOffer, Phase, TheirOffer, incoming};
use crate::{
    Refusal, Report,
    edge::Edge,
    message::{ALLOW, Headers, Method, Params, Request, SUPPORTED, name},
    transaction::{Arrived, Purpose, Reply},
    wire::{Flow, LegTimer, TRANSACTION_MS, Timer},
};

/// The shortest session interval we accept, in seconds (RFC 4028 §4).
pub(super) const MIN_SE: u32 = 90;
const TRIES_MAX: u32 = 5;
/// How soon a refresh that could not be done now is tried again, in ms.
const REFRESH_AGAIN_MS: u64 = 5_000;

/// 422 where the interval asked for is too short.
pub(super) fn too_short(headers: &Headers) -> Result<(), Reply> {
    let short = headers.seconds(name::SESSION_EXPIRES).is_some_and(|seconds| seconds < MIN_SE);
    if short && headers.has_token(name::SUPPORTED, "timer") {
        return Err(Reply::new(422).with(name::MIN_SE, MIN_SE.to_string()));
    }
    Ok(())
}

/// The session interval of a request that came in: seconds, and whether we refresh (RFC 4028 §9).
/// Without the far end's support there is none, unless a proxy asked for it: then we refresh.
pub(super) fn agree(headers: &Headers, own_seconds: u32) -> Option<(u32, bool)> {
    let supports = headers.has_token(name::SUPPORTED, "timer") || headers.has_token(name::REQUIRE, "timer");
    let asked = headers.seconds(name::SESSION_EXPIRES);
    let least = headers.seconds(name::MIN_SE).unwrap_or(MIN_SE).max(MIN_SE);
    let seconds = asked.unwrap_or(u32::MAX).min(own_seconds).max(least);
    match (supports, asked) {
        (true, Some(_)) => Some((seconds, refresher(headers) == Some(true))),
        (true, None) | (false, Some(_)) => Some((seconds, true)),
        (false, None) => None,
    }
}

/// Whether the answering side refreshes, where it is said.
fn refresher(headers: &Headers) -> Option<bool> {
    let (_, params) = headers.get(name::SESSION_EXPIRES)?.split_once(';')?;
    match Params::parse(params).get("refresher")? {
        side if side.eq_ignore_ascii_case("uas") => Some(true),
        side if side.eq_ignore_ascii_case("uac") => Some(false),
        _ => None,
    }
}

/// What a 2xx of ours says of the session interval.
pub(super) fn session_headers(seconds: u32, we_refresh: bool) -> Vec<(&'static str, String)> {
    match (seconds, we_refresh) {
        (0, _) => Vec::new(),
        (_, true) => vec![(name::SESSION_EXPIRES, format!("{seconds};refresher=uas"))],
        (_, false) => vec![
            (name::SESSION_EXPIRES, format!("{seconds};refresher=uac")),
            (name::REQUIRE, "timer".to_owned()),
        ],
    }
}

impl Edge {
    /// Counts the session interval from now.
    pub(super) fn start_session_timer(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.session.generation += 1;
        let (seconds, generation) = (u64::from(leg.session.seconds), leg.session.generation);
        if seconds == 0 {
            return;
        }
        if leg.session.we_refresh {
            self.wire.after(seconds * 500, Timer::Leg(id, LegTimer::Refresh, generation));
            self.wire.after(seconds * 1000, Timer::Leg(id, LegTimer::Expired, generation));
        } else {
            // The side that does not refresh ends the call a little before the time is over (RFC 4028 §10).
            let early = (seconds / 3).min(32);
            self.wire.after((seconds - early) * 1000, Timer::Leg(id, LegTimer::Expired, generation));
        }
    }

    /// Takes the session interval from their 2xx to a request of ours.
    pub(super) fn adopt_session_timer(&mut self, id: LegId, headers: &Headers) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        leg.session.seconds = headers.seconds(name::SESSION_EXPIRES).unwrap_or(0);
        leg.session.we_refresh = refresher(headers) != Some(true);
        self.start_session_timer(id);
    }

    /// A re-INVITE or UPDATE of theirs.
    pub(super) fn their_offer(&mut self, flow: Flow, request: &Request, id: LegId) {
        let retry_after = (self.wire.random_below(10) + 1).to_string();
        let crowded = self.is_crowded();
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let is_update = request.method == Method::Update;
        let is_refresh = is_update && request.body.is_empty();
        if let Some(reply) = refusal_of_offer(leg, request, is_refresh, crowded, &retry_after) {
            return self.reply_once(flow, request, Some(id), &reply);
        }
        leg.learn(&request.headers);
        leg.dialog.refresh_target(&request.headers);
        let tx = self.servers.begin(&mut self.wire, request, flow, Some(id));
        let body = incoming::body_of(request);
        let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
        let session = agree(&request.headers, self.config.session_expires_seconds);
        let same = body.is_some() && body == leg.remote_body;
        let known = leg.local_body.clone().filter(|_| same);
        leg.theirs = Some(TheirOffer { tx, cseq, is_update, body: body.clone(), session });
        if is_refresh {
            self.accept_offer(id, None);
        } else if known.is_some() {
            // The same offer again only keeps the session alive, and gets the same answer.
            self.accept_offer(id, known);
        } else {
            self.report(Report::Reoffered { leg: id, body });
        }
    }

    pub(crate) fn answer_reoffer(&mut self, id: LegId, answer: Result<Sdp, Refusal>) {
        match answer {
            Ok(body) => self.accept_offer(id, Some(body)),
            Err(refusal) => {
                let Some(leg) = self.legs.get_mut(&id) else { return };
                let Some(theirs) = leg.theirs.take() else { return };
                let tag = leg.dialog.local_tag.clone();
                self.servers.reply(&mut self.wire, theirs.tx, &incoming::refusal_reply(refusal), Some(&tag));
            }
        }
        self.reoffer_queued(id);
    }

    fn accept_offer(&mut self, id: LegId, body: Option<Sdp>) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(theirs) = leg.theirs.take() else { return };
        let (seconds, we_refresh) = theirs.session.unwrap_or((0, false));
        let mut reply = Reply::new(200)
            .with(name::CONTACT, leg.dialog.contact())
            .with(name::ALLOW, ALLOW)
            .with(name::SUPPORTED, SUPPORTED);
        for (name, value) in session_headers(seconds, we_refresh) {
            reply = reply.with(name, value);
        }
        if let Some(body) = &body {
            reply = reply.with_sdp(&body.0);
            leg.local_body = Some(body.clone());
        }
        if !theirs.is_update {
            let report = theirs.body.is_none();
            leg.awaited_ack = Some(AwaitedAck { tx: theirs.tx, cseq: theirs.cseq, report });
            self.wire.after(TRANSACTION_MS, Timer::Leg(id, LegTimer::Unacknowledged, theirs.cseq));
        }
        if theirs.body.is_some() {
            leg.remote_body = theirs.body;
        }
        // Whoever came back with a new INVITE learns our tag here; in a re-INVITE it stands already.
        self.servers.reply(&mut self.wire, theirs.tx, &reply, Some(&leg.dialog.local_tag));
        if leg.phase == Phase::Up {
            leg.session.seconds = seconds;
            leg.session.we_refresh = we_refresh;
            self.start_session_timer(id);
        }
    }

    /// Our re-INVITE; it waits while another offer is under way, and the latest wins.
    pub(crate) fn reoffer(&mut self, id: LegId, body: Sdp) {
        if let Some(leg) = self.legs.get_mut(&id)
            && leg.phase != Phase::Ending
        {
            leg.queued = Some(body);
            self.reoffer_queued(id);
        }
    }

    pub(super) fn reoffer_queued(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let free = leg.phase == Phase::Up
            && leg.theirs.is_none()
            && leg.ours.is_none()
            && leg.awaited_ack.is_none()
            && leg.owed_ack.is_none();
        if !free {
            return;
        }
        if let Some(body) = leg.queued.take() {
            leg.ours = Some(OurOffer { body, tries: 0, waiting: false, refresh: false });
            self.send_offer(id);
        }
    }

    fn send_offer(&mut self, id: LegId) {
        let own_seconds = self.config.session_expires_seconds;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(ours) = &mut leg.ours else { return };
        ours.waiting = false;
        ours.tries += 1;
        let body = ours.body.clone();
        let request = with_session(leg.dialog.request(Method::Invite), leg, own_seconds);
        let request = request.with_body("application/sdp", body.0.as_bytes());
        let flow = leg.dialog.next_hop();
        self.clients.send(&mut self.wire, request, flow, Purpose::Reoffer(id));
    }

    /// 491 was some time ago.
    pub(super) fn reoffer_again(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        if leg.phase != Phase::Up || !leg.ours.as_ref().is_some_and(|ours| ours.waiting) {
            return;
        }
        if leg.theirs.is_some() || leg.awaited_ack.is_some() {
            self.wire.after(500, Timer::Leg(id, LegTimer::Reoffer, 0));
            return;
        }
        self.send_offer(id);
    }

    pub(crate) fn reoffer_arrived(&mut self, id: LegId, arrived: Arrived) {
        let status = arrived.response.status;
        let cseq = arrived.response.headers.cseq().map_or(0, |(number, _)| number);
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.ours.is_some()) else {
            if (200..300).contains(&status) {
                self.unwanted_answer(arrived);
            }
            return;
        };
        match status {
            ..200 => {}
            200..300 => {
                leg.dialog.refresh_target(&arrived.response.headers);
                let body = incoming::sdp_of(&arrived.response.headers, &arrived.response.body);
                self.acknowledge(id, arrived.id, cseq, None);
                self.offer_taken(id, body, &arrived.response.headers);
            }
            401 | 407 | 422 => match self.improved(&arrived) {
                Some(again) => {
                    self.clients.send(&mut self.wire, again, arrived.flow, Purpose::Reoffer(id));
                }
                None => self.offer_refused(id),
            },
            491 => self.glare(id),
            408 | 481 => self.break_off(id, EndReason::Unreachable),
            _ => self.offer_refused(id),
        }
    }

    fn offer_taken(&mut self, id: LegId, body: Option<Sdp>, headers: &Headers) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(ours) = leg.ours.take() else { return };
        leg.local_body = Some(ours.body);
        let news = !ours.refresh || body != leg.remote_body;
        if body.is_some() {
            leg.remote_body.clone_from(&body);
        }
        let up = leg.phase == Phase::Up;
        if up {
            self.adopt_session_timer(id, headers);
            if news {
                self.report(Report::Reanswered { leg: id, body });
            }
            self.reoffer_queued(id);
        }
    }

    /// Both offered at once: wait a while that differs by side (RFC 3261 §14.1).
    fn glare(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(ours) = &mut leg.ours else { return };
        if ours.tries >= TRIES_MAX {
            return self.offer_refused(id);
        }
        ours.waiting = true;
        let (least, spread) = if leg.we_called { (2_100, 1_900) } else { (0, 2_000) };
        let wait = least + self.wire.random_below(spread);
        self.wire.after(wait, Timer::Leg(id, LegTimer::Reoffer, 0));
    }

    fn offer_refused(&mut self, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let told = leg.ours.take().is_some_and(|ours| !ours.refresh);
        if leg.phase != Phase::Up {
            return;
        }
        // Whoever refuses is there: the session goes on.
        self.start_session_timer(id);
        if told {
            self.report(Report::ReofferRefused { leg: id });
        }
        self.reoffer_queued(id);
    }

    /// Half the session interval is over: UPDATE without a body, or the last offer again.
    pub(super) fn refresh(&mut self, id: LegId) {
        let own_seconds = self.config.session_expires_seconds;
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let busy = leg.theirs.is_some() || leg.ours.is_some() || leg.awaited_ack.is_some();
        if leg.phase != Phase::Up {
            return;
        }
        let generation = leg.session.generation;
        match leg.local_body.clone() {
            _ if busy => self.wire.after(REFRESH_AGAIN_MS, Timer::Leg(id, LegTimer::Refresh, generation)),
            Some(body) if !leg.peer_takes_update => {
                leg.ours = Some(OurOffer { body, tries: 0, waiting: false, refresh: true });
                self.send_offer(id);
            }
            _ => {
                let request = with_session(leg.dialog.request(Method::Update), leg, own_seconds);
                let flow = leg.dialog.next_hop();
                self.clients.send(&mut self.wire, request, flow, Purpose::Refresh(id));
            }
        }
    }

    pub(crate) fn refresh_arrived(&mut self, id: LegId, arrived: &Arrived) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.phase == Phase::Up) else { return };
        let generation = leg.session.generation;
        match arrived.response.status {
            ..200 => {}
            200..300 => {
                leg.dialog.refresh_target(&arrived.response.headers);
                self.adopt_session_timer(id, &arrived.response.headers);
            }
            401 | 407 | 422 => match self.improved(arrived) {
                Some(again) => {
                    self.clients.send(&mut self.wire, again, arrived.flow, Purpose::Refresh(id));
                }
                None => self.start_session_timer(id),
            },
            408 | 481 => self.break_off(id, EndReason::Unreachable),
            491 | 500 | 503 => {
                self.wire.after(REFRESH_AGAIN_MS, Timer::Leg(id, LegTimer::Refresh, generation));
            }
            405 | 501 => {
                leg.peer_takes_update = false;
                self.wire.after(0, Timer::Leg(id, LegTimer::Refresh, generation));
            }
            _ => self.start_session_timer(id),
        }
    }
}

/// Why an offer of theirs cannot be taken in now.
fn refusal_of_offer(
    leg: &Leg,
    request: &Request,
    is_refresh: bool,
    crowded: bool,
    retry_after: &str,
) -> Option<Reply> {
    if let Some(status) = incoming::unfit_body(request) {
        return Some(Reply::new(status).with(name::ACCEPT, "application/sdp"));
    }
    if let Err(reply) = too_short(&request.headers) {
        return Some(reply);
    }
    let later = || Some(Reply::new(500).with(name::RETRY_AFTER, retry_after));
    if leg.theirs.is_some() {
        return later();
    }
    if is_refresh {
        return None;
    }
    match &leg.phase {
        Phase::Up if leg.ours.as_ref().is_some_and(|ours| !ours.waiting) => Some(Reply::new(491)),
        Phase::Up if crowded || leg.owed_ack.is_some() => later(),
        Phase::Up => None,
        Phase::Calling(_) => Some(Reply::new(491)),
        Phase::Offered { .. } | Phase::Ending => later(),
    }
}

/// A request of ours that also counts the session interval anew.
fn with_session(request: Request, leg: &Leg, own_seconds: u32) -> Request {
    let seconds = match leg.session.seconds {
        0 => own_seconds.max(MIN_SE),
        seconds => seconds,
    };
    let side = if leg.session.seconds == 0 || leg.session.we_refresh { "uac" } else { "uas" };
    request
        .with(name::ALLOW, ALLOW)
        .with(name::SUPPORTED, SUPPORTED)
        .with(name::SESSION_EXPIRES, format!("{seconds};refresher={side}"))
        .with(name::MIN_SE, MIN_SE.to_string())
}
