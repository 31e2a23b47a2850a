//! The consequences that every decision shares, drawn once after each: who still talks, who handles, whom a supervisor
//! coaches now, what a hold or mute outlives, whom a consult keeps waiting.

use terms::{EndReason, UserId};

use super::{Draft, coaching, ending};
use crate::{
    conversation::ConsultPhase,
    event::{Event, HeldBy},
    input::Attachment,
    leg::{Leg, Role},
    record::CoachingMode,
};

pub(super) fn settle(d: &mut Draft) {
    if d.c.is_ended() {
        return;
    }
    drop_orphaned_merge(d);
    if !d.c.goes_on() {
        ending::end_all(d, d.cause);
        return;
    }
    leave_colleagues_alone(d);
    follow_the_call(d);
    follow_the_agent(d);
    release(d);
    hold_for_consult(d);
}

/// The initiator of a merged consult went another way: nobody can complete it any longer, its target is a party like
/// any other, and its record closes when the target leaves.
fn drop_orphaned_merge(d: &mut Draft) {
    let orphaned = d.c.consult.is_some_and(|consult| {
        consult.is_merged() && !d.c.leg(consult.initiator).is_some_and(Leg::is_joined)
    });
    if orphaned {
        d.push(Event::ConsultEnded { reason: EndReason::Merged });
    }
}

/// The customer has left, and with them whoever was only there for them; initiator and target may finish.
fn leave_colleagues_alone(d: &mut Draft) {
    let Some((initiator, target)) = d.c.may_finish() else { return };
    let meant = |ordinal: u32, leg: &Leg| ordinal != target && (leg.is_outside() || d.c.is_direct());
    let outside_target = d.c.consult.is_some_and(|consult| consult.is_merged())
        && d.c.leg(target).is_some_and(Leg::is_outside)
        && !d.c.is_direct();
    let somebody = d.c.others(initiator).any(|(ordinal, leg)| meant(ordinal, leg));
    if somebody || outside_target || !d.c.is_open(d.c.customer_call) {
        return;
    }
    if d.c.consult.is_some_and(|consult| consult.phase == ConsultPhase::Swapped) {
        d.push(Event::ConsultSwapped { to_customer: false });
    }
    let stays = |ordinal: u32, leg: &Leg| {
        ordinal == initiator || ordinal == target || leg.role == Role::Supervisor || !leg.is_live()
    };
    let rest: Vec<(u32, bool)> =
        d.c.numbered()
            .filter(|(ordinal, leg)| !stays(*ordinal, leg))
            .map(|(ordinal, leg)| (ordinal, leg.is_ringing()))
            .collect();
    for (leg, ringing) in rest {
        ending::end_guest(d, leg, if ringing { EndReason::Cancelled } else { EndReason::HungUp });
    }
    d.close_call(d.c.customer_call, d.cause);
}

/// Whoever handled the call has left it to others of staff: the one who is here longest handles it now.
fn follow_the_call(d: &mut Draft) {
    if d.c.is_direct() || !d.c.is_talking() {
        return;
    }
    let target = d.c.call(d.c.customer_call).and_then(|call| call.target);
    let handled = d.c.main_staff().any(|leg| target.is_some() && d.c.user_of(leg) == target);
    let longest = d.c.main_staff().next();
    if !handled && let Some(leg) = longest {
        d.push(Event::RoleChanged { leg, role: Role::Agent });
    }
}

/// A coached agent who is gone: a supervisor attached to the conversation goes on with whoever handles it, one attached
/// to the agent ends here (and the shell attaches them to the agent's next conversation).
fn follow_the_agent(d: &mut Draft) {
    for coaching in d.c.coaching.clone() {
        if d.c.leg(coaching.agent_leg).is_some_and(|leg| leg.is_joined() && leg.is_staff()) {
            continue;
        }
        match coaching::default_agent(d).filter(|_| coaching.attach_to == Attachment::Conversation) {
            Some(agent_leg) => d.push(Event::CoachingMoved { leg: coaching.leg, agent_leg }),
            None => coaching::end(d, coaching.leg, EndReason::HungUp),
        }
    }
}

/// A hold, a mute of somebody else and a raised hand end with the person: nobody stays on hold whom nobody resumes. A
/// supervisor's end with the barge already, since in another mode they are no party that could take them back.
fn release(d: &mut Draft) {
    let mut facts = Vec::new();
    let gone = |user: UserId| d.c.leg_of(user).is_none() || coaches_from_outside(d, user);
    for (ordinal, leg) in d.c.numbered().filter(|(_, leg)| leg.is_live()) {
        if let Some(HeldBy::User(user)) = leg.held_by
            && gone(user)
        {
            facts.push(Event::Resumed { leg: ordinal });
        }
        let own = |user: UserId| leg.party.user() == Some(user);
        if let Some(user) = leg.muted_by
            && gone(user)
            && !own(user)
        {
            facts.push(Event::Unmuted { leg: ordinal });
        }
    }
    if let Some(by) = d.c.hand.filter(|user| d.c.leg_of(*user).is_none()) {
        facts.push(Event::HandLowered { by });
    }
    for fact in facts {
        d.push(fact);
    }
}

fn coaches_from_outside(d: &Draft, user: UserId) -> bool {
    let coaching = d.c.coaching.iter().find(|coaching| coaching.supervisor == user);
    coaching.is_some_and(|coaching| coaching.mode != CoachingMode::Barge)
}

/// While the initiator is away, the others hear music, unless they can do without; then they are resumed. A party that a
/// person held before stays held.
fn hold_for_consult(d: &mut Draft) {
    let away = d.c.consult.filter(|consult| {
        matches!(consult.phase, ConsultPhase::Waiting | ConsultPhase::Ringing | ConsultPhase::Private)
            && !d.c.can_spare(consult.initiator)
    });
    let mut facts = Vec::new();
    for (ordinal, leg) in d.c.numbered().filter(|(_, leg)| leg.is_joined()) {
        let waits = away.is_some_and(|consult| ordinal != consult.initiator && Some(ordinal) != consult.leg);
        if waits && !leg.held {
            facts.push(Event::Held { leg: ordinal, by: HeldBy::Consult });
        } else if !waits && leg.held_by == Some(HeldBy::Consult) {
            facts.push(Event::Resumed { leg: ordinal });
        }
    }
    for fact in facts {
        d.push(fact);
    }
}
