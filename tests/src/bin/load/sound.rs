//! Many voices from one thread: each party hums, clicks in a slot of its own, and listens for the others' clicks.
//! Arrivals are stamped by the kernel, so that the generator's own hunger is not measured.

use std::{
    io::IoSliceMut,
    net::{SocketAddr, UdpSocket},
    os::fd::AsRawFd,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use nix::sys::{
    socket::{ControlMessageOwned, MsgFlags, recvmsg, setsockopt, sockopt::ReceiveTimestampns},
    time::TimeSpec,
};
use scenarios::stage::{clock, g711::Law, voice::Voice};

use super::meter::percentile;

const BEAT: Duration = Duration::from_millis(20);
/// Samples of a packet.
const FRAME: usize = 160;
/// Beats between two clicks of a room; 17 lie between those of two parties, so that a click has one author.
const ROUND: usize = 51;
const SLOT: usize = 17;
/// Louder than any hum of three, quieter than a click.
const CLICK: u16 = 8_000;

pub(crate) struct Party {
    socket: UdpSocket,
    target: SocketAddr,
    phase: Duration,
    sent: u32,
    room: usize,
    place: usize,
    arrivals: Vec<(Duration, u32)>,
    heard: Vec<Duration>,
    clicked: Vec<Duration>,
}

impl Party {
    /// None where the phones have not agreed on anything.
    pub(crate) fn of(voice: &Voice, room: usize, place: usize) -> Option<Party> {
        let socket = voice.socket().ok()?;
        socket.set_nonblocking(true).ok()?;
        setsockopt(&socket, ReceiveTimestampns, &true).ok()?;
        // Spread over the beat like real senders.
        let phase = Duration::from_micros((room as u64 * 7_919 + place as u64 * 6_311) % 20_000);
        Some(Party {
            socket,
            target: voice.agreed()?.remote,
            phase,
            sent: 0,
            room,
            place,
            arrivals: Vec::new(),
            heard: Vec::new(),
            clicked: Vec::new(),
        })
    }
}

pub(crate) struct Speaking {
    stop: Arc<AtomicBool>,
    thread: thread::JoinHandle<(Vec<Party>, Vec<f64>)>,
}

/// Everybody speaks until it is stopped.
pub(crate) fn speak(parties: Vec<Party>) -> Speaking {
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = Arc::clone(&stop);
    Speaking { stop, thread: thread::spawn(move || drive(parties, &stopped)) }
}

impl Speaking {
    pub(crate) fn stop(self) -> Heard {
        self.stop.store(true, Ordering::Relaxed);
        let (parties, late) = self.thread.join().unwrap_or_default();
        Heard { parties, late }
    }
}

fn drive(mut parties: Vec<Party>, stop: &AtomicBool) -> (Vec<Party>, Vec<f64>) {
    parties.sort_by_key(|party| party.phase);
    let encoded =
        |sound: &dyn Fn(usize) -> i16| -> Vec<u8> { (0..FRAME).map(|n| Law::Mu.encode(sound(n))).collect() };
    let hum = encoded(&|n| (300.0 * (n as f32 * 0.3).sin()) as i16);
    let click = encoded(&|n| if n % 8 < 4 { 12_000 } else { -12_000 });
    let begun = clock::now() + Duration::from_millis(5);
    let mut late = Vec::new();
    while !stop.load(Ordering::Relaxed) {
        let now = clock::now();
        for party in &mut parties {
            let due = begun + party.phase + BEAT * party.sent;
            if now >= due {
                late.push((now - due).as_secs_f64() * 1e3);
                party.say(&hum, &click);
            }
        }
        let mut octets = [0u8; 2048];
        let mut control = nix::cmsg_space!(TimeSpec);
        for party in &mut parties {
            while let Some((length, at)) = receive(&party.socket, &mut octets, &mut control) {
                if let Some(packet) = octets.get(..length).filter(|packet| packet.len() == 12 + FRAME) {
                    party.hear(packet, at);
                }
            }
        }
        thread::sleep(Duration::from_millis(2));
    }
    (parties, late)
}

impl Party {
    fn say(&mut self, hum: &[u8], click: &[u8]) {
        let clicks = self.sent as usize % ROUND == self.place * SLOT;
        let mut octets = vec![0x80, 0];
        octets.extend_from_slice(&(self.sent as u16).to_be_bytes());
        octets.extend_from_slice(&(self.sent * FRAME as u32).to_be_bytes());
        octets.extend_from_slice(&(self.room as u32 * 8 + self.place as u32).to_be_bytes());
        octets.extend_from_slice(if clicks { click } else { hum });
        let at = clock::since_epoch();
        // A packet that the kernel does not take is lost, as on any network.
        let _ = self.socket.send_to(&octets, self.target);
        if clicks {
            self.clicked.push(at);
        }
        self.sent += 1;
    }

    fn hear(&mut self, packet: &[u8], at: Duration) {
        let timestamp = [packet[4], packet[5], packet[6], packet[7]];
        self.arrivals.push((at, u32::from_be_bytes(timestamp)));
        let loud = |octet: &u8| Law::Mu.decode(*octet).unsigned_abs() > CLICK;
        if packet[12..].iter().any(loud) {
            self.heard.push(at);
        }
    }
}

pub(crate) struct Heard {
    parties: Vec<Party>,
    late: Vec<f64>,
}

impl Heard {
    /// Milliseconds from sending a click to its arrival at the others of the room, and how many never came.
    pub(crate) fn latency(&self) -> (Vec<f64>, usize) {
        let (mut delays, mut missed) = (Vec::new(), 0);
        for speaker in &self.parties {
            let others = self
                .parties
                .iter()
                .filter(|other| other.room == speaker.room && other.place != speaker.place);
            for listener in others {
                // The first clicks find jitter buffers that have not settled; the last may still be on its way.
                for sent in speaker.clicked.iter().skip(3).rev().skip(1) {
                    let after = listener.heard.iter().find(|at| *at > sent);
                    match after.map(|at| (*at - *sent).as_secs_f64() * 1e3).filter(|ms| *ms < 300.0) {
                        Some(ms) => delays.push(ms),
                        None => missed += 1,
                    }
                }
            }
        }
        (delays, missed)
    }

    /// Milliseconds by which the spacing of arrivals differs from the spacing of timestamps.
    pub(crate) fn jitter(&self) -> Vec<f64> {
        let off = |pair: &[(Duration, u32)]| {
            let spaced = f64::from(pair[1].1.wrapping_sub(pair[0].1)) / 8.0;
            ((pair[1].0.saturating_sub(pair[0].0)).as_secs_f64() * 1e3 - spaced).abs()
        };
        self.parties.iter().flat_map(|party| party.arrivals.windows(2).skip(50).map(off)).collect()
    }

    /// How late this generator itself was; above some milliseconds its figures say more of it than of the server.
    pub(crate) fn own_lateness_p99(&self) -> f64 {
        percentile(self.late.clone(), 0.99)
    }

    /// Packets that came, of those that went out.
    pub(crate) fn packets(&self) -> (usize, usize) {
        let sent = self.parties.iter().map(|party| party.sent as usize).sum();
        (self.parties.iter().map(|party| party.arrivals.len()).sum(), sent)
    }
}

fn receive(socket: &UdpSocket, octets: &mut [u8], control: &mut [u8]) -> Option<(usize, Duration)> {
    let mut slices = [IoSliceMut::new(octets)];
    let message =
        recvmsg::<()>(socket.as_raw_fd(), &mut slices, Some(control), MsgFlags::MSG_DONTWAIT).ok()?;
    let stamp = message.cmsgs().ok()?.find_map(|control| match control {
        ControlMessageOwned::ScmTimestampns(time) => Some(Duration::from(time)),
        _ => None,
    });
    Some((message.bytes, stamp.unwrap_or_else(clock::since_epoch)))
}
