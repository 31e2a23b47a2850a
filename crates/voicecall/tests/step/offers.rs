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
        events.iter().any(|event| matches!(event, Event::OfferEnded { reason: EndReason::Cancelled, .. }))
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
