//! Queues whose calls nobody can take, wait for ever, go in circles or never get their turn.

use std::collections::{BTreeMap, BTreeSet};

use routing::{Overflow, Step};
use terms::{QueueId, UserId};

use super::{Finding, Looked, Severity, Subject, SubjectKind, finding, flows, named, people};
use crate::organization::{Destination, Entry, Queue, User};

type Members<'a> = BTreeMap<QueueId, Vec<&'a User>>;

pub(super) fn findings(looked: &Looked<'_>) -> Vec<Finding> {
    let members = members(looked);
    let reached = reached(looked);
    let none = Vec::new();
    let mut found = Vec::new();
    for queue in looked.organization.queues.values() {
        let serve = members.get(&queue.id).unwrap_or(&none);
        found.extend(empty(queue, serve, reached.contains(&queue.id)));
        if !serve.is_empty() {
            found.extend(steps(queue, serve));
            found.extend(starves(looked, queue, serve));
        }
        found.extend(overflow(looked, queue));
        found.extend(wrap_up(looked, queue));
    }
    found.extend(circles(looked));
    found
}

fn subject(queue: &Queue) -> Subject {
    Subject::of(SubjectKind::Queue, queue.id.0, &queue.name)
}

fn members<'a>(looked: &Looked<'a>) -> Members<'a> {
    let mut members = Members::new();
    let able = looked.organization.users.values().filter(|user| people::takes_calls(looked, user.id));
    for user in able {
        for membership in &user.queues {
            members.entry(membership.queue).or_default().push(user);
        }
    }
    members
}

/// Queues that something leads to: a number, a flow, a quick connect, another queue's overflow, an extension.
fn reached(looked: &Looked<'_>) -> BTreeSet<QueueId> {
    let mut reached = flows::queues_named(looked.rows);
    for number in looked.organization.numbers.values() {
        if let Entry::Queue(queue) = &number.goes_to {
            reached.insert(*queue);
        }
    }
    for quick in looked.organization.quick_connects.values() {
        if let Destination::Queue { queue, .. } = &quick.target {
            reached.insert(*queue);
        }
    }
    for queue in looked.organization.queues.values() {
        if let Overflow::Queue(to) = &queue.overflow {
            reached.insert(*to);
        }
        if queue.extension.is_some() || queue.internal {
            reached.insert(queue.id);
        }
    }
    reached
}

fn empty(queue: &Queue, serve: &[&User], reached: bool) -> Option<Finding> {
    if !serve.is_empty() {
        let text = "Nothing leads to this queue: no number, flow, quick connect, extension or overflow. Lead a number there, or remove it.";
        return if reached { None } else { finding(Severity::Info, "queue_unreached", subject(queue), text) };
    }
    if !reached {
        let text =
            "Nobody serves this queue and nothing leads to it. Give it members and a number, or remove it.";
        return finding(Severity::Info, "queue_unused", subject(queue), text);
    }
    if queue.max_wait_ms.is_some() {
        let text = "Nobody serves this queue: every call waits until it overflows. Give it members, or lead its calls elsewhere at once.";
        return finding(Severity::Warning, "queue_without_members", subject(queue), text);
    }
    let text = "Nobody serves this queue: its calls wait until they hang up. Give it members who may take calls, or set a longest wait and an overflow.";
    finding(Severity::Error, "queue_without_members", subject(queue), text)
}

/// Whether somebody with these skills is among them.
fn meets(step: &Step, serve: &[&User]) -> bool {
    let level = |user: &User, wanted: &routing::SkillLevel| {
        user.skills.get(&wanted.skill).copied().unwrap_or(0) >= wanted.min.max(1)
    };
    serve.iter().any(|user| {
        step.all.iter().all(|wanted| level(user, wanted))
            && (step.any.is_empty() || step.any.iter().any(|wanted| level(user, wanted)))
            && !step.not.iter().any(|wanted| level(user, wanted))
            && (step.agents.is_empty() || step.agents.contains(&user.id))
    })
}

fn steps(queue: &Queue, serve: &[&User]) -> Vec<Finding> {
    let mut found = Vec::new();
    for (index, step) in queue.steps.iter().enumerate() {
        let number = index + 1;
        let unmet = !meets(step, serve);
        match step.expiry_ms {
            None if unmet => {
                let text = format!(
                    "No member is what step {number} asks for, and the step never expires: calls wait for ever. Give a member the skills, or let the step expire."
                );
                found.extend(finding(Severity::Error, "step_nobody_meets", subject(queue), text));
            }
            Some(ms) if unmet => {
                let text = format!(
                    "No member is what step {number} asks for: every call waits its {} seconds for nothing. Give a member the skills, or take the step out.",
                    ms / 1000
                );
                found.extend(finding(Severity::Warning, "step_nobody_meets", subject(queue), text));
            }
            Some(_) | None => {}
        }
        if step.expiry_ms.is_none() && number < queue.steps.len() {
            let text = format!(
                "Step {number} never expires, so the steps behind it are never reached. Let it expire, or take them out."
            );
            found.extend(finding(Severity::Warning, "step_never_reached", subject(queue), text));
            break;
        }
    }
    found
}

/// Every member has something that always goes first: in a rush this queue's calls never get their turn.
fn starves(looked: &Looked<'_>, queue: &Queue, serve: &[&User]) -> Option<Finding> {
    let mut before: BTreeSet<QueueId> = BTreeSet::new();
    for user in serve {
        let here = user.queues.iter().find(|m| m.queue == queue.id)?;
        let mine = (here.priority, queue.priority);
        let first = user.queues.iter().filter(|m| m.queue != queue.id).filter(|other| {
            let theirs = looked.organization.queues.get(&other.queue);
            theirs.is_some_and(|theirs| (other.priority, theirs.priority) < mine)
        });
        let ahead: Vec<QueueId> = first.map(|m| m.queue).collect();
        if ahead.is_empty() {
            return None;
        }
        before.extend(ahead);
    }
    let names = named(
        before.iter().filter_map(|id| looked.organization.queues.get(id)).map(|queue| queue.name.as_str()),
    );
    let text = format!(
        "Each of its members serves another queue first ({names}): while calls wait there, none of this queue is ever answered. Give one member this queue at the same priority."
    );
    finding(Severity::Warning, "queue_starves", subject(queue), text)
}

fn overflow(looked: &Looked<'_>, queue: &Queue) -> Vec<Finding> {
    let mut found = Vec::new();
    let limited = looked.rows.queues.iter().any(|row| row.id == queue.id && row.max_size.is_some());
    if queue.max_wait_ms.is_none() && !limited && queue.overflow != Overflow::HangUp {
        let text = "It has an overflow, but neither a longest wait nor a largest size, so calls hardly ever come to it. Set one, or take the overflow out.";
        found.extend(finding(Severity::Warning, "overflow_half_set", subject(queue), text));
    }
    match &queue.overflow {
        Overflow::Queue(to) if !looked.organization.queues.contains_key(to) => {
            let text = "Its overflow leads to a queue that is not there. Choose another.";
            found.extend(finding(Severity::Error, "overflow_to_nowhere", subject(queue), text));
        }
        Overflow::External(_) if looked.organization.trunks.is_empty() => {
            let text = "Its overflow dials a public number, but there is no trunk. Add one, or choose another overflow.";
            found.extend(finding(Severity::Error, "overflow_without_trunk", subject(queue), text));
        }
        _ => {}
    }
    found
}

/// Queues whose overflow comes back to them.
fn circles(looked: &Looked<'_>) -> Vec<Finding> {
    let queues = &looked.organization.queues;
    let next = |id: QueueId| match queues.get(&id).map(|queue| &queue.overflow) {
        Some(Overflow::Queue(to)) => Some(*to),
        _ => None,
    };
    let mut found = Vec::new();
    for queue in queues.values() {
        let mut passed = vec![queue.id];
        let mut at = queue.id;
        while let Some(to) = next(at) {
            if to == queue.id {
                let names =
                    named(passed.iter().filter_map(|id| queues.get(id)).map(|queue| queue.name.as_str()));
                let text = format!(
                    "Its overflow comes back to it ({names}): a call that nobody answers goes round until the caller hangs up. End the circle with a voicemail, a callback or a number."
                );
                found.extend(finding(Severity::Warning, "overflow_circle", subject(queue), text));
                break;
            }
            if passed.contains(&to) {
                break;
            }
            passed.push(to);
            at = to;
        }
    }
    found
}

fn wrap_up(looked: &Looked<'_>, queue: &Queue) -> Option<Finding> {
    if queue.wrap_up_ms == 0 && queue.wrap_up_extensions_max > 0 {
        let text = "Wrap-up may be prolonged, but has no time of its own, so it never begins. Set its seconds, or take the extensions out.";
        return finding(Severity::Warning, "wrap_up_half_set", subject(queue), text);
    }
    if queue.wrap_up_ms > 0 && looked.rows.wrap_up_codes.is_empty() {
        let text = "It has wrap-up, but there are no wrap-up codes to choose from. Add some, or set wrap-up to 0 seconds.";
        return finding(Severity::Info, "wrap_up_without_codes", subject(queue), text);
    }
    None
}

/// Whether these skills are anybody's among the queue's members.
pub(super) fn somebody_has(looked: &Looked<'_>, queue: QueueId, skills: &[(terms::SkillId, u8)]) -> bool {
    let serves = |user: &&User| user.queues.iter().any(|m| m.queue == queue);
    let has = |user: &User| {
        skills.iter().all(|(skill, level)| user.skills.get(skill).copied().unwrap_or(0) >= (*level).max(1))
    };
    let able = |id: UserId| people::takes_calls(looked, id);
    looked.organization.users.values().filter(serves).any(|user| able(user.id) && has(user))
}
