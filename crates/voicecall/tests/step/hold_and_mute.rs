use super::*;

#[test]
fn a_held_customer_hears_music_and_reaches_nobody_not_even_the_recording() {
    let mut s = Stage::talking();
    s.by(ANA, Command::Hold { leg: None });
    assert_eq!(s.hears(), "0:hold 1:");
    assert!(s.c.hearing().row(terms::Listener::Recorder(terms::Channel::Customer)).next().is_none());
    assert_eq!(s.refused(ANA, Command::Hold { leg: None }), Rejected::AlreadyHeld);
    s.by(ANA, Command::Resume { leg: None });
    assert_eq!(s.hears(), "0:1 1:0");
    assert_eq!(s.refused(ANA, Command::Resume { leg: None }), Rejected::NotHeld);
}

#[test]
fn each_party_is_held_alone_and_the_others_go_on() {
    let mut s = conference();
    s.by(ANA, Command::Hold { leg: Some(3) });
    assert_eq!(s.hears(), "0:1+2 1:0+2 2:0+1 3:hold");
    s.by(BEN, Command::Resume { leg: Some(3) });
    assert_eq!(s.hears(), "0:1+2+3 1:0+2+3 2:0+1+3 3:0+1+2");
}

#[test]
fn a_hold_ends_with_who_pressed_it() {
    let mut s = conference();
    s.by(BEN, Command::Hold { leg: Some(0) });
    assert_eq!(s.hears(), "0:hold 1:2+3 2:1+3 3:1+2");
    s.by(BEN, Command::Leave);
    assert_eq!(s.hears(), "0:1+3 1:0+3 3:0+1");
}

#[test]
fn the_hold_key_of_the_agents_phone_holds_the_customer() {
    let mut s = Stage::talking();
    s.signal(Signal::PhoneHeld { leg: 1 });
    assert_eq!(s.hears(), "0:hold 1:");
    s.signal(Signal::PhoneResumed { leg: 1 });
    assert_eq!(s.hears(), "0:1 1:0");
    let customers = Input::Signal(Signal::PhoneHeld { leg: 0 });
    assert_eq!(s.try_input(&customers), Err(Rejected::NoChange));
}

#[test]
fn only_the_muted_colleague_unmutes_and_a_third_party_is_unmuted_by_who_muted_it() {
    let mut s = conference();
    s.by(ANA, Command::Mute { leg: Some(2) });
    assert_eq!(s.hears(), "0:1+3 1:0+3 2:0+1+3 3:0+1");
    assert_eq!(s.refused(ANA, Command::Unmute { leg: Some(2) }), Rejected::NotYours);
    s.by(BEN, Command::Unmute { leg: None });
    s.by(ANA, Command::Mute { leg: Some(3) });
    assert_eq!(s.refused(BEN, Command::Unmute { leg: Some(3) }), Rejected::NotYours);
    s.by(ANA, Command::Leave);
    assert_eq!(s.hears(), "0:2+3 2:0+3 3:0+2");
}

#[test]
fn digits_go_to_whom_the_agent_speaks_with_and_are_not_kept() {
    let mut s = Stage::consulting();
    let digits = || Command::SendDigits { digits: "12#".to_owned() };
    let events = s.by(ANA, digits());
    assert!(matches!(&events[0], Event::DigitsSent { leg: 2, digits, .. } if digits == "12#"));
    assert!(!serde_json::to_string(&events[0]).unwrap().contains("12#"));
    s.by(ANA, Command::SwapConsult);
    assert!(matches!(s.by(ANA, digits())[0], Event::DigitsSent { leg: 0, .. }));
}

#[test]
fn the_hold_key_holds_whoever_is_left_when_the_customer_is_gone() {
    let mut s = conference();
    s.by(BEN, Command::Leave);
    s.says_bye(0);
    s.by(ANA, Command::Hold { leg: None });
    assert_eq!(s.hears(), "1: 3:hold");
    s.signal(Signal::PhoneResumed { leg: 1 });
    assert_eq!(s.hears(), "1:3 3:1");
}
