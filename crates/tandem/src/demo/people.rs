//! Who works in the practice organization.

use access::permission_set::{self, BuiltIn};

/// Everybody's practice password, at the desk and for the phone.
pub const PASSWORD: &str = "practice";
/// The administrator that every first start makes.
pub const ADMINISTRATOR: &str = "admin";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Team {
    TierOne,
    TierTwo,
    Billing,
    Supervisors,
}

/// Who moves this person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Played {
    /// The practice itself answers, consults, coaches.
    ByUs,
    /// Free for a reader to sign in as; the phone is theirs to register.
    ByYou,
    /// Free for a reader; a practice phone stands on the desk until they register their own.
    ByYouWithPhone,
}

#[derive(Clone, Copy, Debug)]
pub struct Person {
    pub username: &'static str,
    pub display_name: &'static str,
    pub extension: Option<&'static str>,
    pub team: Option<Team>,
    pub tier: Option<u8>,
    pub sets: &'static [Set],
    pub played: Played,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Set {
    BuiltIn(BuiltIn),
    /// The supervisor's permissions, within one team.
    SupervisorOf(Team),
}

const AGENT: &[Set] = &[Set::BuiltIn(permission_set::AGENT)];

const fn agent(
    username: &'static str,
    display_name: &'static str,
    extension: &'static str,
    (team, tier): (Team, Option<u8>),
    played: Played,
) -> Person {
    Person { username, display_name, extension: Some(extension), team: Some(team), tier, sets: AGENT, played }
}

const fn supervisor(
    username: &'static str,
    display_name: &'static str,
    extension: &'static str,
    sets: &'static [Set],
    played: Played,
) -> Person {
    Person {
        username,
        display_name,
        extension: Some(extension),
        team: Some(Team::Supervisors),
        tier: None,
        sets,
        played,
    }
}

const TIER_ONE: (Team, Option<u8>) = (Team::TierOne, Some(1));
const TIER_TWO: (Team, Option<u8>) = (Team::TierTwo, Some(2));
const BILLING: (Team, Option<u8>) = (Team::Billing, None);

pub const PEOPLE: &[Person] = &[
    agent("ana", "Ana (tier 1)", "101", TIER_ONE, Played::ByUs),
    agent("ben", "Ben (tier 1)", "102", TIER_ONE, Played::ByUs),
    agent("cleo", "Cleo (tier 1)", "103", TIER_ONE, Played::ByUs),
    agent("dora", "Dora (tier 1)", "109", TIER_ONE, Played::ByYou),
    agent("eli", "Eli (tier 2 specialist)", "201", TIER_TWO, Played::ByUs),
    agent("fay", "Fay (tier 2 specialist)", "202", TIER_TWO, Played::ByUs),
    agent("gus", "Gus (tier 2 specialist)", "209", TIER_TWO, Played::ByYou),
    agent("hana", "Hana (billing specialist)", "301", BILLING, Played::ByUs),
    agent("ivo", "Ivo (billing specialist)", "302", BILLING, Played::ByUs),
    agent("juno", "Juno (billing specialist)", "309", BILLING, Played::ByYou),
    supervisor("kim", "Kim (supervisor, tier 1)", "401", &[Set::SupervisorOf(Team::TierOne)], Played::ByUs),
    supervisor(
        "lee",
        "Lee (supervisor, tier 2 and billing)",
        "402",
        &[Set::SupervisorOf(Team::TierTwo), Set::SupervisorOf(Team::Billing)],
        Played::ByUs,
    ),
    supervisor(
        "maya",
        "Maya (supervisor of everybody)",
        "409",
        &[Set::BuiltIn(permission_set::SUPERVISOR)],
        Played::ByYouWithPhone,
    ),
    Person {
        username: "nora",
        display_name: "Nora (analyst)",
        extension: None,
        team: None,
        tier: None,
        sets: &[Set::BuiltIn(permission_set::ANALYST)],
        played: Played::ByYou,
    },
];

impl Person {
    pub fn has_practice_phone(&self) -> bool {
        self.extension.is_some() && self.played != Played::ByYou
    }
    pub fn is_supervisor(&self) -> bool {
        self.team == Some(Team::Supervisors)
    }
    /// Free for a reader to take calls as.
    pub fn is_free_agent(&self) -> bool {
        self.sets == AGENT && self.played == Played::ByYou
    }
}

/// Everybody as the console's first page shows them.
pub(super) fn for_pages() -> console::Practice {
    let administrator = console::PracticePerson {
        username: ADMINISTRATOR.to_owned(),
        display_name: "Administrator".to_owned(),
        persona: console::Persona::Administrator,
        free: true,
    };
    let people = PEOPLE.iter().map(|person| console::PracticePerson {
        username: person.username.to_owned(),
        display_name: person.display_name.to_owned(),
        persona: match person.team {
            Some(Team::Supervisors) => console::Persona::Supervisor,
            Some(Team::TierOne) => console::Persona::Agent,
            Some(Team::TierTwo | Team::Billing) => console::Persona::Specialist,
            None => console::Persona::Analyst,
        },
        free: person.played != Played::ByUs,
    });
    console::Practice { password: PASSWORD.to_owned(), people: people.chain([administrator]).collect() }
}

impl Team {
    pub const ALL: [Team; 4] = [Team::TierOne, Team::TierTwo, Team::Billing, Team::Supervisors];

    pub const fn name(self) -> &'static str {
        match self {
            Team::TierOne => "Tier 1",
            Team::TierTwo => "Tier 2",
            Team::Billing => "Billing specialists",
            Team::Supervisors => "Supervisor pool",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_page_offers_every_kind_of_work_to_a_reader() {
        let free: Vec<_> = for_pages().people.into_iter().filter(|person| person.free).collect();
        for persona in [
            console::Persona::Agent,
            console::Persona::Specialist,
            console::Persona::Supervisor,
            console::Persona::Analyst,
            console::Persona::Administrator,
        ] {
            assert!(free.iter().any(|person| person.persona == persona), "{persona:?}");
        }
    }

    #[test]
    fn every_team_has_somebody_free_for_a_reader() {
        for team in Team::ALL {
            let free = |person: &&Person| person.team == Some(team) && person.played != Played::ByUs;
            assert!(PEOPLE.iter().any(|person| free(&person)), "{}", team.name());
        }
    }

    #[test]
    fn names_and_extensions_are_nobody_elses() {
        for (at, person) in PEOPLE.iter().enumerate() {
            for other in &PEOPLE[at + 1..] {
                assert_ne!(person.username, other.username);
                assert!(person.extension.is_none() || person.extension != other.extension);
            }
        }
    }
}
