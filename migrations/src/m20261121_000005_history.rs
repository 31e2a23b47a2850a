//! What a history import brings that no call has: people and queues of the former system, presence, consult prompts.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_all, index, unique};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &["imported_user", "imported_queue", "agent_status", "consult_prompt"];
/// Nullable columns on tables that stand already.
const COLUMNS: &[(&str, &str)] = &[("conversation", "fingerprint"), ("call_leg", "external_id")];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [imported_user(), imported_queue(), agent_status(), consult_prompt()] {
            manager.create_table(table).await?;
        }
        for (table, column) in COLUMNS {
            let add = Table::alter().table(*table).add_column(text_null(*column)).to_owned();
            manager.alter_table(add).await?;
        }
        manager.create_index(unique("imported_user", "external_id")).await?;
        for (table, columns) in [
            ("agent_status", &["user_id", "start_at"][..]),
            ("agent_status", &["start_at"][..]),
            ("consult_prompt", &["parent_call_id"][..]),
            ("conversation", &["ended_at"][..]),
        ] {
            manager.create_index(index(table, columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_index(Index::drop().name("conversation_ended_at_idx").table("conversation").to_owned())
            .await?;
        for (table, column) in COLUMNS {
            let drop = Table::alter().table(*table).drop_column(*column).to_owned();
            manager.alter_table(drop).await?;
        }
        drop_all(manager, TABLES).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// Somebody in an imported history who is no user here. `team_id` is that of a team of the same name, where there is one.
fn imported_user() -> TableCreateStatement {
    Table::create()
        .table("imported_user")
        .col(pk_uuid("id"))
        .col(text("external_id"))
        .col(text("name"))
        .col(text("role"))
        .col(integer_null("tier"))
        .col(text_null("team"))
        .col(uuid_null("team_id"))
        .to_owned()
}

fn imported_queue() -> TableCreateStatement {
    Table::create().table("imported_queue").col(pk_uuid("id")).col(text("name")).to_owned()
}

/// What somebody's presence was, and when. `origin` is `journal` or `import`.
fn agent_status() -> TableCreateStatement {
    Table::create()
        .table("agent_status")
        .col(pk_uuid("id"))
        .col(uuid("user_id"))
        .col(text("status"))
        .col(big_integer("start_at"))
        .col(big_integer_null("end_at"))
        .col(text("origin"))
        .to_owned()
}

/// A busy colleague was asked whether they could be consulted, and what came of it.
fn consult_prompt() -> TableCreateStatement {
    Table::create()
        .table("consult_prompt")
        .col(pk_uuid("id"))
        .col(text_null("external_id"))
        .col(uuid("parent_call_id"))
        .col(uuid_null("requester_user_id"))
        .col(uuid_null("target_user_id"))
        .col(text("state"))
        .col(big_integer_null("offered_at"))
        .col(big_integer_null("accepted_at"))
        .col(integer("snoozed_count"))
        .col(big_integer_null("closed_at"))
        .col(uuid_null("result_call_id"))
        .col(text("origin"))
        .to_owned()
}
