//! Gate: what every request passes before its handler: who asks, whether they may, whether they asked before.

use actix_web::{
    Error, HttpMessage as _,
    body::{BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::header::{self, HeaderValue},
    middleware::Next,
    web::Data,
};

use crate::{
    Faces, caller, idempotency,
    problem::Problem,
    table::{Needs, Route, Verb},
};

pub(crate) async fn pass(
    route: &'static Route,
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let faces = Data::clone(request.app_data::<Data<Faces>>().ok_or_else(Problem::internal)?);
    let started = faces.now();
    let plain = request.request().clone();
    let answer = match admit(route, &faces, request) {
        Ok(request) if route.verb == Verb::Post => idempotency::around(&faces, request, next).await,
        Ok(request) => next.call(request).await.map(ServiceResponse::map_into_boxed_body),
        Err(problem) => Err(problem.into()),
    };
    // A refusal becomes its answer here, so that it is counted and remembered like any other.
    let mut answer = answer.unwrap_or_else(|error| {
        let refused = error.as_response_error().error_response();
        ServiceResponse::new(plain, refused)
    });
    let headers = answer.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    count(route, &answer, faces.now().ms_since(started));
    Ok(answer)
}

fn admit(route: &'static Route, faces: &Faces, request: ServiceRequest) -> Result<ServiceRequest, Problem> {
    if request.query_string().contains("%00") {
        return Err(Problem::malformed("the query string holds the character NUL (%00)"));
    }
    if matches!(route.needs, Needs::Public | Needs::Socket) {
        return Ok(request);
    }
    let caller = caller::identify(faces, request.request())?;
    if let Some(missing) = route.needs.missing(&caller.principal) {
        return Err(Problem::not_allowed(missing));
    }
    request.extensions_mut().insert(caller);
    Ok(request)
}

fn count(route: &'static Route, answer: &ServiceResponse<BoxBody>, took_ms: i64) {
    let status = answer.status().as_u16();
    let method = route.verb.as_str();
    tracing::debug!(
        http.method = method,
        http.route = route.path,
        http.status = status,
        http.took_ms = took_ms,
        "answered"
    );
    metrics::counter!("http_requests_total", "method" => method, "route" => route.path, "status" => status.to_string())
        .increment(1);
    #[expect(clippy::cast_precision_loss, reason = "a request lasts far less than 2^52 ms")]
    metrics::histogram!("http_request_seconds", "method" => method, "route" => route.path)
        .record(took_ms as f64 / 1000.0);
}
