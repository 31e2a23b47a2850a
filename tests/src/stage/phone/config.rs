//! What kind of phone this is.

use std::{
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use super::digest::Algorithm;
use crate::stage::{g711::Law, tone::Pilot};

/// What a phone does by itself when it is called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reception {
    /// Rings and leaves the rest to the story.
    #[default]
    Ring,
    /// Rings this long, then answers.
    Answer(Duration),
    /// Says nothing beyond 100 Trying.
    Silent,
    /// Refuses at once, with 486 (busy), 603 (declined) or another status.
    Refuse(u16),
}

#[derive(Clone, Debug)]
pub struct PhoneConfig {
    /// The SIP username, extension or number that this phone calls itself.
    pub user: String,
    /// Present on phones that register or answer challenges.
    pub password: Option<String>,
    pub display: Option<String>,
    /// Registrar and first hop.
    pub server: SocketAddr,
    /// Host part of addresses; the server's address when absent.
    pub domain: Option<String>,
    /// Our own address; the port is always a free one.
    pub bind: IpAddr,
    pub pilot: Pilot,
    /// The laws offered and accepted, best first.
    pub laws: Vec<Law>,
    pub algorithm: Algorithm,
    pub reception: Reception,
    /// Answers at once when the caller asks for it by header.
    pub obeys_auto_answer: bool,
    /// Hides its number: an anonymous From and `Privacy: id` (RFC 3323).
    pub anonymous: bool,
    /// Its sound comes and goes through `Voice::socket`; the phone itself says and hears nothing.
    pub sound_elsewhere: bool,
    /// Asked for in REGISTER, in seconds.
    pub register_seconds: u32,
    /// Asks for a session timer (RFC 4028) of this many seconds in its INVITEs and promises to refresh.
    pub session_seconds: Option<u32>,
}

impl PhoneConfig {
    /// A phone on somebody's desk.
    pub fn desk(user: &str, password: &str, server: SocketAddr, pilot: Pilot) -> Self {
        PhoneConfig { password: Some(password.into()), ..PhoneConfig::trunk(user, server, pilot) }
    }

    /// The far end of a trunk: one number of the public network, with neither registration nor password.
    pub fn trunk(number: &str, server: SocketAddr, pilot: Pilot) -> Self {
        PhoneConfig {
            user: number.into(),
            password: None,
            display: None,
            server,
            domain: None,
            bind: server.ip(),
            pilot,
            laws: vec![Law::Mu, Law::A],
            algorithm: Algorithm::Strongest,
            reception: Reception::Ring,
            obeys_auto_answer: true,
            anonymous: false,
            sound_elsewhere: false,
            register_seconds: 600,
            session_seconds: None,
        }
    }

    pub(super) fn domain(&self) -> String {
        self.domain.clone().unwrap_or_else(|| self.server.to_string())
    }
}
