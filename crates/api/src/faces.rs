//! Faces: what every handler works with. Nothing here is a call's own state: that stands in call control.

use std::{
    fmt,
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use access::{Granted, Permission, Principal, Reach, Scope, SigningKey, VerifyingKeys};
use actix_web::HttpRequest;
use callcontrol::{Handle, Organization};
use reporting::ledger::Archive;
use store::{Journal, OrganizationRows, PermissionSetRow, Store};
use terms::{Timestamp, UserId};
use tokio::sync::{Mutex, Semaphore, watch};

use crate::{
    board::Board,
    idempotency::Remembered,
    live::Live,
    outgoing::{Outgoing, exports::Jobs, schedules::Turns},
    problem::Problem,
    revoked::Revoked,
    secure::{SecureCallers, Tls},
    softphones::Softphones,
    test_calls::Book,
    throttle::Throttle,
    whatif::Simulations,
};

/// Passwords hashed at the same time: each takes a core and 19 MiB for some 20 ms.
const HASHES_MAX: usize = 2;

/// The `http` section of the configuration file.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Where HTTP is served; port 0 takes a free one.
    pub listen: SocketAddr,
    /// How long an access token lives.
    pub access_token_seconds: u32,
    /// Threads that serve requests.
    pub workers: usize,
    /// HTTPS beside it; unset: not served.
    pub tls: Option<Tls>,
    /// How long what `POST /v1/me/softphone` answers opens SIP sockets; an open one stays.
    pub softphone_credential_seconds: u32,
    /// STUN and TURN servers that browsers are told of; none are needed where they reach the media ports.
    pub ice_servers: Vec<IceServer>,
}

/// One server that helps browsers through firewalls, as WebRTC writes it (RTCIceServer).
#[derive(Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct IceServer {
    /// Like `turn:turn.example.org:3478?transport=tcp`.
    pub urls: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credential: Option<String>,
}

impl fmt::Debug for IceServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IceServer").field("urls", &self.urls).finish_non_exhaustive()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            access_token_seconds: 900,
            workers: 2,
            tls: None,
            softphone_credential_seconds: 3_600,
            ice_servers: Vec::new(),
        }
    }
}

pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// What the faces are connected to.
#[derive(Clone)]
pub struct Wiring {
    pub store: Store,
    /// What reports and boards count from; nobody else has its directory.
    pub archive: Arc<Archive>,
    pub calls: Handle,
    /// Takes in the sockets of browsers.
    pub signaling: signaling::Handle,
    /// For conversations that have ended lately, and commands that had their effect before a restart.
    pub journal: Journal,
    pub signing: Arc<SigningKey>,
    pub verifying: VerifyingKeys,
    pub clock: Clock,
    /// The realm of SIP digests: the hashes of new phones are made for it.
    pub sip_realm: String,
    /// Where media writes the messages of callers.
    pub messages: std::path::PathBuf,
    /// What may leave the house by itself, and how.
    pub outgoing: Outgoing,
    /// The metrics in Prometheus' text format.
    pub metrics: Arc<dyn Fn() -> String + Send + Sync>,
    /// Why calls may not be taken now; none is ready.
    pub not_ready: Arc<dyn Fn() -> Option<String> + Send + Sync>,
}

/// What every handler works with.
pub struct Faces {
    pub(crate) store: Store,
    pub(crate) archive: Arc<Archive>,
    pub(crate) messages: std::path::PathBuf,
    pub(crate) calls: Handle,
    pub(crate) signaling: signaling::Handle,
    pub(crate) journal: Journal,
    pub(crate) live: Arc<Live>,
    pub(crate) board: Board,
    pub(crate) outgoing: Outgoing,
    pub(crate) exports: Jobs,
    pub(crate) turns: Turns,
    pub(crate) simulations: Arc<Simulations>,
    pub(crate) test_calls: Book,
    pub(crate) signing: Arc<SigningKey>,
    pub(crate) verifying: VerifyingKeys,
    pub(crate) config: Config,
    pub(crate) sip_realm: String,
    pub(crate) metrics: Arc<dyn Fn() -> String + Send + Sync>,
    pub(crate) not_ready: Arc<dyn Fn() -> Option<String> + Send + Sync>,
    pub(crate) remembered: Remembered,
    pub(crate) revoked: Revoked,
    pub(crate) softphones: Softphones,
    pub(crate) secure_callers: Arc<SecureCallers>,
    /// Where HTTPS is served, once it is.
    pub(crate) secure_address: OnceLock<SocketAddr>,
    pub(crate) failures: Failures,
    pub(crate) hashing: Semaphore,
    clock: Clock,
    organization: watch::Sender<Arc<OrganizationRows>>,
    /// The store's version, moved by every change made in this process.
    moved: watch::Receiver<i64>,
    /// Held while rows are read anew, so that an older reading never replaces a newer one.
    refreshing: Mutex<()>,
}

/// Failures to sign in.
#[derive(Debug)]
pub(crate) struct Failures {
    pub(crate) both: Throttle,
    pub(crate) name: Throttle,
    pub(crate) address: Throttle,
}

impl Default for Failures {
    fn default() -> Self {
        Self {
            both: Throttle::new(10, 30_000),
            name: Throttle::new(100, 5_000),
            address: Throttle::new(100, 3_000),
        }
    }
}

impl fmt::Debug for Faces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faces").field("config", &self.config).finish_non_exhaustive()
    }
}

impl Faces {
    pub(crate) async fn new(config: Config, wiring: Wiring) -> Result<Self, store::StoreError> {
        let rows = wiring.store.load_organization().await?;
        Ok(Self {
            moved: wiring.store.watch_organization(),
            archive: wiring.archive,
            store: wiring.store,
            live: Arc::new(Live::new((wiring.clock)())),
            board: Board::default(),
            messages: wiring.messages,
            outgoing: wiring.outgoing,
            exports: Jobs::default(),
            turns: Turns::default(),
            simulations: Arc::default(),
            test_calls: Book::default(),
            calls: wiring.calls,
            signaling: wiring.signaling,
            journal: wiring.journal,
            signing: wiring.signing,
            verifying: wiring.verifying,
            config,
            sip_realm: wiring.sip_realm,
            metrics: wiring.metrics,
            not_ready: wiring.not_ready,
            remembered: Remembered::default(),
            revoked: Revoked::default(),
            softphones: Softphones::default(),
            secure_callers: Arc::default(),
            secure_address: OnceLock::new(),
            failures: Failures::default(),
            hashing: Semaphore::new(HASHES_MAX),
            clock: wiring.clock,
            organization: watch::Sender::new(Arc::new(rows)),
            refreshing: Mutex::default(),
        })
    }

    /// Who is at the far end of a request, TLS of ours in between or not.
    pub(crate) fn caller_address(&self, request: &HttpRequest) -> Option<SocketAddr> {
        let peer = request.peer_addr()?;
        Some(self.secure_callers.of(peer).unwrap_or(peer))
    }

    pub(crate) fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// For threads and tasks of their own.
    pub(crate) fn clock(&self) -> Clock {
        Arc::clone(&self.clock)
    }

    /// The organization's rows as of the last change made in this process.
    pub(crate) fn organization(&self) -> Arc<OrganizationRows> {
        self.organization.borrow().clone()
    }

    /// Reads the rows anew where they have moved, so that a change is live before its request is answered.
    pub(crate) async fn refresh(&self) -> Result<(), Problem> {
        if *self.moved.borrow() <= self.organization().version {
            return Ok(());
        }
        let _turn = self.refreshing.lock().await;
        if *self.moved.borrow() <= self.organization().version {
            return Ok(());
        }
        let rows = self.store.load_organization().await?;
        self.calls.bring_prompts(&rows, &self.store).await?;
        self.calls
            .set_organization(Organization::from_rows(&rows))
            .await
            .map_err(|_| Problem::overloaded())?;
        self.organization.send_replace(Arc::new(rows));
        Ok(())
    }

    /// What this user or API client may do, as of now. An API client acts under its own id.
    pub(crate) fn principal(&self, user: UserId) -> Option<Principal> {
        self.calls.organization().principal(user)
    }
}

/// A set that cannot be read grants nothing.
pub(crate) fn read_set(row: &PermissionSetRow) -> Granted {
    let grants: Vec<Permission> = serde_json::from_value(row.grants.clone()).unwrap_or_default();
    let nowhere = Scope { teams: Reach::Only(Default::default()), queues: Reach::Only(Default::default()) };
    let scope = serde_json::from_value(row.scope.clone()).unwrap_or(nowhere);
    Granted { grants: grants.into_iter().collect(), scope }
}
