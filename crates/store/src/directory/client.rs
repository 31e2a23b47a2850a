//! API clients, which sign in with a secret of their own.

use sea_orm::{ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};
use terms::{ClientId, PermissionSetId};

use crate::{
    Hidden, StoreError,
    entity::{self, client_permission_set as sets},
    rows::{Model, Named, Row, named, row},
};

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct ClientRow {
    pub id: ClientId,
    pub version: i64,
    pub name: String,
    pub secret_hash: Hidden<String>,
    pub permission_set_ids: Vec<PermissionSetId>,
}

impl Row for ClientRow {
    row!(ClientRow, ClientId, client, "client", name(Name), held by &[]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self {
            id: ClientId(model.id),
            version: model.version,
            name: model.name,
            secret_hash: Hidden::new(model.secret_hash),
            permission_set_ids: Vec::new(),
        })
    }

    fn write(&self) -> Model<Self> {
        entity::client::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            secret_hash: self.secret_hash.expose().clone(),
        }
    }

    fn names(&self) -> Vec<Named> {
        let sets = self.permission_set_ids.iter();
        sets.filter_map(|set| named("permission_set_ids", "permission_sets", Some(set.0))).collect()
    }

    async fn read_parts<C: ConnectionTrait>(connection: &C, rows: &mut [Self]) -> Result<(), StoreError> {
        let ids = rows.iter().map(|row| row.id.0);
        let links = sets::Entity::find().filter(sets::Column::ClientId.is_in(ids)).all(connection).await?;
        for row in rows {
            let mine = links.iter().filter(|link| link.client_id == row.id.0);
            row.permission_set_ids = mine.map(|link| PermissionSetId(link.permission_set_id)).collect();
            row.permission_set_ids.sort_unstable();
        }
        Ok(())
    }

    async fn write_parts<C: ConnectionTrait>(&self, connection: &C) -> Result<(), StoreError> {
        sets::Entity::delete_many().filter(sets::Column::ClientId.eq(self.id.0)).exec(connection).await?;
        let links: Vec<_> = self
            .permission_set_ids
            .iter()
            .map(|set| sets::ActiveModel {
                client_id: ActiveValue::Set(self.id.0),
                permission_set_id: ActiveValue::Set(set.0),
            })
            .collect();
        if !links.is_empty() {
            sets::Entity::insert_many(links).exec_without_returning(connection).await?;
        }
        Ok(())
    }
}
