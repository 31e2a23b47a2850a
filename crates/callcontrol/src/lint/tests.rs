#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests stop at the first thing that is wrong")]

use serde_json::{Value, json};
use store::OrganizationRows;
use terms::{
    BusinessHoursId, CallFlowId, NumberId, PermissionSetId, PresenceStatusId, QueueId, SkillId, UserId,
};
use uuid::Uuid;

use super::{Severity, SubjectKind, lint};

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

const AGENTS: u128 = 900;

/// An organization in which nothing is wrong: one queue with a number, and one member who can be rung.
fn sound() -> OrganizationRows {
    OrganizationRows {
        version: 1,
        users: vec![user(1, "Ana", &[(1, 1)])],
        queues: vec![queue(1, "billing", json!({}))],
        permission_sets: vec![store::PermissionSetRow {
            id: PermissionSetId(id(AGENTS)),
            version: 1,
            name: "agents".into(),
            description: String::new(),
            grants: json!(["take_calls"]),
            scope: Value::Null,
            built_in: false,
        }],
        presence_statuses: vec![status(1, store::PresenceKind::Online, json!(["voice"]))],
        numbers: vec![number(1, store::NumberTarget::QueueId(QueueId(id(1))))],
        ..OrganizationRows::default()
    }
}

fn user(number: u128, name: &str, queues: &[(u128, u16)]) -> store::UserRow {
    let place = |(queue, priority): &(u128, u16)| store::Membership {
        queue_id: QueueId(id(*queue)),
        priority: *priority,
        delay_seconds: 0,
    };
    store::UserRow {
        id: UserId(id(number)),
        version: 1,
        username: name.to_lowercase(),
        display_name: name.into(),
        password_hash: None,
        email: None,
        extension: None,
        tier: None,
        team_id: None,
        skills: Vec::new(),
        queues: queues.iter().map(place).collect(),
        permission_set_ids: vec![PermissionSetId(id(AGENTS))],
        presence_config_id: None,
        phone: store::Phone { kind: store::PhoneKind::DeskPhone, auto_answer_seconds: None },
        sip: Some(store::SipCredentials {
            username: name.to_lowercase(),
            ha1_md5: store::Hidden::new(String::new()),
            ha1_sha256: store::Hidden::new(String::new()),
        }),
    }
}

fn queue(number: u128, name: &str, routing: Value) -> store::QueueRow {
    store::QueueRow {
        id: QueueId(id(number)),
        version: 1,
        name: name.into(),
        extension: None,
        kind: store::QueueKind::Customer,
        routing,
        wrap_up: Value::Null,
        announcements: Value::Null,
        max_size: None,
        service_level_seconds: 20,
        caller_id: None,
    }
}

fn status(number: u128, kind: store::PresenceKind, channels: Value) -> store::PresenceStatusRow {
    store::PresenceStatusRow {
        id: PresenceStatusId(id(number)),
        version: 1,
        name: format!("status {number}"),
        kind,
        channels,
        sort: 0,
    }
}

fn number(number: u128, target: store::NumberTarget) -> store::NumberRow {
    store::NumberRow {
        id: NumberId(id(number)),
        version: 1,
        e164: format!("+1555020{number:04}").parse().unwrap(),
        target,
        answer: store::NumberAnswer::OnFlow,
        trunk_id: None,
    }
}

fn flow(number: u128, steps: Value) -> store::CallFlowRow {
    store::CallFlowRow { id: CallFlowId(id(number)), version: 1, name: format!("flow {number}"), steps }
}

fn skill(number: u128, name: &str) -> store::SkillRow {
    store::SkillRow { id: SkillId(id(number)), version: 1, name: name.into() }
}

fn codes(rows: &OrganizationRows) -> Vec<(Severity, &'static str, String)> {
    lint(rows).into_iter().map(|one| (one.severity, one.code, one.subject.name)).collect()
}

fn only(rows: &OrganizationRows) -> (Severity, &'static str, String) {
    let found = codes(rows);
    assert_eq!(found.len(), 1, "{:#?}", lint(rows));
    found.into_iter().next().unwrap()
}

#[test]
fn nothing_is_said_where_nothing_is_wrong() {
    assert_eq!(codes(&sound()), []);
}

#[test]
fn an_online_status_without_voice_and_an_organization_without_online_status_are_found() {
    let mut rows = sound();
    rows.presence_statuses[0].channels = json!([]);
    let found = codes(&rows);
    assert_eq!(found[0].1, "no_online_status");
    assert_eq!((found[1].0, found[1].1), (Severity::Warning, "unroutable_status"));
}

#[test]
fn a_queue_that_calls_come_to_and_nobody_serves_is_an_error_unless_it_overflows() {
    let mut rows = sound();
    rows.users[0].queues.clear();
    assert_eq!(only(&rows), (Severity::Error, "queue_without_members", "billing".into()));
    rows.queues[0].routing = json!({ "max_wait_seconds": 30, "overflow": { "kind": "hang_up" } });
    assert_eq!(only(&rows).0, Severity::Warning);
    rows.numbers.clear();
    assert_eq!(only(&rows), (Severity::Info, "queue_unused", "billing".into()));
}

#[test]
fn a_member_without_phone_or_permission_is_named_and_does_not_count_as_serving() {
    let mut rows = sound();
    rows.users[0].sip = None;
    assert_eq!(only(&rows), (Severity::Warning, "member_without_phone", "Ana".into()));
    rows = sound();
    rows.users[0].permission_set_ids.clear();
    let found = codes(&rows);
    assert_eq!(found[0].1, "queue_without_members");
    assert_eq!(found[1].1, "member_without_permission");
}

#[test]
fn a_step_that_no_member_meets_holds_calls_for_ever_or_wastes_their_time() {
    let mut rows = sound();
    rows.skills = vec![skill(7, "french")];
    let wanted = json!({ "skill_id": id(7), "level": 5 });
    rows.queues[0].routing = json!({ "steps": [{ "all": [wanted] }] });
    let found = codes(&rows);
    assert_eq!((found[0].0, found[0].1), (Severity::Error, "step_nobody_meets"));
    assert_eq!((found[1].1, found[1].2.as_str()), ("skill_nobody_has", "french"));
    rows.users[0].skills = vec![store::UserSkill { skill_id: SkillId(id(7)), level: 4 }];
    rows.queues[0].routing = json!({ "steps": [{ "all": [wanted], "expiry_seconds": 20 }] });
    assert_eq!(only(&rows), (Severity::Warning, "step_nobody_meets", "billing".into()));
    rows.users[0].skills[0].level = 5;
    assert_eq!(codes(&rows), []);
    rows.queues[0].routing =
        json!({ "steps": [{ "all": [wanted] }, { "all": [wanted], "expiry_seconds": 9 }] });
    assert_eq!(only(&rows).1, "step_never_reached");
}

#[test]
fn a_skill_that_nobody_has_and_nothing_wants_is_only_mentioned() {
    let mut rows = sound();
    rows.skills = vec![skill(7, "french")];
    assert_eq!(only(&rows), (Severity::Info, "skill_unused", "french".into()));
}

#[test]
fn a_queue_whose_every_member_serves_another_first_can_starve() {
    let mut rows = sound();
    rows.queues.push(queue(2, "sales", json!({})));
    rows.numbers.push(number(2, store::NumberTarget::QueueId(QueueId(id(2)))));
    rows.users = vec![user(1, "Ana", &[(1, 2), (2, 1)]), user(2, "Ben", &[(1, 3), (2, 2)])];
    assert_eq!(only(&rows), (Severity::Warning, "queue_starves", "billing".into()));
    // One member who takes both in turn is enough.
    rows.users[1] = user(2, "Ben", &[(1, 1), (2, 1)]);
    assert_eq!(codes(&rows), []);
    // At one priority of the member the queues' own decide.
    rows.queues[1].routing = json!({ "priority": 1 });
    assert_eq!(only(&rows).1, "queue_starves");
}

#[test]
fn overflow_that_goes_in_a_circle_never_happens_or_has_no_trunk_is_found() {
    let mut rows = sound();
    let to = |queue: u128| json!({ "max_wait_seconds": 9, "overflow": { "kind": "queue", "queue_id": id(queue) } });
    rows.queues = vec![queue(1, "billing", to(2)), queue(2, "sales", to(1))];
    rows.users = vec![user(1, "Ana", &[(1, 1), (2, 1)])];
    let found = codes(&rows);
    assert_eq!(found.iter().map(|one| one.1).collect::<Vec<_>>(), ["overflow_circle", "overflow_circle"]);
    rows.queues[1].routing = json!({ "overflow": { "kind": "voicemail" } });
    assert_eq!(only(&rows), (Severity::Warning, "overflow_half_set", "sales".into()));
    rows.queues[1].routing =
        json!({ "max_wait_seconds": 9, "overflow": { "kind": "external", "phone_number": "+15550001" } });
    assert_eq!(only(&rows), (Severity::Error, "overflow_without_trunk", "sales".into()));
    rows.queues[1].routing = to(3);
    assert_eq!(only(&rows), (Severity::Error, "overflow_to_nowhere", "sales".into()));
}

#[test]
fn half_set_wrap_up_is_found() {
    let mut rows = sound();
    rows.queues[0].wrap_up = json!({ "seconds": 0, "max_extensions": 2 });
    assert_eq!(only(&rows).1, "wrap_up_half_set");
    rows.queues[0].wrap_up = json!({ "seconds": 30, "max_extensions": 2 });
    assert_eq!(only(&rows).1, "wrap_up_without_codes");
}

#[test]
fn numbers_to_nowhere_are_errors() {
    let mut rows = sound();
    rows.numbers.push(number(2, store::NumberTarget::Nothing));
    assert_eq!(only(&rows), (Severity::Error, "number_to_nowhere", "+15550200002".into()));
    rows.numbers[1].target = store::NumberTarget::UserId(UserId(id(1)));
    assert_eq!(codes(&rows), []);
    rows.users[0].sip = None;
    let found = codes(&rows);
    assert_eq!(found.iter().filter(|one| one.1 == "number_to_nowhere").count(), 1);
}

#[test]
fn a_flow_that_names_what_is_not_there_is_an_error_in_whatever_branch() {
    let mut rows = sound();
    let gone = json!({ "queue": { "queue_id": id(77) } });
    rows.call_flows = vec![flow(1, json!([{ "menu": { "digits": { "1": [gone] } } }, { "hang_up": {} }]))];
    rows.numbers.push(number(2, store::NumberTarget::CallFlowId(CallFlowId(id(1)))));
    assert_eq!(only(&rows), (Severity::Error, "flow_names_missing", "flow 1".into()));
    rows.call_flows[0].steps =
        json!([{ "hours": { "business_hours_id": BusinessHoursId(id(5)), "open": [], "closed": [] } }]);
    assert_eq!(only(&rows).1, "flow_names_missing");
    rows.call_flows[0].steps = json!([{ "dance": {} }]);
    let found: Vec<_> = codes(&rows).into_iter().map(|one| one.1).collect();
    assert_eq!(found, ["flow_unreadable", "number_to_nowhere"]);
    rows.call_flows[0].steps = json!([{ "hang_up": {} }]);
    rows.numbers.pop();
    assert_eq!(only(&rows), (Severity::Info, "flow_unused", "flow 1".into()));
}

#[test]
fn a_flow_that_asks_for_skills_which_no_member_has_is_found() {
    let mut rows = sound();
    rows.skills = vec![skill(7, "french")];
    rows.users[0].skills = vec![store::UserSkill { skill_id: SkillId(id(7)), level: 3 }];
    let wanted = json!([{ "skill_id": id(7), "level": 4 }]);
    rows.call_flows = vec![flow(1, json!([{ "queue": { "queue_id": id(1), "skills": wanted } }]))];
    rows.numbers.push(number(2, store::NumberTarget::CallFlowId(CallFlowId(id(1)))));
    assert_eq!(only(&rows), (Severity::Error, "flow_skills_nobody_has", "flow 1".into()));
}

#[test]
fn findings_say_what_to_do_and_where() {
    let mut rows = sound();
    rows.users[0].queues.clear();
    let found = lint(&rows);
    assert_eq!(found[0].subject.kind, SubjectKind::Queue);
    assert_eq!(found[0].subject.id, Some(id(1)));
    assert!(found[0].text.contains("Give it members"), "{}", found[0].text);
}
