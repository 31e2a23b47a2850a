//! Calls by the former system's id: an import asks which of its calls stand there already, and in which conversation.

use sea_orm_migration::prelude::*;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const NAME: &str = "voice_call_external_id_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let make = format!("CREATE INDEX {NAME} ON voice_call (external_id) WHERE external_id IS NOT NULL");
        manager.get_connection().execute_unprepared(&make).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared(&format!("DROP INDEX {NAME}")).await?;
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
