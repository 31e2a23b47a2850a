//! The shape of the tree: the top level, charters, file and function sizes.

use super::{
    Finding, tables,
    tree::{Tree, crate_of},
};

/// What may stand at the top, beside dotfiles.
const TOP: [&str; 13] = [
    "Cargo.toml",
    "Cargo.lock",
    "README.md",
    "LICENSE",
    "Makefile",
    "rust-toolchain.toml",
    "rustfmt.toml",
    "clippy.toml",
    "deny.toml",
    "crates",
    "migrations",
    "tests",
    "docs",
];
const TOP_DEPLOY: &str = "deploy";
const FILE_LINES_MAX: usize = 800;
const FUNCTION_LINES_MAX: usize = 70;
const ARCHITECTURE: &str = "docs/architecture.md";
const ARCHITECTURE_LINES_MAX: usize = 400;
const CODE_MAP: &str = "Code map";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = strangers(tree);
    findings.extend(sizes(tree));
    findings.extend(charters(tree));
    findings
}

fn strangers(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for path in tree.files.keys() {
        let top = path.split('/').next().unwrap_or_default();
        if !top.starts_with('.') && top != TOP_DEPLOY && !TOP.contains(&top) {
            findings.push(Finding::new(
                path,
                0,
                format!("`{top}` is a stranger at the top level"),
                "give it a room in a crate, docs/ or deploy/",
            ));
        }
        if let Some(name) = crate_of(path).filter(|_| path.starts_with("crates/"))
            && !tree.files.contains_key(&format!("crates/{name}/Cargo.toml"))
        {
            findings.push(Finding::new(
                path,
                0,
                format!("crates/{name} has no Cargo.toml"),
                "a crate appears whole or not at all",
            ));
        }
    }
    findings
}

fn sizes(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in &tree.files {
        let lines = text.lines().count();
        let code = [".rs", ".ts", ".tsx"].iter().any(|ending| path.ends_with(ending));
        if code && lines > FILE_LINES_MAX {
            let what = format!("{lines} lines; a file stops at {FILE_LINES_MAX}");
            findings.push(Finding::new(path, FILE_LINES_MAX + 1, what, "cut it by topic (aim at 400)"));
        }
        if path == ARCHITECTURE && lines > ARCHITECTURE_LINES_MAX {
            let what = format!("{lines} lines; this page stops at {ARCHITECTURE_LINES_MAX}");
            findings.push(Finding::new(
                path,
                ARCHITECTURE_LINES_MAX + 1,
                what,
                "say it shorter, or move it to a page of its own",
            ));
        }
    }
    for source in &tree.rust {
        for function in source.functions().iter().filter(|f| !f.test && f.lines > FUNCTION_LINES_MAX) {
            let what = format!(
                "fn {} has {} lines; a function stops at {FUNCTION_LINES_MAX}",
                function.name, function.lines
            );
            findings.push(Finding::new(
                &source.path,
                function.line,
                what,
                "name its steps and make them functions",
            ));
        }
    }
    findings
}

/// Line 1 of every crate is its charter, and the code map says the same.
fn charters(tree: &Tree) -> Vec<Finding> {
    let map = tree.files.get(ARCHITECTURE).map(|text| tables::under(text, CODE_MAP)).unwrap_or_default();
    let mut findings = Vec::new();
    for (name, folder) in tree.crates() {
        let entries = [format!("{folder}/src/lib.rs"), format!("{folder}/src/main.rs")];
        let Some((entry, text)) = entries.iter().find_map(|entry| tree.files.get_key_value(entry)) else {
            findings.push(Finding::new(
                &entries[0],
                0,
                "the crate has no lib.rs",
                "write one with the crate's charter",
            ));
            continue;
        };
        let first = text.lines().next().unwrap_or_default();
        let Some(charter) = first.strip_prefix("//! ").filter(|charter| charter.ends_with('.')) else {
            findings.push(Finding::new(
                entry,
                1,
                "line 1 is not the crate's charter",
                "begin with `//! ` and one whole sentence: what this crate is for",
            ));
            continue;
        };
        match map.iter().find(|row| row.quoted(0).first() == Some(&name)) {
            None => findings.push(Finding::new(
                entry,
                1,
                format!("`{name}` has no row under \"{CODE_MAP}\" in {ARCHITECTURE}"),
                "add one with its layer and charter",
            )),
            Some(row) if row.cell(2) != charter => findings.push(Finding::new(
                ARCHITECTURE,
                row.line,
                format!(
                    "the charter of `{name}` is not what its {} says",
                    if entry.ends_with("lib.rs") { "lib.rs" } else { "main.rs" }
                ),
                "let both say the same",
            )),
            Some(_) => {}
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::found;

    const MANIFEST: (&str, &str) = ("crates/terms/Cargo.toml", "");
    const MAP: &str =
        "## Code map\n| crate | layer | charter |\n| --- | --- | --- |\n| `terms` | L0 | The words. |\n";

    #[test]
    fn a_stranger_at_the_top_is_found() {
        let files = [("notes.txt", ""), ("README.md", ""), (".ci/run", ""), ("deploy/x", "")];
        assert_eq!(found(super::check, &files), ["notes.txt:0 `notes.txt` is a stranger at the top level"]);
    }

    #[test]
    fn a_crate_without_a_manifest_is_found() {
        assert_eq!(
            found(super::check, &[("crates/x/src/lib.rs", "")]),
            ["crates/x/src/lib.rs:0 crates/x has no Cargo.toml"]
        );
    }

    #[test]
    fn a_file_over_the_limit_is_found() {
        let long = "\n".repeat(801);
        assert_eq!(
            found(super::check, &[("docs/a.rs", &long)]),
            ["docs/a.rs:801 801 lines; a file stops at 800"]
        );
        assert!(
            found(super::check, &[("docs/a.rs", &"\n".repeat(800)), ("docs/openapi.json", &long)]).is_empty()
        );
    }

    #[test]
    fn a_function_over_the_limit_is_found_and_a_test_may_be_long() {
        let of = |lines: usize| format!("//\nfn f() {{\n{}}}\n", "    x();\n".repeat(lines - 2));
        assert_eq!(
            found(super::check, &[("docs/a.rs", &of(71))]),
            ["docs/a.rs:2 fn f has 71 lines; a function stops at 70"]
        );
        assert!(found(super::check, &[("docs/a.rs", &of(70))]).is_empty());
        assert!(found(super::check, &[("docs/a.rs", &format!("#[test]{}", of(99)))]).is_empty());
    }

    #[test]
    fn a_charter_must_stand_in_line_one_and_in_the_code_map() {
        let with = |text: &str, map: &str| {
            found(super::check, &[MANIFEST, ("crates/terms/src/lib.rs", text), ("docs/architecture.md", map)])
        };
        assert!(with("//! The words.\n", MAP).is_empty());
        assert_eq!(
            with("\n//! The words.\n", MAP),
            ["crates/terms/src/lib.rs:1 line 1 is not the crate's charter"]
        );
        assert_eq!(
            with("//! Other words.\n", MAP),
            ["docs/architecture.md:4 the charter of `terms` is not what its lib.rs says"]
        );
        assert_eq!(with("//! The words.\n", "").len(), 1);
        assert_eq!(found(super::check, &[MANIFEST]), ["crates/terms/src/lib.rs:0 the crate has no lib.rs"]);
    }
}
