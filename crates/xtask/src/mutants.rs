//! The mutation run: plants known bugs in a copy of the pure crates, one at a time, and sees that their tests fail.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, Result, bail, ensure};
use serde::Deserialize;

use crate::shell;

const LIST: &str = "crates/voicecall/mutants.toml";
/// Bugs are planted in these, and their tests have to notice.
const PLANTED: [&str; 2] = ["terms", "voicecall"];
/// The copy holds these, where they are there: the tests of the core may stand on the other pure crates.
const COPIED: [&str; 4] = ["terms", "voicecall", "routing", "access"];
/// A planted bug may make a test run for ever; after this many seconds it counts as noticed.
const TESTS_SECONDS_MAX: &str = "900";
/// Issue 2 asks for at least this many.
const PLANTED_MIN: usize = 20;

/// A bug to plant: `find` stands exactly once in `file` (a path from the top) and becomes `replace`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Mutant {
    name: String,
    file: String,
    find: String,
    replace: String,
    why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    mutant: Vec<Mutant>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// A test failed, or ran too long.
    Caught,
    /// It does not compile, so no test was asked.
    Refused,
    Survived,
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fate::Caught => "caught",
            Fate::Refused => "does not compile",
            Fate::Survived => "SURVIVED",
        })
    }
}

pub(crate) fn command(root: &Path, only: Option<&str>) -> Result<()> {
    if !exist(root) {
        shell::skipped("mutants", &format!("{LIST} is not there yet"));
        return Ok(());
    }
    let told = sweep(root, only)?;
    let caught = told.iter().filter(|row| row.fate == Fate::Caught).count();
    println!("{caught} of {} planted bugs caught", told.len());
    if caught == told.len() {
        Ok(())
    } else {
        bail!("write a test for each that survived; one that does not compile proves nothing: mend {LIST}")
    }
}

/// What became of one planted bug.
pub(crate) struct Row {
    pub name: String,
    pub why: String,
    pub fate: Fate,
}

pub(crate) fn exist(root: &Path) -> bool {
    root.join(LIST).is_file()
}

/// Plants each bug, or the named one, and says what became of it.
pub(crate) fn sweep(root: &Path, only: Option<&str>) -> Result<Vec<Row>> {
    let all = read(&fs::read_to_string(root.join(LIST))?)?;
    if only.is_none() {
        ensure!(
            all.len() >= PLANTED_MIN,
            "{LIST} lists {} bugs; at least {PLANTED_MIN} are wanted",
            all.len()
        );
    }
    let mutants: Vec<Mutant> =
        all.into_iter().filter(|mutant| only.is_none_or(|name| name == mutant.name)).collect();
    ensure!(!mutants.is_empty(), "{LIST} has no bug of that name");
    for mutant in &mutants {
        plant(root, mutant)?;
    }
    let copy = Copy::make(root)?;
    shell::step("the copy without a planted bug");
    ensure!(copy.builds()? && copy.passes()?, "the tests fail without any planted bug: mend them first");
    let mut rows = Vec::new();
    for mutant in mutants {
        let fate = copy.try_one(root, &mutant)?;
        println!("{fate}: {} ({})", mutant.name, mutant.why);
        rows.push(Row { name: mutant.name, why: mutant.why, fate });
    }
    Ok(rows)
}

fn read(text: &str) -> Result<Vec<Mutant>> {
    let list: List = toml::from_str(text).with_context(|| format!("{LIST} does not read"))?;
    for (index, mutant) in list.mutant.iter().enumerate() {
        ensure!(mutant.find != mutant.replace, "{}: find and replace are the same", mutant.name);
        let twice = list.mutant[..index].iter().any(|earlier| earlier.name == mutant.name);
        ensure!(!twice, "{LIST} has two bugs named {}", mutant.name);
        let inside = PLANTED.iter().any(|name| mutant.file.starts_with(&format!("crates/{name}/src/")));
        ensure!(inside && !mutant.file.contains(".."), "{}: {} is not in the core", mutant.name, mutant.file);
    }
    Ok(list.mutant)
}

/// The file's text with the bug in it.
fn plant(root: &Path, mutant: &Mutant) -> Result<String> {
    let text = fs::read_to_string(root.join(&mutant.file))
        .with_context(|| format!("{}: cannot read {}", mutant.name, mutant.file))?;
    let times = text.matches(&mutant.find).count();
    ensure!(
        times == 1,
        "{}: the text to find stands {times} times in {}, not once; the code moved: mend {LIST}",
        mutant.name,
        mutant.file
    );
    Ok(text.replacen(&mutant.find, &mutant.replace, 1))
}

/// A workspace of the pure crates alone, in a folder of its own, gone when dropped.
struct Copy {
    root: PathBuf,
}

impl Copy {
    fn make(from: &Path) -> Result<Copy> {
        let root = std::env::temp_dir().join(format!("tandem-mutants-{}", std::process::id()));
        let copy = Copy { root };
        let there: Vec<&str> = COPIED
            .into_iter()
            .filter(|name| from.join(format!("crates/{name}/Cargo.toml")).is_file())
            .collect();
        for name in &there {
            let folder = format!("crates/{name}");
            copy_folder(&from.join(&folder), &copy.root.join(&folder))?;
        }
        for file in ["Cargo.toml", "Cargo.lock", "rust-toolchain.toml"] {
            fs::copy(from.join(file), copy.root.join(file)).with_context(|| format!("cannot copy {file}"))?;
        }
        fs::write(
            copy.root.join("Cargo.toml"),
            trimmed_manifest(&fs::read_to_string(from.join("Cargo.toml"))?, &there)?,
        )?;
        Ok(copy)
    }

    fn try_one(&self, from: &Path, mutant: &Mutant) -> Result<Fate> {
        let sound = fs::read_to_string(from.join(&mutant.file))?;
        let here = self.root.join(&mutant.file);
        fs::write(&here, plant(from, mutant)?)?;
        let fate = if !self.builds()? {
            Fate::Refused
        } else if self.passes()? {
            Fate::Survived
        } else {
            Fate::Caught
        };
        fs::write(&here, sound)?;
        Ok(fate)
    }

    fn builds(&self) -> Result<bool> {
        self.cargo(&["cargo", "test", "-p", "terms", "-p", "voicecall", "--no-run"])
    }

    fn passes(&self) -> Result<bool> {
        self.cargo(&["timeout", TESTS_SECONDS_MAX, "cargo", "test", "-p", "terms", "-p", "voicecall"])
    }

    fn cargo(&self, words: &[&str]) -> Result<bool> {
        let status = shell::command(&self.root, words)?
            .env("CARGO_TARGET_DIR", self.root.join("target"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()?;
        Ok(status.success())
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        // Nothing to tell anyone: a folder left in the temporary directory harms nobody.
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// The workspace's manifest with the pure crates as its only members. What Cargo.lock lists beyond them is dropped
/// by cargo itself; versions stay.
fn trimmed_manifest(text: &str, crates: &[&str]) -> Result<String> {
    let mut manifest: toml::Table = toml::from_str(text)?;
    let workspace =
        manifest.get_mut("workspace").and_then(toml::Value::as_table_mut).context("no [workspace] table")?;
    let members = crates.iter().map(|name| toml::Value::from(format!("crates/{name}"))).collect();
    workspace.insert("members".into(), toml::Value::Array(members));
    Ok(toml::to_string(&manifest)?)
}

fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str =
        "[[mutant]]\nname = 'a'\nfile = 'crates/terms/src/time.rs'\nfind = 'x'\nreplace = 'y'\nwhy = 'z'\n";

    #[test]
    fn a_list_reads_and_names_are_unique() {
        assert_eq!(read(ONE).unwrap()[0].name, "a");
        assert!(read(&format!("{ONE}{ONE}")).unwrap_err().to_string().contains("two bugs named a"));
    }

    #[test]
    fn a_bug_outside_the_pure_crates_is_refused() {
        assert!(read(&ONE.replace("crates/terms", "crates/media")).is_err());
        assert!(read(&ONE.replace("src/time.rs", "src/../../media/src/lib.rs")).is_err());
    }

    #[test]
    fn every_listed_bug_still_finds_its_place() {
        let root = shell::root().unwrap();
        for mutant in read(&fs::read_to_string(root.join(LIST)).unwrap()).unwrap() {
            plant(&root, &mutant).unwrap();
        }
    }

    #[test]
    fn an_unknown_field_is_refused() {
        assert!(read(&format!("{ONE}wyh = 'typo'\n")).is_err());
    }

    #[test]
    fn text_that_is_not_there_exactly_once_is_refused() {
        let root = shell::root().unwrap();
        let mut mutant = read(ONE).unwrap().remove(0);
        mutant.find = "no such text".into();
        assert!(plant(&root, &mutant).unwrap_err().to_string().contains("0 times"));
        mutant.find = "pub".into();
        assert!(plant(&root, &mutant).is_err());
        mutant.find = "pub struct Timestamp(pub i64);".into();
        mutant.replace = "pub struct Timestamp(pub u64);".into();
        assert!(plant(&root, &mutant).unwrap().contains("Timestamp(pub u64)"));
    }

    #[test]
    fn the_copys_manifest_has_the_pure_crates_only() {
        let text = trimmed_manifest(
            "[workspace]\nmembers = ['crates/*', 'tests']\n[profile.dev]\ndebug = 1\n",
            &["terms"],
        )
        .unwrap();
        assert!(text.contains("crates/terms") && !text.contains("tests") && text.contains("[profile.dev]"));
    }
}
