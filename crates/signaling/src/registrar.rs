//! Which phones are reachable, and how (RFC 3261 §10).

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    net::SocketAddr,
};

use terms::UserId;

use crate::{Phonebook, Transport, dialog::is_private, wire::Flow};

/// Phones one account may have at one time; the one unheard of for longest makes way.
const PHONES_MAX: usize = 10;
/// Shortest and longest registration, and the one given when none is asked for, in seconds.
pub(crate) const EXPIRES_MIN: u32 = 15;
const EXPIRES_MAX: u32 = 3600;

/// One phone of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Binding {
    /// The address it wants in the Request-URI.
    pub(crate) contact: String,
    /// Where it spoke from.
    pub(crate) flow: Flow,
    /// Where it is called.
    pub(crate) reach: Flow,
    /// In ms.
    pub(crate) expires: u64,
    /// The phone's own name for itself, whatever its address is (RFC 5626 §4.1), with its `reg-id`.
    pub(crate) instance: Option<Instance>,
    call_id: String,
    cseq: u32,
    /// Registrations count up; the highest is the newest phone.
    since: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) urn: String,
    pub(crate) reg_id: String,
}

/// One Contact of a REGISTER.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) contact: String,
    /// Where the Contact says it is, if that is an address and not a name.
    pub(crate) address: Option<SocketAddr>,
    pub(crate) instance: Option<Instance>,
    pub(crate) seconds: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Turned {
    Reachable(UserId),
    Unreachable(UserId),
}

#[derive(Default)]
pub(crate) struct Registrar {
    bindings: HashMap<String, Vec<Binding>>,
    users: BTreeMap<UserId, BTreeSet<String>>,
    accounts: BTreeMap<String, UserId>,
    by_flow: HashMap<Flow, BTreeSet<String>>,
    /// Users whose phones changed since last asked.
    changed: BTreeSet<UserId>,
    count: u64,
}

/// A phone whose Contact has the very private address that it spoke from has no NAT before it: it listens where it says.
/// Any other is reached where it spoke from; a public address may be a NAT's that the phone was told of.
fn reach(flow: Flow, address: Option<SocketAddr>) -> Flow {
    match address {
        Some(address)
            if flow.transport == Transport::Udp
                && address.ip() == flow.remote.ip()
                && is_private(address.ip()) =>
        {
            Flow { remote: address, ..flow }
        }
        _ => flow,
    }
}

pub(crate) fn granted_seconds(wanted: Option<u32>) -> u32 {
    wanted.unwrap_or(EXPIRES_MAX).min(EXPIRES_MAX)
}

impl Registrar {
    /// Who may register now; phones of accounts that are gone are forgotten.
    pub(crate) fn set_accounts(&mut self, phonebook: &Phonebook) -> Vec<Turned> {
        let browsers = phonebook.browsers.iter().map(|user| (user.to_string(), *user));
        let phones = phonebook.accounts.iter().map(|(name, account)| (name.clone(), account.user));
        let accounts: BTreeMap<String, UserId> = browsers.chain(phones).collect();
        let before: Vec<String> = self.accounts.keys().cloned().collect();
        let mut turned = Vec::new();
        for username in before {
            if accounts.get(&username) != self.accounts.get(&username) {
                turned.extend(self.forget(&username, |_| false));
            }
        }
        self.accounts = accounts;
        self.users.clear();
        for (username, user) in &self.accounts {
            self.users.entry(*user).or_default().insert(username.clone());
        }
        turned
    }

    pub(crate) fn of(&self, username: &str) -> &[Binding] {
        self.bindings.get(username).map_or(&[], Vec::as_slice)
    }

    /// The phone that registered last.
    pub(crate) fn newest(&self, user: UserId, now: u64) -> Option<&Binding> {
        let usernames = self.users.get(&user)?;
        let bindings = usernames.iter().flat_map(|username| self.of(username));
        bindings.filter(|binding| binding.expires > now).max_by_key(|binding| binding.since)
    }

    pub(crate) fn is_reachable(&self, user: UserId) -> bool {
        let usernames = self.users.get(&user).into_iter().flatten();
        usernames.into_iter().any(|username| !self.of(username).is_empty())
    }

    pub(crate) fn knows_flow(&self, flow: &Flow) -> bool {
        self.by_flow.contains_key(flow)
    }

    /// Adds, refreshes and removes phones as one REGISTER says.
    pub(crate) fn register(
        &mut self,
        now: u64,
        username: &str,
        flow: Flow,
        (call_id, cseq): (&str, u32),
        wanted: &[Wanted],
    ) -> Option<Turned> {
        let user = self.accounts.get(username).copied()?;
        let (was, before) = (self.is_reachable(user), self.flows(username));
        for one in wanted {
            self.register_one(now, username, flow, (call_id, cseq), one);
        }
        self.index(username, &before);
        self.turn(user, was)
    }

    fn register_one(
        &mut self,
        now: u64,
        username: &str,
        flow: Flow,
        (call_id, cseq): (&str, u32),
        wanted: &Wanted,
    ) {
        self.count += 1;
        let count = self.count;
        let bindings = self.bindings.entry(username.to_owned()).or_default();
        // A phone that comes back by another way is the same phone.
        let same = |binding: &Binding| {
            binding.contact == wanted.contact
                || binding.instance.is_some() && binding.instance == wanted.instance
        };
        let known = bindings.iter().position(same);
        let former = known.map(|at| bindings.remove(at));
        if wanted.seconds == 0 {
            return;
        }
        let since = match &former {
            Some(former) if former.call_id == call_id && cseq >= former.cseq => former.since,
            _ => count,
        };
        if bindings.len() >= PHONES_MAX {
            let oldest = bindings.iter().enumerate().min_by_key(|(_, binding)| binding.since);
            if let Some((at, _)) = oldest {
                bindings.remove(at);
            }
        }
        bindings.push(Binding {
            contact: wanted.contact.clone(),
            flow,
            reach: reach(flow, wanted.address),
            expires: now + u64::from(wanted.seconds) * 1000,
            instance: wanted.instance.clone(),
            call_id: call_id.to_owned(),
            cseq,
            since,
        });
    }

    /// Drops the phones of an account that `keep` does not keep.
    pub(crate) fn forget(&mut self, username: &str, keep: impl Fn(&Binding) -> bool) -> Option<Turned> {
        let user = self.accounts.get(username).copied()?;
        let (was, before) = (self.is_reachable(user), self.flows(username));
        if let Some(bindings) = self.bindings.get_mut(username) {
            bindings.retain(keep);
        }
        self.index(username, &before);
        self.turn(user, was)
    }

    /// The connection is gone, and with it the phones behind it.
    pub(crate) fn flow_lost(&mut self, flow: &Flow) -> Vec<Turned> {
        let usernames = self.by_flow.get(flow).cloned().unwrap_or_default();
        usernames
            .iter()
            .filter_map(|username| self.forget(username, |binding| binding.flow != *flow))
            .collect()
    }

    fn turn(&self, user: UserId, was: bool) -> Option<Turned> {
        match (was, self.is_reachable(user)) {
            (false, true) => Some(Turned::Reachable(user)),
            (true, false) => Some(Turned::Unreachable(user)),
            _ => None,
        }
    }

    fn flows(&self, username: &str) -> Vec<Flow> {
        self.of(username).iter().flat_map(|binding| [binding.flow, binding.reach]).collect()
    }

    /// Users whose phones changed since last asked, and how the one that rings is reached now.
    pub(crate) fn take_changed(&mut self, now: u64) -> Vec<(UserId, Option<Transport>)> {
        let changed = std::mem::take(&mut self.changed);
        let reached = |user: &UserId| self.newest(*user, now).map(|binding| binding.flow.transport);
        changed.iter().map(|user| (*user, reached(user))).collect()
    }

    /// Keeps the way from flows back to accounts right.
    fn index(&mut self, username: &str, before: &[Flow]) {
        self.changed.extend(self.accounts.get(username));
        for flow in before {
            if let Some(usernames) = self.by_flow.get_mut(flow) {
                usernames.remove(username);
                if usernames.is_empty() {
                    self.by_flow.remove(flow);
                }
            }
        }
        for binding in self.bindings.get(username).into_iter().flatten() {
            for flow in [binding.flow, binding.reach] {
                self.by_flow.entry(flow).or_default().insert(username.to_owned());
            }
        }
        if self.bindings.get(username).is_some_and(Vec::is_empty) {
            self.bindings.remove(username);
        }
    }
}
