//! What can go wrong with rows, and what the caller can do about it.

use sea_orm::{ConnAcquireErr, DbErr, RuntimeErr, sqlx};

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No such row: it never was, or somebody deleted it.
    #[error("there is no such {noun}")]
    NotFound { noun: &'static str },
    /// Somebody changed the row first: read it again and decide again.
    #[error("the row is at version {current} by now")]
    Stale { current: i64 },
    /// Another row has this value: choose another.
    #[error("this {field} is taken")]
    Taken { field: String },
    /// The row names something that does not exist.
    #[error("{field} names nothing that exists")]
    Unknown { field: &'static str },
    /// Others still point at the row: change those first.
    #[error("still in use by {by}")]
    InUse { by: &'static str },
    /// The idempotency key had its effect before: give the remembered answer.
    #[error("the command {key} is already remembered")]
    CommandKnown { key: String },
    /// The cursor did not come from this list.
    #[error("the cursor does not belong to this list")]
    BadCursor,
    /// Written by a newer release or by hand: the row cannot be understood.
    #[error("the stored {what} cannot be understood")]
    Unreadable { what: &'static str },
    /// The URL names no database this build can use.
    #[error("the database URL must start with sqlite: or postgres:")]
    Url,
    #[error("the database's directory cannot be made: {0}")]
    File(#[from] std::io::Error),
    /// Too many write, or no connection is free: nothing was changed, try again in a moment.
    #[error("the database has too much to do")]
    Overloaded,
    /// The database did not answer, or the schema could not be brought up to date: try again later.
    #[error("the database failed: {0}")]
    Database(DbErr),
}

impl From<DbErr> for StoreError {
    fn from(error: DbErr) -> Self {
        match taken(&error) {
            Some(field) => StoreError::Taken { field },
            None if is_crowded(&error) => StoreError::Overloaded,
            None => StoreError::Database(error),
        }
    }
}

/// No connection came free in time, or SQLite's writer (SQLITE_BUSY and its extended forms end in 5).
fn is_crowded(error: &DbErr) -> bool {
    let busy = |code: &str| code.parse::<u32>().is_ok_and(|code| code & 0xff == 5);
    match error {
        DbErr::ConnectionAcquire(ConnAcquireErr::Timeout) => true,
        _ => violation(error).and_then(|broken| broken.code()).is_some_and(|code| busy(&code)),
    }
}

fn violation(error: &DbErr) -> Option<&dyn sqlx::error::DatabaseError> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(inner)) | DbErr::Query(RuntimeErr::SqlxError(inner)) => {
            match inner.as_ref() {
                sqlx::Error::Database(broken) => Some(broken.as_ref()),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The field whose uniqueness broke, from the constraint's name (Postgres) or the message (SQLite).
fn taken(error: &DbErr) -> Option<String> {
    let broken = violation(error).filter(|broken| broken.is_unique_violation())?;
    let table_and_column = match broken.constraint() {
        Some(name) => name.to_owned(),
        None => broken.message().rsplit(": ").next()?.to_owned(),
    };
    Some(field_of(&table_and_column))
}

/// `users.username`, `index 'users_username_key'`, `users_username_key` and `extensions_pkey` name a field.
fn field_of(text: &str) -> String {
    let name = text.trim_start_matches("index ").trim_matches('\'');
    for (table, field) in LISTS {
        if name.starts_with(table) {
            return (*field).to_owned();
        }
    }
    if let Some((_, column)) = name.split_once('.') {
        return column.split(',').next().unwrap_or(column).to_owned();
    }
    if name == "extensions_pkey" {
        return "extension".to_owned();
    }
    let column = name
        .strip_suffix("_key")
        .and_then(|bare| TABLES.iter().find_map(|table| bare.strip_prefix(table)?.strip_prefix('_')));
    column.unwrap_or("id").to_owned()
}

/// Tables that hold a list of their owner, in which one thing stands once.
const LISTS: &[(&str, &str)] = &[
    ("user_skills", "skills"),
    ("user_queues", "queues"),
    ("user_permission_sets", "permission_set_ids"),
    ("client_permission_sets", "permission_set_ids"),
];

/// Tables with a unique column that people choose.
const TABLES: &[&str] = &[
    "users",
    "teams",
    "skills",
    "queues",
    "permission_sets",
    "presence_statuses",
    "presence_configs",
    "clients",
    "quick_connects",
    "trunks",
    "call_flows",
    "numbers",
    "business_hours",
    "wrap_up_codes",
    "prompts",
];

/// SQLite reports `ON DELETE RESTRICT` as a broken trigger (SQLITE_CONSTRAINT_TRIGGER); there are no other triggers.
const SQLITE_RESTRICTED: &str = "1811";

pub(crate) fn breaks_foreign_key(error: &StoreError) -> bool {
    let StoreError::Database(error) = error else { return false };
    violation(error).is_some_and(|broken| {
        broken.is_foreign_key_violation() || broken.code().as_deref() == Some(SQLITE_RESTRICTED)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_pool_is_no_fault_of_the_database() {
        let full = DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        assert!(matches!(StoreError::from(full), StoreError::Overloaded));
        let gone = DbErr::ConnectionAcquire(ConnAcquireErr::ConnectionClosed);
        assert!(matches!(StoreError::from(gone), StoreError::Database(_)));
    }

    #[test]
    fn the_taken_field_is_read_from_what_both_databases_say() {
        assert_eq!(field_of("users.username"), "username");
        assert_eq!(field_of("index 'users_username_key'"), "username");
        assert_eq!(field_of("index 'prompts_name_key'"), "name");
        assert_eq!(field_of("users_sip_username_key"), "sip_username");
        assert_eq!(field_of("extensions_pkey"), "extension");
        assert_eq!(field_of("extensions.extension"), "extension");
        assert_eq!(field_of("user_skills_pkey"), "skills");
        assert_eq!(field_of("user_skills.user_id, user_skills.skill_id"), "skills");
        assert_eq!(field_of("users_pkey"), "id");
    }
}
