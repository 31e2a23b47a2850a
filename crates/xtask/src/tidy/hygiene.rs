//! Things that must not be left lying about.

use super::{
    Finding,
    tree::{Tree, crate_of},
};

const STANDARD_INDEX: &str = "registry+https://github.com/rust-lang/crates.io-index";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in &tree.files {
        findings.extend(places(path, text));
        findings.extend(lock_hosts(path, text));
    }
    findings.extend(marks(tree));
    findings
}

/// Paths that exist on one machine only. Put together here, so that this file does not name one itself.
fn machine_paths() -> [String; 5] {
    ["work", "farm", "root", "tmp/research", "home/user"].map(|folder| format!("/{folder}/"))
}

fn places(path: &str, text: &str) -> Vec<Finding> {
    let machine = machine_paths();
    let mut findings = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let hit = machine.iter().any(|place| {
            line.match_indices(place.as_str()).any(|(at, _)| {
                let before = line[..at].chars().next_back();
                before.is_none_or(|c| !(c.is_alphanumeric() || matches!(c, '_' | '.')))
            })
        });
        if hit {
            findings.push(Finding::new(
                path,
                index + 1,
                "a path of one machine",
                "use a relative path, an argument or the environment",
            ));
        }
    }
    findings
}

/// Lock files name no host but the registry that everybody has.
fn lock_hosts(path: &str, text: &str) -> Vec<Finding> {
    let file = path.rsplit('/').next().unwrap_or_default();
    let bad = |line: &str| match file {
        "package-lock.json" => line.trim_start().starts_with("\"resolved\"") && line.contains("http"),
        "Cargo.lock" => {
            line.strip_prefix("source = \"").is_some_and(|source| !source.starts_with(STANDARD_INDEX))
        }
        _ => false,
    };
    let lines = text.lines().enumerate().filter(|(_, line)| bad(line));
    lines
        .map(|(index, _)| {
            let mend = "write the lock file anew with the standard registry (npm: omit-lockfile-registry-resolved=true)";
            Finding::new(path, index + 1, "a lock file names a registry's host", mend)
        })
        .collect()
}

/// Unfinished work, tests left out, unsafe code outside media.
fn marks(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for source in &tree.rust {
        for (at, word) in source.words() {
            let line = source.line(at);
            let mut report =
                |what: &str, mend: &str| findings.push(Finding::new(&source.path, line, what, mend));
            match word {
                "todo" | "unimplemented" if source.after(at + word.len()).starts_with('!') => {
                    report(
                        &format!("`{word}!` is unfinished work"),
                        "finish it, or leave the room out until it has work to do",
                    );
                }
                "ignore" if source.before(at).ends_with("#[") => {
                    report(
                        "a test is left out",
                        "let it run, or skip it by name at run time with the reason",
                    );
                }
                "unsafe" if crate_of(&source.path) != Some("media") => {
                    report(
                        "`unsafe` outside crates/media",
                        "only media's socket batching and its tests have a reason for it",
                    );
                }
                _ => {}
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::{super::found, *};

    #[test]
    fn a_path_of_one_machine_is_found_in_any_text() {
        let text = format!("ok\nsee {}x and more\n", machine_paths()[0]);
        assert_eq!(found(check, &[("docs/a.md", &text)]), ["docs/a.md:2 a path of one machine"]);
        let fine = "https://example.org/work/x src/root/y /workshop/\n";
        assert!(found(check, &[("docs/a.md", fine)]).is_empty());
    }

    #[test]
    fn a_registry_host_in_a_lock_file_is_found() {
        let npm = "{\n  \"resolved\": \"https://registry.example/x.tgz\"\n}";
        assert_eq!(found(check, &[("crates/console/ui/package-lock.json", npm)]).len(), 1);
        let cargo =
            format!("source = \"{STANDARD_INDEX}\"\nsource = \"registry+https://mirror.example/index\"\n");
        assert_eq!(
            found(check, &[("Cargo.lock", &cargo)]),
            ["Cargo.lock:2 a lock file names a registry's host"]
        );
    }

    #[test]
    fn unfinished_work_left_out_tests_and_unsafe_code_are_found() {
        // Put together, so that a search of this file for such marks finds none.
        let mark = ["to", "do!()"].concat();
        let text = format!("fn f() {{ {mark} }}\n#[{}]\nunsafe fn g() {{}}\n", "ignore");
        assert_eq!(
            found(check, &[("crates/api/src/a.rs", &text)]),
            [
                "crates/api/src/a.rs:1 `todo!` is unfinished work",
                "crates/api/src/a.rs:2 a test is left out",
                "crates/api/src/a.rs:3 `unsafe` outside crates/media"
            ]
        );
        assert!(found(check, &[("crates/media/src/a.rs", "unsafe fn g() {}")]).is_empty());
    }
}
