//! baresip, somebody else's phone, driven over its control socket (module `ctrl_tcp`: JSON in netstrings).

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::Stdio,
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpStream, tcp::OwnedReadHalf, tcp::OwnedWriteHalf},
    process::{Child, Command},
    sync::{Mutex, mpsc},
};

use super::{
    ear::{Hearing, Sound, Verdict, WINDOW},
    error::{Result, StageError},
    place::{self, Scratch},
    tone::{Pilot, RATE},
    wait::{until, until_async, within},
    wav,
};

const START: Duration = Duration::from_secs(10);
const ANSWER: Duration = Duration::from_secs(5);
const EVENTS: usize = 1024;
/// Longer than any story.
const SPEECH_SECONDS: u32 = 600;

/// Where Debian and the upstream install put the modules.
const MODULES: [&str; 2] = ["/usr/lib/baresip/modules", "/usr/local/lib/baresip/modules"];

#[derive(Clone, Debug)]
pub struct BaresipConfig {
    pub user: String,
    /// Registers when there is one.
    pub password: Option<String>,
    pub server: SocketAddr,
    pub pilot: Pilot,
    /// Answers every call by itself.
    pub answers: bool,
}

/// Something baresip reported: its type, such as `CALL_ESTABLISHED`, and the rest of the report.
#[derive(Clone, Debug)]
pub struct BaresipEvent {
    pub kind: String,
    pub detail: Value,
}

pub struct Baresip {
    config: BaresipConfig,
    directory: Scratch,
    /// Ends with this value.
    _child: Child,
    control: Mutex<OwnedWriteHalf>,
    events: Mutex<mpsc::Receiver<BaresipEvent>>,
    answers: Mutex<mpsc::Receiver<Value>>,
    log: PathBuf,
}

impl Baresip {
    /// Starts a phone of its own; `NotInstalled` when the machine has none.
    pub async fn start(config: BaresipConfig) -> Result<Baresip> {
        let missing = || StageError::NotInstalled("baresip".into());
        let program = place::find("baresip").ok_or_else(missing)?;
        let modules =
            MODULES.into_iter().find(|path| std::path::Path::new(path).is_dir()).ok_or_else(missing)?;
        let directory = Scratch::new("baresip")?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        wav::write_pilot(&directory.join("speech.wav"), config.pilot, SPEECH_SECONDS)?;
        write_configuration(&directory, &config, modules, port)?;
        let log = place::log_file("baresip")?;
        let output = std::fs::File::create(&log)?;
        let child = Command::new(program)
            .arg("-f")
            .arg(directory.path())
            .current_dir(directory.path())
            .stdin(Stdio::null())
            .stderr(Stdio::from(output.try_clone()?))
            .stdout(Stdio::from(output))
            .kill_on_drop(true)
            .spawn()?;
        let stream =
            until_async("baresip listens", START, || TcpStream::connect(("127.0.0.1", port))).await?;
        let (read, write) = stream.into_split();
        let (events_in, events) = mpsc::channel(EVENTS);
        let (answers_in, answers) = mpsc::channel(16);
        tokio::spawn(listen(read, events_in, answers_in));
        Ok(Baresip {
            config,
            directory,
            _child: child,
            control: Mutex::new(write),
            events: Mutex::new(events),
            answers: Mutex::new(answers),
            log,
        })
    }

    pub fn log_path(&self) -> &std::path::Path {
        &self.log
    }

    /// Gives a command of baresip's menu, such as `dial`, and returns its answer's text.
    pub async fn command(&self, command: &str, parameters: &str) -> Result<String> {
        let text = json!({ "command": command, "params": parameters, "token": "stage" }).to_string();
        let mut answers = self.answers.lock().await;
        self.control.lock().await.write_all(format!("{}:{text},", text.len()).as_bytes()).await?;
        let answer = within("baresip answers a command", ANSWER, answers.recv()).await?;
        let answer = answer.ok_or_else(|| StageError::Stopped("baresip".into()))?;
        let data = answer["data"].as_str().unwrap_or("").to_owned();
        match answer["ok"].as_bool() {
            Some(true) => Ok(data),
            _ => Err(StageError::NotNow(format!("baresip {command}: {data}"))),
        }
    }

    /// Waits for an event of this kind; others pass by.
    pub async fn event(&self, kind: &str, limit: Duration) -> Result<BaresipEvent> {
        let mut events = self.events.lock().await;
        let mut passed: Vec<String> = Vec::new();
        let found = within(kind, limit, async {
            while let Some(event) = events.recv().await {
                if event.kind == kind {
                    return Ok(event);
                }
                passed.push(event.kind);
            }
            Err(StageError::Stopped("baresip".into()))
        })
        .await;
        found.unwrap_or_else(|_| {
            Err(StageError::too_late(format!("baresip: {kind}"), limit, format!("{passed:?}")))
        })
    }

    /// Waits until the registrar accepted us.
    /// It may have registered before anybody listened to its events, so it is asked.
    pub async fn registered(&self, limit: Duration) -> Result<()> {
        until_async("baresip is registered", limit, || async {
            let told = self.command("reginfo", "").await.map_err(|error| error.to_string())?;
            if told.contains("OK") { Ok(()) } else { Err(told) }
        })
        .await
    }
    /// Calls a user part at our server, or a whole `sip:` address.
    pub async fn dial(&self, to: &str) -> Result<()> {
        let whole = to.starts_with("sip:");
        let address = if whole { to.to_owned() } else { format!("sip:{to}@{}", self.config.server) };
        self.command("dial", &address).await.map(drop)
    }
    pub async fn accept(&self) -> Result<()> {
        self.command("accept", "").await.map(drop)
    }
    pub async fn hang_up(&self) -> Result<()> {
        self.command("hangup", "").await.map(drop)
    }
    pub async fn hold(&self) -> Result<()> {
        self.command("hold", "").await.map(drop)
    }
    pub async fn resume(&self) -> Result<()> {
        self.command("resume", "").await.map(drop)
    }
    /// REFER of the current call to an address.
    pub async fn transfer(&self, to: &str) -> Result<()> {
        self.command("transfer", &format!("sip:{to}@{}", self.config.server)).await.map(drop)
    }
    pub async fn incoming(&self, limit: Duration) -> Result<BaresipEvent> {
        self.event("CALL_INCOMING", limit).await
    }
    pub async fn established(&self, limit: Duration) -> Result<()> {
        self.event("CALL_ESTABLISHED", limit).await.map(drop)
    }
    pub async fn closed(&self, limit: Duration) -> Result<BaresipEvent> {
        self.event("CALL_CLOSED", limit).await
    }

    /// The last 400 ms of what baresip played to its person.
    pub fn hearing(&self) -> Result<Hearing> {
        let newest = self.recording()?;
        let Sound(all) = wav::read_growing(&newest)?;
        let window = WINDOW.as_millis() as usize * RATE as usize / 1000;
        let start = all.len().checked_sub(window);
        let start = start.ok_or_else(|| StageError::NotNow("less than 400 ms of sound".into()))?;
        Ok(Sound(all[start..].to_vec()).hearing())
    }

    /// The newest file of decoded sound; each call has its own.
    fn recording(&self) -> Result<PathBuf> {
        let mut files: Vec<PathBuf> = std::fs::read_dir(self.directory.path())?
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().ends_with("-dec.wav")))
            .collect();
        files.sort();
        files.pop().ok_or_else(|| StageError::NotNow("nothing heard yet".into()))
    }

    /// Waits until it hears exactly these parties.
    pub async fn hears_exactly(&self, pilots: &[Pilot], limit: Duration) -> Result<Hearing> {
        until(&format!("baresip hears exactly {pilots:?}"), limit, || {
            let hearing = self.hearing().map_err(|error| error.to_string())?;
            let fits = Pilot::all().all(|pilot| {
                let wanted = if pilots.contains(&pilot) { Verdict::Present } else { Verdict::Absent };
                hearing.verdict(pilot) == wanted
            });
            if fits { Ok(hearing) } else { Err(hearing.to_string()) }
        })
        .await
    }
}

fn write_configuration(directory: &Scratch, config: &BaresipConfig, modules: &str, port: u16) -> Result<()> {
    let file = |name: &str| directory.join(name).display().to_string();
    // This baresip can play into no file; the recording filter keeps what it decoded instead.
    let (speech, heard) = (file("speech.wav"), directory.path().display());
    let settings = format!(
        "poll_method epoll\nsip_listen 127.0.0.1:0\nnet_interface 127.0.0.1\nrtp_ports 32000-60000\n\
         audio_source aufile,{speech}\naudio_alert aufile,{}\nsnd_path {heard}\n\
         audio_buffer 20-160\njitter_buffer_delay 1-5\n\
         module_path {modules}\nmodule g711.so\nmodule aufile.so\nmodule sndfile.so\nmodule_tmp uuid.so\nmodule_tmp account.so\n\
         module_app menu.so\nmodule_app ctrl_tcp.so\nctrl_tcp_listen 127.0.0.1:{port}\n",
        file("alert.wav")
    );
    std::fs::write(directory.join("config"), settings)?;
    let BaresipConfig { user, password, server, answers, .. } = config;
    let registers = if password.is_some() { "regint=300" } else { "regint=0" };
    let secret = password.as_ref().map_or_else(String::new, |p| format!(";auth_pass={p}"));
    let mode = if *answers { "auto" } else { "manual" };
    let account = format!(
        "<sip:{user}@{server};transport=udp>;{registers}{secret};answermode={mode};audio_codecs=PCMU,PCMA;ptime=20\n"
    );
    std::fs::write(directory.join("accounts"), account)?;
    std::fs::write(directory.join("contacts"), "")?;
    Ok(())
}

/// Parts the stream of netstrings into answers and events.
async fn listen(mut read: OwnedReadHalf, events: mpsc::Sender<BaresipEvent>, answers: mpsc::Sender<Value>) {
    let mut pending = Vec::new();
    let mut piece = [0u8; 4096];
    while let Ok(length) = read.read(&mut piece).await {
        if length == 0 {
            return;
        }
        pending.extend_from_slice(&piece[..length]);
        while let Some((message, rest)) = netstring(&pending) {
            let value: Value = serde_json::from_slice(message).unwrap_or_default();
            let consumed = pending.len() - rest;
            pending.drain(..consumed);
            if value["response"] == true {
                let _ = answers.try_send(value);
            } else {
                let kind = value["type"].as_str().unwrap_or("").to_owned();
                let _ = events.try_send(BaresipEvent { kind, detail: value });
            }
        }
    }
}

/// The first whole netstring, and how many octets follow it.
fn netstring(octets: &[u8]) -> Option<(&[u8], usize)> {
    let colon = octets.iter().position(|octet| *octet == b':')?;
    let length: usize = std::str::from_utf8(&octets[..colon]).ok()?.parse().ok()?;
    let message = octets.get(colon + 1..colon + 1 + length)?;
    let rest = octets.len().checked_sub(colon + length + 2)?;
    Some((message, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::{
        phone::{Phone, PhoneConfig, Side},
        skip::where_installed,
    };

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn netstrings_are_parted() {
        assert_eq!(netstring(b"3:abc,2:x"), Some((&b"abc"[..], 3)));
        assert_eq!(netstring(b"3:ab"), None);
        assert_eq!(netstring(b"3:abc"), None);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn our_phone_and_baresip_call_each_other_and_hear_each_other() {
        let nobody = SocketAddr::from(([127, 0, 0, 1], 9));
        let ana = Phone::start(PhoneConfig::trunk("ana", nobody, Pilot::nth(0))).await.unwrap();
        let config = BaresipConfig {
            user: "bob".into(),
            password: None,
            server: ana.address(),
            pilot: Pilot::nth(1),
            answers: false,
        };
        let Some(bob) = where_installed(Baresip::start(config).await).unwrap() else { return };
        bob.dial("ana").await.unwrap();
        let mut call = ana.next_call(SOON).await.unwrap();
        call.answer().await.unwrap();
        bob.established(SOON).await.unwrap();
        call.voice().hears_exactly(&[Pilot::nth(1)], false, SOON).await.unwrap();
        bob.hears_exactly(&[Pilot::nth(0)], SOON).await.unwrap();
        bob.hold().await.unwrap();
        let flow = call.event("hold", SOON, |event| match event {
            crate::stage::phone::CallEvent::Reoffered(flow) => Some(*flow),
            _ => None,
        });
        assert!(!flow.await.unwrap().sends());
        bob.resume().await.unwrap();
        call.voice().hears_exactly(&[Pilot::nth(1)], false, SOON).await.unwrap();
        bob.hang_up().await.unwrap();
        assert_eq!(call.ended(SOON).await.unwrap().by, Side::Them);
    }
}
