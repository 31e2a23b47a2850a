//! Deciding: an input and the present state make facts.

use terms::Timestamp;

use crate::{
    conversation::Conversation,
    event::Event,
    input::{Input, Rejected},
};

pub(crate) fn decide(c: &Conversation, _input: &Input, _now: Timestamp) -> Result<Vec<Event>, Rejected> {
    if c.is_ended() {
        return Err(Rejected::Ended);
    }
    Err(Rejected::NotNow)
}
