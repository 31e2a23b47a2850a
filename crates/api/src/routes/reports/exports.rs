//! Exports that take a while: ask, watch, fetch, cancel.

use actix_web::{HttpResponse, http::header};
use futures::stream;
use reporting::{export::Format, report::Request};
use serde::Serialize;
use serde_json::json;
use store::ReportExportRow;
use terms::ReportExportId;
use tokio::io::AsyncReadExt as _;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{body::ExportRequest, run::wanted};
use crate::{
    Faces,
    answer::{Answer, Json, List, NoContent},
    body::Time,
    caller::Caller,
    extract::{Body, Id, Path, State},
    outgoing::exports,
    problem::Problem,
};

const LISTED_MAX: u64 = 50;
const CHUNK_BYTES: usize = 64 * 1024;
const HOUR_MS: i64 = 3_600_000;

#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ReportExport {
    id: Uuid,
    name: String,
    format: String,
    /// `waiting`, `running`, `done`, `failed` or `cancelled`.
    state: String,
    /// 0 to 1.
    progress: f64,
    rows: Option<i64>,
    bytes: Option<i64>,
    /// Why it failed.
    detail: Option<String>,
    created_at: Time,
    ended_at: Option<Time>,
    /// Its file is gone from then on.
    expires_at: Time,
}

fn view(faces: &Faces, row: ReportExportRow) -> ReportExport {
    let watch = faces.exports.watch(row.id);
    let (state, progress) = match &watch {
        Some(watch) if watch.is_cancelled() => ("cancelled".to_owned(), 0.0),
        Some(watch) if watch.has_begun() => ("running".to_owned(), watch.progress()),
        Some(_) => ("waiting".to_owned(), 0.0),
        None => {
            let whole = if row.state == "done" { 1.0 } else { 0.0 };
            (row.state, whole)
        }
    };
    ReportExport {
        id: row.id.0,
        name: row.name,
        format: row.format,
        state,
        progress,
        rows: row.rows,
        bytes: row.bytes,
        detail: row.detail,
        created_at: Time(row.created_at),
        ended_at: Time::some(row.ended_at),
        expires_at: Time(row.expires_at),
    }
}

pub(crate) async fn start_export(
    faces: State,
    caller: Caller,
    body: Body<ExportRequest>,
) -> Result<Answer<ReportExport, 202>, Problem> {
    let format: Format = wanted(&body.0.format)?;
    let name = body.0.name.clone().unwrap_or_else(|| body.0.r#type.clone());
    if name.trim().is_empty() || name.chars().count() > 120 {
        return Err(Problem::invalid_field("name", "1 to 120 characters"));
    }
    let request = Request::from(body.0);
    // What cannot be asked is said now, not by a file that never comes.
    super::checked(&faces, &caller.principal, &request).await?;
    let now = faces.now();
    let row = ReportExportRow {
        id: ReportExportId(Uuid::new_v4()),
        owner_id: caller.user(),
        name: name.trim().to_owned(),
        format: format.extension().to_owned(),
        request: json!(request),
        state: "waiting".into(),
        rows: None,
        bytes: None,
        detail: None,
        created_at: now,
        ended_at: None,
        expires_at: now.plus_ms(i64::from(faces.outgoing.exports.keep_hours) * HOUR_MS),
    };
    let shared = faces.clone().into_inner();
    let (principal, by) = (caller.principal.clone(), caller.by(now));
    exports::start(&shared, principal, by, row.clone(), request, format).await?;
    Ok(Answer::new(view(&faces, row)))
}

/// One's own, newest first.
pub(crate) async fn list_exports(faces: State, caller: Caller) -> Result<Json<List<ReportExport>>, Problem> {
    let found = faces.store.report_exports(caller.user(), LISTED_MAX).await?;
    let items = found.into_iter().map(|row| view(&faces, row)).collect();
    Ok(Json::new(List { items, next_cursor: None }))
}

async fn own(faces: &Faces, caller: &Caller, id: Uuid) -> Result<ReportExportRow, Problem> {
    let row = faces.store.report_export(ReportExportId(id)).await?;
    if row.owner_id == caller.user() { Ok(row) } else { Err(Problem::not_found("export")) }
}

pub(crate) async fn get_export(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<Json<ReportExport>, Problem> {
    let row = own(&faces, &caller, path.0.id).await?;
    Ok(Json::new(view(&faces, row)))
}

pub(crate) async fn export_file(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<HttpResponse, Problem> {
    let row = own(&faces, &caller, path.0.id).await?;
    if row.state != "done" || row.expires_at <= faces.now() {
        return Err(Problem::conflict("not_ready", "there is no file (yet, or any more)"));
    }
    let opened = tokio::fs::File::open(exports::file(&faces, &row)).await;
    let file = opened.map_err(|_| Problem::conflict("not_ready", "the file is gone; ask again"))?;
    let told = json!({"name": row.name, "format": row.format, "rows": row.rows});
    let subject = format!("report_export/{}", row.id);
    faces.store.audit(&caller.by(faces.now()), "download", &subject, None, Some(told)).await?;
    let format = wanted(&row.format)?;
    let name = delivery::file_name(&row.name, &row.created_at.ms().to_string(), &row.format);
    let chunks = stream::try_unfold(file, |mut file| async move {
        let mut chunk = vec![0; CHUNK_BYTES];
        let read = file.read(&mut chunk).await?;
        chunk.truncate(read);
        Ok::<_, std::io::Error>((read > 0).then(|| (actix_web::web::Bytes::from(chunk), file)))
    });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, format.media_type()))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(Box::pin(chunks)))
}

/// Cancels what is under way, and forgets what is done.
pub(crate) async fn cancel_export(
    faces: State,
    caller: Caller,
    path: Path<Id>,
) -> Result<NoContent, Problem> {
    let row = own(&faces, &caller, path.0.id).await?;
    exports::remove(&faces, &row).await?;
    Ok(NoContent)
}
