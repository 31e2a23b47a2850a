//! Prompts that the organization recorded itself. The rows go into every snapshot; the sounds are read when they are played
//! or listened to.

use std::{collections::BTreeMap, sync::Arc};

use sea_orm::{ActiveValue, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use terms::{PromptId, Timestamp, UploadedPromptId};
use uuid::Uuid;

use crate::{
    Store, StoreError,
    entity::{self, prompt_sound as sounds},
    rows::{Model, Row, row},
};

/// Owners one `IN (…)` names; below the bind limits of both databases.
const OWNERS_MAX: usize = 500;

#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct PromptRow {
    pub id: UploadedPromptId,
    pub version: i64,
    /// Unique whatever its case.
    pub name: String,
    /// A language tag, like `en` or `pt-BR`.
    pub language: Option<String>,
    /// A user or an API client.
    pub created_by: Option<Uuid>,
    pub created_at: Timestamp,
    /// What the present sound is played by; another sound has another number, which nothing had before.
    pub prompt: PromptId,
    pub duration_ms: i64,
    /// A sound to be kept instead of the present one, as a WAV file; none in what is read.
    #[serde(skip)]
    pub wav: Option<Arc<[u8]>>,
}

impl Store {
    /// The WAV files of these sounds, as far as they are still there.
    pub async fn prompt_sounds(&self, prompts: &[PromptId]) -> Result<Vec<(PromptId, Vec<u8>)>, StoreError> {
        let mut found = Vec::new();
        // One by one: together they may be more than anybody wants in memory twice.
        for prompt in prompts {
            let Some(number) = prompt.0.checked_sub(PromptId::UPLOADED.0) else { continue };
            let number = i32::try_from(number).unwrap_or(i32::MAX);
            let row = sounds::Entity::find_by_id(number).one(self.database()).await?;
            found.extend(row.map(|row| (*prompt, row.wav)));
        }
        Ok(found)
    }
}

impl Row for PromptRow {
    row!(PromptRow, UploadedPromptId, prompt, "prompt", name(Name), held by &[]);

    fn read(model: Model<Self>) -> Result<Self, StoreError> {
        Ok(Self {
            id: UploadedPromptId(model.id),
            version: model.version,
            name: model.name,
            language: model.language,
            created_by: model.created_by,
            created_at: Timestamp::from_ms(model.created_at),
            prompt: PromptId::UPLOADED,
            duration_ms: 0,
            wav: None,
        })
    }

    fn write(&self) -> Model<Self> {
        entity::prompt::Model {
            id: self.id.0,
            version: self.version,
            name: self.name.clone(),
            language: self.language.clone(),
            created_by: self.created_by,
            created_at: self.created_at.ms(),
        }
    }

    async fn read_parts<C: ConnectionTrait>(connection: &C, rows: &mut [Self]) -> Result<(), StoreError> {
        for rows in rows.chunks_mut(OWNERS_MAX) {
            let ids = rows.iter().map(|row| row.id.0);
            let of: BTreeMap<Uuid, (i32, i64)> = sounds::Entity::find()
                .select_only()
                .columns([sounds::Column::PromptId, sounds::Column::Number, sounds::Column::DurationMs])
                .filter(sounds::Column::PromptId.is_in(ids))
                .into_tuple::<(Uuid, i32, i64)>()
                .all(connection)
                .await?
                .into_iter()
                .map(|(prompt, number, duration_ms)| (prompt, (number, duration_ms)))
                .collect();
            for row in rows {
                let (number, duration_ms) =
                    *of.get(&row.id.0).ok_or(StoreError::Unreadable { what: "prompt without a sound" })?;
                row.prompt = PromptId(PromptId::UPLOADED.0.saturating_add(number.unsigned_abs()));
                row.duration_ms = duration_ms;
            }
        }
        Ok(())
    }

    async fn write_parts<C: ConnectionTrait>(&self, connection: &C) -> Result<(), StoreError> {
        let Some(wav) = &self.wav else { return Ok(()) };
        let id = self.id.0;
        sounds::Entity::delete_many().filter(sounds::Column::PromptId.eq(id)).exec(connection).await?;
        let sound = sounds::ActiveModel {
            number: ActiveValue::NotSet,
            prompt_id: ActiveValue::Set(id),
            duration_ms: ActiveValue::Set(self.duration_ms),
            wav: ActiveValue::Set(wav.to_vec()),
        };
        sounds::Entity::insert(sound).exec_without_returning(connection).await?;
        Ok(())
    }
}
