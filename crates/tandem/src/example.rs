//! `tandem config example`: every key with its default and an explanation, made from the configuration types.

use toml::{Table, Value};

use crate::config::Config;

/// What each key means. A key without an entry here, or an entry without a key, fails the test below.
const EXPLAINED: &[(&str, &str)] = &[
    ("http.listen", "Where the HTTP API, the live socket and the documentation are served."),
    ("http.access_token_seconds", "How long an access token lives; clients refresh it."),
    ("http.workers", "Threads that serve HTTP."),
    (
        "http.tls",
        "HTTPS beside it: where it is served, and the certificate (PEM) to show; without one the server makes its own.",
    ),
    (
        "http.softphone_credential_seconds",
        "How long the credential of a browser's phone opens SIP sockets; an open one stays.",
    ),
    (
        "http.ice_servers",
        "STUN and TURN servers that browsers are told of; none are needed where they reach the media ports.",
    ),
    ("sip.listen_udp", "Where SIP over UDP is received."),
    ("sip.listen_tcp", "Where SIP over TCP is received; leave out for none. Example: \"127.0.0.1:5060\""),
    (
        "sip.external_address",
        "The address that phones and trunks reach this server under, behind one-to-one NAT.",
    ),
    ("sip.realm", "The realm of SIP passwords. Changing it makes every SIP password invalid."),
    ("sip.session_expires_seconds", "The session interval of calls (RFC 4028); at least 90."),
    ("sip.legs_max", "Wires at one time; beyond that a call is answered 503."),
    ("sip.digest_algorithms", "Digest algorithms offered to phones, the preferred one first."),
    ("sip.tls", "SIP over TLS: where it is received, and the certificate (PEM) to show."),
    ("media.bind", "The address that RTP sockets are bound to."),
    (
        "media.advertise",
        "The address written into session descriptions, where it differs (behind one-to-one NAT).",
    ),
    ("media.port_range", "UDP ports for RTP and RTCP."),
    ("media.threads", "Engine threads; one per core when left out."),
    ("media.silent_ms", "Milliseconds without RTP until a wire counts as broken."),
    ("media.timeout_ms", "Milliseconds without RTP until a customer's call ends."),
    (
        "database.url",
        "The relational database: sqlite://FILE?mode=rwc or postgres://USER:PASSWORD@HOST/NAME.",
    ),
    ("journal.path", "The local journal of calls; on a disk that keeps what it was told to sync."),
    (
        "journal.keep_days",
        "Ended calls stay in the journal so long after the database has them; a restored database catches up from there.",
    ),
    (
        "auth.signing_key_path",
        "The key that signs access tokens; made at the first start, beside the journal when left out.",
    ),
    ("bootstrap.admin_username", "The first administrator, created when the organization has no user."),
    ("bootstrap.admin_password", "Their password; a random one is printed once when left out."),
    ("recordings.url", "Where recordings are kept."),
    ("exports.directory", "Where exported reports wait for whoever asked for them."),
    ("exports.keep_hours", "How long they wait."),
    (
        "reports.archive_directory",
        "Where what reports are counted from is kept packed, for quick starts; beside the journal when left out. It can be deleted.",
    ),
    (
        "reports.archive_memory_mb",
        "How much of it stays in memory between reports, 230 bytes a leg; a report holds what it counts until it is done.",
    ),
    (
        "delivery.directory",
        "Where scheduled reports are dropped as files; left out: nowhere. No request names another place.",
    ),
    (
        "delivery.private_webhooks",
        "Web hooks may be at private addresses; off, nobody reaches into this network through a schedule.",
    ),
    ("mail.host", "The SMTP server for scheduled reports; empty: no mail is sent."),
    ("mail.port", "Its port."),
    ("mail.security", "starttls, tls (from the first byte) or none (a relay on this machine)."),
    ("mail.username", "Empty: without signing in."),
    ("mail.password", "Its password."),
    ("mail.from", "The sender. Example: \"Tandem <reports@example.org>\""),
    ("nats.url", "For several nodes; empty: this node alone."),
    ("log.filter", "What is logged: a level, or target=level pairs."),
    ("log.format", "\"text\" or \"json\"."),
];

/// Keys whose default is to be left out; an example value stands in the comment.
const LEFT_OUT: &[(&str, &str)] = &[
    (
        "http.tls",
        "{ listen = \"0.0.0.0:8443\", certificate = \"/etc/tandem/cert.pem\", key = \"/etc/tandem/key.pem\" }",
    ),
    ("sip.listen_tcp", "\"127.0.0.1:5060\""),
    ("sip.external_address", "\"203.0.113.10\""),
    (
        "sip.tls",
        "{ listen = \"0.0.0.0:5061\", certificate = \"/etc/tandem/cert.pem\", key = \"/etc/tandem/key.pem\" }",
    ),
    ("media.advertise", "\"203.0.113.10\""),
    ("media.threads", "2"),
    ("auth.signing_key_path", "\"/var/lib/tandem/signing.key\""),
    ("bootstrap.admin_password", "\"change me\""),
    ("delivery.directory", "\"/var/lib/tandem/reports\""),
    ("reports.archive_directory", "\"/var/lib/tandem/archive\""),
];

/// The example file.
pub fn example() -> Result<String, toml::ser::Error> {
    let defaults = Table::try_from(Config::default())?;
    let mut text = String::from(
        "# Every key of Tandem with its default. Each can also be given as TANDEM__SECTION__KEY in the environment.\n",
    );
    for (section, keys) in &defaults {
        text.push_str(&format!("\n[{section}]\n"));
        for (key, explained) in EXPLAINED
            .iter()
            .filter_map(|(path, text)| Some((path.strip_prefix(&format!("{section}."))?, text)))
        {
            let value = keys.as_table().and_then(|table| table.get(key));
            text.push_str(&format!("# {explained}\n{}\n", line(section, key, value)));
        }
    }
    Ok(text)
}

fn line(section: &str, key: &str, value: Option<&Value>) -> String {
    match value {
        Some(value) => format!("{key} = {value}"),
        None => {
            let path = format!("{section}.{key}");
            let example =
                LEFT_OUT.iter().find(|(known, _)| *known == path).map_or("", |(_, example)| example);
            format!("#{key} = {example}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys() -> Vec<String> {
        let defaults = Table::try_from(Config::default()).unwrap();
        let of = |(section, keys): (&String, &Value)| {
            let keys: Vec<String> =
                keys.as_table().unwrap().keys().map(|key| format!("{section}.{key}")).collect();
            keys
        };
        defaults.iter().flat_map(of).collect()
    }

    #[test]
    fn every_key_is_explained_and_every_explanation_has_a_key() {
        let known = keys();
        for key in &known {
            assert!(EXPLAINED.iter().any(|(path, _)| path == key), "{key} is not explained");
        }
        for (path, _) in EXPLAINED {
            let left_out = LEFT_OUT.iter().any(|(known, _)| known == path);
            assert!(left_out != known.iter().any(|key| key == path), "{path} is explained but is no key");
        }
    }

    #[test]
    fn the_example_reads_back_as_the_defaults() {
        let read: Config = toml::from_str(&example().unwrap()).unwrap();
        assert_eq!(Table::try_from(read).unwrap(), Table::try_from(Config::default()).unwrap());
    }
}
