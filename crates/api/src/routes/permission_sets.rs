//! Permission sets: what may be granted, and where. Only who may grant sets writes them.

use std::collections::BTreeSet;

use access::{Permission, Scope};
use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{PermissionSetRow, Rows, Store};
use terms::PermissionSetId;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    body::PermissionWord,
    noun::{Change, Complaints, Noun},
    problem::Problem,
};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PermissionSetFields {
    name: String,
    #[serde(default)]
    description: String,
    #[schema(value_type = Vec<PermissionWord>)]
    grants: BTreeSet<Permission>,
    /// The agent's team and the conversation's queue; a conversation without a queue passes.
    #[serde(default = "everywhere")]
    #[schema(value_type = ScopeFields)]
    scope: Scope,
}

fn everywhere() -> Scope {
    Scope::EVERYTHING
}

/// Where the grants hold: `"all"`, or a list of ids.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "only its schema is used; the values are access's")]
pub(crate) struct ScopeFields {
    teams: ReachFields,
    queues: ReachFields,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its schema is used; the values are access's")]
enum ReachFields {
    Word(AllWord),
    Listed(Vec<Uuid>),
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AllWord {
    All,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PermissionSet {
    id: Uuid,
    version: i64,
    /// One of the four that every organization starts with.
    built_in: bool,
    #[serde(flatten)]
    fields: PermissionSetFields,
}

#[derive(Debug)]
pub(crate) enum PermissionSets {}

impl Noun for PermissionSets {
    type Row = PermissionSetRow;
    type Write = PermissionSetFields;
    type View = PermissionSet;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/permission-sets";

    fn rows(store: &Store) -> Rows<'_, PermissionSetRow> {
        store.permission_sets()
    }
    fn typed(id: Uuid) -> PermissionSetId {
        PermissionSetId(id)
    }
    fn blank(id: Uuid, (): &()) -> PermissionSetRow {
        PermissionSetRow {
            id: PermissionSetId(id),
            version: 0,
            name: String::new(),
            description: String::new(),
            built_in: false,
            grants: json!([]),
            scope: json!(Scope::EVERYTHING),
        }
    }
    fn writable(row: &PermissionSetRow) -> PermissionSetFields {
        let read = crate::faces::read_set(row);
        PermissionSetFields {
            name: row.name.clone(),
            description: row.description.clone(),
            grants: read.grants,
            scope: read.scope,
        }
    }
    fn view(row: PermissionSetRow) -> PermissionSet {
        PermissionSet {
            id: row.id.0,
            version: row.version,
            built_in: row.built_in,
            fields: Self::writable(&row),
        }
    }
    fn check(write: &PermissionSetFields, change: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        complaints.text("description", &write.description);
        if let Some(before) = change.before.filter(|before| before.built_in) {
            let before = Self::writable(before);
            let same = before.name == write.name && before.grants == write.grants;
            if !same {
                return Err(Problem::conflict(
                    "built_in",
                    "a built-in set keeps its name and grants; make a set of your own instead",
                ));
            }
        }
        complaints.done()
    }
    async fn extra(_: &PermissionSetFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: PermissionSetFields, (): &(), row: &mut PermissionSetRow) {
        row.name = write.name.trim().to_owned();
        row.description = write.description;
        row.grants = json!(write.grants);
        row.scope = json!(write.scope);
    }
    async fn check_delete(row: &PermissionSetRow, _: &Change<'_, Self>) -> Result<(), Problem> {
        if row.built_in {
            return Err(Problem::conflict("built_in", "a built-in set stays"));
        }
        Ok(())
    }
}
