//! The OpenAPI document and a page that shows it, without anything from elsewhere.

use std::sync::Arc;

use actix_web::{HttpResponse, http::header};
use serde::Deserialize;
use utoipa_swagger_ui::{Config, serve};

use crate::{extract::Path, openapi::openapi, problem::Problem};

pub(crate) async fn document() -> HttpResponse {
    HttpResponse::Ok().content_type("application/json").body(openapi())
}

pub(crate) async fn page() -> HttpResponse {
    HttpResponse::Found().insert_header((header::LOCATION, "/docs/index.html")).finish()
}

#[derive(Debug, Deserialize)]
pub(crate) struct File {
    file: String,
}

pub(crate) async fn file(path: Path<File>) -> Result<HttpResponse, Problem> {
    let config = Arc::new(Config::from("/openapi.json").try_it_out_enabled(true).persist_authorization(true));
    match serve(&path.0.file, config) {
        Ok(Some(file)) => {
            Ok(HttpResponse::Ok().content_type(file.content_type).body(file.bytes.into_owned()))
        }
        Ok(None) => Err(Problem::not_found("file")),
        Err(error) => {
            tracing::error!(error.message = %error, "the documentation page could not be written");
            Err(Problem::internal())
        }
    }
}
