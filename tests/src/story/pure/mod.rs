//! The pure stage: the shard with a virtual clock, scripted phones, and every way through what may happen at once.

mod choices;
mod organization;
mod phones;
mod records;
mod world;

use std::sync::Arc;

use super::Stage;
use choices::Choices;
use world::Pure;

/// Tells a story in every way: both orders of what happens at once, and late answers and crossing goodbyes of every wire.
pub fn run(story: impl Fn(&Stage)) {
    let mut choices = Some(Choices::default());
    while let Some(way) = choices {
        let world = Arc::new(Pure::new(way));
        story(&Stage::new(world.clone()));
        choices = world.finish().next();
    }
}
