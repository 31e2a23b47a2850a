//! `cargo xtask lag --database URL --journal FILE --rate 50 --seconds 60`: how far the projector is behind a journal that so
//! many calls a second write to, each a warm transfer of some thirty facts over ten seconds.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]
#![allow(
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "the stories are the tests' own"
)]

#[path = "../../tests/told/mod.rs"]
mod told;

use std::{
    collections::VecDeque,
    path::PathBuf,
    time::{Duration, Instant},
};

use reporting::Projector;
use store::{Append, Journal, Store};
use terms::Timestamp;
use tokio::sync::watch;
use told::{ANA, BEN, Told};
use voicecall::{Command, Event};

type Failed = Box<dyn std::error::Error>;

/// A call's facts come in so many bites, one in each step of its life.
const BITES: usize = 10;
const STEP: Duration = Duration::from_secs(1);
const BEGAN: Timestamp = Timestamp(1_767_000_000_000);

struct Asked {
    database: String,
    journal: PathBuf,
    rate: u64,
    seconds: u64,
}

fn asked() -> Result<Asked, Failed> {
    let usage = "lag --database URL --journal FILE [--rate 50] [--seconds 60]";
    let mut asked = Asked { database: String::new(), journal: PathBuf::new(), rate: 50, seconds: 60 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().ok_or(usage)?;
        match word.as_str() {
            "--database" => asked.database = value,
            "--journal" => asked.journal = value.into(),
            "--rate" => asked.rate = value.parse()?,
            "--seconds" => asked.seconds = value.parse()?,
            _ => return Err(format!("{word}? {usage}").into()),
        }
    }
    if asked.database.is_empty() || asked.journal.as_os_str().is_empty() || asked.rate == 0 {
        return Err(usage.into());
    }
    Ok(asked)
}

/// All facts of one call, in bites; it began so many milliseconds after the first one.
fn bites(number: u64, after_ms: i64) -> Result<VecDeque<Vec<Append>>, Failed> {
    let mut told = Told::consulting(u128::from(number) + 1, Timestamp(BEGAN.ms() + after_ms));
    told.at(90).by(ANA, Command::CompleteTransfer).at(150).says_bye(0).wraps_up(BEN, None);
    let opened = (told.opening.at, Event::Opened { opening: Box::new(told.opening.clone()) });
    let stream = format!("conversation/{}", told.opening.id);
    let mut appends = Vec::new();
    for (version, (at, event)) in (1..).zip(std::iter::once(&opened).chain(&told.facts)) {
        let payload = serde_json::to_string(event)?;
        let kind: serde_json::Value = serde_json::from_str(&payload)?;
        let kind = kind["kind"].as_str().unwrap_or("?").to_owned();
        let closes = matches!(event, Event::Ended { .. });
        appends.push(Append {
            stream: stream.clone(),
            version,
            kind,
            payload,
            at: *at,
            closes,
            command: None,
        });
    }
    let size = appends.len().div_ceil(BITES);
    let mut bites = VecDeque::new();
    while !appends.is_empty() {
        let rest = appends.split_off(size.min(appends.len()));
        bites.push_back(std::mem::replace(&mut appends, rest));
    }
    Ok(bites)
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failed> {
    let asked = asked()?;
    let journal = Journal::open(&asked.journal).await?;
    let store = Store::connect(&asked.database).await?;
    let projector = Projector::new(journal.clone(), store.clone());
    let mut shipped = projector.shipped();
    let (stop, stopped) = watch::channel(false);
    let running = tokio::spawn(projector.run(stopped));
    let mut ticks = tokio::time::interval(Duration::from_secs(1) / u32::try_from(asked.rate)?);
    let steps = u64::from(u32::try_from(STEP.as_millis())?) * asked.rate / 1_000;
    let mut going: VecDeque<(u64, VecDeque<Vec<Append>>)> = VecDeque::new();
    let mut waiting: VecDeque<(i64, Instant)> = VecDeque::new();
    let (mut lags, mut facts): (Vec<Duration>, usize) = (Vec::new(), 0);
    for tick in 0..asked.rate * asked.seconds {
        ticks.tick().await;
        going.push_back((tick, bites(tick, i64::try_from(tick * 1_000 / asked.rate)?)?));
        // Every call that is whole steps old takes its next bite.
        let due = going.iter_mut().filter(|(began, _)| (tick - began).is_multiple_of(steps.max(1)));
        let batch: Vec<Append> = due.filter_map(|(_, bites)| bites.pop_front()).flatten().collect();
        going.retain(|(_, bites)| !bites.is_empty());
        facts += batch.len();
        waiting.push_back((journal.append(batch).await?, Instant::now()));
        let there = *shipped.borrow_and_update();
        while let Some((_, since)) = waiting.front().filter(|(position, _)| *position <= there) {
            lags.push(since.elapsed());
            waiting.pop_front();
        }
    }
    let _told = stop.send(true);
    running.await?;
    lags.extend(waiting.iter().map(|(_, since)| since.elapsed()));
    lags.sort_unstable();
    let at =
        |percent: usize| lags.get(lags.len().saturating_sub(1) * percent / 100).copied().unwrap_or_default();
    println!(
        "{} calls and {facts} facts at {} calls a second: behind p50 {} ms, p99 {} ms, at most {} ms",
        asked.rate * asked.seconds,
        asked.rate,
        at(50).as_millis(),
        at(99).as_millis(),
        at(100).as_millis()
    );
    store.close().await?;
    journal.close().await;
    Ok(())
}
