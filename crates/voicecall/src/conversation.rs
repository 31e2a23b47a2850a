//! The aggregate: everyone who can hear each other, their wires and their records.

use serde::{Deserialize, Serialize};
use terms::{ConversationId, HearingMatrix, Timestamp};

use crate::{
    desired::Desired,
    event::Event,
    input::{Input, Rejected},
    leg::Leg,
    opening::Opening,
    part::Part,
    record::VoiceCall,
};

/// Where the conversation stands, in the words of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Ivr,
    Queued,
    Offering,
    Connected,
    Consulting,
    Conference,
    Parked,
    Reattaching,
    WrapUp,
    Ended,
}
