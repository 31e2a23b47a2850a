//! The phone's one owning task: sockets, timers, transactions and calls by value.

use std::{
    collections::{BTreeMap, VecDeque},
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::{net::UdpSocket, sync::mpsc};

use super::{
    call::{Call, Deed, Side},
    config::PhoneConfig,
    digest::Challenge,
    message::Message,
    order::{Order, Reply},
    transaction::{Client, Due, GIVE_UP, Purpose, Server},
    wire::Wire,
};
use crate::stage::{
    clock,
    error::{Result, StageError},
    voice::{Says, Voice},
};

/// Lines of the message log that are kept for a story that fails.
const TRACE: usize = 400;
const FAR: Duration = Duration::from_secs(3600);

/// What went over the wire, newest last.
#[derive(Clone, Default)]
pub(super) struct Trace(Arc<Mutex<VecDeque<String>>>);

impl Trace {
    fn note(&self, arrow: &str, peer: SocketAddr, octets: &[u8]) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() >= TRACE {
            lines.pop_front();
        }
        lines.push_back(format!("{arrow} {peer}\n{}", String::from_utf8_lossy(octets)));
    }
    pub(super) fn text(&self) -> String {
        let lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        lines.iter().map(|line| format!("{line}\n")).collect()
    }
}

/// The challenge a server last gave us, and how often its nonce was used.
pub(super) struct Known {
    pub challenge: Challenge,
    pub proxy: bool,
    pub count: u32,
}

pub(super) struct Registration {
    pub call_id: String,
    pub tag: String,
    pub cseq: u32,
    /// When to register again by itself, and for how many seconds.
    pub again: Option<(Instant, u32)>,
}

pub(super) struct Endpoint {
    pub config: PhoneConfig,
    pub socket: UdpSocket,
    pub local: SocketAddr,
    pub orders: mpsc::Receiver<Order>,
    /// For the calls we hand out; weak, so that the phone ends with its last face.
    pub orders_in: mpsc::WeakSender<Order>,
    pub calls_in: mpsc::Sender<Call>,
    pub calls: BTreeMap<u64, Wire>,
    pub next_call: u64,
    pub clients: Vec<Client>,
    pub servers: Vec<Server>,
    pub registration: Registration,
    pub known: Option<Known>,
    pub vanished: bool,
    pub trace: Trace,
    pub address: tokio::sync::watch::Sender<SocketAddr>,
}

enum Happened {
    Order(Option<Order>),
    Datagram(std::io::Result<(usize, SocketAddr)>),
}

pub(super) fn token() -> String {
    format!("{:016x}", rand::random::<u64>())
}

impl Endpoint {
    pub(super) async fn run(mut self) {
        let mut octets = vec![0u8; 65_536];
        loop {
            let wake = self.wake();
            let happened = async {
                tokio::select! {
                    order = self.orders.recv() => Happened::Order(order),
                    received = self.socket.recv_from(&mut octets) => Happened::Datagram(received),
                }
            };
            match tokio::time::timeout_at(wake.into(), happened).await {
                Ok(Happened::Order(Some(order))) => self.order(order).await,
                Ok(Happened::Order(None)) => return,
                Ok(Happened::Datagram(Ok((length, from)))) if !self.vanished => {
                    self.receive(&octets[..length], from).await;
                }
                Ok(Happened::Datagram(_)) | Err(_) => {}
            }
            self.turn(clock::now()).await;
        }
    }

    async fn receive(&mut self, octets: &[u8], from: SocketAddr) {
        self.trace.note("<-", from, octets);
        let Some(message) = Message::read(octets) else { return };
        if message.method().is_empty() {
            self.answered(message).await;
        } else {
            self.asked(message, from).await;
        }
    }

    /// Does whatever is due.
    async fn turn(&mut self, now: Instant) {
        for index in (0..self.clients.len()).rev() {
            match self.clients[index].due(now) {
                Due::Nothing => {}
                Due::Resend => {
                    let (octets, to) = (self.clients[index].message.write(), self.clients[index].to);
                    self.send(&octets, to).await;
                }
                Due::Over => {
                    let client = self.clients.swap_remove(index);
                    if !client.done {
                        self.unanswered(client);
                    }
                }
            }
        }
        for index in (0..self.servers.len()).rev() {
            match self.servers[index].due(now) {
                Due::Nothing => {}
                Due::Resend => self.repeat(index).await,
                Due::Over => drop(self.servers.swap_remove(index)),
            }
        }
        self.calls.retain(|_, call| call.over.is_none_or(|at| now < at + GIVE_UP));
        let ids: Vec<u64> = self.calls.keys().copied().collect();
        for id in ids {
            self.turn_call(id, now).await;
        }
        if let Some((at, seconds)) = self.registration.again
            && at <= now
        {
            self.register(seconds, None).await;
        }
    }

    async fn turn_call(&mut self, id: u64, now: Instant) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some((octets, to)) = call.repeat_final(now) {
            self.send(&octets, to).await;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.answer_at.is_some_and(|at| at <= now) {
            call.answer_at = None;
            let (reply, _) = tokio::sync::oneshot::channel();
            self.act(id, Deed::Answer, reply).await;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        if let Some((at, every)) = call.refresh
            && at <= now
        {
            call.refresh = Some((now + every, every));
            let flow = call.flow;
            let (reply, _) = tokio::sync::oneshot::channel();
            self.act(id, Deed::Reoffer(flow), reply).await;
        }
    }

    fn wake(&self) -> Instant {
        let clients = self.clients.iter().map(Client::wake);
        let servers = self.servers.iter().map(Server::wake);
        let calls = self.calls.values().filter_map(Wire::wake);
        let registration = self.registration.again.map(|(at, _)| at);
        clients.chain(servers).chain(calls).chain(registration).min().unwrap_or_else(|| clock::now() + FAR)
    }

    pub(super) async fn send(&self, octets: &[u8], to: SocketAddr) {
        if self.vanished {
            return;
        }
        self.trace.note("->", to, octets);
        // A datagram that cannot be sent is a lost one; the timers see to it.
        let _ = self.socket.send_to(octets, to).await;
    }

    async fn repeat(&mut self, index: usize) {
        if let Some(octets) = self.servers[index].response.clone() {
            let to = self.servers[index].to;
            self.send(&octets, to).await;
        }
    }

    /// Adds what every request of ours carries, and sends it as a transaction of its own.
    pub(super) async fn request(&mut self, message: Message, to: SocketAddr, purpose: Purpose) {
        self.request_again(message, to, purpose, 0).await;
    }

    pub(super) async fn request_again(
        &mut self,
        message: Message,
        to: SocketAddr,
        purpose: Purpose,
        tries: u8,
    ) {
        let message = self.finished(message);
        self.send(&message.write(), to).await;
        self.clients.push(Client::new(message, to, purpose, tries, clock::now()));
    }

    /// Puts Via, Contact and, where the server is known to ask for it, the credentials on a request.
    pub(super) fn finished(&mut self, mut message: Message) -> Message {
        let via = format!("SIP/2.0/UDP {};branch=z9hG4bK{};rport", self.local, token());
        message.headers.retain(|(name, _)| name != "Via");
        message.headers.insert(0, ("Via".into(), via));
        if message.header("Contact").is_none() && message.method() != "BYE" {
            message = message.with("Contact", self.contact());
        }
        self.authorise(&mut message);
        message.with("User-Agent", "Tandem test phone")
    }

    pub(super) fn contact(&self) -> String {
        format!("<sip:{}@{}>", self.config.user.replace('#', "%23"), self.local)
    }

    pub(super) fn authorise(&mut self, message: &mut Message) {
        let (Some(known), Some(password)) = (&mut self.known, &self.config.password) else { return };
        if matches!(message.method(), "ACK" | "CANCEL") {
            return;
        }
        known.count += 1;
        let name = if known.proxy { "Proxy-Authorization" } else { "Authorization" };
        let (method, uri) = (message.method().to_owned(), message.uri().to_owned());
        let value =
            known.challenge.answer(&self.config.user, password, &method, &uri, known.count, &token()[..8]);
        message.set(name, value);
    }

    /// Answers a request, and remembers the answer for when it is asked again.
    pub(super) async fn answer(&mut self, request: &Message, mut answer: Message) -> Vec<u8> {
        if (200..300).contains(&answer.status()) && request.method() != "BYE" {
            answer = answer.with("Allow", ALLOW);
        }
        let octets = answer.write();
        let now = clock::now();
        let index = self.server_of(request);
        let to = index.map(|index| {
            self.servers[index].answered(octets.clone(), answer.status(), now);
            self.servers[index].to
        });
        if let Some(to) = to {
            self.send(&octets, to).await;
        }
        octets
    }

    pub(super) fn server_of(&self, request: &Message) -> Option<usize> {
        self.servers
            .iter()
            .position(|server| server.branch == request.branch() && server.method == request.method())
    }

    /// A voice of our own for a new call; it stays silent until somebody is agreed on.
    pub(super) fn voice(&self) -> Result<Voice> {
        if self.config.sound_elsewhere {
            return Voice::elsewhere(self.local.ip());
        }
        Voice::start(self.local.ip(), Says::Pilot(self.config.pilot))
    }

    /// An order whose request was never answered.
    fn unanswered(&mut self, client: Client) {
        let late = || StageError::Refused {
            what: client.message.method().to_owned(),
            status: 408,
            reason: "nobody answered".into(),
        };
        match client.purpose {
            Purpose::Register(Some(reply)) => drop(reply.send(Err(late()))),
            Purpose::Probe(Some(reply)) => drop(reply.send(Err(late()))),
            Purpose::Invite { call } | Purpose::Bye { call } => {
                self.end(call, Side::Nobody, 408, "nobody answered")
            }
            Purpose::Reoffer { call, reply, .. } => {
                if let Some(call) = self.calls.get_mut(&call) {
                    call.offering = false;
                }
                tell(reply, Err(late()));
            }
            Purpose::Plain { reply, .. } => tell(reply, Err(late())),
            Purpose::Register(None) | Purpose::Probe(None) | Purpose::Idle => {}
        }
    }

    pub(super) fn end(&mut self, id: u64, by: Side, status: u16, reason: &str) {
        if let Some(call) = self.calls.get_mut(&id) {
            call.end(by, status, reason);
        }
    }

    pub(super) fn call_of(&self, request: &Message) -> Option<u64> {
        self.calls.iter().find(|(_, call)| call.is(request)).map(|(id, _)| *id)
    }
}

pub(super) const ALLOW: &str = "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REFER, NOTIFY, UPDATE";

pub(super) fn tell<T>(reply: Option<Reply<T>>, answer: Result<T>) {
    if let Some(reply) = reply {
        // Whoever asked may have stopped waiting.
        let _ = reply.send(answer);
    }
}
