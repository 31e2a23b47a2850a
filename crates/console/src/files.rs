//! Serving what is embedded.

use std::borrow::Cow;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{self, HeaderMap},
};
use rust_embed::{EmbeddedFile, RustEmbed};

#[derive(RustEmbed)]
#[folder = "$CONSOLE_FILES"]
struct Files;

const PAGE: &str = "index.html";
/// Their names change with their content.
const ASSETS: &str = "assets/";
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Asked again each time; the tag says whether it is still the same.
const ASK_AGAIN: &str = "no-cache";
/// Only what this server gives runs in the pages; styles stand in attributes too, that is how the components position.
const CONTENT_POLICY: &str = "default-src 'self'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data: blob:; font-src 'self' data:; media-src 'self' blob: data:; connect-src 'self' ws: wss:; \
    worker-src 'self' blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'";

/// A file by its path, else the page: its own routes are no files.
pub(crate) fn serve(request: &HttpRequest, path: &str) -> HttpResponse {
    if let Some(found) = Files::get(path).filter(|_| !path.starts_with('.')) {
        return answer(request, path, found);
    }
    let is_file = path.starts_with(ASSETS) || path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    match Files::get(PAGE) {
        Some(page) if !is_file => answer(request, PAGE, page),
        _ => HttpResponse::NotFound()
            .content_type("text/plain; charset=utf-8")
            .body("There is no such file.\n"),
    }
}

fn answer(request: &HttpRequest, path: &str, found: EmbeddedFile) -> HttpResponse {
    let tag = format!("\"{}\"", hex(&found.metadata.sha256_hash()));
    let mut response = HttpResponse::Ok();
    response
        .insert_header((header::ETAG, tag.clone()))
        .insert_header((header::VARY, "Accept-Encoding"))
        .insert_header((header::CACHE_CONTROL, if path.starts_with(ASSETS) { FOREVER } else { ASK_AGAIN }))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "same-origin"))
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_POLICY));
    if says(request.headers(), header::IF_NONE_MATCH, &tag) {
        return response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish();
    }
    response.content_type(found.metadata.mimetype());
    let packed = says(request.headers(), header::ACCEPT_ENCODING, "gzip")
        .then(|| Files::get(&format!("{path}.gz")))
        .flatten();
    if packed.is_some() {
        response.insert_header((header::CONTENT_ENCODING, "gzip"));
    }
    match packed.unwrap_or(found).data {
        Cow::Borrowed(bytes) => response.body(bytes),
        Cow::Owned(bytes) => response.body(bytes),
    }
}

fn says(headers: &HeaderMap, name: header::HeaderName, what: &str) -> bool {
    headers.get(name).and_then(|value| value.to_str().ok()).is_some_and(|value| value.contains(what))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]
mod tests {
    use actix_web::{body::to_bytes, rt, test::TestRequest};

    use super::*;

    #[test]
    fn a_route_of_the_pages_is_the_page_and_a_missing_file_is_missing() {
        let request = TestRequest::get().to_http_request();
        for route in ["", "desk", "admin/users"] {
            let answer = serve(&request, route);
            assert_eq!(answer.status(), 200, "{route}");
            let body = rt::System::new().block_on(to_bytes(answer.into_body())).unwrap();
            assert!(String::from_utf8_lossy(&body).contains("<html"), "{route}");
        }
        for file in ["assets/gone.js", "favicon.png", "../Cargo.toml", ".gitignore"] {
            assert_eq!(serve(&request, file).status(), 404, "{file}");
        }
    }

    #[test]
    fn who_has_the_page_already_is_told_so() {
        let first = serve(&TestRequest::get().to_http_request(), "");
        let tag = first.headers().get(header::ETAG).unwrap().clone();
        let again = TestRequest::get().insert_header((header::IF_NONE_MATCH, tag)).to_http_request();
        assert_eq!(serve(&again, "").status(), 304);
    }

    #[test]
    fn only_this_servers_scripts_run() {
        let page = serve(&TestRequest::get().to_http_request(), "");
        let policy = page.headers().get(header::CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap();
        assert!(policy.contains("script-src 'self';"), "{policy}");
    }
}
