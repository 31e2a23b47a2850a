//! Users: who they are, what they can do, which queues they serve, which phone they use.

use std::collections::BTreeMap;

use sea_orm::{
    ActiveValue, ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter,
    sea_query::{Expr, ExprTrait, Func},
};
use terms::{Extension, PermissionSetId, PresenceConfigId, QueueId, SkillId, TeamId, UserId};
use uuid::Uuid;

use super::{extensions_of, give_extension};
use crate::{
    Hidden, PhoneKind, Store, StoreError,
    entity::{self, extension, user_permission_set as sets, user_queue as queues, user_skill as skills},
    rows::{Model, Named, Row, find_by, named, row},
};

/// Owners one `IN (…)` names; below the bind limits of both databases.
const OWNERS_MAX: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UserRow {
    pub id: UserId,
    pub version: i64,
    /// Unique whatever its case.
    pub username: String,
    pub display_name: String,
    /// Argon2id; none cannot sign in with a password.
    pub password_hash: Option<Hidden<String>>,
    pub email: Option<String>,
    pub extension: Option<Extension>,
    /// 1 to 9.
    pub tier: Option<u8>,
    pub team_id: Option<TeamId>,
    pub skills: Vec<UserSkill>,
    pub queues: Vec<Membership>,
    pub permission_set_ids: Vec<PermissionSetId>,
    pub presence_config_id: Option<PresenceConfigId>,
    pub phone: Phone,
    pub sip: Option<SipCredentials>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct UserSkill {
    pub skill_id: SkillId,
    /// 1 to 10.
    pub level: u8,
}

/// A user's place in a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct Membership {
    pub queue_id: QueueId,
    /// 1 is served first.
    pub priority: u16,
    /// The queue's work reaches this user only after it has waited so long.
    pub delay_seconds: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Phone {
    pub kind: PhoneKind,
    /// None: off.
    pub auto_answer_seconds: Option<u8>,
}

/// What a phone registers with: the digest hashes `H(username:realm:password)` of RFC 8760, never the password.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SipCredentials {
    pub username: String,
    pub ha1_md5: Hidden<String>,
    pub ha1_sha256: Hidden<String>,
}

impl Store {
    /// By the name they sign in with, whatever its case.
    pub async fn find_user_by_username(&self, username: &str) -> Result<Option<UserRow>, StoreError> {
        find_by(self.database(), same_ignoring_case(entity::user::Column::Username, username)).await
    }

    pub async fn find_user_by_sip_username(&self, username: &str) -> Result<Option<UserRow>, StoreError> {
        find_by(self.database(), same_ignoring_case(entity::user::Column::SipUsername, username)).await
    }
}

fn same_ignoring_case(column: entity::user::Column, text: &str) -> Condition {
    let lower = Expr::expr(Func::lower(Expr::col(column)));
    Condition::all().add(lower.eq(Func::lower(Expr::val(text))))
}

impl Row for UserRow {
    row!(UserRow, UserId, user, "user", username(Username), held by &[("numbers", "user_id")]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        let tier = model.tier.map(u8::try_from).transpose();
        let auto_answer = model.auto_answer_seconds.map(u8::try_from).transpose();
        let sip = match (model.sip_username, model.sip_ha1_md5, model.sip_ha1_sha256) {
            (Some(username), Some(md5), Some(sha256)) => {
                Some(SipCredentials { username, ha1_md5: Hidden::new(md5), ha1_sha256: Hidden::new(sha256) })
            }
            _ => None,
        };
        Ok(Self {
            id: UserId(model.id),
            version: model.version,
            username: model.username,
            display_name: model.display_name,
            password_hash: model.password_hash.map(Hidden::new),
            email: model.email,
            extension: None,
            tier: tier.map_err(|_| StoreError::Unreadable { what: "tier" })?,
            team_id: model.team_id.map(TeamId),
            skills: Vec::new(),
            queues: Vec::new(),
            permission_set_ids: Vec::new(),
            presence_config_id: model.presence_config_id.map(PresenceConfigId),
            phone: Phone {
                kind: PhoneKind::read(&model.phone_kind)?,
                auto_answer_seconds: auto_answer
                    .map_err(|_| StoreError::Unreadable { what: "auto-answer time" })?,
            },
            sip,
        })
    }

    fn write(&self) -> Model<Self> {
        let sip = self.sip.as_ref();
        entity::user::Model {
            id: self.id.0,
            version: self.version,
            username: self.username.clone(),
            display_name: self.display_name.clone(),
            password_hash: self.password_hash.as_ref().map(|hash| hash.expose().clone()),
            email: self.email.clone(),
            tier: self.tier.map(i32::from),
            team_id: self.team_id.map(|team| team.0),
            presence_config_id: self.presence_config_id.map(|config| config.0),
            phone_kind: self.phone.kind.as_str().to_owned(),
            auto_answer_seconds: self.phone.auto_answer_seconds.map(i32::from),
            sip_username: sip.map(|sip| sip.username.clone()),
            sip_ha1_md5: sip.map(|sip| sip.ha1_md5.expose().clone()),
            sip_ha1_sha256: sip.map(|sip| sip.ha1_sha256.expose().clone()),
        }
    }

    fn names(&self) -> Vec<Named> {
        let skills = self.skills.iter().map(|skill| named("skills", "skills", Some(skill.skill_id.0)));
        let queues = self.queues.iter().map(|place| named("queues", "queues", Some(place.queue_id.0)));
        let sets = self.permission_set_ids.iter();
        let sets = sets.map(|set| named("permission_set_ids", "permission_sets", Some(set.0)));
        let config = self.presence_config_id.map(|config| config.0);
        [
            named("team_id", "teams", self.team_id.map(|team| team.0)),
            named("presence_config_id", "presence_configs", config),
        ]
        .into_iter()
        .chain(skills)
        .chain(queues)
        .chain(sets)
        .flatten()
        .collect()
    }

    async fn read_parts<C: ConnectionTrait>(connection: &C, rows: &mut [Self]) -> Result<(), StoreError> {
        for rows in rows.chunks_mut(OWNERS_MAX) {
            let ids: Vec<Uuid> = rows.iter().map(|row| row.id.0).collect();
            let mut extensions = extensions_of(connection, extension::Column::UserId, &ids).await?;
            let mut skills = skills_of(connection, &ids).await?;
            let mut queues = queues_of(connection, &ids).await?;
            let mut sets = sets_of(connection, &ids).await?;
            for row in rows {
                row.extension = extensions.remove(&row.id.0);
                row.skills = skills.remove(&row.id.0).unwrap_or_default();
                row.queues = queues.remove(&row.id.0).unwrap_or_default();
                row.permission_set_ids = sets.remove(&row.id.0).unwrap_or_default();
            }
        }
        Ok(())
    }

    async fn write_parts<C: ConnectionTrait>(&self, connection: &C) -> Result<(), StoreError> {
        let id = self.id.0;
        give_extension(connection, extension::Column::UserId, id, self.extension.as_ref()).await?;
        skills::Entity::delete_many().filter(skills::Column::UserId.eq(id)).exec(connection).await?;
        queues::Entity::delete_many().filter(queues::Column::UserId.eq(id)).exec(connection).await?;
        sets::Entity::delete_many().filter(sets::Column::UserId.eq(id)).exec(connection).await?;
        let skill = |skill: &UserSkill| skills::ActiveModel {
            user_id: ActiveValue::Set(id),
            skill_id: ActiveValue::Set(skill.skill_id.0),
            level: ActiveValue::Set(i32::from(skill.level)),
        };
        let place = |place: &Membership| queues::ActiveModel {
            user_id: ActiveValue::Set(id),
            queue_id: ActiveValue::Set(place.queue_id.0),
            priority: ActiveValue::Set(i32::from(place.priority)),
            delay_seconds: ActiveValue::Set(i32::try_from(place.delay_seconds).unwrap_or(i32::MAX)),
        };
        let set = |set: &PermissionSetId| sets::ActiveModel {
            user_id: ActiveValue::Set(id),
            permission_set_id: ActiveValue::Set(set.0),
        };
        for chunk in self.skills.chunks(OWNERS_MAX) {
            skills::Entity::insert_many(chunk.iter().map(skill)).exec_without_returning(connection).await?;
        }
        for chunk in self.queues.chunks(OWNERS_MAX) {
            queues::Entity::insert_many(chunk.iter().map(place)).exec_without_returning(connection).await?;
        }
        for chunk in self.permission_set_ids.chunks(OWNERS_MAX) {
            sets::Entity::insert_many(chunk.iter().map(set)).exec_without_returning(connection).await?;
        }
        Ok(())
    }
}

/// Sorted, so that equal rows are equal.
async fn skills_of(
    connection: &impl ConnectionTrait,
    users: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<UserSkill>>, StoreError> {
    let condition = skills::Column::UserId.is_in(users.iter().copied());
    let mut found: BTreeMap<Uuid, Vec<UserSkill>> = BTreeMap::new();
    for row in skills::Entity::find().filter(condition).all(connection).await? {
        let level = u8::try_from(row.level).map_err(|_| StoreError::Unreadable { what: "skill level" })?;
        found.entry(row.user_id).or_default().push(UserSkill { skill_id: SkillId(row.skill_id), level });
    }
    found.values_mut().for_each(|skills| skills.sort_unstable());
    Ok(found)
}

async fn queues_of(
    connection: &impl ConnectionTrait,
    users: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<Membership>>, StoreError> {
    let condition = queues::Column::UserId.is_in(users.iter().copied());
    let mut found: BTreeMap<Uuid, Vec<Membership>> = BTreeMap::new();
    for row in queues::Entity::find().filter(condition).all(connection).await? {
        let unreadable = |_| StoreError::Unreadable { what: "queue membership" };
        found.entry(row.user_id).or_default().push(Membership {
            queue_id: QueueId(row.queue_id),
            priority: u16::try_from(row.priority).map_err(unreadable)?,
            delay_seconds: u32::try_from(row.delay_seconds).map_err(unreadable)?,
        });
    }
    found.values_mut().for_each(|places| places.sort_unstable());
    Ok(found)
}

async fn sets_of(
    connection: &impl ConnectionTrait,
    users: &[Uuid],
) -> Result<BTreeMap<Uuid, Vec<PermissionSetId>>, StoreError> {
    let condition = sets::Column::UserId.is_in(users.iter().copied());
    let mut found: BTreeMap<Uuid, Vec<PermissionSetId>> = BTreeMap::new();
    for row in sets::Entity::find().filter(condition).all(connection).await? {
        found.entry(row.user_id).or_default().push(PermissionSetId(row.permission_set_id));
    }
    found.values_mut().for_each(|sets| sets.sort_unstable());
    Ok(found)
}
