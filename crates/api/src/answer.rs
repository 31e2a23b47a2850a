//! What handlers give back when all went well.

use std::borrow::Cow;

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder, Responder,
    body::BoxBody,
    http::{StatusCode, header},
};
use serde::Serialize;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Array, ObjectBuilder, Ref, RefOr, Schema, Type, schema::SchemaType},
};
use uuid::Uuid;

/// A JSON body with its status.
#[derive(Debug)]
pub(crate) struct Answer<T, const STATUS: u16> {
    body: T,
    version: Option<i64>,
    location: Option<String>,
}

pub(crate) type Json<T> = Answer<T, 200>;
pub(crate) type Created<T> = Answer<T, 201>;

impl<T, const STATUS: u16> Answer<T, STATUS> {
    pub(crate) fn new(body: T) -> Self {
        Self { body, version: None, location: None }
    }
    /// The version becomes the `ETag`.
    pub(crate) fn tagged(mut self, version: i64) -> Self {
        self.version = Some(version);
        self
    }
    pub(crate) fn at(mut self, collection: &str, id: Uuid) -> Self {
        self.location = Some(format!("{collection}/{id}"));
        self
    }
}

impl<T: Serialize, const STATUS: u16> Responder for Answer<T, STATUS> {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let mut answer = HttpResponseBuilder::new(StatusCode::from_u16(STATUS).unwrap_or(StatusCode::OK));
        if let Some(version) = self.version {
            answer.insert_header((header::ETAG, format!("\"{version}\"")));
        }
        if let Some(location) = self.location {
            answer.insert_header((header::LOCATION, location));
        }
        answer.json(self.body)
    }
}

/// 204.
#[derive(Clone, Copy, Debug)]
pub(crate) struct NoContent;

impl Responder for NoContent {
    type Body = BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        HttpResponse::NoContent().finish()
    }
}

/// One page of a list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct List<T> {
    pub(crate) items: Vec<T>,
    /// Hand it back as `cursor` for the next page; null on the last.
    pub(crate) next_cursor: Option<String>,
}

impl<T: ToSchema> PartialSchema for List<T> {
    fn schema() -> RefOr<Schema> {
        let cursor = ObjectBuilder::new()
            .schema_type(SchemaType::from_iter([Type::String, Type::Null]))
            .description(Some("Hand it back as `cursor` for the next page; null on the last."));
        ObjectBuilder::new()
            .property("items", Array::new(Ref::from_schema_name(T::name())))
            .required("items")
            .property("next_cursor", cursor)
            .required("next_cursor")
            .build()
            .into()
    }
}

impl<T: ToSchema> ToSchema for List<T> {
    fn name() -> Cow<'static, str> {
        Cow::Owned(format!("{}List", T::name()))
    }
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((T::name().into_owned(), T::schema()));
        T::schemas(schemas);
    }
}
