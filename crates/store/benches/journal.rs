//! What an acknowledged append costs: one caller with batches, and callers that share commits.
#![allow(clippy::unwrap_used, reason = "a bench that cannot go on stops")]

use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use store::{Append, Journal};
use terms::Timestamp;
use tokio::runtime::Runtime;

/// About the size of a typical fact.
const PAYLOAD: &str = r#"{"leg":{"conversation":"018f4f2e-7b1a-7cc3-9d5e-2f1c6a9b0d11","ordinal":1},"by":{"user":"018f4f2e-7b1a-7cc3-9d5e-2f1c6a9b0d12"},"at":1800000000000}"#;

static NEXT: AtomicU64 = AtomicU64::new(1);

fn batch(size: u64) -> Vec<Append> {
    let first = NEXT.fetch_add(size, Ordering::Relaxed);
    let event = |version| Append {
        stream: format!("conversation/{}", version % 500),
        version,
        kind: "leg_answered".to_owned(),
        payload: PAYLOAD.to_owned(),
        at: Timestamp::from_ms(0),
        closes: false,
        command: None,
    };
    (first..first + size).map(event).collect()
}

fn journal(criterion: &mut Criterion) {
    let runtime = Runtime::new().unwrap();
    let directory = std::env::temp_dir().join(format!("tandem-journal-bench-{}", std::process::id()));
    let journal = runtime.block_on(Journal::open(&directory.join("journal.db"))).unwrap();

    let mut group = criterion.benchmark_group("append in batches of");
    for size in [1, 16, 64] {
        group.throughput(Throughput::Elements(size));
        group.bench_function(BenchmarkId::from_parameter(size), |bench| {
            bench.iter(|| runtime.block_on(journal.append(batch(size))).unwrap());
        });
    }
    group.finish();

    let mut group = criterion.benchmark_group("single appends at once");
    for callers in [16, 64] {
        group.throughput(Throughput::Elements(callers));
        group.bench_function(BenchmarkId::from_parameter(callers), |bench| {
            bench.iter(|| {
                runtime.block_on(async {
                    let mut appends = tokio::task::JoinSet::new();
                    for _ in 0..callers {
                        let journal = journal.clone();
                        appends.spawn(async move { journal.append(batch(1)).await });
                    }
                    for appended in appends.join_all().await {
                        appended.unwrap();
                    }
                });
            });
        });
    }
    group.finish();

    runtime.block_on(journal.close());
    drop(journal);
    std::fs::remove_dir_all(directory).unwrap();
}

criterion_group!(benches, journal);
criterion_main!(benches);
