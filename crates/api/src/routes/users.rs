//! Users: who they are, what they can do, which phone they use.

use std::collections::BTreeSet;

use access::Permission;
use callcontrol::LiveConversation;
use routing::Token;
use serde::{Deserialize, Serialize};
use store::{Hidden, Membership, Phone, PhoneKind, Rows, SipCredentials, Store, UserRow, UserSkill};
use terms::{Extension, PermissionSetId, PresenceConfigId, QueueId, SkillId, TeamId, UserId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    body::{ExtensionText, PhoneKindWord},
    noun::{Change, Complaints, Noun},
    password,
    problem::Problem,
    random,
};

const PASSWORD_CHARACTERS_MIN: usize = 8;
const USERNAME_BYTES_MAX: usize = 64;

#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserFields {
    /// What they sign in with; unique whatever its case.
    username: String,
    display_name: String,
    /// Never shown; absent in a change: it stays.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(write_only, format = "password")]
    password: Option<String>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<ExtensionText>)]
    extension: Option<Extension>,
    /// 1 to 9.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 9)]
    tier: Option<u8>,
    #[serde(default)]
    team_id: Option<Uuid>,
    #[serde(default)]
    skills: Vec<SkillHeld>,
    #[serde(default)]
    queues: Vec<QueueServed>,
    /// Changed only by those who may grant permission sets.
    #[serde(default)]
    permission_set_ids: BTreeSet<Uuid>,
    #[serde(default)]
    presence_config_id: Option<Uuid>,
    #[serde(default)]
    phone: PhoneFields,
    /// Null: no phone of theirs may register. Absent in a new user: made up from the username.
    #[serde(default = "made_up")]
    sip: Option<SipFields>,
}

impl std::fmt::Debug for UserFields {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("UserFields").finish_non_exhaustive()
    }
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SkillHeld {
    skill_id: Uuid,
    /// 1 to 10.
    #[schema(minimum = 1, maximum = 10)]
    level: u8,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct QueueServed {
    queue_id: Uuid,
    /// 1 is served first.
    #[serde(default = "first")]
    #[schema(minimum = 1)]
    priority: u16,
    /// The queue's work reaches this user only after it has waited so long.
    #[serde(default)]
    delay_seconds: u32,
}

fn first() -> u16 {
    1
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PhoneFields {
    #[schema(value_type = PhoneKindWord)]
    kind: PhoneKind,
    /// The phone answers by itself after so long; null: off.
    #[schema(maximum = 30)]
    auto_answer_seconds: Option<u8>,
}

impl PhoneFields {
    pub(super) fn of(row: &UserRow) -> Self {
        Self { kind: row.phone.kind, auto_answer_seconds: row.phone.auto_answer_seconds }
    }
}

impl Default for PhoneFields {
    fn default() -> Self {
        Self { kind: PhoneKind::SoftPhone, auto_answer_seconds: None }
    }
}

#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct SipFields {
    /// What the phone registers as; made up from the username when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    /// One is made up and shown once where none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = "password")]
    password: Option<String>,
}

fn made_up() -> Option<SipFields> {
    Some(SipFields::default())
}

#[derive(Serialize, ToSchema)]
pub(crate) struct User {
    id: Uuid,
    version: i64,
    username: String,
    display_name: String,
    email: Option<String>,
    #[schema(value_type = Option<ExtensionText>)]
    extension: Option<Extension>,
    tier: Option<u8>,
    team_id: Option<Uuid>,
    skills: Vec<SkillHeld>,
    queues: Vec<QueueServed>,
    permission_set_ids: BTreeSet<Uuid>,
    presence_config_id: Option<Uuid>,
    phone: PhoneFields,
    sip: Option<SipShown>,
}

#[derive(Serialize, ToSchema)]
struct SipShown {
    username: String,
    /// Only in the answer to the request that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    password: Option<String>,
}

/// Hashes, and the password that is shown once.
pub(crate) struct Secrets {
    password_hash: Option<String>,
    sip: Option<SipCredentials>,
    shown: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Users {}

impl Noun for Users {
    type Row = UserRow;
    type Write = UserFields;
    type View = User;
    type Extra = Secrets;
    const COLLECTION: &'static str = "/v1/users";

    fn rows(store: &Store) -> Rows<'_, UserRow> {
        store.users()
    }
    fn typed(id: Uuid) -> UserId {
        UserId(id)
    }
    fn blank(id: Uuid, _: &Secrets) -> UserRow {
        UserRow {
            id: UserId(id),
            version: 0,
            username: String::new(),
            display_name: String::new(),
            password_hash: None,
            email: None,
            extension: None,
            tier: None,
            team_id: None,
            skills: Vec::new(),
            queues: Vec::new(),
            permission_set_ids: Vec::new(),
            presence_config_id: None,
            phone: Phone { kind: PhoneKind::SoftPhone, auto_answer_seconds: None },
            sip: None,
        }
    }
    fn writable(row: &UserRow) -> UserFields {
        UserFields {
            username: row.username.clone(),
            display_name: row.display_name.clone(),
            password: None,
            email: row.email.clone(),
            extension: row.extension.clone(),
            tier: row.tier,
            team_id: row.team_id.map(|team| team.0),
            skills: skills_of(row),
            queues: queues_of(row),
            permission_set_ids: row.permission_set_ids.iter().map(|set| set.0).collect(),
            presence_config_id: row.presence_config_id.map(|config| config.0),
            phone: PhoneFields::of(row),
            sip: row
                .sip
                .as_ref()
                .map(|sip| SipFields { username: Some(sip.username.clone()), password: None }),
        }
    }
    fn view(row: UserRow) -> User {
        User {
            skills: skills_of(&row),
            queues: queues_of(&row),
            phone: PhoneFields::of(&row),
            id: row.id.0,
            version: row.version,
            username: row.username,
            display_name: row.display_name,
            email: row.email,
            extension: row.extension,
            tier: row.tier,
            team_id: row.team_id.map(|team| team.0),
            permission_set_ids: row.permission_set_ids.iter().map(|set| set.0).collect(),
            presence_config_id: row.presence_config_id.map(|config| config.0),
            sip: row.sip.map(|sip| SipShown { username: sip.username, password: None }),
        }
    }
    fn check(write: &UserFields, change: &Change<'_, Self>) -> Result<(), Problem> {
        check_grants(write, change)?;
        let mut complaints = Complaints::default();
        check_names(write, &mut complaints);
        complaints.unless(write.tier.is_none_or(|tier| (1..=9).contains(&tier)), "tier", "1 to 9, or null");
        let skills: BTreeSet<Uuid> = write.skills.iter().map(|skill| skill.skill_id).collect();
        complaints.unless(skills.len() == write.skills.len(), "skills", "each skill once");
        for (index, skill) in write.skills.iter().enumerate() {
            complaints.unless((1..=10).contains(&skill.level), format!("skills[{index}].level"), "1 to 10");
        }
        let queues: BTreeSet<Uuid> = write.queues.iter().map(|place| place.queue_id).collect();
        complaints.unless(queues.len() == write.queues.len(), "queues", "each queue once");
        for (index, place) in write.queues.iter().enumerate() {
            complaints.unless(place.priority >= 1, format!("queues[{index}].priority"), "at least 1");
            complaints.unless(
                place.delay_seconds <= 86_400,
                format!("queues[{index}].delay_seconds"),
                "at most a day",
            );
        }
        complaints.unless(
            write.phone.auto_answer_seconds.is_none_or(|seconds| seconds <= 30),
            "phone.auto_answer_seconds",
            "0 to 30, or null",
        );
        complaints.done()
    }
    async fn extra(write: &UserFields, change: &Change<'_, Self>) -> Result<Secrets, Problem> {
        let password_hash = match &write.password {
            Some(password) => Some(password::hash(change.faces, password.clone()).await?),
            None => {
                change.before.and_then(|row| row.password_hash.as_ref()).map(|hash| hash.expose().clone())
            }
        };
        let Some(wanted) = &write.sip else {
            return Ok(Secrets { password_hash, sip: None, shown: None });
        };
        let username = wanted.username.clone().unwrap_or_else(|| sip_username(&write.username));
        let before = change.before.and_then(|row| row.sip.as_ref());
        if wanted.password.is_none()
            && let Some(before) = before.filter(|sip| sip.username == username)
        {
            return Ok(Secrets { password_hash, sip: Some(before.clone()), shown: None });
        }
        let shown = if wanted.password.is_none() { Some(random::sip_password()?) } else { None };
        let password = wanted.password.as_deref().or(shown.as_deref()).unwrap_or_default();
        let (ha1_md5, ha1_sha256) = signaling::ha1(&username, &change.faces.sip_realm, password);
        let sip =
            SipCredentials { username, ha1_md5: Hidden::new(ha1_md5), ha1_sha256: Hidden::new(ha1_sha256) };
        Ok(Secrets { password_hash, sip: Some(sip), shown })
    }
    fn apply(write: UserFields, secrets: &Secrets, row: &mut UserRow) {
        row.username = write.username;
        row.display_name = write.display_name.trim().to_owned();
        row.password_hash = secrets.password_hash.clone().map(Hidden::new);
        row.email = write.email;
        row.extension = write.extension;
        row.tier = write.tier;
        row.team_id = write.team_id.map(TeamId);
        let skill = |held: SkillHeld| UserSkill { skill_id: SkillId(held.skill_id), level: held.level };
        row.skills = write.skills.into_iter().map(skill).collect();
        let place = |served: QueueServed| Membership {
            queue_id: QueueId(served.queue_id),
            priority: served.priority,
            delay_seconds: served.delay_seconds,
        };
        row.queues = write.queues.into_iter().map(place).collect();
        row.permission_set_ids = write.permission_set_ids.into_iter().map(PermissionSetId).collect();
        row.presence_config_id = write.presence_config_id.map(PresenceConfigId);
        row.phone = Phone { kind: write.phone.kind, auto_answer_seconds: write.phone.auto_answer_seconds };
        row.sip = secrets.sip.clone();
    }
    fn reveal(secrets: Secrets, view: &mut User) {
        if let Some(sip) = &mut view.sip {
            sip.password = secrets.shown;
        }
    }
    async fn check_delete(row: &UserRow, change: &Change<'_, Self>) -> Result<(), Problem> {
        if row.id == change.caller.user() {
            return Err(Problem::conflict("own_account", "nobody removes their own account"));
        }
        guard_stronger(row, change)?;
        // Whoever talks goes on talking, and the account goes when the call is over; whoever only coaches is out at once.
        let agent = change.faces.calls.agent(row.id).await?;
        let busy = agent.is_some_and(|agent| matches!(agent.view.token, Token::Offer(_) | Token::Call(_)));
        if busy && !only_coaches(change, row.id).await? {
            return Err(Problem::conflict(
                "user_in_call",
                "this user is in a call; try again when it is over",
            ));
        }
        Ok(())
    }
}

/// Whether this user's call is one that they coach; what becomes of it is not theirs to finish.
async fn only_coaches(change: &Change<'_, Users>, user: UserId) -> Result<bool, Problem> {
    let live = change.faces.calls.conversations().await?;
    let coaches = |live: &LiveConversation| live.conversation.coaching().any(|one| one.supervisor == user);
    Ok(live.iter().any(coaches))
}

fn skills_of(row: &UserRow) -> Vec<SkillHeld> {
    let held = |skill: &UserSkill| SkillHeld { skill_id: skill.skill_id.0, level: skill.level };
    row.skills.iter().map(held).collect()
}

fn queues_of(row: &UserRow) -> Vec<QueueServed> {
    let served = |place: &Membership| QueueServed {
        queue_id: place.queue_id.0,
        priority: place.priority,
        delay_seconds: place.delay_seconds,
    };
    row.queues.iter().map(served).collect()
}

/// Managing users must not be a way to permissions: not by giving sets, not by taking over a stronger account, and not
/// by moving oneself into the team one supervises.
fn check_grants(write: &UserFields, change: &Change<'_, Users>) -> Result<(), Problem> {
    let before: BTreeSet<Uuid> =
        change.before.map(|row| row.permission_set_ids.iter().map(|set| set.0).collect()).unwrap_or_default();
    if before != write.permission_set_ids && !change.caller.holds(Permission::GrantPermissionSets) {
        return Err(Problem::not_allowed(Permission::GrantPermissionSets));
    }
    let Some(row) = change.before else { return Ok(()) };
    let sip = write.sip.as_ref();
    let takes_over = write.password.is_some()
        || write.username != row.username
        || sip.is_some_and(|sip| sip.password.is_some())
        || sip.and_then(|sip| sip.username.as_ref()) != row.sip.as_ref().map(|sip| &sip.username);
    if takes_over { guard_stronger(row, change) } else { Ok(()) }
}

/// An account that may do what the caller may not is touched only by those who could grant it.
fn guard_stronger(row: &UserRow, change: &Change<'_, Users>) -> Result<(), Problem> {
    let theirs = change.faces.principal(row.id).map(|principal| principal.effective()).unwrap_or_default();
    let stronger = theirs.into_iter().any(|permission| !change.caller.holds(permission));
    if stronger && !change.caller.holds(Permission::GrantPermissionSets) {
        return Err(Problem::not_allowed(Permission::GrantPermissionSets));
    }
    Ok(())
}

fn check_names(write: &UserFields, complaints: &mut Complaints) {
    let sound = |text: &str, more: &[u8]| {
        (1..=USERNAME_BYTES_MAX).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || more.contains(&byte))
    };
    complaints.unless(
        sound(&write.username, b"._@-+"),
        "username",
        format!("1 to {USERNAME_BYTES_MAX} letters, digits and . _ @ - +"),
    );
    complaints.name("display_name", &write.display_name);
    if let Some(email) = &write.email {
        complaints.unless(email.len() <= 254 && email.contains('@'), "email", "an e-mail address");
    }
    if let Some(password) = &write.password {
        let long = password.chars().count() >= PASSWORD_CHARACTERS_MIN;
        complaints.unless(long, "password", format!("at least {PASSWORD_CHARACTERS_MIN} characters"));
        let bounded = password.len() <= access::password::PASSWORD_BYTES_MAX;
        complaints.unless(bounded, "password", "too long");
    }
    if let Some(sip) = &write.sip {
        if let Some(username) = &sip.username {
            complaints.unless(
                sound(username, b"._-"),
                "sip.username",
                format!("1 to {USERNAME_BYTES_MAX} letters, digits and . _ -"),
            );
        }
        if let Some(password) = &sip.password {
            complaints.unless((8..=128).contains(&password.len()), "sip.password", "8 to 128 bytes");
        }
    }
}

/// `Ana@example.org` registers as `ana.example.org`.
fn sip_username(username: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-') { c } else { '.' };
    username.to_ascii_lowercase().chars().map(plain).collect()
}
