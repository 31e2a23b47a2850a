//! Trunks, the numbers that come in over them, and quick connects.

use serde_json::Value;
use terms::{CallFlowId, NumberId, PhoneNumber, QueueId, QuickConnectId, TrunkId, UserId};

use crate::{
    Hidden, NumberAnswer, StoreError, entity,
    rows::{Model, Named, Row, named, row},
};

#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct TrunkRow {
    pub id: TrunkId,
    pub version: i64,
    pub name: String,
    pub host: String,
    pub transport: String,
    /// As signaling needs them; JSON null for a trunk that asks for none.
    pub credentials: Hidden<Value>,
    /// `[cidr]`: addresses whose calls are this trunk's.
    pub allow_from: Value,
    pub max_calls: Option<u32>,
    /// `[name]`, in the order of preference.
    pub codecs: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct NumberRow {
    pub id: NumberId,
    pub version: i64,
    pub e164: PhoneNumber,
    pub target: NumberTarget,
    pub answer: NumberAnswer,
    /// The trunk calls from this number go out on.
    pub trunk_id: Option<TrunkId>,
}

/// Where a call to a number goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NumberTarget {
    CallFlowId(CallFlowId),
    QueueId(QueueId),
    UserId(UserId),
    /// Calls to it are refused.
    Nothing,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct QuickConnectRow {
    pub id: QuickConnectId,
    pub version: i64,
    pub name: String,
    pub target: QuickConnectTarget,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuickConnectTarget {
    UserId(UserId),
    QueueId(QueueId),
    PhoneNumber(PhoneNumber),
}

impl Row for TrunkRow {
    row!(TrunkRow, TrunkId, trunk, "trunk", name(Name), held by &[]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        let max_calls = model.max_calls.map(u32::try_from).transpose();
        Ok(Self {
            id: TrunkId(model.id),
            version: model.version,
            name: model.name,
            host: model.host,
            transport: model.transport,
            credentials: Hidden::new(model.credentials),
            allow_from: model.allow_from,
            max_calls: max_calls.map_err(|_| StoreError::Unreadable { what: "trunk" })?,
            codecs: model.codecs,
        })
    }

    fn write(&self) -> Model<Self> {
        entity::trunk::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            host: self.host.clone(),
            transport: self.transport.clone(),
            credentials: self.credentials.expose().clone(),
            allow_from: self.allow_from.clone(),
            max_calls: self.max_calls.map(|calls| i32::try_from(calls).unwrap_or(i32::MAX)),
            codecs: self.codecs.clone(),
        }
    }
}

impl NumberTarget {
    fn call_flow_id(self) -> Option<CallFlowId> {
        if let NumberTarget::CallFlowId(flow) = self { Some(flow) } else { None }
    }
    fn queue_id(self) -> Option<QueueId> {
        if let NumberTarget::QueueId(queue) = self { Some(queue) } else { None }
    }
    fn user_id(self) -> Option<UserId> {
        if let NumberTarget::UserId(user) = self { Some(user) } else { None }
    }
}

impl Row for NumberRow {
    row!(NumberRow, NumberId, number, "number", e164(E164), held by &[]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        let e164 = PhoneNumber::try_from(model.e164);
        let target = match (model.call_flow_id, model.queue_id, model.user_id) {
            (Some(flow), _, _) => NumberTarget::CallFlowId(CallFlowId(flow)),
            (None, Some(queue), _) => NumberTarget::QueueId(QueueId(queue)),
            (None, None, Some(user)) => NumberTarget::UserId(UserId(user)),
            (None, None, None) => NumberTarget::Nothing,
        };
        Ok(Self {
            id: NumberId(model.id),
            version: model.version,
            e164: e164.map_err(|_| StoreError::Unreadable { what: "number" })?,
            target,
            answer: NumberAnswer::read(&model.answer)?,
            trunk_id: model.trunk_id.map(TrunkId),
        })
    }

    fn write(&self) -> Model<Self> {
        entity::number::Model {
            id: self.id.0,
            version: self.version,
            e164: self.e164.as_str().to_owned(),
            answer: self.answer.as_str().to_owned(),
            call_flow_id: self.target.call_flow_id().map(|flow| flow.0),
            queue_id: self.target.queue_id().map(|queue| queue.0),
            user_id: self.target.user_id().map(|user| user.0),
            trunk_id: self.trunk_id.map(|trunk| trunk.0),
        }
    }

    fn names(&self) -> Vec<Named> {
        [
            named("call_flow_id", "call_flows", self.target.call_flow_id().map(|flow| flow.0)),
            named("queue_id", "queues", self.target.queue_id().map(|queue| queue.0)),
            named("user_id", "users", self.target.user_id().map(|user| user.0)),
            named("trunk_id", "trunks", self.trunk_id.map(|trunk| trunk.0)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

impl Row for QuickConnectRow {
    row!(QuickConnectRow, QuickConnectId, quick_connect, "quick connect", name(Name), held by &[]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        let unreadable = StoreError::Unreadable { what: "quick connect" };
        let target = match (model.user_id, model.queue_id, model.phone_number) {
            (Some(user), _, _) => QuickConnectTarget::UserId(UserId(user)),
            (None, Some(queue), _) => QuickConnectTarget::QueueId(QueueId(queue)),
            (None, None, Some(number)) => {
                QuickConnectTarget::PhoneNumber(PhoneNumber::try_from(number).map_err(|_| unreadable)?)
            }
            (None, None, None) => return Err(unreadable),
        };
        Ok(Self { id: QuickConnectId(model.id), version: model.version, name: model.name, target })
    }

    fn write(&self) -> Model<Self> {
        let mut model = entity::quick_connect::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            user_id: None,
            queue_id: None,
            phone_number: None,
        };
        match &self.target {
            QuickConnectTarget::UserId(user) => model.user_id = Some(user.0),
            QuickConnectTarget::QueueId(queue) => model.queue_id = Some(queue.0),
            QuickConnectTarget::PhoneNumber(number) => {
                model.phone_number = Some(number.as_str().to_owned());
            }
        }
        model
    }

    fn names(&self) -> Vec<Named> {
        let named = match &self.target {
            QuickConnectTarget::UserId(user) => named("user_id", "users", Some(user.0)),
            QuickConnectTarget::QueueId(queue) => named("queue_id", "queues", Some(queue.0)),
            QuickConnectTarget::PhoneNumber(_) => None,
        };
        named.into_iter().collect()
    }
}
