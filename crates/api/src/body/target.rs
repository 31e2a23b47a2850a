//! Whom a call, consult or transfer is for, as clients name them.

use access::Permission;
use callcontrol::{Destination, Organization};
use serde::{Deserialize, Serialize};
use terms::{PhoneNumber, QueueId, QuickConnectId, SkillId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{ExtensionText, PhoneNumberText};
use crate::{caller::Caller, problem::Problem};

/// Exactly one of `user_id`, `queue_id`, `extension`, `quick_connect_id`, `phone_number` and `voice_call_id`.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[schema(example = json!({"extension": "201"}))]
pub(crate) struct Target {
    user_id: Option<Uuid>,
    queue_id: Option<Uuid>,
    /// With `queue_id`: what the colleague should know.
    skills: Vec<TargetSkill>,
    #[schema(value_type = Option<ExtensionText>)]
    extension: Option<String>,
    quick_connect_id: Option<Uuid>,
    #[schema(value_type = Option<PhoneNumberText>)]
    phone_number: Option<String>,
    /// Calls again: the other party of this VoiceCall, whose number the caller need not see. For a new call only.
    voice_call_id: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TargetSkill {
    skill_id: Uuid,
    /// 1 to 10.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 10)]
    level: u8,
}

fn emergency(organization: &Organization, typed: &str) -> Option<Destination> {
    organization.destination_of(typed).filter(|to| matches!(to, Destination::Emergency(_)))
}

fn one() -> u8 {
    1
}

impl Target {
    pub(crate) fn user(user: Uuid) -> Self {
        Self { user_id: Some(user), ..Self::default() }
    }

    pub(crate) fn number(typed: &str) -> Self {
        Self { phone_number: Some(typed.to_owned()), ..Self::default() }
    }

    /// The record whose other party it means, where it names nothing else.
    pub(crate) fn called_before(&self) -> Option<Uuid> {
        self.voice_call_id.filter(|_| self.named() == 1)
    }

    fn named(&self) -> usize {
        let named = [
            self.user_id.is_some(),
            self.queue_id.is_some(),
            self.extension.is_some(),
            self.quick_connect_id.is_some(),
            self.phone_number.is_some(),
            self.voice_call_id.is_some(),
        ];
        named.into_iter().filter(|named| *named).count()
    }

    /// Whom it names in this organization, where the caller holds the permission that the route is for; to call for help
    /// takes none.
    pub(crate) fn resolve_for(
        &self,
        organization: &Organization,
        caller: &Caller,
        permission: Permission,
    ) -> Result<Destination, Problem> {
        let to = self.resolve(organization);
        if caller.principal.holds(permission) || matches!(to, Ok(Destination::Emergency(_))) {
            return to;
        }
        Err(Problem::not_allowed(permission))
    }

    /// Whom it names in this organization.
    pub(crate) fn resolve(&self, organization: &Organization) -> Result<Destination, Problem> {
        if self.named() != 1 {
            return Err(Problem::invalid_field(
                "target",
                "name exactly one of user_id, queue_id, extension, quick_connect_id, phone_number and voice_call_id",
            ));
        }
        if self.voice_call_id.is_some() {
            return Err(Problem::invalid_field("target.voice_call_id", "only a new call takes a former one"));
        }
        if !self.skills.is_empty() && self.queue_id.is_none() {
            return Err(Problem::invalid_field("target.skills", "skills go with queue_id"));
        }
        if let Some(bad) = self.skills.iter().position(|wanted| !(1..=10).contains(&wanted.level)) {
            return Err(Problem::invalid_field(format!("target.skills[{bad}].level"), "1 to 10"));
        }
        let unknown = |field: &str, what: &str| Problem::invalid_field(field, format!("names no {what}"));
        if let Some(user) = self.user_id.map(UserId) {
            let known = organization.users.contains_key(&user);
            return known.then_some(Destination::User(user)).ok_or_else(|| unknown("target.user_id", "user"));
        }
        if let Some(queue) = self.queue_id.map(QueueId) {
            let skills = self.skills.iter().map(|wanted| (SkillId(wanted.skill_id), wanted.level)).collect();
            let known = organization.queues.contains_key(&queue);
            return known
                .then_some(Destination::Queue { queue, skills })
                .ok_or_else(|| unknown("target.queue_id", "queue"));
        }
        if let Some(extension) = &self.extension {
            return organization
                .destination_of_extension(extension)
                .ok_or_else(|| unknown("target.extension", "user and no queue"));
        }
        if let Some(quick) = self.quick_connect_id.map(QuickConnectId) {
            let found = organization.quick_connects.get(&quick).map(|found| found.target.clone());
            let found = found.ok_or_else(|| unknown("target.quick_connect_id", "quick connect"))?;
            let help = found.number().and_then(|number| emergency(organization, number.as_str()));
            return Ok(help.unwrap_or(found));
        }
        let typed = self.phone_number.as_deref().unwrap_or_default();
        if let Some(help) = emergency(organization, typed) {
            return Ok(help);
        }
        PhoneNumber::normalise(typed)
            .map(Destination::Number)
            .map_err(|error| Problem::invalid_field("target.phone_number", error.to_string()))
    }
}
