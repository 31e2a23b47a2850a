use terms::EndReason;

use super::*;
use crate::Refusal;

const OTHER: &str = "v=0\r\no=- 1 2 IN IP4 192.0.2.10\r\ns=-\r\na=sendonly\r\n";

#[test]
fn a_re_invite_of_theirs_is_reported_and_answered() {
    let mut bench = Bench::new();
    let (leg, invite) = bench.answered();
    bench.feed(invite.flow, &invite.request("INVITE", 2, "r", "", OTHER));
    assert_eq!(bench.take_reports(), [Report::Reoffered { leg, body: Some(sdp(OTHER)) }]);
    // Another one before the first is answered must wait.
    bench.feed(invite.flow, &invite.request("INVITE", 3, "r3", "", OTHER));
    assert!(bench.last().starts_with("SIP/2.0 500") && bench.last().contains("Retry-After: "));
    bench.command(Command::AnswerReoffer(leg, Ok(sdp(ANSWER))));
    assert!(bench.last().starts_with("SIP/2.0 200 OK") && bench.last().ends_with(ANSWER));
    bench.feed(invite.flow, &invite.request("ACK", 2, "ra", "", ""));
    assert_eq!(bench.take_reports(), []);
    // The same offer again only keeps the session alive.
    bench.feed(invite.flow, &invite.request("INVITE", 4, "r4", "", OTHER));
    assert!(bench.last().starts_with("SIP/2.0 200 OK") && bench.last().ends_with(ANSWER));
    bench.feed(invite.flow, &invite.request("ACK", 4, "ra4", "", ""));
    assert_eq!(bench.take_reports(), []);

    bench.feed(invite.flow, &invite.request("INVITE", 5, "r5", "", OFFER));
    bench.command(Command::AnswerReoffer(leg, Err(Refusal::NotAcceptable488)));
    assert!(bench.last().starts_with("SIP/2.0 488"));
}

#[test]
fn a_re_invite_without_an_offer_gets_ours_and_their_answer_comes_in_the_ack() {
    let mut bench = Bench::new();
    let (leg, invite) = bench.answered();
    bench.feed(invite.flow, &invite.request("INVITE", 2, "r", "", ""));
    assert_eq!(bench.take_reports(), [Report::Reoffered { leg, body: None }]);
    bench.command(Command::AnswerReoffer(leg, Ok(sdp(ANSWER))));
    bench.feed(invite.flow, &invite.request("ACK", 2, "ra", "", OTHER));
    assert_eq!(bench.take_reports(), [Report::Acked { leg, body: Some(sdp(OTHER)) }]);
}

#[test]
fn update_is_answered_and_without_a_body_only_keeps_the_session_alive() {
    let mut bench = Bench::new();
    let (leg, invite) = bench.answered();
    bench.feed(invite.flow, &invite.request("UPDATE", 2, "u", "", ""));
    assert!(bench.last().starts_with("SIP/2.0 200 OK"));
    assert_eq!(bench.take_reports(), []);
    bench.feed(invite.flow, &invite.request("UPDATE", 3, "u3", "", OTHER));
    assert_eq!(bench.take_reports(), [Report::Reoffered { leg, body: Some(sdp(OTHER)) }]);
    bench.command(Command::AnswerReoffer(leg, Ok(sdp(ANSWER))));
    assert!(bench.last().ends_with(ANSWER));
    bench.pass(60_000);
    assert_eq!(bench.take_reports(), [], "an UPDATE has no ACK to wait for");
}

#[test]
fn our_re_invite_is_answered_or_refused() {
    let mut bench = Bench::new();
    let (leg, _) = bench.answered();
    bench.command(Command::Reoffer(leg, sdp(OTHER)));
    let ours = bench.take().remove(0);
    assert!(
        ours.starts_with("INVITE sip:dana@192.0.2.10:5060 ")
            && ours.ends_with(OTHER)
            && ours.contains("CSeq: 1 INVITE")
    );
    // A second one waits, and of two that wait the latest goes out.
    bench.command(Command::Reoffer(leg, sdp(OFFER)));
    bench.command(Command::Reoffer(leg, sdp(ANSWER)));
    assert_eq!(bench.lines(), [""; 0]);
    bench.feed(trunk_flow(), &reply(&ours, "200 OK", "dana", trunk_flow(), "", OFFER));
    let sent = bench.take();
    assert!(sent[0].starts_with("ACK ") && sent[0].contains("CSeq: 1 ACK"));
    assert!(sent[1].starts_with("INVITE ") && sent[1].ends_with(ANSWER));
    assert_eq!(bench.take_reports(), [Report::Reanswered { leg, body: Some(sdp(OFFER)) }]);
    bench.feed(trunk_flow(), &reply(&sent[1], "488 Not Acceptable Here", "dana", trunk_flow(), "", ""));
    assert_eq!(bench.take_reports(), [Report::ReofferRefused { leg }]);
    assert!(bench.edge.legs.contains_key(&leg), "the call goes on");
}

#[test]
fn glare_is_491_for_them_and_a_pause_for_us() {
    let mut bench = Bench::new();
    let (leg, invite) = bench.answered();
    bench.command(Command::Reoffer(leg, sdp(ANSWER)));
    let ours = bench.take().remove(0);
    bench.feed(invite.flow, &invite.request("INVITE", 2, "g", "", OTHER));
    assert_eq!(bench.lines(), ["SIP/2.0 491 Request Pending"]);
    bench.feed(invite.flow, &invite.request("ACK", 2, "g", "", ""));
    bench.feed(trunk_flow(), &reply(&ours, "491 Request Pending", "dana", trunk_flow(), "", ""));
    bench.take();
    // In the pause theirs gets through.
    bench.feed(invite.flow, &invite.request("INVITE", 3, "g3", "", OTHER));
    assert_eq!(bench.take_reports(), [Report::Reoffered { leg, body: Some(sdp(OTHER)) }]);
    bench.command(Command::AnswerReoffer(leg, Ok(sdp(ANSWER))));
    bench.feed(invite.flow, &invite.request("ACK", 3, "ga", "", ""));
    bench.take();
    bench.pass(4_000);
    let again = bench.take();
    assert!(again[0].starts_with("INVITE ") && again[0].contains("CSeq: 2 INVITE"), "{again:?}");
    bench.feed(trunk_flow(), &reply(&again[0], "200 OK", "dana", trunk_flow(), "", OFFER));
    assert_eq!(bench.take_reports(), [Report::Reanswered { leg, body: Some(sdp(OFFER)) }]);
}

fn with_timer(more: &str) -> (Bench, LegId, Invite, String) {
    let mut bench = Bench::new();
    let mut invite = Invite::new("timer");
    invite.more = more.to_owned();
    bench.feed(invite.flow, &invite.text());
    let leg = bench.incoming().leg;
    bench.command(Command::Answer(leg, sdp(ANSWER)));
    let ok = bench.last().to_owned();
    invite.to_tag = Some(tag_of(&ok));
    bench.feed(invite.flow, &invite.ack());
    bench.take();
    bench.take_reports();
    (bench, leg, invite, ok)
}

#[test]
fn we_refresh_the_session_by_update_and_its_failure_ends_the_call() {
    let (mut bench, leg, _, ok) =
        with_timer("Supported: timer\r\nAllow: INVITE, UPDATE\r\nSession-Expires: 600;refresher=uas\r\n");
    assert_eq!(header(&ok, "Session-Expires"), "600;refresher=uas");
    bench.pass(299_000);
    assert_eq!(bench.lines(), [""; 0]);
    bench.pass(2_000);
    let update = bench.take().remove(0);
    assert!(
        update.starts_with("UPDATE ")
            && update.contains("Session-Expires: 600;refresher=uac")
            && update.ends_with("Length: 0\r\n\r\n")
    );
    bench.feed(
        trunk_flow(),
        &reply(&update, "200 OK", "dana", trunk_flow(), "Session-Expires: 600;refresher=uac\r\n", ""),
    );
    bench.pass(301_000);
    let second = bench.take().remove(0);
    assert!(second.starts_with("UPDATE "));
    bench.feed(trunk_flow(), &reply(&second, "481 Gone", "dana", trunk_flow(), "", ""));
    assert_eq!(bench.take_reports(), [Report::Ended { leg, reason: EndReason::Unreachable }]);
    assert!(bench.lines()[0].starts_with("BYE "));
    bench.pass(4_000_000);
    assert_eq!(bench.edge.kept(), [0; 5]);
}

#[test]
fn without_update_we_refresh_with_the_last_offer_and_nobody_hears_of_it() {
    let (mut bench, _, _, ok) = with_timer("Supported: timer\r\n");
    assert_eq!(header(&ok, "Session-Expires"), "1800;refresher=uas");
    bench.pass(901_000);
    let again = bench.take().remove(0);
    assert!(again.starts_with("INVITE ") && again.ends_with(ANSWER));
    bench.feed(
        trunk_flow(),
        &reply(&again, "200 OK", "dana", trunk_flow(), "Session-Expires: 1800;refresher=uac\r\n", OFFER),
    );
    assert!(bench.lines()[0].starts_with("ACK "));
    assert_eq!(bench.take_reports(), []);
}

#[test]
fn when_they_do_not_refresh_in_time_the_call_ends() {
    let (mut bench, leg, invite, ok) =
        with_timer("Supported: timer\r\nSession-Expires: 300;refresher=uac\r\n");
    assert_eq!(header(&ok, "Session-Expires"), "300;refresher=uac");
    assert_eq!(header(&ok, "Require"), "timer");
    bench.pass(200_000);
    bench.feed(
        invite.flow,
        &invite.request("UPDATE", 2, "u", "Supported: timer\r\nSession-Expires: 300;refresher=uac\r\n", ""),
    );
    bench.take();
    bench.pass(260_000);
    assert_eq!(bench.take_reports(), [], "their refresh counted");
    bench.pass(10_000);
    assert_eq!(bench.take_reports(), [Report::Ended { leg, reason: EndReason::Unreachable }]);
    assert!(bench.lines()[0].starts_with("BYE "));
}

#[test]
fn an_interval_too_short_is_422_and_without_support_there_is_none() {
    let (mut bench, _, _, ok) = with_timer("");
    assert!(!ok.contains("Session-Expires"));
    bench.pass(10_000_000);
    assert_eq!((bench.lines().len(), bench.take_reports().len()), (0, 0));
    let mut short = Invite::new("short");
    short.more = "Supported: timer\r\nSession-Expires: 89\r\n".to_owned();
    bench.feed(short.flow, &short.text());
    assert!(bench.last().starts_with("SIP/2.0 422") && bench.last().contains("\r\nMin-SE: 90\r\n"));
}
