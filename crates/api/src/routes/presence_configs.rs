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

/// Membership priorities end there.
const DIRECT_PRIORITY_MAX: u32 = 99;
/// Nobody rests longer than an hour after one offer.
const REST_SECONDS_MAX: f64 = 3_600.0;

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
    #[serde(default)]
    offers: Offers,
}

/// What offers do to those who have this configuration.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
struct Offers {
    /// Where calls that wait for the user alone (assigned, coming back, from a flow) stand among the priorities of the user's
    /// queues: 0 before all of them, 1 together with those of priority 1.
    #[schema(maximum = 99)]
    direct_priority: u32,
    /// For so long after declining the user is offered no other call; colleagues may ring them. Choosing a status ends it.
    rest_after_decline_seconds: f64,
    /// The same after an unanswered call that does not pause the user.
    rest_after_missed_seconds: f64,
    /// The same when the phone was busy, could not be reached or hung up.
    rest_after_failed_seconds: f64,
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
            offers: json!({}),
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
            offers: serde_json::from_value(row.offers.clone()).unwrap_or_default(),
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
        let offers = &write.offers;
        complaints.unless(offers.direct_priority <= DIRECT_PRIORITY_MAX, "offers.direct_priority", "0 to 99");
        for (field, seconds) in [
            ("offers.rest_after_decline_seconds", offers.rest_after_decline_seconds),
            ("offers.rest_after_missed_seconds", offers.rest_after_missed_seconds),
            ("offers.rest_after_failed_seconds", offers.rest_after_failed_seconds),
        ] {
            complaints.seconds(field, seconds, 0.0, REST_SECONDS_MAX);
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
        row.offers = json!(write.offers);
    }
}
