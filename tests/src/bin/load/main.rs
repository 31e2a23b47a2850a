//! The load generator: whole calls through the real server on loopback, its CPU and memory as the kernel counts them.
//!
//! `cargo xtask load [calls] [rooms] [seconds]`: so many calls are answered and end; then so many conversations of
//! three talk for so long; then each gets a supervisor. Bounded in count and time, and only ever against its own server.
//! The server shares the machine: run it as root, and the generator raises itself above the server.

mod floor;
mod meter;
mod sound;

use std::time::Duration;

use floor::{Floor, Member, Room};
use meter::{cpu_ms, load_average, percentile, resident_kb};
use scenarios::stage::{
    clock,
    error::{Result, StageError},
    phone::Call,
    server::{Server, Setup},
};
use sound::Party;

const ANSWERING: usize = 60;
const CALLS_A_SECOND: u64 = 40;
const CALLS_MAX: usize = 10_000;
const ROOMS_MAX: usize = 400;
const SECONDS_MAX: u64 = 300;
/// After a change, until buffers and the database have settled.
const SETTLE: Duration = Duration::from_secs(3);
/// Until a thread that hashed a password has ended and its 19 MiB are gone, which would drown what calls take.
const SETTLE_MEMORY: Duration = Duration::from_secs(15);

#[tokio::main]
async fn main() -> Result<()> {
    let numbers: Vec<usize> = std::env::args().skip(1).filter_map(|arg| arg.parse().ok()).collect();
    let calls = numbers.first().copied().unwrap_or(1_000).min(CALLS_MAX);
    let rooms = numbers.get(1).copied().unwrap_or(100).min(ROOMS_MAX);
    let seconds = numbers.get(2).map_or(20, |seconds| *seconds as u64).min(SECONDS_MAX);
    let setup = Setup::default().key("media.port_range", "\"20000-29999\"");
    let mut server = Server::start(setup).await?;
    let pid = server.pid().ok_or_else(|| StageError::Stopped("the server".into()))?;
    println!("load average {}", load_average());
    let floor = Floor::open(&server, ANSWERING).await?;
    whole_calls(&floor, pid, calls).await?;
    conversations(&floor, pid, rooms, seconds).await?;
    if !server.stop().await? {
        return Err(StageError::Stopped("the server did not stop by itself".into()));
    }
    Ok(())
}

async fn settled() {
    tokio::time::sleep(SETTLE).await;
}

/// Milliseconds of the server's CPU in so long.
async fn cpu_in(pid: u32, time: Duration) -> f64 {
    let before = cpu_ms(pid);
    tokio::time::sleep(time).await;
    cpu_ms(pid) - before
}

async fn whole_calls(floor: &Floor, pid: u32, calls: usize) -> Result<()> {
    for number in 0..ANSWERING {
        floor.short_call(number).await?;
    }
    settled().await;
    let idle = cpu_in(pid, SETTLE).await / SETTLE.as_secs_f64();
    let (before, began) = (cpu_ms(pid), clock::now());
    let mut beat = tokio::time::interval(Duration::from_millis(1_000 / CALLS_A_SECOND));
    let (mut failed, mut running) = (0usize, futures::stream::FuturesUnordered::new());
    for number in 0..calls {
        beat.tick().await;
        running.push(floor.short_call(number));
        while let Some(Some(done)) = futures::FutureExt::now_or_never(futures::StreamExt::next(&mut running))
        {
            failed += usize::from(done.is_err());
        }
    }
    while let Some(done) = futures::StreamExt::next(&mut running).await {
        failed += usize::from(done.is_err());
    }
    settled().await;
    let lasted = began.elapsed().as_secs_f64();
    let a_call = (cpu_ms(pid) - before - idle * lasted) / calls as f64;
    let rate = calls as f64 / (lasted - SETTLE.as_secs_f64());
    println!("whole calls: {calls} at {rate:.0} a second, {failed} failed, {a_call:.2} ms CPU a call");
    Ok(())
}

async fn conversations(floor: &Floor, pid: u32, rooms: usize, seconds: u64) -> Result<()> {
    let mut people: Vec<(Member, Member)> = Vec::new();
    for number in 0..rooms {
        people.push(floor.pair(number).await?);
    }
    tokio::time::sleep(SETTLE_MEMORY).await;
    let empty = resident_kb(pid);
    let open = opened(floor, &people).await?;
    let mut parties = Vec::new();
    for (number, room) in open.iter().enumerate() {
        parties.extend(seats(number, [&room.customer, &room.agent, &room.specialist])?);
    }
    let count = parties.len();
    let speaking = sound::speak(parties);
    settled().await;
    let used = cpu_in(pid, Duration::from_secs(seconds)).await;
    let full = resident_kb(pid);
    let heard = speaking.stop();
    let second = count as f64 * seconds as f64;
    println!("{rooms} conversations of three: {:.3} ms CPU a participant-second", used / second);
    say(&heard);
    closed(open, &people).await?;
    println!(
        "resident KiB: {empty:.0} before, {full:.0} in the calls ({:.1} a party), {:.0} after",
        (full - empty) / count as f64,
        resident_kb(pid)
    );
    let open = opened(floor, &people).await?;
    supervised(floor, pid, &open, seconds, used).await?;
    closed(open, &people).await?;
    println!("resident KiB after as many again with supervisors: {:.0}", resident_kb(pid));
    Ok(())
}

async fn opened(floor: &Floor, people: &[(Member, Member)]) -> Result<Vec<Room>> {
    let mut open = Vec::new();
    for (number, (agent, specialist)) in people.iter().enumerate() {
        open.push(floor.room(number, agent, specialist).await?);
    }
    Ok(open)
}

/// Nobody takes calls afterwards, so that the next room gets the agent it is for.
async fn closed(open: Vec<Room>, people: &[(Member, Member)]) -> Result<()> {
    for (room, (agent, _)) in open.iter().zip(people) {
        agent.away().await?;
        room.hang_up().await?;
    }
    drop(open);
    tokio::time::sleep(SETTLE_MEMORY).await;
    Ok(())
}

/// A supervisor listens to every room: what that adds.
async fn supervised(floor: &Floor, pid: u32, open: &[Room], seconds: u64, without: f64) -> Result<()> {
    let mut listening: Vec<(Member, Call)> = Vec::new();
    for (number, room) in open.iter().enumerate() {
        listening.push(floor.monitor(number, room).await?);
    }
    let mut parties = Vec::new();
    for (number, (room, (_, call))) in open.iter().zip(&listening).enumerate() {
        parties.extend(seats(number, [&room.customer, &room.agent, &room.specialist])?);
        parties.extend(Party::of(call.voice(), number + open.len(), 0));
    }
    let speaking = sound::speak(parties);
    settled().await;
    let used = cpu_in(pid, Duration::from_secs(seconds)).await;
    drop(speaking.stop());
    let added = (used - without) / (open.len() as f64 * seconds as f64);
    println!("a supervisor adds {added:.3} ms CPU a second");
    for (_, call) in &listening {
        call.hang_up().await?;
    }
    Ok(())
}

fn seats(room: usize, calls: [&Call; 3]) -> Result<Vec<Party>> {
    let seat = |(place, call): (usize, &Call)| Party::of(call.voice(), room, place);
    let seats: Option<Vec<Party>> = calls.into_iter().enumerate().map(seat).collect();
    seats.ok_or_else(|| StageError::Unsound("a call without an agreed description".into()))
}

fn say(heard: &sound::Heard) {
    let (delays, missed) = heard.latency();
    let (p50, p99) = (percentile(delays.clone(), 0.5), percentile(delays.clone(), 0.99));
    println!("latency ms: p50 {p50:.1} p99 {p99:.1} ({} clicks, {missed} missed)", delays.len());
    let jitter = heard.jitter();
    println!(
        "outgoing jitter ms: p50 {:.2} p99 {:.2}",
        percentile(jitter.clone(), 0.5),
        percentile(jitter, 0.99)
    );
    let (came, sent) = heard.packets();
    println!(
        "packets: {sent} sent, {came} came; the generator was {:.1} ms late (p99)",
        heard.own_lateness_p99()
    );
}
