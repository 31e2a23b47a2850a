use terms::{ConversationId, EndReason};

use super::*;
use crate::{Caller, Destination, Dial, DialogSnapshot};

const LEG: LegId = LegId::new(ConversationId::from_number(9), 1);

pub(super) fn to_number(body: Option<&str>) -> Command {
    let dial = Dial {
        to: Destination::Number { trunk: TRUNK, number: "+15550177".parse().unwrap() },
        from: Caller {
            number: Some("+15550100".parse().unwrap()),
            display: Some("Acme \"x\"".to_owned()),
            extension: None,
        },
        body: body.map(sdp),
        auto_answer: false,
        headers: vec![("X-Subject".to_owned(), "a\r\nEvil: b".to_owned())],
    };
    Command::Dial(LEG, Box::new(dial))
}

fn dialing() -> (Bench, String) {
    let mut bench = Bench::new();
    bench.command(to_number(Some(OFFER)));
    let (flow, invite) = bench.sent.remove(0);
    assert_eq!(flow, trunk_flow());
    (bench, invite)
}

fn answer(bench: &mut Bench, request: &str, status: &str, tag: &str, more: &str, body: &str) {
    bench.feed(trunk_flow(), &reply(request, status, tag, trunk_flow(), more, body));
}

#[test]
fn a_call_to_a_number_rings_is_answered_and_hung_up_by_them() {
    let (mut bench, invite) = dialing();
    assert!(invite.starts_with("INVITE sip:+15550177@192.0.2.10 SIP/2.0\r\n"), "{invite}");
    assert!(invite.contains("From: \"Acme \\\"x\\\"\" <sip:+15550100@192.0.2.10>;tag="));
    assert!(
        invite.contains("P-Asserted-Identity: <sip:+15550100@192.0.2.10>")
            && invite.contains("Session-Expires: 1800\r\n")
    );
    assert!(!invite.contains("\r\nEvil:"), "no header is forged");
    answer(&mut bench, &invite, "100 Trying", "b", "", "");
    answer(&mut bench, &invite, "180 Ringing", "b", "", "");
    answer(&mut bench, &invite, "180 Ringing", "b", "", "");
    answer(&mut bench, &invite, "183 Session Progress", "b", "", ANSWER);
    let early = Report::Ringing { leg: LEG, body: Some(sdp(ANSWER)) };
    assert_eq!(bench.take_reports(), [Report::Ringing { leg: LEG, body: None }, early]);
    answer(&mut bench, &invite, "200 OK", "b", "", ANSWER);
    let reports = bench.take_reports();
    assert!(
        matches!(&reports[..], [Report::Established { .. }, Report::Answered { body: Some(_), .. }]),
        "{reports:?}"
    );
    let ack = bench.last().to_owned();
    assert!(
        ack.starts_with("ACK sip:far@192.0.2.10:5060 ")
            && ack.contains("CSeq: 1 ACK")
            && ack.contains(";tag=b\r\n")
    );
    bench.take();
    // The 200 again: the same ACK again, and nothing else.
    answer(&mut bench, &invite, "200 OK", "b", "", ANSWER);
    assert_eq!(bench.take(), [ack]);
    let mut far = Invite::new(&header(&invite, "Call-ID"));
    far.from = "<sip:+15550177@192.0.2.10>;tag=b".to_owned();
    far.to_tag = Some(tag_of(
        &header(&invite, "From")
            .replace("<sip:", "To: <sip:")
            .lines()
            .map(|l| format!("To: {l}"))
            .collect::<String>(),
    ));
    bench.feed(trunk_flow(), &far.request("BYE", 77, "b", "", ""));
    assert_eq!(bench.take_reports(), [Report::Ended { leg: LEG, reason: EndReason::RemoteHangup }]);
    bench.pass(4_000_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

#[test]
fn failures_are_named_by_what_they_mean() {
    let cases = [
        ("486 Busy Here", EndReason::Busy),
        ("600 Busy Everywhere", EndReason::Busy),
        ("603 Decline", EndReason::Declined),
        ("480 Gone", EndReason::NoAnswer),
        ("404 Not Found", EndReason::Unreachable),
        ("302 Moved", EndReason::Unreachable),
        ("403 Forbidden", EndReason::Rejected),
        ("503 Busy", EndReason::Unreachable),
    ];
    for (status, reason) in cases {
        let (mut bench, invite) = dialing();
        answer(&mut bench, &invite, status, "b", "", "");
        let code = status[..3].parse().unwrap();
        assert_eq!(bench.take_reports(), [Report::Failed { leg: LEG, reason, status: code }]);
        assert!(bench.last().starts_with("ACK sip:+15550177@192.0.2.10 "), "the way of the INVITE");
        assert_eq!(header(bench.last(), "Via"), header(&invite, "Via"));
        // The refusal again: the ACK again.
        bench.take();
        answer(&mut bench, &invite, status, "b", "", "");
        assert_eq!((bench.lines().len(), bench.take_reports().len()), (1, 0));
        bench.pass(4_000_000);
        assert_eq!(bench.edge.kept(), [0; 5]);
    }
}

#[test]
fn silence_is_unreachable_after_the_invite_was_sent_seven_times() {
    let (mut bench, _) = dialing();
    bench.pass(31_900);
    assert_eq!((bench.take().len(), bench.take_reports().len()), (6, 0));
    bench.pass(200);
    assert_eq!(
        bench.take_reports(),
        [Report::Failed { leg: LEG, reason: EndReason::Unreachable, status: 408 }]
    );
    bench.pass(4_000_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

#[test]
fn a_call_that_rings_for_ever_is_cancelled() {
    let (mut bench, invite) = dialing();
    answer(&mut bench, &invite, "180 Ringing", "b", "", "");
    bench.take_reports();
    bench.pass(181_000);
    assert_eq!(bench.take_reports(), [Report::Failed { leg: LEG, reason: EndReason::NoAnswer, status: 408 }]);
    assert!(bench.lines()[0].starts_with("CANCEL "));
    bench.pass(4_000_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

#[test]
fn a_challenge_of_the_provider_is_answered_once() {
    let (mut bench, invite) = dialing();
    let challenge = "Proxy-Authenticate: Digest realm=\"prov\", nonce=\"abc\", algorithm=MD5, qop=\"auth,auth-int\", opaque=\"o\"\r\n";
    answer(&mut bench, &invite, "407 Proxy Authentication Required", "b", challenge, "");
    let lines = bench.take();
    assert!(lines[0].starts_with("ACK "));
    let again = &lines[1];
    let proof = header(again, "Proxy-Authorization");
    assert!(
        proof.starts_with(
            "Digest username=\"acme\", realm=\"prov\", nonce=\"abc\", uri=\"sip:+15550177@192.0.2.10\""
        ),
        "{proof}"
    );
    assert!(
        again.contains("CSeq: 2 INVITE") && again.ends_with(OFFER) && again.matches("Via: ").count() == 1
    );
    assert_eq!(header(again, "Call-ID"), header(&invite, "Call-ID"));
    answer(&mut bench, again, "200 OK", "c", "", ANSWER);
    assert!(bench.last().contains("CSeq: 2 ACK"));
    assert_eq!(bench.take_reports().len(), 2);

    let (mut bench, invite) = dialing();
    answer(
        &mut bench,
        &invite,
        "401 Unauthorized",
        "b",
        &challenge.replace("Proxy-Authenticate", "WWW-Authenticate"),
        "",
    );
    let again = bench.take().remove(1);
    answer(
        &mut bench,
        &again,
        "401 Unauthorized",
        "b",
        &challenge.replace("Proxy-Authenticate", "WWW-Authenticate"),
        "",
    );
    assert_eq!(bench.take_reports(), [Report::Failed { leg: LEG, reason: EndReason::Rejected, status: 401 }]);
}

#[test]
fn a_longer_session_interval_is_granted() {
    let (mut bench, invite) = dialing();
    answer(&mut bench, &invite, "422 Session Interval Too Small", "b", "Min-SE: 3600\r\n", "");
    let again = bench.last().to_owned();
    assert!(
        again.starts_with("INVITE ")
            && again.contains("Session-Expires: 3600\r\n")
            && again.contains("Min-SE: 3600\r\n")
    );
}

#[test]
fn hanging_up_waits_for_a_sign_of_life_before_cancel() {
    let (mut bench, invite) = dialing();
    bench.command(Command::HangUp(LEG, EndReason::Cancelled));
    assert_eq!(bench.lines(), [""; 0]);
    answer(&mut bench, &invite, "100 Trying", "b", "", "");
    let cancel = bench.last().to_owned();
    assert!(cancel.starts_with("CANCEL sip:+15550177@192.0.2.10 ") && cancel.contains("CSeq: 1 CANCEL"));
    assert_eq!(header(&cancel, "Via"), header(&invite, "Via"));
    bench.take();
    answer(&mut bench, &cancel, "200 OK", "b", "", "");
    answer(&mut bench, &invite, "487 Request Terminated", "b", "", "");
    assert!(bench.last().starts_with("ACK "));
    assert_eq!(bench.take_reports(), []);
    bench.pass(4_000_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

#[test]
fn an_answer_that_crosses_our_cancel_is_acknowledged_and_ended() {
    let (mut bench, invite) = dialing();
    answer(&mut bench, &invite, "180 Ringing", "b", "", "");
    bench.command(Command::HangUp(LEG, EndReason::Cancelled));
    bench.take();
    bench.take_reports();
    answer(&mut bench, &invite, "200 OK", "b", "", ANSWER);
    let lines = bench.lines();
    assert!(lines[0].starts_with("ACK ") && lines[1].starts_with("BYE "), "{lines:?}");
    assert_eq!(bench.take_reports(), []);
    bench.pass(4_000_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

#[test]
fn of_two_forks_that_answer_the_first_wins_and_the_other_is_ended() {
    let (mut bench, invite) = dialing();
    answer(&mut bench, &invite, "180 Ringing", "one", "", "");
    answer(&mut bench, &invite, "180 Ringing", "two", "", "");
    answer(&mut bench, &invite, "200 OK", "two", "", ANSWER);
    bench.take();
    answer(&mut bench, &invite, "200 OK", "one", "", ANSWER);
    let sent = bench.take();
    assert!(sent[0].starts_with("ACK ") && sent[0].contains(";tag=one\r\n"));
    assert!(sent[1].starts_with("BYE ") && sent[1].contains(";tag=one\r\n"));
    assert_eq!(bench.edge.legs[&LEG].dialog.remote_tag, "two");
}

#[test]
fn a_dial_without_a_body_takes_their_offer_and_answers_in_the_ack() {
    let mut bench = Bench::new();
    bench.command(to_number(None));
    let invite = bench.take().remove(0);
    assert!(invite.ends_with("Content-Length: 0\r\n\r\n"));
    answer(&mut bench, &invite, "200 OK", "b", "", OFFER);
    assert_eq!(bench.lines(), [""; 0], "the ACK waits for our answer");
    assert!(bench.take_reports().contains(&Report::Answered { leg: LEG, body: Some(sdp(OFFER)) }));
    bench.command(Command::Answer(LEG, sdp(ANSWER)));
    assert!(bench.last().starts_with("ACK ") && bench.last().ends_with(ANSWER));
}

#[test]
fn nobody_at_home_is_unreachable_at_once() {
    let mut bench = Bench::new();
    let dial = Dial {
        to: Destination::User(ANA),
        from: Caller::default(),
        body: None,
        auto_answer: false,
        headers: Vec::new(),
    };
    bench.command(Command::Dial(LEG, Box::new(dial)));
    assert_eq!(
        bench.take_reports(),
        [Report::Failed { leg: LEG, reason: EndReason::Unreachable, status: 480 }]
    );
}

#[test]
fn a_dialog_of_a_former_life_is_ended_with_a_higher_count() {
    let (mut bench, invite) = dialing();
    answer(&mut bench, &invite, "200 OK", "b", "", ANSWER);
    let snapshot = bench.take_reports().into_iter().find_map(|report| match report {
        Report::Established { dialog, .. } => Some(dialog),
        _ => None,
    });
    let mut other = Bench::new();
    other.command(Command::Abandon(snapshot.unwrap()));
    let bye = other.last();
    assert!(
        bye.starts_with("BYE sip:far@192.0.2.10:5060 ")
            && bye.contains("CSeq: 10002 BYE")
            && bye.contains(";tag=b\r\n")
    );
    assert_eq!(header(bye, "Call-ID"), header(&invite, "Call-ID"));
    other.take();
    other.command(Command::Abandon(DialogSnapshot("nonsense".to_owned())));
    assert_eq!(other.lines(), [""; 0]);
}

#[test]
fn we_register_at_a_provider_prove_it_and_refresh_in_time() {
    let mut phonebook = phonebook();
    phonebook.trunks[0].register = true;
    let mut bench = Bench::with(Config::default(), phonebook);
    bench.pass(1);
    let register = bench.take().remove(0);
    assert!(
        register.starts_with("REGISTER sip:192.0.2.10 ")
            && register.contains("To: <sip:acme@192.0.2.10>\r\n")
    );
    answer(
        &mut bench,
        &register,
        "401 Unauthorized",
        "r",
        "WWW-Authenticate: Digest realm=\"p\", nonce=\"n\"\r\n",
        "",
    );
    let proven = bench.take().remove(0);
    assert!(
        proven.contains("Authorization: Digest username=\"acme\"") && proven.contains("CSeq: 2 REGISTER")
    );
    answer(&mut bench, &proven, "200 OK", "r", "Expires: 100\r\n", "");
    bench.pass(84_000);
    assert_eq!(bench.lines(), [""; 0]);
    bench.pass(2_000);
    assert!(bench.take()[0].contains("CSeq: 3 REGISTER"));
    bench.pass(33_000);
    bench.take();
    bench.pass(300_000);
    assert!(bench.take()[0].starts_with("REGISTER "), "a failure is tried again");
    // The trunk leaves the organization: we sign off only where we are signed on.
    bench.command(Command::SetPhonebook(Phonebook::default()));
    assert_eq!(bench.lines(), [""; 0]);
}
