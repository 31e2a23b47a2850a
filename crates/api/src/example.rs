//! The smallest body that an operation takes, so that who tries it on the page starts from something that works.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// What `schema` asks for and no more; an example of its own wins.
pub(crate) fn smallest(schema: &Value, schemas: &BTreeMap<String, Value>) -> Value {
    if let Some(example) = schema.get("example") {
        return example.clone();
    }
    if let Some(named) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return schemas.get(named).map_or(Value::Null, |schema| smallest(schema, schemas));
    }
    if let Some(first) = ["enum", "oneOf", "anyOf"].iter().find_map(|key| schema[*key].as_array()?.first()) {
        return if schema["enum"].is_array() { first.clone() } else { smallest(first, schemas) };
    }
    if let Some(parts) = schema["allOf"].as_array() {
        let parts = parts.iter().filter_map(|part| smallest(part, schemas).as_object().cloned());
        return Value::Object(parts.flatten().collect());
    }
    match kind(schema) {
        "object" => required(schema, schemas).into(),
        "array" => json!([]),
        "boolean" => json!(false),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or(json!(0)),
        _ => text(schema),
    }
}

fn required(schema: &Value, schemas: &BTreeMap<String, Value>) -> Map<String, Value> {
    let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
    names.map(|name| (name.to_owned(), smallest(&schema["properties"][name], schemas))).collect()
}

/// `["string", "null"]` is a text too.
fn kind(schema: &Value) -> &str {
    let kinds = &schema["type"];
    kinds.as_str().or_else(|| kinds.as_array()?.first()?.as_str()).unwrap_or_default()
}

fn text(schema: &Value) -> Value {
    match schema["format"].as_str() {
        Some("uuid") => json!("00000000-0000-0000-0000-000000000000"),
        Some("date-time") => json!("2026-01-01T00:00:00Z"),
        _ => json!(""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_required_is_shown_and_names_are_followed() {
        let schemas = BTreeMap::from([
            ("Mode".to_owned(), json!({"type": "string", "enum": ["monitor", "whisper"]})),
            ("Target".to_owned(), json!({"type": "object", "example": {"extension": "201"}})),
        ]);
        let body = json!({
            "type": "object",
            "required": ["mode", "target", "level"],
            "properties": {
                "mode": {"$ref": "#/components/schemas/Mode"},
                "target": {"$ref": "#/components/schemas/Target"},
                "level": {"type": "integer", "minimum": 1},
                "version": {"type": ["integer", "null"]},
            },
        });
        let expected = json!({"mode": "monitor", "target": {"extension": "201"}, "level": 1});
        assert_eq!(smallest(&body, &schemas), expected);
    }
}
