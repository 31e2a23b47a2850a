use super::*;

#[test]
fn recording_pauses_and_stays_paused_over_a_consult() {
    let mut s = Stage::talking();
    s.by(ANA, Command::PauseRecording);
    s.by(ANA, Command::StartConsult { target: user(BEN), note: None });
    s.fails(2, EndReason::Busy);
    assert_eq!(s.c.recording(), Recording::Paused);
    s.by(ANA, Command::ResumeRecording);
    assert_eq!(s.c.recording(), Recording::On);
    let mut opening = opening(CallType::Inbound, AnswerWhen::OnFlow);
    opening.policy = Policy { record: false, ..opening.policy };
    let mut s = Stage { opening: opening.clone(), ..Stage::open(opening) };
    s.system(Command::Enqueue { target: QueueOrUser::User(ANA), skills: vec![], priority: 5 });
    let leg = s.offer(ANA);
    s.answers(leg);
    assert_eq!(s.refused(ANA, Command::PauseRecording), Rejected::NotRecording);
}

#[test]
fn details_and_results_may_be_written_after_the_end() {
    let mut s = Stage::talking();
    let details = Details { subject: Some("refund".to_owned()), ..Details::default() };
    s.by(ANA, Command::SetDetails { details: details.clone() });
    assert_eq!(s.refused(ANA, Command::SetDetails { details: details.clone() }), Rejected::NoChange);
    s.by(ANA, Command::HangUp);
    s.by(ANA, Command::WrapUp { code: None, resolution: None, notes: Some("done".to_owned()) });
    s.signal(Signal::Measured { leg: 0, quality: Quality::default() });
    let wrap_up = Command::WrapUp { code: None, resolution: None, notes: None };
    assert_eq!(s.refused(BEN, wrap_up), Rejected::NotAParty);
    assert_eq!(s.refused(ANA, Command::Hold { leg: None }), Rejected::Ended);
    assert_eq!(s.c.details().subject.as_deref(), Some("refund"));
}

#[test]
fn a_lost_node_closes_the_books_truthfully() {
    let mut s = Stage::consulting();
    s.system(Command::LoseNode);
    let lost = |leg: &voicecall::Leg| leg.state == LegState::Ended { reason: EndReason::NodeLost };
    assert!(s.c.legs().iter().all(lost));
    assert!(s.c.calls().iter().all(|call| call.disposition == Disposition::Failed));
    assert_eq!(s.c.end_reason(), Some(EndReason::NodeLost));
}

#[test]
fn the_second_of_two_who_press_at_once_is_refused() {
    let mut s = Stage::consulting();
    s.by(ANA, Command::CompleteTransfer);
    assert_eq!(s.refused(ANA, Command::CancelConsult), Rejected::NotAParty);
    assert_eq!(s.refused(BEN, Command::MergeConsult), Rejected::NoConsult);
}

#[test]
fn a_raised_hand_comes_down_with_its_owner() {
    let mut s = conference();
    s.by(BEN, Command::RaiseHand);
    assert_eq!(s.c.hand_raised_by(), Some(BEN));
    s.by(BEN, Command::Leave);
    assert!(!s.c.hand_raised());
}

#[test]
fn a_fact_survives_its_way_through_json() {
    let mut s = Stage::consulting();
    s.by(ANA, Command::CompleteTransfer);
    for event in &s.log {
        let text = voicecall::upcast::write(event).unwrap();
        assert_eq!(&voicecall::upcast::read(voicecall::upcast::FORM, &text).unwrap(), event);
    }
    let opened = Event::Opened { opening: Box::new(Opening { queue: Some(BILLING), ..s.opening.clone() }) };
    let text = voicecall::upcast::write(&opened).unwrap();
    assert_eq!(voicecall::upcast::read(1, &text).unwrap(), opened);
    assert!(voicecall::upcast::read(2, &text).is_err());
}
