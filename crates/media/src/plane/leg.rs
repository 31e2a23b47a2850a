//! One leg as its engine thread keeps it: its wire, what it hears and what it says.

use terms::{Direction, LegId};

use crate::{
    Report,
    clock::{Micros, Now},
    codec::{Codec, Payload, PayloadMap, opus::OpusPair},
    digit::{DigitReader, DigitSender},
    frame::{Frame, Rate},
    jitter::Content,
    plane::reports::Reports,
    playout::Playout,
    port::Inbox,
    quality::{Counted, Reception, judge},
    resample::{Downsampler, Upsampler},
    session::{Wire, rtp::Described},
};

/// Packets taken from one socket in one tick; a flood waits in the kernel and is dropped there.
const DRAIN_MAX: usize = 64;
const MEASURE_EVERY_US: Micros = 5_000_000;
/// RTCP is looked at every tenth tick; its arrival is stamped by the kernel.
const CONTROL_EVERY_TICKS: u32 = 10;

/// How we send: the codec and its number, and the number and clock for key presses where agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SendAs {
    pub(crate) codec: Codec,
    pub(crate) number: u8,
    pub(crate) events: Option<(u8, u32)>,
}

/// What offer and answer have settled.
#[derive(Clone, Debug)]
pub(crate) struct Tuning {
    pub(crate) payloads: PayloadMap,
    /// None while our offer is not answered.
    pub(crate) send: Option<SendAs>,
    /// As the far end wants it.
    pub(crate) direction: Direction,
    pub(crate) described: Described,
}

/// Whether the far end still speaks.
#[derive(Clone, Copy, Debug, Default)]
struct Watch {
    /// The last sign of life, or the moment from which one is expected; none while none is.
    since: Option<Micros>,
    silent: bool,
    timed_out: bool,
}

/// What a leg is opened with.
#[derive(Debug)]
pub(crate) struct LegParts {
    pub(crate) id: LegId,
    pub(crate) wire: Wire,
    pub(crate) tuning: Tuning,
    pub(crate) opus: Option<Box<OpusPair>>,
    pub(crate) silent_ms: u64,
    /// None: however long it is silent.
    pub(crate) timeout_ms: Option<u64>,
}

#[derive(Debug)]
pub(crate) struct Leg {
    pub(crate) id: LegId,
    pub(crate) wire: Wire,
    pub(crate) tuning: Tuning,
    pub(crate) playout: Playout,
    pub(crate) opus: Option<Box<OpusPair>>,
    pub(crate) up: Upsampler,
    pub(crate) down: Downsampler,
    pub(crate) digits: DigitSender,
    /// Timestamp that all packets of the key being sent carry.
    pub(crate) press_at: u32,
    presses: DigitReader,
    reception: Reception,
    watch: Watch,
    silent_us: Micros,
    timeout_us: Micros,
    late_seen: u32,
    measure_at: Micros,
    ticks: u32,
}

impl Leg {
    pub(crate) fn new(parts: LegParts) -> Self {
        let LegParts { id, mut wire, tuning, opus, silent_ms, timeout_ms } = parts;
        let rate = if opus.is_some() { Rate::Wide } else { Rate::Narrow };
        wire.describe(tuning.described);
        Self {
            id,
            wire,
            tuning,
            playout: Playout::new(rate),
            opus,
            up: Upsampler::default(),
            down: Downsampler::default(),
            digits: DigitSender::default(),
            press_at: 0,
            presses: DigitReader::default(),
            reception: Reception::default(),
            watch: Watch::default(),
            silent_us: silent_ms * 1_000,
            timeout_us: timeout_ms.map_or(Micros::MAX, |ms| ms * 1_000),
            late_seen: 0,
            measure_at: 0,
            ticks: 0,
        }
    }

    /// Takes over what another offer and answer settled; port and stream stay.
    pub(crate) fn tune(&mut self, tuning: Tuning, opus: Option<Box<OpusPair>>) {
        self.wire.describe(tuning.described);
        self.tuning = tuning;
        if self.opus.is_none() && opus.is_some() {
            self.opus = opus;
            self.playout = Playout::new(Rate::Wide);
        }
        // The far end may begin anew, and must be heard from anew.
        self.watch.since = None;
    }

    pub(crate) fn rate(&self) -> Rate {
        self.playout.rate()
    }

    /// The mixing rate changes: what the filters remember is of another rate's sound.
    pub(crate) fn forget_filters(&mut self) {
        self.up = Upsampler::default();
        self.down = Downsampler::default();
    }

    fn codec(&self) -> Codec {
        self.tuning.send.map_or(Codec::Pcmu, |send| send.codec)
    }

    /// How we send now, where the far end listens and is known.
    pub(crate) fn sends(&self) -> Option<SendAs> {
        let listens = matches!(self.tuning.direction, Direction::SendRecv | Direction::RecvOnly);
        self.tuning.send.filter(|_| listens && self.wire.is_open())
    }

    /// Takes in what has come since the last tick.
    pub(crate) fn drain(&mut self, inbox: &mut Inbox, now: &Now, reports: &mut Reports) -> u64 {
        let mut count = 0;
        for _ in 0..DRAIN_MAX {
            let Some(packet) = self.wire.receive(inbox, &self.tuning.payloads, now) else { break };
            let Some(packet) = packet else { continue };
            count += 1;
            let clock = match packet.payload {
                Payload::Audio(codec) => codec.clock(),
                Payload::Events | Payload::ComfortNoise | Payload::Unknown => self.codec().clock(),
            };
            let timed = matches!(packet.payload, Payload::Audio(_));
            let counted = self.reception.count(
                packet.ssrc,
                packet.sequence,
                timed.then_some((packet.timestamp, clock)),
                packet.arrived,
            );
            match counted {
                Counted::Same => {}
                Counted::Another => {
                    self.playout.restart();
                    self.presses.restart();
                }
                Counted::Stray => continue,
            }
            let content = match packet.payload {
                Payload::Audio(codec) => Content::Audio(codec),
                Payload::Events | Payload::ComfortNoise | Payload::Unknown => Content::Nothing,
            };
            let body = if timed { packet.body } else { &[] };
            self.playout.insert(packet.sequence, content, body, packet.arrived);
            if packet.payload == Payload::Events
                && let Some(digit) = self.presses.read(packet.body, packet.timestamp)
            {
                reports.push(Report::Digit { leg: self.id, digit });
            }
            self.watch.since = Some(packet.arrived);
            if self.watch.silent {
                self.watch = Watch { since: Some(packet.arrived), ..Watch::default() };
                reports.push(Report::Heard { leg: self.id });
            }
        }
        count
    }

    /// Makes this leg's frame at the mixing rate.
    pub(crate) fn play(&mut self, rate: Rate, out: &mut Frame, now: &Now) {
        out.set_rate(rate);
        if self.playout.rate() == rate {
            self.playout.next(out.samples_mut(), self.opus.as_deref_mut(), now.us);
            return;
        }
        let mut own = [0i16; 160];
        self.playout.next(&mut own, None, now.us);
        self.up.run(&own, out.samples_mut());
    }

    /// Lets the tick pass: nobody hears this leg.
    pub(crate) fn pass(&mut self, now: &Now) {
        self.playout.skip(now.us);
    }

    /// What a tick does beside sound: the silence watch, RTCP, the measurement every five seconds.
    pub(crate) fn look_after(&mut self, inbox: &mut Inbox, now: &Now, reports: &mut Reports) {
        self.watch(now.us, reports);
        self.ticks = self.ticks.wrapping_add(1);
        if self.ticks.is_multiple_of(CONTROL_EVERY_TICKS) {
            let codec = self.codec();
            self.wire.control(inbox, &mut self.reception, codec, now);
        }
        if self.measure_at == 0 {
            self.measure_at = now.us + MEASURE_EVERY_US;
        }
        if now.us >= self.measure_at {
            self.measure_at += MEASURE_EVERY_US;
            let (expected, received) = self.reception.take_interval();
            let late = self.playout.late();
            let late_now = late.wrapping_sub(std::mem::replace(&mut self.late_seen, late));
            // A wire on hold that says nothing has no quality to tell.
            if expected > 0 {
                let quality =
                    judge(expected, received, late_now, self.reception.jitter_us(), self.wire.rtt_us());
                reports.push(Report::Measured { leg: self.id, quality });
            }
        }
    }

    fn watch(&mut self, now: Micros, reports: &mut Reports) {
        // Before our offer is answered nobody owes us sound; a far end that holds us or only listens owes none either.
        let begun = self.tuning.send.is_some() || self.watch.since.is_some();
        if self.wire.is_broken() {
            if !std::mem::replace(&mut self.watch.silent, true) {
                reports.push(Report::Silent { leg: self.id });
            }
            return;
        }
        if !begun || self.tuning.direction != Direction::SendRecv {
            // Whoever says that nothing is to be heard of them is there.
            if std::mem::take(&mut self.watch).silent {
                reports.push(Report::Heard { leg: self.id });
            }
            return;
        }
        let since = *self.watch.since.get_or_insert(now);
        let silence = now.saturating_sub(since);
        if !self.watch.silent && silence >= self.silent_us {
            self.watch.silent = true;
            reports.push(Report::Silent { leg: self.id });
        }
        if !self.watch.timed_out && silence >= self.timeout_us {
            self.watch.timed_out = true;
            reports.push(Report::TimedOut { leg: self.id });
        }
    }

    /// Says goodbye and tells how the whole life of this leg sounded.
    pub(crate) fn close(&mut self, now: &Now, reports: &mut Reports) {
        let codec = self.codec();
        self.wire.say_goodbye(&mut self.reception, codec, now);
        let quality = judge(
            self.reception.expected(),
            self.reception.received(),
            self.playout.late(),
            self.reception.jitter_us(),
            self.wire.rtt_us(),
        );
        reports.push(Report::Measured { leg: self.id, quality });
    }
}
