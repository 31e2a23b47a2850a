//! A Postgres for one run of the tests: started on first use, gone when the run ends, however it ends.
//!
//! It listens on a unix socket in a temporary directory and, for the test of TLS, on loopback; it does not fsync.
//! `cargo test` runs all tests in one process; nextest gives each its own, and they share the server.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

/// Seconds until a start counts as failed; it takes one or two, on a loaded machine more.
const START_SECONDS: &str = "120";

/// The URL of a database that nobody else uses.
pub async fn new_database() -> String {
    let (socket, name) = created().await;
    url(socket, &name)
}

/// The same over TCP, encrypted, and only where the certificate is the one in this file.
#[allow(dead_code, reason = "other crates' tests share this page and need no TLS")]
pub async fn new_database_over_tls() -> String {
    let (socket, name) = created().await;
    let certificate = socket.join("server.crt");
    format!(
        "postgres://postgres@127.0.0.1:{}/{name}?sslmode=verify-full&sslrootcert={}",
        port(socket),
        certificate.display()
    )
}

async fn created() -> (&'static Path, String) {
    tokio::task::spawn_blocking(create_database).await.unwrap()
}

fn create_database() -> (&'static Path, String) {
    static SOCKET: OnceLock<PathBuf> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let socket = SOCKET.get_or_init(running);
    let name = format!("test_{}_{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let mut create = as_postgres(&binaries().join("createdb"));
    create.args(["-U", "postgres", "-p", &port(socket), "-h"]).arg(socket).arg(&name);
    run(create.current_dir("/"));
    (socket, name)
}

/// The socket's directory; whoever comes first starts the server.
fn running() -> PathBuf {
    let (run, process) = match std::env::var("NEXTEST_RUN_ID") {
        Ok(run) => (run, std::os::unix::process::parent_id()),
        Err(_) => (std::process::id().to_string(), std::process::id()),
    };
    let home = std::env::temp_dir().join(format!("tandem-postgres-{run}"));
    fs::create_dir_all(&home).unwrap();
    let first = File::create(home.join("lock")).unwrap();
    first.lock().unwrap();
    let ready = home.join("ready");
    if !ready.exists() {
        start(&home, process);
        File::create(ready).unwrap();
    }
    home
}

fn url(socket: &Path, database: &str) -> String {
    format!("postgres://postgres@localhost:{}/{database}?host={}", port(socket), socket.display())
}

fn port(home: &Path) -> String {
    fs::read_to_string(home.join("port")).unwrap()
}

fn start(home: &Path, process: u32) {
    let bin = binaries();
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(home));
    }
    let data = home.join("data");
    run(as_postgres(&bin.join("initdb"))
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
        .arg(&data)
        .current_dir(home)
        .stdout(Stdio::null()));
    certify(home);
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    fs::write(home.join("port"), port.to_string()).unwrap();
    let options = format!(
        "-k '{at}' -p {port} -c listen_addresses=127.0.0.1 -c ssl=on -c ssl_cert_file='{at}/server.crt' \
         -c ssl_key_file='{at}/server.key' -c fsync=off -c synchronous_commit=off -c full_page_writes=off \
         -c max_connections=400",
        at = home.display()
    );
    let mut start = as_postgres(&bin.join("pg_ctl"));
    start.args(["-w", "-t", START_SECONDS, "-o", &options, "-D"]).arg(&data);
    // Not into a pipe: the server keeps it open, and waiting for its end would wait for the server's.
    run(start.arg("-l").arg(home.join("log")).arg("start").current_dir(home).stdout(Stdio::null()));
    stop_after(process, &bin, home, &data);
}

/// A certificate for 127.0.0.1 that vouches for itself.
fn certify(home: &Path) {
    let mut openssl = as_postgres(Path::new("openssl"));
    openssl.args([
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
        "-days",
        "2",
    ]);
    openssl.args(["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]);
    openssl.args(["-addext", "basicConstraints=critical,CA:FALSE"]);
    openssl.args(["-keyout", "server.key", "-out", "server.crt"]).current_dir(home).stderr(Stdio::null());
    run(&mut openssl);
}

/// A shell in a group of its own, so that Ctrl-C does not reach it, waits for the end of the run and clears up.
fn stop_after(process: u32, bin: &Path, home: &Path, data: &Path) {
    let mut stop = as_postgres(&bin.join("pg_ctl"));
    stop.args(["-m", "immediate", "-D"]).arg(data).arg("stop");
    let words: Vec<String> = std::iter::once(stop.get_program())
        .chain(stop.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    let script = format!(
        "while kill -0 {process} 2>/dev/null; do sleep 1; done; {}; rm -rf '{}'",
        words.join(" "),
        home.display()
    );
    let mut shell = Command::new("setsid");
    shell.args(["--fork", "sh", "-c", &script]).current_dir("/").stdin(Stdio::null());
    run(shell.stdout(Stdio::null()).stderr(Stdio::null()));
}

/// initdb and postgres refuse root.
fn as_postgres(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("runuser");
    command.args(["-u", "postgres", "--"]).arg(program);
    command
}

fn is_root() -> bool {
    let id = Command::new("id").arg("-u").output().unwrap();
    id.stdout.trim_ascii() == b"0"
}

fn run(command: &mut Command) {
    let status = command.status().unwrap();
    assert!(status.success(), "{command:?} ended with {status}");
}

fn binaries() -> PathBuf {
    let asked = Command::new("pg_config").arg("--bindir").output();
    let told = asked.ok().map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    places.sort();
    places.extend(told);
    places.push(PathBuf::from("/usr/local/bin"));
    let has = |place: &PathBuf| ["initdb", "createdb"].iter().all(|name| place.join(name).exists());
    let found = places.into_iter().rev().find(has);
    found.unwrap_or_else(|| panic!("these tests need Postgres: apt-get install postgresql"))
}
