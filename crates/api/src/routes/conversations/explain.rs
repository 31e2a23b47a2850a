//! Why the work of a conversation went where it went.

use callcontrol::OfferExplained;
use routing::{Candidate, Explanation, Verdict};
use serde::Serialize;
use terms::ConversationId;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::{
    answer::Json,
    body::Time,
    caller::Caller,
    extract::{Id, Path, State},
    known,
    problem::Problem,
};

/// What kept somebody from the work; `free`: nothing did, but another came first.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum VerdictWord {
    Offered,
    Free,
    Excluded,
    RefusedBefore,
    Offline,
    Dnd,
    Busy,
    Unreachable,
    Missed,
    InCall,
    Offering,
    WrapUp,
    Resting,
    Reserved,
    WrongChannel,
    NoCapacity,
    Delayed,
    NotNamed,
    Skills,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Considered {
    user_id: Uuid,
    verdict: VerdictWord,
    /// With `delayed`: when they see it; with `resting`: when they are offered work again.
    until: Option<Time>,
    /// With `skills`: what they lack at the level asked for.
    missing_skills: Vec<Uuid>,
    /// With `skills`: what they have and must not.
    unwanted_skills: Vec<Uuid>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Weighed {
    /// The step that held, from 0; as many as there are steps means any member of the queue.
    step: u32,
    considered: Vec<Considered>,
    /// How many more there were.
    left_out: usize,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ExplainedOffer {
    offer_id: Uuid,
    at: Time,
    /// Who was rung.
    user_id: Uuid,
    /// Null for work that waited for one person.
    queue_id: Option<Uuid>,
    /// Who would have been next.
    runner_up_id: Option<Uuid>,
    weighed: Weighed,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct RoutingOf {
    conversation_id: Uuid,
    /// Oldest first, as long as the conversation lives.
    offers: Vec<ExplainedOffer>,
    /// Who could take it now; null when nothing waits.
    now: Option<Weighed>,
}

fn considered(candidate: &Candidate) -> Considered {
    let (mut until, mut missing, mut unwanted) = (None, Vec::new(), Vec::new());
    let verdict = match &candidate.verdict {
        Verdict::Offered => VerdictWord::Offered,
        Verdict::Free => VerdictWord::Free,
        Verdict::Excluded => VerdictWord::Excluded,
        Verdict::RefusedBefore => VerdictWord::RefusedBefore,
        Verdict::Offline => VerdictWord::Offline,
        Verdict::Dnd => VerdictWord::Dnd,
        Verdict::Busy => VerdictWord::Busy,
        Verdict::Unreachable => VerdictWord::Unreachable,
        Verdict::Missed => VerdictWord::Missed,
        Verdict::InCall => VerdictWord::InCall,
        Verdict::Offering => VerdictWord::Offering,
        Verdict::WrapUp => VerdictWord::WrapUp,
        Verdict::Reserved => VerdictWord::Reserved,
        Verdict::WrongChannel => VerdictWord::WrongChannel,
        Verdict::NoCapacity => VerdictWord::NoCapacity,
        Verdict::Delayed { until: sees } => {
            until = Some(Time(*sees));
            VerdictWord::Delayed
        }
        Verdict::Resting { until: rested } => {
            until = Some(Time(*rested));
            VerdictWord::Resting
        }
        Verdict::NotNamed => VerdictWord::NotNamed,
        Verdict::Skills { missing: lacks, unwanted: has } => {
            missing = lacks.iter().map(|skill| skill.0).collect();
            unwanted = has.iter().map(|skill| skill.0).collect();
            VerdictWord::Skills
        }
    };
    Considered {
        user_id: candidate.user.0,
        verdict,
        until,
        missing_skills: missing,
        unwanted_skills: unwanted,
    }
}

pub(crate) fn weighed(explanation: &Explanation) -> Weighed {
    Weighed {
        step: explanation.step,
        considered: explanation.candidates.iter().map(considered).collect(),
        left_out: explanation.left_out,
    }
}

fn offer(one: &OfferExplained) -> ExplainedOffer {
    ExplainedOffer {
        offer_id: one.offer.0,
        at: Time(one.at),
        user_id: one.user.0,
        queue_id: one.queue.map(|queue| queue.0),
        runner_up_id: one.runner_up.map(|user| user.0),
        weighed: weighed(&one.explanation),
    }
}

pub(crate) async fn explain(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Json<RoutingOf>, Problem> {
    let id = ConversationId(path.0.id);
    known::find_visible(&faces, &caller, id).await?;
    let explained = faces.calls.routing(id).await?.ok_or_else(|| Problem::not_found("live conversation"))?;
    Ok(Json::new(RoutingOf {
        conversation_id: id.0,
        offers: explained.offers.iter().map(offer).collect(),
        now: explained.now.as_ref().map(weighed),
    }))
}
