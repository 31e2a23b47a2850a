//! What two descriptions have in common.

use std::net::SocketAddr;

use terms::Direction;

use super::read::{Description, Media};
use crate::{
    MediaError,
    codec::{Codec, Payload, PayloadMap},
    session::rtp::Described,
};

/// The payload type numbers that we write into our offers, and that stay with a wire for its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) opus: u8,
    /// Key presses beside G.711 and, in its own clock, beside Opus.
    pub(crate) events: u8,
    pub(crate) wide_events: u8,
}

impl Default for Numbers {
    fn default() -> Self {
        Self { opus: 111, events: 101, wide_events: 110 }
    }
}

impl Numbers {
    /// Takes over the numbers that the far end uses, so that an offer of ours never gives one another meaning.
    pub(crate) fn learn(&mut self, agreed: &Agreed) {
        let find = |wanted: Payload| (0..128u8).find(|number| agreed.payloads.get(*number) == wanted);
        let mut used: Vec<u8> =
            (0..128u8).filter(|number| agreed.payloads.get(*number) != Payload::Unknown).collect();
        let mut free = |preferred: u8| {
            let number = Some(preferred).into_iter().chain(96..127).find(|number| !used.contains(number));
            used.extend(number);
            number.unwrap_or(preferred)
        };
        self.opus = find(Payload::Audio(Codec::Opus)).unwrap_or_else(|| free(self.opus));
        let of_clock = |wide: bool| {
            agreed.events.filter(|(_, clock)| (*clock == 48_000) == wide).map(|(number, _)| number)
        };
        self.events = of_clock(false).unwrap_or_else(|| free(self.events));
        self.wide_events = of_clock(true).unwrap_or_else(|| free(self.wide_events));
    }
}

/// What both sides can do, read from the far end's description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Agreed {
    /// Which of their m= lines carries the call.
    pub(crate) line: usize,
    /// What we send, under which number.
    pub(crate) codec: Codec,
    pub(crate) number: u8,
    /// Key presses: their number and clock.
    pub(crate) events: Option<(u8, u32)>,
    /// As the far end wants it.
    pub(crate) direction: Direction,
    pub(crate) described: Described,
    /// Every number in their description that we can hear.
    pub(crate) payloads: PayloadMap,
}

/// Picks the first codec of theirs that we speak; `keep` is preferred where they still offer it, so that a re-INVITE
/// does not change the sound.
pub(crate) fn agree(theirs: &Description, keep: Option<Codec>) -> Result<Agreed, MediaError> {
    theirs
        .media
        .iter()
        .enumerate()
        .filter(|(_, media)| is_plain_voice(media))
        .find_map(|(line, media)| agree_on(line, media, keep))
        .ok_or(MediaError::NoCommonCodec)
}

fn is_plain_voice(media: &Media) -> bool {
    let plain = ["RTP/AVP", "RTP/AVPF"].iter().any(|known| media.protocol.eq_ignore_ascii_case(known));
    media.kind.eq_ignore_ascii_case("audio") && media.port != 0 && plain
}

fn agree_on(line: usize, media: &Media, keep: Option<Codec>) -> Option<Agreed> {
    let mut payloads = PayloadMap::new();
    let mut codecs: Vec<(Codec, u8)> = Vec::new();
    let mut events: Vec<(u8, u32)> = Vec::new();
    for number in media.formats.iter().filter_map(|format| format.parse::<u8>().ok()).filter(|n| *n < 128) {
        let (payload, clock) = meaning(media, number);
        match payload {
            Payload::Audio(codec) => codecs.push((codec, number)),
            Payload::Events => events.push((number, clock)),
            Payload::ComfortNoise => {}
            Payload::Unknown => continue,
        }
        payloads.set(number, payload);
    }
    let kept = codecs.iter().find(|(codec, _)| Some(*codec) == keep);
    let (codec, number) = *kept.or(codecs.first())?;
    let events = events.iter().find(|(_, clock)| *clock == codec.clock()).or(events.first()).copied();
    Some(Agreed {
        line,
        codec,
        number,
        events,
        direction: direction(media),
        described: described(media),
        payloads,
    })
}

/// What a number of theirs stands for, with its clock: their map first, then the fixed numbers of RFC 3551.
fn meaning(media: &Media, number: u8) -> (Payload, u32) {
    let Some(map) = media.maps.iter().find(|map| map.number == number) else {
        return match number {
            0 => (Payload::Audio(Codec::Pcmu), 8_000),
            8 => (Payload::Audio(Codec::Pcma), 8_000),
            13 => (Payload::ComfortNoise, 8_000),
            _ => (Payload::Unknown, 0),
        };
    };
    let payload = match (map.encoding.as_str(), map.clock) {
        ("pcmu", 8_000) => Payload::Audio(Codec::Pcmu),
        ("pcma", 8_000) => Payload::Audio(Codec::Pcma),
        ("opus", 48_000) => Payload::Audio(Codec::Opus),
        ("telephone-event", _) => Payload::Events,
        ("cn", _) => Payload::ComfortNoise,
        _ => Payload::Unknown,
    };
    (payload, map.clock)
}

/// Their direction; an address of zeros is the hold of RFC 2543: they will not listen.
fn direction(media: &Media) -> Direction {
    let deaf = media.address.is_some_and(|address| address.is_unspecified());
    match media.direction {
        Direction::SendRecv if deaf => Direction::SendOnly,
        Direction::RecvOnly if deaf => Direction::Inactive,
        plain => plain,
    }
}

fn described(media: &Media) -> Described {
    let address = media.address.filter(|address| !address.is_unspecified());
    let control = media.rtcp_address.filter(|address| !address.is_unspecified()).or(address);
    let rtp = address.map(|address| SocketAddr::new(address, media.port));
    Described {
        rtp,
        control: control.zip(media.rtcp_port).map(|(address, port)| SocketAddr::new(address, port)),
        mux: media.rtcp_mux,
    }
}

/// What we hear on a wire that we offered, before the far end has answered.
pub(crate) fn offered_payloads(numbers: &Numbers) -> PayloadMap {
    let mut payloads = PayloadMap::new();
    payloads.set(0, Payload::Audio(Codec::Pcmu));
    payloads.set(8, Payload::Audio(Codec::Pcma));
    payloads.set(numbers.opus, Payload::Audio(Codec::Opus));
    payloads.set(numbers.events, Payload::Events);
    payloads.set(numbers.wide_events, Payload::Events);
    payloads
}
