//! Requests of ours that wait for their answer.

use std::collections::HashMap;

use bytes::Bytes;
use terms::{LegId, TrunkId};

use crate::{
    message::{Headers, Method, Request, Response, name},
    wire::{Flow, T1_MS, T2_MS, TRANSACTION_MS, Timer, Wire},
};

/// How long an INVITE that rings is waited for (Timer C, RFC 3261 §16.6), in ms.
const RINGING_MS: u64 = 190_000;

/// What the answer is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    Dial(LegId),
    Reoffer(LegId),
    Refresh(LegId),
    Bye(LegId),
    /// Whether the far end can still be reached.
    Probe(LegId),
    Notify,
    Register(TrunkId),
    /// OPTIONS that somebody looks at.
    Ping(TrunkId),
    /// Nobody waits for it.
    Farewell,
}

impl Purpose {
    pub(crate) const fn leg(&self) -> Option<LegId> {
        match self {
            Self::Dial(leg) | Self::Reoffer(leg) | Self::Refresh(leg) | Self::Bye(leg) | Self::Probe(leg) => {
                Some(*leg)
            }
            Self::Notify | Self::Register(_) | Self::Ping(_) | Self::Farewell => None,
        }
    }
}

/// An answer, or the lack of one, for the dialogs to act on.
pub(crate) struct Arrived {
    pub(crate) id: u64,
    pub(crate) purpose: Purpose,
    pub(crate) response: Response,
    /// The request, once it is finally answered, so that it can be sent again with proof.
    pub(crate) request: Option<Request>,
    pub(crate) flow: Flow,
    /// Nothing came from the far end: the status was made here.
    pub(crate) timed_out: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Calling,
    Proceeding,
    /// 2xx to an INVITE: more may come, from other forks too.
    Accepted,
    Completed,
}

struct Client {
    request: Request,
    bytes: Bytes,
    flow: Flow,
    purpose: Purpose,
    state: State,
    interval: u64,
    deadline: u64,
    /// What acknowledged a final answer, by To tag.
    acks: Vec<(String, Flow, Bytes)>,
}

#[derive(Default)]
pub(crate) struct Clients {
    /// By branch, CANCELs apart from the INVITE whose branch they share.
    open: HashMap<(u64, bool), Client>,
}

impl Clients {
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.open.len()
    }

    /// Sends a request, which has no Via yet; the answer comes from [`Clients::response`].
    pub(crate) fn send(&mut self, wire: &mut Wire, request: Request, flow: Flow, purpose: Purpose) -> u64 {
        let id = wire.random();
        self.send_as(wire, (id, false), request, flow, purpose);
        id
    }

    fn send_as(
        &mut self,
        wire: &mut Wire,
        key: (u64, bool),
        mut request: Request,
        flow: Flow,
        purpose: Purpose,
    ) {
        request.headers.push_first(name::VIA, via(wire, &flow, key.0));
        let bytes = request.write();
        wire.send(flow, bytes.clone());
        if !flow.is_reliable() {
            wire.after(T1_MS, Timer::ClientRetransmit(key.0, key.1));
        }
        wire.after(TRANSACTION_MS, Timer::ClientEnd(key.0, key.1));
        let deadline = wire.now + TRANSACTION_MS;
        let client = Client {
            request,
            bytes,
            flow,
            purpose,
            state: State::Calling,
            interval: T1_MS,
            deadline,
            acks: Vec::new(),
        };
        self.open.insert(key, client);
    }

    /// Whether a CANCEL may be sent already: only after a provisional answer (RFC 3261 §9.1).
    pub(crate) fn is_proceeding(&self, id: u64) -> bool {
        self.open.get(&(id, false)).is_some_and(|client| client.state == State::Proceeding)
    }

    pub(crate) fn cancel(&mut self, wire: &mut Wire, id: u64, reason: Option<String>) {
        let Some(client) = self.open.get_mut(&(id, false)) else { return };
        // The far end has 32 s to answer the INVITE now.
        client.deadline = client.deadline.min(wire.now + TRANSACTION_MS);
        let mut cancel = Request::new(Method::Cancel, client.request.uri.clone());
        copy(
            &client.request.headers,
            &mut cancel.headers,
            &[name::ROUTE, name::FROM, name::TO, name::CALL_ID],
        );
        let cseq = client.request.headers.cseq().map_or(1, |(number, _)| number);
        cancel = cancel.with(name::CSEQ, format!("{cseq} CANCEL")).with(name::MAX_FORWARDS, "70");
        if let Some(reason) = reason {
            cancel = cancel.with(name::REASON, reason);
        }
        let flow = client.flow;
        wire.after(TRANSACTION_MS, Timer::ClientEnd(id, false));
        self.send_as(wire, (id, true), cancel, flow, Purpose::Farewell);
    }

    /// Takes an answer in; what the dialogs must know of it comes back.
    pub(crate) fn response(&mut self, wire: &mut Wire, response: Response) -> Option<Arrived> {
        let branch = response.headers.via()?;
        let id = u64::from_str_radix(branch.branch().strip_prefix("z9hG4bK")?, 16).ok()?;
        let (_, method) = response.headers.cseq()?;
        let key = (id, method == "CANCEL");
        let client = self.open.get_mut(&key)?;
        if client.request.method.as_str() != method {
            return None;
        }
        let is_invite = client.request.method == Method::Invite;
        let arrived = |client: &Client, response, request| Arrived {
            id,
            purpose: client.purpose.clone(),
            response,
            request,
            flow: client.flow,
            timed_out: false,
        };
        let status = response.status;
        match (client.state, status) {
            (State::Calling | State::Proceeding, 100..200) => {
                if is_invite && client.state == State::Calling {
                    client.deadline = wire.now + RINGING_MS;
                    wire.after(RINGING_MS, Timer::ClientEnd(key.0, key.1));
                }
                client.state = State::Proceeding;
                Some(arrived(client, response, None))
            }
            (State::Calling | State::Proceeding | State::Accepted, 200..300) if is_invite => {
                let tag = response.headers.tag_of(name::TO).unwrap_or_default();
                if let Some((_, flow, ack)) = client.acks.iter().find(|(known, _, _)| *known == tag) {
                    wire.send(*flow, ack.clone());
                    return None;
                }
                client.state = State::Accepted;
                client.deadline = wire.now + TRANSACTION_MS;
                wire.after(TRANSACTION_MS, Timer::ClientEnd(key.0, key.1));
                let request = Some(client.request.clone());
                Some(arrived(client, response, request))
            }
            (State::Calling | State::Proceeding, 300..) if is_invite => {
                let ack = ack_refusal(&client.request, &response);
                wire.send(client.flow, ack.clone());
                client.acks.push((String::new(), client.flow, ack));
                client.state = State::Completed;
                client.deadline = wire.now + TRANSACTION_MS;
                wire.after(TRANSACTION_MS, Timer::ClientEnd(key.0, key.1));
                let request = Some(client.request.clone());
                Some(arrived(client, response, request))
            }
            (State::Completed, 300..) if is_invite => {
                if let Some((_, flow, ack)) = client.acks.first() {
                    wire.send(*flow, ack.clone());
                }
                None
            }
            (State::Calling | State::Proceeding, 200..) => {
                let client = self.open.remove(&key)?;
                let mut arrived = arrived(&client, response, None);
                arrived.request = Some(client.request);
                Some(arrived)
            }
            _ => None,
        }
    }

    /// Remembers what acknowledged a 2xx, for when it comes again.
    pub(crate) fn acknowledge(&mut self, wire: &mut Wire, id: u64, tag: &str, flow: Flow, ack: Bytes) {
        wire.send(flow, ack.clone());
        if let Some(client) = self.open.get_mut(&(id, false)) {
            client.acks.push((tag.to_owned(), flow, ack));
        }
    }

    pub(crate) fn retransmit(&mut self, wire: &mut Wire, id: u64, cancel: bool) {
        let Some(client) = self.open.get_mut(&(id, cancel)) else { return };
        let is_invite = client.request.method == Method::Invite;
        let again = match client.state {
            State::Calling => true,
            State::Proceeding => !is_invite,
            State::Accepted | State::Completed => false,
        };
        if !again {
            return;
        }
        client.interval = if is_invite { client.interval * 2 } else { (client.interval * 2).min(T2_MS) };
        wire.send(client.flow, client.bytes.clone());
        wire.after(client.interval, Timer::ClientRetransmit(id, cancel));
    }

    /// The time is over: of a request that was never answered, or of one that was and lingers.
    pub(crate) fn end(&mut self, wire: &mut Wire, id: u64, cancel: bool) -> Option<Arrived> {
        let key = (id, cancel);
        if self.open.get(&key)?.deadline > wire.now {
            return None;
        }
        self.give_up(key)
    }

    /// The way is broken: nothing will come any more.
    pub(crate) fn give_up_flow(&mut self, flow: Flow) -> Vec<Arrived> {
        let keys: Vec<_> =
            self.open.iter().filter(|(_, client)| client.flow == flow).map(|(key, _)| *key).collect();
        keys.into_iter().filter_map(|key| self.give_up(key)).collect()
    }

    fn give_up(&mut self, key: (u64, bool)) -> Option<Arrived> {
        let client = self.open.remove(&key)?;
        match client.state {
            State::Accepted | State::Completed => None,
            State::Calling | State::Proceeding => Some(Arrived {
                id: key.0,
                purpose: client.purpose,
                response: Response { status: 408, headers: Headers::default(), body: Vec::new() },
                request: None,
                flow: client.flow,
                timed_out: true,
            }),
        }
    }
}

pub(crate) fn via(wire: &Wire, flow: &Flow, id: u64) -> String {
    let transport = match flow.transport {
        crate::Transport::Udp => "UDP",
        crate::Transport::Tcp => "TCP",
        crate::Transport::Tls => "TLS",
        crate::Transport::Ws => "WS",
    };
    format!("SIP/2.0/{transport} {};rport;branch=z9hG4bK{id:016x}", wire.local.advertised(flow))
}

fn copy(from: &Headers, to: &mut Headers, names: &[&'static str]) {
    for name in names {
        for value in from.all(name) {
            to.push(name, value);
        }
    }
}

/// The ACK of a refusal goes the way of its INVITE (RFC 3261 §17.1.1.3).
fn ack_refusal(request: &Request, response: &Response) -> Bytes {
    let mut ack = Request::new(Method::Ack, request.uri.clone());
    copy(&request.headers, &mut ack.headers, &[name::VIA, name::ROUTE, name::FROM]);
    copy(&response.headers, &mut ack.headers, &[name::TO]);
    copy(&request.headers, &mut ack.headers, &[name::CALL_ID]);
    let cseq = request.headers.cseq().map_or(1, |(number, _)| number);
    ack.with(name::CSEQ, format!("{cseq} ACK")).with(name::MAX_FORWARDS, "70").write()
}
