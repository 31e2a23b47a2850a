//! Oneself, one's presence, and the colleagues.

use std::collections::BTreeMap;

use access::{Area, Permission, authorize};
use callcontrol::{Destination, LiveAgent, Organization, SetPresence};
use routing::StatusKind;
use serde::{Deserialize, Serialize};
use store::Row as _;
use terms::{PresenceStatusId, QueueId, UserId, limits::PAGE_DEFAULT, limits::PAGE_MAX};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::{
    conversations::{Conversation, current_conversation},
    users::{User, Users},
};
use crate::{
    Faces,
    answer::{Json, List},
    body::{PermissionWord, Presence},
    caller::Caller,
    extract::{Body, Id, Path, Query, State},
    noun::{Complaints, Noun as _},
    problem::Problem,
};

#[derive(Serialize, ToSchema)]
pub(crate) struct Me {
    /// Null for an API client.
    user: Option<User>,
    /// Everything that any of the permission sets grants, somewhere.
    #[schema(value_type = Vec<PermissionWord>)]
    permissions: Vec<Permission>,
    presence: Option<Presence>,
    /// The conversation one is in, or wraps up.
    conversation: Option<Conversation>,
    /// A page signs out after so long without a press, but never during a call.
    session_idle_minutes: u32,
}

pub(crate) async fn me(faces: State, caller: Caller) -> Result<Json<Me>, Problem> {
    let permissions = caller.principal.effective().into_iter().collect();
    let session_idle_minutes = faces.organization().settings.session_idle_minutes;
    if caller.kind == access::SubjectKind::Client {
        let nobody = Me { user: None, permissions, presence: None, conversation: None, session_idle_minutes };
        return Ok(Json::new(nobody));
    }
    let row = faces.store.users().find(caller.user()).await?;
    let version = row.version();
    let organization = faces.calls.organization();
    let agent = faces.calls.agent(caller.user()).await?;
    let conversation = match &agent {
        Some(agent) => current_conversation(&faces, &caller, agent).await?,
        None => None,
    };
    Ok(Json::new(Me {
        user: Some(Users::view(row)),
        permissions,
        presence: Some(Presence::of_agent(agent.as_ref(), &organization)),
        conversation,
        session_idle_minutes,
    })
    .tagged(version))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresenceChange {
    status_id: Uuid,
}

pub(crate) async fn set_own_presence(
    faces: State,
    caller: Caller,
    body: Body<PresenceChange>,
) -> Result<Json<Presence>, Problem> {
    let status = PresenceStatusId(body.0.status_id);
    let change = SetPresence { user: caller.user(), own: true, area: Area::anywhere(), status, reason: None };
    let view = faces.calls.set_presence(authorize(&caller.principal, change)?).await?;
    Ok(Json::new(Presence::of(&view, &faces.calls.organization())))
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PresenceOfAnother {
    status_id: Uuid,
    /// Why; kept with the change and in the audit log.
    #[serde(default)]
    reason: Option<String>,
}

/// A supervisor moves an agent who is stuck; audited, since it is somebody else's working time.
pub(crate) async fn set_presence(
    faces: State,
    caller: Caller,
    path: Path<Id>,
    body: Body<PresenceOfAnother>,
) -> Result<Json<Presence>, Problem> {
    let reason = body.0.reason.filter(|text| !text.trim().is_empty());
    let mut complaints = Complaints::default();
    complaints.text("reason", reason.as_deref().unwrap_or_default());
    complaints.done()?;
    let organization = faces.calls.organization();
    let row = organization.users.get(&UserId(path.0.id)).ok_or_else(|| Problem::not_found("user"))?;
    let status = PresenceStatusId(body.0.status_id);
    let area = Area::of_agent(row.team);
    let change = SetPresence { user: row.id, own: false, area, status, reason: reason.clone() };
    let change = authorize(&caller.principal, change)?;
    let before = faces.calls.agent(row.id).await?.map(|agent| agent.view.status.id);
    let view = faces.calls.set_presence(change).await?;
    let by = caller.by(faces.now());
    let after = serde_json::json!({"status_id": status, "reason": reason});
    let told = |id: Option<PresenceStatusId>| id.map(|id| serde_json::json!({"status_id": id}));
    let subject = format!("user/{}", row.id);
    // It is done, and journaled with who and why: a database that does not answer must not make it look refused.
    if let Err(error) = faces.store.audit(&by, "set_presence", &subject, told(before), Some(after)).await {
        tracing::error!(user.id = %row.id, error.message = %error, audit.action = "set_presence", "an audit event could not be written");
    }
    Ok(Json::new(Presence::of(&view, &organization)))
}

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct DirectoryQuery {
    /// Part of a name, a username or an extension.
    query: Option<String>,
    /// Some of `user`, `queue`, `quick_connect`, with commas; all when not given.
    types: Option<String>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u64>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum EntryKind {
    User,
    Queue,
    QuickConnect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum AvailabilityWord {
    Available,
    Busy,
    Offline,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DirectoryEntry {
    r#type: EntryKind,
    id: Uuid,
    name: String,
    extension: Option<String>,
    /// The team's name.
    team: Option<String>,
    availability: AvailabilityWord,
    /// Whether the caller could call it now.
    callable: bool,
    /// Why not.
    reason: Option<String>,
    /// How long the first in line has waited; for queues.
    queue_wait_seconds: Option<i64>,
}

pub(crate) async fn directory(
    faces: State,
    caller: Caller,
    query: Query<DirectoryQuery>,
) -> Result<Json<List<DirectoryEntry>>, Problem> {
    let query = query.0;
    let limit = usize::try_from(query.limit.unwrap_or(PAGE_DEFAULT)).unwrap_or(usize::MAX);
    if !(1..=usize::try_from(PAGE_MAX).unwrap_or(200)).contains(&limit) {
        return Err(Problem::malformed(format!("limit is 1 to {PAGE_MAX}")));
    }
    let types = wanted_types(query.types.as_deref())?;
    let wanted = query.query.unwrap_or_default().trim().to_lowercase();
    let sight = Sight::now(&faces, &caller).await?;
    let mut found = sight.matching(&types, &wanted);
    found.sort_by(|a, b| (&a.sort_name, a.kind, a.id).cmp(&(&b.sort_name, b.kind, b.id)));
    if let Some(cursor) = &query.cursor {
        let after: (String, Uuid) = read_cursor(cursor)?;
        found.retain(|entry| (&entry.sort_name, entry.id) > (&after.0, after.1));
    }
    let more = found.len() > limit;
    found.truncate(limit);
    let next_cursor = match found.last() {
        Some(last) if more => Some(write_cursor(&(last.sort_name.as_str(), last.id))),
        _ => None,
    };
    let mut items = Vec::with_capacity(found.len());
    for entry in &found {
        items.push(sight.entry(&faces, entry).await?);
    }
    Ok(Json::new(List { items, next_cursor }))
}

pub(crate) fn write_cursor(key: &impl Serialize) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(serde_json::to_vec(key).unwrap_or_default())
}

pub(crate) fn read_cursor<K: serde::de::DeserializeOwned>(cursor: &str) -> Result<K, Problem> {
    use base64::Engine as _;
    let bytes = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
    serde_json::from_slice(&bytes).map_err(|_| Problem::malformed("the cursor does not belong to this list"))
}

fn wanted_types(text: Option<&str>) -> Result<Vec<EntryKind>, Problem> {
    let Some(text) = text else {
        return Ok(vec![EntryKind::User, EntryKind::Queue, EntryKind::QuickConnect]);
    };
    text.split(',')
        .map(|word| match word.trim() {
            "user" => Ok(EntryKind::User),
            "queue" => Ok(EntryKind::Queue),
            "quick_connect" => Ok(EntryKind::QuickConnect),
            other => Err(Problem::malformed(format!("`{other}` is no type of directory entry"))),
        })
        .collect()
}

struct Found {
    sort_name: String,
    kind: EntryKind,
    id: Uuid,
}

/// Who is there, as the caller sees it at this moment.
struct Sight {
    organization: std::sync::Arc<Organization>,
    agents: BTreeMap<UserId, LiveAgent>,
    caller: UserId,
    may_call: bool,
    may_call_out: bool,
}

impl Sight {
    async fn now(faces: &Faces, caller: &Caller) -> Result<Self, Problem> {
        let agents = faces.calls.agents().await?.into_iter().map(|agent| (agent.user, agent)).collect();
        Ok(Self {
            organization: faces.calls.organization(),
            agents,
            caller: caller.user(),
            may_call: caller.holds(Permission::PlaceCalls) || caller.holds(Permission::Consult),
            may_call_out: caller.holds(Permission::PlaceExternalCalls),
        })
    }

    fn matching(&self, types: &[EntryKind], wanted: &str) -> Vec<Found> {
        let hit = |texts: &[&str]| {
            wanted.is_empty() || texts.iter().any(|text| text.to_lowercase().contains(wanted))
        };
        let mut found = Vec::new();
        let mut add = |name: &str, kind, id| {
            found.push(Found { sort_name: name.to_lowercase(), kind, id });
        };
        if types.contains(&EntryKind::User) {
            for user in self.organization.users.values() {
                let extension = user.extension.as_ref().map_or("", |extension| extension.as_str());
                if hit(&[&user.display_name, &user.username, extension]) {
                    add(&user.display_name, EntryKind::User, user.id.0);
                }
            }
        }
        if types.contains(&EntryKind::Queue) {
            for queue in self.organization.queues.values() {
                let extension = queue.extension.as_ref().map_or("", |extension| extension.as_str());
                if hit(&[&queue.name, extension]) {
                    add(&queue.name, EntryKind::Queue, queue.id.0);
                }
            }
        }
        if types.contains(&EntryKind::QuickConnect) {
            for (id, quick) in &self.organization.quick_connects {
                if hit(&[&quick.name]) {
                    add(&quick.name, EntryKind::QuickConnect, id.0);
                }
            }
        }
        found
    }

    async fn entry(&self, faces: &Faces, found: &Found) -> Result<DirectoryEntry, Problem> {
        match found.kind {
            EntryKind::User => Ok(self.user_entry(UserId(found.id))),
            EntryKind::Queue => self.queue_entry(faces, QueueId(found.id)).await,
            EntryKind::QuickConnect => {
                let quick = self.organization.quick_connects.get(&terms::QuickConnectId(found.id));
                let quick = quick.ok_or_else(Problem::internal)?;
                let behind = match &quick.target {
                    Destination::User(user) => self.user_entry(*user),
                    Destination::Queue { queue, .. } => self.queue_entry(faces, *queue).await?,
                    Destination::Number(_) | Destination::Emergency(_) => self.number_entry(),
                };
                Ok(DirectoryEntry {
                    r#type: EntryKind::QuickConnect,
                    id: found.id,
                    name: quick.name.clone(),
                    ..behind
                })
            }
        }
    }

    fn user_entry(&self, user: UserId) -> DirectoryEntry {
        let row = self.organization.users.get(&user);
        let (availability, why) = availability(self.agents.get(&user));
        let reason = if user == self.caller {
            Some("this is yourself".to_owned())
        } else if !self.may_call {
            Some(crate::refused::missing(Permission::PlaceCalls))
        } else {
            why.map(str::to_owned)
        };
        DirectoryEntry {
            r#type: EntryKind::User,
            id: user.0,
            name: row.map(|row| row.display_name.clone()).unwrap_or_default(),
            extension: row.and_then(|row| row.extension.as_ref()).map(|e| e.as_str().to_owned()),
            team: row.and_then(|row| self.organization.teams.get(&row.team?)).cloned(),
            availability,
            callable: reason.is_none(),
            reason,
            queue_wait_seconds: None,
        }
    }

    /// A queue is as available as the best of its members; calling it is possible also when all are busy.
    async fn queue_entry(&self, faces: &Faces, queue: QueueId) -> Result<DirectoryEntry, Problem> {
        let row = self.organization.queues.get(&queue);
        let members =
            self.organization.users.values().filter(|user| user.queues.iter().any(|m| m.queue == queue));
        let states: Vec<_> = members.map(|user| availability(self.agents.get(&user.id)).0).collect();
        let availability = [AvailabilityWord::Available, AvailabilityWord::Busy]
            .into_iter()
            .find(|word| states.contains(word))
            .unwrap_or(AvailabilityWord::Offline);
        let reason = if !self.may_call {
            Some(crate::refused::missing(Permission::PlaceCalls))
        } else if availability == AvailabilityWord::Offline {
            Some("nobody of this queue is signed in".to_owned())
        } else {
            None
        };
        let waiting = faces.calls.waiting(queue).await?;
        let oldest_ms = waiting.iter().map(|item| faces.now().ms_since(item.since)).max().unwrap_or(0);
        Ok(DirectoryEntry {
            r#type: EntryKind::Queue,
            id: queue.0,
            name: row.map(|row| row.name.clone()).unwrap_or_default(),
            extension: row.and_then(|row| row.extension.as_ref()).map(|e| e.as_str().to_owned()),
            team: None,
            availability,
            callable: reason.is_none(),
            reason,
            queue_wait_seconds: Some(oldest_ms / 1000),
        })
    }

    fn number_entry(&self) -> DirectoryEntry {
        let missing =
            [(self.may_call, Permission::PlaceCalls), (self.may_call_out, Permission::PlaceExternalCalls)];
        let missing = missing.into_iter().find(|(held, _)| !held).map(|(_, permission)| permission);
        DirectoryEntry {
            r#type: EntryKind::QuickConnect,
            id: Uuid::nil(),
            name: String::new(),
            extension: None,
            team: None,
            availability: AvailabilityWord::Available,
            callable: missing.is_none(),
            reason: missing.map(crate::refused::missing),
            queue_wait_seconds: None,
        }
    }
}

/// The router's rule: what somebody chose comes before what they are at.
fn availability(agent: Option<&LiveAgent>) -> (AvailabilityWord, Option<&'static str>) {
    let Some(view) = agent.map(|agent| &agent.view) else {
        return (AvailabilityWord::Offline, Some("offline"));
    };
    match view.status.kind {
        StatusKind::Offline => (AvailabilityWord::Offline, Some("offline")),
        StatusKind::Dnd => (AvailabilityWord::Busy, Some("do not disturb")),
        StatusKind::Busy => (AvailabilityWord::Busy, Some("busy")),
        StatusKind::Online if !view.reachable => {
            (AvailabilityWord::Offline, Some("no phone of theirs is registered"))
        }
        StatusKind::Online if view.system_state == routing::SystemState::Available => {
            (AvailabilityWord::Available, None)
        }
        StatusKind::Online => (AvailabilityWord::Busy, Some("busy")),
    }
}
