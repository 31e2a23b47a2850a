//! The tables that reports read, as SeaORM sees them. Times are milliseconds UTC, words those of the API.

macro_rules! entities {
    ($($(#[$doc:meta])* $name:ident = $table:tt { $($(#[$attribute:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        pub mod $name {
            use sea_orm::entity::prelude::*;

            #[derive(Clone, Debug, PartialEq, DeriveEntityModel)]
            #[sea_orm(table_name = $table)]
            pub struct Model {
                $($(#[$attribute])* pub $field: $type,)*
            }

            #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
            pub enum Relation {}

            impl ActiveModelBehavior for ActiveModel {}
        }
    )*};
}

entities! {
    conversation = "conversation" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        state: String,
        opened_at: i64,
        ended_at: Option<i64>,
        ephemeral: bool,
        subject: Option<String>,
        case_category: Option<String>,
        related_record: Option<String>,
        attributes: Json,
        queue_id: Option<Uuid>,
        last_version: i64,
        /// Of an imported one: changes when any of its rows does.
        fingerprint: Option<String>,
        /// The last transaction of the journal's that wrote any of its rows, as `ledger::archive` counts them.
        changed: Option<i64>,
        /// The last import that did.
        imported: Option<i64>,
    }
    voice_call = "voice_call" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        ordinal: i32,
        /// The VC-number: given once, in the order of the journal, and kept.
        number: Option<i64>,
        external_id: Option<String>,
        /// `journal` or `import`.
        origin: String,
        conversation_id: Uuid,
        call_type: String,
        purpose: String,
        customer_id: Option<String>,
        parent_id: Option<Uuid>,
        previous_id: Option<Uuid>,
        next_id: Option<Uuid>,
        depth: i32,
        path: String,
        /// A public number; none for a user (see `initiator_user_id`, `target_user_id`) and for an anonymous caller.
        from_address: Option<String>,
        to_address: Option<String>,
        user_id: Option<Uuid>,
        queue_id: Option<Uuid>,
        initiator_user_id: Option<Uuid>,
        target_user_id: Option<Uuid>,
        subject: Option<String>,
        case_category: Option<String>,
        related_record: Option<String>,
        disposition: String,
        resolution: Option<String>,
        notes: Option<String>,
        wrap_up_code_id: Option<Uuid>,
        started_at: i64,
        queued_at: Option<i64>,
        accepted_at: Option<i64>,
        ended_at: Option<i64>,
        duration_ms: Option<i64>,
        ring_ms: i64,
        talk_ms: i64,
        hold_ms: i64,
        hold_count: i64,
        longest_hold_ms: i64,
        ivr_ms: i64,
        wrap_up_ms: i64,
        disconnect_reason: Option<String>,
        quality_hundredths: Option<i32>,
        trunk_id: Option<Uuid>,
    }
    call_leg = "call_leg" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        leg_id: Uuid,
        ordinal: i32,
        voice_call_id: Uuid,
        conversation_id: Uuid,
        user_id: Option<Uuid>,
        address: Option<String>,
        role: String,
        ring_at: Option<i64>,
        answered_at: Option<i64>,
        ended_at: Option<i64>,
        end_reason: Option<String>,
        mos_hundredths: Option<i32>,
        loss_hundredths: Option<i32>,
        jitter_ms: Option<i32>,
        rtt_ms: Option<i32>,
        /// Of an imported one: the former system's id.
        external_id: Option<String>,
    }
    leg_segment = "leg_segment" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        call_leg_id: Uuid,
        voice_call_id: Uuid,
        conversation_id: Uuid,
        kind: String,
        start_at: i64,
        end_at: Option<i64>,
    }
    coaching_interval = "coaching_interval" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        voice_call_id: Uuid,
        supervisor_id: Uuid,
        agent_user_id: Option<Uuid>,
        mode: String,
        start_at: i64,
        end_at: Option<i64>,
    }
    /// Who pressed hold on this wire; nobody where the platform held it.
    hold = "hold" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        conversation_id: Uuid,
        voice_call_id: Uuid,
        leg_id: Uuid,
        by_user_id: Option<Uuid>,
        start_at: i64,
        end_at: Option<i64>,
    }
    offer = "offer" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        conversation_id: Uuid,
        queue_id: Option<Uuid>,
        user_id: Uuid,
        runner_up_user_id: Option<Uuid>,
        offered_at: i64,
        expires_at: i64,
        ended_at: Option<i64>,
        state: String,
        reason: Option<String>,
    }
    /// Somebody in an imported history who is no user here.
    imported_user = "imported_user" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        external_id: String,
        name: String,
        /// `agent` or `supervisor`.
        role: String,
        tier: Option<i32>,
        team: Option<String>,
        team_id: Option<Uuid>,
    }
    imported_queue = "imported_queue" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        name: String,
    }
    agent_status = "agent_status" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        user_id: Uuid,
        /// What kind of presence: `available`, `busy`, `dnd`, `offline`, or an imported word.
        status: String,
        /// Which of the organization's statuses; none of an imported one.
        status_id: Option<Uuid>,
        start_at: i64,
        end_at: Option<i64>,
        /// What made it so: `chosen`, `call_ended`, `push_timeout` or `declined`.
        cause: Option<String>,
        /// Whose choice it was, their own or a supervisor's; none where nobody chose.
        by_user_id: Option<Uuid>,
        /// What the supervisor said.
        reason: Option<String>,
        /// `journal` or `import`.
        origin: String,
    }
    consult_prompt = "consult_prompt" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        external_id: Option<String>,
        parent_call_id: Uuid,
        requester_user_id: Option<Uuid>,
        target_user_id: Option<Uuid>,
        state: String,
        offered_at: Option<i64>,
        accepted_at: Option<i64>,
        snoozed_count: i32,
        closed_at: Option<i64>,
        result_call_id: Option<Uuid>,
        origin: String,
    }
    /// A message that a caller left.
    voicemail = "voicemail" {
        #[sea_orm(primary_key, auto_increment = false)]
        id: Uuid,
        /// How many facts of its stream it holds.
        version: i64,
        conversation_id: Uuid,
        call_ordinal: i32,
        queue_id: Uuid,
        phone_number: Option<String>,
        started_at: i64,
        duration_ms: i64,
        state: String,
        agent_id: Option<Uuid>,
        listened_by: Option<Uuid>,
        listened_at: Option<i64>,
        called_back_in: Option<Uuid>,
        done_at: Option<i64>,
    }
    journal_event = "journal_event" {
        #[sea_orm(primary_key, auto_increment = false)]
        stream: String,
        #[sea_orm(primary_key, auto_increment = false)]
        version: i64,
        kind: String,
        payload: String,
        at: i64,
    }
    projector_cursor = "projector_cursor" {
        #[sea_orm(primary_key, auto_increment = false)]
        name: String,
        position: i64,
    }
}
