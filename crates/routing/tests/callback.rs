//! Callback prompts and explanations, one sentence a test.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use routing::{
    Agent, ClaimKind, ConsultRequest, Decision, Input, Membership, PromptAct, PromptState, Queue, Refusal,
    Router, SkillLevel, Status, StatusKind, Step, SystemState, Target, Token, Unavailable, Verdict, WorkItem,
    recall_item,
};
use terms::{CallbackPromptId, ConversationId, PresenceStatusId, QueueId, SkillId, Timestamp, UserId};

const BILLING: QueueId = QueueId::from_number(1);
const ANA: UserId = UserId::from_number(1);
const BEN: UserId = UserId::from_number(2);
const CID: UserId = UserId::from_number(3);
const SPANISH: SkillId = SkillId::from_number(1);
const ASKED: CallbackPromptId = CallbackPromptId::from_number(1);
/// Ana's call with her customer, and Ben's with his.
const ROOT: ConversationId = ConversationId::from_number(10);
const OTHER: ConversationId = ConversationId::from_number(20);

struct Floor {
    router: Router,
    now: Timestamp,
}

impl Floor {
    /// Ana and Ben are each in a call of their own; Cid is free.
    fn busy() -> Self {
        let mut floor = Self { router: Router::new(), now: Timestamp::from_ms(0) };
        floor.give(Input::QueueUpserted(Queue::new(BILLING)));
        for user in [ANA, BEN, CID] {
            let mut agent = Agent::new(user);
            agent.memberships.insert(BILLING, Membership::default());
            agent.skills.insert(SPANISH, 3);
            floor.give(Input::AgentUpserted(agent));
            floor.give(Input::ReachabilityChanged { user, reachable: true });
            floor.chooses(user, StatusKind::Online);
        }
        floor.router.claim(ANA, ROOT, ClaimKind::OwnAction, floor.now).unwrap();
        floor.router.claim(BEN, OTHER, ClaimKind::OwnAction, floor.now).unwrap();
        floor
    }
    fn give(&mut self, input: Input) -> Vec<Decision> {
        let decisions = self.router.handle(&input, self.now);
        self.router.check(self.now).unwrap();
        decisions
    }
    fn chooses(&mut self, user: UserId, kind: StatusKind) -> Vec<Decision> {
        let status = Status { id: PresenceStatusId::from_number(kind as u128), kind };
        self.give(Input::PresenceSet { user, status })
    }
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
    fn asks(&mut self, prompt: CallbackPromptId, requester: UserId, root: ConversationId) -> Vec<Decision> {
        let request = ConsultRequest { prompt, requester, target: BEN, root, note: None, boost_ms: 0 };
        let decisions = self.router.leave_card(&request, self.now);
        self.router.check(self.now).unwrap();
        decisions
    }
    fn acts(&mut self, by: UserId, act: PromptAct) -> Vec<Decision> {
        self.give(Input::PromptActed { prompt: ASKED, by, act })
    }
    fn ends(&mut self, user: UserId, root: ConversationId) -> Vec<Decision> {
        self.give(Input::CallEnded { user, root, wrap_up_ms: None })
    }
    fn state(&self) -> PromptState {
        self.router.prompt(ASKED).unwrap().state
    }
}

fn states(decisions: &[Decision]) -> Vec<PromptState> {
    let state = |decision: &Decision| match decision {
        Decision::PromptChanged(prompt) => Some(prompt.state),
        _ => None,
    };
    decisions.iter().filter_map(state).collect()
}

#[test]
fn a_card_rings_nobody_and_asking_twice_names_the_card_that_stands() {
    let mut floor = Floor::busy();
    assert_eq!(states(&floor.asks(ASKED, ANA, ROOT)), [PromptState::Offered]);
    let again = CallbackPromptId::from_number(2);
    let refused = Refusal::DuplicatePrompt { prompt: again, existing: ASKED };
    assert_eq!(floor.asks(again, ANA, ROOT), [Decision::Refused(refused)]);
    assert_eq!(floor.router.agent(BEN).unwrap().token, Token::Call(OTHER));
    assert_eq!(floor.router.alternatives_to(BEN, 5), [CID]);
    assert_eq!(states(&floor.after(60)), [PromptState::Expired]);
}

#[test]
fn nobody_gets_a_card_who_is_free_away_or_not_to_be_disturbed() {
    let mut floor = Floor::busy();
    floor.ends(BEN, OTHER);
    assert_eq!(floor.asks(ASKED, ANA, ROOT), []);
    for kind in [StatusKind::Dnd, StatusKind::Offline] {
        floor.chooses(BEN, kind);
        assert_eq!(floor.asks(ASKED, ANA, ROOT), []);
    }
}

#[test]
fn a_promise_comes_before_the_queue_and_after_the_wrap_up() {
    let mut floor = Floor::busy();
    floor.asks(ASKED, ANA, ROOT);
    floor.acts(BEN, PromptAct::Accept);
    floor.chooses(CID, StatusKind::Offline);
    floor.give(Input::Enqueued(WorkItem::new(
        ConversationId::from_number(30),
        Target::Queue(BILLING),
        floor.now,
    )));
    floor.give(Input::CallEnded { user: BEN, root: OTHER, wrap_up_ms: Some(5_000) });
    assert_eq!(floor.state(), PromptState::Accepted);
    let decisions = floor.after(5);
    assert_eq!(states(&decisions), [PromptState::Ready, PromptState::Recalling]);
    let rung = decisions.iter().find_map(|decision| match decision {
        Decision::Offered { offer, item, user: BEN, .. } if *item == recall_item(ASKED) => Some(*offer),
        _ => None,
    });
    let decisions = floor.give(Input::Answered { offer: rung.unwrap() });
    assert_eq!(states(&decisions), [PromptState::Connected]);
    // One call for both: the token names the conversation that the asker is in.
    assert_eq!(floor.router.agent(BEN).unwrap().token, Token::Call(ROOT));
    assert_eq!(states(&floor.ends(BEN, ROOT)), [PromptState::Completed]);
    assert_eq!(floor.router.agent(BEN).unwrap().system_state, SystemState::Offering);
}

#[test]
fn whoever_promised_is_kept_free_for_an_asker_in_another_call_but_not_for_long() {
    let mut floor = Floor::busy();
    floor.asks(ASKED, ANA, ROOT);
    floor.acts(BEN, PromptAct::Accept);
    floor.ends(ANA, ROOT);
    floor.router.claim(ANA, ConversationId::from_number(40), ClaimKind::OwnAction, floor.now).unwrap();
    let decisions = floor.ends(BEN, OTHER);
    assert_eq!(states(&decisions), [PromptState::Ready, PromptState::RequesterBusy]);
    assert_eq!(floor.router.availability(BEN).reason, Some(Unavailable::Busy));
    assert_eq!(states(&floor.after(15)), [PromptState::Accepted]);
    assert_eq!(floor.router.availability(BEN).reason, None);
    // Free again, the asker gets what was promised.
    let decisions = floor.ends(ANA, ConversationId::from_number(40));
    assert_eq!(states(&decisions), [PromptState::Ready, PromptState::Recalling]);
}

#[test]
fn a_promise_outlives_do_not_disturb_and_is_kept_afterwards() {
    let mut floor = Floor::busy();
    floor.asks(ASKED, ANA, ROOT);
    floor.acts(BEN, PromptAct::Accept);
    floor.ends(BEN, OTHER);
    assert_eq!(states(&floor.chooses(BEN, StatusKind::Dnd)), [PromptState::Accepted]);
    let decisions = floor.chooses(BEN, StatusKind::Online);
    assert_eq!(states(&decisions), [PromptState::Ready, PromptState::Recalling]);
    assert_eq!(states(&floor.after(20)), [PromptState::Expired]);
    assert_eq!(floor.router.agent(BEN).unwrap().system_state, SystemState::Missed);
}

#[test]
fn a_snoozed_card_comes_back_and_not_to_somebody_who_is_away() {
    let mut floor = Floor::busy();
    floor.asks(ASKED, ANA, ROOT);
    floor.acts(BEN, PromptAct::Snooze { ms: 10_000 });
    floor.ends(BEN, OTHER);
    floor.chooses(BEN, StatusKind::Offline);
    assert_eq!(states(&floor.after(30)), []);
    assert_eq!(floor.state(), PromptState::Snoozed);
    assert_eq!(states(&floor.chooses(BEN, StatusKind::Busy)), [PromptState::Offered]);
}

#[test]
fn only_the_asked_answer_and_only_the_asker_takes_it_back() {
    let mut floor = Floor::busy();
    floor.asks(ASKED, ANA, ROOT);
    let not_yours = [Decision::Refused(Refusal::NotYourPrompt(ASKED))];
    assert_eq!(floor.acts(ANA, PromptAct::Accept), not_yours);
    assert_eq!(floor.acts(BEN, PromptAct::Cancel), not_yours);
    assert_eq!(states(&floor.acts(ANA, PromptAct::Cancel)), [PromptState::Cancelled]);
    let over = Refusal::PromptState(ASKED, PromptState::Cancelled);
    assert_eq!(floor.acts(BEN, PromptAct::Accept), [Decision::Refused(over)]);
}

#[test]
fn the_end_of_the_call_it_was_about_stops_the_ringing() {
    let mut floor = Floor::busy();
    floor.asks(ASKED, ANA, ROOT);
    floor.acts(BEN, PromptAct::Accept);
    floor.ends(BEN, OTHER);
    let decisions = floor.give(Input::RootEnded { root: ROOT });
    assert!(matches!(decisions[0], Decision::Revoked { user: BEN, .. }), "{decisions:#?}");
    assert_eq!(states(&decisions), [PromptState::Cancelled]);
    assert_eq!(floor.router.agent(BEN).unwrap().token, Token::None);
}

#[test]
fn of_two_promises_the_older_is_kept_first_and_the_other_waits_its_turn() {
    let mut floor = Floor::busy();
    let second = CallbackPromptId::from_number(2);
    floor.router.claim(CID, ConversationId::from_number(50), ClaimKind::OwnAction, floor.now).unwrap();
    floor.asks(ASKED, ANA, ROOT);
    floor.asks(second, CID, ConversationId::from_number(50));
    assert_eq!(floor.router.prompt_position(second), Some(2));
    floor.give(Input::PromptActed { prompt: second, by: BEN, act: PromptAct::Accept });
    floor.acts(BEN, PromptAct::Accept);
    assert_eq!(floor.router.prompt_position(second), Some(1));
    floor.ends(BEN, OTHER);
    assert_eq!(floor.router.prompt(second).unwrap().state, PromptState::Recalling);
    assert_eq!(floor.state(), PromptState::Accepted);
}

#[test]
fn after_a_restart_a_promise_is_still_one() {
    let mut floor = Floor::busy();
    floor.asks(ASKED, ANA, ROOT);
    floor.acts(BEN, PromptAct::Accept);
    let prompt = floor.router.prompt(ASKED).unwrap().clone();
    let text = serde_json::to_string(&prompt).unwrap();
    let mut later = Floor::busy();
    later.router.restore_prompt(serde_json::from_str(&text).unwrap(), later.now);
    later.router.check(later.now).unwrap();
    assert_eq!(states(&later.ends(BEN, OTHER)), [PromptState::Ready, PromptState::Recalling]);
}

#[test]
fn an_explanation_says_of_everybody_what_kept_the_item_from_them() {
    let mut floor = Floor::busy();
    floor.chooses(CID, StatusKind::Busy);
    let dan = UserId::from_number(4);
    let mut agent = Agent::new(dan);
    agent.memberships.insert(BILLING, Membership { priority: 1, delay_ms: 0 });
    floor.give(Input::AgentUpserted(agent));
    floor.give(Input::ReachabilityChanged { user: dan, reachable: true });
    floor.chooses(dan, StatusKind::Online);
    let id = ConversationId::from_number(60);
    let mut item = WorkItem::new(id, Target::Queue(BILLING), floor.now);
    let spanish = SkillLevel { skill: SPANISH, min: 2 };
    item.steps = vec![Step { all: vec![spanish], expiry_ms: Some(10_000), ..Step::default() }];
    let item_id = item.id;
    floor.give(Input::Enqueued(item));
    let told = |floor: &Floor| {
        let explained = floor.router.explain(item_id, 10, floor.now).unwrap();
        explained.candidates.into_iter().map(|one| (one.user, one.verdict)).collect::<Vec<_>>()
    };
    let lacks = Verdict::Skills { missing: vec![SPANISH], unwanted: vec![] };
    assert_eq!(
        told(&floor),
        [(ANA, Verdict::InCall), (BEN, Verdict::InCall), (CID, Verdict::Busy), (dan, lacks)]
    );
    floor.after(10);
    assert_eq!(told(&floor)[3], (dan, Verdict::Offered));
    assert_eq!(floor.router.explain(item_id, 2, floor.now).unwrap().left_out, 2);
}

#[test]
fn a_call_that_is_only_thought_of_is_weighed_at_each_step_and_waits_nowhere() {
    let mut floor = Floor::busy();
    let spanish = |min| SkillLevel { skill: SPANISH, min };
    let mut queue = Queue::new(BILLING);
    let step = |min, expiry_ms| Step { all: vec![spanish(min)], expiry_ms, ..Step::default() };
    queue.steps = vec![step(5, Some(10_000)), step(2, Some(10_000))];
    floor.give(Input::QueueUpserted(queue));
    let thought = |queue| WorkItem::new(ConversationId::from_number(99), Target::Queue(queue), floor.now);
    let told = |item: WorkItem| -> Vec<Vec<Verdict>> {
        let steps = floor.router.consider(item, 10, floor.now).unwrap();
        steps.into_iter().map(|one| one.candidates.into_iter().map(|c| c.verdict).collect()).collect()
    };
    let lacks = || Verdict::Skills { missing: vec![SPANISH], unwanted: vec![] };
    let busy = [Verdict::InCall, Verdict::InCall];
    // At neither the second step nor behind the last does anything stand in Cid's way.
    let of_cid = [lacks(), Verdict::Free, Verdict::Free];
    let expected: Vec<Vec<Verdict>> = of_cid.into_iter().map(|cid| [&busy[..], &[cid]].concat()).collect();
    assert_eq!(told(thought(BILLING)), expected);
    // A step without expiry is as far as it ever comes.
    let mut for_ever = thought(BILLING);
    for_ever.steps = vec![step(5, None)];
    assert_eq!(told(for_ever), [[&busy[..], &[lacks()]].concat()]);
    assert_eq!(floor.router.consider(thought(QueueId::from_number(7)), 10, floor.now), None);
    assert!(floor.router.waiting(BILLING).is_empty());
    floor.router.check(floor.now).unwrap();
}
