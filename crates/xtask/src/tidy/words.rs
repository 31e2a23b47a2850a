//! Public type names against the glossary: its "never" column, less the words listed there as allowed.

use super::{
    Finding,
    source::Source,
    tables,
    tree::{Tree, crate_of, ships},
};

const GLOSSARY: &str = "docs/glossary.md";
const NAMES: &str = "Names";
const ALLOWED: &str = "Words allowed where they are the field's own";

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let Some(glossary) = tree.files.get(GLOSSARY) else { return Vec::new() };
    let never: Vec<(String, String)> = tables::under(glossary, NAMES)
        .iter()
        .flat_map(|row| {
            let say = row.cell(0).to_owned();
            row.cell(1).split(',').map(move |word| (camel(word), say.clone())).collect::<Vec<_>>()
        })
        .filter(|(word, _)| !word.is_empty())
        .collect();
    let allowed = tables::under(glossary, ALLOWED);
    let allows = |name: &str, path: &str| {
        allowed.iter().any(|row| {
            row.quoted(0).contains(&name) && row.quoted(1).iter().any(|place| path.starts_with(place))
        })
    };
    let mut findings = Vec::new();
    for source in tree.rust.iter().filter(|s| crate_of(&s.path).is_some_and(ships)) {
        for (at, name) in public_types(source) {
            for (word, say) in never.iter().filter(|(word, _)| holds(name, word)) {
                if !allows(name, &source.path) {
                    let what = format!("`{name}`: the glossary never says {word}");
                    let mend = format!(
                        "say {say}, or list the name under \"{ALLOWED}\" in {GLOSSARY} with a reason"
                    );
                    findings.push(Finding::new(&source.path, source.line(at), what, mend));
                }
            }
        }
    }
    findings
}

/// The names after `pub struct`, `pub enum`, `pub trait`, `pub type`.
fn public_types(source: &Source) -> Vec<(usize, &str)> {
    let words: Vec<(usize, &str)> = source.words().filter(|(at, _)| !source.is_test(*at)).collect();
    words
        .windows(3)
        .filter(|three| three[0].1 == "pub" && matches!(three[1].1, "struct" | "enum" | "trait" | "type"))
        .map(|three| three[2])
        .collect()
}

/// "call record" → "CallRecord".
fn camel(text: &str) -> String {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| {
            let (first, rest) = word.split_at(word.chars().next().map_or(0, char::len_utf8));
            first.to_uppercase() + rest
        })
        .collect()
}

/// Whether a CamelCase name holds the word whole: `CallSession` holds `Session`, `Sessions` and `Obsession` do not.
fn holds(name: &str, word: &str) -> bool {
    name.match_indices(word).any(|(at, _)| {
        let end = at + word.len();
        name[end..].chars().next().is_none_or(|next| !next.is_lowercase())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    const GLOSSARY_TEXT: &str = "## Names\n| say | never | meaning |\n| --- | --- | --- |\n| Leg | channel, call record | x |\n\n\
        ## Words allowed where they are the field's own\n| name | where | why |\n| --- | --- | --- |\n| `Channel` | `crates/terms/` | of a recording |\n";

    #[test]
    fn a_type_named_by_a_word_we_never_say_is_found() {
        let text = "pub struct ChannelState;\nstruct Channel;\npub(crate) enum CallRecord {}\npub enum CallRecords {}\npub trait CallRecord {}\n";
        assert_eq!(
            found(check, &[("crates/media/src/a.rs", text), (GLOSSARY, GLOSSARY_TEXT)]),
            [
                "crates/media/src/a.rs:1 `ChannelState`: the glossary never says Channel",
                "crates/media/src/a.rs:5 `CallRecord`: the glossary never says CallRecord"
            ]
        );
    }

    #[test]
    fn an_allowed_name_is_allowed_in_its_place_only() {
        let of = |path| found(check, &[(path, "pub enum Channel {}"), (GLOSSARY, GLOSSARY_TEXT)]).len();
        assert_eq!((of("crates/terms/src/hearing.rs"), of("crates/media/src/a.rs")), (0, 1));
    }
}
