//! Organization POSTs that had their effect; remembered in the transaction of the effect (`By::for_command`).

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use terms::Timestamp;
use uuid::Uuid;

use crate::{
    CommandRecord, Store, StoreError,
    entity::idempotency::{Column, Entity},
};

impl Store {
    /// The POST that this principal sent under this key, when it had its effect before.
    pub async fn find_command(
        &self,
        principal: Uuid,
        key: &str,
    ) -> Result<Option<CommandRecord>, StoreError> {
        let row = Entity::find_by_id((principal, key.to_owned())).one(self.database()).await?;
        Ok(row.map(|row| CommandRecord {
            key: row.key,
            principal: row.principal,
            body_hash: row.body_hash,
            answer: row.answer,
            at: Timestamp::from_ms(row.at),
        }))
    }

    /// Forgets commands older than `before`; says how many.
    pub async fn prune_commands(&self, before: Timestamp) -> Result<u64, StoreError> {
        let gone = Entity::delete_many().filter(Column::At.lt(before.ms())).exec(self.database()).await?;
        Ok(gone.rows_affected)
    }
}
