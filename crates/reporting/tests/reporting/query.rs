//! Asking for records.

use expect_test::expect;
use reporting::{
    ConversationFilter, QueryError, Scope, VoiceCallFilter, VoiceCallRow,
    query::{
        conversation, conversation_events, conversations, number_text, voice_call, voice_calls,
        voice_calls_of,
    },
};
use sea_orm::DatabaseConnection;
use store::Page;
use terms::{ConversationId, Timestamp};
use voicecall::{CallType, Disposition, Purpose};

use crate::{
    desk::{Desk, START, appends},
    dump::{assert_same, dump},
    support::Database,
    told::{ANA, BEN, BILLING, SUE, SUPPORT, Told, name},
};

fn line(row: &VoiceCallRow) -> String {
    let record = &row.record;
    let user = name(record.user_id.map(terms::UserId));
    let coaching: String =
        row.coaching.iter().map(|time| format!(" {}={}", time.mode, time.ms / 1000)).collect();
    format!(
        "{} {} {} {} {user} {}{coaching}",
        number_text(record.number.unwrap()),
        record.path,
        record.call_type,
        record.purpose,
        record.disposition
    )
}

async fn ask(database: &DatabaseConnection, filter: VoiceCallFilter) -> Vec<String> {
    let (rows, next) = voice_calls(database, &filter, &Page::default()).await.unwrap();
    assert_eq!(next, None);
    rows.iter().map(line).collect()
}

fn all() -> VoiceCallFilter {
    VoiceCallFilter::default()
}

on_both! {
    the_records_of_a_busy_minute(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = desk.projected(&database).await;
        let rows = ask(store.database(), all()).await.join("\n");
        expect![[r#"
            VC-00000011 0000/0001/0002 inbound transfer ben completed
            VC-00000010 0000/0001/0002 inbound transfer ana completed
            VC-00000009 0000/0001 inbound transfer - no_answer
            VC-00000008 0000/0001 internal consult ben merged
            VC-00000007 0000/0001 internal coaching sue completed monitor=8 whisper=10
            VC-00000006 0000 inbound customer - abandoned
            VC-00000005 0000 outbound customer ana in_progress
            VC-00000004 0000 inbound customer ana completed monitor=8 whisper=10
            VC-00000003 0000 inbound customer ana transferred
            VC-00000002 0000 inbound customer ana transferred
            VC-00000001 0000 inbound customer ana completed"#]]
        .assert_eq(&rows);
        let chain = voice_calls_of(store.database(), ConversationId::from_number(2)).await.unwrap();
        let chain: Vec<String> = chain.iter().map(line).collect();
        expect![[r#"
            VC-00000002 0000 inbound customer ana transferred
            VC-00000008 0000/0001 internal consult ben merged
            VC-00000011 0000/0001/0002 inbound transfer ben completed"#]]
        .assert_eq(&chain.join("\n"));
    }

    every_filter_narrows_to_what_it_says(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = desk.projected(&database).await;
        let rows = voice_calls(store.database(), &all(), &Page::default()).await.unwrap().0;
        let records: Vec<_> = rows.iter().map(|row| row.record.clone()).collect();
        let parent = records.iter().find_map(|record| record.parent_id).unwrap();
        let at = |seconds: i64| Some(Timestamp(START.ms() + seconds * 1000));
        type Fits<'a> = Box<dyn Fn(&reporting::entity::voice_call::Model) -> bool + 'a>;
        let involved = |user: terms::UserId| {
            move |record: &reporting::entity::voice_call::Model| {
                [record.user_id, record.initiator_user_id, record.target_user_id].contains(&Some(user.0))
            }
        };
        let scope = |users: Option<Vec<_>>, queues: Option<Vec<_>>| Some(vec![Scope { users, queues }]);
        let cases: Vec<(VoiceCallFilter, Fits<'_>)> = vec![
            (VoiceCallFilter { call_type: Some(CallType::Internal), ..all() }, Box::new(|r| r.call_type == "internal")),
            (VoiceCallFilter { purpose: Some(Purpose::Transfer), ..all() }, Box::new(|r| r.purpose == "transfer")),
            (
                VoiceCallFilter { disposition: Some(Disposition::Abandoned), ..all() },
                Box::new(|r| r.disposition == "abandoned"),
            ),
            (
                VoiceCallFilter { conversation_id: Some(ConversationId::from_number(2)), ..all() },
                Box::new(|r| r.conversation_id.as_u128() == 2),
            ),
            (VoiceCallFilter { user_id: Some(BEN), ..all() }, Box::new(|r| r.user_id == Some(BEN.0))),
            (VoiceCallFilter { involving: Some(SUE), ..all() }, Box::new(involved(SUE))),
            (VoiceCallFilter { queue_id: Some(BILLING), ..all() }, Box::new(|r| r.queue_id == Some(BILLING.0))),
            (VoiceCallFilter { parent_id: Some(parent), ..all() }, Box::new(|r| r.parent_id == Some(parent))),
            (VoiceCallFilter { answered: Some(false), ..all() }, Box::new(|r| r.accepted_at.is_none())),
            (VoiceCallFilter { ended: Some(false), ..all() }, Box::new(|r| r.ended_at.is_none())),
            (
                VoiceCallFilter { from: at(17), to: at(67), ..all() },
                Box::new(|r| (17_000..67_000).contains(&(r.started_at - START.ms()))),
            ),
            (
                VoiceCallFilter { scopes: scope(Some(vec![BEN]), Some(vec![BILLING])), ..all() },
                Box::new(|r| involved(BEN)(r) && r.queue_id.is_none_or(|queue| queue == BILLING.0)),
            ),
            (
                VoiceCallFilter { scopes: scope(None, Some(vec![SUPPORT])), ..all() },
                Box::new(|r| r.queue_id.is_none()),
            ),
        ];
        for (filter, fits) in cases {
            let expected: Vec<_> = records.iter().filter(|record| fits(record)).map(|record| record.id).collect();
            assert!(!expected.is_empty() && expected.len() < records.len(), "{filter:?} tells nothing apart");
            let found = voice_calls(store.database(), &filter, &Page::default()).await.unwrap().0;
            let found: Vec<_> = found.iter().map(|row| row.record.id).collect();
            assert_eq!(found, expected, "{filter:?}");
        }
        let nothing = VoiceCallFilter { scopes: Some(Vec::new()), ..all() };
        assert!(ask(store.database(), nothing).await.is_empty());
        let everything = VoiceCallFilter { scopes: scope(None, None), subject: Some("Refund".to_owned()), ..all() };
        assert_eq!(ask(store.database(), everything).await.len(), records.len());
    }

    pages_end_to_end_are_the_list(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        for id in 70..75 {
            let told = Told::queued(id, START + 500_000);
            desk.append(appends(&told)).await;
        }
        let store = desk.projected(&database).await;
        let whole = ask(store.database(), all()).await;
        let (mut paged, mut cursor) = (Vec::new(), None);
        loop {
            let page = Page { limit: Some(3), cursor: cursor.take() };
            let (rows, next) = voice_calls(store.database(), &all(), &page).await.unwrap();
            assert!(rows.len() <= 3);
            paged.extend(rows.iter().map(line));
            match next {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        assert_eq!(paged, whole);
        let page = Page { limit: Some(1), cursor: None };
        let filter = ConversationFilter::default();
        let (_, next) = conversations(store.database(), &filter, &page).await.unwrap();
        let foreign = Page { limit: Some(1), cursor: next };
        let refused = voice_calls(store.database(), &all(), &foreign).await.unwrap_err();
        assert!(matches!(refused, QueryError::BadCursor), "{refused}");
    }

    conversations_are_listed_by_what_is_asked(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = desk.projected(&database).await;
        let ids = async |filter: ConversationFilter| {
            let (rows, _) = conversations(store.database(), &filter, &Page::default()).await.unwrap();
            rows.iter().map(|row| row.id.as_u128()).collect::<Vec<_>>()
        };
        let any = ConversationFilter::default;
        assert_eq!(ids(any()).await, [6, 5, 4, 3, 2, 1]);
        assert_eq!(ids(ConversationFilter { ended: Some(true), ..any() }).await, [6, 4, 3, 2, 1]);
        assert_eq!(ids(ConversationFilter { involving: Some(SUE), ..any() }).await, [4]);
        assert_eq!(ids(ConversationFilter { call_type: Some(CallType::Outbound), ..any() }).await, [5]);
        let scopes = Some(vec![Scope { users: Some(vec![BEN]), queues: None }]);
        assert_eq!(ids(ConversationFilter { scopes, ..any() }).await, [6, 3, 2]);
        let found = conversation(store.database(), ConversationId::from_number(5)).await.unwrap().unwrap();
        assert_eq!((found.state.as_str(), found.ended_at), ("connected", None));
    }

    the_events_of_a_conversation_fold_to_its_records(database) {
        let mut desk = Desk::new().await;
        let stories = desk.busy().await;
        let store = desk.projected(&database).await;
        let elsewhere = Desk::new().await;
        for told in &stories {
            let id = told.opening.id;
            let here = conversation_events(store.database(), &desk.journal, id).await.unwrap().unwrap();
            let copy = conversation_events(store.database(), &elsewhere.journal, id).await.unwrap().unwrap();
            assert_eq!((&here.facts, &here.wrap_ups), (&copy.facts, &copy.wrap_ups));
            assert_eq!(here.facts, told.facts);
            assert_eq!(here.fold(told.now), told.fold());
            for call in here.fold(told.now).voice_calls {
                let row = voice_call(store.database(), call.id).await.unwrap().unwrap().record;
                assert_eq!((row.talk_ms, row.wrap_up_ms), (call.times.talk_ms, call.times.wrap_up_ms));
            }
        }
        let nobody = ConversationId::from_number(77);
        assert!(conversation_events(store.database(), &desk.journal, nobody).await.unwrap().is_none());
        assert!(voice_call(store.database(), nobody.0).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn sqlite_and_postgres_hold_the_same_rows() {
    let mut desk = Desk::new().await;
    desk.busy().await;
    let (sqlite, postgres) = (Database::sqlite(), Database::postgres().await);
    let sqlite = dump(desk.projected(&sqlite).await.database()).await;
    let postgres = dump(desk.projected(&postgres).await.database()).await;
    assert!(sqlite.iter().any(|row| row.contains(&format!("user_id: Some({})", ANA.0))));
    assert_same(&sqlite, &postgres);
}
