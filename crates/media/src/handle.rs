//! Media's door: what callcontrol may ask of it.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
        mpsc::sync_channel,
    },
    thread,
    time::Duration,
};

use nix::sys::resource::{Resource, getrlimit, setrlimit};
use terms::{ConversationId, Direction, HearingMatrix, LegId, PromptId, Sdp};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Config, MediaError, Report, Sound,
    clock::Clock,
    desk::Desk,
    digit,
    message::{NOTES_MAX, Scribe},
    plane::{Command, Counters, WebAnswer, WebAsk, WebWhat, Worker, WorkerParts},
    sdp::web::is_web,
    treatment::{Clip, Library},
};

/// Commands that may wait for one engine thread; it takes them every 5 ms.
const COMMANDS_MAX: usize = 4_096;
/// Reports that may wait for their reader.
const REPORTS_MAX: usize = 8_192;

/// Asks the media plane; cheap to clone. The engine threads end when the last handle is gone.
#[derive(Clone, Debug)]
pub struct Handle {
    plane: Arc<Plane>,
}

#[derive(Debug)]
struct Plane {
    // Guards offers and answers only; no engine thread ever takes it.
    desk: Mutex<Desk>,
    // What the engine threads play; each has its own pointer to it.
    library: Mutex<Arc<Library>>,
    workers: Vec<mpsc::Sender<Command>>,
    stopped: AtomicBool,
    counters: Arc<Counters>,
}

/// How far above ordinary work the engine threads stand (on Linux niceness belongs to the thread).
const NICE: i32 = -10;

/// Our answer to a far end's offer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub sdp: Sdp,
    /// What the far end wants, as it said: `SendOnly` and `Inactive` mean that it put us on hold.
    pub direction: Direction,
}

/// How the engine has kept up since it started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Phases of 5 ms that ran, over all threads.
    pub phases: u64,
    /// Phases that began more than 5 ms late.
    pub late_phases: u64,
    /// Phases left out after a stall of more than 200 ms.
    pub skipped_phases: u64,
    /// Reports dropped because nobody read them.
    pub lost_reports: u64,
    pub packets_in: u64,
    pub packets_out: u64,
}

impl Handle {
    /// Starts the engine threads. Reports come out of the bounded receiver.
    ///
    /// Every leg needs two sockets, so the process's soft limit of open files is raised to its hard one.
    pub fn start(config: Config) -> Result<(Handle, mpsc::Receiver<Report>), MediaError> {
        raise_open_files();
        let (reports, receiver) = mpsc::channel(REPORTS_MAX);
        let threads =
            config.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
        let (notes, noted) = sync_channel(NOTES_MAX);
        let scribe = Scribe::new(config.messages.clone(), reports.clone());
        thread::Builder::new()
            .name("media-messages".to_owned())
            .spawn(move || scribe.run(noted))
            .map_err(|error| MediaError::Start(error.to_string()))?;
        let desk = Mutex::new(Desk::new(config)?);
        let counters = Arc::new(Counters::default());
        let clock = Clock::start();
        let mut workers = Vec::new();
        for number in 0..threads.max(1) {
            let (sender, commands) = mpsc::channel(COMMANDS_MAX);
            let (reports, notes, counters) = (reports.clone(), notes.clone(), Arc::clone(&counters));
            let parts = WorkerParts { clock, commands, reports, notes, counters };
            thread::Builder::new()
                .name(format!("media-{number}"))
                .spawn(move || {
                    prefer_this_thread();
                    Worker::new(parts).run();
                })
                .map_err(|error| MediaError::Start(error.to_string()))?;
            workers.push(sender);
        }
        tracing::info!(media.threads = workers.len(), "media plane started");
        let library = Mutex::new(Library::shared());
        let plane = Plane { desk, library, workers, stopped: AtomicBool::new(false), counters };
        Ok((Handle { plane: Arc::new(plane) }, receiver))
    }

    /// We dial, or answer a late offer: takes a port the first time and describes it.
    pub async fn offer(&self, leg: LegId) -> Result<Sdp, MediaError> {
        if self.desk()?.is_browser(leg) {
            return self.offer_browser(leg).await;
        }
        let (sdp, command) = self.desk()?.offer(leg)?;
        if let Some(command) = command {
            self.send(leg.conversation, command).await?;
        }
        Ok(sdp)
    }

    /// We dial a browser: describes its wire on the port that all browsers of its thread share.
    pub async fn offer_browser(&self, leg: LegId) -> Result<Sdp, MediaError> {
        let answer = self.ask(leg, WebWhat::Offer).await?;
        answer.sdp.ok_or(MediaError::UnknownLeg(leg))
    }

    async fn ask(&self, leg: LegId, what: WebWhat) -> Result<WebAnswer, MediaError> {
        let (port, silent_ms) = {
            let mut desk = self.desk()?;
            (desk.open_browser(leg, self.place(leg.conversation))?, desk.silent_ms())
        };
        let (reply, answer) = oneshot::channel();
        self.send(leg.conversation, Command::Web(Box::new(WebAsk { leg, what, port, silent_ms, reply })))
            .await?;
        let mut answer = answer.await.map_err(|_| MediaError::Stopped)??;
        if let Some(sdp) = answer.sdp.take() {
            answer.sdp = Some(self.desk()?.with_own_address(sdp));
        }
        Ok(answer)
    }

    /// They offered, also by re-INVITE: takes a port the first time and answers.
    pub async fn answer(&self, leg: LegId, offer: Sdp) -> Result<Answer, MediaError> {
        if is_web(&offer.0) {
            let answer = self.ask(leg, WebWhat::Answer(offer)).await?;
            let sdp = answer.sdp.ok_or(MediaError::UnknownLeg(leg))?;
            return Ok(Answer { sdp, direction: answer.direction });
        }
        let (answer, command) = self.desk()?.answer(leg, &offer)?;
        self.send(leg.conversation, command).await?;
        Ok(answer)
    }

    /// Their answer to our offer, also early media; it may come twice.
    pub async fn accept(&self, leg: LegId, answer: Sdp) -> Result<Direction, MediaError> {
        if self.desk()?.is_browser(leg) {
            return self.ask(leg, WebWhat::Accept(answer)).await.map(|answer| answer.direction);
        }
        let (direction, command) = self.desk()?.accept(leg, &answer)?;
        self.send(leg.conversation, command).await?;
        Ok(direction)
    }

    /// Who hears whom from the next tick on: the whole matrix, idempotent; a version older than the last is ignored.
    pub fn obey(&self, conversation: ConversationId, version: u64, matrix: &HearingMatrix) {
        let matrix = Box::new(matrix.clone());
        self.send_now(conversation, Command::Obey { conversation, version, matrix });
    }

    /// Sends key presses (0-9, *, #, A-D) to the far end; other characters are skipped, and what is more than
    /// `terms::limits::DIGITS_MAX` waiting keys is dropped.
    pub fn send_digits(&self, leg: LegId, digits: &str) {
        let codes: Vec<u8> =
            digits.chars().filter_map(digit::event_of).take(terms::limits::DIGITS_MAX).collect();
        if !codes.is_empty() {
            self.send_now(leg.conversation, Command::Digits { leg, codes });
        }
    }

    /// The message that was left on this leg is over and no longer than this. Makes it a whole file, also when an earlier
    /// process wrote it, and says how long it came to; none where there is no sound.
    pub async fn keep_message(&self, leg: LegId, most_ms: i64) -> Result<Option<i64>, MediaError> {
        let (reply, answer) = oneshot::channel();
        self.send(leg.conversation, Command::KeepMessage { leg, most_ms, reply }).await?;
        answer.await.map_err(|_| MediaError::Stopped)
    }

    /// Nothing of the message that was left on this leg is kept.
    pub fn drop_message(&self, leg: LegId) {
        self.send_now(leg.conversation, Command::DropMessage { leg });
    }

    /// The uploaded prompts that the engine has.
    pub fn prompts(&self) -> BTreeSet<PromptId> {
        self.library().uploaded().collect()
    }

    /// From the next tick on the engine has exactly these uploaded prompts: those it had, and the new ones. What is being
    /// played is played to its end. Filters the new ones, which takes 0.3 ms for each second of sound: not for a task
    /// that others wait for.
    pub fn keep_prompts(&self, prompts: &BTreeSet<PromptId>, new: Vec<(PromptId, Sound)>) {
        let new = new.into_iter().map(|(prompt, sound)| (prompt, Clip::of(sound))).collect();
        let mut library = self.library();
        *library = Arc::new(library.with(prompts, new));
        for worker in &self.plane.workers {
            hand_over(worker, Command::Library(Arc::clone(&library)));
        }
    }

    fn library(&self) -> MutexGuard<'_, Arc<Library>> {
        // It is replaced whole, so a panic leaves the former one.
        self.plane.library.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// Frees socket and memory; the last `Report::Measured` follows. Idempotent.
    pub fn close(&self, leg: LegId) {
        if self.desk().is_ok_and(|mut desk| desk.close(leg)) {
            self.send_now(leg.conversation, Command::Close { leg });
        }
    }

    /// Closes every leg and ends the engine threads; returns when they have ended their work.
    pub async fn stop(&self) {
        self.plane.stopped.store(true, Ordering::Release);
        let mut ended = Vec::new();
        for worker in &self.plane.workers {
            let (done, waits) = oneshot::channel();
            // A thread that has ended already needs no telling.
            if worker.send(Command::Stop { done }).await.is_ok() {
                ended.push(waits);
            }
        }
        for waits in ended {
            let _ = waits.await;
        }
    }

    /// How the engine has kept up since it started.
    pub fn health(&self) -> Health {
        let read = |counter: &std::sync::atomic::AtomicU64| counter.load(Ordering::Relaxed);
        let counters = &self.plane.counters;
        Health {
            phases: read(&counters.phases),
            late_phases: read(&counters.late_phases),
            skipped_phases: read(&counters.skipped_phases),
            lost_reports: read(&counters.lost_reports),
            packets_in: read(&counters.packets_in),
            packets_out: read(&counters.packets_out),
        }
    }

    fn desk(&self) -> Result<MutexGuard<'_, Desk>, MediaError> {
        if self.plane.stopped.load(Ordering::Acquire) {
            return Err(MediaError::Stopped);
        }
        // A panic inside would leave at most one leg half-known; the others go on.
        Ok(self.plane.desk.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// A conversation lives on one thread, chosen by its id alone.
    fn worker(&self, conversation: ConversationId) -> &mpsc::Sender<Command> {
        &self.plane.workers[self.place(conversation)]
    }

    fn place(&self, conversation: ConversationId) -> usize {
        let bits = conversation.0.as_u128();
        let folded = (bits >> 64) as u64 ^ bits as u64;
        // Fibonacci hashing: the high half of the product is well spread for counted and random ids alike.
        let spread = folded.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        (spread % self.plane.workers.len() as u64) as usize
    }

    async fn send(&self, conversation: ConversationId, command: Command) -> Result<(), MediaError> {
        self.worker(conversation).send(command).await.map_err(|_| MediaError::Stopped)
    }

    fn send_now(&self, conversation: ConversationId, command: Command) {
        hand_over(self.worker(conversation), command);
    }
}

/// Hands a command over from code that cannot wait. A full inbox empties within 5 ms; nothing is dropped.
fn hand_over(worker: &mpsc::Sender<Command>, mut command: Command) {
    loop {
        match worker.try_send(command) {
            Ok(()) | Err(mpsc::error::TrySendError::Closed(_)) => return,
            Err(mpsc::error::TrySendError::Full(back)) => {
                command = back;
                thread::sleep(Duration::from_millis(1));
            }
        }
    }
}

/// Sound that is late is lost, and everything else can wait: where the process may, its engine threads go first.
fn prefer_this_thread() {
    if rustix::process::nice(NICE).is_err() {
        tracing::debug!("the media thread runs at ordinary priority (CAP_SYS_NICE is missing)");
    }
}

fn raise_open_files() {
    let raised = getrlimit(Resource::RLIMIT_NOFILE)
        .and_then(|(_, hard)| setrlimit(Resource::RLIMIT_NOFILE, hard, hard));
    if let Err(error) = raised {
        tracing::warn!(%error, "the limit of open files stays as it is; many calls may run out of sockets");
    }
}
