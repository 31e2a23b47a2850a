//! Addresses: SIP and tel URIs, and the name-addr form of From, To, Contact and Route (RFC 3261 §§19, 20, 25).

use std::fmt;

/// `;name` or `;name=value`, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Params(Vec<(String, Option<String>)>);

impl Params {
    /// Reads `;a;b=c;d="e;f"`; a leading semicolon is optional.
    pub(crate) fn parse(text: &str) -> Self {
        Self::parse_with(text, ';')
    }

    /// The same with another separator: digest fields stand between commas.
    pub(crate) fn parse_with(text: &str, separator: char) -> Self {
        let mut params = Vec::new();
        for part in split_outside_quotes(text, separator) {
            let part = part.trim();
            if part.is_empty() {
                continue;
            }
            match part.split_once('=') {
                Some((name, value)) => params.push((name.trim().to_owned(), Some(unquote(value.trim())))),
                None => params.push((part.to_owned(), None)),
            }
        }
        Self(params)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).and_then(|(_, value)| value.as_deref())
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(own, _)| own.eq_ignore_ascii_case(name))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_deref()))
    }
}

/// The text between quotes, its escapes undone; other text as it is.
pub(crate) fn unquote(text: &str) -> String {
    let Some(inner) = text.strip_prefix('"').map(|rest| rest.strip_suffix('"').unwrap_or(rest)) else {
        return text.to_owned();
    };
    let mut plain = String::with_capacity(inner.len());
    let mut escaped = false;
    for c in inner.chars() {
        if c == '\\' && !escaped {
            escaped = true;
        } else {
            plain.push(c);
            escaped = false;
        }
    }
    plain
}

/// Splits at `separator`, but not inside quotes or angle brackets.
pub(crate) fn split_outside_quotes(text: &str, separator: char) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let whole = rest?;
        let (mut quoted, mut escaped, mut angle) = (false, false, false);
        for (at, c) in whole.char_indices() {
            match c {
                _ if escaped => escaped = false,
                '\\' if quoted => escaped = true,
                '"' => quoted = !quoted,
                '<' if !quoted => angle = true,
                '>' if !quoted => angle = false,
                _ if c == separator && !quoted && !angle => {
                    rest = Some(&whole[at + c.len_utf8()..]);
                    return Some(&whole[..at]);
                }
                _ => {}
            }
        }
        rest = None;
        Some(whole)
    })
}

/// The elements of a comma-separated list, trimmed, without empty ones.
pub(crate) fn split_list(text: &str) -> impl Iterator<Item = &str> {
    split_outside_quotes(text, ',').map(str::trim).filter(|part| !part.is_empty())
}

/// Undoes `%41`; a broken escape stays as it is.
pub(crate) fn unescape(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let pair = bytes.get(at + 1..at + 3).and_then(|pair| std::str::from_utf8(pair).ok());
        let value = pair
            .filter(|pair| *byte == b'%' && pair.bytes().all(|b| b.is_ascii_hexdigit()))
            .and_then(|pair| u8::from_str_radix(pair, 16).ok());
        match value {
            Some(value) => {
                plain.push(value);
                at += 3;
            }
            None => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

/// Writes a user part so that it cannot break out of its URI.
pub(crate) fn escape_user(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.!~*'()&=+$,".contains(&byte) {
            escaped.push(char::from(byte));
        } else {
            escaped.push('%');
            escaped.push_str(&crate::config::hex(&[byte]).to_uppercase());
        }
    }
    escaped
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Sip,
    Sips,
    Tel,
}

/// A parsed address; the text it came from is kept, since it must go back unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Uri {
    pub(crate) text: String,
    pub(crate) scheme: Scheme,
    /// Unescaped, without password or parameters.
    pub(crate) user: Option<String>,
    /// Without brackets; empty for tel.
    pub(crate) host: String,
    pub(crate) port: Option<u16>,
    pub(crate) params: Params,
    /// What stands behind `?`, unescaped.
    pub(crate) headers: Vec<(String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BadUri {
    Scheme,
    Form,
}

impl Uri {
    pub(crate) fn parse(text: &str) -> Result<Self, BadUri> {
        if text.bytes().any(|b| b <= b' ' || b == b'<' || b == b'>' || b == b'"' || b == 0x7f) {
            return Err(BadUri::Form);
        }
        let (scheme, rest) = text.split_once(':').ok_or(BadUri::Form)?;
        let scheme = match scheme.to_ascii_lowercase().as_str() {
            "sip" => Scheme::Sip,
            "sips" => Scheme::Sips,
            "tel" => return Ok(Self::tel(text, rest)),
            other
                if !other.is_empty()
                    && other.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b)) =>
            {
                return Err(BadUri::Scheme);
            }
            _ => return Err(BadUri::Form),
        };
        // The user part may hold ; ? and :, so the @ is looked for first.
        let (user, rest) = match rest.split_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, rest),
        };
        let (rest, headers) = rest.split_once('?').unwrap_or((rest, ""));
        let (host_port, params) = rest.split_once(';').unwrap_or((rest, ""));
        let (host, port) = split_host_port(host_port).ok_or(BadUri::Form)?;
        let user = match user {
            Some("") => return Err(BadUri::Form),
            Some(user) => {
                let end = user.find([':', ';']).unwrap_or(user.len());
                Some(unescape(&user[..end]))
            }
            None => None,
        };
        let headers = headers
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .map(|(name, value)| (unescape(name), unescape(value)))
            .collect();
        Ok(Self {
            text: text.to_owned(),
            scheme,
            user,
            host: host.to_owned(),
            port,
            params: Params::parse(params),
            headers,
        })
    }

    fn tel(text: &str, rest: &str) -> Self {
        let (number, params) = rest.split_once(';').unwrap_or((rest, ""));
        Self {
            text: text.to_owned(),
            scheme: Scheme::Tel,
            user: Some(unescape(number)),
            host: String::new(),
            port: None,
            params: Params::parse(params),
            headers: Vec::new(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

impl fmt::Display for Uri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// `host`, `host:port`, `[v6]:port`; spaces around the colon are forgiven (RFC 4475 §3.1.1.1).
pub(crate) fn split_host_port(text: &str) -> Option<(&str, Option<u16>)> {
    let text = text.trim();
    let (host, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (host, rest) = rest.split_once(']')?;
            host.parse::<std::net::Ipv6Addr>().ok()?;
            (host, rest.trim().strip_prefix(':'))
        }
        None => match text.split_once(':') {
            Some((host, port)) => (host.trim(), Some(port)),
            None => (text, None),
        },
    };
    let sound = !host.is_empty() && host.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._:".contains(&b));
    let port = match port {
        Some(port) => Some(port.trim().parse::<u16>().ok()?),
        None => None,
    };
    sound.then_some((host, port))
}

/// `"Display" <uri>;params`, or `uri;params` where the parameters belong to the header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NameAddr {
    pub(crate) display: Option<String>,
    pub(crate) uri: Uri,
    pub(crate) params: Params,
}

impl NameAddr {
    pub(crate) fn parse(text: &str) -> Result<Self, BadUri> {
        let text = text.trim();
        let open = match text.strip_prefix('"') {
            // A bracket inside the quoted name is not the address.
            Some(rest) => {
                let close = closing_quote(rest).ok_or(BadUri::Form)? + 2;
                text[close..].find('<').map(|at| at + close)
            }
            None => text.find('<'),
        };
        let Some(open) = open else {
            let (uri, params) = text.split_once(';').unwrap_or((text, ""));
            let uri = Uri::parse(uri.trim())?;
            return Ok(Self { display: None, uri, params: Params::parse(params) });
        };
        let (uri, params) = text[open + 1..].split_once('>').ok_or(BadUri::Form)?;
        let params = params.trim();
        if !params.is_empty() && !params.starts_with(';') {
            return Err(BadUri::Form);
        }
        let display = unquote(text[..open].trim());
        Ok(Self {
            display: (!display.is_empty()).then_some(display),
            uri: Uri::parse(uri.trim())?,
            params: Params::parse(params),
        })
    }

    pub(crate) fn tag(&self) -> Option<&str> {
        self.params.get("tag").filter(|tag| !tag.is_empty())
    }
}

fn closing_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tortuous_from_is_read() {
        let from = NameAddr::parse(
            r#""J Rosenberg \\\" <x>"  <sip:jdrosen@example.com:5080;a=b?Subject=x%20y> ; tag = 98asjd8"#,
        )
        .unwrap();
        assert_eq!(from.display.as_deref(), Some(r#"J Rosenberg \" <x>"#));
        assert_eq!(
            (from.uri.user.as_deref(), from.uri.host.as_str(), from.uri.port),
            (Some("jdrosen"), "example.com", Some(5080))
        );
        assert_eq!(from.uri.header("subject"), Some("x y"));
        assert_eq!(from.tag(), Some("98asjd8"));
    }

    #[test]
    fn without_brackets_the_parameters_belong_to_the_header() {
        let to = NameAddr::parse("sip:bob@192.0.2.1;tag=7").unwrap();
        assert_eq!((to.tag(), to.uri.text.as_str()), (Some("7"), "sip:bob@192.0.2.1"));
    }

    #[test]
    fn odd_user_parts_and_schemes_are_told_apart() {
        assert_eq!(Uri::parse("sip:a;b=c?d@h").unwrap().user.as_deref(), Some("a"));
        assert_eq!(Uri::parse("sip:%2B1555@[2001:db8::1]:5060").unwrap().user.as_deref(), Some("+1555"));
        assert_eq!(Uri::parse("tel:+15550100;isub=1").unwrap().user.as_deref(), Some("+15550100"));
        assert_eq!(Uri::parse("nobodyKnowsThisScheme:totallyopaque"), Err(BadUri::Scheme));
        assert_eq!(Uri::parse("sip:a b@h"), Err(BadUri::Form));
        assert_eq!(Uri::parse("sip:@h"), Err(BadUri::Form));
    }

    #[test]
    fn a_list_is_split_outside_quotes_and_brackets() {
        let parts: Vec<_> = split_list(r#""a, b" <sip:a@h,x>;q="1,2" , <sip:c@h>,"#).collect();
        assert_eq!(parts, [r#""a, b" <sip:a@h,x>;q="1,2""#, "<sip:c@h>"]);
    }
}
