//! The records as the API tells them, with the names of the stage.

use serde_json::Value;

use crate::story::{Record, records::far_side};

/// `named` gives the stage's name of a user's id or a number; None is a withheld number.
pub(super) fn read(calls: &[Value], named: &dyn Fn(Option<&str>) -> String) -> Vec<Record> {
    let mut calls: Vec<&Value> = calls.iter().collect();
    let root_start = |call: &Value| {
        let of = &call["conversation_id"];
        let starts = calls.iter().filter(|other| &other["conversation_id"] == of);
        starts.map(|other| text(&other["started_at"])).min().unwrap_or_default()
    };
    let keys: Vec<(String, String, String)> = calls
        .iter()
        .map(|call| (root_start(call), text(&call["conversation_id"]), text(&call["path"])))
        .collect();
    let mut order: Vec<usize> = (0..calls.len()).collect();
    order.sort_by(|a, b| keys[*a].cmp(&keys[*b]));
    calls = order.into_iter().map(|index| calls[index]).collect();
    calls.into_iter().map(|call| record(call, named)).collect()
}

fn record(call: &Value, named: &dyn Fn(Option<&str>) -> String) -> Record {
    let from = named(call["from"].as_str());
    let known = |field: &str| call[field].as_str().map(|id| named(Some(id)));
    Record {
        id: text(&call["id"]),
        call_type: text(&call["call_type"]),
        purpose: text(&call["purpose"]),
        to: far_side(&from, [known("user_id"), known("to")]),
        from,
        disposition: text(&call["disposition"]),
        parent: call["parent_id"].as_str().map(str::to_owned),
        previous: call["previous_id"].as_str().map(str::to_owned),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
