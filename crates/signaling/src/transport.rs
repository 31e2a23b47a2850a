//! Streams: where one message ends and the next begins, and who holds the connection; and browsers' sockets.

mod frame;
mod secure;
mod stream;
mod websocket;

pub(crate) use secure::acceptor;
pub(crate) use stream::{Streams, Told};
pub use websocket::Socket;
