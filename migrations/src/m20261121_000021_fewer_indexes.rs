//! Indexes that no question of ours uses are gone, and those that most rows have nothing for hold the others only: each
//! call writes some thirty rows, and finding a place in an index costs more than the row.
//!
//! Other people's tools read the views, whose ids are text: none of these ever served them.

use sea_orm_migration::prelude::*;

#[derive(Debug, DeriveMigrationName)]
pub(crate) struct Migration;

/// Name, then table and columns: what is taken away.
const UNUSED: &[(&str, &str)] = &[
    ("conversation_state_opened_at_idx", "conversation (state, opened_at)"),
    ("conversation_ended_at_idx", "conversation (ended_at)"),
    ("voice_call_call_type_started_at_idx", "voice_call (call_type, started_at)"),
    ("call_leg_voice_call_id_idx", "call_leg (voice_call_id)"),
    ("call_leg_user_id_ring_at_idx", "call_leg (user_id, ring_at)"),
    ("leg_segment_call_leg_id_start_at_idx", "leg_segment (call_leg_id, start_at)"),
    ("leg_segment_voice_call_id_idx", "leg_segment (voice_call_id)"),
    ("hold_by_user_id_start_at_idx", "hold (by_user_id, start_at)"),
];

/// What from now on holds some rows only: kind, name, table and column, and which.
const PARTIAL: &[(&str, &str, &str, &str)] = &[
    ("INDEX", "conversation_changed_idx", "conversation (changed)", "changed IS NOT NULL"),
    ("INDEX", "conversation_imported_idx", "conversation (imported)", "imported IS NOT NULL"),
    ("INDEX", "voice_call_parent_id_idx", "voice_call (parent_id)", "parent_id IS NOT NULL"),
    ("UNIQUE INDEX", "voice_call_number_key", "voice_call (number)", "number IS NOT NULL"),
];

/// Conversations that go on: a handful, whatever there is in all.
const OPEN: &str = "conversation_open_idx";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        for (name, _) in UNUSED {
            connection.execute_unprepared(&format!("DROP INDEX {name}")).await?;
        }
        for (kind, name, on, which) in PARTIAL {
            connection.execute_unprepared(&format!("DROP INDEX {name}")).await?;
            connection.execute_unprepared(&format!("CREATE {kind} {name} ON {on} WHERE {which}")).await?;
        }
        let open = format!("CREATE INDEX {OPEN} ON conversation (opened_at) WHERE ended_at IS NULL");
        connection.execute_unprepared(&open).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let connection = manager.get_connection();
        connection.execute_unprepared(&format!("DROP INDEX {OPEN}")).await?;
        for (kind, name, on, _) in PARTIAL {
            connection.execute_unprepared(&format!("DROP INDEX {name}")).await?;
            connection.execute_unprepared(&format!("CREATE {kind} {name} ON {on}")).await?;
        }
        for (name, on) in UNUSED {
            connection.execute_unprepared(&format!("CREATE INDEX {name} ON {on}")).await?;
        }
        Ok(())
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}
