//! Headers in the order they came, by canonical name.

use std::borrow::Cow;

/// The names we speak of, in their canonical form.
pub(crate) mod name {
    pub(crate) const ACCEPT: &str = "Accept";
    pub(crate) const ALERT_INFO: &str = "Alert-Info";
    pub(crate) const ALLOW: &str = "Allow";
    pub(crate) const AUTHORIZATION: &str = "Authorization";
    pub(crate) const CALL_ID: &str = "Call-ID";
    pub(crate) const CALL_INFO: &str = "Call-Info";
    pub(crate) const CONTACT: &str = "Contact";
    pub(crate) const CONTENT_ENCODING: &str = "Content-Encoding";
    pub(crate) const CONTENT_LENGTH: &str = "Content-Length";
    pub(crate) const CONTENT_TYPE: &str = "Content-Type";
    pub(crate) const CSEQ: &str = "CSeq";
    pub(crate) const DATE: &str = "Date";
    pub(crate) const EVENT: &str = "Event";
    pub(crate) const EXPIRES: &str = "Expires";
    pub(crate) const FROM: &str = "From";
    pub(crate) const MAX_FORWARDS: &str = "Max-Forwards";
    pub(crate) const MIN_EXPIRES: &str = "Min-Expires";
    pub(crate) const MIN_SE: &str = "Min-SE";
    pub(crate) const P_ASSERTED_IDENTITY: &str = "P-Asserted-Identity";
    pub(crate) const PRIVACY: &str = "Privacy";
    pub(crate) const PROXY_AUTHENTICATE: &str = "Proxy-Authenticate";
    pub(crate) const PROXY_AUTHORIZATION: &str = "Proxy-Authorization";
    pub(crate) const REASON: &str = "Reason";
    pub(crate) const RECORD_ROUTE: &str = "Record-Route";
    pub(crate) const REFER_SUB: &str = "Refer-Sub";
    pub(crate) const REFER_TO: &str = "Refer-To";
    pub(crate) const REPLACES: &str = "Replaces";
    pub(crate) const REQUIRE: &str = "Require";
    pub(crate) const RETRY_AFTER: &str = "Retry-After";
    pub(crate) const ROUTE: &str = "Route";
    pub(crate) const SERVER: &str = "Server";
    pub(crate) const SESSION_EXPIRES: &str = "Session-Expires";
    pub(crate) const SUBSCRIPTION_STATE: &str = "Subscription-State";
    pub(crate) const SUPPORTED: &str = "Supported";
    pub(crate) const TO: &str = "To";
    pub(crate) const UNSUPPORTED: &str = "Unsupported";
    pub(crate) const USER_AGENT: &str = "User-Agent";
    pub(crate) const VIA: &str = "Via";
    pub(crate) const WWW_AUTHENTICATE: &str = "WWW-Authenticate";

    pub(super) const ALL: &[&str] = &[
        VIA,
        FROM,
        TO,
        CALL_ID,
        CSEQ,
        CONTACT,
        MAX_FORWARDS,
        CONTENT_LENGTH,
        CONTENT_TYPE,
        ALLOW,
        SUPPORTED,
        USER_AGENT,
        EXPIRES,
        RECORD_ROUTE,
        ROUTE,
        AUTHORIZATION,
        SESSION_EXPIRES,
        MIN_SE,
        ACCEPT,
        ALERT_INFO,
        CALL_INFO,
        CONTENT_ENCODING,
        DATE,
        EVENT,
        MIN_EXPIRES,
        P_ASSERTED_IDENTITY,
        PRIVACY,
        PROXY_AUTHENTICATE,
        PROXY_AUTHORIZATION,
        REASON,
        REFER_SUB,
        REFER_TO,
        REPLACES,
        REQUIRE,
        RETRY_AFTER,
        SERVER,
        SUBSCRIPTION_STATE,
        UNSUPPORTED,
        WWW_AUTHENTICATE,
    ];
}

/// The one-letter forms (RFC 3261 §7.3.3, RFC 4028, RFC 3515, RFC 6665).
fn expand(letter: u8) -> Option<&'static str> {
    Some(match letter.to_ascii_lowercase() {
        b'v' => name::VIA,
        b'f' => name::FROM,
        b't' => name::TO,
        b'i' => name::CALL_ID,
        b'm' => name::CONTACT,
        b'l' => name::CONTENT_LENGTH,
        b'c' => name::CONTENT_TYPE,
        b'e' => name::CONTENT_ENCODING,
        b'k' => name::SUPPORTED,
        b'x' => name::SESSION_EXPIRES,
        b'r' => name::REFER_TO,
        b'o' => name::EVENT,
        _ => return None,
    })
}

pub(crate) fn canonical(text: &str) -> Cow<'static, str> {
    if let [letter] = text.as_bytes()
        && let Some(name) = expand(*letter)
    {
        return Cow::Borrowed(name);
    }
    match name::ALL.iter().find(|name| name.eq_ignore_ascii_case(text)) {
        Some(name) => Cow::Borrowed(*name),
        None => Cow::Owned(text.to_owned()),
    }
}

/// What only the edge itself may say.
const OWN: [&str; 11] = [
    name::VIA,
    name::FROM,
    name::TO,
    name::CALL_ID,
    name::CSEQ,
    name::MAX_FORWARDS,
    name::CONTENT_LENGTH,
    name::CONTENT_TYPE,
    name::ROUTE,
    name::RECORD_ROUTE,
    name::AUTHORIZATION,
];

#[derive(Clone, Debug, Default)]
pub(crate) struct Headers(Vec<(Cow<'static, str>, String)>);

impl Headers {
    pub(crate) fn push(&mut self, name: &'static str, value: impl Into<String>) {
        self.0.push((Cow::Borrowed(name), value.into()));
    }

    /// A header by any name but those that make a message what it is.
    /// Line ends in it become spaces, so that no value can forge a header.
    pub(crate) fn push_foreign(&mut self, name: &str, value: &str) {
        let is_token = !name.is_empty() && name.bytes().all(is_token_byte);
        let name = canonical(name);
        if is_token && !OWN.contains(&name.as_ref()) {
            self.0.push((name, value.replace(['\r', '\n'], " ")));
        }
    }

    pub(crate) fn push_first(&mut self, name: &'static str, value: String) {
        self.0.insert(0, (Cow::Borrowed(name), value));
    }

    /// All of `other`, as it is.
    pub(crate) fn append(&mut self, other: &Headers) {
        self.0.extend(other.0.iter().cloned());
    }

    pub(super) fn push_raw(&mut self, name: Cow<'static, str>, value: String) {
        self.0.push((name, value));
    }

    pub(super) fn continue_last(&mut self, text: &str) {
        if let Some((_, value)) = self.0.last_mut() {
            value.push(' ');
            value.push_str(text);
        }
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.0.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    /// Every element of a comma-separated list header, over all its lines.
    pub(crate) fn list<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + 'a {
        self.all(name).flat_map(super::split_list)
    }

    pub(crate) fn count(&self, name: &str) -> usize {
        self.all(name).count()
    }

    /// Whether a comma-separated list of tokens holds `token`, in any case.
    pub(crate) fn has_token(&self, name: &str, token: &str) -> bool {
        self.list(name).any(|own| own.eq_ignore_ascii_case(token))
    }

    pub(crate) fn remove_first(&mut self, name: &str) {
        if let Some(at) = self.0.iter().position(|(own, _)| own == name) {
            self.0.remove(at);
        }
    }

    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        match self.0.iter_mut().find(|(own, _)| own == name) {
            Some((_, own)) => *own = value.into(),
            None => self.push(name, value),
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_ref(), value.as_str()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// The characters of a token (RFC 3261 §25.1).
pub(crate) const fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'-' | b'.' | b'!' | b'%' | b'*' | b'_' | b'+' | b'`' | b'\'' | b'~')
}
