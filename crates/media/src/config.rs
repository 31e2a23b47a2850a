//! How the media plane is set up; read once at start.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    str::FromStr,
};

use serde::{Deserialize, Serialize};

/// The `[media]` part of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Address that RTP sockets bind to.
    pub bind: IpAddr,
    /// Address written into session descriptions, where it differs from `bind` (behind one-to-one NAT).
    pub advertise: Option<IpAddr>,
    /// Ports for RTP (even) and RTCP (the next odd one).
    pub port_range: PortRange,
    /// Engine threads; one per core when left out.
    pub threads: Option<usize>,
    /// Milliseconds without RTP until a wire is reported silent.
    pub silent_ms: u64,
    /// Milliseconds without RTP until a wire is reported timed out.
    pub timeout_ms: u64,
    /// Where messages of callers are written; follows from `recordings.url`.
    #[serde(skip)]
    pub messages: PathBuf,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            advertise: None,
            port_range: PortRange { first: 20_000, last: 29_999 },
            threads: None,
            silent_ms: 2_000,
            timeout_ms: 30_000,
            messages: PathBuf::from("messages"),
        }
    }
}

/// A closed range of UDP ports, written "20000-29999".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PortRange {
    pub first: u16,
    pub last: u16,
}

/// The text is no port range.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a port range is two ports with a dash, the first even and lower, like 20000-29999")]
pub struct InvalidPortRange;

impl FromStr for PortRange {
    type Err = InvalidPortRange;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (first, last) = text.split_once('-').ok_or(InvalidPortRange)?;
        let first: u16 = first.trim().parse().map_err(|_| InvalidPortRange)?;
        let last: u16 = last.trim().parse().map_err(|_| InvalidPortRange)?;
        if first < 1024 || !first.is_multiple_of(2) || last <= first {
            return Err(InvalidPortRange);
        }
        Ok(Self { first, last })
    }
}

impl fmt::Display for PortRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

impl TryFrom<String> for PortRange {
    type Error = InvalidPortRange;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<PortRange> for String {
    fn from(range: PortRange) -> String {
        range.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_range_reads_back_what_it_writes_and_refuses_nonsense() {
        let range: PortRange = "20000-29999".parse().unwrap();
        assert_eq!(range, PortRange { first: 20_000, last: 29_999 });
        assert_eq!(range.to_string().parse(), Ok(range));
        for wrong in ["", "20000", "20001-20010", "30000-20000", "80-90", "20000-70000"] {
            assert_eq!(wrong.parse::<PortRange>(), Err(InvalidPortRange), "{wrong}");
        }
    }
}
