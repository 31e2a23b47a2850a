use md5::{Digest as _, Md5};
use sha2::Sha256;
use terms::{ConversationId, EndReason};

use super::*;
use crate::{Caller, Destination, Dial, Origin, config::hex};

/// Digest as a phone computes it.
pub(super) struct Proof<'a> {
    pub(super) algorithm: &'a str,
    pub(super) username: &'a str,
    pub(super) password: &'a str,
    pub(super) nonce: &'a str,
    pub(super) count: &'a str,
    pub(super) method: &'a str,
    pub(super) qop: bool,
}

impl Proof<'_> {
    pub(super) fn line(&self) -> String {
        let Self { algorithm, username, password, nonce, count, method, .. } = self;
        let hash = |text: String| match *algorithm {
            "SHA-256" => hex(&Sha256::digest(text)),
            _ => hex(&Md5::digest(text)),
        };
        let ha1 = hash(format!("{username}:tandem:{password}"));
        let ha2 = hash(format!("{method}:sip:tandem"));
        let (response, qop) = if self.qop {
            let response = hash(format!("{ha1}:{nonce}:{count}:cn:auth:{ha2}"));
            (response, format!(", qop=auth, nc={count}, cnonce=\"cn\""))
        } else {
            (hash(format!("{ha1}:{nonce}:{ha2}")), String::new())
        };
        format!(
            "Authorization: Digest username=\"{username}\", realm=\"tandem\", nonce=\"{nonce}\", uri=\"sip:tandem\", \
             response=\"{response}\", algorithm={algorithm}{qop}\r\n"
        )
    }
}

fn proof<'a>(algorithm: &'a str, nonce: &'a str, count: &'a str) -> Proof<'a> {
    Proof { algorithm, username: "ana", password: "secret", nonce, count, method: "REGISTER", qop: true }
}

pub(super) fn nonce_of(challenge: &str) -> String {
    challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
}

fn register(cseq: u32, contact: &str, more: &str) -> String {
    register_as(cseq, "reg", contact, more)
}

fn register_as(cseq: u32, call_id: &str, contact: &str, more: &str) -> String {
    format!(
        "REGISTER sip:tandem SIP/2.0\r\nVia: SIP/2.0/UDP 10.0.0.5:5060;rport;branch=z9hG4bKr{call_id}{cseq}\r\n\
         From: <sip:ana@tandem>;tag=r\r\nTo: <sip:ana@tandem>\r\nCall-ID: {call_id}\r\nCSeq: {cseq} REGISTER\r\n\
         Contact: {contact}\r\n{more}Content-Length: 0\r\n\r\n"
    )
}

fn challenge(bench: &mut Bench) -> String {
    bench.feed(phone_flow(), &register(1, "<sip:ana@10.0.0.5>", ""));
    let text = bench.take().remove(0);
    assert!(text.starts_with("SIP/2.0 401 Unauthorized\r\n"));
    nonce_of(&text)
}

fn status(bench: &mut Bench, message: &str) -> u16 {
    bench.feed(phone_flow(), message);
    let status = status_of(bench.last());
    bench.sent.clear();
    status
}

/// A phone of Ana's behind NAT.
fn registered() -> Bench {
    let mut bench = Bench::new();
    let nonce = challenge(&mut bench);
    let line = proof("SHA-256", &nonce, "00000001").line();
    assert_eq!(status(&mut bench, &register(2, "<sip:ana@10.0.0.5:5060>;expires=120", &line)), 200);
    assert_eq!(bench.take_reports(), [Report::Registered { user: ANA }]);
    bench
}

#[test]
fn a_phone_registers_with_either_hash_and_counts_past_255() {
    for algorithm in ["MD5", "SHA-256"] {
        let mut bench = Bench::new();
        let nonce = challenge(&mut bench);
        let mut cseq = 1;
        for count in ["00000001", "000000ff", "00000100", "0000ffff", "00010000"] {
            cseq += 1;
            let line = proof(algorithm, &nonce, count).line();
            assert_eq!(
                status(&mut bench, &register(cseq, "<sip:ana@10.0.0.5>", &line)),
                200,
                "{algorithm} {count}"
            );
        }
        assert_eq!(bench.take_reports(), [Report::Registered { user: ANA }]);
    }
}

#[test]
fn a_challenge_offers_the_stronger_hash_first() {
    let mut bench = Bench::new();
    bench.feed(phone_flow(), &register(1, "<sip:ana@10.0.0.5>", ""));
    let lines: Vec<_> = bench.last().lines().filter(|line| line.starts_with("WWW-Authenticate: ")).collect();
    assert!(
        lines[0].contains("algorithm=SHA-256, qop=\"auth\"") && lines[1].contains("algorithm=MD5"),
        "{lines:?}"
    );
}

#[test]
fn a_phone_that_gives_up_at_the_stronger_hash_is_offered_the_weaker_alone() {
    let mut bench = Bench::new();
    bench.feed(
        phone_flow(),
        &register(1, "<sip:ana@10.0.0.5>", "User-Agent: baresip v1.0.0 (x86_64/linux)\r\n"),
    );
    let lines: Vec<_> = bench.last().lines().filter(|line| line.starts_with("WWW-Authenticate: ")).collect();
    assert!(lines.len() == 1 && lines[0].contains("algorithm=MD5"), "{lines:?}");
}

#[test]
fn replayed_outdated_and_forged_nonces_are_asked_anew_and_wrong_passwords_refused() {
    let mut bench = Bench::new();
    let nonce = challenge(&mut bench);
    let line = proof("MD5", &nonce, "00000005").line();
    assert_eq!(status(&mut bench, &register(2, "<sip:ana@10.0.0.5>", &line)), 200);
    // The same request again is the same transaction; with another branch it is a replay.
    assert_eq!(status(&mut bench, &register(2, "<sip:ana@10.0.0.5>", &line)), 200);
    bench.feed(phone_flow(), &register(3, "<sip:ana@10.0.0.5>", &line));
    assert!(bench.last().contains("401") && bench.last().contains("stale=true"));
    let lower = proof("MD5", &nonce, "00000004").line();
    assert_eq!(status(&mut bench, &register(4, "<sip:ana@10.0.0.5>", &lower)), 401);
    let forged = format!("{}0", &nonce[..nonce.len() - 1]);
    let forged = if forged == nonce { format!("{}1", &nonce[..nonce.len() - 1]) } else { forged };
    assert_eq!(
        status(&mut bench, &register(5, "<sip:ana@10.0.0.5>", &proof("MD5", &forged, "00000001").line())),
        401
    );
    let wrong = Proof { password: "guess", ..proof("MD5", &nonce, "00000009") }.line();
    assert_eq!(status(&mut bench, &register(6, "<sip:ana@10.0.0.5>", &wrong)), 403);
    bench.pass(301_000);
    bench.sent.clear();
    bench.feed(phone_flow(), &register(7, "<sip:ana@10.0.0.5>", &proof("MD5", &nonce, "0000000a").line()));
    assert!(bench.last().contains("stale=true"));
}

#[test]
fn without_a_count_a_nonce_is_good_once() {
    let mut bench = Bench::new();
    let nonce = challenge(&mut bench);
    let line = Proof { qop: false, ..proof("MD5", &nonce, "") }.line();
    assert_eq!(status(&mut bench, &register(2, "<sip:ana@10.0.0.5>", &line)), 200);
    assert_eq!(status(&mut bench, &register(3, "<sip:ana@10.0.0.5>", &line)), 401);
}

#[test]
fn nobody_registers_as_somebody_else_or_as_nobody() {
    let mut bench = Bench::new();
    let nonce = challenge(&mut bench);
    let line = proof("MD5", &nonce, "00000001").line();
    let other = register(2, "<sip:ana@10.0.0.5>", &line).replace("<sip:ana@tandem>", "<sip:ben@tandem>");
    assert_eq!(status(&mut bench, &other), 403);
}

#[test]
fn a_phone_is_dialed_where_it_speaks_from_and_told_to_answer_by_itself() {
    let mut bench = registered();
    let dial = Dial {
        to: Destination::User(ANA),
        from: Caller { extension: Some("2001".to_owned()), display: Some("Ben".to_owned()), number: None },
        body: Some(sdp(OFFER)),
        auto_answer: true,
        headers: Vec::new(),
    };
    let leg = LegId::new(ConversationId::from_number(3), 1);
    bench.command(Command::Dial(leg, Box::new(dial)));
    let (flow, invite) = bench.sent.remove(0);
    assert_eq!(flow, phone_flow());
    assert!(invite.starts_with("INVITE sip:ana@10.0.0.5:5060 SIP/2.0\r\n"));
    assert!(invite.contains("From: \"Ben\" <sip:2001@198.51.100.1:5060>;tag="));
    assert!(invite.contains(";answer-after=0\r\n") && invite.contains("info=alert-autoanswer"));
    bench.feed(phone_flow(), &reply(&invite, "200 OK", "p", udp("10.0.0.5:5060"), "", ANSWER));
    assert_eq!(
        bench.sent[0].0,
        phone_flow(),
        "the ACK goes where the phone speaks from, not where it thinks it is"
    );
    assert!(bench.sent[0].1.starts_with("ACK sip:far@10.0.0.5:5060 "));
}

/// Where a call to Ana goes whose phone spoke from `from` and says that it is at `contact`.
fn dialed(from: &str, contact: &str) -> Flow {
    let mut bench = Bench::new();
    let nonce = challenge(&mut bench);
    let line = proof("SHA-256", &nonce, "00000001").line();
    bench.feed(udp(from), &register(2, &format!("<sip:ana@{contact}>"), &line));
    assert_eq!(bench.take_reports(), [Report::Registered { user: ANA }]);
    bench.sent.clear();
    let from = Caller { extension: None, display: None, number: None };
    let to = Destination::User(ANA);
    let dial = Dial { to, from, body: Some(sdp(OFFER)), auto_answer: false, headers: Vec::new() };
    bench.command(Command::Dial(LegId::new(ConversationId::from_number(3), 1), Box::new(dial)));
    bench.sent.remove(0).0
}

#[test]
fn a_phone_that_registers_from_another_port_is_dialed_at_its_contact_unless_nat_may_stand_between() {
    assert_eq!(dialed("127.0.0.1:41000", "127.0.0.1:5070"), udp("127.0.0.1:5070"));
    assert_eq!(dialed("10.0.0.5:41000", "10.0.0.5"), udp("10.0.0.5:5060"));
    assert_eq!(dialed("10.0.0.1:41000", "10.0.0.5:5060"), udp("10.0.0.1:41000"));
    assert_eq!(dialed("203.0.113.5:41000", "203.0.113.5:5060"), udp("203.0.113.5:41000"));
    assert_eq!(dialed("10.0.0.5:41000", "desk.example"), udp("10.0.0.5:41000"));
}

#[test]
fn the_newest_phone_is_dialed_and_a_gone_one_is_forgotten() {
    let mut bench = registered();
    let nonce = challenge(&mut bench);
    let line = proof("MD5", &nonce, "00000001").line();
    let second = udp("203.0.113.6:5062");
    bench.feed(second, &register_as(9, "second", "<sip:ana@10.0.0.6>;expires=60", &line));
    bench.sent.clear();
    let newest = |bench: &Bench| bench.edge.registrar.newest(ANA, bench.now).map(|binding| binding.flow);
    assert_eq!(newest(&bench), Some(second));
    // A refresh of the older phone does not make it the newest.
    let line = proof("MD5", &nonce, "00000002").line();
    assert_eq!(status(&mut bench, &register(3, "<sip:ana@10.0.0.5:5060>;expires=300", &line)), 200);
    assert_eq!(newest(&bench), Some(second));
    bench.pass(61_000);
    assert_eq!((newest(&bench), bench.take_reports().len()), (Some(phone_flow()), 0));
    bench.pass(250_000);
    assert_eq!(bench.take_reports(), [Report::Unregistered { user: ANA }]);
    assert!(!bench.edge.registrar.is_reachable(ANA));
}

#[test]
fn a_phone_unregisters_itself_or_all_and_too_short_a_time_is_423() {
    let mut bench = registered();
    let nonce = challenge(&mut bench);
    let short = proof("MD5", &nonce, "00000001").line();
    assert_eq!(status(&mut bench, &register(3, "<sip:ana@10.0.0.5>;expires=5", &short)), 423);
    let star = format!("{}Expires: 0\r\n", proof("MD5", &nonce, "00000002").line());
    assert_eq!(status(&mut bench, &register(4, "*", &star)), 200);
    assert_eq!(bench.take_reports(), [Report::Unregistered { user: ANA }]);
}

#[test]
fn phones_of_a_removed_account_and_behind_a_lost_connection_are_gone() {
    let mut bench = registered();
    bench.edge.flow_closed(phone_flow());
    bench.collect();
    assert_eq!(bench.take_reports(), [Report::Unregistered { user: ANA }]);
    let mut bench = registered();
    bench.command(Command::SetPhonebook(Phonebook::default()));
    assert_eq!(bench.take_reports(), [Report::Unregistered { user: ANA }]);
}

#[test]
fn a_phone_calls_after_proof_even_from_the_address_of_a_trunk() {
    for flow in [phone_flow(), trunk_flow()] {
        let mut bench = Bench::new();
        let mut invite = Invite::new("phone");
        invite.flow = flow;
        invite.from = "\"Ana\" <sip:ana@tandem>;tag=ana".to_owned();
        bench.feed(flow, &invite.text());
        assert!(bench.last().starts_with("SIP/2.0 401"));
        let nonce = nonce_of(bench.last());
        bench.feed(flow, &invite.request("ACK", 1, "i", "", ""));
        invite.cseq = 2;
        let line = Proof { method: "INVITE", ..proof("SHA-256", &nonce, "00000001") }.line();
        bench.feed(flow, &invite.request("INVITE", 2, "j", &line, OFFER));
        assert_eq!(bench.incoming().from, Origin::User(ANA));
    }
    // A caller of the public network who has the same name is the trunk's.
    let mut bench = Bench::new();
    let mut invite = Invite::new("namesake");
    invite.from = "<sip:ana@elsewhere.example>;tag=ana".to_owned();
    bench.feed(invite.flow, &invite.text());
    assert_eq!(bench.incoming().from, Origin::Trunk(TRUNK));
}

#[test]
fn a_call_over_a_lost_connection_ends_unless_the_phone_comes_back() {
    let tcp =
        |port: u16| Flow { transport: Transport::Tcp, remote: SocketAddr::from(([203, 0, 113, 5], port)) };
    let start = |bench: &mut Bench| {
        let mut invite = Invite::new("tcp");
        invite.flow = tcp(40_000);
        invite.from = "<sip:ana@tandem>;tag=ana".to_owned();
        bench.feed(invite.flow, &invite.text());
        let nonce = nonce_of(bench.last());
        invite.more = Proof { method: "INVITE", ..proof("MD5", &nonce, "00000001") }.line();
        invite.call_id.push('2');
        bench.answered_as(invite)
    };
    let mut bench = Bench::new();
    let (leg, invite) = start(&mut bench);
    bench.edge.flow_closed(tcp(40_000));
    bench.pass(1_000);
    bench.feed(tcp(40_001), &invite.request("INFO", 2, "back", "", ""));
    bench.pass(5_000);
    assert_eq!(bench.take_reports(), []);
    bench.edge.flow_closed(tcp(40_001));
    bench.pass(2_100);
    assert_eq!(bench.take_reports(), [Report::Ended { leg, reason: EndReason::Unreachable }]);
}

#[test]
fn a_provider_that_closes_an_idle_connection_is_asked_by_a_new_one() {
    let tcp =
        |port: u16| Flow { transport: Transport::Tcp, remote: SocketAddr::from(([192, 0, 2, 10], port)) };
    for alive in [true, false] {
        let mut bench = Bench::new();
        let mut invite = Invite::new("idle");
        invite.flow = tcp(40_000);
        let text =
            invite.text().replace("<sip:dana@192.0.2.10:40000>", "<sip:dana@192.0.2.10:5061;transport=tcp>");
        bench.feed(invite.flow, &text);
        let leg = bench.incoming().leg;
        bench.command(Command::Answer(leg, sdp(ANSWER)));
        invite.to_tag = Some(tag_of(bench.last()));
        bench.feed(invite.flow, &invite.ack());
        bench.take();
        bench.take_reports();
        bench.edge.flow_closed(invite.flow);
        bench.collect();
        let (flow, options) = bench.sent.remove(0);
        assert_eq!(flow, tcp(5061));
        assert!(options.starts_with("OPTIONS sip:dana@192.0.2.10:5061;transport=tcp "));
        if alive {
            bench.feed(flow, &reply(&options, "200 OK", "dana", flow, "", ""));
            bench.pass(100_000);
            assert_eq!(bench.take_reports(), []);
        } else {
            bench.edge.flow_closed(flow);
            bench.collect();
            assert_eq!(bench.take_reports(), [Report::Ended { leg, reason: EndReason::Unreachable }]);
        }
    }
}
