//! Random: ids, salts and secrets, from the operating system's generator.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{TryRngCore as _, rngs::OsRng};
use sha2::{Digest as _, Sha256};

use crate::problem::Problem;

pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], Problem> {
    let mut bytes = [0; N];
    OsRng.try_fill_bytes(&mut bytes).map_err(|_| Problem::internal())?;
    Ok(bytes)
}

/// 256 bits as text, for refresh tokens and client secrets.
pub(crate) fn secret() -> Result<String, Problem> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<32>()?))
}

/// 120 bits as text that people can type into a phone.
pub(crate) fn sip_password() -> Result<String, Problem> {
    Ok(URL_SAFE_NO_PAD.encode(bytes::<15>()?))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What is stored of a random secret: it has too many bits to be guessed, so it needs no salt and no slow hash.
pub(crate) fn fingerprint(secret: &str) -> String {
    hex(&Sha256::digest(secret.as_bytes()))
}
