//! The relational schema, step by step, the same for SQLite and Postgres.

mod m20261121_000001_organization;
mod m20261121_000002_audit_and_tokens;
mod m20261121_000003_reporting;
mod m20261121_000004_hold;
mod m20261121_000005_history;
mod m20261121_000006_views;
mod m20261121_000007_saved_reports;
mod m20261121_000011_boards;
mod m20261121_000014_changes;
mod m20261121_000017_why;
mod m20261121_000021_fewer_indexes;
mod m20261121_000030_voicemails;
mod m20261121_000040_external_calls;
mod m20261121_000041_prompts;
mod m20261121_000050_offers;
mod table;

use sea_orm_migration::prelude::*;

pub use sea_orm_migration::MigratorTrait;

/// All steps in their order; a step that was released is never changed again.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m20261121_000001_organization::Migration),
            Box::new(m20261121_000002_audit_and_tokens::Migration),
            Box::new(m20261121_000003_reporting::Migration),
            Box::new(m20261121_000004_hold::Migration),
            Box::new(m20261121_000005_history::Migration),
            Box::new(m20261121_000006_views::Migration),
            Box::new(m20261121_000007_saved_reports::Migration),
            Box::new(m20261121_000011_boards::Migration),
            Box::new(m20261121_000014_changes::Migration),
            Box::new(m20261121_000017_why::Migration),
            Box::new(m20261121_000021_fewer_indexes::Migration),
            Box::new(m20261121_000030_voicemails::Migration),
            Box::new(m20261121_000040_external_calls::Migration),
            Box::new(m20261121_000041_prompts::Migration),
            Box::new(m20261121_000050_offers::Migration),
        ]
    }
}
