//! Running other programs and saying so.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

/// The top of the working tree: where the workspace's Cargo.toml stands.
pub(crate) fn root() -> Result<PathBuf> {
    let here = std::env::var("CARGO_MANIFEST_DIR").map(PathBuf::from).or_else(|_| std::env::current_dir())?;
    here.ancestors()
        .find(|folder| folder.join("Cargo.lock").is_file())
        .map(Path::to_path_buf)
        .with_context(|| format!("no workspace above {}", here.display()))
}

/// A command that runs at the top of the tree. Cargo's own variables of this run stay behind, so that a cargo
/// started from here sees what a shell would give it.
pub(crate) fn command(root: &Path, words: &[&str]) -> Result<Command> {
    let (program, arguments) = words.split_first().context("an empty command")?;
    let mut command = Command::new(program);
    command.args(arguments).current_dir(root);
    for name in ["CARGO", "CARGO_MANIFEST_DIR", "CARGO_MANIFEST_PATH", "CARGO_PKG_NAME", "RUSTUP_TOOLCHAIN"] {
        command.env_remove(name);
    }
    Ok(command)
}

/// Runs it with the terminal's own output and fails when it fails.
pub(crate) fn run(root: &Path, words: &[&str]) -> Result<()> {
    let line = words.join(" ");
    step(&line);
    let status = command(root, words)?.status().with_context(|| format!("cannot start `{line}`"))?;
    if !status.success() {
        bail!("`{line}` failed ({status})");
    }
    Ok(())
}

/// Its standard output; fails when it fails.
pub(crate) fn output(root: &Path, words: &[&str]) -> Result<String> {
    let line = words.join(" ");
    let output = command(root, words)?
        .stderr(Stdio::inherit())
        .output()
        .with_context(|| format!("cannot start `{line}`"))?;
    if !output.status.success() {
        bail!("`{line}` failed ({})", output.status);
    }
    String::from_utf8(output.stdout).with_context(|| format!("`{line}` did not print UTF-8"))
}

/// Whether a cargo subcommand is installed here.
pub(crate) fn has_cargo(root: &Path, subcommand: &str) -> bool {
    command(root, &["cargo", subcommand, "--version"])
        .and_then(|mut command| Ok(command.stdout(Stdio::null()).stderr(Stdio::null()).status()?.success()))
        .unwrap_or(false)
}

pub(crate) fn step(text: &str) {
    eprintln!("── {text}");
}

/// Nothing is left out silently: what cannot run is named, with the reason.
pub(crate) fn skipped(what: &str, why: &str) {
    eprintln!("skipped: {what}: {why}");
}

/// Where cargo puts what it builds.
pub(crate) fn target_dir(root: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), |set| root.join(set))
}

/// Today in UTC, from the system's `date`.
pub(crate) fn date(root: &Path) -> Result<String> {
    Ok(output(root, &["date", "-u", "+%Y-%m-%d %H:%M UTC"])?.trim().to_owned())
}

/// The commit of the tree, with a word when files differ from it.
pub(crate) fn commit(root: &Path) -> Result<String> {
    let commit = output(root, &["git", "rev-parse", "--short=12", "HEAD"])?.trim().to_owned();
    let changed = output(root, &["git", "status", "--porcelain", "--untracked-files=no"])?;
    Ok(if changed.is_empty() { commit } else { format!("{commit} with uncommitted changes") })
}
