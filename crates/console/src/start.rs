//! What the pages are told before anybody has signed in.

use serde::Serialize;

#[derive(Clone, Debug, Default, Serialize)]
pub struct Start {
    /// Only on a practice organization: who can be tried, with a click.
    pub practice: Option<Practice>,
}

#[derive(Clone, Debug, Serialize)]
pub struct Practice {
    /// Everybody's.
    pub password: String,
    pub people: Vec<PracticePerson>,
}

#[derive(Clone, Debug, Serialize)]
pub struct PracticePerson {
    pub username: String,
    pub display_name: String,
    pub persona: Persona,
    /// Nobody else plays this person.
    pub free: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Persona {
    Agent,
    Specialist,
    Supervisor,
    Analyst,
    Administrator,
}
