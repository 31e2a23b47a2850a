//! What the faces of a phone (`Phone`, `Call`) ask of its endpoint.

use tokio::sync::oneshot;

use super::call::{Call, Deed};
use crate::stage::error::Result;

pub(super) type Reply<T> = oneshot::Sender<Result<T>>;

pub(super) enum Order {
    Register {
        seconds: u32,
        reply: Reply<()>,
    },
    Dial {
        dial: Dial,
        reply: Reply<Call>,
    },
    Act {
        call: u64,
        deed: Deed,
        reply: Reply<()>,
    },
    /// OPTIONS to the server; the answer's status.
    Probe {
        reply: Reply<u16>,
    },
    /// Neither hears nor speaks any more, SIP and RTP alike, without a word.
    Vanish {
        reply: Reply<()>,
    },
    ComeBack {
        reply: Reply<()>,
    },
    /// As after a change of network: a new port for SIP; dialogs of the old one are forgotten.
    Move {
        reply: Reply<()>,
    },
}

/// A call to make.
#[derive(Clone, Debug, Default)]
pub struct Dial {
    /// The user part of the Request-URI: a number, an extension, a feature code.
    pub to: String,
    /// Offers nothing in the INVITE and lets the far end describe first.
    pub late_offer: bool,
    pub headers: Vec<(String, String)>,
    /// Another first hop than the phone's server, for phones that call each other directly.
    pub at: Option<std::net::SocketAddr>,
}

impl Dial {
    pub fn to(user: impl Into<String>) -> Dial {
        Dial { to: user.into(), ..Dial::default() }
    }
    pub fn at(mut self, address: std::net::SocketAddr) -> Dial {
        self.at = Some(address);
        self
    }
    pub fn late(mut self) -> Dial {
        self.late_offer = true;
        self
    }
    pub fn header(mut self, name: &str, value: &str) -> Dial {
        self.headers.push((name.into(), value.into()));
        self
    }
}
