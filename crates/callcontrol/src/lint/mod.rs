//! Lint: what an organization's settings promise and cannot keep. Pure: the rows are an argument, nobody is asked and
//! nothing is read, so `tandem check` says the same as the running server.

mod flows;
mod people;
mod queues;
#[cfg(test)]
mod tests;

use serde::Serialize;
use store::OrganizationRows;
use uuid::Uuid;

use crate::Organization;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Calls are lost, or wait for ever.
    Error,
    /// It works other than it looks.
    Warning,
    /// Something stands there that nothing uses.
    Info,
}

/// What kind of thing a finding is about, as its page and its API are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SubjectKind {
    Organization,
    Queue,
    Skill,
    User,
    Number,
    CallFlow,
    PresenceStatus,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Subject {
    #[serde(rename = "type")]
    pub kind: SubjectKind,
    /// None for the organization as a whole.
    pub id: Option<Uuid>,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    pub severity: Severity,
    /// Stable, for filters and translations.
    pub code: &'static str,
    pub subject: Subject,
    /// What is wrong and what to do about it, in one or two sentences.
    pub text: String,
}

/// What the rules look at: the rows as written and the snapshot that calls are routed by.
struct Looked<'a> {
    rows: &'a OrganizationRows,
    organization: &'a Organization,
}

impl Subject {
    fn of(kind: SubjectKind, id: Uuid, name: &str) -> Self {
        Self { kind, id: Some(id), name: name.to_owned() }
    }
}

fn finding(
    severity: Severity,
    code: &'static str,
    subject: Subject,
    text: impl Into<String>,
) -> Option<Finding> {
    Some(Finding { severity, code, subject, text: text.into() })
}

/// Everything that is wrong, the worst first, then by kind of finding.
pub fn lint(rows: &OrganizationRows) -> Vec<Finding> {
    let organization = Organization::from_rows(rows);
    let looked = Looked { rows, organization: &organization };
    let mut found = Vec::new();
    found.extend(people::findings(&looked));
    found.extend(queues::findings(&looked));
    found.extend(flows::findings(&looked));
    found.sort();
    found.dedup();
    found
}

/// "a, b and 3 more".
fn named<'a>(names: impl Iterator<Item = &'a str>) -> String {
    const SHOWN: usize = 3;
    let all: Vec<&str> = names.collect();
    let shown = all.iter().take(SHOWN).copied().collect::<Vec<_>>().join(", ");
    if all.len() > SHOWN { format!("{shown} and {} more", all.len() - SHOWN) } else { shown }
}
