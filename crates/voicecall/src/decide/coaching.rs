//! Coaching: a supervisor monitors, whispers, barges, takes over. Whatever happens to the supervisor's wire, the
//! conversation does not notice.

use terms::{
    EndReason, Token, UserId,
    limits::{COACHES_MAX, LEGS_PER_CONVERSATION_MAX},
};

use super::{Draft, consult, ending, not_by_a_person, transfer};
use crate::{
    conversation::Coaching,
    event::Event,
    input::{Actor, Attachment, Rejected},
    leg::{Leg, Party, Role},
    record::{CallType, CoachingMode, Purpose, VoiceCall},
};

pub(super) fn start(
    d: &mut Draft,
    by: Actor,
    token: Token,
    mode: CoachingMode,
    agent_leg: Option<u32>,
    attach_to: Attachment,
) -> Result<(), Rejected> {
    let supervisor = token.user;
    if matches!(by, Actor::User(user) if user != supervisor) {
        return Err(Rejected::NotAParty);
    }
    if d.is_here(supervisor) {
        return Err(Rejected::AlreadyHere);
    }
    if d.c.coaching.len() >= COACHES_MAX {
        return Err(Rejected::TooManyCoaches);
    }
    if d.c.legs.len() >= LEGS_PER_CONVERSATION_MAX {
        return Err(Rejected::Full);
    }
    let agent_leg = match agent_leg {
        Some(leg) => d.c.leg(leg).filter(|party| may_be_coached(party)).map(|_| leg),
        None => default_agent(d),
    };
    let agent_leg = agent_leg.ok_or(Rejected::NobodyToCoach)?;
    let agent = d.c.user_of(agent_leg);
    let record = VoiceCall {
        purpose: Purpose::Coaching,
        parent: Some(d.c.customer_call),
        to: agent.map(Party::User),
        initiator: Some(supervisor),
        target: agent,
        ..VoiceCall::opened(CallType::Internal, Party::User(supervisor))
    };
    let call = d.open_call(record);
    let leg = d.next_leg();
    d.push(Event::LegAdded {
        leg,
        party: Party::User(supervisor),
        role: Role::Supervisor,
        call,
        auto_answer: true,
        offer: None,
        deadline: Some(d.now.plus_ms(d.c.policy.ring_ms)),
    });
    d.push(Event::CoachingStarted { leg, call, supervisor, agent_leg, mode, attach_to });
    Ok(())
}

fn may_be_coached(leg: &Leg) -> bool {
    leg.is_joined() && leg.is_staff()
}

/// Who handles the customer; else an agent in the main room, else any other of staff there.
pub(super) fn default_agent(d: &Draft) -> Option<u32> {
    let target = d.c.call(d.c.customer_call).and_then(|call| call.target);
    let rank = |leg: u32| {
        let party = d.c.leg(leg);
        let handles = target.is_some() && party.and_then(|leg| leg.party.user()) == target;
        (!handles, party.is_some_and(|leg| leg.role != Role::Agent), leg)
    };
    d.c.main_staff().min_by_key(|leg| rank(*leg))
}

/// The record's target stays the coached agent: the supervisor is its initiator.
pub(super) fn answered(d: &mut Draft, leg: u32) {
    let Some(call) = d.c.leg(leg).map(|leg| leg.call) else { return };
    d.push(Event::LegAnswered { leg });
    d.push(Event::CallAnswered { call, by: None });
    d.push(Event::CoachingConnected { leg });
}

fn own_coaching(d: &Draft, by: Actor) -> Result<Coaching, Rejected> {
    let Actor::User(user) = by else { return Err(Rejected::NotCoaching) };
    let own = d.c.coaching.iter().find(|coaching| coaching.supervisor == user);
    own.copied().ok_or(Rejected::NotCoaching)
}

/// Also while the supervisor's phone still rings: it opens in the mode chosen last.
pub(super) fn change_mode(d: &mut Draft, by: Actor, mode: CoachingMode) -> Result<(), Rejected> {
    let coaching = own_coaching(d, by)?;
    if coaching.mode == mode {
        return Err(Rejected::NoChange);
    }
    d.push(Event::CoachingModeChanged { leg: coaching.leg, mode });
    Ok(())
}

pub(super) fn stop(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    let coaching = own_coaching(d, by)?;
    end(d, coaching.leg, if coaching.connected { EndReason::HungUp } else { EndReason::Cancelled });
    Ok(())
}

pub(super) fn revoke(d: &mut Draft, by: Actor, supervisor: UserId) -> Result<(), Rejected> {
    not_by_a_person(by)?;
    let coaching = own_coaching(d, Actor::User(supervisor))?;
    end(d, coaching.leg, EndReason::PermissionRevoked);
    Ok(())
}

pub(super) fn end(d: &mut Draft, leg: u32, reason: EndReason) {
    let Some(call) = d.c.leg(leg).map(|leg| leg.call) else { return };
    d.close_call(call, reason);
    d.push(Event::CoachingEnded { leg, reason });
    d.end_leg(leg, reason);
}

/// The supervisor replaces the coached agent: in the same step they and the customer hear each other, whoever was on
/// hold. A consult of that agent which is not merged ends; a merged one is the supervisor's now.
pub(super) fn take_over(d: &mut Draft, by: Actor) -> Result<(), Rejected> {
    let coaching = own_coaching(d, by)?;
    let (leg, from) = (coaching.leg, coaching.agent_leg);
    if !d.live(leg)?.is_up() || !d.c.is_talking() || !d.c.main().any(|(ordinal, _)| ordinal == from) {
        return Err(if d.c.is_open(d.c.customer_call) { Rejected::NotNow } else { Rejected::CustomerGone });
    }
    if !d.c.is_anybody_besides(from) {
        return Err(Rejected::CustomerGone);
    }
    if d.c.initiates(from) {
        consult::end(d, EndReason::Cancelled);
    } else if d.c.consult.is_some_and(|consult| consult.leg == Some(from)) {
        consult::end(d, EndReason::Transferred);
    }
    d.close_call(coaching.call, EndReason::Merged);
    d.push(Event::CoachingEnded { leg, reason: EndReason::Merged });
    let record = VoiceCall {
        to: Some(Party::User(coaching.supervisor)),
        initiator: Some(coaching.supervisor),
        ..transfer::continued(d, coaching.call)
    };
    let call = transfer::continue_in(d, record);
    d.push(Event::CallAnswered { call, by: Some(coaching.supervisor) });
    d.push(Event::TakenOver { leg, from });
    d.push(Event::RoleChanged { leg, role: Role::Agent });
    ending::end_guest(d, from, EndReason::Transferred);
    consult::resume_all(d);
    Ok(())
}
