//! The sounds themselves, as sums of sines at 16 kHz.

use std::f64::consts::TAU;

const RATE: usize = 16_000;
/// A note that lies under all hold music (E4) and one under all queue music (D5): whoever measures an ear can tell
/// by them which music it hears.
pub(crate) const HOLD_DRONE_HZ: f64 = 329.625;
pub(crate) const QUEUE_DRONE_HZ: f64 = 587.5;

struct Song {
    drone_hz: f64,
    chord_s: f64,
    /// MIDI note numbers.
    chords: &'static [[u8; 3]],
    /// Which chord note each pluck takes, 12 semitones up.
    melody: &'static [usize],
    pluck_s: f64,
}

const HOLD: Song = Song {
    drone_hz: HOLD_DRONE_HZ,
    chord_s: 2.0,
    chords: &[
        [45, 57, 60],
        [48, 60, 67],
        [52, 59, 67],
        [48, 55, 60],
        [45, 57, 60],
        [53, 57, 60],
        [50, 57, 65],
        [52, 59, 68],
    ],
    melody: &[0, 1, 2, 1, 2, 2, 1, 0, 2, 0, 1],
    pluck_s: 0.5,
};

const QUEUE: Song = Song {
    drone_hz: QUEUE_DRONE_HZ,
    chord_s: 1.5,
    chords: &[
        [55, 59, 67],
        [54, 59, 66],
        [50, 57, 66],
        [55, 59, 66],
        [47, 59, 66],
        [54, 57, 61],
        [47, 59, 67],
        [49, 57, 61],
        [55, 59, 67],
        [50, 57, 66],
        [49, 54, 57],
        [50, 57, 69],
    ],
    melody: &[2, 1, 0, 2, 0, 1, 1, 2, 0, 0, 2, 1, 0],
    pluck_s: 0.25,
};

pub(crate) fn hold_music() -> Vec<i16> {
    HOLD.render()
}

pub(crate) fn queue_music() -> Vec<i16> {
    QUEUE.render()
}

fn hertz(note: u8) -> f64 {
    440.0 * 2f64.powf((f64::from(note) - 69.0) / 12.0)
}

/// A whole number of 20 ms frames.
fn samples_of(seconds: f64) -> usize {
    ((seconds * 50.0).round() as usize) * RATE / 50
}

impl Song {
    /// Pads that cross-fade from chord to chord, plucks above them, and the drone: never silent, nowhere loud.
    fn render(&self) -> Vec<i16> {
        let length_s = self.chord_s * self.chords.len() as f64;
        let mut sound = vec![0f64; samples_of(length_s)];
        add_note(&mut sound, 0.0, length_s, &|t| 0.035 * (TAU * self.drone_hz * t).sin());
        const FADE_S: f64 = 0.2;
        for (index, chord) in self.chords.iter().enumerate() {
            let begin = self.chord_s * index as f64 - FADE_S;
            let lasts = self.chord_s + 2.0 * FADE_S;
            for note in chord {
                let hz = hertz(*note);
                add_note(&mut sound, begin, lasts, &|t| {
                    let fade = (t / (2.0 * FADE_S)).min((lasts - t) / (2.0 * FADE_S)).clamp(0.0, 1.0);
                    let tone = (TAU * hz * t).sin() + 0.25 * (TAU * 2.0 * hz * t).sin();
                    0.045 * fade * tone
                });
            }
        }
        let plucks = (length_s / self.pluck_s) as usize;
        for pluck in 0..plucks {
            let begin = self.pluck_s * pluck as f64;
            let chord = self.chords[(begin / self.chord_s) as usize % self.chords.len()];
            let hz = 2.0 * hertz(chord[self.melody[pluck % self.melody.len()]]);
            add_note(&mut sound, begin, 1.2, &|t| pluck_at(t, hz, 0.06));
        }
        to_samples(&sound)
    }
}

/// A struck string: a quick rise and a slow end.
fn pluck_at(t: f64, hz: f64, level: f64) -> f64 {
    let rise = (t / 0.01).min(1.0);
    let end = ((1.2 - t) / 0.1).clamp(0.0, 1.0);
    level * rise * end * (-3.5 * t).exp() * ((TAU * hz * t).sin() + 0.3 * (TAU * 2.0 * hz * t).sin())
}

/// Adds a sound that begins at `begin_s`, wrapped around the end, so that the whole can repeat.
fn add_note(sound: &mut [f64], begin_s: f64, lasts_s: f64, at: &dyn Fn(f64) -> f64) {
    let len = sound.len() as i64;
    let begin = (begin_s * RATE as f64) as i64;
    for n in 0..(lasts_s * RATE as f64) as i64 {
        let place = (begin + n).rem_euclid(len) as usize;
        sound[place] += at(n as f64 / RATE as f64);
    }
}

fn to_samples(sound: &[f64]) -> Vec<i16> {
    sound.iter().map(|value| (value.clamp(-0.9, 0.9) * 32_767.0) as i16).collect()
}

/// The packaged prompts as chimes: greeting, please wait, caller left, not available, not valid, closed,
/// leave a message.
pub(crate) fn prompts() -> [Vec<i16>; 7] {
    const CHIMES: [&[u8]; 7] = [
        &[72, 76, 79, 84],
        &[79, 76, 79],
        &[76, 72, 69],
        &[69, 69, 65],
        &[65, 65],
        &[69, 65, 62],
        &[72, 74, 76],
    ];
    CHIMES.map(|notes| {
        let mut sound = vec![0f64; samples_of(0.4 * notes.len() as f64 + 0.8)];
        for (index, note) in notes.iter().enumerate() {
            let hz = hertz(*note);
            add_note(&mut sound, 0.4 * index as f64, 1.2, &|t| pluck_at(t, hz, 0.25));
        }
        to_samples(&sound)
    })
}

/// Tones on for `on_s` at the start of each `period_s`, softly switched.
pub(crate) fn cadence(tones_hz: &[f64], on_s: f64, period_s: f64) -> Vec<i16> {
    let mut sound = vec![0f64; samples_of(period_s)];
    for hz in tones_hz {
        add_note(&mut sound, 0.0, on_s, &|t| {
            let edge = (t / 0.005).min((on_s - t) / 0.005).clamp(0.0, 1.0);
            0.1 * edge * (TAU * hz * t).sin()
        });
    }
    to_samples(&sound)
}
