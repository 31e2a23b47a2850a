//! A thousand agents and thousands of customers call, decline, consult, hang up and change their presence at random, over
//! real signaling without sound; and what happened is judged by the server's own records, which must know of everything that
//! the phones saw.

mod bank;
mod evidence;
mod floor;
mod judge;
mod play;
mod wire;

use std::{collections::BTreeMap, time::Duration};

use rand::{SeedableRng, rngs::StdRng};

use crate::stage::{
    Result, StageError,
    server::{Server, Setup},
};

/// How much happens.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    pub agents: usize,
    /// So many of them sign in and consult.
    pub consulting: usize,
    /// Each calls once at least.
    pub customers: usize,
    /// It goes on for so long, and until every customer has called.
    pub lasts: Duration,
    /// Calls at one time.
    pub at_once: usize,
    pub calls_a_second: u32,
}

impl Plan {
    pub const MINUTE: Plan = Plan {
        agents: 1_000,
        consulting: 120,
        customers: 5_000,
        lasts: Duration::from_secs(60),
        at_once: 400,
        calls_a_second: 90,
    };
    pub const LONG: Plan = Plan { lasts: Duration::from_secs(600), ..Plan::MINUTE };
}

/// What happened, in numbers.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub calls: usize,
    /// Calls that the server took up.
    pub let_in: usize,
    pub rings: usize,
    pub answered: usize,
    pub declined: usize,
    pub rung_out: usize,
    pub consults: usize,
    pub consults_refused: usize,
    pub presence_changes: usize,
    /// Rings that a phone saw before the end of its last call, or after the answer to a presence change; the records say
    /// which came first.
    pub crossed: usize,
    /// What was refused after somebody else had been faster, by its code.
    pub refused: BTreeMap<String, usize>,
}

/// Plays it against a server of its own. Everything that is wrong is in the error, with the seed.
pub async fn run(seed: u64, plan: Plan) -> Result<Tally> {
    let mut dice = StdRng::seed_from_u64(seed);
    // Nobody sends sound: silence is no broken wire here.
    let setup = Setup::default()
        .key("media.silent_ms", "3600000")
        .key("media.timeout_ms", "7200000")
        .key("media.port_range", "\"20000-29999\"")
        .key("http.access_token_seconds", "7200");
    let mut server = Server::start(setup).await?;
    let played = played(&server, &plan, &mut dice).await;
    let stopped = server.stop().await?;
    match played {
        Ok(tally) if stopped => Ok(tally),
        Ok(_) => Err(StageError::Stopped("the server did not stop by itself".into())),
        Err(error) => {
            let log = server.log_tail(10);
            Err(StageError::Unsound(format!("seed {seed}: {error}\n=== the server\n{log}")))
        }
    }
}

async fn played(server: &Server, plan: &Plan, dice: &mut StdRng) -> Result<Tally> {
    let mut bank = bank::Bank::open(server.sip()).await?;
    let floor = floor::Floor::open(server, plan, &mut bank, dice).await?;
    let mut play = play::Play::new(bank, &floor, *plan, dice);
    play.register().await?;
    play.opens().await?;
    play.goes_on().await?;
    play.ends().await?;
    let (tally, evidence, mut wrong) = play.verdict();
    wrong.extend(judge::wrong(server, &floor, &tally, &evidence).await?);
    if wrong.is_empty() {
        return Ok(tally);
    }
    let count = wrong.len();
    wrong.truncate(30);
    Err(StageError::Unsound(format!("{count} things are wrong; {tally:?}\n{}", wrong.join("\n"))))
}
