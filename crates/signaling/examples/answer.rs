//! Answers every call from this host with a fixed body, until interrupted: something for a SIP load generator to call.
//!
//! `cargo run -p signaling --example answer -- 127.0.0.1:5060 ana secret` prints its address, and at the end how many
//! calls came and ended.
//! With a name and a password a phone may register; it is rung once it has, and its offers and transfers are accepted.

use signaling::{
    Account, Caller, Config, Destination, Dial, Handle, Phonebook, Report, Transport, Trunk, ha1,
};
use terms::{ConversationId, LegId, Sdp, TrunkId, UserId};

const BODY: &str =
    "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 40000 RTP/AVP 0\r\n";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let listen = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let trunk = Trunk {
        id: TrunkId::from_number(1),
        host: "127.0.0.1".to_owned(),
        port: 5060,
        transport: Transport::Udp,
        credentials: None,
        register: false,
        allow_from: vec!["127.0.0.0/8".parse()?],
        max_calls: None,
    };
    let mut phonebook = Phonebook { trunks: vec![trunk], ..Phonebook::default() };
    if let (Some(username), Some(password)) = (std::env::args().nth(2), std::env::args().nth(3)) {
        let (ha1_md5, ha1_sha256) = ha1(&username, "tandem", &password);
        let account = Account { user: UserId::from_number(1), ha1_md5, ha1_sha256 };
        phonebook.accounts.insert(username, account);
    }
    let config =
        Config { listen_udp: listen.parse()?, listen_tcp: Some(listen.parse()?), ..Config::default() };
    let (handle, mut reports) = Handle::start(config, phonebook).await?;
    println!("{}", handle.addresses().udp);
    let (mut came, mut ended) = (0_u64, 0_u64);
    loop {
        let report = tokio::select! {
            report = reports.recv() => report,
            _ = tokio::signal::ctrl_c() => None,
        };
        match report {
            Some(Report::Incoming(call)) => {
                came += 1;
                handle.answer(call.leg, Sdp(BODY.to_owned()))?;
            }
            Some(Report::Ended { .. }) => ended += 1,
            Some(Report::Registered { user }) => {
                let call = Dial {
                    to: Destination::User(user),
                    from: Caller { extension: Some("1000".to_owned()), ..Caller::default() },
                    body: Some(Sdp(BODY.to_owned())),
                    auto_answer: true,
                    headers: Vec::new(),
                };
                handle.dial(LegId::new(ConversationId::from_number(1), 1), call)?;
            }
            Some(Report::Reoffered { leg, .. }) => handle.answer_reoffer(leg, Ok(Sdp(BODY.to_owned())))?,
            Some(Report::Referred { leg, to, .. }) => {
                println!("transfer to {to}");
                handle.answer_refer(leg, true)?;
                handle.refer_result(leg, true)?;
            }
            Some(Report::Answered { .. }) => println!("the phone answered"),
            Some(Report::Digit { digit, .. }) => println!("digit {digit}"),
            Some(Report::Failed { status, .. }) => println!("the phone failed with {status}"),
            Some(_) => {}
            None => break,
        }
    }
    handle.stop().await;
    println!("{came} calls came, {ended} ended");
    Ok(())
}
