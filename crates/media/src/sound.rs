//! Sound: a prompt from outside. A WAV file as people have it becomes one channel at 16 kHz, which is what is kept and played.

use std::io::Cursor;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};
use rubato::{
    Async, FixedAsync, Resampler, SincInterpolationParameters, SincInterpolationType, WindowFunction,
    audioadapter::Adapter, audioadapter_buffers::direct::InterleavedSlice,
};
use terms::limits::PROMPT_SECONDS_MAX;

/// The rate of everything that is kept; the engine mixes no prompt at more.
const HERTZ: u32 = 16_000;
/// From a telephone's rate to a studio's.
const HERTZ_MIN: u32 = 8_000;
const HERTZ_MAX: u32 = 96_000;
const CHANNELS_MAX: u16 = 2;
/// Frames the resampler takes at a time.
const CHUNK: usize = 1_024;

/// A sound of one channel at 16 kHz, at most `PROMPT_SECONDS_MAX` long and not empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sound {
    samples: Vec<i16>,
}

/// Why a file cannot be played, in words for whoever made it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotPlayable {
    #[error("this is no WAV file; save the recording as WAV, PCM with 16 bits")]
    NotWav,
    #[error("this WAV file is compressed; save it as PCM with 16 bits")]
    Compressed,
    #[error("this WAV file is broken: {0}; save it anew")]
    Broken(String),
    #[error("it has {0} samples a second; save it with 8000 to 96000, 16000 is best")]
    Rate(u32),
    #[error("it has {0} channels; save it with one or two")]
    Channels(u16),
    #[error("it lasts longer than {PROMPT_SECONDS_MAX} seconds; shorten it")]
    TooLong,
    #[error("there is no sound in it")]
    Empty,
}

impl Sound {
    /// Reads a WAV file: PCM of 8 to 32 bits or floating point, one channel or two, 8 to 96 kHz.
    pub fn read(file: &[u8]) -> Result<Self, NotPlayable> {
        let mut reader = WavReader::new(Cursor::new(file)).map_err(|error| refused(file, &error))?;
        let WavSpec { channels, sample_rate, bits_per_sample, sample_format } = reader.spec();
        if !(HERTZ_MIN..=HERTZ_MAX).contains(&sample_rate) {
            return Err(NotPlayable::Rate(sample_rate));
        }
        if !(1..=CHANNELS_MAX).contains(&channels) {
            return Err(NotPlayable::Channels(channels));
        }
        if reader.duration() > sample_rate.saturating_mul(PROMPT_SECONDS_MAX) {
            return Err(NotPlayable::TooLong);
        }
        let whole = f64::from(1_u32 << bits_per_sample.clamp(1, 32).saturating_sub(1));
        let read: Result<Vec<f32>, hound::Error> = match sample_format {
            SampleFormat::Float => reader.samples::<f32>().collect(),
            SampleFormat::Int => {
                reader.samples::<i32>().map(|one| one.map(|one| (f64::from(one) / whole) as f32)).collect()
            }
        };
        let read = read.map_err(|error| refused(file, &error))?;
        let mono: Vec<f32> = match channels {
            1 => read,
            _ => read.chunks_exact(2).map(|both| (both[0] + both[1]) / 2.0).collect(),
        };
        let mono = if sample_rate == HERTZ { mono } else { resampled(&mono, sample_rate)? };
        let samples: Vec<i16> = mono.into_iter().map(sample).collect();
        if samples.is_empty() { Err(NotPlayable::Empty) } else { Ok(Self { samples }) }
    }

    pub fn duration_ms(&self) -> i64 {
        i64::try_from(self.samples.len()).unwrap_or(i64::MAX) * 1_000 / i64::from(HERTZ)
    }

    /// As a WAV file: one channel, 16 kHz, 16 bits.
    pub fn to_wav(&self) -> Result<Vec<u8>, NotPlayable> {
        let spec = WavSpec {
            channels: 1,
            sample_rate: HERTZ,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let mut file = Cursor::new(Vec::with_capacity(44 + 2 * self.samples.len()));
        let broken = |error: hound::Error| NotPlayable::Broken(error.to_string());
        let mut writer = WavWriter::new(&mut file, spec).map_err(broken)?;
        for sample in &self.samples {
            writer.write_sample(*sample).map_err(broken)?;
        }
        writer.finalize().map_err(broken)?;
        Ok(file.into_inner())
    }

    pub(crate) fn of(samples: Vec<i16>) -> Self {
        Self { samples }
    }

    pub(crate) fn into_samples(self) -> Vec<i16> {
        self.samples
    }
}

/// What is no number is silence, and what is too loud is as loud as can be.
fn sample(value: f32) -> i16 {
    (value * 32_768.0).round() as i16
}

fn refused(file: &[u8], error: &hound::Error) -> NotPlayable {
    let is_wav = file.starts_with(b"RIFF") && file.get(8..12) == Some(b"WAVE");
    match error {
        _ if !is_wav => NotPlayable::NotWav,
        hound::Error::Unsupported => NotPlayable::Compressed,
        hound::Error::IoError(_) => NotPlayable::Broken("it ends too early".to_owned()),
        hound::Error::FormatError(why) => NotPlayable::Broken((*why).to_owned()),
        hound::Error::TooWide | hound::Error::UnfinishedSample | hound::Error::InvalidSampleFormat => {
            NotPlayable::Broken(error.to_string())
        }
    }
}

/// A windowed sinc, cut off a little below half of the lower rate.
fn resampled(samples: &[f32], hertz: u32) -> Result<Vec<f32>, NotPlayable> {
    let broken = |error: &dyn std::fmt::Display| NotPlayable::Broken(error.to_string());
    let parameters = SincInterpolationParameters {
        sinc_len: 128,
        f_cutoff: Some(0.94),
        oversampling_factor: 128,
        interpolation: SincInterpolationType::Linear,
        window: WindowFunction::BlackmanHarris2,
    };
    let ratio = f64::from(HERTZ) / f64::from(hertz);
    let mut resampler = Async::<f32>::new_sinc(ratio, 1.0, &parameters, CHUNK, 1, FixedAsync::Input)
        .map_err(|error| broken(&error))?;
    let input = InterleavedSlice::new(samples, 1, samples.len()).map_err(|error| broken(&error))?;
    let output = resampler.process_all(&input, samples.len(), None).map_err(|error| broken(&error))?;
    let mut resampled = vec![0.0; output.frames()];
    output.copy_from_channel_to_slice(0, 0, &mut resampled);
    Ok(resampled)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wav(spec: WavSpec, hertz: f64, seconds: f64) -> Vec<u8> {
        let mut file = Cursor::new(Vec::new());
        let mut writer = WavWriter::new(&mut file, spec).unwrap();
        for n in 0..(seconds * f64::from(spec.sample_rate)) as u64 {
            let angle = std::f64::consts::TAU * hertz * n as f64 / f64::from(spec.sample_rate);
            let loud = f64::from(1_u32 << (spec.bits_per_sample - 1)) * 0.5;
            for _ in 0..spec.channels {
                match spec.sample_format {
                    SampleFormat::Float => writer.write_sample((0.5 * angle.sin()) as f32).unwrap(),
                    SampleFormat::Int => writer.write_sample((loud * angle.sin()) as i32).unwrap(),
                }
            }
        }
        writer.finalize().unwrap();
        file.into_inner()
    }

    fn spec(channels: u16, sample_rate: u32, bits_per_sample: u16) -> WavSpec {
        WavSpec { channels, sample_rate, bits_per_sample, sample_format: SampleFormat::Int }
    }

    /// How loud one frequency is in the middle of a sound, as a part of full scale.
    fn tone(sound: &Sound, hertz: f64) -> f64 {
        let middle = &sound.samples[1_600..sound.samples.len() - 1_600];
        let (mut re, mut im) = (0.0, 0.0);
        for (n, sample) in middle.iter().enumerate() {
            let angle = std::f64::consts::TAU * hertz * n as f64 / f64::from(HERTZ);
            re += f64::from(*sample) / 32_768.0 * angle.cos();
            im += f64::from(*sample) / 32_768.0 * angle.sin();
        }
        2.0 * (re * re + im * im).sqrt() / middle.len() as f64
    }

    #[test]
    fn every_usual_wav_keeps_its_tone_its_level_and_its_length() {
        for rate in [8_000, 11_025, 16_000, 22_050, 44_100, 48_000, 96_000] {
            for (channels, bits) in [(1, 16), (2, 16), (1, 8), (2, 24), (1, 32)] {
                let sound = Sound::read(&wav(spec(channels, rate, bits), 1_000.0, 1.0)).unwrap();
                let level = tone(&sound, 1_000.0);
                assert!((0.48..0.52).contains(&level), "{rate} Hz, {channels} x {bits}: {level}");
                assert!((sound.duration_ms() - 1_000).abs() <= 1, "{rate}: {} ms", sound.duration_ms());
            }
        }
        let float = WavSpec { sample_format: SampleFormat::Float, ..spec(1, 48_000, 32) };
        assert!((0.48..0.52).contains(&tone(&Sound::read(&wav(float, 500.0, 1.0)).unwrap(), 500.0)));
    }

    #[test]
    fn what_sixteen_kilohertz_cannot_carry_does_not_come_back_as_another_tone() {
        let sound = Sound::read(&wav(spec(1, 44_100, 16), 9_000.0, 1.0)).unwrap();
        assert!(tone(&sound, 7_000.0) < 0.002, "9 kHz came back as 7");
    }

    #[test]
    fn what_is_kept_reads_back_as_it_was() {
        let sound = Sound::read(&wav(spec(2, 44_100, 16), 440.0, 0.5)).unwrap();
        assert_eq!(Sound::read(&sound.to_wav().unwrap()), Ok(sound));
    }

    #[test]
    fn what_cannot_be_played_is_refused_with_what_to_do() {
        assert_eq!(Sound::read(b""), Err(NotPlayable::NotWav));
        assert_eq!(Sound::read(b"ID3\x04 an MP3"), Err(NotPlayable::NotWav));
        let whole = wav(spec(1, 8_000, 16), 440.0, 0.1);
        let mut compressed = whole.clone();
        compressed[20] = 7; // WAVE_FORMAT_MULAW
        assert_eq!(Sound::read(&compressed), Err(NotPlayable::Compressed));
        assert!(matches!(Sound::read(&whole[..whole.len() - 100]), Err(NotPlayable::Broken(_))));
        assert_eq!(Sound::read(&wav(spec(1, 4_000, 16), 440.0, 0.1)), Err(NotPlayable::Rate(4_000)));
        assert_eq!(Sound::read(&wav(spec(6, 8_000, 16), 440.0, 0.1)), Err(NotPlayable::Channels(6)));
        assert_eq!(Sound::read(&wav(spec(1, 8_000, 16), 440.0, 0.0)), Err(NotPlayable::Empty));
        let long = wav(spec(1, 8_000, 8), 440.0, f64::from(PROMPT_SECONDS_MAX) + 0.1);
        assert_eq!(Sound::read(&long), Err(NotPlayable::TooLong));
    }

    proptest! {
        #[test]
        fn a_damaged_file_is_read_or_refused_and_never_more(
            damage in proptest::collection::vec((0_usize..120, any::<u8>()), 1..6),
            cut in 0_usize..400,
        ) {
            let mut file = wav(spec(2, 8_000, 16), 440.0, 0.02);
            for (at, byte) in damage {
                file[at] = byte;
            }
            let length = file.len();
            let _ = Sound::read(&file[..length.saturating_sub(cut)]);
        }
    }
}
