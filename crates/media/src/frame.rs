//! One mixer tick of one sound.

/// Samples a frame can hold: 20 ms at 48 kHz.
pub const FRAME_SAMPLES_MAX: usize = 960;
/// A tick in microseconds.
pub(crate) const TICK_US: u64 = 20_000;

/// Samples a second that a conversation is mixed at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rate {
    /// 8 kHz: everybody speaks G.711.
    #[default]
    Narrow,
    /// 16 kHz: somebody speaks Opus.
    Wide,
    /// 48 kHz.
    Full,
}

impl Rate {
    pub const fn hertz(self) -> u32 {
        match self {
            Rate::Narrow => 8_000,
            Rate::Wide => 16_000,
            Rate::Full => 48_000,
        }
    }
    /// Samples of a 20 ms frame.
    pub const fn frame_samples(self) -> usize {
        match self {
            Rate::Narrow => 160,
            Rate::Wide => 320,
            Rate::Full => FRAME_SAMPLES_MAX,
        }
    }
}

/// 20 ms of one sound: signed 16-bit samples, one channel.
#[derive(Clone)]
pub struct Frame {
    samples: [i16; FRAME_SAMPLES_MAX],
    len: usize,
}

impl Frame {
    pub const fn silent(rate: Rate) -> Self {
        Self { samples: [0; FRAME_SAMPLES_MAX], len: rate.frame_samples() }
    }
    pub fn samples(&self) -> &[i16] {
        &self.samples[..self.len]
    }
    pub fn samples_mut(&mut self) -> &mut [i16] {
        &mut self.samples[..self.len]
    }
    /// The first `N` samples, whatever the rate; inlined, so that the compiler knows the length.
    #[inline(always)]
    pub(crate) fn whole<const N: usize>(&self) -> &[i16] {
        &self.samples[..N]
    }
    #[inline(always)]
    pub(crate) fn whole_mut<const N: usize>(&mut self) -> &mut [i16] {
        &mut self.samples[..N]
    }
    /// Makes this a frame at `rate`; the samples are whatever they were.
    pub fn set_rate(&mut self, rate: Rate) {
        self.len = rate.frame_samples();
    }
}
