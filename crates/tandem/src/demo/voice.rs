//! Voices for the practice, made in code: syllables without words, each speaker with a pitch and a throat of their own.
//!
//! A pulse train at the speaker's pitch goes through three resonators at the formants of a vowel (source-filter model,
//! Fant 1960; formant frequencies after Peterson and Barney 1952).

use std::{f64::consts::TAU, sync::Arc};

use media::g711::{self, Law};
use rand::{Rng, SeedableRng, rngs::StdRng};

pub(super) const RATE: usize = 8_000;
/// Samples of one packet: 20 ms.
pub(super) const FRAME: usize = 160;
const PHRASES: usize = 4;
const SYLLABLES: usize = 9;
const PAUSE_S: f64 = 0.7;
/// The loudest sample, 11 dB under full scale.
const PEAK: f64 = 9_000.0;
/// The first three formants of seven vowels of an adult, in Hz.
const VOWELS: [[f64; 3]; 7] = [
    [270.0, 2290.0, 3010.0],
    [390.0, 1990.0, 2550.0],
    [530.0, 1840.0, 2480.0],
    [730.0, 1090.0, 2440.0],
    [570.0, 840.0, 2410.0],
    [300.0, 870.0, 2240.0],
    [640.0, 1190.0, 2390.0],
];
const BANDWIDTHS_HZ: [f64; 3] = [60.0, 90.0, 150.0];

/// Somebody's way of speaking.
#[derive(Clone, Copy, Debug)]
pub(super) struct Voice {
    pub(super) pitch_hz: f64,
    /// How much higher than the average the formants lie: a shorter throat.
    formants: f64,
    seed: u64,
}

impl Voice {
    /// The n-th voice; neighbours lie far apart.
    pub(super) fn nth(number: usize) -> Self {
        // Steps of the golden ratio spread any count of voices evenly (Weyl's equidistribution).
        let place = (number as f64 * 0.618_033_988_75).fract();
        let pitch_hz = 85.0 * 3.0_f64.powf(place);
        Self { pitch_hz, formants: 0.9 + 0.25 * place, seed: number as u64 }
    }

    /// A few seconds of it, to be repeated.
    pub(super) fn samples(&self) -> Vec<i16> {
        let mut dice = StdRng::seed_from_u64(self.seed);
        let mut sound: Vec<f64> = Vec::new();
        for _ in 0..PHRASES {
            for place in 0..SYLLABLES {
                // The pitch falls towards the end of a phrase.
                let fall = 1.1 - 0.2 * place as f64 / SYLLABLES as f64;
                let vowel = VOWELS[dice.random_range(0..VOWELS.len())];
                let lasts_s = dice.random_range(0.13..0.26);
                self.syllable(&mut sound, vowel, self.pitch_hz * fall, lasts_s);
                rest(&mut sound, dice.random_range(0.02..0.06));
            }
            rest(&mut sound, PAUSE_S);
        }
        sound.truncate(sound.len() / FRAME * FRAME);
        let loudest = sound.iter().fold(1.0_f64, |loudest, sample| loudest.max(sample.abs()));
        sound.iter().map(|sample| (sample / loudest * PEAK) as i16).collect()
    }

    fn syllable(&self, sound: &mut Vec<f64>, vowel: [f64; 3], pitch_hz: f64, lasts_s: f64) {
        let count = samples_of(lasts_s);
        let mut throat: Vec<Resonator> = vowel
            .iter()
            .zip(BANDWIDTHS_HZ)
            .filter(|(formant, _)| **formant * self.formants < 3_500.0)
            .map(|(formant, bandwidth)| Resonator::new(formant * self.formants, bandwidth))
            .collect();
        let mut phase = 1.0;
        for at in 0..count {
            let pulse = if phase >= 1.0 {
                phase -= 1.0;
                1_000.0
            } else {
                0.0
            };
            phase += pitch_hz / RATE as f64;
            let edge = (at.min(count - at) as f64 / samples_of(0.03) as f64).min(1.0);
            sound.push(edge * throat.iter_mut().map(|resonator| resonator.run(pulse)).sum::<f64>());
        }
    }

    /// The same in µ-law, whole packets.
    pub(super) fn mu_law(&self) -> Arc<[u8]> {
        let samples = self.samples();
        let mut bytes = vec![0xff; samples.len()];
        g711::encode(Law::Mu, &samples, &mut bytes);
        bytes.into()
    }
}

fn samples_of(seconds: f64) -> usize {
    (seconds * RATE as f64) as usize
}

fn rest(sound: &mut Vec<f64>, seconds: f64) {
    sound.resize(sound.len() + samples_of(seconds), 0.0);
}

/// Two poles: rings at one frequency.
struct Resonator {
    a: f64,
    b: f64,
    gain: f64,
    last: [f64; 2],
}

impl Resonator {
    fn new(hertz: f64, bandwidth_hz: f64) -> Self {
        let radius = (-TAU / 2.0 * bandwidth_hz / RATE as f64).exp();
        let a = 2.0 * radius * (TAU * hertz / RATE as f64).cos();
        Self { a, b: -radius * radius, gain: 1.0 - radius, last: [0.0; 2] }
    }

    fn run(&mut self, input: f64) -> f64 {
        let output = self.gain * input + self.a * self.last[0] + self.b * self.last[1];
        self.last = [output, self.last[0]];
        output
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The period at which a sound resembles itself most, as Hz, between 70 and 300 Hz.
    fn pitch_of(samples: &[i16]) -> f64 {
        let likeness = |lag: usize| -> f64 {
            samples.iter().zip(&samples[lag..]).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
        };
        let best = (RATE / 300..RATE / 70).max_by(|a, b| likeness(*a).total_cmp(&likeness(*b))).unwrap();
        RATE as f64 / best as f64
    }

    #[test]
    fn a_voice_is_heard_at_its_pitch_and_stays_within_bounds() {
        for number in [0, 1, 2] {
            let voice = Voice::nth(number);
            let samples = voice.samples();
            assert_eq!(samples.len() % FRAME, 0);
            assert!(samples.len() > 5 * RATE);
            assert_eq!(samples.iter().map(|sample| sample.unsigned_abs()).max(), Some(9_000));
            let heard = pitch_of(&samples[..RATE]);
            assert!((0.8..1.25).contains(&(heard / voice.pitch_hz)), "{heard} of {}", voice.pitch_hz);
        }
    }

    #[test]
    fn no_two_of_twenty_voices_are_alike() {
        let mut pitches: Vec<f64> = (0..20).map(|number| Voice::nth(number).pitch_hz).collect();
        pitches.sort_by(f64::total_cmp);
        assert!(pitches.windows(2).all(|pair| pair[1] / pair[0] > 1.01), "{pitches:?}");
        assert_ne!(Voice::nth(3).mu_law(), Voice::nth(4).mu_law());
    }
}
