//! Digest proof (RFC 7616, RFC 8760): of phones to us, and of us to providers.

use std::collections::{BTreeMap, HashMap};

use md5::Md5;
use sha2::{Digest as _, Sha256};

use crate::{Account, Credentials, DigestAlgorithm as Algorithm, config::hex, message::Params, wire::Wire};

/// How long a nonce may be used, in ms.
const NONCE_MS: u64 = 300_000;
/// Nonces whose use is remembered; past that every proof is asked for anew.
const NONCES_MAX: usize = 100_000;

/// Phones that give up when any algorithm they do not know is offered, whatever else is: by the start of User-Agent.
const MD5_ONLY_AGENTS: [&str; 2] = ["baresip v0.", "baresip v1."];

impl Algorithm {
    fn parse(text: Option<&str>) -> Option<Self> {
        match text {
            None => Some(Self::Md5),
            Some(text) if text.eq_ignore_ascii_case("MD5") => Some(Self::Md5),
            Some(text) if text.eq_ignore_ascii_case("SHA-256") => Some(Self::Sha256),
            Some(_) => None,
        }
    }
    const fn name(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
        }
    }
    fn hash(self, text: &str) -> String {
        match self {
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
        }
    }
}

/// What became of a proof.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Proven to be this account.
    Proven(String),
    /// No proof, or an outdated one: ask.
    Ask { stale: bool },
    /// A wrong one.
    Wrong,
}

/// The nonces we gave out.
/// A nonce carries its own time and seal, so nothing is kept for a challenge; only used ones are, with their count.
pub(crate) struct Nonces {
    secret: [u8; 32],
    used: HashMap<String, (u64, u64)>,
}

impl Nonces {
    pub(crate) fn new(wire: &mut Wire) -> Self {
        Self { secret: wire.secret(), used: HashMap::new() }
    }

    fn seal(&self, stem: &str) -> String {
        let mut sha = Sha256::new();
        sha.update(self.secret);
        sha.update(stem.as_bytes());
        sha.update(self.secret);
        hex(&sha.finalize()[..12])
    }

    fn issue(&self, wire: &mut Wire) -> String {
        let salt = wire.random_below(1 << 32);
        let stem = format!("{:012x}{salt:08x}", wire.now);
        format!("{stem}{}", self.seal(&stem))
    }

    fn is_fresh(&self, now: u64, nonce: &str) -> bool {
        let Some((stem, seal)) = nonce.split_at_checked(20) else { return false };
        let Some(at) = stem.get(..12).and_then(|at| u64::from_str_radix(at, 16).ok()) else { return false };
        same(&self.seal(stem), seal) && now.saturating_sub(at) <= NONCE_MS
    }

    /// The WWW-Authenticate values to ask with.
    pub(crate) fn challenges(
        &self,
        wire: &mut Wire,
        realm: &str,
        offered: &[Algorithm],
        agent: Option<&str>,
        stale: bool,
    ) -> Vec<String> {
        let nonce = self.issue(wire);
        let stale = if stale { ", stale=true" } else { "" };
        let md5_only =
            agent.is_some_and(|agent| MD5_ONLY_AGENTS.iter().any(|known| agent.starts_with(known)));
        let offered = if md5_only && offered.contains(&Algorithm::Md5) { &[Algorithm::Md5] } else { offered };
        let challenge = |algorithm: &Algorithm| {
            let name = algorithm.name();
            format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", algorithm={name}, qop=\"auth\"{stale}")
        };
        offered.iter().map(challenge).collect()
    }

    /// Judges the Authorization headers of one request.
    pub(crate) fn verify<'a>(
        &mut self,
        now: u64,
        realm: &str,
        method: &str,
        headers: impl Iterator<Item = &'a str>,
        offered: &[Algorithm],
        accounts: &BTreeMap<String, Account>,
    ) -> Verdict {
        let proof = headers
            .filter_map(Proof::parse)
            .find(|proof| proof.realm == realm && offered.contains(&proof.algorithm));
        let Some(proof) = proof else { return Verdict::Ask { stale: false } };
        if !self.is_fresh(now, &proof.nonce) {
            return Verdict::Ask { stale: true };
        }
        let Some(account) = accounts.get(&proof.username) else { return Verdict::Wrong };
        let ha1 = match proof.algorithm {
            Algorithm::Md5 => &account.ha1_md5,
            Algorithm::Sha256 => &account.ha1_sha256,
        };
        if !same(&proof.expected(ha1, method), &proof.response.to_ascii_lowercase()) {
            return Verdict::Wrong;
        }
        if self.use_once(now, &proof) {
            Verdict::Proven(proof.username)
        } else {
            Verdict::Ask { stale: true }
        }
    }

    /// Counts a use; false when this count was used before, which is a replay.
    fn use_once(&mut self, now: u64, proof: &Proof) -> bool {
        // Without a count the nonce is good for one request.
        let count = proof.qop.as_ref().map_or(u64::MAX, |qop| u64::from(qop.count));
        if let Some((highest, _)) = self.used.get_mut(&proof.nonce) {
            let advances = count > *highest;
            *highest = count.max(*highest);
            return advances;
        }
        if self.used.len() >= NONCES_MAX {
            self.used.retain(|_, (_, expires)| *expires > now);
            if self.used.len() >= NONCES_MAX {
                return false;
            }
        }
        self.used.insert(proof.nonce.clone(), (count, now + NONCE_MS + 1));
        true
    }
}

struct Qop {
    count: u32,
    count_text: String,
    cnonce: String,
}

struct Proof {
    username: String,
    realm: String,
    nonce: String,
    uri: String,
    response: String,
    algorithm: Algorithm,
    qop: Option<Qop>,
}

fn fields(value: &str) -> Option<Params> {
    let (scheme, rest) = value.trim().split_once(char::is_whitespace)?;
    scheme.eq_ignore_ascii_case("Digest").then(|| Params::parse_with(rest, ','))
}

impl Proof {
    fn parse(value: &str) -> Option<Self> {
        let fields = fields(value)?;
        let text = |name: &str| fields.get(name).map(str::to_owned);
        let qop = match fields.get("qop") {
            None => None,
            Some(qop) if qop.eq_ignore_ascii_case("auth") => {
                let count_text = text("nc")?;
                // Eight hexadecimal digits, well past 255.
                let count = u32::from_str_radix(&count_text, 16).ok()?;
                Some(Qop { count, count_text, cnonce: text("cnonce")? })
            }
            Some(_) => return None,
        };
        Some(Self {
            username: text("username")?,
            realm: text("realm")?,
            nonce: text("nonce")?,
            uri: text("uri")?,
            response: text("response")?,
            algorithm: Algorithm::parse(fields.get("algorithm"))?,
            qop,
        })
    }

    fn expected(&self, ha1: &str, method: &str) -> String {
        response(self.algorithm, ha1, method, &self.uri, &self.nonce, self.qop.as_ref())
    }
}

fn response(
    algorithm: Algorithm,
    ha1: &str,
    method: &str,
    uri: &str,
    nonce: &str,
    qop: Option<&Qop>,
) -> String {
    let ha2 = algorithm.hash(&format!("{method}:{uri}"));
    algorithm.hash(&match qop {
        Some(qop) => format!("{ha1}:{nonce}:{}:{}:auth:{ha2}", qop.count_text, qop.cnonce),
        None => format!("{ha1}:{nonce}:{ha2}"),
    })
}

/// Compares without telling by time where the difference is.
fn same(left: &str, right: &str) -> bool {
    left.len() == right.len()
        && left.bytes().zip(right.bytes()).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
}

/// The Authorization value that answers a provider's challenges; none when it asks for what we do not know.
pub(crate) fn answer<'a>(
    challenges: impl Iterator<Item = &'a str>,
    credentials: &Credentials,
    method: &str,
    uri: &str,
    cnonce: String,
) -> Option<String> {
    let mut known: Vec<(Params, Algorithm)> = challenges
        .filter_map(fields)
        .filter_map(|fields| Algorithm::parse(fields.get("algorithm")).map(|algorithm| (fields, algorithm)))
        .collect();
    known.sort_by_key(|(_, algorithm)| *algorithm == Algorithm::Md5);
    let (fields, algorithm) = known.into_iter().next()?;
    let (realm, nonce) = (fields.get("realm")?, fields.get("nonce")?);
    let ha1 = algorithm.hash(&format!("{}:{realm}:{}", credentials.username, credentials.password));
    let qop = match fields.get("qop") {
        None => None,
        Some(offered) if offered.split(',').any(|qop| qop.trim().eq_ignore_ascii_case("auth")) => {
            Some(Qop { count: 1, count_text: "00000001".to_owned(), cnonce })
        }
        Some(_) => return None,
    };
    let response = response(algorithm, &ha1, method, uri, nonce, qop.as_ref());
    let mut value = format!(
        "Digest username=\"{}\", realm=\"{realm}\", nonce=\"{nonce}\", uri=\"{uri}\", response=\"{response}\", algorithm={}",
        credentials.username,
        algorithm.name(),
    );
    if let Some(opaque) = fields.get("opaque") {
        value.push_str(&format!(", opaque=\"{opaque}\""));
    }
    if let Some(qop) = qop {
        value.push_str(&format!(", qop=auth, nc={}, cnonce=\"{}\"", qop.count_text, qop.cnonce));
    }
    Some(value)
}
