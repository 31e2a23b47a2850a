//! Dialogs under a glass: every message is shown once, in order, without proofs, and the reports go with them.

use terms::ConversationId;
use tokio::sync::mpsc;

use super::*;
use crate::{Caller, Destination, Dial, Rung, Witnessed};

const LEG: LegId = LegId::new(ConversationId::from_number(31), 0);

fn placed() -> (Bench, mpsc::Receiver<Witnessed>, String) {
    let mut bench = Bench::new();
    let (to, seen) = mpsc::channel(64);
    let dial = Dial {
        to: Destination::Number { trunk: TRUNK, number: "+15550177".parse().unwrap() },
        from: Caller::default(),
        body: Some(sdp(OFFER)),
        auto_answer: false,
        headers: Vec::new(),
    };
    bench.command(Command::DialWitnessed(LEG, Box::new(dial), to));
    let (_, invite) = bench.sent.remove(0);
    (bench, seen, invite)
}

fn rungs(seen: &mut mpsc::Receiver<Witnessed>) -> (Vec<String>, Vec<Report>, String) {
    let (mut lines, mut reports, mut texts) = (Vec::new(), Vec::new(), String::new());
    while let Ok(witnessed) = seen.try_recv() {
        match witnessed {
            Witnessed::Message(Rung { sent, method, status, text, .. }) => {
                let status = status.map(|status| format!(" {status}")).unwrap_or_default();
                lines.push(format!("{} {method}{status}", if sent { "->" } else { "<-" }));
                texts.push_str(&text);
            }
            Witnessed::Report(report) => reports.push(report),
        }
    }
    (lines, reports, texts)
}

#[test]
fn a_call_that_is_challenged_and_refused_shows_every_message_and_no_proof() {
    let (mut bench, mut seen, invite) = placed();
    let challenge = "WWW-Authenticate: Digest realm=\"provider\", nonce=\"n1\", algorithm=MD5\r\n";
    bench.feed(trunk_flow(), &reply(&invite, "401 Unauthorized", "b", trunk_flow(), challenge, ""));
    let again = bench.take().pop().unwrap();
    assert!(again.contains("\r\nAuthorization: Digest "), "{again}");
    bench.feed(trunk_flow(), &reply(&again, "403 Forbidden", "b", trunk_flow(), "", ""));
    let (lines, reports, texts) = rungs(&mut seen);
    let expected =
        ["-> INVITE", "<- INVITE 401", "-> ACK", "-> INVITE", "<- INVITE 403", "-> ACK"].map(str::to_owned);
    assert_eq!(lines, expected);
    assert!(matches!(&reports[..], [Report::Failed { status: 403, .. }]), "{reports:?}");
    assert!(bench.take_reports().is_empty(), "nobody else is told of it");
    assert!(!texts.contains("response=") && texts.contains("Authorization: Digest (struck)"), "{texts}");
}

#[test]
fn an_invite_that_nobody_answers_is_seen_each_time_it_goes_out() {
    let (mut bench, mut seen, _) = placed();
    bench.pass(33_000);
    let (lines, reports, _) = rungs(&mut seen);
    assert_eq!(lines, vec!["-> INVITE".to_owned(); 7]);
    assert!(matches!(&reports[..], [Report::Failed { status: 408, .. }]), "{reports:?}");
}

#[test]
fn options_ends_its_own_look_and_a_trunk_that_is_unknown_shows_nothing() {
    let mut bench = Bench::new();
    let (to, mut seen) = mpsc::channel(64);
    bench.command(Command::Ping(TRUNK, to));
    let options = bench.take().remove(0);
    assert!(options.starts_with("OPTIONS sip:192.0.2.10 SIP/2.0\r\n"), "{options}");
    bench.feed(trunk_flow(), &reply(&options, "200 OK", "b", trunk_flow(), "", ""));
    assert_eq!(rungs(&mut seen).0, ["-> OPTIONS", "<- OPTIONS 200"].map(str::to_owned));
    assert!(seen.is_closed());
    let (to, mut seen) = mpsc::channel(64);
    bench.command(Command::Ping(TrunkId::from_number(99), to));
    assert!(rungs(&mut seen).0.is_empty() && seen.is_closed());
}

#[test]
fn a_look_that_nobody_has_any_more_changes_nothing_for_other_calls() {
    let (mut bench, seen, invite) = placed();
    drop(seen);
    bench.feed(trunk_flow(), &reply(&invite, "486 Busy Here", "b", trunk_flow(), "", ""));
    bench.command(super::dials::to_number(Some(OFFER)));
    assert!(bench.last().starts_with("INVITE "));
    assert!(bench.edge.witnesses.is_empty());
}
