//! Plain RTP on a pair of ports: latching to where the far end really sends from, sending, and RTCP.

use std::{net::SocketAddr, time::Duration};

use rtp_rs::{RtpPacketBuilder, RtpReader, Seq};

use crate::{
    clock::{Micros, Now},
    codec::{Codec, Payload, PayloadMap},
    port::{Arrived, Inbox, Pair},
    quality::Reception,
    rtcp::{self, LastReport, REPORT_BYTES_MAX, Sent},
};

/// Bytes of the largest RTP packet we send.
pub(crate) const PACKET_MAX: usize = 1_400;
/// Packets of the old source that a move may still bring: half a second.
const LEAVING_PACKETS: u8 = 25;
const REPORT_EVERY_US: Micros = 5_000_000;

/// Where the far end's description says it listens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) rtp: Option<SocketAddr>,
    pub(crate) control: Option<SocketAddr>,
    /// RTP and RTCP share the port.
    pub(crate) mux: bool,
}

/// Our outgoing stream; it goes on unchanged through every re-INVITE.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stream {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
    /// The next packet begins a spurt of sound.
    pub(crate) mark: bool,
}

#[derive(Debug)]
pub(crate) struct RtpWire {
    pair: Pair,
    described: Described,
    /// The last address that was described; a hold by an address of zeros tells none, and moves nobody.
    place: Option<SocketAddr>,
    /// The source that we listen to and send to, once a valid packet has come from it.
    latched: Option<SocketAddr>,
    /// The source before the far end moved by a new description, and how many of its packets may still come.
    leaving: Option<(SocketAddr, u8)>,
    control_seen: Option<SocketAddr>,
    heard_at: Option<Micros>,
    silent_us: Micros,
    pub(crate) stream: Stream,
    report_at: Micros,
    last_report: Option<LastReport>,
    pub(crate) rtt_us: Option<u32>,
    /// Packets from elsewhere than the latched source, or not RTP as agreed.
    pub(crate) ignored: u64,
}

/// A valid RTP packet from the far end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Packet<'a> {
    pub(crate) payload: Payload,
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) body: &'a [u8],
    pub(crate) arrived: Micros,
}

impl RtpWire {
    pub(crate) fn new(pair: Pair, stream: Stream, silent_ms: u64) -> Self {
        Self {
            pair,
            described: Described::default(),
            place: None,
            latched: None,
            leaving: None,
            control_seen: None,
            heard_at: None,
            silent_us: silent_ms * 1_000,
            stream,
            report_at: 0,
            last_report: None,
            rtt_us: None,
            ignored: 0,
        }
    }

    /// A new offer or answer: its address counts, and the next valid source may latch anew.
    pub(crate) fn describe(&mut self, described: Described) {
        self.described = described;
        if described.rtp.is_some() && self.place != described.rtp {
            self.place = described.rtp;
            // What is still on its way from the old place must not latch us back to it.
            self.leaving = self.latched.take().map(|old| (old, LEAVING_PACKETS));
        }
        self.heard_at = None;
        self.control_seen = None;
    }

    /// Where we send; nobody before the far end has said or shown where it is.
    pub(crate) fn target(&self) -> Option<SocketAddr> {
        self.latched.or(self.place)
    }

    /// Takes the next packet that is valid RTP from the latched source; RTCP on this port is taken in passing.
    /// The outer none means that nothing waits, the inner one that a packet was not for us.
    pub(crate) fn receive<'a>(
        &mut self,
        inbox: &'a mut Inbox,
        payloads: &PayloadMap,
        now: &Now,
    ) -> Option<Option<Packet<'a>>> {
        let arrived = inbox.receive(&self.pair.rtp)?;
        let bytes = &inbox.bytes[..arrived.len];
        // RFC 5761 §4: in a shared port the second byte tells RTCP (192..=223) from RTP.
        if bytes.len() >= 8 && (192..=223).contains(&bytes[1]) {
            self.control_came(bytes, arrived, now);
            return Some(None);
        }
        let Ok(reader) = RtpReader::new(bytes) else {
            self.ignored += 1;
            return Some(None);
        };
        let payload = payloads.get(reader.payload_type());
        let at = now.arrival(arrived.stamp);
        if payload == Payload::Unknown || !self.admit(arrived.from, at) {
            self.ignored += 1;
            return Some(None);
        }
        Some(Some(Packet {
            payload,
            ssrc: reader.ssrc(),
            sequence: reader.sequence_number().into(),
            timestamp: reader.timestamp(),
            body: reader.payload(),
            arrived: at,
        }))
    }

    /// Latches to the first valid source, and then to it only, until a new description or its silence frees the latch.
    fn admit(&mut self, from: SocketAddr, at: Micros) -> bool {
        if let Some((old, left)) = self.leaving
            && old == from
            && self.latched.is_none()
        {
            self.leaving = left.checked_sub(1).map(|left| (old, left));
            return true;
        }
        let free = match (self.latched, self.heard_at) {
            (Some(latched), Some(heard)) => latched == from || at >= heard.saturating_add(self.silent_us),
            _ => true,
        };
        if free {
            self.latched = Some(from);
            self.heard_at = Some(at);
        }
        free
    }

    /// Sends one packet of our stream; the sequence goes on whether or not the network takes it.
    pub(crate) fn send(
        &mut self,
        buffer: &mut [u8; PACKET_MAX],
        number: u8,
        timestamp: u32,
        mark: bool,
        body: &[u8],
    ) {
        let Some(target) = self.target() else { return };
        let packet = RtpPacketBuilder::new()
            .payload_type(number)
            .marked(mark)
            .sequence(Seq::from(self.stream.sequence))
            .timestamp(timestamp)
            .ssrc(self.stream.ssrc)
            .payload(body);
        let Ok(len) = packet.build_into(buffer) else { return };
        self.stream.sequence = self.stream.sequence.wrapping_add(1);
        self.stream.packets = self.stream.packets.wrapping_add(1);
        self.stream.octets = self.stream.octets.wrapping_add(u32::try_from(body.len()).unwrap_or(0));
        if self.pair.rtp.send_to(&buffer[..len], target).is_err() {
            self.ignored += 1;
        }
    }

    /// Reads what waits on the RTCP port, and sends our report when it is due.
    pub(crate) fn control(&mut self, inbox: &mut Inbox, reception: &mut Reception, codec: Codec, now: &Now) {
        for _ in 0..4 {
            let Some(arrived) = inbox.receive(&self.pair.control) else { break };
            self.control_came(&inbox.bytes[..arrived.len], arrived, now);
        }
        if self.report_at == 0 {
            // Spread over the interval by the stream's random number.
            self.report_at = now.us + 1_000_000 + u64::from(self.stream.ssrc) % (REPORT_EVERY_US - 1_000_000);
        }
        if now.us >= self.report_at {
            self.report_at = now.us + REPORT_EVERY_US;
            self.report(reception, codec, now, false);
        }
    }

    fn control_came(&mut self, bytes: &[u8], arrived: Arrived, now: &Now) {
        let known = self.target().map(|target| target.ip());
        if known != Some(arrived.from.ip()) {
            self.ignored += 1;
            return;
        }
        let at = arrived.stamp.unwrap_or(now.wall);
        let Some(told) = rtcp::read(bytes, self.stream.ssrc, at) else {
            self.ignored += 1;
            return;
        };
        self.control_seen = Some(arrived.from);
        if let Some(short) = told.report {
            self.last_report = Some(LastReport { short, arrived: at });
        }
        self.rtt_us = told.rtt_us.or(self.rtt_us);
    }

    /// Sends a report, with a goodbye where it is the last.
    pub(crate) fn report(&mut self, reception: &mut Reception, codec: Codec, now: &Now, goodbye: bool) {
        let Some(target) = self.target() else { return };
        let above = SocketAddr::new(target.ip(), target.port().saturating_add(1));
        let (socket, to) = if self.described.mux {
            (&self.pair.rtp, target)
        } else {
            let said = self
                .described
                .control
                .filter(|_| self.latched.is_none_or(|latched| Some(latched) == self.place));
            (&self.pair.control, self.control_seen.or(said).unwrap_or(above))
        };
        let stream = self.stream;
        let sent = Sent {
            ssrc: stream.ssrc,
            timestamp: stream.timestamp,
            packets: stream.packets,
            octets: stream.octets,
        };
        let wall: Duration = now.wall;
        let block = reception.block().map(|block| (block, codec.clock()));
        let mut out = [0u8; REPORT_BYTES_MAX];
        let len = rtcp::write(&mut out, sent, block, self.last_report, wall, goodbye);
        if socket.send_to(&out[..len], to).is_err() {
            self.ignored += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::UdpSocket;

    use super::*;
    use crate::clock::Clock;

    fn wire() -> (RtpWire, SocketAddr) {
        let open = || {
            let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
            socket.set_nonblocking(true).unwrap();
            socket
        };
        let pair = Pair { rtp: open(), control: open(), port: 0 };
        let address = pair.rtp.local_addr().unwrap();
        let stream = Stream { ssrc: 1, sequence: 0, timestamp: 0, packets: 0, octets: 0, mark: true };
        (RtpWire::new(pair, stream, 2_000), address)
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config::with_cases(2_000))]

        #[test]
        fn no_datagram_makes_the_receiver_panic(
            bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..120),
            version in proptest::bool::ANY,
        ) {
            let (mut wire, address) = wire();
            let mut payloads = PayloadMap::new();
            (0..128).for_each(|number| payloads.set(number, Payload::Events));
            let sender = UdpSocket::bind("127.0.0.1:0").unwrap();
            wire.describe(Described { rtp: sender.local_addr().ok(), ..Described::default() });
            let mut bytes = bytes;
            if version && let Some(first) = bytes.first_mut() {
                *first = *first & 0x3F | 0x80;
            }
            sender.send_to(&bytes, address).unwrap();
            let now = Now { us: 1, wall: Clock::wall() };
            let mut inbox = Inbox::new();
            while wire.receive(&mut inbox, &payloads, &now).is_some() {}
        }
    }

    #[test]
    fn the_latch_moves_only_after_the_silence_of_its_source() {
        let (mut wire, _) = wire();
        let (first, other) = (SocketAddr::from(([192, 0, 2, 1], 1)), SocketAddr::from(([192, 0, 2, 2], 2)));
        assert!(wire.admit(first, 0));
        assert!(!wire.admit(other, 1_900_000));
        assert!(wire.admit(first, 1_900_000));
        assert!(!wire.admit(other, 3_800_000));
        assert!(wire.admit(other, 3_900_000));
        assert!(!wire.admit(first, 3_900_001));
        assert_eq!(wire.target(), Some(other));
    }

    #[test]
    fn what_is_still_on_its_way_from_the_old_place_does_not_latch_us_back() {
        let (mut wire, _) = wire();
        let (old, new) = (SocketAddr::from(([192, 0, 2, 1], 1)), SocketAddr::from(([192, 0, 2, 2], 2)));
        wire.describe(Described { rtp: Some(old), ..Described::default() });
        assert!(wire.admit(old, 0));
        wire.describe(Described { rtp: Some(new), ..Described::default() });
        assert!(wire.admit(old, 20_000));
        assert_eq!(wire.target(), Some(new));
        assert!(wire.admit(new, 30_000));
        assert!(!wire.admit(old, 40_000));
        // A far end that never comes from its new place is kept where it is.
        wire.describe(Described { rtp: Some(old), ..Described::default() });
        (0..40).for_each(|_| assert!(wire.admit(new, 50_000)));
        assert_eq!(wire.target(), Some(new));
    }
}
