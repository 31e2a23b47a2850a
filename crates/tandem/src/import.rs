//! `tandem import calls`: the history of another system, from CSV files.

use std::path::Path;

use anyhow::{Context, bail};
use reporting::import::{ImportError, Imported, Progress};
use store::{By, Store};

use crate::{clock, config::Config};

pub async fn calls(
    config: &Config,
    directory: &Path,
    time_zone: Option<chrono_tz::Tz>,
    dry_run: bool,
) -> anyhow::Result<()> {
    let store = Store::connect(&config.database.url).await.context("the database (database.url)")?;
    let imported = match reporting::import::import(&store, directory, dry_run, tell).await {
        Ok(imported) => imported,
        Err(ImportError::BadRows(rows)) => {
            for row in &rows {
                eprintln!("{row}");
            }
            bail!("{} bad rows; nothing was imported", rows.len());
        }
        Err(error) => return Err(error).context(format!("importing {}", directory.display())),
    };
    if let Some(zone) = time_zone.filter(|_| !dry_run) {
        let known = store.settings().await?.time_zone;
        if known != zone.name() {
            let by = By::system(clock::start()());
            store.update_settings(None, &by, |row| row.time_zone = zone.name().to_owned()).await?;
        }
    }
    println!("{}", summary(&imported, dry_run));
    store.close().await.context("closing the database")
}

fn tell(progress: Progress) {
    match progress {
        Progress::Read { file, rows } => eprintln!("read {rows} rows of {file}"),
        Progress::Written { conversations, of } => eprintln!("wrote {conversations} of {of} conversations"),
    }
}

fn summary(imported: &Imported, dry_run: bool) -> String {
    let Imported { agents, calls, legs, segments, statuses, prompts, .. } = imported;
    let (new, changed) = (imported.conversations_new, imported.conversations_changed);
    let unchanged = imported.conversations_unchanged;
    let done = if dry_run { "dry run, nothing was written; would have" } else { "done:" };
    format!(
        "{done} {new} new conversations, {changed} changed, {unchanged} as they were \
         ({agents} agents, {calls} calls, {legs} legs, {segments} segments, {statuses} presence intervals, {prompts} prompts)"
    )
}
