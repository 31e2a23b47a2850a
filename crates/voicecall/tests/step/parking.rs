use super::*;

#[test]
fn a_parked_customer_is_fetched_by_a_colleague() {
    let mut s = Stage::talking();
    s.by(ANA, Command::Park { slot: "71".to_owned() });
    assert_eq!((s.hears().as_str(), s.c.state(), s.c.parked_slot()), ("0:hold", State::Parked, Some("71")));
    s.by(BEN, Command::Retrieve { token: Token::taken(BEN), auto_answer: false });
    assert_eq!(s.hears(), "0:hold");
    s.answers(2);
    assert_eq!((s.hears().as_str(), s.c.calls()[0].target), ("0:2 2:0", Some(BEN)));
}

#[test]
fn a_customer_parked_too_long_goes_back_to_the_queue_or_to_who_parked() {
    let mut s = Stage::talking();
    s.by(ANA, Command::Park { slot: "71".to_owned() });
    s.after_ms(300_000);
    assert_eq!(s.c.desired().work.unwrap().target, WorkTarget::Queue(BILLING));
    let mut s = Stage::outbound();
    s.answers(1);
    s.by(ANA, Command::Park { slot: "72".to_owned() });
    s.after_ms(300_000);
    assert_eq!(s.c.desired().work.unwrap().target, WorkTarget::User(ANA));
    s.router(Command::AbandonWork { reason: EndReason::NoAnswer });
    assert!(s.c.is_ended());
}
