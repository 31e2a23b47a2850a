//! G.711: one byte a sample, stateless. The laws themselves come from the `audio-codec` crate.

use audio_codec::{
    Decoder, Encoder,
    pcma::{PcmaDecoder, PcmaEncoder},
    pcmu::{PcmuDecoder, PcmuEncoder},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    Mu,
    A,
}

/// Writes the samples of `bytes` into `samples`; returns how many there were.
pub fn decode(law: Law, bytes: &[u8], samples: &mut [i16]) -> usize {
    let done = match law {
        Law::Mu => PcmuDecoder::new().decode_into(bytes, samples),
        Law::A => PcmaDecoder::new().decode_into(bytes, samples),
    };
    done.unwrap_or(0)
}

/// Writes the bytes of `samples` into `bytes`; returns how many there were.
pub fn encode(law: Law, samples: &[i16], bytes: &mut [u8]) -> usize {
    let done = match law {
        Law::Mu => PcmuEncoder::new().encode_into(samples, bytes),
        Law::A => PcmaEncoder::new().encode_into(samples, bytes),
    };
    done.unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_a_decode_and_encode() {
        for law in [Law::Mu, Law::A] {
            for code in 0..=255u8 {
                let mut sample = [0i16; 1];
                assert_eq!(decode(law, &[code], &mut sample), 1);
                let mut back = [0u8; 1];
                assert_eq!(encode(law, &sample, &mut back), 1);
                let mut again = [0i16; 1];
                decode(law, &back, &mut again);
                // The crate takes the smallest negative step of the A-law for the smallest positive one.
                let off = i32::from(sample[0]) - i32::from(again[0]);
                assert!(off == 0 || (law == Law::A && sample[0] == -8), "{law:?} {code}: off by {off}");
            }
        }
    }

    #[test]
    fn the_laws_meet_the_reference_points_of_g711() {
        let points = [(Law::Mu, 0xFFu8, 0i16), (Law::Mu, 0x80, 32124), (Law::Mu, 0x00, -32124)];
        for (law, code, want) in points {
            let mut sample = [0i16; 1];
            decode(law, &[code], &mut sample);
            assert_eq!(sample[0], want);
        }
        let mut sample = [0i16; 1];
        decode(Law::A, &[0xD5], &mut sample);
        assert_eq!(sample[0], 8);
        decode(Law::A, &[0xAA], &mut sample);
        assert_eq!(sample[0], 32256);
    }

    #[test]
    fn a_buffer_too_small_gives_nothing() {
        assert_eq!(decode(Law::Mu, &[0; 10], &mut [0; 5]), 0);
        assert_eq!(encode(Law::A, &[0; 10], &mut [0; 5]), 0);
    }
}
