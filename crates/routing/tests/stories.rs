//! What agents, callers and callcontrol can rely on, one sentence a test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use routing::{
    Agent, AvailabilityKind, ClaimKind, Decision, Input, ItemId, Membership, Model, Overflow, OverflowCause,
    Queue, Refusal, Rests, RevokeReason, Router, SkillLevel, Status, StatusCause, StatusKind, Step,
    SystemState, Target, Token, Unavailable, WorkItem, WorkKind, WrapUp,
};
use terms::{ConversationId, OfferId, PresenceStatusId, QueueId, SkillId, Timestamp, UserId};

const BILLING: QueueId = QueueId::from_number(1);
const ANA: UserId = UserId::from_number(1);
const BEN: UserId = UserId::from_number(2);
const EVE: UserId = UserId::from_number(3);
const SPANISH: SkillId = SkillId::from_number(1);

fn status(kind: StatusKind) -> Status {
    Status { id: PresenceStatusId::from_number(kind as u128), kind }
}
fn call(n: u128) -> ConversationId {
    ConversationId::from_number(n)
}
fn item(n: u128) -> ItemId {
    ItemId(call(n))
}

/// A router with a clock in seconds; everything is checked after every step.
struct Floor {
    router: Router,
    now: Timestamp,
}

impl Floor {
    /// Billing, with these agents at work; the first is the longest idle.
    fn with(agents: &[UserId]) -> Self {
        let mut floor = Self { router: Router::new(), now: Timestamp::from_ms(0) };
        floor.give(Input::QueueUpserted(Queue::new(BILLING)));
        for user in agents {
            floor.joins(Self::member(*user));
            floor.after(1);
        }
        floor
    }
    fn member(user: UserId) -> Agent {
        let mut agent = Agent::new(user);
        agent.memberships.insert(BILLING, Membership::default());
        agent
    }
    fn joins(&mut self, agent: Agent) {
        let user = agent.id;
        self.give(Input::AgentUpserted(agent));
        self.give(Input::ReachabilityChanged { user, reachable: true });
        self.chooses(user, StatusKind::Online);
    }
    fn give(&mut self, input: Input) -> Vec<Decision> {
        let decisions = self.router.handle(&input, self.now);
        self.router.check(self.now).unwrap();
        decisions
    }
    fn chooses(&mut self, user: UserId, kind: StatusKind) -> Vec<Decision> {
        self.give(Input::PresenceSet { user, status: status(kind) })
    }
    /// Lets time pass, ticking exactly when the router wants to.
    fn after(&mut self, seconds: i64) -> Vec<Decision> {
        let until = self.now.plus_ms(seconds * 1000);
        let mut all = Vec::new();
        while let Some(due) = self.router.deadline().filter(|due| *due <= until) {
            self.now = due;
            all.extend(self.give(Input::Tick));
        }
        self.now = until;
        all
    }
    fn calls(&mut self, n: u128) -> Vec<Decision> {
        self.enqueue(WorkItem::new(call(n), Target::Queue(BILLING), self.now))
    }
    fn enqueue(&mut self, item: WorkItem) -> Vec<Decision> {
        self.give(Input::Enqueued(item))
    }
    fn answers(&mut self, decisions: &[Decision]) -> Vec<Decision> {
        let (offer, _) = offered(decisions).unwrap();
        self.give(Input::Answered { offer })
    }
    fn in_call(&mut self, n: u128) {
        let decisions = self.calls(n);
        self.answers(&decisions);
    }
    fn state(&self, user: UserId) -> SystemState {
        self.router.agent(user).unwrap().system_state
    }
}

/// The one offer among the decisions.
fn offered(decisions: &[Decision]) -> Option<(OfferId, UserId)> {
    let mut offers = decisions.iter().filter_map(|decision| match decision {
        Decision::Offered { offer, user, .. } => Some((*offer, *user)),
        _ => None,
    });
    let first = offers.next();
    assert!(offers.next().is_none(), "more than one offer: {decisions:#?}");
    first
}
fn rung(decisions: &[Decision]) -> Option<UserId> {
    offered(decisions).map(|offer| offer.1)
}

#[test]
fn the_longest_idle_agent_is_rung_and_the_runner_up_is_named() {
    let mut floor = Floor::with(&[BEN, ANA]);
    let decisions = floor.calls(1);
    let Decision::Offered { user, runner_up, expires_at, queue, .. } = &decisions[0] else { panic!() };
    assert_eq!((*user, *runner_up, *queue), (BEN, Some(ANA), Some(BILLING)));
    assert_eq!(*expires_at, floor.now.plus_ms(20_000));
    assert_eq!(floor.state(BEN), SystemState::Offering);
}

#[test]
fn the_token_is_taken_when_the_offer_is_made() {
    let mut floor = Floor::with(&[ANA]);
    let (offer, _) = offered(&floor.calls(1)).unwrap();
    assert_eq!(floor.router.agent(ANA).unwrap().token, Token::Offer(offer));
    let now = floor.now;
    let dialling = floor.router.claim(ANA, call(9), ClaimKind::OwnAction, now);
    assert_eq!(dialling, Err(Unavailable::Busy));
    assert_eq!(rung(&floor.calls(2)), None);
}

#[test]
fn an_answer_gives_the_token_to_the_conversation_and_carries_the_wrap_up() {
    let mut floor = Floor::with(&[ANA]);
    let mut queue = Queue::new(BILLING);
    queue.wrap_up = Some(WrapUp { ms: 30_000, max_extensions: 1 });
    floor.give(Input::QueueUpserted(queue));
    let decisions = floor.calls(1);
    let (offer, _) = offered(&decisions).unwrap();
    let expected = Decision::Accepted {
        offer,
        item: item(1),
        user: ANA,
        queue: Some(BILLING),
        wrap_up_ms: Some(30_000),
    };
    assert_eq!(floor.answers(&decisions), [expected]);
    assert_eq!(floor.router.agent(ANA).unwrap().token, Token::Call(call(1)));
    assert_eq!(floor.give(Input::Answered { offer }), [Decision::Refused(Refusal::StaleOffer(offer))]);
}

#[test]
fn a_push_timeout_makes_the_agent_missed_and_keeps_the_callers_age() {
    let mut floor = Floor::with(&[ANA, BEN]);
    floor.calls(1);
    let came = floor.now;
    let decisions = floor.after(20);
    assert!(matches!(decisions[0], Decision::Missed { user: ANA, paused: true, .. }));
    assert_eq!(rung(&decisions), Some(BEN));
    assert_eq!(floor.router.waiting(BILLING)[0].enqueued_at, came);
    assert_eq!(floor.state(ANA), SystemState::Missed);
    assert_eq!(rung(&floor.calls(2)), None);
    assert_eq!(rung(&floor.chooses(ANA, StatusKind::Online)), Some(ANA));
}

#[test]
fn a_configured_status_stands_in_for_missed() {
    let mut floor = Floor::with(&[]);
    let away = status(StatusKind::Busy);
    floor.joins(Agent { status_on_push_timeout: Some(away), ..Floor::member(ANA) });
    floor.calls(1);
    let decisions = floor.after(20);
    let changed = Decision::StatusChanged { user: ANA, status: away, cause: StatusCause::PushTimeout };
    assert!(decisions.contains(&changed), "{decisions:#?}");
    assert_eq!(floor.state(ANA), SystemState::Busy);
}

#[test]
fn an_agent_may_miss_as_often_as_configured_before_the_pause() {
    let mut floor = Floor::with(&[]);
    floor.joins(Agent { missed_before_pause: 2, ..Floor::member(ANA) });
    floor.calls(1);
    let first = floor.after(20);
    assert!(matches!(first[0], Decision::Missed { paused: false, .. }));
    let second = floor.after(5 + 20);
    assert_eq!(rung(&second), Some(ANA));
    assert!(second.iter().any(|decision| matches!(decision, Decision::Missed { paused: true, .. })));
}

#[test]
fn who_declines_stays_online_and_is_asked_again_only_after_everybody_else() {
    let mut floor = Floor::with(&[ANA, BEN]);
    let (offer, _) = offered(&floor.calls(1)).unwrap();
    let decisions = floor.give(Input::Declined { offer, reason: Some("wrong skill".into()) });
    assert_eq!(rung(&decisions), Some(BEN));
    assert_eq!(floor.state(ANA), SystemState::Available);
    let (offer, _) = offered(&decisions).unwrap();
    let decisions = floor.give(Input::Declined { offer, reason: None });
    assert_eq!(rung(&decisions), None);
    assert_eq!(rung(&floor.after(4)), None);
    assert_eq!(rung(&floor.after(1)), Some(ANA));
}

#[test]
fn somebody_new_is_asked_during_the_retry_pause() {
    let mut floor = Floor::with(&[ANA]);
    let (offer, _) = offered(&floor.calls(1)).unwrap();
    floor.give(Input::Declined { offer, reason: None });
    floor.after(2);
    floor.give(Input::AgentUpserted(Floor::member(BEN)));
    floor.give(Input::ReachabilityChanged { user: BEN, reachable: true });
    assert_eq!(rung(&floor.chooses(BEN, StatusKind::Online)), Some(BEN));
}

#[test]
fn while_another_agent_is_only_in_a_call_the_decliner_is_not_asked_again() {
    let mut floor = Floor::with(&[ANA, BEN]);
    floor.in_call(1);
    let (offer, user) = offered(&floor.calls(2)).unwrap();
    assert_eq!(user, BEN);
    floor.give(Input::Declined { offer, reason: None });
    assert_eq!(rung(&floor.after(60)), None);
    let decisions = floor.give(Input::CallEnded { user: ANA, root: call(1), wrap_up_ms: None });
    assert_eq!(rung(&decisions), Some(ANA));
}

#[test]
fn the_decliner_is_asked_again_once_the_last_other_agent_signs_out() {
    let mut floor = Floor::with(&[ANA, BEN]);
    floor.in_call(1);
    let (offer, _) = offered(&floor.calls(2)).unwrap();
    floor.give(Input::Declined { offer, reason: None });
    floor.after(60);
    floor.chooses(ANA, StatusKind::Offline);
    let decisions = floor.give(Input::CallEnded { user: ANA, root: call(1), wrap_up_ms: None });
    assert_eq!(rung(&decisions), None);
    assert_eq!(rung(&floor.after(5)), Some(BEN));
}

#[test]
fn do_not_disturb_and_offline_end_the_ringing_but_busy_does_not() {
    for (kind, why) in [
        (StatusKind::Dnd, Some(RevokeReason::AgentDnd)),
        (StatusKind::Offline, Some(RevokeReason::AgentOffline)),
        (StatusKind::Busy, None),
    ] {
        let mut floor = Floor::with(&[ANA]);
        let (offer, _) = offered(&floor.calls(1)).unwrap();
        let decisions = floor.chooses(ANA, kind);
        let revoked = decisions.iter().find_map(|decision| match decision {
            Decision::Revoked { why, .. } => Some(*why),
            _ => None,
        });
        assert_eq!(revoked, why);
        let accepted = floor.give(Input::Answered { offer });
        assert_eq!(matches!(accepted[0], Decision::Accepted { .. }), why.is_none());
    }
}

#[test]
fn an_agent_without_a_phone_is_not_offered_anything() {
    let mut floor = Floor::with(&[ANA]);
    floor.give(Input::ReachabilityChanged { user: ANA, reachable: false });
    assert_eq!(rung(&floor.calls(1)), None);
    assert_eq!(rung(&floor.give(Input::ReachabilityChanged { user: ANA, reachable: true })), Some(ANA));
    let decisions = floor.give(Input::ReachabilityChanged { user: ANA, reachable: false });
    assert!(matches!(decisions[0], Decision::Revoked { why: RevokeReason::AgentUnreachable, .. }));
}

#[test]
fn a_phone_that_fails_costs_the_agent_this_item_only() {
    let mut floor = Floor::with(&[ANA, BEN]);
    let (offer, _) = offered(&floor.calls(1)).unwrap();
    let decisions = floor.give(Input::OfferFailed { offer });
    assert!(matches!(decisions[0], Decision::Revoked { user: ANA, why: RevokeReason::OfferFailed, .. }));
    assert_eq!(rung(&decisions), Some(BEN));
    assert_eq!(rung(&floor.calls(2)), Some(ANA));
}

#[test]
fn a_status_chosen_in_a_call_waits_for_its_end_and_can_be_taken_back() {
    let mut floor = Floor::with(&[ANA]);
    floor.in_call(1);
    let lunch = status(StatusKind::Busy);
    assert_eq!(
        floor.chooses(ANA, StatusKind::Busy),
        [Decision::StatusPending { user: ANA, status: Some(lunch) }]
    );
    assert_eq!(floor.router.agent(ANA).unwrap().pending_status, Some(lunch));
    assert_eq!(floor.chooses(ANA, StatusKind::Online), [Decision::StatusPending { user: ANA, status: None }]);
    floor.chooses(ANA, StatusKind::Busy);
    let decisions = floor.give(Input::CallEnded { user: ANA, root: call(1), wrap_up_ms: None });
    assert_eq!(
        decisions,
        [Decision::StatusChanged { user: ANA, status: lunch, cause: StatusCause::CallEnded }]
    );
    assert_eq!(floor.router.agent(ANA).unwrap().pending_status, None);
}

#[test]
fn wrap_up_counts_as_busy_until_it_is_done_or_over() {
    let mut floor = Floor::with(&[ANA]);
    floor.in_call(1);
    let now = floor.now;
    let decisions = floor.router.release(ANA, call(1), Some(10_000), now);
    let until = now.plus_ms(10_000);
    assert_eq!(decisions, [Decision::WrapUpStarted { user: ANA, root: call(1), until }]);
    assert_eq!(rung(&floor.calls(2)), None);
    assert_eq!(floor.router.availability(ANA).reason, Some(Unavailable::Busy));
    assert_eq!(rung(&floor.after(9)), None);
    assert_eq!(rung(&floor.after(1)), Some(ANA));

    let mut floor = Floor::with(&[ANA]);
    floor.in_call(1);
    floor.give(Input::CallEnded { user: ANA, root: call(1), wrap_up_ms: Some(10_000) });
    floor.calls(2);
    assert_eq!(rung(&floor.give(Input::WrapUpDone { user: ANA })), Some(ANA));
}

#[test]
fn wrap_up_is_extended_as_often_as_the_queue_allows() {
    let mut floor = Floor::with(&[ANA]);
    let mut queue = Queue::new(BILLING);
    queue.wrap_up = Some(WrapUp { ms: 10_000, max_extensions: 1 });
    floor.give(Input::QueueUpserted(queue));
    floor.in_call(1);
    floor.give(Input::CallEnded { user: ANA, root: call(1), wrap_up_ms: Some(10_000) });
    let until = floor.now.plus_ms(15_000);
    let extend = Input::WrapUpExtended { user: ANA, ms: 5_000 };
    assert_eq!(floor.give(extend.clone()), [Decision::WrapUpExtended { user: ANA, until }]);
    assert_eq!(floor.give(extend), [Decision::Refused(Refusal::WrapUpLimit(ANA))]);
    assert!(floor.after(14).is_empty());
    assert_eq!(floor.after(1), [Decision::WrapUpEnded { user: ANA, root: call(1) }]);
}

#[test]
fn a_claim_for_the_same_conversation_shares_the_token_and_another_is_refused() {
    let mut floor = Floor::with(&[ANA]);
    floor.in_call(1);
    let now = floor.now;
    assert_eq!(floor.router.claim(ANA, call(1), ClaimKind::OwnAction, now), Ok(vec![]));
    assert_eq!(floor.router.claim(ANA, call(1), ClaimKind::Rung, now), Ok(vec![]));
    assert_eq!(floor.router.claim(ANA, call(2), ClaimKind::OwnAction, now), Err(Unavailable::Busy));
    assert!(floor.router.release(ANA, call(2), None, now).is_empty());
    assert_eq!(floor.router.agent(ANA).unwrap().token, Token::Call(call(1)));
    floor.router.release(ANA, call(1), None, now);
    assert_eq!(floor.router.agent(ANA).unwrap().token, Token::None);
    assert!(floor.router.release(ANA, call(1), Some(5_000), now).is_empty(), "a release is idempotent");
}

#[test]
fn ones_own_dial_needs_a_phone_and_a_free_token_but_no_online_status() {
    let mut floor = Floor::with(&[ANA]);
    let now = floor.now;
    for kind in [StatusKind::Busy, StatusKind::Dnd, StatusKind::Offline] {
        floor.chooses(ANA, kind);
        assert!(floor.router.claim(ANA, call(1), ClaimKind::OwnAction, now).is_ok(), "{kind:?}");
        floor.router.release(ANA, call(1), None, now);
    }
    floor.give(Input::ReachabilityChanged { user: ANA, reachable: false });
    assert_eq!(floor.router.claim(ANA, call(1), ClaimKind::OwnAction, now), Err(Unavailable::Unreachable));
    assert_eq!(floor.router.claim(EVE, call(1), ClaimKind::OwnAction, now), Err(Unavailable::Unknown));
}

#[test]
fn whoever_calls_for_help_is_kept_by_no_wrap_up_and_no_offer_and_the_offered_goes_to_somebody_else_at_once() {
    let mut floor = Floor::with(&[ANA, BEN]);
    let now = floor.now;
    assert_eq!(rung(&floor.calls(1)), Some(ANA));
    let decisions = floor.router.claim(ANA, call(9), ClaimKind::Help, now).unwrap();
    floor.router.check(now).unwrap();
    assert!(
        matches!(decisions[0], Decision::Revoked { user: ANA, why: RevokeReason::AgentCallsForHelp, .. }),
        "{decisions:#?}"
    );
    assert_eq!(rung(&decisions), Some(BEN));
    assert_eq!(floor.router.agent(ANA).unwrap().token, Token::Call(call(9)));
    // In that call already, there is nothing to take; in another call there is no second line.
    assert_eq!(floor.router.claim(ANA, call(9), ClaimKind::Help, now), Ok(vec![]));
    assert_eq!(floor.router.claim(ANA, call(8), ClaimKind::Help, now), Err(Unavailable::Busy));

    floor.give(Input::CallEnded { user: ANA, root: call(9), wrap_up_ms: Some(10_000) });
    let ended = Decision::WrapUpEnded { user: ANA, root: call(9) };
    assert_eq!(floor.router.claim(ANA, call(7), ClaimKind::Help, now), Ok(vec![ended]));
    assert_eq!(floor.state(ANA), SystemState::InCall);

    floor.give(Input::CallEnded { user: ANA, root: call(7), wrap_up_ms: None });
    floor.give(Input::ReachabilityChanged { user: ANA, reachable: false });
    assert_eq!(floor.router.claim(ANA, call(6), ClaimKind::Help, now), Err(Unavailable::Unreachable));
}

#[test]
fn being_rung_by_a_colleague_needs_everything_and_says_what_is_missing() {
    let mut floor = Floor::with(&[ANA]);
    let now = floor.now;
    let ring = |floor: &mut Floor| floor.router.claim(ANA, call(1), ClaimKind::Rung, now);
    for (kind, why, shown) in [
        (StatusKind::Busy, Unavailable::Busy, AvailabilityKind::Busy),
        (StatusKind::Dnd, Unavailable::Dnd, AvailabilityKind::Busy),
        (StatusKind::Offline, Unavailable::Offline, AvailabilityKind::Offline),
    ] {
        floor.chooses(ANA, kind);
        assert_eq!(ring(&mut floor), Err(why));
        let availability = floor.router.availability(ANA);
        assert_eq!((availability.kind, availability.reason), (shown, Some(why)));
    }
    floor.chooses(ANA, StatusKind::Online);
    assert_eq!(floor.router.availability(ANA).kind, AvailabilityKind::Available);
    assert!(ring(&mut floor).is_ok());
    assert_eq!(floor.router.availability(ANA).reason, Some(Unavailable::Busy));
    floor.give(Input::ReachabilityChanged { user: ANA, reachable: false });
    assert_eq!(floor.router.availability(ANA).reason, Some(Unavailable::Unreachable));
}

#[test]
fn work_that_waits_for_a_person_goes_before_their_queues() {
    let mut floor = Floor::with(&[ANA]);
    floor.in_call(1);
    floor.calls(2);
    floor.after(30);
    let direct = WorkItem::new(call(3), Target::Agent(ANA), floor.now);
    assert_eq!(rung(&floor.enqueue(direct)), None);
    let decisions = floor.give(Input::CallEnded { user: ANA, root: call(1), wrap_up_ms: None });
    assert!(matches!(decisions[0], Decision::Offered { item, queue: None, .. } if item == ItemId(call(3))));
}

#[test]
fn the_preferred_agent_wins_over_a_longer_idle_one() {
    let mut floor = Floor::with(&[ANA, BEN]);
    let mut wanted = WorkItem::new(call(1), Target::Queue(BILLING), floor.now);
    wanted.preferred = Some(BEN);
    assert_eq!(rung(&floor.enqueue(wanted)), Some(BEN));
}

#[test]
fn an_excluded_agent_never_gets_the_item_not_even_on_a_retry() {
    let mut floor = Floor::with(&[ANA]);
    let mut back = WorkItem::new(call(1), Target::Queue(BILLING), floor.now);
    back.excluded.insert(ANA);
    assert_eq!(rung(&floor.enqueue(back)), None);
    assert_eq!(rung(&floor.after(600)), None);
    floor.joins(Floor::member(BEN));
    assert_eq!(floor.state(BEN), SystemState::Offering);
}

#[test]
fn the_model_decides_between_free_agents() {
    let skilled = |user, level, more| {
        let mut agent = Floor::member(user);
        agent.skills.insert(SPANISH, level);
        (0..more).for_each(|n| {
            agent.skills.insert(SkillId::from_number(10 + n), 1);
        });
        agent
    };
    for (model, best) in [(Model::LongestIdle, ANA), (Model::BestSkill, BEN), (Model::FewestSkills, EVE)] {
        let mut floor = Floor::with(&[]);
        floor.give(Input::QueueUpserted(Queue { model, ..Queue::new(BILLING) }));
        floor.joins(skilled(ANA, 3, 2));
        floor.after(1);
        floor.joins(skilled(BEN, 5, 2));
        floor.after(1);
        floor.joins(skilled(EVE, 3, 0));
        let mut wanted = WorkItem::new(call(1), Target::Queue(BILLING), floor.now);
        wanted.steps = vec![Step { all: vec![SkillLevel { skill: SPANISH, min: 2 }], ..Step::default() }];
        assert_eq!(rung(&floor.enqueue(wanted)), Some(best), "{model:?}");
    }
}

#[test]
fn an_agents_own_priority_orders_their_queues() {
    let sales = QueueId::from_number(2);
    let mut floor = Floor::with(&[]);
    floor.give(Input::QueueUpserted(Queue::new(sales)));
    let mut agent = Floor::member(ANA);
    agent.memberships.insert(BILLING, Membership { priority: 2, delay_ms: 0 });
    agent.memberships.insert(sales, Membership { priority: 1, delay_ms: 0 });
    floor.calls(1);
    floor.after(60);
    let younger = WorkItem::new(call(2), Target::Queue(sales), floor.now);
    floor.enqueue(younger);
    floor.give(Input::AgentUpserted(agent));
    floor.give(Input::ReachabilityChanged { user: ANA, reachable: true });
    let decisions = floor.chooses(ANA, StatusKind::Online);
    assert!(
        decisions
            .iter()
            .any(|decision| matches!(decision, Decision::Offered { item, .. } if item.0 == call(2)))
    );
}

#[test]
fn waiting_too_long_overflows_to_the_second() {
    let mut floor = Floor::with(&[]);
    let mut queue = Queue::new(BILLING);
    queue.max_wait_ms = Some(30_000);
    queue.overflow = Overflow::Voicemail;
    floor.give(Input::QueueUpserted(queue));
    floor.calls(1);
    assert!(floor.after(29).is_empty());
    let overflowed =
        Decision::Overflowed { item: item(1), to: Overflow::Voicemail, cause: OverflowCause::MaxWait };
    assert_eq!(floor.after(1), [overflowed]);
    assert!(floor.router.waiting(BILLING).is_empty());
}

#[test]
fn a_ringing_call_does_not_overflow_until_nobody_takes_it() {
    let mut floor = Floor::with(&[ANA, BEN]);
    let mut wanted = WorkItem::new(call(1), Target::Queue(BILLING), floor.now);
    wanted.max_wait_ms = Some(5_000);
    wanted.overflow = Some(Overflow::Callback);
    floor.enqueue(wanted);
    assert!(floor.after(10).is_empty());
    let decisions = floor.after(10);
    assert_eq!(rung(&decisions), Some(BEN), "the next free agent goes before the overflow");
    let decisions = floor.after(20);
    let overflowed =
        Decision::Overflowed { item: item(1), to: Overflow::Callback, cause: OverflowCause::MaxWait };
    assert!(decisions.contains(&overflowed), "{decisions:#?}");
}

#[test]
fn a_full_queue_and_a_removed_queue_send_callers_on() {
    let mut floor = Floor::with(&[]);
    floor.give(Input::QueueUpserted(Queue { max_size: Some(1), ..Queue::new(BILLING) }));
    floor.calls(1);
    let overflowed = |n, cause| Decision::Overflowed { item: item(n), to: Overflow::HangUp, cause };
    assert_eq!(floor.calls(2), [overflowed(2, OverflowCause::QueueFull)]);
    assert_eq!(floor.give(Input::QueueRemoved(BILLING)), [overflowed(1, OverflowCause::TargetRemoved)]);
    assert_eq!(floor.calls(3), [Decision::Refused(Refusal::UnknownQueue(BILLING))]);
}

#[test]
fn a_caller_who_hangs_up_while_it_rings_frees_the_agent_for_the_next() {
    let mut floor = Floor::with(&[ANA]);
    floor.calls(1);
    floor.calls(2);
    let decisions = floor.give(Input::Cancelled { item: item(1) });
    assert!(matches!(decisions[0], Decision::Revoked { why: RevokeReason::CallerGone, .. }));
    assert_eq!(decisions[1], Decision::Cancelled { item: item(1) });
    assert_eq!(rung(&decisions), Some(ANA));
}

#[test]
fn new_terms_keep_the_place_among_equals() {
    let mut floor = Floor::with(&[]);
    floor.calls(1);
    floor.calls(2);
    let same = WorkItem::new(call(1), Target::Queue(BILLING), floor.now);
    floor.enqueue(same.clone());
    let line =
        |floor: &Floor| floor.router.waiting(BILLING).iter().map(|waiting| waiting.item).collect::<Vec<_>>();
    assert_eq!(line(&floor), [item(1), item(2)]);
    floor.enqueue(WorkItem { prio: Some(9), ..same });
    assert_eq!(line(&floor), [item(2), item(1)]);
}

#[test]
fn a_removed_agent_is_not_rung_any_more() {
    let mut floor = Floor::with(&[ANA, BEN]);
    floor.calls(1);
    let decisions = floor.give(Input::AgentRemoved(ANA));
    assert!(matches!(decisions[0], Decision::Revoked { why: RevokeReason::AgentRemoved, .. }));
    assert_eq!(rung(&decisions), Some(BEN));
    assert_eq!(floor.router.agent(ANA), None);
    assert_eq!(floor.router.availability(ANA).reason, Some(Unavailable::Unknown));
}

#[test]
fn after_a_restart_whoever_was_in_a_call_still_is() {
    let mut floor = Floor::with(&[]);
    floor.give(Input::AgentUpserted(Floor::member(ANA)));
    floor.give(Input::AgentUpserted(Floor::member(BEN)));
    let now = floor.now;
    floor.router.restore_call(ANA, call(7));
    floor.router.restore_wrap_up(BEN, call(8), now.plus_ms(4_000), now);
    for user in [ANA, BEN] {
        floor.give(Input::ReachabilityChanged { user, reachable: true });
    }
    // The presence of an agent in a call is restored as they left it, too.
    floor.router.restore_status(ANA, status(StatusKind::Online), now);
    floor.router.restore_status(BEN, status(StatusKind::Online), now);
    assert_eq!(rung(&floor.calls(1)), None);
    assert_eq!(floor.state(ANA), SystemState::InCall);
    assert_eq!(rung(&floor.after(4)), Some(BEN));
    floor.calls(2);
    let decisions = floor.give(Input::CallEnded { user: ANA, root: call(7), wrap_up_ms: None });
    assert_eq!(rung(&decisions), Some(ANA));
}

#[test]
fn the_state_of_an_agent_tells_since_when() {
    let mut floor = Floor::with(&[ANA]);
    floor.after(10);
    let decisions = floor.calls(1);
    let offered_at = floor.now;
    assert_eq!(floor.router.agent(ANA).unwrap().since, offered_at);
    floor.after(3);
    floor.answers(&decisions);
    assert_eq!(floor.router.agent(ANA).unwrap().since, offered_at.plus_ms(3_000));
}

#[test]
fn in_wrap_up_only_the_call_it_belongs_to_can_be_taken_up_again() {
    let mut floor = Floor::with(&[ANA]);
    floor.in_call(1);
    floor.give(Input::CallEnded { user: ANA, root: call(1), wrap_up_ms: Some(10_000) });
    let now = floor.now;
    assert_eq!(floor.router.claim(ANA, call(2), ClaimKind::OwnAction, now), Err(Unavailable::Busy));
    assert_eq!(floor.router.claim(ANA, call(1), ClaimKind::Rung, now), Err(Unavailable::Busy));
    let ended = Decision::WrapUpEnded { user: ANA, root: call(1) };
    assert_eq!(floor.router.claim(ANA, call(1), ClaimKind::OwnAction, now), Ok(vec![ended]));
    assert_eq!(floor.state(ANA), SystemState::InCall);
    assert!(floor.after(60).is_empty(), "the wrap-up's timer is gone with it");
}

/// Billing lets a call wait for five seconds where nobody is there, and no longer than a minute.
fn grace(floor: &mut Floor) {
    let mut queue = Queue::new(BILLING);
    queue.nobody_ms = Some(5_000);
    queue.max_wait_ms = Some(60_000);
    floor.give(Input::QueueUpserted(queue));
}

fn overflowed(decisions: &[Decision]) -> Vec<OverflowCause> {
    let cause = |decision: &Decision| match decision {
        Decision::Overflowed { cause, .. } => Some(*cause),
        _ => None,
    };
    decisions.iter().filter_map(cause).collect()
}

#[test]
fn where_nobody_is_signed_in_a_call_waits_for_the_grace_only() {
    let mut floor = Floor::with(&[ANA]);
    grace(&mut floor);
    floor.chooses(ANA, StatusKind::Busy);
    floor.calls(1);
    assert!(floor.after(10).is_empty(), "somebody who is busy will be back");
    floor.chooses(ANA, StatusKind::Offline);
    assert!(floor.after(4).is_empty());
    floor.chooses(ANA, StatusKind::Busy);
    assert!(floor.after(4).is_empty(), "whoever signs in again in time stops it");
    floor.give(Input::ReachabilityChanged { user: ANA, reachable: false });
    assert_eq!(overflowed(&floor.after(5)), [OverflowCause::NobodySignedIn]);
    floor.calls(2);
    assert_eq!(overflowed(&floor.after(5)), [OverflowCause::NobodySignedIn], "the grace is each caller's");
}

#[test]
fn who_is_called_back_waits_as_long_as_it_takes() {
    let mut floor = Floor::with(&[]);
    grace(&mut floor);
    let mut callback = WorkItem::new(call(1), Target::Queue(BILLING), floor.now);
    callback.kind = WorkKind::Callback;
    floor.enqueue(callback);
    assert!(floor.after(3_600).is_empty());
    floor.joins(Floor::member(ANA));
    assert_eq!(floor.router.waiting(BILLING)[0].offered_to, Some(ANA));
}

#[test]
fn who_comes_back_is_never_too_many() {
    let mut floor = Floor::with(&[]);
    let mut queue = Queue::new(BILLING);
    queue.max_size = Some(1);
    floor.give(Input::QueueUpserted(queue));
    floor.calls(1);
    assert_eq!(overflowed(&floor.calls(2)), [OverflowCause::QueueFull]);
    let back = WorkItem { returns: true, ..WorkItem::new(call(3), Target::Queue(BILLING), floor.now) };
    assert!(overflowed(&floor.enqueue(back)).is_empty());
    assert_eq!(floor.router.waiting(BILLING).len(), 2);
    assert_eq!((floor.router.place_of(item(1)), floor.router.place_of(item(3))), (Some(1), Some(2)));
    assert_eq!(floor.router.estimated_wait_ms(item(3)), None, "nobody is at work");
}

#[test]
fn a_message_of_the_first_queue_comes_after_a_call_of_the_second() {
    let support = QueueId::from_number(2);
    let mut floor = Floor::with(&[]);
    floor.give(Input::QueueUpserted(Queue::new(support)));
    let mut message = WorkItem::new(call(1), Target::Queue(BILLING), floor.now);
    message.kind = WorkKind::Voicemail;
    floor.enqueue(message);
    floor.enqueue(WorkItem::new(call(2), Target::Queue(support), floor.now));
    let mut ana = Floor::member(ANA);
    let first = Membership::default();
    ana.memberships.insert(support, Membership { priority: first.priority + 1, ..first });
    floor.joins(ana);
    assert_eq!(floor.router.waiting(support)[0].offered_to, Some(ANA));
    assert_eq!(floor.router.waiting(BILLING)[0].offered_to, None);
}

#[test]
fn colleagues_who_had_their_share_come_after_customers_and_are_served_when_no_customer_waits() {
    let mut floor = Floor::with(&[]);
    let mut billing = Queue::new(BILLING);
    billing.internal_share_max = Some(50);
    floor.give(Input::QueueUpserted(billing));
    let waits = |floor: &mut Floor, n: u128, kind: WorkKind| {
        let mut item = WorkItem::new(call(n), Target::Queue(BILLING), floor.now);
        item.kind = kind;
        floor.enqueue(item);
        floor.after(1);
    };
    for (n, kind) in [
        (1, WorkKind::Consult),
        (2, WorkKind::Consult),
        (3, WorkKind::Customer),
        (4, WorkKind::Consult),
        (5, WorkKind::Customer),
    ] {
        waits(&mut floor, n, kind);
    }
    floor.joins(Floor::member(ANA));
    let mut served = Vec::new();
    while let Some(ringing) = floor.router.waiting(BILLING).iter().find(|one| one.offered_to.is_some()) {
        let (item, offer) = (ringing.item, floor.router.agent(ANA).map(|view| view.token));
        let Some(Token::Offer(offer)) = offer else { panic!("she is rung") };
        floor.give(Input::Answered { offer });
        served.push(item);
        floor.after(60);
        floor.give(Input::CallEnded { user: ANA, root: item.0, wrap_up_ms: None });
    }
    // The first of all would be all of them; then every second may be a colleague's, in the order of their coming.
    assert_eq!(served, [3, 1, 5, 2, 4].map(item));
}

#[test]
fn after_an_offer_that_came_to_nothing_one_rests_unless_one_says_that_one_is_there() {
    let mut floor = Floor::with(&[]);
    let mut ana = Floor::member(ANA);
    ana.rests = Rests { declined_ms: 10_000, missed_ms: 30_000, failed_ms: 5_000 };
    ana.missed_before_pause = 2;
    floor.joins(ana);
    let first = floor.calls(1);
    let (offer, _) = offered(&first).expect("she is rung");
    floor.give(Input::Declined { offer, reason: None });
    assert_eq!(rung(&floor.calls(2)), None, "she rests");
    assert_eq!(floor.router.agent(ANA).and_then(|view| view.rests_until), Some(floor.now.plus_ms(10_000)));
    assert_eq!(floor.router.availability(ANA).reason, None, "colleagues may ring her");
    assert_eq!(rung(&floor.after(9)), None);
    let (offer, _) = offered(&floor.after(1)).expect("she has rested");
    floor.give(Input::OfferFailed { offer });
    floor.chooses(ANA, StatusKind::Online);
    floor.calls(3);
    assert!(
        matches!(floor.router.agent(ANA).map(|view| view.token), Some(Token::Offer(_))),
        "she says she is there"
    );
}
