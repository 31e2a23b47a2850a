//! What reports read, and the shipped copy of the journal it is folded from.
//!
//! No foreign keys: the projector writes facts as they come, and they outlive the rows they name.
//! Times are milliseconds since 1970-01-01 UTC.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{drop_all, index, unique};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const TABLES: &[&str] = &[
    "conversation",
    "voice_call",
    "call_leg",
    "leg_segment",
    "coaching_interval",
    "offer",
    "journal_event",
    "projector_cursor",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let tables = [
            conversation(),
            voice_call(),
            call_leg(),
            leg_segment(),
            coaching_interval(),
            offer(),
            journal_event(),
            projector_cursor(),
        ];
        for table in tables {
            manager.create_table(table).await?;
        }
        for (table, columns) in [
            ("conversation", &["opened_at"][..]),
            ("conversation", &["state", "opened_at"][..]),
            ("voice_call", &["conversation_id", "path"][..]),
            ("voice_call", &["started_at"][..]),
            ("voice_call", &["user_id", "started_at"][..]),
            ("voice_call", &["queue_id", "started_at"][..]),
            ("voice_call", &["call_type", "started_at"][..]),
            ("voice_call", &["parent_id"][..]),
            ("call_leg", &["voice_call_id"][..]),
            ("call_leg", &["conversation_id"][..]),
            ("call_leg", &["user_id", "ring_at"][..]),
            ("leg_segment", &["call_leg_id", "start_at"][..]),
            ("leg_segment", &["voice_call_id"][..]),
            ("leg_segment", &["conversation_id"][..]),
            ("coaching_interval", &["voice_call_id", "start_at"][..]),
            ("coaching_interval", &["agent_user_id", "start_at"][..]),
            ("offer", &["conversation_id", "offered_at"][..]),
            ("offer", &["user_id", "offered_at"][..]),
            ("offer", &["queue_id", "offered_at"][..]),
        ] {
            manager.create_index(index(table, columns)).await?;
        }
        manager.create_index(unique("voice_call", "number")).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, TABLES).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

fn conversation() -> TableCreateStatement {
    Table::create()
        .table("conversation")
        .col(pk_uuid("id"))
        .col(text("state"))
        .col(big_integer("opened_at"))
        .col(big_integer_null("ended_at"))
        .col(boolean("ephemeral"))
        .col(text_null("subject"))
        .col(text_null("case_category"))
        .col(text_null("related_record"))
        .col(json_binary("attributes"))
        .col(uuid_null("queue_id"))
        .col(big_integer("last_version"))
        .to_owned()
}

/// `number` becomes the VC-number; the projector gives it.
fn voice_call() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("voice_call")
        .col(pk_uuid("id"))
        .col(integer("ordinal"))
        .col(big_integer_null("number"))
        .col(text_null("external_id"))
        .col(text("origin"))
        .col(uuid("conversation_id"))
        .col(text("call_type"))
        .col(text("purpose"))
        .col(text_null("customer_id"))
        .col(uuid_null("parent_id"))
        .col(uuid_null("previous_id"))
        .col(uuid_null("next_id"))
        .col(integer("depth"))
        .col(text("path"));
    for name in ["from_address", "to_address"] {
        table.col(text_null(name));
    }
    for name in ["user_id", "queue_id", "initiator_user_id", "target_user_id"] {
        table.col(uuid_null(name));
    }
    for name in ["subject", "case_category", "related_record"] {
        table.col(text_null(name));
    }
    table.col(text("disposition"));
    for name in ["resolution", "notes"] {
        table.col(text_null(name));
    }
    table.col(uuid_null("wrap_up_code_id")).col(big_integer("started_at"));
    for name in ["queued_at", "accepted_at", "ended_at", "duration_ms"] {
        table.col(big_integer_null(name));
    }
    for name in ["ring_ms", "talk_ms", "hold_ms", "hold_count", "longest_hold_ms", "ivr_ms", "wrap_up_ms"] {
        table.col(big_integer(name).default(0));
    }
    table
        .col(text_null("disconnect_reason"))
        .col(integer_null("quality_hundredths"))
        .col(uuid_null("trunk_id"))
        .to_owned()
}

/// `leg_id` is the wire; one wire has a row for each VoiceCall it took part in.
fn call_leg() -> TableCreateStatement {
    Table::create()
        .table("call_leg")
        .col(pk_uuid("id"))
        .col(uuid("leg_id"))
        .col(integer("ordinal"))
        .col(uuid("voice_call_id"))
        .col(uuid("conversation_id"))
        .col(uuid_null("user_id"))
        .col(text_null("address"))
        .col(text("role"))
        .col(big_integer_null("ring_at"))
        .col(big_integer_null("answered_at"))
        .col(big_integer_null("ended_at"))
        .col(text_null("end_reason"))
        .col(integer_null("mos_hundredths"))
        .col(integer_null("loss_hundredths"))
        .col(integer_null("jitter_ms"))
        .col(integer_null("rtt_ms"))
        .to_owned()
}

fn leg_segment() -> TableCreateStatement {
    Table::create()
        .table("leg_segment")
        .col(pk_uuid("id"))
        .col(uuid("call_leg_id"))
        .col(uuid("voice_call_id"))
        .col(uuid("conversation_id"))
        .col(text("kind"))
        .col(big_integer("start_at"))
        .col(big_integer_null("end_at"))
        .to_owned()
}

fn coaching_interval() -> TableCreateStatement {
    Table::create()
        .table("coaching_interval")
        .col(pk_uuid("id"))
        .col(uuid("voice_call_id"))
        .col(uuid("supervisor_id"))
        .col(uuid_null("agent_user_id"))
        .col(text("mode"))
        .col(big_integer("start_at"))
        .col(big_integer_null("end_at"))
        .to_owned()
}

/// One offer of waiting work to one agent, and how it ended.
fn offer() -> TableCreateStatement {
    Table::create()
        .table("offer")
        .col(pk_uuid("id"))
        .col(uuid("conversation_id"))
        .col(uuid_null("queue_id"))
        .col(uuid("user_id"))
        .col(uuid_null("runner_up_user_id"))
        .col(big_integer("offered_at"))
        .col(big_integer("expires_at"))
        .col(big_integer_null("ended_at"))
        .col(text("state"))
        .col(text_null("reason"))
        .to_owned()
}

/// The payload is opaque text, kept byte for byte as the journal has it.
fn journal_event() -> TableCreateStatement {
    Table::create()
        .table("journal_event")
        .col(text("stream"))
        .col(big_integer("version"))
        .col(text("kind"))
        .col(text("payload"))
        .col(big_integer("at"))
        .primary_key(Index::create().col("stream").col("version"))
        .to_owned()
}

/// How far a node's journal is shipped; one row per projector.
fn projector_cursor() -> TableCreateStatement {
    Table::create()
        .table("projector_cursor")
        .col(text("name").primary_key())
        .col(big_integer("position"))
        .to_owned()
}
