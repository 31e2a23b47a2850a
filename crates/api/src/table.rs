//! The table of routes: the single source of what is mounted, what each route takes to be let in, and what the documents
//! say. A handler can only be mounted by a row of `rows!`, and a row without its needs does not compile.

use std::fmt::Write as _;

use access::{Permission, Principal};
use actix_web::{
    FromRequest, Handler, Responder, Route as ActixRoute,
    middleware::from_fn,
    web::{self, ServiceConfig},
};

use crate::{
    describe::{Answers, Operation, TakesAll},
    gate,
    problem::Problem,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Verb {
    pub const fn as_str(self) -> &'static str {
        match self {
            Verb::Get => "GET",
            Verb::Post => "POST",
            Verb::Put => "PUT",
            Verb::Patch => "PATCH",
            Verb::Delete => "DELETE",
        }
    }
}

/// What it takes to be let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing: the door itself, health, the documents.
    Public,
    /// Being signed in; the route then shows or changes one's own affairs only, or says what else it asks.
    SignedIn,
    /// A token, too, but it comes over the socket.
    Socket,
    /// Each of these permissions.
    All(&'static [Permission]),
    /// Each of these permissions, which the handler asks for: an emergency number is called without any.
    AllButForHelp(&'static [Permission]),
    /// One of these permissions; which one depends on the request.
    Any(&'static [Permission]),
}

impl Needs {
    /// The permission that is missing, where none of the caller's sets grants it anywhere.
    pub fn missing(self, principal: &Principal) -> Option<Permission> {
        match self {
            Needs::Public | Needs::SignedIn | Needs::Socket | Needs::AllButForHelp(_) => None,
            Needs::All(each) => each.iter().copied().find(|permission| !principal.holds(*permission)),
            Needs::Any(one) => {
                let held = one.iter().any(|permission| principal.holds(*permission));
                if held { None } else { one.first().copied() }
            }
        }
    }

    fn in_words(self) -> String {
        let listed = |permissions: &[Permission], word: &str| {
            permissions.iter().map(|p| format!("`{p}`")).collect::<Vec<_>>().join(word)
        };
        match self {
            Needs::Public => "public".to_owned(),
            Needs::SignedIn | Needs::Socket => "signed in".to_owned(),
            Needs::All(each) => listed(each, " and "),
            Needs::AllButForHelp(each) => format!("{}; none for an emergency number", listed(each, " and ")),
            Needs::Any(one) => listed(one, " or "),
        }
    }
}

/// What a permission set's scope narrows on this route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScopeKind {
    /// Nothing: the whole organization or nobody.
    Organization,
    /// Only what the caller is a party of.
    Own,
    /// What the caller is a party of, and what lies in scope of the permission named in the summary.
    OwnOrScope,
    /// The teams of the agents and the queue of the conversation concerned.
    Conversation,
    /// The user's team.
    Team,
    /// The queue.
    Queue,
}

impl ScopeKind {
    const fn in_words(self) -> &'static str {
        match self {
            ScopeKind::Organization => "–",
            ScopeKind::Own => "own only",
            ScopeKind::OwnOrScope => "own, or agents' teams and queue",
            ScopeKind::Conversation => "agents' teams and queue",
            ScopeKind::Team => "the user's team",
            ScopeKind::Queue => "the queue",
        }
    }
}

/// One row: a route and what it takes.
#[derive(Clone, Copy, Debug)]
pub struct Route {
    pub verb: Verb,
    /// With `{name}` for its parts.
    pub path: &'static str,
    pub needs: Needs,
    pub scope: ScopeKind,
    pub summary: &'static str,
}

/// A row with its handler.
pub(crate) struct Endpoint {
    pub(crate) route: Route,
    pub(crate) mount: fn(&'static Route) -> ActixRoute,
    pub(crate) describe: fn() -> Operation,
}

/// `verb path (needs) scope "summary" => handler;`
macro_rules! rows {
    ($($verb:ident $path:literal ($needs:expr) $scope:ident $summary:literal => $handler:expr;)*) => {
        &[$($crate::table::Endpoint {
            route: $crate::table::Route {
                verb: $crate::table::Verb::$verb,
                path: $path,
                needs: $needs,
                scope: $crate::table::ScopeKind::$scope,
                summary: $summary,
            },
            mount: |route| $crate::table::mounted(route, $handler),
            describe: || $crate::describe::describe($handler),
        },)*]
    };
}
pub(crate) use rows;

/// The handler behind its gate.
pub(crate) fn mounted<F, Args>(route: &'static Route, handler: F) -> ActixRoute
where
    F: Handler<Args>,
    Args: FromRequest + TakesAll + 'static,
    F::Output: Responder + Answers + 'static,
{
    let method = match route.verb {
        Verb::Get => web::get(),
        Verb::Post => web::post(),
        Verb::Put => web::put(),
        Verb::Patch => web::patch(),
        Verb::Delete => web::delete(),
    };
    method.to(handler).wrap(from_fn(move |request, next| gate::pass(route, request, next)))
}

pub(crate) fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    crate::routes::ENDPOINTS.iter().flat_map(|group| group.iter())
}

/// Every route there is, in the order of the documents.
pub fn routes() -> impl Iterator<Item = &'static Route> {
    endpoints().map(|endpoint| &endpoint.route)
}

/// Mounts every row; another method on a known path is 405, another path 404.
pub(crate) fn mount_all(config: &mut ServiceConfig) {
    let mut paths: Vec<&'static str> = routes().map(|route| route.path).collect();
    // A literal part is tried before a `{part}`.
    paths.sort_by_key(|path| (path.matches('{').count(), *path));
    paths.dedup();
    for path in paths {
        let mut resource = web::resource(path);
        let mut allowed = Vec::new();
        for endpoint in endpoints().filter(|endpoint| endpoint.route.path == path) {
            resource = resource.route((endpoint.mount)(&endpoint.route));
            allowed.push(endpoint.route.verb.as_str());
        }
        let allowed = allowed.join(", ");
        let refuse = move || {
            let allowed = allowed.clone();
            async move { Err::<actix_web::HttpResponse, Problem>(Problem::method_not_allowed(&allowed)) }
        };
        config.service(resource.default_service(web::to(refuse)));
    }
    config.default_service(web::to(|| async {
        Err::<actix_web::HttpResponse, Problem>(Problem::not_found("resource"))
    }));
}

/// `docs/permissions.md`: every route and its permission.
pub fn permissions_markdown() -> String {
    let mut text = String::from(
        "# Permissions\n\n\
         Generated from the table of routes; do not edit.\n\
         Nothing is granted by default: a route asks for what its row says, and refuses with 403 and the missing permission.\n\
         The scope column says what the scope of the granting permission set narrows; what lies outside it answers 404.\n\n\
         | route | permission | scope | what it does |\n| --- | --- | --- | --- |\n",
    );
    for route in routes() {
        let Route { verb, path, needs, scope, summary } = route;
        let _ = writeln!(
            text,
            "| `{} {path}` | {} | {} | {summary} |",
            verb.as_str(),
            needs.in_words(),
            scope.in_words()
        );
    }
    text
}
