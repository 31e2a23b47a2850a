//! What this crate is told: its own settings, and the organization's accounts and trunks.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::PathBuf,
    str::FromStr,
};

use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use terms::{TrunkId, UserId};

/// The `sip` section of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where SIP over UDP is received.
    pub listen_udp: SocketAddr,
    /// Where SIP over TCP is received; unset: not at all.
    pub listen_tcp: Option<SocketAddr>,
    /// SIP over TLS; unset: not received.
    pub tls: Option<TlsConfig>,
    /// The address other parties reach us under, when it is not the one we listen on (one-to-one NAT).
    pub external_address: Option<IpAddr>,
    /// The realm of digest challenges, and the domain phones register at.
    pub realm: String,
    /// What phones may prove themselves with, the preferred one first (RFC 8760).
    /// A phone known to give up at an algorithm it does not know is offered MD5 alone.
    pub digest_algorithms: Vec<DigestAlgorithm>,
    /// The session interval we ask for (RFC 4028), in seconds; at least 90.
    pub session_expires_seconds: u32,
    /// Wires that may exist at one time; beyond that an INVITE is answered 503.
    pub legs_max: usize,
}

/// The `tls` section within.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// Where SIP over TLS is received, usually port 5061.
    pub listen: SocketAddr,
    /// PEM files: our certificate with its chain, and its key.
    pub certificate: PathBuf,
    pub key: PathBuf,
    /// PEM file of the authorities that may vouch for trunks; unset: those of this computer.
    #[serde(default)]
    pub authorities: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen_udp: SocketAddr::from((Ipv4Addr::LOCALHOST, 5060)),
            listen_tcp: None,
            tls: None,
            external_address: None,
            realm: "tandem".to_owned(),
            digest_algorithms: vec![DigestAlgorithm::Sha256, DigestAlgorithm::Md5],
            session_expires_seconds: 1800,
            legs_max: 20_000,
        }
    }
}

/// A hash that digest proof is made with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum DigestAlgorithm {
    #[serde(rename = "MD5")]
    Md5,
    #[serde(rename = "SHA-256")]
    Sha256,
}

/// Every account and trunk of the organization, replaced whole when one changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phonebook {
    /// By SIP username.
    pub accounts: BTreeMap<String, Account>,
    pub trunks: Vec<Trunk>,
    /// Users whose phone is a browser: only their sockets are kept open.
    pub browsers: BTreeSet<UserId>,
}

/// What a phone proves itself with: `H(username:realm:password)` as lower-case hex; see [`ha1`].
#[derive(Clone, PartialEq, Eq)]
pub struct Account {
    pub user: UserId,
    pub ha1_md5: String,
    pub ha1_sha256: String,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Account").field("user", &self.user).finish_non_exhaustive()
    }
}

/// The two hashes an [`Account`] keeps in place of its password: (MD5, SHA-256), as lower-case hex (RFC 7616 §3.4.2).
pub fn ha1(username: &str, realm: &str, password: &str) -> (String, String) {
    let text = format!("{username}:{realm}:{password}");
    (hex(&Md5::digest(text.as_bytes())), hex(&Sha256::digest(text.as_bytes())))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        for nibble in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
        }
        text
    })
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transport {
    #[default]
    Udp,
    Tcp,
    Tls,
    /// A socket of a browser (RFC 7118), secured or not: the face that accepted it knows.
    Ws,
}

/// A provider's line: where calls to the public network go, and whose calls are let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trunk {
    pub id: TrunkId,
    /// An address or a host name; names are looked up (A, AAAA) and refreshed.
    pub host: String,
    pub port: u16,
    pub transport: Transport,
    pub credentials: Option<Credentials>,
    /// Whether we register at the provider.
    pub register: bool,
    /// Where this trunk's INVITEs may come from.
    pub allow_from: Vec<Cidr>,
    /// Calls of this trunk at one time; the next inbound one is answered 503.
    /// Outbound ones are counted but not refused here, since only the caller knows an emergency number.
    pub max_calls: Option<u32>,
}

#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub username: String,
    pub password: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials").finish_non_exhaustive()
    }
}

/// A network, like `192.0.2.0/24` or `2001:db8::/32`; a lone address is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Cidr {
    address: IpAddr,
    prefix: u8,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a network is an address and a prefix length, like 192.0.2.0/24")]
pub struct InvalidCidr;

impl Cidr {
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(own), IpAddr::V4(other)) => {
                let shift = 32 - u32::from(self.prefix);
                own.to_bits().checked_shr(shift) == other.to_bits().checked_shr(shift)
            }
            (IpAddr::V6(own), IpAddr::V6(other)) => {
                let shift = 128 - u32::from(self.prefix);
                own.to_bits().checked_shr(shift) == other.to_bits().checked_shr(shift)
            }
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl FromStr for Cidr {
    type Err = InvalidCidr;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u8>().map_err(|_| InvalidCidr)?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| InvalidCidr)?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.unwrap_or(longest);
        if prefix > longest { Err(InvalidCidr) } else { Ok(Self { address, prefix }) }
    }
}

impl fmt::Display for Cidr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}

impl TryFrom<String> for Cidr {
    type Error = InvalidCidr;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Cidr> for String {
    fn from(cidr: Cidr) -> String {
        cidr.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_contains_its_addresses_and_no_others() {
        let network: Cidr = "192.0.2.0/24".parse().unwrap();
        assert!(network.contains("192.0.2.77".parse().unwrap()));
        assert!(network.contains("::ffff:192.0.2.77".parse().unwrap()));
        assert!(!network.contains("192.0.3.1".parse().unwrap()));
        assert!("0.0.0.0/0".parse::<Cidr>().unwrap().contains("8.8.8.8".parse().unwrap()));
        assert!(!"10.0.0.1".parse::<Cidr>().unwrap().contains("10.0.0.2".parse().unwrap()));
        assert!("10.0.0.0/33".parse::<Cidr>().is_err());
    }

    #[test]
    fn the_hashes_of_an_account_are_those_of_rfc_7616() {
        let (md5, sha256) = ha1("Mufasa", "http-auth@example.org", "Circle of Life");
        assert_eq!(md5, "3d78807defe7de2157e2b0b6573a855f");
        assert_eq!(sha256, "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
    }
}
