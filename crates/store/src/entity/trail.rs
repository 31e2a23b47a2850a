//! Who changed what, who is signed in, which commands had their effect.

entities! {
    audit_head = "audit_head" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: i32,
        number: i64,
        hash: String,
    }
    audit_event = "audit_events" {
        #[sea_orm(primary_key, auto_increment = false)]
        number: i64,
        id: Uuid,
        at: i64,
        actor_id: Option<Uuid>,
        action: String,
        subject: String,
        before: Option<String>,
        after: Option<String>,
        hash: String,
    }
    refresh_token = "refresh_tokens" {
        #[sea_orm(primary_key, auto_increment = false)]
        token_hash: String,
        family: Uuid,
        user_id: Uuid,
        issued_at: i64,
        expires_at: i64,
        used_at: Option<i64>,
        revoked_at: Option<i64>,
    }
    idempotency = "idempotency" {
        #[sea_orm(primary_key, auto_increment = false)]
        principal: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        key: String,
        body_hash: String,
        answer: String,
        at: i64,
    }
    alert = "alerts" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        rule_id: Option<Uuid>,
        rule_name: String,
        kind: String,
        severity: String,
        subject: String,
        queue_id: Option<Uuid>,
        conversation_id: Option<Uuid>,
        team_id: Option<Uuid>,
        user_id: Option<Uuid>,
        threshold: f64,
        value: f64,
        worst: f64,
        raised_at: i64,
        cleared_at: Option<i64>,
        acknowledged_at: Option<i64>,
        acknowledged_by: Option<Uuid>,
    }
    report_run = "report_runs" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        schedule_id: Uuid,
        planned_for: i64,
        by_hand: bool,
        started_at: i64,
        ended_at: Option<i64>,
        outcome: String,
        attempts: i32,
        rows: Option<i64>,
        bytes: Option<i64>,
        detail: Option<String>,
    }
    report_export = "report_exports" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        owner_id: Uuid,
        name: String,
        format: String,
        request: Json,
        state: String,
        rows: Option<i64>,
        bytes: Option<i64>,
        detail: Option<String>,
        created_at: i64,
        ended_at: Option<i64>,
        expires_at: i64,
    }
}
