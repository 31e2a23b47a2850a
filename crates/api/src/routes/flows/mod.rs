//! Call flows: what a caller meets before anybody is asked to answer.

mod check;
mod dry_run;
mod steps;

use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{CallFlowRow, Rows, Store};
use terms::CallFlowId;
use utoipa::ToSchema;
use uuid::Uuid;

pub(crate) use dry_run::{dry_run, dry_run_of};
use steps::FlowStep;

use crate::{
    noun::{Change, Complaints, Noun},
    problem::Problem,
};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallFlowFields {
    name: String,
    /// One after another, until one takes the call away; after the last the call is hung up.
    /// At most 200 in all branches together, and 8 branches deep.
    steps: Vec<FlowStep>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct CallFlow {
    id: Uuid,
    version: i64,
    #[serde(flatten)]
    fields: CallFlowFields,
}

#[derive(Debug)]
pub(crate) enum CallFlows {}

impl Noun for CallFlows {
    type Row = CallFlowRow;
    type Write = CallFlowFields;
    type View = CallFlow;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/call-flows";

    fn rows(store: &Store) -> Rows<'_, CallFlowRow> {
        store.call_flows()
    }
    fn typed(id: Uuid) -> CallFlowId {
        CallFlowId(id)
    }
    fn blank(id: Uuid, (): &()) -> CallFlowRow {
        CallFlowRow { id: CallFlowId(id), version: 0, name: String::new(), steps: json!([]) }
    }
    fn writable(row: &CallFlowRow) -> CallFlowFields {
        let steps = serde_json::from_value(row.steps.clone()).unwrap_or_default();
        CallFlowFields { name: row.name.clone(), steps }
    }
    fn view(row: CallFlowRow) -> CallFlow {
        CallFlow { id: row.id.0, version: row.version, fields: Self::writable(&row) }
    }
    fn check(write: &CallFlowFields, change: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        check::steps(&write.steps, change.faces, &mut complaints);
        complaints.done()
    }
    async fn extra(_: &CallFlowFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: CallFlowFields, (): &(), row: &mut CallFlowRow) {
        row.name = write.name.trim().to_owned();
        row.steps = json!(write.steps);
    }
}

/// Whether steps name this under `field`, in any branch.
pub(super) fn names(steps: &serde_json::Value, field: &str, wanted: &str) -> bool {
    match steps {
        serde_json::Value::Object(object) => object.iter().any(|(name, value)| {
            name == field && value.as_str() == Some(wanted) || names(value, field, wanted)
        }),
        serde_json::Value::Array(list) => list.iter().any(|value| names(value, field, wanted)),
        _ => false,
    }
}
