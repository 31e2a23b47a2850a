//! A process that appends is killed at random moments; what it was told is written must be there, once and whole.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use rand::{Rng, SeedableRng, rngs::StdRng};
use store::{Journal, Record};

use crate::support::Scratch;

const KILLS: u64 = 24;

/// Built by cargo beside the tests.
fn writer() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let built = test.parent().and_then(Path::parent).unwrap().join("examples/journal_writer");
    assert!(built.exists(), "run `cargo build -p store --example journal_writer` first");
    built
}

/// Runs the writer until it has acknowledged `acks` batches, kills it, and says what it had acknowledged.
fn killed_after(acks: usize, journal: &Path, seed: u64) -> Vec<(String, u64, i64)> {
    let mut child =
        Command::new(writer()).arg(journal).arg(seed.to_string()).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut told: Vec<String> = lines.by_ref().take(acks).map(Result::unwrap).collect();
    child.kill().unwrap();
    // What it printed before it died counts too; a torn last line does not.
    told.extend(lines.map_while(Result::ok));
    child.wait().unwrap();
    let acked = told.iter().filter_map(|line| {
        let mut words = line.strip_suffix(" acked")?.split(' ');
        Some((words.next()?.to_owned(), words.next()?.parse().ok()?, words.next()?.parse().ok()?))
    });
    acked.collect()
}

/// Versions without a gap, and every batch whole: its events say its size.
fn check_streams(records: &[Record]) {
    let mut streams: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for record in records {
        streams.entry(&record.stream).or_default().push(record);
    }
    for (stream, records) in streams {
        let versions: Vec<u64> = records.iter().map(|record| record.version).collect();
        assert_eq!(versions, (1..=versions.len() as u64).collect::<Vec<_>>(), "{stream}");
        let mut batches: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
        for record in records {
            let [batch, size]: [u64; 2] = serde_json::from_str(&record.payload).unwrap();
            let (seen, _) = batches.entry(batch).or_insert((0, size));
            *seen += 1;
        }
        for (batch, (seen, size)) in batches {
            assert_eq!(seen, size, "batch {batch} of {stream} is torn");
        }
    }
}

#[tokio::test]
async fn what_was_acknowledged_before_a_kill_is_there_once_and_whole() {
    let scratch = Scratch::new();
    let path = scratch.journal();
    let mut acknowledged = BTreeSet::new();
    for seed in 0..KILLS {
        let acks = StdRng::seed_from_u64(seed).random_range(0..120);
        acknowledged.extend(killed_after(acks, &path, seed));
        let journal = Journal::open(&path).await.unwrap();
        let records = journal.read_after(0, u32::MAX).await.unwrap();
        let found: BTreeSet<_> =
            records.iter().map(|record| (record.stream.clone(), record.version, record.position)).collect();
        assert_eq!(found.len(), records.len(), "seed {seed}: an event stands twice");
        let lost: Vec<_> = acknowledged.difference(&found).collect();
        assert!(lost.is_empty(), "seed {seed}: lost {lost:?}");
        check_streams(&records);
        journal.close().await;
    }
    assert!(acknowledged.len() > 500, "only {} acknowledged: the kills came too early", acknowledged.len());
}
