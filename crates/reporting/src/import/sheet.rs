//! Rows as each database takes them fastest: Postgres' binary COPY, SQLite's INSERT of many rows.

use std::sync::Arc;

use sea_orm::{
    DbBackend, DbErr, EntityTrait, IdenStatic, Iterable, ModelTrait, Value,
    sqlx::{Arguments, sqlite::SqliteArguments},
};
use uuid::Uuid;

use super::NAMES;
use crate::{
    entity::{call_leg, coaching_interval, conversation, hold, leg_segment, voice_call},
    rows::RowSet,
};

/// Values of one INSERT: more make a statement no faster, and SQLite takes 32,766.
const VALUES: usize = 4_000;

/// Rows of one table, ready to be sent.
#[derive(Debug)]
pub(super) enum Sheet {
    /// Postgres: the statement, and what follows it.
    Copy(String, Vec<u8>),
    /// SQLite: equal numbers of rows have an equal statement, which is prepared once.
    Insert(Arc<str>, SqliteArguments),
}

/// Gathers the rows of whole conversations.
#[derive(Debug)]
pub(super) struct Sheets {
    conversations: Filling,
    voice_calls: Filling,
    call_legs: Filling,
    segments: Filling,
    coaching_intervals: Filling,
    holds: Filling,
    full: Vec<Sheet>,
}

impl Sheets {
    pub(super) fn new(backend: DbBackend) -> Self {
        Self {
            conversations: Filling::new::<conversation::Entity>(backend),
            voice_calls: Filling::new::<voice_call::Entity>(backend),
            call_legs: Filling::new::<call_leg::Entity>(backend),
            segments: Filling::new::<leg_segment::Entity>(backend),
            coaching_intervals: Filling::new::<coaching_interval::Entity>(backend),
            holds: Filling::new::<hold::Entity>(backend),
            full: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, rows: &RowSet) -> Result<(), DbErr> {
        self.conversations.add(&rows.conversations, &mut self.full)?;
        self.voice_calls.add(&rows.voice_calls, &mut self.full)?;
        self.call_legs.add(&rows.call_legs, &mut self.full)?;
        self.segments.add(&rows.segments, &mut self.full)?;
        self.coaching_intervals.add(&rows.coaching_intervals, &mut self.full)?;
        self.holds.add(&rows.holds, &mut self.full)
    }

    /// What was gathered; gathering begins anew.
    pub(super) fn take(&mut self) -> Vec<Sheet> {
        let open = [
            &mut self.conversations,
            &mut self.voice_calls,
            &mut self.call_legs,
            &mut self.segments,
            &mut self.coaching_intervals,
            &mut self.holds,
        ];
        for filling in open {
            self.full.extend(filling.close());
        }
        std::mem::take(&mut self.full)
    }
}

/// Rows of a single table.
pub(super) fn sheets_of<M: ModelTrait>(backend: DbBackend, rows: &[M]) -> Result<Vec<Sheet>, DbErr> {
    let (mut filling, mut full) = (Filling::new::<M::Entity>(backend), Vec::new());
    filling.add(rows, &mut full)?;
    full.extend(filling.close());
    Ok(full)
}

/// Changes when any of these rows does.
pub(super) fn fingerprint(rows: &RowSet, scratch: &mut Vec<u8>) -> Result<String, DbErr> {
    scratch.clear();
    copied(&rows.conversations, scratch)?;
    copied(&rows.voice_calls, scratch)?;
    copied(&rows.call_legs, scratch)?;
    copied(&rows.segments, scratch)?;
    copied(&rows.coaching_intervals, scratch)?;
    copied(&rows.holds, scratch)?;
    Ok(Uuid::new_v5(&NAMES, scratch).to_string())
}

fn copied<M: ModelTrait>(rows: &[M], into: &mut Vec<u8>) -> Result<(), DbErr> {
    for row in rows {
        for column in <M::Entity as EntityTrait>::Column::iter() {
            cell(into, row.get(column))?;
        }
    }
    Ok(())
}

#[derive(Debug)]
enum Body {
    Copy(Vec<u8>),
    Insert(SqliteArguments),
}

/// The sheet of one table that is being filled.
#[derive(Debug)]
struct Filling {
    /// `"table" ("column", …)`.
    into: String,
    columns: usize,
    /// Rows of a sheet that is full.
    most: usize,
    rows: usize,
    body: Body,
    full_statement: Arc<str>,
}

/// Every COPY begins so: a signature, no flags, no extension.
const BEGIN: &[u8] = b"PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0";
const END: &[u8] = &(-1_i16).to_be_bytes();

impl Filling {
    fn new<E: EntityTrait>(backend: DbBackend) -> Self {
        let names: Vec<String> = E::Column::iter().map(|column| format!("\"{}\"", column.as_str())).collect();
        let into = format!("\"{}\" ({})", E::default().table_name(), names.join(", "));
        let columns = names.len();
        let (most, body) = match backend {
            DbBackend::Postgres => (usize::MAX, Body::Copy(BEGIN.to_vec())),
            _ => ((VALUES / columns.max(1)).max(1), Body::Insert(SqliteArguments::default())),
        };
        let full_statement = match &body {
            Body::Copy(_) => Arc::default(),
            Body::Insert(_) => insert(&into, columns, most).into(),
        };
        Self { into, columns, most, rows: 0, body, full_statement }
    }

    fn add<M: ModelTrait>(&mut self, rows: &[M], full: &mut Vec<Sheet>) -> Result<(), DbErr> {
        for row in rows {
            let columns = <M::Entity as EntityTrait>::Column::iter();
            match &mut self.body {
                Body::Copy(bytes) => {
                    let count = i16::try_from(self.columns).unwrap_or(i16::MAX);
                    bytes.extend_from_slice(&count.to_be_bytes());
                    for column in columns {
                        cell(bytes, row.get(column))?;
                    }
                }
                Body::Insert(arguments) => {
                    for column in columns {
                        argument(arguments, row.get(column))?;
                    }
                }
            }
            self.rows += 1;
            if self.rows >= self.most {
                full.extend(self.close());
            }
        }
        Ok(())
    }

    /// None where there are no rows.
    fn close(&mut self) -> Option<Sheet> {
        let rows = std::mem::take(&mut self.rows);
        if rows == 0 {
            return None;
        }
        Some(match &mut self.body {
            Body::Copy(bytes) => {
                let mut bytes = std::mem::replace(bytes, BEGIN.to_vec());
                bytes.extend_from_slice(END);
                Sheet::Copy(format!("COPY {} FROM STDIN (FORMAT binary)", self.into), bytes)
            }
            Body::Insert(arguments) if rows == self.most => {
                Sheet::Insert(Arc::clone(&self.full_statement), std::mem::take(arguments))
            }
            Body::Insert(arguments) => {
                Sheet::Insert(insert(&self.into, self.columns, rows).into(), std::mem::take(arguments))
            }
        })
    }
}

fn insert(into: &str, columns: usize, rows: usize) -> String {
    let row = format!("({})", vec!["?"; columns].join(","));
    format!("INSERT INTO {into} VALUES {}", vec![row.as_str(); rows].join(","))
}

fn unknown(value: &Value) -> DbErr {
    DbErr::Type(format!("the import writes no values like {value:?}"))
}

/// A value as COPY takes it: its length, then its bytes.
fn cell(into: &mut Vec<u8>, value: Value) -> Result<(), DbErr> {
    fn sized(into: &mut Vec<u8>, parts: &[&[u8]]) {
        let length: usize = parts.iter().map(|part| part.len()).sum();
        into.extend_from_slice(&i32::try_from(length).unwrap_or(i32::MAX).to_be_bytes());
        parts.iter().for_each(|part| into.extend_from_slice(part));
    }
    match value {
        Value::Bool(Some(is)) => sized(into, &[&[u8::from(is)]]),
        Value::Int(Some(number)) => sized(into, &[&number.to_be_bytes()]),
        Value::BigInt(Some(number)) => sized(into, &[&number.to_be_bytes()]),
        Value::String(Some(text)) => sized(into, &[text.as_bytes()]),
        Value::Uuid(Some(id)) => sized(into, &[id.as_bytes()]),
        // The first byte is the version of jsonb's own form.
        Value::Json(Some(json)) => sized(into, &[&[1], json.to_string().as_bytes()]),
        Value::Bool(None)
        | Value::Int(None)
        | Value::BigInt(None)
        | Value::String(None)
        | Value::Uuid(None)
        | Value::Json(None) => into.extend_from_slice(&(-1_i32).to_be_bytes()),
        other => return Err(unknown(&other)),
    }
    Ok(())
}

/// A value as SeaORM, too, binds it on SQLite.
fn argument(into: &mut SqliteArguments, value: Value) -> Result<(), DbErr> {
    let added = match value {
        Value::Bool(is) => into.add(is),
        Value::Int(number) => into.add(number),
        Value::BigInt(number) => into.add(number),
        Value::String(text) => into.add(text),
        Value::Uuid(id) => into.add(id),
        Value::Json(json) => into.add(json.map(|json| json.to_string())),
        other => return Err(unknown(&other)),
    };
    added.map_err(|error| DbErr::Type(error.to_string()))
}
