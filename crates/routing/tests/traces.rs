//! The recorded traces, row for row, through the public door.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use routing::trace::{first_difference, read, replay};

const TRACES: &str = include_str!("data/routing_traces.json");

#[test]
fn every_recorded_trace_is_decided_row_for_row() {
    let traces = read(TRACES).unwrap();
    assert_eq!(traces.len(), 18);
    let mut told_apart = Vec::new();
    for trace in &traces {
        let replayed = replay(trace).unwrap();
        assert_eq!(replayed.broken, None, "{}", trace.name);
        match first_difference(&trace.expect, &replayed.rows) {
            None => println!("{}: ok", trace.name),
            Some(difference) => told_apart.push(format!("{}: {difference:?}", trace.name)),
        }
    }
    assert!(told_apart.is_empty(), "{told_apart:#?}");
}
