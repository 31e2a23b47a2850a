//! `test`: everything CI runs, with one line of counts at the end.

use std::{
    fmt,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{check, console, drift, shell};

/// What the test runners reported. Skipped counts what a runner or a test said it left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    passed: u64,
    failed: u64,
    skipped: u64,
    /// What was left out and why, each once.
    pub(crate) reasons: Vec<String>,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} passed, {} failed, {} skipped", self.passed, self.failed, self.skipped)
    }
}

pub(crate) fn test(root: &Path) -> Result<()> {
    let mut counts = Counts::default();
    let verdict = gate(root, &mut counts);
    for reason in &counts.reasons {
        println!("skipped: {reason}");
    }
    println!("{counts}");
    verdict
}

/// In the order of `docs/style.md`; the counts stand even where a step fails.
fn gate(root: &Path, counts: &mut Counts) -> Result<()> {
    // First, because whatever is compiled afterwards embeds them.
    console::build(root)?;
    check::lints(root)?;
    for (subcommand, arguments) in [("deny", &["check"][..]), ("machete", &[][..])] {
        if shell::has_cargo(root, subcommand) {
            shell::run(root, &[&["cargo", subcommand][..], arguments].concat())?;
        } else {
            counts.skip(&format!("cargo {subcommand} is not installed"));
        }
    }
    tests(root, counts)?;
    pages(root, counts)?;
    document(root)?;
    drift::compare(root)
}

fn document(root: &Path) -> Result<()> {
    shell::step("cargo doc --workspace --no-deps");
    let status =
        shell::command(root, &["cargo", "doc", "--workspace", "--no-deps", "--document-private-items"])?
            .env("RUSTDOCFLAGS", "-D warnings")
            .status()?;
    if !status.success() {
        bail!("the documentation has warnings");
    }
    Ok(())
}

/// Binaries first, because the wired tests start them; then every test.
fn tests(root: &Path, counts: &mut Counts) -> Result<()> {
    shell::run(root, &["cargo", "build", "--workspace", "--bins", "--tests"])?;
    let mut sound = true;
    if shell::has_cargo(root, "nextest") {
        let words =
            ["cargo", "nextest", "run", "--workspace", "--no-fail-fast", "--success-output", "immediate"];
        sound &= counted(&mut shell::command(root, &words)?, Runner::Nextest, counts)?;
        let words = ["cargo", "test", "--workspace", "--doc"];
        sound &= counted(&mut shell::command(root, &words)?, Runner::Cargo, counts)?;
    } else {
        let words = ["cargo", "test", "--workspace", "--no-fail-fast", "--", "--show-output"];
        sound &= counted(&mut shell::command(root, &words)?, Runner::Cargo, counts)?;
    }
    if !sound || counts.failed > 0 {
        bail!("tests failed");
    }
    if counts.passed == 0 {
        bail!("no test ran");
    }
    Ok(())
}

/// The console: its pure parts under node, its pages in a browser against the binary that was just built.
fn pages(root: &Path, counts: &mut Counts) -> Result<()> {
    if !console::has_npm(root) {
        counts.skip("the console's tests: npm is not installed");
        return Ok(());
    }
    console::install(root)?;
    let mut sound = counted(&mut console::script(root, "unit")?, Runner::Pages, counts)?;
    match browser(root)? {
        Some(mut command) => sound &= counted(&mut command, Runner::Pages, counts)?,
        None => counts.skip(NO_BROWSER),
    }
    if sound { Ok(()) } else { bail!("the console's tests failed") }
}

const NO_BROWSER: &str = "the console's pages in a browser: chromium is not installed";

/// The browser's tests against the binary that was just built; none without a browser.
fn browser(root: &Path) -> Result<Option<Command>> {
    let Some(chromium) = console::chromium() else { return Ok(None) };
    let mut command = console::script(root, "browser")?;
    command.env("CHROMIUM", chromium).env("TANDEM_BINARY", shell::target_dir(root).join("debug/tandem"));
    Ok(Some(command))
}

/// Pages reloaded, killed and moved to another network in a call, each as often as the long run wants.
pub(crate) fn lost_pages(root: &Path, counts: &mut Counts) -> Result<bool> {
    if !console::has_npm(root) {
        counts.skip("pages lost in a call: npm is not installed");
        return Ok(true);
    }
    console::install(root)?;
    let Some(mut command) = browser(root)? else {
        counts.skip(NO_BROWSER);
        return Ok(true);
    };
    counted(command.args(["--", "lost", "network"]).env("LONG", "1"), Runner::Pages, counts)
}

/// Runs a test runner, shows what it says and counts it; false when it failed.
pub(crate) fn counted(command: &mut Command, runner: Runner, counts: &mut Counts) -> Result<bool> {
    let line = format!("{command:?}").replace('"', "");
    shell::step(line.rsplit("cargo ").next().map_or(line.as_str(), |rest| rest));
    // Both streams in one pipe: nextest reports on standard error, the tests on standard output.
    let (reader, writer) = std::io::pipe()?;
    command.env("CARGO_TERM_COLOR", "never").stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer);
    let mut child = command.spawn().with_context(|| format!("cannot start {line}"))?;
    // The command keeps the pipe's writing end open until it is told otherwise; then reading would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut shown = Shown { runner, inside: false };
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        counts.read(runner, &line);
        if shown.wants(&line) {
            println!("{line}");
        }
    }
    Ok(child.wait()?.success())
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Runner {
    Cargo,
    Nextest,
    /// The console's own: vitest for its pure parts, Playwright for the pages.
    Pages,
}

/// Leaves out what passing tests print; failures and skips are shown.
struct Shown {
    runner: Runner,
    inside: bool,
}

impl Shown {
    fn wants(&mut self, line: &str) -> bool {
        let text = line.trim();
        let (begins, ends): (bool, bool) = match self.runner {
            Runner::Cargo => (text == "successes:", text == "failures:" || text.starts_with("test result:")),
            // Each test's line is followed by what it printed, indented.
            Runner::Nextest => (false, is_status(text) || text.starts_with("────")),
            Runner::Pages => (false, true),
        };
        self.inside = (self.inside || begins) && !ends;
        let wanted = !self.inside || text.starts_with("skipped: ");
        if self.runner == Runner::Nextest && text.starts_with("PASS [") {
            self.inside = true;
        }
        wanted
    }
}

/// "PASS [   0.005s] …", "SIGKILL [ …", "Summary [ …".
fn is_status(text: &str) -> bool {
    text.split_once(" [").is_some_and(|(word, rest)| {
        !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ') && rest.contains("s]")
    })
}

impl Counts {
    fn skip(&mut self, reason: &str) {
        if !self.reasons.iter().any(|known| known == reason) {
            self.skipped += 1;
            self.reasons.push(reason.to_owned());
        }
    }

    /// One line of a runner: cargo's `test result: …`, nextest's `Summary …`, or a test's own `skipped: …`.
    fn read(&mut self, runner: Runner, line: &str) {
        let text = line.trim();
        let sums = match runner {
            Runner::Cargo => text.starts_with("test result:"),
            Runner::Nextest => text.starts_with("Summary ["),
            Runner::Pages => is_sum_of_pages(text),
        };
        if let Some(reason) = text.strip_prefix("skipped: ") {
            self.skip(reason);
        } else if sums {
            self.passed += number_before(text, "passed");
            self.failed += ["failed", "timed out", "did not run", "interrupted"]
                .map(|word| number_before(text, word))
                .iter()
                .sum::<u64>();
            self.skipped += number_before(text, "ignored") + number_before(text, "skipped");
        }
    }
}

/// Vitest's "Tests  1 failed | 20 passed (21)", Playwright's "5 passed (2.9m)" and "2 did not run" on lines of their own.
fn is_sum_of_pages(text: &str) -> bool {
    let mut words = text.split_whitespace().skip_while(|word| *word == "Tests");
    let is_number = words.next().is_some_and(|word| word.chars().all(|c| c.is_ascii_digit()));
    is_number
        && words.next().is_some_and(|word| {
            ["passed", "failed", "skipped", "flaky", "did", "timed", "interrupted"].contains(&word)
        })
}

/// The number in front of a word: 5 in "5 passed; 0 failed".
fn number_before(text: &str, word: &str) -> u64 {
    text.find(word)
        .and_then(|at| text[..at].trim_end().rsplit(|c: char| !c.is_ascii_digit()).next())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(runner: Runner, lines: &str) -> Counts {
        let mut counts = Counts::default();
        lines.lines().for_each(|line| counts.read(runner, line));
        counts
    }

    fn shown(runner: Runner, lines: &str) -> Vec<&str> {
        let mut shown = Shown { runner, inside: false };
        lines.lines().filter(|line| shown.wants(line)).collect()
    }

    #[test]
    fn cargos_results_add_up() {
        let counts = read(
            Runner::Cargo,
            "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out\n\
             test result: FAILED. 12 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out",
        );
        assert_eq!(counts.to_string(), "17 passed, 2 failed, 1 skipped");
    }

    #[test]
    fn nextests_summary_is_understood_and_what_its_tests_print_is_not_counted() {
        let counts = read(
            Runner::Nextest,
            "    test result: ok. 1 passed; 0 failed; 0 ignored\n     \
             Summary [   3.1s] 20 tests run: 17 passed (1 slow), 2 failed, 1 timed out, 4 skipped",
        );
        assert_eq!(counts.to_string(), "17 passed, 3 failed, 4 skipped");
    }

    #[test]
    fn the_sums_of_the_consoles_runners_add_up_and_their_file_counts_are_not_taken() {
        let counts = read(
            Runner::Pages,
            "Test Files  1 failed | 4 passed (5)\n     Tests  1 failed | 20 passed (21)\n  2 failed\n    a.spec.ts:5:1 › 3 passed tests\n  \
             1 skipped\n  5 did not run\n  3 passed (4.0m)",
        );
        assert_eq!(counts.to_string(), "23 passed, 8 failed, 1 skipped");
    }

    #[test]
    fn what_a_test_says_it_skipped_is_counted_once_by_name() {
        let lines = "skipped: baresip is not installed\n    skipped: baresip is not installed\nok";
        let counts = read(Runner::Cargo, lines);
        assert_eq!(counts.to_string(), "0 passed, 0 failed, 1 skipped");
        assert_eq!(counts.reasons, ["baresip is not installed"]);
    }

    #[test]
    fn the_chatter_of_passing_tests_is_hidden_and_failures_are_not() {
        let lines = "running 1 test\nsuccesses:\nchatter\nskipped: no sipp\nfailures:\nassertion failed\ntest result: FAILED.";
        let kept =
            ["running 1 test", "skipped: no sipp", "failures:", "assertion failed", "test result: FAILED."];
        assert_eq!(shown(Runner::Cargo, lines), kept);
        let lines = "  PASS [ 0.1s] a\n  stdout ───\n    chatter\n    skipped: no sipp\n  FAIL [ 0.1s] b\n    assertion failed";
        let kept = ["  PASS [ 0.1s] a", "    skipped: no sipp", "  FAIL [ 0.1s] b", "    assertion failed"];
        assert_eq!(shown(Runner::Nextest, lines), kept);
    }
}
