//! From rows to the snapshot. A row that cannot be read as meant is left out with a warning: a typing error in one queue
//! must not stop the calls of the others.

use std::collections::BTreeMap;

use access::{Permission, PermissionSet, Scope};
use routing::{Model, StatusKind, Step};
use serde::Deserialize;
use store::{NumberTarget, OrganizationRows, PresenceKind, QuickConnectTarget};
use terms::{SkillId, UserId};
use voicecall::AnswerWhen;

use crate::flow::{FlowStep, hours::BusinessHours};

use super::waiting::{AnnouncementsForm, WaitingForm};
use super::{
    CoachingVisible, Destination, Entry, Limits, Membership, Number, Organization, PresenceConfig,
    PresenceStatus, Queue, QuickConnect, Settings, User,
};

/// A port for trunks that name none (RFC 3261).
const SIP_PORT: u16 = 5060;
const SIPS_PORT: u16 = 5061;
/// Where the organization sets no limit.
const CONCURRENT_CALLS_DEFAULT: u32 = 25_000;
const CALLS_PER_SECOND_DEFAULT: u32 = 1_000;
const EXTERNAL_PER_HOUR_DEFAULT: u32 = 10_000;

impl Organization {
    pub fn from_rows(rows: &OrganizationRows) -> Self {
        let flows: BTreeMap<_, _> = rows.call_flows.iter().map(|flow| (flow.id, &flow.steps)).collect();
        let entry = |target: &NumberTarget| match target {
            NumberTarget::QueueId(queue) => Entry::Queue(*queue),
            NumberTarget::UserId(user) => Entry::User(*user),
            NumberTarget::CallFlowId(flow) => flows
                .get(flow)
                .and_then(|steps| readable::<Vec<FlowStep>>("call flow", steps))
                .map_or(Entry::Nowhere, Entry::Flow),
            NumberTarget::Nothing => Entry::Nowhere,
        };
        let number = |row: &store::NumberRow| {
            let answer = match row.answer {
                store::NumberAnswer::OnFlow => AnswerWhen::OnFlow,
                store::NumberAnswer::OnAgent => AnswerWhen::OnAgent,
            };
            (row.e164.clone(), Number { id: row.id, goes_to: entry(&row.target), answer })
        };
        Self {
            version: rows.version,
            users: rows.users.iter().map(|row| (row.id, user(row))).collect(),
            teams: rows.teams.iter().map(|row| (row.id, row.name.clone())).collect(),
            queues: rows.queues.iter().map(|row| (row.id, queue(row))).collect(),
            permission_sets: rows
                .permission_sets
                .iter()
                .filter_map(|row| Some((row.id, permission_set(row)?)))
                .collect(),
            clients: rows
                .clients
                .iter()
                .map(|row| (UserId(row.id.0), row.permission_set_ids.clone()))
                .collect(),
            presence_statuses: rows
                .presence_statuses
                .iter()
                .map(|row| (row.id, presence_status(row)))
                .collect(),
            presence_configs: rows
                .presence_configs
                .iter()
                .map(|row| (row.id, presence_config(row)))
                .collect(),
            quick_connects: rows.quick_connects.iter().map(|row| (row.id, quick_connect(row))).collect(),
            trunks: rows.trunks.iter().map(|row| (row.id, trunk(row))).collect(),
            numbers: rows.numbers.iter().map(number).collect(),
            business_hours: rows
                .business_hours
                .iter()
                .filter_map(|row| Some((row.id, business_hours(row)?)))
                .collect(),
            prompts: rows
                .prompts
                .iter()
                .flat_map(|row| [(row.name.clone(), row.prompt), (row.id.to_string(), row.prompt)])
                .collect(),
            settings: settings(&rows.settings),
            accounts: rows.users.iter().filter_map(account).collect(),
        }
    }

    /// What signaling has to know.
    pub fn phonebook(&self) -> signaling::Phonebook {
        signaling::Phonebook {
            accounts: self.accounts.clone(),
            trunks: self.trunks.values().cloned().collect(),
            browsers: self.users.values().filter(|user| !user.desk_phone).map(|user| user.id).collect(),
        }
    }
}

fn business_hours(row: &store::BusinessHoursRow) -> Option<BusinessHours> {
    let time_zone = row.time_zone.parse().inspect_err(
        |_| tracing::warn!(business_hours.id = %row.id, "the time zone of business hours is unknown; left out"),
    );
    let schedule = readable("business hours", &row.hours)?;
    Some(BusinessHours { name: row.name.clone(), time_zone: time_zone.ok()?, schedule })
}

fn readable<T: for<'de> Deserialize<'de>>(what: &str, value: &serde_json::Value) -> Option<T> {
    serde_json::from_value(value.clone())
        .inspect_err(
            |error| tracing::warn!(%error, what, "a part of the organization cannot be read; left out"),
        )
        .ok()
}

fn user(row: &store::UserRow) -> User {
    let membership = |m: &store::Membership| Membership {
        queue: m.queue_id,
        priority: u8::try_from(m.priority).unwrap_or(u8::MAX),
        delay_ms: i64::from(m.delay_seconds) * 1000,
    };
    User {
        id: row.id,
        username: row.username.clone(),
        display_name: row.display_name.clone(),
        extension: row.extension.clone(),
        tier: row.tier,
        team: row.team_id,
        skills: row.skills.iter().map(|skill| (skill.skill_id, skill.level)).collect(),
        queues: row.queues.iter().map(membership).collect(),
        permission_sets: row.permission_set_ids.clone(),
        presence_config: row.presence_config_id,
        desk_phone: row.phone.kind == store::PhoneKind::DeskPhone,
        auto_answer_seconds: row.phone.auto_answer_seconds,
    }
}

fn account(row: &store::UserRow) -> Option<(String, signaling::Account)> {
    let sip = row.sip.as_ref()?;
    let account = signaling::Account {
        user: row.id,
        ha1_md5: sip.ha1_md5.expose().clone(),
        ha1_sha256: sip.ha1_sha256.expose().clone(),
    };
    Some((sip.username.clone(), account))
}

/// The routing part of a queue, as the API takes it.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Routing {
    model: Option<Model>,
    priority: Option<u8>,
    push_timeout_seconds: Option<f64>,
    max_wait_seconds: Option<f64>,
    steps: Vec<StepForm>,
    #[serde(flatten)]
    waiting: WaitingForm,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StepForm {
    all: Vec<SkillForm>,
    any: Vec<SkillForm>,
    not: Vec<SkillForm>,
    agents: Vec<UserId>,
    expiry_seconds: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct SkillForm {
    skill_id: SkillId,
    #[serde(default = "one")]
    level: u8,
}

fn one() -> u8 {
    1
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct WrapUp {
    seconds: f64,
    max_extensions: u8,
}

pub(crate) fn ms(seconds: f64) -> i64 {
    (seconds.clamp(0.0, 1e9) * 1000.0).round() as i64
}

fn queue(row: &store::QueueRow) -> Queue {
    let routing: Routing = readable("queue routing", &row.routing).unwrap_or_default();
    let wrap_up: WrapUp = readable("queue wrap-up", &row.wrap_up).unwrap_or_default();
    // A queue that tells its callers nothing has null there.
    let announced: Option<AnnouncementsForm> = readable("queue announcements", &row.announcements).flatten();
    Queue {
        id: row.id,
        name: row.name.clone(),
        extension: row.extension.clone(),
        internal: row.kind == store::QueueKind::Internal,
        priority: routing.priority.unwrap_or(5),
        push_timeout_ms: routing.push_timeout_seconds.map_or(terms::limits::PUSH_TIMEOUT_MS, ms),
        max_wait_ms: routing.max_wait_seconds.map(ms),
        wrap_up_ms: ms(wrap_up.seconds),
        wrap_up_extensions_max: wrap_up.max_extensions,
        service_level_ms: i64::from(row.service_level_seconds) * 1000,
        caller_id: row.caller_id.clone(),
        model: routing.model.unwrap_or_default(),
        overflow: routing.waiting.overflow(),
        waiting: routing.waiting.read(&announced.unwrap_or_default(), row.max_size),
        steps: routing.steps.iter().map(step).collect(),
    }
}

fn step(form: &StepForm) -> Step {
    let levels = |skills: &[SkillForm]| {
        skills.iter().map(|s| routing::SkillLevel { skill: s.skill_id, min: s.level }).collect::<Vec<_>>()
    };
    Step {
        all: levels(&form.all),
        any: levels(&form.any),
        not: levels(&form.not),
        agents: form.agents.iter().copied().collect(),
        expiry_ms: form.expiry_seconds.map(ms),
    }
}

fn permission_set(row: &store::PermissionSetRow) -> Option<PermissionSet> {
    let grants: Vec<Permission> = readable("permission set's grants", &row.grants)?;
    let scope: Scope =
        if row.scope.is_null() { Scope::EVERYTHING } else { readable("permission set's scope", &row.scope)? };
    Some(PermissionSet { id: row.id, name: row.name.clone(), grants: grants.into_iter().collect(), scope })
}

/// An online status that does not list the voice channel gets no calls.
fn presence_status(row: &store::PresenceStatusRow) -> PresenceStatus {
    let voice =
        row.channels.as_array().is_some_and(|channels| channels.iter().any(|channel| channel == "voice"));
    let kind = match row.kind {
        PresenceKind::Online if voice => StatusKind::Online,
        PresenceKind::Online | PresenceKind::Busy => StatusKind::Busy,
        PresenceKind::Dnd => StatusKind::Dnd,
        PresenceKind::Offline => StatusKind::Offline,
    };
    PresenceStatus { id: row.id, name: row.name.clone(), kind, sort: row.sort }
}

/// The `offers` of a presence configuration.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct OffersForm {
    direct_priority: u32,
    rest_after_decline_seconds: f64,
    rest_after_missed_seconds: f64,
    rest_after_failed_seconds: f64,
}

fn presence_config(row: &store::PresenceConfigRow) -> PresenceConfig {
    let offers: OffersForm = readable("a presence config's offers", &row.offers).unwrap_or_default();
    PresenceConfig {
        decline_enabled: row.decline_enabled,
        decline_reasons: readable("decline reasons", &row.decline_reasons).unwrap_or_default(),
        status_on_decline: row.status_on_decline_id,
        status_on_push_timeout: row.status_on_push_timeout_id,
        missed_before_pause: row.missed_before_pause.map(u32::from),
        direct_priority: offers.direct_priority,
        rests: routing::Rests {
            declined_ms: ms(offers.rest_after_decline_seconds),
            missed_ms: ms(offers.rest_after_missed_seconds),
            failed_ms: ms(offers.rest_after_failed_seconds),
        },
    }
}

fn quick_connect(row: &store::QuickConnectRow) -> QuickConnect {
    let target = match &row.target {
        QuickConnectTarget::UserId(user) => Destination::User(*user),
        QuickConnectTarget::QueueId(queue) => Destination::Queue { queue: *queue, skills: Vec::new() },
        QuickConnectTarget::PhoneNumber(number) => Destination::Number(number.clone()),
    };
    QuickConnect { name: row.name.clone(), target }
}

#[derive(Debug, Deserialize)]
struct TrunkCredentials {
    username: String,
    password: String,
    #[serde(default)]
    register: bool,
}

fn trunk(row: &store::TrunkRow) -> signaling::Trunk {
    let credentials = Some(row.credentials.expose()).filter(|value| !value.is_null());
    let credentials: Option<TrunkCredentials> =
        credentials.and_then(|value| readable("trunk credentials", value));
    let tls = row.transport == "tls";
    let (host, port) = host_and_port(&row.host, if tls { SIPS_PORT } else { SIP_PORT });
    signaling::Trunk {
        id: row.id,
        host,
        port,
        transport: match row.transport.as_str() {
            "tcp" => signaling::Transport::Tcp,
            "tls" => signaling::Transport::Tls,
            _ => signaling::Transport::Udp,
        },
        register: credentials.as_ref().is_some_and(|credentials| credentials.register),
        credentials: credentials.map(|credentials| signaling::Credentials {
            username: credentials.username,
            password: credentials.password,
        }),
        allow_from: readable("trunk's allow_from", &row.allow_from).unwrap_or_default(),
        max_calls: row.max_calls,
    }
}

/// `host`, `host:port`, `[v6]` or `[v6]:port`.
fn host_and_port(text: &str, otherwise: u16) -> (String, u16) {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port.parse().ok()),
        _ => (text, None),
    };
    match port {
        Some(port) => (host.trim_matches(['[', ']']).to_owned(), port),
        None => (text.trim_matches(['[', ']']).to_owned(), otherwise),
    }
}

fn settings(row: &store::SettingsRow) -> Settings {
    let visible = row.coaching_visible_to_agent;
    Settings {
        organization_name: row.organization_name.clone(),
        time_zone: row.time_zone.clone(),
        direct_internal_calls_logged: row.direct_internal_calls == store::DirectInternalCalls::Logged,
        limits: Limits {
            concurrent_calls: row.limits.concurrent_calls.unwrap_or(CONCURRENT_CALLS_DEFAULT),
            calls_per_second: row.limits.calls_per_second.unwrap_or(CALLS_PER_SECOND_DEFAULT),
            per_user_external_per_hour: row
                .limits
                .per_user_external_per_hour
                .unwrap_or(EXTERNAL_PER_HOUR_DEFAULT),
        },
        hang_up_while_ringing_completes: row.agent_hangs_up_while_ringing
            == store::HangUpWhileRinging::Complete,
        reattach_grace_ms: i64::from(row.reattach_grace_seconds) * 1000,
        coaching_visible: CoachingVisible { monitor: visible.monitor, whisper: visible.whisper },
        ..Settings::default()
    }
}

#[cfg(test)]
mod tests {
    use super::{SIP_PORT, SIPS_PORT, host_and_port};

    #[test]
    fn a_trunk_host_may_name_its_port() {
        assert_eq!(host_and_port("sip.example.org", SIP_PORT), ("sip.example.org".to_owned(), 5060));
        assert_eq!(host_and_port("sip.example.org", SIPS_PORT), ("sip.example.org".to_owned(), 5061));
        assert_eq!(host_and_port("127.0.0.1:5080", SIP_PORT), ("127.0.0.1".to_owned(), 5080));
        assert_eq!(host_and_port("[::1]:5080", SIP_PORT), ("::1".to_owned(), 5080));
        assert_eq!(host_and_port("2001:db8::1", SIP_PORT), ("2001:db8::1".to_owned(), 5060));
    }
}
