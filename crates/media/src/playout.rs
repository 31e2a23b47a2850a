//! From the packets of one wire to one frame a tick: waiting, decoding, hiding what is lost.

use crate::{
    clock::Micros,
    codec::{
        Codec,
        g711::{self, Law},
        opus::OpusPair,
    },
    conceal::Conceal,
    frame::{FRAME_SAMPLES_MAX, Rate},
    jitter::{Content, Jitter, Popped},
    resample::Upsampler,
};

/// Bytes of the largest packet a G.711 wire may send: 60 ms.
const NARROW_PACKET_MAX: usize = 480;
/// Bytes of the largest Opus packet (RFC 6716).
const OPUS_PACKET_MAX: usize = 1_275;
/// Samples of the longest packet, 120 ms of Opus at 16 kHz.
const PACKET_SAMPLES_MAX: usize = 1_920;
/// Frames that the Opus decoder may invent in a row.
const OPUS_HIDDEN_MAX: usize = 4;

/// How the last frame came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sound {
    Fresh,
    Concealed,
    /// There is nothing to hear and nothing to hide.
    Nothing,
}

#[derive(Debug)]
pub(crate) struct Playout {
    jitter: Jitter,
    rate: Rate,
    /// Decoded samples beyond the last frame, where packets are not 20 ms long.
    rest: Vec<i16>,
    rest_max: usize,
    conceal: Conceal,
    opus_hidden: usize,
    up: Upsampler,
}

impl Playout {
    /// `rate` is `Wide` for a wire that may send Opus.
    pub(crate) fn new(rate: Rate) -> Self {
        let packet_max = if rate == Rate::Narrow { NARROW_PACKET_MAX } else { OPUS_PACKET_MAX };
        let packet_samples = if rate == Rate::Narrow { NARROW_PACKET_MAX } else { PACKET_SAMPLES_MAX };
        let rest_max = packet_samples + rate.frame_samples();
        Self {
            jitter: Jitter::new(packet_max),
            rate,
            rest: Vec::with_capacity(rest_max),
            rest_max,
            conceal: Conceal::new(rate),
            opus_hidden: OPUS_HIDDEN_MAX,
            up: Upsampler::default(),
        }
    }

    pub(crate) fn rate(&self) -> Rate {
        self.rate
    }
    /// Packets that came too late to be played.
    pub(crate) fn late(&self) -> u32 {
        self.jitter.late
    }

    /// Another stream begins on this wire.
    pub(crate) fn restart(&mut self) {
        self.jitter.restart();
        self.rest.clear();
        self.conceal.forget();
    }

    pub(crate) fn insert(&mut self, sequence: u16, content: Content, payload: &[u8], arrived: Micros) {
        self.jitter.insert(sequence, content, payload, arrived);
    }

    /// Lets a tick pass that nobody listens to.
    pub(crate) fn skip(&mut self, now: Micros) {
        self.rest.clear();
        self.conceal.forget();
        self.jitter.pop(now);
        if self.jitter.sheds(now) {
            self.jitter.pop(now);
        }
    }

    /// Makes the next 20 ms at this wire's rate.
    pub(crate) fn next(&mut self, out: &mut [i16], opus: Option<&mut OpusPair>, now: Micros) -> Sound {
        let mut opus = opus;
        let sound = self.take(out, opus.as_deref_mut(), now);
        if sound == Sound::Fresh && self.rest.is_empty() && self.jitter.sheds(now) {
            let mut following = [0i16; FRAME_SAMPLES_MAX];
            let following = &mut following[..out.len()];
            if self.take(following, opus, now) == Sound::Fresh {
                blend(out, following);
            }
        }
        sound
    }

    fn take(&mut self, out: &mut [i16], mut opus: Option<&mut OpusPair>, now: Micros) -> Sound {
        while self.rest.len() < out.len() {
            match self.jitter.pop(now) {
                Popped::Packet { codec, place } => {
                    let mut samples = [0i16; PACKET_SAMPLES_MAX];
                    let bytes = self.jitter.bytes(place);
                    let made =
                        decode(codec, self.rate, bytes, &mut samples, &mut self.up, opus.as_deref_mut());
                    if self.rest.is_empty() && made == out.len() {
                        out.copy_from_slice(&samples[..made]);
                        self.came(out);
                        return Sound::Fresh;
                    }
                    let room = self.rest_max - self.rest.len();
                    self.rest.extend_from_slice(&samples[..made.min(room)]);
                }
                Popped::Missing | Popped::Empty => return self.bridge(out, opus),
            }
        }
        out.copy_from_slice(&self.rest[..out.len()]);
        self.rest.copy_within(out.len().., 0);
        self.rest.truncate(self.rest.len() - out.len());
        self.came(out);
        Sound::Fresh
    }

    fn came(&mut self, frame: &[i16]) {
        self.opus_hidden = 0;
        self.conceal.heard(frame);
    }

    /// Plays what is left and hides the rest of the frame.
    fn bridge(&mut self, out: &mut [i16], opus: Option<&mut OpusPair>) -> Sound {
        if self.conceal.is_spent() && self.rest.is_empty() {
            out.fill(0);
            return Sound::Nothing;
        }
        let left = self.rest.len();
        out[..left].copy_from_slice(&self.rest);
        self.rest.clear();
        let missing = &mut out[left..];
        match opus {
            Some(opus) if left == 0 && self.opus_hidden < OPUS_HIDDEN_MAX => {
                self.opus_hidden += 1;
                // Without a packet libopus bridges from what it heard before.
                if opus.decoder.decode(&[], missing, false).is_err() {
                    missing.fill(0);
                }
                if self.opus_hidden == OPUS_HIDDEN_MAX {
                    self.conceal.forget();
                }
            }
            _ => self.conceal.hide(missing),
        }
        Sound::Concealed
    }
}

/// Writes the packet's samples at `rate`; returns how many there are, 0 for what cannot be decoded.
fn decode(
    codec: Codec,
    rate: Rate,
    bytes: &[u8],
    samples: &mut [i16; PACKET_SAMPLES_MAX],
    up: &mut Upsampler,
    opus: Option<&mut OpusPair>,
) -> usize {
    let law = match codec {
        Codec::Pcmu => Law::Mu,
        Codec::Pcma => Law::A,
        Codec::Opus => {
            return opus.and_then(|opus| opus.decoder.decode(bytes, samples, false).ok()).unwrap_or(0);
        }
    };
    if rate == Rate::Narrow {
        return g711::decode(law, bytes, samples);
    }
    let mut made = 0;
    for part in bytes.chunks(Rate::Narrow.frame_samples()) {
        let mut narrow = [0i16; 160];
        let len = g711::decode(law, part, &mut narrow);
        if made + 2 * len > samples.len() {
            break;
        }
        up.run(&narrow[..len], &mut samples[made..made + 2 * len]);
        made += 2 * len;
    }
    made
}

/// Two frames in the time of one: the first fades into the second.
fn blend(out: &mut [i16], following: &[i16]) {
    let len = out.len() as i32;
    for ((at, sample), other) in (0..len).zip(out.iter_mut()).zip(following) {
        *sample = ((i32::from(*sample) * (len - at) + i32::from(*other) * at) / len) as i16;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::TICK_US;

    fn code(n: usize) -> u8 {
        let sample = (8000.0 * (std::f32::consts::TAU * 440.0 * n as f32 / 8000.0).sin()) as i16;
        let mut byte = [0u8; 1];
        g711::encode(Law::Mu, &[sample], &mut byte);
        byte[0]
    }

    /// Feeds a continuous tone cut into packets of `samples` and returns what 200 ticks made of it.
    fn played(samples: usize) -> Vec<i16> {
        let mut playout = Playout::new(Rate::Narrow);
        let (mut sent, mut sequence) = (0, 0u16);
        let mut heard = Vec::new();
        for tick in 0..200u64 {
            let now = tick * TICK_US + 10_000;
            while (sent + samples) * 125 <= now as usize + samples * 125 {
                let packet: Vec<u8> = (sent..sent + samples).map(code).collect();
                playout.insert(sequence, Content::Audio(Codec::Pcmu), &packet, now);
                sequence += 1;
                sent += samples;
            }
            let mut out = [0i16; 160];
            playout.next(&mut out, None, now);
            heard.extend_from_slice(&out);
        }
        heard
    }

    #[test]
    fn packets_of_ten_twenty_thirty_and_sixty_milliseconds_make_one_unbroken_sound() {
        for samples in [80, 160, 240, 480] {
            let heard = played(samples);
            let settled = &heard[4800..];
            let quiet =
                settled.chunks(80).filter(|part| part.iter().all(|s| s.unsigned_abs() < 1000)).count();
            let jump = settled.windows(2).map(|w| (i32::from(w[1]) - i32::from(w[0])).abs()).max();
            assert_eq!(quiet, 0, "{samples}");
            assert!(jump < Some(3200), "{samples}: {jump:?}");
        }
    }

    #[test]
    fn a_wire_that_says_nothing_sounds_like_nothing() {
        let mut playout = Playout::new(Rate::Narrow);
        let mut out = [1i16; 160];
        assert_eq!(playout.next(&mut out, None, 0), Sound::Nothing);
        assert!(out.iter().all(|sample| *sample == 0));
    }

    #[test]
    fn broken_opus_is_silence_and_not_a_panic() {
        let mut playout = Playout::new(Rate::Wide);
        let mut opus = OpusPair::new().unwrap();
        for sequence in 0..50u16 {
            let junk: Vec<u8> =
                (0..40u16).map(|n| (sequence.wrapping_mul(31) ^ n.wrapping_mul(7)) as u8).collect();
            playout.insert(sequence, Content::Audio(Codec::Opus), &junk, u64::from(sequence) * TICK_US);
            let mut out = [0i16; 320];
            playout.next(&mut out, Some(&mut opus), u64::from(sequence) * TICK_US);
        }
    }
}
