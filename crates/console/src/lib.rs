//! The browser console: TypeScript in `ui/`, embedded as static files.
//!
//! `cargo xtask console` builds the pages; without them one page stands in their place and says so.

mod files;
mod start;

use std::sync::Arc;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header,
    web::{self, ServiceConfig},
};

pub use start::{Persona, Practice, PracticePerson, Start};

/// Where the pages stand; everything else on this server is the API.
const HOME: &str = "/console/";

/// What mounts the pages beside the API.
pub fn pages(start: Start) -> Arc<dyn Fn(&mut ServiceConfig) + Send + Sync> {
    let start = web::Data::new(start);
    Arc::new(move |config| {
        config
            .app_data(web::Data::clone(&start))
            .route("/", web::get().to(home))
            .route("/console", web::get().to(home))
            .route("/console/start.json", web::get().to(said_at_start))
            .route("/console/{path:.*}", web::get().to(file))
            .route("/console/{path:.*}", web::head().to(file));
    })
}

async fn home() -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, HOME)).finish()
}

async fn said_at_start(start: web::Data<Start>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CACHE_CONTROL, "no-store")).json(&**start)
}

async fn file(request: HttpRequest, path: web::Path<String>) -> HttpResponse {
    files::serve(&request, &path)
}
