//! The wired stage: the real server in a process of its own, phones that speak SIP and RTP, and ears that measure.

mod hearing;
mod people;
mod records;
mod world;

use std::{future::Future, sync::Arc};

use tokio::runtime::Runtime;

pub use people::Person;
pub use world::{NETWORK, Wired};

use super::Stage;
use crate::stage::{Result, server::Setup, skip::where_installed};

/// What no story may exceed in any single wait; the machine may be busy with other things.
pub(crate) const SOON: std::time::Duration = std::time::Duration::from_secs(20);

/// Whether every long story and the full counts were asked for.
pub fn is_long() -> bool {
    std::env::var_os("LONG").is_some_and(|value| value != "0")
}

/// Tells a story on a server of its own. `TANDEM_STORIES_ON=postgres` gives each a Postgres database.
pub fn run(story: impl FnOnce(&Stage)) {
    let on_postgres = std::env::var("TANDEM_STORIES_ON").is_ok_and(|on| on == "postgres");
    if on_postgres { run_on_postgres(story) } else { run_with(Setup::default(), story) }
}

pub fn run_with(setup: Setup, story: impl FnOnce(&Stage)) {
    on_world(setup, |world| story(&Stage::new(world)));
}

pub fn run_on_postgres(story: impl FnOnce(&Stage)) {
    let Some(postgres) = where_installed(crate::stage::postgres::Postgres::start()).unwrap() else { return };
    let database = Some(postgres.database("tandem").unwrap());
    run_with(Setup { database, ..Setup::default() }, story);
}

/// For what only the wired stage can tell: the world itself.
pub fn on_world(setup: Setup, story: impl FnOnce(Arc<Wired>)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let world = runtime.block_on(Wired::start(runtime.handle().clone(), setup));
    let Some(world) = where_installed(world).unwrap() else { return };
    let world = Arc::new(world);
    story(world.clone());
    leave(&runtime, world.close()).unwrap();
}

fn leave<T>(runtime: &Runtime, last: impl Future<Output = Result<T>>) -> Result<T> {
    runtime.block_on(last)
}
