//! The practice organization: made once, completed at every start, never overwritten.

use std::net::SocketAddr;

use access::{Reach, Scope, permission_set::SUPERVISOR};
use anyhow::Context;
use serde_json::{Value, json};
use store::{
    By, CallFlowRow, Hidden, Membership, NumberAnswer, NumberRow, NumberTarget, PermissionSetRow, Phone,
    PhoneKind, QueueKind, QueueRow, QuickConnectRow, QuickConnectTarget, Row, Rows, SipCredentials, Store,
    StoreError, TeamRow, TrunkRow, UserRow, WrapUpCodeRow,
};
use terms::{
    CallFlowId, NumberId, PermissionSetId, PhoneNumber, QueueId, QuickConnectId, TeamId, Timestamp, TrunkId,
    UserId, WrapUpCodeId,
};

use super::people::{PASSWORD, PEOPLE, Person, Set, Team};
use crate::bootstrap;

const TRUNK: TrunkId = TrunkId::from_number(0xde30_0000_0001);
const SUPPORT: QueueId = QueueId::from_number(0xde30_0001_0001);
const BILLING: QueueId = QueueId::from_number(0xde30_0001_0002);
const ESCALATION: QueueId = QueueId::from_number(0xde30_0001_0003);
pub(super) const SOLVED: WrapUpCodeId = WrapUpCodeId::from_number(0xde30_0007_0001);

/// The extension of the pool that colleagues consult when no specialist is free by name.
pub(super) const ESCALATION_EXTENSION: &str = "600";

/// A number that customers call, and what such a call is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct Topic {
    pub(super) number: &'static str,
    pub(super) subject: &'static str,
    case_category: &'static str,
    queue: QueueId,
}

pub(super) const TOPICS: [Topic; 4] = [
    Topic {
        number: "+15550100101",
        subject: "The router restarts every hour",
        case_category: "technical",
        queue: SUPPORT,
    },
    Topic {
        number: "+15550100201",
        subject: "The invoice counts a month twice",
        case_category: "billing",
        queue: BILLING,
    },
    Topic { number: "+15550100102", subject: "I cannot sign in", case_category: "access", queue: SUPPORT },
    Topic {
        number: "+15550100103",
        subject: "Moving to another plan",
        case_category: "sales",
        queue: SUPPORT,
    },
];

/// Makes what is missing, and points the trunk at the carrier of this run.
pub(super) async fn prepare(
    store: &Store,
    realm: &str,
    carrier: SocketAddr,
    at: Timestamp,
) -> anyhow::Result<()> {
    let by = By::system(at);
    for team in Team::ALL {
        add(store.teams(), TeamRow { id: team_id(team), version: 0, name: team.name().to_owned() }, &by)
            .await?;
    }
    for team in [Team::TierOne, Team::TierTwo, Team::Billing] {
        add(store.permission_sets(), supervisor_of(team)?, &by).await?;
    }
    for row in queues()? {
        add(store.queues(), row, &by).await?;
    }
    for (sort, place, name) in [(1, 0, "Solved"), (2, 1, "Handed over"), (3, 2, "Call again")] {
        let id = WrapUpCodeId::from_number(SOLVED.0.as_u128() + place);
        let row = WrapUpCodeRow { id, version: 0, name: name.to_owned(), sort };
        add(store.wrap_up_codes(), row, &by).await?;
    }
    for (number, person) in (1_u128..).zip(PEOPLE) {
        if let Some(row) = missing(store.users(), user_id(number)).await? {
            add(store.users(), user(row, person, realm)?, &by).await?;
        }
    }
    lines(store, carrier, &by).await
}

/// The trunk, and the numbers on it with their flows.
async fn lines(store: &Store, carrier: SocketAddr, by: &By) -> anyhow::Result<()> {
    let trunk = TrunkRow {
        id: TRUNK,
        version: 0,
        name: "Practice carrier".to_owned(),
        host: carrier.to_string(),
        transport: "udp".to_owned(),
        credentials: Hidden::new(Value::Null),
        allow_from: json!([format!("{}/32", carrier.ip())]),
        max_calls: Some(20),
        codecs: json!([]),
    };
    add(store.trunks(), trunk, by).await?;
    let known = store.trunks().find(TRUNK).await?;
    if known.host != carrier.to_string() {
        store.trunks().update(TRUNK, None, by, |row| row.host = carrier.to_string()).await?;
    }
    for (place, topic) in (1_u128..).zip(TOPICS) {
        let flow = CallFlowRow {
            id: CallFlowId::from_number(0xde30_0002_0000 + place),
            version: 0,
            name: topic.subject.to_owned(),
            steps: json!([
                {"play": "greeting"},
                {"set": {"subject": topic.subject, "case_category": topic.case_category}},
                {"queue": {"queue_id": topic.queue}},
            ]),
        };
        let number = NumberRow {
            id: NumberId::from_number(0xde30_0003_0000 + place),
            version: 0,
            e164: topic.number.parse().context("a practice number")?,
            target: NumberTarget::CallFlowId(flow.id),
            answer: NumberAnswer::OnFlow,
            trunk_id: Some(TRUNK),
        };
        add(store.call_flows(), flow, by).await?;
        add(store.numbers(), number, by).await?;
    }
    let pool = QuickConnectRow {
        id: QuickConnectId::from_number(0xde30_0004_0001),
        version: 0,
        name: "Escalation pool".to_owned(),
        target: QuickConnectTarget::QueueId(ESCALATION),
    };
    add(store.quick_connects(), pool, by).await
}

fn queues() -> anyhow::Result<[QueueRow; 3]> {
    let row =
        |id, name: &str, kind, extension: &str, wrap_up_seconds: u32, caller_id: Option<PhoneNumber>| {
            anyhow::Ok(QueueRow {
                id,
                version: 0,
                name: name.to_owned(),
                extension: Some(extension.parse().context("an extension")?),
                kind,
                routing: json!({"push_timeout_seconds": 20}),
                wrap_up: json!({"seconds": wrap_up_seconds, "max_extensions": 2}),
                announcements: Value::Null,
                max_size: None,
                service_level_seconds: 20,
                caller_id,
            })
        };
    let shown = |topic: &Topic| topic.number.parse::<PhoneNumber>().context("a practice number");
    Ok([
        row(SUPPORT, "Support", QueueKind::Customer, "500", 15, Some(shown(&TOPICS[0])?))?,
        row(BILLING, "Billing", QueueKind::Customer, "501", 15, Some(shown(&TOPICS[1])?))?,
        row(ESCALATION, "Escalation pool", QueueKind::Internal, ESCALATION_EXTENSION, 0, None)?,
    ])
}

fn memberships(team: Option<Team>) -> Vec<Membership> {
    let serves = |queue_id, delay_seconds| Membership { queue_id, priority: 1, delay_seconds };
    match team {
        // Tier 1 helps out in Billing once a customer has waited.
        Some(Team::TierOne) => vec![serves(SUPPORT, 0), serves(BILLING, 15)],
        Some(Team::TierTwo) => vec![serves(ESCALATION, 0), serves(SUPPORT, 30)],
        Some(Team::Billing) => vec![serves(BILLING, 0), serves(ESCALATION, 5)],
        Some(Team::Supervisors) | None => Vec::new(),
    }
}

fn user(id: UserId, person: &Person, realm: &str) -> anyhow::Result<UserRow> {
    let (md5, sha256) = signaling::ha1(person.username, realm, PASSWORD);
    let sip = SipCredentials {
        username: person.username.to_owned(),
        ha1_md5: Hidden::new(md5),
        ha1_sha256: Hidden::new(sha256),
    };
    Ok(UserRow {
        id,
        password_hash: Some(Hidden::new(bootstrap::hash(PASSWORD)?)),
        extension: person.extension.map(str::parse).transpose().context("an extension")?,
        tier: person.tier,
        team_id: person.team.map(team_id),
        queues: memberships(person.team),
        permission_set_ids: person.sets.iter().map(set_id).collect(),
        sip: person.extension.map(|_| sip),
        phone: phone(person),
        ..bootstrap::user(person.username, person.display_name)
    })
}

/// A reader's phone is the browser; the practice's own people, and whoever has a practice phone, use that.
fn phone(person: &Person) -> Phone {
    let kind = if person.has_practice_phone() { PhoneKind::DeskPhone } else { PhoneKind::SoftPhone };
    Phone { kind, auto_answer_seconds: None }
}

/// Reaches the calls of the team's agents, whatever the queue.
fn supervisor_of(team: Team) -> anyhow::Result<PermissionSetRow> {
    let scope = Scope { teams: Reach::Only([team_id(team)].into()), queues: Reach::All };
    Ok(PermissionSetRow {
        id: set_id(&Set::SupervisorOf(team)),
        version: 0,
        name: format!("supervisor of {}", team.name()),
        description: format!("Coaching, the floor and reports within {}", team.name()),
        built_in: false,
        grants: serde_json::to_value(SUPERVISOR.grants)?,
        scope: serde_json::to_value(scope)?,
    })
}

fn set_id(set: &Set) -> PermissionSetId {
    match set {
        Set::BuiltIn(built_in) => built_in.id,
        Set::SupervisorOf(team) => PermissionSetId(team_id(*team).0),
    }
}

const fn team_id(team: Team) -> TeamId {
    TeamId::from_number(match team {
        Team::TierOne => 0xde30_0005_0001,
        Team::TierTwo => 0xde30_0005_0002,
        Team::Billing => 0xde30_0005_0003,
        Team::Supervisors => 0xde30_0005_0004,
    })
}

const fn user_id(number: u128) -> UserId {
    UserId::from_number(0xde30_0006_0000 + number)
}

/// The id, where there is no such row yet.
async fn missing<R: Row>(rows: Rows<'_, R>, id: R::Id) -> Result<Option<R::Id>, StoreError> {
    match rows.find(id).await {
        Ok(_) => Ok(None),
        Err(StoreError::NotFound { .. }) => Ok(Some(id)),
        Err(error) => Err(error),
    }
}

async fn add<R: Row>(rows: Rows<'_, R>, row: R, by: &By) -> anyhow::Result<()> {
    if missing(rows, row.id()).await?.is_some() {
        rows.create(row, by).await.with_context(|| format!("making a {} of the practice", R::NOUN))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[tokio::test]
    async fn a_second_start_changes_the_carriers_address_and_nothing_else() {
        let directory = std::env::temp_dir().join(format!("tandem-practice-rows-{}", std::process::id()));
        let config = crate::demo::configured(Config::default(), &directory).unwrap();
        let store = Store::connect(&config.database.url).await.unwrap();
        let now = Timestamp::from_ms(1_800_000_000_000);
        bootstrap::prepare(&config, &store, now).await.unwrap();
        prepare(&store, "tandem", "127.0.0.2:5080".parse().unwrap(), now).await.unwrap();
        let first = store.load_organization().await.unwrap();
        assert_eq!(first.users.len(), PEOPLE.len() + 1);
        assert_eq!((first.queues.len(), first.numbers.len(), first.teams.len()), (3, TOPICS.len(), 4));
        prepare(&store, "tandem", "127.0.0.2:5090".parse().unwrap(), now).await.unwrap();
        let mut second = store.load_organization().await.unwrap();
        assert_eq!(second.trunks[0].host, "127.0.0.2:5090");
        (second.version, second.trunks) = (first.version, first.trunks.clone());
        assert_eq!(first, second);
        store.close().await.unwrap();
        std::fs::remove_dir_all(directory).unwrap();
    }

    #[tokio::test]
    async fn what_a_reader_changed_stays_and_what_they_removed_comes_back() {
        let directory = std::env::temp_dir().join(format!("tandem-practice-kept-{}", std::process::id()));
        let config = crate::demo::configured(Config::default(), &directory).unwrap();
        let store = Store::connect(&config.database.url).await.unwrap();
        let (now, carrier) = (Timestamp::from_ms(1_800_000_000_000), "127.0.0.2:5080".parse().unwrap());
        bootstrap::prepare(&config, &store, now).await.unwrap();
        prepare(&store, "tandem", carrier, now).await.unwrap();
        let by = By::system(now);
        store.queues().update(SUPPORT, None, &by, |row| row.name = "Help".to_owned()).await.unwrap();
        store.users().delete(user_id(1), None, &by).await.unwrap();
        prepare(&store, "tandem", carrier, now).await.unwrap();
        assert_eq!(store.queues().find(SUPPORT).await.unwrap().name, "Help");
        assert_eq!(store.users().find(user_id(1)).await.unwrap().username, PEOPLE[0].username);
        store.close().await.unwrap();
        std::fs::remove_dir_all(directory).unwrap();
    }
}
