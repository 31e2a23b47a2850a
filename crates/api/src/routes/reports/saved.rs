//! Saved reports: kept by their owner, shared with permission sets; whoever runs one sees what they may see themselves.

use std::collections::BTreeSet;

use access::Permission;
use reporting::report::{Asker, Request, plan};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::{Rows, SavedReportRow, Store};
use terms::{SavedReportId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    Faces,
    answer::{Json, List},
    caller::Caller,
    extract::{Id, Path, Query, State},
    noun::{Change, Complaints, Noun, PageQuery},
    problem::Problem,
};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({"name": "Training gaps", "request": {"type": "training_gaps", "group_by": ["subject"]}}))]
pub(crate) struct SavedReportFields {
    name: String,
    /// Where you keep it, like `Weekly/Support`; empty is the top.
    #[serde(default)]
    folder: String,
    /// As `POST /v1/reports/run` takes it.
    #[schema(value_type = Object)]
    request: Value,
    /// Permission sets whose holders may see and run it.
    #[serde(default)]
    shared_with: BTreeSet<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SavedReport {
    id: Uuid,
    version: i64,
    owner_id: Uuid,
    #[serde(flatten)]
    fields: SavedReportFields,
}

/// A permission set, as far as whoever shares a report needs to know it.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Audience {
    id: Uuid,
    name: String,
}

#[derive(Debug)]
pub(crate) enum SavedReports {}

fn shared_with(row: &SavedReportRow) -> BTreeSet<Uuid> {
    serde_json::from_value(row.shared_with.clone()).unwrap_or_default()
}

/// One's own, and those shared with a set that one holds.
pub(crate) fn sees(faces: &Faces, user: UserId, row: &SavedReportRow) -> bool {
    let organization = faces.calls.organization();
    let sets = organization.users.get(&user).map(|known| known.permission_sets.as_slice());
    let shared = shared_with(row);
    row.owner_id == user || sets.unwrap_or_default().iter().any(|set| shared.contains(&set.0))
}

fn own(change: &Change<'_, SavedReports>, row: &SavedReportRow) -> Result<(), Problem> {
    if row.owner_id == change.caller.user() {
        Ok(())
    } else if sees(change.faces, change.caller.user(), row) {
        Err(Problem::forbidden("only its owner changes a saved report; save one of your own instead"))
    } else {
        Err(Problem::not_found("saved report"))
    }
}

impl Noun for SavedReports {
    type Row = SavedReportRow;
    type Write = SavedReportFields;
    type View = SavedReport;
    /// The owner of a new one.
    type Extra = UserId;
    const COLLECTION: &'static str = "/v1/reports/saved";

    fn rows(store: &Store) -> Rows<'_, SavedReportRow> {
        store.saved_reports()
    }
    fn typed(id: Uuid) -> SavedReportId {
        SavedReportId(id)
    }
    fn blank(id: Uuid, owner: &UserId) -> SavedReportRow {
        SavedReportRow {
            id: SavedReportId(id),
            version: 0,
            name: String::new(),
            folder: String::new(),
            owner_id: *owner,
            request: json!({}),
            shared_with: json!([]),
        }
    }
    fn writable(row: &SavedReportRow) -> SavedReportFields {
        SavedReportFields {
            name: row.name.clone(),
            folder: row.folder.clone(),
            request: row.request.clone(),
            shared_with: shared_with(row),
        }
    }
    fn view(row: SavedReportRow) -> SavedReport {
        SavedReport {
            id: row.id.0,
            version: row.version,
            owner_id: row.owner_id.0,
            fields: Self::writable(&row),
        }
    }
    fn check(write: &SavedReportFields, change: &Change<'_, Self>) -> Result<(), Problem> {
        if let Some(before) = change.before {
            own(change, before)?;
        }
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        complaints.text("folder", &write.folder);
        let known = &change.faces.calls.organization().permission_sets;
        for set in &write.shared_with {
            complaints.unless(
                known.contains_key(&terms::PermissionSetId(*set)),
                "shared_with",
                "names no permission set",
            );
        }
        match serde_json::from_value::<Request>(write.request.clone()) {
            Err(error) => complaints.add("request", error.to_string()),
            Ok(request) => {
                let asker = Asker {
                    reaches: None,
                    sees_full_numbers: change.caller.holds(Permission::ViewFullNumbers),
                    time_zone: chrono_tz::UTC,
                    threshold_permille: 0,
                };
                for wrong in plan(&request, &asker).err().into_iter().flatten() {
                    complaints.add(format!("request.{}", wrong.field), wrong.message);
                }
            }
        }
        complaints.done()
    }
    async fn extra(_: &SavedReportFields, change: &Change<'_, Self>) -> Result<UserId, Problem> {
        Ok(change.caller.user())
    }
    fn apply(write: SavedReportFields, _: &UserId, row: &mut SavedReportRow) {
        row.name = write.name.trim().to_owned();
        row.folder = write.folder.trim().to_owned();
        row.request = write.request;
        row.shared_with = json!(write.shared_with);
    }
    async fn check_delete(row: &SavedReportRow, change: &Change<'_, Self>) -> Result<(), Problem> {
        own(change, row)
    }
}

pub(crate) async fn saved(
    faces: State,
    caller: Caller,
    query: Query<PageQuery>,
) -> Result<Json<List<SavedReport>>, Problem> {
    let listed = faces.store.saved_reports().list(&query.0.page()?).await?;
    let seen = listed.items.into_iter().filter(|row| sees(&faces, caller.user(), row));
    Ok(Json::new(List { items: seen.map(SavedReports::view).collect(), next_cursor: listed.next_cursor }))
}

pub(crate) async fn audiences(faces: State, _: Caller) -> Result<Json<List<Audience>>, Problem> {
    let organization = faces.calls.organization();
    let sets = organization.permission_sets.values();
    let mut items: Vec<Audience> =
        sets.map(|set| Audience { id: set.id.0, name: set.name.clone() }).collect();
    items.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Json::new(List { items, next_cursor: None }))
}

pub(crate) async fn saved_one(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Json<SavedReport>, Problem> {
    let row = faces.store.saved_reports().find(SavedReportId(path.0.id)).await?;
    if !sees(&faces, caller.user(), &row) {
        return Err(Problem::not_found("saved report"));
    }
    let version = row.version;
    Ok(Json::new(SavedReports::view(row)).tagged(version))
}
