//! People: teams, skills, users with their memberships, and API clients.

mod client;
mod extension;
mod user;

use terms::{SkillId, TeamId};

pub use client::ClientRow;
pub(crate) use extension::{extensions_of, give_extension};
pub use user::{Membership, Phone, SipCredentials, UserRow, UserSkill};

use crate::{
    StoreError, entity,
    rows::{Model, Row, row},
};

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct TeamRow {
    pub id: TeamId,
    pub version: i64,
    pub name: String,
}

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct SkillRow {
    pub id: SkillId,
    pub version: i64,
    pub name: String,
}

impl Row for TeamRow {
    row!(TeamRow, TeamId, team, "team", name(Name), held by &[("users", "team_id")]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self { id: TeamId(model.id), version: model.version, name: model.name })
    }
    fn write(&self) -> Model<Self> {
        entity::team::Model { id: self.id.0, version: self.version, name: self.name.clone() }
    }
}

impl Row for SkillRow {
    row!(SkillRow, SkillId, skill, "skill", name(Name), held by &[("user_skills", "skill_id")]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self { id: SkillId(model.id), version: model.version, name: model.name })
    }
    fn write(&self) -> Model<Self> {
        entity::skill::Model { id: self.id.0, version: self.version, name: self.name.clone() }
    }
}
