//! `tandem demo`: a practice organization whose customers, agents and supervisors call each other over SIP on loopback,
//! so that there is something to look at within a minute.
//!
//! The synthetic side uses what everybody uses: SIP, RTP and the HTTP API.
//! All of it runs as one future, so that it ends at once when it is dropped.

mod agent;
mod client;
mod customers;
mod desk;
mod exchange;
mod greeting;
mod history;
mod mouth;
pub mod people;
mod phones;
mod practice;
mod supervisor;
mod voice;

use std::{
    convert::Infallible,
    fs,
    future::{Future, pending},
    io::Write as _,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
};

use anyhow::{Context, bail};
use futures::future::{FutureExt as _, LocalBoxFuture, join_all};
use rand::{SeedableRng, rngs::StdRng};
use store::Store;

use self::{
    agent::Agent,
    client::Client,
    customers::Customers,
    desk::Desk,
    exchange::Exchange,
    people::{ADMINISTRATOR, PASSWORD, PEOPLE, Team},
    phones::Phones,
    supervisor::Supervisor,
};
use crate::{
    bootstrap, clock,
    config::{Config, Log},
    wire::{self, StopSignals},
};

/// Every practice goes the same way, as far as people's timing lets it.
const SEED: u64 = 20_261_121;

/// `tandem demo`.
pub async fn run(config: Config, data: &Path) -> anyhow::Result<()> {
    let config = configured(config, data)?;
    wire::log(&config)?;
    let signals = StopSignals::listen()?;
    let demo = Demo::start(&config, data).await?;
    let mut out = std::io::stdout();
    write!(out, "{}", greeting::text(demo.http, demo.sip, data))?;
    out.flush()?;
    demo.until_told_to_stop(signals).await?;
    println!("The practice is closed; its data stays in {}.", data.display());
    Ok(())
}

/// Everything in the data directory, everything on loopback.
pub fn configured(mut config: Config, data: &Path) -> anyhow::Result<Config> {
    config.database.url = format!("sqlite://{}?mode=rwc", data.join("organization.db").display());
    config.journal.path = data.join("journal.db");
    config.recordings.url = format!("file://{}", data.join("recordings").display());
    config.auth.signing_key_path = None;
    config.bootstrap.admin_username = ADMINISTRATOR.to_owned();
    config.bootstrap.admin_password = Some(PASSWORD.to_owned());
    if config.log.filter == Log::default().filter {
        config.log.filter = "warn".to_owned();
    }
    let listens = [
        Some(config.http.listen.ip()),
        Some(config.sip.listen_udp.ip()),
        config.sip.listen_tcp.map(|listen| listen.ip()),
        config.sip.tls.as_ref().map(|tls| tls.listen.ip()),
        Some(config.media.bind),
    ];
    if listens.into_iter().flatten().any(|address| !address.is_loopback()) {
        bail!("the practice has passwords that everybody knows: it listens on loopback addresses only");
    }
    Ok(config)
}

/// A running practice.
pub struct Demo {
    pub http: SocketAddr,
    pub sip: SocketAddr,
    running: wire::Running,
    played: Played,
    /// They answer goodbyes until the very end.
    sides: [signaling::Handle; 2],
}

/// The synthetic side, before it moves.
struct Played {
    server: SocketAddr,
    customers: Customers,
    phones: Phones,
    agents: Vec<Agent>,
    supervisors: Vec<Supervisor>,
    /// People who are left to the reader, and are there for work once.
    free: Vec<Client>,
}

impl Demo {
    pub async fn start(config: &Config, data: &Path) -> anyhow::Result<Self> {
        fs::create_dir_all(data).with_context(|| format!("making {}", data.display()))?;
        let carrier = Exchange::start(customers::CARRIER).await?;
        prepare(config, data, carrier.address()).await?;
        let running =
            wire::start_with(config, console::Start { practice: Some(people::for_pages()) }).await?;
        let (http, sip) = (running.http, running.sip);
        greeting::prepare_baresip(data, sip)?;
        let desks = Exchange::start(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await?;
        let sides = [carrier.signaling(), desks.signaling()];
        let phones = Phones::new(desks);
        let customers = Customers::new(carrier, SEED);
        let played = Played::new(http, sip, customers, phones)?;
        Ok(Self { http, sip, running, played, sides })
    }

    /// Plays until Ctrl-C or SIGTERM, or until the server cannot go on.
    pub async fn until_told_to_stop(self, signals: StopSignals) -> anyhow::Result<()> {
        let mut also = StopSignals::listen()?;
        let playing = async {
            tokio::select! {
                () = self.played.play() => {}
                () = also.told() => {}
            }
            pending::<Infallible>().await
        };
        let ended = tokio::select! {
            ended = self.running.until_told_to_stop(signals) => ended,
            never = playing => match never {},
        };
        stop(&self.sides).await;
        ended
    }

    /// Plays until that is over, then stops.
    pub async fn play_until(self, over: impl Future<Output = ()>) -> anyhow::Result<()> {
        tokio::select! {
            () = self.played.play() => {}
            () = over => {}
        }
        let ended = self.running.stop().await;
        stop(&self.sides).await;
        ended
    }
}

async fn stop(sides: &[signaling::Handle]) {
    for side in sides {
        side.stop().await;
    }
}

/// The rows, before the server reads them.
async fn prepare(config: &Config, data: &Path, carrier: SocketAddr) -> anyhow::Result<()> {
    let store = Store::connect(&config.database.url).await.context("the practice's database")?;
    let now = clock::start()();
    bootstrap::prepare(config, &store, now).await?;
    practice::prepare(&store, &config.sip.realm, carrier, now).await?;
    history::prepare(&store, data, now, SEED).await?;
    store.close().await.context("closing the practice's database")
}

impl Played {
    fn new(http: SocketAddr, sip: SocketAddr, customers: Customers, phones: Phones) -> anyhow::Result<Self> {
        let connections = client::connections()?;
        let (mut agents, mut supervisors, mut free) = (Vec::new(), Vec::new(), Vec::new());
        for (seed, person) in (SEED..).zip(PEOPLE) {
            let client = Client::new(connections.clone(), http, person.username);
            if person.is_free_agent() {
                free.push(client);
                continue;
            }
            let watched = phones.watch(person.username).filter(|_| person.played == people::Played::ByUs);
            let Some(phone) = watched else { continue };
            let desk = Desk { client, phone, dice: StdRng::seed_from_u64(seed) };
            if person.is_supervisor() {
                supervisors.push(Supervisor { desk, coached: supervisors.len() });
            } else {
                let is_specialist = person.team == Some(Team::TierTwo);
                // An even step through the plans, so that the first calls of the first agents are handed over.
                agents.push(Agent { desk, calls: 2 * agents.len(), is_specialist });
            }
        }
        Ok(Self { server: sip, customers, phones, agents, supervisors, free })
    }

    async fn play(self) {
        let mut playing: Vec<LocalBoxFuture<'static, ()>> = vec![
            self.customers.call(self.server).boxed_local(),
            self.phones.serve(self.server).boxed_local(),
        ];
        playing.extend(self.agents.into_iter().map(|agent| agent.work().boxed_local()));
        playing.extend(self.supervisors.into_iter().map(|supervisor| supervisor.work().boxed_local()));
        playing.extend(self.free.into_iter().map(|client| be_there(client).boxed_local()));
        join_all(playing).await;
    }
}

async fn be_there(mut client: Client) {
    if let Err(error) = client.be_available().await {
        tracing::warn!(error.message = %error, "somebody of the practice is not there for work");
    }
}
