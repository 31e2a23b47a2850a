//! A customer's callback outlives the server.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on fails")]

use std::sync::Arc;

use callcontrol::{
    Arrival, Batch, CallbackState, Input, LiveCallback, Organization, Shard,
    handle::Request,
    organization::{Entry, Number},
    recover::recover,
};
use signaling::Origin;
use store::{OrganizationRows, QueueKind, QueueRow, journal::Journal};
use terms::{ConversationId, EndReason, LegId, NumberId, QueueId, Timestamp, TrunkId};
use tokio::sync::oneshot;
use voicecall::{AnswerWhen, Signal};

const BILLING: QueueId = QueueId::from_number(1);
const START: Timestamp = Timestamp::from_ms(1_800_000_000_000);

fn organization() -> Organization {
    let queue = QueueRow {
        id: BILLING,
        version: 1,
        name: "Billing".to_owned(),
        extension: None,
        kind: QueueKind::Customer,
        routing: serde_json::json!({"options": {"2": {"kind": "callback"}}}),
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
    organization
}

fn callbacks(shard: &mut Shard, now: Timestamp) -> Vec<LiveCallback> {
    let (reply, mut answer) = oneshot::channel();
    let batch = shard.handle([Input::Request(Box::new(Request::Callbacks { reply }))], now);
    batch.replies.into_iter().for_each(|reply| reply());
    answer.try_recv().unwrap()
}

/// The customer calls, presses 2 after a minute and hangs up.
fn asks_for_a_callback(shard: &mut Shard) -> Batch {
    let leg = LegId::new(ConversationId::from_number(1), 0);
    let arrival = Arrival {
        leg,
        from: Origin::Trunk(TrunkId::from_number(1)),
        caller: Some("+15550100".parse().unwrap()),
        display: None,
        to: "+15550200".to_owned(),
        replaces: None,
        headers: Vec::new(),
    };
    let mut said = shard.handle([Input::Arrived(Box::new(arrival))], START);
    let answered = Input::Signal { leg, signal: Signal::LegAnswered { leg: 0 } };
    let later = START.plus_ms(60_000);
    let gone = Signal::LegEnded { leg: 0, reason: EndReason::RemoteHangup };
    for (input, at) in [
        (answered, START.plus_ms(10)),
        (Input::Digit { leg, digit: '2' }, later),
        (Input::Signal { leg, signal: gone }, later.plus_ms(500)),
    ] {
        said.appends.extend(shard.handle([input], at).appends);
    }
    said
}

#[tokio::test]
async fn a_callback_that_waits_keeps_its_place_over_a_restart() {
    let home = std::env::temp_dir().join(format!("tandem-callback-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    let journal = Journal::open(&home.join("journal.db")).await.unwrap();
    let organization = Arc::new(organization());
    let mut shard = Shard::new(organization.clone(), START);
    let mut said = asks_for_a_callback(&mut shard);
    let now = START.plus_ms(61_000);
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
