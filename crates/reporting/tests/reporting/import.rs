//! Bringing in another system's history.

use std::{fs, path::Path};

use reporting::{
    entity::{
        agent_status, call_leg, coaching_interval, conversation, imported_user, projector_cursor, voice_call,
    },
    import::{ImportError, Imported, import},
};
use sea_orm::{ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, Statement};
use store::Store;

use crate::{
    desk::Desk,
    dump::{assert_same, dump},
    support::{Database, Scratch},
};

const AGENTS: &str =
    "agent_id,name,role,tier,team\na1,Ana,Agent,1,Tier 1\nb2,Ben,agent,2,Tier 2\ns1,Sue,SUPERVISOR,,\n";
const CASES: &str = "case_id,category\nk1,billing\n";
const CALLS: &str = "call_id,root_id,parent_id,prev_id,call_type,purpose,queue,subject,case_id,customer_id,initiator_agent_id,target_agent_id,enqueued_at,started_at,answered_at,ended_at,disposition\n\
    c1,,,,Inbound,customer,Support,\"Refund, please\",k1,u1,,a1,2026-03-02T10:00:00Z,2026-03-02T10:00:00Z,2026-03-02T10:00:20Z,2026-03-02T10:05:00Z,transferred\n\
    c2,c1,c1,,internal,consult,,,,,a1,b2,,2026-03-02T10:02:00Z,2026-03-02T10:02:10Z,2026-03-02T10:05:00Z,merged\n\
    c3,c1,c2,c1,inbound,transfer,,,,u1,a1,b2,,2026-03-02T10:05:00Z,2026-03-02T10:05:00Z,2026-03-02T10:09:00Z,completed\n\
    c4,c1,c1,,internal,coaching,,,,,s1,a1,,2026-03-02T10:01:00Z,2026-03-02T10:01:00Z,2026-03-02T10:02:00Z,completed\n";
const LEGS: &str = "leg_id,call_id,agent_id,role,ring_at,answered_at,ended_at,end_reason\n\
    l1,c1,a1,agent,2026-03-02T10:00:05Z,2026-03-02T10:00:20Z,2026-03-02T10:05:00Z,transferred\n\
    l2,c2,b2,specialist,2026-03-02T10:02:00Z,2026-03-02T10:02:10Z,2026-03-02T10:05:00Z,merged\n\
    l3,c3,b2,agent,,2026-03-02T10:05:00Z,2026-03-02T10:09:00Z,completed\n\
    l4,c4,s1,supervisor,,2026-03-02T10:01:00Z,2026-03-02T10:02:00Z,completed\n";
const SEGMENTS: &str = "leg_id,kind,start_at,end_at\n\
    l1,ring,2026-03-02T10:00:05Z,2026-03-02T10:00:20Z\n\
    l1,talk,2026-03-02T10:00:20Z,2026-03-02T10:02:00Z\n\
    l1,hold,2026-03-02T10:02:00Z,2026-03-02T10:05:00Z\n\
    l1,acw,2026-03-02T10:05:00Z,2026-03-02T10:05:30Z\n\
    l2,ring,2026-03-02T10:02:00Z,2026-03-02T10:02:10Z\n\
    l2,talk,2026-03-02T10:02:10Z,2026-03-02T10:05:00Z\n\
    l3,talk,2026-03-02T10:05:00Z,2026-03-02T10:09:00Z\n\
    l4,monitor,2026-03-02T10:01:00Z,2026-03-02T10:01:30Z\n\
    l4,whisper,2026-03-02T10:01:30Z,2026-03-02T10:02:00Z\n";
const STATUSES: &str = "agent_id,status,start_at,end_at\n\
    a1,available,2026-03-02T09:00:00Z,2026-03-02T12:00:00Z\n\
    a1,break,2026-03-02T12:00:00Z,2026-03-02T13:00:00Z\n";

/// Where they stand, and what removes them.
struct Files {
    directory: std::path::PathBuf,
    _scratch: Scratch,
}

impl Files {
    fn new() -> Self {
        let scratch = Scratch::new();
        let directory = scratch.journal().with_file_name("history");
        fs::create_dir_all(&directory).unwrap();
        let files = Self { directory, _scratch: scratch };
        for (name, text) in [
            ("agents.csv", AGENTS),
            ("cases.csv", CASES),
            ("calls.csv", CALLS),
            ("legs.csv", LEGS),
            ("segments.csv", SEGMENTS),
            ("agent_status.csv", STATUSES),
        ] {
            files.put(name, text);
        }
        files
    }

    fn put(&self, name: &str, text: &str) {
        fs::write(self.directory.join(name), text).unwrap();
    }
}

async fn take(store: &Store, directory: &Path) -> Imported {
    import(store, directory, false, |_| ()).await.unwrap()
}

async fn everything(store: &Store) -> Vec<String> {
    let mut rows = dump(store.database()).await;
    rows.extend(
        imported_user::Entity::find()
            .all(store.database())
            .await
            .unwrap()
            .iter()
            .map(|row| format!("{row:?}")),
    );
    let statuses = agent_status::Entity::find().order_by_asc(agent_status::Column::StartAt);
    rows.extend(statuses.all(store.database()).await.unwrap().iter().map(|row| format!("{row:?}")));
    rows
}

on_both! {
    a_history_is_linked_like_calls_of_our_own(database) {
        let store = database.store().await;
        let files = Files::new();
        let imported = take(&store, &files.directory).await;
        assert_eq!((imported.calls, imported.legs, imported.conversations_new), (4, 4, 1));
        let calls = voice_call::Entity::find().order_by_asc(voice_call::Column::Path).all(store.database()).await.unwrap();
        let seen: Vec<_> = calls
            .iter()
            .map(|call| (call.external_id.as_deref().unwrap(), call.path.as_str(), call.talk_ms, call.subject.as_deref().unwrap()))
            .collect();
        let about = "Refund, please";
        assert_eq!(
            seen,
            [
                ("c1", "0000", 100_000, about),
                ("c4", "0000/0001", 0, about),
                ("c2", "0000/0002", 170_000, about),
                ("c3", "0000/0002/0003", 240_000, about),
            ]
        );
        assert_eq!(calls[3].previous_id, Some(calls[0].id));
        assert_eq!(calls[0].next_id, Some(calls[3].id));
        assert!(calls.iter().all(|call| call.origin == "import" && call.case_category.as_deref() == Some("billing")));
        let coached = coaching_interval::Entity::find().all(store.database()).await.unwrap();
        let agents = imported_user::Entity::find().all(store.database()).await.unwrap();
        let ana = agents.iter().find(|agent| agent.external_id == "a1").unwrap();
        assert_eq!(coached.len(), 2);
        assert!(coached.iter().all(|interval| interval.agent_user_id == Some(ana.id)));
        let reasons: Vec<_> = call_leg::Entity::find().all(store.database()).await.unwrap();
        assert!(reasons.iter().any(|leg| leg.end_reason.as_deref() == Some("hung_up")));
    }

    a_second_import_changes_nothing_and_a_corrected_one_what_was_corrected(database) {
        let store = database.store().await;
        let files = Files::new();
        take(&store, &files.directory).await;
        let first = everything(&store).await;
        let again = take(&store, &files.directory).await;
        assert_eq!((again.conversations_new, again.conversations_changed, again.conversations_unchanged), (0, 0, 1));
        assert_same(&everything(&store).await, &first);
        // The wrap-up ended later than the first report knew.
        files.put("segments.csv", &SEGMENTS.replace("10:05:30Z", "10:07:30Z"));
        let late = take(&store, &files.directory).await;
        assert_eq!((late.conversations_changed, late.conversations_unchanged), (1, 0));
        let second = everything(&store).await;
        assert_eq!(second.len(), first.len());
        let differing = second.iter().filter(|row| !first.contains(row)).count();
        assert_eq!(differing, 4, "the segment, its call, its conversation, and the count of imports");
    }

    a_dry_run_and_a_bad_row_write_nothing(database) {
        let store = database.store().await;
        let files = Files::new();
        let told = import(&store, &files.directory, true, |_| ()).await.unwrap();
        assert_eq!(told.conversations_new, 1);
        assert_eq!(conversation::Entity::find().all(store.database()).await.unwrap(), []);
        files.put("legs.csv", &LEGS.replace("l2,c2,b2", "l2,c9,b9").replace("T10:05:00Z,transferred", "T10:05:00,transferred"));
        files.put("calls.csv", &CALLS.replace("coaching,", "spying,"));
        files.put("segments.csv", &SEGMENTS.replace("l1,hold,2026-03-02T10:02:00Z", "l1,hold,2026-03-02T10:01:59Z"));
        let refused = import(&store, &files.directory, false, |_| ()).await.unwrap_err();
        let ImportError::BadRows(rows) = refused else { panic!("{refused}") };
        let said: Vec<String> = rows.iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            [
                "calls.csv:5: purpose: \"spying\" is none of customer, consult, transfer, participant, coaching, callback, direct",
                "legs.csv:2: ended_at: \"2026-03-02T10:05:00\" is no RFC 3339 time",
                "legs.csv:3: call_id: \"c9\" is not in calls.csv",
                "legs.csv:3: agent_id: \"b9\" is not in agents.csv",
                "segments.csv:4: start_at: overlaps another segment of the leg",
            ]
        );
        assert_eq!(conversation::Entity::find().all(store.database()).await.unwrap(), []);
        fs::remove_file(files.directory.join("cases.csv")).unwrap();
        let refused = import(&store, &files.directory, false, |_| ()).await.unwrap_err();
        let ImportError::BadRows(rows) = refused else { panic!("{refused}") };
        assert!(rows.iter().any(|row| row.to_string() == "cases.csv:1: the file is missing"));
    }

    a_rebuild_from_the_journal_leaves_imported_rows_alone(database) {
        let mut desk = Desk::new().await;
        desk.busy().await;
        let store = desk.projected(&database).await;
        let files = Files::new();
        take(&store, &files.directory).await;
        let before = everything(&store).await;
        desk.projector(&store).rebuild().await.unwrap();
        assert_same(&everything(&store).await, &before);
        assert!(projector_cursor::Entity::find().all(store.database()).await.unwrap().len() >= 3);
    }

    an_import_takes_indexes_out_and_puts_them_back(database) {
        let store = database.store().await;
        let before = indexes(&store).await;
        assert!(before.len() > 20, "{before:?}");
        let files = Files::new();
        take(&store, &files.directory).await;
        assert_eq!(indexes(&store).await, before);
    }

    what_the_database_refuses_in_the_middle_leaves_nothing_behind(database) {
        let files = Files::new();
        let leg = {
            let other = Database::sqlite();
            let other = other.store().await;
            take(&other, &files.directory).await;
            let legs = call_leg::Entity::find().filter(call_leg::Column::ExternalId.eq("l3"));
            legs.one(other.database()).await.unwrap().unwrap()
        };
        let store = database.store().await;
        let before = indexes(&store).await;
        let in_the_way = call_leg::ActiveModel::from(leg.clone());
        call_leg::Entity::insert(in_the_way).exec_without_returning(store.database()).await.unwrap();
        let refused = import(&store, &files.directory, false, |_| ()).await.unwrap_err();
        assert!(matches!(refused, ImportError::Database(_)), "{refused}");
        assert_eq!(indexes(&store).await, before);
        assert_eq!(conversation::Entity::find().all(store.database()).await.unwrap(), []);
        assert_eq!(imported_user::Entity::find().all(store.database()).await.unwrap(), []);
        assert_eq!(agent_status::Entity::find().all(store.database()).await.unwrap(), []);
        call_leg::Entity::delete_by_id(leg.id).exec(store.database()).await.unwrap();
        assert_eq!(take(&store, &files.directory).await.conversations_new, 1);
    }

    what_no_database_can_hold_is_a_bad_row_in_a_dry_run_too(database) {
        let store = database.store().await;
        let files = Files::new();
        files.put("agents.csv", &AGENTS.replace("Ben", "B\0n"));
        let refused = import(&store, &files.directory, true, |_| ()).await.unwrap_err();
        let ImportError::BadRows(rows) = refused else { panic!("{refused}") };
        assert!(rows.iter().any(|row| row.to_string() == "agents.csv:3: holds a NUL"), "{rows:?}");
    }

    calls_move_to_another_root_when_the_files_say_so(database) {
        let store = database.store().await;
        let files = Files::new();
        take(&store, &files.directory).await;
        // The transfer was a call of its own after all.
        files.put("calls.csv", &CALLS.replace("c3,c1,c2,c1,inbound,transfer", "c3,,,,inbound,customer"));
        let moved = take(&store, &files.directory).await;
        assert_eq!((moved.conversations_new, moved.conversations_changed), (1, 1));
        assert_eq!(voice_call::Entity::find().all(store.database()).await.unwrap().len(), 4);
    }

    a_conversation_stays_the_same_when_its_beginning_is_corrected(database) {
        let store = database.store().await;
        let files = Files::new();
        take(&store, &files.directory).await;
        let known = |store: Store| async move {
            let calls = voice_call::Entity::find().order_by_asc(voice_call::Column::Path).all(store.database()).await;
            calls.unwrap().into_iter().map(|call| (call.id, call.conversation_id)).collect::<Vec<_>>()
        };
        let before = known(store.clone()).await;
        // The year was wrong.
        files.put("calls.csv", &CALLS.replace("2026-03-02T10:00:00Z,2026-03-02T10:00:00Z", "2025-03-02T10:00:00Z,2025-03-02T10:00:00Z"));
        let late = take(&store, &files.directory).await;
        assert_eq!((late.conversations_new, late.conversations_changed), (0, 1));
        assert_eq!(known(store.clone()).await, before);
    }

    a_call_whose_former_root_is_not_in_the_files_is_refused(database) {
        let store = database.store().await;
        let files = Files::new();
        take(&store, &files.directory).await;
        let before = everything(&store).await;
        // The transfer alone, as if it had been a call of its own; what was told of it stands below c1.
        let (header, rest) = CALLS.split_once('\n').unwrap();
        let transfer = rest.lines().find(|line| line.starts_with("c3,")).unwrap();
        let alone = transfer.replace("c3,c1,c2,c1,inbound,transfer", "c3,,,,inbound,customer");
        files.put("calls.csv", &format!("{header}\n{alone}\n"));
        let of_it = |text: &str, leg: &str| text.lines().enumerate().filter(|(at, line)| *at == 0 || line.starts_with(leg)).fold(String::new(), |all, (_, line)| all + line + "\n");
        files.put("legs.csv", &of_it(LEGS, "l3,"));
        files.put("segments.csv", &of_it(SEGMENTS, "l3,"));
        let refused = import(&store, &files.directory, false, |_| ()).await.unwrap_err();
        let ImportError::BadRows(rows) = refused else { panic!("{refused}") };
        let said: Vec<String> = rows.iter().map(ToString::to_string).collect();
        assert_eq!(said, ["calls.csv:2: root_id: \"c3\" was imported below a root that these files do not have"]);
        assert_same(&everything(&store).await, &before);
    }
}

/// As the database would make them again.
async fn indexes(store: &Store) -> Vec<String> {
    let sql = match store.database().get_database_backend() {
        DbBackend::Postgres => {
            "SELECT indexdef AS made FROM pg_indexes WHERE schemaname = current_schema() ORDER BY 1"
        }
        _ => {
            "SELECT name || ' ' || COALESCE(sql, '') AS made FROM sqlite_master WHERE type = 'index' ORDER BY 1"
        }
    };
    let sql = Statement::from_string(store.database().get_database_backend(), sql);
    let rows = store.database().query_all_raw(sql).await.unwrap();
    rows.iter().map(|row| row.try_get::<String>("", "made").unwrap()).collect()
}
