//! A conversation told step by step through the call core, with its facts and times, and folded records as text.
#![allow(dead_code, reason = "each test binary uses its share")]

use reporting::{ConversationFacts, WrapUp, fold};
use terms::{ConversationId, EndReason, OfferId, PhoneNumber, QueueId, Timestamp, Token, UserId};
use voicecall::{
    Actor, AnswerWhen, CallType, Command, Conversation, Details, Event, Input, Opening, Party, Policy,
    Purpose, QueueOrUser, Rejected, Signal, Target,
};

pub const ANA: UserId = UserId::from_number(1);
pub const BEN: UserId = UserId::from_number(2);
pub const CID: UserId = UserId::from_number(3);
pub const SUE: UserId = UserId::from_number(8);
pub const BILLING: QueueId = QueueId::from_number(100);
pub const SUPPORT: QueueId = QueueId::from_number(101);

pub fn number(last: u32) -> PhoneNumber {
    format!("+1555010{last:03}").parse().unwrap()
}

pub fn user(user: UserId) -> Target {
    Target::User { token: Token::taken(user), auto_answer: false }
}

pub struct Told {
    pub opening: Opening,
    pub c: Conversation,
    pub facts: Vec<(Timestamp, Event)>,
    pub wrap_ups: Vec<WrapUp>,
    pub start: Timestamp,
    pub now: Timestamp,
}

pub fn opening(id: u128, at: Timestamp, call_type: CallType) -> Opening {
    let inbound = call_type == CallType::Inbound;
    Opening {
        id: ConversationId::from_number(id),
        at,
        call_type,
        purpose: if call_type == CallType::Internal { Purpose::Direct } else { Purpose::Customer },
        first: if inbound { Party::Number(Some(number(1))) } else { Party::User(ANA) },
        incoming: inbound,
        auto_answer: !inbound,
        dialed: inbound.then(|| number(99)),
        queue: None,
        trunk: None,
        ephemeral: false,
        details: Details { subject: Some("Refund".to_owned()), ..Details::default() },
        policy: Policy { answer: AnswerWhen::OnFlow, ..Policy::default() },
        callback: None,
    }
}

impl Told {
    pub fn open(opening: Opening) -> Self {
        let c = Conversation::open(&opening);
        let (start, now) = (opening.at, opening.at);
        Self { opening, c, facts: Vec::new(), wrap_ups: Vec::new(), start, now }
    }

    /// Seconds after the opening; what follows happens then.
    pub fn at(&mut self, seconds: i64) -> &mut Self {
        self.now = self.start + seconds * 1000;
        self
    }
    pub fn try_input(&mut self, input: &Input) -> Result<(), Rejected> {
        for event in self.c.decide(input, self.now)? {
            self.c.apply(&event);
            self.facts.push((self.now, event));
        }
        Ok(())
    }
    #[track_caller]
    pub fn input(&mut self, input: Input) -> &mut Self {
        if let Err(rejected) = self.try_input(&input) {
            panic!("{input:?}: {rejected:?}");
        }
        self
    }
    #[track_caller]
    pub fn by(&mut self, user: UserId, command: Command) -> &mut Self {
        self.input(Input::by_user(user, command))
    }
    #[track_caller]
    pub fn system(&mut self, command: Command) -> &mut Self {
        self.input(Input::Command { by: Actor::System, command })
    }
    #[track_caller]
    pub fn answers(&mut self, leg: u32) -> &mut Self {
        self.input(Input::Signal(Signal::LegAnswered { leg }))
    }
    #[track_caller]
    pub fn says_bye(&mut self, leg: u32) -> &mut Self {
        self.input(Input::Signal(Signal::LegEnded { leg, reason: EndReason::RemoteHangup }))
    }
    #[track_caller]
    pub fn fails(&mut self, leg: u32, reason: EndReason) -> &mut Self {
        self.input(Input::Signal(Signal::LegFailed { leg, reason }))
    }
    #[track_caller]
    pub fn offer(&mut self, user: UserId) -> &mut Self {
        let salt = self.opening.id.0.as_u128() << 16;
        let offer = OfferId::from_number(salt + self.c.legs().len() as u128);
        let token = Token::taken(user);
        self.input(Input::Command {
            by: Actor::Router,
            command: Command::Offer { offer, token, auto_answer: false, ring_ms: 20_000 },
        })
    }
    /// Wraps up from now on for so many seconds.
    pub fn wraps_up(&mut self, user: UserId, seconds: Option<i64>) -> &mut Self {
        let end = seconds.map(|seconds| self.now + seconds * 1000);
        self.wrap_ups.push(WrapUp { user, start: self.now, end });
        self
    }

    /// At 0 s the greeting, at 10 s into the queue.
    pub fn queued(id: u128, at: Timestamp) -> Self {
        let mut told = Self::open(opening(id, at, CallType::Inbound));
        told.answers(0);
        told.at(10).system(Command::Enqueue {
            target: QueueOrUser::Queue(BILLING),
            skills: Vec::new(),
            priority: 5,
        });
        told
    }
    /// At 30 s Ana is rung, at 35 s customer 0 and Ana 1 talk.
    pub fn talking(id: u128, at: Timestamp) -> Self {
        let mut told = Self::queued(id, at);
        told.at(30).offer(ANA).at(35).answers(1);
        told
    }
    /// At 60 s Ana asks Ben 2, who answers at 70 s.
    pub fn consulting(id: u128, at: Timestamp) -> Self {
        let mut told = Self::talking(id, at);
        told.at(60).by(ANA, Command::StartConsult { target: user(BEN), note: None });
        told.at(70).answers(2);
        told
    }

    pub fn fold(&self) -> ConversationFacts {
        let facts = self.facts.iter().map(|(at, event)| (*at, event));
        fold(&self.opening, facts, &self.wrap_ups, self.now)
    }

    /// The records as tables: times in seconds after the opening.
    pub fn text(&self) -> String {
        text(&self.fold(), self.start)
    }
}

pub fn name(user: Option<UserId>) -> String {
    match user {
        Some(ANA) => "ana".to_owned(),
        Some(BEN) => "ben".to_owned(),
        Some(CID) => "cid".to_owned(),
        Some(SUE) => "sue".to_owned(),
        Some(other) => other.to_string(),
        None => "-".to_owned(),
    }
}

fn word<T: serde::Serialize>(choice: &T) -> String {
    serde_json::to_value(choice).unwrap().as_str().unwrap().to_owned()
}

/// One line a call (with its times in seconds), one a call leg with its segments, then holds, coaching and offers.
pub fn text(facts: &ConversationFacts, start: Timestamp) -> String {
    let at = |time: Option<Timestamp>| {
        time.map_or("…".to_owned(), |time| (time.ms_since(start) / 1000).to_string())
    };
    let mut text = format!("{} {}-{}\n", word(&facts.conversation.state), 0, at(facts.conversation.ended_at));
    for call in &facts.voice_calls {
        let times = &call.times;
        text += &format!(
            "{} {} {} {} {} started {} queued {} accepted {} ended {}",
            call.path,
            word(&call.call_type),
            word(&call.purpose),
            name(call.user),
            word(&call.disposition),
            at(Some(call.started_at)),
            at(call.queued_at),
            at(call.accepted_at),
            at(call.ended_at),
        );
        for (name, ms) in [
            ("ring", times.ring_ms),
            ("talk", times.talk_ms),
            ("hold", times.hold_ms),
            ("longest", times.longest_hold_ms),
            ("queue", times.queue_ms),
            ("ivr", times.ivr_ms),
            ("park", times.park_ms),
            ("acw", times.wrap_up_ms),
        ] {
            if ms > 0 {
                text += &format!(" {name}={}", ms / 1000);
            }
        }
        if times.hold_count > 0 {
            text += &format!(" holds={}", times.hold_count);
        }
        let ordinal = |id| facts.voice_calls.iter().find(|call| Some(call.id) == id).map(|call| call.ordinal);
        for (name, link) in [("previous", call.previous), ("next", call.next)] {
            if let Some(link) = ordinal(link) {
                text += &format!(" {name}={link}");
            }
        }
        text += "\n";
    }
    for leg in &facts.call_legs {
        let who = leg.user.map_or("customer".to_owned(), |user| name(Some(user)));
        text += &format!(
            "  {who} {} in {}: ring {} answer {} end {} {}:",
            word(&leg.role),
            leg.call,
            at(Some(leg.ring_at)),
            at(leg.answered_at),
            at(leg.ended_at),
            leg.end_reason.map_or("-", EndReason::as_str),
        );
        for segment in facts.segments.iter().filter(|segment| segment.call_leg == leg.id) {
            text += &format!(" {} {}-{}", word(&segment.kind), at(Some(segment.start)), at(segment.end));
        }
        text += "\n";
    }
    for hold in &facts.holds {
        text += &format!(
            "  hold of {} in {} by {} {}-{}\n",
            hold.leg,
            hold.call,
            name(hold.by),
            at(Some(hold.start)),
            at(hold.end)
        );
    }
    for coaching in &facts.coaching_intervals {
        text += &format!(
            "  {} {} {} {}-{}\n",
            name(Some(coaching.supervisor)),
            word(&coaching.mode),
            name(coaching.agent),
            at(Some(coaching.start)),
            at(coaching.end)
        );
    }
    for offer in &facts.offers {
        text += &format!(
            "  offer to {} {}-{} {} {}\n",
            name(Some(offer.user)),
            at(Some(offer.offered_at)),
            at(offer.ended_at),
            word(&offer.state),
            offer.reason.as_deref().unwrap_or("-")
        );
    }
    text
}
