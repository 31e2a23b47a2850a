//! Where a grant holds: which teams' agents and which queues' conversations.

use std::collections::BTreeSet;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use terms::{QueueId, TeamId};

/// All of a kind, or only the ones listed; `"all"` or `[id]` in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach<T> {
    All,
    Only(BTreeSet<T>),
}

impl<T: Ord> Reach<T> {
    pub fn contains(&self, one: &T) -> bool {
        match self {
            Reach::All => true,
            Reach::Only(listed) => listed.contains(one),
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum AllWord {
    All,
}

#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum ReachForm<S> {
    Word(AllWord),
    Listed(S),
}

impl<T: Ord + Serialize> Serialize for Reach<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Reach::All => ReachForm::Word(AllWord::All),
            Reach::Only(listed) => ReachForm::Listed(listed),
        }
        .serialize(serializer)
    }
}

impl<'de, T: Ord + Deserialize<'de>> Deserialize<'de> for Reach<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match ReachForm::<BTreeSet<T>>::deserialize(deserializer)? {
            ReachForm::Word(AllWord::All) => Reach::All,
            ReachForm::Listed(listed) => Reach::Only(listed),
        })
    }
}

/// Where the grants of one permission set hold: the agent's team AND the conversation's queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    pub teams: Reach<TeamId>,
    pub queues: Reach<QueueId>,
}

impl Scope {
    pub const EVERYTHING: Scope = Scope { teams: Reach::All, queues: Reach::All };

    /// Whether the whole area lies inside: every agent's team and the queue.
    pub fn covers(&self, area: &Area) -> bool {
        let teams = area.teams.iter().all(|team| match team {
            Some(team) => self.teams.contains(team),
            None => matches!(self.teams, Reach::All),
        });
        teams && area.queue.as_ref().is_none_or(|queue| self.queues.contains(queue))
    }
}

/// What a request touches: the teams of the agents concerned and the queue of the conversation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Area {
    /// One entry for each agent concerned, `None` for an agent without a team.
    /// Empty when no agent is concerned; then no team is asked for.
    pub teams: BTreeSet<Option<TeamId>>,
    pub queue: Option<QueueId>,
}

impl Area {
    /// Touches neither an agent nor a queue, so that no scope narrows it (settings, one's own affairs).
    pub fn anywhere() -> Self {
        Self::default()
    }
    /// Touches one agent, who may have no team.
    pub fn of_agent(team: Option<TeamId>) -> Self {
        Self { teams: BTreeSet::from([team]), queue: None }
    }
    /// Touches a queue and no agent.
    pub fn of_queue(queue: QueueId) -> Self {
        Self { teams: BTreeSet::new(), queue: Some(queue) }
    }
    pub fn and_agent(mut self, team: Option<TeamId>) -> Self {
        self.teams.insert(team);
        self
    }
    pub fn in_queue(mut self, queue: Option<QueueId>) -> Self {
        self.queue = queue;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RED: TeamId = TeamId::from_number(1);
    const BLUE: TeamId = TeamId::from_number(2);
    const BILLING: QueueId = QueueId::from_number(3);
    const SALES: QueueId = QueueId::from_number(4);

    fn red_billing() -> Scope {
        Scope { teams: Reach::Only([RED].into()), queues: Reach::Only([BILLING].into()) }
    }

    #[test]
    fn a_scope_reads_and_writes_all_or_a_list() {
        let text = r#"{"teams":"all","queues":["00000000-0000-0000-0000-000000000003"]}"#;
        let scope: Scope = serde_json::from_str(text).unwrap();
        assert_eq!(scope, Scope { teams: Reach::All, queues: Reach::Only([BILLING].into()) });
        assert_eq!(serde_json::to_string(&scope).unwrap(), text);
        assert!(serde_json::from_str::<Scope>(r#"{"teams":"some","queues":"all"}"#).is_err());
    }

    #[test]
    fn team_and_queue_must_both_match() {
        let scope = red_billing();
        assert!(scope.covers(&Area::of_agent(Some(RED)).in_queue(Some(BILLING))));
        assert!(!scope.covers(&Area::of_agent(Some(RED)).in_queue(Some(SALES))));
        assert!(!scope.covers(&Area::of_agent(Some(BLUE)).in_queue(Some(BILLING))));
    }

    #[test]
    fn a_conversation_without_a_queue_passes_by_team_alone() {
        assert!(red_billing().covers(&Area::of_agent(Some(RED))));
        assert!(!red_billing().covers(&Area::of_agent(Some(BLUE))));
    }

    #[test]
    fn an_agent_without_a_team_is_inside_all_teams_only() {
        assert!(!red_billing().covers(&Area::of_agent(None)));
        assert!(Scope::EVERYTHING.covers(&Area::of_agent(None)));
    }

    #[test]
    fn every_agent_concerned_must_be_inside() {
        assert!(!red_billing().covers(&Area::of_agent(Some(RED)).and_agent(Some(BLUE))));
    }
}
