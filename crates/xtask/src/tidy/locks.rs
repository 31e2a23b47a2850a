//! Locks, tasks and waits stand on a list with their reasons: the table in `docs/architecture.md`.

use super::{
    Finding,
    source::Source,
    tables,
    tree::{Tree, crate_of, ships},
};

const ARCHITECTURE: &str = "docs/architecture.md";
const TITLE: &str = "Locks, tasks and waits";

struct Allowed<'a> {
    line: usize,
    path: &'a str,
    kinds: Vec<&'a str>,
}

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let rows = tree.files.get(ARCHITECTURE).map(|text| tables::under(text, TITLE)).unwrap_or_default();
    let allowed: Vec<Allowed<'_>> = rows
        .iter()
        .filter_map(|row| {
            Some(Allowed { line: row.line, path: row.quoted(0).first().copied()?, kinds: row.quoted(1) })
        })
        .collect();
    let mut findings = Vec::new();
    let mut used = vec![false; allowed.len()];
    for source in &tree.rust {
        // One finding a file and kind is enough to know.
        let mut told: Vec<&str> = Vec::new();
        for (line, kind) in uses(source) {
            let row =
                allowed.iter().position(|row| covers(row.path, &source.path) && row.kinds.contains(&kind));
            match row {
                Some(index) => used[index] = true,
                None if told.contains(&kind) => {}
                None => {
                    told.push(kind);
                    let what = format!("`{kind}` is not on the list");
                    findings.push(Finding::new(&source.path, line, what, mend(kind)));
                }
            }
        }
    }
    for (row, _) in allowed.iter().zip(used).filter(|(_, used)| !used) {
        let what = format!("`{}` holds nothing of what this row allows", row.path);
        findings.push(Finding::new(ARCHITECTURE, row.line, what, "take the row out"));
    }
    findings
}

fn covers(allowed: &str, path: &str) -> bool {
    path == allowed || (allowed.ends_with('/') && path.starts_with(allowed))
}

fn mend(kind: &str) -> String {
    match kind {
        "sleep" => "wait for the thing itself with a deadline".to_owned(),
        _ => format!("do without, or add a row under \"{TITLE}\" in {ARCHITECTURE} that says why"),
    }
}

/// Locks and spawns of the code that ships, sleeps of the tests.
fn uses(source: &Source) -> Vec<(usize, &'static str)> {
    let shipped = crate_of(&source.path).is_some_and(ships);
    let mut found = Vec::new();
    for (at, word) in source.words() {
        let test = source.is_test(at);
        let kind = match word {
            "Mutex" | "RwLock" | "DashMap" | "Condvar" if shipped && !test => "lock",
            "spawn" | "spawn_blocking" | "spawn_local" | "block_in_place"
                if shipped && !test && is_call(source, at, word) =>
            {
                "spawn"
            }
            "sleep" | "sleep_until" if test && is_call(source, at, word) => "sleep",
            _ => continue,
        };
        found.push((source.line(at), kind));
    }
    found
}

/// `x.spawn(…)`, `tokio::spawn::<T>(…)`; not `fn spawn(…)`.
fn is_call(source: &Source, at: usize, word: &str) -> bool {
    let after = source.after(at + word.len());
    (after.starts_with('(') || after.starts_with("::<")) && !source.before(at).ends_with("fn")
}

#[cfg(test)]
mod tests {
    use super::super::found;

    const LIST: &str = "## Locks, tasks and waits\n| where | what | why |\n| --- | --- | --- |\n";

    #[test]
    fn a_lock_or_a_task_off_the_list_is_found() {
        let text = "use std::sync::Mutex;\nfn f() { tokio::spawn(async {}); }\nfn spawn() {}\n";
        assert_eq!(
            found(super::check, &[("crates/api/src/a.rs", text)]),
            [
                "crates/api/src/a.rs:1 `lock` is not on the list",
                "crates/api/src/a.rs:2 `spawn` is not on the list"
            ]
        );
        let listed = format!("{LIST}| `crates/api/src/` | `lock`, `spawn` | because |\n");
        assert!(
            found(super::check, &[("crates/api/src/a.rs", text), ("docs/architecture.md", &listed)])
                .is_empty()
        );
        let half = format!("{LIST}| `crates/api/src/a.rs` | `lock` | because |\n");
        assert_eq!(
            found(super::check, &[("crates/api/src/a.rs", text), ("docs/architecture.md", &half)]).len(),
            1
        );
    }

    #[test]
    fn a_row_that_nothing_needs_is_found() {
        let listed = format!("{LIST}| `crates/api/src/a.rs` | `lock` | because |\n");
        let files = [("crates/api/src/a.rs", "fn f() {}"), ("docs/architecture.md", listed.as_str())];
        assert_eq!(
            found(super::check, &files),
            ["docs/architecture.md:4 `crates/api/src/a.rs` holds nothing of what this row allows"]
        );
    }

    #[test]
    fn tests_may_lock_and_spawn_but_not_sleep() {
        let text = "fn f() { std::thread::sleep(d); tokio::spawn(x); Mutex::new(()); }";
        assert_eq!(
            found(super::check, &[("tests/src/stage/a.rs", text)]),
            ["tests/src/stage/a.rs:1 `sleep` is not on the list"]
        );
        assert!(found(super::check, &[("crates/xtask/src/a.rs", text)]).is_empty());
        let inline = "#[test]\nfn f() { tokio::time::sleep(d).await }";
        assert_eq!(found(super::check, &[("crates/api/src/a.rs", inline)]).len(), 1);
        assert!(
            found(super::check, &[("crates/api/src/a.rs", "fn f() { tokio::time::sleep(d).await }")])
                .is_empty()
        );
    }
}
