//! Session descriptions (RFC 8866, offer and answer by RFC 3264) of a phone with one G.711 voice.

use std::net::{IpAddr, SocketAddr};

use crate::stage::{g711::Law, voice::Agreed};

/// The payload type this phone gives to named events in its own offers.
const EVENTS: u8 = 101;

/// Which way sound may flow, seen from the side that says so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    #[default]
    Both,
    SendOnly,
    ReceiveOnly,
    Neither,
}

impl Flow {
    pub const fn name(self) -> &'static str {
        match self {
            Flow::Both => "sendrecv",
            Flow::SendOnly => "sendonly",
            Flow::ReceiveOnly => "recvonly",
            Flow::Neither => "inactive",
        }
    }
    fn read(name: &str) -> Option<Flow> {
        [Flow::Both, Flow::SendOnly, Flow::ReceiveOnly, Flow::Neither].into_iter().find(|f| f.name() == name)
    }
    pub const fn new(sends: bool, receives: bool) -> Flow {
        match (sends, receives) {
            (true, true) => Flow::Both,
            (true, false) => Flow::SendOnly,
            (false, true) => Flow::ReceiveOnly,
            (false, false) => Flow::Neither,
        }
    }
    pub const fn sends(self) -> bool {
        matches!(self, Flow::Both | Flow::SendOnly)
    }
    pub const fn receives(self) -> bool {
        matches!(self, Flow::Both | Flow::ReceiveOnly)
    }
    /// What remains for one side when the other said `self` and this side wants `own`.
    pub const fn meet(self, own: Flow) -> Flow {
        Flow::new(own.sends() && self.receives(), own.receives() && self.sends())
    }
}

/// What the other side's description says of its voice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Described {
    pub address: SocketAddr,
    /// Laws in the order of preference.
    pub laws: Vec<Law>,
    pub telephone_event: Option<u8>,
    pub flow: Flow,
    /// The `m=` lines, so that an answer can have as many.
    media: Vec<String>,
    /// Which of them is the voice.
    voice: usize,
    /// Payload types as offered, so that an answer keeps their numbers.
    pub payload_types: Vec<u8>,
}

impl Described {
    /// `None` when there is no voice this phone could speak to.
    pub fn read(sdp: &str) -> Option<Described> {
        let media: Vec<String> =
            sdp.lines().filter_map(|l| l.strip_prefix("m=")).map(str::to_owned).collect();
        let voice = media.iter().position(|m| m.starts_with("audio ") && !m.starts_with("audio 0 "))?;
        let mut words = media[voice].split_whitespace().skip(1);
        let port: u16 = words.next()?.split('/').next()?.parse().ok()?;
        let payload_types: Vec<u8> = words.skip(1).filter_map(|word| word.parse().ok()).collect();
        // Lines before the first m= speak for all, later ones for their own m= only.
        let mut section = None;
        let (mut address, mut flow, mut telephone_event) = (None, Flow::Both, None);
        for line in sdp.lines().map(str::trim_end) {
            if line.starts_with("m=") {
                section = Some(section.map_or(0, |s: usize| s + 1));
            }
            if section.is_some_and(|s| s != voice) {
                continue;
            }
            if let Some(host) = line.strip_prefix("c=IN IP4 ").or_else(|| line.strip_prefix("c=IN IP6 ")) {
                address = host.split('/').next().and_then(|text| text.parse::<IpAddr>().ok());
            } else if let Some(attribute) = line.strip_prefix("a=") {
                flow = Flow::read(attribute).unwrap_or(flow);
                if let Some((number, name)) =
                    attribute.strip_prefix("rtpmap:").and_then(|t| t.split_once(' '))
                    && name.eq_ignore_ascii_case("telephone-event/8000")
                {
                    telephone_event = number.parse().ok();
                }
            }
        }
        let address = address?;
        if address.is_unspecified() {
            // The old way to say hold (RFC 2543).
            flow = Flow::new(false, flow.receives());
        }
        let laws = payload_types.iter().filter_map(|number| Law::from_payload_type(*number)).collect();
        Some(Described {
            address: SocketAddr::new(address, port),
            laws,
            telephone_event,
            flow,
            media,
            voice,
            payload_types,
        })
    }

    /// What both sides agree on when this side can `laws` and wants `own` flow.
    pub fn agree(&self, laws: &[Law], own: Flow) -> Option<Agreed> {
        let law = self.laws.iter().find(|law| laws.contains(law))?;
        let flow = self.flow.meet(own);
        Some(Agreed {
            remote: self.address,
            law: *law,
            telephone_event: self.telephone_event,
            sends: flow.sends(),
            receives: flow.receives(),
        })
    }
}

/// Who describes: the port sound is wanted at, and the number of this description in the call.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    pub local: SocketAddr,
    pub id: u32,
    pub version: u32,
}

fn head(origin: Origin) -> String {
    let Origin { local, id, version } = origin;
    let (kind, host) = (if local.is_ipv4() { "IP4" } else { "IP6" }, local.ip());
    format!("v=0\r\no=phone {id} {version} IN {kind} {host}\r\ns=-\r\nc=IN {kind} {host}\r\nt=0 0\r\n")
}

fn voice(port: u16, laws: &[Law], events: Option<u8>, flow: Flow) -> String {
    let mut numbers: Vec<String> = laws.iter().map(|law| law.payload_type().to_string()).collect();
    numbers.extend(events.map(|number| number.to_string()));
    let mut text = format!("m=audio {port} RTP/AVP {}\r\n", numbers.join(" "));
    for law in laws {
        text += &format!("a=rtpmap:{} {}/8000\r\n", law.payload_type(), law.name());
    }
    if let Some(number) = events {
        text += &format!("a=rtpmap:{number} telephone-event/8000\r\na=fmtp:{number} 0-15\r\n");
    }
    text + &format!("a=ptime:20\r\na={}\r\n", flow.name())
}

pub fn offer(origin: Origin, laws: &[Law], flow: Flow) -> String {
    head(origin) + &voice(origin.local.port(), laws, Some(EVENTS), flow)
}

/// The answer to an offer: the agreed voice, every other medium refused with port 0.
pub fn answer(origin: Origin, offered: &Described, agreed: &Agreed) -> String {
    let mut text = head(origin);
    for (index, media) in offered.media.iter().enumerate() {
        if index == offered.voice {
            let flow = Flow::new(agreed.sends, agreed.receives);
            text += &voice(origin.local.port(), &[agreed.law], agreed.telephone_event, flow);
        } else {
            let mut words = media.split(' ');
            let kind = words.next().unwrap_or("audio");
            let rest: Vec<&str> = words.skip(1).collect();
            text += &format!("m={kind} 0 {}\r\n", rest.join(" "));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(port: u16) -> Origin {
        Origin { local: SocketAddr::from(([127, 0, 0, 1], port)), id: 1, version: 1 }
    }

    #[test]
    fn an_answer_agrees_with_its_offer() {
        let offered = Described::read(&offer(origin(4000), &[Law::A, Law::Mu], Flow::Both)).unwrap();
        assert_eq!(offered.address, "127.0.0.1:4000".parse().unwrap());
        let agreed = offered.agree(&[Law::Mu], Flow::Both).unwrap();
        let answered = Described::read(&answer(origin(5000), &offered, &agreed)).unwrap();
        assert_eq!((answered.laws, answered.telephone_event), (vec![Law::Mu], Some(EVENTS)));
        assert_eq!(answered.flow, Flow::Both);
    }

    #[test]
    fn hold_is_understood_in_all_its_ways() {
        for (said, answered) in [
            (Flow::SendOnly, Flow::ReceiveOnly),
            (Flow::Neither, Flow::Neither),
            (Flow::ReceiveOnly, Flow::SendOnly),
        ] {
            let offered = Described::read(&offer(origin(4000), &[Law::A], said)).unwrap();
            let agreed = offered.agree(&[Law::A], Flow::Both).unwrap();
            let answered_with = Described::read(&answer(origin(5000), &offered, &agreed)).unwrap();
            assert_eq!(answered_with.flow, answered);
        }
        let old =
            offer(origin(4000), &[Law::A], Flow::Both).replace("c=IN IP4 127.0.0.1", "c=IN IP4 0.0.0.0");
        assert_eq!(Described::read(&old).unwrap().flow, Flow::ReceiveOnly);
    }

    #[test]
    fn other_media_are_refused_in_their_place() {
        let both = "v=0\r\no=- 1 1 IN IP4 10.0.0.9\r\ns=-\r\nt=0 0\r\nm=video 6000 RTP/AVP 96\r\nc=IN IP4 10.0.0.8\r\n\
            a=inactive\r\nm=audio 7000 RTP/AVP 96 8 97\r\nc=IN IP4 10.0.0.7\r\na=rtpmap:97 telephone-event/8000\r\n";
        let offered = Described::read(both).unwrap();
        assert_eq!(offered.address, "10.0.0.7:7000".parse().unwrap());
        assert_eq!((offered.flow, offered.telephone_event), (Flow::Both, Some(97)));
        let text = answer(origin(5000), &offered, &offered.agree(&[Law::A], Flow::Both).unwrap());
        assert!(text.contains("m=video 0 RTP/AVP 96\r\nm=audio 5000 RTP/AVP 8 97\r\n"), "{text}");
    }
}
