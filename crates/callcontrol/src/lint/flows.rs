//! Numbers that lead nowhere, and flows that name what is not there.

use std::collections::BTreeSet;

use serde_json::Value;
use store::{NumberTarget, OrganizationRows};
use terms::{QueueId, SkillId};
use uuid::Uuid;

use super::{Finding, Looked, Severity, Subject, SubjectKind, finding, queues};
use crate::organization::Entry;

/// What a flow names, wherever in its branches.
#[derive(Default)]
struct Names {
    /// With the skills asked for there.
    queues: Vec<(QueueId, Vec<(SkillId, u8)>)>,
    hours: BTreeSet<Uuid>,
    skills: BTreeSet<SkillId>,
}

/// Reads names by their keys, so that a step of any kind, and any depth, is seen.
fn gather(value: &Value, names: &mut Names) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| gather(item, names)),
        Value::Object(fields) => {
            let id = |key: &str| {
                fields.get(key).and_then(Value::as_str).and_then(|text| text.parse::<Uuid>().ok())
            };
            if let Some(queue) = id("queue_id") {
                names.queues.push((QueueId(queue), skills_of(fields.get("skills"))));
            }
            names.hours.extend(id("business_hours_id"));
            names.skills.extend(id("skill_id").map(SkillId));
            fields.values().for_each(|field| gather(field, names));
        }
        _ => {}
    }
}

fn skills_of(value: Option<&Value>) -> Vec<(SkillId, u8)> {
    let wanted = |one: &Value| {
        let skill = one.get("skill_id")?.as_str()?.parse::<Uuid>().ok()?;
        let level = one.get("level").and_then(Value::as_u64).unwrap_or(1);
        Some((SkillId(skill), u8::try_from(level).unwrap_or(u8::MAX)))
    };
    value.and_then(Value::as_array).map_or_else(Vec::new, |all| all.iter().filter_map(wanted).collect())
}

fn names_of(steps: &Value) -> Names {
    let mut names = Names::default();
    gather(steps, &mut names);
    names
}

pub(super) fn queues_named(rows: &OrganizationRows) -> BTreeSet<QueueId> {
    rows.call_flows.iter().flat_map(|row| names_of(&row.steps).queues).map(|(queue, _)| queue).collect()
}

pub(super) fn skills_wanted(rows: &OrganizationRows) -> BTreeSet<SkillId> {
    rows.call_flows.iter().flat_map(|row| names_of(&row.steps).skills).collect()
}

pub(super) fn findings(looked: &Looked<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(numbers(looked));
    for row in &looked.rows.call_flows {
        found.extend(flow(looked, row));
    }
    found
}

fn numbers(looked: &Looked<'_>) -> Vec<Finding> {
    let mut found = Vec::new();
    for row in &looked.rows.numbers {
        let subject = || Subject::of(SubjectKind::Number, row.id.0, &row.e164.to_string());
        let leads = looked.organization.numbers.get(&row.e164).map(|number| &number.goes_to);
        match (&row.target, leads) {
            (NumberTarget::Nothing, _) => {
                let text =
                    "Calls to this number are refused: it leads nowhere. Choose a queue, a flow or a person.";
                found.extend(finding(Severity::Error, "number_to_nowhere", subject(), text));
            }
            (NumberTarget::CallFlowId(_), Some(Entry::Nowhere) | None) => {
                let text = "Calls to this number are refused: its flow cannot be read. Mend the flow, or choose another.";
                found.extend(finding(Severity::Error, "number_to_nowhere", subject(), text));
            }
            (NumberTarget::UserId(user), _) => {
                let person = looked.rows.users.iter().find(|row| row.id == *user);
                if person.is_none_or(|person| person.sip.is_none()) {
                    let text = "It leads to a person who has no phone. Give them a SIP account, or choose somebody else.";
                    found.extend(finding(Severity::Error, "number_to_nowhere", subject(), text));
                }
            }
            _ => {}
        }
    }
    found
}

fn flow(looked: &Looked<'_>, row: &store::CallFlowRow) -> Vec<Finding> {
    let subject = || Subject::of(SubjectKind::CallFlow, row.id.0, &row.name);
    let mut found = Vec::new();
    if let Err(error) = serde_json::from_value::<Vec<crate::flow::FlowStep>>(row.steps.clone()) {
        let text = format!("It cannot be read, so calls that come to it are refused: {error}.");
        found.extend(finding(Severity::Error, "flow_unreadable", subject(), text));
    }
    let names = names_of(&row.steps);
    for (queue, skills) in &names.queues {
        let Some(named) = looked.organization.queues.get(queue) else {
            let text = "It names a queue that is not there. Choose another.";
            found.extend(finding(Severity::Error, "flow_names_missing", subject(), text));
            continue;
        };
        if !skills.is_empty() && !queues::somebody_has(looked, *queue, skills) {
            let text = format!(
                "It asks for skills in the queue {} that no member has at that level. Give them to a member, or ask for less.",
                named.name
            );
            // What a flow asks for holds for as long as the call waits.
            let severity = if named.max_wait_ms.is_some() { Severity::Warning } else { Severity::Error };
            found.extend(finding(severity, "flow_skills_nobody_has", subject(), text));
        }
    }
    let known: BTreeSet<Uuid> = looked.rows.skills.iter().map(|skill| skill.id.0).collect();
    if names.skills.iter().any(|skill| !known.contains(&skill.0)) {
        let text = "It asks for a skill that is not there. Choose another.";
        found.extend(finding(Severity::Error, "flow_names_missing", subject(), text));
    }
    let known: BTreeSet<Uuid> = looked.rows.business_hours.iter().map(|hours| hours.id.0).collect();
    if names.hours.iter().any(|hours| !known.contains(hours)) {
        let text = "It names business hours that are not there. Choose others.";
        found.extend(finding(Severity::Error, "flow_names_missing", subject(), text));
    }
    let used = looked.rows.numbers.iter().any(|number| number.target == NumberTarget::CallFlowId(row.id));
    if !used {
        let text = "No number leads to this flow. Lead one there, or remove it.";
        found.extend(finding(Severity::Info, "flow_unused", subject(), text));
    }
    found
}
