//! The SIP state of each leg, so that a restarted node can re-INVITE it.
//!
//! It lives in a file of its own: it is written often, needs no fsync and must not wait behind the events' fsyncs.
//! It survives the death of the process; the machine's death may cost the newest snapshots, and those legs end `node_lost`.

use std::path::Path;

use sea_orm::sqlx::{
    self, SqlitePool,
    sqlite::{SqlitePoolOptions, SqliteSynchronous},
};
use terms::{ConversationId, LegId};
use uuid::Uuid;

use super::{Journal, JournalError, schema};

const TABLE: &str = "
CREATE TABLE IF NOT EXISTS dialog (
    conversation BLOB NOT NULL,
    ordinal INTEGER NOT NULL,
    snapshot TEXT NOT NULL,
    PRIMARY KEY (conversation, ordinal)
) WITHOUT ROWID";

pub(super) async fn open(path: &Path) -> Result<SqlitePool, JournalError> {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect_with(schema::durable(path).synchronous(SqliteSynchronous::Normal))
        .await?;
    sqlx::query(TABLE).execute(&pool).await?;
    Ok(pool)
}

impl Journal {
    /// Keeps the newest snapshot of a leg's dialog.
    pub async fn save_dialog(&self, leg: LegId, snapshot: String) -> Result<(), JournalError> {
        sqlx::query(
            "INSERT INTO dialog (conversation, ordinal, snapshot) VALUES (?, ?, ?)
             ON CONFLICT (conversation, ordinal) DO UPDATE SET snapshot = excluded.snapshot",
        )
        .bind(leg.conversation.0)
        .bind(i64::from(leg.ordinal))
        .bind(snapshot)
        .execute(&self.dialogs)
        .await?;
        Ok(())
    }

    /// Every dialog that was saved and not forgotten.
    pub async fn dialogs(&self) -> Result<Vec<(LegId, String)>, JournalError> {
        let rows: Vec<(Uuid, u32, String)> = sqlx::query_as(
            "SELECT conversation, ordinal, snapshot FROM dialog ORDER BY conversation, ordinal",
        )
        .fetch_all(&self.dialogs)
        .await?;
        let dialog =
            |(conversation, ordinal, snapshot)| (LegId::new(ConversationId(conversation), ordinal), snapshot);
        Ok(rows.into_iter().map(dialog).collect())
    }

    pub async fn forget_dialog(&self, leg: LegId) -> Result<(), JournalError> {
        sqlx::query("DELETE FROM dialog WHERE conversation = ? AND ordinal = ?")
            .bind(leg.conversation.0)
            .bind(i64::from(leg.ordinal))
            .execute(&self.dialogs)
            .await?;
        Ok(())
    }
}
