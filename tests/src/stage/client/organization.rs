//! Setting up an organization: people, queues, numbers, trunks, permission sets.

use std::net::SocketAddr;

use serde_json::{Value, json};

use super::{Client, id_of};
use crate::stage::error::{Result, StageError};

/// Everybody's password on stage.
pub const PASSWORD: &str = "a long enough password 1";

/// Who shall be created. Optional things left empty are left out.
#[derive(Clone, Debug, Default)]
pub struct NewUser {
    pub username: String,
    pub extension: Option<String>,
    pub tier: Option<u8>,
    pub team: Option<String>,
    /// Queue ids.
    pub queues: Vec<String>,
    /// Permission set ids.
    pub permission_sets: Vec<String>,
    /// Answers by itself after so many seconds.
    pub auto_answer_seconds: Option<u8>,
}

#[derive(Clone, Debug)]
pub struct SipAccount {
    pub username: String,
    pub password: String,
}

/// A person of the organization, with what a phone and a client need.
#[derive(Clone, Debug)]
pub struct User {
    pub id: String,
    pub username: String,
    pub sip: SipAccount,
}

#[derive(Clone, Debug, Default)]
pub struct NewQueue {
    pub name: String,
    pub extension: Option<String>,
    pub push_timeout_seconds: Option<u32>,
    pub wrap_up_seconds: u32,
}

impl Client {
    /// Creates a user with a desk phone.
    pub async fn create_user(&self, user: &NewUser) -> Result<User> {
        let queues: Vec<Value> = user
            .queues
            .iter()
            .map(|id| json!({ "queue_id": id, "priority": 1, "delay_seconds": 0 }))
            .collect();
        let created = self
            .post(
                "/v1/users",
                json!({
                    "username": user.username,
                    "display_name": user.username,
                    "password": PASSWORD,
                    "extension": user.extension,
                    "tier": user.tier,
                    "team_id": user.team,
                    "queues": queues,
                    "permission_set_ids": user.permission_sets,
                    "phone": { "kind": "desk_phone", "auto_answer_seconds": user.auto_answer_seconds },
                }),
            )
            .await?;
        let text = |field: &str| created["sip"][field].as_str().map(str::to_owned);
        let (Some(username), Some(password)) = (text("username"), text("password")) else {
            return Err(StageError::Unsound(format!("no SIP account in {created}")));
        };
        Ok(User {
            id: id_of(&created)?,
            username: user.username.clone(),
            sip: SipAccount { username, password },
        })
    }

    /// Signs that user in at the same server.
    pub async fn as_user(&self, user: &User) -> Result<Client> {
        Client::sign_in(self.server(), &user.username, PASSWORD).await
    }

    pub async fn create_team(&self, name: &str) -> Result<String> {
        id_of(&self.post("/v1/teams", json!({ "name": name })).await?)
    }

    pub async fn create_queue(&self, queue: &NewQueue) -> Result<String> {
        let mut routing = json!({ "model": "longest_idle" });
        if let Some(seconds) = queue.push_timeout_seconds {
            routing["push_timeout_seconds"] = seconds.into();
        }
        let body = json!({
            "name": queue.name,
            "extension": queue.extension,
            "kind": "customer",
            "routing": routing,
            "wrap_up": { "seconds": queue.wrap_up_seconds, "max_extensions": 0 },
        });
        id_of(&self.post("/v1/queues", body).await?)
    }

    /// A public number that leads to a queue.
    pub async fn create_number(&self, e164: &str, queue: &str) -> Result<String> {
        id_of(&self.post("/v1/numbers", json!({ "e164": e164, "queue_id": queue })).await?)
    }

    /// A trunk without registration, recognised by its address.
    pub async fn create_trunk(&self, name: &str, host: SocketAddr) -> Result<String> {
        let body = json!({
            "name": name,
            "host": host.to_string(),
            "transport": "udp",
            "allow_from": [format!("{}/32", host.ip())],
            "codecs": ["pcmu", "pcma"],
        });
        id_of(&self.post("/v1/trunks", body).await?)
    }

    /// Which permissions, in which scope (`all` or lists of ids).
    pub async fn create_permission_set(
        &self,
        name: &str,
        grants: &[&str],
        scope: Option<Value>,
    ) -> Result<String> {
        let scope = scope.unwrap_or_else(|| json!({ "teams": "all", "queues": "all" }));
        let body = json!({ "name": name, "description": name, "grants": grants, "scope": scope });
        id_of(&self.post("/v1/permission-sets", body).await?)
    }

    /// The built-in permission set of this name: `agent`, `supervisor`, `analyst`, `administrator`.
    pub async fn built_in_permission_set(&self, name: &str) -> Result<String> {
        let sets = self.list("/v1/permission-sets").await?;
        let found =
            sets.iter().find(|set| set["name"].as_str().is_some_and(|n| n.eq_ignore_ascii_case(name)));
        id_of(found.ok_or_else(|| StageError::Unsound(format!("no built-in permission set {name}")))?)
    }

    /// Takes up the first presence status of this kind: `online`, `busy`, `dnd` or `offline`.
    pub async fn take_presence(&self, kind: &str) -> Result<Value> {
        let statuses = self.list("/v1/presence-statuses").await?;
        let status = statuses.iter().find(|status| status["kind"] == kind);
        let id =
            id_of(status.ok_or_else(|| StageError::Unsound(format!("no presence status of kind {kind}")))?)?;
        self.put("/v1/me/presence", json!({ "status_id": id })).await
    }
}
