//! What a change of the plan does to its figures.

use std::ops::ControlFlow;

use routing::{Model, SkillLevel, Step};

use crate::{
    compare::compare,
    floor::{AgentPlan, CallerPlan, Duration, Length, Plan, QueuePlan, run, skill},
};

/// A queue with these agents for four hours, 60 calls an hour of 240 s.
fn plan(agents: usize) -> Plan {
    let seconds = 4.0 * 3600.0;
    let caller = CallerPlan {
        queue: 0,
        skills: Vec::new(),
        prio: None,
        rates: vec![(seconds, 60.0), (seconds + 1.0, 0.0)],
        handle: Duration::Exponential { mean_s: 240.0 },
        patience_s: Some(120.0),
        wrap_up_s: 10.0,
        within_s: None,
    };
    let agent = AgentPlan {
        skills: Vec::new(),
        queues: vec![(0, 1).into()],
        shifts: Vec::new(),
        answers_after_s: 2.0,
    };
    Plan {
        queues: vec![QueuePlan::plain(Model::LongestIdle, 5)],
        callers: vec![caller],
        agents: vec![agent; agents],
        run: Length::Until { seconds },
        within_s: 20.0,
    }
}

fn on(_: u64) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

#[test]
fn more_agents_answer_more_calls_in_time_and_the_interval_of_the_difference_says_so() {
    let compared = compare(&plan(4), &plan(7), 20, 7, &mut on);
    let level = compared.whole["service_level"];
    assert!(level.difference.low > 0.1, "{level:?}");
    assert!(level.base.low < level.base.mean && level.base.mean < level.base.high, "{level:?}");
    assert!(compared.whole["occupancy"].difference.high < 0.0);
    assert!(compared.whole["occupancy"].base.high <= 1.0);
    assert!(compared.whole["offered"].difference.mean.abs() < 30.0);
    assert_eq!(compared.queues.len(), 1);
    assert_eq!(compared.queues[0]["asa_seconds"], compared.whole["asa_seconds"]);
}

#[test]
fn the_same_plan_twice_differs_in_nothing() {
    let compared = compare(&plan(5), &plan(5), 10, 3, &mut on);
    for (name, figure) in &compared.whole {
        assert_eq!((figure.base, figure.difference.mean), (figure.changed, 0.0), "{name}");
    }
    assert_eq!(compared, compare(&plan(5), &plan(5), 10, 3, &mut on));
}

#[test]
fn whoever_watches_may_end_it_and_gets_what_was_played_so_far() {
    let mut stop = |done: u64| if done < 4 { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
    assert_eq!(compare(&plan(4), &plan(5), 100, 1, &mut stop).replications, 4);
    let none = compare(&plan(4), &plan(5), 100, 1, &mut |_| ControlFlow::Break(()));
    assert!(none.replications == 0 && none.whole.is_empty());
}

#[test]
fn what_a_queue_asks_for_keeps_its_calls_from_those_who_lack_it() {
    let mut asks = plan(6);
    asks.queues[0].steps =
        vec![Step { all: vec![SkillLevel { skill: skill(0), min: 3 }], ..Step::default() }];
    for (place, agent) in asks.agents.iter_mut().enumerate() {
        agent.skills = vec![(0, if place < 2 { 5 } else { 1 })];
    }
    let busy = run(&asks, 1).busy;
    assert!(
        busy[..2].iter().all(|busy| *busy > 0.0) && busy[2..].iter().all(|busy| *busy == 0.0),
        "{busy:?}"
    );
}

#[test]
fn agents_are_no_busier_than_they_are_there() {
    let mut crowded = plan(1);
    crowded.callers[0].patience_s = None;
    let outcome = run(&crowded, 5);
    assert!(outcome.busy[0] <= outcome.staffed[0], "{outcome:?}");
    assert!((outcome.staffed[0] - 14_400.0).abs() < 1e-9);
}
