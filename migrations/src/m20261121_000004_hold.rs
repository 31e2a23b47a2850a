//! Who pressed hold, on whom, for how long: hold time belongs to the person who caused it, however many talk.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_all, index};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let hold = Table::create()
            .table("hold")
            .col(pk_uuid("id"))
            .col(uuid("conversation_id"))
            .col(uuid("voice_call_id"))
            .col(uuid("leg_id"))
            .col(uuid_null("by_user_id"))
            .col(big_integer("start_at"))
            .col(big_integer_null("end_at"))
            .to_owned();
        manager.create_table(hold).await?;
        for columns in [&["conversation_id"][..], &["voice_call_id"][..], &["by_user_id", "start_at"][..]] {
            manager.create_index(index("hold", columns)).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["hold"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
