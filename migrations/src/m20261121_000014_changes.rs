//! Which transaction wrote a conversation last, so that whoever keeps a copy reads what is new and nothing else.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::index;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

const COLUMNS: &[&str] = &["changed", "imported"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            let add = Table::alter().table("conversation").add_column(big_integer_null(*column)).to_owned();
            manager.alter_table(add).await?;
            manager.create_index(index("conversation", &[*column])).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for column in COLUMNS {
            let name = format!("conversation_{column}_idx");
            manager.drop_index(Index::drop().name(name).table("conversation").to_owned()).await?;
            let drop = Table::alter().table("conversation").drop_column(*column).to_owned();
            manager.alter_table(drop).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
