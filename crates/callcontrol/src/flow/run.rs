//! The interpreter: where a call stands in its flow, and what comes next. Pure: the live flow and the dry run are this
//! same code, with the world handed in.

use terms::{PromptId, QueueId, Timestamp, UserId};
use voicecall::{Details, Wishes};

use super::{
    hours::AllHours,
    step::{FlowStep, HoursSwitch, Menu, QueueCheck, Set, SkillWanted},
};
use crate::wishes::{relaxing, steps_of};

/// What came of the last move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// It is over; or nothing was done yet.
    Nothing,
    Digit(char),
    /// Nobody pressed a key in time.
    Silence,
}

/// What the flow does next; the last four end it.
#[derive(Clone, Debug, PartialEq)]
pub enum Move {
    Play(PromptId),
    Ask {
        menu: String,
        prompt: Option<PromptId>,
        silence_ms: i64,
    },
    Set(Details),
    /// Ring this person, who can be rung; the flow goes on when they do not answer.
    Ring(UserId),
    Queue {
        queue: QueueId,
        skills: Vec<SkillWanted>,
        priority: Option<u8>,
        wishes: Wishes,
    },
    /// Take a message for this queue.
    Message(QueueId),
    /// Call them back; should that not be possible after all, the flow goes on.
    CallBack {
        queue: QueueId,
        skills: Vec<SkillWanted>,
        priority: Option<u8>,
        wishes: Wishes,
    },
    HangUp,
}

impl Move {
    pub fn ends(&self) -> bool {
        matches!(self, Move::Queue { .. } | Move::Message(_) | Move::HangUp)
    }
}

/// How a queue stands at this moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueLook {
    /// People who take its calls, signed in and online, busy or not.
    pub agents: u32,
    pub waiting: u32,
    pub longest_wait_ms: i64,
}

/// The world as the interpreter sees it.
pub struct Around<'a> {
    pub now: Timestamp,
    pub hours: &'a AllHours,
    /// The prompt of this name.
    pub prompt: &'a dyn Fn(&str) -> Option<PromptId>,
    pub queue: &'a dyn Fn(QueueId) -> QueueLook,
    /// Whether this person can be rung.
    pub user: &'a dyn Fn(UserId) -> bool,
    /// Whether the caller can be called back: their number is known.
    pub number: bool,
}

/// A step that a call went through, and why it went on as it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Where it stands: `steps[0].menu.digits.2[1]`.
    pub path: String,
    pub step: &'static str,
    pub outcome: Outcome,
    /// The key, the exception's name, the prompt, what was set.
    pub detail: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Played,
    /// The prompt does not exist; skipped.
    Skipped,
    Asked,
    Pressed,
    /// The key is no choice; asked again.
    NotAChoice,
    /// Silence; asked again.
    Silent,
    /// After the last attempt.
    Failed,
    Open,
    Closed,
    /// The business hours do not exist any more: as if open.
    Unknown,
    Set,
    NoAgents,
    TooManyWait,
    WaitTooLong,
    /// Waiting there makes sense.
    Passes,
    Rung,
    /// The person is away or busy; passed by.
    NotThere,
    Queued,
    /// A message is taken.
    Message,
    /// They are called back.
    CallsBack,
    /// They withhold their number; passed by.
    NoNumber,
    HungUp,
    /// Nothing is left to hear.
    Over,
}

#[derive(Clone, Debug)]
struct Frame {
    path: String,
    at: usize,
    steps: std::vec::IntoIter<FlowStep>,
}

impl Frame {
    fn new(path: String, steps: Vec<FlowStep>) -> Self {
        Self { path, at: 0, steps: steps.into_iter() }
    }
    fn next(&mut self) -> Option<(String, FlowStep)> {
        let step = self.steps.next()?;
        let path = format!("{}[{}]", self.path, self.at);
        self.at += 1;
        Some((path, step))
    }
}

/// A menu that is being answered.
#[derive(Clone, Debug)]
struct Asking {
    path: String,
    menu: Menu,
    attribute: String,
    attempts: u8,
    /// It is being told that the key was no choice; a key answers all the same.
    corrected: bool,
}

/// Where a call stands in its flow.
#[derive(Clone, Debug)]
pub struct FlowRun {
    frames: Vec<Frame>,
    asking: Option<Asking>,
    /// A message is taken for this queue once its prompt is over.
    message: Option<QueueId>,
    menus: u32,
    skills: Vec<SkillWanted>,
    priority: Option<u8>,
    passed: Vec<Passed>,
}

impl FlowRun {
    pub fn new(steps: Vec<FlowStep>) -> Self {
        Self {
            frames: vec![Frame::new("steps".to_owned(), steps)],
            asking: None,
            message: None,
            menus: 0,
            skills: Vec::new(),
            priority: None,
            passed: Vec::new(),
        }
    }

    /// The steps gone through since this was asked last.
    pub fn take_passed(&mut self) -> Vec<Passed> {
        std::mem::take(&mut self.passed)
    }

    fn pass(&mut self, path: &str, step: &'static str, outcome: Outcome, detail: Option<String>) {
        self.passed.push(Passed { path: path.to_owned(), step, outcome, detail });
    }

    /// What to do next. It ends: every step is taken once, but for a menu's limited attempts.
    pub fn next(&mut self, heard: Heard, around: &Around<'_>) -> Move {
        if let Some(queue) = self.message.take() {
            return Move::Message(queue);
        }
        if let Some(asking) = self.asking.take()
            && let Some(next) = self.answer(asking, heard, around)
        {
            return next;
        }
        loop {
            let Some(frame) = self.frames.last_mut() else {
                self.pass("steps", "hang_up", Outcome::Over, None);
                return Move::HangUp;
            };
            let Some((path, step)) = frame.next() else {
                self.frames.pop();
                continue;
            };
            if let Some(next) = self.step(path, step, around) {
                return next;
            }
        }
    }

    /// None: the next step follows at once.
    fn step(&mut self, path: String, step: FlowStep, around: &Around<'_>) -> Option<Move> {
        let name = step.name();
        match step {
            FlowStep::Play(prompt) => {
                let found = (around.prompt)(&prompt);
                let outcome = if found.is_some() { Outcome::Played } else { Outcome::Skipped };
                self.pass(&path, name, outcome, Some(prompt));
                found.map(Move::Play)
            }
            FlowStep::Menu(menu) => {
                self.menus += 1;
                let attribute = menu.attribute.clone().unwrap_or_else(|| format!("menu_{}", self.menus));
                let attempts = menu.attempts.max(1);
                Some(self.ask(Asking { path, menu, attribute, attempts, corrected: false }, around))
            }
            FlowStep::Hours(switch) => {
                self.switch(&path, switch, around);
                None
            }
            FlowStep::Set(set) => self.set(&path, set),
            FlowStep::QueueCheck(check) => {
                self.check(&path, check, around);
                None
            }
            FlowStep::User { user_id } => {
                let there = (around.user)(user_id);
                self.pass(&path, name, if there { Outcome::Rung } else { Outcome::NotThere }, None);
                there.then_some(Move::Ring(user_id))
            }
            FlowStep::Queue { queue_id, skills, priority, steps, preferred_user_id, preferred_seconds } => {
                self.pass(&path, name, Outcome::Queued, None);
                let skills = self.wanted(skills);
                let wishes = Wishes {
                    steps: if steps.is_empty() { relaxing(&skills) } else { steps_of(&steps) },
                    preferred: preferred_user_id,
                    preferred_ms: preferred_seconds.map(crate::organization::ms),
                };
                Some(Move::Queue { queue: queue_id, skills, priority: priority.or(self.priority), wishes })
            }
            FlowStep::Voicemail { queue_id, prompt } => {
                self.pass(&path, name, Outcome::Message, prompt.clone());
                let prompt = prompt.as_deref().and_then(around.prompt).unwrap_or(PromptId::LEAVE_MESSAGE);
                self.message = Some(queue_id);
                Some(Move::Play(prompt))
            }
            FlowStep::Callback { .. } if !around.number => {
                self.pass(&path, name, Outcome::NoNumber, None);
                None
            }
            FlowStep::Callback { queue_id, skills, priority } => {
                self.pass(&path, name, Outcome::CallsBack, None);
                Some(self.call_back(queue_id, skills, priority))
            }
            FlowStep::HangUp {} => {
                self.pass(&path, name, Outcome::HungUp, None);
                Some(Move::HangUp)
            }
        }
    }

    /// The step's own skills, and those that were set before and are none of its own.
    fn wanted(&self, own: Vec<SkillWanted>) -> Vec<SkillWanted> {
        let is_own = |set: &&SkillWanted| own.iter().any(|own| own.skill_id == set.skill_id);
        let more: Vec<SkillWanted> = self.skills.iter().filter(|set| !is_own(set)).copied().collect();
        own.into_iter().chain(more).collect()
    }

    fn call_back(&self, queue: QueueId, own: Vec<SkillWanted>, priority: Option<u8>) -> Move {
        let skills = self.wanted(own);
        let wishes = Wishes { steps: relaxing(&skills), ..Wishes::default() };
        Move::CallBack { queue, skills, priority: priority.or(self.priority), wishes }
    }

    fn ask(&mut self, asking: Asking, around: &Around<'_>) -> Move {
        let prompt = asking.menu.prompt.as_deref().and_then(around.prompt);
        let silence_ms = (asking.menu.timeout_seconds * 1_000.0).round() as i64;
        self.pass(&asking.path, "menu", Outcome::Asked, asking.menu.prompt.clone());
        let menu = asking.attribute.clone();
        self.asking = Some(asking);
        Move::Ask { menu, prompt, silence_ms }
    }

    /// What an answer, or none, leads to; None goes on with the steps of the branch, or behind the menu.
    fn answer(&mut self, mut asking: Asking, heard: Heard, around: &Around<'_>) -> Option<Move> {
        if asking.corrected && !matches!(heard, Heard::Digit(_)) {
            // It was said that the key is no choice: the menu is said again.
            asking.corrected = false;
            return Some(self.ask(asking, around));
        }
        let path = asking.path.clone();
        let key = match heard {
            Heard::Digit(digit) => Some(digit.to_string()),
            Heard::Silence | Heard::Nothing => None,
        };
        if let Some(key) = &key
            && let Some(steps) = asking.menu.digits.remove(key)
        {
            self.pass(&path, "menu", Outcome::Pressed, Some(key.clone()));
            self.frames.push(Frame::new(format!("{path}.menu.digits.{key}"), steps));
            let attributes = [(asking.attribute, key.clone())].into();
            return Some(Move::Set(Details { attributes, ..Details::default() }));
        }
        asking.attempts -= 1;
        if asking.attempts == 0 {
            self.pass(&path, "menu", Outcome::Failed, key);
            self.frames.push(Frame::new(format!("{path}.menu.on_failure"), asking.menu.on_failure));
            return None;
        }
        if key.is_some() {
            self.pass(&path, "menu", Outcome::NotAChoice, key);
            asking.corrected = true;
            let menu = asking.attribute.clone();
            self.asking = Some(asking);
            return Some(Move::Ask { menu, prompt: Some(PromptId::NOT_VALID), silence_ms: 0 });
        }
        asking.corrected = false;
        self.pass(&path, "menu", Outcome::Silent, None);
        Some(self.ask(asking, around))
    }

    fn switch(&mut self, path: &str, switch: HoursSwitch, around: &Around<'_>) {
        let Some(hours) = around.hours.get(&switch.business_hours_id) else {
            self.pass(path, "hours", Outcome::Unknown, None);
            self.frames.push(Frame::new(format!("{path}.hours.open"), switch.open));
            return;
        };
        let opened = hours.at(around.now);
        let (outcome, branch, steps) = if opened.open {
            (Outcome::Open, "open", switch.open)
        } else {
            (Outcome::Closed, "closed", switch.closed)
        };
        self.pass(path, "hours", outcome, opened.exception.or_else(|| Some(hours.name.clone())));
        self.frames.push(Frame::new(format!("{path}.hours.{branch}"), steps));
    }

    fn set(&mut self, path: &str, set: Set) -> Option<Move> {
        self.pass(path, "set", Outcome::Set, set.subject.clone().or_else(|| set.case_category.clone()));
        self.skills.retain(|known| !set.skills.iter().any(|new| new.skill_id == known.skill_id));
        self.skills.extend(set.skills);
        self.priority = set.priority.or(self.priority);
        let (subject, case_category, attributes) = (set.subject, set.case_category, set.attributes);
        let details = Details { subject, case_category, related_record: None, attributes };
        (details != Details::default()).then_some(Move::Set(details))
    }

    fn check(&mut self, path: &str, check: QueueCheck, around: &Around<'_>) {
        let look = (around.queue)(check.queue_id);
        let long = |seconds: f64| look.waiting > 0 && look.longest_wait_ms as f64 >= seconds * 1_000.0;
        let outcome = if check.no_agents && look.agents == 0 {
            Outcome::NoAgents
        } else if check.waiting.is_some_and(|waiting| look.waiting >= waiting) {
            Outcome::TooManyWait
        } else if check.longest_wait_seconds.is_some_and(long) {
            Outcome::WaitTooLong
        } else {
            Outcome::Passes
        };
        self.pass(path, "queue_check", outcome, None);
        if outcome != Outcome::Passes {
            self.frames.push(Frame::new(format!("{path}.queue_check.then"), check.then));
        }
    }
}
