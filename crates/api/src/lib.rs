//! The HTTP and WebSocket face: REST, live events, OpenAPI.

mod actions;
mod answer;
mod board;
mod body;
mod caller;
mod describe;
mod ended;
mod example;
mod extract;
mod faces;
mod gate;
mod idempotency;
mod known;
mod live;
mod noun;
mod openapi;
mod outgoing;
mod password;
mod problem;
mod random;
mod refused;
mod revoked;
mod routes;
mod secure;
mod server;
mod sip;
mod softphones;
mod table;
mod throttle;

pub use faces::{Clock, Config, Faces, IceServer, Wiring};
pub use openapi::openapi;
pub use outgoing::{Exports, Outgoing};
pub use problem::{FieldError, Problem};
pub use secure::Tls;
pub use server::{Pages, Running, serve, serve_with};
pub use table::{Needs, Route, ScopeKind, Verb, permissions_markdown, routes};
