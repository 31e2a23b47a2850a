//! Measures the engine under rooms of three G.711 parties on loopback: CPU of its threads, latency through it, the
//! evenness of what it sends, and memory a party.
//!
//! Arrivals are stamped by the kernel, so that the driver's own hunger is not measured.
//!
//! `cargo run --release -p media --example rooms -- <rooms> <seconds>`
//! `cargo run --release -p media --example rooms -- <rooms> memory` opens, feeds and closes them three times over.

// A measuring tool: it ends when something is wrong, and its clock is its own.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use std::{
    fs,
    io::IoSliceMut,
    net::{SocketAddr, UdpSocket},
    os::fd::AsRawFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use media::{
    Config, Handle, PortRange,
    g711::{self, Law},
};
use nix::sys::{
    socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt::ReceiveTimestampns},
    time::TimeSpec,
};
use terms::{ConversationId, HearingMatrix, LegId, Listener, Sdp, Source};

const PARTIES: u32 = 3;

/// One party: it clicks once a second in its own slot and listens for the others' clicks.
struct Party {
    socket: UdpSocket,
    target: SocketAddr,
    phase: Duration,
    sent: u32,
    room: usize,
    place: usize,
    arrivals: Vec<(Duration, u32)>,
    /// When a click was heard.
    clicks: Vec<Duration>,
    /// When a click was sent.
    clicked: Vec<Duration>,
}

fn main() {
    let mut numbers = std::env::args().skip(1).filter_map(|arg| arg.parse::<u64>().ok());
    let rooms = numbers.next().unwrap_or(100) as usize;
    let seconds = numbers.next().unwrap_or(15);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let config = Config { port_range: PortRange { first: 20_000, last: 39_999 }, ..Config::default() };
    let (handle, mut reports) = Handle::start(config).unwrap();
    if std::env::args().nth(2).is_some_and(|arg| arg == "memory") {
        return memory(&handle, &runtime, rooms);
    }
    let memory_before = resident_kb();
    let mut parties = Vec::new();
    for room in 0..rooms {
        let conversation = ConversationId::from_number(room as u128 + 1);
        let legs: Vec<LegId> = (0..PARTIES).map(|ordinal| LegId::new(conversation, ordinal)).collect();
        for (place, leg) in legs.iter().enumerate() {
            parties.push(runtime.block_on(join(&handle, *leg, room, place)));
        }
        handle.obey(conversation, 1, &everybody(&legs));
    }
    let opened = resident_kb();
    parties.sort_by_key(|party| party.phase);
    let stop = Arc::new(AtomicBool::new(false));
    let count = parties.len();
    let driver = thread::spawn({
        let stop = Arc::clone(&stop);
        move || drive(parties, &stop)
    });
    thread::sleep(Duration::from_secs(3));
    let (cpu, begun) = (engine_cpu_ns(), Instant::now());
    thread::sleep(Duration::from_secs(seconds));
    let used = engine_cpu_ns() - cpu;
    let lasted = begun.elapsed();
    let in_call = resident_kb();
    stop.store(true, Ordering::Relaxed);
    let (parties, late) = driver.join().unwrap();
    while reports.try_recv().is_ok() {}
    println!("parties {count}, seconds {:.1}", lasted.as_secs_f64());
    println!("cpu ms per participant-second {:.3}", used as f64 / 1e6 / count as f64 / lasted.as_secs_f64());
    println!(
        "resident kB: before {memory_before}, opened {opened} ({:.1} a party), in call {in_call}",
        (opened - memory_before) as f64 / count as f64
    );
    print_latency(&parties);
    print_evenness(&parties);
    println!("driver late ms p99 {:.2}", percentile(late, 0.99));
    println!("{:?}", handle.health());
    drop(parties);
    for room in 0..rooms {
        for ordinal in 0..PARTIES {
            handle.close(LegId::new(ConversationId::from_number(room as u128 + 1), ordinal));
        }
    }
    thread::sleep(Duration::from_millis(200));
    println!("resident kB after closing {}", resident_kb());
    runtime.block_on(handle.stop());
}

/// Memory of the engine alone: parties that have filled every buffer once, and what is left when they are gone.
fn memory(handle: &Handle, runtime: &tokio::runtime::Runtime, rooms: usize) {
    for round in 0..3u128 {
        let before = resident_kb();
        let mut parties = Vec::new();
        for room in 0..rooms {
            let conversation = ConversationId::from_number((round << 32) + room as u128 + 1);
            let legs: Vec<LegId> = (0..PARTIES).map(|ordinal| LegId::new(conversation, ordinal)).collect();
            for (place, leg) in legs.iter().enumerate() {
                parties.push((*leg, runtime.block_on(join(handle, *leg, room, place))));
            }
            handle.obey(conversation, 1, &everybody(&legs));
        }
        for sequence in 0..50u16 {
            for (_, party) in &parties {
                let mut bytes = vec![0x80, 0];
                bytes.extend_from_slice(&sequence.to_be_bytes());
                bytes.extend_from_slice(&(u32::from(sequence) * 160).to_be_bytes());
                bytes.extend_from_slice(&7u32.to_be_bytes());
                bytes.extend_from_slice(&[0x55; 160]);
                let _ = party.socket.send_to(&bytes, party.target);
            }
            thread::sleep(Duration::from_millis(20));
        }
        let full = resident_kb();
        for (leg, _) in &parties {
            handle.close(*leg);
            handle.obey(leg.conversation, 2, &HearingMatrix::default());
        }
        let count = parties.len() as f64;
        drop(parties);
        thread::sleep(Duration::from_millis(200));
        let (party, after) = ((full - before) as f64 / count, resident_kb());
        println!(
            "round {round}: resident kB before {before}, full {full} ({party:.1} a party), after {after}"
        );
    }
}

fn everybody(legs: &[LegId]) -> HearingMatrix {
    let mut matrix = HearingMatrix::default();
    for listener in legs {
        for speaker in legs {
            matrix.link(Listener::Leg(*listener), Source::Leg(*speaker));
        }
    }
    matrix
}

async fn join(handle: &Handle, leg: LegId, room: usize, place: usize) -> Party {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_nonblocking(true).unwrap();
    setsockopt(&socket, ReceiveTimestampns, &true).unwrap();
    let port = socket.local_addr().unwrap().port();
    let offer = format!("v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {port} RTP/AVP 0\r\na=sendrecv\r\n");
    let answer = handle.answer(leg, Sdp(offer)).await.unwrap();
    let port: u16 =
        answer.sdp.0.split("m=audio ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    // Spread over the 20 ms like real senders.
    let phase = Duration::from_micros((room as u64 * 7_919 + place as u64 * 6_311) % 20_000);
    Party {
        socket,
        target: ([127, 0, 0, 1], port).into(),
        phase,
        sent: 0,
        room,
        place,
        arrivals: Vec::new(),
        clicks: Vec::new(),
        clicked: Vec::new(),
    }
}

fn drive(mut parties: Vec<Party>, stop: &AtomicBool) -> (Vec<Party>, Vec<f64>) {
    let mut quiet = [0u8; 160];
    let mut loud = [0u8; 160];
    let hum: Vec<i16> = (0..160).map(|n| (300.0 * (n as f32 * 0.3).sin()) as i16).collect();
    let click: Vec<i16> = (0..160).map(|n| if n % 8 < 4 { 12_000 } else { -12_000 }).collect();
    g711::encode(Law::Mu, &hum, &mut quiet);
    g711::encode(Law::Mu, &click, &mut loud);
    let begun = Instant::now() + Duration::from_millis(5);
    let mut late = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let now = Instant::now();
        for party in &mut parties {
            let due = begun + party.phase + Duration::from_millis(20) * party.sent;
            if now < due {
                continue;
            }
            late.push((now - due).as_secs_f64() * 1e3);
            // Slots of a third of a second, so that a click has one author.
            let clicks = party.sent as usize % 51 == party.place * 17;
            let body = if clicks { &loud } else { &quiet };
            let mut bytes = vec![0x80, 0];
            bytes.extend_from_slice(&(party.sent as u16).to_be_bytes());
            bytes.extend_from_slice(&(party.sent * 160).to_be_bytes());
            bytes.extend_from_slice(&(party.room as u32 * 8 + party.place as u32).to_be_bytes());
            bytes.extend_from_slice(body);
            let before = wall();
            let _ = party.socket.send_to(&bytes, party.target);
            if clicks {
                party.clicked.push(before);
            }
            party.sent += 1;
        }
        let mut bytes = [0u8; 2048];
        let mut control = nix::cmsg_space!(TimeSpec);
        for party in &mut parties {
            while let Some((len, at)) = receive(&party.socket, &mut bytes, &mut control) {
                if len < 172 {
                    continue;
                }
                party.arrivals.push((at, u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]])));
                let mut samples = [0i16; 160];
                g711::decode(Law::Mu, &bytes[12..172], &mut samples);
                if samples.iter().any(|sample| sample.unsigned_abs() > 8_000) {
                    party.clicks.push(at);
                }
            }
        }
        thread::sleep(Duration::from_millis(2));
    }
    (parties, late)
}

/// From sending a click to hearing it, over all pairs of a room.
fn print_latency(parties: &[Party]) {
    let mut delays = Vec::new();
    let mut missed = 0;
    for speaker in parties {
        for listener in
            parties.iter().filter(|other| other.room == speaker.room && other.place != speaker.place)
        {
            for sent in speaker.clicked.iter().skip(3).rev().skip(1) {
                let heard = listener.clicks.iter().find(|at| *at > sent);
                match heard.map(|at| (*at - *sent).as_secs_f64() * 1e3).filter(|ms| *ms < 300.0) {
                    Some(ms) => delays.push(ms),
                    None => missed += 1,
                }
            }
        }
    }
    let (p50, p99) = (percentile(delays.clone(), 0.5), percentile(delays.clone(), 0.99));
    println!("latency ms p50 {p50:.1} p99 {p99:.1} ({} clicks, {missed} missed)", delays.len());
}

/// How far the spacing of packets is from the spacing of their timestamps.
fn print_evenness(parties: &[Party]) {
    let off = |pair: &[(Duration, u32)]| {
        let spaced = f64::from(pair[1].1.wrapping_sub(pair[0].1)) / 8.0;
        ((pair[1].0 - pair[0].0).as_secs_f64() * 1e3 - spaced).abs()
    };
    let jitter: Vec<f64> =
        parties.iter().flat_map(|party| party.arrivals.windows(2).skip(50).map(off)).collect();
    println!(
        "outgoing jitter ms p50 {:.2} p99 {:.2}",
        percentile(jitter.clone(), 0.5),
        percentile(jitter, 0.99)
    );
}

fn wall() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap()
}

fn receive(socket: &UdpSocket, bytes: &mut [u8], control: &mut [u8]) -> Option<(usize, Duration)> {
    let mut slices = [IoSliceMut::new(bytes)];
    let message =
        recvmsg::<()>(socket.as_raw_fd(), &mut slices, Some(control), MsgFlags::MSG_DONTWAIT).ok()?;
    let stamp = message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
        _ => None,
    });
    Some((message.bytes, stamp.unwrap_or_else(wall)))
}

fn percentile(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get((values.len().saturating_sub(1) as f64 * share) as usize).copied().unwrap_or(f64::NAN)
}

/// Nanoseconds on a core of the threads named media-*.
fn engine_cpu_ns() -> u64 {
    let Ok(tasks) = fs::read_dir("/proc/self/task") else { return 0 };
    tasks
        .flatten()
        .filter(|task| {
            fs::read_to_string(task.path().join("comm")).is_ok_and(|name| name.starts_with("media-"))
        })
        .filter_map(|task| fs::read_to_string(task.path().join("schedstat")).ok())
        .filter_map(|text| text.split(' ').next()?.parse::<u64>().ok())
        .sum()
}

fn resident_kb() -> i64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or("");
    line.split_whitespace().nth(1).and_then(|kb| kb.parse().ok()).unwrap_or(0)
}
