//! The server under test: the real binary, as its own process, on free ports of the loopback address.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::{Child, ChildStdout, Command},
};

use super::{
    error::{Result, StageError},
    place::{self, Scratch},
    wait::within,
};

const READY: Duration = Duration::from_secs(60);
const GONE: Duration = Duration::from_secs(30);

/// The first administrator that the generated configuration makes.
pub const ADMIN: (&str, &str) = ("admin", "the first administrator's password");

/// How to set up a server.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// `postgres://…`; a SQLite file of its own when absent.
    pub database: Option<String>,
    /// Further configuration keys, such as `("media.silent_ms", "1000")`; values are written as TOML.
    pub keys: Vec<(String, String)>,
    pub environment: Vec<(String, String)>,
    /// Another program than the one cargo built.
    pub binary: Option<PathBuf>,
}

impl Setup {
    pub fn key(mut self, name: &str, toml: &str) -> Setup {
        self.keys.push((name.into(), toml.into()));
        self
    }
}

pub struct Server {
    setup: Setup,
    binary: PathBuf,
    data: Scratch,
    log: PathBuf,
    child: Option<Child>,
    http: SocketAddr,
    sip: SocketAddr,
    media_ports: (u16, u16),
}

impl Server {
    /// Starts the server and waits until it says that it may take calls.
    pub async fn start(setup: Setup) -> Result<Server> {
        let binary = setup.binary.clone().or_else(binary).ok_or_else(|| {
            StageError::NotInstalled(
                "tandem (build it with `cargo build --bin tandem`, or name it in TANDEM_BINARY)".into(),
            )
        })?;
        // A share of the ports below the system's own, so that servers of parallel tests seldom meet.
        let first = 10_000 + (rand::random::<u16>() % 44) * 500;
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Server {
            setup,
            binary,
            data: Scratch::new("server")?,
            log: place::log_file("tandem")?,
            child: None,
            http: anywhere,
            sip: anywhere,
            media_ports: (first, first + 499),
        };
        server.launch().await?;
        Ok(server)
    }

    pub fn http(&self) -> SocketAddr {
        self.http
    }
    pub fn sip(&self) -> SocketAddr {
        self.sip
    }
    pub fn data(&self) -> &Path {
        self.data.path()
    }
    pub fn pid(&self) -> Option<u32> {
        self.child.as_ref().and_then(Child::id)
    }
    pub fn log_path(&self) -> &Path {
        &self.log
    }
    /// Where it keeps the organization and what reports read.
    pub fn database(&self) -> String {
        let own = || format!("sqlite://{}?mode=rwc", self.data.join("organization.db").display());
        self.setup.database.clone().unwrap_or_else(own)
    }
    /// The last lines the server wrote.
    pub fn log_tail(&self, lines: usize) -> String {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let all: Vec<&str> = text.lines().collect();
        all[all.len().saturating_sub(lines)..].join("\n")
    }
    pub fn is_running(&mut self) -> bool {
        self.child.as_mut().is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// `kill -9`: no last word.
    pub async fn kill(&mut self) -> Result<()> {
        if let Some(mut child) = self.child.take() {
            child.start_kill()?;
            within("a killed server is gone", GONE, child.wait()).await??;
        }
        Ok(())
    }

    /// Asks it to stop (SIGTERM), waits, and tells whether it left with success.
    pub async fn stop(&mut self) -> Result<bool> {
        let Some(mut child) = self.child.take() else { return Ok(true) };
        if let Some(pid) = child.id() {
            Command::new("kill").arg("-TERM").arg(pid.to_string()).status().await?;
        }
        Ok(within("a stopped server is gone", GONE, child.wait()).await??.success())
    }

    /// Starts it again on the same data and the same ports.
    pub async fn restart(&mut self) -> Result<()> {
        if self.is_running() {
            self.stop().await?;
        }
        self.launch().await
    }

    async fn launch(&mut self) -> Result<()> {
        let config = self.data.join("tandem.toml");
        std::fs::write(&config, self.configuration())?;
        let log = std::fs::OpenOptions::new().create(true).append(true).open(&self.log)?;
        let mut command = Command::new(&self.binary);
        command
            .arg("serve")
            .arg("--config")
            .arg(&config)
            .current_dir(self.data.path())
            .envs(self.setup.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            .kill_on_drop(true);
        let mut child = command.spawn()?;
        let Some(output) = child.stdout.take() else {
            return Err(StageError::Stopped("the server's output".into()));
        };
        self.child = Some(child);
        let mut output = BufReader::new(output);
        let mut log = tokio::fs::OpenOptions::new().append(true).open(&self.log).await?;
        let ready = within("the server is ready", READY, announced(&mut output, &mut log)).await;
        let Ok(Ok((http, sip))) = ready else {
            let tail = self.log_tail(30);
            self.kill().await?;
            return Err(StageError::too_late("the server is ready", READY, tail));
        };
        (self.http, self.sip) = (http, sip);
        tokio::spawn(async move {
            // Until the server closes its end.
            let _ = tokio::io::copy(&mut output, &mut log).await;
        });
        Ok(())
    }

    fn configuration(&self) -> String {
        let database = self.database();
        let file = |name: &str| quoted(&self.data.join(name).display().to_string());
        let (first, last) = self.media_ports;
        let mut keys: Vec<(String, String)> = [
            ("http.listen", quoted(&self.http.to_string())),
            ("sip.listen_udp", quoted(&self.sip.to_string())),
            ("media.port_range", quoted(&format!("{first}-{last}"))),
            ("database.url", quoted(&database)),
            ("journal.path", file("journal.db")),
            ("recordings.url", quoted(&format!("file://{}", self.data.join("recordings").display()))),
            ("bootstrap.admin_username", quoted(ADMIN.0)),
            ("bootstrap.admin_password", quoted(ADMIN.1)),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .to_vec();
        for (name, value) in &self.setup.keys {
            keys.retain(|(known, _)| known != name);
            keys.push((name.clone(), value.clone()));
        }
        // Dotted keys are TOML too, and keep one line per key.
        keys.iter().map(|(name, value)| format!("{name} = {value}\n")).collect()
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

fn binary() -> Option<PathBuf> {
    std::env::var_os("TANDEM_BINARY")
        .map(PathBuf::from)
        .or_else(|| place::programs().map(|directory| directory.join("tandem")))
        .filter(|file| file.is_file())
}

/// Reads until `tandem ready http=… sip=…`; other lines go to the log.
async fn announced(
    output: &mut BufReader<ChildStdout>,
    log: &mut tokio::fs::File,
) -> Result<(SocketAddr, SocketAddr)> {
    let mut line = String::new();
    loop {
        line.clear();
        if output.read_line(&mut line).await? == 0 {
            return Err(StageError::Stopped("the server".into()));
        }
        log.write_all(line.as_bytes()).await?;
        if let Some(found) = addresses(&line) {
            return Ok(found);
        }
    }
}

fn addresses(line: &str) -> Option<(SocketAddr, SocketAddr)> {
    let rest = line.split_once("tandem ready")?.1;
    let field = |name: &str| rest.split_whitespace().find_map(|word| word.strip_prefix(name)?.parse().ok());
    Some((field("http=")?, field("sip=")?))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A stand-in for the server's outside behaviour: announces, and leaves on SIGTERM.
    const SCRIPT: &str = "#!/bin/sh\necho starting\necho 'tandem ready http=127.0.0.1:4001 sip=127.0.0.1:4002'\n\
        trap 'exit 0' TERM\ngrep -c listen \"$3\"\nwhile :; do read -r line < \"$FIFO\"; done\n";

    async fn stand_in(directory: &Scratch) -> Server {
        use std::os::unix::fs::PermissionsExt;
        let program = directory.join("tandem");
        std::fs::write(&program, SCRIPT).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        let fifo = directory.join("fifo");
        assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
        let environment = vec![("FIFO".into(), fifo.display().to_string())];
        let setup = Setup { binary: Some(program), environment, ..Setup::default() };
        Server::start(setup.key("media.silent_ms", "900")).await.unwrap()
    }

    #[tokio::test]
    async fn a_server_is_started_killed_and_started_again_on_its_ports() {
        let directory = Scratch::new("stand-in").unwrap();
        let mut server = stand_in(&directory).await;
        assert_eq!((server.http().port(), server.sip().port()), (4001, 4002));
        assert!(server.is_running());
        server.kill().await.unwrap();
        assert!(!server.is_running());
        server.restart().await.unwrap();
        let config = std::fs::read_to_string(server.data().join("tandem.toml")).unwrap();
        assert!(config.contains("http.listen = \"127.0.0.1:4001\"\n"), "{config}");
        assert!(config.contains("media.silent_ms = 900\n"), "{config}");
        assert!(server.log_tail(9).contains("starting"));
        let data = server.data().to_owned();
        drop(server);
        assert!(!data.exists());
    }

    #[test]
    fn the_announcement_is_found_in_a_line() {
        let found = addresses("INFO tandem ready http=127.0.0.1:80 sip=127.0.0.1:5060 tcp=none\n").unwrap();
        assert_eq!(found.1.port(), 5060);
        assert_eq!(addresses("tandem is starting"), None);
    }
}
