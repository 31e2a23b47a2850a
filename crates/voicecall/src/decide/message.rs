//! Messages: what a caller says for somebody who is not there.

use terms::{QueueId, limits::MESSAGE_MS_MAX, limits::MESSAGE_SILENCE_MS};

use super::{Draft, flow, not_by_a_person};
use crate::{
    event::Event,
    input::{Actor, MessageEnd, Rejected},
};

/// One message in a conversation, by somebody who stands in the flow.
pub(super) fn take(d: &mut Draft, by: Actor, queue: QueueId) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    if !flow::in_flow(d) || d.c.asked.is_some() || d.c.left_message || d.c.is_callback() {
        return Err(Rejected::NotNow);
    }
    flow::end_prompt(d);
    let until = d.now.plus_ms(MESSAGE_MS_MAX);
    d.push(Event::MessageStarted { call: d.c.customer_call, queue, until });
    Ok(())
}

pub(super) fn end_by(d: &mut Draft, by: Actor, how: MessageEnd) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    if d.c.message.is_none() {
        return Err(Rejected::NoChange);
    }
    end(d, how);
    Ok(())
}

/// The silence that ended it is no part of it.
pub(super) fn end(d: &mut Draft, how: MessageEnd) {
    let Some(message) = d.c.message else { return };
    let silent = if how == MessageEnd::Silence { MESSAGE_SILENCE_MS } else { 0 };
    let ms = MESSAGE_MS_MAX - (message.until - d.now) - silent;
    d.push(Event::MessageEnded { call: d.c.customer_call, how, ms: ms.clamp(0, MESSAGE_MS_MAX) });
}
