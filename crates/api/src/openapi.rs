//! The OpenAPI document, generated from the table of routes and the types of its handlers.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use utoipa::{PartialSchema as _, ToSchema as _};

use crate::{
    describe::to_value,
    example::smallest,
    problem::{FieldError, ProblemBody},
    table::{Endpoint, Needs, Verb, endpoints},
};

const INTRODUCTION: &str = "Tandem's API. Sign in with POST /oauth/token and send the access token as \
`Authorization: Bearer …`. Lists come in pages: hand `next_cursor` back as `cursor`. Every POST takes an \
`Idempotency-Key`. Refusals are `application/problem+json` with a stable `code`.";

/// Pretty JSON, the same bytes for the same code.
pub fn openapi() -> String {
    let mut text = serde_json::to_string_pretty(&sorted(document())).unwrap_or_default();
    text.push('\n');
    text
}

fn document() -> Value {
    let mut schemas: BTreeMap<String, Value> = BTreeMap::new();
    schemas.insert("FieldError".into(), to_value(&FieldError::schema()));
    schemas.insert("Problem".into(), to_value(&ProblemBody::schema()));
    debug_assert_eq!(FieldError::name(), "FieldError");
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for endpoint in endpoints() {
        let verb = endpoint.route.verb.as_str().to_ascii_lowercase();
        let operation = operation(endpoint, &mut schemas);
        paths.entry(endpoint.route.path).or_default().insert(verb, operation);
    }
    let opened = open_composed(&mut schemas, &paths);
    for operation in paths.values_mut().flat_map(|path| path.iter_mut()).map(|(_, operation)| operation) {
        let body = operation.pointer_mut("/requestBody/content/application~1json/schema");
        if let Some(body) = body.filter(|body| referred(body).is_some_and(|name| opened.contains(name))) {
            body["unevaluatedProperties"] = json!(false);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Tandem",
            "version": "1",
            "description": INTRODUCTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "oauth": {"type": "oauth2", "flows": {
                    "password": {"tokenUrl": "/oauth/token", "refreshUrl": "/oauth/token", "scopes": {}},
                    "clientCredentials": {"tokenUrl": "/oauth/token", "scopes": {}},
                }},
            },
        },
    })
}

/// What a request may carry beside is refused, but the same fields stand in the answers together with `id` and
/// `version`: there `additionalProperties: false` would forbid those. Gives the schemas that were opened.
fn open_composed(
    schemas: &mut BTreeMap<String, Value>,
    paths: &BTreeMap<&str, Map<String, Value>>,
) -> BTreeSet<String> {
    let mut composed = BTreeSet::new();
    schemas.values().for_each(|schema| name_composed(schema, &mut composed));
    paths.values().flat_map(Map::values).for_each(|operation| name_composed(operation, &mut composed));
    composed.retain(|name| {
        let fields = schemas.get_mut(name).and_then(Value::as_object_mut);
        fields.is_some_and(|fields| fields.remove("additionalProperties").is_some())
    });
    composed
}

/// The schemas that an `allOf` anywhere within refers to.
fn name_composed(value: &Value, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            let all_of = object.get("allOf").and_then(Value::as_array);
            names.extend(all_of.into_iter().flatten().filter_map(referred).map(str::to_owned));
            object.values().for_each(|part| name_composed(part, names));
        }
        Value::Array(items) => items.iter().for_each(|item| name_composed(item, names)),
        _ => {}
    }
}

/// The name of the schema that this one is.
fn referred(schema: &Value) -> Option<&str> {
    schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")
}

fn operation(endpoint: &Endpoint, schemas: &mut BTreeMap<String, Value>) -> Value {
    let route = &endpoint.route;
    let described = (endpoint.describe)();
    schemas.extend(described.schemas);
    let mut parameters: Vec<Value> = parts_of(route.path)
        .map(|name| {
            let schema = if name == "id" || name.ends_with("_id") {
                json!({"type": "string", "format": "uuid"})
            } else {
                json!({"type": "string"})
            };
            json!({"name": name, "in": "path", "required": true, "schema": schema})
        })
        .collect();
    parameters.extend(described.parameters);
    if route.verb == Verb::Post && !matches!(route.needs, Needs::Public) {
        parameters.push(json!({
            "name": "Idempotency-Key", "in": "header", "required": false, "schema": {"type": "string"},
            "description": "The same key and body gives the first answer again.",
        }));
    }
    if route.verb != Verb::Get && route.path.starts_with("/v1/conversations/{id}/") {
        parameters.push(json!({
            "name": "If-Match", "in": "header", "required": false, "schema": {"type": "string"},
            "description": "Act only while the conversation's ETag is this one; 412 when it has moved on.",
        }));
    }
    let mut operation = json!({
        "operationId": operation_id(route.verb, route.path),
        "summary": route.summary,
        "tags": [tag(route.path)],
        "parameters": parameters,
        "responses": described.responses,
    });
    if let Some(mut body) = described.request_body {
        if let Some(content) = body.pointer_mut("/content/application~1json") {
            content["example"] = smallest(&content["schema"], schemas);
        }
        operation["requestBody"] = body;
    }
    if !matches!(route.needs, Needs::Public) {
        operation["security"] = json!([{"bearer": []}, {"oauth": []}]);
    }
    let permissions = match route.needs {
        Needs::All(permissions) => json!({"all_of": permissions}),
        Needs::AllButForHelp(permissions) => {
            json!({"all_of": permissions, "none_for": "emergency numbers"})
        }
        Needs::Any(permissions) => json!({"one_of": permissions}),
        Needs::Public | Needs::SignedIn | Needs::Socket => return operation,
    };
    operation["x-permissions"] = permissions;
    operation
}

fn parts_of(path: &str) -> impl Iterator<Item = &str> {
    path.split('{').skip(1).filter_map(|rest| rest.split([':', '}']).next())
}

/// `GET /v1/users/{id}` becomes `get_v1_users_id`: stable, and readable in generated clients.
fn operation_id(verb: Verb, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    std::iter::once(verb.as_str().to_ascii_lowercase().as_str())
        .map(str::to_owned)
        .chain(words.map(str::to_owned))
        .collect::<Vec<_>>()
        .join("_")
}

/// The noun after the version: `users`.
fn tag(path: &str) -> &str {
    let path = path.strip_prefix("/v1/").unwrap_or(path.trim_start_matches('/'));
    path.split('/').next().filter(|word| !word.is_empty()).unwrap_or("server")
}

/// Whatever order the parts of the build give objects, the document's is alphabetical.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(object) => {
            let ordered: BTreeMap<String, Value> = object.into_iter().map(|(k, v)| (k, sorted(v))).collect();
            Value::Object(ordered.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(sorted).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_in_the_document_leads_somewhere() {
        let text = openapi();
        let document: Value = serde_json::from_str(&text).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        for piece in text.split("\"#/components/schemas/").skip(1) {
            let name = piece.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name}");
        }
    }

    #[test]
    fn every_route_has_an_operation_and_an_id_of_its_own() {
        let document = document();
        let mut ids = std::collections::BTreeSet::new();
        for endpoint in endpoints() {
            let verb = endpoint.route.verb.as_str().to_ascii_lowercase();
            let operation = &document["paths"][endpoint.route.path][&verb];
            assert!(ids.insert(operation["operationId"].as_str().unwrap().to_owned()), "{operation}");
        }
    }

    #[test]
    fn no_part_of_a_composed_schema_forbids_the_fields_of_the_others() {
        let document = document();
        let mut composed = BTreeSet::new();
        name_composed(&document, &mut composed);
        assert!(!composed.is_empty());
        for name in composed {
            assert_eq!(
                document["components"]["schemas"][&name]["additionalProperties"],
                Value::Null,
                "{name}"
            );
        }
        let body = &document["paths"]["/v1/queues"]["post"]["requestBody"]["content"]["application/json"];
        assert_eq!(body["schema"]["unevaluatedProperties"], false, "{body}");
    }

    #[test]
    fn the_document_is_the_same_every_time() {
        assert_eq!(openapi(), openapi());
    }
}
