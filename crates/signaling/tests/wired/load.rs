//! sipp as the far end, and more calls than anybody reads of.

use std::{
    net::UdpSocket,
    process::{Command, Output},
    time::Duration,
};

use signaling::{Destination, Report, Transport};
use terms::{ConversationId, EndReason, LegId};
use tokio::{task::spawn_blocking, time::timeout};

use crate::{Node, SOON, TRUNK, calls::dial, phone::Phone, sdp, trunk};

fn has_sipp() -> bool {
    let found = Command::new("sipp").arg("-v").output().is_ok();
    if !found {
        eprintln!("skipped: sipp is not installed");
    }
    found
}

fn free_port() -> u16 {
    UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn sipp(arguments: Vec<String>) -> Output {
    let quiet = ["-nostdin", "-i", "127.0.0.1", "-timeout", "60", "-timeout_error"];
    Command::new("sipp").current_dir(std::env::temp_dir()).args(arguments).args(quiet).output().unwrap()
}

/// Answers and counts calls until `calls` have ended.
async fn serve(node: &mut Node, calls: usize) -> usize {
    let mut ended = 0;
    while ended < calls {
        match timeout(SOON * 3, node.reports.recv()).await {
            Ok(Some(Report::Incoming(call))) => node.handle.answer(call.leg, sdp(40_000)).unwrap(),
            Ok(Some(Report::Ended { reason, .. })) => {
                assert_eq!(reason, EndReason::RemoteHangup);
                ended += 1;
            }
            Ok(Some(_)) => {}
            Ok(None) | Err(_) => break,
        }
    }
    ended
}

#[tokio::test]
async fn sipp_calls_us_over_udp_and_tcp() {
    if !has_sipp() {
        return;
    }
    for (transport, mode) in [(Transport::Udp, "u1"), (Transport::Tcp, "t1")] {
        let mut node = Node::start(vec![trunk(5060, transport)]).await;
        let addresses = node.handle.addresses();
        let server = if transport == Transport::Udp { addresses.udp } else { addresses.tcp.unwrap() };
        let arguments = format!("-sn uac {server} -m 100 -r 100 -d 50 -t {mode} -p {}", free_port());
        let arguments = arguments.split(' ').map(str::to_owned).collect();
        let running = spawn_blocking(move || sipp(arguments));
        assert_eq!(serve(&mut node, 100).await, 100);
        let output = running.await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

#[tokio::test]
async fn we_call_sipp_and_hang_up() {
    if !has_sipp() {
        return;
    }
    let port = free_port();
    let mut node = Node::start(vec![trunk(port, Transport::Udp)]).await;
    let running = spawn_blocking(move || {
        sipp(format!("-sn uas -m 20 -p {port}").split(' ').map(str::to_owned).collect())
    });
    // Until sipp listens, our INVITE is sent again by itself.
    for ordinal in 0..20 {
        let leg = LegId::new(ConversationId::from_number(8), ordinal);
        let number = "+15550177".parse().unwrap();
        node.handle.dial(leg, dial(Destination::Number { trunk: TRUNK, number })).unwrap();
    }
    let mut answered = 0;
    while answered < 20 {
        if let Report::Answered { leg, body } = node.report().await {
            assert!(body.is_some());
            answered += 1;
            node.handle.hang_up(leg, EndReason::HungUp).unwrap();
        }
    }
    let output = running.await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn calls_that_nobody_reads_of_are_answered_503_and_nothing_is_lost() {
    let mut node = Node::start(vec![trunk(5060, Transport::Udp)]).await;
    let mut phone = Phone::udp(node.handle.addresses().udp).await;
    let (mut admitted, mut refused) = (0, 0);
    for number in 0..terms::limits::INBOX_MAX {
        let invite = phone.request("INVITE", &format!("n{number}"), 1, "<sip:1000@127.0.0.1>", "", "");
        let invite = invite.replace("sip:ana@tandem", "sip:dana@127.0.0.1");
        phone.send(&invite).await;
        let answer = phone.receive().await;
        match answer.get(8..11) {
            Some("100") => admitted += 1,
            Some("503") => {
                assert!(answer.contains("\r\nRetry-After: "));
                refused += 1;
            }
            other => panic!("{other:?}"),
        }
        if refused >= 10 {
            break;
        }
    }
    assert_eq!(refused, 10, "after {admitted} calls");
    let mut reported = 0;
    while let Ok(Some(Report::Incoming(_))) = timeout(Duration::from_millis(500), node.reports.recv()).await {
        reported += 1;
    }
    assert_eq!(reported, admitted, "every call let in was reported");
}
