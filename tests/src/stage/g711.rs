//! G.711, written out from ITU-T G.711 (1988), so that the ear shares no line of code with the product.

/// Which of the two laws a wire speaks; the number is its static RTP payload type (RFC 3551).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Law {
    Mu = 0,
    A = 8,
}

impl Law {
    pub const fn payload_type(self) -> u8 {
        match self {
            Law::Mu => 0,
            Law::A => 8,
        }
    }
    pub const fn name(self) -> &'static str {
        match self {
            Law::Mu => "PCMU",
            Law::A => "PCMA",
        }
    }
    pub fn from_payload_type(number: u8) -> Option<Law> {
        match number {
            0 => Some(Law::Mu),
            8 => Some(Law::A),
            _ => None,
        }
    }
    pub fn encode(self, sample: i16) -> u8 {
        match self {
            Law::Mu => mu_encode(sample),
            Law::A => a_encode(sample),
        }
    }
    pub fn decode(self, octet: u8) -> i16 {
        match self {
            Law::Mu => mu_decode(octet),
            Law::A => a_decode(octet),
        }
    }
}

/// The bias moves every segment border to a power of two.
const MU_BIAS: u32 = 0x84;
/// Above this the biased magnitude would leave the top segment.
const MU_CLIP: u32 = 32_635;

fn mu_encode(sample: i16) -> u8 {
    let sign: u8 = if sample < 0 { 0x80 } else { 0 };
    let biased = u32::from(sample.unsigned_abs()).min(MU_CLIP) + MU_BIAS;
    let segment = 24 - biased.leading_zeros();
    let step = (biased >> (segment + 3)) & 0x0f;
    !(sign | ((segment as u8) << 4) | step as u8)
}

fn mu_decode(octet: u8) -> i16 {
    let bits = !octet;
    let segment = (bits >> 4) & 7;
    let magnitude = ((i16::from(bits & 0x0f) << 3) + MU_BIAS as i16) << segment;
    if bits & 0x80 == 0 { magnitude - MU_BIAS as i16 } else { MU_BIAS as i16 - magnitude }
}

fn a_encode(sample: i16) -> u8 {
    // Negative values are one's complement here, so that 0 and -1 get codes of their own.
    let (sign, magnitude) = if sample >= 0 { (0x80u8, sample as u16) } else { (0, !(sample as u16)) };
    let thirteen_bits = magnitude >> 4;
    let code = if thirteen_bits < 16 {
        thirteen_bits as u8
    } else {
        let segment = 16 - thirteen_bits.leading_zeros() as u16 - 4;
        (segment as u8) << 4 | ((thirteen_bits >> (segment - 1)) & 0x0f) as u8
    };
    (sign | code) ^ 0x55
}

fn a_decode(octet: u8) -> i16 {
    let bits = octet ^ 0x55;
    let segment = (bits >> 4) & 7;
    let step = i16::from(bits & 0x0f) << 4;
    let magnitude = match segment {
        0 => step + 8,
        _ => (step + 0x108) << (segment - 1),
    };
    if bits & 0x80 != 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_octet_survives_decoding_and_encoding_in_both_laws() {
        for octet in 0..=255u8 {
            // Mu-law has two zeros that decode alike.
            let mu = Law::Mu.decode(octet);
            assert_eq!(Law::Mu.decode(Law::Mu.encode(mu)), mu, "mu {octet:#x}");
            assert_eq!(Law::A.encode(Law::A.decode(octet)), octet, "a {octet:#x}");
        }
    }

    #[test]
    fn the_known_corner_values_are_right() {
        assert_eq!(Law::Mu.encode(0), 0xff);
        assert_eq!(Law::Mu.decode(0xff), 0);
        assert_eq!(Law::Mu.decode(0x00), -32_124);
        assert_eq!(Law::Mu.decode(0x80), 32_124);
        assert_eq!(Law::A.encode(0), 0xd5);
        assert_eq!(Law::A.decode(0xd5), 8);
        assert_eq!(Law::A.decode(0xaa), 32_256);
        assert_eq!(Law::A.decode(0x2a), -32_256);
    }

    #[test]
    fn the_error_of_a_sample_stays_within_its_step() {
        for law in [Law::Mu, Law::A] {
            for sample in i16::MIN..=i16::MAX {
                let error = (i32::from(law.decode(law.encode(sample))) - i32::from(sample)).abs();
                let allowed = i32::from(sample.unsigned_abs()) / 32
                    + 16
                    + if sample.unsigned_abs() > 32_000 { 700 } else { 0 };
                assert!(error <= allowed, "{law:?} {sample}: off by {error}");
            }
        }
    }
}
