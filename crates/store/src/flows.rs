//! Call flows, business hours and wrap-up codes.

use serde_json::Value;
use terms::{BusinessHoursId, CallFlowId, WrapUpCodeId};

use crate::{
    StoreError, entity,
    rows::{Model, Row, row},
};

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct CallFlowRow {
    pub id: CallFlowId,
    pub version: i64,
    pub name: String,
    /// `[{play}, {menu}, …]`.
    pub steps: Value,
}

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct BusinessHoursRow {
    pub id: BusinessHoursId,
    pub version: i64,
    pub name: String,
    /// IANA name.
    pub time_zone: String,
    pub hours: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WrapUpCodeRow {
    pub id: WrapUpCodeId,
    pub version: i64,
    pub name: String,
    pub sort: i32,
}

impl Row for CallFlowRow {
    row!(CallFlowRow, CallFlowId, call_flow, "call flow", name(Name), held by &[("numbers", "call_flow_id")]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self { id: CallFlowId(model.id), version: model.version, name: model.name, steps: model.steps })
    }
    fn write(&self) -> Model<Self> {
        entity::call_flow::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            steps: self.steps.clone(),
        }
    }
}

impl Row for BusinessHoursRow {
    row!(BusinessHoursRow, BusinessHoursId, business_hours, "business hours", name(Name), held by &[]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self {
            id: BusinessHoursId(model.id),
            version: model.version,
            name: model.name,
            time_zone: model.time_zone,
            hours: model.hours,
        })
    }
    fn write(&self) -> Model<Self> {
        entity::business_hours::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            time_zone: self.time_zone.clone(),
            hours: self.hours.clone(),
        }
    }
}

impl Row for WrapUpCodeRow {
    row!(WrapUpCodeRow, WrapUpCodeId, wrap_up_code, "wrap-up code", name(Name), held by &[]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self { id: WrapUpCodeId(model.id), version: model.version, name: model.name, sort: model.sort })
    }
    fn write(&self) -> Model<Self> {
        entity::wrap_up_code::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            sort: self.sort,
        }
    }
}
