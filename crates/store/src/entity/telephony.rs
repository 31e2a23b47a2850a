//! How calls come in and where they can be sent.

entities! {
    quick_connect = "quick_connects" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        user_id: Option<Uuid>,
        queue_id: Option<Uuid>,
        phone_number: Option<String>,
    }
    trunk = "trunks" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        host: String,
        transport: String,
        credentials: Json,
        allow_from: Json,
        max_calls: Option<i32>,
        codecs: Json,
    }
    call_flow = "call_flows" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        steps: Json,
    }
    number = "numbers" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        e164: String,
        answer: String,
        call_flow_id: Option<Uuid>,
        queue_id: Option<Uuid>,
        user_id: Option<Uuid>,
        trunk_id: Option<Uuid>,
    }
    business_hours = "business_hours" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        time_zone: String,
        hours: Json,
    }
    prompt = "prompts" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        language: Option<String>,
        created_by: Option<Uuid>,
        created_at: i64,
    }
    prompt_sound = "prompt_sounds" {
        #[sea_orm(primary_key)]
        number: i32,
        prompt_id: Uuid,
        duration_ms: i64,
        wav: Vec<u8>,
    }
    wrap_up_code = "wrap_up_codes" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        version: i64,
        name: String,
        sort: i32,
    }
}
