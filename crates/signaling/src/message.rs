//! A SIP message as text: a start line, headers in order, an opaque body (RFC 3261 §7).
//!
//! One grammar reads every message, so that what the guard has judged is what the dialogs see.

mod address;
mod headers;
mod read;
mod via;

use std::fmt::{self, Write as _};

use bytes::Bytes;

pub(crate) use address::{NameAddr, Params, Scheme, Uri, escape_user, split_list};
pub(crate) use headers::{Headers, name};
pub(crate) use read::{HEAD_BYTES_MAX, MESSAGE_BYTES_MAX, Read, content_length, read};
pub(crate) use via::Via;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Method {
    Invite,
    Ack,
    Bye,
    Cancel,
    Options,
    Register,
    Info,
    Refer,
    Update,
    Notify,
    Other(String),
}

/// What we take part in, for Allow headers.
pub(crate) const ALLOW: &str = "INVITE, ACK, BYE, CANCEL, OPTIONS, REGISTER, INFO, REFER, UPDATE, NOTIFY";
/// The extensions we know, for Supported headers.
pub(crate) const SUPPORTED: &str = "timer, replaces, norefersub";

impl Method {
    /// Method names are case-sensitive (RFC 3261 §7.1).
    pub(crate) fn parse(text: &str) -> Self {
        match text {
            "INVITE" => Self::Invite,
            "ACK" => Self::Ack,
            "BYE" => Self::Bye,
            "CANCEL" => Self::Cancel,
            "OPTIONS" => Self::Options,
            "REGISTER" => Self::Register,
            "INFO" => Self::Info,
            "REFER" => Self::Refer,
            "UPDATE" => Self::Update,
            "NOTIFY" => Self::Notify,
            other => Self::Other(other.to_owned()),
        }
    }
    pub(crate) fn as_str(&self) -> &str {
        match self {
            Self::Invite => "INVITE",
            Self::Ack => "ACK",
            Self::Bye => "BYE",
            Self::Cancel => "CANCEL",
            Self::Options => "OPTIONS",
            Self::Register => "REGISTER",
            Self::Info => "INFO",
            Self::Refer => "REFER",
            Self::Update => "UPDATE",
            Self::Notify => "NOTIFY",
            Self::Other(name) => name,
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: Method,
    pub(crate) uri: String,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

#[derive(Clone, Debug)]
pub(crate) struct Response {
    pub(crate) status: u16,
    pub(crate) headers: Headers,
    pub(crate) body: Vec<u8>,
}

impl Request {
    pub(crate) fn new(method: Method, uri: impl Into<String>) -> Self {
        Self { method, uri: uri.into(), headers: Headers::default(), body: Vec::new() }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push(name, value);
        self
    }

    pub(crate) fn with_body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.headers.push(name::CONTENT_TYPE, content_type);
        self.body = body.into();
        self
    }

    pub(crate) fn write(&self) -> Bytes {
        let start = format!("{} {} SIP/2.0\r\n", self.method, self.uri);
        write(start, &self.headers, &self.body)
    }
}

/// Start line, headers, Content-Length, body.
pub(crate) fn write(start: String, headers: &Headers, body: &[u8]) -> Bytes {
    let mut text = start;
    text.reserve(512 + body.len());
    for (name, value) in headers.iter() {
        text.push_str(name);
        text.push_str(": ");
        text.push_str(value);
        text.push_str("\r\n");
    }
    // Writing into a String cannot fail.
    let _ = write!(text, "Content-Length: {}\r\n\r\n", body.len());
    let mut whole = text.into_bytes();
    whole.extend_from_slice(body);
    Bytes::from(whole)
}

/// The standard reason phrase of a status.
pub(crate) const fn phrase(status: u16) -> &'static str {
    match status {
        100 => "Trying",
        180 => "Ringing",
        183 => "Session Progress",
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        416 => "Unsupported URI Scheme",
        420 => "Bad Extension",
        422 => "Session Interval Too Small",
        423 => "Interval Too Brief",
        480 => "Temporarily Unavailable",
        481 => "Call/Transaction Does Not Exist",
        482 => "Loop Detected",
        486 => "Busy Here",
        487 => "Request Terminated",
        488 => "Not Acceptable Here",
        489 => "Bad Event",
        491 => "Request Pending",
        500 => "Server Internal Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        505 => "Version Not Supported",
        513 => "Message Too Large",
        603 => "Decline",
        _ => "Answer",
    }
}
