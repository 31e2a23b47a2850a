//! Around the talk: recording, the raised hand, details, the agent's result.

use terms::WrapUpCodeId;

use super::Draft;
use crate::{
    desired::Recording,
    event::Event,
    input::{Actor, Details, Rejected},
    leg::{Leg, Party},
};

/// By staff who talk, or by the system (a payment page pauses it).
fn may_control(d: &Draft, by: Actor) -> Result<(), Rejected> {
    match by {
        Actor::System => Ok(()),
        Actor::User(_) | Actor::Router => d.own_talking(by).map(drop),
    }
}

pub(super) fn pause(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    may_control(d, by)?;
    match d.c.recording() {
        Recording::Off => Err(Rejected::NotRecording),
        Recording::Paused => Err(Rejected::NoChange),
        Recording::On => {
            d.push(Event::RecordingPaused);
            Ok(())
        }
    }
}

pub(super) fn resume(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    may_control(d, by)?;
    match d.c.recording() {
        Recording::Off => Err(Rejected::NotRecording),
        Recording::On => Err(Rejected::NoChange),
        Recording::Paused => {
            d.push(Event::RecordingResumed);
            Ok(())
        }
    }
}

/// The agent asks for a supervisor.
pub(super) fn raise_hand(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    let own = d.own(by)?;
    let user = d.c.user_of(own).ok_or(Rejected::NotAParty)?;
    if !d.live(own)?.is_joined() {
        return Err(Rejected::NotNow);
    }
    if d.c.hand.is_some() {
        return Err(Rejected::NoChange);
    }
    d.push(Event::HandRaised { by: user });
    Ok(())
}

/// By anybody here, the supervisor who came included.
pub(super) fn lower_hand(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    let own = d.own(by)?;
    let user = d.c.user_of(own).ok_or(Rejected::NotAParty)?;
    if d.c.hand.is_none() {
        return Err(Rejected::NoChange);
    }
    d.push(Event::HandLowered { by: user });
    Ok(())
}

/// By anybody who is or was a party, also after the end; and by the system.
pub(super) fn set_details(d: &mut Draft, by: Actor, details: &Details) -> Result<(), Rejected> {
    if let Actor::User(user) = by {
        was_here(d, user)?;
    }
    let mut changed = d.c.clone();
    changed.apply(&Event::DetailsChanged { details: details.clone() });
    if changed.details == d.c.details {
        return Err(Rejected::NoChange);
    }
    d.push(Event::DetailsChanged { details: details.clone() });
    Ok(())
}

pub(super) fn wrap_up(
    d: &mut Draft,
    by: Actor,
    code: Option<WrapUpCodeId>,
    resolution: Option<&str>,
    notes: Option<&str>,
) -> Result<(), Rejected> {
    let Actor::User(user) = by else { return Err(Rejected::NotAParty) };
    was_here(d, user)?;
    let (resolution, notes) = (resolution.map(str::to_owned), notes.map(str::to_owned));
    d.push(Event::WrappedUp { by: user, code, resolution, notes });
    Ok(())
}

fn was_here(d: &Draft, user: terms::UserId) -> Result<(), Rejected> {
    let theirs = |leg: &Leg| leg.party == Party::User(user);
    if d.c.legs.iter().any(theirs) { Ok(()) } else { Err(Rejected::NotAParty) }
}
