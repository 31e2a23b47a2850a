//! Reports on the wire.

use std::collections::BTreeMap;

use reporting::{
    metric::{Kind, Value as Counted},
    report::{CrossRequest, FilterRequest, LikeRequest, Report, Request},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// One condition on the rows.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReportFilter {
    /// One of the type's fields.
    pub(crate) field: String,
    /// `eq`, `ne`, `in`, `not_in`, `lt`, `lte`, `gt`, `gte`, `between`, `contains` or `is_null`.
    pub(crate) op: String,
    /// What the field holds; a list for `in`, `not_in` and `between` (of times half-open: from, and before). A date is its
    /// midnight in the report's time zone.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub(crate) value: Value,
}

/// A call below the row's: caused by it, at any depth. A tier is a number, a list, or `{op, value}`.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CallLike {
    #[schema(value_type = Option<String>)]
    call_type: Value,
    #[schema(value_type = Option<String>)]
    purpose: Value,
    answered: Option<bool>,
    #[schema(value_type = Option<i32>)]
    initiator_tier: Value,
    #[schema(value_type = Option<i32>)]
    target_tier: Value,
    filters: Vec<ReportFilter>,
}

/// Rows with such a call, rows without such a call.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct CrossFilter {
    with: Option<CallLike>,
    without: Option<CallLike>,
}

/// A drill asks for a report's cell, so it says all that the report says.
macro_rules! requests {
    ($($(#[$about:meta])* $name:ident { $($more:tt)* })*) => {$(
        #[derive(Clone, Debug, Deserialize, ToSchema)]
        $(#[$about])*
        #[serde(deny_unknown_fields)]
        pub(crate) struct $name {
            /// One of `GET /v1/reports/types`.
            pub(crate) r#type: String,
            #[serde(default)]
            pub(crate) filters: Vec<ReportFilter>,
            /// Dates that move with the day, of the report's time zone: `today`, `yesterday`, `7d`, `30d`, `90d` (ending with
            /// today), `this_week`, `last_week` (from Monday), `this_month` or `last_month`.
            #[serde(default)]
            pub(crate) period: Option<String>,
            #[serde(default)]
            pub(crate) cross_filter: Option<CrossFilter>,
            /// At most three fields; absent: the type's own; empty: one row.
            #[serde(default)]
            pub(crate) group_by: Option<Vec<String>>,
            /// `quarter_hour`, `half_hour`, `hour`, `day`, `week` (from Monday) or `month`, of the time zone. Counts go to the
            /// interval of their own event, durations are split at its borders.
            #[serde(default)]
            pub(crate) interval: Option<String>,
            /// Absent: the type's own.
            #[serde(default)]
            pub(crate) measures: Option<Vec<String>>,
            /// An IANA name; absent: the organization's.
            #[serde(default)]
            pub(crate) time_zone: Option<String>,
            /// A column, `-` before it for descending, or `{"field", "order": "asc"|"desc"}`, or a list of these. Nulls come last.
            #[serde(default)]
            #[schema(value_type = Object)]
            pub(crate) sort: Value,
            #[serde(default)]
            pub(crate) limit: Option<u64>,
            /// T of the service level, in place of each queue's own.
            #[serde(default)]
            pub(crate) service_level_seconds: Option<u32>,
            /// `split` (the default), or `at_end`: each leg's durations whole in the interval in which its wrap-up ends.
            #[serde(default)]
            pub(crate) durations: Option<String>,
            $($more)*
        }

        impl From<$name> for Request {
            fn from(asked: $name) -> Self {
                Self {
                    of: asked.r#type,
                    filters: filters(asked.filters),
                    period: asked.period,
                    cross_filter: asked.cross_filter.map(cross),
                    group_by: asked.group_by,
                    interval: asked.interval,
                    measures: asked.measures,
                    time_zone: asked.time_zone,
                    sort: asked.sort,
                    limit: asked.limit,
                    service_level_seconds: asked.service_level_seconds,
                    durations: asked.durations,
                }
            }
        }
    )*};
}

requests! {
    #[schema(example = json!({"type": "training_gaps", "group_by": ["subject"]}))]
    ReportRequest {}
    /// A report as a file, written while one does something else.
    #[schema(example = json!({"type": "voice_calls", "group_by": ["subject"], "format": "xlsx"}))]
    ExportRequest {
        /// `csv`, `xlsx`, `parquet` or `json`.
        pub(crate) format: String,
        /// What the file is called; absent: as the report's type.
        #[serde(default)]
        pub(crate) name: Option<String>,
    }
    /// A report and one of its cells.
    #[schema(example = json!({"type": "training_gaps", "group_by": ["subject"], "cell": {"measure": "consulted", "subject": "Refund"}}))]
    DrillRequest {
        /// `measure`, `interval` and the groups, each as the report showed it; what is left out narrows nothing, so that
        /// no group at all is the totals' cell.
        #[schema(value_type = Object)]
        pub(crate) cell: serde_json::Map<String, Value>,
    }
}

fn filters(asked: Vec<ReportFilter>) -> Vec<FilterRequest> {
    asked
        .into_iter()
        .map(|filter| FilterRequest { field: filter.field, op: filter.op, value: filter.value })
        .collect()
}

fn like(asked: CallLike) -> LikeRequest {
    LikeRequest {
        call_type: asked.call_type,
        purpose: asked.purpose,
        answered: asked.answered,
        initiator_tier: asked.initiator_tier,
        target_tier: asked.target_tier,
        filters: filters(asked.filters),
    }
}

fn cross(asked: CrossFilter) -> CrossRequest {
    CrossRequest { with: asked.with.map(like), without: asked.without.map(like) }
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReportColumn {
    pub(crate) name: &'static str,
    pub(crate) title: &'static str,
    /// `text`, `boolean`, `time`, `interval`, `count`, `seconds`, `minutes`, `rate` (0 to 1) or `number`.
    #[schema(value_type = String)]
    pub(crate) kind: Kind,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub(crate) struct ReportAnswer {
    pub(crate) columns: Vec<ReportColumn>,
    /// Values in the order of the columns; a division by zero is null; an empty group is `(none)`.
    #[schema(value_type = Vec<Vec<Object>>)]
    pub(crate) rows: Vec<Vec<Counted>>,
    /// Null for groups; measures are counted anew from everything in the rows, never averaged.
    #[schema(value_type = Vec<Object>)]
    pub(crate) totals: Vec<Counted>,
    /// What each measure means.
    pub(crate) definition_of: BTreeMap<&'static str, &'static str>,
    pub(crate) time_zone: String,
    /// Rows there are; `rows` holds at most the limit.
    pub(crate) row_count: usize,
    /// Calls, legs, consults, coachings and presence intervals that it was counted from.
    pub(crate) counted: u64,
}

pub(crate) fn answer(
    report: Report,
    measures: &[&'static reporting::metric::Measure],
    time_zone: String,
) -> ReportAnswer {
    let column = |column: reporting::report::Column| ReportColumn {
        name: column.name,
        title: column.title,
        kind: column.kind,
    };
    ReportAnswer {
        columns: report.columns.into_iter().map(column).collect(),
        rows: report.rows,
        totals: report.totals,
        definition_of: measures.iter().map(|measure| (measure.public(), measure.definition)).collect(),
        time_zone,
        row_count: report.rows_found,
        counted: report.counted,
    }
}
