//! The database itself, read past the product: what every report is made of.

use std::collections::BTreeMap;

use sea_orm::{
    ConnectionTrait, Database, DatabaseConnection, QueryResult, Statement, TryGetable, prelude::Uuid,
};

use crate::stage::{Result, StageError};

/// What must never be found, and the query that counts it.
const NEVER: [(&str, &str); 8] = [
    (
        "records that are still open",
        "SELECT COUNT(*) AS found FROM voice_call WHERE ended_at IS NULL OR disposition = 'in_progress'",
    ),
    ("records without a reason", "SELECT COUNT(*) AS found FROM voice_call WHERE disconnect_reason IS NULL"),
    (
        "records without a number, or with another's",
        "SELECT COUNT(*) - COUNT(DISTINCT number) AS found FROM voice_call",
    ),
    (
        "conversations that are still open",
        "SELECT COUNT(*) AS found FROM conversation WHERE ended_at IS NULL OR state <> 'ended'",
    ),
    ("call legs that are still open", "SELECT COUNT(*) AS found FROM call_leg WHERE ended_at IS NULL"),
    ("segments that are still open", "SELECT COUNT(*) AS found FROM leg_segment WHERE end_at IS NULL"),
    ("coaching that goes on", "SELECT COUNT(*) AS found FROM coaching_interval WHERE end_at IS NULL"),
    ("offers that are still open", "SELECT COUNT(*) AS found FROM offer WHERE ended_at IS NULL"),
];

pub(crate) struct Rows(DatabaseConnection);

/// A conversation, and whose wires took part in it; none is a customer's.
type Party = (Uuid, Option<Uuid>);
/// From when to when, in milliseconds since 1970.
type Stretch = (i64, i64);

fn failed(error: sea_orm::DbErr) -> StageError {
    StageError::Unsound(format!("the database: {error}"))
}

pub(crate) fn column<T: TryGetable>(row: &QueryResult, name: &str) -> Result<T> {
    row.try_get("", name).map_err(failed)
}

impl Rows {
    pub(crate) async fn open(url: &str) -> Result<Rows> {
        Database::connect(url).await.map(Rows).map_err(failed)
    }

    pub(crate) async fn all(&self, sql: &str) -> Result<Vec<QueryResult>> {
        let statement = Statement::from_string(self.0.get_database_backend(), sql);
        self.0.query_all_raw(statement).await.map_err(failed)
    }

    /// The number that a query calls `found`.
    pub(crate) async fn count(&self, sql: &str) -> Result<i64> {
        let rows = self.all(sql).await?;
        rows.first().map_or(Ok(0), |row| column(row, "found"))
    }

    /// What stands there that must not.
    pub(crate) async fn wrong(&self) -> Result<Vec<String>> {
        let mut wrong = Vec::new();
        for (what, sql) in NEVER {
            let found = self.count(sql).await?;
            if found != 0 {
                wrong.push(format!("{found} {what}"));
            }
        }
        wrong.extend(self.loose_links().await?);
        wrong.extend(self.untiled().await?);
        Ok(wrong)
    }

    /// Links that lead nowhere, to another conversation, or one way only.
    async fn loose_links(&self) -> Result<Vec<String>> {
        let sql = "SELECT id, conversation_id, purpose, parent_id, previous_id, next_id FROM voice_call";
        type Links = (Uuid, String, Option<Uuid>, Option<Uuid>, Option<Uuid>);
        let mut records: BTreeMap<Uuid, Links> = BTreeMap::new();
        for row in self.all(sql).await? {
            let links = (
                column(&row, "conversation_id")?,
                column(&row, "purpose")?,
                column(&row, "parent_id")?,
                column(&row, "previous_id")?,
                column(&row, "next_id")?,
            );
            if records.insert(column(&row, "id")?, links).is_some() {
                return Ok(vec!["a record stands there twice".into()]);
            }
        }
        let mut wrong = Vec::new();
        for (id, (conversation, purpose, parent, previous, next)) in &records {
            for link in [parent, previous, next].into_iter().flatten() {
                if records.get(link).is_none_or(|other| other.0 != *conversation) {
                    wrong.push(format!("{purpose} {id} leads to {link}, which is not in its conversation"));
                }
            }
            if matches!(purpose.as_str(), "consult" | "coaching") && parent.is_none() {
                wrong.push(format!("{purpose} {id} has no parent"));
            }
            let back = |link: &Option<Uuid>, there: fn(&Links) -> Option<Uuid>| {
                link.and_then(|link| records.get(&link)).is_none_or(|other| there(other) == Some(*id))
            };
            if !back(next, |links| links.3) || !back(previous, |links| links.4) {
                wrong.push(format!("{purpose} {id} is linked one way only"));
            }
        }
        Ok(wrong)
    }

    /// Call legs whose segments leave a gap, overlap, or end elsewhere than the leg.
    async fn untiled(&self) -> Result<Vec<String>> {
        let sql = "SELECT leg_segment.call_leg_id, leg_segment.kind, leg_segment.start_at, leg_segment.end_at, \
                   call_leg.ended_at, call_leg.conversation_id, call_leg.user_id \
                   FROM leg_segment JOIN call_leg ON call_leg.id = leg_segment.call_leg_id \
                   ORDER BY leg_segment.call_leg_id, leg_segment.start_at, leg_segment.end_at";
        let presence = self.parts().await?;
        let mut wrong = Vec::new();
        let mut before: Option<(Uuid, i64)> = None;
        for row in self.all(sql).await? {
            let leg: Uuid = column(&row, "call_leg_id")?;
            let kind: String = column(&row, "kind")?;
            let (start, end): (i64, Option<i64>) = (column(&row, "start_at")?, column(&row, "end_at")?);
            let ended: Option<i64> = column(&row, "ended_at")?;
            let who: Party = (column(&row, "conversation_id")?, column(&row, "user_id")?);
            let end = end.unwrap_or(i64::MAX);
            if end < start {
                wrong.push(format!("call leg {leg}: {kind} ends {} ms before it starts", start - end));
            }
            let parts = presence.get(&who).map_or(&[][..], Vec::as_slice);
            let follows = |left: i64| left == start || (kind == "acw" && stays(parts, left, start));
            if let Some((_, left)) = before.filter(|(other, left)| *other == leg && !follows(*left)) {
                wrong.push(format!("call leg {leg}: {} ms between segments before {kind}", start - left));
            }
            // Wrap-up follows the wire's end; nothing else does.
            if kind != "acw" && ended.is_some_and(|ended| end > ended) {
                wrong.push(format!("call leg {leg}: {kind} goes on after its wire"));
            }
            before = Some((leg, end));
        }
        Ok(wrong)
    }

    /// From when to when somebody's wires took part in each call of a conversation.
    async fn parts(&self) -> Result<BTreeMap<Party, Vec<Stretch>>> {
        let sql =
            "SELECT conversation_id, user_id, ring_at, ended_at FROM call_leg WHERE ring_at IS NOT NULL";
        let mut parts: BTreeMap<Party, Vec<Stretch>> = BTreeMap::new();
        for row in self.all(sql).await? {
            let ended: Option<i64> = column(&row, "ended_at")?;
            let who = (column(&row, "conversation_id")?, column(&row, "user_id")?);
            parts.entry(who).or_default().push((column(&row, "ring_at")?, ended.unwrap_or(i64::MAX)));
        }
        Ok(parts)
    }
}

/// Whether somebody whose customer left at `left` was in the conversation until exactly `start`: colleagues who were merged
/// may finish, and wrap-up begins at that moment.
fn stays(parts: &[Stretch], left: i64, start: i64) -> bool {
    let mut reached = left;
    while reached < start {
        let on = parts.iter().filter(|(began, ended)| *began <= reached && *ended > reached);
        match on.map(|(_, ended)| *ended).max() {
            Some(ended) => reached = ended,
            None => return false,
        }
    }
    let goes_on = |(began, ended): &Stretch| *began <= start && *ended > start;
    reached == start && !parts.iter().any(goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrap_up_begins_when_the_last_wire_of_its_agent_is_gone_and_not_later() {
        let parts = [(0, 100), (50, 300), (300, 350)];
        assert!(stays(&parts, 100, 350));
        assert!(!stays(&parts, 100, 300) && !stays(&parts, 100, 351));
        assert!(!stays(&[(0, 100), (150, 200)], 100, 200));
        assert!(!stays(&[(0, 100)], 100, 100 + 1));
    }
}
