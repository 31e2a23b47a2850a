//! Passwords, hashed off the request threads and few at a time, since each takes a core and 19 MiB for a while.

use access::password::{self, PasswordError};
use actix_web::web;

use crate::{Faces, problem::Problem, random};

/// Whether it is the stored one; without a stored one the answer is no, after the same work.
pub(crate) async fn verify(faces: &Faces, given: String, stored: Option<String>) -> Result<bool, Problem> {
    let _turn = faces.hashing.acquire().await.map_err(|_| Problem::internal())?;
    let work = web::block(move || password::verify(&given, stored.as_deref()));
    work.await.map_err(|_| Problem::internal())
}

/// The hash to keep.
pub(crate) async fn hash(faces: &Faces, given: String) -> Result<String, Problem> {
    let salt = random::bytes()?;
    let _turn = faces.hashing.acquire().await.map_err(|_| Problem::internal())?;
    let work = web::block(move || password::hash(&given, &salt));
    work.await.map_err(|_| Problem::internal())?.map_err(|error| match error {
        PasswordError::TooLong => Problem::invalid_field("password", error.to_string()),
        PasswordError::Hashing => Problem::internal(),
    })
}
