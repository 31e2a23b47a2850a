//! The board: the live state joined with the day's figures, and the alerts that watch both.
//!
//! One task follows the live feed. Each second it looks what the rules measure; the figures are counted anew after
//! something has happened, more seldom the longer counting takes.

mod alerts;
mod figures;
pub(crate) mod rule;
mod view;
pub(crate) mod watch;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use callcontrol::LiveAgent;
use store::AlertRow;
use terms::{AlertId, ConversationId, QueueId, Timestamp, UserId, limits::LIVE_BUFFER_MAX};
use tokio::{
    sync::broadcast::{self, error::RecvError},
    task::JoinHandle,
    time::{MissedTickBehavior, interval},
};
use voicecall::{Event, Role, SegmentKind};

use crate::{
    Faces,
    known::Known,
    live::{Entry, EntryBody},
};

pub(crate) use figures::{Figures, definitions, request};
pub(crate) use view::{AlertView, QueueLive, sees_alert, sees_queue};

/// Figures are never counted more often.
const COUNT_EVERY_MS: i64 = 3_000;
/// Where nothing happens, they are looked at again for what others wrote (an import).
const COUNT_AT_LEAST_MS: i64 = 60_000;
/// What happened is in the database after so long.
const SHIPPED_AFTER_MS: i64 = 2_500;
/// Counting rests five times as long as it took, but a busy machine does not make the board old.
const REST: i64 = 5;
const REST_MAX_MS: i64 = 15_000;
const GAPS_EVERY_MS: i64 = 3_600_000;

/// Told to readers beside the feed's entries; it is state, so whoever missed it is shown how things stand.
#[derive(Clone, Debug)]
pub(crate) enum Told {
    Queue(QueueId),
    Alert(Arc<AlertRow>),
}

/// What readers see of it. Locked for a look or a change, never across an await.
#[derive(Debug)]
pub(crate) struct Board {
    state: Mutex<Standing>,
    told: broadcast::Sender<Told>,
}

#[derive(Debug, Default)]
struct Standing {
    agents: BTreeMap<UserId, LiveAgent>,
    /// How many wait, and since when the first.
    waiting: BTreeMap<QueueId, (u32, Option<Timestamp>)>,
    figures: Arc<Figures>,
    alerts: BTreeMap<AlertId, Arc<AlertRow>>,
}

impl Default for Board {
    fn default() -> Self {
        Self { state: Mutex::default(), told: broadcast::Sender::new(LIVE_BUFFER_MAX) }
    }
}

impl Board {
    fn lock(&self) -> MutexGuard<'_, Standing> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn listen(&self) -> broadcast::Receiver<Told> {
        self.told.subscribe()
    }

    pub(crate) fn figures(&self) -> Arc<Figures> {
        Arc::clone(&self.lock().figures)
    }

    pub(crate) fn waiting(&self, queue: QueueId) -> (u32, Option<Timestamp>) {
        self.lock().waiting.get(&queue).copied().unwrap_or_default()
    }

    pub(crate) fn agents(&self) -> BTreeMap<UserId, LiveAgent> {
        self.lock().agents.clone()
    }

    /// Open alerts, oldest first.
    pub(crate) fn alerts(&self) -> Vec<Arc<AlertRow>> {
        let mut open: Vec<Arc<AlertRow>> = self.lock().alerts.values().cloned().collect();
        open.sort_by_key(|alert| (alert.raised_at, alert.id));
        open
    }

    /// An alert as it stands now, told to whoever may see it.
    pub(crate) fn tell(&self, alert: AlertRow) {
        let alert = Arc::new(alert);
        {
            let mut state = self.lock();
            if alert.cleared_at.is_some() {
                state.alerts.remove(&alert.id);
            } else {
                state.alerts.insert(alert.id, Arc::clone(&alert));
            }
        }
        // Nobody may be listening.
        let _ = self.told.send(Told::Alert(alert));
    }
}

/// Follows the feed until it ends.
pub(crate) async fn follow(faces: Arc<Faces>) {
    let mut entries = faces.live.entries();
    let mut follower = Follower::new(Arc::clone(&faces));
    follower.look_around().await;
    follower.remember().await;
    let mut ticks = interval(Duration::from_secs(1));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            entry = entries.recv() => match entry {
                Ok(entry) => follower.take(&entry),
                Err(RecvError::Lagged(_)) => follower.look_around().await,
                Err(RecvError::Closed) => return,
            },
            _ = ticks.tick() => follower.tick().await,
        }
    }
}

/// A live conversation as far as rules measure it.
#[derive(Debug)]
struct Seen {
    known: Arc<Known>,
    /// Since when a customer has been on hold, as of the last fact.
    held_since: Option<Timestamp>,
    /// The worst of the last scores of its live wires, in hundredths.
    mos: Option<u16>,
    /// It changed since these were read.
    stale: bool,
}

struct Follower {
    faces: Arc<Faces>,
    conversations: BTreeMap<ConversationId, Seen>,
    watch: watch::Watch,
    rules: Vec<rule::Rule>,
    /// The organization's version that the rules were read at.
    rules_of: Option<i64>,
    counting: Option<JoinHandle<()>>,
    counted: Option<Timestamp>,
    /// How long the last count took, in milliseconds.
    took: Arc<AtomicI64>,
    /// The last thing that may have moved a figure.
    happened: Option<Timestamp>,
    /// None before they were counted.
    gaps: Arc<Mutex<Option<Vec<figures::Gap>>>>,
    gaps_at: Option<Timestamp>,
    /// What was told of each queue last.
    shown: BTreeMap<QueueId, String>,
    pruned: Option<Timestamp>,
}

impl Follower {
    fn new(faces: Arc<Faces>) -> Self {
        Self {
            faces,
            conversations: BTreeMap::new(),
            watch: watch::Watch::default(),
            rules: Vec::new(),
            rules_of: None,
            counting: None,
            counted: None,
            took: Arc::default(),
            happened: None,
            gaps: Arc::default(),
            gaps_at: None,
            shown: BTreeMap::new(),
            pruned: None,
        }
    }

    fn take(&mut self, entry: &Entry) {
        match &entry.body {
            EntryBody::Conversation { known, .. } => {
                self.happened = Some(entry.at);
                self.see(Arc::clone(known));
            }
            EntryBody::Agent(agent) => {
                self.faces.board.lock().agents.insert(agent.user, (**agent).clone());
            }
            EntryBody::Queue { queue, waiting, longest_since } => {
                self.faces.board.lock().waiting.insert(*queue, (*waiting, *longest_since));
            }
            EntryBody::Prompt(_) | EntryBody::Voicemail { .. } => {}
        }
    }

    fn see(&mut self, known: Arc<Known>) {
        let id = known.id();
        if known.conversation.is_ended() || known.opening.ephemeral {
            self.conversations.remove(&id);
        } else {
            let seen = Seen { known, held_since: None, mos: None, stale: true };
            self.conversations.insert(id, seen);
        }
    }

    /// Everything as it stands, after the start and after falling behind.
    async fn look_around(&mut self) {
        self.happened = Some(self.faces.now());
        let calls = self.faces.calls.clone();
        let (conversations, agents) = (calls.conversations().await, calls.agents().await);
        self.conversations.clear();
        for live in conversations.unwrap_or_default() {
            self.see(Arc::new(Known::from(live)));
        }
        let mut waiting = BTreeMap::new();
        let queues: Vec<QueueId> = calls.organization().queues.keys().copied().collect();
        for queue in queues {
            let items = calls.waiting(queue).await.unwrap_or_default();
            let count = u32::try_from(items.len()).unwrap_or(u32::MAX);
            waiting.insert(queue, (count, items.iter().map(|item| item.since).min()));
        }
        let mut state = self.faces.board.lock();
        state.waiting = waiting;
        state.agents = agents.unwrap_or_default().into_iter().map(|agent| (agent.user, agent)).collect();
    }

    async fn tick(&mut self) {
        let now = self.faces.now();
        self.count(now);
        self.read_rules().await;
        self.refresh_gaps(now);
        self.measure();
        self.judge(now).await;
        self.show();
        self.prune(now).await;
    }

    /// Starts counting the figures where they may have moved.
    fn count(&mut self, now: Timestamp) {
        if self.counting.as_ref().is_some_and(|counting| !counting.is_finished()) {
            return;
        }
        let rest = self.took.load(Ordering::Relaxed).saturating_mul(REST).clamp(COUNT_EVERY_MS, REST_MAX_MS);
        let rested = self.counted.is_none_or(|counted| now.ms_since(counted) >= rest);
        // Once after what happened has been shipped, and again while things go on happening.
        let moved = match (self.happened, self.counted) {
            (_, None) => true,
            (Some(happened), Some(counted)) => happened.plus_ms(SHIPPED_AFTER_MS) > counted,
            (None, Some(_)) => false,
        };
        let old = self.counted.is_none_or(|counted| now.ms_since(counted) >= COUNT_AT_LEAST_MS);
        let next_half_hour = self.faces.board.figures().half_hour.since.plus_ms(30 * 60_000);
        if !(rested && (moved || old || now >= next_half_hour)) {
            return;
        }
        self.counted = Some(now);
        let (faces, took) = (Arc::clone(&self.faces), Arc::clone(&self.took));
        self.counting = Some(tokio::spawn(async move {
            match figures::count(&faces).await {
                Ok(figures) => faces.board.lock().figures = Arc::new(figures),
                Err(error) => {
                    tracing::warn!(error.message = %error, "the board's figures could not be counted")
                }
            }
            took.store(faces.now().ms_since(now), Ordering::Relaxed);
        }));
    }

    /// Rules change seldom, and every change moves the organization's version.
    async fn read_rules(&mut self) {
        let version = self.faces.calls.organization().version;
        if self.rules_of == Some(version) {
            return;
        }
        match self.faces.store.all_alert_rules().await {
            Ok(rows) => {
                self.rules = rows.iter().filter_map(rule::Rule::of).collect();
                self.rules_of = Some(version);
            }
            Err(error) => tracing::warn!(%error, "the rules of alerts could not be read"),
        }
    }

    fn refresh_gaps(&mut self, now: Timestamp) {
        let wanted = self.rules.iter().any(|rule| rule.kind == rule::Kind::TrainingGap);
        let due = self.gaps_at.is_none_or(|at| now.ms_since(at) >= GAPS_EVERY_MS);
        if !wanted || !due {
            return;
        }
        self.gaps_at = Some(now);
        let (faces, gaps) = (Arc::clone(&self.faces), Arc::clone(&self.gaps));
        tokio::spawn(async move {
            match figures::gaps(&faces).await {
                Ok(found) => *gaps.lock().unwrap_or_else(PoisonError::into_inner) = Some(found),
                Err(error) => tracing::warn!(error.message = %error, "training gaps could not be counted"),
            }
        });
    }

    /// Reads holds and scores of conversations that changed, where a rule asks for them.
    fn measure(&mut self) {
        let asked = |kind| self.rules.iter().any(|rule| rule.kind == kind);
        if !asked(rule::Kind::LongHold) && !asked(rule::Kind::Quality) {
            return;
        }
        let now = self.faces.now();
        for seen in self.conversations.values_mut().filter(|seen| seen.stale) {
            seen.held_since = held_since(&seen.known, now);
            seen.mos = worst_score(&seen.known);
            seen.stale = false;
        }
    }

    /// Tells readers of queues whose agents or figures look different now; who waits is told by the feed itself.
    fn show(&mut self) {
        let organization = self.faces.calls.organization();
        let known: BTreeSet<QueueId> = organization.queues.keys().copied().collect();
        self.shown.retain(|queue, _| known.contains(queue));
        let agents = self.faces.board.agents();
        for queue in known {
            let drawn = QueueLive::of(queue, &self.faces, &organization, &agents).moving();
            if self.shown.get(&queue) != Some(&drawn) {
                self.shown.insert(queue, drawn);
                let _ = self.faces.board.told.send(Told::Queue(queue));
            }
        }
    }
}

/// Since when the customer who has been on hold the longest has been so.
fn held_since(known: &Known, now: Timestamp) -> Option<Timestamp> {
    let facts = known.fold(now);
    let customers = |leg: u32| {
        let leg = usize::try_from(leg).ok().and_then(|at| known.conversation.legs().get(at));
        leg.is_some_and(|leg| leg.role == Role::Customer)
    };
    let held = facts.segments.iter().filter(|segment| {
        segment.kind == SegmentKind::Hold && segment.end.is_none() && customers(segment.leg)
    });
    held.map(|segment| segment.start).min()
}

fn worst_score(known: &Known) -> Option<u16> {
    let mut last: BTreeMap<u32, u16> = BTreeMap::new();
    for fact in &known.facts {
        if let Event::QualityMeasured { leg, quality } = &fact.event
            && quality.mos_hundredths > 0
        {
            last.insert(*leg, quality.mos_hundredths);
        }
    }
    let live = |leg: &u32| {
        let leg = usize::try_from(*leg).ok().and_then(|at| known.conversation.legs().get(at));
        leg.is_some_and(voicecall::Leg::is_live)
    };
    last.iter().filter(|(leg, _)| live(leg)).map(|(_, score)| *score).min()
}
