//! Streams: where one message ends and the next begins, and who holds the connection.

mod frame;
mod stream;

pub(crate) use stream::{Streams, Told};
