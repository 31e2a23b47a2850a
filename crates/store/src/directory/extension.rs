//! Extensions stand in one table for users and queues, so that a number names one of them only.

use std::collections::BTreeMap;

use sea_orm::{ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use terms::Extension;
use uuid::Uuid;

use crate::{
    StoreError,
    entity::extension::{ActiveModel, Column, Entity, Model},
};

/// The extensions of these users (`Column::UserId`) or queues (`Column::QueueId`).
pub(crate) async fn extensions_of(
    connection: &impl ConnectionTrait,
    column: Column,
    owners: &[Uuid],
) -> Result<BTreeMap<Uuid, Extension>, StoreError> {
    let rows = Entity::find().filter(column.is_in(owners.iter().copied())).all(connection).await?;
    let mut extensions = BTreeMap::new();
    for Model { extension, user_id, queue_id } in rows {
        let extension = extension.parse().map_err(|_| StoreError::Unreadable { what: "extension" })?;
        if let Some(owner) = user_id.or(queue_id) {
            extensions.insert(owner, extension);
        }
    }
    Ok(extensions)
}

/// Gives the owner this extension in place of any before.
pub(crate) async fn give_extension(
    connection: &impl ConnectionTrait,
    column: Column,
    owner: Uuid,
    extension: Option<&Extension>,
) -> Result<(), StoreError> {
    Entity::delete_many().filter(column.eq(owner)).exec(connection).await?;
    let Some(extension) = extension else { return Ok(()) };
    let is_user = matches!(column, Column::UserId);
    let row = ActiveModel {
        extension: ActiveValue::Set(extension.as_str().to_owned()),
        user_id: ActiveValue::Set(is_user.then_some(owner)),
        queue_id: ActiveValue::Set((!is_user).then_some(owner)),
    };
    Entity::insert(row).exec_without_returning(connection).await?;
    Ok(())
}
