//! The journal: nothing acknowledged is lost, nothing is written twice, positions only grow.

use std::{path::Path, time::Duration};

use store::{Append, CommandRecord, Journal, JournalError};
use terms::{ConversationId, LegId, Timestamp};
use tokio::task::JoinSet;
use uuid::Uuid;

use crate::{fixture::NOW, support::Scratch};

const STREAM: &str = "conversation/00000000-0000-0000-0000-000000000001";

fn event(stream: &str, version: u64) -> Append {
    Append {
        stream: stream.to_owned(),
        version,
        kind: "opened".to_owned(),
        payload: format!("{{\"n\":{version}}}"),
        at: NOW,
        closes: false,
        command: None,
    }
}

fn last(stream: &str, version: u64, at: Timestamp) -> Append {
    Append { at, closes: true, ..event(stream, version) }
}

fn command(key: &str) -> CommandRecord {
    CommandRecord {
        key: key.to_owned(),
        principal: Uuid::from_u128(3),
        body_hash: "00".repeat(32),
        answer: "{\"ok\":true}".to_owned(),
        at: NOW,
    }
}

async fn open(path: &Path) -> Journal {
    Journal::open(path).await.unwrap()
}

async fn streams(journal: &Journal) -> Vec<(i64, String, u64)> {
    let records = journal.read_after(0, 10_000).await.unwrap();
    records.into_iter().map(|record| (record.position, record.stream, record.version)).collect()
}

#[tokio::test]
async fn what_is_appended_is_read_back_in_order_also_at_the_next_start() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    assert_eq!((journal.last_position(), journal.read_stream(STREAM).await.unwrap().len()), (0, 0));
    let batch = vec![event(STREAM, 1), event("routing", 1), event(STREAM, 2)];
    assert_eq!(journal.append(batch).await.unwrap(), 3);
    assert_eq!(journal.append((3..=200).map(|version| event(STREAM, version)).collect()).await.unwrap(), 201);
    assert_eq!(journal.append(Vec::new()).await.unwrap(), 201);
    let written = journal.read_stream(STREAM).await.unwrap();
    assert_eq!(written.len(), 200);
    assert_eq!((written[1].position, written[1].version, written[1].payload.as_str()), (3, 2, "{\"n\":2}"));
    journal.close().await;
    drop(journal);

    let journal = open(&scratch.journal()).await;
    assert_eq!(journal.last_position(), 201);
    assert_eq!(journal.read_stream(STREAM).await.unwrap(), written);
    assert_eq!(journal.append(vec![event(STREAM, 201)]).await.unwrap(), 202);
}

#[tokio::test]
async fn a_version_is_written_once_and_a_refused_batch_leaves_nothing() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    journal.append(vec![event(STREAM, 1), event(STREAM, 2)]).await.unwrap();
    let clash =
        journal.append(vec![event("routing", 1), event(STREAM, 3), event(STREAM, 2)]).await.unwrap_err();
    assert!(matches!(&clash, JournalError::Conflict { stream, version: 2 } if stream == STREAM), "{clash}");
    let twice = journal.append(vec![event(STREAM, 3), event(STREAM, 3)]).await.unwrap_err();
    assert!(matches!(twice, JournalError::Conflict { version: 3, .. }), "{twice}");
    assert_eq!(streams(&journal).await.len(), 2);
    assert_eq!(journal.last_position(), 2);
    assert_eq!(journal.append(vec![event(STREAM, 3)]).await.unwrap(), 3);
}

/// Everybody starts at once, so that most of it is committed together.
#[tokio::test]
async fn batches_that_wait_together_succeed_or_fail_each_for_itself() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    let mut appends = JoinSet::new();
    for number in 0..200_u64 {
        let journal = journal.clone();
        // Every fifth tries a version that another one also tries.
        let stream = if number % 5 == 0 { "routing".to_owned() } else { format!("conversation/{number}") };
        appends.spawn(async move {
            let batch = vec![event(&stream, 1), event(&stream, 2)];
            (stream, journal.append(batch).await)
        });
    }
    let results = appends.join_all().await;
    let (kept, refused): (Vec<_>, Vec<_>) = results.into_iter().partition(|(_, result)| result.is_ok());
    assert_eq!((kept.len(), refused.len()), (161, 39));
    for (stream, result) in refused {
        assert_eq!(stream, "routing");
        assert!(matches!(result, Err(JournalError::Conflict { .. })), "{result:?}");
    }
    let written = streams(&journal).await;
    assert_eq!(
        written.iter().map(|(position, ..)| *position).collect::<Vec<_>>(),
        (1..=322).collect::<Vec<_>>()
    );
    for (stream, result) in kept {
        let position = result.unwrap();
        assert!(written.contains(&(position, stream.clone(), 2)), "{stream} at {position}");
        assert!(written.contains(&(position - 1, stream, 1)));
    }
}

#[tokio::test]
async fn an_append_wakes_whoever_watches() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    let mut watch = journal.watch();
    journal.append(vec![event(STREAM, 1), event(STREAM, 2)]).await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), watch.changed()).await.unwrap().unwrap();
    assert_eq!(*watch.borrow(), 2);
    assert_eq!(journal.read_after(1, 10).await.unwrap()[0].position, 2);
}

#[tokio::test]
async fn an_append_is_written_also_when_its_caller_stops_waiting() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    let mut watch = journal.watch();
    {
        let mut append = Box::pin(journal.append(vec![event(STREAM, 1)]));
        // One poll hands it over.
        assert!(
            std::future::poll_fn(|context| std::task::Poll::Ready(append.as_mut().poll(context)))
                .await
                .is_pending()
        );
    }
    tokio::time::timeout(Duration::from_secs(10), watch.wait_for(|position| *position == 1))
        .await
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn a_command_is_remembered_with_its_effect_and_has_it_once() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    let caused = Append { command: Some(command("k-1")), ..event(STREAM, 1) };
    journal.append(vec![caused]).await.unwrap();
    journal.remember(command("k-2")).await.unwrap();
    for key in ["k-1", "k-2"] {
        assert_eq!(journal.find_command(Uuid::from_u128(3), key).await.unwrap(), Some(command(key)));
    }
    assert_eq!(journal.find_command(Uuid::from_u128(4), "k-1").await.unwrap(), None);

    let again = Append { command: Some(command("k-1")), ..event(STREAM, 2) };
    let known = journal.append(vec![event("routing", 1), again]).await.unwrap_err();
    assert!(matches!(&known, JournalError::CommandKnown { key } if key == "k-1"), "{known}");
    assert_eq!(streams(&journal).await.len(), 1);
    let known = journal.append_with(vec![event(STREAM, 2)], vec![command("k-2")]).await.unwrap_err();
    assert!(matches!(&known, JournalError::CommandKnown { key } if key == "k-2"), "{known}");
}

#[tokio::test]
async fn open_streams_are_the_conversations_that_did_not_close() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    let batch = vec![
        event("routing", 1),
        event("conversation/b", 1),
        event("conversation/a", 1),
        event("conversation/c", 1),
        last("conversation/c", 2, NOW),
    ];
    journal.append(batch).await.unwrap();
    assert_eq!(journal.open_streams().await.unwrap(), ["conversation/a", "conversation/b"]);
    journal.append(vec![last("conversation/a", 2, NOW)]).await.unwrap();
    assert_eq!(journal.open_streams().await.unwrap(), ["conversation/b"]);
}

#[tokio::test]
async fn pruning_takes_old_shipped_closed_conversations_only() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    let old = NOW.plus_ms(-10_000);
    for number in 0..120 {
        let stream = format!("conversation/old-{number}");
        journal.append(vec![event(&stream, 1), last(&stream, 2, old)]).await.unwrap();
    }
    journal.remember(CommandRecord { at: old, ..command("old") }).await.unwrap();
    journal.remember(command("new")).await.unwrap();
    let batch = vec![
        Append { at: old, ..event("conversation/open", 1) },
        Append { at: old, ..event("routing", 1) },
        last("conversation/young", 1, NOW),
    ];
    let shipped = journal.append(batch).await.unwrap() + 1;
    journal.append(vec![last("conversation/not-shipped", 1, old)]).await.unwrap();
    assert_eq!(journal.prune(shipped, NOW.plus_ms(-1)).await.unwrap(), 240);
    let left: Vec<String> = streams(&journal).await.into_iter().map(|(_, stream, _)| stream).collect();
    assert_eq!(left, ["conversation/open", "routing", "conversation/young", "conversation/not-shipped"]);
    assert_eq!(journal.find_command(Uuid::from_u128(3), "old").await.unwrap(), None);
    assert!(journal.find_command(Uuid::from_u128(3), "new").await.unwrap().is_some());
}

#[tokio::test]
async fn a_stream_that_never_ends_forgets_what_came_before_it_was_written_down_whole() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    let old = NOW.plus_ms(-10_000);
    let at = |version, at| Append { at, ..event("routing", version) };
    let whole = |version, at| Append { at, closes: true, ..event("routing", version) };
    let shipped = journal
        .append(vec![at(1, old), whole(2, old), at(3, old), whole(4, old), at(5, old), at(6, NOW)])
        .await
        .unwrap();
    assert_eq!(journal.prune(shipped, NOW.plus_ms(-1)).await.unwrap(), 3);
    let left = journal.read_stream("routing").await.unwrap();
    assert_eq!(left.iter().map(|record| record.version).collect::<Vec<_>>(), [4, 5, 6]);
    journal.append(vec![at(7, NOW)]).await.unwrap();
}

#[tokio::test]
async fn a_position_is_never_used_again_even_when_everything_was_pruned() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    journal.append(vec![event(STREAM, 1), last(STREAM, 2, NOW)]).await.unwrap();
    assert_eq!(journal.prune(i64::MAX, NOW.plus_ms(1)).await.unwrap(), 2);
    journal.close().await;
    drop(journal);
    let journal = open(&scratch.journal()).await;
    assert_eq!(journal.last_position(), 2);
    assert_eq!(journal.append(vec![event(STREAM, 1)]).await.unwrap(), 3);
}

#[tokio::test]
async fn a_second_opener_is_refused_until_the_first_is_gone() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    let refused = Journal::open(&scratch.journal()).await.unwrap_err();
    assert!(matches!(refused, JournalError::InUse { .. }), "{refused}");
    assert!(refused.to_string().contains("in use by another process"), "{refused}");
    journal.close().await;
    drop(journal);
    open(&scratch.journal()).await;
}

#[tokio::test]
async fn a_closed_journal_says_so() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    journal.append(vec![event(STREAM, 1)]).await.unwrap();
    journal.close().await;
    journal.close().await;
    let refused = journal.append(vec![event(STREAM, 2)]).await.unwrap_err();
    assert!(matches!(refused, JournalError::Closed), "{refused}");
}

#[tokio::test]
async fn a_journal_of_a_newer_release_is_refused() {
    use sea_orm::sqlx::{Connection, SqliteConnection};
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    journal.close().await;
    drop(journal);
    let url = format!("sqlite://{}", scratch.journal().display());
    let mut raw = SqliteConnection::connect(&url).await.unwrap();
    sea_orm::sqlx::raw_sql("PRAGMA user_version = 99").execute(&mut raw).await.unwrap();
    raw.close().await.unwrap();
    let refused = Journal::open(&scratch.journal()).await.unwrap_err();
    assert!(matches!(refused, JournalError::Newer { found: 99, .. }), "{refused}");
}

#[tokio::test]
async fn a_leg_s_dialog_is_kept_until_it_is_forgotten() {
    let scratch = Scratch::new();
    let journal = open(&scratch.journal()).await;
    let leg = |ordinal| LegId::new(ConversationId::from_number(1), ordinal);
    journal.save_dialog(leg(0), "first".to_owned()).await.unwrap();
    journal.save_dialog(leg(1), "other".to_owned()).await.unwrap();
    journal.save_dialog(leg(0), "second".to_owned()).await.unwrap();
    journal.forget_dialog(leg(1)).await.unwrap();
    journal.close().await;
    drop(journal);
    let journal = open(&scratch.journal()).await;
    assert_eq!(journal.dialogs().await.unwrap(), [(leg(0), "second".to_owned())]);
}
