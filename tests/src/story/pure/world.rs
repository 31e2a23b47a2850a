//! The world of a pure stage: one shard, its journal in memory, its phones, and a clock that only the story moves.

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use access::{Area, authorize};
use callcontrol::{
    ActOnPrompt, Action, Arrival, ConversationCommand, Input, LiveConversation, PlaceCall, Refused,
    SetPresence, Shard, effect::Effect, handle::Request,
};
use routing::PromptAct;
use signaling::Origin;
use store::journal::Append;
use terms::{ConversationId, EndReason, LegId, Listener, MusicId, Source, Timestamp, Tone, UserId};
use tokio::sync::oneshot;
use voicecall::{Attachment, CoachingMode, Conversation, Details, LegState, Signal};

use super::{
    choices::Choices,
    organization::{Cast, ONLINE, TRUNK},
    phones::{Phase, Phones, Wire, signal},
    records,
};
use crate::story::{Ask, Card, Dialed, Heard, Mode, NewStaff, Record, Setting, Touch, World};

/// Between two deeds of a story.
const BREATH_MS: i64 = 500;
/// A phone that shall ring does so within this time.
const RINGS_WITHIN_MS: i64 = 60_000;
const LIVE: [Phase; 3] = [Phase::Waiting, Phase::Ringing, Phase::Up];

pub(super) struct Pure(Mutex<Inner>);

struct Inner {
    shard: Shard,
    now: Timestamp,
    cast: Cast,
    phones: Phones,
    journal: Vec<Append>,
    effects: VecDeque<Effect>,
    /// Two deeds happen at once: the world learns of the first after the second.
    held: bool,
    choices: Choices,
    next_conversation: u128,
}

impl Pure {
    pub(super) fn new(choices: Choices) -> Self {
        let now = Timestamp::from_ms(1_800_000_000_000);
        let cast = Cast::new();
        let shard = Shard::new(Arc::new(cast.organization.clone()), now);
        Self(Mutex::new(Inner {
            shard,
            now,
            cast,
            phones: Phones::default(),
            journal: Vec::new(),
            effects: VecDeque::new(),
            held: false,
            choices,
            next_conversation: 1,
        }))
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Everybody goes home; nothing may be left behind.
    pub(super) fn finish(&self) -> Choices {
        let mut inner = self.inner();
        inner.everybody_goes_home();
        inner.choices.clone()
    }
}

impl Drop for Pure {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let inner = self.inner();
            eprintln!("{}", inner.choices);
            for append in &inner.journal {
                eprintln!("  {} {}", append.at.ms() - 1_800_000_000_000, append.payload);
            }
        }
    }
}

impl Inner {
    /// One lap, and what the world makes of it.
    fn lap(&mut self, input: Input) {
        self.turn(input);
        if !self.held {
            self.deliver();
        }
    }

    fn turn(&mut self, input: Input) {
        let batch = self.shard.handle([input], self.now);
        self.journal.extend(batch.appends);
        self.effects.extend(batch.effects);
        batch.replies.into_iter().for_each(|reply| reply());
    }

    fn deliver(&mut self) {
        while let Some(effect) = self.effects.pop_front() {
            for input in self.phones.obey(effect, &self.cast, &mut self.choices) {
                self.turn(input);
            }
        }
        self.check();
    }

    /// Every promise of the core holds, and the journal alone leads to the same state.
    fn check(&mut self) {
        for live in self.conversations() {
            live.conversation.check().unwrap();
            let facts = live.facts.iter().skip(1).map(|fact| fact.event.clone());
            let replayed = Conversation::replay(&live.opening, facts);
            assert_eq!(replayed, live.conversation, "replay leads elsewhere");
        }
    }

    fn ask_shard<T: Send + 'static>(&mut self, request: impl FnOnce(oneshot::Sender<T>) -> Request) -> T {
        let (reply, mut answer) = oneshot::channel();
        self.turn(Input::Request(Box::new(request(reply))));
        answer.try_recv().unwrap()
    }

    fn conversations(&mut self) -> Vec<LiveConversation> {
        self.ask_shard(|reply| Request::Conversations { reply })
    }

    /// Time goes on; what is due happens on the way.
    fn pass(&mut self, ms: i64) {
        let until = self.now.plus_ms(ms);
        while let Some(due) = self.shard.deadline().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            self.lap(Input::Tick);
        }
        self.now = until;
    }

    /// Goes from deadline to deadline until `over`.
    fn pass_until(&mut self, what: &str, over: impl Fn(&mut Self) -> bool) {
        for _ in 0..1_000 {
            if over(self) {
                return;
            }
            let due = self.shard.deadline().unwrap_or_else(|| panic!("{what}: nothing is due"));
            self.now = self.now.max(due);
            self.lap(Input::Tick);
        }
        panic!("{what}: it never ends");
    }

    fn breathe(&mut self) {
        if !self.held {
            self.pass(BREATH_MS);
        }
    }

    fn publish(&mut self) {
        let organization = Arc::new(self.cast.organization.clone());
        let (reply, _answer) = oneshot::channel();
        self.lap(Input::Request(Box::new(Request::Organization { organization, reply })));
    }

    fn user(&self, who: &str) -> UserId {
        self.cast.user(who).unwrap_or_else(|| panic!("{who} is no staff"))
    }

    /// The conversation of this person's newest wire.
    fn conversation_of(&self, who: &str) -> Option<ConversationId> {
        let leg = self.phones.newest(who, &LIVE)?;
        Some(self.phones.wires[&leg].adopted.unwrap_or(leg).conversation)
    }

    /// The newest leg of this person in this conversation that the core knows.
    fn leg_of(&self, who: &str, id: ConversationId) -> Option<LegId> {
        let fits = |leg: &&LegId| {
            leg.conversation == id
                && self.phones.wires[leg].who == who
                && LIVE.contains(&self.phones.wires[leg].phase)
        };
        self.phones.order.iter().rev().find(fits).copied()
    }

    fn submit(&mut self, who: &str, id: ConversationId, action: Action) -> Result<(), String> {
        let agent_leg = match &action {
            Action::StartCoaching { agent_leg, .. } => agent_leg.map(|leg| leg.ordinal),
            _ => None,
        };
        let area = self.ask_shard(|reply| Request::Area { id, agent_leg, reply }).unwrap_or_default();
        let command = ConversationCommand { conversation: id, area, action, version: None, key: None };
        let principal = self.cast.organization.principal(self.user(who)).unwrap();
        let command = authorize(&principal, command).map_err(|_| "not_allowed".to_owned())?;
        let answer = self.ask_shard(|reply| Request::Submit { command, reply });
        self.after(answer.map(drop))
    }

    fn after(&mut self, answer: Result<(), Refused>) -> Result<(), String> {
        if !self.held {
            self.deliver();
        }
        answer.map_err(|refused| code(&refused))
    }

    fn ask(&mut self, who: &str, ask: &Ask) -> Result<(), String> {
        self.breathe();
        match ask {
            Ask::Call(to) => {
                let to = self.cast.destination(to);
                let call = PlaceCall { to, queue: None, details: Details::default(), key: None };
                let principal = self.cast.organization.principal(self.user(who)).unwrap();
                let call = authorize(&principal, call).map_err(|_| "not_allowed".to_owned())?;
                let answer = self.ask_shard(|reply| Request::Place { call, reply });
                self.after(answer.map(drop))
            }
            Ask::Coach { agent, mode, stays_with_agent } => {
                let id = self.conversation_of(agent).ok_or("not_found")?;
                let agent_leg = self.leg_of(agent, id);
                let attach_to = if *stays_with_agent { Attachment::Agent } else { Attachment::Conversation };
                self.submit(who, id, Action::StartCoaching { mode: coaching(*mode), agent_leg, attach_to })
            }
            Ask::Retrieve(customer) => {
                let id = self.conversation_of(customer).ok_or("not_found")?;
                self.submit(who, id, Action::Retrieve)
            }
            Ask::Prompt(card) => {
                let user = self.user(who);
                let prompts = self.ask_shard(|reply| Request::Prompts { user, reply });
                let prompt = prompts.last().ok_or("not_found")?.prompt.id;
                let act = match card {
                    Card::Accept => PromptAct::Accept,
                    Card::Snooze => PromptAct::Snooze { ms: 60_000 },
                    Card::Dismiss => PromptAct::Decline { reason: None },
                    Card::TakeBack => PromptAct::Cancel,
                };
                let principal = self.cast.organization.principal(user).unwrap();
                let act = authorize(&principal, ActOnPrompt { prompt, act }).unwrap();
                let answer = self.ask_shard(|reply| Request::ActOnPrompt { act, reply });
                self.after(answer.map(drop))
            }
            other => {
                let id = self.conversation_of(who).ok_or("not_found")?;
                let action = self.action(other, id);
                self.submit(who, id, action)
            }
        }
    }

    fn action(&mut self, ask: &Ask, id: ConversationId) -> Action {
        let leg = |who: &Option<String>| who.as_ref().map(|who| self.leg_of(who, id).unwrap());
        match ask {
            Ask::Decline => Action::Decline { reason: None },
            Ask::Hold(who) => Action::Hold { leg: leg(who) },
            Ask::Resume(who) => Action::Resume { leg: leg(who) },
            Ask::Mute(who) => Action::Mute { leg: leg(who) },
            Ask::Unmute(who) => Action::Unmute { leg: leg(who) },
            Ask::Remove(who) => Action::RemoveParticipant { leg: self.leg_of(who, id).unwrap() },
            Ask::Digits(digits) => Action::SendDigits { digits: digits.clone() },
            Ask::Consult(to) => Action::StartConsult { to: self.cast.destination(to), note: None },
            Ask::Transfer(to) => Action::Transfer { to: self.cast.destination(to) },
            Ask::Add(to) => Action::AddParticipant { to: self.cast.destination(to) },
            Ask::Swap => Action::SwapConsult,
            Ask::Merge => Action::MergeConsult,
            Ask::CompleteTransfer => Action::CompleteTransfer,
            Ask::CancelConsult => Action::CancelConsult,
            Ask::Leave => Action::Leave,
            Ask::Park => Action::Park,
            Ask::HangUp => Action::HangUp,
            Ask::ChangeMode(mode) => Action::ChangeCoachingMode { mode: coaching(*mode) },
            Ask::StopCoaching => Action::StopCoaching,
            Ask::TakeOver => Action::TakeOver,
            Ask::Call(_) | Ask::Retrieve(_) | Ask::Coach { .. } | Ask::Prompt(_) => {
                unreachable!("asked elsewhere")
            }
        }
    }

    fn touch(&mut self, who: &str, touch: &Touch) -> Result<(), String> {
        self.breathe();
        match touch {
            Touch::Dial(dialed) => self.dial(who, dialed),
            Touch::Answer => {
                let leg = self.phones.newest(who, &[Phase::Ringing]).ok_or("nothing rings")?;
                self.answer(leg);
                Ok(())
            }
            Touch::SpeakEarly => {
                let leg = self.phones.newest(who, &[Phase::Ringing]).ok_or("nothing rings")?;
                self.lap(signal(leg, Signal::EarlyMedia { leg: leg.ordinal }));
                Ok(())
            }
            Touch::Refuse(status) => self.fails(who, refusal(*status)),
            Touch::Ignore => {
                self.phones.newest(who, &[Phase::Ringing]).ok_or("nothing rings")?;
                let name = who.to_owned();
                self.pass_until("it rings", move |inner| {
                    inner.phones.newest(&name, &[Phase::Ringing]).is_none()
                });
                Ok(())
            }
            Touch::HangUp => self.hangs_up(who),
            Touch::HoldKey => self.signals(who, |leg| Signal::PhoneHeld { leg }),
            Touch::ResumeKey => self.signals(who, |leg| Signal::PhoneResumed { leg }),
            Touch::Break => {
                let leg = self.phones.newest(who, &[Phase::Up]).ok_or("no call")?;
                self.phones.wires.get_mut(&leg).unwrap().broken = true;
                self.lap(signal(leg, Signal::WireLost { leg: leg.ordinal }));
                Ok(())
            }
            Touch::Return => {
                let leg = self.phones.newest(who, &[Phase::Up]).ok_or("no call")?;
                self.phones.wires.get_mut(&leg).unwrap().broken = false;
                self.lap(signal(leg, Signal::WireBack { leg: leg.ordinal }));
                Ok(())
            }
            Touch::Press(digits) => {
                let leg = self.phones.newest(who, &[Phase::Up]).ok_or("no call")?;
                for digit in digits.chars() {
                    self.lap(Input::Digit { leg, digit });
                }
                Ok(())
            }
            Touch::Refer(to) => {
                let leg = self.phones.newest(who, &[Phase::Up]).ok_or("no call")?;
                let to = self.cast.dialed(to);
                self.refers(leg, to, None)
            }
            Touch::ReferJoining => {
                let second = self.phones.newest(who, &[Phase::Up]).ok_or("no call")?;
                let first = self.phones.wires[&second].adopted.ok_or("one call only")?;
                self.refers(first, String::new(), Some(second))
            }
        }
    }

    fn answer(&mut self, leg: LegId) {
        for input in self.phones.answered(leg) {
            self.lap(input);
        }
    }

    fn fails(&mut self, who: &str, reason: EndReason) -> Result<(), String> {
        let leg = self.phones.newest(who, &[Phase::Ringing]).ok_or("nothing rings")?;
        self.phones.wires.get_mut(&leg).unwrap().phase = Phase::Gone;
        self.lap(signal(leg, Signal::LegFailed { leg: leg.ordinal, reason }));
        Ok(())
    }

    fn hangs_up(&mut self, who: &str) -> Result<(), String> {
        let leg = self.phones.newest(who, &LIVE).ok_or("no call")?;
        let wire = self.phones.wires.get_mut(&leg).unwrap();
        let was = std::mem::replace(&mut wire.phase, Phase::Gone);
        let ordinal = leg.ordinal;
        let told = match was {
            Phase::Ringing => Signal::LegFailed { leg: ordinal, reason: EndReason::Declined },
            Phase::Waiting => Signal::LegEnded { leg: ordinal, reason: EndReason::Cancelled },
            Phase::Up | Phase::Gone => Signal::LegEnded { leg: ordinal, reason: EndReason::RemoteHangup },
        };
        self.lap(signal(leg, told));
        Ok(())
    }

    fn signals(&mut self, who: &str, told: impl FnOnce(u32) -> Signal) -> Result<(), String> {
        let leg = self.phones.newest(who, &[Phase::Up]).ok_or("no call")?;
        self.lap(signal(leg, told(leg.ordinal)));
        Ok(())
    }

    fn refers(&mut self, leg: LegId, to: String, replaces: Option<LegId>) -> Result<(), String> {
        self.phones.referred = None;
        self.lap(Input::Referred { leg, to, replaces });
        match self.phones.referred {
            Some(true) => Ok(()),
            _ => Err("603".to_owned()),
        }
    }

    fn dial(&mut self, who: &str, dialed: &Dialed) -> Result<(), String> {
        let to = match dialed {
            Dialed::Queue(queue) => {
                let number = self.cast.number_of_queue(queue);
                self.publish();
                number.as_str().to_owned()
            }
            Dialed::Person(name) => self.cast.extension_of(name),
            Dialed::Text(text) => text.clone(),
        };
        let leg = LegId::new(ConversationId::from_number(self.next_conversation), 0);
        self.next_conversation += 1;
        self.phones.add(leg, Wire::new(who, Phase::Waiting));
        let from = match self.cast.user(who) {
            Some(user) => Origin::User(user),
            None => Origin::Trunk(TRUNK),
        };
        let caller = self.cast.number(who);
        let arrival = Arrival { leg, from, caller, display: None, to, replaces: None, headers: Vec::new() };
        self.lap(Input::Arrived(Box::new(arrival)));
        match self.phones.wires[&leg].refused {
            Some(status) => Err(status.to_string()),
            None => Ok(()),
        }
    }

    fn heard(&self) -> Heard {
        let mut heard = Heard::default();
        let name = |leg: LegId| self.phones.wires[&leg].who.as_str();
        for (_, matrix) in self.phones.hearing.values() {
            for (listener, source) in &matrix.0 {
                let Listener::Leg(ear) = *listener else { continue };
                assert_eq!(self.phones.wires[&ear].phase, Phase::Up, "{} has no wire to hear on", name(ear));
                let source = match *source {
                    Source::Leg(leg) => name(leg),
                    Source::HoldMusic(MusicId { .. }) => "hold",
                    Source::QueueMusic(MusicId { .. }) => "queue",
                    Source::Prompt(_) => "prompt",
                    Source::Tone(Tone::Ringback) => "ringback",
                    Source::Tone(Tone::Busy) => "busy",
                    Source::Tone(Tone::Beep) => "beep",
                };
                heard.add(source, name(ear));
            }
        }
        heard
    }

    /// Everybody hangs up, one after the other; then no wire, no call and no busy person may be left.
    fn everybody_goes_home(&mut self) {
        while let Some(leg) =
            self.phones.order.iter().rev().find(|leg| self.phones.wires[leg].phase != Phase::Gone)
        {
            let who = self.phones.wires[leg].who.clone();
            self.hangs_up(&who).unwrap();
        }
        let left: Vec<_> = self.conversations().into_iter().filter(|l| !l.conversation.is_ended()).collect();
        assert!(left.is_empty(), "conversations are left behind: {left:#?}");
        let agents = self.ask_shard(|reply| Request::Agents { reply });
        let busy: BTreeSet<String> = agents
            .iter()
            .filter(|agent| agent.view.token != routing::Token::None)
            .map(|agent| self.cast.name_of_user(agent.user))
            .collect();
        assert!(busy.is_empty(), "left busy: {busy:?}");
    }
}

fn coaching(mode: Mode) -> CoachingMode {
    match mode {
        Mode::Monitor => CoachingMode::Monitor,
        Mode::Whisper => CoachingMode::Whisper,
        Mode::Barge => CoachingMode::Barge,
    }
}

fn refusal(status: u16) -> EndReason {
    match status {
        486 => EndReason::Busy,
        603 => EndReason::Declined,
        480 => EndReason::NoAnswer,
        _ => EndReason::Unreachable,
    }
}

/// As the API words it.
fn code(refused: &Refused) -> String {
    let code = match refused {
        Refused::Rejected(voicecall::Rejected::Ephemeral) => "ephemeral_call",
        Refused::Rejected(voicecall::Rejected::NotAParty) | Refused::Forbidden(_) => "not_allowed",
        Refused::Rejected(rejected) => {
            return serde_json::to_value(rejected).unwrap().as_str().unwrap().to_owned();
        }
        Refused::NotFound | Refused::PromptUnknown => "not_found",
        Refused::PromptMoved { .. } => "prompt_moved_on",
        Refused::TargetBusy | Refused::TargetAsked { .. } | Refused::TargetDnd => "target_busy",
        Refused::TargetOffline => "target_offline",
        Refused::NoTrunk => "no_trunk",
        Refused::TrunksFull => "limit_reached",
        Refused::CallerBusy | Refused::CallerWrapsUp => "caller_busy",
        Refused::CallerOffline => "caller_offline",
        Refused::LimitReached { .. } => "limit_reached",
        _ => "other",
    };
    code.to_owned()
}

impl World for Pure {
    fn add_customer(&self, name: &str, number: Option<&str>) {
        self.inner().cast.add_customer(name, number);
    }

    fn add_staff(&self, staff: &NewStaff) {
        let mut inner = self.inner();
        let user = inner.cast.add_staff(staff);
        inner.publish();
        if !staff.available {
            return;
        }
        let principal = inner.cast.organization.principal(user).unwrap();
        let change = SetPresence { user, own: true, area: Area::anywhere(), status: ONLINE, reason: None };
        let change = authorize(&principal, change).unwrap();
        let answer = inner.ask_shard(|reply| Request::SetPresence { change, reply });
        answer.unwrap();
        inner.lap(Input::Reachable { user, reachable: true });
    }

    fn set(&self, setting: Setting) {
        let mut inner = self.inner();
        inner.cast.set(setting);
        inner.publish();
    }

    fn add_flow(&self, name: &str, steps: &serde_json::Value) {
        let mut inner = self.inner();
        inner.cast.add_flow(name, steps);
        inner.publish();
    }

    fn change_queue(&self, name: &str, change: &serde_json::Value) {
        let mut inner = self.inner();
        inner.cast.change_queue(name, change);
        inner.publish();
    }

    fn prompts_end(&self) {
        let mut inner = self.inner();
        inner.pass(BREATH_MS);
        let playing = inner.phones.hearing.values().flat_map(|(_, matrix)| matrix.0.iter());
        let playing = playing.filter_map(|(listener, source)| match (*listener, *source) {
            (Listener::Leg(leg), Source::Prompt(prompt)) => Some((leg, prompt)),
            _ => None,
        });
        let playing: Vec<_> = playing.collect();
        assert!(!playing.is_empty(), "no prompt plays");
        for (leg, prompt) in playing {
            inner.lap(signal(leg, Signal::PromptFinished { leg: leg.ordinal, prompt }));
        }
    }

    fn silence_passes(&self) {
        let mut inner = self.inner();
        let asked = |inner: &mut Inner| {
            inner.conversations().iter().find_map(|live| live.conversation.asked()?.until)
        };
        let until = asked(&mut inner).unwrap_or_else(|| panic!("no menu waits for a key"));
        inner.pass_until("the silence", move |inner| asked(inner) != Some(until));
    }

    fn ask(&self, who: &str, ask: &Ask) -> Result<(), String> {
        self.inner().ask(who, ask)
    }

    fn touch(&self, who: &str, touch: &Touch) -> Result<(), String> {
        self.inner().touch(who, touch)
    }

    #[track_caller]
    fn hears(&self, heard: &Heard) {
        let is = self.inner().heard();
        assert_eq!(is.to_string(), heard.to_string(), "who hears whom");
    }

    #[track_caller]
    fn is_free(&self, who: &str, free: bool) {
        let is = self.inner().phones.is_free(who);
        assert_eq!(is, free, "{who} is {}", if is { "free" } else { "in a call" });
    }

    #[track_caller]
    fn rings(&self, who: &str) {
        let mut inner = self.inner();
        let (name, last) = (who.to_owned(), inner.now.plus_ms(RINGS_WITHIN_MS));
        let rings = move |inner: &Inner| inner.phones.newest(&name, &[Phase::Ringing]).is_some();
        if !rings(&inner) {
            let rings = rings.clone();
            inner.pass_until("a phone rings", move |inner| rings(inner) || inner.now > last);
        }
        assert!(rings(&inner), "{who}'s phone does not ring");
    }

    #[track_caller]
    fn was_sent(&self, who: &str, digits: &str) {
        let mut inner = self.inner();
        let leg = inner.phones.newest(who, &[Phase::Up]).unwrap();
        let sent = std::mem::take(&mut inner.phones.wires.get_mut(&leg).unwrap().digits);
        assert_eq!(sent, digits);
    }

    fn is_given_up(&self, who: &str) {
        let mut inner = self.inner();
        let leg = inner.phones.newest(who, &[Phase::Up]).unwrap();
        inner.pass_until("the wire is missed", move |inner| {
            let lives = inner.conversations();
            let live = lives.iter().find(|live| live.opening.id == leg.conversation);
            live.is_none_or(|live| {
                let state = live.conversation.legs()[leg.ordinal as usize].state;
                matches!(state, LegState::Ended { .. })
            })
        });
    }

    fn revoke_coaching(&self, who: &str) {
        let mut inner = self.inner();
        let user = inner.user(who);
        inner.cast.revoke_coaching(user);
        inner.publish();
    }

    fn records(&self, _: &dyn Fn(&[Record]) -> bool) -> Vec<Record> {
        let inner = self.inner();
        records::folded(&inner.journal, &inner.cast, inner.now)
    }

    fn together(&self, first: &(dyn Fn() + Sync), second: &(dyn Fn() + Sync)) {
        let order = {
            let mut inner = self.inner();
            inner.pass(BREATH_MS);
            inner.held = true;
            inner.choices.choose(2)
        };
        if order == 0 {
            first();
            second();
        } else {
            second();
            first();
        }
        let mut inner = self.inner();
        inner.held = false;
        inner.deliver();
    }
}
