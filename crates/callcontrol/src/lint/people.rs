//! Statuses that let nobody take calls, skills nobody has, and members of queues who cannot be rung.

use std::collections::BTreeSet;

use access::Permission;
use routing::StatusKind;
use terms::{SkillId, UserId};

use super::{Finding, Looked, Severity, Subject, SubjectKind, finding, flows};

pub(super) fn findings(looked: &Looked<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(statuses(looked));
    found.extend(skills(looked));
    found.extend(members(looked));
    found
}

/// An online status that does not list the voice channel gets no calls.
fn statuses(looked: &Looked<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in &looked.rows.presence_statuses {
        let read = looked.organization.presence_statuses.get(&row.id).map(|status| status.kind);
        if row.kind == store::PresenceKind::Online && read != Some(StatusKind::Online) {
            found.extend(finding(
                Severity::Warning,
                "unroutable_status",
                Subject::of(SubjectKind::PresenceStatus, row.id.0, &row.name),
                "It reads as online but does not list the channel voice, so whoever chooses it gets no calls. Add voice, or make its kind busy.",
            ));
        }
    }
    let mut kinds = looked.organization.presence_statuses.values().map(|status| status.kind);
    if !kinds.any(|kind| kind == StatusKind::Online) {
        let whole = Subject {
            kind: SubjectKind::Organization,
            id: None,
            name: looked.organization.settings.organization_name.clone(),
        };
        found.extend(finding(
            Severity::Error,
            "no_online_status",
            whole,
            "No presence status lets people take calls. Add one of kind online with the channel voice.",
        ));
    }
    found
}

fn skills(looked: &Looked<'_>) -> Vec<Finding> {
    let held: BTreeSet<SkillId> =
        looked.organization.users.values().flat_map(|user| user.skills.keys().copied()).collect();
    let mut wanted: BTreeSet<SkillId> = flows::skills_wanted(looked.rows);
    for step in looked.organization.queues.values().flat_map(|queue| &queue.steps) {
        wanted.extend(step.all.iter().chain(&step.any).map(|one| one.skill));
    }
    let nobody = looked.rows.skills.iter().filter(|row| !held.contains(&row.id));
    nobody
        .filter_map(|row| {
            let subject = Subject::of(SubjectKind::Skill, row.id.0, &row.name);
            if wanted.contains(&row.id) {
                let text = "Nobody has this skill, but calls ask for it. Give it to the people who have it, or take it out of the steps.";
                return finding(Severity::Warning, "skill_nobody_has", subject, text);
            }
            let text = "Nobody has this skill and nothing asks for it. Give it to somebody, or remove it.";
            finding(Severity::Info, "skill_unused", subject, text)
        })
        .collect()
}

/// Whether calls may be offered to this user at all.
pub(super) fn takes_calls(looked: &Looked<'_>, user: UserId) -> bool {
    looked.organization.principal(user).is_some_and(|principal| principal.holds(Permission::TakeCalls))
}

fn members(looked: &Looked<'_>) -> Vec<Finding> {
    let serving = looked.rows.users.iter().filter(|row| !row.queues.is_empty());
    let mut found = Vec::new();
    for row in serving {
        let subject = || Subject::of(SubjectKind::User, row.id.0, &row.display_name);
        if row.sip.is_none() {
            let text = "They serve a queue, but no phone of theirs may register. Give them a SIP account, or take them out of the queue.";
            found.extend(finding(Severity::Warning, "member_without_phone", subject(), text));
        }
        if !takes_calls(looked, row.id) {
            let text = "They serve a queue without the permission take_calls. Give them a permission set that grants it, or take them out of the queue.";
            found.extend(finding(Severity::Warning, "member_without_permission", subject(), text));
        }
    }
    found
}
