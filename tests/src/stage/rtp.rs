//! RTP packets (RFC 3550) and named telephone events (RFC 4733), as a phone writes and reads them.

/// The fixed part of an RTP packet and what it carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet<'a> {
    pub marker: bool,
    pub payload_type: u8,
    pub sequence: u16,
    pub timestamp: u32,
    pub ssrc: u32,
    pub payload: &'a [u8],
}

impl<'a> Packet<'a> {
    /// `None` for whatever is not RTP: too short, another version, or RTCP on the same port (RFC 5761).
    pub fn read(octets: &'a [u8]) -> Option<Packet<'a>> {
        if octets.len() < 12 || octets[0] >> 6 != 2 {
            return None;
        }
        let payload_type = octets[1] & 0x7f;
        if (64..96).contains(&payload_type) {
            return None;
        }
        let mut start = 12 + 4 * usize::from(octets[0] & 0x0f);
        if octets[0] & 0x10 != 0 {
            let words = u16::from_be_bytes([*octets.get(start + 2)?, *octets.get(start + 3)?]);
            start += 4 + 4 * usize::from(words);
        }
        let padding = if octets[0] & 0x20 != 0 { usize::from(*octets.last()?) } else { 0 };
        let end = octets.len().checked_sub(padding)?;
        Some(Packet {
            marker: octets[1] & 0x80 != 0,
            payload_type,
            sequence: u16::from_be_bytes([octets[2], octets[3]]),
            timestamp: u32::from_be_bytes([octets[4], octets[5], octets[6], octets[7]]),
            ssrc: u32::from_be_bytes([octets[8], octets[9], octets[10], octets[11]]),
            payload: octets.get(start..end)?,
        })
    }

    pub fn write(&self, into: &mut Vec<u8>) {
        into.clear();
        into.push(0x80);
        into.push(self.payload_type | if self.marker { 0x80 } else { 0 });
        into.extend_from_slice(&self.sequence.to_be_bytes());
        into.extend_from_slice(&self.timestamp.to_be_bytes());
        into.extend_from_slice(&self.ssrc.to_be_bytes());
        into.extend_from_slice(self.payload);
    }
}

const DIGITS: &[u8] = b"0123456789*#ABCD";

/// One report of a digit that is being pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TelephoneEvent {
    pub digit: char,
    pub ended: bool,
    /// Since the press, in RTP time.
    pub duration: u16,
}

impl TelephoneEvent {
    pub fn read(payload: &[u8]) -> Option<TelephoneEvent> {
        let [event, flags, high, low, ..] = *payload else { return None };
        Some(TelephoneEvent {
            digit: char::from(*DIGITS.get(usize::from(event))?),
            ended: flags & 0x80 != 0,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    /// The four octets, at a volume of -10 dBm0; `None` for what is no digit.
    pub fn write(&self) -> Option<[u8; 4]> {
        let event = DIGITS.iter().position(|d| char::from(*d) == self.digit.to_ascii_uppercase())?;
        let [high, low] = self.duration.to_be_bytes();
        Some([event as u8, if self.ended { 0x80 | 10 } else { 10 }, high, low])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_packet_reads_back_the_same() {
        let packet = Packet {
            marker: true,
            payload_type: 8,
            sequence: 65_535,
            timestamp: 7,
            ssrc: 9,
            payload: b"abc",
        };
        let mut octets = Vec::new();
        packet.write(&mut octets);
        assert_eq!(Packet::read(&octets), Some(packet));
    }

    #[test]
    fn what_is_not_rtp_is_not_read() {
        assert_eq!(Packet::read(b""), None);
        assert_eq!(Packet::read(&[0x80, 200, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), None, "an RTCP sender report");
        assert_eq!(
            Packet::read(&[0x9f, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]),
            None,
            "an extension that is not there"
        );
        assert_eq!(Packet::read(&[0xa0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 99]), None, "more padding than packet");
    }

    #[test]
    fn every_digit_has_its_event() {
        for digit in "0123456789*#ABCD".chars() {
            let event = TelephoneEvent { digit, ended: true, duration: 800 };
            assert_eq!(TelephoneEvent::read(&event.write().unwrap()), Some(event));
        }
        assert_eq!(TelephoneEvent { digit: 'x', ended: false, duration: 0 }.write(), None);
    }
}
