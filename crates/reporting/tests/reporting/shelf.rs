//! The archive's files: a start from them says what the database says, and whatever is wrong with them is noticed.

use std::{
    fs,
    path::{Path, PathBuf},
};

use reporting::{
    entity::projector_cursor,
    ledger::{Archive, load},
    report::{Request, plan, run},
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, sea_query::Expr};
use serde_json::json;
use store::Store;

use crate::{
    history::{NOW, asker, import_copy, imported},
    support::Scratch,
};

/// Files of one test, and an archive over them.
struct Kept {
    directory: PathBuf,
    _scratch: Scratch,
}

impl Kept {
    fn new() -> Self {
        let scratch = Scratch::new();
        Self { directory: scratch.journal().with_file_name("archive"), _scratch: scratch }
    }

    /// As a process that starts has it.
    fn archive(&self, store: &Store) -> Archive {
        Archive::new(store.clone()).with_parts_of(2).kept_in(self.directory.clone(), u64::MAX)
    }

    fn files(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(&self.directory).unwrap().map(|file| file.unwrap().path());
        let mut files: Vec<PathBuf> = files.collect();
        files.sort_unstable();
        files
    }

    fn copy(&self) -> Vec<(PathBuf, Vec<u8>)> {
        self.files().into_iter().map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }
}

fn break_byte(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    let at = at.min(bytes.len() - 1);
    bytes[at] ^= 0x10;
    fs::write(path, bytes).unwrap();
}

/// Subjects and their calls, as rows.
async fn said(archive: &Archive) -> String {
    let (plan, _) = asked();
    format!("{:?}", run(&plan, &archive.ledger_for(&plan, NOW).await.unwrap()))
}

async fn fresh(store: &Store) -> String {
    let (plan, window) = asked();
    format!("{:?}", run(&plan, &load(store.database(), window, NOW).await.unwrap()))
}

fn asked() -> (reporting::report::Plan, reporting::ledger::Window) {
    let request =
        json!({"type": "legs", "group_by": ["subject", "role"], "measures": ["legs", "talk_seconds"]});
    let request: Request = serde_json::from_value(request).unwrap();
    (plan(&request, &asker()).unwrap(), Default::default())
}

/// What no transaction of ours does: the numbers of changes do not move, so files do not know it.
async fn change_unseen(store: &Store) {
    store.database().execute_unprepared("UPDATE voice_call SET subject = 'unseen'").await.unwrap();
}

on_both! {
    a_server_that_began_without_calls_files_those_that_come(database) {
        let store = database.store().await;
        let kept = Kept::new();
        let archive = kept.archive(&store);
        said(&archive).await;
        crate::history::import_all(&store).await;
        let truth = fresh(&store).await;
        assert_eq!(said(&archive).await, truth);
        assert!(kept.files().len() > 4, "{:?}", kept.files());
    }

    a_start_reads_the_files_and_what_changed_since(database) {
        let (store, _) = imported(&database).await;
        let kept = Kept::new();
        let before = said(&kept.archive(&store)).await;
        assert_eq!(before, fresh(&store).await);
        assert!(kept.files().len() > 4, "{:?}", kept.files());
        change_unseen(&store).await;
        assert_eq!(said(&kept.archive(&store)).await, before, "it was read from the files");
        import_copy(&store, "calls.csv", |text| text.replace("Refund", "Refunds")).await;
        let after = said(&kept.archive(&store)).await;
        assert!(after.contains("Refunds") && !after.contains("\"Refund\""), "{after}");
    }

    a_broken_file_is_noticed_and_the_database_read(database) {
        let (store, _) = imported(&database).await;
        let kept = Kept::new();
        said(&kept.archive(&store)).await;
        change_unseen(&store).await;
        let truth = fresh(&store).await;
        let sound = kept.copy();
        assert!(sound.len() > 4);
        for (path, bytes) in &sound {
            // At the start, where ids stand, and at the end, where rows do.
            for at in [9, bytes.len() - 3] {
                fs::remove_dir_all(&kept.directory).unwrap();
                fs::create_dir_all(&kept.directory).unwrap();
                sound.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
                break_byte(path, at);
                assert_eq!(said(&kept.archive(&store)).await, truth, "{path:?} at {at}");
            }
        }
        fs::remove_dir_all(&kept.directory).unwrap();
        assert_eq!(said(&kept.archive(&store)).await, truth, "no files at all");
        // What was written in the meantime is sound again.
        assert_eq!(said(&kept.archive(&store)).await, truth);
    }

    files_of_another_state_of_the_database_are_not_used(database) {
        let (store, _) = imported(&database).await;
        let kept = Kept::new();
        said(&kept.archive(&store)).await;
        let older = kept.copy();
        import_copy(&store, "calls.csv", |text| text.replace("Refund", "Refunds")).await;
        change_unseen(&store).await;
        let truth = fresh(&store).await;
        // Killed after the database had the new stamp and before the catalog was there: so is a restored backup.
        use projector_cursor::{Column, Entity};
        let moved = Entity::update_many()
            .col_expr(Column::Position, Expr::value(7_i64))
            .filter(Column::Name.starts_with("archive/"))
            .exec(store.database())
            .await
            .unwrap();
        assert_eq!(moved.rows_affected, 1);
        assert_eq!(said(&kept.archive(&store)).await, truth);
        // Files of an earlier day put back.
        fs::remove_dir_all(&kept.directory).unwrap();
        fs::create_dir_all(&kept.directory).unwrap();
        older.iter().for_each(|(path, bytes)| fs::write(path, bytes).unwrap());
        assert_eq!(said(&kept.archive(&store)).await, truth);
    }

    killed_while_writing_it_leaves_what_was_written_before(database) {
        let (store, _) = imported(&database).await;
        let kept = Kept::new();
        let before = said(&kept.archive(&store)).await;
        change_unseen(&store).await;
        let catalog = fs::read(kept.directory.join("catalog")).unwrap();
        fs::write(kept.directory.join("catalog.new"), &catalog[..catalog.len() / 2]).unwrap();
        let half = kept.directory.join("00000000000000000000000000000000.part");
        fs::write(&half, b"half of a part").unwrap();
        assert_eq!(said(&kept.archive(&store)).await, before, "the last whole catalog holds");
        let truncated = kept.files().into_iter().find(|path| path.extension().is_some_and(|end| end == "part") && *path != half).unwrap();
        let bytes = fs::read(&truncated).unwrap();
        fs::write(&truncated, &bytes[..bytes.len() / 2]).unwrap();
        assert_eq!(said(&kept.archive(&store)).await, fresh(&store).await);
        assert!(!half.exists(), "what no catalog names goes");
    }

    rows_that_are_gone_from_the_database_are_noticed(database) {
        let (store, _) = imported(&database).await;
        let kept = Kept::new();
        said(&kept.archive(&store)).await;
        for table in ["conversation", "voice_call", "call_leg", "leg_segment", "coaching_interval"] {
            store.database().execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap();
        }
        assert_eq!(said(&kept.archive(&store)).await, fresh(&store).await);
    }

    no_more_than_is_allowed_stays_in_memory(database) {
        let (store, _) = imported(&database).await;
        let kept = Kept::new();
        let archive = Archive::new(store.clone()).with_parts_of(2).kept_in(kept.directory.clone(), 0);
        let truth = fresh(&store).await;
        for _ in 0..2 {
            assert_eq!(said(&archive).await, truth);
            assert_eq!(archive.memory().await, 0);
        }
        let roomy = kept.archive(&store);
        assert_eq!(said(&roomy).await, truth);
        assert!(roomy.memory().await > 10_000, "{}", roomy.memory().await);
    }
}
