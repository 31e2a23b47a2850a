//! Digest authentication from the phone's side (RFC 7616 with MD5 and SHA-256, RFC 8760 for SIP).

use md5::Md5;
use sha2::{Digest as _, Sha256};

/// Which hash a phone is willing to use.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Algorithm {
    Md5,
    Sha256,
    /// The strongest that the challenge offers.
    #[default]
    Strongest,
}

/// What the server asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Challenge {
    pub realm: String,
    pub nonce: String,
    pub opaque: Option<String>,
    pub quality: bool,
    pub stale: bool,
    pub sha256: bool,
}

impl Challenge {
    /// Picks from all challenges of one answer the one this phone can and wants to meet.
    pub fn choose<'a>(offered: impl Iterator<Item = &'a str>, algorithm: Algorithm) -> Option<Challenge> {
        let known: Vec<Challenge> = offered.filter_map(Challenge::read).collect();
        let of = |sha256: bool| known.iter().find(|challenge| challenge.sha256 == sha256).cloned();
        match algorithm {
            Algorithm::Md5 => of(false),
            Algorithm::Sha256 => of(true),
            Algorithm::Strongest => of(true).or_else(|| of(false)),
        }
    }

    pub fn read(value: &str) -> Option<Challenge> {
        let fields = fields(value.trim().strip_prefix("Digest ")?);
        let get = |name: &str| {
            fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, text)| text.clone())
        };
        let sha256 = match get("algorithm").unwrap_or_else(|| "MD5".into()).to_ascii_uppercase().as_str() {
            "MD5" => false,
            "SHA-256" => true,
            _ => return None,
        };
        Some(Challenge {
            realm: get("realm")?,
            nonce: get("nonce")?,
            opaque: get("opaque"),
            quality: get("qop").is_some_and(|q| q.split(',').any(|word| word.trim() == "auth")),
            stale: get("stale").is_some_and(|text| text.eq_ignore_ascii_case("true")),
            sha256,
        })
    }

    /// The value of the Authorization header for one request; `count` is how often this nonce has been used, this
    /// time included.
    pub fn answer(
        &self,
        user: &str,
        password: &str,
        method: &str,
        uri: &str,
        count: u32,
        client_nonce: &str,
    ) -> String {
        let Challenge { realm, nonce, .. } = self;
        let secret = self.hash(&format!("{user}:{realm}:{password}"));
        let request = self.hash(&format!("{method}:{uri}"));
        let response = if self.quality {
            self.hash(&format!("{secret}:{nonce}:{count:08x}:{client_nonce}:auth:{request}"))
        } else {
            self.hash(&format!("{secret}:{nonce}:{request}"))
        };
        let algorithm = if self.sha256 { "SHA-256" } else { "MD5" };
        let mut value = format!(
            "Digest username=\"{user}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", \
             response=\"{response}\", algorithm={algorithm}"
        );
        if self.quality {
            value += &format!(", qop=auth, nc={count:08x}, cnonce=\"{client_nonce}\"");
        }
        if let Some(opaque) = &self.opaque {
            value += &format!(", opaque=\"{opaque}\"");
        }
        value
    }

    fn hash(&self, text: &str) -> String {
        if self.sha256 { hex(&Sha256::digest(text)) } else { hex(&Md5::digest(text)) }
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

/// `name=value` and `name="value, with a comma"`, divided by commas.
pub(super) fn fields(text: &str) -> Vec<(String, String)> {
    let mut quoted = false;
    text.split(move |c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .filter_map(|part| part.trim().split_once('='))
    .map(|(name, value)| (name.trim().to_owned(), value.trim().trim_matches('"').to_owned()))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The worked example of RFC 7616, section 3.9.1.
    #[test]
    fn the_examples_of_the_standard_come_out() {
        let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
        let challenge = |algorithm: &str| {
            format!(
                "Digest realm=\"http-auth@example.org\", qop=\"auth, auth-int\", algorithm={algorithm}, \
                 nonce=\"{nonce}\", opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\""
            )
        };
        let both = [challenge("MD5"), challenge("SHA-256")];
        let answer = |algorithm| {
            Challenge::choose(both.iter().map(String::as_str), algorithm).unwrap().answer(
                "Mufasa",
                "Circle of Life",
                "GET",
                "/dir/index.html",
                1,
                "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
            )
        };
        assert!(answer(Algorithm::Md5).contains("response=\"8ca523f5e9506fed4657c9700eebdbec\""));
        let strongest = "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\"";
        assert!(answer(Algorithm::Sha256).contains(strongest));
        assert!(answer(Algorithm::Strongest).contains(strongest));
    }

    #[test]
    fn an_unknown_algorithm_is_not_chosen() {
        assert_eq!(Challenge::read("Digest realm=\"a\", nonce=\"b\", algorithm=SHA-512-256"), None);
        assert_eq!(Challenge::read("Basic realm=\"a\""), None);
    }
}
