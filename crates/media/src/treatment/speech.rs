//! Spoken numbers and phrases, packaged as µ-law; `speech/README.md` says where they come from.

use terms::PromptId;

use super::Clip;
use crate::codec::g711::{self, Law};

macro_rules! spoken {
    ($($prompt:expr => $file:literal),* $(,)?) => {
        &[$(($prompt, include_bytes!(concat!("speech/", $file, ".ul")))),*]
    };
}

const SPOKEN: &[(PromptId, &[u8])] = spoken! {
    PromptId::number(0) => "0", PromptId::number(1) => "1", PromptId::number(2) => "2",
    PromptId::number(3) => "3", PromptId::number(4) => "4", PromptId::number(5) => "5",
    PromptId::number(6) => "6", PromptId::number(7) => "7", PromptId::number(8) => "8",
    PromptId::number(9) => "9", PromptId::number(10) => "10", PromptId::number(11) => "11",
    PromptId::number(12) => "12", PromptId::number(13) => "13", PromptId::number(14) => "14",
    PromptId::number(15) => "15", PromptId::number(16) => "16", PromptId::number(17) => "17",
    PromptId::number(18) => "18", PromptId::number(19) => "19", PromptId::number(20) => "20",
    PromptId::number(30) => "30", PromptId::number(40) => "40", PromptId::number(50) => "50",
    PromptId::number(60) => "60", PromptId::number(70) => "70", PromptId::number(80) => "80",
    PromptId::number(90) => "90",
    PromptId::POSITION => "position", PromptId::IN_LINE => "in_line", PromptId::WAIT => "wait",
    PromptId::MINUTE => "minute", PromptId::MINUTES => "minutes", PromptId::LONG_WAIT => "long_wait",
    PromptId::CALLBACK => "callback", PromptId::NOT_VALID => "not_valid", PromptId::CLOSED => "closed",
};

/// A 20 ms frame at 16 kHz.
const FRAME: usize = 320;

/// Every clip, in the order of the prompts' numbers.
pub(super) fn clips() -> Vec<(PromptId, Clip)> {
    let mut clips: Vec<_> = SPOKEN.iter().map(|(prompt, bytes)| (*prompt, clip(bytes))).collect();
    clips.sort_by_key(|(prompt, _)| *prompt);
    clips
}

fn clip(bytes: &[u8]) -> Clip {
    let mut samples = vec![0; bytes.len()];
    g711::decode(Law::Mu, bytes, &mut samples);
    samples.resize(bytes.len().div_ceil(FRAME) * FRAME, 0);
    Clip::new(samples, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spoken_clip_is_there_once_and_is_no_silence() {
        let clips = clips();
        assert!(clips.windows(2).all(|two| two[0].0 < two[1].0));
        for (prompt, clip) in &clips {
            let loudest = clip.wide.iter().map(|sample| sample.unsigned_abs()).max().unwrap();
            assert!(loudest > 6_000, "{prompt:?} is silent: {loudest}");
            assert!((4_000..128_000).contains(&clip.wide.len()), "{prompt:?}: {} samples", clip.wide.len());
        }
    }
}
