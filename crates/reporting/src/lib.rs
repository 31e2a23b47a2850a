//! Folds the journal into linked call-leg facts and answers reports from them.

pub mod demand;
pub mod entity;
pub mod export;
pub mod fact;
pub mod fold;
pub mod import;
pub mod ledger;
pub mod metric;
mod projector;
pub mod query;
pub mod report;
pub mod retention;
mod rows;
pub mod schedule;
mod story;
mod words;

pub use fact::{
    CallLegFact, CoachingInterval, ConversationFact, ConversationFacts, HoldFact, OfferFact, OfferState,
    SegmentFact, VoiceCallFact, WrapUp,
};
pub use fold::fold;
pub use metric::CallTimes;
pub use projector::{ProjectError, Projector};
pub use query::{
    CoachingTime, ConversationEvents, ConversationFilter, HoldTime, QueryError, Scope, VoiceCallFilter,
    VoiceCallRow,
};
