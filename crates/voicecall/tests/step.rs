//! Steps, one decision each, as people know them. Beside what each test says, every step of every test goes through
//! `support::step::check` (hear each other at once, consults give back, whispers never widen, replay equals state, …).

mod support;

use support::*;
use terms::{DeadlineReason, EndReason, OfferId, PromptId, Quality, Timestamp, Token};
use voicecall::{
    AnswerWhen, CallType, Command, Details, Disposition, Event, Input, LegState, Opening, Policy,
    QueueOrUser, Recording, Rejected, Role, Signal, State, Target, Wire, WorkTarget,
};

mod offers {
    use super::*;

    #[test]
    fn a_caller_waits_with_music_and_talks_once_an_agent_answers() {
        let mut s = Stage::queued();
        assert_eq!((s.hears().as_str(), s.c.state()), ("0:queue", State::Queued));
        let leg = s.offer(ANA);
        assert_eq!((s.hears().as_str(), s.c.state()), ("0:queue", State::Offering));
        s.answers(leg);
        assert_eq!((s.hears().as_str(), s.c.state()), ("0:1 1:0", State::Connected));
        assert_eq!(s.c.handled_by().collect::<Vec<_>>(), [leg]);
        s.says_bye(0);
        assert_eq!(s.records(), "0 Inbound Customer Completed\n");
        assert!(s.c.is_ended());
    }

    #[test]
    fn a_prompt_plays_before_and_in_the_queue_and_stops_for_the_agent() {
        let mut s = Stage::open(opening(CallType::Inbound, AnswerWhen::OnFlow));
        assert_eq!(s.c.desired().legs[0].wire, Wire::Alert);
        s.system(Command::Play { prompt: PromptId::GREETING });
        assert_eq!(s.c.desired().legs[0].wire, Wire::Answer);
        s.answers(0);
        assert_eq!((s.hears().as_str(), s.c.state()), ("0:prompt", State::Ivr));
        s.system(Command::Enqueue { target: QueueOrUser::Queue(BILLING), skills: vec![], priority: 5 });
        assert_eq!(s.hears(), "0:prompt");
        s.signal(Signal::PromptFinished { leg: 0, prompt: PromptId::GREETING });
        assert_eq!(s.hears(), "0:queue");
        s.system(Command::Play { prompt: PromptId::PLEASE_WAIT });
        let leg = s.offer(ANA);
        let events = s.answers(leg);
        assert!(events.contains(&Event::PromptEnded { prompt: PromptId::PLEASE_WAIT }));
        assert_eq!(s.hears(), "0:1 1:0");
    }

    #[test]
    fn a_number_that_answers_on_agent_rings_until_one_is_there() {
        let mut s = Stage::open(opening(CallType::Inbound, AnswerWhen::OnAgent));
        s.system(Command::Enqueue { target: QueueOrUser::Queue(BILLING), skills: vec![], priority: 5 });
        assert_eq!(s.c.desired().legs[0].wire, Wire::Alert);
        let leg = s.offer(ANA);
        s.answers(leg);
        assert_eq!(s.c.desired().legs[0].wire, Wire::Answer);
        s.answers(0);
        assert_eq!(s.hears(), "0:1 1:0");
    }

    #[test]
    fn a_declined_offer_keeps_the_age_and_says_why() {
        let mut s = Stage::queued();
        s.now = Timestamp(5_000);
        s.offer(ANA);
        assert!(s.c.desired().people.contains(&ANA));
        let events = s.by(ANA, Command::Decline { reason: Some("lunch".to_owned()) });
        assert!(events.iter().any(|event| matches!(event,
            Event::OfferEnded { reason: EndReason::Declined, note: Some(note), .. } if note == "lunch")));
        let work = s.c.desired().work.unwrap();
        assert_eq!((work.since, work.offered), (Timestamp(0), false));
        assert!(!s.c.desired().people.contains(&ANA));
        let leg = s.offer(BEN);
        s.answers(leg);
        assert_eq!(s.hears(), "0:2 2:0");
    }

    #[test]
    fn an_offer_that_nobody_takes_times_out_by_itself() {
        let mut s = Stage::queued();
        s.offer(ANA);
        let deadline = s.c.desired().deadline.unwrap();
        assert_eq!((deadline.at, deadline.reason), (Timestamp(20_000), DeadlineReason::Ring));
        assert_eq!(s.c.decide(&Input::Tick, Timestamp(19_999)), Err(Rejected::NothingDue));
        s.after_ms(20_000);
        assert_eq!((s.c.state(), s.hears().as_str()), (State::Queued, "0:queue"));
    }

    #[test]
    fn the_router_withdraws_its_own_offer_only() {
        let mut s = Stage::queued();
        s.offer(ANA);
        let stale = Command::WithdrawOffer { offer: OfferId::from_number(99), reason: EndReason::NoAnswer };
        let by = voicecall::Actor::Router;
        assert_eq!(s.try_input(&Input::Command { by, command: stale }), Err(Rejected::StaleOffer));
        s.router(Command::WithdrawOffer { offer: OfferId::from_number(1), reason: EndReason::Cancelled });
        assert_eq!(s.c.state(), State::Queued);
    }

    #[test]
    fn nobody_else_is_rung_while_an_offer_rings_and_no_user_may_offer() {
        let mut s = Stage::queued();
        s.offer(ANA);
        let second = Command::Offer {
            offer: OfferId::from_number(9),
            token: Token::taken(BEN),
            auto_answer: false,
            ring_ms: 20_000,
        };
        let by = voicecall::Actor::Router;
        let input = Input::Command { by, command: second.clone() };
        assert_eq!(s.try_input(&input), Err(Rejected::NotNow));
        assert_eq!(s.refused(ANA, second), Rejected::NotAParty);
    }

    #[test]
    fn a_customer_who_leaves_the_queue_abandons_the_call_and_a_late_answer_is_ignored() {
        let mut s = Stage::queued();
        let leg = s.offer(ANA);
        let events = s.says_bye(0);
        assert!(
            events
                .iter()
                .any(|event| matches!(event, Event::OfferEnded { reason: EndReason::Cancelled, .. }))
        );
        assert_eq!(s.records(), "0 Inbound Customer Abandoned\n");
        assert_eq!(s.try_input(&Input::Signal(Signal::LegAnswered { leg })), Err(Rejected::Ended));
        let gone = Wire::Gone { reason: EndReason::Cancelled };
        assert_eq!(s.c.desired().legs[leg as usize].wire, gone);
    }

    #[test]
    fn a_queue_that_overflows_to_another_keeps_the_age() {
        let mut s = Stage::queued();
        s.now = Timestamp(60_000);
        s.router(Command::Enqueue { target: QueueOrUser::Queue(SUPPORT), skills: vec![], priority: 3 });
        let work = s.c.desired().work.unwrap();
        assert_eq!((work.target, work.since, work.priority), (WorkTarget::Queue(SUPPORT), Timestamp(0), 3));
        assert_eq!(s.c.queue(), Some(SUPPORT));
    }

    #[test]
    fn work_that_can_be_placed_nowhere_ends_the_call_truthfully() {
        let mut s = Stage::queued();
        s.router(Command::AbandonWork { reason: EndReason::NoAnswer });
        assert_eq!(s.records(), "0 Inbound Customer NoAnswer\n");
        assert!(s.c.is_ended());
    }
}

mod hold_and_mute {
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
}

/// Customer 0, Ana 1, Ben 2 and a third party 3 talk together.
fn conference() -> Stage {
    let mut s = Stage::talking();
    s.by(ANA, Command::AddParticipant { target: user(BEN) });
    s.answers(2);
    s.by(ANA, Command::AddParticipant { target: Target::Number(number(3)) });
    s.answers(3);
    s
}

mod consults {
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
}

mod transfers {
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
        let work = s.c.desired().work.unwrap();
        assert_eq!((work.target, work.head, work.since), (WorkTarget::Queue(BILLING), true, Timestamp(0)));
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
}

mod conferences {
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
}

mod lost_wires {
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
}

mod parking {
    use super::*;

    #[test]
    fn a_parked_customer_is_fetched_by_a_colleague() {
        let mut s = Stage::talking();
        s.by(ANA, Command::Park { slot: "71".to_owned() });
        assert_eq!(
            (s.hears().as_str(), s.c.state(), s.c.parked_slot()),
            ("0:hold", State::Parked, Some("71"))
        );
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
}

mod outbound_and_direct {
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
}

mod around {
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
        let opened =
            Event::Opened { opening: Box::new(Opening { queue: Some(BILLING), ..s.opening.clone() }) };
        let text = voicecall::upcast::write(&opened).unwrap();
        assert_eq!(voicecall::upcast::read(1, &text).unwrap(), opened);
        assert!(voicecall::upcast::read(2, &text).is_err());
    }
}
