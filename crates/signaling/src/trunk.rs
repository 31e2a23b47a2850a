//! Providers' lines: whose calls are let in, where ours go, and our registration there.

use std::net::{IpAddr, SocketAddr};

use terms::TrunkId;

use crate::{
    Transport, Trunk,
    wire::{Asker, Flow, Output, Timer, Wire},
};

/// How often a trunk's host name is looked up again, and how soon after a failure, in ms.
const RESOLVE_MS: u64 = 300_000;
const RESOLVE_AGAIN_MS: u64 = 15_000;

pub(crate) struct Line {
    pub(crate) trunk: Trunk,
    /// As it was given, to see whether it changed.
    asked: Trunk,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) calls: u32,
    pub(crate) registration: Registration,
    /// Timers of an older setting do nothing.
    pub(crate) generation: u32,
}

/// Our registration at the provider.
#[derive(Clone, Debug, Default)]
pub(crate) struct Registration {
    pub(crate) call_id: String,
    pub(crate) tag: String,
    pub(crate) cseq: u32,
    pub(crate) proven: bool,
    pub(crate) expires_seconds: u32,
    pub(crate) failures: u32,
}

impl Line {
    pub(crate) fn flow(&self) -> Option<Flow> {
        self.addresses.first().map(|remote| Flow { transport: self.trunk.transport, remote: *remote })
    }

    /// The trunk's domain, as it stands in addresses.
    pub(crate) fn domain(&self) -> String {
        let host = match self.trunk.host.parse::<IpAddr>() {
            Ok(IpAddr::V6(ip)) => format!("[{ip}]"),
            _ => self.trunk.host.clone(),
        };
        if self.trunk.port == 5060 { host } else { format!("{host}:{}", self.trunk.port) }
    }

    fn allows(&self, ip: IpAddr) -> bool {
        self.trunk.allow_from.iter().any(|network| network.contains(ip))
            || self.trunk.register && self.addresses.iter().any(|address| address.ip() == ip)
    }
}

#[derive(Default)]
pub(crate) struct Trunks {
    lines: Vec<Line>,
}

impl Trunks {
    /// Takes the organization's trunks; those that are gone come back, so that we sign off there.
    pub(crate) fn set(&mut self, wire: &mut Wire, trunks: &[Trunk]) -> Vec<Line> {
        let mut former = std::mem::take(&mut self.lines);
        for trunk in trunks {
            let known = former.iter().position(|line| line.trunk.id == trunk.id);
            let line = match known.map(|at| former.remove(at)) {
                Some(line) if line.asked == *trunk => line,
                Some(line) => Self::renew(wire, trunk, line.generation + 1, line.calls),
                None => Self::renew(wire, trunk, 0, 0),
            };
            self.lines.push(line);
        }
        former
    }

    fn renew(wire: &mut Wire, trunk: &Trunk, generation: u32, calls: u32) -> Line {
        let registration = Registration {
            call_id: wire.call_id(),
            tag: wire.tag(),
            expires_seconds: 600,
            ..Registration::default()
        };
        let (asked, addresses) = (trunk.clone(), Vec::new());
        let mut line = Line { trunk: asked.clone(), asked, addresses, calls, registration, generation };
        let port = match (trunk.port, trunk.transport) {
            (0, Transport::Tls) => 5061,
            (0, Transport::Udp | Transport::Tcp | Transport::Ws) => 5060,
            (port, _) => port,
        };
        line.trunk.port = port;
        match trunk.host.parse::<IpAddr>() {
            Ok(ip) => line.addresses.push(SocketAddr::new(ip, port)),
            Err(_) => wire.after(0, Timer::TrunkResolve(trunk.id, generation)),
        }
        if trunk.register {
            wire.after(0, Timer::TrunkRegister(trunk.id, generation));
        }
        line
    }

    pub(crate) fn get(&self, id: TrunkId) -> Option<&Line> {
        self.lines.iter().find(|line| line.trunk.id == id)
    }

    pub(crate) fn get_mut(&mut self, id: TrunkId) -> Option<&mut Line> {
        self.lines.iter_mut().find(|line| line.trunk.id == id)
    }

    /// The trunk a request comes from.
    /// Several may share an address: the one whose own address and port it is goes first, then the first that allows it.
    pub(crate) fn by_source(&self, flow: &Flow) -> Option<TrunkId> {
        let ip = flow.remote.ip();
        let allowing = || self.lines.iter().filter(|line| line.allows(ip));
        let exact = allowing().find(|line| line.addresses.contains(&flow.remote));
        exact.or_else(|| allowing().next()).map(|line| line.trunk.id)
    }

    /// The name a far end must prove to have, on TLS.
    pub(crate) fn name_of(&self, flow: &Flow) -> Option<String> {
        let line = self.lines.iter().find(|line| line.addresses.contains(&flow.remote))?;
        Some(line.trunk.host.clone())
    }

    pub(crate) fn look_up(&self, wire: &mut Wire, id: TrunkId, generation: u32) {
        let Some(line) = self.get(id).filter(|line| line.generation == generation) else { return };
        let (host, port) = (line.trunk.host.clone(), line.trunk.port);
        wire.out.push(Output::Resolve { asker: Asker::Trunk(id), host, port });
    }

    pub(crate) fn resolved(&mut self, wire: &mut Wire, id: TrunkId, addresses: Vec<SocketAddr>) {
        let Some(line) = self.get_mut(id) else { return };
        let again = if addresses.is_empty() { RESOLVE_AGAIN_MS } else { RESOLVE_MS };
        wire.after(again, Timer::TrunkResolve(id, line.generation));
        if addresses.is_empty() {
            tracing::warn!(trunk.id = %id, "the trunk's host name has no address");
        } else {
            line.addresses = addresses;
        }
    }
}

/// What a URI says of its transport; UDP goes without saying.
pub(crate) const fn transport_param(transport: Transport) -> &'static str {
    match transport {
        Transport::Udp => "",
        Transport::Tcp => ";transport=tcp",
        Transport::Tls => ";transport=tls",
        Transport::Ws => ";transport=ws",
    }
}
