//! List, find, create, update, delete, for every kind of row.

use store::{
    By, Hidden, NumberTarget, Page, PromptRow, QuickConnectTarget, Row, Rows, Store, StoreError, UserSkill,
};
use terms::{PresenceStatusId, PromptId, QueueId, SkillId, TeamId, UserId};

use crate::fixture::*;

/// The whole life of one row.
async fn lives<R: Row + PartialEq + std::fmt::Debug>(
    rows: Rows<'_, R>,
    row: R,
    by: &By,
    patch: impl Fn(&mut R) + Send + Copy,
) {
    let id = row.id();
    let created = rows.create(row.clone(), by).await.unwrap();
    assert_eq!(created.version(), 1);
    assert_eq!(rows.find(id).await.unwrap(), created);

    let again = rows.create(row, by).await.unwrap_err();
    assert!(matches!(again, StoreError::Taken { .. }), "{again}");

    let updated = rows.update(id, Some(1), by, patch).await.unwrap();
    let mut expected = created.clone();
    patch(&mut expected);
    assert_eq!(updated.version(), 2);
    assert_ne!(updated, created);
    assert_eq!(
        serde_json::to_value(&updated).unwrap()["name"],
        serde_json::to_value(&expected).unwrap()["name"]
    );
    assert_eq!(rows.find(id).await.unwrap(), updated);

    let stale = rows.update(id, Some(1), by, patch).await.unwrap_err();
    assert!(matches!(stale, StoreError::Stale { current: 2 }), "{stale}");
    let stale = rows.delete(id, Some(1), by).await.unwrap_err();
    assert!(matches!(stale, StoreError::Stale { current: 2 }), "{stale}");
    assert_eq!(rows.find(id).await.unwrap(), updated);

    rows.delete(id, Some(2), by).await.unwrap();
    for gone in [
        rows.find(id).await.err(),
        rows.update(id, None, by, patch).await.err(),
        rows.delete(id, None, by).await.err(),
    ] {
        assert!(matches!(gone, Some(StoreError::NotFound { .. })), "{gone:?}");
    }
}

on_both! {
    every_kind_of_row_lives_its_whole_life(database) {
        let store = database.store().await;
        let by = by();
        lives(store.teams(), team(1), &by, |row| row.name = "Claims".to_owned()).await;
        lives(store.skills(), skill(1), &by, |row| row.name = "French".to_owned()).await;
        lives(store.queues(), queue(1), &by, |row| {
            row.name = "Billing".to_owned();
            row.extension = None;
            row.max_size = None;
        }).await;
        lives(store.permission_sets(), permission_set(1), &by, |row| row.grants = serde_json::json!([])).await;
        lives(store.users(), user(1), &by, |row| {
            row.sip = None;
            row.tier = None;
            row.extension = Some("2999".parse().unwrap());
        }).await;
        lives(store.clients(), client(1), &by, |row| row.secret_hash = Hidden::new("next".to_owned())).await;
        lives(store.presence_statuses(), presence_status(1), &by, |row| row.sort = 7).await;
        lives(store.presence_configs(), presence_config(1), &by, |row| row.missed_before_pause = None).await;
        lives(store.trunks(), trunk(1), &by, |row| row.credentials = Hidden::new(serde_json::Value::Null)).await;
        lives(store.numbers(), number(1), &by, |row| row.e164 = "+4930123".parse().unwrap()).await;
        lives(store.quick_connects(), quick_connect(1), &by, |row| row.name = "Police".to_owned()).await;
        lives(store.call_flows(), call_flow(1), &by, |row| row.steps = serde_json::json!([])).await;
        lives(store.business_hours(), business_hours(1), &by, |row| row.time_zone = "UTC".to_owned()).await;
        lives(store.prompts(), prompt(1), &by, |row| row.language = Some("de".to_owned())).await;
        lives(store.wrap_up_codes(), wrap_up_code(1), &by, |row| row.sort = 2).await;
    }

    another_sound_of_a_prompt_has_a_number_that_nothing_had(database) {
        let store = database.store().await;
        let first = store.prompts().create(prompt(1), &by()).await.unwrap();
        let sound = |row: &PromptRow| row.prompt;
        assert!(sound(&first) > PromptId::UPLOADED);
        let kept = store.prompt_sounds(&[sound(&first), PromptId::GREETING]).await.unwrap();
        assert_eq!(kept, [(sound(&first), b"RIFF 1".to_vec())]);
        let renamed = store.prompts().update(first.id, None, &by(), |row| row.name = "Night".into()).await.unwrap();
        assert_eq!(sound(&renamed), sound(&first));
        let second = store.prompts().update(first.id, None, &by(), |row| {
            (row.wav, row.duration_ms) = (Some(b"RIFF 2"[..].into()), 40);
        }).await.unwrap();
        assert_eq!(second.duration_ms, 40);
        assert!(sound(&second) > sound(&first));
        assert!(store.prompt_sounds(&[sound(&first)]).await.unwrap().is_empty());
        store.prompts().delete(first.id, None, &by()).await.unwrap();
        assert!(store.prompt_sounds(&[sound(&second)]).await.unwrap().is_empty());
        let third = store.prompts().create(prompt(2), &by()).await.unwrap();
        assert!(sound(&third) > sound(&second), "a number came back");
    }

    a_user_keeps_skills_queues_and_permission_sets(database) {
        let store = database.store().await;
        let created = full_user(&store).await;
        assert_eq!((created.skills.len(), created.queues.len(), created.permission_set_ids.len()), (3, 3, 3));
        assert_eq!(store.users().find(created.id).await.unwrap(), created);
        let updated = store.users().update(created.id, None, &by(), |row| {
            row.skills.remove(0);
            row.skills[0].level = 9;
            row.queues.clear();
            row.permission_set_ids.truncate(1);
        }).await.unwrap();
        assert_eq!(updated.skills[0], UserSkill { skill_id: SkillId::from_number(2), level: 9 });
        assert_eq!(store.users().find(created.id).await.unwrap(), updated);
    }

    a_user_is_found_by_both_names_whatever_their_case(database) {
        let store = database.store().await;
        let created = store.users().create(user(7), &by()).await.unwrap();
        assert_eq!(store.find_user_by_username("USER007").await.unwrap(), Some(created.clone()));
        assert_eq!(store.find_user_by_sip_username("Sip007").await.unwrap(), Some(created));
        assert_eq!(store.find_user_by_username("nobody").await.unwrap(), None);
    }

    a_taken_value_is_named_by_its_field(database) {
        let store = database.store().await;
        let by = by();
        store.users().create(user(1), &by).await.unwrap();
        store.queues().create(queue(1), &by).await.unwrap();
        store.numbers().create(number(1), &by).await.unwrap();
        store.skills().create(skill(1), &by).await.unwrap();
        let taken = |error: StoreError| match error {
            StoreError::Taken { field } => field,
            other => panic!("{other}"),
        };

        let mut same_name = user(2);
        same_name.username = "USER001".to_owned();
        assert_eq!(taken(store.users().create(same_name, &by).await.unwrap_err()), "username");
        let mut same_sip_name = user(2);
        same_sip_name.sip.as_mut().unwrap().username = "sip001".to_owned();
        assert_eq!(taken(store.users().create(same_sip_name, &by).await.unwrap_err()), "sip_username");
        let mut queues_extension = user(2);
        queues_extension.extension = Some("8001".parse().unwrap());
        assert_eq!(taken(store.users().create(queues_extension, &by).await.unwrap_err()), "extension");
        let mut users_extension = queue(2);
        users_extension.extension = Some("2001".parse().unwrap());
        assert_eq!(taken(store.queues().create(users_extension, &by).await.unwrap_err()), "extension");
        let mut same_number = number(2);
        same_number.e164 = number(1).e164;
        assert_eq!(taken(store.numbers().create(same_number, &by).await.unwrap_err()), "e164");
        let mut same_queue = queue(2);
        same_queue.name = "queue 001".to_owned();
        assert_eq!(taken(store.queues().create(same_queue, &by).await.unwrap_err()), "name");
        let twice = store.users().update(UserId::from_number(1), None, &by, |row| {
            row.skills = vec![UserSkill { skill_id: SkillId::from_number(1), level: 1 }; 2];
        }).await;
        assert_eq!(taken(twice.unwrap_err()), "skills");
        let mut same_id = user(2);
        same_id.id = user(1).id;
        assert_eq!(taken(store.users().create(same_id, &by).await.unwrap_err()), "id");
        assert_eq!(store.users().list(&Page::default()).await.unwrap().items.len(), 1, "nothing was half made");
    }

    a_row_that_names_nothing_is_refused_by_the_field(database) {
        let store = database.store().await;
        let by = by();
        let unknown = |error: StoreError| match error {
            StoreError::Unknown { field } => field,
            other => panic!("{other}"),
        };
        let mut lost = user(1);
        lost.team_id = Some(TeamId::from_number(9));
        assert_eq!(unknown(store.users().create(lost, &by).await.unwrap_err()), "team_id");
        let mut lost = user(1);
        lost.skills = vec![UserSkill { skill_id: SkillId::from_number(9), level: 1 }];
        assert_eq!(unknown(store.users().create(lost, &by).await.unwrap_err()), "skills");
        let mut lost = number(1);
        lost.target = NumberTarget::QueueId(QueueId::from_number(9));
        assert_eq!(unknown(store.numbers().create(lost, &by).await.unwrap_err()), "queue_id");
        let mut lost = quick_connect(1);
        lost.target = QuickConnectTarget::UserId(UserId::from_number(9));
        assert_eq!(unknown(store.quick_connects().create(lost, &by).await.unwrap_err()), "user_id");
        store.presence_configs().create(presence_config(1), &by).await.unwrap();
        let lost = store.presence_configs().update(presence_config(1).id, None, &by, |row| {
            row.status_on_decline_id = Some(PresenceStatusId::from_number(9));
        });
        assert_eq!(unknown(lost.await.unwrap_err()), "status_on_decline_id");
        assert_eq!(store.presence_configs().find(presence_config(1).id).await.unwrap().version, 1);
    }

    a_row_in_use_stays_and_says_by_what(database) {
        let store = database.store().await;
        let by = by();
        let user = full_user(&store).await;
        let mut routed = number(1);
        routed.target = NumberTarget::QueueId(QueueId::from_number(1));
        store.numbers().create(routed, &by).await.unwrap();
        let holder = |error: StoreError| match error {
            StoreError::InUse { by } => by,
            other => panic!("{other}"),
        };
        assert_eq!(holder(store.teams().delete(team(1).id, None, &by).await.unwrap_err()), "users");
        assert_eq!(holder(store.skills().delete(skill(1).id, None, &by).await.unwrap_err()), "user_skills");
        assert_eq!(holder(store.queues().delete(queue(1).id, None, &by).await.unwrap_err()), "numbers");
        let held = store.permission_sets().delete(permission_set(1).id, None, &by).await.unwrap_err();
        assert_eq!(holder(held), "user_permission_sets");

        store.queues().delete(queue(2).id, None, &by).await.unwrap();
        let left = store.users().find(user.id).await.unwrap();
        assert_eq!(left.queues.len(), 2, "a queue takes its memberships along");
        store.users().delete(user.id, None, &by).await.unwrap();
        store.skills().delete(skill(1).id, None, &by).await.unwrap();
    }

    a_list_comes_in_pages_that_new_rows_do_not_shift(database) {
        let store = database.store().await;
        let by = by();
        for number in 0..25 {
            store.teams().create(team(number * 2), &by).await.unwrap();
        }
        let (mut names, mut cursor, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = store.teams().list(&Page { limit: Some(10), cursor }).await.unwrap();
            names.extend(page.items.into_iter().map(|team| team.name));
            pages += 1;
            if pages == 1 {
                store.teams().create(team(1), &by).await.unwrap();
            }
            match page.next_cursor {
                Some(next) => cursor = Some(next),
                None => break,
            }
        }
        let expected: Vec<String> = (0..25).map(|number| team(number * 2).name).collect();
        assert_eq!((names, pages), (expected, 3));
    }

    a_cursor_of_another_list_is_refused(database) {
        let store = database.store().await;
        for number in 0..3 {
            store.teams().create(team(number), &by()).await.unwrap();
        }
        let first = store.teams().list(&Page { limit: Some(1), cursor: None }).await.unwrap();
        for cursor in [first.next_cursor.unwrap(), "nonsense".to_owned(), String::new()] {
            let refused = store.skills().list(&Page { limit: None, cursor: Some(cursor) }).await.unwrap_err();
            assert!(matches!(refused, StoreError::BadCursor), "{refused}");
        }
    }

    the_whole_organization_is_loaded_as_it_stands(database) {
        let store = database.store().await;
        let by = by();
        let user = full_user(&store).await;
        let trunk = store.trunks().create(trunk(1), &by).await.unwrap();
        let flow = store.call_flows().create(call_flow(1), &by).await.unwrap();
        let mut routed = number(1);
        routed.target = NumberTarget::CallFlowId(flow.id);
        routed.trunk_id = Some(trunk.id);
        let number = store.numbers().create(routed, &by).await.unwrap();
        let organization = store.load_organization().await.unwrap();
        assert_eq!(organization.version, store.organization_version().await.unwrap());
        assert_eq!(organization.users, [user]);
        assert_eq!((organization.queues.len(), organization.skills.len()), (3, 3));
        assert_eq!((organization.trunks, organization.numbers), (vec![trunk], vec![number]));
        assert_eq!(organization.call_flows, [flow]);
    }
}

/// More owners than one `IN (…)` names.
async fn many_users(store: &Store) {
    store.skills().create(skill(1), &by()).await.unwrap();
    for number in 0..510 {
        let mut row = user(number + 1);
        row.skills = vec![UserSkill { skill_id: SkillId::from_number(1), level: 3 }];
        store.users().create(row, &by()).await.unwrap();
    }
    let organization = store.load_organization().await.unwrap();
    assert_eq!(organization.users.len(), 510);
    assert!(organization.users.iter().all(|user| user.skills.len() == 1 && user.extension.is_some()));
}

#[tokio::test]
async fn five_hundred_users_are_loaded_with_their_skills() {
    let database = crate::support::Database::sqlite();
    many_users(&database.store().await).await;
}
