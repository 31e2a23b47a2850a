//! A server of one's own for each test, and clients that are somebody.

use std::{
    collections::BTreeSet,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    time::Duration,
};

use access::{Claims, Permission, Reach, Scope, SigningKey, SubjectKind, VerifyingKeys};
use callcontrol::Organization;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use store::{
    By, Hidden, Journal, PermissionSetRow, Phone, PhoneKind, PresenceKind, PresenceStatusRow, Store, UserRow,
};
use terms::{PermissionSetId, PresenceStatusId, TeamId, Timestamp, UserId};
use uuid::Uuid;

pub(crate) const PASSWORD: &str = "correct horse battery";
pub(crate) const AVAILABLE: PresenceStatusId = PresenceStatusId::from_number(0x51);
const STARTED: i64 = 1_800_000_000_000;
const WAIT: Duration = Duration::from_secs(10);

/// Where the organization is kept.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Database {
    Sqlite,
    Postgres,
}

pub(crate) struct Stage {
    pub(crate) store: Store,
    pub(crate) http: SocketAddr,
    pub(crate) https: Option<SocketAddr>,
    pub(crate) sip: SocketAddr,
    pub(crate) directory: PathBuf,
    pub(crate) journal: Journal,
    clock: Arc<AtomicI64>,
    signing: Arc<SigningKey>,
    client: reqwest::Client,
    _running: api::Running,
    _signaling: signaling::Handle,
    _media: media::Handle,
}

impl Drop for Stage {
    fn drop(&mut self) {
        // Leaving it behind would only cost disk.
        let _ = std::fs::remove_dir_all(&self.directory);
    }
}

fn fresh_directory() -> PathBuf {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let path = std::env::temp_dir().join(format!("tandem-api-{}-{number}", std::process::id()));
    std::fs::create_dir_all(&path).unwrap();
    path
}

/// RTP ports of this test's server, apart from those of tests that run beside it.
fn media_ports() -> media::PortRange {
    static NEXT: Mutex<u16> = Mutex::new(0);
    let mut next = NEXT.lock().unwrap();
    let first = 41_000 + *next * 20;
    *next += 1;
    media::PortRange { first, last: first + 19 }
}

impl Stage {
    pub(crate) async fn start() -> Self {
        Self::start_with(|_| {}).await
    }

    pub(crate) async fn start_with(change: impl FnOnce(&mut api::Config)) -> Self {
        Self::start_at(Database::Sqlite, STARTED, change, |_, _| {}).await
    }

    pub(crate) async fn start_on(database: Database) -> Self {
        Self::start_at(database, STARTED, |_| {}, |_, _| {}).await
    }

    /// At a time of the test's own; `send` says what may leave the house, with a directory of the test's own.
    pub(crate) async fn start_at(
        database: Database,
        started: i64,
        change: impl FnOnce(&mut api::Config),
        send: impl FnOnce(&mut api::Outgoing, &std::path::Path),
    ) -> Self {
        let directory = fresh_directory();
        let mut outgoing = api::Outgoing::default();
        outgoing.exports.directory = directory.join("exports");
        send(&mut outgoing, &directory);
        let url = match database {
            Database::Sqlite => format!("sqlite://{}/organization.db?mode=rwc", directory.display()),
            Database::Postgres => crate::postgres::new_database().await,
        };
        let store = Store::connect(&url).await.unwrap();
        let status = PresenceStatusRow {
            id: AVAILABLE,
            version: 0,
            name: "Available".into(),
            kind: PresenceKind::Online,
            channels: json!(["voice"]),
            sort: 1,
        };
        store.presence_statuses().create(status, &By::system(Timestamp::from_ms(started))).await.unwrap();
        let journal = Journal::open(&directory.join("journal.db")).await.unwrap();
        let organization = Arc::new(Organization::from_rows(&store.load_organization().await.unwrap()));
        let media_config = media::Config {
            port_range: media_ports(),
            threads: Some(1),
            messages: directory.join("messages"),
            ..media::Config::default()
        };
        let (media, sounds) = media::Handle::start(media_config).unwrap();
        let sip_config = signaling::Config {
            listen_udp: SocketAddr::from(([127, 0, 0, 1], 0)),
            ..signaling::Config::default()
        };
        let (signaling, wires) =
            signaling::Handle::start(sip_config, organization.phonebook()).await.unwrap();
        let clock = Arc::new(AtomicI64::new(started));
        let read = Arc::clone(&clock);
        let clock_face: api::Clock = Arc::new(move || Timestamp::from_ms(read.load(Ordering::Relaxed)));
        let parts = callcontrol::Parts {
            journal: journal.clone(),
            organization,
            signaling: signaling.clone(),
            wires,
            media: media.clone(),
            sounds,
            clock: clock_face.clone(),
        };
        let (calls, _shard) = callcontrol::start(parts).await.unwrap();
        let signing = Arc::new(SigningKey::from_seed(&[7; 32], "tandem", "tandem").unwrap());
        let wiring = api::Wiring {
            messages: directory.join("messages"),
            store: store.clone(),
            archive: Arc::new(reporting::ledger::Archive::new(store.clone())),
            calls,
            signaling: signaling.clone(),
            journal: journal.clone(),
            verifying: VerifyingKeys::new([&*signing]).unwrap(),
            signing: Arc::clone(&signing),
            clock: clock_face,
            sip_realm: "tandem".into(),
            outgoing,
            metrics: Arc::new(|| "up 1\n".into()),
            not_ready: Arc::new(|| None),
        };
        let mut config =
            api::Config { listen: SocketAddr::from(([127, 0, 0, 1], 0)), ..api::Config::default() };
        change(&mut config);
        let running = api::serve(config, wiring).await.unwrap();
        Self {
            store,
            http: running.address(),
            https: running.secure_address(),
            sip: signaling.addresses().udp,
            clock,
            signing,
            journal,
            client: reqwest::Client::new(),
            directory,
            _running: running,
            _signaling: signaling,
            _media: media,
        }
    }

    pub(crate) fn now(&self) -> Timestamp {
        Timestamp::from_ms(self.clock.load(Ordering::Relaxed))
    }

    pub(crate) fn later(&self, ms: i64) {
        self.clock.fetch_add(ms, Ordering::Relaxed);
    }

    fn by(&self) -> By {
        By::system(self.now())
    }

    /// A user with exactly these permissions, everywhere, who is signed in.
    pub(crate) async fn user(&self, name: &str, grants: &[Permission]) -> Client<'_> {
        self.user_within(name, grants, None, Scope::EVERYTHING).await
    }

    pub(crate) async fn user_within(
        &self,
        name: &str,
        grants: &[Permission],
        team: Option<TeamId>,
        scope: Scope,
    ) -> Client<'_> {
        let set = PermissionSetRow {
            id: PermissionSetId(Uuid::new_v4()),
            version: 0,
            name: format!("set of {name}"),
            description: String::new(),
            built_in: false,
            grants: json!(grants.iter().collect::<BTreeSet<_>>()),
            scope: json!(scope),
        };
        let set = self.store.permission_sets().create(set, &self.by()).await.unwrap();
        let row = UserRow {
            id: UserId(Uuid::new_v4()),
            version: 0,
            username: name.into(),
            display_name: name.to_uppercase(),
            password_hash: Some(Hidden::new(access::password::hash(PASSWORD, b"0123456789abcdef").unwrap())),
            email: None,
            extension: None,
            tier: Some(1),
            team_id: team,
            skills: Vec::new(),
            queues: Vec::new(),
            permission_set_ids: vec![set.id],
            presence_config_id: None,
            phone: Phone { kind: PhoneKind::DeskPhone, auto_answer_seconds: None },
            sip: None,
        };
        let row = self.store.users().create(row, &self.by()).await.unwrap();
        // Signing in makes the server look at the rows that were written behind its back.
        let signed_in = self.sign_in(name, PASSWORD).await;
        assert_eq!(signed_in.status, 200, "{signed_in:?}");
        Client { stage: self, token: self.token_of(row.id), user: row.id, set: set.id }
    }

    /// Signed by the server's own key, since hashing passwords takes its time.
    pub(crate) fn token_of(&self, user: UserId) -> String {
        let claims =
            Claims::new(&self.signing, SubjectKind::User, user.0, Uuid::new_v4(), self.now(), 3_600_000);
        access::token::sign(&self.signing, &claims).unwrap()
    }

    pub(crate) async fn sign_in(&self, username: &str, password: &str) -> Heard {
        self.form(
            "/oauth/token",
            &[("grant_type", "password"), ("username", username), ("password", password)],
        )
        .await
    }

    pub(crate) async fn form(&self, path: &str, fields: &[(&str, &str)]) -> Heard {
        let request = self.client.post(self.url(path)).form(fields);
        Heard::from(request.send().await.unwrap()).await
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.http)
    }

    /// Nobody in particular asks.
    pub(crate) async fn anonymous(&self, method: Method, path: &str) -> Heard {
        Heard::from(self.client.request(method, self.url(path)).send().await.unwrap()).await
    }
}

/// Somebody who is signed in.
pub(crate) struct Client<'a> {
    stage: &'a Stage,
    pub(crate) token: String,
    pub(crate) user: UserId,
    pub(crate) set: PermissionSetId,
}

impl Client<'_> {
    /// With a token of now.
    pub(crate) fn renewed(self) -> Self {
        Self { token: self.stage.token_of(self.user), ..self }
    }
    pub(crate) async fn ask(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&Value>,
    ) -> Heard {
        let mut request = self.stage.client.request(method, self.stage.url(path)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        Heard::from(request.send().await.unwrap()).await
    }
    /// A body that is no JSON.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Heard {
        let mut request = self.stage.client.request(method, self.stage.url(path)).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Heard::from(request.body(body).send().await.unwrap()).await
    }
    pub(crate) async fn get(&self, path: &str) -> Heard {
        self.ask(Method::GET, path, &[], None).await
    }
    pub(crate) async fn post(&self, path: &str, body: Value) -> Heard {
        self.ask(Method::POST, path, &[], Some(&body)).await
    }
    pub(crate) async fn put(&self, path: &str, body: Value) -> Heard {
        self.ask(Method::PUT, path, &[], Some(&body)).await
    }
    pub(crate) async fn patch(&self, path: &str, body: Value) -> Heard {
        self.ask(Method::PATCH, path, &[], Some(&body)).await
    }
    pub(crate) async fn delete(&self, path: &str) -> Heard {
        self.ask(Method::DELETE, path, &[], None).await
    }

    /// Asks until the answer is as wished, for as long as a person would wait.
    pub(crate) async fn until(&self, path: &str, wish: impl Fn(&Value) -> bool) -> Value {
        let asking = async {
            loop {
                let heard = self.get(path).await;
                if heard.status == 200 && wish(&heard.body) {
                    return heard.body;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(WAIT, asking).await.expect("the wish never came true")
    }
}

/// What the server said.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) status: StatusCode,
    pub(crate) headers: reqwest::header::HeaderMap,
    pub(crate) text: String,
    /// Null where it is no JSON.
    pub(crate) body: Value,
}

impl Heard {
    async fn from(response: reqwest::Response) -> Self {
        let (status, headers) = (response.status(), response.headers().clone());
        let text = response.text().await.unwrap();
        let body = serde_json::from_str(&text).unwrap_or_default();
        Self { status, headers, text, body }
    }
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
    pub(crate) fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or("")
    }
    /// A refusal with this status and code, in the form of the contract.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, code: &str) {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{}", self.text);
        assert_eq!(self.header("content-type"), "application/problem+json");
        assert_eq!(self.body["status"], status);
        for field in ["type", "title", "detail"] {
            assert!(self.body[field].is_string(), "{field}: {}", self.text);
        }
    }
    #[track_caller]
    pub(crate) fn is(&self, status: u16) -> &Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        &self.body
    }
    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.body["id"].as_str().unwrap_or_else(|| panic!("no id: {}", self.text)).to_owned()
    }
}

/// All teams or these, all queues.
pub(crate) fn teams(teams: &[TeamId]) -> Scope {
    Scope { teams: Reach::Only(teams.iter().copied().collect()), queues: Reach::All }
}
