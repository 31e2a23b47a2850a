use super::*;

#[test]
fn refer_is_reported_accepted_and_its_result_told() {
    let mut bench = Bench::new();
    let (leg, invite) = bench.answered();
    bench.feed(invite.flow, &invite.request("REFER", 2, "r", "Refer-To: <sip:2002@tandem>\r\n", ""));
    assert_eq!(bench.take_reports(), [Report::Referred { leg, to: "2002".to_owned(), replaces: None }]);
    bench.command(Command::AnswerRefer(leg, true));
    let sent = bench.take();
    assert!(sent[0].starts_with("SIP/2.0 202 Accepted"));
    assert!(sent[1].starts_with("NOTIFY ") && sent[1].contains("Event: refer;id=2\r\n"));
    assert!(
        sent[1].contains("Subscription-State: active") && sent[1].ends_with("\r\n\r\nSIP/2.0 100 Trying\r\n")
    );
    bench.command(Command::ReferResult(leg, true));
    assert!(
        bench.last().contains("Subscription-State: terminated")
            && bench.last().ends_with("SIP/2.0 200 OK\r\n")
    );
    bench.take();
    bench.command(Command::ReferResult(leg, false));
    assert_eq!(bench.lines(), [""; 0], "told once");
}

#[test]
fn refer_is_declined_refused_or_kept_silent_as_asked() {
    let mut bench = Bench::new();
    let (leg, invite) = bench.answered();
    let refer = "Refer-To: <sip:2002@tandem>\r\n";
    bench.feed(invite.flow, &invite.request("REFER", 2, "r", refer, ""));
    bench.command(Command::AnswerRefer(leg, false));
    assert_eq!(bench.lines(), ["SIP/2.0 603 Decline"]);
    bench.feed(invite.flow, &invite.request("REFER", 3, "r3", "", ""));
    assert_eq!(bench.lines(), ["SIP/2.0 400 Bad Request"]);
    bench.feed(invite.flow, &invite.request("REFER", 4, "r4", &format!("{refer}Refer-Sub: false\r\n"), ""));
    bench.command(Command::AnswerRefer(leg, true));
    bench.command(Command::ReferResult(leg, true));
    assert_eq!(bench.lines(), ["SIP/2.0 202 Accepted"]);
}

#[test]
fn replaces_names_the_other_leg_in_refer_and_in_invite() {
    let mut bench = Bench::new();
    let (first, customer) = bench.answered();
    let mut other = Invite::new("consult");
    other.from = "<sip:+15550100555@192.0.2.10>;tag=ben".to_owned();
    let (second, consult) = bench.answered_as(other);
    let to_tag = consult.to_tag.clone().unwrap();
    let refer =
        format!("Refer-To: <sip:2002@tandem?Replaces=consult%3Bto-tag%3D{to_tag}%3Bfrom-tag%3Dben>\r\n");
    bench.feed(customer.flow, &customer.request("REFER", 2, "r", &refer, ""));
    assert_eq!(
        bench.take_reports(),
        [Report::Referred { leg: first, to: "2002".to_owned(), replaces: Some(second) }]
    );

    let mut taking_over = Invite::new("pickup");
    taking_over.more = format!("Replaces: consult;from-tag=ben;to-tag={to_tag}\r\n");
    bench.feed(taking_over.flow, &taking_over.text());
    assert_eq!(bench.incoming().replaces, Some(second));
    // The right call by the wrong name is not replaced.
    taking_over.call_id = "pickup2".to_owned();
    taking_over.more = format!("Replaces: consult;from-tag=eve;to-tag={to_tag}\r\n");
    bench.feed(taking_over.flow, &taking_over.text());
    assert!(bench.last().starts_with("SIP/2.0 481"));
}
