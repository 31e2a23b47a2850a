//! The organization's settings: one row, there from the first read with the product's defaults.

use sea_orm::{ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    By, DirectInternalCalls, HangUpWhileRinging, Store, StoreError,
    connect::Happened,
    entity::settings::{Column, Entity, Model},
};

const ROW: i32 = 1;
const UNREADABLE: StoreError = StoreError::Unreadable { what: "settings" };

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SettingsRow {
    /// 0 until the first change.
    pub version: i64,
    pub organization_name: String,
    /// IANA name.
    pub time_zone: String,
    pub direct_internal_calls: DirectInternalCalls,
    pub limits: Limits,
    pub agent_hangs_up_while_ringing: HangUpWhileRinging,
    pub reattach_grace_seconds: u32,
    pub coaching_visible_to_agent: CoachingVisible,
    /// In thousandths, so that 3 of 10 meets 0.3 exactly.
    pub training_gap_threshold_permille: u16,
    pub session_idle_minutes: u32,
    pub recording_notice: Value,
    /// Settings of later features: an object.
    pub more: Value,
}

/// None: no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Internal calls count.
    pub concurrent_calls: Option<u32>,
    pub calls_per_second: Option<u32>,
    pub per_user_external_per_hour: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CoachingVisible {
    pub monitor: bool,
    pub whisper: bool,
}

/// The agent sees who whispers, and not who monitors.
impl Default for CoachingVisible {
    fn default() -> Self {
        Self { monitor: false, whisper: true }
    }
}

impl Default for SettingsRow {
    fn default() -> Self {
        let grace = u32::try_from(terms::limits::REATTACH_GRACE_MS / 1000).unwrap_or(0);
        Self {
            version: 0,
            organization_name: String::new(),
            time_zone: "UTC".to_owned(),
            direct_internal_calls: DirectInternalCalls::Ephemeral,
            limits: Limits::default(),
            agent_hangs_up_while_ringing: HangUpWhileRinging::Complete,
            reattach_grace_seconds: grace,
            coaching_visible_to_agent: CoachingVisible::default(),
            training_gap_threshold_permille: 300,
            session_idle_minutes: 30,
            recording_notice: Value::Null,
            more: Value::Object(serde_json::Map::new()),
        }
    }
}

const VOICEMAIL_RETENTION_DAYS: &str = "voicemail_retention_days";

impl SettingsRow {
    /// How long a voicemail is kept after it is done; none is for ever.
    pub fn voicemail_retention_days(&self) -> Option<u32> {
        self.more.get(VOICEMAIL_RETENTION_DAYS)?.as_u64()?.try_into().ok()
    }

    pub fn keep_voicemails(&mut self, days: Option<u32>) {
        if let Value::Object(more) = &mut self.more {
            match days {
                Some(days) => more.insert(VOICEMAIL_RETENTION_DAYS.to_owned(), days.into()),
                None => more.remove(VOICEMAIL_RETENTION_DAYS),
            };
        }
    }
}

impl Store {
    pub async fn settings(&self) -> Result<SettingsRow, StoreError> {
        read(self.database()).await
    }

    /// As `Rows::update`; the version before the first change is 0.
    pub async fn update_settings(
        &self,
        expected: Option<i64>,
        by: &By,
        patch: impl FnOnce(&mut SettingsRow) + Send,
    ) -> Result<SettingsRow, StoreError> {
        let change = self.begin().await?;
        let before = read(&change.transaction).await?;
        if let Some(expected) = expected
            && expected != before.version
        {
            return Err(StoreError::Stale { current: before.version });
        }
        let mut row = before.clone();
        patch(&mut row);
        row.version = before.version + 1;
        let model = write(&row)?.into_active_model().reset_all();
        if before.version == 0 {
            Entity::insert(model).exec_without_returning(&change.transaction).await?;
        } else {
            Entity::update_many().set(model).filter(Column::Id.eq(ROW)).exec(&change.transaction).await?;
        }
        let told = |row| serde_json::to_string(row).map(Some).map_err(|_| UNREADABLE);
        let happened = Happened {
            action: "update",
            subject: "settings".to_owned(),
            before: told(&before)?,
            after: told(&row)?,
        };
        change.commit(by, happened).await?;
        Ok(row)
    }
}

pub(crate) async fn read(connection: &impl ConnectionTrait) -> Result<SettingsRow, StoreError> {
    let Some(model) = Entity::find_by_id(ROW).one(connection).await? else {
        return Ok(SettingsRow::default());
    };
    Ok(SettingsRow {
        version: model.version,
        organization_name: model.organization_name,
        time_zone: model.time_zone,
        direct_internal_calls: DirectInternalCalls::read(&model.direct_internal_calls)?,
        limits: serde_json::from_value(model.limits).map_err(|_| UNREADABLE)?,
        agent_hangs_up_while_ringing: HangUpWhileRinging::read(&model.agent_hangs_up_while_ringing)?,
        reattach_grace_seconds: u32::try_from(model.reattach_grace_seconds).map_err(|_| UNREADABLE)?,
        coaching_visible_to_agent: serde_json::from_value(model.coaching_visible_to_agent)
            .map_err(|_| UNREADABLE)?,
        training_gap_threshold_permille: u16::try_from(model.training_gap_threshold_permille)
            .map_err(|_| UNREADABLE)?,
        session_idle_minutes: u32::try_from(model.session_idle_minutes).map_err(|_| UNREADABLE)?,
        recording_notice: model.recording_notice,
        more: model.more,
    })
}

fn write(row: &SettingsRow) -> Result<Model, StoreError> {
    Ok(Model {
        id: ROW,
        version: row.version,
        organization_name: row.organization_name.clone(),
        time_zone: row.time_zone.clone(),
        direct_internal_calls: row.direct_internal_calls.as_str().to_owned(),
        limits: serde_json::to_value(row.limits).map_err(|_| UNREADABLE)?,
        agent_hangs_up_while_ringing: row.agent_hangs_up_while_ringing.as_str().to_owned(),
        reattach_grace_seconds: i32::try_from(row.reattach_grace_seconds).unwrap_or(i32::MAX),
        coaching_visible_to_agent: serde_json::to_value(row.coaching_visible_to_agent)
            .map_err(|_| UNREADABLE)?,
        training_gap_threshold_permille: i32::from(row.training_gap_threshold_permille),
        session_idle_minutes: i32::try_from(row.session_idle_minutes).unwrap_or(i32::MAX),
        recording_notice: row.recording_notice.clone(),
        more: row.more.clone(),
    })
}
