//! Reports that people keep and share.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_all, index, resource};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        // No foreign key to the owner: what was shared outlives who shared it.
        let saved = resource("saved_reports")
            .col(text("name"))
            .col(text("folder"))
            .col(uuid("owner_id"))
            .col(json_binary("request"))
            .col(json_binary("shared_with"))
            .to_owned();
        manager.create_table(saved).await?;
        manager.create_index(index("saved_reports", &["owner_id"])).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["saved_reports"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
