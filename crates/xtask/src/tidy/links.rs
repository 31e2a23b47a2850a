//! Links between our pages lead somewhere.

use super::{Finding, tree::Tree};

/// Written by the binary; there once it has been built.
const GENERATED: [&str; 4] =
    ["docs/openapi.json", "docs/permissions.md", "deploy/tandem.example.toml", "docs/long-run.md"];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (path, text) in tree.files.iter().filter(|(path, _)| path.ends_with(".md")) {
        for (index, line) in text.lines().enumerate() {
            for link in line.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
                if !leads(tree, path, link) {
                    let what = format!("the link `{link}` leads nowhere");
                    findings.push(Finding::new(
                        path,
                        index + 1,
                        what,
                        "name the page by its path from this one",
                    ));
                }
            }
        }
    }
    findings
}

fn leads(tree: &Tree, from: &str, link: &str) -> bool {
    let page = link.split('#').next().unwrap_or_default();
    if page.is_empty() || page.contains("://") || page.starts_with("mailto:") {
        return true;
    }
    let mut parts: Vec<&str> = from.split('/').collect();
    parts.pop();
    for part in page.split('/').filter(|part| !matches!(*part, "" | ".")) {
        match part {
            ".." if parts.pop().is_none() => return false,
            ".." => {}
            _ => parts.push(part),
        }
    }
    let target = parts.join("/");
    let folder = format!("{target}/");
    tree.files.contains_key(&target)
        || tree.others.contains(&target)
        || GENERATED.contains(&target.as_str())
        || tree.files.keys().any(|path| path.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{found, tree::Tree},
        check,
    };

    #[test]
    fn a_picture_that_is_there_is_a_place_to_lead_to() {
        let page = ("docs/a.md".to_owned(), "![a](pictures/a.png)\n![b](pictures/b.png)\n".to_owned());
        let mut tree = Tree::of([page]);
        tree.others.insert("docs/pictures/a.png".to_owned());
        assert_eq!(check(&tree).iter().map(|finding| finding.line).collect::<Vec<_>>(), [2]);
    }

    #[test]
    fn a_link_that_leads_nowhere_is_found() {
        let page = "[a](b.md) [b](../README.md#x) [c](https://example.org/z) [d](#here)\n[e](../crates) [f](../../x) [g](no.md)\n";
        let files = [("docs/a.md", page), ("docs/b.md", ""), ("README.md", ""), ("crates/x/Cargo.toml", "")];
        assert_eq!(
            found(super::check, &files),
            ["docs/a.md:2 the link `../../x` leads nowhere", "docs/a.md:2 the link `no.md` leads nowhere"]
        );
    }
}
