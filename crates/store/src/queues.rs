//! Queues.

use sea_orm::ConnectionTrait;
use serde_json::Value;
use terms::{Extension, PhoneNumber, QueueId};

use crate::{
    QueueKind, StoreError,
    directory::{extensions_of, give_extension},
    entity::{self, extension},
    rows::{Model, Row, row},
};

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct QueueRow {
    pub id: QueueId,
    pub version: i64,
    pub name: String,
    pub extension: Option<Extension>,
    pub kind: QueueKind,
    /// `{model, priority, push_timeout_seconds, max_wait_seconds, overflow, steps}`.
    pub routing: Value,
    /// `{seconds, max_extensions}`.
    pub wrap_up: Value,
    pub announcements: Value,
    /// None: no limit of its own.
    pub max_size: Option<u32>,
    pub service_level_seconds: u32,
    pub caller_id: Option<PhoneNumber>,
}

impl Row for QueueRow {
    row!(QueueRow, QueueId, queue, "queue", name(Name), held by &[
        ("numbers", "queue_id"),
        ("quick_connects", "queue_id"),
    ]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        let unreadable = StoreError::Unreadable { what: "queue" };
        let (Ok(max_size), Ok(service_level_seconds), Ok(caller_id)) = (
            model.max_size.map(u32::try_from).transpose(),
            u32::try_from(model.service_level_seconds),
            model.caller_id.map(PhoneNumber::try_from).transpose(),
        ) else {
            return Err(unreadable);
        };
        Ok(Self {
            id: QueueId(model.id),
            version: model.version,
            name: model.name,
            extension: None,
            kind: QueueKind::read(&model.kind)?,
            routing: model.routing,
            wrap_up: model.wrap_up,
            announcements: model.announcements,
            max_size,
            service_level_seconds,
            caller_id,
        })
    }

    fn write(&self) -> Model<Self> {
        entity::queue::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            kind: self.kind.as_str().to_owned(),
            routing: self.routing.clone(),
            wrap_up: self.wrap_up.clone(),
            announcements: self.announcements.clone(),
            max_size: self.max_size.map(|size| i32::try_from(size).unwrap_or(i32::MAX)),
            service_level_seconds: i32::try_from(self.service_level_seconds).unwrap_or(i32::MAX),
            caller_id: self.caller_id.as_ref().map(|number| number.as_str().to_owned()),
        }
    }

    async fn read_parts<C: ConnectionTrait>(connection: &C, rows: &mut [Self]) -> Result<(), StoreError> {
        let ids: Vec<_> = rows.iter().map(|row| row.id.0).collect();
        let mut extensions = extensions_of(connection, extension::Column::QueueId, &ids).await?;
        for row in rows {
            row.extension = extensions.remove(&row.id.0);
        }
        Ok(())
    }

    async fn write_parts<C: ConnectionTrait>(&self, connection: &C) -> Result<(), StoreError> {
        give_extension(connection, extension::Column::QueueId, self.id.0, self.extension.as_ref()).await
    }
}
