//! Presence configurations: what declining and missing work makes of an agent.

use serde::{Deserialize, Serialize};
use serde_json::json;
use store::{PresenceConfigRow, Rows, Store};
use terms::{PresenceConfigId, PresenceStatusId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    noun::{Change, Complaints, Noun},
    problem::Problem,
};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresenceConfigFields {
    name: String,
    #[serde(default)]
    decline_enabled: bool,
    #[serde(default)]
    decline_reasons: Vec<String>,
    /// The status a decline leads to; null: none.
    #[serde(default)]
    status_on_decline_id: Option<Uuid>,
    #[serde(default)]
    status_on_push_timeout_id: Option<Uuid>,
    /// Offers missed in a row before the user is no longer offered work; null: the first.
    #[serde(default)]
    missed_before_pause: Option<u16>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresenceConfig {
    id: Uuid,
    version: i64,
    #[serde(flatten)]
    fields: PresenceConfigFields,
}

#[derive(Debug)]
pub(crate) enum PresenceConfigs {}

impl Noun for PresenceConfigs {
    type Row = PresenceConfigRow;
    type Write = PresenceConfigFields;
    type View = PresenceConfig;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/presence-configs";

    fn rows(store: &Store) -> Rows<'_, PresenceConfigRow> {
        store.presence_configs()
    }
    fn typed(id: Uuid) -> PresenceConfigId {
        PresenceConfigId(id)
    }
    fn blank(id: Uuid, (): &()) -> PresenceConfigRow {
        PresenceConfigRow {
            id: PresenceConfigId(id),
            version: 0,
            name: String::new(),
            decline_enabled: false,
            decline_reasons: json!([]),
            status_on_decline_id: None,
            status_on_push_timeout_id: None,
            missed_before_pause: None,
        }
    }
    fn writable(row: &PresenceConfigRow) -> PresenceConfigFields {
        PresenceConfigFields {
            name: row.name.clone(),
            decline_enabled: row.decline_enabled,
            decline_reasons: serde_json::from_value(row.decline_reasons.clone()).unwrap_or_default(),
            status_on_decline_id: row.status_on_decline_id.map(|id| id.0),
            status_on_push_timeout_id: row.status_on_push_timeout_id.map(|id| id.0),
            missed_before_pause: row.missed_before_pause,
        }
    }
    fn view(row: PresenceConfigRow) -> PresenceConfig {
        PresenceConfig { id: row.id.0, version: row.version, fields: Self::writable(&row) }
    }
    fn check(write: &PresenceConfigFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        complaints.unless(write.decline_reasons.len() <= 50, "decline_reasons", "at most 50");
        for (index, reason) in write.decline_reasons.iter().enumerate() {
            complaints.name(&format!("decline_reasons[{index}]"), reason);
        }
        complaints.done()
    }
    async fn extra(_: &PresenceConfigFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: PresenceConfigFields, (): &(), row: &mut PresenceConfigRow) {
        row.name = write.name.trim().to_owned();
        row.decline_enabled = write.decline_enabled;
        row.decline_reasons = json!(write.decline_reasons);
        row.status_on_decline_id = write.status_on_decline_id.map(PresenceStatusId);
        row.status_on_push_timeout_id = write.status_on_push_timeout_id.map(PresenceStatusId);
        row.missed_before_pause = write.missed_before_pause;
    }
}
