//! Requests that came in and are being answered.

use std::collections::HashMap;

use bytes::Bytes;
use terms::LegId;

use crate::{
    message::{self, Headers, Method, Request, Via, name, phrase, split_list},
    wire::{Flow, T1_MS, T2_MS, T4_MS, TRANSACTION_MS, Timer, Wire},
};

/// An answer before it is addressed.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Headers::default(), body: Vec::new() }
    }
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push(name, value);
        self
    }
    pub(crate) fn with_sdp(mut self, body: &str) -> Self {
        self.headers.push(name::CONTENT_TYPE, "application/sdp");
        self.body = body.as_bytes().to_vec();
        self
    }
}

/// What an answer repeats of its request (RFC 3261 §8.2.6), and where it goes.
#[derive(Clone, Debug)]
pub(crate) struct Echo {
    flow: Flow,
    vias: Vec<String>,
    record_routes: Vec<String>,
    from: String,
    to: String,
    to_has_tag: bool,
    call_id: String,
    cseq: String,
}

impl Echo {
    pub(crate) fn of(headers: &Headers, flow: Flow) -> Self {
        let text = |name: &str| headers.get(name).unwrap_or("").to_owned();
        let mut vias: Vec<String> = headers.all(name::VIA).flat_map(split_list).map(str::to_owned).collect();
        let mut reply = flow;
        if let Some(top) = headers.via() {
            if let Some(first) = vias.first_mut() {
                *first = top.marked(flow.remote);
            }
            if !flow.is_reliable() {
                reply.remote = top.reply_to(flow.remote);
            }
        }
        Self {
            flow: reply,
            vias,
            record_routes: headers.all(name::RECORD_ROUTE).map(str::to_owned).collect(),
            from: text(name::FROM),
            to: text(name::TO),
            to_has_tag: headers.tag_of(name::TO).is_some(),
            call_id: text(name::CALL_ID),
            cseq: text(name::CSEQ),
        }
    }

    pub(crate) fn flow(&self) -> Flow {
        self.flow
    }

    pub(crate) fn write(&self, reply: &Reply, tag: Option<&str>) -> Bytes {
        let mut headers = Headers::default();
        for via in &self.vias {
            headers.push(name::VIA, via.as_str());
        }
        if reply.status > 100 && reply.status < 300 {
            for route in &self.record_routes {
                headers.push(name::RECORD_ROUTE, route.as_str());
            }
        }
        if !self.from.is_empty() {
            headers.push(name::FROM, self.from.as_str());
        }
        match tag {
            Some(tag) if !self.to_has_tag && reply.status > 100 => {
                headers.push(name::TO, format!("{};tag={tag}", self.to));
            }
            _ => headers.push(name::TO, self.to.as_str()),
        }
        // A broken request may lack them.
        for (name, value) in [(name::CALL_ID, &self.call_id), (name::CSEQ, &self.cseq)] {
            if !value.is_empty() {
                headers.push(name, value.as_str());
            }
        }
        headers.push(name::SERVER, "Tandem");
        headers.append(&reply.headers);
        let start = format!("SIP/2.0 {} {}\r\n", reply.status, phrase(reply.status));
        message::write(start, &headers, &reply.body)
    }
}

/// What tells transactions apart (RFC 3261 §17.2.3); older senders have no magic branch, and are told apart by more.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ServerKey(String);

impl ServerKey {
    /// The key of the transaction this request belongs to; ACK and CANCEL belong to their INVITE.
    pub(crate) fn of(request: &Request) -> Self {
        let method = match request.method {
            Method::Ack | Method::Cancel => "INVITE",
            _ => request.method.as_str(),
        };
        let via = request.headers.via();
        let branch = via.as_ref().map(Via::branch).unwrap_or("");
        let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
        let sent_by = via.as_ref().map_or("", |via| via.host.as_str());
        let port = via.as_ref().and_then(|via| via.port).unwrap_or(5060);
        let call_id = request.headers.get(name::CALL_ID).unwrap_or("");
        if branch.starts_with("z9hG4bK") && branch.len() > 7 {
            // The Call-ID is in the key too: some senders use a branch twice.
            Self(format!("{branch}|{sent_by}:{port}|{method}|{call_id}"))
        } else {
            let from = request.headers.get(name::FROM).unwrap_or("");
            Self(format!("|{sent_by}:{port}|{method}|{call_id}|{cseq}|{from}"))
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// No final answer yet.
    Open,
    /// A 2xx to an INVITE, sent until its ACK comes.
    Accepted,
    /// A final answer; a non-2xx to an INVITE is sent until its ACK comes.
    Completed,
    /// Acknowledged, or nothing to acknowledge.
    Confirmed,
}

struct Server {
    key: ServerKey,
    echo: Echo,
    is_invite: bool,
    state: State,
    last: Option<Bytes>,
    interval: u64,
    leg: Option<LegId>,
    merge: Option<String>,
}

#[derive(Default)]
pub(crate) struct Servers {
    open: HashMap<u64, Server>,
    keys: HashMap<ServerKey, u64>,
    /// INVITEs by Call-ID, From tag and CSeq: the same one by two ways is a loop (RFC 3261 §8.2.2.2).
    merges: HashMap<String, u64>,
}

impl Servers {
    pub(crate) fn find(&self, key: &ServerKey) -> Option<u64> {
        self.keys.get(key).copied()
    }

    pub(crate) fn leg(&self, id: u64) -> Option<LegId> {
        self.open.get(&id).and_then(|server| server.leg)
    }

    pub(crate) fn is_open(&self, id: u64) -> bool {
        self.open.get(&id).is_some_and(|server| server.state == State::Open)
    }

    pub(crate) fn is_merged(&self, request: &Request) -> bool {
        self.merges.contains_key(&merge_key(request))
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    pub(crate) fn begin(
        &mut self,
        wire: &mut Wire,
        request: &Request,
        flow: Flow,
        leg: Option<LegId>,
    ) -> u64 {
        let id = wire.random();
        let key = ServerKey::of(request);
        let merge = (request.method == Method::Invite).then(|| merge_key(request));
        self.keys.insert(key.clone(), id);
        if let Some(merge) = &merge {
            self.merges.insert(merge.clone(), id);
        }
        let server = Server {
            key,
            echo: Echo::of(&request.headers, flow),
            is_invite: request.method == Method::Invite,
            state: State::Open,
            last: None,
            interval: T1_MS,
            leg,
            merge,
        };
        self.open.insert(id, server);
        id
    }

    /// Answers; a second final answer is not sent.
    pub(crate) fn reply(&mut self, wire: &mut Wire, id: u64, reply: &Reply, tag: Option<&str>) {
        let Some(server) = self.open.get_mut(&id) else { return };
        if server.state != State::Open {
            return;
        }
        let flow = server.echo.flow();
        let bytes = server.echo.write(reply, tag);
        server.last = Some(bytes.clone());
        wire.send(flow, bytes);
        if reply.status < 200 {
            return;
        }
        let accepted = server.is_invite && reply.status < 300;
        server.state = if accepted { State::Accepted } else { State::Completed };
        // A 2xx is sent again on any transport, since its ACK comes end to end (RFC 3261 §13.3.1.4).
        if server.is_invite && (accepted || !flow.is_reliable()) {
            wire.after(T1_MS, Timer::ServerRetransmit(id));
        }
        let lingers = if server.is_invite || !flow.is_reliable() { TRANSACTION_MS } else { T4_MS };
        wire.after(lingers, Timer::ServerEnd(id));
    }

    /// The request came again.
    pub(crate) fn repeat(&mut self, wire: &mut Wire, id: u64) {
        if let Some(server) = self.open.get(&id)
            && let Some(last) = &server.last
        {
            wire.send(server.echo.flow(), last.clone());
        }
    }

    /// An ACK that belongs to a refused INVITE; false when it belongs elsewhere.
    pub(crate) fn ack_refusal(&mut self, wire: &mut Wire, id: u64) -> bool {
        match self.open.get_mut(&id) {
            Some(server) if server.state == State::Completed => {
                server.state = State::Confirmed;
                wire.after(T4_MS, Timer::ServerEnd(id));
                true
            }
            Some(server) => server.state == State::Confirmed,
            None => false,
        }
    }

    /// The ACK of a 2xx came.
    pub(crate) fn acked(&mut self, wire: &mut Wire, id: u64) {
        if let Some(server) = self.open.get_mut(&id) {
            server.state = State::Confirmed;
            // Late repetitions of the INVITE are absorbed for a little longer.
            wire.after(T4_MS, Timer::ServerEnd(id));
        }
    }

    pub(crate) fn retransmit(&mut self, wire: &mut Wire, id: u64) {
        let Some(server) = self.open.get_mut(&id) else { return };
        if !matches!(server.state, State::Accepted | State::Completed) {
            return;
        }
        server.interval = (server.interval * 2).min(T2_MS);
        let (flow, interval) = (server.echo.flow(), server.interval);
        if let Some(last) = server.last.clone() {
            wire.send(flow, last);
        }
        wire.after(interval, Timer::ServerRetransmit(id));
    }

    pub(crate) fn end(&mut self, id: u64) {
        if let Some(server) = self.open.remove(&id) {
            self.keys.remove(&server.key);
            if let Some(merge) = server.merge
                && self.merges.get(&merge) == Some(&id)
            {
                self.merges.remove(&merge);
            }
        }
    }
}

fn merge_key(request: &Request) -> String {
    let tag = request.headers.tag_of(name::FROM).unwrap_or_default();
    let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
    format!("{}|{tag}|{cseq}", request.headers.get(name::CALL_ID).unwrap_or(""))
}
