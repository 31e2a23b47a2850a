//! Who may import whom, and which crate may stand on which part.

use super::{
    Finding,
    tree::{Tree, ships},
};

/// What each crate may import of ours. Layers strictly downward, with the narrower rules of the adapters and reporting.
const IMPORTS: [(&str, &[&str]); 17] = [
    ("terms", &[]),
    ("migrations", &[]),
    ("voicecall", &["terms"]),
    ("routing", &["terms"]),
    ("access", &["terms"]),
    ("signaling", &["terms"]),
    ("media", &["terms"]),
    ("store", &["terms", "migrations"]),
    ("bus", &["terms"]),
    ("delivery", &["terms"]),
    ("callcontrol", &["terms", "voicecall", "routing", "access", "signaling", "media", "store", "bus"]),
    ("reporting", &["terms", "voicecall", "store", "migrations"]),
    ("simulation", &["terms", "routing"]),
    ("api", BELOW_L4),
    ("console", BELOW_L4),
    ("tandem", BELOW_L5),
    ("xtask", &[]),
];
const BELOW_L4: &[&str] = &[
    "terms",
    "voicecall",
    "routing",
    "access",
    "signaling",
    "media",
    "store",
    "bus",
    "delivery",
    "callcontrol",
    "reporting",
    "simulation",
];
const BELOW_L5: &[&str] = &[
    "terms",
    "voicecall",
    "routing",
    "access",
    "signaling",
    "media",
    "store",
    "bus",
    "delivery",
    "callcontrol",
    "reporting",
    "simulation",
    "api",
    "console",
    "migrations",
];

/// Parts that only the named crates may use; the rest of the house does not know which part it is.
const PARTS: [(&str, &[&str]); 17] = [
    ("actix-web", &["api", "console"]),
    ("actix-ws", &["api"]),
    ("lettre", &["delivery"]),
    ("reqwest", &["delivery", "tandem"]),
    ("sea-orm", &["store", "reporting", "migrations"]),
    ("sea-orm-migration", &["store", "migrations"]),
    ("sqlx", &["store"]),
    ("async-nats", &["bus"]),
    ("jsonwebtoken", &["access"]),
    ("argon2", &["access"]),
    ("opus", &["media"]),
    ("audio-codec", &["media"]),
    ("rtp-rs", &["media"]),
    ("str0m", &["media"]),
    ("rsipstack", &["signaling"]),
    ("figment", &["tandem"]),
    ("anyhow", &["tandem", "xtask"]),
];

/// Layers 0 and 1: no clock, no chance, no tasks, no database, no web.
pub(super) const PURE: [&str; 4] = ["terms", "voicecall", "routing", "access"];
const NOT_IN_PURE: [&str; 15] = [
    "tokio",
    "tokio-util",
    "futures",
    "futures-util",
    "async-trait",
    "rand",
    "fastrand",
    "getrandom",
    "tracing-subscriber",
    "parking_lot",
    "dashmap",
    "crossbeam",
    "crossbeam-channel",
    "rayon",
    "chrono-tz",
];

pub(super) fn check(tree: &Tree) -> Vec<Finding> {
    let names: Vec<&str> = tree.crates().map(|(name, _)| name).collect();
    let mut findings = Vec::new();
    for (name, folder) in tree.crates() {
        let path = format!("{folder}/Cargo.toml");
        let Some(text) = tree.files.get(&path) else { continue };
        match text.parse::<toml::Table>() {
            Ok(manifest) => {
                for (part, line) in dependencies(&manifest, text) {
                    findings.extend(
                        judge(name, &part, &names).map(|(what, mend)| Finding::new(&path, line, what, mend)),
                    );
                }
                findings.extend(settings(&path, &manifest));
            }
            Err(error) => findings.push(Finding::new(&path, 0, "does not read", error.message())),
        }
    }
    findings
}

fn judge(name: &str, part: &str, ours: &[&str]) -> Option<(String, String)> {
    let known = IMPORTS.iter().find(|(importer, _)| *importer == name);
    if name != "scenarios" && (ours.contains(&part) || IMPORTS.iter().any(|(known, _)| *known == part)) {
        let allowed = known.map_or(&[][..], |(_, allowed)| *allowed);
        return (!allowed.contains(&part)).then(|| {
            let may = if allowed.is_empty() { "none of ours".to_owned() } else { allowed.join(", ") };
            (
                format!("`{name}` imports `{part}`: upward or sideways"),
                format!(
                    "it may import {may}: hand the data down, or move the code to the layer that knows both"
                ),
            )
        });
    }
    if let Some((_, users)) = PARTS.iter().find(|(walled, _)| *walled == part)
        && ships(name)
        && !users.contains(&name)
    {
        return Some((
            format!("`{name}` uses `{part}`, which only {} may use", users.join(", ")),
            "ask that crate in our own words instead".to_owned(),
        ));
    }
    (PURE.contains(&name) && NOT_IN_PURE.contains(&part)).then(|| {
        (
            format!("`{name}` is pure and uses `{part}`"),
            "take time and seeds as arguments, and leave tasks to callcontrol".to_owned(),
        )
    })
}

/// What the product is built from, with its line: development dependencies are free.
fn dependencies(manifest: &toml::Table, text: &str) -> Vec<(String, usize)> {
    let targets = manifest.get("target").and_then(toml::Value::as_table).into_iter().flatten();
    let tables = std::iter::once(manifest).chain(targets.filter_map(|(_, target)| target.as_table()));
    let mut found = Vec::new();
    for table in tables {
        for kind in ["dependencies", "build-dependencies"] {
            for (key, value) in table.get(kind).and_then(toml::Value::as_table).into_iter().flatten() {
                let package = value.get("package").and_then(toml::Value::as_str).unwrap_or(key);
                found.push((package.to_owned(), line_of(text, key)));
            }
        }
    }
    found
}

fn line_of(text: &str, key: &str) -> usize {
    let names = |line: &str| {
        let line = line.trim_start().trim_start_matches('"');
        line.strip_prefix(key).is_some_and(|rest| rest.starts_with(['.', ' ', '=', '"']))
            || (line.starts_with('[') && line.trim_end().ends_with(&format!(".{key}]")))
    };
    text.lines().position(names).map_or(0, |index| index + 1)
}

/// Every crate takes its lints and its edition from the workspace.
fn settings(path: &str, manifest: &toml::Table) -> Option<Finding> {
    let inherits = |table: Option<&toml::Value>| {
        table.and_then(|t| t.get("workspace")).and_then(toml::Value::as_bool) == Some(true)
    };
    let package = manifest.get("package");
    let sound = inherits(manifest.get("lints"))
        && ["version", "edition", "rust-version", "license", "publish"]
            .iter()
            .all(|key| inherits(package.and_then(|p| p.get(key))));
    (!sound).then(|| {
        Finding::new(
            path,
            1,
            "does not take its settings from the workspace",
            "version, edition, rust-version, license, publish and [lints]: `workspace = true`",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::super::found;

    const HEAD: &str = "[package]\nversion.workspace = true\nedition.workspace = true\nrust-version.workspace = true\n\
        license.workspace = true\npublish.workspace = true\n[lints]\nworkspace = true\n";

    fn with(name: &str, body: &str) -> Vec<String> {
        let manifest = format!("{HEAD}{body}");
        let folder = match name {
            "migrations" => "migrations".to_owned(),
            "scenarios" => "tests".to_owned(),
            _ => format!("crates/{name}"),
        };
        found(super::check, &[(&format!("{folder}/Cargo.toml"), &manifest)])
    }

    #[test]
    fn an_import_downward_is_fine() {
        assert!(
            with("voicecall", "[dependencies]\nterms.workspace = true\nserde.workspace = true\n").is_empty()
        );
        assert!(
            with("store", "[dependencies]\nmigrations.workspace = true\nsea-orm.workspace = true\n")
                .is_empty()
        );
        assert!(with("tandem", "[dependencies]\napi.workspace = true\nanyhow = '1'\n").is_empty());
    }

    #[test]
    fn an_import_upward_or_sideways_is_found_with_its_line() {
        assert_eq!(
            with("voicecall", "[dependencies]\nterms.workspace = true\nrouting.workspace = true\n"),
            ["crates/voicecall/Cargo.toml:11 `voicecall` imports `routing`: upward or sideways"]
        );
        assert_eq!(with("media", "[dependencies]\nvoicecall = { path = '../voicecall' }\n").len(), 1);
        assert_eq!(with("reporting", "[dependencies]\ncallcontrol.workspace = true\n").len(), 1);
        assert_eq!(with("terms", "[dependencies.api]\nworkspace = true\n").len(), 1);
    }

    #[test]
    fn a_renamed_import_and_one_for_a_target_are_seen() {
        assert_eq!(with("terms", "[dependencies]\nx = { package = 'media', path = '.' }\n").len(), 1);
        assert_eq!(with("terms", "[target.'cfg(unix)'.dependencies]\nmedia.workspace = true\n").len(), 1);
        assert_eq!(with("terms", "[build-dependencies]\nmedia.workspace = true\n").len(), 1);
    }

    #[test]
    fn a_part_outside_its_wall_is_found() {
        assert_eq!(
            with("callcontrol", "[dependencies]\nsea-orm.workspace = true\n"),
            [
                "crates/callcontrol/Cargo.toml:10 `callcontrol` uses `sea-orm`, which only store, reporting, migrations may use"
            ]
        );
        assert_eq!(with("signaling", "[dependencies]\nopus = '=0.4.0'\n").len(), 1);
        assert_eq!(with("store", "[dependencies]\nanyhow = '1'\n").len(), 1);
    }

    #[test]
    fn tests_may_use_what_the_product_may_not() {
        assert!(with("voicecall", "[dev-dependencies]\nrouting.workspace = true\nrand = '0.9'\n").is_empty());
        assert!(
            with("scenarios", "[dependencies]\nsea-orm = '2'\ncallcontrol.workspace = true\n").is_empty()
        );
    }

    #[test]
    fn a_pure_crate_knows_no_tasks_and_no_chance() {
        assert_eq!(
            with("routing", "[dependencies]\ntokio.workspace = true\nrand.workspace = true\n").len(),
            2
        );
    }

    #[test]
    fn settings_come_from_the_workspace() {
        let files = [("crates/terms/Cargo.toml", "[package]\nversion = '1'\n")];
        assert_eq!(
            found(super::check, &files),
            ["crates/terms/Cargo.toml:1 does not take its settings from the workspace"]
        );
    }
}
