//! Users and what hangs on them.

entities! {
    team = "teams" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
    }
    skill = "skills" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
    }
    permission_set = "permission_sets" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        description: String,
        built_in: bool,
        grants: Json,
        scope: Json,
    }
    user = "users" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        username: String,
        display_name: String,
        password_hash: Option<String>,
        email: Option<String>,
        tier: Option<i32>,
        team_id: Option<Uuid>,
        presence_config_id: Option<Uuid>,
        phone_kind: String,
        auto_answer_seconds: Option<i32>,
        sip_username: Option<String>,
        sip_ha1_md5: Option<String>,
        sip_ha1_sha256: Option<String>,
    }
    /// One number names either a user or a queue.
    extension = "extensions" {
        #[sea_orm(primary_key, auto_increment = false)]
        extension: String,
        user_id: Option<Uuid>,
        queue_id: Option<Uuid>,
    }
    user_skill = "user_skills" {
        #[sea_orm(primary_key, auto_increment = false)]
        user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        skill_id: Uuid,
        level: i32,
    }
    user_queue = "user_queues" {
        #[sea_orm(primary_key, auto_increment = false)]
        user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        queue_id: Uuid,
        priority: i32,
        delay_seconds: i32,
    }
    user_permission_set = "user_permission_sets" {
        #[sea_orm(primary_key, auto_increment = false)]
        user_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        permission_set_id: Uuid,
    }
    client = "clients" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        secret_hash: String,
    }
    client_permission_set = "client_permission_sets" {
        #[sea_orm(primary_key, auto_increment = false)]
        client_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        permission_set_id: Uuid,
    }
}
