//! What is played rather than said: music, prompts and tones. The packaged ones are made in code, so that nobody else's
//! rights are in them; beside them stand the organization's own prompts.

mod speech;
mod synth;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock},
};

use terms::{MusicId, PromptId, Source, Tone};

use crate::{Sound, frame::Rate, resample::Downsampler};

/// A sound at both mixing rates, a whole number of 20 ms frames long.
#[derive(Debug)]
pub(crate) struct Clip {
    wide: Box<[i16]>,
    narrow: Box<[i16]>,
    repeats: bool,
}

impl Clip {
    fn new(wide: Vec<i16>, repeats: bool) -> Self {
        let mut narrow = vec![0; wide.len() / 2];
        let mut down = Downsampler::default();
        // A repeating clip is filtered as if it had played before, so that its seam is smooth.
        if repeats && let Some(last) = wide.chunks_exact(320).next_back() {
            down.run(last, &mut [0; 160]);
        }
        for (from, to) in wide.chunks_exact(320).zip(narrow.chunks_exact_mut(160)) {
            down.run(from, to);
        }
        Self { wide: wide.into_boxed_slice(), narrow: narrow.into_boxed_slice(), repeats }
    }

    /// An uploaded prompt, its last frame filled up with silence.
    pub(crate) fn of(sound: Sound) -> Self {
        let mut wide = sound.into_samples();
        wide.resize(wide.len().div_ceil(320) * 320, 0);
        Self::new(wide, false)
    }

    /// Writes the given frame of the clip; false once a clip that does not repeat is over.
    pub(crate) fn write(&self, frame: usize, rate: Rate, out: &mut [i16]) -> bool {
        let samples = if rate == Rate::Narrow { &self.narrow } else { &self.wide };
        let frames = samples.len() / out.len().max(1);
        if frames == 0 || rate == Rate::Full || (frame >= frames && !self.repeats) {
            out.fill(0);
            return false;
        }
        let first = frame % frames * out.len();
        out.copy_from_slice(&samples[first..first + out.len()]);
        true
    }
}

/// Every packaged sound; made once in a process and shared by all engine threads.
#[derive(Debug)]
struct Packaged {
    hold: Arc<Clip>,
    queue: Arc<Clip>,
    prompts: [Arc<Clip>; 7],
    /// Numbers and phrases, by the prompt's number.
    spoken: Vec<(PromptId, Arc<Clip>)>,
    ringback: Arc<Clip>,
    busy: Arc<Clip>,
    beep: Arc<Clip>,
    /// Over at once.
    nothing: Arc<Clip>,
}

impl Packaged {
    fn new() -> Self {
        let cadence = |hertz: &[f64], on, every, repeats| {
            Arc::new(Clip::new(synth::cadence(hertz, on, every), repeats))
        };
        Self {
            hold: Arc::new(Clip::new(synth::hold_music(), true)),
            queue: Arc::new(Clip::new(synth::queue_music(), true)),
            prompts: synth::prompts().map(|samples| Arc::new(Clip::new(samples, false))),
            spoken: speech::clips().into_iter().map(|(prompt, clip)| (prompt, Arc::new(clip))).collect(),
            ringback: cadence(&[440.0, 480.0], 2.0, 6.0, true),
            busy: cadence(&[480.0, 620.0], 0.5, 1.0, true),
            beep: cadence(&[1400.0], 0.2, 0.5, false),
            nothing: Arc::new(Clip::new(Vec::new(), false)),
        }
    }

    fn prompt(&self, prompt: PromptId) -> &Arc<Clip> {
        if let Ok(place) = self.spoken.binary_search_by_key(&prompt, |(known, _)| *known) {
            return &self.spoken[place].1;
        }
        let place = usize::try_from(prompt.0).unwrap_or(0);
        self.prompts.get(place).unwrap_or(&self.prompts[0])
    }
}

/// All that can be played at one time. What is uploaded makes a new library, which takes the place of the former one
/// between two ticks; whoever plays something keeps it until it is over.
#[derive(Clone, Debug)]
pub(crate) struct Library {
    packaged: Arc<Packaged>,
    uploaded: BTreeMap<PromptId, Arc<Clip>>,
    /// Taken out last; calls that were told to play one of them a moment ago still find it.
    retired: BTreeMap<PromptId, Arc<Clip>>,
}

impl Library {
    /// With nothing uploaded.
    pub(crate) fn shared() -> Arc<Library> {
        static LIBRARY: OnceLock<Arc<Library>> = OnceLock::new();
        Arc::clone(LIBRARY.get_or_init(|| {
            let (uploaded, retired) = (BTreeMap::new(), BTreeMap::new());
            Arc::new(Library { packaged: Arc::new(Packaged::new()), uploaded, retired })
        }))
    }

    pub(crate) fn uploaded(&self) -> impl Iterator<Item = PromptId> + '_ {
        self.uploaded.keys().copied()
    }

    /// The library that has exactly these uploaded prompts: those it had, and the new ones.
    pub(crate) fn with(&self, prompts: &BTreeSet<PromptId>, new: Vec<(PromptId, Clip)>) -> Self {
        let known = self.uploaded.iter().map(|(prompt, clip)| (*prompt, Arc::clone(clip)));
        let (uploaded, retired) = known
            .chain(new.into_iter().map(|(prompt, clip)| (prompt, Arc::new(clip))))
            .partition(|(prompt, _)| prompts.contains(prompt));
        Self { packaged: Arc::clone(&self.packaged), uploaded, retired }
    }

    /// The sound of a source that is played. Music and prompts that are not packaged sound like the first of their kind;
    /// an uploaded prompt that is not there any more is over at once.
    pub(crate) fn clip(&self, source: Source) -> Option<&Arc<Clip>> {
        let packaged = &*self.packaged;
        match source {
            Source::Leg(_) => None,
            Source::HoldMusic(MusicId::QUEUE) | Source::QueueMusic(MusicId::QUEUE) => Some(&packaged.queue),
            Source::HoldMusic(MusicId::HOLD) | Source::QueueMusic(MusicId::HOLD) => Some(&packaged.hold),
            Source::HoldMusic(_) => Some(&packaged.hold),
            Source::QueueMusic(_) => Some(&packaged.queue),
            Source::Prompt(prompt) if prompt >= PromptId::UPLOADED => {
                let found = self.uploaded.get(&prompt).or_else(|| self.retired.get(&prompt));
                Some(found.unwrap_or(&packaged.nothing))
            }
            Source::Prompt(prompt) => Some(packaged.prompt(prompt)),
            Source::Tone(Tone::Ringback) => Some(&packaged.ringback),
            Source::Tone(Tone::Busy) => Some(&packaged.busy),
            Source::Tone(Tone::Beep) => Some(&packaged.beep),
        }
    }
}

/// The sound of a packaged prompt, for people to listen to.
pub fn packaged_prompt(prompt: PromptId) -> Sound {
    Sound::of(Library::shared().packaged.prompt(prompt).wide.to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level_dbfs(samples: &[i16]) -> f64 {
        let power =
            samples.iter().map(|s| (f64::from(*s) / 32768.0).powi(2)).sum::<f64>() / samples.len() as f64;
        10.0 * power.max(1e-12).log10()
    }

    /// How loud one frequency is, in dBFS of a sine.
    fn tone_dbfs(samples: &[i16], hertz: f64, rate: f64) -> f64 {
        let (mut re, mut im) = (0.0, 0.0);
        for (n, sample) in samples.iter().enumerate() {
            let angle = std::f64::consts::TAU * hertz * n as f64 / rate;
            // A Hann window, so that neighbouring notes do not leak in.
            let window = 1.0 - (std::f64::consts::TAU * n as f64 / samples.len() as f64).cos();
            re += window * f64::from(*sample) / 32768.0 * angle.cos();
            im += window * f64::from(*sample) / 32768.0 * angle.sin();
        }
        20.0 * (2.0 * (re * re + im * im).sqrt() / samples.len() as f64).max(1e-9).log10()
    }

    #[test]
    fn music_is_never_below_sixty_db_under_full_scale_for_forty_milliseconds() {
        let library = Library::shared().packaged.clone();
        for clip in [&library.hold, &library.queue] {
            for (samples, window) in [(&clip.narrow, 320), (&clip.wide, 640)] {
                // Looked at across the seam too.
                let twice: Vec<i16> = samples.iter().chain(samples.iter()).copied().collect();
                let quietest = twice.windows(window).step_by(window / 4).map(level_dbfs).fold(0.0, f64::min);
                assert!(quietest > -40.0, "{quietest} dBFS");
                let loudest = samples.iter().map(|s| s.unsigned_abs()).max();
                assert!(loudest < Some(24_000), "{loudest:?}");
            }
        }
    }

    #[test]
    fn hold_and_queue_music_are_told_apart_by_their_drones_in_every_second() {
        let library = Library::shared().packaged.clone();
        for (clip, own, other) in [
            (&library.hold, synth::HOLD_DRONE_HZ, synth::QUEUE_DRONE_HZ),
            (&library.queue, synth::QUEUE_DRONE_HZ, synth::HOLD_DRONE_HZ),
        ] {
            for second in clip.narrow.chunks_exact(8000) {
                let hertz = own;
                let (own, other) = (tone_dbfs(second, own, 8000.0), tone_dbfs(second, other, 8000.0));
                assert!(own > -40.0 && own > other + 10.0, "own {own}, other {other}, drone {hertz}");
            }
        }
    }

    #[test]
    fn a_repeating_clip_has_no_click_at_its_seam() {
        let library = Library::shared().packaged.clone();
        for clip in [&library.hold, &library.queue] {
            for samples in [&clip.narrow, &clip.wide] {
                let inside = samples.windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max();
                let (last, first) = (samples[samples.len() - 1], samples[0]);
                assert!(Some((i32::from(first) - i32::from(last)).abs()) <= inside);
            }
        }
    }

    #[test]
    fn the_tone_after_which_one_speaks_sounds_once() {
        let library = Library::shared().packaged.clone();
        let beep = &library.beep;
        let mut heard = Vec::new();
        let mut frame = [0i16; 160];
        for at in 0..1_000 {
            beep.write(at, Rate::Narrow, &mut frame);
            heard.extend_from_slice(&frame);
        }
        let (tone, rest) = heard.split_at(8_000);
        assert!(tone_dbfs(&tone[..1_600], 1400.0, 8000.0) > -40.0);
        assert!(rest.iter().all(|sample| *sample == 0), "it comes again");
    }

    #[test]
    fn prompts_end_differ_and_music_does_not_end() {
        let library = Library::shared().packaged.clone();
        let mut frame = [0i16; 160];
        let lengths: Vec<usize> = (0..7)
            .map(|number| {
                let clip = library.prompt(PromptId(number));
                (0..).find(|at| !clip.write(*at, Rate::Narrow, &mut frame)).unwrap()
            })
            .collect();
        assert!(lengths.iter().all(|frames| (40..500).contains(frames)), "{lengths:?}");
        assert_ne!(library.prompts[0].narrow, library.prompts[1].narrow);
        assert!(library.hold.write(1_000_000, Rate::Wide, &mut [0; 320]));
    }

    fn played(library: &Library, prompt: PromptId) -> usize {
        let clip = library.clip(Source::Prompt(prompt)).unwrap();
        (0..).find(|frame| !clip.write(*frame, Rate::Wide, &mut [0; 320])).unwrap()
    }

    #[test]
    fn an_uploaded_prompt_is_there_until_another_takes_its_place_and_one_change_longer() {
        let none = Library::shared();
        let (first, second) = (PromptId(1_001), PromptId(1_002));
        let clip = |frames: usize| Clip::new(vec![1_000; frames * 320], false);
        assert_eq!(played(&none, first), 0, "what is not there is over at once");
        let one = none.with(&[first].into(), vec![(first, clip(3))]);
        assert_eq!(played(&one, first), 3);
        let other = one.with(&[second].into(), vec![(second, clip(5))]);
        assert_eq!((played(&other, first), played(&other, second)), (3, 5));
        assert_eq!(other.uploaded().collect::<Vec<_>>(), [second]);
        let last = other.with(&[second].into(), Vec::new());
        assert_eq!((played(&last, first), played(&last, second)), (0, 5));
    }
}
