//! TCP and TLS connections: ours to others, and theirs to us.

use std::{collections::HashMap, io, path::PathBuf, sync::Arc, time::Duration};

use bytes::{Bytes, BytesMut};
use terms::UserId;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpStream,
    sync::{OnceCell, mpsc, oneshot},
    task::spawn_blocking,
    time::timeout,
};
use tokio_rustls::{TlsAcceptor, TlsConnector, rustls::pki_types::ServerName};

use super::{
    frame::{Frame, next},
    secure::connector,
};
use crate::{Transport, wire::Flow};

/// Connections at one time; past that new ones are closed at once.
const STREAMS_MAX: usize = 8192;
/// Messages that may wait for one connection; past that it is closed, since nobody reads it.
const WAITING_MAX: usize = 256;
const CONNECT: Duration = Duration::from_secs(5);
/// A connection on which nothing is heard for this long is closed.
const IDLE: Duration = Duration::from_secs(3600);
/// A message that has begun must be whole within this.
const UNFINISHED: Duration = Duration::from_secs(20);

/// What the connections tell the loop.
#[derive(Debug)]
pub(crate) enum Told {
    Message(Flow, Bytes),
    Closed(Flow, u64),
    /// A browser's socket was accepted elsewhere, and whose it is; the answer is its number and what to send on it.
    Entered(Flow, UserId, oneshot::Sender<(u64, mpsc::Receiver<Bytes>)>),
}

struct Stream {
    id: u64,
    waiting: mpsc::Sender<Bytes>,
}

/// Every connection, by the address at its other end.
pub(crate) struct Streams {
    open: HashMap<Flow, Stream>,
    count: u64,
    tell: mpsc::Sender<Told>,
    acceptor: Option<TlsAcceptor>,
    trust: Arc<Trust>,
}

/// Whom we trust where we connect; read from disk when first needed.
struct Trust {
    authorities: Option<PathBuf>,
    connector: OnceCell<TlsConnector>,
}

impl Trust {
    async fn connector(&self) -> io::Result<&TlsConnector> {
        let authorities = self.authorities.clone();
        let load = || async move {
            spawn_blocking(move || connector(authorities.as_deref())).await.map_err(io::Error::other)?
        };
        self.connector.get_or_try_init(load).await
    }
}

impl Streams {
    pub(crate) fn new(
        tell: mpsc::Sender<Told>,
        acceptor: Option<TlsAcceptor>,
        authorities: Option<PathBuf>,
    ) -> Self {
        let trust = Arc::new(Trust { authorities, connector: OnceCell::new() });
        Self { open: HashMap::new(), count: 0, tell, acceptor, trust }
    }

    /// Sends, connecting first where there is no connection; false when that cannot be.
    /// `name` is what the far end must prove to be on TLS, else its address.
    pub(crate) fn send(&mut self, flow: Flow, bytes: Bytes, name: impl FnOnce() -> Option<String>) -> bool {
        if let Some(stream) = self.open.get(&flow) {
            return stream.waiting.try_send(bytes).is_ok();
        }
        if flow.transport == Transport::Ws {
            // Nobody can connect to a browser.
            return false;
        }
        let Some((id, outbox)) = self.enter(flow) else { return false };
        let (tell, trust, name) = (self.tell.clone(), Arc::clone(&self.trust), name());
        tokio::spawn(async move {
            if let Err(error) = connect(flow, name, &trust, outbox, &tell).await {
                tracing::debug!(%error, "a SIP connection failed");
            }
            let _ = tell.send(Told::Closed(flow, id)).await;
        });
        self.open.get(&flow).is_some_and(|stream| stream.waiting.try_send(bytes).is_ok())
    }

    pub(crate) fn accepted(&mut self, flow: Flow, stream: TcpStream) {
        let Some((id, outbox)) = self.enter(flow) else { return };
        let tell = self.tell.clone();
        let acceptor = self.acceptor.clone().filter(|_| flow.transport == Transport::Tls);
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            match acceptor {
                None => serve(stream, flow, outbox, &tell).await,
                Some(acceptor) => {
                    if let Ok(Ok(stream)) = timeout(CONNECT, acceptor.accept(stream)).await {
                        serve(stream, flow, outbox, &tell).await;
                    }
                }
            }
            let _ = tell.send(Told::Closed(flow, id)).await;
        });
    }

    /// A browser's socket: whoever accepted it gets what to send on it; false when there are too many already.
    pub(crate) fn entered(
        &mut self,
        flow: Flow,
        reply: oneshot::Sender<(u64, mpsc::Receiver<Bytes>)>,
    ) -> bool {
        match self.enter(flow) {
            Some(entered) => reply.send(entered).is_ok(),
            None => false,
        }
    }

    fn enter(&mut self, flow: Flow) -> Option<(u64, mpsc::Receiver<Bytes>)> {
        if self.open.len() >= STREAMS_MAX {
            tracing::warn!("too many SIP connections; a new one is refused");
            return None;
        }
        self.count += 1;
        let (waiting, outbox) = mpsc::channel(WAITING_MAX);
        self.open.insert(flow, Stream { id: self.count, waiting });
        Some((self.count, outbox))
    }

    /// Forgets a connection; false when its place was taken by a newer one.
    pub(crate) fn closed(&mut self, flow: &Flow, id: u64) -> bool {
        let own = self.open.get(flow).is_some_and(|stream| stream.id == id);
        if own {
            self.open.remove(flow);
        }
        own
    }

    /// Closes a connection that does not take what we send.
    pub(crate) fn close(&mut self, flow: &Flow) -> bool {
        self.open.remove(flow).is_some()
    }
}

async fn connect(
    flow: Flow,
    name: Option<String>,
    trust: &Trust,
    outbox: mpsc::Receiver<Bytes>,
    tell: &mpsc::Sender<Told>,
) -> io::Result<()> {
    let late = |_| io::Error::from(io::ErrorKind::TimedOut);
    let stream = timeout(CONNECT, TcpStream::connect(flow.remote)).await.map_err(late)??;
    stream.set_nodelay(true)?;
    if flow.transport == Transport::Tls {
        let name = name.unwrap_or_else(|| flow.remote.ip().to_string());
        let name = ServerName::try_from(name).map_err(io::Error::other)?;
        let connector = trust.connector().await?;
        let stream = timeout(CONNECT, connector.connect(name, stream)).await.map_err(late)??;
        serve(stream, flow, outbox, tell).await;
    } else {
        serve(stream, flow, outbox, tell).await;
    }
    Ok(())
}

/// Reads and writes until either end has had enough.
async fn serve(
    stream: impl AsyncRead + AsyncWrite,
    flow: Flow,
    mut outbox: mpsc::Receiver<Bytes>,
    tell: &mpsc::Sender<Told>,
) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut data = BytesMut::with_capacity(4096);
    loop {
        let patience = if data.is_empty() { IDLE } else { UNFINISHED };
        tokio::select! {
            read = timeout(patience, reader.read_buf(&mut data)) => {
                if !matches!(read, Ok(Ok(1..))) {
                    return;
                }
                if take_messages(&mut data, flow, tell, &mut writer).await.is_err() {
                    return;
                }
            }
            bytes = outbox.recv() => {
                let Some(bytes) = bytes else { return };
                if writer.write_all(&bytes).await.is_err() || writer.flush().await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn take_messages(
    data: &mut BytesMut,
    flow: Flow,
    tell: &mpsc::Sender<Told>,
    writer: &mut (impl AsyncWriteExt + Unpin),
) -> io::Result<()> {
    let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
    loop {
        match next(data) {
            Frame::More => return Ok(()),
            Frame::Ping => {
                let _ = data.split_to(4);
                writer.write_all(b"\r\n").await?;
                writer.flush().await?;
            }
            Frame::Blank(bytes) => {
                let _ = data.split_to(bytes);
            }
            Frame::Message(bytes) => {
                let message = data.split_to(bytes).freeze();
                tell.send(Told::Message(flow, message)).await.map_err(gone)?;
            }
            Frame::Broken(bytes) => {
                // What there is may be enough to answer; then the connection is of no more use.
                let message = data.split_to(bytes).freeze();
                tell.send(Told::Message(flow, message)).await.map_err(gone)?;
                tokio::time::sleep(Duration::from_millis(200)).await;
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    }
}
