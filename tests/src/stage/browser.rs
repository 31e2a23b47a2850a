//! A real browser as somebody's phone: Chromium, driven by `tests/browser` over lines of JSON.

use std::{
    collections::{BTreeMap, VecDeque},
    path::{Path, PathBuf},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::{Mutex, oneshot},
};

use super::{
    ear::{Hearing, Sound, WINDOW},
    error::{Result, StageError},
    place,
    tone::{PILOT_DBFS, Pilot, amplitude},
    wait::{until_async, within},
};

const START: Duration = Duration::from_secs(60);
const ANSWER: Duration = Duration::from_secs(20);
/// A party is heard at or above this level, in dBFS, and not at or below the other: Opus adds noise of its own to a
/// pure tone, so the gap is narrower than on a wire of G.711.
pub const PRESENT_DBFS: f64 = -30.0;
pub const ABSENT_DBFS: f64 = -42.0;

/// Whose code speaks SIP in the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Library {
    /// Ours.
    JsSip,
    /// Somebody else's.
    SipJs,
}

impl Library {
    const fn name(self) -> &'static str {
        match self {
            Library::JsSip => "jssip",
            Library::SipJs => "sipjs",
        }
    }
}

type Waiting = Arc<Mutex<BTreeMap<u64, oneshot::Sender<Value>>>>;

pub struct Browser {
    library: Library,
    pilot: Pilot,
    /// Ends with this value.
    _child: Child,
    orders: Mutex<ChildStdin>,
    waiting: Waiting,
    next: AtomicU64,
    news: Mutex<VecDeque<Value>>,
    log: PathBuf,
}

/// Where the page and its driver stand, with what npm put beside them.
fn home() -> Result<PathBuf> {
    let missing = |what: &str| StageError::NotInstalled(what.to_owned());
    for program in ["node", "chromium"] {
        place::find(program).ok_or_else(|| missing(program))?;
    }
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join("browser");
    if !home.join("node_modules").is_dir() {
        return Err(missing("node_modules of tests/browser (npm ci)"));
    }
    Ok(home)
}

impl Browser {
    /// Starts a browser with an empty phone; `NotInstalled` when the machine has none.
    pub async fn start(library: Library, pilot: Pilot) -> Result<Browser> {
        let home = home()?;
        let log = place::log_file("browser")?;
        let chromium = place::find("chromium").unwrap_or_default();
        let mut child = Command::new("node")
            .arg("drive.mjs")
            .current_dir(home)
            .env("TANDEM_CHROMIUM", chromium)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(std::fs::File::create(&log)?))
            .kill_on_drop(true)
            .spawn()?;
        let gone = || StageError::Stopped("the browser".into());
        let orders = child.stdin.take().ok_or_else(gone)?;
        let mut lines = BufReader::new(child.stdout.take().ok_or_else(gone)?);
        let mut first = String::new();
        within("the browser starts", START, lines.read_line(&mut first)).await??;
        if !first.contains("ready") {
            return Err(StageError::Unsound(format!(
                "the browser's driver: {first:?}; see {}",
                log.display()
            )));
        }
        let waiting = Waiting::default();
        tokio::spawn(listen(lines, waiting.clone()));
        Ok(Browser {
            library,
            pilot,
            _child: child,
            orders: Mutex::new(orders),
            waiting,
            next: AtomicU64::new(1),
            news: Mutex::default(),
            log,
        })
    }

    pub fn log_path(&self) -> &Path {
        &self.log
    }

    /// Has the page do something and waits for what it says.
    pub async fn order(&self, what: &str, details: Value) -> Result<Value> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (answer, answered) = oneshot::channel();
        self.waiting.lock().await.insert(id, answer);
        let line = json!({ "id": id, "what": what, "details": details }).to_string() + "\n";
        self.orders.lock().await.write_all(line.as_bytes()).await?;
        let answer = within(&format!("the browser: {what}"), ANSWER, answered).await?;
        let answer = answer.map_err(|_| StageError::Stopped("the browser".into()))?;
        match answer["error"].as_str() {
            Some(error) => Err(StageError::NotNow(format!("browser {what}: {error}"))),
            None => Ok(answer["value"].clone()),
        }
    }

    async fn do_it(&self, what: &str) -> Result<()> {
        self.order(what, json!([])).await.map(drop)
    }

    /// Opens the phone with what `POST /v1/me/softphone` answered, and registers.
    pub async fn open(&self, account: &Value) -> Result<()> {
        let details = json!([{
            "library": self.library.name(),
            "account": account,
            "hz": self.pilot.hz(),
            "amplitude": amplitude(PILOT_DBFS),
        }]);
        self.order("open", details).await.map(drop)
    }

    pub async fn dial(&self, uri: &str) -> Result<()> {
        self.order("dial", json!([uri])).await.map(drop)
    }
    pub async fn answer(&self) -> Result<()> {
        self.do_it("answer").await
    }
    pub async fn hang_up(&self) -> Result<()> {
        self.do_it("hangUp").await
    }
    pub async fn hold(&self) -> Result<()> {
        self.do_it("hold").await
    }
    pub async fn resume(&self) -> Result<()> {
        self.do_it("resume").await
    }
    /// `transport` is `INFO` or `RFC2833`.
    pub async fn digit(&self, digit: char, transport: &str) -> Result<()> {
        self.order("digit", json!([digit, transport])).await.map(drop)
    }
    pub async fn restart_ice(&self) -> Result<()> {
        self.do_it("restartIce").await
    }
    pub async fn drop_socket(&self) -> Result<()> {
        self.do_it("dropSocket").await
    }
    /// The page is loaded anew: everything in it is gone.
    pub async fn reload(&self) -> Result<()> {
        self.news.lock().await.clear();
        self.do_it("reload").await
    }
    /// The process behind the page dies.
    pub async fn crash(&self) -> Result<()> {
        self.news.lock().await.clear();
        self.do_it("crash").await
    }
    pub async fn reopen(&self) -> Result<()> {
        self.do_it("reopen").await
    }
    pub async fn measure(&self) -> Result<Value> {
        self.order("measure", json!([])).await
    }

    /// Waits for news of this kind; others pass by.
    pub async fn event(&self, kind: &str, limit: Duration) -> Result<Value> {
        until_async(&format!("the browser says {kind}"), limit, || async {
            let fresh = self.order("takeNews", json!([])).await.map_err(|error| error.to_string())?;
            let mut news = self.news.lock().await;
            news.extend(fresh.as_array().into_iter().flatten().cloned());
            match news.iter().position(|one| one["kind"] == kind) {
                Some(at) => {
                    let found = news.remove(at).unwrap_or_default();
                    news.drain(..at);
                    Ok(found)
                }
                None => Err(format!("{news:?}")),
            }
        })
        .await
    }

    /// The last 400 ms of what the browser played.
    pub async fn hearing(&self) -> Result<Hearing> {
        let text = self.order("heard", json!([WINDOW.as_millis() as u64])).await?;
        let bytes =
            STANDARD.decode(text.as_str().unwrap_or("")).map_err(|e| StageError::Unsound(e.to_string()))?;
        let samples = bytes.chunks_exact(2).map(|pair| f64::from(i16::from_le_bytes([pair[0], pair[1]])));
        Ok(Sound(samples.map(|sample| sample / f64::from(i16::MAX)).collect()).hearing())
    }

    /// Waits until it hears exactly these parties.
    pub async fn hears_exactly(&self, pilots: &[Pilot], limit: Duration) -> Result<Hearing> {
        until_async(&format!("the browser hears exactly {pilots:?}"), limit, || async {
            let hearing = self.hearing().await.map_err(|error| error.to_string())?;
            let fits = Pilot::all().all(|pilot| match pilots.contains(&pilot) {
                true => hearing.level(pilot) >= PRESENT_DBFS,
                false => hearing.level(pilot) <= ABSENT_DBFS,
            });
            if fits { Ok(hearing) } else { Err(hearing.to_string()) }
        })
        .await
    }
}

/// Gives each answer to whoever asked.
async fn listen(lines: BufReader<ChildStdout>, waiting: Waiting) {
    let mut lines = lines.lines();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(answer) = serde_json::from_str::<Value>(&line) else { continue };
        let asked = answer["id"].as_u64();
        let Some(id) = asked else { continue };
        if let Some(reply) = waiting.lock().await.remove(&id) {
            // Whoever asked may have given up.
            let _ = reply.send(answer);
        }
    }
    // Nobody answers any more: whoever waits is told.
    waiting.lock().await.clear();
}
