//! Deciding: an input and the present state make facts. Each room decides one topic on a draft of the conversation;
//! `settle` then draws the consequences that every topic shares.

use terms::{EndReason, Timestamp, UserId, limits::LEGS_PER_CONVERSATION_MAX};

use crate::{
    conversation::Conversation,
    event::Event,
    input::{Actor, Command, Input, Rejected, Target},
    leg::{Leg, Party, Role},
    record::{CallType, VoiceCall},
    room::Stand,
};

mod callback;
mod coaching;
mod consult;
mod direct;
mod ending;
mod flow;
mod hold;
mod message;
mod offer;
mod overflow;
mod parking;
mod participant;
mod recording;
mod settle;
mod transfer;
mod wire;

pub(crate) fn decide(c: &Conversation, input: &Input, now: Timestamp) -> Result<Vec<Event>, Rejected> {
    let mut draft = Draft { c: c.clone(), events: Vec::new(), now, cause: EndReason::HungUp };
    match input {
        Input::Command { by, command } => on_command(&mut draft, *by, command)?,
        Input::Signal(signal) => wire::signal(&mut draft, signal)?,
        Input::Tick => wire::tick(&mut draft)?,
    }
    if draft.events.is_empty() {
        return Err(Rejected::NoChange);
    }
    settle::settle(&mut draft);
    Ok(draft.events)
}

/// The conversation as it will be, and the facts that make it so. Every fact is applied as it is written, so that a
/// decider always sees where it stands.
pub(crate) struct Draft {
    pub(crate) c: Conversation,
    pub(crate) events: Vec<Event>,
    pub(crate) now: Timestamp,
    /// Why the conversation ends, should it turn out that nobody is left to talk.
    pub(crate) cause: EndReason,
}

fn on_command(d: &mut Draft, by: Actor, command: &Command) -> Result<(), Rejected> {
    if d.c.is_ended() {
        return ending::after_the_end(d, by, command);
    }
    if d.c.ephemeral && leaves_a_trace(command) {
        return Err(Rejected::Ephemeral);
    }
    match command {
        Command::Play { prompt } => flow::play(d, by, *prompt),
        Command::AskDigit { menu, prompt, silence_ms } => flow::ask(d, by, menu, *prompt, *silence_ms),
        Command::TakeMessage { queue } => message::take(d, by, *queue),
        Command::EndMessage { how } => message::end_by(d, by, *how),
        Command::Enqueue { target, skills, priority } => flow::enqueue(d, by, *target, skills, *priority),
        Command::Offer { offer, token, auto_answer, ring_ms } => {
            offer::offer(d, by, *offer, *token, *auto_answer, *ring_ms)
        }
        Command::WithdrawOffer { offer, reason } => offer::withdraw(d, by, *offer, *reason),
        Command::Overflow { to, priority, cause } => overflow::overflow(d, by, to, *priority, *cause),
        Command::ContinueIn { conversation } => callback::continue_in(d, by, *conversation),
        Command::LineUp { queue, since, skills, priority, not_before } => {
            let (queue, since, priority, not_before) = (*queue, *since, *priority, *not_before);
            callback::line_up(d, by, &callback::Line { queue, since, skills, priority, not_before })
        }
        Command::Rest { until } => callback::rest(d, by, *until),
        Command::Wish { wishes } => flow::wish(d, by, wishes),
        Command::KeepAge { since } => overflow::keep_age(d, by, *since),
        Command::Assign { user } => overflow::assign(d, by, *user),
        Command::DialCustomer => callback::dial(d, by),
        Command::AbandonWork { reason } => offer::abandon(d, by, *reason),
        Command::DialFar { target } => direct::dial_far(d, by, target),
        Command::Decline { reason } => offer::decline(d, by, reason.as_deref()),
        Command::Hold { leg } => hold::hold(d, by, *leg),
        Command::Resume { leg } => hold::resume(d, by, *leg),
        Command::Mute { leg } => hold::mute(d, by, *leg),
        Command::Unmute { leg } => hold::unmute(d, by, *leg),
        Command::SendDigits { digits } => hold::send_digits(d, by, digits),
        Command::StartConsult { target, note } => consult::start(d, by, target, note.as_deref()),
        Command::SwapConsult => consult::swap(d, by),
        Command::MergeConsult => consult::merge(d, by),
        Command::CompleteTransfer => transfer::complete_consult(d, by),
        Command::CancelConsult => consult::cancel(d, by),
        Command::Transfer { target } => transfer::blind(d, by, target),
        Command::AddParticipant { target } => participant::add(d, by, target),
        Command::RemoveParticipant { leg } => participant::remove(d, by, *leg),
        Command::Leave => participant::leave(d, by),
        Command::Park { slot } => parking::park(d, by, slot),
        Command::Retrieve { token, auto_answer } => parking::retrieve(d, by, *token, *auto_answer),
        Command::PauseRecording => recording::pause(d, by),
        Command::ResumeRecording => recording::resume(d, by),
        Command::RaiseHand => recording::raise_hand(d, by),
        Command::LowerHand => recording::lower_hand(d, by),
        Command::SetDetails { details } => recording::set_details(d, by, details),
        Command::WrapUp { code, resolution, notes } => {
            recording::wrap_up(d, by, *code, resolution.as_deref(), notes.as_deref())
        }
        Command::HangUp => ending::hang_up(d, by),
        Command::StartCoaching { token, mode, agent_leg, attach_to } => {
            coaching::start(d, by, *token, *mode, *agent_leg, *attach_to)
        }
        Command::ChangeCoachingMode { mode } => coaching::change_mode(d, by, *mode),
        Command::StopCoaching => coaching::stop(d, by),
        Command::TakeOver => coaching::take_over(d, by),
        Command::RevokeCoaching { supervisor } => coaching::revoke(d, by, *supervisor),
        Command::LoseNode => ending::lose_node(d, by),
    }
}

/// What an ephemeral call does not know: whatever makes a record, a link or a copy of what was said.
fn leaves_a_trace(command: &Command) -> bool {
    matches!(
        command,
        Command::StartConsult { .. }
            | Command::SwapConsult
            | Command::MergeConsult
            | Command::CompleteTransfer
            | Command::CancelConsult
            | Command::Transfer { .. }
            | Command::AddParticipant { .. }
            | Command::Park { .. }
            | Command::Retrieve { .. }
            | Command::PauseRecording
            | Command::ResumeRecording
            | Command::SetDetails { .. }
            | Command::WrapUp { .. }
            | Command::StartCoaching { .. }
            | Command::ChangeCoachingMode { .. }
            | Command::StopCoaching
            | Command::TakeOver
    )
}

/// Commands of the router, the entry flow and the system; no person's.
fn not_by_a_person(by: Actor) -> Result<(), Rejected> {
    match by {
        Actor::User(_) => Err(Rejected::NotAParty),
        Actor::Router | Actor::System => Ok(()),
    }
}

impl Draft {
    fn push(&mut self, event: Event) {
        self.c.apply(&event);
        self.events.push(event);
    }

    fn next_leg(&self) -> u32 {
        self.c.legs.len() as u32
    }
    fn next_call(&self) -> u32 {
        self.c.calls.len() as u32
    }

    /// The acting user's live wire.
    fn own(&self, by: Actor) -> Result<u32, Rejected> {
        match by {
            Actor::User(user) => self.c.leg_of(user).ok_or(Rejected::NotAParty),
            Actor::Router | Actor::System => Err(Rejected::NotAParty),
        }
    }

    /// The acting user's wire: staff, up, no supervisor, and not the far end of a private consult.
    fn own_talking(&self, by: Actor) -> Result<u32, Rejected> {
        let own = self.own(by)?;
        let talks = self.c.leg(own).is_some_and(|leg| leg.is_up() && leg.is_staff() && leg.is_joined());
        if talks && self.c.private_target() != Some(own) { Ok(own) } else { Err(Rejected::NotNow) }
    }

    /// Like `own_talking`, standing in the main room of a call that waits for nothing.
    fn own_in_main(&self, by: Actor) -> Result<u32, Rejected> {
        let own = self.own_talking(by)?;
        let free = self.c.stand(own) == Stand::Main && !self.c.initiates(own) && self.c.is_talking();
        if free { Ok(own) } else { Err(Rejected::NotNow) }
    }

    fn live(&self, leg: u32) -> Result<&Leg, Rejected> {
        self.c.leg(leg).filter(|leg| leg.is_live()).ok_or(Rejected::UnknownLeg)
    }

    /// A user may have one live wire here, and wires are numbered up to a limit.
    fn may_ring(&self, target: &Target) -> Result<(), Rejected> {
        if self.c.legs.len() >= LEGS_PER_CONVERSATION_MAX {
            return Err(Rejected::Full);
        }
        match target {
            Target::User { token, .. } if self.is_here(token.user) => Err(Rejected::AlreadyHere),
            Target::User { .. } | Target::Number(_) | Target::Queue { .. } => Ok(()),
        }
    }
    fn is_here(&self, user: UserId) -> bool {
        crate::desired::people(&self.c).contains(&user)
    }

    /// Rings a target for a call. None for a queue: nobody is rung yet.
    fn ring(&mut self, target: &Target, role: Role, call: u32) -> Option<u32> {
        let party = party_of(target)?;
        let (auto_answer, ring_ms) = match target {
            Target::User { auto_answer, .. } => (*auto_answer, self.c.policy.ring_ms),
            Target::Number(_) | Target::Queue { .. } => (false, self.c.policy.outbound_ring_ms),
        };
        let leg = self.next_leg();
        let deadline = Some(self.now.plus_ms(ring_ms));
        self.push(Event::LegAdded { leg, party, role, call, auto_answer, offer: None, deadline });
        Some(leg)
    }

    fn open_call(&mut self, record: VoiceCall) -> u32 {
        let call = self.next_call();
        self.push(Event::CallOpened { call, record: Box::new(record) });
        call
    }

    fn end_leg(&mut self, leg: u32, reason: EndReason) {
        if self.c.leg(leg).is_some_and(Leg::is_live) {
            self.push(Event::LegEnded { leg, reason });
        }
    }

    /// Closes a record with the disposition that its state and the reason make.
    fn close_call(&mut self, call: u32, reason: EndReason) {
        if self.c.is_open(call) {
            let disposition = ending::disposition(&self.c, call, reason);
            self.push(Event::CallClosed { call, disposition, reason });
        }
    }
}

fn party_of(target: &Target) -> Option<Party> {
    match target {
        Target::User { token, .. } => Some(Party::User(token.user)),
        Target::Number(number) => Some(Party::Number(Some(number.clone()))),
        Target::Queue { .. } => None,
    }
}

/// A consult or an added party is Internal, unless a public number was dialed for it.
fn side_call_type(target: &Target) -> CallType {
    match target {
        Target::Number(_) => CallType::Outbound,
        Target::User { .. } | Target::Queue { .. } => CallType::Internal,
    }
}
