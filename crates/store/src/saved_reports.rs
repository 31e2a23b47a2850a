//! Saved reports: what somebody asks again and again, and with whom they share it.

use serde_json::Value;
use terms::{SavedReportId, UserId};

use crate::{
    StoreError, entity,
    rows::{Model, Row, row},
};

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct SavedReportRow {
    pub id: SavedReportId,
    pub version: i64,
    pub name: String,
    /// Where people keep it; empty is the top.
    pub folder: String,
    pub owner_id: UserId,
    /// As `POST /v1/reports/run` takes it.
    pub request: Value,
    /// Ids of permission sets whose holders may run it, as themselves.
    pub shared_with: Value,
}

impl Row for SavedReportRow {
    row!(SavedReportRow, SavedReportId, saved_report, "saved report", name(Name), held by &[]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self {
            id: SavedReportId(model.id),
            version: model.version,
            name: model.name,
            folder: model.folder,
            owner_id: UserId(model.owner_id),
            request: model.request,
            shared_with: model.shared_with,
        })
    }

    fn write(&self) -> Model<Self> {
        entity::saved_report::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            folder: self.folder.clone(),
            owner_id: self.owner_id.0,
            request: self.request.clone(),
            shared_with: self.shared_with.clone(),
        }
    }
}
