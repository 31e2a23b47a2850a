//! The presence statuses users choose from, and what declining or missing an offer does.

use serde_json::Value;
use terms::{PresenceConfigId, PresenceStatusId};

use crate::{
    PresenceKind, StoreError, entity,
    rows::{Model, Named, Row, named, row},
};

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PresenceStatusRow {
    pub id: PresenceStatusId,
    pub version: i64,
    pub name: String,
    pub kind: PresenceKind,
    /// `["voice"]`.
    pub channels: Value,
    pub sort: i32,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct PresenceConfigRow {
    pub id: PresenceConfigId,
    pub version: i64,
    pub name: String,
    pub decline_enabled: bool,
    /// `["…"]`.
    pub decline_reasons: Value,
    pub status_on_decline_id: Option<PresenceStatusId>,
    pub status_on_push_timeout_id: Option<PresenceStatusId>,
    /// Offers missed in a row before the user is no longer offered work.
    pub missed_before_pause: Option<u16>,
    /// `{direct_priority, rest_after_decline_seconds, …}`, as the API takes them; empty in rows of before.
    pub offers: Value,
}

impl Row for PresenceStatusRow {
    row!(PresenceStatusRow, PresenceStatusId, presence_status, "presence status", name(Name), held by &[
        ("presence_configs", "status_on_decline_id"),
        ("presence_configs", "status_on_push_timeout_id"),
    ]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self {
            id: PresenceStatusId(model.id),
            version: model.version,
            name: model.name,
            kind: PresenceKind::read(&model.kind)?,
            channels: model.channels,
            sort: model.sort,
        })
    }

    fn write(&self) -> Model<Self> {
        entity::presence_status::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            kind: self.kind.as_str().to_owned(),
            channels: self.channels.clone(),
            sort: self.sort,
        }
    }
}

impl Row for PresenceConfigRow {
    row!(PresenceConfigRow, PresenceConfigId, presence_config, "presence config", name(Name), held by &[
        ("users", "presence_config_id"),
    ]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        let missed = model.missed_before_pause.map(u16::try_from).transpose();
        Ok(Self {
            id: PresenceConfigId(model.id),
            version: model.version,
            name: model.name,
            decline_enabled: model.decline_enabled,
            decline_reasons: model.decline_reasons,
            status_on_decline_id: model.status_on_decline_id.map(PresenceStatusId),
            status_on_push_timeout_id: model.status_on_push_timeout_id.map(PresenceStatusId),
            missed_before_pause: missed.map_err(|_| StoreError::Unreadable { what: "presence config" })?,
            offers: model.offers,
        })
    }

    fn write(&self) -> Model<Self> {
        entity::presence_config::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            decline_enabled: self.decline_enabled,
            decline_reasons: self.decline_reasons.clone(),
            status_on_decline_id: self.status_on_decline_id.map(|status| status.0),
            status_on_push_timeout_id: self.status_on_push_timeout_id.map(|status| status.0),
            missed_before_pause: self.missed_before_pause.map(i32::from),
            offers: self.offers.clone(),
        }
    }

    fn names(&self) -> Vec<Named> {
        let status = |field, id: Option<PresenceStatusId>| {
            named(field, "presence_statuses", id.map(|status| status.0))
        };
        [
            status("status_on_decline_id", self.status_on_decline_id),
            status("status_on_push_timeout_id", self.status_on_push_timeout_id),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}
