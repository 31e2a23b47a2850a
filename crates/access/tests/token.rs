//! Tokens from the outside: what is accepted, and everything that is not.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use access::{Claims, SigningKey, SubjectKind, TokenError, VerifyingKeys, token};
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use proptest::prelude::*;
use serde_json::{Value, json};
use terms::Timestamp;
use uuid::Uuid;

const NOW: Timestamp = Timestamp::from_ms(1_790_000_000_000);
const HOUR: i64 = 3_600_000;

fn key(seed: u8) -> SigningKey {
    SigningKey::from_seed(&[seed; 32], "https://tandem.example", "tandem").unwrap()
}

fn claims(key: &SigningKey) -> Claims {
    Claims::new(key, SubjectKind::User, Uuid::from_u128(7), Uuid::from_u128(8), NOW, HOUR)
}

fn accepted(keys: &VerifyingKeys, token: &str) -> Result<Claims, TokenError> {
    token::verify(keys, token, NOW)
}

/// A token with these claims, rightly signed by key 1, whatever they say.
fn signed(claims: &Value) -> String {
    // RFC 8410 §7: a PKCS#8 document around the 32-byte seed.
    let head = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let signing = EncodingKey::from_ed_der(&[head.as_slice(), &[1u8; 32]].concat());
    let header = Header { kid: Some(key(1).kid().to_owned()), ..Header::new(Algorithm::EdDSA) };
    encode(&header, claims, &signing).unwrap()
}

fn sound() -> Value {
    serde_json::to_value(claims(&key(1))).unwrap()
}

#[test]
fn a_token_says_what_was_signed() {
    let key = key(1);
    let keys = VerifyingKeys::new([&key]).unwrap();
    let token = token::sign(&key, &claims(&key)).unwrap();
    let read = accepted(&keys, &token).unwrap();
    assert_eq!(read, claims(&key));
    assert_eq!(read.user().0, Uuid::from_u128(7));
    assert_eq!((read.exp - read.iat, read.kind), (3_600, SubjectKind::User));
    assert_eq!(accepted(&keys, &signed(&sound())), Ok(read));
}

#[test]
fn the_life_of_a_token_is_measured_by_the_time_handed_in() {
    let key = key(1);
    let keys = VerifyingKeys::new([&key]).unwrap();
    let token = token::sign(&key, &claims(&key)).unwrap();
    let at = |ms: i64| token::verify(&keys, &token, NOW.plus_ms(ms)).map(|_| ());
    assert_eq!(at(HOUR - 1), Ok(()));
    assert_eq!(at(HOUR), Err(TokenError::Expired));
    assert_eq!(at(-token::CLOCK_SKEW_MS), Ok(()));
    assert_eq!(at(-token::CLOCK_SKEW_MS - 1), Err(TokenError::NotYetValid));
}

#[test]
fn a_key_we_do_not_hold_is_unknown_and_an_old_one_still_counts() {
    let (old, new, foreign) = (key(1), key(2), key(3));
    let keys = VerifyingKeys::new([&new, &old]).unwrap();
    assert!(accepted(&keys, &token::sign(&old, &claims(&old)).unwrap()).is_ok());
    assert!(accepted(&keys, &token::sign(&new, &claims(&new)).unwrap()).is_ok());
    let token = token::sign(&foreign, &claims(&foreign)).unwrap();
    assert_eq!(accepted(&keys, &token), Err(TokenError::UnknownKey));
}

#[test]
fn a_foreign_signature_under_our_key_id_is_refused() {
    let (ours, foreign) = (key(1), key(3));
    let keys = VerifyingKeys::new([&ours]).unwrap();
    let good = token::sign(&ours, &claims(&ours)).unwrap();
    let bad = token::sign(&foreign, &claims(&foreign)).unwrap();
    let (head, _) = good.rsplit_once('.').unwrap();
    let (_, signature) = bad.rsplit_once('.').unwrap();
    assert_eq!(accepted(&keys, &format!("{head}.{signature}")), Err(TokenError::BadSignature));
}

#[test]
fn no_other_algorithm_is_accepted() {
    let ours = key(1);
    let keys = VerifyingKeys::new([&ours]).unwrap();
    let public: Value = serde_json::from_str(&keys.jwks_json().unwrap()).unwrap();
    let secret = EncodingKey::from_secret(public["keys"][0]["x"].as_str().unwrap().as_bytes());
    let header = Header { kid: Some(ours.kid().to_owned()), ..Header::new(Algorithm::HS256) };
    let confused = encode(&header, &claims(&ours), &secret).unwrap();
    assert_eq!(accepted(&keys, &confused), Err(TokenError::Malformed));

    let good = token::sign(&ours, &claims(&ours)).unwrap();
    let body = good.split('.').nth(1).unwrap();
    // {"alg":"none"}
    assert_eq!(accepted(&keys, &format!("eyJhbGciOiJub25lIn0.{body}.")), Err(TokenError::Malformed));
}

#[test]
fn every_registered_claim_is_demanded() {
    let keys = VerifyingKeys::new([&key(1)]).unwrap();
    for claim in ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "kind"] {
        let mut claims = sound();
        claims.as_object_mut().unwrap().remove(claim);
        assert_eq!(accepted(&keys, &signed(&claims)), Err(TokenError::Malformed), "without {claim}");
    }
}

#[test]
fn a_token_for_somebody_else_is_refused() {
    let keys = VerifyingKeys::new([&key(1)]).unwrap();
    for claim in ["iss", "aud"] {
        let mut claims = sound();
        claims[claim] = json!("somebody else");
        assert_eq!(accepted(&keys, &signed(&claims)), Err(TokenError::WrongAudience), "{claim}");
    }
}

#[test]
fn times_that_are_no_whole_seconds_or_absurd_are_survived() {
    let keys = VerifyingKeys::new([&key(1)]).unwrap();
    for (claim, value) in
        [("exp", json!("soon")), ("exp", json!(-1)), ("nbf", json!(1e300)), ("exp", json!(null))]
    {
        let mut claims = sound();
        claims[claim] = value;
        assert!(accepted(&keys, &signed(&claims)).is_err(), "{claim}");
    }
    let mut claims = sound();
    claims["exp"] = json!(i64::MAX);
    assert!(accepted(&keys, &signed(&claims)).is_ok());
}

#[test]
fn the_published_key_set_holds_public_parts_only() {
    let (one, two) = (key(1), key(2));
    let keys = VerifyingKeys::new([&one, &two]).unwrap();
    let set: Value = serde_json::from_str(&keys.jwks_json().unwrap()).unwrap();
    let listed = set["keys"].as_array().unwrap();
    assert_eq!(listed.len(), 2);
    for jwk in listed {
        assert_eq!(
            (&jwk["kty"], &jwk["crv"], &jwk["alg"]),
            (&json!("OKP"), &json!("Ed25519"), &json!("EdDSA"))
        );
        assert_eq!(jwk["use"], json!("sig"));
        assert!(jwk.get("d").is_none());
        assert!([one.kid(), two.kid()].contains(&jwk["kid"].as_str().unwrap()));
    }
    assert!(!format!("{one:?}").contains("encoding"));
}

#[test]
fn the_public_key_of_a_seed_is_the_one_of_rfc_8032() {
    // RFC 8032 §7.1, test 1.
    let seed: [u8; 32] = [
        0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44,
        0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
    ];
    let key = SigningKey::from_seed(&seed, "i", "a").unwrap();
    let set: Value = serde_json::from_str(&VerifyingKeys::new([&key]).unwrap().jwks_json().unwrap()).unwrap();
    assert_eq!(set["keys"][0]["x"], json!("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"));
}

proptest! {
    #[test]
    fn a_token_damaged_anywhere_is_refused(at in 0usize..10_000, to in "[A-Za-z0-9_.-]") {
        let ours = key(1);
        let keys = VerifyingKeys::new([&ours]).unwrap();
        let mut token = token::sign(&ours, &claims(&ours)).unwrap();
        let at = at % token.len();
        prop_assume!(token[at..=at] != to);
        token.replace_range(at..=at, &to);
        prop_assert!(accepted(&keys, &token).is_err());
    }

    #[test]
    fn no_text_at_all_breaks_the_check(text in ".{0,200}") {
        let keys = VerifyingKeys::new([&key(1)]).unwrap();
        prop_assert!(accepted(&keys, &text).is_err());
    }
}

#[test]
fn an_overlong_token_is_refused_unread() {
    let keys = VerifyingKeys::new([&key(1)]).unwrap();
    let long = "a".repeat(token::TOKEN_BYTES_MAX + 1);
    assert_eq!(accepted(&keys, &long), Err(TokenError::Malformed));
}
