use super::*;

#[test]
fn an_outbound_call_rings_the_caller_first_then_the_number() {
    let mut s = Stage::open(opening(CallType::Outbound, AnswerWhen::OnFlow));
    s.system(Command::DialFar { target: Target::Number(number(1)) });
    assert_eq!(s.c.legs().len(), 1);
    s.answers(0);
    assert_eq!((s.hears().as_str(), s.c.legs()[1].role), ("0:tone", Role::Customer));
    s.answers(1);
    assert_eq!((s.hears().as_str(), s.c.calls()[0].target), ("0:1 1:0", Some(ANA)));
}

#[test]
fn a_far_end_that_does_not_answer_ends_it_with_the_reason() {
    for (reason, disposition) in [
        (EndReason::Busy, Disposition::Busy),
        (EndReason::NoAnswer, Disposition::NoAnswer),
        (EndReason::Declined, Disposition::Declined),
        (EndReason::Rejected, Disposition::Failed),
    ] {
        let mut s = Stage::outbound();
        s.fails(1, reason);
        assert_eq!((s.c.calls()[0].disposition, s.c.end_reason()), (disposition, Some(reason)));
    }
}

#[test]
fn a_trunk_that_speaks_before_the_answer_is_heard_instead_of_our_ringback() {
    let mut s = Stage::outbound();
    assert_eq!(s.hears(), "0:tone");
    s.signal(Signal::EarlyMedia { leg: 1 });
    assert_eq!(s.hears(), "0:1", "and it hears nobody yet");
    let again = s.try_input(&Input::Signal(Signal::EarlyMedia { leg: 1 }));
    assert_eq!(again, Err(Rejected::NoChange));
    let stopped = Signal::LegEnded { leg: 1, reason: EndReason::MediaTimeout };
    assert_eq!(s.try_input(&Input::Signal(stopped)), Err(Rejected::NoChange), "it may still answer");
    s.answers(1);
    assert_eq!(s.hears(), "0:1 1:0");
    s.signal(Signal::LegEnded { leg: 1, reason: EndReason::RemoteHangup });

    let mut s = Stage::outbound();
    s.signal(Signal::EarlyMedia { leg: 1 });
    s.fails(1, EndReason::Busy);
    assert_eq!(s.c.end_reason(), Some(EndReason::Busy));
}

#[test]
fn a_consulted_numbers_announcement_is_for_who_asked() {
    let mut s = Stage::talking();
    s.by(ANA, Command::StartConsult { target: Target::Number(number(2)), note: None });
    assert_eq!(s.hears(), "0:hold 1:tone");
    s.signal(Signal::EarlyMedia { leg: 2 });
    assert_eq!(s.hears(), "0:hold 1:2");
    s.by(ANA, Command::CancelConsult);
    assert_eq!(s.hears(), "0:1 1:0");

    let mut s = Stage::talking();
    s.by(ANA, Command::Transfer { target: Target::Number(number(2)) });
    s.signal(Signal::EarlyMedia { leg: 2 });
    assert_eq!(s.hears(), "0:2", "the customer hears where they are sent");

    let mut s = Stage::outbound();
    let (token, mode) = (Token::taken(BEN), voicecall::CoachingMode::Monitor);
    let attach_to = voicecall::Attachment::Conversation;
    s.by(BEN, Command::StartCoaching { token, mode, agent_leg: None, attach_to });
    s.answers(2);
    s.signal(Signal::EarlyMedia { leg: 1 });
    assert_eq!(s.hears(), "0:1 2:0+1", "a supervisor hears what the agent hears");
}

#[test]
fn a_colleagues_phone_has_no_early_media() {
    let mut s = Stage::direct(false);
    assert_eq!(s.try_input(&Input::Signal(Signal::EarlyMedia { leg: 1 })), Err(Rejected::NoChange));
    assert_eq!(s.hears(), "0:tone");
}

#[test]
fn a_number_rings_for_a_minute() {
    let s = Stage::outbound();
    assert_eq!(s.c.desired().deadline.unwrap().at, Timestamp(60_000));
}

#[test]
fn colleagues_call_each_other() {
    let mut s = Stage::direct(false);
    assert_eq!((s.hears().as_str(), s.c.legs()[1].role), ("0:tone", Role::Agent));
    s.answers(1);
    assert_eq!(s.hears(), "0:1 1:0");
    s.by(ANA, Command::Hold { leg: None });
    assert_eq!(s.hears(), "0: 1:hold");
    s.by(ANA, Command::Resume { leg: None });
    s.by(ANA, Command::StartConsult { target: user(CID), note: None });
    s.answers(2);
    assert_eq!(s.hears(), "0:2 1:hold 2:0");
    s.by(ANA, Command::CompleteTransfer);
    assert_eq!(s.hears(), "1:2 2:1");
    s.says_bye(1);
    assert_eq!(
        s.records(),
        "0 Internal Direct Transferred next=2\n\
         1 Internal Consult Merged parent=0\n\
         2 Internal Transfer Completed parent=1 previous=0\n"
    );
}

#[test]
fn a_direct_call_to_a_queue_waits_as_work() {
    let mut s = Stage::open(opening(CallType::Internal, AnswerWhen::OnFlow));
    s.system(Command::DialFar { target: queue(SUPPORT) });
    s.answers(0);
    assert_eq!(s.hears(), "0:queue");
    let leg = s.offer(BEN);
    s.answers(leg);
    assert_eq!(s.hears(), "0:1 1:0");
}

#[test]
fn the_named_far_user_is_needed_before_being_rung() {
    let mut s = Stage::open(opening(CallType::Internal, AnswerWhen::OnFlow));
    s.system(Command::DialFar { target: user(BEN) });
    assert!(s.c.desired().people.contains(&BEN));
    assert_eq!(s.c.leg_of(BEN), None);
    s.fails(0, EndReason::NoAnswer);
    assert!(s.c.is_ended() && s.c.desired().people.is_empty());
}

#[test]
fn an_ephemeral_call_knows_hold_and_mute_only() {
    let mut s = Stage::direct(true);
    s.answers(1);
    s.by(ANA, Command::Hold { leg: None });
    s.by(ANA, Command::Resume { leg: None });
    s.by(ANA, Command::Mute { leg: None });
    let coaching = Command::StartCoaching {
        token: Token::taken(SUE),
        mode: voicecall::CoachingMode::Monitor,
        agent_leg: None,
        attach_to: voicecall::Attachment::Conversation,
    };
    assert_eq!(s.refused(SUE, coaching), Rejected::Ephemeral);
    for command in [
        Command::StartConsult { target: user(CID), note: None },
        Command::Transfer { target: user(CID) },
        Command::AddParticipant { target: user(CID) },
        Command::Park { slot: "71".to_owned() },
        Command::PauseRecording,
        Command::SetDetails { details: Details { subject: Some("x".to_owned()), ..Details::default() } },
    ] {
        assert_eq!(s.refused(ANA, command), Rejected::Ephemeral);
    }
    assert_eq!(s.c.recording(), Recording::Off);
    s.by(BEN, Command::HangUp);
    assert!(s.c.is_ended());
}
