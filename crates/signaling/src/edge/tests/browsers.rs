use terms::EndReason;

use super::*;
use crate::{Caller, Destination, Dial, Origin, REATTACH};

fn socket(port: u16) -> Flow {
    Flow { transport: Transport::Ws, remote: SocketAddr::from(([203, 0, 113, 9], port)) }
}

fn register(flow: Flow, cseq: u32) -> String {
    format!(
        "REGISTER sip:tandem SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bKr{cseq}{0}\r\n\
         From: <sip:ben@tandem>;tag=r\r\nTo: <sip:ben@tandem>\r\nCall-ID: reg{0}\r\nCSeq: {cseq} REGISTER\r\n\
         Contact: <sip:b{0}@x.invalid;transport=ws>;+sip.instance=\"<urn:uuid:1>\";reg-id=1;expires=600\r\n\
         Supported: path,gruu,outbound\r\nContent-Length: 0\r\n\r\n",
        flow.remote.port()
    )
}

fn registered() -> Bench {
    let mut bench = Bench::new();
    open(&mut bench, socket(1));
    bench
}

fn open(bench: &mut Bench, flow: Flow) {
    bench.edge.socket_opened(flow, BEN);
    bench.feed(flow, &register(flow, 1));
    assert_eq!(status_of(bench.last()), 200, "{}", bench.last());
}

fn dial(bench: &mut Bench, leg: LegId) {
    bench.command(Command::Dial(
        leg,
        Box::new(Dial {
            to: Destination::User(BEN),
            from: Caller::default(),
            body: Some(sdp(OFFER)),
            auto_answer: false,
            headers: Vec::new(),
        }),
    ));
}

/// The browser's answer to our INVITE.
fn answer(bench: &mut Bench, flow: Flow) {
    let invite = bench.last().to_owned();
    let kept = |name: &str| {
        invite.lines().find(|line| line.starts_with(name)).map_or(String::new(), |line| format!("{line}\r\n"))
    };
    let [via, from, to, call_id, cseq] = ["Via", "From", "To", "Call-ID", "CSeq"].map(kept);
    let to = to.trim_end();
    bench.feed(
        flow,
        &format!(
            "SIP/2.0 200 OK\r\n{via}{from}{to};tag=ben\r\n{call_id}{cseq}Contact: <sip:b1@x.invalid;transport=ws>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{ANSWER}",
            ANSWER.len()
        ),
    );
}

/// A call of ours that Ben answered in his browser.
fn in_a_call() -> (Bench, LegId) {
    let mut bench = registered();
    let leg = LegId::new(terms::ConversationId::from_number(9), 1);
    bench.sent.clear();
    dial(&mut bench, leg);
    answer(&mut bench, socket(1));
    bench.sent.clear();
    bench.reports.clear();
    (bench, leg)
}

fn come_back(flow: Flow, to: &str, more: &str) -> String {
    format!(
        "INVITE sip:{to}@tandem SIP/2.0\r\nVia: SIP/2.0/WS x.invalid;branch=z9hG4bKback{0}\r\nMax-Forwards: 70\r\n\
         From: <sip:ben@tandem>;tag=back\r\nTo: <sip:{to}@tandem>\r\nCall-ID: back{0}\r\nCSeq: 1 INVITE\r\n\
         Contact: <sip:b{0}@x.invalid;transport=ws>\r\n{more}Content-Type: application/sdp\r\nContent-Length: {1}\r\n\r\n{OFFER}",
        flow.remote.port(),
        OFFER.len()
    )
}

#[test]
fn a_socket_is_its_users_without_a_password_and_rings_by_itself() {
    let mut bench = registered();
    assert!(
        bench.last().contains(";expires=600;+sip.instance=\"<urn:uuid:1>\";reg-id=1\r\n"),
        "{}",
        bench.last()
    );
    assert_eq!(bench.take_reports(), [Report::Registered { user: BEN }]);
    assert_eq!(bench.edge.take_reached(), [(BEN, Some(Transport::Ws))]);
    bench.sent.clear();
    dial(&mut bench, LegId::new(terms::ConversationId::from_number(9), 1));
    let (flow, invite) = bench.sent[0].clone();
    assert_eq!(flow, socket(1));
    assert!(
        invite.starts_with("INVITE sip:b1@x.invalid;transport=ws SIP/2.0\r\nVia: SIP/2.0/WS "),
        "{invite}"
    );
    assert!(invite.contains("\r\nContact: <sip:tandem@198.51.100.1:5060;transport=ws>\r\n"), "{invite}");
}

#[test]
fn a_call_from_a_socket_is_its_users_whatever_from_says() {
    let mut bench = registered();
    bench.reports.clear();
    bench.feed(socket(1), &come_back(socket(1), "+15550100", "").replace("sip:ben@", "sip:ana@"));
    assert_eq!(bench.incoming().from, Origin::User(BEN));
}

#[test]
fn a_flow_that_was_never_opened_is_nobody() {
    let mut bench = Bench::new();
    bench.feed(socket(1), &register(socket(1), 1));
    assert_eq!(status_of(bench.last()), 403);
    bench.feed(socket(1), &come_back(socket(1), "reattach", ""));
    assert_eq!(status_of(bench.last()), 403);
}

#[test]
fn a_phone_that_comes_back_by_another_socket_is_one_phone() {
    let mut bench = registered();
    open(&mut bench, socket(2));
    assert_eq!(bench.last().matches("Contact: ").count(), 1);
    bench.edge.flow_closed(socket(1));
    bench.collect();
    assert_eq!(bench.take_reports(), [Report::Registered { user: BEN }]);
    bench.edge.flow_closed(socket(2));
    bench.collect();
    assert_eq!(bench.take_reports(), [Report::Unregistered { user: BEN }]);
}

#[test]
fn a_user_who_may_have_no_browser_any_more_loses_the_socket() {
    let mut bench = registered();
    let is_closed = |bench: &mut Bench| {
        let out = std::mem::take(&mut bench.edge.wire.out);
        out.iter().any(|output| matches!(output, Output::Close { flow } if *flow == socket(1)))
    };
    assert!(!is_closed(&mut bench));
    bench.edge.command(Command::SetPhonebook(Phonebook { browsers: Default::default(), ..phonebook() }));
    assert!(is_closed(&mut bench));
    bench.edge.socket_opened(socket(1), BEN);
    assert!(is_closed(&mut bench));
}

#[test]
fn a_call_outlives_its_socket_and_goes_on_by_the_next_one() {
    let (mut bench, leg) = in_a_call();
    bench.edge.flow_closed(socket(1));
    bench.pass(60_000);
    assert_eq!(bench.take_reports(), [Report::Unregistered { user: BEN }]);
    open(&mut bench, socket(2));
    bench.sent.clear();
    bench.command(Command::HangUp(leg, EndReason::HungUp));
    // Nothing has come from the new socket yet: the goodbye goes the old way.
    assert_eq!(bench.sent[0].0, socket(1));
}

#[test]
fn an_invite_in_the_dialog_moves_the_call_to_the_new_socket() {
    let (mut bench, leg) = in_a_call();
    let dialog = &bench.edge.legs[&leg].dialog;
    let (call_id, tag) = (dialog.call_id.clone(), dialog.local_tag.clone());
    bench.edge.flow_closed(socket(1));
    open(&mut bench, socket(2));
    bench.reports.clear();
    let again = come_back(socket(2), "tandem", "")
        .replace("tag=back", "tag=ben")
        .replace("Call-ID: back2", &format!("Call-ID: {call_id}"))
        .replace("To: <sip:tandem@tandem>", &format!("To: <sip:tandem@tandem>;tag={tag}"));
    bench.feed(socket(2), &again);
    assert_eq!(bench.take_reports(), [Report::Reoffered { leg, body: Some(sdp(OFFER)) }]);
    bench.command(Command::AnswerReoffer(leg, Ok(sdp(ANSWER))));
    assert_eq!(bench.sent.last().unwrap().0, socket(2));
}

#[test]
fn a_reloaded_page_comes_back_to_its_call_by_name_and_by_replaces() {
    for by_name in [true, false] {
        let (mut bench, leg) = in_a_call();
        let dialog = &bench.edge.legs[&leg].dialog;
        let replaces = format!("Replaces: {};to-tag={};from-tag=ben\r\n", dialog.call_id, dialog.local_tag);
        bench.edge.flow_closed(socket(1));
        open(&mut bench, socket(2));
        bench.sent.clear();
        bench.reports.clear();
        let invite = match by_name {
            true => come_back(socket(2), REATTACH, ""),
            false => come_back(socket(2), "tandem", &replaces),
        };
        bench.feed(socket(2), &invite);
        let reports = bench.take_reports();
        assert!(matches!(reports[0], Report::Established { leg: told, .. } if told == leg), "{reports:?}");
        assert_eq!(reports[1], Report::Reoffered { leg, body: Some(sdp(OFFER)) });
        bench.command(Command::AnswerReoffer(leg, Ok(sdp(ANSWER))));
        let text = bench.last().to_owned();
        assert!(text.starts_with("SIP/2.0 200 OK\r\n") && text.contains("\r\n\r\nv=0"), "{text}");
        let tag = tag_of(&text);
        bench.feed(
            socket(2),
            &invite
                .replace("INVITE", "BYE")
                .replace("CSeq: 1", "CSeq: 2")
                .replace("z9hG4bKback", "z9hG4bKbye")
                .replace("@tandem>\r\nCall-ID", &format!("@tandem>;tag={tag}\r\nCall-ID"))
                .replace(&replaces, ""),
        );
        assert_eq!(bench.take_reports(), [Report::Ended { leg, reason: EndReason::RemoteHangup }]);
    }
}

#[test]
fn a_page_that_is_still_there_is_told_that_its_call_went_elsewhere() {
    let (mut bench, _) = in_a_call();
    bench.edge.socket_opened(socket(2), BEN);
    bench.feed(socket(2), &come_back(socket(2), REATTACH, ""));
    let bye = bench.sent.iter().find(|(flow, _)| *flow == socket(1)).unwrap();
    assert!(bye.1.starts_with("BYE "), "{}", bye.1);
}

#[test]
fn nothing_to_come_back_to_is_said_so() {
    let (mut bench, leg) = in_a_call();
    bench.command(Command::HangUp(leg, EndReason::AgentLost));
    bench.feed(socket(1), &come_back(socket(1), REATTACH, ""));
    assert_eq!(status_of(bench.last()), 481);
    // And nobody comes back to the calls of others.
    let (mut bench, _) = in_a_call();
    bench.edge.socket_opened(socket(2), ANA);
    bench.edge.sockets.insert(socket(2), ANA);
    bench.feed(socket(2), &come_back(socket(2), REATTACH, ""));
    assert_eq!(status_of(bench.last()), 481);
}
