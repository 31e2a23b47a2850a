//! `tandem simulate`: the product's own router on a virtual clock, for traces, for theory, and for staffing.

pub mod command;
pub mod formula;
pub mod scenario;
pub mod staffing;
#[cfg(test)]
mod tests;
pub mod theory;
