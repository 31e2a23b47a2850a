//! sipp, somebody else's SIP tester: its stock scenarios and ours (`tests/sipp`) against an address.

use std::{
    collections::BTreeMap,
    net::{SocketAddr, UdpSocket},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::process::Command;

use super::{
    error::{Result, StageError},
    place::{self, Scratch},
    wait::within,
};

/// Where Debian keeps the recordings that `uac_pcap` plays.
const RECORDINGS: &str = "/usr/share/sip-tester";

/// One run of sipp.
#[derive(Clone, Debug)]
pub struct Sipp {
    scenario: Scenario,
    target: Option<SocketAddr>,
    service: String,
    calls: u32,
    rate: u32,
    hold_ms: u32,
    local: Option<SocketAddr>,
    arguments: Vec<String>,
}

#[derive(Clone, Debug)]
enum Scenario {
    Stock(String),
    Ours(String),
}

/// What sipp counted, from the last row of its statistics.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub created: u64,
    pub succeeded: u64,
    pub failed: u64,
    pub retransmissions: u64,
    /// All columns by name, for what is not above.
    pub columns: BTreeMap<String, String>,
    /// sipp's own verdict: 0 when every call went through.
    pub exit: i32,
    /// The end of its log of unexpected messages.
    pub errors: String,
}

impl Tally {
    pub fn all_succeeded(&self) -> bool {
        self.exit == 0 && self.failed == 0 && self.created > 0 && self.succeeded == self.created
    }
}

impl Sipp {
    /// A scenario that comes with sipp: `uac`, `uac_pcap`, `uas`, `3pcc-C-A`, ...
    pub fn stock(name: &str) -> Sipp {
        Sipp {
            scenario: Scenario::Stock(name.into()),
            target: None,
            service: "service".into(),
            calls: 1,
            rate: 10,
            hold_ms: 0,
            local: None,
            arguments: Vec::new(),
        }
    }
    /// A scenario of ours, by its file name in `tests/sipp` without `.xml`.
    pub fn ours(name: &str) -> Sipp {
        Sipp { scenario: Scenario::Ours(name.into()), ..Sipp::stock("") }
    }
    pub fn target(mut self, target: SocketAddr) -> Sipp {
        self.target = Some(target);
        self
    }
    /// The user part that is called.
    pub fn service(mut self, user: &str) -> Sipp {
        self.service = user.into();
        self
    }
    pub fn calls(mut self, calls: u32) -> Sipp {
        self.calls = calls;
        self
    }
    /// New calls in a second.
    pub fn rate(mut self, rate: u32) -> Sipp {
        self.rate = rate;
        self
    }
    /// How long each call lasts once answered.
    pub fn hold_ms(mut self, milliseconds: u32) -> Sipp {
        self.hold_ms = milliseconds;
        self
    }
    /// The address sipp speaks from; a free port otherwise.
    pub fn local(mut self, local: SocketAddr) -> Sipp {
        self.local = Some(local);
        self
    }
    pub fn argument(mut self, argument: &str) -> Sipp {
        self.arguments.push(argument.into());
        self
    }

    /// Runs until all calls are done; past `limit` sipp is ended and that is an error.
    pub async fn run(&self, limit: Duration) -> Result<Tally> {
        let program = place::find("sipp").ok_or_else(|| StageError::NotInstalled("sipp".into()))?;
        let directory = Scratch::new("sipp")?;
        let recordings = Path::new(RECORDINGS);
        if recordings.is_dir() {
            std::os::unix::fs::symlink(recordings, directory.join("pcap"))?;
        }
        let log = std::fs::File::create(place::log_file("sipp")?)?;
        let mut command = Command::new(program);
        match &self.scenario {
            Scenario::Stock(name) => command.args(["-sn", name]),
            Scenario::Ours(name) => command.arg("-sf").arg(scenario_file(name)),
        };
        let local = self.local.map_or_else(free_address, Ok)?;
        let (calls, rate) = (self.calls.to_string(), self.rate.to_string());
        let (hold, seconds) = (self.hold_ms.to_string(), format!("{}s", limit.as_secs()));
        command
            .args(["-s", &self.service, "-m", &calls, "-r", &rate, "-d", &hold])
            .args(["-i", &local.ip().to_string(), "-p", &local.port().to_string()])
            .args(["-mi", &local.ip().to_string(), "-mp", &media_port()?.to_string()])
            .args(["-trace_stat", "-stf", "stat.csv", "-fd", "1", "-trace_err", "-error_file", "errors.log"])
            .args(["-nostdin", "-timeout", &seconds, "-timeout_error"])
            .args(&self.arguments)
            .args(self.target.map(|target| target.to_string()))
            .current_dir(directory.path())
            .env("TERM", "dumb")
            .stdin(Stdio::null())
            .stderr(Stdio::from(log.try_clone()?))
            .stdout(Stdio::from(log))
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let status = within("sipp finishes", limit + Duration::from_secs(5), child.wait()).await??;
        let statistics = std::fs::read_to_string(directory.join("stat.csv")).unwrap_or_default();
        let errors = std::fs::read_to_string(directory.join("errors.log")).unwrap_or_default();
        let mut tally = tally(&statistics);
        tally.exit = status.code().unwrap_or(-1);
        tally.errors = errors.chars().take(4_000).collect();
        Ok(tally)
    }
}

/// Third-party call control: one sipp calls `first` without an offer, hands the offer to another that calls
/// `second`, and carries the answer back; both sides speak to each other directly then.
pub async fn third_party(
    first: (&str, SocketAddr),
    second: (&str, SocketAddr),
    limit: Duration,
) -> Result<(Tally, Tally)> {
    let twin = free_address()?.to_string();
    let side = |name: &str, (service, target): (&str, SocketAddr)| {
        Sipp::stock(name).service(service).target(target).argument("-3pcc").argument(&twin)
    };
    let (a, b) = (side("3pcc-C-A", first), side("3pcc-C-B", second));
    // The B side listens for its twin; the A side tries until it is there.
    let waiting = tokio::spawn(async move { b.run(limit).await });
    let calling = super::wait::until_async("the twin listens", limit, || {
        let a = a.clone();
        async move {
            match a.run(limit).await {
                Ok(tally) if tally.created == 0 => Err(StageError::NotNow(tally.errors)),
                other => Ok(other),
            }
        }
    })
    .await??;
    let answered = waiting.await.map_err(|error| StageError::Stopped(format!("sipp: {error}")))??;
    Ok((calling, answered))
}

fn scenario_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("sipp").join(format!("{name}.xml"))
}

fn free_address() -> Result<SocketAddr> {
    Ok(UdpSocket::bind(("127.0.0.1", 0))?.local_addr()?)
}

/// sipp takes the port it is given and the three after it.
fn media_port() -> Result<u16> {
    Ok(free_address()?.port() & !3)
}

/// The last row of sipp's semicolon-separated statistics.
fn tally(statistics: &str) -> Tally {
    let mut rows = statistics.lines().filter(|row| !row.is_empty());
    let names = rows.next().unwrap_or("").split(';');
    let values = rows.next_back().unwrap_or("").split(';');
    let columns: BTreeMap<String, String> = names.map(str::to_owned).zip(values.map(str::to_owned)).collect();
    let number = |name: &str| columns.get(name).and_then(|text| text.parse().ok()).unwrap_or(0);
    Tally {
        created: number("TotalCallCreated"),
        succeeded: number("SuccessfulCall(C)"),
        failed: number("FailedCall(C)"),
        retransmissions: number("Retransmissions(C)"),
        columns,
        ..Tally::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{
        phone::{Phone, PhoneConfig, Reception},
        skip::where_installed,
        tone::Pilot,
    };

    const LIMIT: Duration = Duration::from_secs(20);

    async fn answering_phone(user: &str) -> Phone {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
        let mut config = PhoneConfig::trunk(user, nobody, Pilot::nth(0));
        config.reception = Reception::Answer(Duration::ZERO);
        Phone::start(config).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn our_phone_answers_the_stock_caller_and_our_own_scenario() {
        let ana = answering_phone("ana").await;
        for sipp in [Sipp::stock("uac"), Sipp::ours("trunk_call"), Sipp::stock("uac_pcap")] {
            let sipp = sipp.target(ana.address()).service("ana").calls(2).hold_ms(100);
            let Some(tally) = where_installed(sipp.run(LIMIT).await).unwrap() else { return };
            assert!(tally.all_succeeded(), "{sipp:?}: {tally:?}");
            while ana.has_waiting_call().await {
                drop(ana.next_call(LIMIT).await.unwrap());
            }
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_third_party_joins_two_of_our_phones() {
        let (ana, ben) = (answering_phone("ana").await, answering_phone("ben").await);
        let sides = third_party(("ana", ana.address()), ("ben", ben.address()), LIMIT).await;
        let Some((first, second)) = where_installed(sides).unwrap() else { return };
        assert!(first.all_succeeded() && second.all_succeeded(), "{first:?} {second:?}");
        assert!(ana.next_call(LIMIT).await.unwrap().arrived().unwrap().late_offer);
    }

    #[test]
    fn the_last_row_of_the_statistics_counts() {
        let tally = tally("A;TotalCallCreated;SuccessfulCall(C);FailedCall(C);\n1;1;0;0;\n2;5;4;1;\n");
        assert_eq!((tally.created, tally.succeeded, tally.failed), (5, 4, 1));
    }
}
