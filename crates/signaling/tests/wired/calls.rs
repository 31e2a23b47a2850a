use signaling::{Caller, Destination, Dial, Origin, Refusal, Report, TlsConfig, Transport};
use terms::{ConversationId, EndReason, LegId};

use crate::{
    ANA, Node, TRUNK,
    phone::{Phone, Wire, digest, header},
    sdp, trunk,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const LEG: LegId = LegId::new(ConversationId::from_number(5), 1);

pub(crate) fn dial(to: Destination) -> Dial {
    Dial {
        to,
        from: Caller { extension: Some("2001".to_owned()), ..Caller::default() },
        body: Some(sdp(40_000)),
        auto_answer: false,
        headers: Vec::new(),
    }
}

async fn phone(node: &Node, transport: Transport) -> Phone {
    let addresses = node.handle.addresses();
    match transport {
        Transport::Udp => Phone::udp(addresses.udp).await,
        Transport::Tcp | Transport::Tls | Transport::Ws => Phone::tcp(addresses.tcp.unwrap()).await,
    }
}

#[tokio::test]
async fn a_phone_registers_is_rung_answers_and_either_side_hangs_up() {
    for (transport, algorithm) in
        [(Transport::Udp, "SHA-256"), (Transport::Udp, "MD5"), (Transport::Tcp, "SHA-256")]
    {
        let mut node = Node::start(Vec::new()).await;
        let mut phone = phone(&node, transport).await;
        phone.register(algorithm).await;
        assert_eq!(node.report().await, Report::Registered { user: ANA });
        assert!(node.handle.is_registered(ANA));
        for (ordinal, by_phone) in [(1, true), (2, false)] {
            let leg = LegId { ordinal, ..LEG };
            node.handle.dial(leg, dial(Destination::User(ANA))).unwrap();
            let invite = phone.expect("INVITE").await;
            let ringing = phone.answer(&invite, "180 Ringing", "", "");
            phone.send(&ringing).await;
            assert_eq!(node.report().await, Report::Ringing { leg, body: None });
            let ok = phone.answer(&invite, "200 OK", "", &sdp(5_000).0);
            phone.send(&ok).await;
            assert!(matches!(node.report().await, Report::Established { .. }));
            assert_eq!(node.report().await, Report::Answered { leg, body: Some(sdp(5_000)) });
            phone.expect("ACK").await;
            if by_phone {
                let call = header(&invite, "Call-ID");
                let bye = phone.request("BYE", &call, 7, &header(&invite, "From"), "", "");
                let bye =
                    bye.replace("From: \"Ana\" <sip:ana@tandem>;tag=ana", "From: <sip:ana@tandem>;tag=phone");
                phone.send(&bye).await;
                phone.expect("SIP/2.0 200").await;
                assert_eq!(node.report().await, Report::Ended { leg, reason: EndReason::RemoteHangup });
            } else {
                node.handle.hang_up(leg, EndReason::HungUp).unwrap();
                let bye = phone.expect("BYE").await;
                let ok = phone.answer(&bye, "200 OK", "", "");
                phone.send(&ok).await;
            }
        }
    }
}

#[tokio::test]
async fn a_phone_calls_after_proof_and_is_called_off() {
    let mut node = Node::start(Vec::new()).await;
    let mut phone = phone(&node, Transport::Udp).await;
    let to = "<sip:1000@tandem>";
    let invite = phone.request("INVITE", "c", 1, to, "", &sdp(5_000).0);
    phone.send(&invite).await;
    let challenge = phone.expect("SIP/2.0 401").await;
    let proof = digest(&challenge, "MD5", 1, "INVITE", "secret");
    let invite = phone.request("INVITE", "c", 2, to, &proof, &sdp(5_000).0);
    phone.send(&invite).await;
    phone.expect("SIP/2.0 100").await;
    let Report::Incoming(call) = node.report().await else { panic!("a call") };
    assert_eq!((call.from, call.to.as_str(), call.offer), (Origin::User(ANA), "1000", Some(sdp(5_000))));
    node.handle.ringing(call.leg).unwrap();
    phone.expect("SIP/2.0 180").await;
    let branch = header(&invite, "Via");
    let cancel = phone.request("CANCEL", "c", 2, to, "", "");
    let cancel = cancel.replace(&header(&cancel, "Via"), &branch);
    phone.send(&cancel).await;
    phone.expect("SIP/2.0 200").await;
    phone.expect("SIP/2.0 487").await;
    assert_eq!(node.report().await, Report::Ended { leg: call.leg, reason: EndReason::Cancelled });
}

#[tokio::test]
async fn a_wrong_password_is_refused_and_a_stranger_gets_403() {
    let mut node = Node::start(Vec::new()).await;
    let mut phone = phone(&node, Transport::Udp).await;
    let register = phone.request("REGISTER", "r", 1, "<sip:ana@tandem>", "", "");
    phone.send(&register).await;
    let challenge = phone.expect("SIP/2.0 401").await;
    let proof = digest(&challenge, "SHA-256", 1, "REGISTER", "guess");
    let register = phone.request("REGISTER", "r", 2, "<sip:ana@tandem>", &proof, "");
    phone.send(&register).await;
    phone.expect("SIP/2.0 403").await;
    let invite = phone.request("INVITE", "s", 1, "<sip:1000@tandem>", "", &sdp(1).0);
    phone.send(&invite.replace("sip:ana@", "sip:eve@")).await;
    phone.expect("SIP/2.0 403").await;
    assert!(node.reports.try_recv().is_err(), "nobody hears of it");
}

#[tokio::test]
async fn a_stream_is_cut_into_messages_answers_pings_and_its_loss_is_reported() {
    let mut node = Node::start(vec![trunk(5060, Transport::Tcp)]).await;
    let mut phone = phone(&node, Transport::Tcp).await;
    let from = "From: <sip:+15550100@127.0.0.1>;tag=ana";
    let invite = phone.request("INVITE", "tcp", 1, "<sip:1000@127.0.0.1>", "", &sdp(5_000).0);
    let invite = invite.replace("From: \"Ana\" <sip:ana@tandem>;tag=ana", from);
    let Wire::Tcp(stream, _) = &mut phone.wire else { unreachable!() };
    stream.set_nodelay(true).unwrap();
    stream.write_all(b"\r\n\r\n").await.unwrap();
    let mut pong = [0; 2];
    stream.read_exact(&mut pong).await.unwrap();
    assert_eq!(&pong, b"\r\n");
    for piece in invite.as_bytes().chunks(97) {
        stream.write_all(piece).await.unwrap();
        stream.flush().await.unwrap();
    }
    phone.expect("SIP/2.0 100").await;
    let Report::Incoming(call) = node.report().await else { panic!("a call") };
    node.handle.answer(call.leg, sdp(40_000)).unwrap();
    let ok = phone.expect("SIP/2.0 200").await;
    let ack = phone
        .request("ACK", "tcp", 1, &header(&ok, "To"), "", "")
        .replace("From: \"Ana\" <sip:ana@tandem>;tag=ana", from);
    phone.send(&ack).await;
    node.until(|report| matches!(report, Report::Acked { .. }).then_some(())).await;
    drop(phone);
    let ended = node.until(|report| matches!(report, Report::Ended { .. }).then(|| report.clone())).await;
    assert_eq!(ended, Report::Ended { leg: call.leg, reason: EndReason::Unreachable });
}

#[tokio::test]
async fn a_phone_behind_a_broken_stream_is_not_registered_any_more() {
    let mut node = Node::start(Vec::new()).await;
    let mut phone = phone(&node, Transport::Tcp).await;
    phone.register("SHA-256").await;
    assert_eq!(node.report().await, Report::Registered { user: ANA });
    drop(phone);
    assert_eq!(node.report().await, Report::Unregistered { user: ANA });
    assert!(!node.handle.is_registered(ANA));
    node.handle.dial(LEG, dial(Destination::User(ANA))).unwrap();
    assert_eq!(node.report().await, Report::Failed { leg: LEG, reason: EndReason::Unreachable, status: 480 });
}

/// Two edges that are each other's trunk.
async fn pair(transport: Transport) -> (Node, Node) {
    let far = Node::start(vec![trunk(5060, transport)]).await;
    let addresses = far.handle.addresses();
    let port = match transport {
        Transport::Udp => addresses.udp.port(),
        Transport::Tcp | Transport::Tls | Transport::Ws => addresses.tcp.unwrap().port(),
    };
    (Node::start(vec![trunk(port, transport)]).await, far)
}

async fn connect(near: &mut Node, far: &mut Node) -> LegId {
    let number = Destination::Number { trunk: TRUNK, number: "+15550177".parse().unwrap() };
    near.handle.dial(LEG, dial(number)).unwrap();
    let Report::Incoming(call) = far.report().await else { panic!("a call") };
    assert_eq!((call.to.as_str(), call.offer), ("+15550177", Some(sdp(40_000))));
    far.handle.early_media(call.leg, sdp(50_000)).unwrap();
    assert_eq!(near.report().await, Report::Ringing { leg: LEG, body: Some(sdp(50_000)) });
    far.handle.answer(call.leg, sdp(50_000)).unwrap();
    near.until(|report| matches!(report, Report::Answered { .. }).then_some(())).await;
    far.until(|report| matches!(report, Report::Acked { .. }).then_some(())).await;
    call.leg
}

#[tokio::test]
async fn two_edges_call_each_other_reoffer_and_hang_up() {
    for transport in [Transport::Udp, Transport::Tcp] {
        let (mut near, mut far) = pair(transport).await;
        let theirs = connect(&mut near, &mut far).await;
        near.handle.reoffer(LEG, sdp(40_002)).unwrap();
        assert_eq!(far.report().await, Report::Reoffered { leg: theirs, body: Some(sdp(40_002)) });
        far.handle.answer_reoffer(theirs, Ok(sdp(50_002))).unwrap();
        assert_eq!(near.report().await, Report::Reanswered { leg: LEG, body: Some(sdp(50_002)) });
        far.handle.reoffer(theirs, sdp(50_004)).unwrap();
        assert_eq!(near.report().await, Report::Reoffered { leg: LEG, body: Some(sdp(50_004)) });
        near.handle.answer_reoffer(LEG, Err(Refusal::NotAcceptable488)).unwrap();
        assert_eq!(far.report().await, Report::ReofferRefused { leg: theirs });
        near.handle.hang_up(LEG, EndReason::HungUp).unwrap();
        assert_eq!(far.report().await, Report::Ended { leg: theirs, reason: EndReason::RemoteHangup });
    }
}

#[tokio::test]
async fn both_sides_offering_at_once_both_get_through_in_the_end() {
    let (mut near, mut far) = pair(Transport::Udp).await;
    let theirs = connect(&mut near, &mut far).await;
    near.handle.reoffer(LEG, sdp(40_002)).unwrap();
    far.handle.reoffer(theirs, sdp(50_002)).unwrap();
    let (mut near_done, mut far_done) = (false, false);
    while !(near_done && far_done) {
        tokio::select! {
            report = near.report(), if !near_done || !far_done => match report {
                Report::Reoffered { .. } => near.handle.answer_reoffer(LEG, Ok(sdp(40_004))).unwrap(),
                Report::Reanswered { .. } => near_done = true,
                other => panic!("{other:?}"),
            },
            report = far.report() => match report {
                Report::Reoffered { .. } => far.handle.answer_reoffer(theirs, Ok(sdp(50_004))).unwrap(),
                Report::Reanswered { .. } => far_done = true,
                other => panic!("{other:?}"),
            },
        }
    }
}

#[tokio::test]
async fn after_a_restart_a_dialog_of_the_former_life_is_ended() {
    let (mut near, mut far) = pair(Transport::Udp).await;
    let number = Destination::Number { trunk: TRUNK, number: "+15550177".parse().unwrap() };
    near.handle.dial(LEG, dial(number)).unwrap();
    let Report::Incoming(call) = far.report().await else { panic!("a call") };
    far.handle.answer(call.leg, sdp(50_000)).unwrap();
    let dialog = near
        .until(|report| match report {
            Report::Established { dialog, .. } => Some(dialog.clone()),
            _ => None,
        })
        .await;
    far.until(|report| matches!(report, Report::Acked { .. }).then_some(())).await;
    let listened = near.handle.addresses();
    near.handle.stop().await;
    // The port is free again, as after a restart.
    let config = signaling::Config { listen_udp: listened.udp, ..signaling::Config::default() };
    let (again, _reports) =
        signaling::Handle::start(config, signaling::Phonebook::default()).await.expect("the port is free");
    again.abandon(dialog).unwrap();
    assert_eq!(far.report().await, Report::Ended { leg: call.leg, reason: EndReason::RemoteHangup });
}

#[tokio::test]
async fn a_host_name_is_looked_up() {
    let far = Node::start(vec![trunk(5060, Transport::Udp)]).await;
    let mut far = far;
    let mut line = trunk(far.handle.addresses().udp.port(), Transport::Udp);
    line.host = "localhost".to_owned();
    let near = Node::start(vec![line]).await;
    let uri = format!("sip:1000@localhost:{}", far.handle.addresses().udp.port());
    near.handle.dial(LEG, dial(Destination::Uri(uri.parse().unwrap()))).unwrap();
    let Report::Incoming(call) = far.report().await else { panic!("a call") };
    assert_eq!(call.to, "1000");
}

/// A certificate for 127.0.0.1 that vouches for itself, and its key; none where there is no openssl.
fn certificate(name: &str) -> Option<(std::path::PathBuf, std::path::PathBuf)> {
    let folder = std::env::temp_dir();
    let stem = format!("signaling-{}-{name}", std::process::id());
    let (certificate, key) = (folder.join(format!("{stem}.pem")), folder.join(format!("{stem}.key")));
    let made = std::process::Command::new("openssl")
        .args(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=127.0.0.1"
                .split(' '),
        )
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"])
        .arg("-out")
        .arg(&certificate)
        .arg("-keyout")
        .arg(&key)
        .output();
    match made {
        Ok(output) if output.status.success() => Some((certificate, key)),
        Ok(output) => panic!("{}", String::from_utf8_lossy(&output.stderr)),
        Err(_) => {
            eprintln!("skipped: openssl is not installed");
            None
        }
    }
}

#[tokio::test]
async fn a_trunk_over_tls_is_called_when_it_proves_its_name_and_not_otherwise() {
    let (Some((good, key)), Some((other, spare))) = (certificate("good"), certificate("other")) else {
        return;
    };
    let tls = |authorities: &std::path::Path| TlsConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        certificate: good.clone(),
        key: key.clone(),
        authorities: Some(authorities.to_owned()),
    };
    let mut far = Node::start_with(vec![trunk(5061, Transport::Tls)], Some(tls(&good))).await;
    let port = far.handle.addresses().tls.unwrap().port();
    let mut near = Node::start_with(vec![trunk(port, Transport::Tls)], Some(tls(&good))).await;
    let theirs = connect(&mut near, &mut far).await;
    far.handle.hang_up(theirs, EndReason::HungUp).unwrap();
    assert_eq!(near.report().await, Report::Ended { leg: LEG, reason: EndReason::RemoteHangup });

    let mut wary = Node::start_with(vec![trunk(port, Transport::Tls)], Some(tls(&other))).await;
    let number = Destination::Number { trunk: TRUNK, number: "+15550177".parse().unwrap() };
    wary.handle.dial(LEG, dial(number)).unwrap();
    let failed = Report::Failed { leg: LEG, reason: EndReason::Unreachable, status: 408 };
    assert_eq!(wary.report().await, failed);
    for file in [good, key, other, spare] {
        let _ = std::fs::remove_file(file);
    }
}
