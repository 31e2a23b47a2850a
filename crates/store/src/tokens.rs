//! Refresh tokens, stored as hashes.
//!
//! Each is used once and replaced by the next of its family; a second use means it was stolen, and the family ends
//! (RFC 9700 §4.14.2, refresh token rotation).

use sea_orm::{
    ActiveValue, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, QueryFilter, sea_query::Expr,
};
use terms::{Timestamp, UserId};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    entity::refresh_token::{ActiveModel, Column, Entity},
};

/// One refresh token, known by the hash of its text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefreshTokenRow {
    /// SHA-256 in hex.
    pub token_hash: String,
    /// All tokens that came of one sign-in.
    pub family: Uuid,
    pub user_id: UserId,
    pub issued_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What became of a refresh token that was shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotation {
    /// The next token of the family stands in its place.
    Rotated { user_id: UserId, family: Uuid },
    /// Unknown, expired or revoked: sign in again.
    Refused,
    /// It was used before: the family is revoked now, and this belongs in the audit.
    Reused { user_id: UserId, family: Uuid },
}

impl Store {
    pub async fn add_refresh_token(&self, token: &RefreshTokenRow) -> Result<(), StoreError> {
        let aside = self.begin_aside().await?;
        insert(&aside.transaction, token).await?;
        aside.commit().await
    }

    /// Uses the token and puts `next_hash` in its place, in one transaction.
    pub async fn rotate_refresh_token(
        &self,
        token_hash: &str,
        next_hash: &str,
        next_expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Rotation, StoreError> {
        let aside = self.begin_aside().await?;
        let rotation = rotate(&aside.transaction, token_hash, next_hash, next_expires_at, now).await?;
        aside.commit().await?;
        Ok(rotation)
    }

    /// Signs one family out. An unknown token is no error (RFC 7009).
    pub async fn revoke_refresh_token(&self, token_hash: &str, now: Timestamp) -> Result<(), StoreError> {
        if let Some(token) = Entity::find_by_id(token_hash.to_owned()).one(self.database()).await? {
            revoke(self.database(), Column::Family, token.family, now).await?;
        }
        Ok(())
    }

    /// Signs the user out everywhere.
    pub async fn revoke_refresh_tokens_of(&self, user: UserId, now: Timestamp) -> Result<(), StoreError> {
        revoke(self.database(), Column::UserId, user.0, now).await
    }

    /// Whether the sign-in this family came of still stands.
    pub async fn is_family_alive(&self, family: Uuid, now: Timestamp) -> Result<bool, StoreError> {
        let alive = Entity::find()
            .filter(Column::Family.eq(family))
            .filter(Column::RevokedAt.is_null())
            .filter(Column::ExpiresAt.gt(now.ms()))
            .one(self.database())
            .await?;
        Ok(alive.is_some())
    }

    /// Deletes the tokens that expired before `before`; says how many.
    pub async fn prune_refresh_tokens(&self, before: Timestamp) -> Result<u64, StoreError> {
        let gone =
            Entity::delete_many().filter(Column::ExpiresAt.lt(before.ms())).exec(self.database()).await?;
        Ok(gone.rows_affected)
    }
}

/// Marking it used comes first and only one of two can do it: whoever is late finds it used.
async fn rotate(
    transaction: &DatabaseTransaction,
    token_hash: &str,
    next_hash: &str,
    next_expires_at: Timestamp,
    now: Timestamp,
) -> Result<Rotation, StoreError> {
    let used = Entity::update_many()
        .col_expr(Column::UsedAt, Expr::value(now.ms()))
        .filter(Column::TokenHash.eq(token_hash))
        .filter(Column::UsedAt.is_null())
        .filter(Column::RevokedAt.is_null())
        .filter(Column::ExpiresAt.gt(now.ms()))
        .exec(transaction)
        .await?;
    let Some(token) = Entity::find_by_id(token_hash.to_owned()).one(transaction).await? else {
        return Ok(Rotation::Refused);
    };
    let (user_id, family) = (UserId(token.user_id), token.family);
    if used.rows_affected == 1 {
        let token_hash = next_hash.to_owned();
        let next =
            RefreshTokenRow { token_hash, family, user_id, issued_at: now, expires_at: next_expires_at };
        insert(transaction, &next).await?;
        return Ok(Rotation::Rotated { user_id, family });
    }
    if token.used_at.is_none() || token.revoked_at.is_some() {
        return Ok(Rotation::Refused);
    }
    revoke(transaction, Column::Family, family, now).await?;
    Ok(Rotation::Reused { user_id, family })
}

async fn insert(connection: &impl ConnectionTrait, token: &RefreshTokenRow) -> Result<(), StoreError> {
    let row = ActiveModel {
        token_hash: ActiveValue::Set(token.token_hash.clone()),
        family: ActiveValue::Set(token.family),
        user_id: ActiveValue::Set(token.user_id.0),
        issued_at: ActiveValue::Set(token.issued_at.ms()),
        expires_at: ActiveValue::Set(token.expires_at.ms()),
        used_at: ActiveValue::Set(None),
        revoked_at: ActiveValue::Set(None),
    };
    Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}

async fn revoke(
    connection: &impl ConnectionTrait,
    column: Column,
    id: Uuid,
    now: Timestamp,
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::RevokedAt, Expr::value(now.ms()))
        .filter(column.eq(id))
        .filter(Column::RevokedAt.is_null())
        .exec(connection)
        .await?;
    Ok(())
}
