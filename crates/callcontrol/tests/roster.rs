//! The routing stream is written down whole at every start, so that the journal may forget what came before.

#![allow(clippy::unwrap_used, reason = "a test fails where it cannot go on")]

use std::sync::Arc;

use callcontrol::{Organization, RoutingFact, recover::recover};
use routing::{Status, StatusKind};
use store::{
    By, Phone, PhoneKind, Store, UserRow,
    journal::{Append, Journal},
};
use terms::{PresenceStatusId, Timestamp, UserId};
use uuid::Uuid;

const ANA: UserId = UserId(Uuid::from_u128(1));
const NOW: Timestamp = Timestamp::from_ms(1_800_000_000_000);

fn ana() -> UserRow {
    UserRow {
        id: ANA,
        version: 0,
        username: "ana".to_owned(),
        display_name: "Ana".to_owned(),
        password_hash: None,
        email: None,
        extension: None,
        tier: None,
        team_id: None,
        skills: Vec::new(),
        queues: Vec::new(),
        permission_set_ids: Vec::new(),
        presence_config_id: None,
        phone: Phone { kind: PhoneKind::SoftPhone, auto_answer_seconds: None },
        sip: None,
    }
}

/// What a start on this journal writes down of everybody's presence.
async fn roster_of_a_start(journal: &Journal, store: &Store, at: Timestamp) -> Vec<(UserId, Status)> {
    let organization = Arc::new(Organization::from_rows(&store.load_organization().await.unwrap()));
    let recovered = recover(journal, organization, at).await.unwrap();
    let facts = recovered.batch.appends.iter().map(|append| serde_json::from_str(&append.payload).unwrap());
    let mut rosters = facts.filter_map(|fact: RoutingFact| match fact {
        RoutingFact::Roster { chosen } => Some(chosen),
        _ => None,
    });
    let roster = rosters.next_back().unwrap();
    journal.append(recovered.batch.appends).await.unwrap();
    roster
}

#[tokio::test]
async fn presence_survives_when_the_journal_forgets_who_chose_it() {
    let home = std::env::temp_dir().join(format!("tandem-roster-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    let store = Store::connect(&format!("sqlite://{}/rows.db?mode=rwc", home.display())).await.unwrap();
    store.users().create(ana(), &By::system(NOW)).await.unwrap();
    let journal = Journal::open(&home.join("journal.db")).await.unwrap();
    let lunch = Status { id: PresenceStatusId(Uuid::from_u128(7)), kind: StatusKind::Busy };
    let chosen = RoutingFact::PresenceSet { user: ANA, status: lunch, cause: None, by: None, reason: None };
    let append = Append {
        stream: "routing".to_owned(),
        version: 1,
        kind: "presence_set".to_owned(),
        payload: serde_json::to_string(&chosen).unwrap(),
        at: NOW,
        closes: false,
        command: None,
    };
    journal.append(vec![append]).await.unwrap();

    assert_eq!(roster_of_a_start(&journal, &store, NOW.plus_ms(1)).await, [(ANA, lunch)]);
    assert_eq!(journal.prune(i64::MAX, NOW.plus_ms(10)).await.unwrap(), 1, "the choice itself is forgotten");
    assert_eq!(roster_of_a_start(&journal, &store, NOW.plus_ms(2)).await, [(ANA, lunch)]);

    journal.close().await;
    store.close().await.unwrap();
    std::fs::remove_dir_all(home).unwrap();
}
