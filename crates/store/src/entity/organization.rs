//! What the organization decides once: settings, queues, presence.

entities! {
    organization_version = "organization_version" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        version: i64,
    }
    settings = "settings" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        version: i64,
        organization_name: String,
        time_zone: String,
        direct_internal_calls: String,
        limits: Json,
        agent_hangs_up_while_ringing: String,
        reattach_grace_seconds: i32,
        coaching_visible_to_agent: Json,
        training_gap_threshold_permille: i32,
        session_idle_minutes: i32,
        recording_notice: Json,
        more: Json,
    }
    queue = "queues" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        kind: String,
        routing: Json,
        wrap_up: Json,
        announcements: Json,
        max_size: Option<i32>,
        service_level_seconds: i32,
        caller_id: Option<String>,
    }
    presence_status = "presence_statuses" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        kind: String,
        channels: Json,
        sort: i32,
    }
    presence_config = "presence_configs" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        decline_enabled: bool,
        decline_reasons: Json,
        status_on_decline_id: Option<Uuid>,
        status_on_push_timeout_id: Option<Uuid>,
        missed_before_pause: Option<i32>,
        offers: Json,
    }
    saved_report = "saved_reports" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        folder: String,
        owner_id: Uuid,
        request: Json,
        shared_with: Json,
    }
    report_schedule = "report_schedules" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        saved_report_id: Uuid,
        owner_id: Uuid,
        enabled: bool,
        timing: Json,
        format: String,
        delivery: Json,
        secret: Option<String>,
        since: i64,
        paused_reason: Option<String>,
    }
    alert_rule = "alert_rules" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        kind: String,
        enabled: bool,
        severity: String,
        queue_ids: Json,
        condition: Json,
    }
}
