//! Description to text.

use std::{fmt::Write, net::IpAddr};

use terms::{Direction, Sdp};

use super::{
    agree::{Agreed, Numbers},
    read::Description,
};
use crate::codec::Codec;

/// Who describes, and where it listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    /// One number for the wire's life; the version counts its descriptions.
    pub(crate) id: u64,
    pub(crate) version: u64,
    pub(crate) address: IpAddr,
    pub(crate) port: u16,
}

fn head(origin: &Origin) -> String {
    let family = if origin.address.is_ipv4() { "IP4" } else { "IP6" };
    let (id, version, address) = (origin.id, origin.version, origin.address);
    format!("v=0\r\no=- {id} {version} IN {family} {address}\r\ns=-\r\nc=IN {family} {address}\r\nt=0 0\r\n")
}

/// Everything we speak. The codec in use comes first, so that a re-INVITE does not change the sound.
pub(crate) fn write_offer(origin: &Origin, numbers: &Numbers, using: Option<Codec>) -> Sdp {
    let mut codecs = [Codec::Pcmu, Codec::Pcma, Codec::Opus];
    codecs.sort_by_key(|codec| Some(*codec) != using);
    let mut formats = String::new();
    let mut lines = String::new();
    for codec in codecs {
        let number = match codec {
            Codec::Pcmu => 0,
            Codec::Pcma => 8,
            Codec::Opus => numbers.opus,
        };
        let _ = write!(formats, " {number}");
        codec_lines(&mut lines, codec, number);
    }
    for (number, clock) in [(numbers.events, 8_000), (numbers.wide_events, 48_000)] {
        let _ = write!(formats, " {number}");
        event_lines(&mut lines, number, clock);
    }
    let port = origin.port;
    let control = port.saturating_add(1);
    Sdp(format!(
        "{}m=audio {port} RTP/AVP{formats}\r\n{lines}a=ptime:20\r\na=rtcp:{control}\r\na=rtcp-mux\r\na=sendrecv\r\n",
        head(origin)
    ))
}

/// The answer to their offer: as many m= lines as they sent, all but the agreed one refused.
pub(crate) fn write_answer(origin: &Origin, theirs: &Description, agreed: &Agreed) -> Sdp {
    let mut text = head(origin);
    for (line, media) in theirs.media.iter().enumerate() {
        let (kind, protocol) = (&media.kind, &media.protocol);
        if line != agreed.line {
            let _ = write!(text, "m={kind} 0 {protocol} {}\r\n", media.formats.join(" "));
            continue;
        }
        let _ = write!(text, "m={kind} {} {protocol} {}", origin.port, agreed.number);
        if let Some((number, _)) = agreed.events {
            let _ = write!(text, " {number}");
        }
        text.push_str("\r\n");
        codec_lines(&mut text, agreed.codec, agreed.number);
        if let Some((number, clock)) = agreed.events {
            event_lines(&mut text, number, clock);
        }
        text.push_str("a=ptime:20\r\n");
        if agreed.described.mux {
            text.push_str("a=rtcp-mux\r\n");
        } else {
            let _ = write!(text, "a=rtcp:{}\r\n", origin.port.saturating_add(1));
        }
        let ours = match agreed.direction {
            Direction::SendRecv => "sendrecv",
            Direction::SendOnly => "recvonly",
            Direction::RecvOnly => "sendonly",
            Direction::Inactive => "inactive",
        };
        let _ = write!(text, "a={ours}\r\n");
    }
    Sdp(text)
}

fn codec_lines(text: &mut String, codec: Codec, number: u8) {
    let _ = match codec {
        Codec::Pcmu => write!(text, "a=rtpmap:{number} PCMU/8000\r\n"),
        Codec::Pcma => write!(text, "a=rtpmap:{number} PCMA/8000\r\n"),
        Codec::Opus => write!(
            text,
            "a=rtpmap:{number} opus/48000/2\r\n\
             a=fmtp:{number} maxplaybackrate=16000;sprop-maxcapturerate=16000;useinbandfec=1\r\n"
        ),
    };
}

fn event_lines(text: &mut String, number: u8, clock: u32) {
    let _ = write!(text, "a=rtpmap:{number} telephone-event/{clock}\r\na=fmtp:{number} 0-15\r\n");
}
