//! The files that tidy looks at: what git keeps or would keep.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use anyhow::{Context, Result};

use super::source::Source;
use crate::shell;

pub(super) struct Tree {
    /// Every text file by its path from the top.
    pub files: BTreeMap<String, String>,
    /// Paths of files that are no text, such as pictures.
    pub others: BTreeSet<String>,
    /// The Rust files among them, read.
    pub rust: Vec<Source>,
}

impl Tree {
    pub(super) fn read(root: &Path) -> Result<Tree> {
        let list =
            shell::output(root, &["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"])
                .context("tidy asks git which files belong to the tree")?;
        let mut files = Vec::new();
        let mut others = BTreeSet::new();
        for path in list.split('\0').filter(|path| !path.is_empty()) {
            // A file that git still lists may be gone from the disk, and one that is no text is not ours to read.
            if let Ok(text) = fs::read_to_string(root.join(path)) {
                files.push((path.to_owned(), text));
            } else if root.join(path).is_file() {
                others.insert(path.to_owned());
            }
        }
        Ok(Tree { others, ..Tree::of(files) })
    }

    pub(super) fn of(files: impl IntoIterator<Item = (String, String)>) -> Tree {
        let files: BTreeMap<String, String> = files.into_iter().collect();
        let mut rust: Vec<Source> = files
            .iter()
            .filter(|(path, _)| path.ends_with(".rs"))
            .map(|(path, text)| Source::read(path, text))
            .collect();
        let test_modules: Vec<String> = rust.iter().flat_map(Source::test_modules).collect();
        for source in &mut rust {
            let named = |module: &String| {
                source.path == format!("{module}.rs") || source.path.starts_with(&format!("{module}/"))
            };
            if test_modules.iter().any(named) {
                source.all_test = true;
            }
        }
        Tree { files, others: BTreeSet::new(), rust }
    }

    /// The crates of the workspace: (name, folder), by the Cargo.toml files that are there.
    pub(super) fn crates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.keys().filter_map(|path| {
            let folder = path.strip_suffix("/Cargo.toml")?;
            crate_name(folder).map(|name| (name, folder))
        })
    }
}

/// The crate that a folder holds; `tests` holds the crate `scenarios`.
fn crate_name(folder: &str) -> Option<&str> {
    match folder {
        "migrations" => Some("migrations"),
        "tests" => Some("scenarios"),
        _ => folder.strip_prefix("crates/").filter(|name| !name.contains('/')),
    }
}

/// The crate a file belongs to.
pub(super) fn crate_of(path: &str) -> Option<&str> {
    let mut parts = path.split('/');
    match parts.next()? {
        "crates" => parts.next(),
        "migrations" => Some("migrations"),
        "tests" => Some("scenarios"),
        _ => None,
    }
}

/// Crates whose code ships: all but the developer commands and the test harness.
pub(super) fn ships(name: &str) -> bool {
    !matches!(name, "xtask" | "scenarios")
}
