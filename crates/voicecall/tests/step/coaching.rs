//! Supervisors: who hears them, what they follow, and that their coming and going disturbs nobody.

use super::*;
use terms::{Channel, EndReason, LegId, Listener, Source, Token, UserId};
use voicecall::{
    Attachment, CoachingMode, Command, Disposition, Event, LegState, Rejected, Role, Signal, Target,
};

fn coach(supervisor: UserId, mode: CoachingMode, attach_to: Attachment) -> Command {
    Command::StartCoaching { token: Token::taken(supervisor), mode, agent_leg: None, attach_to }
}

/// The supervisor's wire, answered.
fn coached(s: &mut Stage, supervisor: UserId, mode: CoachingMode, attach_to: Attachment) -> u32 {
    let leg = s.c.legs().len() as u32;
    s.by(supervisor, coach(supervisor, mode, attach_to));
    s.answers(leg);
    leg
}

#[test]
fn the_three_modes_reach_whom_they_should() {
    let mut s = Stage::talking();
    coached(&mut s, SUE, CoachingMode::Monitor, Attachment::Conversation);
    assert_eq!(s.hears(), "0:1 1:0 2:0+1");
    s.by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Whisper });
    assert_eq!(s.hears(), "0:1 1:0+2 2:0+1");
    s.by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Barge });
    assert_eq!(s.hears(), "0:1+2 1:0+2 2:0+1");
    s.by(SUE, Command::StopCoaching);
    assert_eq!(s.hears(), "0:1 1:0");
    assert_eq!(s.records(), "0 Inbound Customer InProgress\n1 Internal Coaching Completed parent=0\n");
}

#[test]
fn the_microphone_is_closed_until_the_phone_answers() {
    let mut s = Stage::talking();
    s.by(SUE, coach(SUE, CoachingMode::Barge, Attachment::Conversation));
    assert!(s.c.legs()[2].auto_answer);
    assert_eq!(s.hears(), "0:1 1:0");
}

#[test]
fn a_whisper_is_on_no_recording_and_a_barge_has_a_channel_of_its_own() {
    let mut s = Stage::talking();
    let leg = coached(&mut s, SUE, CoachingMode::Whisper, Attachment::Conversation);
    let source = Source::Leg(LegId::new(s.c.id(), leg));
    assert_eq!(s.c.hearing().audience(source).collect::<Vec<_>>(), [Listener::Leg(LegId::new(s.c.id(), 1))]);
    s.by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Barge });
    let hearing = s.c.hearing();
    assert!(hearing.hears(Listener::Recorder(Channel::Coach), source));
    assert!(!hearing.hears(Listener::Recorder(Channel::Customer), source));
    assert!(!hearing.hears(Listener::Recorder(Channel::Staff), source));
}

#[test]
fn a_whisper_follows_the_agent_into_a_private_consult_and_reaches_nobody_else() {
    let mut s = Stage::talking();
    coached(&mut s, SUE, CoachingMode::Whisper, Attachment::Conversation);
    s.by(ANA, Command::StartConsult { target: user(BEN), note: None });
    assert_eq!(s.hears(), "0:hold 1:2+tone 2:1");
    s.answers(3);
    assert_eq!(s.hears(), "0:hold 1:2+3 2:1+3 3:1");
    s.by(ANA, Command::SwapConsult);
    assert_eq!(s.hears(), "0:1 1:0+2 2:0+1 3:hold");
    s.by(ANA, Command::MergeConsult);
    assert_eq!(s.hears(), "0:1+3 1:0+2+3 2:0+1+3 3:0+1");
}

#[test]
fn after_a_transfer_a_whisper_falls_back_and_a_barge_stays() {
    for (mode, heard) in
        [(CoachingMode::Whisper, "0:2 2:0 3:0+2"), (CoachingMode::Barge, "0:2+3 2:0+3 3:0+2")]
    {
        let mut s = Stage::consulting();
        let leg = coached(&mut s, SUE, mode, Attachment::Conversation);
        let events = s.by(ANA, Command::CompleteTransfer);
        assert!(events.contains(&Event::CoachingMoved { leg, agent_leg: 2 }));
        assert_eq!(s.hears(), heard);
    }
}

#[test]
fn a_supervisor_attached_to_the_agent_goes_when_the_agent_goes() {
    let mut s = Stage::consulting();
    let leg = coached(&mut s, SUE, CoachingMode::Whisper, Attachment::Agent);
    s.by(ANA, Command::CompleteTransfer);
    assert!(!s.c.legs()[leg as usize].is_live());
    assert_eq!(s.hears(), "0:2 2:0");
}

#[test]
fn back_in_the_queue_there_is_nobody_to_coach() {
    let mut s = Stage::talking();
    coached(&mut s, SUE, CoachingMode::Barge, Attachment::Conversation);
    s.by(ANA, Command::Transfer { target: queue(SUPPORT) });
    assert_eq!(s.hears(), "0:queue");
    assert_eq!(s.refused(TOM, coach(TOM, CoachingMode::Monitor, Attachment::Agent)), Rejected::NobodyToCoach);
}

#[test]
fn coaches_hear_each_other_in_barge_only() {
    let mut s = Stage::talking();
    coached(&mut s, SUE, CoachingMode::Whisper, Attachment::Conversation);
    coached(&mut s, TOM, CoachingMode::Whisper, Attachment::Conversation);
    assert_eq!(s.hears(), "0:1 1:0+2+3 2:0+1 3:0+1");
    s.by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Barge });
    assert_eq!(s.hears(), "0:1+2 1:0+2+3 2:0+1 3:0+1+2");
    s.by(TOM, Command::ChangeCoachingMode { mode: CoachingMode::Barge });
    assert_eq!(s.hears(), "0:1+2+3 1:0+2+3 2:0+1+3 3:0+1+2");
}

#[test]
fn four_supervisors_coach_and_the_fifth_is_refused() {
    let mut s = Stage::talking();
    for supervisor in 20..24 {
        coached(&mut s, UserId::from_number(supervisor), CoachingMode::Monitor, Attachment::Conversation);
    }
    assert_eq!(
        s.refused(SUE, coach(SUE, CoachingMode::Monitor, Attachment::Agent)),
        Rejected::TooManyCoaches
    );
    assert_eq!(s.row(0), ["1"]);
}

#[test]
fn a_supervisor_takes_over_and_the_customer_hears_them_at_once() {
    let mut s = Stage::talking();
    s.by(ANA, Command::Hold { leg: None });
    coached(&mut s, SUE, CoachingMode::Monitor, Attachment::Conversation);
    let tom = coached(&mut s, TOM, CoachingMode::Whisper, Attachment::Conversation);
    s.by(SUE, Command::TakeOver);
    assert_eq!(s.hears(), "0:2 2:0 3:0+2");
    assert_eq!(s.c.legs()[1].state, LegState::Ended { reason: EndReason::Transferred });
    assert_eq!(s.c.legs()[2].role, Role::Agent);
    assert_eq!(s.c.coaching().map(|coaching| coaching.leg).collect::<Vec<_>>(), [tom]);
    assert_eq!(
        s.records(),
        "0 Inbound Customer Transferred next=3\n\
         1 Internal Coaching Completed parent=0\n\
         2 Internal Coaching InProgress parent=0\n\
         3 Inbound Transfer InProgress parent=1 previous=0\n"
    );
}

#[test]
fn taking_over_ends_a_private_consult_and_inherits_a_merged_one() {
    let mut s = Stage::consulting();
    coached(&mut s, SUE, CoachingMode::Monitor, Attachment::Conversation);
    s.by(SUE, Command::TakeOver);
    assert_eq!(s.hears(), "0:3 3:0");
    let mut s = Stage::consulting();
    coached(&mut s, SUE, CoachingMode::Monitor, Attachment::Conversation);
    s.by(ANA, Command::MergeConsult);
    s.by(SUE, Command::TakeOver);
    assert_eq!(s.hears(), "0:2+3 2:0+3 3:0+2");
    s.by(SUE, Command::CompleteTransfer);
    assert_eq!(s.hears(), "0:2 2:0");
}

#[test]
fn a_revoked_grant_ends_coaching_and_a_failed_phone_never_touches_the_call() {
    let mut s = Stage::talking();
    let leg = coached(&mut s, SUE, CoachingMode::Barge, Attachment::Conversation);
    s.system(Command::RevokeCoaching { supervisor: SUE });
    let revoked = LegState::Ended { reason: EndReason::PermissionRevoked };
    assert_eq!((s.c.legs()[leg as usize].state, s.hears().as_str()), (revoked, "0:1 1:0"));
    s.by(SUE, coach(SUE, CoachingMode::Monitor, Attachment::Conversation));
    s.fails(3, EndReason::Unreachable);
    assert_eq!(s.c.calls()[2].disposition, Disposition::Failed);
    let leg = coached(&mut s, SUE, CoachingMode::Monitor, Attachment::Conversation);
    s.signal(Signal::WireLost { leg });
    assert_eq!(s.hears(), "0:1 1:0");
    s.after_ms(30_000);
    assert_eq!((s.hears().as_str(), s.c.coaching().count()), ("0:1 1:0", 0));
}

#[test]
fn a_supervisor_hanging_up_only_leaves() {
    let mut s = Stage::talking();
    coached(&mut s, SUE, CoachingMode::Monitor, Attachment::Conversation);
    s.by(SUE, Command::HangUp);
    assert_eq!(s.hears(), "0:1 1:0");
}

#[test]
fn a_barging_supervisor_holds_and_removes_and_lets_go_on_leaving() {
    let mut s = Stage::talking();
    s.by(ANA, Command::AddParticipant { target: Target::Number(number(3)) });
    s.answers(2);
    coached(&mut s, SUE, CoachingMode::Monitor, Attachment::Conversation);
    assert_eq!(s.refused(SUE, Command::Hold { leg: Some(2) }), Rejected::NotNow);
    s.by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Barge });
    s.by(SUE, Command::Hold { leg: Some(2) });
    s.by(SUE, Command::Mute { leg: Some(1) });
    assert_eq!(s.hears(), "0:3 1:0+3 2:hold 3:0");
    assert_eq!(s.refused(SUE, Command::RemoveParticipant { leg: 1 }), Rejected::NotNow);
    s.by(SUE, Command::StopCoaching);
    assert_eq!(s.hears(), "0:1+2 1:0+2 2:0+1");
}

#[test]
fn what_a_barge_holds_and_mutes_is_let_go_when_the_supervisor_only_monitors_again() {
    let mut s = Stage::talking();
    s.by(ANA, Command::AddParticipant { target: Target::Number(number(3)) });
    s.answers(2);
    coached(&mut s, SUE, CoachingMode::Barge, Attachment::Conversation);
    s.by(SUE, Command::Hold { leg: Some(2) });
    s.by(SUE, Command::Mute { leg: Some(0) });
    s.by(SUE, Command::Mute { leg: None });
    s.by(SUE, Command::ChangeCoachingMode { mode: CoachingMode::Monitor });
    assert_eq!(s.hears(), "0:1+2 1:0+2 2:0+1 3:0+1+2");
    assert!(s.c.legs()[3].muted_by.is_some(), "one's own mute is one's own");
}

#[test]
fn whom_a_supervisor_muted_from_a_barge_cannot_unmute_themselves_until_the_supervisor_lets_go() {
    let mut s = Stage::talking();
    coached(&mut s, SUE, CoachingMode::Barge, Attachment::Conversation);
    s.by(SUE, Command::Mute { leg: Some(1) });
    assert_eq!(s.refused(ANA, Command::Unmute { leg: None }), Rejected::MutedBySupervisor);
    s.by(SUE, Command::Unmute { leg: Some(1) });
    assert_eq!(s.hears(), "0:1+2 1:0+2 2:0+1");
    s.by(SUE, Command::Mute { leg: Some(1) });
    s.by(SUE, Command::StopCoaching);
    assert_eq!(s.hears(), "0:1 1:0", "with the supervisor the mute is gone");
    s.by(ANA, Command::Mute { leg: None });
    s.by(ANA, Command::Unmute { leg: None });
}

#[test]
fn the_agent_keeps_full_controls_while_monitored() {
    let mut s = Stage::talking();
    coached(&mut s, SUE, CoachingMode::Monitor, Attachment::Conversation);
    s.by(ANA, Command::AddParticipant { target: user(BEN) });
    s.answers(3);
    assert_eq!(s.hears(), "0:1+3 1:0+3 2:0+1+3 3:0+1");
    s.by(ANA, Command::Leave);
    assert_eq!(s.hears(), "0:3 2:0+3 3:0");
}
