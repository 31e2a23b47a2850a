//! Requests within a dialog.

use terms::LegId;

use super::{Phase, incoming::body_of};
use crate::{
    Report,
    edge::Edge,
    message::{ALLOW, Method, Request, SUPPORTED, name},
    transaction::Reply,
    wire::Flow,
};

impl Edge {
    /// The leg whose dialog a request names, by our tag, their tag and the Call-ID.
    fn leg_of(&self, request: &Request, our_tag: &str) -> Option<LegId> {
        let id = *self.dialogs.get(our_tag)?;
        let dialog = &self.legs.get(&id)?.dialog;
        let same_call = request.headers.get(name::CALL_ID) == Some(dialog.call_id.as_str());
        let their_tag = request.headers.tag_of(name::FROM).unwrap_or_default();
        (same_call && (dialog.remote_tag == their_tag || dialog.remote_tag.is_empty())).then_some(id)
    }

    pub(crate) fn within(&mut self, flow: Flow, request: Request, our_tag: &str) {
        let Some(id) = self.leg_of(&request, our_tag) else {
            return self.refuse(flow, &request, &Reply::new(481));
        };
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
        if leg.dialog.remote_cseq.is_some_and(|last| cseq <= last) {
            return self.refuse(flow, &request, &Reply::new(500));
        }
        leg.dialog.remote_cseq = Some(cseq);
        leg.dialog.moved_to(flow);
        leg.flow_lost = None;
        let ending = leg.phase == Phase::Ending;
        match request.method {
            Method::Bye => self.their_bye(flow, &request, id),
            _ if ending => self.reply_once(flow, &request, None, &Reply::new(481)),
            Method::Invite | Method::Update => self.their_offer(flow, &request, id),
            Method::Info => self.info(flow, &request, id),
            Method::Refer => self.their_refer(flow, &request, id),
            Method::Options => {
                let reply = Reply::new(200).with(name::ALLOW, ALLOW).with(name::SUPPORTED, SUPPORTED);
                self.reply_once(flow, &request, Some(id), &reply);
            }
            Method::Notify => self.reply_once(flow, &request, Some(id), &Reply::new(489)),
            Method::Register | Method::Ack | Method::Cancel | Method::Other(_) => {
                self.reply_once(flow, &request, Some(id), &Reply::new(405).with(name::ALLOW, ALLOW));
            }
        }
    }

    /// The ACK of a 2xx of ours.
    pub(crate) fn acked(&mut self, flow: Flow, request: &Request) {
        let Some(tag) = request.headers.tag_of(name::TO) else { return };
        let Some(id) = self.leg_of(request, &tag) else { return };
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
        let Some(awaited) = leg.awaited_ack.take_if(|awaited| awaited.cseq == cseq) else { return };
        self.servers.acked(&mut self.wire, awaited.tx);
        leg.dialog.moved_to(flow);
        let body = body_of(request);
        if body.is_some() {
            leg.remote_body.clone_from(&body);
        }
        if let Some(reason) = leg.farewell.take() {
            return self.send_bye(id, reason);
        }
        if awaited.report {
            self.report(Report::Acked { leg: id, body });
        }
        self.reoffer_queued(id);
    }

    /// A DTMF digit, as the two common bodies carry it.
    fn info(&mut self, flow: Flow, request: &Request, id: LegId) {
        if self.is_crowded() {
            let reply = Reply::new(503).with(name::RETRY_AFTER, "1");
            return self.reply_once(flow, request, Some(id), &reply);
        }
        if request.body.is_empty() {
            return self.reply_once(flow, request, Some(id), &Reply::new(200));
        }
        let content_type = request.headers.get(name::CONTENT_TYPE).unwrap_or("");
        let kind = content_type.split(';').next().unwrap_or("").trim().to_ascii_lowercase();
        let text = String::from_utf8_lossy(&request.body);
        let signal = match kind.as_str() {
            "application/dtmf-relay" => text.lines().find_map(|line| {
                let (name, value) = line.split_once('=')?;
                name.trim().eq_ignore_ascii_case("signal").then(|| value.trim().to_owned())
            }),
            "application/dtmf" => Some(text.trim().to_owned()),
            _ => {
                let reply = Reply::new(415).with(name::ACCEPT, "application/dtmf-relay, application/dtmf");
                return self.reply_once(flow, request, Some(id), &reply);
            }
        };
        match signal.as_deref().and_then(digit) {
            Some(digit) => {
                self.reply_once(flow, request, Some(id), &Reply::new(200));
                self.report(Report::Digit { leg: id, digit });
            }
            None => self.reply_once(flow, request, Some(id), &Reply::new(400)),
        }
    }
}

/// A signal by its sign, or by its event number (RFC 4733 §3.2).
fn digit(signal: &str) -> Option<char> {
    match signal {
        "10" => Some('*'),
        "11" => Some('#'),
        "12" => Some('A'),
        "13" => Some('B'),
        "14" => Some('C'),
        "15" => Some('D'),
        _ => {
            let mut signs = signal.chars();
            let sign = signs.next()?.to_ascii_uppercase();
            let known = sign.is_ascii_digit() || matches!(sign, '*' | '#' | 'A'..='D');
            (known && signs.next().is_none()).then_some(sign)
        }
    }
}
