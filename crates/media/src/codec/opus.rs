//! Opus at 16 kHz, one channel: made only for wires that speak it, since its state is large.

use opus::{Application, Bitrate, Channels, Decoder, Encoder};

use crate::frame::Rate;

/// Bits a second of what we send: speech at 16 kHz is transparent here, and encoding it costs least.
const BITRATE: i32 = 24_000;
/// libopus counts 0 to 10; 5 is its usual choice for speech on a busy machine.
const COMPLEXITY: i32 = 5;
/// Loss we arm forward error correction for, percent.
const LOSS_EXPECTED: i32 = 5;

/// Both directions of one wire's Opus.
#[derive(Debug)]
pub(crate) struct OpusPair {
    pub(crate) encoder: Encoder,
    pub(crate) decoder: Decoder,
}

impl OpusPair {
    pub(crate) fn new() -> Result<Self, opus::Error> {
        let rate = Rate::Wide.hertz();
        let mut encoder = Encoder::new(rate, Channels::Mono, Application::Voip)?;
        encoder.set_bitrate(Bitrate::Bits(BITRATE))?;
        encoder.set_complexity(COMPLEXITY)?;
        encoder.set_inband_fec(true)?;
        encoder.set_packet_loss_perc(LOSS_EXPECTED)?;
        Ok(Self { encoder, decoder: Decoder::new(rate, Channels::Mono)? })
    }
}
