//! What a queue does with those who wait in it: how many, how long, what they hear, which keys they have, and how they are
//! called back.

use std::collections::BTreeMap;

use routing::Overflow;
use serde::Deserialize;
use terms::{PhoneNumber, QueueId};
use voicecall::CallbackOrder;

use super::load::ms;

/// Between everybody's refusal and asking them again.
const RETRY_SECONDS: f64 = 5.0;

#[derive(Clone, Debug)]
pub struct WaitingRules {
    /// Calls that may wait at once.
    pub max_size: Option<u32>,
    /// How long a call waits where nobody is signed in.
    pub nobody_ms: Option<i64>,
    pub retry_ms: i64,
    pub reset_steps_on_decline: bool,
    /// What a caller hears before an overflow hangs up.
    pub overflow_prompt: Option<String>,
    /// What a caller hears before they leave a message.
    pub voicemail_prompt: Option<String>,
    /// Keys that lead out of the queue.
    pub options: BTreeMap<char, Overflow>,
    pub callback: CallbackRules,
    /// Who hung up and calls again within this time is as old as they were.
    pub resume_ms: Option<i64>,
    pub announcements: Announcements,
    /// Who calls again within this time goes to the agent they talked to last, when that one is free.
    pub last_agent_ms: Option<i64>,
    /// For so long to that agent alone.
    pub last_agent_wait_ms: i64,
    /// The most of what its members take, in percent, that may be colleagues' requests while customers wait.
    pub internal_share_max: Option<u8>,
    /// The priority of colleagues' requests; none is that of the queue.
    pub internal_priority: Option<u8>,
}

impl Default for WaitingRules {
    fn default() -> Self {
        Self {
            max_size: None,
            nobody_ms: None,
            retry_ms: ms(RETRY_SECONDS),
            reset_steps_on_decline: false,
            overflow_prompt: None,
            voicemail_prompt: None,
            options: BTreeMap::new(),
            callback: CallbackRules::default(),
            resume_ms: None,
            announcements: Announcements::default(),
            last_agent_ms: None,
            last_agent_wait_ms: 0,
            internal_share_max: None,
            internal_priority: None,
        }
    }
}

/// How customers who asked for it are called back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallbackRules {
    pub order: CallbackOrder,
    /// Before the first attempt.
    pub delay_ms: i64,
    /// Before the next one.
    pub retry_ms: i64,
    pub attempts_max: u32,
}

impl Default for CallbackRules {
    fn default() -> Self {
        Self { order: CallbackOrder::AgentFirst, delay_ms: 0, retry_ms: 600_000, attempts_max: 2 }
    }
}

/// What those who wait are told, beside the music.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Announcements {
    /// The first after this time; none is never.
    pub first_ms: Option<i64>,
    pub every_ms: Option<i64>,
    pub position: bool,
    pub wait: bool,
    /// The wait is said in steps of this long.
    pub rounding_ms: i64,
    /// A position or wait that is no better than the last one is not said again.
    pub only_if_improved: bool,
    /// Played in turn, one each time.
    pub prompts: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(super) enum OverflowForm {
    Queue {
        queue_id: QueueId,
    },
    Voicemail {
        #[serde(default)]
        prompt: Option<String>,
    },
    Callback {},
    External {
        phone_number: PhoneNumber,
    },
    HangUp {
        #[serde(default)]
        prompt: Option<String>,
    },
}

impl OverflowForm {
    pub(super) fn read(&self) -> Overflow {
        match self {
            OverflowForm::Queue { queue_id } => Overflow::Queue(*queue_id),
            OverflowForm::Voicemail { .. } => Overflow::Voicemail,
            OverflowForm::Callback {} => Overflow::Callback,
            OverflowForm::External { phone_number } => Overflow::External(phone_number.clone()),
            OverflowForm::HangUp { .. } => Overflow::HangUp,
        }
    }
    fn voicemail_prompt(&self) -> Option<String> {
        match self {
            OverflowForm::Voicemail { prompt } => prompt.clone(),
            _ => None,
        }
    }
    fn prompt(&self) -> Option<String> {
        match self {
            OverflowForm::HangUp { prompt } => prompt.clone(),
            _ => None,
        }
    }
}

/// The parts of a queue's `routing` that are about waiting.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct WaitingForm {
    overflow: Option<OverflowForm>,
    no_agent_seconds: Option<f64>,
    retry_seconds: Option<f64>,
    reset_steps_on_decline: bool,
    resume_seconds: Option<f64>,
    options: BTreeMap<char, OverflowForm>,
    callback: CallbackForm,
    internal_priority: Option<u8>,
    internal_share_percent: Option<u8>,
    last_agent_seconds: Option<f64>,
    last_agent_wait_seconds: Option<f64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct CallbackForm {
    order: CallbackOrder,
    delay_seconds: Option<f64>,
    retry_seconds: Option<f64>,
    max_attempts: Option<u32>,
}

/// A queue's `announcements`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct AnnouncementsForm {
    first_seconds: Option<f64>,
    every_seconds: Option<f64>,
    position: bool,
    wait: bool,
    rounding_seconds: Option<f64>,
    only_if_improved: bool,
    prompts: Vec<String>,
}

/// A minute: what an estimate can honestly tell.
const ROUNDING_SECONDS: f64 = 60.0;
/// No announcement comes sooner after another.
const EVERY_SECONDS_MIN: f64 = 15.0;

impl WaitingForm {
    pub(super) fn read(&self, announced: &AnnouncementsForm, max_size: Option<u32>) -> WaitingRules {
        let standard = CallbackRules::default();
        let callback = CallbackRules {
            order: self.callback.order,
            delay_ms: self.callback.delay_seconds.map_or(standard.delay_ms, ms),
            retry_ms: self.callback.retry_seconds.map_or(standard.retry_ms, ms),
            attempts_max: self.callback.max_attempts.unwrap_or(standard.attempts_max).max(1),
        };
        WaitingRules {
            max_size,
            nobody_ms: self.no_agent_seconds.map(ms),
            retry_ms: ms(self.retry_seconds.unwrap_or(RETRY_SECONDS)),
            reset_steps_on_decline: self.reset_steps_on_decline,
            overflow_prompt: self.overflow.as_ref().and_then(OverflowForm::prompt),
            voicemail_prompt: self
                .overflow
                .iter()
                .chain(self.options.values())
                .find_map(OverflowForm::voicemail_prompt),
            options: self.options.iter().map(|(key, form)| (*key, form.read())).collect(),
            callback,
            resume_ms: self.resume_seconds.map(ms),
            announcements: Announcements {
                first_ms: announced.first_seconds.or(announced.every_seconds).map(ms),
                every_ms: announced.every_seconds.map(|seconds| ms(seconds.max(EVERY_SECONDS_MIN))),
                position: announced.position,
                wait: announced.wait,
                rounding_ms: ms(announced.rounding_seconds.unwrap_or(ROUNDING_SECONDS)).max(1_000),
                only_if_improved: announced.only_if_improved,
                prompts: announced.prompts.clone(),
            },
            last_agent_ms: self.last_agent_seconds.map(ms),
            last_agent_wait_ms: self.last_agent_wait_seconds.map_or(0, ms),
            internal_share_max: self.internal_share_percent,
            internal_priority: self.internal_priority,
        }
    }
    pub(super) fn overflow(&self) -> Overflow {
        self.overflow.as_ref().map_or(Overflow::HangUp, OverflowForm::read)
    }
}
