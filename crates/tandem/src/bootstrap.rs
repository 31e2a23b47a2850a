//! The first start: built-in permission sets, presence statuses, and an administrator to begin with.

use std::{fs, io::Write, path::Path};

use access::{
    Scope, SigningKey,
    permission_set::{ADMINISTRATOR, BUILT_IN},
};
use anyhow::Context;
use rand::Rng;
use store::{
    By, Hidden, PermissionSetRow, Phone, PhoneKind, PresenceKind, PresenceStatusRow, Store, UserRow,
};
use terms::{PermissionSetId, PresenceStatusId, Timestamp, UserId};
use uuid::Uuid;

use crate::config::Config;

/// The presence statuses every organization starts with.
pub const AVAILABLE: PresenceStatusId = PresenceStatusId::from_number(0x7a6d_1001);
pub const ON_BREAK: PresenceStatusId = PresenceStatusId::from_number(0x7a6d_1002);
pub const DO_NOT_DISTURB: PresenceStatusId = PresenceStatusId::from_number(0x7a6d_1003);
pub const OFFLINE: PresenceStatusId = PresenceStatusId::from_number(0x7a6d_1004);

/// What people are called in tokens.
pub const ISSUER: &str = "tandem";

/// Makes what is missing; a second start changes nothing. Says the random password once, where one was made.
pub async fn prepare(config: &Config, store: &Store, now: Timestamp) -> anyhow::Result<Option<String>> {
    let by = By::system(now);
    let rows = store.load_organization().await?;
    for built_in in BUILT_IN {
        if !rows.permission_sets.iter().any(|row| row.id == built_in.id) {
            store.permission_sets().create(permission_set(&built_in)?, &by).await?;
        }
    }
    if rows.presence_statuses.is_empty() {
        for row in statuses() {
            store.presence_statuses().create(row, &by).await?;
        }
    }
    if !rows.users.is_empty() {
        return Ok(None);
    }
    let (password, said) = match &config.bootstrap.admin_password {
        Some(password) => (password.clone(), None),
        None => {
            let random = random_password();
            (random.clone(), Some(random))
        }
    };
    let mut administrator = user(&config.bootstrap.admin_username, "Administrator");
    administrator.password_hash = Some(Hidden::new(hash(&password)?));
    administrator.permission_set_ids = vec![ADMINISTRATOR.id];
    store.users().create(administrator, &by).await.context("creating the first administrator")?;
    Ok(said)
}

fn permission_set(built_in: &access::permission_set::BuiltIn) -> anyhow::Result<PermissionSetRow> {
    Ok(PermissionSetRow {
        id: PermissionSetId(built_in.id.0),
        version: 0,
        name: built_in.name.to_owned(),
        description: String::new(),
        built_in: true,
        grants: serde_json::to_value(built_in.grants)?,
        scope: serde_json::to_value(Scope::EVERYTHING)?,
    })
}

fn statuses() -> [PresenceStatusRow; 4] {
    let row = |id, name: &str, kind, sort| PresenceStatusRow {
        id,
        version: 0,
        name: name.to_owned(),
        kind,
        channels: if kind == PresenceKind::Online {
            serde_json::json!(["voice"])
        } else {
            serde_json::json!([])
        },
        sort,
    };
    [
        row(AVAILABLE, "Available", PresenceKind::Online, 1),
        row(ON_BREAK, "On break", PresenceKind::Busy, 2),
        row(DO_NOT_DISTURB, "Do not disturb", PresenceKind::Dnd, 3),
        row(OFFLINE, "Offline", PresenceKind::Offline, 4),
    ]
}

/// A user with nothing but names.
pub fn user(username: &str, display_name: &str) -> UserRow {
    UserRow {
        id: UserId(Uuid::now_v7()),
        version: 0,
        username: username.to_owned(),
        display_name: display_name.to_owned(),
        password_hash: None,
        email: None,
        extension: None,
        tier: None,
        team_id: None,
        skills: Vec::new(),
        queues: Vec::new(),
        permission_set_ids: Vec::new(),
        presence_config_id: None,
        phone: Phone { kind: PhoneKind::DeskPhone, auto_answer_seconds: None },
        sip: None,
    }
}

pub fn hash(password: &str) -> anyhow::Result<String> {
    let mut salt = [0_u8; access::password::SALT_BYTES];
    rand::rng().fill(&mut salt[..]);
    access::password::hash(password, &salt).context("hashing a password")
}

/// 20 characters of 31: about 99 bits.
fn random_password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut random = rand::rng();
    (0..20).map(|_| char::from(LETTERS[random.random_range(0..LETTERS.len())])).collect()
}

/// The key that signs tokens, made at the first start and readable by this user only.
pub fn signing_key(path: &Path) -> anyhow::Result<SigningKey> {
    let seed: [u8; 32] = match fs::read(path) {
        Ok(bytes) => bytes.try_into().map_err(|_| {
            anyhow::anyhow!(
                "{} is not a signing key of 32 bytes; remove it to make a new one",
                path.display()
            )
        })?,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => make_seed(path)?,
        Err(error) => return Err(error).with_context(|| format!("reading {}", path.display())),
    };
    Ok(SigningKey::from_seed(&seed, ISSUER, ISSUER)?)
}

fn make_seed(path: &Path) -> anyhow::Result<[u8; 32]> {
    use std::os::unix::fs::OpenOptionsExt;
    let mut seed = [0_u8; 32];
    rand::rng().fill(&mut seed);
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(&seed)?;
    file.sync_all()?;
    Ok(seed)
}
