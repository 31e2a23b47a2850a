//! Hand-made stories and the records they come to. Times are seconds after the opening.

use expect_test::{Expect, expect};
use reporting::WrapUp;
use terms::{EndReason, Quality, Timestamp, Token};
use voicecall::{Attachment, CallType, CoachingMode, Command, Details, Input, Signal, Target};

use crate::told::{ANA, BEN, CID, SUE, SUPPORT, Told, name, number, opening, user};

const START: Timestamp = Timestamp(1_800_000_000_000);

fn check(told: &Told, expected: &Expect) {
    told.c.check().unwrap();
    expected.assert_eq(&told.text());
}

fn coach(mode: CoachingMode) -> Command {
    let token = Token::taken(SUE);
    Command::StartCoaching { token, mode, agent_leg: None, attach_to: Attachment::Conversation }
}

#[test]
fn an_answered_call_has_flow_queue_talk_and_wrap_up() {
    let mut told = Told::talking(1, START);
    told.at(95).says_bye(0).wraps_up(ANA, Some(20));
    check(
        &told,
        &expect![[r#"
        ended 0-95
        0000 inbound customer ana completed started 0 queued 10 accepted 35 ended 95 ring=5 talk=60 queue=25 ivr=10 acw=20
          customer customer in 0: ring 0 answer 0 end 95 remote_hangup: ivr 0-10 queue 10-35 talk 35-95
          ana agent in 0: ring 30 answer 35 end 95 hung_up: ring 30-35 talk 35-95 acw 95-115
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_call_that_is_given_up_is_abandoned_and_its_offers_say_how_they_ended() {
    let mut told = Told::queued(1, START);
    told.at(30).offer(ANA).at(50).input(Input::Tick);
    told.at(51).offer(BEN).at(53).by(BEN, Command::Decline { reason: Some("lunch".to_owned()) });
    told.at(54).offer(CID).at(60).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-60
        0000 inbound customer - abandoned started 0 queued 10 accepted … ended 60 ring=28 queue=50 ivr=10
          customer customer in 0: ring 0 answer 0 end 60 remote_hangup: ivr 0-10 queue 10-60
          ana agent in 0: ring 30 answer … end 50 no_answer: ring 30-50
          ben agent in 0: ring 51 answer … end 53 declined: ring 51-53
          cid agent in 0: ring 54 answer … end 60 cancelled: ring 54-60
          offer to ana 30-50 missed no_answer
          offer to ben 51-53 declined lunch
          offer to cid 54-60 withdrawn cancelled
    "#]],
    );
}

#[test]
fn a_call_that_goes_on_has_no_end_and_counts_up_to_now() {
    let mut told = Told::talking(1, START);
    told.at(50).by(ANA, Command::Hold { leg: None }).at(65);
    check(
        &told,
        &expect![[r#"
        connected 0-…
        0000 inbound customer ana in_progress started 0 queued 10 accepted 35 ended … ring=5 talk=15 hold=15 longest=15 queue=25 ivr=10 holds=1
          customer customer in 0: ring 0 answer 0 end … -: ivr 0-10 queue 10-35 talk 35-50 hold 50-…
          ana agent in 0: ring 30 answer 35 end … -: ring 30-35 talk 35-50 hold 50-…
          hold of 0 in 0 by ana 50-…
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn holds_are_counted_measured_and_attributed() {
    let mut told = Told::talking(1, START);
    told.at(40).by(ANA, Command::Hold { leg: None }).at(45).by(ANA, Command::Resume { leg: None });
    told.at(50).by(ANA, Command::Hold { leg: None }).at(70).by(ANA, Command::Resume { leg: None });
    told.at(80).by(ANA, Command::HangUp);
    check(
        &told,
        &expect![[r#"
        ended 0-80
        0000 inbound customer ana completed started 0 queued 10 accepted 35 ended 80 ring=5 talk=20 hold=25 longest=20 queue=25 ivr=10 holds=2
          customer customer in 0: ring 0 answer 0 end 80 hung_up: ivr 0-10 queue 10-35 talk 35-40 hold 40-45 talk 45-50 hold 50-70 talk 70-80
          ana agent in 0: ring 30 answer 35 end 80 hung_up: ring 30-35 talk 35-40 hold 40-45 talk 45-50 hold 50-70 talk 70-80
          hold of 0 in 0 by ana 40-45
          hold of 0 in 0 by ana 50-70
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_cancelled_consult_is_a_hold_of_the_customer_and_a_talk_of_its_own() {
    let mut told = Told::consulting(1, START);
    told.at(80).by(ANA, Command::SwapConsult).at(85).by(ANA, Command::SwapConsult);
    told.at(90).by(ANA, Command::CancelConsult).at(120).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-120
        0000 inbound customer ana completed started 0 queued 10 accepted 35 ended 120 ring=5 talk=60 hold=25 longest=20 queue=25 ivr=10 holds=2
        0000/0001 internal consult ben completed started 60 queued … accepted 70 ended 90 ring=10 talk=15 hold=5 longest=5 holds=1
          customer customer in 0: ring 0 answer 0 end 120 remote_hangup: ivr 0-10 queue 10-35 talk 35-60 hold 60-80 talk 80-85 hold 85-90 talk 90-120
          ana agent in 0: ring 30 answer 35 end 120 hung_up: ring 30-35 talk 35-60 hold 60-80 talk 80-85 hold 85-90 talk 90-120
          ana agent in 1: ring 60 answer 70 end 90 hung_up: ring 60-70 talk 70-80 hold 80-85 talk 85-90
          ben specialist in 1: ring 60 answer 70 end 90 hung_up: ring 60-70 talk 70-80 hold 80-85 talk 85-90
          hold of 0 in 0 by ana 60-80
          hold of 2 in 1 by ana 80-85
          hold of 0 in 0 by ana 85-90
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_merge_ends_every_hold() {
    let mut told = Told::consulting(1, START);
    told.at(80).by(ANA, Command::SwapConsult).at(85).by(ANA, Command::MergeConsult);
    told.at(90).says_bye(2).at(100).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-100
        0000 inbound customer ana completed started 0 queued 10 accepted 35 ended 100 ring=5 talk=45 hold=20 longest=20 queue=25 ivr=10 holds=1
        0000/0001 internal consult ben conferenced started 60 queued … accepted 70 ended 90 ring=10 talk=15 hold=5 longest=5 holds=1
          customer customer in 0: ring 0 answer 0 end 100 remote_hangup: ivr 0-10 queue 10-35 talk 35-60 hold 60-80 talk 80-85 conference 85-90 talk 90-100
          ana agent in 0: ring 30 answer 35 end 100 hung_up: ring 30-35 talk 35-60 hold 60-80 talk 80-85 conference 85-90 talk 90-100
          ana agent in 1: ring 60 answer 70 end 90 remote_hangup: ring 60-70 talk 70-80 hold 80-85 conference 85-90
          ben specialist in 1: ring 60 answer 70 end 90 remote_hangup: ring 60-70 talk 70-80 hold 80-85 conference 85-90
          hold of 0 in 0 by ana 60-80
          hold of 2 in 1 by ana 80-85
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_customer_on_hold_is_on_hold_whoever_talks_meanwhile() {
    let mut told = Told::talking(1, START);
    told.at(40).by(ANA, Command::AddParticipant { target: Target::Number(number(5)) }).at(45).answers(2);
    told.at(50).by(ANA, Command::Hold { leg: Some(0) }).at(60).by(ANA, Command::Resume { leg: Some(0) });
    told.at(70).says_bye(0).at(80).says_bye(2);
    check(
        &told,
        &expect![[r#"
        ended 0-80
        0000 inbound customer ana completed started 0 queued 10 accepted 35 ended 80 ring=5 talk=35 hold=10 longest=10 queue=25 ivr=10 holds=1
        0000/0001 outbound participant - completed started 40 queued … accepted 45 ended 80 ring=5 talk=35
          customer customer in 0: ring 0 answer 0 end 70 remote_hangup: ivr 0-10 queue 10-35 talk 35-45 conference 45-50 hold 50-60 conference 60-70
          ana agent in 0: ring 30 answer 35 end 80 hung_up: ring 30-35 talk 35-45 conference 45-50 talk 50-60 conference 60-70 talk 70-80
          customer third_party in 1: ring 40 answer 45 end 80 remote_hangup: ring 40-45 conference 45-50 talk 50-60 conference 60-70 talk 70-80
          hold of 0 in 0 by ana 50-60
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_wrap_up_begins_where_the_agents_part_has_ended() {
    let mut told = Told::talking(1, START);
    told.at(95).says_bye(0);
    told.wrap_ups.push(WrapUp { user: ANA, start: START + 90_000, end: Some(START + 100_000) });
    assert_eq!(told.fold().voice_calls[0].times.wrap_up_ms, 5_000);
}

#[test]
fn an_unanswered_consult_is_no_talk() {
    let mut told = Told::talking(1, START);
    told.at(60).by(ANA, Command::StartConsult { target: user(BEN), note: None });
    told.at(75).fails(2, EndReason::Busy).at(90).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-90
        0000 inbound customer ana completed started 0 queued 10 accepted 35 ended 90 ring=5 talk=40 hold=15 longest=15 queue=25 ivr=10 holds=1
        0000/0001 internal consult - busy started 60 queued … accepted … ended 75 ring=15
          customer customer in 0: ring 0 answer 0 end 90 remote_hangup: ivr 0-10 queue 10-35 talk 35-60 hold 60-75 talk 75-90
          ana agent in 0: ring 30 answer 35 end 90 hung_up: ring 30-35 talk 35-60 hold 60-75 talk 75-90
          ana agent in 1: ring 60 answer … end 75 busy: ring 60-75
          ben specialist in 1: ring 60 answer … end 75 busy: ring 60-75
          hold of 0 in 0 by ana 60-75
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn what_a_colleague_is_told_before_answering_stands_in_the_consults_record() {
    let mut told = Told::talking(1, START);
    let note = Some("They cannot sign in".to_owned());
    told.at(60).by(ANA, Command::StartConsult { target: user(BEN), note: note.clone() });
    let calls = told.fold().voice_calls;
    assert_eq!((&calls[0].notes, &calls[1].notes), (&None, &note));
}

#[test]
fn a_warm_transfer_links_three_records() {
    let mut told = Told::consulting(1, START);
    told.at(90).by(ANA, Command::CompleteTransfer).wraps_up(ANA, Some(15));
    told.at(150).says_bye(0).wraps_up(BEN, Some(30));
    check(
        &told,
        &expect![[r#"
        ended 0-150
        0000 inbound customer ana transferred started 0 queued 10 accepted 35 ended 90 ring=5 talk=25 hold=30 longest=30 queue=25 ivr=10 acw=15 holds=1 next=2
        0000/0001 internal consult ben merged started 60 queued … accepted 70 ended 90 ring=10 talk=20
        0000/0001/0002 inbound transfer ben completed started 90 queued … accepted 90 ended 150 talk=60 acw=30 previous=0
          customer customer in 0: ring 0 answer 0 end 90 transferred: ivr 0-10 queue 10-35 talk 35-60 hold 60-90
          customer customer in 2: ring 90 answer 90 end 150 remote_hangup: talk 90-150
          ana agent in 0: ring 30 answer 35 end 90 transferred: ring 30-35 talk 35-60 hold 60-90 acw 90-105
          ana agent in 1: ring 60 answer 70 end 90 transferred: ring 60-70 talk 70-90
          ben specialist in 1: ring 60 answer 70 end 90 merged: ring 60-70 talk 70-90
          ben agent in 2: ring 90 answer 90 end 150 hung_up: talk 90-150 acw 150-180
          hold of 0 in 0 by ana 60-90
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_blind_transfer_that_fails_comes_back_in_a_call_of_its_own() {
    let mut told = Told::talking(1, START);
    told.at(60).by(ANA, Command::Transfer { target: user(BEN) });
    told.at(75).fails(2, EndReason::NoAnswer).at(76).offer(ANA).at(80).answers(3);
    told.at(100).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-100
        0000 inbound customer ana transferred started 0 queued 10 accepted 35 ended 60 ring=5 talk=25 queue=25 ivr=10 next=1
        0000/0001 inbound transfer - no_answer started 60 queued … accepted … ended 75 ring=15 previous=0 next=2
        0000/0001/0002 inbound transfer ana completed started 75 queued 75 accepted 80 ended 100 ring=4 talk=20 queue=5 previous=1
          customer customer in 0: ring 0 answer 0 end 60 transferred: ivr 0-10 queue 10-35 talk 35-60
          customer customer in 1: ring 60 answer … end 75 no_answer: ring 60-75
          customer customer in 2: ring 75 answer 80 end 100 remote_hangup: queue 75-80 talk 80-100
          ana agent in 0: ring 30 answer 35 end 60 transferred: ring 30-35 talk 35-60
          ben agent in 1: ring 60 answer … end 75 no_answer: ring 60-75
          ana agent in 2: ring 76 answer 80 end 100 hung_up: ring 76-80 talk 80-100
          offer to ana 30-35 accepted -
          offer to ana 76-80 accepted -
    "#]],
    );
}

#[test]
fn a_merged_consult_is_a_conference_and_stays_one_record() {
    let mut told = Told::consulting(1, START);
    told.at(80).by(ANA, Command::MergeConsult).at(110).says_bye(0);
    check(
        &told,
        &expect![[r#"
        connected 0-…
        0000 inbound customer ana completed started 0 queued 10 accepted 35 ended 110 ring=5 talk=55 hold=20 longest=20 queue=25 ivr=10 holds=1
        0000/0001 internal consult ben in_progress started 60 queued … accepted 70 ended … ring=10 talk=40
          customer customer in 0: ring 0 answer 0 end 110 remote_hangup: ivr 0-10 queue 10-35 talk 35-60 hold 60-80 conference 80-110
          ana agent in 0: ring 30 answer 35 end 110 remote_hangup: ring 30-35 talk 35-60 hold 60-80 conference 80-110
          ana agent in 1: ring 60 answer 70 end … -: ring 60-70 talk 70-80 conference 80-110 talk 110-…
          ben specialist in 1: ring 60 answer 70 end … -: ring 60-70 talk 70-80 conference 80-110 talk 110-…
          hold of 0 in 0 by ana 60-80
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_specialist_who_stays_after_the_merge_takes_over_in_the_same_record() {
    let mut told = Told::consulting(1, START);
    told.at(80).by(ANA, Command::MergeConsult).at(100).by(ANA, Command::Leave);
    told.at(130).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-130
        0000 inbound customer ana transferred started 0 queued 10 accepted 35 ended 100 ring=5 talk=45 hold=20 longest=20 queue=25 ivr=10 holds=1 next=2
        0000/0001 internal consult ben merged started 60 queued … accepted 70 ended 100 ring=10 talk=30
        0000/0001/0002 inbound transfer ben completed started 100 queued … accepted 100 ended 130 talk=30 previous=0
          customer customer in 0: ring 0 answer 0 end 100 transferred: ivr 0-10 queue 10-35 talk 35-60 hold 60-80 conference 80-100
          customer customer in 2: ring 100 answer 100 end 130 remote_hangup: talk 100-130
          ana agent in 0: ring 30 answer 35 end 100 transferred: ring 30-35 talk 35-60 hold 60-80 conference 80-100
          ana agent in 1: ring 60 answer 70 end 100 transferred: ring 60-70 talk 70-80 conference 80-100
          ben specialist in 1: ring 60 answer 70 end 100 merged: ring 60-70 talk 70-80 conference 80-100
          ben agent in 2: ring 100 answer 100 end 130 hung_up: talk 100-130
          hold of 0 in 0 by ana 60-80
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn coaching_is_measured_by_mode_and_follows_a_transfer() {
    let mut told = Told::talking(1, START);
    told.at(40).by(SUE, coach(CoachingMode::Monitor)).at(42).answers(2);
    told.at(50).by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Whisper });
    told.at(60).by(ANA, Command::StartConsult { target: user(BEN), note: None }).at(65).answers(3);
    told.at(70).by(ANA, Command::CompleteTransfer);
    told.at(80).by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Barge });
    told.at(95).by(SUE, Command::StopCoaching).at(100).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-100
        0000 inbound customer ana transferred started 0 queued 10 accepted 35 ended 70 ring=5 talk=25 hold=10 longest=10 queue=25 ivr=10 holds=1 next=3
        0000/0001 internal coaching sue completed started 40 queued … accepted 42 ended 95 ring=2
        0000/0002 internal consult ben merged started 60 queued … accepted 65 ended 70 ring=5 talk=5
        0000/0002/0003 inbound transfer ben completed started 70 queued … accepted 70 ended 100 talk=30 previous=0
          customer customer in 0: ring 0 answer 0 end 70 transferred: ivr 0-10 queue 10-35 talk 35-60 hold 60-70
          customer customer in 3: ring 70 answer 70 end 100 remote_hangup: talk 70-100
          ana agent in 0: ring 30 answer 35 end 70 transferred: ring 30-35 talk 35-60 hold 60-70
          ana agent in 2: ring 60 answer 65 end 70 transferred: ring 60-65 talk 65-70
          sue supervisor in 1: ring 40 answer 42 end 95 hung_up: ring 40-42 monitor 42-50 whisper 50-70 monitor 70-80 barge 80-95
          ben specialist in 2: ring 60 answer 65 end 70 merged: ring 60-65 talk 65-70
          ben agent in 3: ring 70 answer 70 end 100 hung_up: talk 70-100
          hold of 0 in 0 by ana 60-70
          sue monitor ana 42-50
          sue whisper ana 50-70
          sue monitor ben 70-80
          sue barge ben 80-95
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_supervisor_who_takes_over_has_a_transfer_of_their_own() {
    let mut told = Told::talking(1, START);
    told.at(40).by(SUE, coach(CoachingMode::Barge)).at(41).answers(2);
    told.at(60).by(SUE, Command::TakeOver).at(90).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-90
        0000 inbound customer ana transferred started 0 queued 10 accepted 35 ended 60 ring=5 talk=25 queue=25 ivr=10 next=2
        0000/0001 internal coaching sue completed started 40 queued … accepted 41 ended 60 ring=1
        0000/0001/0002 inbound transfer sue completed started 60 queued … accepted 60 ended 90 talk=30 previous=0
          customer customer in 0: ring 0 answer 0 end 60 transferred: ivr 0-10 queue 10-35 talk 35-60
          customer customer in 2: ring 60 answer 60 end 90 remote_hangup: talk 60-90
          ana agent in 0: ring 30 answer 35 end 60 transferred: ring 30-35 talk 35-60
          sue supervisor in 1: ring 40 answer 41 end 60 merged: ring 40-41 barge 41-60
          sue agent in 2: ring 60 answer 60 end 90 hung_up: talk 60-90
          sue barge ana 41-60
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_logged_direct_call_has_two_sides_and_one_talk() {
    let mut told = Told::open(opening(1, START, CallType::Internal));
    told.answers(0).system(Command::DialFar { target: user(BEN) }).at(8).answers(1);
    told.at(20).by(BEN, Command::Hold { leg: None }).at(25).by(BEN, Command::Resume { leg: None });
    told.at(50).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-50
        0000 internal direct ben completed started 0 queued … accepted 8 ended 50 ring=8 talk=37 hold=5 longest=5 holds=1
          ana agent in 0: ring 0 answer 0 end 50 remote_hangup: ring 0-8 talk 8-20 hold 20-25 talk 25-50
          ben agent in 0: ring 0 answer 8 end 50 hung_up: ring 0-8 talk 8-20 hold 20-25 talk 25-50
          hold of 0 in 0 by ben 20-25
    "#]],
    );
}

#[test]
fn an_outbound_call_belongs_to_its_caller_also_when_nobody_answers() {
    let mut told = Told::open(opening(1, START, CallType::Outbound));
    told.at(2).answers(0).system(Command::DialFar { target: Target::Number(number(7)) });
    told.at(20).fails(1, EndReason::NoAnswer);
    check(
        &told,
        &expect![[r#"
        ended 0-20
        0000 outbound customer ana no_answer started 0 queued … accepted … ended 20 ring=20
          ana agent in 0: ring 0 answer 2 end 20 hung_up: ring 0-20
          customer customer in 0: ring 2 answer … end 20 no_answer: ring 2-20
    "#]],
    );
}

#[test]
fn a_consult_of_a_queue_waits_and_is_offered() {
    let mut told = Told::talking(1, START);
    let target = Target::Queue { queue: SUPPORT, skills: Vec::new() };
    told.at(60).by(ANA, Command::StartConsult { target, note: None });
    told.at(70).offer(BEN).at(75).answers(2).at(90).by(ANA, Command::CancelConsult);
    told.at(100).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-100
        0000 inbound customer ana completed started 0 queued 10 accepted 35 ended 100 ring=5 talk=35 hold=30 longest=30 queue=25 ivr=10 holds=1
        0000/0001 internal consult ben completed started 60 queued 60 accepted 75 ended 90 ring=5 talk=15 queue=10
          customer customer in 0: ring 0 answer 0 end 100 remote_hangup: ivr 0-10 queue 10-35 talk 35-60 hold 60-90 talk 90-100
          ana agent in 0: ring 30 answer 35 end 100 hung_up: ring 30-35 talk 35-60 hold 60-90 talk 90-100
          ana agent in 1: ring 60 answer 75 end 90 hung_up: queue 60-70 ring 70-75 talk 75-90
          ben specialist in 1: ring 70 answer 75 end 90 hung_up: ring 70-75 talk 75-90
          hold of 0 in 0 by ana 60-90
          offer to ana 30-35 accepted -
          offer to ben 70-75 accepted -
    "#]],
    );
}

#[test]
fn an_added_party_has_a_record_of_their_own() {
    let mut told = Told::talking(1, START);
    told.at(50).by(ANA, Command::AddParticipant { target: Target::Number(number(5)) }).at(60).answers(2);
    told.at(80).says_bye(2).at(90).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-90
        0000 inbound customer ana completed started 0 queued 10 accepted 35 ended 90 ring=5 talk=55 queue=25 ivr=10
        0000/0001 outbound participant - completed started 50 queued … accepted 60 ended 80 ring=10 talk=20
          customer customer in 0: ring 0 answer 0 end 90 remote_hangup: ivr 0-10 queue 10-35 talk 35-60 conference 60-80 talk 80-90
          ana agent in 0: ring 30 answer 35 end 90 hung_up: ring 30-35 talk 35-60 conference 60-80 talk 80-90
          customer third_party in 1: ring 50 answer 60 end 80 remote_hangup: ring 50-60 conference 60-80
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_parked_call_is_fetched_and_a_lost_agent_is_no_hold_that_counts() {
    let mut told = Told::talking(1, START);
    told.at(40).by(ANA, Command::Park { slot: "71".to_owned() });
    told.at(60).by(BEN, Command::Retrieve { token: Token::taken(BEN), auto_answer: false }).at(63).answers(2);
    told.at(70).input(Input::Signal(Signal::WireLost { leg: 2 }));
    told.at(74).input(Input::Signal(Signal::WireBack { leg: 2 })).at(90).says_bye(0);
    check(
        &told,
        &expect![[r#"
        ended 0-90
        0000 inbound customer ben completed started 0 queued 10 accepted 35 ended 90 ring=8 talk=28 hold=4 longest=4 queue=25 ivr=10 park=23
          customer customer in 0: ring 0 answer 0 end 90 remote_hangup: ivr 0-10 queue 10-35 talk 35-40 park 40-63 talk 63-70 hold 70-74 talk 74-90
          ana agent in 0: ring 30 answer 35 end 40 hung_up: ring 30-35 talk 35-40
          ben agent in 0: ring 60 answer 63 end 90 hung_up: ring 60-63 talk 63-70 hold 70-74 talk 74-90
          offer to ana 30-35 accepted -
    "#]],
    );
}

#[test]
fn a_phone_that_cannot_be_reached_took_part_all_the_same() {
    let mut told = Told::talking(1, START);
    told.at(60).by(ANA, Command::StartConsult { target: user(BEN), note: None });
    told.fails(2, EndReason::Unreachable).at(90).says_bye(0);
    let facts = told.fold();
    let leg = facts.call_legs.iter().find(|leg| leg.user == Some(BEN)).unwrap();
    assert_eq!((leg.ring_at, leg.answered_at, leg.ended_at), (told.start + 60_000, None, Some(leg.ring_at)));
    assert_eq!(leg.end_reason, Some(EndReason::Unreachable));
    assert!(facts.segments.iter().all(|segment| segment.call_leg != leg.id));
}

#[test]
fn results_details_and_quality_stand_on_the_record_of_who_gave_them() {
    let mut told = Told::consulting(1, START);
    let quality = |mos_hundredths| Quality { mos_hundredths, ..Quality::default() };
    told.at(75).input(Input::Signal(Signal::Measured { leg: 0, quality: quality(410) }));
    told.input(Input::Signal(Signal::Measured { leg: 2, quality: quality(300) }));
    let details = Details { case_category: Some("billing".to_owned()), ..Details::default() };
    told.at(80).by(ANA, Command::SetDetails { details }).at(90).by(ANA, Command::CompleteTransfer);
    told.at(100).says_bye(0);
    let said = |text: &str| Command::WrapUp { code: None, resolution: Some(text.to_owned()), notes: None };
    told.at(110).by(ANA, said("handed over")).by(BEN, said("refunded"));
    let facts = told.fold();
    let lines: Vec<String> = facts
        .voice_calls
        .iter()
        .map(|call| {
            format!(
                "{} {:?} {:?} {:?} {:?}",
                name(call.user),
                call.resolution,
                call.subject,
                call.case_category,
                call.mos_hundredths
            )
        })
        .collect();
    expect![[r#"
        [
            "ana Some(\"handed over\") Some(\"Refund\") Some(\"billing\") Some(410)",
            "ben None Some(\"Refund\") Some(\"billing\") Some(300)",
            "ben Some(\"refunded\") Some(\"Refund\") Some(\"billing\") Some(300)",
        ]
    "#]]
    .assert_debug_eq(&lines);
}

#[test]
fn wrap_up_that_goes_on_after_the_end_is_the_conversations_state() {
    let mut told = Told::talking(1, START);
    told.at(95).says_bye(0).wraps_up(ANA, None).at(105);
    let facts = told.fold();
    assert_eq!(facts.conversation.state, voicecall::State::WrapUp);
    assert_eq!(facts.voice_calls[0].times.wrap_up_ms, 10_000);
    told.wrap_ups[0].end = Some(told.now);
    assert_eq!(told.fold().conversation.state, voicecall::State::Ended);
}
