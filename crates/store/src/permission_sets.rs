//! Permission sets: what is granted, and in which teams and queues.

use serde_json::Value;
use terms::PermissionSetId;

use crate::{
    StoreError, entity,
    rows::{Model, Row, row},
};

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PermissionSetRow {
    pub id: PermissionSetId,
    pub version: i64,
    pub name: String,
    pub description: String,
    /// One of the four every organization starts with.
    pub built_in: bool,
    /// `["place_calls", …]`.
    pub grants: Value,
    /// `{teams: "all"|[id], queues: "all"|[id]}`.
    pub scope: Value,
}

impl Row for PermissionSetRow {
    row!(PermissionSetRow, PermissionSetId, permission_set, "permission set", name(Name), held by &[
        ("user_permission_sets", "permission_set_id"),
        ("client_permission_sets", "permission_set_id"),
    ]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self {
            id: PermissionSetId(model.id),
            version: model.version,
            name: model.name,
            description: model.description,
            built_in: model.built_in,
            grants: model.grants,
            scope: model.scope,
        })
    }

    fn write(&self) -> Model<Self> {
        entity::permission_set::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            description: self.description.clone(),
            built_in: self.built_in,
            grants: self.grants.clone(),
            scope: self.scope.clone(),
        }
    }
}
