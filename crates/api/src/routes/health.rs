//! Health, readiness and metrics, for whoever watches the process.

use actix_web::{HttpResponse, http::header};

use crate::{extract::State, problem::Problem};

/// The process answers.
pub(crate) async fn healthz() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ok\n")
}

/// It may take calls: the database answers, and nothing else says no.
pub(crate) async fn readyz(faces: State) -> Result<HttpResponse, Problem> {
    let not_ready = |why: String| {
        Problem::new(actix_web::http::StatusCode::SERVICE_UNAVAILABLE, "not_ready", why).retry_after(1)
    };
    if let Some(why) = (faces.not_ready)() {
        return Err(not_ready(why));
    }
    faces.store.ping().await.map_err(|_| not_ready("the database does not answer".to_owned()))?;
    Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"))
}

pub(crate) async fn metrics(faces: State) -> HttpResponse {
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4"))
        .body((faces.metrics)())
}
