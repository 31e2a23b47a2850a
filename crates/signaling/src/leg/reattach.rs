//! A browser that lost its page comes back to its call: a new dialog takes the place of the old one under the same leg.
//!
//! Nothing outside notices more than a re-INVITE.

use terms::{LegId, UserId};

use super::{
    Leg, Phase, SessionTimer, TheirOffer,
    incoming::{body_of, unfit_body},
    reoffer,
};
use crate::{
    Origin, REATTACH, Report, Transport,
    dialog::Dialog,
    edge::Edge,
    message::{Method, Request, Uri, name},
    transaction::{Purpose, Reply},
    trunk::transport_param,
    wire::Flow,
};

impl Edge {
    /// The leg that a browser's INVITE comes back to: named by Replaces (RFC 3891), or by our own word for it.
    /// The outer none is a call like any other, the inner one a call that is not there any more.
    pub(super) fn comes_back(&self, flow: &Flow, request: &Request) -> Option<Option<LegId>> {
        let user = *self.sockets.get(flow)?;
        let called = Uri::parse(&request.uri).ok().and_then(|uri| uri.user);
        if called.as_deref() == Some(REATTACH) {
            return Some(self.newest_browser_leg(user));
        }
        let named = self.replaced(request.headers.get(name::REPLACES)?)?;
        self.legs.get(&named).is_some_and(|leg| is_up_in_browser(leg, user)).then_some(Some(named))
    }

    fn newest_browser_leg(&self, user: UserId) -> Option<LegId> {
        let own = self.legs.values().filter(|leg| is_up_in_browser(leg, user));
        own.map(|leg| leg.id).max_by_key(|id| (id.conversation, id.ordinal))
    }

    pub(super) fn reattach(&mut self, flow: Flow, request: &Request, id: LegId) {
        let offer = body_of(request);
        if offer.is_none() || unfit_body(request).is_some() {
            return self.refuse(flow, request, &Reply::new(488));
        }
        if let Err(reply) = reoffer::too_short(&request.headers) {
            return self.refuse(flow, request, &reply);
        }
        let tx = self.servers.begin(&mut self.wire, request, flow, Some(id));
        self.servers.reply(&mut self.wire, tx, &Reply::new(100), None);
        let tag = self.wire.tag();
        let contact =
            format!("<sip:tandem@{}{}>", self.wire.local.advertised(&flow), transport_param(flow.transport));
        let dialog = Dialog::answering(request, flow, tag.clone(), contact, true);
        self.close_requests(id);
        let session = reoffer::agree(&request.headers, self.config.session_expires_seconds);
        let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let (origin, generation) = (leg.origin, leg.session.generation + 1);
        let mut fresh = Leg::new(id, origin, dialog, Phase::Up, false);
        fresh.session = SessionTimer { generation, ..SessionTimer::default() };
        fresh.learn(&request.headers);
        fresh.theirs = Some(TheirOffer { tx, cseq, is_update: false, body: offer.clone(), session });
        let snapshot = fresh.dialog.snapshot();
        let former = std::mem::replace(leg, fresh);
        self.dialogs.remove(&former.dialog.local_tag);
        self.dialogs.insert(tag, id);
        self.leave(former);
        tracing::debug!(leg.id = %id, "a browser came back to its call");
        self.report(Report::Established { leg: id, dialog: snapshot });
        self.report(Report::Reoffered { leg: id, body: offer });
    }

    /// A page that is still there is told that its call went elsewhere.
    fn leave(&mut self, mut former: Leg) {
        let flow = former.dialog.next_hop();
        if self.sockets.contains_key(&flow) {
            let bye = former.dialog.request(Method::Bye);
            self.clients.send(&mut self.wire, bye, flow, Purpose::Farewell);
        }
    }
}

/// Whether the dialog came by a browser's socket, this user's, and is answered.
fn is_up_in_browser(leg: &Leg, user: UserId) -> bool {
    leg.origin == Some(Origin::User(user))
        && leg.phase == Phase::Up
        && leg.dialog.flow().transport == Transport::Ws
}
