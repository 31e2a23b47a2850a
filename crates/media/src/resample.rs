//! Between 8 and 16 kHz: a half-band filter each way, carrying its own history from frame to frame.

/// The odd taps of one side of a half-band low-pass, in 65536ths: a sinc under a Kaiser window (beta 6), 0 dB at
/// 3 kHz, -2 dB at 3.8 kHz, -50 dB from 4.6 kHz on. The middle tap is one half and every other even tap 0.
const TAPS: [i32; 12] = [20769, -6664, 3702, -2351, 1557, -1036, 676, -425, 253, -139, 67, -25];
/// Narrow samples that the filter looks back over.
const REACH: usize = 2 * TAPS.len();
const NARROW_MAX: usize = 160;

fn narrow(sum: i32) -> i16 {
    sum.clamp(i32::from(i16::MIN), i32::from(i16::MAX)) as i16
}

/// 8 kHz to 16 kHz.
#[derive(Clone, Debug, Default)]
pub(crate) struct Upsampler {
    past: [i16; REACH - 1],
}

impl Upsampler {
    /// `wide` is twice as long as `narrow`, which holds at most 160 samples.
    pub(crate) fn run(&mut self, samples: &[i16], wide: &mut [i16]) {
        let mut line = [0i16; REACH - 1 + NARROW_MAX];
        line[..REACH - 1].copy_from_slice(&self.past);
        line[REACH - 1..REACH - 1 + samples.len()].copy_from_slice(samples);
        for (at, pair) in wide.chunks_exact_mut(2).enumerate() {
            let window = &line[at..at + REACH];
            // The even output is the sample itself; the odd one lies in the middle of the window.
            pair[0] = window[TAPS.len() - 1];
            let mut sum = 0i32;
            for (k, tap) in TAPS.iter().enumerate() {
                sum +=
                    (tap * (i32::from(window[TAPS.len() - 1 - k]) + i32::from(window[TAPS.len() + k]))) >> 2;
            }
            pair[1] = narrow((sum + 4096) >> 13);
        }
        self.past.copy_from_slice(&line[samples.len()..samples.len() + REACH - 1]);
    }
}

/// 16 kHz to 8 kHz.
#[derive(Clone, Debug)]
pub(crate) struct Downsampler {
    past: [i16; 2 * REACH - 2],
}

impl Default for Downsampler {
    fn default() -> Self {
        Self { past: [0; 2 * REACH - 2] }
    }
}

impl Downsampler {
    /// `samples` is twice as long as `out`, which holds at most 160 samples.
    pub(crate) fn run(&mut self, samples: &[i16], out: &mut [i16]) {
        const PAST: usize = 2 * REACH - 2;
        let mut line = [0i16; PAST + 2 * NARROW_MAX];
        line[..PAST].copy_from_slice(&self.past);
        line[PAST..PAST + samples.len()].copy_from_slice(samples);
        for (at, sample) in out.iter_mut().enumerate() {
            let middle = 2 * at + REACH - 1;
            let mut sum = 8192 * i32::from(line[middle]);
            for (k, tap) in TAPS.iter().enumerate() {
                let side = 2 * k + 1;
                sum += (tap * (i32::from(line[middle - side]) + i32::from(line[middle + side]))) >> 2;
            }
            *sample = narrow((sum + 8192) >> 14);
        }
        self.past.copy_from_slice(&line[samples.len()..samples.len() + PAST]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hertz: f64, rate: f64, samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|n| (8000.0 * (std::f64::consts::TAU * hertz * n as f64 / rate).sin()) as i16)
            .collect()
    }

    fn level(samples: &[i16]) -> f64 {
        (samples.iter().map(|s| f64::from(*s).powi(2)).sum::<f64>() / samples.len() as f64).sqrt()
    }

    #[test]
    fn a_voice_band_tone_goes_up_and_down_again_unchanged_in_level() {
        for hertz in [200.0, 1000.0, 3000.0, 3300.0] {
            let original = tone(hertz, 8000.0, 8000);
            let (mut up, mut down) = (Upsampler::default(), Downsampler::default());
            let (mut wide, mut back) = ([0i16; 320], [0i16; 160]);
            let mut out = Vec::new();
            for chunk in original.chunks_exact(160) {
                up.run(chunk, &mut wide);
                down.run(&wide, &mut back);
                out.extend_from_slice(&back);
            }
            let ratio = level(&out[800..]) / level(&original[800..]);
            assert!((0.98..1.02).contains(&ratio), "{hertz} Hz came back at {ratio}");
        }
    }

    #[test]
    fn what_eight_kilohertz_cannot_carry_is_filtered_away() {
        let mut down = Downsampler::default();
        let mut out = Vec::new();
        let mut back = [0i16; 160];
        for chunk in tone(5000.0, 16_000.0, 16_000).chunks_exact(320) {
            down.run(chunk, &mut back);
            out.extend_from_slice(&back);
        }
        assert!(level(&out[800..]) < 8.0);
    }

    #[test]
    fn full_scale_input_does_not_overflow() {
        let square: Vec<i16> = (0..160).map(|n| if n / 8 % 2 == 0 { i16::MAX } else { i16::MIN }).collect();
        let (mut up, mut down) = (Upsampler::default(), Downsampler::default());
        let (mut wide, mut back) = ([0i16; 320], [0i16; 160]);
        for _ in 0..4 {
            up.run(&square, &mut wide);
            down.run(&wide, &mut back);
        }
        assert!(back.iter().any(|sample| *sample != 0));
    }
}
