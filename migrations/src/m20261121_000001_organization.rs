//! People, queues, trunks, numbers and everything else an administrator edits.

use sea_orm_migration::{prelude::*, schema::*};

use crate::table::{
    Cascade, Restrict, SetNull, drop_all, foreign_key, index, resource, unique_ignoring_case,
};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// In the order of creation.
const TABLES: &[&str] = &[
    "organization_version",
    "settings",
    "teams",
    "skills",
    "permission_sets",
    "presence_statuses",
    "presence_configs",
    "users",
    "queues",
    "extensions",
    "user_skills",
    "user_queues",
    "user_permission_sets",
    "clients",
    "client_permission_sets",
    "quick_connects",
    "trunks",
    "call_flows",
    "numbers",
    "business_hours",
    "wrap_up_codes",
];

/// Tables with a unique `name`.
const NAMED: &[&str] = &[
    "teams",
    "skills",
    "permission_sets",
    "presence_statuses",
    "presence_configs",
    "queues",
    "clients",
    "quick_connects",
    "trunks",
    "call_flows",
    "business_hours",
    "wrap_up_codes",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let groups = [whole(), presence(), people(), queues(), memberships(), clients(), telephony()];
        for table in groups.into_iter().flatten() {
            manager.create_table(table).await?;
        }
        for table in NAMED {
            unique_ignoring_case(manager, table, "name").await?;
        }
        unique_ignoring_case(manager, "users", "username").await?;
        unique_ignoring_case(manager, "users", "sip_username").await?;
        for (table, column) in [
            ("users", "team_id"),
            ("user_skills", "skill_id"),
            ("user_queues", "queue_id"),
            ("user_permission_sets", "permission_set_id"),
        ] {
            manager.create_index(index(table, &[column])).await?;
        }
        let first = "INSERT INTO organization_version (id, version) VALUES (1, 0)";
        manager.get_connection().execute_unprepared(first).await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        drop_all(manager, TABLES).await
    }

    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }
}

/// What exists once: the counter that every write moves, and the settings.
fn whole() -> Vec<TableCreateStatement> {
    let counter = Table::create()
        .table("organization_version")
        .col(integer("id").primary_key())
        .col(big_integer("version"))
        .to_owned();
    let settings = Table::create()
        .table("settings")
        .col(integer("id").primary_key())
        .col(big_integer("version"))
        .col(text("organization_name"))
        .col(text("time_zone"))
        .col(text("direct_internal_calls"))
        .col(json_binary("limits"))
        .col(text("agent_hangs_up_while_ringing"))
        .col(integer("reattach_grace_seconds"))
        .col(json_binary("coaching_visible_to_agent"))
        .col(integer("training_gap_threshold_permille"))
        .col(integer("session_idle_minutes"))
        .col(json_binary("recording_notice"))
        .col(json_binary("more"))
        .to_owned();
    vec![counter, settings]
}

fn presence() -> Vec<TableCreateStatement> {
    let statuses = resource("presence_statuses")
        .col(text("name"))
        .col(text("kind"))
        .col(json_binary("channels"))
        .col(integer("sort"))
        .to_owned();
    let configs = resource("presence_configs")
        .col(text("name"))
        .col(boolean("decline_enabled"))
        .col(json_binary("decline_reasons"))
        .col(uuid_null("status_on_decline_id"))
        .col(uuid_null("status_on_push_timeout_id"))
        .col(integer_null("missed_before_pause"))
        .foreign_key(&mut foreign_key(
            "presence_configs",
            "status_on_decline_id",
            "presence_statuses",
            Restrict,
        ))
        .foreign_key(&mut foreign_key(
            "presence_configs",
            "status_on_push_timeout_id",
            "presence_statuses",
            Restrict,
        ))
        .to_owned();
    vec![statuses, configs]
}

fn people() -> Vec<TableCreateStatement> {
    let teams = resource("teams").col(text("name")).to_owned();
    let skills = resource("skills").col(text("name")).to_owned();
    let sets = resource("permission_sets")
        .col(text("name"))
        .col(text("description"))
        .col(boolean("built_in"))
        .col(json_binary("grants"))
        .col(json_binary("scope"))
        .to_owned();
    let users = resource("users")
        .col(text("username"))
        .col(text("display_name"))
        .col(text_null("password_hash"))
        .col(text_null("email"))
        .col(integer_null("tier"))
        .col(uuid_null("team_id"))
        .col(uuid_null("presence_config_id"))
        .col(text("phone_kind"))
        .col(integer_null("auto_answer_seconds"))
        .col(text_null("sip_username"))
        .col(text_null("sip_ha1_md5"))
        .col(text_null("sip_ha1_sha256"))
        .foreign_key(&mut foreign_key("users", "team_id", "teams", Restrict))
        .foreign_key(&mut foreign_key("users", "presence_config_id", "presence_configs", Restrict))
        .to_owned();
    vec![teams, skills, sets, users]
}

/// Extensions have a table of their own, because one number names either a user or a queue.
fn queues() -> Vec<TableCreateStatement> {
    let queues = resource("queues")
        .col(text("name"))
        .col(text("kind"))
        .col(json_binary("routing"))
        .col(json_binary("wrap_up"))
        .col(json_binary("announcements"))
        .col(integer_null("max_size"))
        .col(integer("service_level_seconds"))
        .col(text_null("caller_id"))
        .to_owned();
    let extensions = Table::create()
        .table("extensions")
        .col(text("extension").primary_key())
        .col(uuid_null("user_id").unique_key())
        .col(uuid_null("queue_id").unique_key())
        .foreign_key(&mut foreign_key("extensions", "user_id", "users", Cascade))
        .foreign_key(&mut foreign_key("extensions", "queue_id", "queues", Cascade))
        .to_owned();
    vec![queues, extensions]
}

/// A row goes with its user; a queue takes its memberships along; a skill or permission set in use stays.
fn memberships() -> Vec<TableCreateStatement> {
    let skills = link("user_skills", ("user_id", "users"), ("skill_id", "skills"), Restrict)
        .col(integer("level"))
        .to_owned();
    let queues = link("user_queues", ("user_id", "users"), ("queue_id", "queues"), Cascade)
        .col(integer("priority"))
        .col(integer("delay_seconds"))
        .to_owned();
    let set = ("permission_set_id", "permission_sets");
    let sets = link("user_permission_sets", ("user_id", "users"), set, Restrict);
    vec![skills, queues, sets]
}

fn clients() -> Vec<TableCreateStatement> {
    let clients = resource("clients").col(text("name")).col(text("secret_hash")).to_owned();
    let set = ("permission_set_id", "permission_sets");
    let sets = link("client_permission_sets", ("client_id", "clients"), set, Restrict);
    vec![clients, sets]
}

fn link(
    table: &'static str,
    (owner, owners): (&'static str, &'static str),
    (other, others): (&'static str, &'static str),
    on_delete: ForeignKeyAction,
) -> TableCreateStatement {
    Table::create()
        .table(table)
        .col(uuid(owner))
        .col(uuid(other))
        .primary_key(Index::create().col(owner).col(other))
        .foreign_key(&mut foreign_key(table, owner, owners, Cascade))
        .foreign_key(&mut foreign_key(table, other, others, on_delete))
        .to_owned()
}

fn telephony() -> Vec<TableCreateStatement> {
    let quick_connects = resource("quick_connects")
        .col(text("name"))
        .col(uuid_null("user_id"))
        .col(uuid_null("queue_id"))
        .col(text_null("phone_number"))
        .foreign_key(&mut foreign_key("quick_connects", "user_id", "users", Cascade))
        .foreign_key(&mut foreign_key("quick_connects", "queue_id", "queues", Restrict))
        .to_owned();
    let trunks = resource("trunks")
        .col(text("name"))
        .col(text("host"))
        .col(text("transport"))
        .col(json_binary("credentials"))
        .col(json_binary("allow_from"))
        .col(integer_null("max_calls"))
        .col(json_binary("codecs"))
        .to_owned();
    let call_flows = resource("call_flows").col(text("name")).col(json_binary("steps")).to_owned();
    let numbers = resource("numbers")
        .col(text("e164").unique_key())
        .col(text("answer"))
        .col(uuid_null("call_flow_id"))
        .col(uuid_null("queue_id"))
        .col(uuid_null("user_id"))
        .col(uuid_null("trunk_id"))
        .foreign_key(&mut foreign_key("numbers", "call_flow_id", "call_flows", Restrict))
        .foreign_key(&mut foreign_key("numbers", "queue_id", "queues", Restrict))
        .foreign_key(&mut foreign_key("numbers", "user_id", "users", Restrict))
        .foreign_key(&mut foreign_key("numbers", "trunk_id", "trunks", SetNull))
        .to_owned();
    let business_hours = resource("business_hours")
        .col(text("name"))
        .col(text("time_zone"))
        .col(json_binary("hours"))
        .to_owned();
    let wrap_up_codes = resource("wrap_up_codes").col(text("name")).col(integer("sort")).to_owned();
    vec![quick_connects, trunks, call_flows, numbers, business_hours, wrap_up_codes]
}
