//! The tick allocates nothing, whatever happens in it.

use std::{net::UdpSocket, sync::Arc, time::Duration};

use allocation_counter::measure;
use terms::{ConversationId, HearingMatrix, LegId, Listener, MusicId, PromptId, Sdp, Source, Tone};
use tokio::sync::mpsc;

use super::{Command, Counters, Worker, WorkerParts};
use crate::{
    Config, PortRange, Report,
    clock::{Clock, Now},
    codec::opus::OpusPair,
    desk::Desk,
};

struct Far {
    socket: UdpSocket,
    target: std::net::SocketAddr,
    payload_type: u8,
    body: Vec<u8>,
    sequence: u16,
}

impl Far {
    fn send(&mut self, payload_type: u8, body: &[u8]) {
        let clock = if self.payload_type == 111 { 960 } else { 160 };
        let mut bytes = vec![0x80, payload_type];
        bytes.extend_from_slice(&self.sequence.to_be_bytes());
        bytes.extend_from_slice(&(u32::from(self.sequence) * clock).to_be_bytes());
        bytes.extend_from_slice(&77u32.to_be_bytes());
        bytes.extend_from_slice(body);
        self.sequence = self.sequence.wrapping_add(1);
        self.socket.send_to(&bytes, self.target).unwrap();
    }

    fn speak(&mut self) {
        let body = self.body.clone();
        self.send(self.payload_type, &body);
    }
}

fn far(desk: &mut Desk, commands: &mpsc::Sender<Command>, leg: LegId, payload_type: u8) -> Far {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    let map = match payload_type {
        0 => "PCMU/8000",
        8 => "PCMA/8000",
        _ => "opus/48000/2",
    };
    let offer = format!(
        "v=0\r\nc=IN IP4 127.0.0.1\r\nm=audio {} RTP/AVP {payload_type} 101\r\na=rtpmap:{payload_type} {map}\r\n\
         a=rtpmap:101 telephone-event/8000\r\n",
        socket.local_addr().unwrap().port()
    );
    let (answer, command) = desk.answer(leg, &Sdp(offer)).unwrap();
    commands.try_send(command).unwrap();
    let port: u16 =
        answer.sdp.0.split("m=audio ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    let body = if payload_type == 111 {
        let mut bytes = [0u8; 1275];
        let len = OpusPair::new().unwrap().encoder.encode(&[500; 320], &mut bytes).unwrap();
        bytes[..len].to_vec()
    } else {
        vec![0x23; 160]
    };
    Far { socket, target: ([127, 0, 0, 1], port).into(), payload_type, body, sequence: 65_530 }
}

struct Bed {
    worker: Worker,
    commands: mpsc::Sender<Command>,
    reports: mpsc::Receiver<Report>,
    legs: Vec<LegId>,
    fars: Vec<Far>,
    now: Now,
    allocations: u64,
}

impl Bed {
    fn new(first_port: u16, payload_types: &[u8]) -> Self {
        let config = Config {
            port_range: PortRange { first: first_port, last: first_port + 99 },
            ..Config::default()
        };
        let mut desk = Desk::new(config).unwrap();
        let (commands, receiver) = mpsc::channel(64);
        let (out, reports) = mpsc::channel(8_192);
        let parts = WorkerParts {
            clock: Clock::start(),
            commands: receiver,
            reports: out,
            notes: std::sync::mpsc::sync_channel(16).0,
            counters: Arc::new(Counters::default()),
        };
        let mut legs = Vec::new();
        let mut fars = Vec::new();
        for (ordinal, payload_type) in payload_types.iter().enumerate() {
            let leg = LegId::new(ConversationId::from_number(1), ordinal as u32);
            fars.push(far(&mut desk, &commands, leg, *payload_type));
            legs.push(leg);
        }
        let now = Now { us: 1_000_000, wall: Clock::wall() };
        Self { worker: Worker::new(parts), commands, reports, legs, fars, now, allocations: 0 }
    }

    fn obey(&mut self, version: u64, matrix: HearingMatrix) {
        let conversation = self.legs[0].conversation;
        self.commands.try_send(Command::Obey { conversation, version, matrix: Box::new(matrix) }).unwrap();
    }

    /// One tick of virtual time: commands before, then four phases under the counter.
    fn tick(&mut self) {
        assert!(self.worker.take_commands());
        for _ in 0..4 {
            self.now.us += 5_000;
            self.now.wall += Duration::from_millis(5);
            let (worker, now) = (&mut self.worker, self.now);
            self.allocations += measure(|| {
                worker.phase(&now);
            })
            .count_total;
        }
        self.worker.flush();
    }
}

fn everybody_with_music_and_a_coach(legs: &[LegId]) -> HearingMatrix {
    let mut matrix = HearingMatrix::default();
    for listener in legs {
        for speaker in legs {
            matrix.link(Listener::Leg(*listener), Source::Leg(*speaker));
        }
    }
    matrix.0.retain(|(listener, source)| {
        *source != Source::Leg(legs[legs.len() - 1]) || *listener == Listener::Leg(legs[1])
    });
    matrix.link(Listener::Leg(legs[0]), Source::HoldMusic(MusicId::HOLD));
    matrix.link(Listener::Leg(legs[1]), Source::Prompt(PromptId::CALLER_LEFT));
    matrix.link(Listener::Leg(legs[2]), Source::Tone(Tone::Ringback));
    matrix
}

fn a_busy_life(mut bed: Bed) {
    let matrix = everybody_with_music_and_a_coach(&bed.legs);
    bed.obey(1, matrix);
    let codes = vec![1, 2, 3, 11];
    let digits = Command::Digits { leg: bed.legs[1], codes };
    // Ten seconds: measurements and RTCP fall into it.
    for tick in 0..500u64 {
        if tick == 100 {
            bed.commands.try_send(Command::Digits { leg: bed.legs[0], codes: vec![5, 6] }).unwrap();
        }
        for (number, far) in bed.fars.iter_mut().enumerate() {
            match (tick + number as u64) % 50 {
                // Lost, late in a burst, pressed, junk: everything a wire does.
                10 => far.sequence = far.sequence.wrapping_add(1),
                20..25 => {}
                25 => (0..6).for_each(|_| far.speak()),
                30 => far.send(101, &[5, 10, 0, 160]),
                40 => far.send(99, &[1; 900]),
                _ => far.speak(),
            }
        }
        bed.tick();
    }
    bed.commands.try_send(digits).unwrap();
    // And silence until the time-out.
    for _ in 0..1_600 {
        bed.tick();
    }
    let reports: Vec<Report> = std::iter::from_fn(|| bed.reports.try_recv().ok()).collect();
    let count = |fits: fn(&Report) -> bool| reports.iter().filter(|report| fits(report)).count();
    assert!(count(|r| matches!(r, Report::Digit { .. })) >= 10);
    assert!(count(|r| matches!(r, Report::Measured { .. })) >= 4);
    assert!(count(|r| matches!(r, Report::PromptFinished { .. })) == 1);
    assert!(count(|r| matches!(r, Report::TimedOut { .. })) == bed.fars.len());
    assert_eq!(bed.allocations, 0);
}

#[test]
fn a_tick_of_g711_allocates_nothing() {
    a_busy_life(Bed::new(30_000, &[0, 8, 0, 0]));
}

#[test]
fn a_tick_with_opus_allocates_nothing() {
    a_busy_life(Bed::new(30_200, &[0, 111, 8, 111]));
}

#[test]
fn the_counter_counts() {
    assert_ne!(measure(|| drop(std::hint::black_box(vec![1u8; 100]))).count_total, 0);
}
