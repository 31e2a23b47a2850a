//! A dialog: who the two ends are to each other, and where its requests go (RFC 3261 §12).

use std::net::{IpAddr, SocketAddr};

use serde::{Deserialize, Serialize};

use crate::{
    DialogSnapshot, Transport,
    message::{Headers, Method, NameAddr, Params, Request, Response, name, split_list},
    wire::Flow,
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dialog {
    pub(crate) call_id: String,
    pub(crate) local_tag: String,
    /// Empty until the far end has named it.
    pub(crate) remote_tag: String,
    /// Our From value, without its tag.
    local: String,
    remote: String,
    /// Their Contact.
    target: String,
    routes: Vec<String>,
    pub(crate) local_cseq: u32,
    pub(crate) remote_cseq: Option<u32>,
    flow: Flow,
    /// A phone is reached by where it speaks from, whatever its Contact says, since it may stand behind NAT.
    by_flow: bool,
    contact: String,
}

/// A restarted server cannot know how far the count went; a higher one is always right (RFC 3261 §12.2.1.1).
const FORMER_LIFE_CSEQ: u32 = 10_000;

impl Dialog {
    /// Of a request that came in.
    pub(crate) fn answering(
        request: &Request,
        flow: Flow,
        local_tag: String,
        contact: String,
        by_flow: bool,
    ) -> Self {
        let headers = &request.headers;
        Self {
            call_id: headers.get(name::CALL_ID).unwrap_or("").to_owned(),
            local_tag,
            remote_tag: headers.tag_of(name::FROM).unwrap_or_default(),
            local: headers.get(name::TO).unwrap_or("").to_owned(),
            remote: without_tag(headers.get(name::FROM).unwrap_or("")),
            target: contact_of(headers).unwrap_or_else(|| from_uri(headers)),
            routes: headers.list(name::RECORD_ROUTE).map(str::to_owned).collect(),
            local_cseq: 0,
            remote_cseq: headers.cseq().map(|(number, _)| number),
            flow,
            by_flow,
            contact,
        }
    }

    /// Of a call of ours, before anybody answered.
    pub(crate) fn calling(call_id: String, local_tag: String, ends: Ends, flow: Flow, by_flow: bool) -> Self {
        Self {
            call_id,
            local_tag,
            remote_tag: String::new(),
            local: ends.local,
            remote: ends.remote,
            target: ends.target,
            routes: Vec::new(),
            local_cseq: 0,
            remote_cseq: None,
            flow,
            by_flow,
            contact: ends.contact,
        }
    }

    /// The dialog that an answer to an INVITE of ours made, when nobody wants it.
    pub(crate) fn stray(request: &Request, response: &Response, flow: Flow) -> Self {
        let headers = &request.headers;
        let mut dialog = Self {
            call_id: headers.get(name::CALL_ID).unwrap_or("").to_owned(),
            local_tag: headers.tag_of(name::FROM).unwrap_or_default(),
            remote_tag: String::new(),
            local: without_tag(headers.get(name::FROM).unwrap_or("")),
            remote: without_tag(headers.get(name::TO).unwrap_or("")),
            target: request.uri.clone(),
            routes: Vec::new(),
            local_cseq: headers.cseq().map_or(1, |(number, _)| number),
            remote_cseq: None,
            flow,
            by_flow: false,
            contact: headers.get(name::CONTACT).unwrap_or("").to_owned(),
        };
        dialog.answered(response);
        dialog
    }

    /// Takes what the far end's answer says of it; the route is turned round (RFC 3261 §12.1.2).
    pub(crate) fn answered(&mut self, response: &Response) {
        self.remote_tag = response.headers.tag_of(name::TO).unwrap_or_default();
        self.routes = response.headers.list(name::RECORD_ROUTE).map(str::to_owned).collect();
        self.routes.reverse();
        self.refresh_target(&response.headers);
    }

    /// A re-INVITE or UPDATE may move the far end.
    pub(crate) fn refresh_target(&mut self, headers: &Headers) {
        if let Some(contact) = contact_of(headers) {
            self.target = contact;
        }
    }

    pub(crate) fn moved_to(&mut self, flow: Flow) {
        self.flow = flow;
    }

    /// The connection is gone; a far end that said where it listens may be reached by a new one: true.
    pub(crate) fn leave_flow(&mut self) -> bool {
        if self.by_flow {
            return false;
        }
        let next = self.routes.first().map_or(self.target.as_str(), String::as_str);
        let Ok(uri) = NameAddr::parse(next).map(|address| address.uri) else { return false };
        let Ok(ip) = uri.host.parse::<IpAddr>() else { return false };
        let remote = SocketAddr::new(ip, uri.port.unwrap_or(5060));
        self.flow = Flow { transport: transport_of(&uri.params).unwrap_or(self.flow.transport), remote };
        true
    }

    pub(crate) fn flow(&self) -> Flow {
        self.flow
    }

    pub(crate) fn contact(&self) -> &str {
        &self.contact
    }

    /// The next request within the dialog, without Via.
    pub(crate) fn request(&mut self, method: Method) -> Request {
        if !matches!(method, Method::Ack) {
            self.local_cseq += 1;
        }
        self.request_numbered(method, self.local_cseq)
    }

    pub(crate) fn request_numbered(&self, method: Method, cseq: u32) -> Request {
        let (uri, routes) = self.way();
        let mut request = Request::new(method, uri);
        for route in routes {
            request.headers.push(name::ROUTE, route);
        }
        let to = match self.remote_tag.as_str() {
            "" => self.remote.clone(),
            tag => format!("{};tag={tag}", self.remote),
        };
        let cseq = format!("{cseq} {}", request.method);
        request
            .with(name::MAX_FORWARDS, "70")
            .with(name::FROM, format!("{};tag={}", self.local, self.local_tag))
            .with(name::TO, to)
            .with(name::CALL_ID, self.call_id.clone())
            .with(name::CSEQ, cseq)
            .with(name::CONTACT, self.contact.clone())
            .with(name::USER_AGENT, "Tandem")
    }

    /// Request-URI and Route headers; a first route without `lr` is a strict router (RFC 3261 §12.2.1.1).
    fn way(&self) -> (String, Vec<String>) {
        let Some(first) = self.routes.first() else { return (self.target.clone(), Vec::new()) };
        match NameAddr::parse(first) {
            Ok(address) if !address.uri.params.has("lr") => {
                let mut routes: Vec<String> = self.routes.iter().skip(1).cloned().collect();
                routes.push(format!("<{}>", self.target));
                (address.uri.text, routes)
            }
            _ => (self.target.clone(), self.routes.clone()),
        }
    }

    /// The next hop's flow.
    /// Names are not looked up here, and an address we cannot reach is not believed: then it is where they spoke from.
    pub(crate) fn next_hop(&self) -> Flow {
        if self.by_flow {
            return self.flow;
        }
        let next = self.routes.first().map_or(self.target.as_str(), String::as_str);
        let Ok(uri) = NameAddr::parse(next).map(|address| address.uri) else { return self.flow };
        let Ok(ip) = uri.host.parse::<IpAddr>() else { return self.flow };
        let transport = transport_of(&uri.params).unwrap_or(self.flow.transport);
        let same_host = ip == self.flow.remote.ip();
        if same_host && transport == self.flow.transport && self.flow.is_reliable() {
            return self.flow;
        }
        if same_host || !is_private(ip) || is_private(self.flow.remote.ip()) {
            return Flow { transport, remote: SocketAddr::new(ip, uri.port.unwrap_or(5060)) };
        }
        self.flow
    }

    pub(crate) fn snapshot(&self) -> DialogSnapshot {
        DialogSnapshot(serde_json::to_string(self).unwrap_or_default())
    }

    /// A dialog of a former life; none where the text is not one.
    pub(crate) fn revive(snapshot: &DialogSnapshot) -> Option<Self> {
        let mut dialog: Self = serde_json::from_str(&snapshot.0).ok()?;
        dialog.local_cseq = dialog.local_cseq.saturating_add(FORMER_LIFE_CSEQ);
        Some(dialog)
    }
}

/// The names of both ends of a call of ours.
pub(crate) struct Ends {
    pub(crate) local: String,
    pub(crate) remote: String,
    pub(crate) target: String,
    pub(crate) contact: String,
}

pub(crate) fn transport_of(params: &Params) -> Option<Transport> {
    match params.get("transport") {
        Some(text) if text.eq_ignore_ascii_case("tcp") => Some(Transport::Tcp),
        Some(text) if text.eq_ignore_ascii_case("udp") => Some(Transport::Udp),
        Some(text) if text.eq_ignore_ascii_case("tls") => Some(Transport::Tls),
        _ => None,
    }
}

fn contact_of(headers: &Headers) -> Option<String> {
    let value = headers.get(name::CONTACT)?;
    let first = split_list(value).next()?;
    NameAddr::parse(first).ok().map(|address| address.uri.text)
}

fn from_uri(headers: &Headers) -> String {
    headers.name_addr(name::FROM).map(|address| address.uri.text).unwrap_or_default()
}

fn without_tag(value: &str) -> String {
    match NameAddr::parse(value) {
        Ok(address) => match &address.display {
            Some(_) => match value.rsplit_once('>') {
                Some((start, _)) => format!("{start}>"),
                None => value.to_owned(),
            },
            None => format!("<{}>", address.uri.text),
        },
        Err(_) => value.split(";tag=").next().unwrap_or(value).to_owned(),
    }
}

pub(crate) fn is_private(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => ip.is_private() || ip.is_loopback() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}
