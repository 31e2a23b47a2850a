//! Keeps the organization's rows, in SQLite or Postgres, and the node's journal (both through sqlx, SeaORM's driver: one libsqlite3).

mod audit;
mod connect;
mod directory;
mod entity;
mod error;
mod flows;
mod hidden;
mod idempotency;
pub mod journal;
mod organization;
mod permission_sets;
mod presence_config;
mod queues;
mod rows;
mod saved_reports;
mod settings;
mod tokens;
mod trunks;
mod words;

pub use audit::{AuditChain, AuditEvent, AuditFilter};
pub use connect::{By, Store};
pub use directory::{ClientRow, Membership, Phone, SipCredentials, SkillRow, TeamRow, UserRow, UserSkill};
pub use error::StoreError;
pub use flows::{BusinessHoursRow, CallFlowRow, WrapUpCodeRow};
pub use hidden::Hidden;
pub use journal::{Append, CommandRecord, Journal, JournalError, Record};
pub use organization::OrganizationRows;
pub use permission_sets::PermissionSetRow;
pub use presence_config::{PresenceConfigRow, PresenceStatusRow};
pub use queues::QueueRow;
pub use rows::{Listed, Page, Row, RowId, Rows};
pub use saved_reports::SavedReportRow;
pub use settings::{CoachingVisible, Limits, SettingsRow};
pub use tokens::{RefreshTokenRow, Rotation};
pub use trunks::{NumberRow, NumberTarget, QuickConnectRow, QuickConnectTarget, TrunkRow};
pub use words::{DirectInternalCalls, HangUpWhileRinging, NumberAnswer, PhoneKind, PresenceKind, QueueKind};
