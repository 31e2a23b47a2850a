//! Speed: criterion benches and the load generator.

use std::path::Path;

use anyhow::Result;

use crate::shell;

const BENCHED: [&str; 4] = ["voicecall", "routing", "store", "media"];
const GENERATOR: &str = "tests/src/bin/load/main.rs";

pub(crate) fn bench(root: &Path) -> Result<()> {
    for name in BENCHED {
        if root.join(format!("crates/{name}/benches")).is_dir() {
            shell::run(root, &["cargo", "bench", "-p", name, "--benches"])?;
        } else {
            shell::skipped(&format!("benches of {name}"), &format!("crates/{name}/benches is not there"));
        }
    }
    load(root, &[])
}

/// Runs the workspace's load generator against a server of its own, on loopback.
pub(crate) fn load(root: &Path, arguments: &[String]) -> Result<()> {
    if !root.join(GENERATOR).is_file() {
        shell::skipped("load", &format!("the load generator ({GENERATOR}) is not there yet"));
        return Ok(());
    }
    shell::run(root, &["cargo", "build", "--release", "--bin", "tandem"])?;
    let mut words = vec!["cargo", "run", "--release", "-p", "scenarios", "--bin", "load", "--"];
    words.extend(arguments.iter().map(String::as_str));
    shell::run(root, &words)
}

/// Generates history, imports it and asks for reports.
pub(crate) fn history(root: &Path, arguments: &[String]) -> Result<()> {
    let mut words = vec!["cargo", "run", "--release", "-p", "reporting", "--example", "history", "--"];
    words.extend(arguments.iter().map(String::as_str));
    shell::run(root, &words)
}

/// How far the projector is behind a journal that is written to at some rate.
pub(crate) fn lag(root: &Path, arguments: &[String]) -> Result<()> {
    let mut words = vec!["cargo", "run", "--release", "-p", "reporting", "--example", "lag", "--"];
    words.extend(arguments.iter().map(String::as_str));
    shell::run(root, &words)
}
