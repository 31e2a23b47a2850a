//! Passwords, kept as Argon2id hashes in PHC string form.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};

/// The bytes of a salt, fresh and random for every password.
pub const SALT_BYTES: usize = 16;
/// A longer password is refused, so that nobody makes us hash megabytes.
pub const PASSWORD_BYTES_MAX: usize = 1024;

/// The hash of a password nobody has, made with the parameters of `hash`.
/// Checking against it makes an unknown user cost as much time as a wrong password.
const NOBODYS: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$dGFuZGVtIGR1bW15IHNhbA$QbkYnGKUakl4Jm5pu9BDk3BAWLODZkO4ODUEp6XRgPg";

#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    #[error("a password has at most {PASSWORD_BYTES_MAX} bytes")]
    TooLong,
    /// A fault of ours, not of the password's.
    #[error("the password could not be hashed")]
    Hashing,
}

/// Argon2id with 19 MiB, two passes and one lane: the second choice of the OWASP Password Storage Cheat Sheet.
fn argon2id() -> Argon2<'static> {
    Argon2::new(Algorithm::Argon2id, Version::V0x13, Params::DEFAULT)
}

/// The PHC string to keep. Takes some 20 ms of CPU, so call it off the request threads.
pub fn hash(password: &str, salt: &[u8; SALT_BYTES]) -> Result<String, PasswordError> {
    if password.len() > PASSWORD_BYTES_MAX {
        return Err(PasswordError::TooLong);
    }
    let made = argon2id().hash_password_with_salt(password.as_bytes(), salt);
    made.map(|hash| hash.to_string()).map_err(|_| PasswordError::Hashing)
}

/// Whether the password is the stored one.
/// Hand in `None` for an unknown user: the answer is no, after the same work.
pub fn verify(password: &str, stored: Option<&str>) -> bool {
    if password.len() > PASSWORD_BYTES_MAX {
        return false;
    }
    let matches = PasswordHash::new(stored.unwrap_or(NOBODYS))
        .is_ok_and(|hash| argon2id().verify_password(password.as_bytes(), &hash).is_ok());
    matches && stored.is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_right_password_matches_and_a_wrong_one_does_not() {
        let stored = hash("correct horse", b"0123456789abcdef").unwrap();
        assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
        assert!(verify("correct horse", Some(&stored)));
        assert!(!verify("battery staple", Some(&stored)));
    }

    #[test]
    fn the_salt_makes_equal_passwords_look_different() {
        let one = hash("same", b"0123456789abcdef").unwrap();
        let two = hash("same", b"fedcba9876543210").unwrap();
        assert_ne!(one, two);
    }

    #[test]
    fn an_unknown_user_costs_the_same_work_and_never_matches() {
        let work = |phc: &str| {
            let parsed = PasswordHash::new(phc).unwrap();
            (
                parsed.algorithm.to_string(),
                parsed.version,
                parsed.params.to_string(),
                parsed.hash.map(|h| h.len()),
            )
        };
        let real = hash("x", b"0123456789abcdef").unwrap();
        assert_eq!(work(NOBODYS), work(&real));
        assert!(argon2id().verify_password(b"nobody", &PasswordHash::new(NOBODYS).unwrap()).is_ok());
        assert!(!verify("nobody", None));
    }

    #[test]
    fn a_stored_text_that_is_no_hash_matches_nothing() {
        assert!(!verify("x", Some("x")));
        assert!(!verify("", Some("")));
    }

    #[test]
    fn an_overlong_password_is_refused_unhashed() {
        let long = "x".repeat(PASSWORD_BYTES_MAX + 1);
        assert_eq!(hash(&long, b"0123456789abcdef"), Err(PasswordError::TooLong));
        assert!(!verify(&long, None));
    }
}
