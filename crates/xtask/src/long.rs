//! `long`: everything at its full counts (tests read `LONG` themselves), in parts that can be repeated one by one.
//! Writes `docs/long-run.md`: each part with its commit, times, verdict and counts, and the fate of each planted bug.

use std::{fmt, fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::{
    console,
    mutants::{self, Fate},
    shell,
    suite::{self, Counts, Runner},
};

const PAGE: &str = "docs/long-run.md";
const BUGS: &str = "## Planted bugs\n";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Rooms,
    Wire,
    Pages,
    Bugs,
}

impl Part {
    const ALL: [Self; 4] = [Self::Rooms, Self::Wire, Self::Pages, Self::Bugs];

    fn what(self) -> &'static str {
        match self {
            Self::Rooms => {
                "the tests of each crate: the models at their large bounds, the simulations, the properties"
            }
            Self::Wire => "real servers and phones: every step and failure, the kills, the crowd",
            Self::Pages => "pages lost in a call, in a browser: reloaded, killed, moved to another network",
            Self::Bugs => "the core's planted bugs",
        }
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rooms => "rooms",
            Self::Wire => "wire",
            Self::Pages => "pages",
            Self::Bugs => "bugs",
        })
    }
}

/// What the page says of one part.
struct Row {
    part: Part,
    commit: String,
    started: String,
    ended: String,
    is_sound: bool,
    counts: String,
    left_out: Vec<String>,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { part, commit, started, ended, is_sound, counts, left_out } = self;
        let verdict = if *is_sound { "passed" } else { "FAILED" };
        let left_out = left_out.join("; ");
        writeln!(f, "| {part} | {commit} | {started} | {ended} | {verdict} | {counts} | {left_out} |")
    }
}

/// All parts, or the one that is named. The page is written after each.
pub(crate) fn command(root: &Path, only: Option<&str>) -> Result<()> {
    let parts: Vec<Part> =
        Part::ALL.into_iter().filter(|part| only.is_none_or(|name| part.to_string() == name)).collect();
    if parts.is_empty() {
        bail!("the long run has the parts {}", Part::ALL.map(|part| part.to_string()).join(", "));
    }
    console::build(root)?;
    shell::run(root, &["cargo", "build", "--workspace", "--bins", "--tests"])?;
    let mut failed = Vec::new();
    for part in parts {
        let started = shell::date(root)?;
        let commit = shell::commit(root)?;
        let mut counts = Counts::default();
        let mut bugs = None;
        let is_sound = match part {
            Part::Rooms => tests(root, &["--workspace", "--exclude", "scenarios"], &mut counts)?,
            Part::Wire => tests(root, &["--package", "scenarios"], &mut counts)?,
            Part::Pages => suite::lost_pages(root, &mut counts)?,
            Part::Bugs => {
                let fates = mutants::sweep(root, None)?;
                let is_sound = fates.iter().all(|row| row.fate == Fate::Caught);
                bugs = Some(fates);
                is_sound
            }
        };
        let counted = match &bugs {
            Some(fates) => {
                let caught = fates.iter().filter(|row| row.fate == Fate::Caught).count();
                format!("{caught} of {} caught", fates.len())
            }
            None => counts.to_string(),
        };
        println!("{part}: {counted}");
        let ended = shell::date(root)?;
        let row = Row { part, commit, started, ended, is_sound, counts: counted, left_out: counts.reasons };
        let path = root.join(PAGE);
        let before = fs::read_to_string(&path).with_context(|| format!("reading {PAGE}"))?;
        fs::write(path, page(&before, &row, bugs.as_deref()))?;
        if !is_sound {
            failed.push(part.to_string());
        }
    }
    if failed.is_empty() { Ok(()) } else { bail!("the long run failed: {}", failed.join(", ")) }
}

fn tests(root: &Path, which: &[&str], counts: &mut Counts) -> Result<bool> {
    let words = [&["cargo", "test"][..], which, &["--no-fail-fast", "--", "--show-output"]].concat();
    suite::counted(shell::command(root, &words)?.env("LONG", "1"), Runner::Cargo, counts)
}

/// The page with this row in its place; rows of other parts stay, and so do the bugs if none were planted now.
fn page(before: &str, row: &Row, bugs: Option<&[mutants::Row]>) -> String {
    let mut text = "# The last long run\n\n`cargo xtask long` writes this page: everything at its full counts (`LONG=1`). \
                    `cargo xtask long wire` repeats one part.\n\n"
        .to_owned();
    text.extend(Part::ALL.iter().map(|part| format!("- **{part}**: {}\n", part.what())));
    text += "\n| part | commit | started | ended | verdict | counts | left out |\n| --- | --- | --- | --- | --- | --- | --- |\n";
    for part in Part::ALL {
        if part == row.part {
            text += &row.to_string();
        } else if let Some(line) = before.lines().find(|line| line.starts_with(&format!("| {part} |"))) {
            text += &format!("{line}\n");
        }
    }
    match (bugs, before.find(BUGS)) {
        (Some(bugs), _) => {
            text += &format!("\n{BUGS}\n| bug | why it matters | fate |\n| --- | --- | --- |\n");
            text.extend(bugs.iter().map(|bug| format!("| {} | {} | {} |\n", bug.name, bug.why, bug.fate)));
        }
        (None, Some(at)) => text += &format!("\n{}", &before[at..]),
        (None, None) => {}
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(part: Part, commit: &str, left_out: &[&str]) -> Row {
        let [started, ended, counts] = ["s", "e", "3 passed"].map(String::from);
        let left_out = left_out.iter().map(|reason| (*reason).to_owned()).collect();
        Row { part, commit: commit.to_owned(), started, ended, is_sound: true, counts, left_out }
    }

    #[test]
    fn the_page_names_what_was_left_out_and_every_planted_bug() {
        let bug =
            mutants::Row { name: "echo".into(), why: "a leg hears itself".into(), fate: Fate::Survived };
        let text = page("", &row(Part::Bugs, "c", &["no sipp", "no chromium"]), Some(&[bug]));
        for part in [
            "| bugs | c | s | e | passed | 3 passed | no sipp; no chromium |\n",
            "| echo | a leg hears itself | SURVIVED |\n",
        ] {
            assert!(text.contains(part), "{text}");
        }
    }

    #[test]
    fn a_part_that_is_repeated_takes_its_own_row_and_leaves_the_others() {
        let bug = mutants::Row { name: "echo".into(), why: "w".into(), fate: Fate::Caught };
        let first = page("", &row(Part::Bugs, "first", &[]), Some(&[bug]));
        let second = page(&first, &row(Part::Wire, "second", &[]), None);
        let third = page(&second, &row(Part::Wire, "third", &[]), None);
        assert!(!third.contains("second"), "{third}");
        let at = |text: &str| third.find(text).unwrap_or_else(|| panic!("`{text}` in {third}"));
        assert!(
            at("| wire | third |") < at("| bugs | first |")
                && at("| bugs | first |") < at("| echo | w | caught |")
        );
        assert_eq!(third.matches(BUGS).count(), 1);
    }
}
