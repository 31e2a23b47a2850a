use super::*;

#[test]
fn a_consult_is_private_swapped_and_merged() {
    let mut s = Stage::talking();
    s.by(ANA, Command::StartConsult { target: user(BEN), note: Some("refund".to_owned()) });
    assert_eq!((s.hears().as_str(), s.c.state()), ("0:hold 1:tone", State::Consulting));
    assert_eq!(s.refused(ANA, Command::CompleteTransfer), Rejected::ConsultRinging);
    s.answers(2);
    assert_eq!(s.hears(), "0:hold 1:2 2:1");
    s.by(ANA, Command::SwapConsult);
    assert_eq!(s.hears(), "0:1 1:0 2:hold");
    s.by(ANA, Command::SwapConsult);
    assert_eq!(s.hears(), "0:hold 1:2 2:1");
    s.by(ANA, Command::MergeConsult);
    assert_eq!((s.hears().as_str(), s.c.state()), ("0:1+2 1:0+2 2:0+1", State::Conference));
    s.says_bye(2);
    assert_eq!(s.hears(), "0:1 1:0");
    assert_eq!(s.records(), "0 Inbound Customer InProgress\n1 Internal Consult Conferenced parent=0\n");
}

#[test]
fn a_consult_that_fails_says_why_and_gives_the_customer_back() {
    for (reason, disposition) in [
        (EndReason::Busy, Disposition::Busy),
        (EndReason::Declined, Disposition::Declined),
        (EndReason::NoAnswer, Disposition::NoAnswer),
        (EndReason::Unreachable, Disposition::Failed),
    ] {
        let mut s = Stage::talking();
        s.by(ANA, Command::StartConsult { target: user(BEN), note: None });
        let events = s.fails(2, reason);
        assert!(events.contains(&Event::ConsultEnded { reason }));
        assert_eq!(s.c.calls()[1].disposition, disposition);
        assert_eq!(s.hears(), "0:1 1:0");
        assert_eq!(s.c.recording(), Recording::On);
    }
}

#[test]
fn a_consult_rings_for_thirty_seconds() {
    let mut s = Stage::talking();
    s.by(ANA, Command::StartConsult { target: user(BEN), note: None });
    s.after_ms(30_000);
    assert_eq!((s.hears().as_str(), s.c.calls()[1].disposition), ("0:1 1:0", Disposition::NoAnswer));
}

#[test]
fn a_hold_from_before_the_consult_outlives_it() {
    let mut s = Stage::talking();
    s.by(ANA, Command::Hold { leg: None });
    s.by(ANA, Command::StartConsult { target: user(BEN), note: None });
    s.answers(2);
    s.by(ANA, Command::CancelConsult);
    assert_eq!(s.hears(), "0:hold 1:");
    s.by(ANA, Command::Resume { leg: None });
    assert_eq!(s.hears(), "0:1 1:0");
}

#[test]
fn others_of_staff_go_on_with_the_customer_during_a_consult() {
    let mut s = conference();
    s.by(ANA, Command::StartConsult { target: user(CID), note: None });
    s.answers(4);
    assert_eq!(s.hears(), "0:2+3 1:4 2:0+3 3:0+2 4:1");
    s.by(BEN, Command::Leave);
    assert_eq!(s.hears(), "0:hold 1:4 3:hold 4:1");
    s.by(ANA, Command::CancelConsult);
    assert_eq!(s.hears(), "0:1+3 1:0+3 3:0+1");
}

#[test]
fn a_consult_of_a_queue_waits_as_work_and_survives_a_decline() {
    let mut s = Stage::talking();
    s.by(ANA, Command::StartConsult { target: queue(SUPPORT), note: None });
    let work = s.c.desired().work.unwrap();
    assert_eq!((work.call, work.target), (1, WorkTarget::Queue(SUPPORT)));
    assert_eq!(s.hears(), "0:hold 1:queue");
    let leg = s.offer(BEN);
    assert_eq!(s.hears(), "0:hold 1:tone");
    s.by(BEN, Command::Decline { reason: None });
    assert_eq!(s.hears(), "0:hold 1:queue");
    let again = s.offer(CID);
    assert_ne!(leg, again);
    s.answers(again);
    assert_eq!(s.hears(), "0:hold 1:3 3:1");
    assert_eq!(s.c.desired().work, None);
}

#[test]
fn a_consulted_number_makes_an_outbound_record() {
    let mut s = Stage::talking();
    s.by(ANA, Command::StartConsult { target: Target::Number(number(5)), note: None });
    s.answers(2);
    assert_eq!((s.c.calls()[1].call_type, s.c.legs()[2].role), (CallType::Outbound, Role::ThirdParty));
    s.by(ANA, Command::CompleteTransfer);
    assert_eq!(s.hears(), "0:2 2:0");
    s.says_bye(0);
    assert!(s.c.is_ended());
}

#[test]
fn a_customer_who_leaves_while_the_target_rings_cancels_the_ringing() {
    let mut s = Stage::talking();
    s.by(ANA, Command::StartConsult { target: user(BEN), note: None });
    s.says_bye(0);
    assert!(s.c.is_ended());
    assert_eq!(s.c.legs()[2].state, LegState::Ended { reason: EndReason::Cancelled });
    assert_eq!(s.c.calls()[1].end_reason, Some(EndReason::Cancelled));
}

#[test]
fn a_customer_who_leaves_an_answered_consult_lets_the_colleagues_finish() {
    let mut s = Stage::consulting();
    s.by(ANA, Command::SwapConsult);
    s.says_bye(0);
    assert_eq!(s.hears(), "1:2 2:1");
    assert_eq!(s.c.calls()[0].disposition, Disposition::Completed);
    assert_eq!(s.refused(ANA, Command::CompleteTransfer), Rejected::CustomerGone);
    assert_eq!(s.refused(ANA, Command::MergeConsult), Rejected::CustomerGone);
    s.by(ANA, Command::Leave);
    assert!(s.c.is_ended());
    assert_eq!(s.c.calls()[1].disposition, Disposition::Completed);
}

#[test]
fn the_target_of_a_private_consult_cannot_cut_the_customer_off() {
    let mut s = Stage::consulting();
    s.by(BEN, Command::HangUp);
    assert_eq!(s.hears(), "0:1 1:0");
    assert_eq!(s.c.calls()[1].disposition, Disposition::Completed);
}

#[test]
fn there_is_one_consult_at_a_time_and_its_initiator_alone_steers_it() {
    let mut s = Stage::consulting();
    let another = Command::StartConsult { target: user(CID), note: None };
    assert_eq!(s.refused(ANA, another), Rejected::ConsultGoingOn);
    assert_eq!(s.refused(BEN, Command::MergeConsult), Rejected::NotNow);
    assert_eq!(s.refused(CID, Command::MergeConsult), Rejected::NotAParty);
}
