//! An engine thread: four phases of 5 ms, a quarter of its conversations in each, by absolute time.

use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering, mpsc::SyncSender},
    time::Duration,
};

use terms::{ConversationId, HearingMatrix, LegId};
use tokio::sync::mpsc;

use crate::{
    Report,
    clock::{Clock, Micros, Now},
    message::Note,
    plane::{
        Command,
        conversation::{Bench, Conversation},
        leg::Leg,
        reports::Counters,
        web::Browsers,
    },
};

const PHASES: usize = 4;
const PHASE_US: Micros = 5_000;
/// Phases made up for after a stall; what is more is skipped and counted.
const CATCH_UP_MAX: u64 = 40;
/// How long a matrix waits for its first leg.
const EMPTY_MAX_US: Micros = 60_000_000;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    pub(crate) phase: usize,
    pub(crate) index: usize,
}

/// What a worker is made of.
pub(crate) struct WorkerParts {
    pub(crate) clock: Clock,
    pub(crate) commands: mpsc::Receiver<Command>,
    pub(crate) reports: mpsc::Sender<Report>,
    pub(crate) notes: SyncSender<Note>,
    pub(crate) counters: Arc<Counters>,
}

pub(crate) struct Worker {
    pub(crate) clock: Clock,
    commands: mpsc::Receiver<Command>,
    reports: mpsc::Sender<Report>,
    notes: SyncSender<Note>,
    counters: Arc<Counters>,
    pub(crate) phases: [Vec<Conversation>; PHASES],
    pub(crate) places: HashMap<ConversationId, Place>,
    pub(crate) bench: Bench,
    /// The port that browsers share, once the first one has come.
    pub(crate) browsers: Option<Box<Browsers>>,
    /// The next phase, counted from the start of the clock.
    next: u64,
}

impl Worker {
    pub(crate) fn new(parts: WorkerParts) -> Self {
        let WorkerParts { clock, commands, reports, notes, counters } = parts;
        Self {
            next: clock.now() / PHASE_US + 1,
            clock,
            commands,
            reports,
            notes,
            counters,
            phases: Default::default(),
            places: HashMap::new(),
            bench: Bench::new(),
            browsers: None,
        }
    }

    /// Runs until it is told to stop or nobody can tell it any more.
    pub(crate) fn run(mut self) {
        loop {
            let due = self.next * PHASE_US;
            let now = self.clock.now();
            if now < due {
                std::thread::sleep(Duration::from_micros(due - now));
            }
            if !self.take_commands() {
                return;
            }
            self.keep_up();
            let now = self.now();
            self.hear_browsers(&now);
            let phase = self.phase(&now);
            self.serve_browsers(phase, &now);
            self.flush();
        }
    }

    /// Hands over what the tick had to report.
    pub(crate) fn flush(&mut self) {
        let lost = self.bench.reports.flush(&self.reports) + self.bench.notes.flush(&self.notes);
        Counters::add(&self.counters.lost_reports, lost);
    }

    pub(crate) fn now(&self) -> Now {
        Now { us: self.clock.now(), wall: Clock::wall() }
    }

    /// Counts lateness; after a stall too long to make up for, goes on from now.
    fn keep_up(&mut self) {
        let now = self.clock.now() / PHASE_US;
        let behind = now.saturating_sub(self.next);
        if behind > 0 {
            Counters::add(&self.counters.late_phases, 1);
        }
        if behind > CATCH_UP_MAX {
            // Whole ticks only, so that every conversation keeps its place.
            let skipped = behind / PHASES as u64 * PHASES as u64;
            self.next += skipped;
            Counters::add(&self.counters.skipped_phases, skipped);
        }
    }

    /// The tick of a quarter of the conversations; says which.
    pub(crate) fn phase(&mut self, now: &Now) -> usize {
        let phase = (self.next % PHASES as u64) as usize;
        self.next += 1;
        for conversation in &mut self.phases[phase] {
            conversation.tick(now, &mut self.bench);
        }
        self.counters.phases.fetch_add(1, Ordering::Relaxed);
        Counters::add(&self.counters.packets_in, std::mem::take(&mut self.bench.packets_in));
        Counters::add(&self.counters.packets_out, std::mem::take(&mut self.bench.packets_out));
        if self.next.is_multiple_of(2_000) {
            self.sweep(now.us);
        }
        phase
    }

    /// Forgets conversations whose legs never came.
    fn sweep(&mut self, now: Micros) {
        let forgotten: Vec<ConversationId> = self
            .phases
            .iter()
            .flatten()
            .filter(|conversation| conversation.empty_since.is_some_and(|at| now >= at + EMPTY_MAX_US))
            .map(|conversation| conversation.id)
            .collect();
        for id in forgotten {
            self.forget(id);
        }
    }

    /// Takes what was asked since the last phase; false when it is time to end.
    pub(crate) fn take_commands(&mut self) -> bool {
        loop {
            match self.commands.try_recv() {
                Ok(Command::Stop { done }) => {
                    self.stop();
                    // Whoever asked may have gone.
                    let _ = done.send(());
                    return false;
                }
                Ok(command) => self.take(command),
                Err(mpsc::error::TryRecvError::Empty) => return true,
                Err(mpsc::error::TryRecvError::Disconnected) => {
                    self.stop();
                    return false;
                }
            }
        }
    }

    fn take(&mut self, command: Command) {
        match command {
            Command::Open(leg) => self.open(leg),
            Command::Tune { leg, tuning, opus } => {
                self.with(leg, |conversation, bench| {
                    if let Some(found) = conversation.leg(leg) {
                        found.tune(*tuning, opus);
                        conversation.replan(bench);
                    }
                });
            }
            Command::Obey { conversation, version, matrix } => self.obey(conversation, version, *matrix),
            Command::Digits { leg, codes } => self.with(leg, |conversation, _| {
                if let Some(found) = conversation.leg(leg) {
                    codes.iter().for_each(|code| found.digits.push(*code));
                }
            }),
            Command::Web(ask) => self.ask(*ask),
            Command::Close { leg } => self.close(leg),
            Command::KeepMessage { leg, most_ms, reply } => {
                self.bench.notes.push(Note::Keep { leg, most_ms, reply });
            }
            Command::DropMessage { leg } => self.bench.notes.push(Note::Drop { leg }),
            Command::Library(library) => self.bench.library = library,
            Command::Stop { .. } => {}
        }
    }

    fn place(&mut self, id: ConversationId) -> Place {
        if let Some(place) = self.places.get(&id) {
            return *place;
        }
        let load = |phase: &usize| -> usize { self.phases[*phase].iter().map(|c| c.legs().max(1)).sum() };
        let phase = (0..PHASES).min_by_key(load).unwrap_or(0);
        let place = Place { phase, index: self.phases[phase].len() };
        self.phases[phase].push(Conversation::new(id));
        self.places.insert(id, place);
        place
    }

    pub(crate) fn with(&mut self, leg: LegId, act: impl FnOnce(&mut Conversation, &mut Bench)) {
        if let Some(Place { phase, index }) = self.places.get(&leg.conversation).copied() {
            act(&mut self.phases[phase][index], &mut self.bench);
        }
    }

    pub(crate) fn open(&mut self, leg: Box<Leg>) {
        let Place { phase, index } = self.place(leg.id.conversation);
        let conversation = &mut self.phases[phase][index];
        conversation.empty_since = None;
        conversation.open(leg, &mut self.bench);
    }

    fn obey(&mut self, id: ConversationId, version: u64, matrix: HearingMatrix) {
        if matrix.0.is_empty() && !self.places.contains_key(&id) {
            return;
        }
        let now = self.clock.now();
        let Place { phase, index } = self.place(id);
        let conversation = &mut self.phases[phase][index];
        conversation.obey(version, matrix, &mut self.bench);
        if conversation.is_empty() {
            conversation.empty_since.get_or_insert(now);
            if conversation.is_over() {
                self.forget(id);
            }
        }
    }

    fn close(&mut self, leg: LegId) {
        let now = self.now();
        let (mut over, mut closed) = (false, None);
        self.with(leg, |conversation, bench| {
            closed = conversation.close(leg, &now, bench);
            if conversation.is_empty() {
                // The matrix is kept a while: another leg may be on its way.
                conversation.empty_since.get_or_insert(now.us);
                over = conversation.is_over();
            }
        });
        if let Some(mut closed) = closed {
            self.let_go(&mut closed);
        }
        if over {
            self.forget(leg.conversation);
        }
    }

    fn forget(&mut self, id: ConversationId) {
        let Some(Place { phase, index }) = self.places.remove(&id) else { return };
        self.phases[phase].swap_remove(index);
        if let Some(moved) = self.phases[phase].get(index) {
            self.places.insert(moved.id, Place { phase, index });
        }
    }

    fn stop(&mut self) {
        let now = self.now();
        let mut closed = Vec::new();
        for conversation in self.phases.iter_mut().flatten() {
            closed.extend(conversation.close_all(&now, &mut self.bench));
        }
        closed.iter_mut().for_each(|leg| self.let_go(leg));
        self.phases = Default::default();
        self.places.clear();
        self.bench.reports.flush(&self.reports);
        self.bench.notes.flush(&self.notes);
    }
}
