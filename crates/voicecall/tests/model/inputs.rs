//! What may happen in a state, under the bounds of a world.

use terms::{EndReason, OfferId, PromptId, Token, UserId};
use voicecall::{
    Actor, Attachment, CoachingMode, Command, Conversation, Input, Leg, LegState, MessageEnd, OverflowCause,
    OverflowTo, Party, Purpose, QueueOrUser, Role, Signal, Target,
};

use crate::support::{BILLING, SUPPORT, number};

/// What a world knows; all off is a customer who calls and hangs up.
#[derive(Clone, Copy, Debug, Default)]
pub struct Bounds {
    /// People of the organization (interchangeable).
    pub users: u8,
    /// Live wires at a time, supervisors included.
    pub live: usize,
    /// Supervisors at a time.
    pub coaches: usize,
    /// Outside parties at a time, the customer included.
    pub outside: usize,
    pub flow: bool,
    pub offers: bool,
    pub hold: bool,
    pub hold_each: bool,
    pub mute: bool,
    pub consult: bool,
    pub swap: bool,
    /// Consults and transfers to numbers.
    pub to_numbers: bool,
    /// Consults and transfers to queues.
    pub to_queues: bool,
    pub blind: bool,
    pub participants: bool,
    pub park: bool,
    pub lost: bool,
    pub around: bool,
    pub dial: bool,
    pub overflow: bool,
}

pub fn pool(bounds: &Bounds) -> impl Iterator<Item = UserId> + use<> {
    (1..=u128::from(bounds.users)).map(UserId::from_number)
}

fn by(user: UserId, command: Command) -> Input {
    Input::by_user(user, command)
}
fn system(command: Command) -> Input {
    Input::Command { by: Actor::System, command }
}

/// The user whose token this input needs.
pub fn needs_token(input: &Input) -> Option<UserId> {
    let Input::Command { command, .. } = input else { return None };
    match command {
        Command::Offer { token, .. }
        | Command::Retrieve { token, .. }
        | Command::StartCoaching { token, .. } => Some(token.user),
        Command::StartConsult { target, .. }
        | Command::Transfer { target }
        | Command::AddParticipant { target }
        | Command::DialFar { target } => match target {
            Target::User { token, .. } => Some(token.user),
            Target::Number(_) | Target::Queue { .. } => None,
        },
        _ => None,
    }
}

pub fn inputs(c: &Conversation, bounds: &Bounds) -> Vec<Input> {
    let mut list = Vec::new();
    if c.is_ended() {
        return list;
    }
    let live: Vec<(u32, &Leg)> = (0u32..).zip(c.legs()).filter(|(_, leg)| leg.is_live()).collect();
    let here: Vec<UserId> = live.iter().filter_map(|(_, leg)| leg.party.user()).collect();
    let staff: Vec<UserId> = live
        .iter()
        .filter(|(_, leg)| leg.is_staff() && leg.role != Role::Supervisor && leg.is_up())
        .filter_map(|(_, leg)| leg.party.user())
        .collect();
    let absent: Vec<UserId> = pool(bounds).filter(|user| !here.contains(user)).collect();
    let may_ring = live.len() < bounds.live;
    wires(c, bounds, &live, &mut list);
    waiting(c, bounds, &absent, may_ring, &mut list);
    for user in &staff {
        talking(c, bounds, *user, &live, &mut list);
        if may_ring {
            targets(c, bounds, *user, &absent, &mut list);
        }
    }
    coaching(c, bounds, &absent, may_ring, &mut list);
    for user in here {
        list.push(by(user, Command::HangUp));
        list.push(by(user, Command::Leave));
        list.push(by(user, Command::Decline { reason: None }));
    }
    list.push(system(Command::LoseNode));
    list
}

/// A ring deadline is the signal `NoAnswer`, a re-attach deadline the signal `AgentLost` (the same path as a tick), so that
/// each may come before any other; the tick itself fires the rest.
fn wires(c: &Conversation, bounds: &Bounds, live: &[(u32, &Leg)], list: &mut Vec<Input>) {
    for &(leg, party) in live {
        match party.state {
            LegState::Ringing { deadline } => {
                list.push(Input::Signal(Signal::LegAnswered { leg }));
                if matches!(party.party, Party::Number(_)) && !party.incoming && !party.early_media {
                    list.push(Input::Signal(Signal::EarlyMedia { leg }));
                }
                let reason = if deadline.is_some() { EndReason::NoAnswer } else { EndReason::RemoteHangup };
                list.push(Input::Signal(Signal::LegFailed { leg, reason }));
            }
            LegState::Up => {
                list.push(Input::Signal(Signal::LegEnded { leg, reason: EndReason::RemoteHangup }));
                if bounds.lost && party.is_staff() {
                    list.push(Input::Signal(Signal::WireLost { leg }));
                }
            }
            LegState::Lost { .. } => {
                list.push(Input::Signal(Signal::WireBack { leg }));
                list.push(Input::Signal(Signal::LegEnded { leg, reason: EndReason::AgentLost }));
            }
            LegState::Ended { .. } => {}
        }
    }
    let silence = c.asked().is_some_and(|asked| asked.until.is_some());
    if c.parked().is_some() || c.recall_pauses() || silence || c.message().is_some() {
        list.push(Input::Tick);
    }
}

fn waiting(c: &Conversation, bounds: &Bounds, absent: &[UserId], may_ring: bool, list: &mut Vec<Input>) {
    if bounds.offers {
        let target = QueueOrUser::Queue(BILLING);
        list.push(system(Command::Enqueue { target, skills: Vec::new(), priority: 5 }));
    }
    if bounds.flow {
        list.push(system(Command::Play { prompt: PromptId::GREETING }));
        list.push(Input::Signal(Signal::PromptFinished { leg: 0, prompt: PromptId::GREETING }));
        for prompt in [None, Some(PromptId::GREETING)] {
            list.push(system(Command::AskDigit { menu: "menu".into(), prompt, silence_ms: 5_000 }));
        }
        list.push(Input::Signal(Signal::DigitPressed { leg: 0, digit: '1' }));
    }
    if bounds.dial {
        for target in [Target::Number(number(1)), Target::Queue { queue: SUPPORT, skills: Vec::new() }] {
            list.push(system(Command::DialFar { target }));
        }
        for user in absent {
            list.push(system(Command::DialFar { target: crate::support::user(*user) }));
        }
    }
    if bounds.overflow {
        list.push(system(Command::TakeMessage { queue: BILLING }));
        for how in [MessageEnd::Key, MessageEnd::Silence] {
            list.push(system(Command::EndMessage { how }));
        }
    }
    let Some(work) = c.work() else { return };
    if let Some(leg) = c.legs().iter().find(|leg| leg.is_ringing() && leg.offer.is_some())
        && let Some(offer) = leg.offer
    {
        list.push(system(Command::WithdrawOffer { offer, reason: EndReason::NoAnswer }));
    }
    list.push(system(Command::AbandonWork { reason: EndReason::NoAnswer }));
    if bounds.overflow {
        let (outside, queue) = (OverflowTo::External(number(1)), OverflowTo::Queue(SUPPORT));
        for to in [outside, queue, OverflowTo::Steps, OverflowTo::Voicemail] {
            list.push(system(Command::Overflow { to, priority: 5, cause: OverflowCause::MaxWait }));
        }
    }
    let offers = bounds.offers && may_ring && !work.offered;
    for user in absent.iter().filter(|_| offers) {
        list.push(system(Command::Offer {
            offer: OfferId::from_number(c.legs().len() as u128),
            token: Token::taken(*user),
            auto_answer: false,
            ring_ms: 20_000,
        }));
    }
}

fn talking(c: &Conversation, bounds: &Bounds, user: UserId, live: &[(u32, &Leg)], list: &mut Vec<Input>) {
    let mut add = |on: bool, command: Command| {
        if on {
            list.push(by(user, command));
        }
    };
    add(bounds.hold, Command::Hold { leg: None });
    add(bounds.hold, Command::Resume { leg: None });
    for &(leg, _) in live {
        add(bounds.hold_each, Command::Hold { leg: Some(leg) });
        add(bounds.hold_each, Command::Resume { leg: Some(leg) });
        add(bounds.mute, Command::Mute { leg: Some(leg) });
        add(bounds.mute, Command::Unmute { leg: Some(leg) });
        add(bounds.participants, Command::RemoveParticipant { leg });
    }
    let consults = c.consult().is_some();
    add(consults && bounds.swap, Command::SwapConsult);
    add(consults, Command::MergeConsult);
    add(consults, Command::CompleteTransfer);
    add(consults, Command::CancelConsult);
    add(bounds.park, Command::Park { slot: "71".to_owned() });
    add(bounds.around, Command::PauseRecording);
    add(bounds.around, Command::ResumeRecording);
    add(bounds.around, Command::RaiseHand);
    add(bounds.around, Command::LowerHand);
}

fn targets(c: &Conversation, bounds: &Bounds, user: UserId, absent: &[UserId], list: &mut Vec<Input>) {
    let outside = c.legs().iter().filter(|leg| leg.is_live() && !leg.is_staff()).count();
    let mut targets: Vec<Target> = absent.iter().map(|user| crate::support::user(*user)).collect();
    if bounds.to_numbers && outside < bounds.outside {
        targets.push(Target::Number(number(2)));
    }
    if bounds.to_queues {
        targets.push(Target::Queue { queue: SUPPORT, skills: Vec::new() });
    }
    for target in targets {
        let queue = matches!(target, Target::Queue { .. });
        if bounds.consult {
            list.push(by(user, Command::StartConsult { target: target.clone(), note: None }));
        }
        if bounds.blind {
            list.push(by(user, Command::Transfer { target: target.clone() }));
        }
        if bounds.participants && !queue {
            list.push(by(user, Command::AddParticipant { target }));
        }
    }
}

fn coaching(c: &Conversation, bounds: &Bounds, absent: &[UserId], may_ring: bool, list: &mut Vec<Input>) {
    const MODES: [CoachingMode; 3] = [CoachingMode::Monitor, CoachingMode::Whisper, CoachingMode::Barge];
    for coaching in c.coaching() {
        for mode in MODES {
            list.push(by(coaching.supervisor, Command::ChangeCoachingMode { mode }));
        }
        list.push(by(coaching.supervisor, Command::StopCoaching));
        list.push(by(coaching.supervisor, Command::TakeOver));
        list.push(system(Command::RevokeCoaching { supervisor: coaching.supervisor }));
        for leg in 0..c.legs().len() as u32 {
            if bounds.hold_each {
                list.push(by(coaching.supervisor, Command::Hold { leg: Some(leg) }));
            }
        }
    }
    if may_ring && c.coaching().count() < bounds.coaches {
        for user in absent {
            for attach_to in [Attachment::Conversation, Attachment::Agent] {
                let token = Token::taken(*user);
                let mode = CoachingMode::Whisper;
                let staff = (0u32..).zip(c.legs()).filter(|(_, leg)| leg.is_up() && leg.is_staff());
                for (leg, _) in staff {
                    let agent_leg = Some(leg);
                    list.push(by(*user, Command::StartCoaching { token, mode, agent_leg, attach_to }));
                }
            }
        }
    }
    if c.parked().is_some() && may_ring {
        for user in absent {
            list.push(by(*user, Command::Retrieve { token: Token::taken(*user), auto_answer: false }));
        }
    }
}

/// Whether a record is one of the customer's own.
pub fn is_main(purpose: Purpose) -> bool {
    !matches!(purpose, Purpose::Consult | Purpose::Participant | Purpose::Coaching)
}
