//! Hiding lost G.711: the last pitch period is repeated and fades out within 60 ms.
//!
//! After ITU-T G.711 Appendix I in idea: the period is where the recent past is most like itself.

use crate::frame::Rate;

/// What is kept of the past: 40 ms.
const PAST_MAX: usize = 640;
/// How loud the first, second and third hidden frame ends, in 256ths; nothing is left after it.
const FADE: [i32; 4] = [256, 208, 96, 0];

#[derive(Debug)]
pub(crate) struct Conceal {
    past: [i16; PAST_MAX],
    rate: Rate,
    /// Frames hidden in a row.
    hidden: usize,
    period: usize,
    /// Where in the period the next hidden sample lies.
    at: usize,
}

impl Conceal {
    pub(crate) fn new(rate: Rate) -> Self {
        Self { past: [0; PAST_MAX], rate, hidden: FADE.len(), period: 1, at: 0 }
    }

    fn span(&self) -> usize {
        2 * self.rate.frame_samples().min(PAST_MAX / 2)
    }

    /// Takes note of a frame that came.
    pub(crate) fn heard(&mut self, frame: &[i16]) {
        let span = self.span();
        let len = frame.len().min(span);
        self.past.copy_within(len..span, 0);
        self.past[span - len..span].copy_from_slice(&frame[frame.len() - len..]);
        self.hidden = 0;
    }

    /// There is nothing worth repeating: the sound stopped, or was not listened to.
    pub(crate) fn forget(&mut self) {
        self.hidden = FADE.len();
    }

    /// Whether a missing frame would be silence.
    pub(crate) fn is_spent(&self) -> bool {
        self.hidden + 1 >= FADE.len()
    }

    /// Fills in for a frame that did not come.
    pub(crate) fn hide(&mut self, frame: &mut [i16]) {
        if self.is_spent() {
            frame.fill(0);
            return;
        }
        let span = self.span();
        if self.hidden == 0 {
            self.period = self.find_period();
            self.at = 0;
        }
        let len = i32::try_from(frame.len()).unwrap_or(1).max(1);
        let (from, to) = (FADE[self.hidden], FADE[self.hidden + 1]);
        let mut gain_256ths = from * len;
        for sample in frame.iter_mut() {
            let last = i32::from(self.past[span - self.period + self.at]);
            *sample = (last * (gain_256ths / len) / 256) as i16;
            gain_256ths += to - from;
            self.at = (self.at + 1) % self.period;
        }
        self.hidden += 1;
    }

    /// The lag, 2.5 to 15 ms, at which the last 20 ms are most like what came before.
    fn find_period(&self) -> usize {
        let span = self.span();
        let per_ms = span / 40;
        let (shortest, longest) = (per_ms * 5 / 2, per_ms * 15);
        let recent = &self.past[span / 2..span];
        let mut best = (f32::MIN, longest);
        for lag in shortest..=longest {
            let before = &self.past[span / 2 - lag..span - lag];
            let (mut alike, mut energy) = (0f32, 1f32);
            for (a, b) in recent.iter().zip(before) {
                alike += f32::from(*a) * f32::from(*b);
                energy += f32::from(*b) * f32::from(*b);
            }
            let score = alike / energy.sqrt();
            if score > best.0 {
                best = (score, lag);
            }
        }
        best.1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(samples: usize) -> Vec<i16> {
        (0..samples)
            .map(|n| (8000.0 * (std::f32::consts::TAU * 200.0 * n as f32 / 8000.0).sin()) as i16)
            .collect()
    }

    #[test]
    fn one_lost_frame_of_a_tone_goes_on_almost_as_it_was() {
        let sound = tone(480);
        let mut conceal = Conceal::new(Rate::Narrow);
        conceal.heard(&sound[..160]);
        conceal.heard(&sound[160..320]);
        let mut hidden = [0i16; 160];
        conceal.hide(&mut hidden);
        for (n, (got, want)) in hidden.iter().zip(&sound[320..]).enumerate() {
            let off = i32::from(*got) - i32::from(*want);
            assert!(off.abs() < 2200, "sample {n}: {got} for {want}");
        }
    }

    #[test]
    fn a_longer_loss_fades_to_silence_within_sixty_milliseconds() {
        let sound = tone(320);
        let mut conceal = Conceal::new(Rate::Narrow);
        conceal.heard(&sound[..160]);
        conceal.heard(&sound[160..]);
        let mut loudest = Vec::new();
        for _ in 0..5 {
            let mut hidden = [0i16; 160];
            conceal.hide(&mut hidden);
            loudest.push(hidden.iter().map(|s| s.unsigned_abs()).max().unwrap_or(0));
        }
        assert!(loudest[0] > 7000 && loudest[0] > loudest[2]);
        assert_eq!(&loudest[3..], [0, 0]);
    }

    #[test]
    fn nothing_is_invented_before_anything_was_heard() {
        let mut hidden = [7i16; 160];
        Conceal::new(Rate::Narrow).hide(&mut hidden);
        assert!(hidden.iter().all(|sample| *sample == 0));
    }
}
