//! The interpreter, by the dry run.

use serde_json::{Value, json};
use terms::{BusinessHoursId, QueueId, SkillId, Timestamp, UserId};

use super::{
    Around, DryRun, FlowRun, FlowStep, Heard, Move, Outcome, QueueLook, dry_run,
    hours::{AllHours, BusinessHours, Schedule, Span},
};

const OFFICE: BusinessHoursId = BusinessHoursId::from_number(7);
const BILLING: QueueId = QueueId::from_number(100);
const ANA: UserId = UserId::from_number(1);
const SUPPORT: QueueId = QueueId::from_number(101);

fn hours() -> AllHours {
    let monday = vec![Span { from: "09:00".into(), to: "17:00".into() }];
    let schedule = Schedule { monday, ..Schedule::default() };
    let office = BusinessHours { name: "Office".into(), time_zone: chrono_tz::Europe::Berlin, schedule };
    [(OFFICE, office)].into()
}

fn at(text: &str) -> Timestamp {
    Timestamp::from_ms(chrono::DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
}

fn run(steps: &Value, keys: &str, when: &str, look: QueueLook) -> DryRun {
    let steps: Vec<FlowStep> = serde_json::from_value(steps.clone()).unwrap();
    // A dot is silence.
    let keys: Vec<Option<char>> = keys.chars().map(|key| (key != '.').then_some(key)).collect();
    let prompt = |name: &str| crate::Organization::default().prompt_named(name);
    dry_run(steps, keys, at(when), &hours(), &prompt, &|_| look, &|user| user == ANA)
}

fn passed(run: &DryRun) -> Vec<(&str, Outcome)> {
    run.passed.iter().map(|passed| (passed.path.as_str(), passed.outcome)).collect()
}

const SUNDAY: &str = "2026-11-22T03:12:00+01:00";
const MONDAY: &str = "2026-11-23T10:00:00+01:00";

fn main_flow() -> Value {
    json!([
        {"hours": {"business_hours_id": OFFICE, "closed": [{"play": "closed"}, {"hang_up": {}}]}},
        {"set": {"case_category": "Phone", "priority": 3}},
        {"menu": {
            "prompt": "greeting",
            "digits": {
                "1": [{"queue": {"queue_id": BILLING}}],
                "2": [{"set": {"subject": "Support", "skills": [{"skill_id": SkillId::from_number(1), "level": 4}]}}]
            },
            "attempts": 2,
            "on_failure": [{"play": "please_wait"}]
        }},
        {"queue": {"queue_id": SUPPORT}}
    ])
}

#[test]
fn on_sunday_night_a_caller_is_told_that_it_is_closed() {
    let run = run(&main_flow(), "2", SUNDAY, QueueLook::default());
    assert_eq!(run.queue, None);
    assert_eq!(
        passed(&run),
        [
            ("steps[0]", Outcome::Closed),
            ("steps[0].hours.closed[0]", Outcome::Played),
            ("steps[0].hours.closed[1]", Outcome::HungUp),
        ]
    );
}

#[test]
fn behind_a_branch_the_flow_goes_on_and_what_was_set_goes_along() {
    let run = run(&main_flow(), "2", MONDAY, QueueLook::default());
    assert_eq!((run.queue, run.priority), (Some(SUPPORT), Some(3)));
    assert_eq!(run.skills.iter().map(|skill| skill.level).collect::<Vec<_>>(), [4]);
    assert_eq!((run.subject.as_deref(), run.case_category.as_deref()), (Some("Support"), Some("Phone")));
    assert_eq!(run.attributes.get("menu_1").map(String::as_str), Some("2"));
    assert_eq!(passed(&run).last(), Some(&("steps[3]", Outcome::Queued)));
}

#[test]
fn wrong_keys_and_silence_count_together_and_then_the_fallback_follows() {
    let run = run(&main_flow(), "9.", MONDAY, QueueLook::default());
    let outcomes: Vec<Outcome> = run.passed.iter().map(|passed| passed.outcome).collect();
    use Outcome::*;
    assert_eq!(outcomes, [Open, Set, Asked, NotAChoice, Asked, Failed, Played, Queued]);
    assert_eq!(run.queue, Some(SUPPORT));
}

#[test]
fn the_second_attempt_may_succeed() {
    for keys in ["91", ".1"] {
        assert_eq!(run(&main_flow(), keys, MONDAY, QueueLook::default()).queue, Some(BILLING), "{keys}");
    }
}

#[test]
fn a_callback_keeps_what_was_set_and_who_shows_no_number_goes_on() {
    let steps = json!([
        {"set": {"priority": 2, "skills": [{"skill_id": SkillId::from_number(1), "level": 4}]}},
        {"callback": {"queue_id": BILLING}},
        {"queue": {"queue_id": SUPPORT}}
    ]);
    let shown = run(&steps, "", MONDAY, QueueLook::default());
    assert_eq!((shown.callback, shown.queue, shown.priority), (Some(BILLING), None, Some(2)));
    assert_eq!(shown.skills.len(), 1);
    assert_eq!(passed(&shown).last(), Some(&("steps[1]", Outcome::CallsBack)));

    let mut withheld = FlowRun::new(serde_json::from_value(steps).unwrap());
    let around = Around {
        now: at(MONDAY),
        hours: &hours(),
        prompt: &|_| None,
        queue: &|_| QueueLook::default(),
        user: &|_| true,
        number: false,
    };
    let next = withheld.next(Heard::Nothing, &around);
    assert!(matches!(next, Move::Queue { queue: SUPPORT, .. }), "{next:?}");
    let passed: Vec<Outcome> = withheld.take_passed().iter().map(|passed| passed.outcome).collect();
    assert_eq!(passed, [Outcome::Set, Outcome::NoNumber, Outcome::Queued]);
}

#[test]
fn a_flow_without_an_end_hangs_up() {
    let run =
        run(&json!([{"play": "greeting"}, {"play": "no such prompt"}]), "", MONDAY, QueueLook::default());
    assert_eq!(
        passed(&run),
        [("steps[0]", Outcome::Played), ("steps[1]", Outcome::Skipped), ("steps", Outcome::Over)]
    );
}

#[test]
fn a_queue_check_takes_its_branch_on_the_first_condition_that_holds() {
    let steps = json!([
        {"queue_check": {"queue_id": BILLING, "no_agents": true, "waiting": 3, "longest_wait_seconds": 60,
            "then": [{"queue": {"queue_id": SUPPORT}}]}},
        {"queue": {"queue_id": BILLING}}
    ]);
    let look = |agents, waiting, longest_wait_ms| QueueLook { agents, waiting, longest_wait_ms };
    for (look, outcome, queue) in [
        (look(0, 9, 0), Outcome::NoAgents, SUPPORT),
        (look(2, 3, 0), Outcome::TooManyWait, SUPPORT),
        (look(2, 1, 60_000), Outcome::WaitTooLong, SUPPORT),
        (look(2, 2, 59_999), Outcome::Passes, BILLING),
    ] {
        let run = run(&steps, "", MONDAY, look);
        assert_eq!((run.passed[0].outcome, run.queue), (outcome, Some(queue)));
    }
}

#[test]
fn what_the_queue_step_asks_for_goes_before_what_was_set() {
    let skill = SkillId::from_number(1);
    let steps = json!([
        {"set": {"skills": [{"skill_id": skill, "level": 2}], "priority": 7}},
        {"queue": {"queue_id": BILLING, "skills": [{"skill_id": skill, "level": 5}], "priority": 1}}
    ]);
    let run = run(&steps, "", MONDAY, QueueLook::default());
    assert_eq!((run.skills.len(), run.skills[0].level, run.priority), (1, 5, Some(1)));
}

#[test]
fn a_person_who_is_there_is_rung_and_one_who_is_not_is_passed_by() {
    let steps = |user| json!([{"user": {"user_id": user}}, {"play": "not_available"}]);
    let there = run(&steps(ANA), "", MONDAY, QueueLook::default());
    assert_eq!((there.user, passed(&there)), (Some(ANA), vec![("steps[0]", Outcome::Rung)]));
    let away = run(&steps(UserId::from_number(2)), "", MONDAY, QueueLook::default());
    assert_eq!(away.user, None);
    assert_eq!(
        away.passed.iter().map(|passed| passed.outcome).collect::<Vec<_>>(),
        [Outcome::NotThere, Outcome::Played, Outcome::Over]
    );
}
