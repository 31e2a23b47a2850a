//! Waiting goes on as it was, whatever is done to its order, and over a restart.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::{collections::BTreeSet, path::PathBuf, sync::Arc};

use access::{Granted, Permission, Principal, Scope, authorize};
use callcontrol::{
    ActOnWaiting, Arrival, Batch, CallbackState, Input, LiveCallback, Organization, Shard, WaitingAct,
    WaitingItem,
    handle::Request,
    organization::{Entry, Number},
    recover::recover,
};
use signaling::Origin;
use store::{OrganizationRows, QueueKind, QueueRow, journal::Journal};
use terms::{ConversationId, EndReason, LegId, NumberId, QueueId, Timestamp, TrunkId, UserId};
use tokio::sync::oneshot;
use voicecall::{AnswerWhen, Signal};

const BILLING: QueueId = QueueId::from_number(1);
const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);

fn organization(routing: serde_json::Value) -> Arc<Organization> {
    let queue = QueueRow {
        id: BILLING,
        version: 1,
        name: "Billing".to_owned(),
        extension: None,
        kind: QueueKind::Customer,
        routing,
        wrap_up: serde_json::json!({}),
        announcements: serde_json::json!({}),
        max_size: None,
        service_level_seconds: 20,
        caller_id: None,
    };
    let rows = OrganizationRows { queues: vec![queue], ..OrganizationRows::default() };
    let mut organization = Organization::from_rows(&rows);
    let number =
        Number { id: NumberId::from_number(1), goes_to: Entry::Queue(BILLING), answer: AnswerWhen::OnFlow };
    organization.numbers.insert("+15550200".parse().unwrap(), number);
    Arc::new(organization)
}

/// Dana calls, as this conversation, and is answered.
fn calls(shard: &mut Shard, conversation: u128, at: Timestamp) -> Batch {
    let leg = LegId::new(ConversationId::from_number(conversation), 0);
    let arrival = Arrival {
        leg,
        from: Origin::Trunk(TrunkId::from_number(1)),
        caller: Some("+15550100".parse().unwrap()),
        display: None,
        to: "+15550200".to_owned(),
        replaces: None,
        headers: Vec::new(),
    };
    let mut said = shard.handle([Input::Arrived(Box::new(arrival))], at);
    let answered = Input::Signal { leg, signal: Signal::LegAnswered { leg: 0 } };
    said.appends.extend(shard.handle([answered], at).appends);
    said
}

fn hangs_up(shard: &mut Shard, conversation: u128, at: Timestamp) -> Batch {
    let leg = LegId::new(ConversationId::from_number(conversation), 0);
    let signal = Signal::LegEnded { leg: 0, reason: EndReason::RemoteHangup };
    shard.handle([Input::Signal { leg, signal }], at)
}

fn asked<T>(shard: &mut Shard, at: Timestamp, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> T {
    let (reply, mut answer) = oneshot::channel();
    let batch = shard.handle([Input::Request(Box::new(request(reply)))], at);
    batch.replies.into_iter().for_each(|reply| reply());
    answer.try_recv().unwrap()
}

fn waiting(shard: &mut Shard, at: Timestamp) -> Vec<WaitingItem> {
    asked(shard, at, |reply| Request::Waiting { queue: BILLING, reply })
}

fn callbacks(shard: &mut Shard, at: Timestamp) -> Vec<LiveCallback> {
    asked(shard, at, |reply| Request::Callbacks { reply })
}

fn done(shard: &mut Shard, conversation: ConversationId, act: WaitingAct, at: Timestamp) {
    let granted = Granted { grants: BTreeSet::from([Permission::ManageWaiting]), scope: Scope::EVERYTHING };
    let principal = Principal { user: UserId::from_number(9), team: None, sets: vec![granted] };
    let act = authorize(&principal, ActOnWaiting { queue: BILLING, conversation, act }).unwrap();
    asked(shard, at, |reply| Request::ActOnWaiting { act, reply }).unwrap();
}

fn reprioritize(shard: &mut Shard, conversation: u128, priority: u8, at: Timestamp) {
    done(shard, ConversationId::from_number(conversation), WaitingAct::Reprioritize { priority }, at);
}

/// A journal in a folder of its own, which the test takes away.
async fn journal(name: &str) -> (PathBuf, Journal) {
    let home = std::env::temp_dir().join(format!("tandem-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    let journal = Journal::open(&home.join("journal.db")).await.unwrap();
    (home, journal)
}

#[test]
fn whoever_is_moved_in_the_line_waits_no_longer_than_they_would_have() {
    let overflow = serde_json::json!({"kind": "hang_up"});
    let routing = serde_json::json!({"max_wait_seconds": 10, "overflow": overflow});
    let mut shard = Shard::new(organization(routing), START);
    calls(&mut shard, 1, START);
    reprioritize(&mut shard, 1, 2, START.plus_ms(6_000));
    shard.handle([Input::Tick], START.plus_ms(9_999));
    let line = waiting(&mut shard, START.plus_ms(9_999));
    assert_eq!(line.iter().map(|item| (item.priority, item.since)).collect::<Vec<_>>(), [(2, START)]);
    shard.handle([Input::Tick], START.plus_ms(10_000));
    assert!(waiting(&mut shard, START.plus_ms(10_000)).is_empty(), "the longest wait was over");
}

#[test]
fn a_callback_that_rests_is_struck_like_one_in_line() {
    let overflow = serde_json::json!({"kind": "callback"});
    let rules = serde_json::json!({"delay_seconds": 600});
    let routing = serde_json::json!({"max_wait_seconds": 10, "overflow": overflow, "callback": rules});
    let mut shard = Shard::new(organization(routing), START);
    calls(&mut shard, 1, START);
    let promised = START.plus_ms(10_000);
    shard.handle([Input::Tick], promised);
    hangs_up(&mut shard, 1, promised);
    let resting = callbacks(&mut shard, promised);
    assert_eq!(resting.iter().map(|one| one.state).collect::<Vec<_>>(), [CallbackState::Resting]);
    done(&mut shard, resting[0].conversation, WaitingAct::Withdraw, promised.plus_ms(1_000));
    assert!(callbacks(&mut shard, promised.plus_ms(1_000)).is_empty());
}

#[tokio::test]
async fn a_place_that_somebody_may_take_again_outlives_the_server_and_is_taken_once() {
    let (home, journal) = journal("place").await;
    let organization = organization(serde_json::json!({"resume_seconds": 600}));
    let mut shard = Shard::new(organization.clone(), START);
    let mut said = calls(&mut shard, 1, START);
    let gone = START.plus_ms(60_000);
    said.appends.extend(hangs_up(&mut shard, 1, gone).appends);
    journal.append(said.appends).await.unwrap();

    // One restart after another: the place is not used up by either.
    for restart in 1..=2 {
        let at = gone.plus_ms(restart * 1_000);
        let recovered = recover(&journal, organization.clone(), at).await.unwrap();
        shard = recovered.shard;
        journal.append(recovered.batch.appends).await.unwrap();
    }
    let again = gone.plus_ms(5_000);
    let mut said = calls(&mut shard, 2, again);
    assert_eq!(waiting(&mut shard, again).first().unwrap().since, START);
    said.appends.extend(hangs_up(&mut shard, 2, again.plus_ms(1_000)).appends);
    journal.append(said.appends).await.unwrap();

    // Too late, whatever happened between.
    let late = again.plus_ms(700_000);
    let mut shard = recover(&journal, organization, late).await.unwrap().shard;
    calls(&mut shard, 3, late);
    assert_eq!(waiting(&mut shard, late).first().unwrap().since, late);

    journal.close().await;
    std::fs::remove_dir_all(home).unwrap();
}

#[tokio::test]
async fn a_callback_that_waits_keeps_its_place_over_a_restart() {
    let (home, journal) = journal("callback").await;
    let organization = organization(serde_json::json!({"options": {"2": {"kind": "callback"}}}));
    let mut shard = Shard::new(organization.clone(), START);
    let mut said = calls(&mut shard, 1, START);
    let pressed = START.plus_ms(60_000);
    let leg = LegId::new(ConversationId::from_number(1), 0);
    said.appends.extend(shard.handle([Input::Digit { leg, digit: '2' }], pressed).appends);
    said.appends.extend(hangs_up(&mut shard, 1, pressed.plus_ms(500)).appends);
    let now = pressed.plus_ms(1_000);
    let before = callbacks(&mut shard, now);
    assert_eq!(before.len(), 1, "somebody is to be called back");
    // The server says goodbye to its calls, and a callback is none yet.
    said.appends.extend(shard.lose_everything(now).appends);
    journal.append(said.appends).await.unwrap();

    let later = now.plus_ms(5_000);
    let mut recovered = recover(&journal, organization, later).await.unwrap();
    let after = callbacks(&mut recovered.shard, later);
    assert_eq!(after.len(), 1);
    assert_eq!(after[0].conversation, before[0].conversation);
    assert_eq!((after[0].state, after[0].since), (CallbackState::Waiting, START));
    assert_eq!(after[0].of.conversation, ConversationId::from_number(1));

    journal.close().await;
    std::fs::remove_dir_all(home).unwrap();
}
