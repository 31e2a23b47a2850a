//! The edge guard: reads a message, and says which answer a broken request deserves (RFC 3261 §8.2, RFC 4475).

use super::{
    Headers, Method, NameAddr, Request, Response, Uri, Via,
    address::BadUri,
    headers::{canonical, is_token_byte, name},
};

/// Start line and headers together.
pub(crate) const HEAD_BYTES_MAX: usize = 32 * 1024;
/// A whole message; a larger one is answered 513.
pub(crate) const MESSAGE_BYTES_MAX: usize = 60 * 1024;
const HEADERS_MAX: usize = 256;

/// A broken request, with what is needed to answer it.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
}

#[derive(Debug)]
pub(crate) enum Read {
    Request(Request),
    Response(Response),
    /// A request that gets this answer and no more.
    Malformed(Malformed),
    /// Nothing that could be answered.
    Noise,
}

/// Reads one datagram, or one framed message of a stream.
/// A datagram without Content-Length keeps all of its body (RFC 3261 §18.3).
pub(crate) fn read(data: &[u8]) -> Read {
    // Blank lines before the start line are forgiven (RFC 3261 §7.5).
    let blank = data.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
    let data = &data[blank..];
    let (head, body) = split_head(data);
    if head.is_empty() {
        return Read::Noise;
    }
    let text = String::from_utf8_lossy(&head[..head.len().min(HEAD_BYTES_MAX)]);
    let mut lines = text.split('\n').map(|line| line.strip_suffix('\r').unwrap_or(line));
    let start = lines.next().unwrap_or("");
    let (headers, sound) = read_headers(lines);
    if let Some(rest) = start.strip_prefix("SIP/2.0 ") {
        return read_response(rest, headers, body);
    }
    let too_large = data.len() > MESSAGE_BYTES_MAX || head.len() > HEAD_BYTES_MAX;
    read_request(start, headers, body, sound, too_large)
}

fn split_head(data: &[u8]) -> (&[u8], &[u8]) {
    let mut at = 0;
    while let Some(end) = data[at..].iter().position(|b| *b == b'\n').map(|end| at + end + 1) {
        match &data[end..] {
            [b'\n', body @ ..] | [b'\r', b'\n', body @ ..] => return (&data[..end], body),
            _ => at = end,
        }
    }
    (data, &[])
}

fn read_headers<'a>(lines: impl Iterator<Item = &'a str>) -> (Headers, bool) {
    let mut headers = Headers::default();
    let mut sound = true;
    for line in lines {
        if line.starts_with([' ', '\t']) {
            headers.continue_last(line.trim());
            continue;
        }
        if line.is_empty() {
            continue;
        }
        if headers.len() >= HEADERS_MAX {
            return (headers, false);
        }
        match line.split_once(':') {
            Some((name, value)) if !name.is_empty() && name.trim_end().bytes().all(is_token_byte) => {
                headers.push_raw(canonical(name.trim_end()), value.trim().replace('\0', ""));
            }
            _ => sound = false,
        }
    }
    (headers, sound)
}

fn read_response(rest: &str, headers: Headers, body: &[u8]) -> Read {
    let status = rest.get(..3).and_then(|code| code.parse::<u16>().ok());
    let Some(status) = status.filter(|status| (100..700).contains(status)) else { return Read::Noise };
    match take_body(&headers, body) {
        Some(body) if headers.get(name::VIA).is_some() && headers.get(name::CSEQ).is_some() => {
            Read::Response(Response { status, headers, body: body.to_vec() })
        }
        _ => Read::Noise,
    }
}

fn take_body<'a>(headers: &Headers, body: &'a [u8]) -> Option<&'a [u8]> {
    match headers.get(name::CONTENT_LENGTH) {
        None => Some(body),
        Some(length) => body.get(..length.parse::<usize>().ok()?),
    }
}

fn read_request(start: &str, headers: Headers, body: &[u8], sound: bool, too_large: bool) -> Read {
    let words: Vec<&str> = start.split(' ').collect();
    let answerable = headers.get(name::VIA).is_some_and(|via| via_list(via).is_some());
    let is_ack = start.starts_with("ACK ");
    let last = words.last().copied().unwrap_or("");
    let is_sip = last.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("SIP/"));
    // An ACK is never answered, and without a Via nobody knows where to.
    if !answerable || !is_sip && words.len() < 2 {
        return Read::Noise;
    }
    let verdict = judge(&words, last, is_sip, &headers, body, sound, too_large);
    match verdict {
        Ok((method, uri, body)) => Read::Request(Request { method, uri, headers, body }),
        Err(_) if is_ack => Read::Noise,
        Err(status) => Read::Malformed(Malformed { status, headers }),
    }
}

fn via_list(value: &str) -> Option<Via> {
    super::split_list(value).next().and_then(Via::parse)
}

fn judge(
    words: &[&str],
    version: &str,
    is_sip: bool,
    headers: &Headers,
    body: &[u8],
    sound: bool,
    too_large: bool,
) -> Result<(Method, String, Vec<u8>), u16> {
    if is_sip && !version.eq_ignore_ascii_case("SIP/2.0") {
        return Err(505);
    }
    let [method, uri, _] = words else { return Err(400) };
    if !is_sip || method.is_empty() || !method.bytes().all(is_token_byte) {
        return Err(400);
    }
    if too_large {
        return Err(513);
    }
    if !sound {
        return Err(400);
    }
    let method = Method::parse(method);
    check_headers(&method, headers)?;
    match Uri::parse(uri) {
        Ok(_) => {}
        Err(BadUri::Scheme) => return Err(416),
        Err(BadUri::Form) => return Err(400),
    }
    let body = take_body(headers, body).ok_or(400_u16)?;
    Ok((method, (*uri).to_owned(), body.to_vec()))
}

/// What every request must say, once, and rightly (RFC 3261 §8.1.1).
fn check_headers(method: &Method, headers: &Headers) -> Result<(), u16> {
    for once in [name::FROM, name::TO, name::CALL_ID, name::CSEQ] {
        if headers.count(once) != 1 {
            return Err(400);
        }
    }
    for at_most_once in [name::MAX_FORWARDS, name::CONTENT_LENGTH, name::CONTENT_TYPE] {
        if headers.count(at_most_once) > 1 {
            return Err(400);
        }
    }
    if headers.get(name::CALL_ID).is_none_or(str::is_empty) {
        return Err(400);
    }
    cseq(headers).filter(|(_, named)| *named == method.as_str()).ok_or(400_u16)?;
    if headers.get(name::MAX_FORWARDS).is_some_and(|hops| hops.parse::<u8>().is_err()) {
        return Err(400);
    }
    for address in [name::FROM, name::TO] {
        if let Some(value) = headers.get(address) {
            // A foreign scheme in From or To is none of our business, but a broken form is.
            if NameAddr::parse(value) == Err(BadUri::Form) {
                return Err(400);
            }
        }
    }
    if headers.list(name::VIA).any(|via| Via::parse(via).is_none() && via.contains("SIP")) {
        return Err(400);
    }
    Ok(())
}

/// The CSeq number (below 2³¹) and the method it names.
pub(super) fn cseq(headers: &Headers) -> Option<(u32, &str)> {
    let (number, method) = headers.get(name::CSEQ)?.split_once([' ', '\t'])?;
    let number = number.parse::<u32>().ok().filter(|number| *number < 1 << 31)?;
    Some((number, method.trim()))
}

/// The body's length a message on a stream announces; none where it is missing or broken.
pub(crate) fn content_length(head: &[u8]) -> Option<Result<usize, ()>> {
    let text = String::from_utf8_lossy(head);
    for line in text.split('\n').skip(1) {
        if let Some((name, value)) = line.split_once(':') {
            let name = name.trim();
            if name.eq_ignore_ascii_case(self::name::CONTENT_LENGTH) || name.eq_ignore_ascii_case("l") {
                return Some(value.trim().parse().map_err(|_| ()));
            }
        }
    }
    None
}

impl Headers {
    /// The CSeq number, and the method it names.
    pub(crate) fn cseq(&self) -> Option<(u32, &str)> {
        cseq(self)
    }
    pub(crate) fn name_addr(&self, name: &str) -> Option<NameAddr> {
        self.get(name).and_then(|value| NameAddr::parse(value).ok())
    }
    pub(crate) fn tag_of(&self, name: &str) -> Option<String> {
        // The tag matters even where the address is of a scheme we do not know.
        match self.name_addr(name) {
            Some(address) => address.tag().map(str::to_owned),
            None => {
                let params = self.get(name)?.rsplit_once('>').map_or("", |(_, params)| params);
                super::Params::parse(params).get("tag").map(str::to_owned)
            }
        }
    }
    pub(crate) fn via(&self) -> Option<Via> {
        self.get(name::VIA).and_then(via_list)
    }
    pub(crate) fn seconds(&self, name: &str) -> Option<u32> {
        let value = self.get(name)?;
        value.split(';').next().unwrap_or(value).trim().parse().ok()
    }
}
