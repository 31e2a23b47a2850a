//! Access tokens: signed JWTs (RFC 7519) with EdDSA over Ed25519 (RFC 8037) and no other algorithm.

use std::collections::{BTreeMap, BTreeSet};

use jsonwebtoken::{
    Algorithm, DecodingKey, EncodingKey, Header, Validation, decode_header,
    errors::ErrorKind,
    jwk::{AlgorithmParameters, Jwk, JwkSet, PublicKeyUse},
};
use serde::{Deserialize, Serialize};
use terms::{Timestamp, UserId};
use uuid::Uuid;

/// A token longer than this is refused unread.
pub const TOKEN_BYTES_MAX: usize = 4096;
/// How far the clocks of two nodes may differ before a fresh token looks unborn.
pub const CLOCK_SKEW_MS: i64 = 5_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    User,
    /// An API client that signed in with its own credentials.
    Client,
}

/// What a token says. Times are whole seconds since 1970, as RFC 7519 wants them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    pub aud: String,
    pub sub: Uuid,
    pub exp: i64,
    pub nbf: i64,
    pub iat: i64,
    pub jti: Uuid,
    pub kind: SubjectKind,
}

impl Claims {
    /// A token for `subject` from `now` on for `lifetime_ms`; issuer and audience come from the signing key.
    pub fn new(
        key: &SigningKey,
        kind: SubjectKind,
        subject: Uuid,
        jti: Uuid,
        now: Timestamp,
        lifetime_ms: i64,
    ) -> Self {
        let from = now.ms().div_euclid(1000);
        Self {
            iss: key.issuer.clone(),
            aud: key.audience.clone(),
            sub: subject,
            exp: now.plus_ms(lifetime_ms).ms().div_euclid(1000),
            nbf: from,
            iat: from,
            jti,
            kind,
        }
    }
    /// The user the token speaks for; an API client has a user id of its own.
    pub fn user(&self) -> UserId {
        UserId(self.sub)
    }
    pub fn expires_at(&self) -> Timestamp {
        Timestamp::from_ms(self.exp.saturating_mul(1000))
    }
}

/// Why a token was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Not a token of ours: damaged, another algorithm, a claim missing. Sign in again.
    #[error("the token is malformed")]
    Malformed,
    /// Signed by a key we do not (or no longer) know.
    #[error("the token's key is unknown")]
    UnknownKey,
    #[error("the token's signature is wrong")]
    BadSignature,
    #[error("the token is for another issuer or audience")]
    WrongAudience,
    /// Refresh it.
    #[error("the token has expired")]
    Expired,
    #[error("the token is not valid yet")]
    NotYetValid,
    /// The key or the claims could not be put to use; a fault of ours, not the caller's.
    #[error("the token could not be signed")]
    Signing,
}

/// The private key that signs tokens, made from 32 secret random bytes.
pub struct SigningKey {
    encoding: EncodingKey,
    public: Jwk,
    kid: String,
    issuer: String,
    audience: String,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// The fixed head of a PKCS#8 version 1 document that holds an Ed25519 seed (RFC 8410 §7).
const PKCS8_ED25519_HEAD: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

impl SigningKey {
    /// `issuer` and `audience` stand in every token and are demanded from every token.
    pub fn from_seed(seed: &[u8; 32], issuer: &str, audience: &str) -> Result<Self, TokenError> {
        let encoding = EncodingKey::from_ed_der(&[PKCS8_ED25519_HEAD.as_slice(), seed.as_slice()].concat());
        let mut public =
            Jwk::from_encoding_key(&encoding, Algorithm::EdDSA).map_err(|_| TokenError::Signing)?;
        let AlgorithmParameters::OctetKeyPair(parameters) = &public.algorithm else {
            return Err(TokenError::Signing);
        };
        let kid = Uuid::new_v5(&Uuid::NAMESPACE_OID, parameters.x.as_bytes()).to_string();
        public.common.key_id = Some(kid.clone());
        public.common.public_key_use = Some(PublicKeyUse::Signature);
        Ok(Self { encoding, public, kid, issuer: issuer.to_owned(), audience: audience.to_owned() })
    }
    /// The key's name in token headers and in the JWKS, derived from the public key.
    pub fn kid(&self) -> &str {
        &self.kid
    }
}

/// The public keys whose tokens are accepted: today's and, for a while after a change, yesterday's.
#[derive(Clone, Debug)]
pub struct VerifyingKeys {
    keys: BTreeMap<String, (DecodingKey, Jwk)>,
    issuers: BTreeSet<String>,
    audiences: BTreeSet<String>,
}

impl VerifyingKeys {
    pub fn new<'a>(of: impl IntoIterator<Item = &'a SigningKey>) -> Result<Self, TokenError> {
        let mut made = Self { keys: BTreeMap::new(), issuers: BTreeSet::new(), audiences: BTreeSet::new() };
        for key in of {
            let decoding = DecodingKey::from_jwk(&key.public).map_err(|_| TokenError::Signing)?;
            made.keys.insert(key.kid.clone(), (decoding, key.public.clone()));
            made.issuers.insert(key.issuer.clone());
            made.audiences.insert(key.audience.clone());
        }
        Ok(made)
    }

    /// The public keys as a JWK set (RFC 7517), the body of `/.well-known/jwks.json`.
    pub fn jwks_json(&self) -> Result<String, TokenError> {
        let set = JwkSet { keys: self.keys.values().map(|(_, jwk)| jwk.clone()).collect() };
        serde_json::to_string(&set).map_err(|_| TokenError::Signing)
    }
}

/// The signed token, ready for an `Authorization: Bearer` header.
pub fn sign(key: &SigningKey, claims: &Claims) -> Result<String, TokenError> {
    let header = Header { kid: Some(key.kid.clone()), ..Header::new(Algorithm::EdDSA) };
    jsonwebtoken::encode(&header, claims, &key.encoding).map_err(|_| TokenError::Signing)
}

/// What the token says, when one of the keys signed it for us and `now` lies within its life.
pub fn verify(keys: &VerifyingKeys, token: &str, now: Timestamp) -> Result<Claims, TokenError> {
    if token.len() > TOKEN_BYTES_MAX {
        return Err(TokenError::Malformed);
    }
    let header = decode_header(token).map_err(|_| TokenError::Malformed)?;
    if header.alg != Algorithm::EdDSA {
        return Err(TokenError::Malformed);
    }
    let kid = header.kid.ok_or(TokenError::UnknownKey)?;
    let (key, _) = keys.keys.get(&kid).ok_or(TokenError::UnknownKey)?;

    let mut rules = Validation::new(Algorithm::EdDSA);
    // The library reads the machine's clock; ours is an argument and is checked below.
    rules.validate_exp = false;
    rules.validate_nbf = false;
    rules.set_required_spec_claims(&["exp", "nbf", "iss", "aud", "sub"]);
    rules.iss = Some(keys.issuers.iter().cloned().collect());
    rules.aud = Some(keys.audiences.iter().cloned().collect());
    let claims = jsonwebtoken::decode::<Claims>(token, key, &rules)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => TokenError::BadSignature,
            ErrorKind::InvalidIssuer | ErrorKind::InvalidAudience => TokenError::WrongAudience,
            _ => TokenError::Malformed,
        })?
        .claims;
    if now >= claims.expires_at() {
        return Err(TokenError::Expired);
    }
    if now.plus_ms(CLOCK_SKEW_MS).ms() < claims.nbf.saturating_mul(1000) {
        return Err(TokenError::NotYetValid);
    }
    Ok(claims)
}
