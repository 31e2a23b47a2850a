//! Trunks: the providers' lines.

use serde::{Deserialize, Serialize};
use serde_json::json;
use signaling::Cidr;
use store::{Hidden, Rows, Store, TrunkRow};
use terms::TrunkId;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    noun::{Change, Complaints, Noun},
    problem::Problem,
};

#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrunkFields {
    name: String,
    /// A host name or address, with `:port` where it is not 5060.
    host: String,
    #[serde(default = "udp")]
    transport: TransportWord,
    /// What we prove ourselves with at the provider; null: nothing.
    #[serde(default)]
    credentials: Option<TrunkCredentials>,
    /// The networks this trunk's calls come from, like `192.0.2.0/24`.
    #[serde(default)]
    #[schema(value_type = Vec<String>)]
    allow_from: Vec<Cidr>,
    /// Calls at one time; null: no limit of its own.
    #[serde(default)]
    max_calls: Option<u32>,
    /// In the order of preference; empty: whatever we speak.
    #[serde(default)]
    codecs: Vec<CodecWord>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum TransportWord {
    Udp,
    Tcp,
    Tls,
}

impl TransportWord {
    const fn name(self) -> &'static str {
        match self {
            TransportWord::Udp => "udp",
            TransportWord::Tcp => "tcp",
            TransportWord::Tls => "tls",
        }
    }
    fn named(name: &str) -> Self {
        let all = [TransportWord::Tcp, TransportWord::Tls];
        all.into_iter().find(|word| word.name() == name).unwrap_or(TransportWord::Udp)
    }
}

fn udp() -> TransportWord {
    TransportWord::Udp
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum CodecWord {
    Pcmu,
    Pcma,
    Opus,
}

#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct TrunkCredentials {
    username: String,
    /// Never shown again; absent in a change: it stays.
    #[serde(default)]
    #[schema(write_only, format = "password")]
    password: Option<String>,
    /// Whether we register at the provider.
    #[serde(default)]
    register: bool,
}

impl std::fmt::Debug for TrunkCredentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("TrunkCredentials").finish_non_exhaustive()
    }
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Trunk {
    id: Uuid,
    version: i64,
    #[serde(flatten)]
    fields: TrunkFields,
}

#[derive(Debug)]
pub(crate) enum Trunks {}

fn stored_credentials(row: &TrunkRow) -> Option<TrunkCredentials> {
    serde_json::from_value(row.credentials.expose().clone()).ok().flatten()
}

impl Noun for Trunks {
    type Row = TrunkRow;
    type Write = TrunkFields;
    type View = Trunk;
    type Extra = ();
    const COLLECTION: &'static str = "/v1/trunks";

    fn rows(store: &Store) -> Rows<'_, TrunkRow> {
        store.trunks()
    }
    fn typed(id: Uuid) -> TrunkId {
        TrunkId(id)
    }
    fn blank(id: Uuid, (): &()) -> TrunkRow {
        TrunkRow {
            id: TrunkId(id),
            version: 0,
            name: String::new(),
            host: String::new(),
            transport: "udp".to_owned(),
            credentials: Hidden::new(json!(null)),
            allow_from: json!([]),
            max_calls: None,
            codecs: json!([]),
        }
    }
    /// Without the password: whoever reads a trunk does not learn it.
    fn writable(row: &TrunkRow) -> TrunkFields {
        TrunkFields {
            name: row.name.clone(),
            host: row.host.clone(),
            transport: TransportWord::named(&row.transport),
            credentials: stored_credentials(row).map(|found| TrunkCredentials { password: None, ..found }),
            allow_from: serde_json::from_value(row.allow_from.clone()).unwrap_or_default(),
            max_calls: row.max_calls,
            codecs: serde_json::from_value(row.codecs.clone()).unwrap_or_default(),
        }
    }
    fn view(row: TrunkRow) -> Trunk {
        Trunk { id: row.id.0, version: row.version, fields: Self::writable(&row) }
    }
    fn check(write: &TrunkFields, change: &Change<'_, Self>) -> Result<(), Problem> {
        let mut complaints = Complaints::default();
        complaints.name("name", &write.name);
        let host = !write.host.is_empty()
            && write.host.len() <= 255
            && write.host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        complaints.unless(host, "host", "a host name or address, with :port where it is not 5060");
        complaints.unless(write.allow_from.len() <= 200, "allow_from", "at most 200 networks");
        complaints.unless(write.max_calls != Some(0), "max_calls", "at least 1, or null");
        if let Some(credentials) = &write.credentials {
            complaints.name("credentials.username", &credentials.username);
            let before = change.before.and_then(stored_credentials);
            // A password proves one name at one host: another name or host must not be shown the old one.
            let same = before.is_some_and(|stored| stored.username == credentials.username)
                && change.before.is_some_and(|row| row.host == write.host);
            complaints.unless(
                credentials.password.is_some() || same,
                "credentials.password",
                "needed with a new username or host",
            );
        }
        let mut codecs = write.codecs.clone();
        codecs.sort_unstable();
        codecs.dedup();
        complaints.unless(codecs.len() == write.codecs.len(), "codecs", "each codec once");
        complaints.done()
    }
    async fn extra(_: &TrunkFields, _: &Change<'_, Self>) -> Result<(), Problem> {
        Ok(())
    }
    fn apply(write: TrunkFields, (): &(), row: &mut TrunkRow) {
        let kept = stored_credentials(row).and_then(|credentials| credentials.password);
        let credentials = write.credentials.map(|given| TrunkCredentials {
            password: Some(given.password.or(kept).unwrap_or_default()),
            ..given
        });
        row.name = write.name.trim().to_owned();
        row.host = write.host;
        row.transport = write.transport.name().to_owned();
        row.credentials = Hidden::new(json!(credentials));
        row.allow_from = json!(write.allow_from);
        row.max_calls = write.max_calls;
        row.codecs = json!(write.codecs);
    }
}
