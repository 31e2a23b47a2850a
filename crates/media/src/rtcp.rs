//! RTCP, as much as a voice wire needs: sender and receiver reports both ways, for loss, jitter and round trip.

use std::time::Duration;

use crate::quality::Block;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
/// Seconds between 1900, where NTP begins, and 1970.
const NTP_EPOCH_S: u64 = 2_208_988_800;
/// Bytes of the largest compound we write.
pub(crate) const REPORT_BYTES_MAX: usize = 128;

/// The middle 32 bits of NTP time, in 65536ths of a second: how reports name moments (RFC 3550 §4).
pub(crate) fn short_time(wall: Duration) -> u32 {
    let seconds = (wall.as_secs().wrapping_add(NTP_EPOCH_S) & 0xFFFF) << 16;
    let fraction = u64::from(wall.subsec_micros()) * 65_536 / 1_000_000;
    (seconds | fraction) as u32
}

/// What we say about the stream we send.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sent {
    pub(crate) ssrc: u32,
    pub(crate) timestamp: u32,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
}

/// The last sender report that the far end sent: when, and by whose clock.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct LastReport {
    pub(crate) short: u32,
    pub(crate) arrived: Duration,
}

struct Writer<'a> {
    out: &'a mut [u8; REPORT_BYTES_MAX],
    len: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        let end = (self.len + bytes.len()).min(self.out.len());
        let room = end - self.len;
        self.out[self.len..end].copy_from_slice(&bytes[..room]);
        self.len = end;
    }
    fn word(&mut self, word: u32) {
        self.put(&word.to_be_bytes());
    }
    fn head(&mut self, count: u8, kind: u8, words: u8) {
        self.put(&[0x80 | count, kind, 0, words]);
    }
}

/// Writes a compound of a report (a sender report when we sent anything), our name, and a goodbye where it is the last.
pub(crate) fn write(
    out: &mut [u8; REPORT_BYTES_MAX],
    sent: Sent,
    block: Option<(Block, u32)>,
    last: Option<LastReport>,
    wall: Duration,
    goodbye: bool,
) -> usize {
    let mut writer = Writer { out, len: 0 };
    let (count, words) = if block.is_some() { (1, 6) } else { (0, 0) };
    if sent.packets > 0 {
        writer.head(count, SENDER_REPORT, 6 + words);
        writer.word(sent.ssrc);
        writer.word((wall.as_secs().wrapping_add(NTP_EPOCH_S)) as u32);
        writer.word(((u64::from(wall.subsec_nanos()) << 32) / 1_000_000_000) as u32);
        writer.word(sent.timestamp);
        writer.word(sent.packets);
        writer.word(sent.octets);
    } else {
        writer.head(count, RECEIVER_REPORT, 1 + words);
        writer.word(sent.ssrc);
    }
    if let Some((block, clock)) = block {
        writer.word(block.ssrc);
        writer.word(u32::from(block.fraction_lost) << 24 | (block.lost & 0xFF_FFFF));
        writer.word(block.highest);
        let jitter = u64::from(block.jitter_us) * u64::from(clock) / 1_000_000;
        writer.word(u32::try_from(jitter).unwrap_or(u32::MAX));
        writer.word(last.map_or(0, |last| last.short));
        let since = last.map(|last| wall.saturating_sub(last.arrived)).unwrap_or_default();
        let delay = since.as_micros() * 65_536 / 1_000_000;
        writer.word(if last.is_some() { u32::try_from(delay).unwrap_or(u32::MAX) } else { 0 });
    }
    // A canonical name of 8 hex digits that says nothing about us but the stream's number.
    writer.head(1, SOURCE_DESCRIPTION, 4);
    writer.word(sent.ssrc);
    writer.put(&[1, 8]);
    for shift in (0..8).rev() {
        let digit = (sent.ssrc >> (4 * shift) & 0xF) as u8;
        writer.put(&[if digit < 10 { b'0' + digit } else { b'a' + digit - 10 }]);
    }
    writer.put(&[0, 0]);
    if goodbye {
        writer.head(1, GOODBYE, 1);
        writer.word(sent.ssrc);
    }
    writer.len
}

/// What a compound from the far end told us.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Told {
    /// Their sender report, by its short time.
    pub(crate) report: Option<u32>,
    pub(crate) rtt_us: Option<u32>,
}

/// Reads a compound; what is malformed ends the reading and what was read so far counts. None when it is no RTCP.
pub(crate) fn read(bytes: &[u8], our_ssrc: u32, arrived: Duration) -> Option<Told> {
    let mut told = None;
    let mut rest = bytes;
    while let [flags, kind, high, low, ..] = *rest {
        let len = 4 + 4 * usize::from(u16::from_be_bytes([high, low]));
        if flags >> 6 != 2 || !(SENDER_REPORT..=207).contains(&kind) || len > rest.len() {
            break;
        }
        let told = told.get_or_insert_with(Told::default);
        let body = &rest[4..len];
        let blocks = match kind {
            SENDER_REPORT => {
                if let (Some(high), Some(low)) = (word(body, 4), word(body, 8)) {
                    told.report = Some(high << 16 | low >> 16);
                }
                body.get(24..)
            }
            RECEIVER_REPORT => body.get(4..),
            _ => None,
        };
        for block in blocks.unwrap_or_default().chunks_exact(24).take(usize::from(flags & 0x1F)) {
            told.rtt_us = round_trip(block, our_ssrc, arrived).or(told.rtt_us);
        }
        rest = &rest[len..];
    }
    told
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// RFC 3550 §6.4.1: arrival, less the time of our report, less how long the far end kept it.
fn round_trip(block: &[u8], our_ssrc: u32, arrived: Duration) -> Option<u32> {
    let (ssrc, last, kept) = (word(block, 0)?, word(block, 16)?, word(block, 20)?);
    if ssrc != our_ssrc || last == 0 {
        return None;
    }
    let trip = short_time(arrived).wrapping_sub(last).wrapping_sub(kept) as i32;
    // A far end whose clock is coarse can make it slightly negative.
    let trip = u64::try_from(trip.max(0)).ok()? * 1_000_000 / 65_536;
    u32::try_from(trip).ok().filter(|us| *us < 10_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BLOCK: Block = Block { ssrc: 7, fraction_lost: 3, lost: 12, highest: 99, jitter_us: 2_000 };

    #[test]
    fn the_round_trip_is_what_is_left_after_the_far_end_kept_the_report() {
        let sent_at = Duration::from_millis(1_700_000_000_123);
        let mut out = [0u8; REPORT_BYTES_MAX];
        let sent = Sent { ssrc: 7, timestamp: 1, packets: 10, octets: 1600 };
        let len = write(&mut out, sent, None, None, sent_at, false);
        let theirs = read(&out[..len], 1, sent_at + Duration::from_millis(15)).unwrap();
        let last = LastReport { short: theirs.report.unwrap(), arrived: sent_at + Duration::from_millis(15) };
        // They answer a second later; their answer travels 15 ms too.
        let replied = last.arrived + Duration::from_secs(1);
        let reply = Sent { ssrc: 1, packets: 0, ..sent };
        let len = write(&mut out, reply, Some((BLOCK, 8_000)), Some(last), replied, true);
        let told = read(&out[..len], 7, replied + Duration::from_millis(15)).unwrap();
        let rtt = told.rtt_us.unwrap();
        assert!((29_900..=30_100).contains(&rtt), "{rtt}");
    }

    #[test]
    fn a_compound_is_whole_words_and_each_part_says_its_length() {
        let mut out = [0u8; REPORT_BYTES_MAX];
        let sent = Sent { ssrc: 0xAB12_0F09, timestamp: 1, packets: 10, octets: 1600 };
        let len = write(&mut out, sent, Some((BLOCK, 8_000)), None, Duration::from_secs(5), true);
        let (mut at, mut kinds) = (0, Vec::new());
        while at < len {
            kinds.push(out[at + 1]);
            at += 4 + 4 * usize::from(u16::from_be_bytes([out[at + 2], out[at + 3]]));
        }
        assert_eq!((at, kinds), (len, vec![SENDER_REPORT, SOURCE_DESCRIPTION, GOODBYE]));
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
            let _ = read(&bytes, 7, Duration::from_secs(1));
        }
    }
}
