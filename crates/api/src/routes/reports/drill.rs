//! The calls behind a number: the same rows, counted the same way, of one cell.

use std::sync::Arc;

use reporting::{
    ledger::{Call, Ledger, Leg},
    metric::{Measure, Value as Counted},
    report::{
        Field, Item, Plan, Request, call_type_word, drill as behind, field, masked_text, purpose_word,
        role_word,
    },
};
use serde::Serialize;
use serde_json::{Map, Value};
use terms::Timestamp;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{body::DrillRequest, counted, prepared};
use crate::{
    answer::Json,
    body::Time,
    caller::Caller,
    extract::{Body, State},
    problem::{FieldError, Problem},
};

const ITEMS_DEFAULT: usize = 1_000;
const ITEMS_MAX: usize = 10_000;

/// A call (or one of its legs, or a presence interval) behind a number.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrillItem {
    voice_call_id: Option<Uuid>,
    conversation_id: Option<Uuid>,
    /// As people read it; null for an imported call.
    number: Option<String>,
    external_id: Option<String>,
    leg_id: Option<Uuid>,
    leg_role: Option<&'static str>,
    call_type: Option<&'static str>,
    purpose: Option<&'static str>,
    disposition: Option<String>,
    /// Who called, masked without `view_full_numbers`.
    customer: Option<String>,
    /// Whom the row is about.
    agent: Option<String>,
    initiator: Option<String>,
    target: Option<String>,
    queue: Option<String>,
    subject: Option<String>,
    case_category: Option<String>,
    status: Option<String>,
    started_at: Option<Time>,
    queued_at: Option<Time>,
    answered_at: Option<Time>,
    ended_at: Option<Time>,
    /// What it adds to the number, or to its numerator; seconds for times.
    #[schema(value_type = f64)]
    value: Counted,
    /// Whether it is counted (of a rate, in the denominator).
    counted: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DrillAnswer {
    /// The cell's value, counted from these items.
    #[schema(value_type = Object)]
    value: Counted,
    /// Items that are counted: of a count the value itself, of a rate or mean its denominator's.
    count: usize,
    items: Vec<DrillItem>,
    /// There are more items than the limit let through.
    truncated: bool,
    measure: &'static str,
    definition: &'static str,
}

struct Cell {
    measure: &'static Measure,
    groups: Vec<(&'static Field, Value)>,
    interval: Option<i64>,
}

pub(crate) async fn drill(
    faces: State,
    caller: Caller,
    body: Body<DrillRequest>,
) -> Result<Json<DrillAnswer>, Problem> {
    let asked = body.0.cell.clone();
    let limit = usize::try_from(body.0.limit.unwrap_or(0)).unwrap_or(ITEMS_MAX);
    let limit = if limit == 0 { ITEMS_DEFAULT } else { limit.min(ITEMS_MAX) };
    let (plan, ledger) = prepared(&faces, &caller, &Request::from(body.0)).await?;
    let cell = cell(&plan, &asked).map_err(Problem::invalid)?;
    let answer = counted(move || {
        let behind = behind(&plan, &ledger, cell.measure, &cell.groups, cell.interval);
        let shown = |item: &Item| shown(&plan, &ledger, cell.measure, item);
        DrillAnswer {
            value: behind.value,
            count: behind.count,
            truncated: behind.items.len() > limit,
            items: behind.items.iter().take(limit).map(shown).collect(),
            measure: cell.measure.public(),
            definition: cell.measure.definition,
        }
    });
    Ok(Json::new(answer.await?))
}

fn cell(plan: &Plan, said: &Map<String, Value>) -> Result<Cell, Vec<FieldError>> {
    let mut wrong = Vec::new();
    let mut refuse = |name: &str, message: String| {
        wrong.push(FieldError { field: format!("cell.{name}"), message });
    };
    let mut measure = plan.measures.first().copied();
    let (mut groups, mut interval) = (Vec::new(), None);
    for (name, value) in said {
        match name.as_str() {
            "measure" => {
                measure = plan.measures.iter().copied().find(|one| Some(one.public()) == value.as_str());
                if measure.is_none() {
                    let names: Vec<&str> = plan.measures.iter().map(|one| one.public()).collect();
                    refuse(name, format!("is none of the report's measures {}", names.join(", ")));
                }
            }
            "interval" => {
                let at = value.as_str().and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
                interval = at.map(|at| at.timestamp_millis());
                if interval.is_none() || plan.options.interval.is_none() {
                    refuse(name, "must be an interval as the report shows it".to_owned());
                }
            }
            group => {
                match field(group).filter(|field| plan.group_by.iter().any(|by| by.name == field.name)) {
                    Some(field) => groups.push((field, value.clone())),
                    None => {
                        let names: Vec<&str> = plan.group_by.iter().map(|by| by.name).collect();
                        refuse(group, format!("is none of measure, interval, {}", names.join(", ")));
                    }
                }
            }
        }
    }
    match (measure, wrong.is_empty()) {
        (Some(measure), true) => Ok(Cell { measure, groups, interval }),
        _ => Err(wrong),
    }
}

fn shown(plan: &Plan, ledger: &Ledger, measure: &Measure, item: &Item) -> DrillItem {
    let call = item.call.map(|at| ledger.call(at));
    let leg = item.leg.map(|at| ledger.leg(at));
    let status = item.status.and_then(|at| ledger.statuses.get(at as usize));
    let name = |person: Option<u32>| person.map(|person| ledger.person(person).label.to_string());
    let text = |text: Option<&Arc<str>>| text.map(|text| text.to_string());
    let time = |at: Option<i64>| at.map(|at| Time(Timestamp::from_ms(at)));
    let whole = plan.sees_full_numbers;
    let ms = |value: i64| {
        let seconds = value as f64 / 1000.0;
        if value % 1000 == 0 { Counted::Int(value / 1000) } else { Counted::Float(seconds) }
    };
    DrillItem {
        voice_call_id: call.map(Call::id),
        conversation_id: call.map(Call::conversation),
        number: call.and_then(Call::number).map(reporting::query::number_text),
        external_id: call.and_then(Call::external).map(str::to_owned),
        leg_id: leg.map(Leg::id),
        leg_role: leg.map(|leg| role_word(leg.role())),
        call_type: call.map(|call| call_type_word(call.call_type())),
        purpose: call.map(|call| purpose_word(call.purpose())),
        disposition: call.map(|call| call.disposition().to_owned()),
        customer: call
            .and_then(Call::customer)
            .map(|customer| if whole { customer.to_owned() } else { masked_text(customer) }),
        agent: name(item.person),
        initiator: name(call.and_then(Call::initiator)),
        target: name(call.and_then(Call::called)),
        queue: call.and_then(Call::queue).map(|queue| queue.name.to_string()),
        subject: text(call.and_then(Call::subject)),
        case_category: text(call.and_then(Call::category)),
        status: status.map(|status| status.status.to_string()),
        started_at: time(status.map(|status| status.start).or(call.map(Call::started))),
        queued_at: time(call.and_then(Call::queued)),
        answered_at: time(leg.map_or(call.and_then(Call::answered), Leg::answered)),
        ended_at: time(status.map(|status| status.end).or(call.and_then(Call::ended))),
        value: if measure.formula.sums_time() { ms(item.value) } else { Counted::Int(item.value) },
        counted: item.counted,
    }
}
