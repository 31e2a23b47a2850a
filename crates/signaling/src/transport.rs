//! Streams: where one message ends and the next begins, and who holds the connection.

mod frame;
mod secure;
mod stream;

pub(crate) use secure::acceptor;
pub(crate) use stream::{Streams, Told};
