//! Wiring: makes every part and joins them; the order of starting is the order of stopping, backwards.

use std::{net::SocketAddr, sync::Arc};

use access::VerifyingKeys;
use anyhow::Context;
use callcontrol::Organization;
use store::{Journal, Store};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::JoinHandle,
};

use crate::{
    authority, bootstrap,
    clock::{self, Clock},
    config::{Config, LogFormat},
    upkeep::Upkeep,
};

/// A running server.
pub struct Running {
    pub http: SocketAddr,
    pub sip: SocketAddr,
    pub clock: Clock,
    pub calls: callcontrol::Handle,
    pub store: Store,
    api: api::Running,
    journal: Journal,
    signaling: signaling::Handle,
    media: media::Handle,
    shard: JoinHandle<Result<(), callcontrol::DriveError>>,
    stop_projector: watch::Sender<bool>,
    projector: JoinHandle<()>,
    upkeep: JoinHandle<()>,
}

/// `tandem serve`.
pub async fn serve(config: Config) -> anyhow::Result<()> {
    log(&config)?;
    let signals = StopSignals::listen()?;
    let running = start(&config).await?;
    println!("tandem ready http={} sip={}", running.http, running.sip);
    running.until_told_to_stop(signals).await
}

/// SIGTERM and Ctrl-C, heard from here on: whoever is told to stop while they start, or at the moment they are ready, stops in order.
pub struct StopSignals {
    terminate: Signal,
    interrupt: Signal,
}

impl StopSignals {
    pub fn listen() -> anyhow::Result<Self> {
        let (terminate, interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        Ok(Self { terminate, interrupt })
    }

    pub(crate) async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Log lines go to standard error. The SIP library logs whole messages, so its target is off.
pub fn log(config: &Config) -> anyhow::Result<()> {
    let filter = format!("{},rsipstack=off", config.log.filter);
    let filter = tracing_subscriber::EnvFilter::try_new(filter).context("log.filter cannot be read")?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match config.log.format {
        LogFormat::Text => lines.try_init(),
        LogFormat::Json => lines.json().try_init(),
    }
    .map_err(|error| anyhow::anyhow!("logging cannot start: {error}"))
}

pub async fn start(config: &Config) -> anyhow::Result<Running> {
    start_with(config, console::Start::default()).await
}

/// With what the console's pages are told before anybody has signed in.
pub async fn start_with(config: &Config, pages: console::Start) -> anyhow::Result<Running> {
    let clock = clock::start();
    let metrics = metrics_exporter_prometheus::PrometheusBuilder::new()
        .install_recorder()
        .context("metrics cannot start")?;
    let store = Store::connect(&config.database.url).await.context("the database (database.url)")?;
    if let Some(password) = bootstrap::prepare(config, &store, clock()).await? {
        println!(
            "the first administrator is {}, password {password} (said once)",
            config.bootstrap.admin_username
        );
    }
    let rows = store.load_organization().await?;
    let organization = Arc::new(Organization::from_rows(&rows));
    let journal = Journal::open(&config.journal.path).await.context("the journal (journal.path)")?;
    let (media, sounds) = media::Handle::start(media_config(config)).context("media")?;
    callcontrol::prompts::bring(&rows, &store, &media).await.context("the uploaded prompts")?;
    let (signaling, wires) =
        signaling::Handle::start(config.sip.clone(), organization.phonebook()).await.context("SIP")?;
    let sip = signaling.addresses().udp;
    let parts = callcontrol::Parts {
        journal: journal.clone(),
        organization,
        signaling: signaling.clone(),
        wires,
        media: media.clone(),
        sounds,
        clock: clock.clone(),
    };
    let (calls, shard) = callcontrol::start(parts).await.context("recovering the calls of the former run")?;
    let (stop_projector, stopped) = watch::channel(false);
    let projector = reporting::Projector::new(journal.clone(), store.clone());
    let upkeep = Upkeep {
        metrics: metrics.clone(),
        journal: journal.clone(),
        store: store.clone(),
        clock: clock.clone(),
        shipped: projector.shipped(),
        keep_days: config.journal.keep_days,
        messages: config.messages(),
    };
    let upkeep = tokio::spawn(upkeep.run());
    let projector = tokio::spawn(projector.run(stopped));
    let signing = Arc::new(bootstrap::signing_key(&config.signing_key_path())?);
    let api = api::serve_with(
        authority::with_certificate(config, clock())?,
        wiring(config, &clock, &store, (&calls, &signaling), &journal, signing, metrics)?,
        console::pages(pages),
    )
    .await
    .with_context(|| format!("HTTP on {}", config.http.listen))?;
    let http = api.address();
    Ok(Running {
        http,
        sip,
        clock,
        calls,
        store,
        api,
        journal,
        signaling,
        media,
        shard,
        stop_projector,
        projector,
        upkeep,
    })
}

/// Where the media address is not configured apart, it is the one the whole server is reached under.
fn media_config(config: &Config) -> media::Config {
    media::Config {
        advertise: config.media.advertise.or(config.sip.external_address),
        messages: config.messages(),
        ..config.media.clone()
    }
}

/// What reports and boards count from.
fn archive(config: &Config, store: &Store) -> reporting::ledger::Archive {
    let memory = config.reports.archive_memory_mb.saturating_mul(1 << 20);
    reporting::ledger::Archive::new(store.clone()).kept_in(config.archive_directory(), memory)
}

fn wiring(
    config: &Config,
    clock: &Clock,
    store: &Store,
    (calls, signaling): (&callcontrol::Handle, &signaling::Handle),
    journal: &Journal,
    signing: Arc<access::SigningKey>,
    metrics: metrics_exporter_prometheus::PrometheusHandle,
) -> anyhow::Result<api::Wiring> {
    Ok(api::Wiring {
        store: store.clone(),
        archive: Arc::new(archive(config, store)),
        calls: calls.clone(),
        signaling: signaling.clone(),
        journal: journal.clone(),
        verifying: VerifyingKeys::new([&*signing])?,
        signing,
        clock: clock.clone(),
        sip_realm: config.sip.realm.clone(),
        messages: config.messages(),
        outgoing: api::Outgoing {
            exports: config.exports.clone(),
            delivery: config.delivery.clone(),
            mail: config.mail.clone(),
        },
        metrics: Arc::new(move || metrics.render()),
        not_ready: Arc::new(|| None),
    })
}

impl Running {
    pub async fn until_told_to_stop(mut self, mut signals: StopSignals) -> anyhow::Result<()> {
        tokio::select! {
            () = signals.told() => {}
            ended = &mut self.shard => {
                // Facts can no longer be made durable: stop now; the next start closes the books from the journal.
                ended.context("the shard ended")??;
                anyhow::bail!("the shard ended by itself");
            }
        }
        tracing::info!("stopping: every call ends now");
        self.stop().await
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.upkeep.abort();
        self.api.stop().await;
        // Nobody is left to answer when the shard has gone already.
        let _ = self.calls.stop().await;
        drop(self.calls);
        self.shard.await.context("the shard")??;
        self.stop_projector.send_replace(true);
        self.projector.await.context("the projector")?;
        self.signaling.stop().await;
        self.media.stop().await;
        self.journal.close().await;
        self.store.close().await.context("closing the database")
    }
}
