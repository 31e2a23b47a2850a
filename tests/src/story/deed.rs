//! What the people of a story do: ask the platform for something, or touch their phone.

/// Whom a consult, transfer or invitation is for, by the name on stage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum To {
    /// Somebody of staff, or a party outside by their number.
    Person(String),
    Queue(String),
}

impl From<&str> for To {
    fn from(queue: &str) -> Self {
        To::Queue(queue.to_owned())
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    Monitor,
    Whisper,
    Barge,
}

impl Mode {
    pub const fn name(self) -> &'static str {
        match self {
            Mode::Monitor => "monitor",
            Mode::Whisper => "whisper",
            Mode::Barge => "barge",
        }
    }
}

/// What is done about a callback prompt: the last two by whom it was left for and by who left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    Accept,
    Snooze,
    Dismiss,
    TakeBack,
}

/// What somebody asks the platform for, as the API has it. People are named as on stage; None is what the API takes
/// when nobody is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ask {
    Call(To),
    Decline,
    Hold(Option<String>),
    Resume(Option<String>),
    Mute(Option<String>),
    Unmute(Option<String>),
    Digits(String),
    Consult(To),
    Swap,
    Merge,
    CompleteTransfer,
    CancelConsult,
    Transfer(To),
    Add(To),
    Remove(String),
    Leave,
    Park,
    /// The call of this customer.
    Retrieve(String),
    HangUp,
    Coach {
        agent: String,
        mode: Mode,
        stays_with_agent: bool,
    },
    ChangeMode(Mode),
    StopCoaching,
    TakeOver,
    /// About their newest callback prompt.
    Prompt(Card),
}

/// What somebody does at the phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Touch {
    /// Dials a queue's public number, an extension, or a number as text.
    Dial(Dialed),
    Answer,
    /// 183 with its voice on it: what a trunk plays before the far end answers.
    SpeakEarly,
    /// Refuses what rings, with a SIP status.
    Refuse(u16),
    /// Lets it ring until somebody gives up.
    Ignore,
    /// CANCEL or BYE, whichever fits.
    HangUp,
    HoldKey,
    ResumeKey,
    /// REFER of the call.
    Refer(To),
    /// REFER with Replaces: the phone joins its two calls.
    ReferJoining,
    Press(String),
    /// The cable is pulled without a word, and put back.
    Break,
    Return,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dialed {
    Queue(String),
    Person(String),
    Text(String),
}

/// How something that was asked for came out. One that nobody looks at must have been done.
pub struct Outcome {
    what: String,
    refused: Option<String>,
    looked_at: bool,
}

impl Outcome {
    pub(crate) fn new(what: String, result: Result<(), String>) -> Self {
        Self { what, refused: result.err(), looked_at: false }
    }

    /// Asserts that it was refused for this reason: a problem's `code` (or, of a state conflict, its `reason`), or a SIP status.
    #[track_caller]
    pub fn refused(mut self, reason: &str) {
        self.looked_at = true;
        assert_eq!(self.refused.as_deref(), Some(reason), "{}", self.what);
    }

    #[track_caller]
    pub fn done(mut self) {
        self.looked_at = true;
        if let Some(refused) = &self.refused {
            panic!("{} was refused: {refused}", self.what);
        }
    }

    /// Whatever came of it.
    pub fn either_way(mut self) -> bool {
        self.looked_at = true;
        self.refused.is_none()
    }
}

impl Drop for Outcome {
    fn drop(&mut self) {
        if let Some(refused) = self.refused.as_ref().filter(|_| !self.looked_at && !std::thread::panicking())
        {
            panic!("{} was refused: {refused}", self.what);
        }
    }
}

/// Two people pressing at once.
pub struct Pair(pub(crate) Outcome, pub(crate) Outcome);

impl Pair {
    /// One was first, and the other was told why not.
    #[track_caller]
    pub fn one_is_refused(mut self, reason: &str) {
        (self.0.looked_at, self.1.looked_at) = (true, true);
        let refused: Vec<&str> = [&self.0, &self.1].iter().filter_map(|o| o.refused.as_deref()).collect();
        assert_eq!(refused, [reason], "{} and {}", self.0.what, self.1.what);
    }
    #[track_caller]
    pub fn both_done(self) {
        self.0.done();
        self.1.done();
    }
    /// Whether the first and the second were done.
    pub fn either_way(self) -> (bool, bool) {
        (self.0.either_way(), self.1.either_way())
    }
}
