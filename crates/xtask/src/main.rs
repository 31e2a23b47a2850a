//! Developer commands: tidy, check, bless, console, test, bench, long, load, history, lag, mutants.

mod check;
mod console;
mod drift;
mod long;
mod measure;
mod mutants;
mod shell;
mod suite;
mod tidy;

use std::process::ExitCode;

use anyhow::{Result, bail};

const USAGE: &str = "\
cargo xtask <command>

  tidy      the rules that the compiler cannot see: layers, limits, names, locks
  check     fmt, tidy, clippy, then drift of the generated documents (the quick part of `test`)
  openapi   rewrite docs/openapi.json from the binary
  bless     rewrite every generated document from the binary
  console   build the browser pages, when their sources have changed
  test      everything CI runs
  long      the tests at full counts; writes docs/long-run.md; a name repeats that part only: rooms, wire, pages, bugs
  bench     criterion benches, then the load generator
  load      the load generator alone; arguments after it go to the generator
  history   a year of generated history imported and reported on, with what it took: --legs N --database URL --files DIRECTORY
  lag       how far the projector is behind: --database URL --journal FILE [--rate 50] [--seconds 60]
  mutants   plant the listed bugs one at a time and see that tests catch them; a name runs that one only
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let root = shell::root()?;
    let rest = arguments.get(1..).unwrap_or_default();
    match arguments.first().map(String::as_str) {
        Some("tidy") => tidy::command(&root),
        Some("check") => check::command(&root),
        Some("openapi") => drift::rewrite(&root, &["openapi"]),
        Some("bless") => drift::rewrite(&root, &[]),
        Some("console") => console::build(&root),
        Some("test") => suite::test(&root),
        Some("long") => long::command(&root, rest.first().map(String::as_str)),
        Some("bench") => measure::bench(&root),
        Some("load") => measure::load(&root, rest),
        Some("history") => measure::history(&root, rest),
        Some("lag") => measure::lag(&root, rest),
        Some("mutants") => mutants::command(&root, rest.first().map(String::as_str)),
        Some("help" | "--help" | "-h") | None => {
            print!("{USAGE}");
            Ok(())
        }
        Some(other) => bail!("there is no command `{other}`\n\n{USAGE}"),
    }
}
