//! Alerts: the rules that say what is out of the ordinary, and what was.

use sea_orm::{
    ColumnTrait, Condition, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use serde_json::Value;
use terms::{AlertId, AlertRuleId, ConversationId, QueueId, TeamId, Timestamp, UserId};
use uuid::Uuid;

use crate::{
    Listed, Page, Store, StoreError,
    entity::{self, alert},
    rows::{Model, Row, all, cursor_of, read_cursor, row},
};

const LIST: &str = "alert";

/// When to speak up.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct AlertRuleRow {
    pub id: AlertRuleId,
    pub version: i64,
    pub name: String,
    pub kind: String,
    pub enabled: bool,
    pub severity: String,
    /// Ids; empty is every queue.
    pub queue_ids: Value,
    /// Threshold, when it clears, how long each must hold.
    pub condition: Value,
}

impl Row for AlertRuleRow {
    row!(AlertRuleRow, AlertRuleId, alert_rule, "alert rule", name(Name), held by &[]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self {
            id: AlertRuleId(model.id),
            version: model.version,
            name: model.name,
            kind: model.kind,
            enabled: model.enabled,
            severity: model.severity,
            queue_ids: model.queue_ids,
            condition: model.condition,
        })
    }

    fn write(&self) -> Model<Self> {
        entity::alert_rule::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            kind: self.kind.clone(),
            enabled: self.enabled,
            severity: self.severity.clone(),
            queue_ids: self.queue_ids.clone(),
            condition: self.condition.clone(),
        }
    }
}

/// Something that was out of the ordinary, and whom it concerns: who may see the queue and the team, or one person.
#[derive(Clone, Debug, PartialEq)]
pub struct AlertRow {
    pub id: AlertId,
    /// None where no rule raised it.
    pub rule_id: Option<AlertRuleId>,
    pub rule_name: String,
    pub kind: String,
    pub severity: String,
    /// `queue/<id>`, `conversation/<id>`, `subject/<text>` or `schedule/<id>`.
    pub subject: String,
    pub queue_id: Option<QueueId>,
    pub conversation_id: Option<ConversationId>,
    pub team_id: Option<TeamId>,
    /// The only one who sees it.
    pub user_id: Option<UserId>,
    pub threshold: f64,
    /// When it was raised.
    pub value: f64,
    /// The furthest beyond the threshold so far.
    pub worst: f64,
    pub raised_at: Timestamp,
    pub cleared_at: Option<Timestamp>,
    pub acknowledged_at: Option<Timestamp>,
    pub acknowledged_by: Option<UserId>,
}

/// Narrows the list.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlertFilter {
    pub open: bool,
}

impl Store {
    /// Every rule, by name.
    pub async fn all_alert_rules(&self) -> Result<Vec<AlertRuleRow>, StoreError> {
        all(self.database()).await
    }

    pub async fn add_alert(&self, alert: &AlertRow) -> Result<(), StoreError> {
        let row = model(alert).into_active_model();
        alert::Entity::insert(row).exec_without_returning(self.database()).await?;
        Ok(())
    }

    /// How it went on: what was acknowledged meanwhile stays so.
    pub async fn move_alert(&self, alert: &AlertRow) -> Result<(), StoreError> {
        alert::Entity::update_many()
            .col_expr(alert::Column::Worst, Expr::value(alert.worst))
            .col_expr(alert::Column::ClearedAt, Expr::value(alert.cleared_at.map(|at| at.ms())))
            .filter(alert::Column::Id.eq(alert.id.0))
            .exec(self.database())
            .await?;
        Ok(())
    }

    /// False where somebody had already.
    pub async fn acknowledge_alert(
        &self,
        id: AlertId,
        by: UserId,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let done = alert::Entity::update_many()
            .col_expr(alert::Column::AcknowledgedAt, Expr::value(at.ms()))
            .col_expr(alert::Column::AcknowledgedBy, Expr::value(by.0))
            .filter(alert::Column::Id.eq(id.0))
            .filter(alert::Column::AcknowledgedAt.is_null())
            .exec(self.database())
            .await?;
        Ok(done.rows_affected > 0)
    }

    pub async fn alert(&self, id: AlertId) -> Result<AlertRow, StoreError> {
        let found = alert::Entity::find_by_id(id.0).one(self.database()).await?;
        found.map(read).ok_or(StoreError::NotFound { noun: "alert" })
    }

    /// What had not cleared when it was last looked at, oldest first.
    pub async fn open_alerts(&self) -> Result<Vec<AlertRow>, StoreError> {
        let open = alert::Entity::find()
            .filter(alert::Column::ClearedAt.is_null())
            .order_by_asc(alert::Column::RaisedAt)
            .order_by_asc(alert::Column::Id)
            .all(self.database())
            .await?;
        Ok(open.into_iter().map(read).collect())
    }

    /// Newest first.
    pub async fn alerts(&self, filter: AlertFilter, page: &Page) -> Result<Listed<AlertRow>, StoreError> {
        let mut query = alert::Entity::find();
        if filter.open {
            query = query.filter(alert::Column::ClearedAt.is_null());
        }
        if let Some(cursor) = &page.cursor {
            let (at, id) = read_cursor::<(i64, Uuid)>(LIST, cursor)?;
            let same = Condition::all().add(alert::Column::RaisedAt.eq(at)).add(alert::Column::Id.lt(id));
            query = query.filter(Condition::any().add(alert::Column::RaisedAt.lt(at)).add(same));
        }
        let rows = query
            .order_by_desc(alert::Column::RaisedAt)
            .order_by_desc(alert::Column::Id)
            .limit(page.limit() + 1)
            .all(self.database())
            .await?;
        let found = rows.into_iter().map(read).collect();
        Ok(page.cut(found, |row: &AlertRow| cursor_of(LIST, &(row.raised_at.ms(), row.id.0))))
    }

    /// Forgets what cleared before.
    pub async fn prune_alerts(&self, before: Timestamp) -> Result<u64, StoreError> {
        let gone = alert::Entity::delete_many()
            .filter(alert::Column::ClearedAt.lt(before.ms()))
            .exec(self.database())
            .await?;
        Ok(gone.rows_affected)
    }
}

fn model(row: &AlertRow) -> alert::Model {
    alert::Model {
        id: row.id.0,
        rule_id: row.rule_id.map(|id| id.0),
        rule_name: row.rule_name.clone(),
        kind: row.kind.clone(),
        severity: row.severity.clone(),
        subject: row.subject.clone(),
        queue_id: row.queue_id.map(|id| id.0),
        conversation_id: row.conversation_id.map(|id| id.0),
        team_id: row.team_id.map(|id| id.0),
        user_id: row.user_id.map(|id| id.0),
        threshold: row.threshold,
        value: row.value,
        worst: row.worst,
        raised_at: row.raised_at.ms(),
        cleared_at: row.cleared_at.map(|at| at.ms()),
        acknowledged_at: row.acknowledged_at.map(|at| at.ms()),
        acknowledged_by: row.acknowledged_by.map(|id| id.0),
    }
}

fn read(row: alert::Model) -> AlertRow {
    AlertRow {
        id: AlertId(row.id),
        rule_id: row.rule_id.map(AlertRuleId),
        rule_name: row.rule_name,
        kind: row.kind,
        severity: row.severity,
        subject: row.subject,
        queue_id: row.queue_id.map(QueueId),
        conversation_id: row.conversation_id.map(ConversationId),
        team_id: row.team_id.map(TeamId),
        user_id: row.user_id.map(UserId),
        threshold: row.threshold,
        value: row.value,
        worst: row.worst,
        raised_at: Timestamp::from_ms(row.raised_at),
        cleared_at: row.cleared_at.map(Timestamp::from_ms),
        acknowledged_at: row.acknowledged_at.map(Timestamp::from_ms),
        acknowledged_by: row.acknowledged_by.map(UserId),
    }
}
