//! What must be known of a browser's description before WebRTC reads it.

use std::net::IpAddr;

use crate::MediaError;

/// A browser's description, as far as it concerns us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Described {
    /// Without candidates that cannot be checked from here: names of a browser's own, and other transports than UDP.
    pub(crate) text: String,
    pub(crate) fingerprint: String,
    /// The name of the line that carries voice.
    pub(crate) mid: String,
    /// A public address is among the candidates.
    pub(crate) is_public: bool,
}

/// Whether a description is WebRTC's: secured by DTLS.
pub(crate) fn is_web(text: &str) -> bool {
    text.lines().any(|line| {
        line.starts_with("m=audio ") && line.split(' ').nth(2).is_some_and(|way| way.starts_with("UDP/TLS/"))
    })
}

pub(crate) fn read(text: &str) -> Result<Described, MediaError> {
    let mut kept = String::with_capacity(text.len());
    let (mut fingerprint, mut mid, mut in_voice, mut is_public) = (None, None, false, false);
    for line in text.lines() {
        let line = line.trim_end();
        if line.starts_with("m=") {
            in_voice = mid.is_none() && line.starts_with("m=audio ");
        }
        if let Some(own) = line.strip_prefix("a=fingerprint:") {
            fingerprint.get_or_insert_with(|| own.to_owned());
        }
        if in_voice && let Some(own) = line.strip_prefix("a=mid:") {
            mid = Some(own.to_owned());
        }
        if let Some(candidate) = line.strip_prefix("a=candidate:") {
            match address_of(candidate) {
                Some(address) => is_public |= is_global(address),
                None => continue,
            }
        }
        kept.push_str(line);
        kept.push_str("\r\n");
    }
    Ok(Described {
        text: kept,
        fingerprint: fingerprint.ok_or(MediaError::Malformed("a browser without a fingerprint"))?,
        mid: mid.ok_or(MediaError::NoCommonCodec)?,
        is_public,
    })
}

/// "1 1 udp 2122260223 192.0.2.1 54321 typ host …"
fn address_of(candidate: &str) -> Option<IpAddr> {
    let mut words = candidate.split_ascii_whitespace().skip(2);
    let transport = words.next()?;
    let address = words.nth(1)?;
    transport.eq_ignore_ascii_case("udp").then(|| address.parse().ok()).flatten()
}

/// Whether the whole internet may reach this address.
pub(crate) fn is_global(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(ip) => {
            let shared = ip.octets()[0] == 100 && ip.octets()[1] & 0xC0 == 64;
            !(ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || ip.is_unspecified()
                || ip.is_documentation()
                || shared)
        }
        IpAddr::V6(ip) => {
            !(ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local() || ip.is_unspecified())
        }
    }
}

/// Adds the address that browsers of the same network find us under, where NAT gives us another one outside.
pub(crate) fn with_candidate(text: &str, address: IpAddr) -> String {
    let mut out = String::with_capacity(text.len() + 80);
    let mut added = false;
    for line in text.lines() {
        out.push_str(line);
        out.push_str("\r\n");
        let port = line.strip_prefix("a=candidate:").and_then(|own| own.split(' ').nth(5));
        if let Some(port) = port.filter(|_| !added) {
            added = true;
            // The lowest local preference: the address of the configuration goes first (RFC 8445 §5.1.2.1).
            out.push_str(&format!("a=candidate:2 1 udp 2113929471 {address} {port} typ host\r\n"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const OFFER: &str = "v=0\r\na=group:BUNDLE 0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n\
        a=candidate:1 1 udp 1 192.168.1.7 5000 typ host\r\na=candidate:2 1 udp 1 8.8.4.4 5000 typ srflx\r\n\
        a=candidate:3 1 udp 1 7c1e.local 5000 typ host\r\na=candidate:4 1 tcp 1 192.168.1.7 9 typ host tcptype active\r\n\
        a=fingerprint:sha-256 AA:BB\r\n";

    #[test]
    fn a_browser_is_told_from_a_phone_and_candidates_that_cannot_be_checked_are_left_out() {
        assert!(is_web(OFFER));
        assert!(!is_web("v=0\r\nm=audio 4000 RTP/AVP 0\r\n"));
        let read = read(OFFER).unwrap();
        assert_eq!(
            (read.mid.as_str(), read.fingerprint.as_str(), read.is_public),
            ("0", "sha-256 AA:BB", true)
        );
        assert_eq!(read.text.matches("a=candidate").count(), 2);
        assert_eq!(
            super::read("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\n").err(),
            Some(MediaError::Malformed("a browser without a fingerprint"))
        );
    }

    #[test]
    fn addresses_of_this_house_are_told_from_those_of_the_world() {
        for private in
            ["10.1.2.3", "192.168.0.1", "127.0.0.1", "169.254.1.1", "100.64.0.1", "::1", "fd00::1", "fe80::1"]
        {
            assert!(!is_global(private.parse().unwrap()), "{private}");
        }
        for public in ["8.8.8.8", "100.128.0.1", "2a00::1"] {
            assert!(is_global(public.parse().unwrap()), "{public}");
        }
    }

    #[test]
    fn the_address_inside_the_house_is_added_behind_the_one_outside() {
        let text = with_candidate(
            "m=audio 9 x\r\na=candidate:1 1 udp 2 203.0.113.1 7 typ host\r\na=end\r\n",
            [10, 0, 0, 1].into(),
        );
        let lines: Vec<_> = text.lines().collect();
        assert!(lines[2].ends_with(" 10.0.0.1 7 typ host") && lines[3] == "a=end", "{text}");
    }
}
