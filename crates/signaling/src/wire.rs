//! What every part of the edge shares: the time it was given, its timers, its dice, and what is to be sent.
//!
//! Nothing here touches a socket or a clock, so that every timer can be tested in no time at all.

use std::{
    cmp::Reverse,
    collections::BinaryHeap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
};

use bytes::Bytes;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde::{Deserialize, Serialize};
use terms::{LegId, TrunkId};

use crate::{Addresses, Config, Transport};

/// Round-trip estimate, longest retransmission interval, and time a message may live (RFC 3261 §17.1.1.1), in ms.
pub(crate) const T1_MS: u64 = 500;
pub(crate) const T2_MS: u64 = 4_000;
pub(crate) const T4_MS: u64 = 5_000;
pub(crate) const TRANSACTION_MS: u64 = 64 * T1_MS;

/// Which way a message came and its answer goes; on a stream the remote address names the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Flow {
    pub(crate) transport: Transport,
    pub(crate) remote: SocketAddr,
}

impl Flow {
    pub(crate) const fn is_reliable(&self) -> bool {
        !matches!(self.transport, Transport::Udp)
    }
}

/// Who asked for a host name's addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Trunk(TrunkId),
    Leg(LegId),
}

#[derive(Debug)]
pub(crate) enum Output {
    Send {
        flow: Flow,
        bytes: Bytes,
    },
    /// A browser's socket that nobody may use any more.
    Close {
        flow: Flow,
    },
    Resolve {
        asker: Asker,
        host: String,
        port: u16,
    },
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Timer {
    ServerRetransmit(u64),
    ServerEnd(u64),
    ClientRetransmit(u64, bool),
    ClientEnd(u64, bool),
    Leg(LegId, LegTimer, u32),
    Binding(String),
    TrunkRegister(TrunkId, u32),
    TrunkResolve(TrunkId, u32),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LegTimer {
    /// Nobody acknowledged our 2xx.
    Unacknowledged,
    /// Say the last provisional answer again, so that proxies keep waiting (RFC 3261 §13.3.1.1).
    Provisional,
    /// Nobody answered their INVITE, or our CANCEL, for far too long.
    Abandoned,
    /// Half of the session interval is over, and we refresh.
    Refresh,
    /// The session interval is over.
    Expired,
    /// Try our re-INVITE again after 491.
    Reoffer,
    /// The connection broke and the phone has not come back.
    FlowLost,
}

struct Entry {
    at: u64,
    order: u64,
    timer: Timer,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        (self.at, self.order) == (other.at, other.order)
    }
}
impl Eq for Entry {}
impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Entry {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

/// The addresses we go by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Local {
    pub(crate) udp: SocketAddr,
    pub(crate) tcp: Option<SocketAddr>,
    pub(crate) tls: Option<SocketAddr>,
    pub(crate) external: Option<IpAddr>,
    /// The address of the interface that leads outward, for listening on all of them.
    pub(crate) outward: IpAddr,
}

impl Local {
    pub(crate) fn of(config: &Config, addresses: &Addresses, outward: IpAddr) -> Self {
        let Addresses { udp, tcp, tls } = *addresses;
        Self { udp, tcp, tls, external: config.external_address, outward }
    }

    /// The address a party over there reaches us under.
    pub(crate) fn advertised(&self, flow: &Flow) -> SocketAddr {
        let bound = match flow.transport {
            // A browser sends everything on its socket, whatever stands here.
            Transport::Udp | Transport::Ws => self.udp,
            Transport::Tcp => self.tcp.unwrap_or(self.udp),
            Transport::Tls => self.tls.or(self.tcp).unwrap_or(self.udp),
        };
        let ip = match self.external {
            Some(external) if !flow.remote.ip().is_loopback() => external,
            _ if !bound.ip().is_unspecified() => bound.ip(),
            _ if flow.remote.ip().is_loopback() => IpAddr::V4(Ipv4Addr::LOCALHOST),
            _ => self.outward,
        };
        SocketAddr::new(ip, bound.port())
    }

    pub(crate) fn is_ours(&self, host: &str, realm: &str) -> bool {
        let ip = host.parse::<IpAddr>().ok();
        host.eq_ignore_ascii_case(realm)
            || host.eq_ignore_ascii_case("localhost")
            || ip.is_some_and(|ip| {
                ip == self.udp.ip()
                    || ip.is_loopback()
                    || ip == self.outward
                    || Some(ip) == self.external
                    || self.tcp.is_some_and(|tcp| tcp.ip() == ip)
            })
    }
}

pub(crate) struct Wire {
    /// Milliseconds since the start.
    pub(crate) now: u64,
    pub(crate) out: Vec<Output>,
    pub(crate) local: Local,
    timers: BinaryHeap<Reverse<Entry>>,
    order: u64,
    rng: StdRng,
}

impl Wire {
    pub(crate) fn new(local: Local, seed: [u8; 32]) -> Self {
        Self {
            now: 0,
            out: Vec::new(),
            local,
            timers: BinaryHeap::new(),
            order: 0,
            rng: StdRng::from_seed(seed),
        }
    }

    pub(crate) fn send(&mut self, flow: Flow, bytes: Bytes) {
        self.out.push(Output::Send { flow, bytes });
    }

    pub(crate) fn after(&mut self, ms: u64, timer: Timer) {
        self.order += 1;
        self.timers.push(Reverse(Entry { at: self.now + ms, order: self.order, timer }));
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.timers.peek().map(|Reverse(entry)| entry.at)
    }

    pub(crate) fn due(&mut self) -> Option<Timer> {
        if self.next_deadline()? > self.now {
            return None;
        }
        self.timers.pop().map(|Reverse(entry)| entry.timer)
    }

    #[cfg(test)]
    pub(crate) fn timers_waiting(&self) -> usize {
        self.timers.len()
    }

    pub(crate) fn random(&mut self) -> u64 {
        self.rng.random()
    }

    pub(crate) fn random_below(&mut self, bound: u64) -> u64 {
        self.rng.random_range(0..bound.max(1))
    }

    /// A fresh tag, 64 bits wide so that nobody guesses it.
    pub(crate) fn tag(&mut self) -> String {
        format!("{:016x}", self.random())
    }

    pub(crate) fn call_id(&mut self) -> String {
        format!("{:016x}{:016x}", self.random(), self.random())
    }

    pub(crate) fn secret(&mut self) -> [u8; 32] {
        self.rng.random()
    }
}
