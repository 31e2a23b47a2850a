//! Plays a call center on a virtual clock: the product's own router, seeded dice, and what may be expected of it.
//!
//! No clock is read and nothing is shared: the same plan and seed give the same figures on any thread.

pub mod compare;
pub mod dice;
pub mod floor;
pub mod statistics;
mod tally;
#[cfg(test)]
mod tests;
