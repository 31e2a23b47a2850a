//! Via headers: where an answer goes (RFC 3261 §18.2.2, RFC 3581).

use std::net::{IpAddr, SocketAddr};

use super::{Params, address::split_host_port};

#[derive(Clone, Debug)]
pub(crate) struct Via {
    pub(crate) transport: String,
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) params: Params,
}

impl Via {
    /// Reads the first value of a Via line; spaces around its slashes are allowed.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '/');
        if !parts.next()?.trim().eq_ignore_ascii_case("SIP") || parts.next()?.trim() != "2.0" {
            return None;
        }
        let rest = parts.next()?.trim();
        let (transport, rest) = rest.split_once(char::is_whitespace)?;
        let (sent_by, params) = rest.split_once(';').unwrap_or((rest, ""));
        let (host, port) = split_host_port(sent_by)?;
        Some(Self {
            transport: transport.to_owned(),
            host: host.to_owned(),
            port,
            params: Params::parse(params),
        })
    }

    pub(crate) fn branch(&self) -> &str {
        self.params.get("branch").unwrap_or("")
    }

    /// Where the answer to a datagram from `source` goes.
    /// With `rport`, or when the sender stands behind NAT, back to where it came from; else to the port it named.
    pub(crate) fn reply_to(&self, source: SocketAddr) -> SocketAddr {
        let named_itself = self.host.parse::<IpAddr>().is_ok_and(|ip| ip == source.ip());
        if self.params.has("rport") || !named_itself {
            source
        } else {
            SocketAddr::new(source.ip(), self.port.unwrap_or(5060))
        }
    }

    /// The value as it goes back: with what we saw of the sender.
    pub(crate) fn marked(&self, source: SocketAddr) -> String {
        let bracketed = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        let mut text = format!("SIP/2.0/{} {bracketed}", self.transport);
        if let Some(port) = self.port {
            text.push_str(&format!(":{port}"));
        }
        for (name, value) in self.params.iter() {
            match value {
                _ if name.eq_ignore_ascii_case("received") => {}
                _ if name.eq_ignore_ascii_case("rport") => {
                    text.push_str(&format!(";rport={}", source.port()));
                }
                Some(value) => text.push_str(&format!(";{name}={value}")),
                None => text.push_str(&format!(";{name}")),
            }
        }
        text.push_str(&format!(";received={}", source.ip()));
        text
    }
}
