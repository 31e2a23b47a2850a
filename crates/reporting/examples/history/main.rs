//! `cargo xtask history --legs N --database URL`: a year of believable history, generated, imported and reported on, with
//! what each step took.
#![allow(clippy::disallowed_methods, reason = "a measurement reads the clock")]

mod files;

use std::{
    path::{Path, PathBuf},
    time::Instant,
};

use chrono_tz::Tz;
use files::{DAYS, Files, People, START};
use reporting::{
    ledger::{Archive, Window},
    report::{Asker, Request, plan, run},
};
use serde_json::json;
use store::Store;

type Failed = Box<dyn std::error::Error>;

/// Days of one import: a file of a month's calls fits into memory at any size.
const DAYS_AN_IMPORT: i64 = 30;
const SEED: u64 = 20;

struct Asked {
    legs: u64,
    database: String,
    /// Where the files go; they stay, for another tool to read.
    files: PathBuf,
    import: bool,
}

fn asked() -> Result<Asked, Failed> {
    let usage = "history --legs N --database URL --files DIRECTORY [--reports-only]";
    let mut asked = Asked { legs: 0, database: String::new(), files: PathBuf::new(), import: true };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            "--reports-only" => asked.import = false,
            "--legs" => asked.legs = words.next().ok_or(usage)?.replace('_', "").parse()?,
            "--database" => asked.database = words.next().ok_or(usage)?,
            "--files" => asked.files = words.next().ok_or(usage)?.into(),
            _ => return Err(format!("{word}? {usage}").into()),
        }
    }
    if asked.legs == 0 || asked.database.is_empty() || (asked.import && asked.files.as_os_str().is_empty()) {
        return Err(usage.into());
    }
    Ok(asked)
}

/// Wall time, and what of it this process computed: on a busy machine the first says little.
struct Watch {
    since: Instant,
    cpu: u64,
}

impl Watch {
    fn start() -> Self {
        Self { since: Instant::now(), cpu: cpu_ms() }
    }

    fn tell(&self, what: &str) {
        let (wall, cpu) = (self.since.elapsed().as_millis(), cpu_ms() - self.cpu);
        println!("{what:<72} {wall:>8} ms, {cpu:>8} ms of CPU");
    }
}

/// The scheduler's account of all threads, those that ended too; in hundredths of a second.
fn cpu_ms() -> u64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| fields.get(at).and_then(|field| field.parse::<u64>().ok()).unwrap_or(0);
    (ticks(11) + ticks(12)) * 10
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Failed> {
    let asked = asked()?;
    let store = Store::connect(&asked.database).await?;
    if asked.import {
        bring_in(&store, &asked).await?;
    }
    reports(&store).await?;
    store.close().await?;
    Ok(())
}

async fn bring_in(store: &Store, asked: &Asked) -> Result<(), Failed> {
    let people = People::for_legs(asked.legs);
    let (mut calls, mut legs) = (0, 0);
    let (mut seconds, mut cpu) = (0.0, 0);
    let mut day = 0;
    while day < DAYS {
        let until = (day + DAYS_AN_IMPORT).min(DAYS);
        let directory = asked.files.join(format!("{day:03}"));
        let (new_calls, new_legs) = write(&directory, &people, day..until)?;
        let watch = Watch::start();
        reporting::import::import(store, &directory, false, |_| ()).await?;
        seconds += watch.since.elapsed().as_secs_f64();
        cpu += cpu_ms() - watch.cpu;
        (calls, legs, day) = (calls + new_calls, legs + new_legs, until);
        let (a_second, of_cpu) = (calls as f64 / seconds, calls as f64 * 1_000.0 / cpu.max(1) as f64);
        println!("day {day}: {calls} calls, {legs} legs");
        println!("  imported {a_second:.0} calls a second, {of_cpu:.0} a second of our CPU");
    }
    Ok(())
}

fn write(directory: &Path, people: &People, days: std::ops::Range<i64>) -> Result<(u64, u64), Failed> {
    let mut files = Files::create(directory, people)?;
    for day in days {
        files.day(day, people, SEED)?;
    }
    files.flush()?;
    Ok((files.calls_written, files.legs_written))
}

/// Name, and what is asked.
fn questions() -> Vec<(&'static str, serde_json::Value)> {
    let year = json!([{"field": "started_at", "op": "between", "value": [START, "2026-01-01"]}]);
    let week = json!([{"field": "started_at", "op": "between", "value": ["2025-12-01", "2025-12-08"]}]);
    vec![
        ("training gaps, a year", json!({"type": "training_gaps", "filters": year})),
        ("training gaps, a week", json!({"type": "training_gaps", "filters": week})),
        (
            "ad hoc: calls and their length by subject and queue",
            json!({"type": "voice_calls", "filters": year, "group_by": ["subject", "queue"],
                   "measures": ["calls", "answered_calls", "duration_seconds"]}),
        ),
        (
            "ad hoc: talk and hold by team and role",
            json!({"type": "legs", "filters": year, "group_by": ["team", "role"],
                   "measures": ["legs", "talk_seconds", "hold_seconds"]}),
        ),
        (
            "ad hoc: consulted calls by subject, cross filter",
            json!({"type": "voice_calls", "filters": year, "group_by": ["subject"], "measures": ["calls"],
                   "cross_filter": {"with": {"purpose": "consult", "answered": true, "target_tier": 2}}}),
        ),
        (
            "queues by day, a year",
            json!({"type": "queues", "filters": year, "group_by": ["queue"], "interval": "day"}),
        ),
        ("agents, a week", json!({"type": "agents", "filters": week})),
    ]
}

async fn reports(store: &Store) -> Result<(), Failed> {
    let asker = Asker { reaches: None, sees_full_numbers: true, time_zone: Tz::UTC, threshold_permille: 300 };
    let archive = Archive::new(store.clone());
    let watch = Watch::start();
    let all = archive.ledger(Window::default(), i64::MAX).await?;
    watch.tell(&format!("the archive, {} calls from nothing", all.calls()));
    for (name, request) in questions() {
        let request: Request = serde_json::from_value(request)?;
        let plan = plan(&request, &asker).map_err(|wrong| format!("{wrong:?}"))?;
        for _ in 0..3 {
            let watch = Watch::start();
            let ledger = archive.ledger_for(&plan, i64::MAX).await?;
            let report = run(&plan, &ledger);
            watch.tell(&format!("{name} ({} rows of {})", report.rows.len(), report.counted));
        }
    }
    println!("resident: {}", resident());
    Ok(())
}

fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let of = |line: &&str| line.starts_with("VmRSS") || line.starts_with("VmHWM");
    status.lines().filter(of).map(|line| line.replace('\t', " ")).collect::<Vec<_>>().join(", ")
}
