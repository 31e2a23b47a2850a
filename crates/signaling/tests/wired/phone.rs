//! A phone made of a socket and text.

use md5::{Digest, Md5};
use rsipstack::sip::SipMessage;
use sha2::Sha256;
use std::net::SocketAddr;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, UdpSocket},
    time::timeout,
};

use crate::SOON;

pub(crate) enum Wire {
    Udp(UdpSocket),
    Tcp(TcpStream, Vec<u8>),
}

pub(crate) struct Phone {
    pub(crate) wire: Wire,
    pub(crate) local: SocketAddr,
    server: SocketAddr,
    count: u32,
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn digest(challenge: &str, algorithm: &str, count: u32, method: &str, password: &str) -> String {
    let hash = |text: String| match algorithm {
        "SHA-256" => hex(&Sha256::digest(text)),
        _ => hex(&Md5::digest(text)),
    };
    let nonce = challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap();
    let ha1 = hash(format!("ana:tandem:{password}"));
    let ha2 = hash(format!("{method}:sip:tandem"));
    let response = hash(format!("{ha1}:{nonce}:{count:08x}:cn:auth:{ha2}"));
    format!(
        "Authorization: Digest username=\"ana\", realm=\"tandem\", nonce=\"{nonce}\", uri=\"sip:tandem\", \
         response=\"{response}\", algorithm={algorithm}, qop=auth, nc={count:08x}, cnonce=\"cn\"\r\n"
    )
}

pub(crate) fn header(message: &str, name: &str) -> String {
    let start = format!("{name}: ");
    message
        .lines()
        .find_map(|line| line.strip_prefix(&start))
        .unwrap_or_else(|| panic!("no {name} in {message}"))
        .to_owned()
}

impl Phone {
    pub(crate) async fn udp(server: SocketAddr) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let local = socket.local_addr().unwrap();
        Self { wire: Wire::Udp(socket), local, server, count: 0 }
    }

    pub(crate) async fn tcp(server: SocketAddr) -> Self {
        let stream = TcpStream::connect(server).await.unwrap();
        let local = stream.local_addr().unwrap();
        Self { wire: Wire::Tcp(stream, Vec::new()), local, server, count: 0 }
    }

    pub(crate) async fn send(&mut self, message: &str) {
        match &mut self.wire {
            Wire::Udp(socket) => {
                socket.send_to(message.as_bytes(), self.server).await.unwrap();
            }
            Wire::Tcp(stream, _) => stream.write_all(message.as_bytes()).await.unwrap(),
        }
    }

    /// The next message; another implementation must understand it too.
    pub(crate) async fn receive(&mut self) -> String {
        let text = match &mut self.wire {
            Wire::Udp(socket) => {
                let mut buffer = [0; 65_535];
                let read = timeout(SOON, socket.recv(&mut buffer)).await.expect("a message in time").unwrap();
                String::from_utf8(buffer[..read].to_vec()).unwrap()
            }
            Wire::Tcp(stream, held) => loop {
                if let Some(message) = cut(held) {
                    break message;
                }
                let mut buffer = [0; 4096];
                let read = timeout(SOON, stream.read(&mut buffer)).await.expect("a message in time").unwrap();
                assert!(read > 0, "the connection was closed");
                held.extend_from_slice(&buffer[..read]);
            },
        };
        let parsed = SipMessage::try_from(text.as_str());
        assert!(parsed.is_ok(), "rsipstack does not understand {text}");
        text
    }

    /// The next message that starts so; provisional ones before it are let go.
    pub(crate) async fn expect(&mut self, start: &str) -> String {
        loop {
            let message = self.receive().await;
            if message.starts_with(start) {
                return message;
            }
            assert!(message.starts_with("SIP/2.0 1"), "expected {start}, got {message}");
        }
    }

    pub(crate) fn request(
        &mut self,
        method: &str,
        call: &str,
        cseq: u32,
        to: &str,
        more: &str,
        body: &str,
    ) -> String {
        self.count += 1;
        let (local, count) = (self.local, self.count);
        let transport = if matches!(self.wire, Wire::Udp(_)) { "UDP" } else { "TCP" };
        let content_type = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let length = body.len();
        format!(
            "{method} sip:1000@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/{transport} {local};rport;branch=z9hG4bK{call}{count}\r\n\
             Max-Forwards: 70\r\nFrom: \"Ana\" <sip:ana@tandem>;tag=ana\r\nTo: {to}\r\nCall-ID: {call}\r\n\
             CSeq: {cseq} {method}\r\nContact: <sip:ana@{local}>\r\n{more}{content_type}Content-Length: {length}\r\n\r\n{body}"
        )
    }

    pub(crate) fn answer(&self, request: &str, status: &str, more: &str, body: &str) -> String {
        let copied: String = request
            .lines()
            .filter(|line| {
                ["Via: ", "From: ", "Call-ID: ", "CSeq: "].iter().any(|name| line.starts_with(name))
            })
            .map(|line| format!("{line}\r\n"))
            .collect();
        let to = header(request, "To");
        let to = if to.contains(";tag=") { to } else { format!("{to};tag=phone") };
        let content_type = if body.is_empty() { "" } else { "Content-Type: application/sdp\r\n" };
        let (local, length) = (self.local, body.len());
        format!(
            "SIP/2.0 {status}\r\n{copied}To: {to}\r\nContact: <sip:ana@{local}>\r\n{more}{content_type}Content-Length: {length}\r\n\r\n{body}"
        )
    }

    pub(crate) async fn register(&mut self, algorithm: &str) {
        let to = "<sip:ana@tandem>";
        let call = format!("reg{}", self.local.port());
        let register = self.request("REGISTER", &call, 1, to, "", "");
        self.send(&register).await;
        let challenge = self.expect("SIP/2.0 401").await;
        let proof = digest(&challenge, algorithm, 0x100, "REGISTER", "secret");
        let register = self.request("REGISTER", &call, 2, to, &proof, "");
        self.send(&register).await;
        assert!(self.expect("SIP/2.0 200").await.contains("expires=3600"));
    }
}

fn cut(held: &mut Vec<u8>) -> Option<String> {
    let head = held.windows(4).position(|four| four == b"\r\n\r\n")? + 4;
    let text = String::from_utf8_lossy(&held[..head]).into_owned();
    let length: usize = header(&text, "Content-Length").trim().parse().unwrap();
    let whole = held.get(..head + length)?.to_vec();
    held.drain(..head + length);
    Some(String::from_utf8(whole).unwrap())
}
