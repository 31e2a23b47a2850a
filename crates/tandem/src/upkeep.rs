//! What a server does beside its calls so that it can run for years: metrics fold their samples, the journal and the
//! tables forget what nobody can ask for any more.

use std::{path::PathBuf, time::Duration};

use metrics_exporter_prometheus::PrometheusHandle;
use reporting::retention::{forget_voicemail, outlived_voicemails};
use store::{By, Journal, Store};
use terms::{MessageId, Timestamp};
use tokio::{sync::watch, time::interval};

use crate::clock::Clock;

/// Between two folds of the samples that histograms gather; nobody may ever scrape them.
const METRICS_EVERY: Duration = Duration::from_secs(5);
const FORGET_EVERY: Duration = Duration::from_secs(60 * 60);
/// An answer is given again for its idempotency key for so long.
const COMMANDS_KEPT_MS: i64 = DAY_MS;
const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

pub(crate) struct Upkeep {
    pub(crate) metrics: PrometheusHandle,
    pub(crate) journal: Journal,
    pub(crate) store: Store,
    pub(crate) clock: Clock,
    /// Up to where the database has the journal.
    pub(crate) shipped: watch::Receiver<i64>,
    pub(crate) keep_days: u32,
    /// Where callers' messages are.
    pub(crate) messages: PathBuf,
}

impl Upkeep {
    /// Until it is aborted; whatever it does may be cut short.
    pub(crate) async fn run(self) {
        let (mut metrics, mut forget) = (interval(METRICS_EVERY), interval(FORGET_EVERY));
        loop {
            tokio::select! {
                _ = metrics.tick() => self.metrics.run_upkeep(),
                _ = forget.tick() => self.forget((self.clock)()).await,
            }
        }
    }

    /// What the database has not got yet stays, however old it is.
    pub(crate) async fn forget(&self, now: Timestamp) {
        let shipped = *self.shipped.borrow();
        let older = now.plus_ms(-i64::from(self.keep_days) * DAY_MS);
        match self.journal.prune(shipped, older).await {
            Ok(events) => tracing::debug!(events, "the journal forgot"),
            Err(error) => tracing::warn!(%error, "the journal could not be pruned"),
        }
        let commands = self.store.prune_commands(now.plus_ms(-COMMANDS_KEPT_MS)).await;
        let tokens = self.store.prune_refresh_tokens(now).await;
        if let Err(error) = commands.and(tokens) {
            tracing::warn!(%error, "old commands and tokens could not be pruned");
        }
        if let Err(error) = self.forget_voicemails(now).await {
            tracing::warn!(%error, "old voicemails could not be removed");
        }
    }

    /// Those that were done longer ago than the organization keeps them; by default it keeps them for ever.
    async fn forget_voicemails(&self, now: Timestamp) -> anyhow::Result<()> {
        let Some(days) = self.store.settings().await?.voicemail_retention_days() else { return Ok(()) };
        let before = now.plus_ms(-i64::from(days) * DAY_MS);
        loop {
            let outlived = outlived_voicemails(&self.store, before).await?;
            if outlived.is_empty() {
                return Ok(());
            }
            for id in outlived {
                self.forget_voicemail(id, days, now).await?;
            }
        }
    }

    /// The sound first: should this be cut short, the row leads here again.
    async fn forget_voicemail(&self, id: MessageId, days: u32, now: Timestamp) -> anyhow::Result<()> {
        match tokio::fs::remove_file(self.messages.join(id.file_name())).await {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            Ok(()) | Err(_) => {}
        }
        forget_voicemail(&self.store, id).await?;
        let told = serde_json::json!({ "retention_days": days });
        let subject = format!("voicemail/{id}");
        self.store.audit(&By::system(now), "delete_voicemail", &subject, None, Some(told)).await?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;
    use reporting::{Projector, query::voicemail};
    use store::{Append, AuditFilter, Page};
    use terms::{ConversationId, QueueId, UserId};
    use voicecall::message::MessageFact;

    use super::*;

    const DONE: Timestamp = Timestamp::from_ms(1_800_000_000_000);

    fn facts(conversation: ConversationId, done: bool) -> Vec<Append> {
        let by = UserId::from_number(1);
        let begun =
            MessageFact::Begun { conversation, call: 0, queue: QueueId::from_number(1), number: None };
        let mut facts = vec![begun, MessageFact::Left { ms: 2_000 }];
        facts.extend(done.then_some(MessageFact::Done { by }));
        let id = MessageId::left_in(conversation);
        let append = |(version, fact): (u64, MessageFact)| Append {
            stream: format!("message/{id}"),
            version,
            kind: fact.kind().to_owned(),
            payload: serde_json::to_string(&fact).unwrap(),
            at: DONE,
            closes: fact.closes(),
            command: None,
        };
        (1..).zip(facts).map(append).collect()
    }

    #[tokio::test]
    async fn a_voicemail_goes_with_its_sound_when_its_days_are_over_and_no_sooner() {
        let directory = std::env::temp_dir().join(format!("tandem-upkeep-{}", std::process::id()));
        let messages = directory.join("messages");
        std::fs::create_dir_all(&messages).unwrap();
        let url = format!("sqlite://{}/organization.db?mode=rwc", directory.display());
        let store = Store::connect(&url).await.unwrap();
        let journal = Journal::open(&directory.join("journal.db")).await.unwrap();
        let (done, open) = (ConversationId::from_number(1), ConversationId::from_number(2));
        for (conversation, is_done) in [(done, true), (open, false)] {
            journal.append(facts(conversation, is_done)).await.unwrap();
            std::fs::write(messages.join(MessageId::left_in(conversation).file_name()), b"RIFF").unwrap();
        }
        let mut projector = Projector::new(journal.clone(), store.clone());
        projector.catch_up().await.unwrap();
        let upkeep = Upkeep {
            metrics: PrometheusBuilder::new().build_recorder().handle(),
            journal: journal.clone(),
            store: store.clone(),
            clock: crate::clock::start(),
            shipped: projector.shipped(),
            keep_days: 7,
            messages: messages.clone(),
        };
        let is_kept = async |conversation: ConversationId| {
            let id = MessageId::left_in(conversation);
            let row = voicemail(store.database(), id).await.unwrap().is_some();
            assert_eq!(row, messages.join(id.file_name()).exists(), "the row and the sound go together");
            row
        };
        let later = |days: i64| DONE.plus_ms(days * DAY_MS + 1);
        upkeep.forget(later(400)).await;
        assert!(is_kept(done).await, "it is kept for ever by default");
        store.update_settings(None, &By::system(DONE), |row| row.keep_voicemails(Some(30))).await.unwrap();
        upkeep.forget(later(29)).await;
        assert!(is_kept(done).await);
        upkeep.forget(later(30)).await;
        assert!(!is_kept(done).await);
        assert!(is_kept(open).await, "somebody still has to deal with it");
        let filter = AuditFilter {
            subject: Some(format!("voicemail/{}", MessageId::left_in(done))),
            ..AuditFilter::default()
        };
        let trail = store.audit_events(&filter, &Page::default()).await.unwrap();
        assert_eq!(
            trail.items.iter().map(|event| event.action.as_str()).collect::<Vec<_>>(),
            ["delete_voicemail"]
        );
        // Telling everything again does not bring it back.
        projector.rebuild().await.unwrap();
        assert!(!is_kept(done).await);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
