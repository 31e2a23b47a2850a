//! What must be true of every single step: from a state, by an input, through facts, to a state. Beside `check`, which
//! looks at a state alone.

use terms::{LegId, Listener, Source, UserId};
use voicecall::{CoachingMode, Command, Conversation, Event, HeldBy, Input, Leg, Recording, Role, Signal};

type Kept = Result<(), String>;

fn promise(kept: bool, name: &str, detail: impl FnOnce() -> String) -> Kept {
    if kept { Ok(()) } else { Err(format!("{name}: {}", detail())) }
}

pub fn check(before: &Conversation, input: &Input, events: &[Event], after: &Conversation) -> Kept {
    after.check().map_err(|broken| broken.to_string())?;
    promise(!events.is_empty(), "an accepted input says something", String::new)?;
    each_fact(before, events)?;
    joined_at_once(events, after)?;
    consult_gives_back(before, events, after)?;
    holds_stay(before, input, events, after)?;
    coaches_stay_quiet(before, events, after)?;
    coaches_disturb_nobody(before, input, after)?;
    failed_transfer(before, events, after)?;
    recording_stays(before, events, after)?;
    age_is_kept(before, after)
}

fn id(c: &Conversation, leg: u32) -> LegId {
    LegId::new(c.id(), leg)
}

pub fn hears(c: &Conversation, listener: u32, source: u32) -> bool {
    c.hearing().leg_hears(id(c, listener), id(c, source))
}

/// Facts fit where they fall: a wire is added at the end of the list and ends once, a record closes once, an offer that
/// rang says how it ended, and nothing follows the end.
fn each_fact(before: &Conversation, events: &[Event]) -> Kept {
    let mut c = before.clone();
    for (place, event) in events.iter().enumerate() {
        let at = || format!("fact {place} {event:?}");
        let live = |leg: &u32| c.legs().get(*leg as usize).is_some_and(Leg::is_live);
        let ringing = |leg: &u32| c.legs().get(*leg as usize).is_some_and(Leg::is_ringing);
        let held = |leg: &u32| c.legs().get(*leg as usize).is_some_and(|leg| leg.held);
        let open = |call: &u32| c.calls().get(*call as usize).is_some_and(|call| call.open);
        let fits = match event {
            Event::LegAdded { leg, call, .. } => *leg as usize == c.legs().len() && open(call),
            Event::LegAnswered { leg } | Event::EarlyMedia { leg } => ringing(leg),
            Event::LegEnded { leg, .. } => live(leg),
            Event::WireLost { leg, .. } => c.legs().get(*leg as usize).is_some_and(Leg::is_up),
            Event::CallOpened { call, .. } => *call as usize == c.calls().len(),
            Event::CallAnswered { call, .. } => open(call),
            Event::CallClosed { call, .. } => open(call),
            Event::Held { leg, .. } => live(leg) && !held(leg),
            Event::Resumed { leg } => live(leg) && held(leg),
            Event::OfferEnded { leg, .. } => ringing(leg),
            Event::Dequeued => c.work().is_some(),
            Event::ConsultEnded { .. } => c.consult().is_some(),
            Event::TransferFailed { .. } | Event::TransferConnected { .. } => c.handover().is_some(),
            Event::PromptEnded { .. } => c.prompt().is_some(),
            _ => true,
        };
        promise(fits, "every fact fits", at)?;
        promise(!c.is_ended() || before.is_ended(), "nothing follows the end", at)?;
        if let Event::LegEnded { leg, .. } = event
            && ringing(leg)
            && c.legs()[*leg as usize].offer.is_some()
        {
            let told =
                events.iter().filter(|event| matches!(event, Event::OfferEnded { leg: l, .. } if l == leg));
            promise(told.count() == 1, "an offer that rang says how it ended", at)?;
        }
        c.apply(event);
    }
    Ok(())
}

/// Warm, blind or taken over: the customer and the new agent hear each other in the same step (a muted one is muted).
fn joined_at_once(events: &[Event], after: &Conversation) -> Kept {
    let muted = |leg: u32| after.legs()[leg as usize].muted_by.is_some();
    for event in events {
        let new = match event {
            Event::TransferCompleted { to, .. } => *to,
            Event::TransferConnected { leg } | Event::TakenOver { leg, .. } | Event::Connected { leg } => {
                *leg
            }
            _ => continue,
        };
        for customer in outside(after).filter(|leg| *leg != new) {
            let name = "whoever takes the customer hears them at once";
            promise(muted(customer) || hears(after, new, customer), name, || format!("{event:?}"))?;
            promise(muted(new) || hears(after, customer, new), name, || format!("{event:?}"))?;
        }
    }
    Ok(())
}

fn outside(c: &Conversation) -> impl Iterator<Item = u32> {
    let apart = c.consult().filter(|consult| !consult.is_merged()).and_then(|consult| consult.leg);
    (0u32..)
        .zip(c.legs().iter())
        .filter(move |(ordinal, leg)| {
            leg.is_up() && matches!(leg.role, Role::Customer | Role::ThirdParty) && Some(*ordinal) != apart
        })
        .map(|(ordinal, _)| ordinal)
}

/// However a consult ends, the initiator who is still there has the customer back, unless a person had put them on hold.
fn consult_gives_back(before: &Conversation, events: &[Event], after: &Conversation) -> Kept {
    let Some(consult) = before.consult() else { return Ok(()) };
    let over = events.iter().any(|event| matches!(event, Event::ConsultEnded { .. }));
    let initiator = &after.legs()[consult.initiator as usize];
    if !over || after.is_ended() || !initiator.is_up() || initiator.held {
        return Ok(());
    }
    let muted = |leg: u32| after.legs()[leg as usize].muted_by.is_some();
    for customer in outside(after).filter(|leg| !after.legs()[*leg as usize].held) {
        let both = (muted(customer) || hears(after, consult.initiator, customer))
            && (muted(consult.initiator) || hears(after, customer, consult.initiator));
        promise(both, "a consult that ends gives the customer back", || format!("leg {customer}"))?;
    }
    Ok(())
}

/// A person's hold lasts until somebody resumes it, everybody is put together, or its person has gone or
/// no longer barges.
fn holds_stay(before: &Conversation, input: &Input, events: &[Event], after: &Conversation) -> Kept {
    let together = events.iter().any(|event| {
        matches!(event, Event::ConsultMerged | Event::TransferCompleted { .. } | Event::TakenOver { .. })
    });
    let resumed = match input {
        Input::Command { command: Command::Resume { .. }, .. } => true,
        Input::Signal(signal) => matches!(signal, Signal::PhoneResumed { .. }),
        _ => false,
    };
    if together || resumed {
        return Ok(());
    }
    for (leg, party) in before.legs().iter().enumerate() {
        let Some(HeldBy::User(user)) = party.held_by else { continue };
        let now = &after.legs()[leg];
        let mode =
            after.coaching().find(|coaching| coaching.supervisor == user).map(|coaching| coaching.mode);
        let outside = mode.is_some_and(|mode| mode != CoachingMode::Barge);
        let stays = !now.is_live() || now.held || after.leg_of(user).is_none() || outside;
        promise(stays, "a person's hold stays", || format!("leg {leg}"))?;
    }
    Ok(())
}

fn rank(mode: CoachingMode) -> u8 {
    match mode {
        CoachingMode::Monitor => 0,
        CoachingMode::Whisper => 1,
        CoachingMode::Barge => 2,
    }
}

/// A supervisor's microphone opens wider by their own choice only; and whoever is new does not get a whisper in the ear.
fn coaches_stay_quiet(before: &Conversation, events: &[Event], after: &Conversation) -> Kept {
    for was in before.coaching() {
        let Some(is) = after.coaching().find(|coaching| coaching.leg == was.leg) else { continue };
        let chosen = events
            .iter()
            .any(|event| matches!(event, Event::CoachingModeChanged { leg, .. } if *leg == was.leg));
        let at = || format!("leg {}", was.leg);
        promise(chosen || rank(is.mode) <= rank(was.mode), "a mode widens by choice only", at)?;
        let whispered_on = is.agent_leg != was.agent_leg && is.mode == CoachingMode::Whisper;
        promise(chosen || !whispered_on, "a whisper does not move to another agent", at)?;
    }
    Ok(())
}

fn between_parties(c: &Conversation) -> Vec<(Listener, Source)> {
    let coach = |id: LegId| c.legs()[id.ordinal as usize].role == Role::Supervisor;
    let links = c.hearing().0.into_iter();
    links
        .filter(|(listener, source)| match (listener, source) {
            (Listener::Leg(l), Source::Leg(s)) => !coach(*l) && !coach(*s),
            _ => false,
        })
        .collect()
}

fn acts_on_others(c: &Conversation, supervisor: UserId) -> bool {
    let by = |leg: &Leg| leg.held_by == Some(HeldBy::User(supervisor)) || leg.muted_by == Some(supervisor);
    c.legs().iter().any(by)
}

/// Whatever a supervisor's wire does, and whatever mode they choose, the parties among themselves hear what they heard.
fn coaches_disturb_nobody(before: &Conversation, input: &Input, after: &Conversation) -> Kept {
    let coach = |leg: u32| {
        let found = before.coaching().find(|coaching| coaching.leg == leg);
        found.map(|coaching| coaching.supervisor)
    };
    let supervisor = match input {
        Input::Signal(
            Signal::LegAnswered { leg }
            | Signal::LegEnded { leg, .. }
            | Signal::LegFailed { leg, .. }
            | Signal::WireLost { leg }
            | Signal::WireBack { leg },
        ) => coach(*leg),
        Input::Command { command: Command::ChangeCoachingMode { .. } | Command::StopCoaching, by } => {
            match by {
                voicecall::Actor::User(user) => Some(*user),
                _ => None,
            }
        }
        Input::Command { command: Command::StartCoaching { token, .. }, .. } => Some(token.user),
        Input::Command { command: Command::RevokeCoaching { supervisor }, .. } => Some(*supervisor),
        _ => None,
    };
    if supervisor.is_none_or(|supervisor| acts_on_others(before, supervisor)) {
        return Ok(());
    }
    let same = between_parties(before) == between_parties(after)
        && before.state() == after.state()
        && before.consult() == after.consult();
    promise(same, "a supervisor disturbs nobody", String::new)
}

/// A transfer that fails leaves the customer in the conversation (unless that ended), and says so once.
fn failed_transfer(before: &Conversation, events: &[Event], after: &Conversation) -> Kept {
    let failed = events.iter().filter(|event| matches!(event, Event::TransferFailed { .. })).count();
    promise(failed <= 1, "a transfer fails once", || failed.to_string())?;
    if failed == 0 || after.is_ended() {
        return Ok(());
    }
    let kept = outside(before).all(|leg| after.legs()[leg as usize].is_up());
    promise(kept, "a failed transfer keeps the customer", String::new)?;
    promise(after.work().is_some(), "a failed transfer goes back to somebody", String::new)
}

fn recording_stays(before: &Conversation, events: &[Event], after: &Conversation) -> Kept {
    let said = events.iter().any(|event| matches!(event, Event::RecordingPaused | Event::RecordingResumed));
    let begins = before.recording() == Recording::Off;
    let same = before.recording() == after.recording() || said || begins || after.is_ended();
    promise(same, "recording changes by command only", || format!("{:?}", after.recording()))
}

/// Waiting work never gets younger, whatever happens to its offers.
fn age_is_kept(before: &Conversation, after: &Conversation) -> Kept {
    let (Some(was), Some(is)) = (before.work(), after.work()) else { return Ok(()) };
    let same = was.call == is.call && was.target == is.target;
    promise(!same || is.since <= was.since, "work keeps its age", String::new)
}
