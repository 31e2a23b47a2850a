//! Documents that the binary writes: they are committed, and must be what the binary would write today.

use std::{fs, path::Path};

use anyhow::{Context, Result, bail};

use crate::shell;

struct Generated {
    name: &'static str,
    /// What the `tandem` binary is asked.
    arguments: &'static [&'static str],
    file: &'static str,
}

const GENERATED: [Generated; 3] = [
    Generated { name: "openapi", arguments: &["openapi"], file: "docs/openapi.json" },
    Generated { name: "config", arguments: &["config", "example"], file: "deploy/tandem.example.toml" },
    Generated { name: "permissions", arguments: &["permissions"], file: "docs/permissions.md" },
];

/// Builds the binary that the documents come from.
pub(crate) fn build(root: &Path) -> Result<()> {
    if exists(root) { shell::run(root, &["cargo", "build", "--bin", "tandem"]) } else { Ok(()) }
}

/// Fails when a committed document is not what the built binary prints. Expects the binary to be built.
pub(crate) fn compare(root: &Path) -> Result<()> {
    if !exists(root) {
        shell::skipped("drift of generated documents", "crates/tandem is not there yet");
        return Ok(());
    }
    let mut stale = Vec::new();
    for generated in &GENERATED {
        let fresh = ask(root, generated)?;
        let kept = fs::read_to_string(root.join(generated.file)).unwrap_or_default();
        match first_difference(&kept, &fresh) {
            None => shell::step(&format!("{} is up to date", generated.file)),
            Some(line) => stale.push(format!("{}:{line}", generated.file)),
        }
    }
    if stale.is_empty() {
        Ok(())
    } else {
        bail!(
            "not what the binary prints today: {}; run `cargo xtask bless` and read the change",
            stale.join(", ")
        )
    }
}

/// Rewrites the named documents, or all of them when no name is given.
pub(crate) fn rewrite(root: &Path, names: &[&str]) -> Result<()> {
    if !exists(root) {
        bail!("crates/tandem is not there yet: the generated documents come from its binary");
    }
    build(root)?;
    for generated in GENERATED.iter().filter(|g| names.is_empty() || names.contains(&g.name)) {
        let fresh = ask(root, generated)?;
        let file = root.join(generated.file);
        fs::write(&file, fresh).with_context(|| format!("cannot write {}", generated.file))?;
        shell::step(&format!("wrote {}", generated.file));
    }
    Ok(())
}

fn exists(root: &Path) -> bool {
    root.join("crates/tandem/Cargo.toml").is_file()
}

fn ask(root: &Path, generated: &Generated) -> Result<String> {
    let binary = shell::target_dir(root).join("debug/tandem");
    let binary = binary.to_str().context("the target directory is not UTF-8")?;
    let words: Vec<&str> = std::iter::once(binary).chain(generated.arguments.iter().copied()).collect();
    shell::output(root, &words)
}

/// The first line (from 1) in which two texts differ.
fn first_difference(kept: &str, fresh: &str) -> Option<usize> {
    if kept == fresh {
        return None;
    }
    let same = kept.lines().zip(fresh.lines()).take_while(|(a, b)| a == b).count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_that_differs_is_named() {
        assert_eq!(first_difference("a\nb\n", "a\nb\n"), None);
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), Some(2));
        assert_eq!(first_difference("a\n", "a\nb\n"), Some(2));
        assert_eq!(first_difference("", "a\n"), Some(1));
        assert_eq!(first_difference("a", "a\n"), Some(2), "a missing newline at the end counts too");
    }
}
