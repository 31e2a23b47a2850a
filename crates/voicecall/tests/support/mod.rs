//! What the tests of the call core share: people, a conversation with its log, and the checks every step must pass.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::wildcard_enum_match_arm
)]

pub mod step;

use terms::{
    ConversationId, LegId, Listener, OfferId, PhoneNumber, QueueId, Source, Timestamp, Token, UserId,
};
use voicecall::{
    Actor, AnswerWhen, CallType, Command, Conversation, Details, Event, Input, Opening, Party, Policy,
    Purpose, QueueOrUser, Rejected, Signal, Target,
};

pub const ANA: UserId = UserId::from_number(1);
pub const BEN: UserId = UserId::from_number(2);
pub const CID: UserId = UserId::from_number(3);
pub const SUE: UserId = UserId::from_number(8);
pub const TOM: UserId = UserId::from_number(9);
pub const BILLING: QueueId = QueueId::from_number(100);
pub const SUPPORT: QueueId = QueueId::from_number(101);

pub fn number(last: u32) -> PhoneNumber {
    format!("+1555010{last:03}").parse().unwrap()
}

pub fn user(user: UserId) -> Target {
    Target::User { token: Token::taken(user), auto_answer: false }
}

pub fn queue(queue: QueueId) -> Target {
    Target::Queue { queue, skills: Vec::new() }
}

pub fn opening(call_type: CallType, answer: AnswerWhen) -> Opening {
    let inbound = call_type == CallType::Inbound;
    Opening {
        id: ConversationId::from_number(77),
        at: Timestamp(0),
        call_type,
        purpose: if call_type == CallType::Internal { Purpose::Direct } else { Purpose::Customer },
        first: if inbound { Party::Number(Some(number(1))) } else { Party::User(ANA) },
        incoming: inbound,
        auto_answer: !inbound,
        dialed: inbound.then(|| number(99)),
        queue: None,
        trunk: None,
        ephemeral: false,
        details: Details::default(),
        policy: Policy { answer, record: true, ..Policy::default() },
        callback: None,
    }
}

/// A conversation, everything that was ever said about it, and its clock. Every step is checked.
#[derive(Clone)]
pub struct Stage {
    pub opening: Opening,
    pub c: Conversation,
    pub log: Vec<Event>,
    pub now: Timestamp,
}

impl Stage {
    pub fn open(opening: Opening) -> Self {
        let c = Conversation::open(&opening);
        c.check().unwrap();
        Self { opening, c, log: Vec::new(), now: Timestamp(0) }
    }

    pub fn try_input(&mut self, input: &Input) -> Result<Vec<Event>, Rejected> {
        let events = self.c.decide(input, self.now)?;
        let before = self.c.clone();
        for event in &events {
            self.c.apply(event);
        }
        if let Err(broken) = step::check(&before, input, &events, &self.c) {
            panic!("{broken}\n  input {input:?}\n  facts {events:#?}\n  state {:#?}", self.c);
        }
        self.log.extend(events.iter().cloned());
        assert_eq!(self.c, Conversation::replay(&self.opening, self.log.iter().cloned()));
        Ok(events)
    }
    #[track_caller]
    pub fn input(&mut self, input: Input) -> Vec<Event> {
        match self.try_input(&input) {
            Ok(events) => events,
            Err(rejected) => panic!("{input:?} rejected: {rejected:?}"),
        }
    }
    #[track_caller]
    pub fn by(&mut self, user: UserId, command: Command) -> Vec<Event> {
        self.input(Input::by_user(user, command))
    }
    #[track_caller]
    pub fn router(&mut self, command: Command) -> Vec<Event> {
        self.input(Input::Command { by: Actor::Router, command })
    }
    #[track_caller]
    pub fn system(&mut self, command: Command) -> Vec<Event> {
        self.input(Input::Command { by: Actor::System, command })
    }
    #[track_caller]
    pub fn refused(&mut self, user: UserId, command: Command) -> Rejected {
        let before = self.c.clone();
        let rejected = self.try_input(&Input::by_user(user, command)).expect_err("it was accepted");
        assert_eq!(before, self.c);
        rejected
    }
    #[track_caller]
    pub fn signal(&mut self, signal: Signal) -> Vec<Event> {
        self.input(Input::Signal(signal))
    }
    #[track_caller]
    pub fn answers(&mut self, leg: u32) -> Vec<Event> {
        self.signal(Signal::LegAnswered { leg })
    }
    #[track_caller]
    pub fn fails(&mut self, leg: u32, reason: terms::EndReason) -> Vec<Event> {
        self.signal(Signal::LegFailed { leg, reason })
    }
    #[track_caller]
    pub fn says_bye(&mut self, leg: u32) -> Vec<Event> {
        self.signal(Signal::LegEnded { leg, reason: terms::EndReason::RemoteHangup })
    }
    #[track_caller]
    pub fn after_ms(&mut self, ms: i64) -> Vec<Event> {
        self.now = self.now.plus_ms(ms);
        self.input(Input::Tick)
    }

    /// Who this leg hears: leg ordinals, or the name of what plays, in order.
    pub fn row(&self, leg: u32) -> Vec<String> {
        let listener = Listener::Leg(LegId::new(self.c.id(), leg));
        let heard = |source: Source| match source {
            Source::Leg(id) => id.ordinal.to_string(),
            Source::HoldMusic(_) => "hold".to_owned(),
            Source::QueueMusic(_) => "queue".to_owned(),
            Source::Prompt(_) => "prompt".to_owned(),
            Source::Tone(_) => "tone".to_owned(),
        };
        self.c.hearing().row(listener).map(heard).collect()
    }
    /// Every up leg with what it hears: `0:1 1:0 2:hold`.
    pub fn hears(&self) -> String {
        let up = self.c.legs().iter().enumerate().filter(|(_, leg)| leg.is_up());
        let row = |leg: usize| format!("{leg}:{}", self.row(leg as u32).join("+"));
        up.map(|(leg, _)| row(leg)).collect::<Vec<_>>().join(" ")
    }
    /// Every record in one line.
    pub fn records(&self) -> String {
        let mut text = String::new();
        for (ordinal, call) in self.c.calls().iter().enumerate() {
            text += &format!("{ordinal} {:?} {:?} {:?}", call.call_type, call.purpose, call.disposition);
            for (name, link) in [("parent", call.parent), ("previous", call.previous), ("next", call.next)] {
                if let Some(link) = link {
                    text += &format!(" {name}={link}");
                }
            }
            text += "\n";
        }
        text
    }
    pub fn leg_of(&self, user: UserId) -> u32 {
        self.c.leg_of(user).unwrap()
    }

    /// A customer in the queue, music in the ear.
    pub fn queued() -> Self {
        let mut s = Self::open(opening(CallType::Inbound, AnswerWhen::OnFlow));
        s.system(Command::Enqueue { target: QueueOrUser::Queue(BILLING), skills: Vec::new(), priority: 5 });
        s.answers(0);
        s
    }
    #[track_caller]
    pub fn offer(&mut self, user: UserId) -> u32 {
        let leg = self.c.legs().len() as u32;
        self.router(Command::Offer {
            offer: OfferId::from_number(u128::from(leg)),
            token: Token::taken(user),
            auto_answer: false,
            ring_ms: 20_000,
        });
        leg
    }
    /// Customer 0 and Ana 1 talk.
    pub fn talking() -> Self {
        let mut s = Self::queued();
        let leg = s.offer(ANA);
        s.answers(leg);
        s
    }
    /// Ana 1 consults Ben 2 alone; the customer hears music.
    pub fn consulting() -> Self {
        let mut s = Self::talking();
        s.by(ANA, Command::StartConsult { target: user(BEN), note: None });
        s.answers(2);
        s
    }
    pub fn outbound() -> Self {
        let mut s = Self::open(opening(CallType::Outbound, AnswerWhen::OnFlow));
        s.system(Command::DialFar { target: Target::Number(number(1)) });
        s.answers(0);
        s
    }
    pub fn direct(ephemeral: bool) -> Self {
        let opening = Opening { ephemeral, ..opening(CallType::Internal, AnswerWhen::OnFlow) };
        let mut s = Self::open(opening);
        s.system(Command::DialFar { target: user(BEN) });
        s.answers(0);
        s
    }
}
