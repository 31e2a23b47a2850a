//! The routes, a file for each noun, and the table that mounts them.

mod docs;
mod health;
mod oauth;
mod simple;

use access::Permission::{self, *};

use crate::{
    noun,
    table::{
        Endpoint,
        Needs::{All, Public, SignedIn},
        rows,
    },
};

/// All routes, in the order of the documents.
pub(crate) const ENDPOINTS: &[&[Endpoint]] = &[DOOR, PEOPLE];

const ROUTING: &[Permission] = &[ManageRouting];
const USERS: &[Permission] = &[ManageUsers];

const DOOR: &[Endpoint] = rows! {
    Post "/oauth/token" (Public) Organization "Sign in: password, refresh_token or client_credentials." => oauth::token;
    Post "/oauth/revoke" (Public) Organization "Sign out." => oauth::revoke;
    Get "/.well-known/jwks.json" (Public) Organization "The public keys of our tokens." => oauth::jwks;
    Get "/healthz" (Public) Organization "Whether the process answers." => health::healthz;
    Get "/readyz" (Public) Organization "Whether it may take calls." => health::readyz;
    Get "/metrics" (Public) Organization "Metrics in Prometheus' format." => health::metrics;
    Get "/openapi.json" (Public) Organization "This document." => docs::document;
    Get "/docs" (Public) Organization "A page to read and try the API." => docs::page;
    Get "/docs/{file}" (Public) Organization "The files of that page." => docs::file;
};

const PEOPLE: &[Endpoint] = rows! {
    Get "/v1/teams" (SignedIn) Organization "The teams." => noun::list::<simple::Teams>;
    Post "/v1/teams" (All(USERS)) Organization "Add a team." => noun::create::<simple::Teams>;
    Get "/v1/teams/{id}" (SignedIn) Organization "One team." => noun::get::<simple::Teams>;
    Patch "/v1/teams/{id}" (All(USERS)) Organization "Change a team." => noun::change::<simple::Teams>;
    Delete "/v1/teams/{id}" (All(USERS)) Organization "Remove a team." => noun::delete::<simple::Teams>;
};
