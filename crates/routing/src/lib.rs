//! Decides which user gets which work, from presence, capacity, skills and queues; pure and deterministic.
//!
//! One `Router` serves one organization and is driven by one writer.
//! Time is an argument, the same inputs give the same decisions, and nothing here reads a clock or rolls dice.

pub mod callback;
pub mod capacity;
pub mod decision;
mod estimate;
pub mod explain;
mod index;
mod intake;
mod invariant;
mod line;
mod offer;
mod people;
pub mod presence;
mod promise;
pub mod queue;
mod rest;
mod roster;
pub mod router;
mod selection;
mod share;
pub mod steps;
mod timers;
pub mod token;
pub mod trace;
pub mod work;
pub mod wrapup;

pub use callback::{CallbackPrompt, ConsultRequest, PromptAct, PromptState, recall_item};
pub use capacity::{Capacity, Load, Pool, ServiceChannel};
pub use decision::{Decision, Input, OverflowCause, Refusal, RevokeReason, StatusCause};
pub use explain::{Candidate, Explanation, Verdict};
pub use invariant::Broken;
pub use presence::{
    Agent, AgentView, Availability, AvailabilityKind, Membership, Rests, Status, StatusKind, SystemState,
};
pub use queue::{Model, Queue, WrapUp};
pub use router::Router;
pub use steps::{SkillLevel, Step};
pub use token::{ClaimKind, Token, Unavailable};
pub use work::{ItemId, Overflow, Target, Waiting, WorkItem, WorkKind};
