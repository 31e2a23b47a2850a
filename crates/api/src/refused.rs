//! What call control refuses, in the problems of the contract.

use access::Permission;
use actix_web::http::StatusCode;
use callcontrol::Refused;
use serde_json::Value;
use voicecall::Rejected;

use crate::{idempotency, problem::Problem};

/// After so long a line of a full trunk may be free.
const TRUNK_RETRY_SECONDS: u32 = 10;

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        let detail = refused.to_string();
        match refused {
            Refused::NotFound => Self::not_found("conversation"),
            Refused::Stale { current } => {
                Self::conflict("stale_version", detail).with("current_version", current)
            }
            Refused::Rejected(rejected) => rejected_problem(rejected),
            Refused::TargetBusy => {
                Self::conflict("target_busy", detail).with("callback_prompt_id", Value::Null)
            }
            Refused::TargetAsked { prompt } => {
                Self::conflict("target_busy", detail).with("callback_prompt_id", prompt.to_string())
            }
            Refused::PromptUnknown => Self::not_found("callback prompt"),
            Refused::MessageUnknown => Self::not_found("voicemail"),
            Refused::NumberWithheld => {
                Self::conflict("state_conflict", detail).with("reason", "number_withheld")
            }
            Refused::PromptMoved { state } => Self::conflict("state_conflict", detail)
                .with("reason", "prompt_moved_on")
                .with("state", state.word()),
            // Not to be disturbed means by prompts neither.
            Refused::TargetDnd => Self::conflict("target_busy", detail)
                .with("callback_prompt_id", Value::Null)
                .with("reason", "dnd"),
            Refused::TargetOffline => Self::conflict("target_offline", detail),
            Refused::TargetUnknown => Self::invalid_field("target", detail),
            Refused::NoTrunk => Self::conflict("no_trunk", detail),
            Refused::TrunksFull => Self::limit_reached(detail, TRUNK_RETRY_SECONDS),
            Refused::CallerBusy => Self::conflict("caller_busy", detail),
            Refused::CallerWrapsUp => Self::conflict("caller_busy", detail).with("reason", "wrap_up"),
            Refused::CallerOffline => Self::conflict("caller_offline", detail),
            Refused::LimitReached { retry_after_seconds } => {
                Self::limit_reached(detail, retry_after_seconds.max(1))
            }
            Refused::KeyReused => idempotency::reused(),
            Refused::Overloaded => Self::overloaded(),
            Refused::NotDurable => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "not_durable", detail).retry_after(1)
            }
            Refused::NoMoreExtensions => {
                Self::conflict("state_conflict", detail).with("reason", "no_more_extensions")
            }
            Refused::NotInWrapUp => Self::conflict("state_conflict", detail).with("reason", "not_in_wrap_up"),
            Refused::UnknownStatus => Self::invalid_field("status_id", detail),
            Refused::Forbidden(missing) => Self::not_allowed(missing),
        }
    }
}

fn rejected_problem(rejected: Rejected) -> Problem {
    let detail = rejected.to_string();
    match rejected {
        Rejected::Ephemeral => Problem::conflict("ephemeral_call", detail),
        Rejected::UnknownLeg => Problem::invalid_field("leg_id", detail),
        Rejected::NotAParty => Problem::forbidden(detail),
        _ => Problem::conflict("state_conflict", detail).with("reason", word(rejected)),
    }
}

/// The refusal's stable word: `consult_ringing`.
pub(crate) fn word(rejected: Rejected) -> Value {
    serde_json::to_value(rejected).unwrap_or_default()
}

/// 409 says where the conversation stands.
pub(crate) fn is_conflict(problem: &Problem) -> bool {
    problem.status() == StatusCode::CONFLICT
}

/// The text of a permission that is missing, for buttons that say why they are grey.
pub(crate) fn missing(permission: Permission) -> String {
    format!("the permission {permission} is missing")
}
