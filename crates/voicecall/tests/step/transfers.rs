use super::*;

#[test]
fn a_warm_transfer_makes_three_linked_records() {
    let mut s = Stage::consulting();
    s.by(ANA, Command::CompleteTransfer);
    assert_eq!(s.hears(), "0:2 2:0");
    assert_eq!(s.c.legs()[1].state, LegState::Ended { reason: EndReason::Transferred });
    assert_eq!(s.c.legs()[2].role, Role::Agent);
    s.says_bye(0);
    assert_eq!(
        s.records(),
        "0 Inbound Customer Transferred next=2\n\
         1 Internal Consult Merged parent=0\n\
         2 Inbound Transfer Completed parent=1 previous=0\n"
    );
}

#[test]
fn a_consult_from_a_transferred_call_has_the_transfer_as_parent() {
    let mut s = Stage::consulting();
    s.by(ANA, Command::CompleteTransfer);
    s.by(BEN, Command::StartConsult { target: user(CID), note: None });
    assert_eq!(s.c.calls()[3].parent, Some(2));
}

#[test]
fn an_agents_bye_completes_an_answered_consult_merged_or_not() {
    for merged in [false, true] {
        let mut s = Stage::consulting();
        if merged {
            s.by(ANA, Command::MergeConsult);
        }
        let events = s.says_bye(1);
        assert!(events.contains(&Event::TransferCompleted { from: 1, to: 2, call: 2 }));
        assert_eq!(s.hears(), "0:2 2:0");
    }
}

#[test]
fn an_agents_bye_while_the_target_rings_completes_blind() {
    let mut s = Stage::talking();
    s.by(ANA, Command::StartConsult { target: user(BEN), note: None });
    s.says_bye(1);
    assert_eq!((s.hears().as_str(), s.c.state()), ("0:tone", State::Offering));
    assert!(!s.c.desired().people.contains(&ANA));
    s.answers(2);
    assert_eq!(s.hears(), "0:2 2:0");
    assert_eq!(s.c.calls()[2].disposition, Disposition::InProgress);
    assert_eq!((s.c.calls()[2].parent, s.c.calls()[2].previous), (Some(1), Some(0)));
}

#[test]
fn or_it_recalls_the_agent_and_then_the_queue() {
    let mut opening = opening(CallType::Inbound, AnswerWhen::OnFlow);
    opening.policy.hang_up_while_ringing_completes = false;
    let mut s = Stage::open(opening);
    s.system(Command::Enqueue { target: QueueOrUser::Queue(BILLING), skills: vec![], priority: 5 });
    s.answers(0);
    let leg = s.offer(ANA);
    s.answers(leg);
    s.now = Timestamp(90_000);
    s.by(ANA, Command::StartConsult { target: user(BEN), note: None });
    s.says_bye(1);
    let work = s.c.desired().work.unwrap();
    assert_eq!((work.target, work.head), (WorkTarget::User(ANA), true));
    let again = s.offer(ANA);
    s.fails(again, EndReason::NoAnswer);
    assert_eq!(s.c.desired().work, None, "nobody is rung for ten seconds");
    assert_eq!(s.hears(), "0:queue");
    let due = s.c.desired().deadline.unwrap();
    assert_eq!((due.at, due.reason), (Timestamp(100_000), DeadlineReason::Recall));
    s.after_ms(10_000);
    assert_eq!(s.c.desired().work.unwrap().target, WorkTarget::User(ANA));
    let last = s.offer(ANA);
    s.fails(last, EndReason::NoAnswer);
    let work = s.c.desired().work.unwrap();
    assert_eq!((work.target, work.head, work.since), (WorkTarget::Queue(BILLING), true, Timestamp(0)));
}

#[test]
fn a_recall_that_is_declined_goes_to_the_queue_at_once() {
    let mut s = Stage::talking();
    s.by(ANA, Command::Transfer { target: user(BEN) });
    s.fails(2, EndReason::Busy);
    let recalled = s.offer(ANA);
    s.fails(recalled, EndReason::Declined);
    assert_eq!(s.c.desired().work.unwrap().target, WorkTarget::Queue(BILLING));
}

#[test]
fn a_blind_transfer_frees_the_agent_and_reaches_the_colleague() {
    let mut s = Stage::talking();
    s.by(ANA, Command::Hold { leg: None });
    s.by(ANA, Command::Transfer { target: user(BEN) });
    assert_eq!(s.hears(), "0:tone");
    assert!(!s.c.desired().people.contains(&ANA));
    s.answers(2);
    assert_eq!(s.hears(), "0:2 2:0");
    assert_eq!(
        s.records(),
        "0 Inbound Customer Transferred next=1\n1 Inbound Transfer InProgress parent=0 previous=0\n"
    );
}

#[test]
fn a_failed_blind_transfer_recalls_the_agent_then_the_queue() {
    let mut s = Stage::talking();
    s.by(ANA, Command::Transfer { target: user(BEN) });
    let events = s.fails(2, EndReason::Busy);
    assert!(events.contains(&Event::TransferFailed { by: ANA, reason: EndReason::Busy }));
    assert_eq!(s.c.calls()[1].disposition, Disposition::Busy);
    assert_eq!(s.hears(), "0:queue");
    let recalled = s.offer(ANA);
    assert_eq!(s.c.legs()[recalled as usize].call, 2);
    s.by(ANA, Command::Decline { reason: None });
    let work = s.c.desired().work.unwrap();
    assert_eq!((work.target, work.head, work.call), (WorkTarget::Queue(BILLING), true, 2));
    let leg = s.offer(CID);
    s.answers(leg);
    assert_eq!(s.hears(), format!("0:{leg} {leg}:0"));
    assert_eq!(
        s.records(),
        "0 Inbound Customer Transferred next=1\n\
         1 Inbound Transfer Busy parent=0 previous=0 next=2\n\
         2 Inbound Transfer InProgress parent=1 previous=1\n"
    );
}

#[test]
fn a_blind_transfer_to_a_queue_waits_there() {
    let mut s = Stage::talking();
    s.by(ANA, Command::Transfer { target: queue(SUPPORT) });
    assert_eq!((s.hears().as_str(), s.c.queue()), ("0:queue", Some(SUPPORT)));
    let leg = s.offer(BEN);
    let events = s.answers(leg);
    assert!(events.contains(&Event::TransferConnected { leg }));
    assert_eq!(s.hears(), "0:2 2:0");
}

#[test]
fn only_the_last_of_staff_transfers_blind() {
    let mut s = conference();
    assert_eq!(s.refused(ANA, Command::Transfer { target: user(CID) }), Rejected::NotNow);
    let mut s = Stage::consulting();
    assert_eq!(s.refused(ANA, Command::Transfer { target: user(CID) }), Rejected::ConsultGoingOn);
    assert_eq!(s.refused(ANA, Command::Transfer { target: user(BEN) }), Rejected::ConsultGoingOn);
}
