//! Steps, one decision each, as people know them. Beside what each test says, every step of every test goes through
//! `support::step::check` (hear each other at once, consults give back, whispers never widen, replay equals state, …).

mod support;

use support::*;
use terms::{DeadlineReason, EndReason, OfferId, PromptId, Quality, Timestamp, Token, UserId};
use voicecall::{
    Actor, AnswerWhen, CallType, Command, Details, Disposition, Event, Input, LegState, Opening, Policy,
    QueueOrUser, Recording, Rejected, Role, Signal, State, Target, Wire, Wish, Wishes, WorkTarget,
};

mod step {
    use super::*;

    mod around;
    mod coaching;
    mod conferences;
    mod consults;
    mod hold_and_mute;
    mod lost_wires;
    mod offers;
    mod outbound_and_direct;
    mod overflow;
    mod parking;
    mod transfers;
    mod wishes;
}

/// Customer 0, Ana 1, Ben 2 and a third party 3 talk together.
fn conference() -> Stage {
    let mut s = Stage::talking();
    s.by(ANA, Command::AddParticipant { target: user(BEN) });
    s.answers(2);
    s.by(ANA, Command::AddParticipant { target: Target::Number(number(3)) });
    s.answers(3);
    s
}
