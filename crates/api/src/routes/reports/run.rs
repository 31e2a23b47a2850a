//! What can be asked, and asking it.

use reporting::{
    metric::{Kind, measure},
    report::{Interval, TYPES, Type, field, run as count},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    body::{ReportAnswer, ReportRequest, answer},
    counted, prepared,
};
use crate::{
    answer::Json,
    caller::Caller,
    extract::{Body, State},
    problem::Problem,
};

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportField {
    name: &'static str,
    title: &'static str,
    #[schema(value_type = String)]
    kind: Kind,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportMeasure {
    name: &'static str,
    title: &'static str,
    #[schema(value_type = String)]
    kind: Kind,
    definition: &'static str,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportType {
    name: &'static str,
    title: &'static str,
    description: &'static str,
    /// What rows can be filtered and grouped by.
    fields: Vec<ReportField>,
    measures: Vec<ReportMeasure>,
    default_group_by: Vec<&'static str>,
    default_measures: Vec<&'static str>,
    intervals: Vec<&'static str>,
}

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportTypes {
    items: Vec<ReportType>,
}

fn shown(of: &'static Type) -> ReportType {
    let fields = of.fields.iter().filter_map(|name| field(name));
    let measures = of.measures.iter().filter_map(|name| measure(name));
    ReportType {
        name: of.name,
        title: of.title,
        description: of.describes,
        fields: fields
            .map(|field| ReportField { name: field.name, title: field.title, kind: field.kind })
            .collect(),
        measures: measures
            .map(|measure| ReportMeasure {
                name: measure.public(),
                title: measure.title,
                kind: measure.kind,
                definition: measure.definition,
            })
            .collect(),
        default_group_by: of.default_group_by.to_vec(),
        default_measures: of
            .default_measures
            .iter()
            .filter_map(|name| measure(name))
            .map(|measure| measure.public())
            .collect(),
        intervals: Interval::WORDS.iter().map(|(word, _)| *word).collect(),
    }
}

pub(crate) async fn types() -> Json<ReportTypes> {
    Json::new(ReportTypes { items: TYPES.iter().map(shown).collect() })
}

pub(crate) async fn run(
    faces: State,
    caller: Caller,
    body: Body<ReportRequest>,
) -> Result<Json<ReportAnswer>, Problem> {
    let (plan, ledger) = prepared(&faces, &caller, &body.0.into()).await?;
    let zone = plan.options.time_zone.name().to_owned();
    let measures = plan.measures.clone();
    let report = counted(move || count(&plan, &ledger)).await?;
    Ok(Json::new(answer(report, &measures, zone)))
}
