//! The people of a story and their verbs.

use std::sync::Arc;

use super::{Ask, Card, Dialed, Mode, NewStaff, Outcome, To, Touch, World};

/// Somebody outside.
pub struct Customer {
    world: Arc<dyn World>,
    name: String,
}

/// Somebody of staff: an agent, a specialist or a supervisor.
pub struct Agent {
    world: Arc<dyn World>,
    name: String,
}

/// Somebody of staff before they have signed in.
pub struct Joining {
    world: Arc<dyn World>,
    staff: NewStaff,
}

impl Joining {
    pub(super) fn new(world: Arc<dyn World>, name: &str, supervises: bool) -> Self {
        let staff = NewStaff { name: name.to_owned(), supervises, ..NewStaff::default() };
        Self { world, staff }
    }
    /// Takes this queue's calls.
    pub fn serves(mut self, queue: &str) -> Self {
        self.staff.queues.push(queue.to_owned());
        self
    }
    /// Signed in, phone registered, ready.
    pub fn available(mut self) -> Agent {
        self.staff.available = true;
        self.absent()
    }
    /// Neither signed in nor at the phone.
    pub fn absent(self) -> Agent {
        self.world.add_staff(&self.staff);
        Agent { world: self.world, name: self.staff.name }
    }
}

impl From<&Agent> for To {
    fn from(agent: &Agent) -> Self {
        To::Person(agent.name.clone())
    }
}

impl From<&Customer> for To {
    fn from(customer: &Customer) -> Self {
        To::Person(customer.name.clone())
    }
}

/// Whoever can be named in a story.
pub trait Named {
    fn name(&self) -> &str;
}

impl Named for Customer {
    fn name(&self) -> &str {
        &self.name
    }
}

impl Named for Agent {
    fn name(&self) -> &str {
        &self.name
    }
}

macro_rules! at_the_phone {
    ($person:ident) => {
        impl $person {
            fn touch(&self, touch: Touch) -> Outcome {
                let result = self.world.touch(&self.name, &touch);
                Outcome::new(format!("{}: {touch:?}", self.name), result)
            }
            pub fn answers(&self) -> Outcome {
                self.touch(Touch::Answer)
            }
            pub fn speaks_before_the_answer(&self) -> Outcome {
                self.touch(Touch::SpeakEarly)
            }
            /// At the phone: CANCEL while it rings, else BYE.
            pub fn hangs_up(&self) -> Outcome {
                self.touch(Touch::HangUp)
            }
            pub fn declines(&self) -> Outcome {
                self.touch(Touch::Refuse(603))
            }
            /// The phone is engaged.
            pub fn is_busy(&self) -> Outcome {
                self.touch(Touch::Refuse(486))
            }
            pub fn does_not_answer(&self) -> Outcome {
                self.touch(Touch::Ignore)
            }
            pub fn presses(&self, digits: &str) -> Outcome {
                self.touch(Touch::Press(digits.to_owned()))
            }
            pub fn presses_hold(&self) -> Outcome {
                self.touch(Touch::HoldKey)
            }
            pub fn presses_resume(&self) -> Outcome {
                self.touch(Touch::ResumeKey)
            }
            /// Dials what a keypad can: an extension or a number, as it is.
            pub fn dials(&self, text: &str) -> Outcome {
                self.touch(Touch::Dial(Dialed::Text(text.to_owned())))
            }
            pub fn wire_breaks(&self) {
                self.touch(Touch::Break).done();
            }
            pub fn wire_comes_back(&self) {
                self.touch(Touch::Return).done();
            }
            #[track_caller]
            pub fn is_free(&self) {
                self.world.is_free(&self.name, true);
            }
            #[track_caller]
            pub fn is_in_a_call(&self) {
                self.world.is_free(&self.name, false);
            }
            #[track_caller]
            pub fn rings(&self) {
                self.world.rings(&self.name);
            }
            #[track_caller]
            pub fn was_sent(&self, digits: &str) {
                self.world.was_sent(&self.name, digits);
            }
        }
    };
}

at_the_phone!(Customer);
at_the_phone!(Agent);

impl Customer {
    pub(super) fn new(world: Arc<dyn World>, name: &str) -> Self {
        Self { world, name: name.to_owned() }
    }
    /// Calls a queue's public number.
    pub fn calls(&self, queue: &str) -> Outcome {
        self.touch(Touch::Dial(Dialed::Queue(queue.to_owned())))
    }
}

impl Agent {
    fn ask(&self, ask: Ask) -> Outcome {
        let result = self.world.ask(&self.name, &ask);
        Outcome::new(format!("{}: {ask:?}", self.name), result)
    }

    /// Asks the platform to call somebody.
    pub fn calls(&self, to: impl Into<To>) -> Outcome {
        self.ask(Ask::Call(to.into()))
    }
    /// Dials a colleague at the desk phone itself.
    pub fn dials_up(&self, who: &impl Named) -> Outcome {
        self.touch(Touch::Dial(Dialed::Person(who.name().to_owned())))
    }
    pub fn declines_the_offer(&self) -> Outcome {
        self.ask(Ask::Decline)
    }
    pub fn holds(&self) -> Outcome {
        self.ask(Ask::Hold(None))
    }
    pub fn resumes(&self) -> Outcome {
        self.ask(Ask::Resume(None))
    }
    pub fn holds_only(&self, who: &impl Named) -> Outcome {
        self.ask(Ask::Hold(Some(who.name().to_owned())))
    }
    pub fn resumes_only(&self, who: &impl Named) -> Outcome {
        self.ask(Ask::Resume(Some(who.name().to_owned())))
    }
    pub fn mutes(&self) -> Outcome {
        self.ask(Ask::Mute(None))
    }
    pub fn unmutes(&self) -> Outcome {
        self.ask(Ask::Unmute(None))
    }
    pub fn sends_digits(&self, digits: &str) -> Outcome {
        self.ask(Ask::Digits(digits.to_owned()))
    }
    pub fn consults(&self, to: impl Into<To>) -> Outcome {
        self.ask(Ask::Consult(to.into()))
    }
    pub fn swaps(&self) -> Outcome {
        self.ask(Ask::Swap)
    }
    pub fn merges(&self) -> Outcome {
        self.ask(Ask::Merge)
    }
    pub fn completes_transfer(&self) -> Outcome {
        self.ask(Ask::CompleteTransfer)
    }
    pub fn cancels_consult(&self) -> Outcome {
        self.ask(Ask::CancelConsult)
    }
    pub fn transfers_to(&self, to: impl Into<To>) -> Outcome {
        self.ask(Ask::Transfer(to.into()))
    }
    pub fn adds(&self, to: impl Into<To>) -> Outcome {
        self.ask(Ask::Add(to.into()))
    }
    pub fn removes(&self, who: &impl Named) -> Outcome {
        self.ask(Ask::Remove(who.name().to_owned()))
    }
    pub fn leaves(&self) -> Outcome {
        self.ask(Ask::Leave)
    }
    pub fn parks(&self) -> Outcome {
        self.ask(Ask::Park)
    }
    pub fn retrieves(&self, customer: &Customer) -> Outcome {
        self.ask(Ask::Retrieve(customer.name.clone()))
    }
    /// Ends the call for everybody.
    pub fn ends_the_call(&self) -> Outcome {
        self.ask(Ask::HangUp)
    }
    /// REFER from the desk phone.
    pub fn refers(&self, to: impl Into<To>) -> Outcome {
        self.touch(Touch::Refer(to.into()))
    }
    /// REFER with Replaces: the desk phone joins its two calls.
    pub fn joins_the_two_calls(&self) -> Outcome {
        self.touch(Touch::ReferJoining)
    }

    /// Until the platform gives up waiting for this agent's wire.
    pub fn is_given_up(&self) {
        self.world.is_given_up(&self.name);
    }

    pub fn monitors(&self, agent: &Agent) -> Outcome {
        self.coaches(agent, Mode::Monitor, false)
    }
    pub fn whispers(&self, agent: &Agent) -> Outcome {
        self.coaches(agent, Mode::Whisper, false)
    }
    pub fn barges(&self, agent: &Agent) -> Outcome {
        self.coaches(agent, Mode::Barge, false)
    }
    /// Coaching that goes where the agent goes.
    pub fn follows(&self, agent: &Agent, mode: Mode) -> Outcome {
        self.coaches(agent, mode, true)
    }
    fn coaches(&self, agent: &Agent, mode: Mode, stays_with_agent: bool) -> Outcome {
        self.ask(Ask::Coach { agent: agent.name.clone(), mode, stays_with_agent })
    }
    pub fn changes_to(&self, mode: Mode) -> Outcome {
        self.ask(Ask::ChangeMode(mode))
    }
    pub fn stops(&self) -> Outcome {
        self.ask(Ask::StopCoaching)
    }
    pub fn takes_over(&self) -> Outcome {
        self.ask(Ask::TakeOver)
    }
    /// The card that a colleague left: call me as soon as we are both free.
    pub fn accepts_the_prompt(&self) -> Outcome {
        self.ask(Ask::Prompt(Card::Accept))
    }
    pub fn snoozes_the_prompt(&self) -> Outcome {
        self.ask(Ask::Prompt(Card::Snooze))
    }
    pub fn dismisses_the_prompt(&self) -> Outcome {
        self.ask(Ask::Prompt(Card::Dismiss))
    }
    /// The card they left themselves.
    pub fn takes_the_prompt_back(&self) -> Outcome {
        self.ask(Ask::Prompt(Card::TakeBack))
    }
    /// An administrator takes the grants of coaching away.
    pub fn loses_the_grant(&self) {
        self.world.revoke_coaching(&self.name);
    }
}
