use super::*;

fn prefers(user: UserId) -> Wishes {
    Wishes { preferred: Some(user), preferred_ms: Some(30_000), steps: vec![Wish::default()] }
}

fn wished(s: &Stage) -> Option<UserId> {
    s.c.desired().work.and_then(|work| work.wishes.preferred)
}

#[test]
fn what_a_call_wishes_stays_with_it_in_its_line_and_back_at_its_head() {
    let mut s = Stage::queued();
    s.system(Command::Wish { wishes: prefers(ANA) });
    s.router(Command::Enqueue { target: QueueOrUser::Queue(BILLING), skills: vec![], priority: 2 });
    assert_eq!(wished(&s), Some(ANA));
    // The agent who answers is lost: the call is the next in its queue.
    let leg = s.offer(BEN);
    s.answers(leg);
    assert_eq!(wished(&s), None);
    s.signal(Signal::LegEnded { leg, reason: EndReason::AgentLost });
    let work = s.c.desired().work.expect("it waits again");
    assert!(work.head);
    assert_eq!(work.wishes, prefers(ANA));
}

#[test]
fn another_queue_knows_nothing_of_the_wishes() {
    let mut s = Stage::queued();
    s.system(Command::Wish { wishes: prefers(ANA) });
    s.router(Command::Enqueue { target: QueueOrUser::Queue(SUPPORT), skills: vec![], priority: 5 });
    assert_eq!(wished(&s), None);
}

#[test]
fn nobody_wishes_while_somebody_is_rung_and_no_person_at_all() {
    let mut s = Stage::queued();
    let wish = |user| Command::Wish { wishes: prefers(user) };
    let leg = s.offer(ANA);
    assert_eq!(s.try_input(&Input::Command { by: Actor::System, command: wish(BEN) }), Err(Rejected::NotNow));
    s.answers(leg);
    assert!(s.try_input(&Input::by_user(ANA, wish(BEN))).is_err());
    let late = s.try_input(&Input::Command { by: Actor::System, command: wish(BEN) });
    assert_eq!(late, Err(Rejected::NothingWaiting));
}
