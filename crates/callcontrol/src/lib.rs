//! Runs conversations: one ordered inbox per shard, append, then act.

mod act;
mod amend;
mod announce;
mod arrive;
mod callback;
mod coaching;
pub mod command;
mod customer_callback;
mod desk_phone;
mod dial_plan;
mod dispatch;
pub mod drive;
pub mod effect;
mod explain;
pub mod flow;
pub mod handle;
mod hands;
pub mod lint;
mod message;
pub mod organization;
mod overflow;
pub mod prompts;
mod reconcile;
pub mod recover;
mod settle;
pub mod shard;
pub mod test_call;
#[cfg(test)]
mod tests;
mod usage;
pub mod view;
mod waiting;
mod wishes;

pub use amend::amend;
pub use command::{
    Accepted, ActOnPrompt, Action, CommandKey, ConversationCommand, PlaceCall, Refused, SetPresence,
};
pub use drive::{DriveError, Parts, start};
pub use handle::Handle;
pub use message::{ActOnMessage, LiveMessage, MessageAct, MessageDone};
pub use organization::{Destination, Organization};
pub use recover::RoutingFact;
pub use shard::{Arrival, Batch, Input, Shard};
pub use view::{
    CallbackState, LiveAgent, LiveCallback, LiveConversation, LivePrompt, News, NewsBody, OfferExplained,
    Recorded, RoutingExplained, Usage, WaitingItem,
};
pub use waiting::{ActOnWaiting, WaitingAct};
