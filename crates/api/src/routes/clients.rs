//! API clients, which sign in with a secret of their own. Making one gives permissions away, so it takes the same grant.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use store::{ClientRow, Hidden, Rows, Store};
use terms::{ClientId, PermissionSetId};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    noun::{Change, Complaints, Noun},
    password,
    problem::Problem,
    random,
};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientFields {
    name: String,
    #[serde(default)]
    permission_set_ids: BTreeSet<Uuid>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct Client {
    /// The `client_id` of the token request.
    id: Uuid,
    version: i64,
    name: String,
    permission_set_ids: BTreeSet<Uuid>,
    /// Only in the answer to the request that made the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
}

/// The secret's hash, and the secret where it is new.
pub(crate) struct Secret {
    hash: String,
    shown: Option<String>,
}

#[derive(Debug)]
pub(crate) enum Clients {}

impl Noun for Clients {
    type Row = ClientRow;
    type Write = ClientFields;
    type View = Client;
    type Extra = Secret;
    const COLLECTION: &'static str = "/v1/clients";

    fn rows(store: &Store) -> Rows<'_, ClientRow> {
        store.clients()
    }
    fn typed(id: Uuid) -> ClientId {
        ClientId(id)
    }
    fn blank(id: Uuid, secret: &Secret) -> ClientRow {
        ClientRow {
            id: ClientId(id),
            version: 0,
            name: String::new(),
            secret_hash: Hidden::new(secret.hash.clone()),
            permission_set_ids: Vec::new(),
        }
    }
    fn writable(row: &ClientRow) -> ClientFields {
        let permission_set_ids = row.permission_set_ids.iter().map(|set| set.0).collect();
        ClientFields { name: row.name.clone(), permission_set_ids }
    }
    fn view(row: ClientRow) -> Client {
        let fields = Self::writable(&row);
        Client {
            id: row.id.0,
            version: row.version,
            name: fields.name,
            permission_set_ids: fields.permission_set_ids,
            secret: None,
        }
    }
    fn check(write: &ClientFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        complaints.done()
    }
    async fn extra(_: &ClientFields, change: &Change<'_, Self>) -> Result<Secret, Problem> {
        if let Some(before) = change.before {
            return Ok(Secret { hash: before.secret_hash.expose().clone(), shown: None });
        }
        let secret = random::secret()?;
        let hash = password::hash(change.faces, secret.clone()).await?;
        Ok(Secret { hash, shown: Some(secret) })
    }
    fn apply(write: ClientFields, secret: &Secret, row: &mut ClientRow) {
        row.name = write.name.trim().to_owned();
        row.secret_hash = Hidden::new(secret.hash.clone());
        row.permission_set_ids = write.permission_set_ids.into_iter().map(PermissionSetId).collect();
    }
    fn reveal(secret: Secret, view: &mut Client) {
        view.secret = secret.shown;
    }
}
