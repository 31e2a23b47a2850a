//! Quick connects and numbers: where calls come in and where they can be sent.

use serde::{Deserialize, Serialize};
use store::{NumberAnswer, NumberRow, NumberTarget, QuickConnectRow, QuickConnectTarget, Rows, Store};
use terms::{CallFlowId, NumberId, PhoneNumber, QueueId, QuickConnectId, TrunkId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    body::{NumberAnswerWord, PhoneNumberText},
    noun::{Change, Complaints, Noun},
    problem::Problem,
};

/// A saved target: exactly one of the three.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QuickConnectFields {
    name: String,
    #[serde(default)]
    user_id: Option<Uuid>,
    #[serde(default)]
    queue_id: Option<Uuid>,
    #[serde(default)]
    #[schema(value_type = Option<PhoneNumberText>)]
    phone_number: Option<PhoneNumber>,
}

impl QuickConnectFields {
    fn target(&self) -> Option<QuickConnectTarget> {
        match (self.user_id, self.queue_id, &self.phone_number) {
            (Some(user), None, None) => Some(QuickConnectTarget::UserId(UserId(user))),
            (None, Some(queue), None) => Some(QuickConnectTarget::QueueId(QueueId(queue))),
            (None, None, Some(number)) => Some(QuickConnectTarget::PhoneNumber(number.clone())),
            _ => None,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct QuickConnect {
    id: Uuid,
    version: i64,
    #[serde(flatten)]
    fields: QuickConnectFields,
}

#[derive(Debug)]
pub(crate) enum QuickConnects {}

impl Noun for QuickConnects {
    type Row = QuickConnectRow;
    type Write = QuickConnectFields;
    type View = QuickConnect;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/quick-connects";

    fn rows(store: &Store) -> Rows<'_, QuickConnectRow> {
        store.quick_connects()
    }
    fn typed(id: Uuid) -> QuickConnectId {
        QuickConnectId(id)
    }
    fn blank(id: Uuid, (): &()) -> QuickConnectRow {
        QuickConnectRow {
            id: QuickConnectId(id),
            version: 0,
            name: String::new(),
            target: QuickConnectTarget::UserId(UserId(Uuid::nil())),
        }
    }
    fn writable(row: &QuickConnectRow) -> QuickConnectFields {
        let mut fields =
            QuickConnectFields { name: row.name.clone(), user_id: None, queue_id: None, phone_number: None };
        match &row.target {
            QuickConnectTarget::UserId(user) => fields.user_id = Some(user.0),
            QuickConnectTarget::QueueId(queue) => fields.queue_id = Some(queue.0),
            QuickConnectTarget::PhoneNumber(number) => fields.phone_number = Some(number.clone()),
        }
        fields
    }
    fn view(row: QuickConnectRow) -> QuickConnect {
        QuickConnect { id: row.id.0, version: row.version, fields: Self::writable(&row) }
    }
    fn check(write: &QuickConnectFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        complaints.unless(
            write.target().is_some(),
            "user_id",
            "name exactly one of user_id, queue_id and phone_number",
        );
        complaints.done()
    }
    async fn extra(_: &QuickConnectFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: QuickConnectFields, (): &(), row: &mut QuickConnectRow) {
        if let Some(target) = write.target() {
            row.target = target;
        }
        row.name = write.name.trim().to_owned();
    }
}

/// A public number; at most one of `call_flow_id`, `queue_id` and `user_id` says where its calls go.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NumberFields {
    #[schema(value_type = PhoneNumberText)]
    e164: PhoneNumber,
    #[serde(default)]
    call_flow_id: Option<Uuid>,
    #[serde(default)]
    queue_id: Option<Uuid>,
    #[serde(default)]
    user_id: Option<Uuid>,
    /// When the trunk's call is answered: as soon as something plays, or only by an agent.
    #[serde(default = "on_flow")]
    #[schema(value_type = NumberAnswerWord)]
    answer: NumberAnswer,
    /// The trunk that calls from this number go out on.
    #[serde(default)]
    trunk_id: Option<Uuid>,
}

fn on_flow() -> NumberAnswer {
    NumberAnswer::OnFlow
}

impl NumberFields {
    fn target(&self) -> Option<NumberTarget> {
        match (self.call_flow_id, self.queue_id, self.user_id) {
            (Some(flow), None, None) => Some(NumberTarget::CallFlowId(CallFlowId(flow))),
            (None, Some(queue), None) => Some(NumberTarget::QueueId(QueueId(queue))),
            (None, None, Some(user)) => Some(NumberTarget::UserId(UserId(user))),
            (None, None, None) => Some(NumberTarget::Nothing),
            _ => None,
        }
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Number {
    id: Uuid,
    version: i64,
    #[serde(flatten)]
    fields: NumberFields,
}

#[derive(Debug)]
pub(crate) enum Numbers {}

impl Noun for Numbers {
    type Row = NumberRow;
    type Write = NumberFields;
    type View = Number;
    type Extra = PhoneNumber;
    const COLLECTION: &'static str = "/v1/numbers";

    fn rows(store: &Store) -> Rows<'_, NumberRow> {
        store.numbers()
    }
    fn typed(id: Uuid) -> NumberId {
        NumberId(id)
    }
    fn blank(id: Uuid, number: &PhoneNumber) -> NumberRow {
        NumberRow {
            id: NumberId(id),
            version: 0,
            e164: number.clone(),
            target: NumberTarget::Nothing,
            answer: NumberAnswer::OnFlow,
            trunk_id: None,
        }
    }
    fn writable(row: &NumberRow) -> NumberFields {
        let (mut call_flow_id, mut queue_id, mut user_id) = (None, None, None);
        match &row.target {
            NumberTarget::CallFlowId(flow) => call_flow_id = Some(flow.0),
            NumberTarget::QueueId(queue) => queue_id = Some(queue.0),
            NumberTarget::UserId(user) => user_id = Some(user.0),
            NumberTarget::Nothing => {}
        }
        NumberFields {
            e164: row.e164.clone(),
            call_flow_id,
            queue_id,
            user_id,
            answer: row.answer,
            trunk_id: row.trunk_id.map(|trunk| trunk.0),
        }
    }
    fn view(row: NumberRow) -> Number {
        Number { id: row.id.0, version: row.version, fields: Self::writable(&row) }
    }
    fn check(write: &NumberFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.unless(
            write.target().is_some(),
            "queue_id",
            "name at most one of call_flow_id, queue_id and user_id",
        );
        complaints.done()
    }
    async fn extra(write: &NumberFields, _: &Change<'_, Self>) -> Result<PhoneNumber, Problem> {
        Ok(write.e164.clone())
    }
    fn apply(write: NumberFields, _: &PhoneNumber, row: &mut NumberRow) {
        row.target = write.target().unwrap_or(NumberTarget::Nothing);
        row.e164 = write.e164;
        row.answer = write.answer;
        row.trunk_id = write.trunk_id.map(TrunkId);
    }
}
