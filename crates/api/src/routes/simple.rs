//! The nouns that are little more than a name: teams, skills, presence statuses, wrap-up codes.

use serde::{Deserialize, Serialize};
use store::{PresenceKind, PresenceStatusRow, Rows, SkillRow, Store, TeamRow, WrapUpCodeRow};
use terms::{PresenceStatusId, SkillId, TeamId, WrapUpCodeId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    body::PresenceKindWord,
    noun::{Change, Complaints, Noun},
    problem::Problem,
};

macro_rules! named {
    ($noun:ident, $row:ident, $id:ident, $rows:ident, $path:literal, $fields:ident, $view:ident) => {
        #[derive(Debug, Serialize, Deserialize, ToSchema)]
        #[serde(deny_unknown_fields)]
        pub(crate) struct $fields {
            name: String,
        }

        #[derive(Debug, Serialize, ToSchema)]
        pub(crate) struct $view {
            id: Uuid,
            version: i64,
            name: String,
        }

        #[derive(Debug)]
        pub(crate) enum $noun {}

        impl Noun for $noun {
            type Row = $row;
            type Write = $fields;
            type View = $view;
            type Extra = ();
            const COLLECTION: &'static str = $path;

            fn rows(store: &Store) -> Rows<'_, $row> {
                store.$rows()
            }
            fn typed(id: Uuid) -> $id {
                $id(id)
            }
            fn blank(id: Uuid, (): &()) -> $row {
                $row { id: $id(id), version: 0, name: String::new() }
            }
            fn writable(row: &$row) -> $fields {
                $fields { name: row.name.clone() }
            }
            fn view(row: $row) -> $view {
                $view { id: row.id.0, version: row.version, name: row.name }
            }
            fn check(write: &$fields, _: &Change<'_, Self>) -> Result<(), Problem> {
                let mut complaints = Complaints::default();
                complaints.name("name", &write.name);
                complaints.done()
            }
            async fn extra(_: &$fields, _: &Change<'_, Self>) -> Result<(), Problem> {
                Ok(())
            }
            fn apply(write: $fields, (): &(), row: &mut $row) {
                row.name = write.name.trim().to_owned();
            }
        }
    };
}

named!(Teams, TeamRow, TeamId, teams, "/v1/teams", TeamFields, Team);
named!(Skills, SkillRow, SkillId, skills, "/v1/skills", SkillFields, Skill);

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresenceStatusFields {
    name: String,
    #[schema(value_type = PresenceKindWord)]
    kind: PresenceKind,
    /// The service channels whose work is offered: `voice`, or none.
    #[serde(default = "voice")]
    channels: Vec<ChannelWord>,
    /// Smaller stands first in menus.
    #[serde(default)]
    sort: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ChannelWord {
    Voice,
}

fn voice() -> Vec<ChannelWord> {
    vec![ChannelWord::Voice]
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PresenceStatus {
    id: Uuid,
    version: i64,
    #[serde(flatten)]
    fields: PresenceStatusFields,
}

#[derive(Debug)]
pub(crate) enum PresenceStatuses {}

impl Noun for PresenceStatuses {
    type Row = PresenceStatusRow;
    type Write = PresenceStatusFields;
    type View = PresenceStatus;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/presence-statuses";

    fn rows(store: &Store) -> Rows<'_, PresenceStatusRow> {
        store.presence_statuses()
    }
    fn typed(id: Uuid) -> PresenceStatusId {
        PresenceStatusId(id)
    }
    fn blank(id: Uuid, (): &()) -> PresenceStatusRow {
        PresenceStatusRow {
            id: PresenceStatusId(id),
            version: 0,
            name: String::new(),
            kind: PresenceKind::Online,
            channels: serde_json::Value::Null,
            sort: 0,
        }
    }
    fn writable(row: &PresenceStatusRow) -> PresenceStatusFields {
        PresenceStatusFields {
            name: row.name.clone(),
            kind: row.kind,
            channels: serde_json::from_value(row.channels.clone()).unwrap_or_default(),
            sort: row.sort,
        }
    }
    fn view(row: PresenceStatusRow) -> PresenceStatus {
        PresenceStatus { id: row.id.0, version: row.version, fields: Self::writable(&row) }
    }
    fn check(write: &PresenceStatusFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        complaints.unless(write.channels.len() <= 1, "channels", "each channel once");
        complaints.done()
    }
    async fn extra(_: &PresenceStatusFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: PresenceStatusFields, (): &(), row: &mut PresenceStatusRow) {
        row.name = write.name.trim().to_owned();
        row.kind = write.kind;
        row.channels = serde_json::json!(write.channels);
        row.sort = write.sort;
    }
}

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WrapUpCodeFields {
    name: String,
    /// Smaller stands first in menus.
    #[serde(default)]
    sort: i32,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct WrapUpCode {
    id: Uuid,
    version: i64,
    #[serde(flatten)]
    fields: WrapUpCodeFields,
}

#[derive(Debug)]
pub(crate) enum WrapUpCodes {}

impl Noun for WrapUpCodes {
    type Row = WrapUpCodeRow;
    type Write = WrapUpCodeFields;
    type View = WrapUpCode;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/wrap-up-codes";

    fn rows(store: &Store) -> Rows<'_, WrapUpCodeRow> {
        store.wrap_up_codes()
    }
    fn typed(id: Uuid) -> WrapUpCodeId {
        WrapUpCodeId(id)
    }
    fn blank(id: Uuid, (): &()) -> WrapUpCodeRow {
        WrapUpCodeRow { id: WrapUpCodeId(id), version: 0, name: String::new(), sort: 0 }
    }
    fn writable(row: &WrapUpCodeRow) -> WrapUpCodeFields {
        WrapUpCodeFields { name: row.name.clone(), sort: row.sort }
    }
    fn view(row: WrapUpCodeRow) -> WrapUpCode {
        WrapUpCode { id: row.id.0, version: row.version, fields: Self::writable(&row) }
    }
    fn check(write: &WrapUpCodeFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        complaints.done()
    }
    async fn extra(_: &WrapUpCodeFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: WrapUpCodeFields, (): &(), row: &mut WrapUpCodeRow) {
        row.name = write.name.trim().to_owned();
        row.sort = write.sort;
    }
}
