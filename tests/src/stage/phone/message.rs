//! SIP messages as text (RFC 3261, sections 7 and 20): read tolerantly, written strictly.

use std::fmt::Write as _;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Start {
    Request { method: String, uri: String },
    Response { status: u16, reason: String },
}

/// One SIP message. Header names are kept in their long form, values as they stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    pub start: Start,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

/// Headers that may stand several in one line, divided by commas.
const LISTS: [&str; 5] = ["Via", "Route", "Record-Route", "Contact", "Supported"];

impl Message {
    pub fn request(method: &str, uri: &str) -> Message {
        Message {
            start: Start::Request { method: method.into(), uri: uri.into() },
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// An answer to `request`, with the headers that section 8.2.6 copies.
    pub fn answer(request: &Message, status: u16, reason: &str) -> Message {
        let copied = ["Via", "From", "To", "Call-ID", "CSeq"];
        let headers = request.headers.iter().filter(|(name, _)| copied.contains(&name.as_str()));
        Message {
            start: Start::Response { status, reason: reason.into() },
            headers: headers.cloned().collect(),
            body: String::new(),
        }
    }

    pub fn read(octets: &[u8]) -> Option<Message> {
        let text = String::from_utf8_lossy(octets);
        let (head, rest) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let mut lines = head.split("\r\n");
        let first = lines.next()?;
        let start = match first.strip_prefix("SIP/2.0 ") {
            Some(status) => {
                let (status, reason) = status.split_once(' ').unwrap_or((status, ""));
                Start::Response { status: status.parse().ok()?, reason: reason.into() }
            }
            None => {
                let mut words = first.split(' ');
                let (method, uri, version) = (words.next()?, words.next()?, words.next()?);
                if version != "SIP/2.0" {
                    return None;
                }
                Start::Request { method: method.into(), uri: uri.into() }
            }
        };
        let mut headers: Vec<(String, String)> = Vec::new();
        for line in lines {
            if line.starts_with([' ', '\t']) {
                let (_, value) = headers.last_mut()?;
                value.push(' ');
                value.push_str(line.trim());
                continue;
            }
            let (name, value) = line.split_once(':')?;
            let name = long_name(name.trim());
            if LISTS.contains(&name.as_str()) {
                headers.extend(split_list(value).map(|part| (name.clone(), part.to_owned())));
            } else {
                headers.push((name, value.trim().to_owned()));
            }
        }
        let mut message = Message { start, headers, body: rest.to_owned() };
        if let Some(length) = message.header("Content-Length").and_then(|v| v.parse::<usize>().ok())
            && length < rest.len()
            && rest.is_char_boundary(length)
        {
            message.body.truncate(length);
        }
        Some(message)
    }

    pub fn write(&self) -> Vec<u8> {
        let mut text = match &self.start {
            Start::Request { method, uri } => format!("{method} {uri} SIP/2.0\r\n"),
            Start::Response { status, reason } => format!("SIP/2.0 {status} {reason}\r\n"),
        };
        for (name, value) in self.headers.iter().filter(|(name, _)| name != "Content-Length") {
            // Writing into a String cannot fail.
            let _ = write!(text, "{name}: {value}\r\n");
        }
        let _ = write!(text, "Content-Length: {}\r\n\r\n{}", self.body.len(), self.body);
        text.into_bytes()
    }

    pub fn method(&self) -> &str {
        match &self.start {
            Start::Request { method, .. } => method,
            Start::Response { .. } => "",
        }
    }
    pub fn uri(&self) -> &str {
        match &self.start {
            Start::Request { uri, .. } => uri,
            Start::Response { .. } => "",
        }
    }
    pub fn status(&self) -> u16 {
        match self.start {
            Start::Request { .. } => 0,
            Start::Response { status, .. } => status,
        }
    }
    pub fn reason(&self) -> &str {
        match &self.start {
            Start::Request { .. } => "",
            Start::Response { reason, .. } => reason,
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.headers
            .iter()
            .filter(move |(known, _)| known.eq_ignore_ascii_case(name))
            .map(|(_, v)| v.as_str())
    }
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Message {
        self.headers.push((name.into(), value.into()));
        self
    }
    /// Puts `value` in place of every header of this name.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        let at = self.headers.iter().position(|(known, _)| known.eq_ignore_ascii_case(name));
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self.headers.insert(at.unwrap_or(self.headers.len()), (name.into(), value.into()));
    }
    pub fn with_sdp(mut self, sdp: impl Into<String>) -> Message {
        self.set("Content-Type", "application/sdp");
        self.body = sdp.into();
        self
    }
    /// The session description, if the body is one.
    pub fn sdp(&self) -> Option<&str> {
        let kind = self.header("Content-Type").unwrap_or("application/sdp");
        let is_sdp = kind.to_ascii_lowercase().starts_with("application/sdp");
        (is_sdp && !self.body.trim().is_empty()).then_some(self.body.as_str())
    }
    pub fn call_id(&self) -> &str {
        self.header("Call-ID").unwrap_or("")
    }
    pub fn cseq(&self) -> (u32, &str) {
        let (number, method) = self.header("CSeq").unwrap_or("").trim().split_once(' ').unwrap_or(("", ""));
        (number.parse().unwrap_or(0), method.trim())
    }
    pub fn from_tag(&self) -> &str {
        parameter(self.header("From").unwrap_or(""), "tag").unwrap_or("")
    }
    pub fn to_tag(&self) -> &str {
        parameter(self.header("To").unwrap_or(""), "tag").unwrap_or("")
    }
    pub fn branch(&self) -> &str {
        parameter(self.header("Via").unwrap_or(""), "branch").unwrap_or("")
    }
}

fn long_name(name: &str) -> String {
    let long = match name.to_ascii_lowercase().as_str() {
        "v" | "via" => "Via",
        "f" | "from" => "From",
        "t" | "to" => "To",
        "i" | "call-id" => "Call-ID",
        "m" | "contact" => "Contact",
        "l" | "content-length" => "Content-Length",
        "c" | "content-type" => "Content-Type",
        "k" | "supported" => "Supported",
        "r" | "refer-to" => "Refer-To",
        "b" | "referred-by" => "Referred-By",
        "o" | "event" => "Event",
        "x" | "session-expires" => "Session-Expires",
        "cseq" => "CSeq",
        "route" => "Route",
        "record-route" => "Record-Route",
        _ => name,
    };
    long.to_owned()
}

/// Divides at commas outside quotes and angle brackets.
fn split_list(value: &str) -> impl Iterator<Item = &str> {
    let (mut quoted, mut bracketed) = (false, false);
    value
        .split(move |c| {
            match c {
                '"' => quoted = !quoted,
                '<' if !quoted => bracketed = true,
                '>' if !quoted => bracketed = false,
                _ => {}
            }
            c == ',' && !quoted && !bracketed
        })
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// The URI inside a header such as From or Contact.
pub fn uri_of(value: &str) -> &str {
    match (value.find('<'), value.find('>')) {
        (Some(open), Some(close)) if open < close => &value[open + 1..close],
        _ => value.split(';').next().unwrap_or(value).trim(),
    }
}

/// A parameter of a header such as From or Via, outside its URI.
pub fn parameter<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    let outside = value.find('>').map_or(value, |close| &value[close + 1..]);
    outside.split(';').skip(1).find_map(|part| {
        let (known, text) = part.split_once('=').unwrap_or((part, ""));
        known.trim().eq_ignore_ascii_case(name).then(|| text.trim().trim_matches('"'))
    })
}

/// The user part of a SIP URI, percent-decoded where a phone would write it so (`%2B` for a plus).
pub fn user_of(uri: &str) -> String {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let user = rest.split_once('@').map_or("", |(user, _)| user);
    user.split(';').next().unwrap_or("").replace("%2B", "+").replace("%2b", "+").replace("%23", "#")
}

/// Host and port of a SIP URI as text.
pub fn host_of(uri: &str) -> &str {
    let rest = uri.split_once(':').map_or(uri, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
    rest.split([';', '?', '>']).next().unwrap_or(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INVITE: &str = "INVITE sip:%2B15550100@127.0.0.1:5060;transport=udp SIP/2.0\r\n\
        v: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bK1;rport, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bK0\r\n\
        f: \"Doe, Jane\" <sip:jane@example.org;tag=inner>;tag=abc\r\nTo: <sip:+15550100@example.org>\r\n\
        i: x1\r\nCSeq: 7 INVITE\r\nSubject: one\r\n two\r\nl: 3\r\n\r\nv=0\r\n";

    #[test]
    fn short_names_folded_lines_and_lists_are_read() {
        let message = Message::read(INVITE.as_bytes()).unwrap();
        assert_eq!(message.method(), "INVITE");
        assert_eq!(message.all("via").count(), 2);
        assert_eq!(message.branch(), "z9hG4bK1");
        assert_eq!(message.from_tag(), "abc");
        assert_eq!(message.to_tag(), "");
        assert_eq!(message.cseq(), (7, "INVITE"));
        assert_eq!(message.header("Subject"), Some("one two"));
        assert_eq!(message.body, "v=0");
        assert_eq!(user_of(message.uri()), "+15550100");
        assert_eq!(host_of(message.uri()), "127.0.0.1:5060");
    }

    #[test]
    fn a_written_message_reads_back_the_same() {
        let request = Message::request("BYE", "sip:a@b").with("Call-ID", "1").with("CSeq", "1 BYE");
        let again = Message::read(&request.write()).unwrap();
        assert_eq!(again.uri(), "sip:a@b");
        assert_eq!(again.header("Content-Length"), Some("0"));
        let answer = Message::answer(&again, 200, "OK");
        assert_eq!(Message::read(&answer.write()).unwrap().status(), 200);
    }

    #[test]
    fn what_is_no_message_is_not_read() {
        assert_eq!(Message::read(b""), None);
        assert_eq!(Message::read(b"\r\n\r\n"), None);
        assert_eq!(Message::read(b"INVITE sip:a@b SIP/3.0\r\n\r\n"), None);
        assert_eq!(Message::read(b"SIP/2.0 abc\r\n\r\n"), None);
    }
}
