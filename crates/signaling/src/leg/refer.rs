//! Transfers that a desk phone asks for (RFC 3515, RFC 4488), told to call control as wishes.

use terms::LegId;

use super::{Phase, Refer, incoming::user_of};
use crate::{
    Report,
    edge::Edge,
    message::{Method, NameAddr, Request, name},
    transaction::{Purpose, Reply},
    wire::Flow,
};

impl Edge {
    pub(super) fn their_refer(&mut self, flow: Flow, request: &Request, id: LegId) {
        let crowded = self.is_crowded();
        let Some(leg) = self.legs.get(&id) else { return };
        if leg.phase != Phase::Up || leg.refer.is_some() || crowded {
            return self.reply_once(flow, request, Some(id), &Reply::new(500).with(name::RETRY_AFTER, "2"));
        }
        let mut targets = request.headers.all(name::REFER_TO);
        let target = match (targets.next().map(NameAddr::parse), targets.next()) {
            (Some(Ok(target)), None) => target,
            _ => return self.reply_once(flow, request, Some(id), &Reply::new(400)),
        };
        let replaces = match target.uri.header(name::REPLACES) {
            None => None,
            Some(value) => match self.replaced(value) {
                Some(leg) => Some(leg),
                None => return self.reply_once(flow, request, Some(id), &Reply::new(481)),
            },
        };
        let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
        let silent = request.headers.get(name::REFER_SUB).is_some_and(|value| value.starts_with("false"));
        let tx = self.servers.begin(&mut self.wire, request, flow, Some(id));
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.refer = Some(Refer { tx, cseq, accepted: false, silent });
        }
        self.report(Report::Referred { leg: id, to: user_of(&target), replaces });
    }

    pub(crate) fn answer_refer(&mut self, id: LegId, accepted: bool) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(refer) = leg.refer.filter(|refer| !refer.accepted) else { return };
        if !accepted {
            leg.refer = None;
            return self.servers.reply(&mut self.wire, refer.tx, &Reply::new(603), None);
        }
        let mut reply = Reply::new(202).with(name::CONTACT, leg.dialog.contact());
        if refer.silent {
            reply = reply.with(name::REFER_SUB, "false");
        }
        leg.refer = Some(Refer { accepted: true, ..refer });
        self.servers.reply(&mut self.wire, refer.tx, &reply, None);
        self.notify(id, "SIP/2.0 100 Trying", "active;expires=60");
    }

    pub(crate) fn refer_result(&mut self, id: LegId, ok: bool) {
        if !self.legs.get(&id).is_some_and(|leg| leg.refer.is_some_and(|refer| refer.accepted)) {
            return;
        }
        let line = if ok { "SIP/2.0 200 OK" } else { "SIP/2.0 503 Service Unavailable" };
        self.notify(id, line, "terminated;reason=noresource");
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.refer = None;
        }
    }

    fn notify(&mut self, id: LegId, line: &str, state: &str) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(refer) = leg.refer.filter(|refer| !refer.silent) else { return };
        if leg.phase != Phase::Up {
            return;
        }
        let notify = leg
            .dialog
            .request(Method::Notify)
            .with(name::EVENT, format!("refer;id={}", refer.cseq))
            .with(name::SUBSCRIPTION_STATE, state)
            .with_body("message/sipfrag;version=2.0", format!("{line}\r\n"));
        let flow = leg.dialog.next_hop();
        self.clients.send(&mut self.wire, notify, flow, Purpose::Notify);
    }
}
