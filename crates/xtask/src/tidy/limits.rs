//! The limits table of `docs/architecture.md` says what `terms::limits` says.

use super::{Finding, tables, tree::Tree};

const ARCHITECTURE: &str = "docs/architecture.md";
const TITLE: &str = "Limits";
const LIMITS: &str = "crates/terms/src/limits.rs";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let (Some(text), Some(page)) = (tree.files.get(LIMITS), tree.files.get(ARCHITECTURE)) else {
        return Vec::new();
    };
    let rows = tables::under(page, TITLE);
    let mut findings = Vec::new();
    let mut known = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let Some((name, value)) = constant(line) else { continue };
        known.push(name);
        let said = rows.iter().find(|row| row.quoted(0).contains(&name));
        if said.is_none_or(|row| !row.quoted(1).contains(&value)) {
            let what = format!("`{name}` = `{value}` is not what \"{TITLE}\" in {ARCHITECTURE} says");
            findings.push(Finding::new(LIMITS, index + 1, what, "let both say the same"));
        }
    }
    for row in &rows {
        for name in row.quoted(0).into_iter().filter(|name| !known.contains(name)) {
            let what = format!("there is no limit `{name}` in {LIMITS}");
            findings.push(Finding::new(ARCHITECTURE, row.line, what, "take the row out"));
        }
    }
    findings
}

/// `pub const NAME: usize = 6;` as (NAME, 6).
fn constant(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix("pub const ")?.split_once(':')?;
    let (_, value) = rest.split_once('=')?;
    Some((name.trim(), value.trim().trim_end_matches(';')))
}

#[cfg(test)]
mod tests {
    use super::{super::found, *};

    #[test]
    fn a_limit_that_the_page_does_not_know_or_knows_otherwise_is_found() {
        let page = "## Limits\n| name | value |\n| --- | --- |\n| `A` | `6` |\n| `C` | `1` |\n";
        let code = "/// x\npub const A: usize = 7;\npub const B: i64 = 20_000;\n";
        assert_eq!(
            found(check, &[(LIMITS, code), (ARCHITECTURE, page)]),
            [
                "crates/terms/src/limits.rs:2 `A` = `7` is not what \"Limits\" in docs/architecture.md says",
                "crates/terms/src/limits.rs:3 `B` = `20_000` is not what \"Limits\" in docs/architecture.md says",
                "docs/architecture.md:5 there is no limit `C` in crates/terms/src/limits.rs"
            ]
        );
    }
}
