use terms::EndReason;

use super::*;
use crate::{Origin, Refusal};

#[test]
fn a_trunk_call_is_answered_and_ended_by_the_caller() {
    let mut bench = Bench::new();
    let mut invite = Invite::new("c1");
    invite.more = "X-Subject: a broken lamp\r\nSupported: replaces\r\n".to_owned();
    bench.feed(invite.flow, &invite.text());
    assert_eq!(bench.lines(), ["SIP/2.0 100 Trying"]);
    let call = bench.incoming();
    assert_eq!((call.from, call.leg.ordinal), (Origin::Trunk(TRUNK), 0));
    assert_eq!(call.caller.map(String::from).as_deref(), Some("+15550100123"));
    assert_eq!((call.display.as_deref(), call.to.as_str()), (Some("Dana"), "+15550199"));
    assert_eq!(call.offer, Some(sdp(OFFER)));
    assert_eq!(call.headers, [("X-Subject".to_owned(), "a broken lamp".to_owned())]);

    bench.command(Command::Ringing(call.leg));
    bench.command(Command::EarlyMedia(call.leg, sdp(ANSWER)));
    bench.command(Command::Answer(call.leg, sdp(ANSWER)));
    assert!(bench.last().ends_with(ANSWER) && bench.last().contains("\r\nServer: Tandem\r\n"));
    invite.to_tag = Some(tag_of(bench.last()));
    assert_eq!(bench.lines(), ["SIP/2.0 180 Ringing", "SIP/2.0 183 Session Progress", "SIP/2.0 200 OK"]);
    assert!(matches!(&bench.take_reports()[..], [Report::Established { .. }]));
    bench.feed(invite.flow, &invite.ack());
    assert_eq!(bench.take_reports(), [Report::Acked { leg: call.leg, body: None }]);

    bench.feed(invite.flow, &invite.request("BYE", 2, "b", "", ""));
    assert_eq!(bench.lines(), ["SIP/2.0 200 OK"]);
    assert_eq!(bench.take_reports(), [Report::Ended { leg: call.leg, reason: EndReason::RemoteHangup }]);
    // The same BYE again gets the same answer, and no second report.
    bench.feed(invite.flow, &invite.request("BYE", 2, "b", "", ""));
    assert_eq!((bench.lines().len(), bench.take_reports().len()), (1, 0));
    bench.pass(4_000_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

#[test]
fn a_call_is_ended_by_us_with_bye_and_its_answer_frees_everything() {
    let mut bench = Bench::new();
    let (leg, _) = bench.answered();
    bench.command(Command::HangUp(leg, EndReason::HungUp));
    bench.command(Command::HangUp(leg, EndReason::HungUp));
    let bye = bench.last().to_owned();
    assert_eq!(bench.lines().len(), 1, "said once");
    assert!(
        bye.starts_with("BYE sip:dana@192.0.2.10:5060 SIP/2.0\r\n") && bye.contains("Reason: Q.850;cause=16")
    );
    bench.feed(trunk_flow(), &reply(&bye, "200 OK", "dana", trunk_flow(), "", ""));
    assert_eq!((bench.edge.kept()[0], bench.take_reports().len()), (0, 0));
    bench.pass(4_000_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

#[test]
fn a_200_is_said_again_until_its_ack_and_the_leg_ends_without_one() {
    let mut bench = Bench::new();
    let invite = Invite::new("noack");
    bench.feed(invite.flow, &invite.text());
    let leg = bench.incoming().leg;
    bench.command(Command::Answer(leg, sdp(ANSWER)));
    bench.take();
    bench.reports.clear();
    bench.pass(31_000);
    let again = bench.lines();
    assert!(again.len() >= 8 && again.iter().all(|line| line == "SIP/2.0 200 OK"), "{again:?}");
    bench.pass(2_000);
    assert_eq!(bench.take_reports(), [Report::Ended { leg, reason: EndReason::Unreachable }]);
    assert!(bench.lines().iter().any(|line| line.starts_with("BYE ")));
    bench.pass(4_000_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

#[test]
fn hanging_up_before_the_ack_waits_with_bye_until_it_comes() {
    let mut bench = Bench::new();
    let mut invite = Invite::new("early");
    bench.feed(invite.flow, &invite.text());
    let leg = bench.incoming().leg;
    bench.command(Command::Answer(leg, sdp(ANSWER)));
    invite.to_tag = Some(tag_of(bench.last()));
    bench.take();
    bench.command(Command::HangUp(leg, EndReason::HungUp));
    assert_eq!(bench.lines(), [""; 0]);
    bench.reports.clear();
    bench.feed(invite.flow, &invite.ack());
    assert!(bench.lines()[0].starts_with("BYE "));
    assert_eq!(bench.take_reports(), []);
}

#[test]
fn cancel_is_answered_200_and_the_invite_487() {
    let mut bench = Bench::new();
    let invite = Invite::new("cancel");
    bench.feed(invite.flow, &invite.text());
    let leg = bench.incoming().leg;
    bench.command(Command::Ringing(leg));
    bench.take();
    let cancel = invite.request("CANCEL", 1, "i", "", "");
    bench.feed(invite.flow, &cancel);
    assert_eq!(bench.lines(), ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]);
    assert_eq!(bench.take_reports(), [Report::Ended { leg, reason: EndReason::Cancelled }]);
    // The refusal is said again until its ACK, which carries the INVITE's branch.
    bench.pass(600);
    assert_eq!(bench.lines(), ["SIP/2.0 487 Request Terminated"]);
    bench.feed(invite.flow, &invite.request("ACK", 1, "i", "", ""));
    bench.pass(10_000);
    assert_eq!(bench.lines(), [""; 0]);
    bench.feed(invite.flow, &Invite::new("never").request("CANCEL", 1, "i", "", ""));
    assert_eq!(bench.lines(), ["SIP/2.0 481 Call/Transaction Does Not Exist"]);
    bench.pass(4_000_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

#[test]
fn bye_in_an_early_dialog_ends_the_invite_with_487() {
    let mut bench = Bench::new();
    let mut invite = Invite::new("earlybye");
    bench.feed(invite.flow, &invite.text());
    let leg = bench.incoming().leg;
    bench.command(Command::Ringing(leg));
    invite.to_tag = Some(tag_of(bench.last()));
    bench.take();
    bench.feed(invite.flow, &invite.request("BYE", 2, "b", "", ""));
    assert_eq!(bench.lines(), ["SIP/2.0 200 OK", "SIP/2.0 487 Request Terminated"]);
    assert_eq!(bench.take_reports(), [Report::Ended { leg, reason: EndReason::Cancelled }]);
}

#[test]
fn a_late_offer_is_answered_with_ours_and_theirs_comes_in_the_ack() {
    let mut bench = Bench::new();
    let mut invite = Invite::new("late");
    invite.body.clear();
    bench.feed(invite.flow, &invite.text());
    let call = bench.incoming();
    assert_eq!(call.offer, None);
    bench.command(Command::Answer(call.leg, sdp(ANSWER)));
    invite.to_tag = Some(tag_of(bench.last()));
    bench.reports.clear();
    bench.feed(invite.flow, &invite.request("ACK", 1, "a", "", OFFER));
    assert_eq!(bench.take_reports(), [Report::Acked { leg: call.leg, body: Some(sdp(OFFER)) }]);
}

#[test]
fn a_call_is_refused_with_the_right_status_once() {
    let refusals = [
        (Refusal::Busy486, 486),
        (Refusal::Declined603, 603),
        (Refusal::NotFound404, 404),
        (Refusal::Unavailable480, 480),
        (Refusal::NotAcceptable488, 488),
        (Refusal::Overloaded503 { retry_after_seconds: 9 }, 503),
    ];
    for (refusal, status) in refusals {
        let mut bench = Bench::new();
        let invite = Invite::new("refused");
        bench.feed(invite.flow, &invite.text());
        let leg = bench.incoming().leg;
        bench.command(Command::Reject(leg, refusal));
        bench.command(Command::Answer(leg, sdp(ANSWER)));
        assert_eq!(status_of(bench.last()), status);
        assert_eq!(bench.sent.len(), 2);
        assert_eq!(status == 503, bench.last().contains("Retry-After: 9\r\n"));
    }
}

#[test]
fn withheld_and_asserted_numbers_are_told_apart() {
    let number = |from: &str, more: &str| {
        let mut bench = Bench::new();
        let mut invite = Invite::new("who");
        invite.from = format!("{from};tag=x");
        invite.more = more.to_owned();
        bench.feed(invite.flow, &invite.text());
        let call = bench.incoming();
        (call.caller.map(String::from), call.display)
    };
    let asserted = "P-Asserted-Identity: \"Dana\" <sip:+15550100123@provider.example>\r\n";
    let own = "<sip:+15550100999@192.0.2.10>";
    assert_eq!(number(own, asserted), (Some("+15550100123".to_owned()), Some("Dana".to_owned())));
    assert_eq!(number(own, &format!("{asserted}Privacy: id\r\n")), (None, None));
    assert_eq!(number("\"Anonymous\" <sip:anonymous@anonymous.invalid>", asserted), (None, None));
    assert_eq!(number("<tel:+15550100999>", ""), (Some("+15550100999".to_owned()), None));
    assert_eq!(number("<sip:2001@192.0.2.10>", ""), (None, None));
}

#[test]
fn an_answer_goes_where_nat_lets_it_through() {
    let mut bench = Bench::new();
    let text = |via: &str, call: &str| {
        Invite::new(call)
            .text()
            .replace("Via: SIP/2.0/UDP 192.0.2.10:5060", &format!("Via: SIP/2.0/UDP {via}"))
    };
    let source = udp("192.0.2.20:33000");
    // It stands where it says it stands, and named a port: there.
    bench.feed(source, &text("192.0.2.20:5062", "a"));
    assert_eq!(bench.sent[0].0, udp("192.0.2.20:5062"));
    // It asks for it, or stands behind NAT: back to where it came from.
    bench.feed(source, &text("192.0.2.20:5062;rport", "b"));
    bench.feed(source, &text("10.0.0.9:5060", "c"));
    assert_eq!((bench.sent[1].0, bench.sent[2].0), (source, source));
    assert!(
        bench.sent[1].1.contains(";rport=33000;branch=z9hG4bKbi;received=192.0.2.20"),
        "{}",
        bench.sent[1].1
    );
}

#[test]
fn a_body_without_content_length_and_one_among_several_are_kept() {
    let mut bench = Bench::new();
    let invite = Invite::new("nolength");
    let length = format!("Content-Length: {}\r\n", OFFER.len());
    bench.feed(invite.flow, &invite.text().replace(&length, ""));
    assert_eq!(bench.incoming().offer, Some(sdp(OFFER)));

    let mut invite = Invite::new("parts");
    invite.more = "Content-Type: multipart/mixed;boundary=\"x y\"\r\n".to_owned();
    invite.body = format!(
        "--x y\r\nContent-Type: application/isup\r\n\r\n\u{1}\r\n--x y\r\nContent-Type: application/sdp\r\n\r\n{OFFER}\r\n--x y--\r\n"
    );
    bench.feed(invite.flow, &invite.text());
    assert_eq!(bench.incoming().offer, Some(sdp(OFFER)));
}

#[test]
fn digits_come_by_info_in_both_common_forms() {
    let mut bench = Bench::new();
    let (leg, invite) = bench.answered();
    let mut cseq = 1;
    let mut digit = |content_type: &str, body: &str| {
        cseq += 1;
        let more = format!("Content-Type: {content_type}\r\n");
        bench.feed(invite.flow, &invite.request("INFO", cseq, &cseq.to_string(), &more, body));
        (bench.lines(), bench.take_reports())
    };
    let ok = vec!["SIP/2.0 200 OK".to_owned()];
    assert_eq!(
        digit("application/dtmf-relay", "Signal=5\r\nDuration=160\r\n"),
        (ok.clone(), vec![Report::Digit { leg, digit: '5' }])
    );
    assert_eq!(
        digit("application/dtmf-relay", "Signal= *\r\n"),
        (ok.clone(), vec![Report::Digit { leg, digit: '*' }])
    );
    assert_eq!(digit("application/dtmf", "11"), (ok, vec![Report::Digit { leg, digit: '#' }]));
    assert_eq!(digit("application/dtmf", "x").0, ["SIP/2.0 400 Bad Request"]);
    assert_eq!(digit("text/plain", "hello").0, ["SIP/2.0 415 Unsupported Media Type"]);
}

#[test]
fn requests_follow_the_recorded_route() {
    let mut bench = Bench::new();
    let mut invite = Invite::new("routes");
    invite.more =
        "Record-Route: <sip:192.0.2.30;lr>, <sip:192.0.2.31:5070;lr>\r\nRecord-Route: <sip:192.0.2.32;lr>\r\n".to_owned();
    let (leg, _) = bench.answered_as(invite);
    bench.command(Command::HangUp(leg, EndReason::HungUp));
    let (flow, bye) = bench.sent.remove(0);
    assert_eq!(flow, udp("192.0.2.30:5060"));
    let routes: Vec<_> = bye.lines().filter(|line| line.starts_with("Route: ")).collect();
    assert_eq!(
        routes,
        ["Route: <sip:192.0.2.30;lr>", "Route: <sip:192.0.2.31:5070;lr>", "Route: <sip:192.0.2.32;lr>"]
    );
    assert!(bye.starts_with("BYE sip:dana@192.0.2.10:5060 "));
}

#[test]
fn an_unanswered_call_is_kept_alive_and_given_up_in_the_end() {
    let mut bench = Bench::new();
    let invite = Invite::new("forever");
    bench.feed(invite.flow, &invite.text());
    let leg = bench.incoming().leg;
    bench.command(Command::Ringing(leg));
    bench.take();
    bench.pass(600_000);
    assert_eq!(bench.lines(), vec!["SIP/2.0 180 Ringing"; 10]);
    bench.pass(4_000_000);
    assert_eq!(bench.take_reports(), [Report::Ended { leg, reason: EndReason::NoAnswer }]);
    assert_eq!(bench.edge.kept(), [0; 5]);
}
