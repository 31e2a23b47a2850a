//! A phone's mouth and ear: one RTP wire with a pilot tone going out on an even beat and an [`Ear`] on what comes in.

use std::{
    collections::VecDeque,
    io,
    net::{IpAddr, SocketAddr, UdpSocket},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::{
    clock,
    ear::{Arrivals, Ear, Hearing, Mark, Sound, Verdict, WINDOW},
    error::Result,
    g711::Law,
    rtp::{Packet, TelephoneEvent},
    tone::{FRAME, Oscillator, PILOT_DBFS, Pilot, to_i16},
    wait::until,
};

const BEAT: Duration = Duration::from_millis(20);
/// How long a digit is pressed and how long the pause after it is, in frames.
const DIGIT_FRAMES: u16 = 5;
const DIGIT_PAUSE_FRAMES: u16 = 3;
/// How often the listening thread looks whether it is still wanted.
const LISTEN_TURN: Duration = Duration::from_millis(100);

/// What a mouth says.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Says {
    /// The party's own tone, without end.
    Pilot(Pilot),
    /// Another tone, in Hz.
    Tone(f64),
    /// Packets of silence: a muted microphone.
    Silence,
    /// No packets: nothing goes out at all.
    Nothing,
}

/// Where the far end wants its sound, and in which form; what the session descriptions agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    pub remote: SocketAddr,
    pub law: Law,
    pub telephone_event: Option<u8>,
    /// Whether we may send and shall listen.
    pub sends: bool,
    pub receives: bool,
}

struct Mouth {
    says: Says,
    agreed: Option<Agreed>,
    digits: VecDeque<char>,
    /// The wire is broken: nothing goes out and nothing comes in.
    cut: bool,
    sent: u64,
}

struct Heard {
    ear: Ear,
    digits: VecDeque<char>,
    last_event: Option<u32>,
    strange: u64,
}

struct Wire {
    rtp: UdpSocket,
    /// Kept open so that reports to the next port disturb nobody (RFC 3550 pairs the ports).
    _rtcp: UdpSocket,
    mouth: Mutex<Mouth>,
    heard: Mutex<Heard>,
}

/// The wire lives while a handle to it does.
struct Life(Arc<AtomicBool>);

impl Drop for Life {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[derive(Clone)]
pub struct Voice {
    wire: Arc<Wire>,
    local: SocketAddr,
    life: Arc<Life>,
}

fn open<T>(lock: &Mutex<T>) -> MutexGuard<'_, T> {
    lock.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Voice {
    /// Opens a pair of ports on `address` and begins to speak as soon as somebody is agreed on.
    pub fn start(address: IpAddr, says: Says) -> Result<Voice> {
        let voice = Voice::open(address, says)?;
        let (speaking, listening) = (voice.wire.clone(), voice.wire.clone());
        let (end_speaking, end_listening) = (voice.life.0.clone(), voice.life.0.clone());
        thread::Builder::new().name("mouth".into()).spawn(move || speak(&speaking, &end_speaking))?;
        thread::Builder::new().name("ear".into()).spawn(move || listen(&listening, &end_listening))?;
        Ok(voice)
    }

    /// Ports without mouth and ear: whoever takes `socket` speaks and listens.
    pub fn elsewhere(address: IpAddr) -> Result<Voice> {
        Voice::open(address, Says::Nothing)
    }

    fn open(address: IpAddr, says: Says) -> Result<Voice> {
        let (rtp, rtcp) = pair_of_ports(address)?;
        rtp.set_read_timeout(Some(LISTEN_TURN))?;
        let local = rtp.local_addr()?;
        let wire = Arc::new(Wire {
            rtp,
            _rtcp: rtcp,
            mouth: Mutex::new(Mouth { says, agreed: None, digits: VecDeque::new(), cut: false, sent: 0 }),
            heard: Mutex::new(Heard {
                ear: Ear::new(),
                digits: VecDeque::new(),
                last_event: None,
                strange: 0,
            }),
        });
        Ok(Voice { wire, local, life: Arc::new(Life(Arc::new(AtomicBool::new(false)))) })
    }

    pub fn socket(&self) -> io::Result<UdpSocket> {
        self.wire.rtp.try_clone()
    }
    pub fn address(&self) -> SocketAddr {
        self.local
    }
    pub fn agree(&self, agreed: Agreed) {
        open(&self.wire.mouth).agreed = Some(agreed);
    }
    pub fn agreed(&self) -> Option<Agreed> {
        open(&self.wire.mouth).agreed
    }
    pub fn say(&self, says: Says) {
        open(&self.wire.mouth).says = says;
    }
    /// Presses digits as named events, one after the other.
    pub fn press(&self, digits: &str) {
        open(&self.wire.mouth).digits.extend(digits.chars());
    }
    /// Whether all pressed digits are out.
    pub fn pressed(&self) -> bool {
        open(&self.wire.mouth).digits.is_empty()
    }
    /// Breaks the wire in both directions, without a word to the far end.
    pub fn cut(&self) {
        open(&self.wire.mouth).cut = true;
    }
    pub fn mend(&self) {
        open(&self.wire.mouth).cut = false;
    }
    pub fn is_cut(&self) -> bool {
        open(&self.wire.mouth).cut
    }
    /// Ends the wire for good; what was heard stays readable.
    pub fn close(&self) {
        self.life.0.store(true, Ordering::Relaxed);
    }
    pub fn packets_sent(&self) -> u64 {
        open(&self.wire.mouth).sent
    }

    /// Digits that came in as named events so far, taken out.
    pub fn digits(&self) -> String {
        open(&self.wire.heard).digits.drain(..).collect()
    }
    pub fn arrivals(&self) -> Arrivals {
        open(&self.wire.heard).ear.arrivals.clone()
    }
    /// Packets that were neither sound nor a named event of this call.
    pub fn strange_packets(&self) -> u64 {
        open(&self.wire.heard).strange
    }
    pub fn mark(&self) -> Mark {
        open(&self.wire.heard).ear.mark(clock::now())
    }
    pub fn since(&self, mark: Mark) -> Option<Sound> {
        open(&self.wire.heard).ear.since(mark, clock::now())
    }
    pub fn last(&self, length: Duration) -> Option<Sound> {
        open(&self.wire.heard).ear.last(length, clock::now())
    }
    /// The last 400 ms; `None` when the ear is younger than that.
    pub fn hearing(&self) -> Option<Hearing> {
        self.last(WINDOW).map(|sound| sound.hearing())
    }
    /// Whether a party is heard in the last 400 ms.
    pub fn hears(&self, pilot: Pilot) -> Verdict {
        self.last(WINDOW).map_or(Verdict::Absent, |sound| {
            Hearing { pilots: vec![(pilot, sound.pilot(pilot))], rest: 0.0 }.verdict(pilot)
        })
    }

    /// Waits until the last 400 ms hold exactly these parties, every other one absent, with or without music.
    pub async fn hears_exactly(&self, pilots: &[Pilot], music: bool, limit: Duration) -> Result<Hearing> {
        let what = format!("an ear hears exactly {pilots:?}{}", if music { " and music" } else { "" });
        until(&what, limit, || self.fits(pilots, music)).await
    }

    fn fits(&self, pilots: &[Pilot], music: bool) -> std::result::Result<Hearing, String> {
        let Some(hearing) = self.hearing() else {
            return Err("less than 400 ms of sound".into());
        };
        let wrong = Pilot::all().find(|pilot| {
            let wanted = if pilots.contains(pilot) { Verdict::Present } else { Verdict::Absent };
            hearing.verdict(*pilot) != wanted
        });
        match wrong {
            Some(pilot) => Err(format!("{pilot:?} at {:.1} dBFS of {hearing}", hearing.level(pilot))),
            None if hearing.music() != music => Err(format!("music: {} of {hearing}", !music)),
            None => Ok(hearing),
        }
    }

    /// Waits until nothing but silence was heard for 400 ms.
    pub async fn hears_silence(&self, limit: Duration) -> Result<()> {
        until("an ear hears silence", limit, || match self.last(WINDOW) {
            Some(sound) if sound.total() > super::ear::ABSENT_DBFS => {
                Err(format!("{:.1} dBFS", sound.total()))
            }
            _ => Ok(()),
        })
        .await
    }
}

/// An even port and the next one, as RFC 3550 pairs them.
fn pair_of_ports(address: IpAddr) -> io::Result<(UdpSocket, UdpSocket)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..200 {
        let rtp = UdpSocket::bind((address, 0))?;
        let port = rtp.local_addr()?.port();
        if port % 2 == 1 {
            continue;
        }
        match UdpSocket::bind((address, port + 1)) {
            Ok(rtcp) => return Ok((rtp, rtcp)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// The stream that goes out; its time runs on also while nothing is sent.
struct Stream {
    ssrc: u32,
    sequence: u16,
    timestamp: u32,
    voice: Oscillator,
    digit: Option<Press>,
    talking: bool,
}

struct Press {
    digit: char,
    began: u32,
    frame: u16,
}

fn speak(wire: &Wire, ended: &AtomicBool) {
    let mut stream = Stream {
        ssrc: rand::random(),
        sequence: rand::random(),
        timestamp: rand::random(),
        voice: Oscillator::new(0.0, PILOT_DBFS),
        digit: None,
        talking: false,
    };
    let mut octets = Vec::with_capacity(200);
    let mut due = clock::now();
    while !ended.load(Ordering::Relaxed) {
        due += BEAT;
        let ahead = due.saturating_duration_since(clock::now());
        if !ahead.is_zero() {
            thread::sleep(ahead);
        }
        stream.beat(wire, &mut octets);
        stream.timestamp = stream.timestamp.wrapping_add(FRAME as u32);
    }
}

impl Stream {
    fn beat(&mut self, wire: &Wire, octets: &mut Vec<u8>) {
        let mut mouth = open(&wire.mouth);
        let (says, agreed, cut) = (mouth.says, mouth.agreed, mouth.cut);
        if self.digit.is_none() && agreed.is_some_and(|a| a.telephone_event.is_some()) {
            self.digit = mouth.digits.front().map(|d| Press { digit: *d, began: self.timestamp, frame: 0 });
        }
        let frame = self.frame(says);
        let Some(agreed) = agreed.filter(|a| a.sends && !cut && says != Says::Nothing) else {
            self.talking = false;
            return;
        };
        if let Some(event) = agreed.telephone_event
            && self.press(wire, &agreed, event, &mut mouth, octets)
        {
            return;
        }
        let payload: Vec<u8> = frame.iter().map(|s| agreed.law.encode(*s)).collect();
        let marker = !std::mem::replace(&mut self.talking, true);
        self.send(wire, &agreed, agreed.law.payload_type(), marker, self.timestamp, &payload, octets);
        mouth.sent += 1;
    }

    /// One beat of a pressed digit; false in the pause after it, when the voice speaks again.
    fn press(
        &mut self,
        wire: &Wire,
        agreed: &Agreed,
        kind: u8,
        mouth: &mut Mouth,
        octets: &mut Vec<u8>,
    ) -> bool {
        let Some(press) = &mut self.digit else { return false };
        let (digit, began, frame) = (press.digit, press.began, press.frame);
        press.frame += 1;
        if frame >= DIGIT_FRAMES {
            if frame >= DIGIT_FRAMES + DIGIT_PAUSE_FRAMES {
                self.digit = None;
                mouth.digits.pop_front();
            }
            return false;
        }
        let ended = frame + 1 == DIGIT_FRAMES;
        let event = TelephoneEvent { digit, ended, duration: (frame + 1) * FRAME as u16 };
        let Some(payload) = event.write() else { return false };
        // The last report goes out three times, against loss (RFC 4733, 2.5.1.4).
        for _ in 0..if ended { 3 } else { 1 } {
            self.send(wire, agreed, kind, frame == 0, began, &payload, octets);
        }
        self.talking = false;
        true
    }

    fn frame(&mut self, says: Says) -> [i16; FRAME] {
        let mut sound = [0.0; FRAME];
        match says {
            Says::Pilot(pilot) => self.voice.set_hz(pilot.hz()),
            Says::Tone(hz) => self.voice.set_hz(hz),
            Says::Silence | Says::Nothing => return [0; FRAME],
        }
        self.voice.fill(&mut sound);
        sound.map(to_i16)
    }

    #[allow(clippy::too_many_arguments, reason = "the fields of one packet")]
    fn send(
        &mut self,
        wire: &Wire,
        agreed: &Agreed,
        kind: u8,
        marker: bool,
        timestamp: u32,
        payload: &[u8],
        octets: &mut Vec<u8>,
    ) {
        let packet = Packet {
            marker,
            payload_type: kind,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
            payload,
        };
        packet.write(octets);
        // A refused packet is a lost packet: the far end's port may be closed already.
        let _ = wire.rtp.send_to(octets, agreed.remote);
        self.sequence = self.sequence.wrapping_add(1);
    }
}

fn listen(wire: &Wire, ended: &AtomicBool) {
    let mut octets = [0u8; 2048];
    while !ended.load(Ordering::Relaxed) {
        let Ok((length, source)) = wire.rtp.recv_from(&mut octets) else { continue };
        let at = clock::now();
        let (agreed, cut) = {
            let mouth = open(&wire.mouth);
            (mouth.agreed, mouth.cut)
        };
        if cut {
            continue;
        }
        let Some(packet) = Packet::read(&octets[..length]) else { continue };
        let mut heard = open(&wire.heard);
        heard.ear.arrivals.sources.insert(source);
        let event = agreed.and_then(|a| a.telephone_event);
        if Some(packet.payload_type) == event {
            heard.event(&packet);
        } else if let Some(law) = Law::from_payload_type(packet.payload_type) {
            let samples: Vec<i16> = packet.payload.iter().map(|octet| law.decode(*octet)).collect();
            heard.ear.take(packet.ssrc, packet.timestamp, at, &samples);
        } else {
            heard.strange += 1;
        }
    }
}

impl Heard {
    /// A digit counts once, at the first report of its end.
    fn event(&mut self, packet: &Packet<'_>) {
        match TelephoneEvent::read(packet.payload) {
            Some(event) if event.ended && self.last_event != Some(packet.timestamp) => {
                self.last_event = Some(packet.timestamp);
                self.digits.push_back(event.digit);
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOON: Duration = Duration::from_secs(5);

    fn pair(law: Law) -> (Voice, Voice) {
        let here: IpAddr = [127, 0, 0, 1].into();
        let ana = Voice::start(here, Says::Pilot(Pilot::nth(0))).unwrap();
        let ben = Voice::start(here, Says::Pilot(Pilot::nth(1))).unwrap();
        for (from, to) in [(&ana, &ben), (&ben, &ana)] {
            let remote = to.address();
            from.agree(Agreed { remote, law, telephone_event: Some(101), sends: true, receives: true });
        }
        (ana, ben)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn two_voices_hear_each_other_and_nobody_else() {
        for law in [Law::Mu, Law::A] {
            let (ana, ben) = pair(law);
            ana.hears_exactly(&[Pilot::nth(1)], false, SOON).await.unwrap();
            ben.hears_exactly(&[Pilot::nth(0)], false, SOON).await.unwrap();
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_muted_voice_is_not_heard_and_a_cut_wire_is_silent_until_mended() {
        let (ana, ben) = pair(Law::Mu);
        ben.hears_exactly(&[Pilot::nth(0)], false, SOON).await.unwrap();
        ana.say(Says::Silence);
        ben.hears_exactly(&[], false, SOON).await.unwrap();
        ana.say(Says::Pilot(Pilot::nth(2)));
        ben.hears_exactly(&[Pilot::nth(2)], false, SOON).await.unwrap();
        ana.cut();
        ben.hears_silence(SOON).await.unwrap();
        ana.hears_silence(SOON).await.unwrap();
        ana.mend();
        ben.hears_exactly(&[Pilot::nth(2)], false, SOON).await.unwrap();
        ana.hears_exactly(&[Pilot::nth(1)], false, SOON).await.unwrap();
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn pressed_digits_arrive_once_each_and_in_order() {
        let (ana, ben) = pair(Law::Mu);
        ana.press("1159*#0D");
        let mut seen = String::new();
        until("eight digits", SOON, || {
            seen += &ben.digits();
            if seen.len() >= 8 { Ok(()) } else { Err(seen.clone()) }
        })
        .await
        .unwrap();
        until("the voice goes on", SOON, || if ana.pressed() { Ok(()) } else { Err("still pressing") })
            .await
            .unwrap();
        assert_eq!(seen + &ben.digits(), "1159*#0D");
        ben.hears_exactly(&[Pilot::nth(0)], false, SOON).await.unwrap();
    }
}
