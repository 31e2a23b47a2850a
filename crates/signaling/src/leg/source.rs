//! Whose request it is.
//!
//! A request whose From names an account of ours (at our realm or address, or from where no trunk is) must prove to
//! be it by digest.
//! Everything else from a trunk's addresses is that trunk's.
//! Anything else is refused, and everything on a browser's socket is its user's.

use terms::PhoneNumber;

use crate::{
    Origin,
    digest::Verdict,
    edge::Edge,
    message::{NameAddr, Request, name},
    transaction::Reply,
    wire::Flow,
};

impl Edge {
    /// Whether we answer at all.
    pub(crate) fn is_known_source(&self, flow: &Flow, request: &Request) -> bool {
        self.sockets.contains_key(flow)
            || self.trunks.by_source(flow).is_some()
            || self.registrar.knows_flow(flow)
            || self.names_account(request).is_some()
    }

    /// The account the From header names.
    fn names_account(&self, request: &Request) -> Option<NameAddr> {
        let from = request.headers.name_addr(name::FROM)?;
        let username = from.uri.user.as_deref()?;
        self.phonebook.accounts.contains_key(username).then_some(from)
    }

    /// The origin of a new call, or the answer it gets.
    pub(super) fn origin(&mut self, flow: &Flow, request: &Request) -> Result<Origin, Reply> {
        if let Some(user) = self.sockets.get(flow) {
            return Ok(Origin::User(*user));
        }
        let trunk = self.trunks.by_source(flow);
        let from = self.names_account(request);
        let at_home =
            from.as_ref().is_some_and(|from| self.wire.local.is_ours(&from.uri.host, &self.config.realm));
        match (trunk, from) {
            (Some(trunk), Some(_)) if !at_home => Ok(Origin::Trunk(trunk)),
            (Some(trunk), None) => Ok(Origin::Trunk(trunk)),
            (_, Some(_)) => {
                let username = self.prove(request)?;
                let account = self.phonebook.accounts.get(&username);
                account.map(|account| Origin::User(account.user)).ok_or_else(|| Reply::new(403))
            }
            (None, None) => Err(Reply::new(403)),
        }
    }

    /// The account a request proves to be from, or the answer it gets.
    pub(crate) fn prove(&mut self, request: &Request) -> Result<String, Reply> {
        let verdict = self.nonces.verify(
            self.wire.now,
            &self.config.realm,
            request.method.as_str(),
            request.headers.all(name::AUTHORIZATION),
            &self.config.digest_algorithms,
            &self.phonebook.accounts,
        );
        match verdict {
            Verdict::Proven(username) => Ok(username),
            Verdict::Wrong => Err(Reply::new(403)),
            Verdict::Ask { stale } => {
                let challenges = self.nonces.challenges(
                    &mut self.wire,
                    &self.config.realm,
                    &self.config.digest_algorithms,
                    request.headers.get(name::USER_AGENT),
                    stale,
                );
                let with = |reply: Reply, challenge| reply.with(name::WWW_AUTHENTICATE, challenge);
                Err(challenges.into_iter().fold(Reply::new(401), with))
            }
        }
    }
}

/// The calling number and name, unless they are withheld (RFC 3323, RFC 3325).
/// A trunk is trusted: what it asserts goes before what the caller says.
pub(super) fn caller(origin: Origin, request: &Request) -> (Option<PhoneNumber>, Option<String>) {
    let headers = &request.headers;
    let from = headers.name_addr(name::FROM);
    let withheld = headers
        .all(name::PRIVACY)
        .flat_map(|value| value.split([';', ',']))
        .any(|value| ["id", "user", "header"].contains(&value.trim().to_ascii_lowercase().as_str()));
    let anonymous = from.as_ref().is_some_and(|from| {
        from.uri.host.eq_ignore_ascii_case("anonymous.invalid")
            || from.uri.user.as_deref().is_some_and(|user| user.eq_ignore_ascii_case("anonymous"))
    });
    if withheld || anonymous {
        return (None, None);
    }
    let asserted = match origin {
        Origin::Trunk(_) => {
            headers.list(name::P_ASSERTED_IDENTITY).find_map(|value| NameAddr::parse(value).ok())
        }
        Origin::User(_) => None,
    };
    let number = [&asserted, &from].into_iter().flatten().find_map(number_of);
    let display = [&asserted, &from].into_iter().flatten().find_map(|address| address.display.clone());
    (number, display)
}

fn number_of(address: &NameAddr) -> Option<PhoneNumber> {
    PhoneNumber::normalise(address.uri.user.as_deref()?).ok()
}
