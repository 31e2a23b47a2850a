//! `console`: builds the browser pages that the console crate embeds, when their sources have changed.

use std::{
    collections::hash_map::DefaultHasher,
    fs,
    hash::{Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::shell;

const UI: &str = "crates/console/ui";
/// What the pages' types are made from.
const DOCUMENT: &str = "docs/openapi.json";
/// What was built last; beside the pages, so that it goes with them.
const STAMP: &str = "crates/console/ui/dist/.sources";
const INSTALLED: &str = "crates/console/ui/node_modules/.tandem-lock";

/// Builds when needed. Without npm the server has one page that says so, and this says it, too.
pub(crate) fn build(root: &Path) -> Result<()> {
    // Without git there is no list: built once, then taken as it stands.
    let sources = sources(root).unwrap_or_else(|_| String::from("unlisted\n"));
    let page = root.join(UI).join("dist/index.html");
    if page.is_file() && fs::read_to_string(root.join(STAMP)).is_ok_and(|built| built == sources) {
        return Ok(());
    }
    if !has_npm(root) {
        shell::skipped("the console's pages", "npm is not installed (node 20.19 or newer)");
        return Ok(());
    }
    install(root)?;
    shell::run(root, &["npm", "--prefix", UI, "run", "--silent", "build"])?;
    fs::write(root.join(STAMP), sources).context("noting what was built")
}

pub(crate) fn has_npm(root: &Path) -> bool {
    shell::output(root, &["npm", "--version"]).is_ok()
}

/// The parts as the lock file names them.
pub(crate) fn install(root: &Path) -> Result<()> {
    let lock = fs::read_to_string(root.join(UI).join("package-lock.json"))?;
    if fs::read_to_string(root.join(INSTALLED)).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    shell::run(root, &["npm", "--prefix", UI, "ci", "--no-audit", "--no-fund"])?;
    fs::write(root.join(INSTALLED), lock).context("noting what was installed")
}

/// One of the scripts of package.json, without colours: what it says is read.
pub(crate) fn script(root: &Path, name: &str) -> Result<Command> {
    let mut command = shell::command(root, &["npm", "--prefix", UI, "run", "--silent", name])?;
    command.env("NO_COLOR", "1").env_remove("FORCE_COLOR");
    Ok(command)
}

/// The system's own browser; none is downloaded.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(set) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(set));
    }
    let path = std::env::var_os("PATH")?;
    let names = ["chromium", "chromium-browser", "google-chrome"];
    std::env::split_paths(&path)
        .flat_map(|folder| names.map(|name| folder.join(name)))
        .find(|program| program.is_file())
}

/// A number for everything that the pages are made from.
fn sources(root: &Path) -> Result<String> {
    let words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", UI, DOCUMENT];
    let list = shell::output(root, &words).context("git says which files the pages are made from")?;
    let mut paths: Vec<&str> = list
        .split('\0')
        .filter(|path| !path.is_empty() && !path.contains("/dist/") && !path.contains("/e2e/"))
        .collect();
    paths.sort_unstable();
    paths.dedup();
    let mut hasher = DefaultHasher::new();
    for path in paths {
        path.hash(&mut hasher);
        // A file that git still lists may be gone from the disk.
        fs::read(root.join(path)).unwrap_or_default().hash(&mut hasher);
    }
    Ok(format!("{:016x}\n", hasher.finish()))
}
