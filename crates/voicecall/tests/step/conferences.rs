use super::*;

#[test]
fn six_people_talk_and_the_seventh_is_refused() {
    let mut s = conference();
    for last in [4, 5] {
        s.by(BEN, Command::AddParticipant { target: Target::Number(number(last)) });
        let leg = s.c.legs().len() as u32 - 1;
        s.answers(leg);
    }
    assert_eq!(s.row(0), ["1", "2", "3", "4", "5"]);
    let seventh = Command::AddParticipant { target: user(CID) };
    assert_eq!(s.refused(ANA, seventh), Rejected::Full);
    let consult = Command::StartConsult { target: user(CID), note: None };
    assert_eq!(s.refused(ANA, consult), Rejected::Full);
    s.by(ANA, Command::RemoveParticipant { leg: 5 });
    assert_eq!(s.row(0), ["1", "2", "3", "4"]);
}

/// Found by the simulation, seed 62619.
#[test]
fn a_consult_waiting_in_a_queue_keeps_its_place_among_the_six() {
    let mut s = conference();
    s.by(BEN, Command::AddParticipant { target: Target::Number(number(4)) });
    s.answers(4);
    s.by(ANA, Command::StartConsult { target: queue(SUPPORT), note: None });
    let sixth = Command::AddParticipant { target: Target::Number(number(5)) };
    assert_eq!(s.refused(BEN, sixth), Rejected::Full);
    let leg = s.offer(CID);
    s.answers(leg);
    s.by(ANA, Command::MergeConsult);
    assert_eq!(s.row(0), ["1", "2", "3", "4", "5"]);
}

#[test]
fn nobody_is_dropped_because_the_first_agent_leaves() {
    let mut s = conference();
    s.by(ANA, Command::Leave);
    assert_eq!(s.hears(), "0:2+3 2:0+3 3:0+2");
    assert_eq!((s.c.calls()[0].target, s.c.calls()[0].open), (Some(BEN), true));
    assert_eq!(s.c.legs()[2].role, Role::Agent);
    s.by(BEN, Command::Leave);
    assert_eq!(s.hears(), "0:3 3:0");
    s.says_bye(3);
    assert!(s.c.is_ended());
}

#[test]
fn an_added_colleague_has_an_internal_record_of_its_own() {
    let mut s = conference();
    s.says_bye(2);
    assert_eq!(
        s.records(),
        "0 Inbound Customer InProgress\n\
         1 Internal Participant Completed parent=0\n\
         2 Outbound Participant InProgress parent=0\n"
    );
    s.says_bye(1);
    assert!(s.c.is_ended(), "a goodbye of the last of staff ends it");
}

#[test]
fn a_call_with_a_third_party_goes_on_when_the_customer_leaves() {
    let mut s = conference();
    s.says_bye(0);
    assert_eq!(s.hears(), "1:2+3 2:1+3 3:1+2");
    s.says_bye(3);
    assert!(s.c.is_ended(), "two of staff are no call");
}

#[test]
fn an_added_party_that_does_not_answer_changes_nothing() {
    let mut s = Stage::talking();
    s.by(ANA, Command::AddParticipant { target: user(BEN) });
    assert_eq!(s.hears(), "0:1 1:0");
    assert_eq!(s.refused(ANA, Command::AddParticipant { target: user(BEN) }), Rejected::AlreadyHere);
    s.after_ms(30_000);
    assert_eq!((s.hears().as_str(), s.c.calls()[1].disposition), ("0:1 1:0", Disposition::NoAnswer));
}
