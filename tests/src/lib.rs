//! Tells the product's stories to the real thing: test phones with ears, the server under test, and who heard whom.

pub mod crowd;
pub mod kills;
pub mod stage;
pub mod story;
