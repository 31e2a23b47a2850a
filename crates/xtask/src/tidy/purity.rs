//! What the pure crates may not even name.

use super::{
    Finding,
    layers::PURE,
    tree::{Tree, crate_of},
};

const BANNED: [(&str, &str); 14] = [
    ("tokio", "no tasks here: decide, and let callcontrol run"),
    ("async", "no tasks here: decide, and let callcontrol run"),
    ("await", "no tasks here: decide, and let callcontrol run"),
    ("Instant", "take `now: Timestamp` as an argument"),
    ("SystemTime", "take `now: Timestamp` as an argument"),
    ("HashMap", "its order differs from run to run: use BTreeMap"),
    ("HashSet", "its order differs from run to run: use BTreeSet"),
    ("Mutex", "own the value: nothing is shared in here"),
    ("RwLock", "own the value: nothing is shared in here"),
    ("RefCell", "own the value: nothing is shared in here"),
    ("thread_local", "own the value: nothing is shared in here"),
    ("new_v4", "take the seed or the id as an argument"),
    ("now_v7", "take the seed or the id as an argument"),
    ("OsRng", "take the seed or the id as an argument"),
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let pure = tree.rust.iter().filter(|s| crate_of(&s.path).is_some_and(|name| PURE.contains(&name)));
    for source in pure {
        for (at, word) in source.words().filter(|(at, _)| !source.is_test(*at)) {
            let random = word == "rand"
                && (source.after(at + 4).starts_with("::") || source.before(at).ends_with("use"));
            let banned = BANNED.iter().find(|(banned, _)| *banned == word).map(|(_, mend)| *mend);
            let mend = if random { Some("take the seed as an argument") } else { banned };
            if let Some(mend) = mend {
                findings.push(Finding::new(
                    &source.path,
                    source.line(at),
                    format!("`{word}` in a pure crate"),
                    mend,
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::found;

    #[test]
    fn clocks_chance_tasks_and_hash_order_are_found_in_pure_crates_only() {
        let text = "use std::collections::HashMap;\nfn f() { rand::random() }\n// async\nlet rand = 1;\n";
        let seen =
            found(super::check, &[("crates/voicecall/src/a.rs", text), ("crates/media/src/a.rs", text)]);
        assert_eq!(
            seen,
            [
                "crates/voicecall/src/a.rs:1 `HashMap` in a pure crate",
                "crates/voicecall/src/a.rs:2 `rand` in a pure crate"
            ]
        );
    }

    #[test]
    fn tests_of_pure_crates_are_free() {
        let text = "#[cfg(test)]\nmod tests { use std::collections::HashMap; }";
        let files =
            [("crates/routing/src/a.rs", text), ("crates/routing/tests/b.rs", "use std::time::Instant;")];
        assert!(found(super::check, &files).is_empty());
    }
}
