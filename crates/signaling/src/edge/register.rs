//! Registration: of phones with us, and of us with providers.

use std::net::SocketAddr;

use terms::TrunkId;

use super::Edge;
use crate::{
    message::{Method, NameAddr, Request, name},
    registrar::{EXPIRES_MIN, Instance, Wanted, granted_seconds},
    transaction::{Arrived, Purpose, Reply},
    trunk::{Line, transport_param},
    wire::{Flow, Timer},
};

/// Bytes of the longest name a phone may give itself.
const INSTANCE_BYTES_MAX: usize = 256;
/// How soon a failed registration at a provider is tried again, in ms: doubled with every failure up to the longest.
const AGAIN_MS: u64 = 15_000;
const AGAIN_LONGEST_MS: u64 = 300_000;

impl Edge {
    pub(super) fn register(&mut self, flow: Flow, request: &Request) {
        match self.register_phone(&flow, request) {
            Ok(reply) => self.reply_once(flow, request, None, &reply),
            Err(reply) => self.refuse(flow, request, &reply),
        }
    }

    fn register_phone(&mut self, flow: &Flow, request: &Request) -> Result<Reply, Reply> {
        let username = self.registering(flow, request)?;
        if self.is_crowded() {
            return Err(Reply::new(503).with(name::RETRY_AFTER, "5"));
        }
        let wanted = self.wanted(&username, request)?;
        let call_id = request.headers.get(name::CALL_ID).unwrap_or("");
        let cseq = request.headers.cseq().map_or(0, |(number, _)| number);
        let now = self.wire.now;
        let turned = self.registrar.register(now, &username, *flow, (call_id, cseq), &wanted);
        self.turn(turned);
        if let Some(longest) = wanted.iter().map(|one| one.seconds).max().filter(|seconds| *seconds > 0) {
            self.wire.after(u64::from(longest) * 1000 + 500, Timer::Binding(username.clone()));
        }
        let mut reply = Reply::new(200);
        for binding in self.registrar.of(&username) {
            let seconds = binding.expires.saturating_sub(now) / 1000;
            let instance = binding.instance.as_ref().map_or_else(String::new, |instance| {
                format!(";+sip.instance=\"{}\";reg-id={}", instance.urn, instance.reg_id)
            });
            reply = reply.with(name::CONTACT, format!("<{}>;expires={seconds}{instance}", binding.contact));
        }
        Ok(reply)
    }

    /// Whose phone registers: a socket's user, else whoever proves to be the one that To names.
    fn registering(&mut self, flow: &Flow, request: &Request) -> Result<String, Reply> {
        if let Some(user) = self.sockets.get(flow) {
            return Ok(user.to_string());
        }
        let username = request
            .headers
            .name_addr(name::TO)
            .and_then(|to| to.uri.user)
            .filter(|username| self.phonebook.accounts.contains_key(username))
            .ok_or_else(|| Reply::new(403))?;
        if self.prove(request)? == username { Ok(username) } else { Err(Reply::new(403)) }
    }

    /// The phones a REGISTER adds, keeps and removes (RFC 3261 §10.3).
    fn wanted(&self, username: &str, request: &Request) -> Result<Vec<Wanted>, Reply> {
        let expires = request.headers.seconds(name::EXPIRES);
        let contacts: Vec<&str> = request.headers.list(name::CONTACT).collect();
        if contacts.contains(&"*") {
            if contacts.len() > 1 || expires != Some(0) {
                return Err(Reply::new(400));
            }
            let all = self.registrar.of(username).iter();
            let gone = |contact: &String| Wanted {
                contact: contact.clone(),
                address: None,
                instance: None,
                seconds: 0,
            };
            return Ok(all.map(|binding| gone(&binding.contact)).collect());
        }
        let mut wanted = Vec::new();
        for contact in contacts {
            let contact = NameAddr::parse(contact).map_err(|_| Reply::new(400))?;
            let own = contact.params.get("expires").and_then(|seconds| seconds.parse().ok());
            let seconds = granted_seconds(own.or(expires));
            if seconds > 0 && seconds < EXPIRES_MIN {
                return Err(Reply::new(423).with(name::MIN_EXPIRES, EXPIRES_MIN.to_string()));
            }
            let instance = contact.params.get("+sip.instance").and_then(|urn| {
                let reg_id = contact.params.get("reg-id").filter(|id| id.parse::<u32>().is_ok())?;
                let plain = urn.len() <= INSTANCE_BYTES_MAX && !urn.contains(['"', '\\']);
                plain.then(|| Instance { urn: urn.to_owned(), reg_id: reg_id.to_owned() })
            });
            let address = contact.uri.host.parse().ok();
            let address = address.map(|ip| SocketAddr::new(ip, contact.uri.port.unwrap_or(5060)));
            wanted.push(Wanted { contact: contact.uri.text, address, instance, seconds });
        }
        Ok(wanted)
    }

    pub(super) fn bindings_expire(&mut self, username: &str) {
        let now = self.wire.now;
        let turned = self.registrar.forget(username, |binding| binding.expires > now);
        self.turn(turned);
    }

    pub(super) fn register_trunk_now(&mut self, trunk: TrunkId) {
        if let Some(generation) = self.trunks.get(trunk).map(|line| line.generation) {
            self.register_trunk(trunk, generation);
        }
    }

    pub(super) fn register_trunk(&mut self, trunk: TrunkId, generation: u32) {
        let Some(line) = self.trunks.get_mut(trunk).filter(|line| line.generation == generation) else {
            return;
        };
        if !line.trunk.register {
            return;
        }
        // A host name that is not looked up yet comes back here when it is.
        let Some(flow) = line.flow() else { return };
        line.registration.cseq += 1;
        let seconds = line.registration.expires_seconds;
        let request =
            registration_request(line, &flow, self.wire.local.advertised(&flow).to_string(), seconds);
        self.clients.send(&mut self.wire, request, flow, Purpose::Register(trunk));
    }

    pub(super) fn registration_arrived(&mut self, trunk: TrunkId, arrived: &Arrived) {
        let response = &arrived.response;
        if response.status < 200 {
            return;
        }
        if let Some(again) = self.improved(arrived) {
            if let Some(line) = self.trunks.get_mut(trunk) {
                line.registration.cseq += 1;
            }
            self.clients.send(&mut self.wire, again, arrived.flow, Purpose::Register(trunk));
            return;
        }
        let Some(line) = self.trunks.get_mut(trunk) else { return };
        let again_ms = match response.status {
            200..300 => {
                line.registration.proven = true;
                line.registration.failures = 0;
                let own = response.headers.list(name::CONTACT).find_map(|contact| {
                    NameAddr::parse(contact).ok()?.params.get("expires")?.parse::<u32>().ok()
                });
                let granted = own.or(response.headers.seconds(name::EXPIRES)).unwrap_or(600).max(20);
                u64::from(granted) * 850
            }
            423 => {
                let least = response.headers.seconds(name::MIN_EXPIRES).unwrap_or(3600);
                line.registration.expires_seconds = least.clamp(60, 86_400);
                1_000
            }
            status => {
                line.registration.proven = false;
                line.registration.failures += 1;
                tracing::warn!(trunk.id = %trunk, sip.status = status, "the provider refuses our registration");
                (AGAIN_MS << line.registration.failures.min(5)).min(AGAIN_LONGEST_MS)
            }
        };
        let generation = line.generation;
        self.wire.after(again_ms, Timer::TrunkRegister(trunk, generation));
    }

    /// The trunk is gone from the organization: tell the provider.
    pub(super) fn sign_off(&mut self, mut line: Line) {
        if let (true, Some(flow)) = (line.registration.proven, line.flow()) {
            line.registration.cseq += 1;
            let request =
                registration_request(&line, &flow, self.wire.local.advertised(&flow).to_string(), 0);
            self.clients.send(&mut self.wire, request, flow, Purpose::Farewell);
        }
    }
}

fn registration_request(line: &Line, flow: &Flow, advertised: String, seconds: u32) -> Request {
    let domain = line.domain();
    let user = line.trunk.credentials.as_ref().map_or("tandem", |own| own.username.as_str());
    let user = crate::message::escape_user(user);
    let param = transport_param(flow.transport);
    Request::new(Method::Register, format!("sip:{domain}{param}"))
        .with(name::MAX_FORWARDS, "70")
        .with(name::FROM, format!("<sip:{user}@{domain}>;tag={}", line.registration.tag))
        .with(name::TO, format!("<sip:{user}@{domain}>"))
        .with(name::CALL_ID, line.registration.call_id.clone())
        .with(name::CSEQ, format!("{} REGISTER", line.registration.cseq))
        .with(name::CONTACT, format!("<sip:{user}@{advertised}{param}>;expires={seconds}"))
        .with(name::EXPIRES, seconds.to_string())
        .with(name::USER_AGENT, "Tandem")
}
