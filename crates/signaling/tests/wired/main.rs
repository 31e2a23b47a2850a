//! The whole crate on loopback: real sockets, phones that speak plain text, and sipp as a foreign far end.

#![allow(clippy::unwrap_used, clippy::expect_used)]

mod calls;
mod load;
mod phone;

use std::time::Duration;

use signaling::{Account, Config, Handle, Phonebook, Report, TlsConfig, Transport, Trunk, ha1};
use terms::{Sdp, TrunkId, UserId};
use tokio::{sync::mpsc, time::timeout};

pub(crate) const ANA: UserId = UserId::from_number(1);
pub(crate) const BEN: UserId = UserId::from_number(2);
pub(crate) const TRUNK: TrunkId = TrunkId::from_number(7);
/// Nothing here takes longer, or it does not come.
pub(crate) const SOON: Duration = Duration::from_secs(10);

pub(crate) fn sdp(port: u16) -> Sdp {
    Sdp(format!(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio {port} RTP/AVP 0\r\n"
    ))
}

pub(crate) fn trunk(port: u16, transport: Transport) -> Trunk {
    Trunk {
        id: TRUNK,
        host: "127.0.0.1".to_owned(),
        port,
        transport,
        credentials: None,
        register: false,
        allow_from: vec!["127.0.0.0/8".parse().unwrap()],
        max_calls: None,
    }
}

pub(crate) fn phonebook(trunks: Vec<Trunk>) -> Phonebook {
    let (ha1_md5, ha1_sha256) = ha1("ana", "tandem", "secret");
    Phonebook {
        accounts: [("ana".to_owned(), Account { user: ANA, ha1_md5, ha1_sha256 })].into(),
        trunks,
        browsers: [BEN].into(),
    }
}

/// One running edge.
pub(crate) struct Node {
    pub(crate) handle: Handle,
    pub(crate) reports: mpsc::Receiver<Report>,
}

impl Node {
    pub(crate) async fn start(trunks: Vec<Trunk>) -> Self {
        Self::start_with(trunks, None).await
    }

    pub(crate) async fn start_with(trunks: Vec<Trunk>, tls: Option<TlsConfig>) -> Self {
        let config = Config {
            tls,
            listen_udp: "127.0.0.1:0".parse().unwrap(),
            listen_tcp: Some("127.0.0.1:0".parse().unwrap()),
            ..Config::default()
        };
        let (handle, reports) = Handle::start(config, phonebook(trunks)).await.unwrap();
        Self { handle, reports }
    }

    pub(crate) async fn report(&mut self) -> Report {
        timeout(SOON, self.reports.recv()).await.expect("a report in time").expect("signaling runs")
    }

    /// The next report that `pick` wants; others are let go.
    pub(crate) async fn until<T>(&mut self, pick: impl Fn(&Report) -> Option<T>) -> T {
        loop {
            if let Some(picked) = pick(&self.report().await) {
                return picked;
            }
        }
    }
}
