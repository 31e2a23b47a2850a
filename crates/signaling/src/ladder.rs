//! A dialog under a glass: every message of one call, for an administrator who wants to know what a trunk says.
//!
//! Proofs and keys are struck before a message leaves this crate; nothing is kept here and nothing is logged.

use std::net::SocketAddr;

use terms::{LegId, TrunkId};
use tokio::sync::mpsc;

use crate::{
    Dial, Report, Transport,
    edge::Edge,
    message::{Headers, Method, Read, Request, name, read},
    transaction::{Arrived, Purpose},
    trunk::transport_param,
    wire::Flow,
};

/// Messages that may wait for whoever looks; further ones are left out.
pub(crate) const WITNESSED_MAX: usize = 256;
/// Of one message.
const TEXT_BYTES_MAX: usize = 8 * 1024;
/// Dialogs under a glass at one time; the next one is refused.
const WITNESSES_MAX: usize = 8;
const STRUCK: &str = "(struck)";

/// One message on the wire, as it was sent or received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// Since the call was placed.
    pub at_ms: u64,
    pub sent: bool,
    pub transport: Transport,
    pub remote: SocketAddr,
    /// The request's, or the one that is answered.
    pub method: String,
    /// Of an answer.
    pub status: Option<u16>,
    /// Without proofs and keys.
    pub text: String,
}

/// What comes of a call under a glass; its reports come here and nowhere else.
#[derive(Clone, Debug, PartialEq)]
pub enum Witnessed {
    Message(Rung),
    Report(Report),
}

/// Whoever looks at one dialog; it is over when they look no more.
#[derive(Debug)]
pub(crate) struct Witness {
    of: Of,
    call_id: String,
    began: u64,
    to: mpsc::Sender<Witnessed>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Leg(LegId),
    Ping(TrunkId),
}

impl Edge {
    /// A call whose messages are shown.
    pub(crate) fn dial_witnessed(&mut self, leg: LegId, dial: Box<Dial>, to: mpsc::Sender<Witnessed>) {
        self.tidy_witnesses();
        // Dropping the sender says no.
        if self.legs.contains_key(&leg) || self.witnesses.len() >= WITNESSES_MAX {
            return;
        }
        let began = self.wire.now;
        self.witnesses.push(Witness { of: Of::Leg(leg), call_id: String::new(), began, to });
        self.dial(leg, dial);
        let call_id = self.legs.get(&leg).map(|leg| leg.dialog.call_id.clone());
        if let (Some(call_id), Some(witness)) = (call_id, self.witnesses.last_mut()) {
            witness.call_id = call_id;
        }
    }

    /// OPTIONS to the trunk (RFC 3261 §11); the glass is taken away when it is finally answered, or is not.
    pub(crate) fn ping(&mut self, trunk: TrunkId, to: mpsc::Sender<Witnessed>) {
        self.tidy_witnesses();
        let Some(line) = self.trunks.get(trunk) else { return };
        let Some(flow) = line.flow().filter(|_| self.witnesses.len() < WITNESSES_MAX) else { return };
        let domain = line.domain();
        let user = line.trunk.credentials.as_ref().map_or("tandem", |own| own.username.as_str());
        let user = crate::message::escape_user(user);
        let param = transport_param(flow.transport);
        let advertised = self.wire.local.advertised(&flow);
        let (call_id, tag) = (self.wire.call_id(), self.wire.tag());
        let request = Request::new(Method::Options, format!("sip:{domain}{param}"))
            .with(name::MAX_FORWARDS, "70")
            .with(name::FROM, format!("<sip:{user}@{domain}>;tag={tag}"))
            .with(name::TO, format!("<sip:{domain}>"))
            .with(name::CALL_ID, call_id.clone())
            .with(name::CSEQ, "1 OPTIONS")
            .with(name::CONTACT, format!("<sip:{user}@{advertised}{param}>"))
            .with(name::ACCEPT, "application/sdp")
            .with(name::USER_AGENT, "Tandem");
        let began = self.wire.now;
        self.witnesses.push(Witness { of: Of::Ping(trunk), call_id, began, to });
        self.clients.send(&mut self.wire, request, flow, Purpose::Ping(trunk));
    }

    pub(crate) fn ping_arrived(&mut self, trunk: TrunkId, arrived: &Arrived) {
        if arrived.response.status < 200 {
            return;
        }
        if let Some(again) = self.improved(arrived) {
            self.clients.send(&mut self.wire, again, arrived.flow, Purpose::Ping(trunk));
            return;
        }
        self.witnesses.retain(|witness| witness.of != Of::Ping(trunk));
    }

    /// Shows a message to whoever looks at its dialog.
    pub(crate) fn witness(&mut self, sent: bool, flow: Flow, data: &[u8]) {
        if self.witnesses.is_empty() {
            return;
        }
        self.tidy_witnesses();
        let (headers, method, status) = match read(data) {
            Read::Request(request) => (request.headers, Some(request.method.to_string()), None),
            Read::Response(response) => (response.headers, None, Some(response.status)),
            Read::Malformed(_) | Read::Noise => return,
        };
        let call_id = headers.get(name::CALL_ID).unwrap_or_default();
        let Some(witness) = self.witnesses.iter().find(|one| !call_id.is_empty() && one.call_id == call_id)
        else {
            return;
        };
        let rung = Rung {
            at_ms: self.wire.now.saturating_sub(witness.began),
            sent,
            transport: flow.transport,
            remote: flow.remote,
            method: method.unwrap_or_else(|| answered_method(&headers)),
            status,
            text: struck(data),
        };
        // A reader that does not keep up misses some.
        let _ = witness.to.try_send(Witnessed::Message(rung));
    }

    /// Whether the report has gone to whoever looks at its leg.
    pub(crate) fn is_witnessed(&mut self, report: &Report) -> bool {
        let Some(leg) = report.leg().filter(|_| !self.witnesses.is_empty()) else { return false };
        let Some(witness) = self.witnesses.iter().find(|one| one.of == Of::Leg(leg)) else { return false };
        let _ = witness.to.try_send(Witnessed::Report(report.clone()));
        true
    }

    fn tidy_witnesses(&mut self) {
        self.witnesses.retain(|witness| !witness.to.is_closed());
    }
}

fn answered_method(headers: &Headers) -> String {
    headers.cseq().map(|(_, method)| method.to_owned()).unwrap_or_default()
}

/// The text without what proves somebody's identity or opens the media.
fn struck(data: &[u8]) -> String {
    let end = data.len().min(TEXT_BYTES_MAX);
    let text = String::from_utf8_lossy(&data[..end]);
    let mut shown = String::with_capacity(text.len());
    let mut in_proof = false;
    for line in text.split_inclusive('\n') {
        let folded = line.starts_with([' ', '\t']);
        if in_proof && folded {
            continue;
        }
        in_proof = false;
        let (head, value) = line.split_once(':').unwrap_or((line, ""));
        let is = |name: &str| head.trim_end().eq_ignore_ascii_case(name);
        if is(name::AUTHORIZATION) || is(name::PROXY_AUTHORIZATION) || is("Authentication-Info") {
            let scheme = value.split_whitespace().next().filter(|word| !word.contains('=')).unwrap_or("");
            shown.push_str(&format!("{head}: {scheme} {STRUCK}\r\n"));
            in_proof = true;
        } else if let Some(kept) = secret_line(line) {
            shown.push_str(&format!("{kept} {STRUCK}\r\n"));
        } else {
            shown.push_str(line);
        }
    }
    shown
}

/// What is kept of a line of SDP that holds a key.
fn secret_line(line: &str) -> Option<&str> {
    if line.starts_with("a=crypto:") {
        let keyed = line.find("inline:").map_or("a=crypto:".len(), |at| at + "inline:".len());
        return line.get(..keyed);
    }
    ["a=ice-pwd:", "a=ice-ufrag:", "k="].into_iter().find(|start| line.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proofs_and_keys_are_struck_and_the_rest_stays() {
        let message = "INVITE sip:1@x SIP/2.0\r\nCall-ID: a\r\nauthorization: Digest username=\"acme\",\r\n \
                       response=\"0123\"\r\nProxy-Authorization : Digest response=\"4567\"\r\nTo: <sip:1@x>\r\n\r\n\
                       v=0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:c2VjcmV0\r\na=ice-pwd:hidden\r\na=sendrecv\r\n";
        let shown = struck(message.as_bytes());
        for secret in ["0123", "4567", "acme", "c2VjcmV0", "hidden"] {
            assert!(!shown.contains(secret), "{secret}: {shown}");
        }
        for kept in
            ["Call-ID: a\r\n", "authorization: Digest (struck)\r\n", "To: <sip:1@x>\r\n", "a=sendrecv\r\n"]
        {
            assert!(shown.contains(kept), "{kept}: {shown}");
        }
        assert!(shown.contains("inline: (struck)\r\n"), "{shown}");
    }
}
