//! Evidence: what phones and the API's answers said, to be held against the records, which carry the server's own times.
//! A phone may see late what was right when it happened; the records may not tell of less than the phones saw.

use std::collections::{BTreeMap, BTreeSet};

use sea_orm::prelude::Uuid;

use super::floor::Floor;
use crate::{
    kills::{Rows, column},
    stage::{Result, StageError, clock},
};

/// The clocks of two processes on one machine.
const CLOCKS_MS: i64 = 100;
/// How many of a kind are told.
pub(super) const TOLD_MAX: usize = 5;

/// From when to when, in milliseconds since 1970.
type Stretch = (i64, i64);

/// A refusal that says that this agent has no wire in this conversation, and when.
#[derive(Clone, Debug)]
struct Outside {
    agent: usize,
    conversation: String,
    at: i64,
    text: String,
}

#[derive(Default)]
pub(super) struct Evidence {
    /// How often a phone was rung, by agent and conversation.
    rings: BTreeMap<(usize, String), usize>,
    /// The status that the API acknowledged last.
    chosen: BTreeMap<usize, &'static str>,
    outside: Vec<Outside>,
}

impl Evidence {
    pub(super) fn ring(&mut self, agent: usize, conversation: &str) {
        *self.rings.entry((agent, conversation.to_owned())).or_default() += 1;
    }

    pub(super) fn chose(&mut self, agent: usize, kind: &'static str) {
        self.chosen.insert(agent, kind);
    }

    pub(super) fn outside(&mut self, agent: usize, conversation: String, text: String) {
        let at = i64::try_from(clock::since_epoch().as_millis()).unwrap_or(i64::MAX);
        self.outside.push(Outside { agent, conversation, at, text });
    }

    /// What the records say otherwise.
    pub(super) async fn untold(&self, rows: &Rows, floor: &Floor) -> Result<Vec<String>> {
        let ids: Vec<Uuid> = floor.agents.iter().map(|agent| uuid(&agent.id)).collect::<Result<_>>()?;
        let mut wrong = self.rings_unknown(rows, &ids).await?;
        wrong.extend(self.statuses_unlike(rows, &ids).await?);
        wrong.extend(self.refused_inside(rows, &ids).await?);
        wrong.extend(rung_after_a_miss(rows).await?);
        Ok(wrong)
    }

    async fn rings_unknown(&self, rows: &Rows, ids: &[Uuid]) -> Result<Vec<String>> {
        let sql = "SELECT user_id, conversation_id, COUNT(DISTINCT leg_id) AS wires FROM call_leg \
                   WHERE user_id IS NOT NULL GROUP BY user_id, conversation_id";
        let mut known: BTreeMap<(Uuid, Uuid), i64> = BTreeMap::new();
        for row in rows.all(sql).await? {
            known
                .insert((column(&row, "user_id")?, column(&row, "conversation_id")?), column(&row, "wires")?);
        }
        let mut wrong = Vec::new();
        for ((agent, conversation), seen) in &self.rings {
            let told = known.get(&(ids[*agent], uuid(conversation)?)).copied().unwrap_or(0);
            if i64::try_from(*seen).unwrap_or(i64::MAX) > told {
                wrong.push(format!(
                    "agent{agent} was rung {seen} times for {conversation}, the records know of {told}"
                ));
            }
        }
        wrong.truncate(TOLD_MAX);
        Ok(wrong)
    }

    async fn statuses_unlike(&self, rows: &Rows, ids: &[Uuid]) -> Result<Vec<String>> {
        let mut stands: BTreeMap<Uuid, String> = BTreeMap::new();
        for row in rows.all("SELECT user_id, status FROM agent_status WHERE end_at IS NULL").await? {
            stands.insert(column(&row, "user_id")?, column(&row, "status")?);
        }
        let mut wrong = Vec::new();
        for (agent, kind) in &self.chosen {
            let word = if *kind == "online" { "available" } else { kind };
            let told = stands.get(&ids[*agent]).map_or("offline", String::as_str);
            if told != word {
                wrong.push(format!("agent{agent} chose {kind}, by the records they are {told}"));
            }
        }
        wrong.truncate(TOLD_MAX);
        Ok(wrong)
    }

    /// Whoever is told that they are no party had no wire there any more.
    async fn refused_inside(&self, rows: &Rows, ids: &[Uuid]) -> Result<Vec<String>> {
        let users: BTreeMap<Uuid, usize> = ids.iter().enumerate().map(|(agent, id)| (*id, agent)).collect();
        let asked: BTreeSet<&str> = self.outside.iter().map(|one| one.conversation.as_str()).collect();
        let mut wires: BTreeMap<(usize, String), Vec<Stretch>> = BTreeMap::new();
        let sql =
            "SELECT user_id, conversation_id, ring_at, ended_at FROM call_leg WHERE user_id IS NOT NULL";
        for row in rows.all(sql).await? {
            let conversation: Uuid = column(&row, "conversation_id")?;
            let conversation = conversation.to_string();
            let Some(agent) = users.get(&column(&row, "user_id")?) else { continue };
            if asked.contains(conversation.as_str()) {
                let (began, ended): (Option<i64>, Option<i64>) =
                    (column(&row, "ring_at")?, column(&row, "ended_at")?);
                let stretch = (began.unwrap_or(0), ended.unwrap_or(i64::MAX));
                wires.entry((*agent, conversation)).or_default().push(stretch);
            }
        }
        let inside = |one: &&Outside| {
            let stretches = wires.get(&(one.agent, one.conversation.clone()));
            stretches
                .into_iter()
                .flatten()
                .any(|(began, ended)| *began <= one.at - CLOCKS_MS && *ended > one.at + CLOCKS_MS)
        };
        let told = |one: &Outside| {
            format!("agent{} was in {} and was told {}", one.agent, one.conversation, one.text)
        };
        Ok(self.outside.iter().filter(inside).map(told).take(TOLD_MAX).collect())
    }
}

fn uuid(text: &str) -> Result<Uuid> {
    text.parse().map_err(|_| StageError::Unsound(format!("`{text}` is no id")))
}

/// Whoever let a call ring out gets nothing until they choose a status again.
async fn rung_after_a_miss(rows: &Rows) -> Result<Vec<String>> {
    #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    enum Moment {
        /// At one moment a choice counts before the ring that it allows.
        Chose,
        Rang,
        Missed,
    }
    let mut lives: BTreeMap<Uuid, Vec<(i64, Moment)>> = BTreeMap::new();
    let missed = "SELECT user_id, ended_at AS at FROM offer WHERE state = 'missed' AND ended_at IS NOT NULL";
    for row in rows.all(missed).await? {
        lives.entry(column(&row, "user_id")?).or_default().push((column(&row, "at")?, Moment::Missed));
    }
    let rings = "SELECT call_leg.user_id, leg_segment.start_at AS at FROM leg_segment \
                 JOIN call_leg ON call_leg.id = leg_segment.call_leg_id \
                 WHERE leg_segment.kind = 'ring' AND call_leg.user_id IS NOT NULL";
    for row in rows.all(rings).await? {
        lives.entry(column(&row, "user_id")?).or_default().push((column(&row, "at")?, Moment::Rang));
    }
    let chosen = "SELECT payload, at FROM journal_event WHERE stream = 'routing' AND kind = 'presence_set'";
    for row in rows.all(chosen).await? {
        let payload: String = column(&row, "payload")?;
        let fact: serde_json::Value = serde_json::from_str(&payload).unwrap_or_default();
        let user = uuid(fact["user"].as_str().unwrap_or_default())?;
        lives.entry(user).or_default().push((column(&row, "at")?, Moment::Chose));
    }
    let mut wrong = Vec::new();
    for (user, mut life) in lives {
        life.sort_unstable();
        let mut since = None;
        for (at, moment) in life {
            match (moment, since) {
                (Moment::Missed, _) => since = Some(at),
                (Moment::Chose, _) => since = None,
                (Moment::Rang, Some(since)) if at > since => {
                    wrong.push(format!(
                        "{user} missed a call at {since} and was rung at {at}, with no choice between"
                    ));
                }
                (Moment::Rang, _) => {}
            }
        }
    }
    wrong.truncate(TOLD_MAX);
    Ok(wrong)
}
