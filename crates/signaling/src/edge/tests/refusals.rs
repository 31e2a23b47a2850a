use super::*;

fn status(bench: &mut Bench, flow: Flow, message: &str) -> Vec<u16> {
    bench.feed(flow, message);
    bench.take().iter().map(|text| status_of(text)).collect()
}

#[test]
fn an_unknown_source_gets_403_and_nothing_else() {
    let mut bench = Bench::new();
    let stranger = udp("203.0.113.99:5060");
    let mut invite = Invite::new("stranger");
    invite.flow = stranger;
    for method in ["INVITE", "OPTIONS", "BYE", "MESSAGE", "REFER", "SUBSCRIBE"] {
        assert_eq!(
            status(&mut bench, stranger, &invite.request(method, 1, method, "", "")),
            [403],
            "{method}"
        );
    }
    bench.pass(100_000);
    assert_eq!((bench.lines().len(), bench.take_reports().len(), bench.edge.kept()), (0, 0, [0; 5]));
}

#[test]
fn broken_requests_get_the_right_refusal() {
    let mut bench = Bench::new();
    let whole = Invite::new("torture").text();
    let mut check = |what: &str, from: &str, to: &str, expected: &[u16]| {
        assert!(whole.contains(from), "{from}");
        assert_eq!(status(&mut bench, trunk_flow(), &whole.replacen(from, to, 1)), expected, "{what}");
    };
    check("another version", " SIP/2.0\r\n", " SIP/7.0\r\n", &[505]);
    check("no Call-ID", "Call-ID: torture\r\n", "", &[400]);
    check("no From", "From: ", "X-From: ", &[400]);
    check("no CSeq", "CSeq: 1 INVITE\r\n", "", &[400]);
    check("no To", "\r\nTo: ", "\r\nX-To: ", &[400]);
    check("two Call-IDs", "Call-ID: torture\r\n", "Call-ID: torture\r\nCall-ID: other\r\n", &[400]);
    check("CSeq of another method", "1 INVITE", "1 OPTIONS", &[400]);
    check("CSeq too large", "CSeq: 1 ", "CSeq: 36893488147419103232 ", &[400]);
    check("Max-Forwards too large", "Forwards: 70", "Forwards: 300", &[400]);
    check("negative length", "Length: ", "Length: -", &[400]);
    check("length past the end", "Length: ", "Length: 9", &[400]);
    check("unknown method", "INVITE sip", "NEWMETHOD sip", &[400]);
    check(
        "unknown scheme",
        "INVITE sip:+15550199@198.51.100.1",
        "INVITE nobodyKnowsThisScheme:opaque",
        &[416],
    );
    check(
        "brackets round the address",
        "INVITE sip:+15550199@198.51.100.1",
        "INVITE <sip:user@example.com>",
        &[400],
    );
    check("spaces in the request line", "INVITE sip", "INVITE  sip", &[400]);
    check("no address", "INVITE sip:+15550199@198.51.100.1 ", "INVITE ", &[400]);
    check("broken quotes in From", "From: \"Dana\" ", "From: \"Dana ", &[400]);
    check("a line that is no header", "Max-Forwards: 70", "Max Forwards 70", &[400]);
    check("required extension", "Max-", "Require: 100rel, timer\r\nMax-", &[420]);
    check("a body we cannot carry", "application/sdp", "text/html", &[415]);
    check("a coded body", "Max-", "Content-Encoding: gzip\r\nMax-", &[415]);
    check("nobody's dialog", "To: <sip:+15550199@198.51.100.1>", "To: <sip:x@y>;tag=ghost", &[481]);
    check("a call to replace that is not there", "Max-", "Replaces: a@b;to-tag=1;from-tag=2\r\nMax-", &[481]);
    check("no Via", "Via: ", "X-Via: ", &[]);
    check("interval too short", "Max-", "Supported: timer\r\nSession-Expires: 60\r\nMax-", &[422]);
    assert_eq!(bench.reports.len(), 0);
    let huge = Invite { more: format!("X-Long: {}\r\n", "x".repeat(40_000)), ..Invite::new("huge") };
    assert_eq!(status(&mut bench, trunk_flow(), &huge.text()), [513]);
    let unknown = Invite::new("unknown").request("NEWMETHOD", 1, "n", "", "");
    bench.feed(trunk_flow(), &unknown);
    assert!(bench.last().starts_with("SIP/2.0 405") && bench.last().contains("\r\nAllow: INVITE, "));
    bench.take();
    let ack = Invite::new("lonely").ack().replace("SIP/2.0\r\nVia", "SIP/9.0\r\nVia");
    assert_eq!(status(&mut bench, trunk_flow(), &ack), [0_u16; 0]);
    bench.pass(100_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

/// RFC 4475 §3.1.1.1, with a source and methods of ours.
#[test]
fn a_short_tortuous_invite_is_understood() {
    let mut bench = Bench::new();
    let text = "INVITE sip:vivekg@chair-dnrc.example.com;unknownparam SIP/2.0\r\n\
        TO :\r\n sip:vivekg@chair-dnrc.example.com\r\n\
        from   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.com>\r\n  ;\r\n  tag = 98asjd8\r\n\
        MaX-fOrWaRdS: 0068\r\nCall-ID: wsinv.ndaksdj@192.0.2.1\r\n\
        Content-Length   : 0\r\ncseq: 0009\r\n  INVITE\r\n\
        Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\ns :\r\n\
        NewFangledHeader:   newfangled value\r\n continued newfangled value\r\n\
        UnknownHeaderWithUnusualValue: ;;,,;;,;\r\n\
        Route:\r\n <sip:services.example.com;lr;unknownwith=value;unknown-no-value>\r\n\
        v:  SIP  / 2.0  / TCP     spindle.example.com   ;\r\n  branch  =   z9hG4bK9ikj8  ,\r\n SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239\r\n\
        m:\"Quoted string \\\"\\\"\" <sip:jdrosen@example.com> ; newparam =\r\n      newvalue ;\r\n  secondparam ; q = 0.33\r\n\r\n";
    bench.feed(trunk_flow(), text);
    assert_eq!(bench.lines(), ["SIP/2.0 100 Trying"]);
    let call = bench.incoming();
    assert_eq!((call.to.as_str(), call.display.as_deref()), ("vivekg", Some("J Rosenberg \\\"")));
}

#[test]
fn the_same_call_by_two_ways_is_a_loop() {
    let mut bench = Bench::new();
    let invite = Invite::new("merged");
    bench.feed(invite.flow, &invite.text());
    assert_eq!(
        status(&mut bench, trunk_flow(), &invite.request("INVITE", 1, "other", "", OFFER)),
        [100, 482]
    );
    assert_eq!(bench.take_reports().len(), 1);
    // The same INVITE again hears the last answer again.
    assert_eq!(status(&mut bench, trunk_flow(), &invite.text()), [100]);
    assert_eq!(bench.take_reports().len(), 0);
}

#[test]
fn when_nobody_reads_reports_a_new_call_gets_503_and_calls_under_way_go_on() {
    let mut bench = Bench::new();
    let (leg, invite) = bench.answered();
    bench.edge.set_crowded(true);
    bench.feed(trunk_flow(), &Invite::new("toomuch").text());
    assert!(bench.last().starts_with("SIP/2.0 503") && bench.last().contains("\r\nRetry-After: 5\r\n"));
    bench.feed(invite.flow, &invite.request("BYE", 2, "b", "", ""));
    assert!(matches!(bench.take_reports()[..], [Report::Ended { leg: ended, .. }] if ended == leg));
}

#[test]
fn a_full_trunk_gets_503_until_a_call_ends() {
    let mut phonebook = phonebook();
    phonebook.trunks[0].max_calls = Some(1);
    let mut bench = Bench::with(Config::default(), phonebook);
    let (_, invite) = bench.answered();
    assert_eq!(status(&mut bench, trunk_flow(), &Invite::new("second").text()), [503]);
    bench.feed(invite.flow, &invite.request("BYE", 2, "b", "", ""));
    bench.take();
    assert_eq!(status(&mut bench, trunk_flow(), &Invite::new("third").text()), [100]);
}

#[test]
fn options_from_a_trunk_says_what_we_can() {
    let mut bench = Bench::new();
    bench.feed(trunk_flow(), &Invite::new("ping").request("OPTIONS", 1, "o", "", ""));
    assert!(
        bench.last().starts_with("SIP/2.0 200 OK") && bench.last().contains("\r\nSupported: timer, replaces")
    );
}
