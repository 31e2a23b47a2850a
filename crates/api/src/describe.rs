//! What an operation takes and answers, read off its handler's own types, so that the document cannot tell another story.

use std::collections::BTreeMap;

use actix_web::{Handler, web::Bytes};
use serde_json::{Map, Value, json};
use utoipa::{
    IntoParams, ToSchema,
    openapi::{RefOr, Schema, path::ParameterIn},
};

use crate::{
    answer::{Answer, NoContent},
    caller::Caller,
    extract::{Body, IfMatch, Merge, Path, Query, State},
    problem::Problem,
};

/// One operation on its way into the document, with the schemas it names.
#[derive(Debug, Default)]
pub(crate) struct Operation {
    pub(crate) parameters: Vec<Value>,
    pub(crate) request_body: Option<Value>,
    pub(crate) responses: Map<String, Value>,
    pub(crate) schemas: BTreeMap<String, Value>,
}

impl Operation {
    /// A reference to the schema of `T`, which is added with everything it names.
    pub(crate) fn reference<T: ToSchema>(&mut self) -> Value {
        let mut named: Vec<(String, RefOr<Schema>)> = Vec::new();
        T::schemas(&mut named);
        let own = T::schema();
        let inline = matches!(&own, RefOr::Ref(_)) || T::name().is_empty() || is_plain(&own);
        for (name, schema) in named {
            self.schemas.insert(name, to_value(&schema));
        }
        if inline {
            return to_value(&own);
        }
        self.schemas.insert(T::name().into_owned(), to_value(&own));
        json!({"$ref": format!("#/components/schemas/{}", T::name())})
    }

    pub(crate) fn answer<T: ToSchema>(&mut self, status: u16, description: &str) {
        let schema = self.reference::<T>();
        self.responses.insert(
            status.to_string(),
            json!({"description": description, "content": {"application/json": {"schema": schema}}}),
        );
    }
}

/// Numbers, texts and the like stand where they are used; objects get a name.
fn is_plain(schema: &RefOr<Schema>) -> bool {
    match schema {
        RefOr::T(Schema::Object(object)) => object.properties.is_empty() && object.enum_values.is_none(),
        _ => false,
    }
}

pub(crate) fn to_value(what: &impl serde::Serialize) -> Value {
    serde_json::to_value(what).unwrap_or_default()
}

/// Something a handler takes.
pub(crate) trait Takes {
    fn takes(_: &mut Operation) {}
}

impl Takes for State {}
impl Takes for Caller {}
impl Takes for Bytes {}
impl Takes for actix_web::HttpRequest {}
impl Takes for actix_web::web::Payload {}
// The path says its own parameters.
impl<T> Takes for Path<T> {}

impl<T: IntoParams> Takes for Query<T> {
    fn takes(operation: &mut Operation) {
        let parameters = T::into_params(|| Some(ParameterIn::Query));
        operation.parameters.extend(parameters.iter().map(to_value));
    }
}

impl<T: ToSchema> Takes for Body<T> {
    fn takes(operation: &mut Operation) {
        let schema = operation.reference::<T>();
        operation.request_body =
            Some(json!({"required": true, "content": {"application/json": {"schema": schema}}}));
    }
}

/// The schema of what may be changed: the same fields, none of them required.
impl<W: ToSchema> Takes for Merge<W> {
    fn takes(operation: &mut Operation) {
        operation.reference::<W>();
        let name = format!("{}Change", W::name());
        let mut schema = operation.schemas.get(W::name().as_ref()).cloned().unwrap_or_default();
        if let Some(object) = schema.as_object_mut() {
            object.remove("required");
        }
        operation.schemas.insert(name.clone(), schema);
        operation.request_body = Some(json!({
            "required": true,
            "description": "The fields to change: absent stays, null clears.",
            "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}},
        }));
    }
}

impl Takes for IfMatch {
    fn takes(operation: &mut Operation) {
        operation.parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false, "schema": {"type": "string"},
            "description": "The ETag the change is based on; 412 when somebody was faster.",
        }));
    }
}

/// Something a handler answers.
pub(crate) trait Answers {
    fn answers(operation: &mut Operation);
}

impl<T: ToSchema, const STATUS: u16> Answers for Answer<T, STATUS> {
    fn answers(operation: &mut Operation) {
        operation.answer::<T>(STATUS, if STATUS == 201 { "Made." } else { "Done." });
    }
}

impl Answers for NoContent {
    fn answers(operation: &mut Operation) {
        operation.responses.insert("204".into(), json!({"description": "Done."}));
    }
}

/// Anything that is not JSON of ours: text, a page, a socket.
impl Answers for actix_web::HttpResponse {
    fn answers(operation: &mut Operation) {
        operation.responses.insert("200".into(), json!({"description": "Done."}));
    }
}

impl<T: Answers> Answers for Result<T, Problem> {
    fn answers(operation: &mut Operation) {
        T::answers(operation);
        operation.responses.insert(
            "default".into(),
            json!({"description": "Refused.", "content": {"application/problem+json":
                {"schema": {"$ref": "#/components/schemas/Problem"}}}}),
        );
    }
}

pub(crate) trait TakesAll {
    fn takes_all(operation: &mut Operation);
}

macro_rules! takes_all {
    ($($name:ident)*) => {
        impl<$($name: Takes),*> TakesAll for ($($name,)*) {
            fn takes_all(_operation: &mut Operation) {
                $($name::takes(_operation);)*
            }
        }
    };
}

takes_all! {}
takes_all! { A }
takes_all! { A B }
takes_all! { A B C }
takes_all! { A B C D }
takes_all! { A B C D E }
takes_all! { A B C D E F }

/// Reads an operation off its handler.
pub(crate) fn describe<F, Args>(_: F) -> Operation
where
    F: Handler<Args>,
    Args: TakesAll,
    F::Output: Answers,
{
    let mut operation = Operation::default();
    Args::takes_all(&mut operation);
    F::Output::answers(&mut operation);
    operation
}
