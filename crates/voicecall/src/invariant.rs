//! Every promise of the core, by name. True after every step: after all facts of one decision have been applied, and
//! after a replay. The shell asks in production too.

use std::collections::BTreeSet;

use terms::{Channel, HearingMatrix, Listener, MusicId, Source, limits};

use crate::{
    conversation::{ConsultPhase, Conversation},
    desired::deadlines,
    event::HeldBy,
    leg::{Leg, LegState, Party, Role},
    record::{CallType, CoachingMode, Disposition, Purpose, VoiceCall},
    room::Stand,
};

/// A broken promise: a bug in the core. The shell logs it, ends the conversation and keeps its journal for us.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{promise}: {detail}")]
pub struct Broken {
    /// A stable name.
    pub promise: &'static str,
    /// Ordinals only, never a name or a number.
    pub detail: String,
}

type Kept = Result<(), Broken>;

fn promise(name: &'static str, kept: bool, detail: impl FnOnce() -> String) -> Kept {
    if kept { Ok(()) } else { Err(Broken { promise: name, detail: detail() }) }
}

pub(crate) fn check(c: &Conversation) -> Kept {
    let matrix = c.hearing();
    ended(c, &matrix)?;
    records(c)?;
    wires(c)?;
    going_on(c)?;
    work(c)?;
    consult(c)?;
    coaching(c)?;
    parts(c)?;
    ears(c, &matrix)?;
    held_and_muted(c, &matrix)?;
    private(c, &matrix)?;
    coaches_heard(c, &matrix)?;
    recorder(c, &matrix)
}

fn leg_source(c: &Conversation, leg: u32) -> Source {
    Source::Leg(c.leg_id(leg))
}

fn ear(c: &Conversation, leg: u32) -> Listener {
    Listener::Leg(c.leg_id(leg))
}

/// An ended conversation has no loose leg, record or deadline.
fn ended(c: &Conversation, matrix: &HearingMatrix) -> Kept {
    if !c.is_ended() {
        return Ok(());
    }
    let name = "an ended conversation has nothing loose";
    promise(name, c.legs.iter().all(|leg| !leg.is_live()), || "a live leg".into())?;
    promise(name, c.calls.iter().all(|call| !call.open), || "an open record".into())?;
    promise(name, deadlines(c).is_empty(), || "a deadline".into())?;
    promise(name, matrix.0.is_empty(), || "somebody hears".into())?;
    let waits = c.work.is_some() || c.far.is_some() || c.handover.is_some() || c.parked.is_some();
    let people = c.consult.is_some() || !c.coaching.is_empty() || c.hand.is_some();
    let flow = c.prompt.is_some() || c.asked.is_some() || c.message.is_some();
    promise(name, !waits && !people && !flow, || "somebody waits".into())
}

fn records(c: &Conversation) -> Kept {
    for (ordinal, call) in (0u32..).zip(c.calls.iter()) {
        record(c, ordinal, call)?;
    }
    promise("the root has no parent", c.calls.first().is_some_and(|root| root.parent.is_none()), || {
        "0".into()
    })?;
    promise("a call of which nothing is kept has one record", !c.ephemeral || c.calls.len() == 1, || {
        c.calls.len().to_string()
    })
}

fn record(c: &Conversation, ordinal: u32, call: &VoiceCall) -> Kept {
    let at = || format!("call {ordinal}");
    let finished = call.end_reason.is_some() && call.disposition != Disposition::InProgress;
    let running = call.end_reason.is_none() && call.disposition == Disposition::InProgress;
    promise("a record is open or says how it came out", if call.open { running } else { finished }, at)?;
    let backwards = [call.parent, call.previous].iter().flatten().all(|link| *link < ordinal);
    promise("links point to earlier records", backwards, at)?;
    let continued = |other: Option<u32>| other.and_then(|other| c.call(other));
    let both_ways = continued(call.previous).is_none_or(|before| before.next == Some(ordinal))
        && continued(call.next).is_none_or(|after| after.previous == Some(ordinal));
    promise("customer continuity is linked both ways", both_ways, at)?;
    let typed = match call.purpose {
        Purpose::Coaching => call.call_type == CallType::Internal && call.parent.is_some(),
        Purpose::Consult | Purpose::Participant => {
            let number = matches!(call.to, Some(Party::Number(_)));
            let expected = if number { CallType::Outbound } else { CallType::Internal };
            call.parent.is_some() && call.call_type == expected
        }
        Purpose::Transfer => {
            call.parent.is_some() && call.previous.is_some() && call.call_type == c.call_type
        }
        Purpose::Customer | Purpose::Direct | Purpose::Callback => ordinal == 0,
    };
    promise("every consult and coaching record is Internal and has a parent", typed, at)?;
    let left_open = !c.is_ended()
        && call.open
        && match call.purpose {
            Purpose::Consult | Purpose::Participant | Purpose::Coaching => {
                let wire = c.legs.iter().any(|leg| leg.call == ordinal && leg.is_live());
                let waits = c.work.as_ref().is_some_and(|work| work.call == ordinal);
                !wire && !waits
            }
            Purpose::Customer | Purpose::Transfer | Purpose::Direct | Purpose::Callback => {
                ordinal != c.customer_call
            }
        };
    promise("an open record has somebody in it", !left_open, at)
}

fn wires(c: &Conversation) -> Kept {
    let mut here = BTreeSet::new();
    for (ordinal, leg) in c.numbered() {
        let at = || format!("leg {ordinal}");
        if let Some(user) = leg.party.user().filter(|_| leg.is_live()) {
            promise("a user has one live wire here", here.insert(user), at)?;
        }
        let deadline = match leg.state {
            LegState::Ringing { deadline: None } => leg.incoming || ordinal == 0 && c.is_callback(),
            LegState::Ringing { deadline: Some(_) } => !leg.incoming,
            LegState::Up | LegState::Lost { .. } | LegState::Ended { .. } => true,
        };
        promise("whoever we ring has a deadline", deadline, at)?;
        promise("only staff may be lost", !leg.is_lost() || leg.is_staff(), at)?;
        let early = !leg.early_media || !leg.incoming && matches!(leg.party, Party::Number(_));
        promise("early media comes from a trunk", early, at)?;
        promise("held says by whom", leg.held == leg.held_by.is_some(), at)?;
        promise("a live wire has a record", (leg.call as usize) < c.calls.len(), at)?;
        if let Some(HeldBy::User(user)) = leg.held_by {
            promise("a hold ends with who pressed it", c.leg_of(user).is_some(), at)?;
        }
        if let Some(user) = leg.muted_by {
            promise("a mute ends with who pressed it", c.leg_of(user).is_some(), at)?;
        }
    }
    promise("six people talk at most", c.party_count() <= limits::PARTICIPANTS_MAX, || {
        c.party_count().to_string()
    })?;
    promise("wires are limited", c.legs.len() <= limits::LEGS_PER_CONVERSATION_MAX, || {
        c.legs.len().to_string()
    })
}

/// Nobody is left in a call that does not exist.
fn going_on(c: &Conversation) -> Kept {
    if c.is_ended() {
        return Ok(());
    }
    promise("a conversation has somebody to talk or to wait", c.goes_on(), String::new)?;
    let open = c.is_open(c.customer_call);
    promise("the customer's call is open", open || c.may_finish().is_some(), || c.customer_call.to_string())?;
    if !c.is_direct() && c.is_talking() {
        let target = c.call(c.customer_call).and_then(|call| call.target);
        let handled = c.main_staff().any(|leg| c.user_of(leg) == target && target.is_some());
        promise(
            "somebody of staff handles the call",
            handled || c.main_staff().next().is_none(),
            String::new,
        )?;
    }
    Ok(())
}

fn work(c: &Conversation) -> Kept {
    let name = "work waits for one open call";
    if let Some(work) = &c.work {
        let consults = c.consult.is_some_and(|consult| consult.call == work.call);
        promise(name, work.call == c.customer_call || consults, || format!("call {}", work.call))?;
        promise(name, c.is_open(work.call), || format!("call {}", work.call))?;
        promise(name, c.parked.is_none() && c.far.is_none(), || "parked or named".into())?;
    }
    let free = c.work.is_none() && c.main_staff().next().is_none();
    promise("a menu asks whoever waits in the flow", c.asked.is_none() || free, String::new)?;
    let alone = free && c.asked.is_none() && c.prompt.is_none();
    promise("a message is left to nobody", c.message.is_none() || alone, String::new)?;
    let offered = c.numbered().filter(|(_, leg)| leg.is_ringing() && leg.offer.is_some());
    let offered: Vec<u32> = offered.map(|(ordinal, _)| ordinal).collect();
    promise(
        "one agent is offered at a time, for work",
        offered.len() <= usize::from(c.work.is_some()),
        || format!("legs {offered:?}"),
    )?;
    if let Some(handover) = c.handover {
        let rings = handover.leg.and_then(|leg| c.leg(leg)).is_some_and(Leg::is_ringing);
        promise("a blind transfer rings or waits", rings || c.waits_for_agent(), String::new)?;
        promise("a blind transfer is the customer's call", handover.call == c.customer_call, String::new)?;
    }
    let free = c.waits_for_agent() && c.has_answered(c.customer_call) || c.parked.is_some();
    promise(
        "nobody of staff keeps waiting work",
        !free || c.is_direct() || c.main_staff().next().is_none(),
        || "staff".into(),
    )
}

fn consult(c: &Conversation) -> Kept {
    let Some(consult) = c.consult else { return Ok(()) };
    let name = "a consult has its people";
    let at = || format!("{consult:?}");
    promise(name, c.is_open(consult.call), at)?;
    let initiator = c.leg(consult.initiator);
    promise(
        name,
        initiator.is_some_and(|leg| leg.is_joined() && leg.is_staff() && !leg.held || consult.is_merged()),
        at,
    )?;
    let target = consult.leg.and_then(|leg| c.leg(leg));
    let fits = match consult.phase {
        ConsultPhase::Waiting => {
            target.is_none() && c.work.as_ref().is_some_and(|work| work.call == consult.call)
        }
        ConsultPhase::Ringing => target.is_some_and(Leg::is_ringing),
        ConsultPhase::Private | ConsultPhase::Swapped | ConsultPhase::Merged => {
            target.is_some_and(Leg::is_joined)
        }
    };
    promise(name, fits, at)?;
    let by_consult = |leg: &Leg| leg.held_by == Some(HeldBy::Consult);
    let aside =
        matches!(consult.phase, ConsultPhase::Waiting | ConsultPhase::Ringing | ConsultPhase::Private);
    let kept = c.legs.iter().any(by_consult) && (!aside || c.can_spare(consult.initiator));
    promise("a consult holds only while its initiator is away", !kept, at)
}

fn coaching(c: &Conversation) -> Kept {
    let name = "a supervisor coaches somebody of staff";
    promise("four supervisors at most", c.coaching.len() <= limits::COACHES_MAX, || {
        c.coaching.len().to_string()
    })?;
    for coaching in &c.coaching {
        let at = || format!("leg {}", coaching.leg);
        let coach = c.leg(coaching.leg);
        promise(name, coach.is_some_and(|leg| leg.is_live() && leg.role == Role::Supervisor), at)?;
        promise(name, coach.is_some_and(|leg| leg.is_ringing() != coaching.connected), at)?;
        let agent = c.leg(coaching.agent_leg);
        promise(name, agent.is_some_and(|leg| leg.is_joined() && leg.is_staff()), at)?;
        promise(name, c.is_open(coaching.call), at)?;
    }
    let supervisors = c.legs.iter().filter(|leg| leg.is_live() && leg.role == Role::Supervisor).count();
    promise(name, supervisors == c.coaching.len(), || "a supervisor who coaches nobody".into())
}

/// Every second of a call leg belongs to exactly one segment.
fn parts(c: &Conversation) -> Kept {
    let parts = c.parts();
    let mut seen = BTreeSet::new();
    for part in &parts {
        let at = || format!("leg {} in call {}", part.leg, part.call);
        promise("a wire has one part in a call", seen.insert((part.leg, part.call)), at)?;
        promise("parts are of open calls", c.is_open(part.call), at)?;
        promise("parts are of live wires", c.leg(part.leg).is_some_and(Leg::is_live), at)?;
    }
    for (ordinal, _) in c.numbered().filter(|(_, leg)| leg.is_live()) {
        let any = parts.iter().any(|part| part.leg == ordinal);
        promise("a live wire has a part", any, || format!("leg {ordinal}"))?;
    }
    Ok(())
}

/// A leg that is not up neither speaks nor hears, but for a trunk's early media; nobody outside is ever in silence.
fn ears(c: &Conversation, matrix: &HearingMatrix) -> Kept {
    let up = |id: terms::LegId| id.conversation == c.id && c.leg(id.ordinal).is_some_and(Leg::is_up);
    for (listener, source) in &matrix.0 {
        let name = "a leg that is not up neither speaks nor hears";
        if let Listener::Leg(id) = listener {
            promise(name, up(*id), || format!("leg {} hears", id.ordinal))?;
        }
        if let Source::Leg(id) = source {
            let early = || c.leg(id.ordinal).is_some_and(Leg::is_early);
            promise(name, up(*id) || early(), || format!("leg {} speaks", id.ordinal))?;
            let fits = !early() || waits_alone(c, matrix, *listener);
            promise("early media is for who waits, and their coaches", fits, || {
                format!("leg {}", id.ordinal)
            })?;
        }
    }
    for (ordinal, leg) in c.numbered().filter(|(_, leg)| leg.is_up() && leg.is_outside()) {
        let room = c.stand(ordinal);
        let muted = |other: &Leg| other.is_up() && other.muted_by.is_some();
        let company = c.numbered().any(|(other, leg)| {
            other != ordinal && muted(leg) && (c.stand(other) == room || leg.role == Role::Supervisor)
        });
        let hears = matrix.row(ear(c, ordinal)).next().is_some();
        promise("nobody outside is in silence", hears || company && leg.is_up(), || {
            format!("leg {ordinal}")
        })?;
    }
    Ok(())
}

/// Hears one voice, or that and a coach's.
fn waits_alone(c: &Conversation, matrix: &HearingMatrix, listener: Listener) -> bool {
    let coaches = |id: terms::LegId| c.coaching.iter().any(|coaching| coaching.leg == id.ordinal);
    let coached = |source: &Source| matches!(source, Source::Leg(id) if coaches(*id));
    matches!(listener, Listener::Leg(id) if coaches(id))
        || matrix.row(listener).filter(|source| !coached(source)).count() == 1
}

/// A held party hears music only, and its microphone reaches nobody; nor does a muted one's.
fn held_and_muted(c: &Conversation, matrix: &HearingMatrix) -> Kept {
    for (ordinal, leg) in c.numbered().filter(|(_, leg)| leg.is_up()) {
        let at = || format!("leg {ordinal}");
        let silent = matrix.audience(leg_source(c, ordinal)).next().is_none();
        promise("a muted party reaches nobody", leg.muted_by.is_none() || silent, at)?;
        if c.stand(ordinal) == Stand::Held {
            promise("a held party reaches nobody", silent, at)?;
            let row: Vec<Source> = matrix.row(ear(c, ordinal)).collect();
            promise("a held party hears music only", row == [Source::HoldMusic(MusicId::HOLD)], at)?;
        }
    }
    Ok(())
}

/// A private consult never leaks to the main room, nor to its recording, in either direction.
fn private(c: &Conversation, matrix: &HearingMatrix) -> Kept {
    let apart = |leg: u32| matches!(c.stand(leg), Stand::Private | Stand::Apart);
    for (ordinal, _) in c.numbered().filter(|(ordinal, leg)| leg.is_up() && apart(*ordinal)) {
        for listener in matrix.audience(leg_source(c, ordinal)) {
            let leaks = match listener {
                Listener::Recorder(_) => true,
                Listener::Leg(id) => c.leg(id.ordinal).is_some_and(Leg::is_joined) && !apart(id.ordinal),
            };
            promise("a private consult does not leak", !leaks, || format!("leg {ordinal} to {listener:?}"))?;
        }
        for source in matrix.row(ear(c, ordinal)) {
            let leaks = matches!(source, Source::Leg(id)
                if c.leg(id.ordinal).is_some_and(Leg::is_joined) && !apart(id.ordinal));
            promise("a private consult hears nobody else", !leaks, || format!("leg {ordinal}"))?;
        }
    }
    Ok(())
}

/// A monitor is heard by nobody, a whisper by the coached agent and by nobody else.
fn coaches_heard(c: &Conversation, matrix: &HearingMatrix) -> Kept {
    for coaching in &c.coaching {
        let at = || format!("leg {}", coaching.leg);
        let audience: Vec<Listener> = matrix.audience(leg_source(c, coaching.leg)).collect();
        let agent = ear(c, coaching.agent_leg);
        let muted = c.leg(coaching.leg).is_some_and(|leg| leg.muted_by.is_some());
        let both_up =
            [coaching.leg, coaching.agent_leg].iter().all(|leg| c.leg(*leg).is_some_and(Leg::is_up));
        let open = both_up && !muted && c.stand(coaching.agent_leg) != Stand::Held;
        match coaching.mode {
            CoachingMode::Monitor => promise("a monitor is heard by nobody", audience.is_empty(), at)?,
            CoachingMode::Whisper => {
                promise(
                    "a whisper is heard by the coached agent alone",
                    audience.iter().all(|l| *l == agent),
                    at,
                )?;
                promise("the agent hears the whisper", !open || audience == [agent], at)?;
            }
            CoachingMode::Barge => {
                let room = c.stand(coaching.agent_leg);
                let everybody = c.numbered().all(|(ordinal, leg)| {
                    !leg.is_up() || c.stand(ordinal) != room || audience.contains(&ear(c, ordinal))
                });
                promise("a barging supervisor is one of the room", !open || everybody, at)?;
            }
        }
        let agent_speaks = c.leg(coaching.agent_leg).is_some_and(|leg| leg.muted_by.is_none());
        let hears = matrix.hears(ear(c, coaching.leg), leg_source(c, coaching.agent_leg));
        let listens = both_up && agent_speaks && c.stand(coaching.agent_leg) != Stand::Held;
        promise("a supervisor hears the coached agent", !listens || hears, at)?;
    }
    Ok(())
}

/// The recording hears the people of the main room only, each on the channel of their side.
fn recorder(c: &Conversation, matrix: &HearingMatrix) -> Kept {
    for (listener, source) in &matrix.0 {
        let Listener::Recorder(channel) = listener else { continue };
        let Source::Leg(id) = source else {
            return promise("the recording hears people only", false, || format!("{source:?}"));
        };
        let leg = c.leg(id.ordinal);
        let fits = match channel {
            Channel::Customer => leg.is_some_and(Leg::is_outside),
            Channel::Staff => leg.is_some_and(|leg| leg.is_staff() && leg.role != Role::Supervisor),
            Channel::Coach => c
                .coaching
                .iter()
                .any(|coaching| coaching.leg == id.ordinal && coaching.mode == CoachingMode::Barge),
            Channel::Message => c.message.is_some() && id.ordinal == 0 && leg.is_some_and(Leg::is_outside),
        };
        let heard = *channel == Channel::Message
            || matrix.audience(*source).any(|ear| matches!(ear, Listener::Leg(_)));
        promise("only what somebody hears is recorded", heard, || format!("leg {}", id.ordinal))?;
        promise("a channel of the recording has its own side", fits, || format!("leg {}", id.ordinal))?;
    }
    Ok(())
}
