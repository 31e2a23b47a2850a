//! A phone of the test: speaks a continuous tone every 20 ms, keeps what it hears.

use std::{
    net::{SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use media::{
    Config, Handle, PortRange, Report,
    g711::{self, Law},
};
use terms::{ConversationId, HearingMatrix, LegId, Listener, Sdp, Source};
use tokio::sync::mpsc::Receiver;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Speech {
    Mu,
    A,
    Opus,
}

impl Speech {
    pub(crate) fn payload_type(self) -> u8 {
        match self {
            Speech::Mu => 0,
            Speech::A => 8,
            Speech::Opus => 111,
        }
    }
    pub(crate) fn clock(self) -> u32 {
        if self == Speech::Opus { 48_000 } else { 8_000 }
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    pub(crate) body: Vec<u8>,
}

pub(crate) fn parse(bytes: &[u8]) -> Option<Packet> {
    if bytes.len() < 12 || bytes[0] != 0x80 {
        return None;
    }
    Some(Packet {
        payload_type: bytes[1] & 0x7F,
        marker: bytes[1] & 0x80 != 0,
        sequence: u16::from_be_bytes([bytes[2], bytes[3]]),
        timestamp: u32::from_be_bytes(bytes[4..8].try_into().unwrap()),
        ssrc: u32::from_be_bytes(bytes[8..12].try_into().unwrap()),
        body: bytes[12..].to_vec(),
    })
}

pub(crate) fn packet(payload_type: u8, sequence: u16, timestamp: u32, ssrc: u32, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x80, payload_type];
    bytes.extend_from_slice(&sequence.to_be_bytes());
    bytes.extend_from_slice(&timestamp.to_be_bytes());
    bytes.extend_from_slice(&ssrc.to_be_bytes());
    bytes.extend_from_slice(body);
    bytes
}

/// What the sending thread is told while it runs.
#[derive(Default)]
struct Knobs {
    stop: AtomicBool,
    mute: AtomicBool,
    /// Drop every n-th packet; 0 for none.
    drop_every: AtomicU16,
    target: Mutex<Option<SocketAddr>>,
}

pub(crate) struct Phone {
    pub(crate) socket: UdpSocket,
    pub(crate) speech: Speech,
    knobs: Arc<Knobs>,
    heard: Arc<Mutex<Vec<Packet>>>,
    threads: Vec<JoinHandle<()>>,
}

impl Phone {
    /// A phone that speaks a tone of this frequency once it knows where to.
    pub(crate) fn new(speech: Speech, hertz: f64) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        let knobs = Arc::new(Knobs::default());
        let heard = Arc::new(Mutex::new(Vec::new()));
        let mut threads = Vec::new();
        let (out, sending) = (socket.try_clone().unwrap(), Arc::clone(&knobs));
        threads.push(std::thread::spawn(move || speak(&out, speech, hertz, &sending)));
        let (ear, listening, kept) = (socket.try_clone().unwrap(), Arc::clone(&knobs), Arc::clone(&heard));
        threads.push(std::thread::spawn(move || {
            let mut bytes = [0u8; 2048];
            while !listening.stop.load(Ordering::Relaxed) {
                let Ok((len, _)) = ear.recv_from(&mut bytes) else { continue };
                kept.lock().unwrap().extend(parse(&bytes[..len]));
            }
        }));
        Self { socket, speech, knobs, heard, threads }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.socket.local_addr().unwrap()
    }

    pub(crate) fn offer(&self) -> Sdp {
        self.offer_with("sendrecv")
    }

    pub(crate) fn offer_with(&self, direction: &str) -> Sdp {
        describe(self.address(), self.speech, direction)
    }

    pub(crate) fn speak_to(&self, sdp: &Sdp) {
        *self.knobs.target.lock().unwrap() = Some(address_of(sdp));
    }

    pub(crate) fn mute(&self, mute: bool) {
        self.knobs.mute.store(mute, Ordering::Relaxed);
    }

    pub(crate) fn drop_every(&self, n: u16) {
        self.knobs.drop_every.store(n, Ordering::Relaxed);
    }

    pub(crate) fn packets(&self) -> Vec<Packet> {
        self.heard.lock().unwrap().clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.heard.lock().unwrap().len()
    }

    /// Waits until that many more packets have come, and returns them.
    pub(crate) fn next(&self, count: usize) -> Vec<Packet> {
        let first = self.count();
        self.until(|packets| packets.len() >= first + count);
        self.packets()[first..first + count].to_vec()
    }

    pub(crate) fn until(&self, seen: impl Fn(&[Packet]) -> bool) {
        within(Duration::from_secs(20), || seen(&self.heard.lock().unwrap()));
    }
}

impl Drop for Phone {
    fn drop(&mut self) {
        self.knobs.stop.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Waits for the thing itself.
pub(crate) fn within(limit: Duration, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !done() {
        assert!(Instant::now() < deadline, "it did not happen within {limit:?}");
        std::thread::yield_now();
        std::thread::park_timeout(Duration::from_millis(2));
    }
}

pub(crate) fn describe(address: SocketAddr, speech: Speech, direction: &str) -> Sdp {
    let (number, port, ip) = (speech.payload_type(), address.port(), address.ip());
    let map = match speech {
        Speech::Mu => "PCMU/8000",
        Speech::A => "PCMA/8000",
        Speech::Opus => "opus/48000/2",
    };
    let events = if speech == Speech::Opus { 48_000 } else { 8_000 };
    Sdp(format!(
        "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP {number} 101\r\n\
         a=rtpmap:{number} {map}\r\na=rtpmap:101 telephone-event/{events}\r\na=fmtp:101 0-15\r\na={direction}\r\n"
    ))
}

pub(crate) fn address_of(sdp: &Sdp) -> SocketAddr {
    let port = sdp.0.split("m=audio ").nth(1).unwrap().split(' ').next().unwrap();
    format!("127.0.0.1:{port}").parse().unwrap()
}

fn speak(socket: &UdpSocket, speech: Speech, hertz: f64, knobs: &Knobs) {
    let rate = if speech == Speech::Opus { 16_000 } else { 8_000 };
    let frame = rate / 50;
    let mut encoder = (speech == Speech::Opus)
        .then(|| opus::Encoder::new(16_000, opus::Channels::Mono, opus::Application::Voip).unwrap());
    let begun = Instant::now();
    let ssrc = rate as u32 ^ (hertz as u32) << 16;
    let mut sent = 0u32;
    for n in 0u32.. {
        if knobs.stop.load(Ordering::Relaxed) {
            return;
        }
        let due = begun + Duration::from_millis(20) * n;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        let Some(target) = *knobs.target.lock().unwrap() else { continue };
        let first = n as usize * frame;
        let samples: Vec<i16> = (first..first + frame)
            .map(|at| (9000.0 * (std::f64::consts::TAU * hertz * at as f64 / rate as f64).sin()) as i16)
            .collect();
        let mut body = [0u8; 1275];
        let len = match speech {
            Speech::Mu => g711::encode(Law::Mu, &samples, &mut body),
            Speech::A => g711::encode(Law::A, &samples, &mut body),
            Speech::Opus => encoder.as_mut().unwrap().encode(&samples, &mut body).unwrap(),
        };
        let every = u32::from(knobs.drop_every.load(Ordering::Relaxed));
        let dropped = every > 0 && sent.is_multiple_of(every);
        if !knobs.mute.load(Ordering::Relaxed) {
            if !dropped {
                let bytes = packet(
                    speech.payload_type(),
                    sent as u16,
                    n.wrapping_mul(speech.clock() / 50),
                    ssrc,
                    &body[..len],
                );
                let _ = socket.send_to(&bytes, target);
            }
            sent += 1;
        }
    }
}

/// What these packets sound like, at 8 or (Opus) 16 kHz.
pub(crate) fn listen(packets: &[Packet], speech: Speech) -> (Vec<i16>, f64) {
    let mut decoder = opus::Decoder::new(16_000, opus::Channels::Mono).unwrap();
    let mut sound = Vec::new();
    for packet in packets.iter().filter(|packet| packet.payload_type == speech.payload_type()) {
        let mut samples = [0i16; 1920];
        let len = match speech {
            Speech::Mu => g711::decode(Law::Mu, &packet.body, &mut samples),
            Speech::A => g711::decode(Law::A, &packet.body, &mut samples),
            Speech::Opus => decoder.decode(&packet.body, &mut samples, false).unwrap(),
        };
        sound.extend_from_slice(&samples[..len]);
    }
    (sound, if speech == Speech::Opus { 16_000.0 } else { 8_000.0 })
}

/// How loud one frequency is in the sound, in dBFS of a sine (Hann window, so that neighbours do not leak in).
pub(crate) fn tone_dbfs((sound, rate): &(Vec<i16>, f64), hertz: f64) -> f64 {
    let (mut re, mut im, mut weight) = (0.0, 0.0, 0.0);
    let len = sound.len() as f64;
    for (n, sample) in sound.iter().enumerate() {
        let n = n as f64;
        let window = 0.5 - 0.5 * (std::f64::consts::TAU * n / len).cos();
        let value = window * f64::from(*sample) / 32768.0;
        let angle = std::f64::consts::TAU * hertz * n / rate;
        re += value * angle.cos();
        im += value * angle.sin();
        weight += window;
    }
    20.0 * (2.0 * (re * re + im * im).sqrt() / weight).max(1e-9).log10()
}

/// The longest run of 10 ms pieces below -60 dBFS, in milliseconds.
pub(crate) fn longest_silence_ms((sound, rate): &(Vec<i16>, f64)) -> usize {
    let piece = (*rate / 100.0) as usize;
    let (mut longest, mut run) = (0, 0);
    for part in sound.chunks_exact(piece) {
        let power: f64 = part.iter().map(|s| (f64::from(*s) / 32768.0).powi(2)).sum::<f64>() / piece as f64;
        run = if power < 1e-6 { run + 10 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

/// The media plane under test, on a port range of its own.
pub(crate) struct House {
    pub(crate) handle: Handle,
    pub(crate) reports: Receiver<Report>,
    pub(crate) kept: Vec<Report>,
    runtime: tokio::runtime::Runtime,
}

impl House {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut Config)) -> Self {
        static NEXT: AtomicU16 = AtomicU16::new(0);
        // Below the ports that the system hands out by itself, and apart from another run of these tests.
        let run = (std::process::id() % 4) as u16;
        let base = 10_000 + run * 2_500 + NEXT.fetch_add(1, Ordering::Relaxed) * 100;
        let mut config = Config {
            port_range: PortRange { first: base, last: base + 99 },
            threads: Some(1),
            ..Config::default()
        };
        change(&mut config);
        let (handle, reports) = Handle::start(config).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { handle, reports, kept: Vec::new(), runtime }
    }

    pub(crate) fn run<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// The phone calls: its offer is answered, and both talk.
    pub(crate) fn join(&self, leg: LegId, phone: &Phone) {
        let answer = self.run(self.handle.answer(leg, phone.offer())).unwrap();
        phone.speak_to(&answer.sdp);
    }

    /// Waits for a report that fits; others are kept.
    pub(crate) fn report(&mut self, what: &str, fits: impl Fn(&Report) -> bool) -> Report {
        let deadline = Instant::now() + Duration::from_secs(20);
        loop {
            if let Some(at) = self.kept.iter().position(&fits) {
                return self.kept.remove(at);
            }
            match self.reports.try_recv() {
                Ok(report) => self.kept.push(report),
                Err(_) => std::thread::park_timeout(Duration::from_millis(2)),
            }
            assert!(Instant::now() < deadline, "no report of {what}; kept {:?}", self.kept);
        }
    }
}

pub(crate) fn legs(number: u128, count: u32) -> Vec<LegId> {
    (0..count).map(|ordinal| LegId::new(ConversationId::from_number(number), ordinal)).collect()
}

pub(crate) fn hears(pairs: &[(LegId, Source)]) -> HearingMatrix {
    let mut matrix = HearingMatrix::default();
    for (listener, source) in pairs {
        matrix.link(Listener::Leg(*listener), *source);
    }
    matrix
}

pub(crate) fn everybody(legs: &[LegId]) -> HearingMatrix {
    let mut matrix = HearingMatrix::default();
    for listener in legs {
        for speaker in legs {
            matrix.link(Listener::Leg(*listener), Source::Leg(*speaker));
        }
    }
    matrix
}
