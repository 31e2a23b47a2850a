//! Folds the journal into linked call-leg facts and answers reports from them.

pub mod fact;
pub mod fold;
pub mod metric;

pub use fact::{
    CallLegFact, CoachingInterval, ConversationFact, ConversationFacts, HoldFact, OfferFact, OfferState,
    SegmentFact, VoiceCallFact, WrapUp,
};
pub use fold::fold;
