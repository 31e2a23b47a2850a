//! The tokio loop around the edge: sockets, clock, inbox.

use std::{
    collections::BTreeMap,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use bytes::Bytes;
use rand::Rng;
use terms::UserId;
use tokio::{
    net::{TcpListener, TcpStream, UdpSocket},
    sync::{mpsc, watch},
    time::{Instant, sleep_until},
};

use crate::{
    Addresses, Config, Phonebook, Report, SignalingError, Transport,
    edge::Edge,
    handle::Command,
    transport::{Streams, Told, acceptor},
    wire::{Asker, Flow, Local, Output},
};

/// Reports that may wait for their reader.
const REPORTS_MAX: usize = terms::limits::INBOX_MAX;
/// With fewer free places than this, new calls are answered 503: those under way still have much to tell.
const REPORTS_KEPT_FREE: usize = REPORTS_MAX / 4;
/// Datagrams and commands taken in before anything else gets its turn.
const BATCH_MAX: usize = 64;
/// Messages of streams that may wait for the loop.
const TOLD_MAX: usize = 1024;
const DATAGRAM_BYTES_MAX: usize = 65_535;

pub(crate) struct Started {
    pub(crate) reports: mpsc::Receiver<Report>,
    pub(crate) registered: watch::Receiver<BTreeMap<UserId, Transport>>,
    pub(crate) stopped: watch::Receiver<bool>,
    pub(crate) addresses: Addresses,
    pub(crate) tell: mpsc::Sender<Told>,
}

type Looked = (Asker, Vec<SocketAddr>);

struct Drive {
    edge: Edge,
    started: Instant,
    udp: UdpSocket,
    tcp: Option<TcpListener>,
    tls: Option<TcpListener>,
    streams: Streams,
    told: mpsc::Receiver<Told>,
    look: mpsc::Sender<Looked>,
    looked: mpsc::Receiver<Looked>,
    inbox: mpsc::Receiver<Command>,
    report: mpsc::Sender<Report>,
    registered: watch::Sender<BTreeMap<UserId, Transport>>,
}

pub(crate) async fn start(
    config: Config,
    phonebook: Phonebook,
    inbox: mpsc::Receiver<Command>,
) -> Result<Started, SignalingError> {
    if config.session_expires_seconds < 90 {
        return Err(SignalingError::Configuration("session_expires_seconds is at least 90"));
    }
    if config.realm.is_empty() || config.realm.contains(['"', '\\']) {
        return Err(SignalingError::Configuration("realm is a plain word or a host name"));
    }
    if config.digest_algorithms.is_empty() {
        return Err(SignalingError::Configuration("digest_algorithms names at least one"));
    }
    let listen = |address: SocketAddr| move |source| SignalingError::Listen { address, source };
    let udp = UdpSocket::bind(config.listen_udp).await.map_err(listen(config.listen_udp))?;
    // Until the socket is known to be writable, sending without waiting loses the datagram.
    udp.writable().await.map_err(listen(config.listen_udp))?;
    let tcp = match config.listen_tcp {
        Some(address) => Some(TcpListener::bind(address).await.map_err(listen(address))?),
        None => None,
    };
    let acceptor = config.tls.as_ref().map(acceptor).transpose().map_err(SignalingError::Tls)?;
    let tls = match config.tls.as_ref().map(|tls| tls.listen) {
        Some(address) => Some(TcpListener::bind(address).await.map_err(listen(address))?),
        None => None,
    };
    let addresses = Addresses {
        udp: udp.local_addr().map_err(listen(config.listen_udp))?,
        tcp: tcp.as_ref().and_then(|tcp| tcp.local_addr().ok()),
        tls: tls.as_ref().and_then(|tls| tls.local_addr().ok()),
    };
    let local = Local::of(&config, &addresses, outward().await);
    let authorities = config.tls.as_ref().and_then(|tls| tls.authorities.clone());
    let edge = Edge::new(config, phonebook, local, rand::rng().random());
    let (report, reports) = mpsc::channel(REPORTS_MAX);
    let (registered, registered_reader) = watch::channel(BTreeMap::new());
    let (stopping, stopped) = watch::channel(false);
    let (tell, told) = mpsc::channel(TOLD_MAX);
    let (look, looked) = mpsc::channel(64);
    let drive = Drive {
        edge,
        started: Instant::now(),
        udp,
        tcp,
        tls,
        streams: Streams::new(tell.clone(), acceptor, authorities),
        told,
        look,
        looked,
        inbox,
        report,
        registered,
    };
    tokio::spawn(async move {
        drive.run().await;
        stopping.send_replace(true);
    });
    Ok(Started { reports, registered: registered_reader, stopped, addresses, tell })
}

/// The address of the interface that leads outward; nothing is sent to find it.
async fn outward() -> IpAddr {
    let ask = async {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).await?;
        socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9)).await?;
        socket.local_addr()
    };
    ask.await.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
}

/// What woke the loop.
enum Woken {
    Datagram,
    Told(Told),
    Accepted(Transport, TcpStream, SocketAddr),
    Command(Command),
    Looked(Looked),
    Time,
    Nothing,
    Stop,
}

impl Drive {
    async fn run(mut self) {
        let mut buffer = vec![0; DATAGRAM_BYTES_MAX];
        loop {
            self.flush();
            let woken = self.wait().await;
            let elapsed = self.started.elapsed().as_millis();
            self.edge.set_now(u64::try_from(elapsed).unwrap_or(u64::MAX));
            let crowded = self.edge.reports_waiting() > 0 || self.report.capacity() < REPORTS_KEPT_FREE;
            self.edge.set_crowded(crowded);
            match woken {
                Woken::Stop => return,
                Woken::Datagram => self.datagrams(&mut buffer),
                Woken::Told(Told::Message(flow, message)) => self.edge.receive(flow, &message),
                Woken::Told(Told::Closed(flow, id)) => {
                    if self.streams.closed(&flow, id) {
                        self.edge.flow_closed(flow);
                    }
                }
                Woken::Told(Told::Entered(flow, user, reply)) => {
                    if self.streams.entered(flow, reply) {
                        self.edge.socket_opened(flow, user);
                    }
                }
                Woken::Accepted(transport, stream, remote) => {
                    self.streams.accepted(Flow { transport, remote }, stream);
                }
                Woken::Command(command) => {
                    if !self.commands(command) {
                        return;
                    }
                }
                Woken::Looked((asker, addresses)) => self.edge.resolved(asker, addresses),
                Woken::Time | Woken::Nothing => {}
            }
            self.edge.fire_due();
        }
    }

    async fn wait(&mut self) -> Woken {
        let deadline = self.edge.next_deadline().unwrap_or(u64::MAX >> 20);
        let deadline = self.started + Duration::from_millis(deadline);
        let waiting = self.edge.reports_waiting() > 0;
        tokio::select! {
            _ = self.udp.readable() => Woken::Datagram,
            Some(told) = self.told.recv() => Woken::Told(told),
            command = self.inbox.recv() => command.map_or(Woken::Stop, Woken::Command),
            Some(looked) = self.looked.recv() => Woken::Looked(looked),
            accepted = accept(self.tcp.as_ref()) => entered(Transport::Tcp, accepted),
            accepted = accept(self.tls.as_ref()) => entered(Transport::Tls, accepted),
            // Waits for a free place only while there is something to put in it.
            permit = self.report.reserve(), if waiting => match permit {
                Ok(_) => Woken::Nothing,
                Err(_) => Woken::Stop,
            },
            () = sleep_until(deadline) => Woken::Time,
        }
    }

    fn datagrams(&mut self, buffer: &mut [u8]) {
        for _ in 0..BATCH_MAX {
            match self.udp.try_recv_from(buffer) {
                Ok((bytes, remote)) => {
                    let flow = Flow { transport: Transport::Udp, remote };
                    self.edge.receive(flow, &buffer[..bytes]);
                }
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return,
                // An ICMP answer to an earlier datagram of ours says nothing that a time-out will not.
                Err(_) => {}
            }
        }
    }

    /// Carries out what waits; false when it is time to stop.
    fn commands(&mut self, first: Command) -> bool {
        let mut next = Some(first);
        for _ in 0..BATCH_MAX {
            let Some(command) = next else { return true };
            if matches!(command, Command::Stop) {
                return false;
            }
            self.edge.command(command);
            next = self.inbox.try_recv().ok();
        }
        if let Some(command) = next {
            if matches!(command, Command::Stop) {
                return false;
            }
            self.edge.command(command);
        }
        true
    }

    /// Sends and reports what the edge has left behind.
    fn flush(&mut self) {
        // Sending may break a connection, which leaves behind more to send.
        while !self.edge.wire.out.is_empty() {
            for output in std::mem::take(&mut self.edge.wire.out) {
                match output {
                    Output::Send { flow, bytes } => {
                        self.edge.witness(true, flow, &bytes);
                        self.send(flow, bytes);
                    }
                    Output::Close { flow } => {
                        self.streams.close(&flow);
                        self.edge.flow_closed(flow);
                    }
                    Output::Resolve { asker, host, port } => self.resolve(asker, host, port),
                }
            }
        }
        let reached = self.edge.take_reached();
        if !reached.is_empty() {
            self.registered.send_modify(|registered| {
                for (user, transport) in reached {
                    match transport {
                        Some(transport) => registered.insert(user, transport),
                        None => registered.remove(&user),
                    };
                }
            });
        }
        while let Some(report) = self.edge.next_report() {
            if let Err(mpsc::error::TrySendError::Full(report)) = self.report.try_send(report) {
                self.edge.give_back(report);
                return;
            }
        }
    }

    fn send(&mut self, flow: Flow, bytes: Bytes) {
        match flow.transport {
            // A full socket buffer loses the datagram, as any wire may; it is sent again in half a second.
            Transport::Udp => {
                if let Err(error) = self.udp.try_send_to(&bytes, flow.remote) {
                    tracing::debug!(%error, "a datagram could not be sent");
                }
            }
            Transport::Tcp | Transport::Tls | Transport::Ws => {
                let name = || self.edge.trunks.name_of(&flow);
                if !self.streams.send(flow, bytes, name) {
                    self.streams.close(&flow);
                    self.edge.flow_closed(flow);
                }
            }
        }
    }

    fn resolve(&self, asker: Asker, host: String, port: u16) {
        let look = self.look.clone();
        tokio::spawn(async move {
            let found = tokio::net::lookup_host((host.as_str(), port)).await;
            let addresses = found.map(Iterator::collect).unwrap_or_default();
            let _ = look.send((asker, addresses)).await;
        });
    }
}

async fn accept(listener: Option<&TcpListener>) -> std::io::Result<(TcpStream, SocketAddr)> {
    match listener {
        Some(listener) => listener.accept().await,
        None => std::future::pending().await,
    }
}

fn entered(transport: Transport, accepted: std::io::Result<(TcpStream, SocketAddr)>) -> Woken {
    match accepted {
        Ok((stream, remote)) => Woken::Accepted(transport, stream, remote),
        Err(error) => {
            tracing::warn!(%error, "a SIP connection could not be accepted");
            Woken::Nothing
        }
    }
}
