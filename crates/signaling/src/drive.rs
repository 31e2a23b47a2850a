//! The tokio loop around the core: sockets, clock, inbox.

use std::{collections::BTreeSet, net::SocketAddr};

use terms::UserId;
use tokio::{
    net::{TcpListener, UdpSocket},
    sync::{mpsc, watch},
};

use crate::{
    Addresses, Config, Phonebook, Report, SignalingError,
    handle::Command,
};

/// Reports that may wait for their reader; past that new calls are answered 503.
const REPORTS_MAX: usize = terms::limits::INBOX_MAX;

pub(crate) struct Started {
    pub(crate) reports: mpsc::Receiver<Report>,
    pub(crate) registered: watch::Receiver<BTreeSet<UserId>>,
    pub(crate) stopped: watch::Receiver<bool>,
    pub(crate) addresses: Addresses,
}

pub(crate) async fn start(
    config: Config,
    phonebook: Phonebook,
    mut inbox: mpsc::Receiver<Command>,
) -> Result<Started, SignalingError> {
    let listen = |address: SocketAddr| move |source| SignalingError::Listen { address, source };
    let udp = UdpSocket::bind(config.listen_udp).await.map_err(listen(config.listen_udp))?;
    let tcp = match config.listen_tcp {
        Some(address) => Some(TcpListener::bind(address).await.map_err(listen(address))?),
        None => None,
    };
    let addresses = Addresses {
        udp: udp.local_addr().map_err(listen(config.listen_udp))?,
        tcp: tcp.as_ref().and_then(|tcp| tcp.local_addr().ok()),
    };
    let (report, reports) = mpsc::channel(REPORTS_MAX);
    let (registered, registered_reader) = watch::channel(BTreeSet::new());
    let (stopping, stopped) = watch::channel(false);
    tokio::spawn(async move {
        let _kept = (udp, tcp, report, registered, phonebook);
        while let Some(command) = inbox.recv().await {
            if matches!(command, Command::Stop) {
                break;
            }
        }
        stopping.send_replace(true);
    });
    Ok(Started { reports, registered: registered_reader, stopped, addresses })
}
