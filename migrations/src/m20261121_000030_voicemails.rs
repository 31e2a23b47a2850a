//! Messages that callers left; their sound is in files.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::index;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const TABLE: &str = "voicemail";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let mut table = Table::create();
        table
            .table(TABLE)
            .col(pk_uuid("id"))
            .col(big_integer("version"))
            .col(uuid("conversation_id"))
            .col(integer("call_ordinal"))
            .col(uuid("queue_id"))
            .col(text_null("phone_number"))
            .col(big_integer("started_at"))
            .col(big_integer("duration_ms"))
            .col(text("state"))
            .col(uuid_null("agent_id"))
            .col(uuid_null("listened_by"))
            .col(big_integer_null("listened_at"))
            .col(uuid_null("called_back_in"))
            .col(big_integer_null("done_at"));
        manager.create_table(table).await?;
        manager.create_index(index(TABLE, &["state", "started_at"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(TABLE).to_owned()).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
