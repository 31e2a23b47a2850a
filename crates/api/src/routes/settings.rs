//! The organization's settings.

use serde::{Deserialize, Serialize};
use store::{CoachingVisible, DirectInternalCalls, HangUpWhileRinging, Limits, SettingsRow, StoreError};
use utoipa::ToSchema;

use crate::{
    answer::Json,
    body::{DirectInternalCallsWord, HangUpWhileRingingWord},
    caller::Caller,
    extract::{IfMatch, Merge, State},
    noun::Complaints,
    problem::Problem,
};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SettingsFields {
    organization_name: String,
    /// An IANA name, like `Europe/Berlin`.
    time_zone: String,
    /// Whether anything of a colleague's direct call to a colleague is kept.
    #[schema(value_type = DirectInternalCallsWord)]
    direct_internal_calls: DirectInternalCalls,
    #[schema(value_type = LimitFields)]
    limits: Limits,
    #[schema(value_type = HangUpWhileRingingWord)]
    agent_hangs_up_while_ringing: HangUpWhileRinging,
    /// How long a lost phone may come back.
    reattach_grace_seconds: u32,
    #[schema(value_type = CoachingVisibleFields)]
    coaching_visible_to_agent: CoachingVisible,
    /// A fraction: 0.3 is 30 %.
    #[schema(minimum = 0, maximum = 1)]
    training_gap_threshold: f64,
    session_idle_minutes: u32,
    /// What callers are told about the recording; kept as given.
    #[schema(value_type = Option<Object>)]
    recording_notice: serde_json::Value,
    /// Voicemails are removed, with their sound, so many days after they are done; 1 to 3650, null: never.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 3650)]
    voicemail_retention_days: Option<u32>,
}

/// Null: no limit.
#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "only its schema is used; the values are store's")]
pub(crate) struct LimitFields {
    /// Internal calls count.
    concurrent_calls: Option<u32>,
    calls_per_second: Option<u32>,
    per_user_external_per_hour: Option<u32>,
}

#[derive(Debug, ToSchema)]
#[expect(dead_code, reason = "only its schema is used; the values are store's")]
pub(crate) struct CoachingVisibleFields {
    monitor: bool,
    whisper: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Settings {
    version: i64,
    #[serde(flatten)]
    fields: SettingsFields,
}

fn writable(row: &SettingsRow) -> SettingsFields {
    SettingsFields {
        organization_name: row.organization_name.clone(),
        time_zone: row.time_zone.clone(),
        direct_internal_calls: row.direct_internal_calls,
        limits: row.limits,
        agent_hangs_up_while_ringing: row.agent_hangs_up_while_ringing,
        reattach_grace_seconds: row.reattach_grace_seconds,
        coaching_visible_to_agent: row.coaching_visible_to_agent,
        training_gap_threshold: f64::from(row.training_gap_threshold_permille) / 1000.0,
        session_idle_minutes: row.session_idle_minutes,
        recording_notice: row.recording_notice.clone(),
        voicemail_retention_days: row.voicemail_retention_days(),
    }
}

fn shown(row: &SettingsRow) -> Json<Settings> {
    Json::new(Settings { version: row.version, fields: writable(row) }).tagged(row.version)
}

fn check(write: &SettingsFields) -> Result<(), Problem> {
    let mut complaints = Complaints::default();
    complaints.text("organization_name", &write.organization_name);
    let zone = write.time_zone.parse::<chrono_tz::Tz>().is_ok();
    complaints.unless(zone, "time_zone", "an IANA name, like Europe/Berlin");
    complaints.unless(write.reattach_grace_seconds <= 600, "reattach_grace_seconds", "0 to 600");
    complaints.unless(
        (0.0..=1.0).contains(&write.training_gap_threshold),
        "training_gap_threshold",
        "a fraction, 0 to 1",
    );
    complaints.unless(
        (1..=10_080).contains(&write.session_idle_minutes),
        "session_idle_minutes",
        "1 to 10080 (a week)",
    );
    complaints.unless(
        write.voicemail_retention_days.is_none_or(|days| (1..=3_650).contains(&days)),
        "voicemail_retention_days",
        "1 to 3650, or null",
    );
    complaints.unless(
        write.limits.concurrent_calls != Some(0),
        "limits.concurrent_calls",
        "at least 1, or null",
    );
    complaints.unless(
        write.limits.calls_per_second != Some(0),
        "limits.calls_per_second",
        "at least 1, or null",
    );
    complaints.done()
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to lie between 0 and 1 before"
)]
fn permille(fraction: f64) -> u16 {
    (fraction * 1000.0).round() as u16
}

pub(crate) async fn get(faces: State) -> Result<Json<Settings>, Problem> {
    Ok(shown(&faces.store.settings().await?))
}

pub(crate) async fn change(
    faces: State,
    caller: Caller,
    guard: IfMatch,
    body: Merge<SettingsFields>,
) -> Result<Json<Settings>, Problem> {
    let before = faces.store.settings().await?;
    if guard.0.is_some_and(|wanted| wanted != before.version) {
        return Err(StoreError::Stale { current: before.version }.into());
    }
    let write = body.onto(&writable(&before))?;
    check(&write)?;
    let by = caller.by(faces.now());
    let row = faces
        .store
        .update_settings(Some(before.version), &by, |row| {
            row.organization_name = write.organization_name;
            row.time_zone = write.time_zone;
            row.direct_internal_calls = write.direct_internal_calls;
            row.limits = write.limits;
            row.agent_hangs_up_while_ringing = write.agent_hangs_up_while_ringing;
            row.reattach_grace_seconds = write.reattach_grace_seconds;
            row.coaching_visible_to_agent = write.coaching_visible_to_agent;
            row.training_gap_threshold_permille = permille(write.training_gap_threshold);
            row.session_idle_minutes = write.session_idle_minutes;
            row.recording_notice = write.recording_notice;
            row.keep_voicemails(write.voicemail_retention_days);
        })
        .await?;
    faces.refresh().await?;
    Ok(shown(&row))
}
