//! 1,000 agents and 5,000 customers on real signaling without sound, for a minute; ten with LONG=1.
//! A failure prints its seed; `CROWD_SEED` deals the same dice again.

use scenarios::{
    crowd::{self, Plan},
    stage::skip::where_installed,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_crowd_is_never_booked_twice_nor_rung_while_away_and_leaves_nothing_behind() {
    let told = std::env::var("CROWD_SEED").ok().and_then(|text| text.parse().ok());
    let seed: u64 = told.unwrap_or_else(rand::random);
    let is_long = std::env::var_os("LONG").is_some_and(|value| value != "0");
    let plan = if is_long { Plan::LONG } else { Plan::MINUTE };
    match where_installed(crowd::run(seed, plan).await) {
        Ok(Some(tally)) => println!("seed {seed}: {tally:?}"),
        Ok(None) => {}
        Err(error) => panic!("CROWD_SEED={seed} deals the same dice\n{error}"),
    }
}
