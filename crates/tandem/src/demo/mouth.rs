//! A mouth: one RTP wire of a practice phone, which says its voice over and over. What it hears goes nowhere.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    sync::Arc,
};

use terms::Sdp;

use super::voice::FRAME;

const HEADER_BYTES: usize = 12;
/// RTP version 2 (RFC 3550 §5.1).
const VERSION: u8 = 0x80;
const MARK: u8 = 0x80;
/// Payload type of PCMU (RFC 3551).
const PCMU: u8 = 0;

pub(super) struct Mouth {
    socket: UdpSocket,
    port: u16,
    remote: Option<SocketAddr>,
    /// µ-law, whole packets.
    voice: Arc<[u8]>,
    at: usize,
    sequence: u16,
    timestamp: u32,
    ssrc: u32,
    /// Counts our descriptions (RFC 8866 §5.2).
    described: u32,
}

impl Mouth {
    pub(super) fn open(voice: Arc<[u8]>) -> io::Result<Self> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?;
        socket.set_nonblocking(true)?;
        let port = socket.local_addr()?.port();
        Ok(Self {
            socket,
            port,
            remote: None,
            voice,
            at: 0,
            sequence: rand::random(),
            timestamp: rand::random(),
            ssrc: rand::random(),
            described: 0,
        })
    }

    /// Our offer, or our answer to one.
    pub(super) fn describe(&mut self) -> Sdp {
        self.described += 1;
        let (id, version, port) = (self.ssrc, self.described, self.port);
        Sdp(format!(
            "v=0\r\no=- {id} {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n\
             m=audio {port} RTP/AVP {PCMU}\r\na=rtpmap:{PCMU} PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n"
        ))
    }

    /// Learns from their description where to speak to.
    pub(super) fn learn(&mut self, theirs: &Sdp) {
        if let Some(remote) = address_in(&theirs.0) {
            self.remote = Some(remote);
        }
    }

    /// The next 20 ms.
    pub(super) fn speak(&mut self) {
        let Some(remote) = self.remote else { return };
        let Some(frame) = self.voice.get(self.at..self.at + FRAME) else {
            self.at = 0;
            return;
        };
        let mark = if self.at == 0 { MARK } else { 0 };
        let mut packet = [0_u8; HEADER_BYTES + FRAME];
        packet[..2].copy_from_slice(&[VERSION, mark | PCMU]);
        packet[2..4].copy_from_slice(&self.sequence.to_be_bytes());
        packet[4..8].copy_from_slice(&self.timestamp.to_be_bytes());
        packet[8..12].copy_from_slice(&self.ssrc.to_be_bytes());
        packet[HEADER_BYTES..].copy_from_slice(frame);
        self.at = if self.at + 2 * FRAME > self.voice.len() { 0 } else { self.at + FRAME };
        self.sequence = self.sequence.wrapping_add(1);
        self.timestamp = self.timestamp.wrapping_add(FRAME as u32);
        // A packet that does not fit into the socket now is lost, as on any wire.
        let _ = self.socket.send_to(&packet, remote);
    }
}

/// The audio line's address; the connection line of the media counts before that of the session.
fn address_in(text: &str) -> Option<SocketAddr> {
    let (mut address, mut port) = (None, None);
    for line in text.lines() {
        if let Some(found) = line.strip_prefix("c=IN IP4 ") {
            address = found.trim().parse::<Ipv4Addr>().ok().or(address);
        } else if let Some(audio) = line.strip_prefix("m=audio ") {
            port = audio.split(' ').next().and_then(|port| port.parse().ok());
        } else if line.starts_with("m=") && port.is_some() {
            break;
        }
    }
    Some(SocketAddr::new(IpAddr::V4(address?), port?)).filter(|remote| remote.port() != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mouth_speaks_numbered_packets_to_where_it_was_told() {
        let ear = UdpSocket::bind("127.0.0.1:0").unwrap();
        ear.set_read_timeout(Some(std::time::Duration::from_secs(5))).unwrap();
        let mut mouth = Mouth::open(vec![7_u8; 2 * FRAME].into()).unwrap();
        let port = ear.local_addr().unwrap().port();
        mouth.learn(&Sdp(format!("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {port} RTP/AVP 0\r\n")));
        let mut packets = Vec::new();
        for _ in 0..3 {
            mouth.speak();
            let mut packet = [0_u8; 2048];
            let length = ear.recv(&mut packet).unwrap();
            assert_eq!(length, HEADER_BYTES + FRAME);
            assert_eq!(packet[HEADER_BYTES], 7);
            packets.push(u16::from_be_bytes([packet[2], packet[3]]));
        }
        assert_eq!(packets[1], packets[0].wrapping_add(1));
        assert_eq!(packets[2], packets[1].wrapping_add(1));
    }

    #[test]
    fn an_address_is_read_from_a_description() {
        let text = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\nm=video 5 RTP/AVP 9\r\n";
        assert_eq!(address_in(text), "192.0.2.2:4000".parse().ok());
        assert_eq!(address_in("v=0\r\nm=audio 0 RTP/AVP 0\r\nc=IN IP4 192.0.2.2\r\n"), None);
        assert_eq!(address_in(""), None);
    }
}
