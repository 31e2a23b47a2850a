//! One story, two stages: the same text runs on the pure stage (the shard with a virtual clock and scripted phones) and
//! on the wired stage (the real server, real SIP, real sound).

#![allow(clippy::unwrap_used, reason = "a story that cannot go on fails by panicking")]

pub mod deed;
pub mod hears;
pub mod people;
pub mod pure;
pub mod records;
pub mod wired;

use std::sync::Arc;

use expect_test::Expect;

pub use deed::{Ask, Card, Dialed, Mode, Outcome, Pair, To, Touch};
pub use hears::Heard;
pub use people::{Agent, Customer};
pub use records::Record;

/// Who joins the stage.
#[derive(Clone, Debug, Default)]
pub struct NewStaff {
    pub name: String,
    pub supervises: bool,
    /// Queues whose calls they take.
    pub queues: Vec<String>,
    pub available: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    ConcurrentCalls(u32),
    /// What happens when an agent hangs up while the consult's target rings: the target gets the customer, or the agent is called back.
    HangUpWhileRingingCompletes(bool),
    DirectCallsLogged(bool),
    /// How long a lost agent is waited for.
    LostAgentSeconds(u32),
    /// How many calls the trunk carries at a time, in both directions.
    TrunkCalls(u32),
    /// The wrap-up of every queue named so far.
    WrapUpSeconds(u32),
}

/// The steps with ids for names.
fn with_ids(steps: &serde_json::Value, id: &mut dyn FnMut(&str, &str) -> String) -> serde_json::Value {
    use serde_json::Value;
    match steps {
        Value::Object(fields) => {
            let fields = fields.iter().map(|(name, value)| match (name.as_str(), value) {
                ("queue_id" | "business_hours_id" | "phone_number" | "user_id", Value::String(named)) => {
                    (name.clone(), Value::String(id(name, named)))
                }
                _ => (name.clone(), with_ids(value, id)),
            });
            Value::Object(fields.collect())
        }
        Value::Array(list) => Value::Array(list.iter().map(|value| with_ids(value, id)).collect()),
        other => other.clone(),
    }
}

/// What a stage can do; every story is told through this.
pub trait World: Send + Sync {
    /// Somebody outside: with this number, with any (empty), or withholding it.
    fn add_customer(&self, name: &str, number: Option<&str>);
    fn add_staff(&self, staff: &NewStaff);
    fn set(&self, setting: Setting);
    /// A number of this name that leads to a flow; queues and business hours in it by their names.
    fn add_flow(&self, name: &str, steps: &serde_json::Value);
    /// Changes a queue as the API does; queues in it by their names.
    fn change_queue(&self, name: &str, change: &serde_json::Value);
    /// Until the prompts that play have been said.
    fn prompts_end(&self);
    /// Until a menu has been silent for too long.
    fn silence_passes(&self);
    fn ask(&self, who: &str, ask: &Ask) -> Result<(), String>;
    fn touch(&self, who: &str, touch: &Touch) -> Result<(), String>;
    /// Asserts who hears whom.
    fn hears(&self, heard: &Heard);
    /// Asserts that this person is in no call any more, or is.
    fn is_free(&self, who: &str, free: bool);
    /// Asserts that this person's phone rings now.
    fn rings(&self, who: &str);
    /// The digits that this person's phone was sent since asked last.
    fn was_sent(&self, who: &str, digits: &str);
    /// Waits until the lost party is given up.
    fn is_given_up(&self, who: &str);
    /// Takes the grants of coaching from this supervisor.
    fn revoke_coaching(&self, who: &str);
    /// The records, as soon as they are as `expected`, or as they are in the end.
    fn records(&self, expected: &dyn Fn(&[Record]) -> bool) -> Vec<Record>;
    /// Runs two deeds as nearly at once as the stage can.
    fn together(&self, first: &(dyn Fn() + Sync), second: &(dyn Fn() + Sync));
}

/// The stage as a story sees it.
pub struct Stage {
    world: Arc<dyn World>,
}

impl Stage {
    pub fn new(world: Arc<dyn World>) -> Self {
        Self { world }
    }

    /// Somebody outside, with a public number.
    pub fn customer(&self, name: &str) -> Customer {
        self.world.add_customer(name, Some(""));
        Customer::new(self.world.clone(), name)
    }
    /// Who answers an emergency number.
    pub fn emergency(&self, name: &str, number: &str) -> Customer {
        self.world.add_customer(name, Some(number));
        Customer::new(self.world.clone(), name)
    }
    /// A caller who withholds their number.
    pub fn anonymous(&self, name: &str) -> Customer {
        self.world.add_customer(name, None);
        Customer::new(self.world.clone(), name)
    }
    /// Takes no queue's calls until told which.
    pub fn agent(&self, name: &str) -> people::Joining {
        people::Joining::new(self.world.clone(), name, false)
    }
    /// May monitor, whisper, barge and take over everywhere.
    pub fn supervisor(&self, name: &str) -> Agent {
        people::Joining::new(self.world.clone(), name, true).available()
    }

    /// A number to call by this name that leads to these steps, as the API takes them; `queue_id` and `user_id` are names, and
    /// `business_hours_id` is `always` or `never`.
    pub fn flow(&self, name: &str, steps: serde_json::Value) {
        self.world.add_flow(name, &steps);
    }
    /// The queue is like this from now on, in the words of the API; `queue_id` is a queue's name, `phone_number` a person's.
    pub fn queue(&self, name: &str, change: serde_json::Value) {
        self.world.change_queue(name, &change);
    }
    /// What plays is over; the wired stage lets it play.
    pub fn prompts_end(&self) {
        self.world.prompts_end();
    }
    /// Nobody presses a key; the wired stage lets the time pass.
    pub fn silence_passes(&self) {
        self.world.silence_passes();
    }

    pub fn at_most(&self, calls: u32) {
        self.world.set(Setting::ConcurrentCalls(calls));
    }
    pub fn set(&self, setting: Setting) {
        self.world.set(setting);
    }

    /// Exactly these pairs, presence and absence.
    #[track_caller]
    pub fn hears(&self, notation: &str) {
        self.world.hears(&Heard::read(notation));
    }

    #[track_caller]
    pub fn records(&self, expected: Expect) {
        let lines = |text: &str| -> Vec<String> {
            text.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
        };
        let wanted = lines(expected.data());
        let found = self.world.records(&|records| lines(&records::text(records)) == wanted);
        expected.assert_eq(&records::text(&found));
    }

    /// Two deeds at once: either order on the pure stage, two threads on the wired one.
    pub fn together(&self, first: impl Fn() -> Outcome + Sync, second: impl Fn() -> Outcome + Sync) -> Pair {
        let outcomes = (std::sync::Mutex::new(None), std::sync::Mutex::new(None));
        let put = |place: &std::sync::Mutex<Option<Outcome>>, outcome| {
            *place.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(outcome);
        };
        self.world.together(&|| put(&outcomes.0, first()), &|| put(&outcomes.1, second()));
        let take = |place: std::sync::Mutex<Option<Outcome>>| {
            let inner = place.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
            inner.unwrap_or_else(|| Outcome::new("a deed".into(), Err("it never came to it".into())))
        };
        Pair(take(outcomes.0), take(outcomes.1))
    }
}
