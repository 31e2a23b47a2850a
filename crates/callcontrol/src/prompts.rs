//! Prompts: the engine gets the sounds of the uploaded ones before any call may be told to play them.

use std::collections::BTreeSet;

use store::{OrganizationRows, Store, StoreError};
use terms::PromptId;

pub use media::{NotPlayable, Sound, packaged_prompt};

/// Makes the engine know exactly the uploaded prompts of these rows. A sound that cannot be read is left out with a warning:
/// whoever is to hear it goes on at once.
pub async fn bring(rows: &OrganizationRows, store: &Store, media: &media::Handle) -> Result<(), StoreError> {
    let wanted: BTreeSet<PromptId> = rows.prompts.iter().map(|row| row.prompt).collect();
    let known = media.prompts();
    if wanted == known {
        return Ok(());
    }
    let lacking: Vec<PromptId> = wanted.difference(&known).copied().collect();
    let files = store.prompt_sounds(&lacking).await?;
    let media = media.clone();
    let brought = tokio::task::spawn_blocking(move || {
        let read = |(prompt, file): (PromptId, Vec<u8>)| {
            let sound = Sound::read(&file).inspect_err(
                |error| tracing::warn!(prompt.number = prompt.0, %error, "an uploaded prompt cannot be played; left out"),
            );
            Some((prompt, sound.ok()?))
        };
        media.keep_prompts(&wanted, files.into_iter().filter_map(read).collect());
    });
    if brought.await.is_err() {
        tracing::error!("the uploaded prompts could not be brought to the engine");
    }
    Ok(())
}
