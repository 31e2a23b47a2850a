//! Appends to a journal for ever and prints what is acknowledged; the crash test kills it.
//!
//! `journal_writer PATH SEED`: four streams at once, batches of 1 to 9 events whose payload is `[batch, its size]`.
//! A line is `stream version position acked`, for the last event of the batch.

use std::{io::Write, path::PathBuf};

use rand::{Rng, SeedableRng, rngs::StdRng};
use store::{Append, Journal};
use terms::Timestamp;

const STREAMS: u64 = 4;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut words = std::env::args().skip(1);
    let path = PathBuf::from(words.next().ok_or("which journal?")?);
    let seed: u64 = words.next().ok_or("which seed?")?.parse()?;
    let journal = Journal::open(&path).await?;
    let mut writers = tokio::task::JoinSet::new();
    for number in 0..STREAMS {
        writers.spawn(write(
            journal.clone(),
            format!("conversation/{seed}-{number}"),
            seed * STREAMS + number,
        ));
    }
    while let Some(ended) = writers.join_next().await {
        ended??;
    }
    Ok(())
}

async fn write(journal: Journal, stream: String, seed: u64) -> Result<(), std::io::Error> {
    let mut random = StdRng::seed_from_u64(seed);
    let mut version = 0;
    for batch in 0_u64.. {
        let size = random.random_range(1..=9_u64);
        let events = (1..=size).map(|one| Append {
            stream: stream.clone(),
            version: version + one,
            kind: "tested".to_owned(),
            payload: format!("[{batch},{size}]"),
            at: Timestamp::from_ms(0),
            closes: false,
            command: None,
        });
        let position = journal.append(events.collect()).await.map_err(std::io::Error::other)?;
        version += size;
        // One write call a line, so that a kill tears none.
        let line = format!("{stream} {version} {position} acked\n");
        let mut out = std::io::stdout().lock();
        out.write_all(line.as_bytes())?;
        out.flush()?;
    }
    Ok(())
}
