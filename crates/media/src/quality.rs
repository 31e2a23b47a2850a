//! How a wire sounds: RFC 3550 counts of what came, and the E-model's opinion of it.

use terms::Quality;

use crate::clock::Micros;

/// Counts of one direction of one wire (RFC 3550 appendix A.3 and A.8).
#[derive(Clone, Debug, Default)]
pub(crate) struct Reception {
    ssrc: Option<u32>,
    base: u32,
    highest: u32,
    received: u32,
    /// Counts of streams that ended before this one.
    expected_before: u32,
    received_before: u32,
    /// The sequence number that would make a jump a new stream.
    after_jump: Option<u16>,
    transit: Option<i64>,
    /// Interarrival jitter in sixteenths of a microsecond.
    jitter_us_16ths: i64,
    /// What had been expected and received at the last look.
    interval: (u32, u32),
    report: (u32, u32),
}

/// What a packet turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    Same,
    /// Another stream begins with it.
    Another,
    /// It fits no stream, and is not to be played.
    Stray,
}

/// What a reception report block says (RFC 3550 §6.4.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) ssrc: u32,
    pub(crate) fraction_lost: u8,
    pub(crate) lost: u32,
    pub(crate) highest: u32,
    pub(crate) jitter_us: u32,
}

impl Reception {
    /// Counts a packet, unless it is out of all order; `timed` is its timestamp and clock where they tell when it was sent (key presses repeat theirs).
    pub(crate) fn count(
        &mut self,
        ssrc: u32,
        sequence: u16,
        timed: Option<(u32, u32)>,
        arrived: Micros,
    ) -> Counted {
        let jumped = self.ssrc == Some(ssrc) && self.is_jump(sequence);
        // RFC 3550 A.1: one packet from nowhere is a stray, two in a row are a stream that began anew.
        let expected_jump = self.after_jump.take();
        if jumped && expected_jump != Some(sequence) {
            self.after_jump = Some(sequence.wrapping_add(1));
            return Counted::Stray;
        }
        let another = jumped || self.ssrc != Some(ssrc);
        if another {
            self.expected_before += self.expected_now();
            self.received_before += self.received;
            let before = (self.expected_before, self.received_before);
            self.interval = (self.interval.0.min(before.0), self.interval.1.min(before.1));
            self.ssrc = Some(ssrc);
            self.base = u32::from(sequence);
            self.highest = u32::from(sequence);
            self.received = 0;
            self.transit = None;
        }
        let ahead = sequence.wrapping_sub(self.highest as u16) as i16;
        if ahead > 0 {
            self.highest = self.highest.wrapping_add(u32::from(ahead.unsigned_abs()));
        }
        self.received += 1;
        if let Some((timestamp, clock)) = timed {
            self.note_transit(timestamp, clock, arrived);
        }
        if another { Counted::Another } else { Counted::Same }
    }

    fn is_jump(&self, sequence: u16) -> bool {
        // RFC 3550 A.1: up to 3000 lost or 100 disordered is still the same stream.
        let ahead = i32::from(sequence.wrapping_sub(self.highest as u16) as i16);
        !(-100..3000).contains(&ahead)
    }

    fn note_transit(&mut self, timestamp: u32, clock: u32, arrived: Micros) {
        let sent_us = i64::from(timestamp) * 1_000_000 / i64::from(clock.max(1));
        let transit = arrived as i64 - sent_us;
        if let Some(before) = self.transit.replace(transit) {
            let off = (transit - before).abs();
            // A wrapped or restarted clock says nothing about the network.
            if off < 1_000_000 {
                self.jitter_us_16ths += off - ((self.jitter_us_16ths + 8) >> 4);
            }
        }
    }

    fn expected_now(&self) -> u32 {
        if self.ssrc.is_none() { 0 } else { self.highest.wrapping_sub(self.base) + 1 }
    }
    pub(crate) fn expected(&self) -> u32 {
        self.expected_before + self.expected_now()
    }
    pub(crate) fn received(&self) -> u32 {
        self.received_before + self.received
    }
    pub(crate) fn jitter_us(&self) -> u32 {
        u32::try_from(self.jitter_us_16ths >> 4).unwrap_or(0)
    }

    /// Expected and received since the last call.
    pub(crate) fn take_interval(&mut self) -> (u32, u32) {
        let now = (self.expected(), self.received());
        let before = std::mem::replace(&mut self.interval, now);
        (now.0.saturating_sub(before.0), now.1.saturating_sub(before.1))
    }

    /// The block for the next report; none before anything came.
    pub(crate) fn block(&mut self) -> Option<Block> {
        let ssrc = self.ssrc?;
        let now = (self.expected(), self.received());
        let before = std::mem::replace(&mut self.report, now);
        let expected = now.0.saturating_sub(before.0);
        let lost = expected.saturating_sub(now.1.saturating_sub(before.1));
        let fraction = (lost * 256).checked_div(expected).unwrap_or(0).min(255);
        Some(Block {
            ssrc,
            fraction_lost: u8::try_from(fraction).unwrap_or(u8::MAX),
            lost: now.0.saturating_sub(now.1).min(0x7F_FFFF),
            highest: self.highest,
            jitter_us: self.jitter_us(),
        })
    }
}

/// Judges a wire from what was expected and what came, with the round trip where it is known.
///
/// MOS after ITU-T G.107 with its default transmission (R0 - Is = 93.2), G.711 with concealment for the codec
/// (G.113: Ie 0, Bpl 25.1), random loss, and a mouth-to-ear delay of half the round trip, twice the jitter, and 45 ms
/// for packets, buffer and mixing.
pub(crate) fn judge(expected: u32, received: u32, late: u32, jitter_us: u32, rtt_us: Option<u32>) -> Quality {
    let came = received.min(expected);
    let share =
        |lost: u32| if expected == 0 { 0.0 } else { f64::from(lost.min(expected)) / f64::from(expected) };
    let lost = share(expected - came);
    let unplayed = share(expected - came + late);
    let delay_ms = f64::from(rtt_us.unwrap_or(0)) / 2_000.0 + 2.0 * f64::from(jitter_us) / 1_000.0 + 45.0;
    Quality {
        mos_hundredths: whole(mos(unplayed * 100.0, delay_ms) * 100.0),
        loss_hundredths: whole(lost * 10_000.0),
        jitter_ms: whole(f64::from(jitter_us) / 1_000.0),
        rtt_ms: rtt_us.map(|us| whole(f64::from(us) / 1_000.0)),
    }
}

fn mos(loss_percent: f64, delay_ms: f64) -> f64 {
    let echo_free_delay = 0.024 * delay_ms + 0.11 * (delay_ms - 177.3).max(0.0);
    let equipment = 95.0 * loss_percent / (loss_percent + 25.1);
    let r = 93.2 - echo_free_delay - equipment;
    if r <= 0.0 {
        return 1.0;
    }
    (1.0 + 0.035 * r + r * (r - 60.0) * (100.0 - r) * 7e-6).clamp(1.0, 4.5)
}

fn whole(value: f64) -> u16 {
    value.round().clamp(0.0, f64::from(u16::MAX)) as u16
}

#[cfg(test)]
mod tests {
    use super::*;

    fn steady(packets: u32, lost: impl Fn(u32) -> bool) -> Reception {
        let mut reception = Reception::default();
        for n in (0..packets).filter(|n| !lost(*n)) {
            reception.count(
                9,
                (n as u16).wrapping_add(65_500),
                Some((n * 160, 8_000)),
                u64::from(n) * 20_000,
            );
        }
        reception
    }

    #[test]
    fn a_clean_wire_scores_what_the_e_model_gives_g711() {
        let reception = steady(500, |_| false);
        let quality =
            judge(reception.expected(), reception.received(), 0, reception.jitter_us(), Some(20_000));
        assert_eq!((quality.loss_hundredths, quality.jitter_ms, quality.rtt_ms), (0, 0, Some(20)));
        assert!((435..=441).contains(&quality.mos_hundredths), "{quality:?}");
    }

    #[test]
    fn every_tenth_packet_lost_is_ten_percent_and_sounds_bad() {
        let reception = steady(1000, |n| n % 10 == 5);
        let quality = judge(reception.expected(), reception.received(), 0, 0, None);
        assert_eq!(quality.loss_hundredths, 1000);
        assert!((260..=340).contains(&quality.mos_hundredths), "{quality:?}");
    }

    #[test]
    fn jitter_is_counted_as_rfc_3550_does() {
        let mut reception = Reception::default();
        for n in 0..2000u32 {
            let wobble = if n % 2 == 0 { 0 } else { 10_000 };
            reception.count(1, n as u16, Some((n * 160, 8_000)), u64::from(n) * 20_000 + wobble);
        }
        assert!((9_000..=10_000).contains(&reception.jitter_us()), "{}", reception.jitter_us());
    }

    #[test]
    fn another_stream_on_the_wire_is_no_loss() {
        let mut reception = steady(100, |_| false);
        assert_eq!(reception.count(77, 4, Some((0, 8_000)), 3_000_000), Counted::Another);
        assert_eq!((reception.expected(), reception.received()), (101, 101));
    }

    #[test]
    fn one_packet_from_nowhere_is_a_stray_and_two_are_a_new_stream() {
        let mut reception = steady(100, |_| false);
        let mut count = |sequence| reception.count(9, sequence, None, 3_000_000);
        let next = 65_500u16.wrapping_add(100);
        assert_eq!(count(20_000), Counted::Stray);
        assert_eq!(count(next), Counted::Same);
        assert_eq!(count(30_000), Counted::Stray);
        assert_eq!(count(30_001), Counted::Another);
        assert_eq!(count(30_002), Counted::Same);
    }

    #[test]
    fn a_report_block_tells_the_share_lost_since_the_last() {
        let mut reception = steady(100, |n| n >= 50 && n % 2 == 0);
        let block = reception.block().unwrap();
        assert_eq!(block.lost, 25);
        assert_eq!(block.fraction_lost, 64);
        assert_eq!(reception.block().unwrap().fraction_lost, 0);
    }
}
