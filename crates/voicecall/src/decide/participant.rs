//! More people: add and remove up to six, and leave without ending it for the others.

use terms::{EndReason, limits::PARTICIPANTS_MAX};

use super::{
    Draft, coaching, consult,
    ending::{self, Departure},
    hold, party_of, side_call_type, wire,
};
use crate::{
    event::Event,
    input::{Actor, Rejected, Target},
    leg::{Party, Role},
    record::{Purpose, VoiceCall},
    room::Stand,
};

/// A colleague or a number is rung and joins the main room on answer. A queue cannot be added: consult it and merge.
pub(super) fn add(d: &mut Draft, by: Actor, target: &Target) -> Result<(), Rejected> {
    let own = d.own_in_main(by)?;
    if matches!(target, Target::Queue { .. }) {
        return Err(Rejected::NotNow);
    }
    if !d.c.is_anybody_besides(own) {
        return Err(Rejected::CustomerGone);
    }
    d.may_ring(target)?;
    if d.c.party_count() >= PARTICIPANTS_MAX {
        return Err(Rejected::Full);
    }
    let user = d.c.user_of(own).ok_or(Rejected::NotAParty)?;
    let record = VoiceCall {
        purpose: Purpose::Participant,
        parent: Some(d.c.customer_call),
        to: party_of(target),
        initiator: Some(user),
        ..VoiceCall::opened(side_call_type(target), Party::User(user))
    };
    let call = d.open_call(record);
    if let Some(leg) = d.ring(target, consult::role_of(target), call) {
        d.push(Event::ParticipantAdded { leg, by: user });
    }
    Ok(())
}

pub(super) fn answered(d: &mut Draft, leg: u32) {
    let Some(call) = d.c.leg(leg).map(|leg| leg.call) else { return };
    let by = d.c.user_of(leg);
    d.push(Event::LegAnswered { leg });
    d.push(Event::CallAnswered { call, by });
}

/// Any of staff in the room, or a barging supervisor, may remove any other party; a supervisor cannot remove the last
/// of staff (that is what taking over is for). A consult's target that is not merged is cancelled, not removed.
pub(super) fn remove(d: &mut Draft, by: Actor, leg: u32) -> Result<(), Rejected> {
    let (own, _) = hold::acting(d, by)?;
    let party = d.live(leg)?;
    let (ringing, staff) = (party.is_ringing(), party.is_staff());
    let is_participant = d.c.call(party.call).is_some_and(|call| call.purpose == Purpose::Participant);
    if leg == own || party.role == Role::Supervisor {
        return Err(Rejected::NotNow);
    }
    if ringing && is_participant {
        wire::ring_failed(d, leg, EndReason::Cancelled, None);
        return Ok(());
    }
    let by_supervisor = d.c.stand(own) == Stand::Nowhere;
    let last_of_staff = staff && by_supervisor && d.c.main_staff().count() == 1;
    if ringing || last_of_staff || d.c.initiates(leg) || d.c.private_target() == Some(leg) {
        return Err(Rejected::NotNow);
    }
    ending::depart(d, leg, Departure::Leaves, EndReason::HungUp);
    Ok(())
}

/// The others go on where two or more remain to talk. A consult's initiator hands the customer over by leaving; its
/// target, and a supervisor, simply go.
pub(super) fn leave(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    let own = d.own(by)?;
    let leg = d.live(own)?;
    if leg.role == Role::Supervisor {
        coaching::end(d, own, EndReason::HungUp);
    } else if leg.is_ringing() {
        wire::ring_failed(d, own, EndReason::Declined, None);
    } else {
        ending::depart(d, own, Departure::Leaves, EndReason::HungUp);
    }
    Ok(())
}

/// Nobody of staff stays: whoever was being added is not rung any longer.
pub(super) fn cancel_ringing(d: &mut Draft) {
    let added = |call: u32| d.c.call(call).is_some_and(|call| call.purpose == Purpose::Participant);
    let ringing: Vec<u32> =
        d.c.numbered()
            .filter(|(_, leg)| leg.is_ringing() && added(leg.call))
            .map(|(ordinal, _)| ordinal)
            .collect();
    for leg in ringing {
        wire::ring_failed(d, leg, EndReason::Cancelled, None);
    }
}
