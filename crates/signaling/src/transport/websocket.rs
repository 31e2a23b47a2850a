//! Sockets of browsers (RFC 7118): the HTTP face accepts them and knows whose they are; messages come whole.

use std::net::SocketAddr;

use bytes::Bytes;
use terms::UserId;
use tokio::sync::{mpsc, oneshot};

use super::Told;
use crate::{Transport, handle::Busy, wire::Flow};

/// Keep-alive of RFC 5626 §3.5.1, which some browsers' libraries send although a socket has pings of its own.
const PONG: &[u8] = b"\r\n";

/// One browser's socket, on the side of whoever accepted it.
/// Every request that comes in on it is the user's it was opened for: none is asked for a password.
/// What is told when it is dropped without [`Socket::close`] is told with the next message sent on it.
#[derive(Debug)]
pub struct Socket {
    flow: Flow,
    id: u64,
    tell: mpsc::Sender<Told>,
    outbox: mpsc::Receiver<Bytes>,
}

impl Socket {
    pub(crate) async fn open(
        tell: mpsc::Sender<Told>,
        remote: SocketAddr,
        user: UserId,
    ) -> Result<Self, Busy> {
        let flow = Flow { transport: Transport::Ws, remote };
        let (reply, entered) = oneshot::channel();
        tell.send(Told::Entered(flow, user, reply)).await.map_err(|_| Busy)?;
        let (id, outbox) = entered.await.map_err(|_| Busy)?;
        Ok(Self { flow, id, tell, outbox })
    }

    /// The next message to send; none when the socket is to be closed.
    pub async fn next(&mut self) -> Option<Bytes> {
        self.outbox.recv().await
    }

    /// A message came: what is to be sent at once in return, if anything. Waits while signaling has much to do.
    pub async fn receive(&self, message: Bytes) -> Result<Option<Bytes>, Busy> {
        if message.iter().all(u8::is_ascii_whitespace) {
            return Ok(Some(Bytes::from_static(PONG)));
        }
        self.tell.send(Told::Message(self.flow, message)).await.map_err(|_| Busy)?;
        Ok(None)
    }

    /// The browser is gone.
    pub async fn close(self) {
        // Signaling may have stopped, and then nobody needs to know.
        let _ = self.tell.send(Told::Closed(self.flow, self.id)).await;
    }
}
