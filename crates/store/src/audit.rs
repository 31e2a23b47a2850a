//! The audit log: append only, each event hashed together with the hash before it, so that a change shows.

use sea_orm::{
    ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, ExprTrait, Query},
};
use sha2::{Digest, Sha256};
use terms::Timestamp;
use uuid::Uuid;

use crate::{
    By, Listed, Page, Store, StoreError,
    connect::Happened,
    entity::{audit_event, audit_head},
    rows::{cursor_of, read_cursor},
};

const LIST: &str = "audit event";
/// Events one step of the verification reads.
const VERIFY_PAGE: u64 = 500;

/// Something an administrator, a client or the system did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    pub id: Uuid,
    /// 1, 2, 3, … without a gap.
    pub number: i64,
    pub at: Timestamp,
    pub actor_id: Option<Uuid>,
    /// `create`, `update`, `delete`, or the caller's own verb.
    pub action: String,
    /// `queue/<id>`.
    pub subject: String,
    /// JSON text; secrets stand as `(hidden)`.
    pub before: Option<String>,
    pub after: Option<String>,
    /// SHA-256 in hex over the JSON array of the hash before and all fields above but the id.
    pub hash: String,
}

/// Narrows the audit list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    pub actor_id: Option<Uuid>,
    pub subject: Option<String>,
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
}

/// What checking the whole chain found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AuditChain {
    Sound {
        events: i64,
    },
    /// The first event that does not fit: changed, deleted or inserted.
    Broken {
        number: i64,
    },
}

impl Store {
    /// Newest first.
    pub async fn audit_events(
        &self,
        filter: &AuditFilter,
        page: &Page,
    ) -> Result<Listed<AuditEvent>, StoreError> {
        let mut query = audit_event::Entity::find();
        if let Some(cursor) = &page.cursor {
            query = query.filter(audit_event::Column::Number.lt(read_cursor::<i64>(LIST, cursor)?));
        }
        if let Some(actor) = filter.actor_id {
            query = query.filter(audit_event::Column::ActorId.eq(actor));
        }
        if let Some(subject) = &filter.subject {
            query = query.filter(audit_event::Column::Subject.eq(subject.as_str()));
        }
        if let Some(from) = filter.from {
            query = query.filter(audit_event::Column::At.gte(from.ms()));
        }
        if let Some(to) = filter.to {
            query = query.filter(audit_event::Column::At.lt(to.ms()));
        }
        let rows = query
            .order_by_desc(audit_event::Column::Number)
            .limit(page.limit() + 1)
            .all(self.database())
            .await?;
        let events = rows.into_iter().map(event).collect();
        Ok(page.cut(events, |event: &AuditEvent| cursor_of(LIST, &event.number)))
    }

    /// Audits what is no row: a sign-in refused, a recording played, an acknowledgement given.
    pub async fn audit(
        &self,
        by: &By,
        action: &str,
        subject: &str,
        before: Option<serde_json::Value>,
        after: Option<serde_json::Value>,
    ) -> Result<(), StoreError> {
        let text = |value: Option<serde_json::Value>| value.map(|value| value.to_string());
        let (before, after) = (text(before), text(after));
        // No row of the organization moves, so nobody has to read it anew.
        let aside = self.begin_aside().await?;
        record(&aside.transaction, by, Happened { action, subject: subject.to_owned(), before, after })
            .await?;
        aside.commit().await
    }

    /// Reads the whole log and computes every hash again.
    pub async fn verify_audit(&self) -> Result<AuditChain, StoreError> {
        let (mut number, mut hash) = (0, String::new());
        loop {
            let rows = audit_event::Entity::find()
                .filter(audit_event::Column::Number.gt(number))
                .order_by_asc(audit_event::Column::Number)
                .limit(VERIFY_PAGE)
                .all(self.database())
                .await?;
            let full = rows.len() as u64 == VERIFY_PAGE;
            for row in rows {
                let event = event(row);
                let fits = event.number == number + 1 && event.hash == chained(&hash, &event);
                if !fits {
                    return Ok(AuditChain::Broken { number: number + 1 });
                }
                (number, hash) = (event.number, event.hash);
            }
            if !full {
                break;
            }
        }
        let head = head(self.database()).await?;
        // A truncated end shows here only; an event written meanwhile is no break.
        let cut = head.number < number || (head.number == number && head.hash != hash);
        let lost = head.number > number && self.audit_event_missing(number + 1).await?;
        Ok(if cut || lost {
            AuditChain::Broken { number: number + 1 }
        } else {
            AuditChain::Sound { events: number }
        })
    }

    async fn audit_event_missing(&self, number: i64) -> Result<bool, StoreError> {
        Ok(audit_event::Entity::find_by_id(number).one(self.database()).await?.is_none())
    }
}

/// Appends within the transaction, which holds the head's row from here on, so that numbers have no gap.
pub(crate) async fn record(
    connection: &impl ConnectionTrait,
    by: &By,
    happened: Happened<'_>,
) -> Result<(), StoreError> {
    // Written before it is read: whoever appends at the same time waits here for the other's hash.
    let taken = Query::update()
        .table(audit_head::Entity)
        .value("number", Expr::col("number").add(1))
        .and_where(Expr::col("id").eq(1))
        .to_owned();
    connection.execute(&taken).await?;
    let head = head(connection).await?;
    let mut next = AuditEvent {
        id: Uuid::new_v4(),
        number: head.number,
        at: by.at,
        actor_id: by.actor,
        action: happened.action.to_owned(),
        subject: happened.subject,
        before: happened.before,
        after: happened.after,
        hash: String::new(),
    };
    next.hash = chained(&head.hash, &next);
    let moved = Query::update()
        .table(audit_head::Entity)
        .value("hash", next.hash.as_str())
        .and_where(Expr::col("id").eq(1))
        .to_owned();
    connection.execute(&moved).await?;
    let row = audit_event::ActiveModel {
        number: ActiveValue::Set(next.number),
        id: ActiveValue::Set(next.id),
        at: ActiveValue::Set(next.at.ms()),
        actor_id: ActiveValue::Set(next.actor_id),
        action: ActiveValue::Set(next.action),
        subject: ActiveValue::Set(next.subject),
        before: ActiveValue::Set(next.before),
        after: ActiveValue::Set(next.after),
        hash: ActiveValue::Set(next.hash),
    };
    audit_event::Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}

async fn head(connection: &impl ConnectionTrait) -> Result<audit_head::Model, StoreError> {
    let row = audit_head::Entity::find_by_id(1).one(connection).await?;
    row.ok_or(StoreError::Unreadable { what: "head of the audit log" })
}

/// A JSON array, because its quoting keeps one field from running into the next.
fn chained(before: &str, event: &AuditEvent) -> String {
    let fields = serde_json::json!([
        before,
        event.number,
        event.at.ms(),
        event.actor_id,
        event.action,
        event.subject,
        event.before,
        event.after
    ]);
    let digest = Sha256::digest(fields.to_string().as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn event(row: audit_event::Model) -> AuditEvent {
    AuditEvent {
        id: row.id,
        number: row.number,
        at: Timestamp::from_ms(row.at),
        actor_id: row.actor_id,
        action: row.action,
        subject: row.subject,
        before: row.before,
        after: row.after,
        hash: row.hash,
    }
}
