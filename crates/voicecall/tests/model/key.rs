//! When two states are the same. Nothing in the core looks at an ended wire or a closed record again, at a time but to
//! compare it with now, or at who somebody is but to tell them from others. So the key of a state leaves ended wires and
//! closed records out and numbers what remains, has no times, and names people in the order in which they are met.

use terms::UserId;
use voicecall::{
    Attachment, CallType, CoachingMode, ConsultPhase, Conversation, HeldBy, LegState, Party, Purpose,
    Recording, Role, Target, WorkTarget,
};

/// Names people by first meeting.
#[derive(Default)]
struct People(Vec<UserId>);

impl People {
    fn name(&mut self, user: UserId) -> u8 {
        let found = self.0.iter().position(|known| *known == user);
        let place = found.unwrap_or_else(|| {
            self.0.push(user);
            self.0.len() - 1
        });
        place as u8 + 1
    }
    fn maybe(&mut self, user: Option<UserId>) -> u8 {
        user.map_or(0, |user| self.name(user))
    }
}

pub fn key(conversations: &[Conversation]) -> u128 {
    let mut people = People::default();
    let mut bytes = Vec::with_capacity(128);
    for c in conversations {
        one(c, &mut people, &mut bytes);
        bytes.push(255);
    }
    hash(&bytes)
}

/// FNV-1a, 128 bits (Fowler, Noll, Vo): some 10 million keys collide with a chance below 10^-24.
fn hash(bytes: &[u8]) -> u128 {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    bytes.iter().fold(OFFSET, |hash, byte| (hash ^ u128::from(*byte)).wrapping_mul(PRIME))
}

fn one(c: &Conversation, people: &mut People, bytes: &mut Vec<u8>) {
    if c.is_ended() {
        bytes.push(254);
        return;
    }
    let live: Vec<u32> =
        (0u32..).zip(c.legs()).filter(|(_, leg)| leg.is_live()).map(|(ordinal, _)| ordinal).collect();
    let open: Vec<u32> = (0u32..)
        .zip(c.calls())
        .filter(|(ordinal, call)| call.open || *ordinal == c.customer_call())
        .map(|(ordinal, _)| ordinal)
        .collect();
    let place = |list: &[u32], what: u32| list.iter().position(|x| *x == what).map_or(0, |at| at as u8 + 1);
    let leg_at = |leg: Option<u32>| leg.map_or(0, |leg| place(&live, leg));
    let call_at = |call: u32| place(&open, call);
    bytes.extend([
        u8::from(c.legs()[0].is_live()),
        u8::from(c.calls()[0].open),
        u8::from(c.calls()[0].answered),
        u8::from(c.customer_call() == 0) + 2 * u8::from(c.has_overflowed()),
        call_at(c.customer_call()),
        live.len() as u8,
        open.len() as u8,
    ]);
    legs(c, &live, &call_at, people, bytes);
    calls(c, &open, people, bytes);
    if let Some(consult) = c.consult() {
        let phase = match consult.phase {
            ConsultPhase::Waiting => 1,
            ConsultPhase::Ringing => 2,
            ConsultPhase::Private => 3,
            ConsultPhase::Swapped => 4,
            ConsultPhase::Merged => 5,
        };
        bytes.extend([phase, leg_at(Some(consult.initiator)), leg_at(consult.leg), call_at(consult.call)]);
    }
    bytes.push(200);
    for coaching in c.coaching() {
        let attach = u8::from(coaching.attach_to == Attachment::Agent);
        let mode = match coaching.mode {
            CoachingMode::Monitor => 0,
            CoachingMode::Whisper => 1,
            CoachingMode::Barge => 2,
        };
        let connected = u8::from(coaching.connected);
        bytes.extend([leg_at(Some(coaching.leg)), leg_at(Some(coaching.agent_leg)), mode, attach, connected]);
    }
    bytes.push(201);
    waiting(c, &leg_at, &call_at, people, bytes);
}

fn legs(
    c: &Conversation,
    live: &[u32],
    call_at: &impl Fn(u32) -> u8,
    people: &mut People,
    bytes: &mut Vec<u8>,
) {
    for leg in live.iter().map(|leg| &c.legs()[*leg as usize]) {
        let role = match leg.role {
            Role::Customer => 0,
            Role::Agent => 1,
            Role::Specialist => 2,
            Role::Supervisor => 3,
            Role::ThirdParty => 4,
        };
        let state = match leg.state {
            LegState::Ringing { deadline: None } => 0,
            LegState::Ringing { deadline: Some(_) } => 1,
            LegState::Up => 2,
            LegState::Lost { .. } => 3,
            LegState::Ended { .. } => 4,
        };
        let held = match leg.held_by {
            None => 0,
            Some(HeldBy::Consult) => 100,
            Some(HeldBy::User(user)) => people.name(user),
        };
        let root = u8::from(leg.call == 0);
        bytes.extend([people.maybe(leg.party.user()), role, state, held, people.maybe(leg.muted_by)]);
        let offered = u8::from(leg.offer.is_some()) + 2 * u8::from(leg.early_media);
        bytes.extend([offered, call_at(leg.call), root]);
    }
}

fn calls(c: &Conversation, open: &[u32], people: &mut People, bytes: &mut Vec<u8>) {
    for call in open.iter().map(|call| &c.calls()[*call as usize]) {
        let call_type = match call.call_type {
            CallType::Inbound => 0,
            CallType::Outbound => 1,
            CallType::Internal => 2,
        };
        let purpose = match call.purpose {
            Purpose::Customer | Purpose::Callback => 0,
            Purpose::Consult => 1,
            Purpose::Transfer => 2,
            Purpose::Participant => 3,
            Purpose::Coaching => 4,
            Purpose::Direct => 5,
        };
        let to = match call.to {
            None => 0,
            Some(Party::User(_)) => 1,
            Some(Party::Number(_)) => 2,
        };
        // Only the customer's call is asked who handles it.
        let target = if matches!(purpose, 0 | 2 | 5) { people.maybe(call.target) } else { 0 };
        bytes.extend([call_type, purpose, to, target, u8::from(call.answered), u8::from(call.open)]);
        bytes.push(u8::from(call.queue.is_some()));
    }
}

fn waiting(
    c: &Conversation,
    leg_at: &impl Fn(Option<u32>) -> u8,
    call_at: &impl Fn(u32) -> u8,
    people: &mut People,
    bytes: &mut Vec<u8>,
) {
    if let Some(work) = c.work() {
        let target = match work.target {
            WorkTarget::Queue(queue) => 100 + queue.0.as_u128() as u8 % 50,
            WorkTarget::User(user) => people.name(user),
        };
        let pauses = u8::from(c.recall_pauses()) + 2 * c.recall_tries();
        bytes.extend([call_at(work.call), target, u8::from(work.head), pauses]);
    }
    bytes.push(202);
    if let Some(handover) = c.handover() {
        bytes.extend([people.name(handover.by), leg_at(handover.leg), call_at(handover.call)]);
    }
    bytes.push(203);
    if let Some(home) = c.home() {
        bytes.push(home.queue.0.as_u128() as u8);
    }
    bytes.push(204);
    let far = match c.far() {
        None => 0,
        Some(Target::Number(_)) => 100,
        Some(Target::Queue { .. }) => 101,
        Some(Target::User { token, .. }) => people.name(token.user),
    };
    bytes.extend([far, people.maybe(c.parked().map(|parked| parked.by)), people.maybe(c.hand_raised_by())]);
    bytes.extend([u8::from(c.prompt().is_some()), u8::from(c.recording() == Recording::Paused)]);
    let asked = c.asked().map_or(0, |asked| 1 + u8::from(asked.until.is_some()));
    bytes.extend([asked, u8::from(c.message().is_some()), u8::from(c.has_left_message())]);
}
