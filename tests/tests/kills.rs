//! `kill -9` of the real server at seeded moments, and what it remembers: 4 kills, 100 with LONG=1.
//! A failure prints its seed; `KILLS_SEED` tells that run again.

use scenarios::{
    kills,
    stage::{Result, postgres::Postgres, skip::where_installed},
};

fn is_long() -> bool {
    std::env::var_os("LONG").is_some_and(|value| value != "0")
}

fn seed() -> u64 {
    let told = std::env::var("KILLS_SEED").ok().and_then(|text| text.parse().ok());
    told.unwrap_or_else(rand::random)
}

async fn told(seed: u64, kills: u32, database: Option<String>) {
    let played: Result<()> = kills::run(seed, kills, database).await;
    if let Err(error) = where_installed(played) {
        panic!("KILLS_SEED={seed} tells it again\n{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_remembers_every_call_once_closes_it_truthfully_and_goes_on() {
    let seed = seed();
    let (lives, kills) = if is_long() { (9, 10) } else { (1, 4) };
    for life in 0..lives {
        told(seed.wrapping_add(life), kills, None).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_with_its_records_in_postgres_remembers_them_as_well() {
    if !is_long() {
        return;
    }
    let Some(postgres) = where_installed(Postgres::start()).unwrap() else { return };
    told(seed(), 10, Some(postgres.database("tandem").unwrap())).await;
}
