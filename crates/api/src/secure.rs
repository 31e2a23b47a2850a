//! Secure: HTTPS and WSS in front of the HTTP server, for browsers, which give a page the microphone on nothing less.
//!
//! TLS ends here and the bytes go on to the HTTP listener; who is really calling is kept beside, by the address of the
//! inner connection.

use std::{
    collections::HashMap,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
    task::JoinHandle,
    time::timeout,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        ServerConfig,
        crypto::aws_lc_rs,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    },
};

/// Connections at one time; further ones wait to be accepted.
const CONNECTIONS_MAX: usize = 8_192;
const HANDSHAKE: Duration = Duration::from_secs(5);
/// How long to leave it when the system gives us no further connection.
const BREATH: Duration = Duration::from_millis(50);

/// The `http.tls` section of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tls {
    /// Where HTTPS is served beside HTTP, usually port 8443.
    pub listen: SocketAddr,
    /// PEM files: our certificate with its chain, and its key.
    /// Left out, the binary makes them with an authority of its own.
    #[serde(default)]
    pub certificate: Option<PathBuf>,
    #[serde(default)]
    pub key: Option<PathBuf>,
}

/// Who is at the far end of the connections that came over TLS, by the address that the HTTP server sees.
#[derive(Debug, Default)]
pub(crate) struct SecureCallers {
    /// Held for a look-up, never across an await.
    callers: Mutex<HashMap<SocketAddr, SocketAddr>>,
}

impl SecureCallers {
    /// The far end of a connection over TLS; none for any other connection.
    pub(crate) fn of(&self, peer: SocketAddr) -> Option<SocketAddr> {
        self.lock().get(&peer).copied()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, SocketAddr>> {
        self.callers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn wrong(error: impl std::error::Error + Send + Sync + 'static) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, error)
}

fn acceptor(certificate: &Path, key: &Path) -> io::Result<TlsAcceptor> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_file_iter(certificate).map_err(wrong)?.collect();
    let key = PrivateKeyDer::from_pem_file(key).map_err(wrong)?;
    let mut server = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_no_client_auth()
        .with_single_cert(chain.map_err(wrong)?, key)
        .map_err(wrong)?;
    // Sockets are upgraded from HTTP/1.1, and the listener behind speaks nothing else.
    server.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(server)))
}

/// Serves HTTPS in front of `http` until aborted; gives the real address when configured with port 0.
pub(crate) async fn serve(
    tls: &Tls,
    http: SocketAddr,
    callers: Arc<SecureCallers>,
) -> io::Result<(SocketAddr, JoinHandle<()>)> {
    let (Some(certificate), Some(key)) = (&tls.certificate, &tls.key) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "HTTPS needs a certificate and its key"));
    };
    let acceptor = acceptor(certificate, key)?;
    let listener = TcpListener::bind(tls.listen).await?;
    let address = listener.local_addr()?;
    let inside = match http.ip() {
        ip if ip.is_unspecified() => SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), http.port()),
        _ => http,
    };
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let task = tokio::spawn(async move {
        // The semaphore is never closed.
        while let Ok(place) = Arc::clone(&places).acquire_owned().await {
            let (stream, caller) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    tracing::warn!(%error, "an HTTPS connection could not be accepted");
                    tokio::time::sleep(BREATH).await;
                    continue;
                }
            };
            let (acceptor, callers) = (acceptor.clone(), Arc::clone(&callers));
            tokio::spawn(async move {
                if let Err(error) = carry(stream, caller, &acceptor, inside, &callers).await {
                    tracing::debug!(%error, "an HTTPS connection ended badly");
                }
                drop(place);
            });
        }
    });
    Ok((address, task))
}

async fn carry(
    stream: TcpStream,
    caller: SocketAddr,
    acceptor: &TlsAcceptor,
    inside: SocketAddr,
    callers: &SecureCallers,
) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut outer = timeout(HANDSHAKE, acceptor.accept(stream)).await??;
    let mut inner = TcpStream::connect(inside).await?;
    inner.set_nodelay(true)?;
    let own = inner.local_addr()?;
    callers.lock().insert(own, caller);
    let carried = copy_bidirectional(&mut outer, &mut inner).await;
    callers.lock().remove(&own);
    carried.map(drop)
}
