//! Every route × every permission, from the table that mounts the routes.

use access::Permission;
use api::{Needs, Route};
use reqwest::Method;
use serde_json::json;

use crate::stage::{Client, Heard, Stage};

/// Nothing has this id, so that whoever is let in changes nothing.
const NOTHING: &str = "00000000-0000-4000-8000-000000000000";

fn concrete(route: &Route) -> String {
    let mut path = String::new();
    for piece in route.path.split('{') {
        match piece.split_once('}') {
            Some((_, rest)) => {
                path.push_str(NOTHING);
                path.push_str(rest);
            }
            None => path.push_str(piece),
        }
    }
    path
}

async fn knock(client: &Client<'_>, route: &Route) -> Heard {
    let method: Method = route.verb.as_str().parse().unwrap();
    // Nobody's number, where a target decides what the request takes.
    let body = match route.needs {
        Needs::AllButForHelp(_) => json!({"target": {"extension": "9999"}}),
        _ => json!({}),
    };
    let body = (method != Method::GET && method != Method::DELETE).then_some(&body);
    client.ask(method, &concrete(route), &[], body).await
}

/// Whether the gate let the request pass; what the handler then says of a thing that is not there is its own affair.
fn is_let_in(heard: &Heard) -> bool {
    assert_ne!(heard.status, 401, "{}", heard.text);
    assert_ne!(heard.status, 500, "{}", heard.text);
    !(heard.status == 403 && heard.body["missing_permission"].is_string())
}

fn may_enter(needs: Needs, held: &[Permission]) -> bool {
    match needs {
        Needs::Public | Needs::SignedIn | Needs::Socket => true,
        Needs::All(each) | Needs::AllButForHelp(each) => {
            each.iter().all(|permission| held.contains(permission))
        }
        Needs::Any(one) => one.iter().any(|permission| held.contains(permission)),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_lets_in_exactly_those_whom_its_row_names() {
    let stage = Stage::start().await;
    let mut people: Vec<(Vec<Permission>, Client<'_>)> = vec![
        (vec![], stage.user("nobody", &[]).await),
        (Permission::ALL.to_vec(), stage.user("everything", Permission::ALL).await),
    ];
    for permission in Permission::ALL {
        people.push((vec![*permission], stage.user(permission.as_str(), &[*permission]).await));
    }
    let mut asked = 0;
    for route in api::routes().filter(|route| route.needs != Needs::Public) {
        for (held, client) in &people {
            let heard = knock(client, route).await;
            let name = format!("{} {} with {held:?}", route.verb.as_str(), route.path);
            assert_eq!(is_let_in(&heard), may_enter(route.needs, held), "{name}: {}", heard.text);
            if !is_let_in(&heard) {
                heard.refused(403, "not_allowed");
                let missing = heard.body["missing_permission"].as_str().unwrap();
                let named = match route.needs {
                    Needs::All(named) | Needs::AllButForHelp(named) | Needs::Any(named) => named,
                    Needs::Public | Needs::SignedIn | Needs::Socket => &[],
                };
                assert!(named.iter().any(|permission| permission.as_str() == missing), "{name}");
            }
            asked += 1;
        }
    }
    println!("{asked} questions to {} routes", api::routes().count());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_gets_past_a_gate_without_a_token() {
    let stage = Stage::start().await;
    for route in api::routes() {
        let heard = stage.anonymous(route.verb.as_str().parse().unwrap(), &concrete(route)).await;
        let name = format!("{} {}", route.verb.as_str(), route.path);
        match route.needs {
            Needs::Public => assert_ne!(heard.status, 401, "{name}"),
            // The token may come in the first message; a plain request is no handshake.
            Needs::Socket => heard.refused(400, "malformed"),
            Needs::SignedIn | Needs::All(_) | Needs::AllButForHelp(_) | Needs::Any(_) => {
                heard.refused(401, "unauthenticated");
                assert_eq!(heard.header("www-authenticate"), "Bearer");
            }
        }
    }
}

#[test]
fn the_page_of_permissions_has_a_row_for_every_route() {
    let page = api::permissions_markdown();
    for route in api::routes() {
        let row = format!("| `{} {}` |", route.verb.as_str(), route.path);
        assert_eq!(page.matches(&row).count(), 1, "{row}");
    }
}
