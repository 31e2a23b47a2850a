use super::*;

#[test]
fn a_lost_agent_comes_back_and_finds_the_call_as_left() {
    let mut s = Stage::talking();
    s.signal(Signal::WireLost { leg: 1 });
    assert_eq!((s.hears().as_str(), s.c.state()), ("0:hold", State::Reattaching));
    s.signal(Signal::WireBack { leg: 1 });
    assert_eq!(s.hears(), "0:1 1:0");
}

#[test]
fn after_the_grace_time_the_customer_is_first_in_its_queue() {
    let mut s = Stage::talking();
    s.now = Timestamp(100_000);
    s.by(ANA, Command::Hold { leg: None });
    s.signal(Signal::LegEnded { leg: 1, reason: EndReason::Unreachable });
    assert_eq!(s.c.desired().deadline.unwrap().reason, DeadlineReason::Reattach);
    s.after_ms(30_000);
    assert_eq!(s.hears(), "0:queue");
    let work = s.c.desired().work.unwrap();
    assert_eq!((work.head, work.since, work.call), (true, Timestamp(0), 0));
    let leg = s.offer(BEN);
    s.answers(leg);
    assert_eq!((s.hears().as_str(), s.c.calls()[0].target), ("0:2 2:0", Some(BEN)));
}

#[test]
fn mid_consult_the_customer_goes_to_the_specialist() {
    let mut s = Stage::consulting();
    s.signal(Signal::WireLost { leg: 1 });
    assert_eq!(s.hears(), "0:hold 2:");
    s.after_ms(30_000);
    assert_eq!(s.hears(), "0:2 2:0");
    assert_eq!(s.c.legs()[1].state, LegState::Ended { reason: EndReason::AgentLost });
}

#[test]
fn a_call_without_a_queue_ends_agent_lost() {
    let mut s = Stage::outbound();
    s.answers(1);
    s.signal(Signal::WireLost { leg: 0 });
    s.after_ms(30_000);
    assert_eq!(s.c.end_reason(), Some(EndReason::AgentLost));
    assert_eq!(s.c.calls()[0].disposition, Disposition::Failed);
}

#[test]
fn others_of_staff_carry_on_without_the_lost_one() {
    let mut s = conference();
    s.signal(Signal::WireLost { leg: 1 });
    assert_eq!(s.hears(), "0:2+3 2:0+3 3:0+2");
    s.after_ms(30_000);
    assert_eq!((s.hears().as_str(), s.c.calls()[0].target), ("0:2+3 2:0+3 3:0+2", Some(BEN)));
}

#[test]
fn an_outside_party_is_never_waited_for() {
    let mut s = Stage::talking();
    assert_eq!(s.try_input(&Input::Signal(Signal::WireLost { leg: 0 })), Err(Rejected::NoChange));
    s.signal(Signal::LegEnded { leg: 0, reason: EndReason::MediaTimeout });
    assert_eq!(s.c.end_reason(), Some(EndReason::MediaTimeout));
}
