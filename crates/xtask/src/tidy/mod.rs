//! The rules that the compiler cannot see. Each finding says where, what, and how to mend it.

mod hygiene;
mod layers;
mod limits;
mod links;
mod locks;
mod purity;
mod shape;
mod source;
mod tables;
mod tree;
mod upcast;
mod words;

use std::{fmt, path::Path};

use anyhow::{Result, bail};

use tree::Tree;

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    file: String,
    /// From 1; 0 speaks of the whole file.
    line: usize,
    what: String,
    mend: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Finding { file, line, what, mend } = self;
        write!(f, "{file}:{line}: {what}; {mend}")
    }
}

impl Finding {
    fn new(file: &str, line: usize, what: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { file: file.to_owned(), line, what: what.into(), mend: mend.into() }
    }
}

/// Reads the tree and fails when anything is found.
pub(crate) fn command(root: &Path) -> Result<()> {
    let findings = examine(&Tree::read(root)?);
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => bail!("tidy found {count}"),
    }
}

fn examine(tree: &Tree) -> Vec<Finding> {
    let checks: [fn(&Tree) -> Vec<Finding>; 9] = [
        shape::check,
        layers::check,
        purity::check,
        locks::check,
        limits::check,
        links::check,
        words::check,
        hygiene::check,
        upcast::check,
    ];
    let mut findings: Vec<Finding> = checks.iter().flat_map(|check| check(tree)).collect();
    findings.sort();
    findings.dedup();
    findings
}

/// Runs one check over a small made-up tree and gives `file:line what` of each finding.
#[cfg(test)]
fn found(check: fn(&Tree) -> Vec<Finding>, files: &[(&str, &str)]) -> Vec<String> {
    let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned()));
    check(&Tree::of(files)).iter().map(|f| format!("{}:{} {}", f.file, f.line, f.what)).collect()
}
