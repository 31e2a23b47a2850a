//! Hold and resume for each party, mute, and digits.

use terms::{UserId, limits::DIGITS_MAX};

use super::Draft;
use crate::{
    event::{Event, HeldBy},
    input::{Actor, Rejected},
    leg::{Leg, Role},
    record::CoachingMode,
    room::Stand,
};

/// Who may hold, mute or remove others: staff in the main room, or a supervisor who barges into it.
pub(super) fn acting(d: &Draft, by: Actor) -> Result<(u32, UserId), Rejected> {
    let own = d.own(by)?;
    let user = d.c.user_of(own).ok_or(Rejected::NotAParty)?;
    let barging = d.c.coaching.iter().find(|coaching| coaching.leg == own).is_some_and(|coaching| {
        coaching.mode == CoachingMode::Barge && d.c.stand(coaching.agent_leg) == Stand::Main
    });
    let in_main = matches!(d.c.stand(own), Stand::Main | Stand::Held) && d.c.private_target() != Some(own);
    let up = d.live(own)?.is_up();
    if up && (barging || in_main) { Ok((own, user)) } else { Err(Rejected::NotNow) }
}

/// Without a leg: see `meant`. They hear music and speak to nobody.
pub(super) fn hold(d: &mut Draft, by: Actor, leg: Option<u32>) -> Result<(), Rejected> {
    let (own, user) = acting(d, by)?;
    let targets = match leg {
        Some(leg) => {
            may_be_held(d, own, leg)?;
            vec![leg]
        }
        None => {
            let all = meant(d, own);
            if all.is_empty() {
                return Err(Rejected::CustomerGone);
            }
            all.into_iter().filter(|leg| may_be_held(d, own, *leg).is_ok()).collect()
        }
    };
    if targets.is_empty() {
        return Err(Rejected::AlreadyHeld);
    }
    for leg in targets {
        d.push(Event::Held { leg, by: HeldBy::User(user) });
    }
    Ok(())
}

/// The parties that a hold or resume without a leg is about: the customers; once they have left, every other outside
/// party; in a direct call everybody else.
fn meant(d: &Draft, own: u32) -> Vec<u32> {
    let of = |meant: &dyn Fn(&Leg) -> bool| -> Vec<u32> {
        d.c.others(own).filter(|(_, leg)| leg.is_up() && meant(leg)).map(|(ordinal, _)| ordinal).collect()
    };
    if d.c.is_direct() {
        return of(&|_| true);
    }
    let customers = of(&|leg| leg.role == Role::Customer);
    if customers.is_empty() { of(&Leg::is_outside) } else { customers }
}

fn may_be_held(d: &Draft, own: u32, leg: u32) -> Result<(), Rejected> {
    let party = d.live(leg)?;
    if party.held {
        return Err(Rejected::AlreadyHeld);
    }
    let apart = leg == own || d.c.initiates(leg) || d.c.stand(leg) != Stand::Main || !party.is_up();
    if apart { Err(Rejected::NotNow) } else { Ok(()) }
}

/// What a consult holds, the consult's end resumes; a person resumes what a person held.
pub(super) fn resume(d: &mut Draft, by: Actor, leg: Option<u32>) -> Result<(), Rejected> {
    let (own, _) = acting(d, by)?;
    let by_person = |leg: u32| {
        let held_by = d.c.leg(leg).and_then(|leg| leg.held_by);
        matches!(held_by, Some(HeldBy::User(_)))
    };
    let targets: Vec<u32> = match leg {
        Some(leg) => {
            if d.live(leg)?.held_by == Some(HeldBy::Consult) {
                return Err(Rejected::NotNow);
            }
            vec![leg]
        }
        None => meant(d, own),
    };
    let targets: Vec<u32> = targets.into_iter().filter(|leg| by_person(*leg)).collect();
    if targets.is_empty() {
        return Err(Rejected::NotHeld);
    }
    for leg in targets {
        d.push(Event::Resumed { leg });
    }
    Ok(())
}

/// The phone's own hold key. An agent's means "hold the customer". A customer's or third party's own hold is theirs to
/// give and take: we go on sending and hear nothing from them. During a private consult the key changes nothing, since
/// the customer is held already and the colleague hears for themselves.
pub(super) fn phone_key(d: &mut Draft, leg: u32, held: bool) -> Result<(), Rejected> {
    let staff = d.live(leg)?.is_staff();
    let user = d.c.user_of(leg).filter(|_| staff).ok_or(Rejected::NoChange)?;
    let by = Actor::User(user);
    let done = if held { hold(d, by, None) } else { resume(d, by, None) };
    done.map_err(|_| Rejected::NoChange)
}

pub(super) fn mute(d: &mut Draft, by: Actor, leg: Option<u32>) -> Result<(), Rejected> {
    let own = d.own(by)?;
    let user = d.c.user_of(own).ok_or(Rejected::NotAParty)?;
    let leg = leg.unwrap_or(own);
    if leg != own {
        acting(d, by)?;
        d.live(leg)?;
        if !d.c.others(own).any(|(ordinal, _)| ordinal == leg) {
            return Err(Rejected::NotNow);
        }
    }
    let party = d.live(leg)?;
    if party.is_ringing() {
        return Err(Rejected::NotNow);
    }
    if party.muted_by.is_some() {
        return Err(Rejected::NoChange);
    }
    d.push(Event::Muted { leg, by: user });
    Ok(())
}

/// A person who was muted unmutes themselves, and nobody else does; a party outside is unmuted by who muted it.
/// What a supervisor muted from a barge only they open again; it ends with the barge.
pub(super) fn unmute(d: &mut Draft, by: Actor, leg: Option<u32>) -> Result<(), Rejected> {
    let own = d.own(by)?;
    let leg = leg.unwrap_or(own);
    let party = d.live(leg)?;
    let muted_by = party.muted_by.ok_or(Rejected::NoChange)?;
    let barges = |user| d.c.coaching.iter().any(|c| c.supervisor == user && c.mode == CoachingMode::Barge);
    let forced = party.party.user() != Some(muted_by) && barges(muted_by);
    if leg == own && forced {
        return Err(Rejected::MutedBySupervisor);
    }
    let mine = Some(muted_by) == d.c.user_of(own);
    let may = leg == own || mine && (forced || !party.is_user());
    if !may {
        return Err(Rejected::NotYours);
    }
    d.push(Event::Unmuted { leg });
    Ok(())
}

/// To the far end the user speaks with: the consult's target during a private consult, else the customer, else any
/// other outside party, else (direct) the other one.
pub(super) fn send_digits(d: &mut Draft, by: Actor, digits: &str) -> Result<(), Rejected> {
    let own = d.own(by)?;
    let user = d.c.user_of(own).ok_or(Rejected::NotAParty)?;
    let sound = |digit: char| matches!(digit, '0'..='9' | '*' | '#' | 'A'..='D');
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.chars().all(sound) {
        return Err(Rejected::NotNow);
    }
    let room = d.c.stand(own);
    if !d.live(own)?.is_up() || !matches!(room, Stand::Main | Stand::Private) {
        return Err(Rejected::NotNow);
    }
    let near = |(ordinal, leg): &(u32, &Leg)| *ordinal != own && leg.is_up() && d.c.stand(*ordinal) == room;
    let rank = |leg: &Leg| match leg.role {
        Role::Customer => 0,
        Role::ThirdParty => 1,
        Role::Agent | Role::Specialist | Role::Supervisor => 2,
    };
    let far = d.c.numbered().filter(near).min_by_key(|(_, leg)| rank(leg)).map(|(ordinal, _)| ordinal);
    let leg = far.ok_or(Rejected::NotNow)?;
    d.push(Event::DigitsSent { leg, by: user, digits: digits.to_owned() });
    Ok(())
}
