//! Organization: what the administrators configured, as one immutable snapshot in memory, so that no call ever waits for
//! the database. A change replaces the whole snapshot.

mod load;
mod waiting;

use std::collections::BTreeMap;

use access::{Granted, PermissionSet, Principal};
use terms::{
    Extension, NumberId, PermissionSetId, PhoneNumber, PresenceConfigId, PresenceStatusId, PromptId, QueueId,
    QuickConnectId, SkillId, TeamId, TrunkId, UserId,
};
use voicecall::AnswerWhen;

use crate::flow::{FlowStep, hours::AllHours};

pub(crate) use load::ms;
pub use waiting::{Announcements, CallbackRules, WaitingRules};

#[derive(Clone, Debug, Default)]
pub struct Organization {
    /// Rises with every change of the rows it was read from.
    pub version: i64,
    pub users: BTreeMap<UserId, User>,
    pub teams: BTreeMap<TeamId, String>,
    pub queues: BTreeMap<QueueId, Queue>,
    pub permission_sets: BTreeMap<PermissionSetId, PermissionSet>,
    /// API clients act under a user id of their own.
    pub clients: BTreeMap<UserId, Vec<PermissionSetId>>,
    pub presence_statuses: BTreeMap<PresenceStatusId, PresenceStatus>,
    pub presence_configs: BTreeMap<PresenceConfigId, PresenceConfig>,
    pub quick_connects: BTreeMap<QuickConnectId, QuickConnect>,
    pub trunks: BTreeMap<TrunkId, signaling::Trunk>,
    pub numbers: BTreeMap<PhoneNumber, Number>,
    pub business_hours: AllHours,
    /// The uploaded prompts, by their names and by their ids.
    pub prompts: BTreeMap<String, PromptId>,
    pub settings: Settings,
    pub accounts: BTreeMap<String, signaling::Account>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub username: String,
    pub display_name: String,
    pub extension: Option<Extension>,
    pub tier: Option<u8>,
    pub team: Option<TeamId>,
    pub skills: BTreeMap<SkillId, u8>,
    pub queues: Vec<Membership>,
    pub permission_sets: Vec<PermissionSetId>,
    pub presence_config: Option<PresenceConfigId>,
    pub desk_phone: bool,
    /// The phone answers by itself after this many seconds.
    pub auto_answer_seconds: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Membership {
    pub queue: QueueId,
    pub priority: u8,
    pub delay_ms: i64,
}

#[derive(Clone, Debug)]
pub struct Queue {
    pub id: QueueId,
    pub name: String,
    pub extension: Option<Extension>,
    /// For colleagues (consults, escalations), not for customers.
    pub internal: bool,
    pub priority: u8,
    pub push_timeout_ms: i64,
    pub max_wait_ms: Option<i64>,
    pub wrap_up_ms: i64,
    pub wrap_up_extensions_max: u8,
    pub service_level_ms: i64,
    pub caller_id: Option<PhoneNumber>,
    pub model: routing::Model,
    pub overflow: routing::Overflow,
    pub steps: Vec<routing::Step>,
    pub waiting: WaitingRules,
}

#[derive(Clone, Debug)]
pub struct Number {
    pub id: NumberId,
    pub goes_to: Entry,
    pub answer: AnswerWhen,
}

/// Where a dialed number leads.
#[derive(Clone, Debug)]
pub enum Entry {
    Queue(QueueId),
    User(UserId),
    Flow(Vec<FlowStep>),
    /// Configured with nothing behind it: the call is refused.
    Nowhere,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceStatus {
    pub id: PresenceStatusId,
    pub name: String,
    pub kind: routing::StatusKind,
    pub sort: i32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PresenceConfig {
    pub decline_enabled: bool,
    pub decline_reasons: Vec<String>,
    pub status_on_decline: Option<PresenceStatusId>,
    pub status_on_push_timeout: Option<PresenceStatusId>,
    pub missed_before_pause: Option<u32>,
    /// Where work that waits for them alone stands among the priorities of their queues; 0 is before all.
    pub direct_priority: u32,
    pub rests: routing::Rests,
}

#[derive(Clone, Debug)]
pub struct QuickConnect {
    pub name: String,
    pub target: Destination,
}

/// Whom a person asked for, resolved to what the core knows, before any token is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    User(UserId),
    Queue {
        queue: QueueId,
        skills: Vec<(SkillId, u8)>,
    },
    Number(PhoneNumber),
    /// An emergency number, as `Organization::destination_of` found it: it takes no permission, and no limit, full trunk,
    /// wrap-up or ringing offer stands in its way.
    Emergency(PhoneNumber),
}

impl Destination {
    /// The public number it is, if it is one.
    pub fn number(&self) -> Option<&PhoneNumber> {
        match self {
            Destination::Number(number) | Destination::Emergency(number) => Some(number),
            Destination::User(_) | Destination::Queue { .. } => None,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Settings {
    pub organization_name: String,
    pub time_zone: String,
    pub direct_internal_calls_logged: bool,
    pub limits: Limits,
    pub hang_up_while_ringing_completes: bool,
    pub reattach_grace_ms: i64,
    pub coaching_visible: CoachingVisible,
    pub emergency_numbers: Vec<String>,
}

#[derive(Clone, Copy, Debug)]
pub struct CoachingVisible {
    pub monitor: bool,
    pub whisper: bool,
}

#[derive(Clone, Copy, Debug)]
pub struct Limits {
    pub concurrent_calls: u32,
    pub calls_per_second: u32,
    pub per_user_external_per_hour: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            organization_name: "Tandem".into(),
            time_zone: "UTC".into(),
            direct_internal_calls_logged: false,
            limits: Limits { concurrent_calls: 1000, calls_per_second: 100, per_user_external_per_hour: 500 },
            hang_up_while_ringing_completes: true,
            reattach_grace_ms: terms::limits::REATTACH_GRACE_MS,
            coaching_visible: CoachingVisible { monitor: false, whisper: true },
            emergency_numbers: vec!["112".into(), "911".into(), "999".into()],
        }
    }
}

impl Queue {
    pub(crate) fn for_routing(&self) -> routing::Queue {
        let mut queue = routing::Queue::new(self.id);
        queue.model = self.model;
        queue.prio = u32::from(self.priority);
        queue.push_ms = self.push_timeout_ms;
        queue.max_wait_ms = self.max_wait_ms;
        queue.overflow = self.overflow.clone();
        queue.steps = self.steps.clone();
        queue.max_size = self.waiting.max_size;
        queue.nobody_ms = self.waiting.nobody_ms;
        queue.retry_ms = self.waiting.retry_ms;
        queue.internal_share_max = self.waiting.internal_share_max.map(u32::from);
        queue.reset_steps_on_decline = self.waiting.reset_steps_on_decline;
        queue.wrap_up = (self.wrap_up_ms > 0).then_some(routing::WrapUp {
            ms: self.wrap_up_ms,
            max_extensions: u32::from(self.wrap_up_extensions_max),
        });
        queue
    }
}

impl Organization {
    /// What this user (or API client) may do, looked up live.
    pub fn principal(&self, user: UserId) -> Option<Principal> {
        let (team, ids) = match self.users.get(&user) {
            Some(row) => (row.team, &row.permission_sets),
            None => (None, self.clients.get(&user)?),
        };
        let sets = ids.iter().filter_map(|id| self.permission_sets.get(id)).map(Granted::from).collect();
        Some(Principal { user, team, sets })
    }

    pub fn user_by_extension(&self, extension: &str) -> Option<&User> {
        self.users.values().find(|user| user.extension.as_ref().is_some_and(|e| e.as_str() == extension))
    }

    pub fn queue_by_extension(&self, extension: &str) -> Option<&Queue> {
        self.queues.values().find(|queue| queue.extension.as_ref().is_some_and(|e| e.as_str() == extension))
    }

    /// What an extension names: a user or a queue.
    pub fn destination_of_extension(&self, extension: &str) -> Option<Destination> {
        match self.user_by_extension(extension) {
            Some(user) => Some(Destination::User(user.id)),
            None => self
                .queue_by_extension(extension)
                .map(|queue| Destination::Queue { queue: queue.id, skills: Vec::new() }),
        }
    }

    pub fn is_emergency(&self, dialed: &str) -> bool {
        let dialed = dialed.trim().trim_start_matches('+');
        self.settings.emergency_numbers.iter().any(|number| number == dialed)
    }

    /// Whether the phone of this user answers by itself when it is rung for a call.
    pub fn answers_by_itself(&self, user: UserId) -> bool {
        self.users.get(&user).is_some_and(|row| row.auto_answer_seconds.is_some())
    }
}
