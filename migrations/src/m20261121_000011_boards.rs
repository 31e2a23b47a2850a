//! Alerts and their rules, reports that go out by themselves, and exports that take a while.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{Cascade, drop_all, foreign_key, index, resource};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        alerts(manager).await?;
        schedules(manager).await?;
        exports(manager).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["alert_rules", "alerts", "report_schedules", "report_runs", "report_exports"])
            .await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

async fn alerts(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let rules = resource("alert_rules")
        .col(text("name"))
        .col(text("kind"))
        .col(boolean("enabled"))
        .col(text("severity"))
        .col(json_binary("queue_ids"))
        .col(json_binary("condition"))
        .to_owned();
    manager.create_table(rules).await?;
    // No foreign keys: what was seen stays, whatever becomes of the rule, the queue and the people.
    let mut alerts = Table::create();
    alerts
        .table("alerts")
        .col(pk_uuid("id"))
        .col(uuid_null("rule_id"))
        .col(text("rule_name"))
        .col(text("kind"))
        .col(text("severity"))
        .col(text("subject"))
        .col(uuid_null("queue_id"))
        .col(uuid_null("conversation_id"))
        .col(uuid_null("team_id"))
        .col(uuid_null("user_id"))
        .col(double("threshold"))
        .col(double("value"))
        .col(double("worst"))
        .col(big_integer("raised_at"))
        .col(big_integer_null("cleared_at"))
        .col(big_integer_null("acknowledged_at"))
        .col(uuid_null("acknowledged_by"));
    manager.create_table(alerts).await?;
    manager.create_index(index("alerts", &["raised_at", "id"])).await?;
    manager.create_index(index("alerts", &["cleared_at"])).await
}

async fn schedules(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let schedules = resource("report_schedules")
        .col(text("name"))
        .col(uuid("saved_report_id"))
        .col(uuid("owner_id"))
        .col(boolean("enabled"))
        .col(json_binary("timing"))
        .col(text("format"))
        .col(json_binary("delivery"))
        .col(text_null("secret"))
        .col(big_integer("since"))
        .col(text_null("paused_reason"))
        .foreign_key(&mut foreign_key("report_schedules", "saved_report_id", "saved_reports", Cascade))
        .to_owned();
    manager.create_table(schedules).await?;
    let mut runs = Table::create();
    runs.table("report_runs")
        .col(pk_uuid("id"))
        .col(uuid("schedule_id"))
        .col(big_integer("planned_for"))
        .col(boolean("by_hand"))
        .col(big_integer("started_at"))
        .col(big_integer_null("ended_at"))
        .col(text("outcome"))
        .col(integer("attempts"))
        .col(big_integer_null("rows"))
        .col(big_integer_null("bytes"))
        .col(text_null("detail"))
        .foreign_key(&mut foreign_key("report_runs", "schedule_id", "report_schedules", Cascade));
    manager.create_table(runs).await?;
    manager.create_index(index("report_runs", &["schedule_id", "planned_for"])).await
}

async fn exports(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let mut exports = Table::create();
    exports
        .table("report_exports")
        .col(pk_uuid("id"))
        .col(uuid("owner_id"))
        .col(text("name"))
        .col(text("format"))
        .col(json_binary("request"))
        .col(text("state"))
        .col(big_integer_null("rows"))
        .col(big_integer_null("bytes"))
        .col(text_null("detail"))
        .col(big_integer("created_at"))
        .col(big_integer_null("ended_at"))
        .col(big_integer("expires_at"));
    manager.create_table(exports).await?;
    manager.create_index(index("report_exports", &["owner_id", "created_at"])).await
}
