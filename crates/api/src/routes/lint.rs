//! What is wrong with how calls are routed, and who could take one right now.

use callcontrol::lint::{self, Finding};
use serde::{Deserialize, Serialize};
use terms::{QueueId, SkillId};
use utoipa::ToSchema;
use uuid::Uuid;

use super::{
    conversations::{Weighed, weighed},
    queues::SkillWanted,
};
use crate::{
    answer::Json,
    body::{SeverityWord, SubjectWord},
    extract::{Body, State},
    problem::Problem,
};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct FindingShown {
    #[schema(value_type = SeverityWord)]
    severity: lint::Severity,
    /// Stable, for filters and translations: `queue_without_members`, `number_to_nowhere`, …
    code: String,
    subject: SubjectShown,
    /// What is wrong and what to do about it.
    text: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct SubjectShown {
    #[schema(value_type = SubjectWord)]
    r#type: lint::SubjectKind,
    /// Null for the organization as a whole.
    id: Option<Uuid>,
    name: String,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoutingCheck {
    /// The worst first.
    findings: Vec<FindingShown>,
}

fn shown(finding: Finding) -> FindingShown {
    let Finding { severity, code, subject, text } = finding;
    let subject = SubjectShown { r#type: subject.kind, id: subject.id, name: subject.name };
    FindingShown { severity, code: code.to_owned(), subject, text }
}

pub(crate) async fn check(faces: State) -> Result<Json<RoutingCheck>, Problem> {
    faces.refresh().await?;
    let findings = lint::lint(&faces.organization());
    Ok(Json::new(RoutingCheck { findings: findings.into_iter().map(shown).collect() }))
}

/// A call that is only thought of.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CallThoughtOf {
    queue_id: Uuid,
    /// Asked for as long as the call waits, as a flow that names them would; empty: the queue's own steps hold.
    #[serde(default)]
    skills: Vec<SkillWanted>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Candidates {
    queue_id: Uuid,
    /// At each step in turn; the last is as far as such a call ever comes.
    steps: Vec<Weighed>,
}

const SKILLS_MAX: usize = 50;

pub(crate) async fn candidates(faces: State, body: Body<CallThoughtOf>) -> Result<Json<Candidates>, Problem> {
    let CallThoughtOf { queue_id, skills } = body.0;
    if skills.len() > SKILLS_MAX {
        return Err(Problem::invalid_field("skills", format!("at most {SKILLS_MAX}")));
    }
    let known = faces.organization();
    for (index, wanted) in skills.iter().enumerate() {
        if !(1..=10).contains(&wanted.level) {
            return Err(Problem::invalid_field(format!("skills[{index}].level"), "1 to 10"));
        }
        if !known.skills.iter().any(|row| row.id.0 == wanted.skill_id) {
            return Err(Problem::invalid_field(format!("skills[{index}].skill_id"), "no such skill"));
        }
    }
    let skills = skills.iter().map(|wanted| (SkillId(wanted.skill_id), wanted.level)).collect();
    let weighed_at = faces.calls.candidates(QueueId(queue_id), skills).await?;
    let Some(weighed_at) = weighed_at else {
        return Err(Problem::invalid_field("queue_id", "no such queue"));
    };
    Ok(Json::new(Candidates { queue_id, steps: weighed_at.iter().map(weighed).collect() }))
}
