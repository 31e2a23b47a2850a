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
}
