//! Who changed what, who is signed in, and which POSTs had their effect.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{Cascade, drop_all, foreign_key, index};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &["audit_head", "audit_events", "refresh_tokens", "idempotency"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in audit().into_iter().chain([refresh_tokens(), idempotency()]) {
            manager.create_table(table).await?;
        }
        for (table, columns) in [
            ("audit_events", &["subject", "number"][..]),
            ("audit_events", &["actor_id", "number"][..]),
            ("audit_events", &["at"][..]),
            ("refresh_tokens", &["family"][..]),
            ("refresh_tokens", &["user_id"][..]),
            ("refresh_tokens", &["expires_at"][..]),
            ("idempotency", &["at"][..]),
        ] {
            manager.create_index(index(table, columns)).await?;
        }
        let head = "INSERT INTO audit_head (id, number, hash) VALUES (1, 0, '')";
        manager.get_connection().execute_unprepared(head).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, TABLES).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// `before` and `after` are text, because the hash is over their bytes.
/// No foreign key to the actor: the log outlives the people in it.
fn audit() -> Vec<TableCreateStatement> {
    let head = Table::create()
        .table("audit_head")
        .col(integer("id").primary_key())
        .col(big_integer("number"))
        .col(text("hash"))
        .to_owned();
    let events = Table::create()
        .table("audit_events")
        .col(big_integer("number").primary_key())
        .col(uuid("id").unique_key())
        .col(big_integer("at"))
        .col(uuid_null("actor_id"))
        .col(text("action"))
        .col(text("subject"))
        .col(text_null("before"))
        .col(text_null("after"))
        .col(text("hash"))
        .to_owned();
    vec![head, events]
}

fn refresh_tokens() -> TableCreateStatement {
    Table::create()
        .table("refresh_tokens")
        .col(text("token_hash").primary_key())
        .col(uuid("family"))
        .col(uuid("user_id"))
        .col(big_integer("issued_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("used_at"))
        .col(big_integer_null("revoked_at"))
        .foreign_key(&mut foreign_key("refresh_tokens", "user_id", "users", Cascade))
        .to_owned()
}

fn idempotency() -> TableCreateStatement {
    Table::create()
        .table("idempotency")
        .col(uuid("principal"))
        .col(text("key"))
        .col(text("body_hash"))
        .col(text("answer"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("principal").col("key"))
        .to_owned()
}
