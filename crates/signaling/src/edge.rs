//! The edge itself: owns every transaction, dialog, leg, phone and trunk, and is told of everything in turn.
//!
//! It is given messages, commands and the time, and leaves behind what is to be sent and reported.

mod arrived;
mod register;
mod requests;
#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    net::SocketAddr,
};

use terms::{LegId, UserId};

use crate::{
    Config, Dial, Phonebook, Report, Transport,
    digest::Nonces,
    handle::Command,
    ladder::Witness,
    leg::{Leg, Phase},
    message::{Read, read},
    registrar::{Registrar, Turned},
    transaction::{Clients, Echo, Reply, Servers},
    trunk::Trunks,
    wire::{Asker, Flow, LegTimer, Local, Output, Timer, Wire},
};

/// How long a phone whose connection broke may come back by another, in ms.
const FLOW_LOST_MS: u64 = 2_000;

pub(crate) struct Edge {
    pub(crate) config: Config,
    pub(crate) phonebook: Phonebook,
    pub(crate) wire: Wire,
    pub(crate) servers: Servers,
    pub(crate) clients: Clients,
    pub(crate) nonces: Nonces,
    pub(crate) registrar: Registrar,
    pub(crate) trunks: Trunks,
    pub(crate) legs: HashMap<LegId, Leg>,
    /// By our tag.
    pub(crate) dialogs: HashMap<String, LegId>,
    /// Dials that wait for a host name.
    pub(crate) resolving: HashMap<LegId, Box<Dial>>,
    /// Browsers' sockets, and whose they are.
    pub(crate) sockets: HashMap<Flow, UserId>,
    /// Dialogs that somebody looks at.
    pub(crate) witnesses: Vec<Witness>,
    reports: VecDeque<Report>,
    /// The reader of the reports does not keep up: nothing new is taken in.
    crowded: bool,
}

impl Edge {
    pub(crate) fn new(config: Config, phonebook: Phonebook, local: Local, seed: [u8; 32]) -> Self {
        let mut wire = Wire::new(local, seed);
        let nonces = Nonces::new(&mut wire);
        let mut edge = Self {
            config,
            phonebook: Phonebook::default(),
            wire,
            servers: Servers::default(),
            clients: Clients::default(),
            nonces,
            registrar: Registrar::default(),
            trunks: Trunks::default(),
            legs: HashMap::new(),
            dialogs: HashMap::new(),
            resolving: HashMap::new(),
            sockets: HashMap::new(),
            witnesses: Vec::new(),
            reports: VecDeque::new(),
            crowded: false,
        };
        edge.set_phonebook(phonebook);
        edge
    }

    pub(crate) fn set_now(&mut self, now: u64) {
        self.wire.now = self.wire.now.max(now);
    }

    pub(crate) fn set_crowded(&mut self, crowded: bool) {
        self.crowded = crowded;
    }

    pub(crate) fn is_crowded(&self) -> bool {
        self.crowded
    }

    pub(crate) fn next_report(&mut self) -> Option<Report> {
        self.reports.pop_front()
    }

    pub(crate) fn give_back(&mut self, report: Report) {
        self.reports.push_front(report);
    }

    pub(crate) fn reports_waiting(&self) -> usize {
        self.reports.len()
    }

    /// How the phones of the users whose phones changed are reached now; none is not at all.
    pub(crate) fn take_reached(&mut self) -> Vec<(UserId, Option<Transport>)> {
        self.registrar.take_changed(self.wire.now)
    }

    pub(crate) fn report(&mut self, report: Report) {
        if !self.is_witnessed(&report) {
            self.reports.push_back(report);
        }
    }

    pub(crate) fn turn(&mut self, turned: impl IntoIterator<Item = Turned>) {
        for turned in turned {
            self.report(match turned {
                Turned::Reachable(user) => Report::Registered { user },
                Turned::Unreachable(user) => Report::Unregistered { user },
            });
        }
    }

    /// One datagram, or one message of a stream.
    pub(crate) fn receive(&mut self, flow: Flow, data: &[u8]) {
        self.witness(false, flow, data);
        match read(data) {
            Read::Request(request) => self.request(flow, request),
            Read::Response(response) => {
                if let Some(arrived) = self.clients.response(&mut self.wire, response) {
                    self.arrived(arrived);
                }
            }
            Read::Malformed(broken) => {
                tracing::debug!(sip.status = broken.status, "a broken request is refused");
                let echo = Echo::of(&broken.headers, flow);
                let tag = self.wire.tag();
                let bytes = echo.write(&Reply::new(broken.status), Some(&tag));
                self.wire.send(echo.flow(), bytes);
            }
            Read::Noise => {}
        }
    }

    pub(crate) fn command(&mut self, command: Command) {
        match command {
            Command::SetPhonebook(phonebook) => self.set_phonebook(phonebook),
            Command::Dial(leg, dial) => self.dial(leg, dial),
            Command::DialWitnessed(leg, dial, to) => self.dial_witnessed(leg, dial, to),
            Command::Ping(trunk, to) => self.ping(trunk, to),
            Command::Ringing(leg) => self.provisional(leg, 180, None),
            Command::EarlyMedia(leg, body) => self.provisional(leg, 183, Some(body)),
            Command::Answer(leg, body) => self.answer(leg, body),
            Command::Reject(leg, refusal) => self.reject(leg, refusal),
            Command::HangUp(leg, reason) => self.hang_up(leg, reason),
            Command::Reoffer(leg, body) => self.reoffer(leg, body),
            Command::AnswerReoffer(leg, answer) => self.answer_reoffer(leg, answer),
            Command::AnswerRefer(leg, accepted) => self.answer_refer(leg, accepted),
            Command::ReferResult(leg, ok) => self.refer_result(leg, ok),
            Command::Abandon(dialog) => self.abandon(&dialog),
            Command::Stop => {}
        }
    }

    fn set_phonebook(&mut self, phonebook: Phonebook) {
        let turned = self.registrar.set_accounts(&phonebook);
        self.turn(turned);
        let gone = self.trunks.set(&mut self.wire, &phonebook.trunks);
        for line in gone {
            self.sign_off(line);
        }
        for (flow, user) in &self.sockets {
            if !phonebook.browsers.contains(user) {
                self.wire.out.push(Output::Close { flow: *flow });
            }
        }
        self.phonebook = phonebook;
    }

    /// A browser's socket; whoever may not have one any more loses it again.
    pub(crate) fn socket_opened(&mut self, flow: Flow, user: UserId) {
        if self.phonebook.browsers.contains(&user) {
            self.sockets.insert(flow, user);
        } else {
            self.wire.out.push(Output::Close { flow });
        }
    }

    pub(crate) fn resolved(&mut self, asker: Asker, addresses: Vec<SocketAddr>) {
        match asker {
            Asker::Trunk(trunk) => {
                let first = self.trunks.get(trunk).is_some_and(|line| line.addresses.is_empty());
                self.trunks.resolved(&mut self.wire, trunk, addresses);
                if first {
                    self.register_trunk_now(trunk);
                }
            }
            Asker::Leg(leg) => self.resolved_dial(leg, &addresses),
        }
    }

    /// A stream's connection is gone.
    /// A browser's call goes on without its socket while there is sound: the socket comes back, or media tells.
    pub(crate) fn flow_closed(&mut self, flow: Flow) {
        self.sockets.remove(&flow);
        let turned = self.registrar.flow_lost(&flow);
        self.turn(turned);
        for arrived in self.clients.give_up_flow(flow) {
            self.arrived(arrived);
        }
        let mut probed = Vec::new();
        for leg in self.legs.values_mut().filter(|leg| leg.dialog.next_hop() == flow) {
            let sounds = flow.transport == Transport::Ws && leg.phase == Phase::Up;
            if leg.dialog.leave_flow() {
                probed.push(leg.id);
            } else if !sounds {
                leg.flow_lost = Some(flow);
                self.wire.after(FLOW_LOST_MS, Timer::Leg(leg.id, LegTimer::FlowLost, 0));
            }
        }
        for leg in probed {
            self.probe(leg);
        }
    }

    pub(crate) fn next_deadline(&self) -> Option<u64> {
        self.wire.next_deadline()
    }

    /// Does everything whose time has come.
    pub(crate) fn fire_due(&mut self) {
        while let Some(timer) = self.wire.due() {
            match timer {
                Timer::ServerRetransmit(id) => self.servers.retransmit(&mut self.wire, id),
                Timer::ServerEnd(id) => self.servers.end(id),
                Timer::ClientRetransmit(id, cancel) => self.clients.retransmit(&mut self.wire, id, cancel),
                Timer::ClientEnd(id, cancel) => {
                    if let Some(arrived) = self.clients.end(&mut self.wire, id, cancel) {
                        self.arrived(arrived);
                    }
                }
                Timer::Leg(leg, timer, generation) => self.leg_timer(leg, timer, generation),
                Timer::Binding(username) => self.bindings_expire(&username),
                Timer::TrunkRegister(trunk, generation) => self.register_trunk(trunk, generation),
                Timer::TrunkResolve(trunk, generation) => {
                    self.trunks.look_up(&mut self.wire, trunk, generation);
                }
            }
        }
    }

    /// Everything that is kept, for tests that look for leaks.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> [usize; 5] {
        let [legs, dialogs] = [self.legs.len(), self.dialogs.len()];
        [legs, dialogs, self.servers.len(), self.clients.len(), self.wire.timers_waiting()]
    }
}
