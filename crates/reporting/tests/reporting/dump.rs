//! Every reported table as text, so that two databases can be held against each other.

use reporting::entity::{
    agent_status, call_leg, coaching_interval, conversation, hold, journal_event, leg_segment, offer,
    projector_cursor, voice_call,
};
use sea_orm::{DatabaseConnection, EntityTrait, ModelTrait};

async fn table<E>(database: &DatabaseConnection) -> Vec<String>
where
    E: EntityTrait<Model: ModelTrait + std::fmt::Debug + Send + Sync>,
{
    let mut rows: Vec<String> =
        E::find().all(database).await.unwrap().iter().map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows
}

/// One row a line, sorted within each table.
pub async fn dump(database: &DatabaseConnection) -> Vec<String> {
    let conversations = conversation::Entity::find().all(database).await.unwrap();
    // Which transaction wrote it differs with how the journal was read.
    let unnumbered = conversations.into_iter().map(|row| conversation::Model { changed: None, ..row });
    let mut rows: Vec<String> = unnumbered.map(|row| format!("{row:?}")).collect();
    rows.sort_unstable();
    rows.extend(table::<voice_call::Entity>(database).await);
    rows.extend(table::<call_leg::Entity>(database).await);
    rows.extend(table::<leg_segment::Entity>(database).await);
    rows.extend(table::<coaching_interval::Entity>(database).await);
    rows.extend(table::<hold::Entity>(database).await);
    rows.extend(table::<offer::Entity>(database).await);
    rows.extend(table::<agent_status::Entity>(database).await);
    rows.extend(table::<journal_event::Entity>(database).await);
    let cursors = table::<projector_cursor::Entity>(database).await;
    rows.extend(cursors.into_iter().filter(|row| !row.contains("changes")));
    rows
}

#[track_caller]
pub fn assert_same(left: &[String], right: &[String]) {
    for (left, right) in left.iter().zip(right) {
        assert_eq!(left, right);
    }
    assert_eq!(left.len(), right.len());
}
