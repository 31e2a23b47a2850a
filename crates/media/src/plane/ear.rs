//! From a mixed row to packets: each row is encoded once for a codec, however many ears hear it.

use crate::{
    codec::{
        Codec,
        g711::{self, Law},
    },
    frame::{Frame, Rate},
    plane::leg::{Leg, SendAs},
    resample::Downsampler,
    session::rtp::PACKET_MAX,
};

/// Bytes of the largest payload we make.
const PAYLOAD_MAX: usize = 1_275;

/// One row in one codec.
struct Encoded {
    bytes: [u8; PAYLOAD_MAX],
    len: usize,
    done: bool,
}

impl Encoded {
    const fn new() -> Self {
        Self { bytes: [0; PAYLOAD_MAX], len: 0, done: false }
    }
}

/// Room for the row being sent, and for the packet being written; one for a thread.
pub(crate) struct Outbox {
    row: Option<usize>,
    mu: Encoded,
    a: Encoded,
    opus: Encoded,
    narrow: [i16; 160],
    narrow_done: bool,
    down: Downsampler,
    tone: Frame,
    packet: [u8; PACKET_MAX],
}

impl Outbox {
    pub(crate) fn new() -> Self {
        Self {
            row: None,
            mu: Encoded::new(),
            a: Encoded::new(),
            opus: Encoded::new(),
            narrow: [0; 160],
            narrow_done: false,
            down: Downsampler::default(),
            tone: Frame::silent(Rate::Wide),
            packet: [0; PACKET_MAX],
        }
    }

    /// Forgets the rows of the last tick or conversation.
    pub(crate) fn begin(&mut self) {
        self.row = None;
    }

    /// Sends this tick's packet to one leg; legs that hear the same row come one after the other. True when one went out.
    pub(crate) fn send(&mut self, leg: &mut Leg, row: usize, frame: &Frame, rate: Rate) -> bool {
        let Some(send) = leg.sends() else {
            // The clock of our stream runs on in silence, so that what follows is not taken for late.
            let codec = leg.tuning.send.map_or(Codec::Pcmu, |send| send.codec);
            let stream = leg.wire.stream();
            stream.timestamp = stream.timestamp.wrapping_add(codec.clock() / 50);
            stream.mark = true;
            return false;
        };
        if self.row != Some(row) {
            self.row = Some(row);
            self.mu.done = false;
            self.a.done = false;
            self.opus.done = false;
            self.narrow_done = false;
        }
        let stream = leg.wire.stream();
        let timestamp = stream.timestamp;
        stream.timestamp = timestamp.wrapping_add(send.codec.clock() / 50);
        if !leg.digits.is_idle() && self.press(leg, send, timestamp) {
            return true;
        }
        self.encode(leg, send.codec, frame, rate);
        let encoded = match send.codec {
            Codec::Pcmu => &self.mu,
            Codec::Pcma => &self.a,
            Codec::Opus => &self.opus,
        };
        let mark = std::mem::take(&mut leg.wire.stream().mark);
        leg.wire.send(&mut self.packet, send.number, timestamp, mark, &encoded.bytes[..encoded.len]);
        true
    }

    /// Encodes the row unless that is done: the first ear's encoder speaks for all of this row.
    fn encode(&mut self, leg: &mut Leg, codec: Codec, frame: &Frame, rate: Rate) {
        let law = match codec {
            Codec::Pcmu => Law::Mu,
            Codec::Pcma => Law::A,
            Codec::Opus => {
                if !self.opus.done {
                    self.opus.done = true;
                    self.opus.len = encode_opus(leg, frame, &mut self.opus.bytes);
                }
                return;
            }
        };
        let samples = if rate == Rate::Narrow {
            frame.samples()
        } else {
            if self.narrow_done {
                // What this ear has heard is what the first one heard: a later row goes on from there without a click.
                leg.down.clone_from(&self.down);
            } else {
                self.narrow_done = true;
                leg.down.run(frame.samples(), &mut self.narrow);
                self.down.clone_from(&leg.down);
            }
            &self.narrow[..]
        };
        let encoded = if law == Law::Mu { &mut self.mu } else { &mut self.a };
        if !encoded.done {
            encoded.done = true;
            encoded.len = g711::encode(law, samples, &mut encoded.bytes);
        }
    }

    /// A tick of a key being sent, in place of the row; false between keys.
    fn press(&mut self, leg: &mut Leg, send: SendAs, timestamp: u32) -> bool {
        let Some(event) = leg.digits.next() else { return false };
        if event.first {
            leg.press_at = timestamp;
        }
        if let Some((number, clock)) = send.events {
            let tick = u16::try_from(clock / 50).unwrap_or(160);
            leg.wire.send(&mut self.packet, number, leg.press_at, event.first, &event.bytes(tick));
            return true;
        }
        let own = send.codec.rate();
        self.tone.set_rate(own);
        leg.digits.tone(event, own, self.tone.samples_mut());
        let mut bytes = [0u8; PAYLOAD_MAX];
        let len = match send.codec {
            Codec::Pcmu => g711::encode(Law::Mu, self.tone.samples(), &mut bytes),
            Codec::Pcma => g711::encode(Law::A, self.tone.samples(), &mut bytes),
            Codec::Opus => encode_opus(leg, &self.tone, &mut bytes),
        };
        leg.wire.send(&mut self.packet, send.number, timestamp, false, &bytes[..len]);
        true
    }
}

fn encode_opus(leg: &mut Leg, frame: &Frame, bytes: &mut [u8; PAYLOAD_MAX]) -> usize {
    let Some(opus) = leg.opus.as_deref_mut() else { return 0 };
    opus.encoder.encode(frame.samples(), bytes).unwrap_or(0)
}
