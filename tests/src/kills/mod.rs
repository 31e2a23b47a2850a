//! Kills the real server without warning, at a seeded moment and again and again on the same data, and judges what it
//! remembers: every conversation that somebody was told of, once, closed, and with its true reasons.

mod cast;
mod judge;
mod ledger;
mod rows;
mod scenes;
mod wires;

use std::{
    sync::{Arc, atomic::Ordering},
    time::Duration,
};

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};
use tokio::task::JoinSet;

use crate::stage::{Result, StageError, server::Setup};

pub use cast::Cast;
pub use ledger::Ledger;
pub(crate) use rows::{Rows, column};
pub use scenes::Scene;

/// What no single wait may exceed; the machine may be busy with other things.
pub(crate) const SOON: Duration = Duration::from_secs(30);
/// Of so many kills, one waits until every scene stands still, so that reasons can be told exactly.
const STILL: u32 = 3;
/// The kill comes after at most so many acknowledgements.
const ACKNOWLEDGED_MAX: usize = 45;

/// One server, killed `kills` times on the same data. The seed deals the scenes and the moments.
pub async fn run(seed: u64, kills: u32, database: Option<String>) -> Result<()> {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut cast = Cast::assemble(Setup { database, ..Setup::default() }).await?;
    let mut deck = Vec::new();
    for round in 0..kills {
        let hand = deal(&mut dice, &mut deck, cast.desks.len());
        let still = dice.random_range(0..STILL) == 0;
        let moment = if still { usize::MAX } else { dice.random_range(3..ACKNOWLEDGED_MAX) };
        let told = format!("seed {seed}, kill {round}, {hand:?}, after {moment} acknowledgements");
        if let Err(error) = kill_once(&mut cast, &hand, moment).await {
            let log = cast.server.log_tail(40);
            return Err(StageError::Unsound(format!("{told}: {error}\n=== the server\n{log}")));
        }
    }
    cast.server.stop().await.map(drop)
}

/// As many scenes as there are desks, no two alike; every scene comes before one comes again.
fn deal(dice: &mut StdRng, deck: &mut Vec<Scene>, count: usize) -> Vec<Scene> {
    let mut hand: Vec<Scene> = Vec::new();
    while hand.len() < count {
        if deck.is_empty() {
            deck.extend(Scene::ALL);
            deck.shuffle(dice);
        }
        // A scene that is in the hand already waits at the bottom.
        match deck.pop() {
            Some(scene) if hand.contains(&scene) => deck.insert(0, scene),
            Some(scene) => hand.push(scene),
            None => {}
        }
    }
    hand
}

async fn kill_once(cast: &mut Cast, hand: &[Scene], moment: usize) -> Result<()> {
    let ledger = Arc::new(Ledger::default());
    let mut playing = JoinSet::new();
    for (desk, scene) in cast.desks.iter().zip(hand) {
        let stage = scenes::Stage {
            desk: desk.clone(),
            admin: cast.admin.clone(),
            supervisor: cast.supervisor.clone(),
            network: cast.network.clone(),
            nobody: cast.nobody.clone(),
            ledger: ledger.clone(),
            fidgets: moment != usize::MAX,
        };
        let scene = *scene;
        playing.spawn(async move { scene.play(&stage).await.map_err(|error| (scene, error)) });
    }
    let mut acknowledged = ledger.acknowledged();
    let enough = async {
        // The ledger outlives the wait.
        let _ = acknowledged.wait_for(|count| *count >= moment).await;
    };
    let all_played = async {
        while let Some(played) = playing.join_next().await {
            ended_well(played)?;
        }
        Ok::<(), StageError>(())
    };
    tokio::select! {
        () = enough => {}
        played = all_played => played?,
    }
    ledger.killed.store(true, Ordering::SeqCst);
    cast.server.kill().await?;
    playing.abort_all();
    while playing.join_next().await.is_some() {}
    cast.server.restart().await?;
    judge::judge(cast, &ledger).await
}

fn ended_well(
    played: std::result::Result<Result<(), (Scene, StageError)>, tokio::task::JoinError>,
) -> Result<()> {
    match played {
        Ok(Ok(())) => Ok(()),
        Ok(Err((scene, error))) => Err(StageError::Unsound(format!("before the kill, {scene:?}: {error}"))),
        Err(error) => Err(StageError::Unsound(error.to_string())),
    }
}
