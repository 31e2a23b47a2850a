//! The HTTP server: starts, says where it listens, stops.

use std::{io, net::SocketAddr, sync::Arc};

use actix_web::{
    App, HttpServer,
    dev::ServerHandle,
    web::{Data, ServiceConfig},
};
use tokio::task::JoinHandle;

use crate::{
    board,
    faces::{Config, Faces, Wiring},
    live, outgoing, secure, table,
};

/// How long a stopping server waits for requests under way.
const STOP_SECONDS: u64 = 5;

/// A server that serves.
#[derive(Debug)]
pub struct Running {
    address: SocketAddr,
    handle: ServerHandle,
    task: JoinHandle<io::Result<()>>,
    feed: JoinHandle<()>,
    board: JoinHandle<()>,
    outgoing: JoinHandle<()>,
    secure: Option<(SocketAddr, JoinHandle<()>)>,
}

impl Running {
    /// The real address when configured with port 0.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where HTTPS is served, if it is.
    pub fn secure_address(&self) -> Option<SocketAddr> {
        self.secure.as_ref().map(|(address, _)| *address)
    }

    /// Lets requests under way finish, for a few seconds, and closes the sockets.
    pub async fn stop(self) {
        if let Some((_, secure)) = &self.secure {
            secure.abort();
        }
        self.handle.stop(true).await;
        self.feed.abort();
        self.board.abort();
        self.outgoing.abort();
        if let Ok(Err(error)) = self.task.await {
            tracing::warn!(error.message = %error, "the HTTP server did not end well");
        }
    }
}

/// Mounts pages that stand beside the API on the same address.
pub type Pages = Arc<dyn Fn(&mut ServiceConfig) + Send + Sync>;

/// Serves until stopped. Must be called within a tokio runtime.
pub async fn serve(config: Config, wiring: Wiring) -> io::Result<Running> {
    serve_with(config, wiring, Arc::new(|_| {})).await
}

/// The API, and pages beside it.
pub async fn serve_with(config: Config, wiring: Wiring, pages: Pages) -> io::Result<Running> {
    let (listen, workers, tls) = (config.listen, config.workers.max(1), config.tls.clone());
    let faces = Data::new(Faces::new(config, wiring).await.map_err(io::Error::other)?);
    let feed = tokio::spawn(live::follow(faces.live.clone(), faces.calls.clone()));
    let board = tokio::spawn(board::follow(Data::clone(&faces).into_inner()));
    let outgoing = tokio::spawn(outgoing::follow(Data::clone(&faces).into_inner()));
    let behind = Data::clone(&faces);
    let server = HttpServer::new(move || {
        App::new().app_data(Data::clone(&faces)).configure(|config| pages(config)).configure(table::mount_all)
    })
    .workers(workers)
    .shutdown_timeout(STOP_SECONDS)
    .disable_signals()
    .bind(listen)?;
    let address = server.addrs().first().copied().unwrap_or(listen);
    let secure = match &tls {
        Some(tls) => Some(secure::serve(tls, address, Arc::clone(&behind.secure_callers)).await?),
        None => None,
    };
    if let Some((address, _)) = &secure {
        // Set once: there is one server.
        let _ = behind.secure_address.set(*address);
    }
    let server = server.run();
    let handle = server.handle();
    let task = tokio::spawn(server);
    Ok(Running { address, handle, task, feed, board, outgoing, secure })
}
