//! What can be asked, and asking it.

use access::Permission;
use actix_web::{HttpRequest, HttpResponse, Responder, body::BoxBody, http::header};
use reporting::{
    export::{Format, export},
    metric::{Kind, measure},
    report::{Interval, Request, TYPES, Type, field, run as count},
};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::{
    body::{ReportAnswer, ReportRequest, answer},
    counted, prepared,
};
use crate::{
    answer::Json,
    caller::Caller,
    describe::{Answers, Operation},
    extract::{Body, Query, State},
    outgoing::ROWS_MAX,
    problem::Problem,
};

#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct RunQuery {
    /// `csv`, `xlsx`, `parquet` or `json`: the rows as a file, which takes `export_reports` and is audited.
    format: Option<String>,
}

/// The answer, or the same as a file.
pub(crate) enum Ran {
    Answer(Box<Json<ReportAnswer>>),
    File { name: String, format: Format, bytes: Vec<u8> },
}

impl Responder for Ran {
    type Body = BoxBody;
    fn respond_to(self, request: &HttpRequest) -> HttpResponse {
        match self {
            Ran::Answer(answer) => answer.respond_to(request),
            Ran::File { name, format, bytes } => {
                let file = format!("attachment; filename=\"{name}.{}\"", format.extension());
                HttpResponse::Ok()
                    .insert_header((header::CONTENT_TYPE, format.media_type()))
                    .insert_header((header::CONTENT_DISPOSITION, file))
                    .body(bytes)
            }
        }
    }
}

impl Answers for Ran {
    fn answers(operation: &mut Operation) {
        operation.answer::<ReportAnswer>(200, "The report; as a file where `format` asks for one.");
    }
}

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
    query: Query<RunQuery>,
    body: Body<ReportRequest>,
) -> Result<Ran, Problem> {
    let mut asked = Request::from(body.0);
    let format = query.0.format.as_deref().map(wanted).transpose()?;
    if format.is_some() {
        if !caller.holds(Permission::ExportReports) {
            return Err(Problem::not_allowed(Permission::ExportReports));
        }
        asked.limit = asked.limit.or(Some(ROWS_MAX));
    }
    let (plan, ledger) = prepared(&faces, &caller, &asked).await?;
    let zone = plan.options.time_zone.name().to_owned();
    let measures = plan.measures.clone();
    let Some(format) = format else {
        let report = counted(move || count(&plan, &ledger)).await?;
        return Ok(Ran::Answer(Box::new(Json::new(answer(report, &measures, zone)))));
    };
    let written = counted(move || {
        let report = count(&plan, &ledger);
        export(&report, &measures, format).map(|bytes| (report.rows.len(), bytes))
    });
    let (rows, bytes) = written.await?.map_err(|error| {
        tracing::error!(error.message = %error, "a report could not be written");
        Problem::internal()
    })?;
    // Before a byte leaves: an export that cannot be audited does not happen.
    let told = serde_json::json!({"format": format.extension(), "rows": rows, "request": asked});
    let subject = format!("report/{}", asked.of);
    faces.store.audit(&caller.by(faces.now()), "export", &subject, None, Some(told)).await?;
    Ok(Ran::File { name: asked.of, format, bytes })
}

pub(super) fn wanted(word: &str) -> Result<Format, Problem> {
    let known = Format::WORDS.iter().find(|(known, _)| *known == word).map(|(_, format)| *format);
    known.ok_or_else(|| {
        let words: Vec<&str> = Format::WORDS.iter().map(|(word, _)| *word).collect();
        Problem::invalid_field("format", format!("\"{word}\" is none of {}", words.join(", ")))
    })
}
