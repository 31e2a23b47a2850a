//! Text to description. What is unknown is skipped; what cannot be a description is refused.

use std::net::IpAddr;

use terms::Direction;

use crate::MediaError;

const TEXT_MAX: usize = 65_536;
const MEDIA_MAX: usize = 32;
const FORMATS_MAX: usize = 128;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Description {
    pub(crate) media: Vec<Media>,
}

/// One `m=` line with what belongs to it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Media {
    pub(crate) kind: String,
    pub(crate) port: u16,
    pub(crate) protocol: String,
    pub(crate) formats: Vec<String>,
    /// Where to send; none when it is no IP address.
    pub(crate) address: Option<IpAddr>,
    pub(crate) direction: Direction,
    pub(crate) maps: Vec<Map>,
    pub(crate) rtcp_mux: bool,
    pub(crate) rtcp_port: Option<u16>,
    pub(crate) rtcp_address: Option<IpAddr>,
}

/// An `a=rtpmap` line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Map {
    pub(crate) number: u8,
    pub(crate) encoding: String,
    pub(crate) clock: u32,
}

#[derive(Default)]
struct Reader {
    address: Option<IpAddr>,
    direction: Option<Direction>,
    media: Vec<Media>,
    /// Direction lines of the media line being read, none yet.
    media_direction: Option<Direction>,
}

pub(crate) fn read(text: &str) -> Result<Description, MediaError> {
    if text.len() > TEXT_MAX {
        return Err(MediaError::Malformed("longer than 64 KiB"));
    }
    let mut lines = text.split(['\r', '\n']).filter(|line| !line.trim().is_empty());
    if lines.next().map(str::trim) != Some("v=0") {
        return Err(MediaError::Malformed("it does not begin with v=0"));
    }
    let mut reader = Reader::default();
    for line in lines {
        // Some senders pad lines; nothing else without a letter and an equals sign is tolerated.
        let Some((letter, value)) = line.trim().split_once('=') else {
            return Err(MediaError::Malformed("a line has no equals sign"));
        };
        match letter {
            "m" => reader.media_line(value)?,
            "c" => reader.connection(value),
            "a" => reader.attribute(value),
            _ => {}
        }
    }
    reader.end_media();
    if reader.media.is_empty() {
        return Err(MediaError::Malformed("there is no m= line"));
    }
    Ok(Description { media: reader.media })
}

impl Reader {
    fn media_line(&mut self, value: &str) -> Result<(), MediaError> {
        const WRONG: MediaError = MediaError::Malformed("an m= line is not kind, port, protocol and formats");
        self.end_media();
        if self.media.len() >= MEDIA_MAX {
            return Err(MediaError::Malformed("more than 32 m= lines"));
        }
        let mut words = value.split_ascii_whitespace();
        let (Some(kind), Some(port), Some(protocol)) = (words.next(), words.next(), words.next()) else {
            return Err(WRONG);
        };
        // "49170/2" asks for two ports; the first is the one.
        let port = port.split('/').next().unwrap_or(port).parse().map_err(|_| WRONG)?;
        let formats: Vec<String> = words.take(FORMATS_MAX).map(str::to_owned).collect();
        let plain = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_graphic());
        if formats.is_empty() || !formats.iter().all(|word| plain(word)) || !plain(kind) || !plain(protocol) {
            return Err(WRONG);
        }
        self.media.push(Media {
            kind: kind.to_owned(),
            port,
            protocol: protocol.to_owned(),
            formats,
            address: self.address,
            ..Media::default()
        });
        Ok(())
    }

    fn end_media(&mut self) {
        if let Some(media) = self.media.last_mut() {
            media.direction = self.media_direction.take().or(self.direction).unwrap_or_default();
        }
    }

    fn connection(&mut self, value: &str) {
        let address = address(value);
        match self.media.last_mut() {
            Some(media) => media.address = address,
            None => self.address = address,
        }
    }

    fn attribute(&mut self, value: &str) {
        let (name, value) = value.split_once(':').unwrap_or((value, ""));
        let direction = match name.trim() {
            "sendrecv" => Some(Direction::SendRecv),
            "sendonly" => Some(Direction::SendOnly),
            "recvonly" => Some(Direction::RecvOnly),
            "inactive" => Some(Direction::Inactive),
            _ => None,
        };
        let Some(media) = self.media.last_mut() else {
            self.direction = direction.or(self.direction);
            return;
        };
        self.media_direction = direction.or(self.media_direction);
        match name {
            "rtpmap" if media.maps.len() < FORMATS_MAX => media.maps.extend(map(value)),
            "rtcp-mux" => media.rtcp_mux = true,
            "rtcp" => {
                let mut words = value.splitn(2, ' ');
                media.rtcp_port = words.next().and_then(|port| port.trim().parse().ok());
                media.rtcp_address = words.next().and_then(address);
            }
            _ => {}
        }
    }
}

/// "IN IP4 192.0.2.1", perhaps with a time to live behind a slash.
fn address(value: &str) -> Option<IpAddr> {
    let mut words = value.split_ascii_whitespace();
    let (net, _, host) = (words.next()?, words.next()?, words.next()?);
    net.eq_ignore_ascii_case("IN").then(|| host.split('/').next()?.parse().ok()).flatten()
}

/// "111 opus/48000/2".
fn map(value: &str) -> Option<Map> {
    let (number, rest) = value.trim().split_once(' ')?;
    let mut parts = rest.trim().split('/');
    let encoding = parts.next()?.trim().to_ascii_lowercase();
    let clock = parts.next()?.trim().parse().ok()?;
    let number = number.parse().ok().filter(|number: &u8| *number < 128)?;
    Some(Map { number, encoding, clock })
}
