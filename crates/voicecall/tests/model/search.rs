//! Breadth first, so that the first counter-example is a shortest one. Ends when nothing new is found: the whole of the
//! bounded world has then been seen.

use std::collections::HashSet;
use std::fmt::Write as _;

use terms::Timestamp;
use voicecall::{Actor, Command, Conversation, Input, Opening};

use super::{
    inputs::{Bounds, inputs, needs_token},
    key::key,
};
use crate::support::step;

/// One or two conversations and, by the users each of them needs, the router's tokens.
#[derive(Clone)]
struct World(Vec<Conversation>);

/// How a state was reached: from which, and by the how-manieth of its inputs in which conversation.
struct Trail {
    from: u32,
    conversation: u8,
    input: u16,
}

#[derive(Debug, Default)]
pub struct Seen {
    pub states: usize,
    pub transitions: u64,
    pub refused: u64,
    pub depth: usize,
    /// Kinds of facts that were seen, so that a world that is too small to show something says so.
    pub kinds: std::collections::BTreeSet<String>,
    met: HashSet<std::mem::Discriminant<voicecall::Event>>,
}

/// Searches the whole world. A broken promise panics with the shortest way to it.
pub fn search(name: &str, openings: &[Opening], bounds: &Bounds) -> Seen {
    let start = World(openings.iter().map(Conversation::open).collect());
    let mut keys = HashSet::from([key(&start.0)]);
    let mut trail = vec![Trail { from: 0, conversation: 0, input: 0 }];
    let mut frontier = vec![(0u32, start)];
    let mut seen = Seen { states: 1, ..Seen::default() };
    while !frontier.is_empty() {
        let mut next = Vec::new();
        for (from, world) in frontier {
            for conversation in 0..world.0.len() {
                let all = inputs(&world.0[conversation], bounds);
                for (place, input) in all.iter().enumerate() {
                    let step = Step { world: &world, conversation, input };
                    match step.take(&mut seen) {
                        Ok(None) => seen.refused += 1,
                        Ok(Some(after)) => {
                            seen.transitions += 1;
                            if keys.insert(key(&after.0)) {
                                let way =
                                    Trail { from, conversation: conversation as u8, input: place as u16 };
                                trail.push(way);
                                next.push((trail.len() as u32 - 1, after));
                            }
                        }
                        Err(broken) => {
                            let way = way(openings, bounds, &trail, from);
                            panic!("{name}: {broken}\n{way}  then [{conversation}] {input:?}");
                        }
                    }
                }
            }
            if let Err(broken) = ends(&world) {
                panic!("{name}: {broken}\n{}", way(openings, bounds, &trail, from));
            }
        }
        if !next.is_empty() {
            seen.depth += 1;
        }
        frontier = next;
    }
    seen.states = trail.len();
    println!(
        "{name}: {} states, {} transitions, {} refused, {} steps deep",
        seen.states, seen.transitions, seen.refused, seen.depth
    );
    seen
}

struct Step<'a> {
    world: &'a World,
    conversation: usize,
    input: &'a Input,
}

impl Step<'_> {
    /// None when it is refused, by the router (no token) or by the conversation.
    fn take(&self, seen: &mut Seen) -> Result<Option<World>, String> {
        let World(conversations) = self.world;
        let before = &conversations[self.conversation];
        let taken = |user| {
            let others = conversations.iter().enumerate().filter(|(place, _)| *place != self.conversation);
            others.into_iter().any(|(_, other)| other.people().contains(&user))
        };
        if needs_token(self.input).is_some_and(taken) {
            return Ok(None);
        }
        let now = if *self.input == Input::Tick { Timestamp(i64::MAX / 2) } else { Timestamp(0) };
        let Ok(events) = before.decide(self.input, now) else { return Ok(None) };
        let mut after = before.clone();
        for event in &events {
            after.apply(event);
            if seen.met.insert(std::mem::discriminant(event)) {
                let kind = format!("{event:?}");
                seen.kinds.extend(kind.split([' ', '{']).next().map(str::to_owned));
            }
        }
        step::check(before, self.input, &events, &after)?;
        let mut next = self.world.clone();
        next.0[self.conversation] = after;
        one_call_each(&next)?;
        Ok(Some(next))
    }
}

/// Nobody is in two conversations, or rung in one while being in another.
fn one_call_each(world: &World) -> Result<(), String> {
    if world.0.len() < 2 {
        return Ok(());
    }
    let mut all = std::collections::BTreeSet::new();
    for user in world.0.iter().flat_map(|c| c.people()) {
        if !all.insert(user) {
            return Err(format!("{user} is in two conversations"));
        }
    }
    Ok(())
}

/// From every state, hanging up ends it, and so does the loss of the node.
fn ends(world: &World) -> Result<(), String> {
    for c in world.0.iter().filter(|c| !c.is_ended()) {
        for command in [Command::HangUp, Command::LoseNode] {
            let input = Input::Command { by: Actor::System, command };
            let events =
                c.decide(&input, Timestamp(0)).map_err(|rejected| format!("{input:?}: {rejected:?}"))?;
            let mut after = c.clone();
            events.iter().for_each(|event| after.apply(event));
            after.check().map_err(|broken| broken.to_string())?;
            if !after.is_ended() {
                return Err(format!("{input:?} does not end it"));
            }
        }
    }
    Ok(())
}

/// The shortest way to a state, in words.
fn way(openings: &[Opening], bounds: &Bounds, trail: &[Trail], to: u32) -> String {
    let mut places = Vec::new();
    let mut at = to;
    while at != 0 {
        places.push(at);
        at = trail[at as usize].from;
    }
    let mut world = World(openings.iter().map(Conversation::open).collect());
    let mut text = String::new();
    for place in places.into_iter().rev() {
        let Trail { conversation, input, .. } = trail[place as usize];
        let c = &mut world.0[conversation as usize];
        let input = inputs(c, bounds).swap_remove(input as usize);
        let now = if input == Input::Tick { Timestamp(i64::MAX / 2) } else { Timestamp(0) };
        let events = c.decide(&input, now).unwrap_or_default();
        events.iter().for_each(|event| c.apply(event));
        let _ = writeln!(text, "  [{conversation}] {input:?}\n      -> {events:?}");
    }
    text
}
