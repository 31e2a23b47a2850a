//! Requests: which leg, phone or refusal each belongs to.

use std::hash::{DefaultHasher, Hash, Hasher};

use terms::LegId;

use super::Edge;
use crate::{
    message::{ALLOW, Headers, Method, Request, SUPPORTED, name},
    transaction::{Echo, Reply, ServerKey},
    wire::Flow,
};

/// The extensions a request may insist on.
const UNDERSTOOD: [&str; 3] = ["timer", "replaces", "norefersub"];

impl Edge {
    pub(super) fn request(&mut self, flow: Flow, request: Request) {
        let known = self.servers.find(&ServerKey::of(&request));
        match request.method {
            Method::Ack => {
                if !known.is_some_and(|id| self.servers.ack_refusal(&mut self.wire, id)) {
                    self.acked(flow, &request);
                }
                return;
            }
            Method::Cancel => return self.cancelled(flow, &request, known),
            _ => {}
        }
        if let Some(id) = known {
            return self.servers.repeat(&mut self.wire, id);
        }
        let tag = request.headers.tag_of(name::TO);
        if tag.is_none() && request.method != Method::Register && !self.is_known_source(&flow, &request) {
            return self.refuse(flow, &request, &Reply::new(403));
        }
        if matches!(request.method, Method::Other(_)) {
            return self.refuse(flow, &request, &Reply::new(405).with(name::ALLOW, ALLOW));
        }
        if let Some(refusal) = unknown_extension(&request.headers) {
            return self.refuse(flow, &request, &refusal);
        }
        match (tag, &request.method) {
            (Some(tag), _) => self.within(flow, request, &tag),
            (None, Method::Invite) => self.incoming(flow, &request),
            (None, Method::Register) => self.register(flow, &request),
            (None, Method::Options) => {
                let reply = Reply::new(200).with(name::ALLOW, ALLOW).with(name::SUPPORTED, SUPPORTED);
                self.refuse(flow, &request, &reply.with(name::ACCEPT, "application/sdp"));
            }
            (None, Method::Refer) => self.refuse(flow, &request, &Reply::new(403)),
            (None, _) => self.refuse(flow, &request, &Reply::new(481)),
        }
    }

    /// Answers finally without keeping anything: the same request is answered the same way again.
    pub(crate) fn refuse(&mut self, flow: Flow, request: &Request, reply: &Reply) {
        let echo = Echo::of(&request.headers, flow);
        let mut hasher = DefaultHasher::new();
        (request.headers.get(name::CALL_ID), request.headers.get(name::FROM)).hash(&mut hasher);
        let bytes = echo.write(reply, Some(&format!("{:016x}", hasher.finish())));
        self.wire.send(echo.flow(), bytes);
    }

    /// Answers a request within a leg, and keeps the answer for when the request comes again.
    pub(crate) fn reply_once(&mut self, flow: Flow, request: &Request, leg: Option<LegId>, reply: &Reply) {
        let tx = self.servers.begin(&mut self.wire, request, flow, leg);
        self.servers.reply(&mut self.wire, tx, reply, None);
    }

    /// CANCEL: the INVITE it names is answered 487 (RFC 3261 §9.2).
    fn cancelled(&mut self, flow: Flow, request: &Request, invite: Option<u64>) {
        let Some(invite) = invite else {
            return self.refuse(flow, request, &Reply::new(481));
        };
        self.refuse(flow, request, &Reply::new(200));
        if self.servers.is_open(invite)
            && let Some(leg) = self.servers.leg(invite)
        {
            self.their_cancel(leg, invite);
        }
    }
}

fn unknown_extension(headers: &Headers) -> Option<Reply> {
    let unknown: Vec<&str> = headers
        .list(name::REQUIRE)
        .filter(|own| !UNDERSTOOD.iter().any(|known| known.eq_ignore_ascii_case(own)))
        .collect();
    (!unknown.is_empty()).then(|| Reply::new(420).with(name::UNSUPPORTED, unknown.join(", ")))
}
