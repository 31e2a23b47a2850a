//! Amend: what a party still adds to a conversation that is over and that no shard holds any more.
//!
//! The facts go behind the others in the same stream, whose versions see to it that two who write at once do not both
//! build on what they read.

use access::Authorized;
use store::journal::{Append, CommandRecord, Journal, JournalError};
use terms::Timestamp;
use voicecall::{Conversation, Input, Rejected};

use crate::{
    command::{Accepted, Action, ConversationCommand, Refused, plain, remembered},
    shard::fact_to_append,
};

/// Decides on `conversation` as it stood at `version`, its last, and makes the facts durable.
/// Only the details and an agent's result may still change; everything else is refused as ended.
pub async fn amend(
    journal: &Journal,
    conversation: &Conversation,
    version: u64,
    command: Authorized<ConversationCommand>,
    now: Timestamp,
) -> Result<Accepted, Refused> {
    let (by, command) = command.into_parts();
    if command.version.is_some_and(|seen| seen != version) {
        return Err(Refused::Stale { current: version });
    }
    let wanted = plain(&command.action)
        .filter(|_| matches!(command.action, Action::SetDetails { .. } | Action::WrapUp { .. }))
        .ok_or(Refused::Rejected(Rejected::Ended))?;
    let events = conversation.decide(&Input::by_user(by, wanted), now)?;
    let id = command.conversation;
    let appends: Vec<Append> = (version + 1..)
        .zip(&events)
        .map(|(version, event)| Append { closes: true, ..fact_to_append(id, version, event, now) })
        .collect();
    let last = appends.last().map_or(version, |last| last.version);
    let accepted = Accepted { conversation: id, version: last };
    let commands: Vec<CommandRecord> =
        command.key.map(|key| remembered(by, key, &accepted, now)).into_iter().collect();
    match journal.append_with(appends, commands).await {
        Ok(_) => Ok(accepted),
        Err(JournalError::Conflict { version, .. }) => Err(Refused::Stale { current: version }),
        // The same command at the same moment: the other one had its effect.
        Err(JournalError::CommandKnown { .. }) => Ok(accepted),
        Err(error) => {
            tracing::error!(%error, "the journal did not take what was added to an ended call");
            Err(Refused::NotDurable)
        }
    }
}
