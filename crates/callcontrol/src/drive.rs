//! Drive: the tokio loop around the shard. Drain what has come, one lap, one append, and only then let anything out.

use std::{sync::Arc, time::Duration};

use store::journal::Journal;
use terms::{Timestamp, limits};
use tokio::sync::{broadcast, mpsc, watch};

use crate::{
    Handle, Organization,
    effect::Effect,
    handle::Request,
    hands::{Errand, Hands},
    recover::{RecoverError, recover},
    shard::{Batch, Input, Shard},
    test_call::TestCalls,
};

/// What the loop runs on. `clock` is the wall clock at start plus monotonic time.
pub struct Parts {
    pub journal: Journal,
    pub organization: Arc<Organization>,
    pub signaling: signaling::Handle,
    pub wires: mpsc::Receiver<signaling::Report>,
    pub media: media::Handle,
    pub sounds: mpsc::Receiver<media::Report>,
    pub clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
}

/// Errands that may wait for the hands.
const ERRANDS_MAX: usize = 1024;
/// How often an append is tried before this node gives up: a call must never go on without its facts.
const APPEND_TRIES: u32 = 5;

/// Recovers, then runs until stopped. The task ends with an error when facts can no longer be made durable: the process
/// shall end then, and a restart closes the books from what is in the journal.
pub async fn start(
    parts: Parts,
) -> Result<(Handle, tokio::task::JoinHandle<Result<(), DriveError>>), RecoverError> {
    let now = (parts.clock)();
    let recovered = recover(&parts.journal, parts.organization.clone(), now).await?;
    if recovered.conversations > 0 {
        tracing::warn!(conversations = recovered.conversations, "calls of the former run ended: node_lost");
    }
    abandon_dialogs(&parts.journal, &parts.signaling).await?;
    let (requests, requested) = mpsc::channel(limits::INBOX_MAX);
    let (inbox, inputs) = mpsc::channel(limits::INBOX_MAX);
    let (errands, errands_taken) = mpsc::channel(ERRANDS_MAX);
    let (news, _) = broadcast::channel(limits::LIVE_BUFFER_MAX);
    let (shown, organization) = watch::channel(parts.organization);
    let test_calls = TestCalls::new(parts.signaling.clone(), parts.media.clone());
    let media = parts.media.clone();
    let hands = Hands::new(parts.signaling, parts.media, parts.journal.clone(), inbox);
    tokio::spawn(hands.run(errands_taken, parts.wires, parts.sounds));
    let drive = Drive {
        shard: recovered.shard,
        journal: parts.journal,
        clock: parts.clock,
        errands,
        news: news.clone(),
        shown,
    };
    let running = tokio::spawn(drive.run(recovered.batch, requested, inputs));
    Ok((Handle { requests, news, organization, test_calls, media }, running))
}

/// The wires of the former run: say goodbye, so that no phone is left in a call that does not exist.
async fn abandon_dialogs(journal: &Journal, signaling: &signaling::Handle) -> Result<(), RecoverError> {
    for (leg, snapshot) in journal.dialogs().await? {
        if signaling.abandon(signaling::DialogSnapshot(snapshot)).is_err() {
            tracing::warn!(leg = %leg, "a phone of the former run could not be told goodbye");
        }
        journal.forget_dialog(leg).await?;
    }
    Ok(())
}

#[derive(Debug, thiserror::Error)]
pub enum DriveError {
    #[error("the journal cannot be written: {0}")]
    NotDurable(#[from] store::journal::JournalError),
}

struct Drive {
    shard: Shard,
    journal: Journal,
    clock: Arc<dyn Fn() -> Timestamp + Send + Sync>,
    errands: mpsc::Sender<Errand>,
    news: broadcast::Sender<Arc<crate::News>>,
    shown: watch::Sender<Arc<Organization>>,
}

impl Drive {
    async fn run(
        mut self,
        first: Batch,
        mut requests: mpsc::Receiver<Request>,
        mut inputs: mpsc::Receiver<Input>,
    ) -> Result<(), DriveError> {
        self.act(first).await?;
        let mut lap: Vec<Input> = Vec::with_capacity(limits::LAP_INPUTS_MAX);
        loop {
            let due_in = self.shard.deadline().map(|at| at - (self.clock)());
            tokio::select! {
                biased;
                Some(input) = inputs.recv() => lap.push(input),
                Some(request) = requests.recv() => lap.push(Input::Request(Box::new(request))),
                () = until(due_in) => lap.push(Input::Tick),
                else => return Ok(()),
            }
            while lap.len() < limits::LAP_INPUTS_MAX {
                if let Ok(input) = inputs.try_recv() {
                    lap.push(input);
                } else if let Ok(request) = requests.try_recv() {
                    lap.push(Input::Request(Box::new(request)));
                } else {
                    break;
                }
            }
            metrics::histogram!("tandem_lap_inputs").record(lap.len() as f64);
            let now = (self.clock)();
            let batch = self.shard.handle(lap.drain(..), now);
            if self.act(batch).await? {
                return Ok(());
            }
        }
    }

    /// Append, then act. True when it was the last lap.
    async fn act(&mut self, mut batch: Batch) -> Result<bool, DriveError> {
        if batch.stop {
            let last = self.shard.lose_everything((self.clock)());
            batch.appends.extend(last.appends);
            batch.effects.extend(last.effects);
            batch.news.extend(last.news);
        }
        self.append(&mut batch).await?;
        for news in batch.news.drain(..) {
            // Nobody may be listening.
            let _ = self.news.send(Arc::new(news));
        }
        if let Some(organization) = batch.organization.take() {
            let phonebook = organization.phonebook();
            self.shown.send_replace(organization);
            // The hands end only after this loop.
            let _ = self.errands.send(Errand::Phonebook(phonebook)).await;
        }
        self.hand_over(batch.effects, batch.forgotten).await;
        batch.replies.into_iter().for_each(|reply| reply());
        Ok(batch.stop)
    }

    async fn hand_over(&mut self, effects: Vec<Effect>, forgotten: Vec<terms::ConversationId>) {
        // The hands end only after this loop.
        if !effects.is_empty() {
            let _ = self.errands.send(Errand::Effects(effects)).await;
        }
        if !forgotten.is_empty() {
            let _ = self.errands.send(Errand::Forget(forgotten)).await;
        }
    }

    async fn append(&mut self, batch: &mut Batch) -> Result<(), DriveError> {
        if batch.appends.is_empty() && batch.commands.is_empty() {
            return Ok(());
        }
        let (appends, commands) = (std::mem::take(&mut batch.appends), std::mem::take(&mut batch.commands));
        let mut tries = 0;
        loop {
            tries += 1;
            match self.journal.append_with(appends.clone(), commands.clone()).await {
                Ok(_) => return Ok(()),
                Err(store::journal::JournalError::Storage(error)) if tries < APPEND_TRIES => {
                    tracing::error!(%error, tries, "the journal did not take the facts; trying again");
                    tokio::time::sleep(Duration::from_millis(50 << tries)).await;
                }
                Err(error) => {
                    tracing::error!(%error, "the journal does not take the facts; this node stops");
                    return Err(error.into());
                }
            }
        }
    }
}

/// Waits for the next deadline; for ever when there is none.
async fn until(due_in_ms: Option<i64>) {
    match due_in_ms {
        Some(ms) => tokio::time::sleep(Duration::from_millis(u64::try_from(ms).unwrap_or(0))).await,
        None => std::future::pending().await,
    }
}
