//! Rows to start from.

use serde_json::json;
use store::{
    BusinessHoursRow, By, CallFlowRow, ClientRow, Hidden, Membership, NumberAnswer, NumberRow, NumberTarget,
    PermissionSetRow, Phone, PhoneKind, PresenceConfigRow, PresenceKind, PresenceStatusRow, PromptRow,
    QueueKind, QueueRow, QuickConnectRow, QuickConnectTarget, SipCredentials, SkillRow, Store, TeamRow,
    TrunkRow, UserRow, UserSkill, WrapUpCodeRow,
};
use terms::{
    BusinessHoursId, CallFlowId, ClientId, NumberId, PermissionSetId, PresenceConfigId, PresenceStatusId,
    PromptId, QueueId, QuickConnectId, SkillId, TeamId, Timestamp, TrunkId, UploadedPromptId, UserId,
    WrapUpCodeId,
};

pub const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

pub fn by() -> By {
    By::user(UserId::from_number(1), NOW)
}

pub fn team(number: u128) -> TeamRow {
    TeamRow { id: TeamId::from_number(number), version: 0, name: format!("Team {number:03}") }
}

pub fn skill(number: u128) -> SkillRow {
    SkillRow { id: SkillId::from_number(number), version: 0, name: format!("Skill {number:03}") }
}

pub fn queue(number: u128) -> QueueRow {
    QueueRow {
        id: QueueId::from_number(number),
        version: 0,
        name: format!("Queue {number:03}"),
        extension: Some(format!("8{number:03}").parse().unwrap()),
        kind: QueueKind::Customer,
        routing: json!({"model": "longest_idle", "push_timeout_seconds": 20}),
        wrap_up: json!({"seconds": 30}),
        announcements: json!([]),
        max_size: Some(50),
        service_level_seconds: 20,
        caller_id: Some("+15550100".parse().unwrap()),
    }
}

pub fn permission_set(number: u128) -> PermissionSetRow {
    PermissionSetRow {
        id: PermissionSetId::from_number(number),
        version: 0,
        name: format!("Set {number:03}"),
        description: "may take calls".to_owned(),
        built_in: false,
        grants: json!(["take_calls"]),
        scope: json!({"teams": "all", "queues": "all"}),
    }
}

/// Nothing it names has to exist.
pub fn user(number: u128) -> UserRow {
    UserRow {
        id: UserId::from_number(number),
        version: 0,
        username: format!("user{number:03}"),
        display_name: format!("User {number}"),
        password_hash: Some(Hidden::new("$argon2id$secret".to_owned())),
        email: Some(format!("user{number}@example.org")),
        extension: Some(format!("2{number:03}").parse().unwrap()),
        tier: Some(1),
        team_id: None,
        skills: Vec::new(),
        queues: Vec::new(),
        permission_set_ids: Vec::new(),
        presence_config_id: None,
        phone: Phone { kind: PhoneKind::SoftPhone, auto_answer_seconds: None },
        sip: Some(SipCredentials {
            username: format!("sip{number:03}"),
            ha1_md5: Hidden::new("md5-secret".to_owned()),
            ha1_sha256: Hidden::new("sha256-secret".to_owned()),
        }),
    }
}

pub fn client(number: u128) -> ClientRow {
    ClientRow {
        id: ClientId::from_number(number),
        version: 0,
        name: format!("Client {number:03}"),
        secret_hash: Hidden::new("client-secret".to_owned()),
        permission_set_ids: Vec::new(),
    }
}

pub fn presence_status(number: u128) -> PresenceStatusRow {
    PresenceStatusRow {
        id: PresenceStatusId::from_number(number),
        version: 0,
        name: format!("Status {number:03}"),
        kind: PresenceKind::Online,
        channels: json!(["voice"]),
        sort: 1,
    }
}

pub fn presence_config(number: u128) -> PresenceConfigRow {
    PresenceConfigRow {
        id: PresenceConfigId::from_number(number),
        version: 0,
        name: format!("Config {number:03}"),
        decline_enabled: true,
        decline_reasons: json!(["busy"]),
        status_on_decline_id: None,
        status_on_push_timeout_id: None,
        missed_before_pause: Some(3),
        offers: json!({"direct_priority": 2}),
    }
}

pub fn trunk(number: u128) -> TrunkRow {
    TrunkRow {
        id: TrunkId::from_number(number),
        version: 0,
        name: format!("Trunk {number:03}"),
        host: "sip.example.org".to_owned(),
        transport: "udp".to_owned(),
        credentials: Hidden::new(json!({"username": "tandem", "password": "trunk-secret"})),
        allow_from: json!(["192.0.2.0/24"]),
        max_calls: Some(30),
        codecs: json!(["pcma", "pcmu"]),
    }
}

pub fn number(number: u128) -> NumberRow {
    NumberRow {
        id: NumberId::from_number(number),
        version: 0,
        e164: format!("+1555{number:04}").parse().unwrap(),
        target: NumberTarget::Nothing,
        answer: NumberAnswer::OnFlow,
        trunk_id: None,
    }
}

pub fn quick_connect(number: u128) -> QuickConnectRow {
    QuickConnectRow {
        id: QuickConnectId::from_number(number),
        version: 0,
        name: format!("Quick {number:03}"),
        target: QuickConnectTarget::PhoneNumber("+15550199".parse().unwrap()),
    }
}

pub fn call_flow(number: u128) -> CallFlowRow {
    CallFlowRow {
        id: CallFlowId::from_number(number),
        version: 0,
        name: format!("Flow {number:03}"),
        steps: json!([{"play": "welcome"}, {"hang_up": {}}]),
    }
}

pub fn business_hours(number: u128) -> BusinessHoursRow {
    BusinessHoursRow {
        id: BusinessHoursId::from_number(number),
        version: 0,
        name: format!("Hours {number:03}"),
        time_zone: "Europe/Berlin".to_owned(),
        hours: json!({"monday": [["09:00", "17:00"]]}),
    }
}

pub fn wrap_up_code(number: u128) -> WrapUpCodeRow {
    let id = WrapUpCodeId::from_number(number);
    WrapUpCodeRow { id, version: 0, name: format!("Code {number:03}"), sort: 1 }
}

/// A user with everything a user can have, and the rows it names.
pub async fn full_user(store: &Store) -> UserRow {
    let by = by();
    store.teams().create(team(1), &by).await.unwrap();
    store.presence_configs().create(presence_config(1), &by).await.unwrap();
    let mut row = user(100);
    row.team_id = Some(TeamId::from_number(1));
    row.presence_config_id = Some(PresenceConfigId::from_number(1));
    for one in 1..=3 {
        store.skills().create(skill(one), &by).await.unwrap();
        store.queues().create(queue(one), &by).await.unwrap();
        store.permission_sets().create(permission_set(one), &by).await.unwrap();
        row.skills.push(UserSkill { skill_id: SkillId::from_number(one), level: 5 });
        row.queues.push(Membership { queue_id: QueueId::from_number(one), priority: 1, delay_seconds: 10 });
        row.permission_set_ids.push(PermissionSetId::from_number(one));
    }
    store.users().create(row, &by).await.unwrap()
}

/// With a sound of its own.
pub fn prompt(number: u128) -> PromptRow {
    PromptRow {
        id: UploadedPromptId::from_number(number),
        version: 0,
        name: format!("Prompt {number:03}"),
        language: None,
        created_by: None,
        created_at: NOW,
        prompt: PromptId::UPLOADED,
        duration_ms: 20,
        wav: Some(format!("RIFF {number}").into_bytes().into()),
    }
}
