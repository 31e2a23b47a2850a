//! The command: what is asked for, what is printed, and when it fails.

use std::{
    io::{IsTerminal, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use routing::trace;

use super::{
    scenario::Scenario,
    staffing::{Estimate, Forecast, forecast},
    theory::{SIGMAS, cases, read_reference},
};

#[derive(Args)]
#[group(skip)]
#[command(group = clap::ArgGroup::new("what").args(["trace", "theory", "scenario"]).required(true))]
pub struct Arguments {
    /// Replays recorded traces (JSON) and says `ok` or the first row that differs.
    #[arg(long, value_name = "FILE")]
    trace: Option<PathBuf>,
    /// Compares the router with queueing theory's exact answers.
    #[arg(long)]
    theory: bool,
    /// Forecasts a day from a staffing scenario (JSON).
    #[arg(long, value_name = "FILE")]
    scenario: Option<PathBuf>,
    /// With --trace: prints every decision.
    #[arg(long, requires = "trace")]
    log: bool,
    /// With --theory: takes cases and exact figures from this file (CSV); may be given more than once.
    #[arg(long, value_name = "FILE", requires = "theory")]
    reference: Vec<PathBuf>,
    /// With --theory: calls of each case in all, instead of its own number.
    #[arg(long, requires = "theory", value_parser = clap::value_parser!(u64).range(5_000..=100_000_000))]
    calls: Option<u64>,
    /// With --scenario: how many days are played.
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(2..=100_000))]
    days: u64,
    /// The dice; the same seed gives the same figures.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// With --scenario: writes the forecast as JSON (`-` for the output).
    #[arg(long, value_name = "FILE", requires = "scenario")]
    json: Option<PathBuf>,
    /// With --scenario: writes the forecast as CSV (`-` for the output).
    #[arg(long, value_name = "FILE", requires = "scenario")]
    csv: Option<PathBuf>,
}

pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    if let Some(file) = &arguments.trace {
        return replay(file, arguments.log);
    }
    if let Some(file) = &arguments.scenario {
        return staff(file, arguments);
    }
    judge(arguments)
}

fn read(file: &Path) -> anyhow::Result<String> {
    std::fs::read_to_string(file).with_context(|| format!("{}", file.display()))
}

fn replay(file: &Path, log: bool) -> anyhow::Result<()> {
    let traces = trace::read(&read(file)?).with_context(|| format!("{}", file.display()))?;
    let mut differing = 0;
    for recorded in &traces {
        let replayed = trace::replay(recorded)?;
        if log {
            println!("{}: {}", recorded.name, recorded.why);
            replayed.log.iter().for_each(|line| println!("{line}"));
        }
        if let Some(broken) = replayed.broken {
            differing += 1;
            println!("{}: an invariant is broken: {broken}", recorded.name);
            continue;
        }
        match trace::first_difference(&recorded.expect, &replayed.rows) {
            None => println!("{}: ok", recorded.name),
            Some(difference) => {
                differing += 1;
                let row = |row: Option<serde_json::Value>| {
                    row.map_or_else(|| "nothing more".to_owned(), |row| row.to_string())
                };
                let (expected, came) = (row(difference.expected), row(difference.came));
                println!("{}: row {}: expected {expected}, came {came}", recorded.name, difference.number);
            }
        }
    }
    if differing > 0 {
        bail!("{differing} of {} traces differ", traces.len());
    }
    Ok(())
}

/// One line that is written over, where somebody watches.
fn progress(what: String) -> impl FnMut(u64, u64) {
    let watched = std::io::stderr().is_terminal();
    move |done, all| {
        if watched {
            eprint!("\r{what}: {done} of {all}{}", if done == all { "\r\x1b[K" } else { "" });
            // What cannot be shown is only not seen.
            let _ = std::io::stderr().flush();
        }
    }
}

fn judge(arguments: &Arguments) -> anyhow::Result<()> {
    let mut chosen = Vec::new();
    for file in &arguments.reference {
        chosen.extend(read_reference(file)?);
    }
    if arguments.reference.is_empty() {
        chosen = cases();
    }
    println!("{:<13}{:<24}{:>14}{:>14}{:>12}{:>8}", "case", "figure", "exact", "measured", "error", "sigmas");
    let (mut judged, mut off) = (0, 0);
    for case in &chosen {
        for line in case.judge(arguments.calls, arguments.seed, &mut progress(case.name.clone())) {
            judged += 1;
            off += usize::from(!line.holds());
            println!(
                "{:<13}{:<24}{:>14.6}{:>14.6}{:>12.6}{:>8.2}{}",
                line.case,
                line.figure,
                line.exact,
                line.measured,
                line.error,
                line.sigmas,
                if line.holds() { "" } else { "  OFF" }
            );
        }
    }
    if off > 0 {
        bail!("{off} of {judged} figures are more than {SIGMAS} standard errors off");
    }
    println!("{judged} figures, all within {SIGMAS} standard errors");
    Ok(())
}

fn staff(file: &Path, arguments: &Arguments) -> anyhow::Result<()> {
    let scenario = Scenario::read(&read(file)?).with_context(|| format!("{}", file.display()))?;
    let plan = scenario.plan().with_context(|| format!("{}", file.display()))?;
    let days = arguments.days;
    let forecast =
        forecast(&scenario, &plan, days, arguments.seed, &mut progress(format!("{}, days", scenario.name)));
    if let Some(to) = &arguments.json {
        write(to, &(serde_json::to_string_pretty(&forecast)? + "\n"))?;
    }
    if let Some(to) = &arguments.csv {
        write(to, &forecast.csv())?;
    }
    let printed = [&arguments.json, &arguments.csv].into_iter().flatten().any(|to| to.as_os_str() == "-");
    if !printed {
        print_forecast(&forecast);
    }
    Ok(())
}

fn write(to: &Path, text: &str) -> anyhow::Result<()> {
    if to.as_os_str() == "-" {
        print!("{text}");
        return Ok(());
    }
    std::fs::write(to, text).with_context(|| format!("{}", to.display()))
}

fn print_forecast(forecast: &Forecast) {
    println!("{}: {} days; means with 95 % confidence intervals", forecast.scenario, forecast.days);
    println!("service_level: answered within {} s of all offered", forecast.service_level_seconds);
    for line in &forecast.lines {
        println!("{} {}", line.of, line.name);
        for (figure, Estimate { mean, plus_minus }) in &line.figures {
            println!("  {figure:<16}{mean:>12.4} ± {plus_minus:.4}");
        }
    }
}
