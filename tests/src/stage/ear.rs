//! The ear: what came in over one wire, sample by sample on RTP's own time, and how loud each party is in it.

use std::{
    collections::{BTreeSet, VecDeque},
    f64::consts::PI,
    net::SocketAddr,
    time::{Duration, Instant},
};

use super::tone::{FRAME, Pilot, RATE, dbfs};

/// A party is heard at or above this level, in dBFS.
pub const PRESENT_DBFS: f64 = -30.0;
/// A party is not heard at or below this level, in dBFS.
pub const ABSENT_DBFS: f64 = -60.0;
/// What is left beside all pilots counts as music, speech or a signal tone from this level on, in dBFS.
/// Six pilots through both laws of G.711 leave up to -41 dBFS of noise.
pub const MUSIC_DBFS: f64 = -38.0;
/// The shortest stretch that presence or absence may be read from: 400 ms.
pub const WINDOW: Duration = Duration::from_millis(400);

/// How much is remembered: three minutes.
const KEPT: usize = 180 * RATE as usize;
/// A jump of RTP time beyond this is another clock, not a gap.
const CLOCK_JUMP: i64 = 10 * RATE as i64;
/// A pause in arrivals beyond this is silence to a person even if RTP time does not show it.
const STALL: Duration = Duration::from_millis(500);
/// After this long without a packet the wire is silent now.
const TAIL: Duration = Duration::from_millis(100);
/// Silence is counted in steps of 5 ms.
const STEP: usize = FRAME / 4;

/// A moment on an ear's own time, in samples since it began to listen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(u64);

#[derive(Clone, Copy)]
struct Anchor {
    ssrc: u32,
    timestamp: u32,
    position: u64,
    at: Instant,
}

/// Counters of what the wire did, for messages and for stories about broken wires.
#[derive(Clone, Debug, Default)]
pub struct Arrivals {
    pub packets: u64,
    pub out_of_order: u64,
    pub missing_samples: u64,
    pub restarts: u64,
    pub sources: BTreeSet<SocketAddr>,
    pub synchronisation_sources: BTreeSet<u32>,
    /// The largest pause between two packets.
    pub longest_pause: Duration,
}

/// A ring of decoded samples with their place in time.
pub struct Ear {
    samples: VecDeque<i16>,
    /// Position just after the last sample.
    end: u64,
    anchor: Option<Anchor>,
    pub arrivals: Arrivals,
}

impl Default for Ear {
    fn default() -> Self {
        Self::new()
    }
}

impl Ear {
    pub fn new() -> Self {
        Ear { samples: VecDeque::new(), end: 0, anchor: None, arrivals: Arrivals::default() }
    }

    /// Takes in one packet's samples.
    pub fn take(&mut self, ssrc: u32, timestamp: u32, at: Instant, samples: &[i16]) {
        self.arrivals.packets += 1;
        self.arrivals.synchronisation_sources.insert(ssrc);
        let position = self.place(ssrc, timestamp, at);
        if position >= self.end {
            let missing = position - self.end;
            self.arrivals.missing_samples += missing;
            self.silence(missing);
            self.samples.extend(samples);
            self.end += samples.len() as u64;
            let over = self.samples.len().saturating_sub(KEPT);
            self.samples.drain(..over);
        } else {
            self.arrivals.out_of_order += 1;
            self.overwrite(position, samples);
        }
    }

    /// Where a packet belongs; learns the clock of a new stream.
    fn place(&mut self, ssrc: u32, timestamp: u32, at: Instant) -> u64 {
        let Some(anchor) = self.anchor else {
            self.anchor = Some(Anchor { ssrc, timestamp, position: self.end, at });
            return self.end;
        };
        let pause = at.saturating_duration_since(anchor.at);
        self.arrivals.longest_pause = self.arrivals.longest_pause.max(pause);
        let ahead = i64::from(timestamp.wrapping_sub(anchor.timestamp) as i32);
        let same_clock = ssrc == anchor.ssrc && ahead.abs() < CLOCK_JUMP;
        let stalled = pause > STALL + Duration::from_millis(ahead.max(0) as u64 / 8);
        let position = if same_clock && !stalled {
            anchor.position.saturating_add_signed(ahead)
        } else {
            self.arrivals.restarts += u64::from(!same_clock);
            self.end + samples_in(pause.saturating_sub(Duration::from_millis(20)))
        };
        if position >= self.end {
            self.anchor = Some(Anchor { ssrc, timestamp, position, at });
        }
        position
    }

    fn silence(&mut self, samples: u64) {
        self.end += samples;
        let kept = (samples as usize).min(KEPT);
        self.samples.extend(std::iter::repeat_n(0, kept));
    }

    fn overwrite(&mut self, position: u64, samples: &[i16]) {
        let first = self.end - self.samples.len() as u64;
        for (offset, sample) in samples.iter().enumerate() {
            let at = position + offset as u64;
            if at >= first && at < self.end {
                self.samples[(at - first) as usize] = *sample;
            }
        }
    }

    /// The moment now: what has been heard, and the silence since the last packet.
    pub fn mark(&self, now: Instant) -> Mark {
        Mark(self.end + self.silent_tail(now))
    }

    /// Samples of silence between the last packet and now.
    fn silent_tail(&self, now: Instant) -> u64 {
        match self.anchor {
            Some(anchor) => {
                let pause = now.saturating_duration_since(anchor.at);
                if pause > TAIL { samples_in(pause - TAIL) } else { 0 }
            }
            None => 0,
        }
    }

    /// What was heard from `from` until `now`, full scale 1; `None` when less than 5 ms.
    pub fn since(&self, from: Mark, now: Instant) -> Option<Sound> {
        let end = self.mark(now).0;
        let first = self.end - self.samples.len() as u64;
        let start = from.0.max(first);
        if end < start + STEP as u64 {
            return None;
        }
        let skip = start.saturating_sub(first) as usize;
        let mut sound: Vec<f64> =
            self.samples.iter().skip(skip).map(|s| f64::from(*s) / f64::from(i16::MAX)).collect();
        sound.resize((end - start) as usize, 0.0);
        Some(Sound(sound))
    }

    /// The last `length` of sound, silence since the last packet included; `None` when less was heard so far.
    pub fn last(&self, length: Duration, now: Instant) -> Option<Sound> {
        let end = self.mark(now).0;
        let from = end.checked_sub(samples_in(length))?;
        self.since(Mark(from), now)
    }
}

fn samples_in(length: Duration) -> u64 {
    length.as_micros() as u64 * u64::from(RATE) / 1_000_000
}

/// A stretch of sound at 8 kHz, full scale 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Sound(pub Vec<f64>);

impl Sound {
    pub fn duration(&self) -> Duration {
        Duration::from_micros(self.0.len() as u64 * 1_000_000 / u64::from(RATE))
    }

    /// Level of one frequency in dBFS: a single Fourier bin under a four-term Blackman-Harris window (F. J. Harris,
    /// "On the use of windows", Proc. IEEE 66, 1978), whose side lobes lie at -92 dB and whose main lobe at 400 ms
    /// ends 10 Hz away.
    pub fn level(&self, hz: f64) -> f64 {
        let count = self.0.len() as f64;
        let turn = 2.0 * PI * hz / f64::from(RATE);
        let (mut real, mut imaginary, mut weight) = (0.0, 0.0, 0.0);
        for (index, sample) in self.0.iter().enumerate() {
            let window = blackman_harris((index as f64 + 0.5) / count);
            let (sin, cos) = (turn * index as f64).sin_cos();
            real += window * sample * cos;
            imaginary += window * sample * sin;
            weight += window;
        }
        if weight <= 0.0 {
            return dbfs(0.0);
        }
        dbfs(2.0 * real.hypot(imaginary) / weight)
    }

    pub fn pilot(&self, pilot: Pilot) -> f64 {
        self.level(pilot.hz())
    }

    /// Level of everything together in dBFS (a full-scale sine is 0).
    pub fn total(&self) -> f64 {
        level_of_power(power(&self.0))
    }

    /// Level of what no pilot explains, in dBFS.
    pub fn rest(&self) -> f64 {
        let pilots: f64 = Pilot::all()
            .map(|pilot| self.pilot(pilot))
            .filter(|level| *level > ABSENT_DBFS + 10.0)
            .map(|level| super::tone::amplitude(level).powi(2) / 2.0)
            .sum();
        // Power under the same window, where the products of two tones cancel; a plain mean square leaves -30 dB of them.
        let count = self.0.len() as f64;
        let (mut windowed, mut weight) = (0.0, 0.0);
        for (index, sample) in self.0.iter().enumerate() {
            let window = blackman_harris((index as f64 + 0.5) / count).powi(2);
            windowed += window * sample * sample;
            weight += window;
        }
        level_of_power((windowed / weight.max(1e-9) - pilots).max(0.0))
    }

    /// The longest stretch below -60 dBFS, to 5 ms. Sound that never came counts as silence.
    pub fn longest_silence(&self) -> Duration {
        let (mut longest, mut run) = (0u64, 0u64);
        for step in self.0.chunks(STEP) {
            run = if level_of_power(power(step)) < ABSENT_DBFS { run + 1 } else { 0 };
            longest = longest.max(run);
        }
        Duration::from_millis(longest * 5)
    }

    /// Cuts into windows of `length`, the rest left out.
    pub fn windows(&self, length: Duration) -> impl Iterator<Item = Sound> + '_ {
        self.0.chunks_exact(samples_in(length).max(1) as usize).map(|part| Sound(part.to_vec()))
    }

    /// What this stretch says about every party.
    pub fn hearing(&self) -> Hearing {
        Hearing { pilots: Pilot::all().map(|pilot| (pilot, self.pilot(pilot))).collect(), rest: self.rest() }
    }
}

/// The window at `x` of its length.
fn blackman_harris(x: f64) -> f64 {
    let turn = 2.0 * PI * x;
    0.358_75 - 0.488_29 * turn.cos() + 0.141_28 * (2.0 * turn).cos() - 0.011_68 * (3.0 * turn).cos()
}

/// Mean square.
fn power(samples: &[f64]) -> f64 {
    samples.iter().map(|s| s * s).sum::<f64>() / samples.len().max(1) as f64
}

fn level_of_power(power: f64) -> f64 {
    dbfs((2.0 * power).sqrt())
}

/// Levels of all pilots and of the rest, in dBFS, over one window.
#[derive(Clone, Debug)]
pub struct Hearing {
    pub pilots: Vec<(Pilot, f64)>,
    pub rest: f64,
}

impl std::fmt::Display for Hearing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (pilot, level) in self.pilots.iter().filter(|(_, level)| *level > ABSENT_DBFS - 10.0) {
            write!(f, "{pilot:?} {level:.1}, ")?;
        }
        write!(f, "the rest {:.1} dBFS", self.rest)
    }
}

/// What an ear says about one party.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Present,
    Absent,
    /// Between the thresholds: a fade, a leak, or the window caught a change.
    Unclear,
}

impl Hearing {
    pub fn level(&self, pilot: Pilot) -> f64 {
        self.pilots.iter().find(|(known, _)| *known == pilot).map_or(dbfs(0.0), |(_, level)| *level)
    }
    pub fn verdict(&self, pilot: Pilot) -> Verdict {
        let level = self.level(pilot);
        if level >= PRESENT_DBFS {
            Verdict::Present
        } else if level <= ABSENT_DBFS {
            Verdict::Absent
        } else {
            Verdict::Unclear
        }
    }
    pub fn music(&self) -> bool {
        self.rest >= MUSIC_DBFS
    }
}

#[cfg(test)]
#[path = "ear_tests.rs"]
mod tests;
