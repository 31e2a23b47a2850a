//! What Tandem does, told by the people in it. Both stages tell the same text.

mod at_once;
mod callback;
mod coaching;
mod conference;
mod consult;
mod desk_phone;
mod flow;
mod hold;
mod inbound;
mod outbound;
mod transfer;
mod trouble;
mod waiting;
mod wire;

#[allow(unused_imports, reason = "one stage tells it once more on Postgres")]
pub(crate) use transfer::warm_transfer;
