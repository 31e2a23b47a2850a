//! Prompts that the organization recorded itself, and what they sound like.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{Cascade, drop_all, foreign_key, resource, unique, unique_ignoring_case};

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let prompts = resource("prompts")
            .col(text("name"))
            .col(text_null("language"))
            .col(uuid_null("created_by"))
            .col(big_integer("created_at"))
            .to_owned();
        manager.create_table(prompts).await?;
        unique_ignoring_case(manager, "prompts", "name").await?;
        // A number is never given twice: a call that plays the former sound must not meet another one under its number.
        let mut sounds = Table::create();
        sounds
            .table("prompt_sounds")
            .col(pk_auto("number"))
            .col(uuid("prompt_id"))
            .col(big_integer("duration_ms"))
            .col(blob("wav"))
            .foreign_key(&mut foreign_key("prompt_sounds", "prompt_id", "prompts", Cascade));
        manager.create_table(sounds).await?;
        manager.create_index(unique("prompt_sounds", "prompt_id")).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, &["prompts", "prompt_sounds"]).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
