//! Finds messages in a stream (RFC 3261 §18.3, RFC 5626 §3.5.1).

use crate::message::{HEAD_BYTES_MAX, MESSAGE_BYTES_MAX, content_length};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Frame {
    /// Not whole yet.
    More,
    /// Two blank lines: the peer wants one back.
    Ping,
    /// Blank lines to skip.
    Blank(usize),
    /// A message of this many bytes.
    Message(usize),
    /// Nobody knows where the next message starts: these many bytes are all that can be answered.
    Broken(usize),
}

pub(super) fn next(data: &[u8]) -> Frame {
    if data.starts_with(b"\r\n\r\n") {
        return Frame::Ping;
    }
    match data {
        [] | [b'\r'] | [b'\r', b'\n'] | [b'\r', b'\n', b'\r'] => return Frame::More,
        [b'\r', b'\n', ..] => return Frame::Blank(2),
        [b'\r' | b'\n', ..] => return Frame::Blank(1),
        _ => {}
    }
    let Some(head) = data.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4) else {
        return if data.len() > HEAD_BYTES_MAX { Frame::Broken(data.len()) } else { Frame::More };
    };
    match content_length(&data[..head]) {
        // A stream's message must say how long it is; none is taken as no body.
        None => Frame::Message(head),
        Some(Err(())) => Frame::Broken(head),
        Some(Ok(body)) if body > MESSAGE_BYTES_MAX => Frame::Broken(data.len()),
        Some(Ok(body)) if data.len() < head + body => Frame::More,
        Some(Ok(body)) => Frame::Message(head + body),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_pings_and_noise_are_told_apart() {
        let message = b"OPTIONS sip:a SIP/2.0\r\nContent-Length: 3\r\n\r\nabc";
        assert_eq!(next(b"\r\n\r\nOPTIONS"), Frame::Ping);
        assert_eq!(next(b"\r\n"), Frame::More);
        assert_eq!(next(b"\r\nOPTIONS"), Frame::Blank(2));
        assert_eq!(next(&message[..message.len() - 1]), Frame::More);
        assert_eq!(next(message), Frame::Message(message.len()));
        assert_eq!(next(b"OPTIONS sip:a SIP/2.0\r\nl: -3\r\n\r\nabc"), Frame::Broken(32));
        assert_eq!(next(&[b'x'; HEAD_BYTES_MAX + 1]), Frame::Broken(HEAD_BYTES_MAX + 1));
    }
}
