//! Pilot tones: what each party says, chosen so that an ear can tell who is heard.

use std::f64::consts::PI;

/// Samples in a second and in a frame of 20 ms: G.711's own.
pub const RATE: u32 = 8_000;
pub const FRAME: usize = 160;

/// How loud a pilot is said, in dBFS (a full-scale sine is 0). Six of them together still do not clip, and G.711's
/// own noise stays clear of the -60 dBFS under which a tone counts as absent (shown by a test of `ear`).
pub const PILOT_DBFS: f64 = -20.0;

/// The frequencies, in Hz. Each lies halfway between two notes of the equal-tempered scale at A = 440 Hz, where music
/// has neither a note nor the 2nd, 3rd, 4th, 6th or 8th overtone of one, and above the notes of the packaged music,
/// whose strokes spread up to 30 Hz. No tone lies on a low overtone of another or on an alias of it. Of many such sets
/// this one had the least of G.711's distortion on its own absent members.
const PILOTS: [u32; 12] = [1281, 1614, 1077, 2033, 1438, 1812, 2282, 1357, 1919, 1710, 2418, 3047];

/// One party's own tone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pilot(usize);

impl Pilot {
    pub const COUNT: usize = PILOTS.len();

    /// The tone of the `index`-th party; after the last the first returns.
    pub const fn nth(index: usize) -> Self {
        Pilot(index % PILOTS.len())
    }
    pub fn all() -> impl Iterator<Item = Pilot> {
        (0..PILOTS.len()).map(Pilot)
    }
    pub const fn index(self) -> usize {
        self.0
    }
    pub fn hz(self) -> f64 {
        f64::from(PILOTS[self.0])
    }
}

/// Amplitude (1 = full scale) of a level in dBFS, and back.
pub fn amplitude(dbfs: f64) -> f64 {
    10f64.powf(dbfs / 20.0)
}

pub fn dbfs(amplitude: f64) -> f64 {
    // The floor keeps digital silence a number.
    20.0 * amplitude.max(1e-9).log10()
}

/// A sine that never breaks its phase, also when its frequency changes.
#[derive(Clone, Debug)]
pub struct Oscillator {
    phase: f64,
    hz: f64,
    amplitude: f64,
}

impl Oscillator {
    pub fn new(hz: f64, level_dbfs: f64) -> Self {
        Oscillator { phase: 0.0, hz, amplitude: amplitude(level_dbfs) }
    }
    pub fn set_hz(&mut self, hz: f64) {
        self.hz = hz;
    }
    pub fn fill(&mut self, out: &mut [f64]) {
        let step = 2.0 * PI * self.hz / f64::from(RATE);
        for sample in out {
            *sample += self.amplitude * self.phase.sin();
            self.phase = (self.phase + step) % (2.0 * PI);
        }
    }
}

/// A sample of full scale 1 as sixteen bits.
pub fn to_i16(sample: f64) -> i16 {
    (sample.clamp(-1.0, 1.0) * f64::from(i16::MAX)).round() as i16
}
