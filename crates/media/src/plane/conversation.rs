//! One conversation on its engine thread: its legs, its matrix, and its tick.

use std::sync::Arc;

use terms::{Channel, ConversationId, HearingMatrix, LegId, Listener, Source, Tone};

use crate::{
    Report,
    clock::{Micros, Now},
    frame::{Frame, Rate},
    message::Notes,
    mixer::mix,
    plan::MixPlan,
    plane::{ear::Outbox, leg::Leg, reports::Reports},
    port::Inbox,
    treatment::{Clip, Library},
};

/// Something being played, from where it was last heard.
#[derive(Debug)]
struct Playing {
    source: Source,
    /// What it sounds like from its first frame to its last, whatever becomes of the library meanwhile.
    clip: Option<Arc<Clip>>,
    /// The next frame of it.
    frame: usize,
    over: bool,
    audience: Vec<usize>,
}

#[derive(Debug)]
pub(crate) struct Conversation {
    pub(crate) id: ConversationId,
    version: Option<u64>,
    matrix: HearingMatrix,
    // Boxed so that opening and closing moves a pointer, not the leg.
    #[allow(clippy::vec_box)]
    legs: Vec<Box<Leg>>,
    plan: MixPlan,
    playing: Vec<Playing>,
    /// Whose message is taken down.
    speaks: Option<usize>,
    /// When it lost its last leg or was made without one.
    pub(crate) empty_since: Option<Micros>,
}

/// What every tick of a thread works with.
pub(crate) struct Bench {
    pub(crate) inbox: Inbox,
    pub(crate) input: Vec<Frame>,
    pub(crate) output: Vec<Frame>,
    pub(crate) outbox: Outbox,
    pub(crate) reports: Reports,
    pub(crate) notes: Notes,
    /// What can be played; another one takes its place between ticks.
    pub(crate) library: Arc<Library>,
    pub(crate) packets_in: u64,
    pub(crate) packets_out: u64,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self {
            inbox: Inbox::new(),
            input: Vec::new(),
            output: Vec::new(),
            outbox: Outbox::new(),
            reports: Reports::new(),
            notes: Notes::new(),
            library: Library::shared(),
            packets_in: 0,
            packets_out: 0,
        }
    }

    /// Makes room between ticks, so that no tick has to.
    fn fit(&mut self, plan: &MixPlan) {
        let inputs = self.input.len().max(plan.inputs());
        let outputs = self.output.len().max(plan.outputs());
        self.input.resize(inputs, Frame::silent(Rate::Wide));
        self.output.resize(outputs, Frame::silent(Rate::Wide));
    }
}

impl Conversation {
    pub(crate) fn new(id: ConversationId) -> Self {
        Self {
            id,
            version: None,
            matrix: HearingMatrix::default(),
            legs: Vec::new(),
            plan: MixPlan::default(),
            playing: Vec::new(),
            speaks: None,
            empty_since: None,
        }
    }

    pub(crate) fn legs(&self) -> usize {
        self.legs.len()
    }
    pub(crate) fn is_empty(&self) -> bool {
        self.legs.is_empty()
    }

    /// Nobody is there and nobody is expected.
    pub(crate) fn is_over(&self) -> bool {
        self.legs.is_empty() && self.matrix.0.is_empty()
    }

    pub(crate) fn leg(&mut self, id: LegId) -> Option<&mut Leg> {
        self.legs.iter_mut().find(|leg| leg.id == id).map(|leg| &mut **leg)
    }

    pub(crate) fn legs_mut(&mut self) -> impl Iterator<Item = &mut Leg> {
        self.legs.iter_mut().map(|leg| &mut **leg)
    }

    pub(crate) fn open(&mut self, leg: Box<Leg>, bench: &mut Bench) {
        self.legs.push(leg);
        self.replan(bench);
    }

    pub(crate) fn close(&mut self, id: LegId, now: &Now, bench: &mut Bench) -> Option<Box<Leg>> {
        let place = self.legs.iter().position(|leg| leg.id == id)?;
        let mut leg = self.legs.remove(place);
        leg.close(now, &mut bench.reports);
        self.replan(bench);
        Some(leg)
    }

    #[allow(clippy::vec_box)]
    pub(crate) fn close_all(&mut self, now: &Now, bench: &mut Bench) -> Vec<Box<Leg>> {
        for leg in &mut self.legs {
            leg.close(now, &mut bench.reports);
        }
        std::mem::take(&mut self.legs)
    }

    /// Takes the matrix over; an older one changes nothing, and the same one under a newer number has its prompts said
    /// once more from the start.
    pub(crate) fn obey(&mut self, version: u64, matrix: HearingMatrix, bench: &mut Bench) {
        if self.version.is_some_and(|known| version < known) {
            return;
        }
        let newer = self.version.is_some_and(|known| version > known);
        self.version = Some(version);
        if self.matrix == matrix {
            let prompts =
                self.playing.iter_mut().filter(|playing| matches!(playing.source, Source::Prompt(_)));
            prompts.filter(|_| newer).for_each(|playing| (playing.frame, playing.over) = (0, false));
        } else {
            self.matrix = matrix;
            self.replan(bench);
        }
    }

    /// Works the matrix out again for the legs that are open. What plays goes on where it was.
    pub(crate) fn replan(&mut self, bench: &mut Bench) {
        let ids: Vec<LegId> = self.legs.iter().map(|leg| leg.id).collect();
        let rate = self.legs.iter().map(|leg| leg.rate()).max().unwrap_or_default();
        if rate != self.plan.rate() {
            self.legs.iter_mut().for_each(|leg| leg.forget_filters());
        }
        self.plan = MixPlan::new(&self.matrix, &ids, rate);
        let mut before = std::mem::take(&mut self.playing);
        for source in self.plan.treatments() {
            let known = before.iter().position(|playing| playing.source == *source);
            let known = known.map(|at| before.swap_remove(at));
            let (clip, frame, over) = known.map_or_else(
                || (bench.library.clip(*source).cloned(), 0, false),
                |playing| (playing.clip, playing.frame, playing.over),
            );
            let hears = |id: &LegId| self.matrix.hears(Listener::Leg(*id), *source);
            let audience = ids.iter().enumerate().filter(|(_, id)| hears(id)).map(|(at, _)| at).collect();
            self.playing.push(Playing { source: *source, clip, frame, over, audience });
        }
        let message = self.matrix.row(Listener::Recorder(Channel::Message)).next();
        self.speaks = message.and_then(|source| ids.iter().position(|id| Source::Leg(*id) == source));
        bench.fit(&self.plan);
    }

    /// 20 ms of the conversation: take in what came, mix as the plan says, send. Allocates nothing, waits for nothing.
    pub(crate) fn tick(&mut self, now: &Now, bench: &mut Bench) {
        let rate = self.plan.rate();
        for (place, leg) in self.legs.iter_mut().enumerate() {
            bench.packets_in += leg.drain(&mut bench.inbox, now, &mut bench.reports);
            let speaks = self.speaks == Some(place);
            if self.plan.is_heard(place) || speaks {
                leg.play(rate, &mut bench.input[place], now);
            } else {
                leg.pass(now);
            }
            if speaks {
                bench.notes.hear(leg.id, rate, &bench.input[place]);
            }
            leg.look_after(&mut bench.inbox, now, &mut bench.reports);
        }
        self.play_treatments(rate, bench);
        mix(&self.plan, &bench.input, &mut bench.output);
        bench.outbox.begin();
        for place in self.plan.order() {
            let row = self.plan.ear(*place);
            let sent = bench.outbox.send(&mut self.legs[*place], row, &bench.output[row], rate);
            bench.packets_out += u64::from(sent);
        }
    }

    fn play_treatments(&mut self, rate: Rate, bench: &mut Bench) {
        let first = self.legs.len();
        for (at, playing) in self.playing.iter_mut().enumerate() {
            let frame = &mut bench.input[first + at];
            frame.set_rate(rate);
            let sounds_once = matches!(playing.source, Source::Prompt(_) | Source::Tone(Tone::Beep));
            let can_hear = |place: &usize| self.legs[*place].sends().is_some();
            // What sounds once waits for somebody who can hear it.
            let waits = sounds_once && playing.frame == 0 && !playing.audience.iter().any(can_hear);
            let clip = playing.clip.as_deref().filter(|_| !waits && !playing.over);
            let Some(clip) = clip else {
                frame.samples_mut().fill(0);
                continue;
            };
            let sounded = clip.write(playing.frame, rate, frame.samples_mut());
            playing.frame = playing.frame.wrapping_add(1);
            if !sounded {
                playing.over = true;
                let Source::Prompt(prompt) = playing.source else { continue };
                for place in &playing.audience {
                    bench.reports.push(Report::PromptFinished { leg: self.legs[*place].id, prompt });
                }
            }
        }
    }
}
