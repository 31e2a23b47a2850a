//! `check`: the quick part of what CI runs.

use std::path::Path;

use anyhow::Result;

use crate::{drift, shell, tidy};

pub(crate) fn command(root: &Path) -> Result<()> {
    lints(root)?;
    drift::build(root)?;
    drift::compare(root)?;
    Ok(())
}

/// Format, house rules, compiler lints, in the order of their price.
pub(crate) fn lints(root: &Path) -> Result<()> {
    shell::run(root, &["cargo", "fmt", "--all", "--check"])?;
    shell::step("tidy");
    tidy::command(root)?;
    shell::run(root, &["cargo", "clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
}
