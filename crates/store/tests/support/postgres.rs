//! A Postgres of the test process's own: started on first use, gone when the process ends, however it ends.
//!
//! It listens on a unix socket in a temporary directory only, and does not fsync.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use sea_orm::{ConnectionTrait, Database};

/// Starting takes a second or two; a loaded machine may need many.
const START_TRIES: u32 = 600;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

struct Server {
    socket: PathBuf,
    /// Its stdin is the life line: the shell behind it stops the server when this process is gone.
    _life: Child,
}

/// The URL of a database that nobody else uses.
pub async fn new_database() -> String {
    static SERVER: OnceLock<Server> = OnceLock::new();
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let server = SERVER.get_or_init(start);
    let name = format!("test_{}", NEXT.fetch_add(1, Ordering::Relaxed));
    let admin = connect(&server.socket).await;
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    admin.close().await.unwrap();
    url(&server.socket, &name)
}

async fn connect(socket: &Path) -> sea_orm::DatabaseConnection {
    let url = url(socket, "postgres");
    let mut last = None;
    for _ in 0..START_TRIES {
        match Database::connect(&url).await {
            Ok(connection) => return connection,
            Err(error) => last = Some(error),
        }
        tokio::time::sleep(BETWEEN_TRIES).await;
    }
    panic!("the test's Postgres does not answer: {last:?}");
}

fn url(socket: &Path, database: &str) -> String {
    format!("postgres://postgres@localhost/{database}?host={}", socket.display())
}

fn start() -> Server {
    let bin = binaries();
    let home = std::env::temp_dir().join(format!("tandem-postgres-{}", std::process::id()));
    std::fs::create_dir_all(&home).unwrap();
    if is_root() {
        run(Command::new("chown").arg("postgres").arg(&home));
    }
    let data = home.join("data");
    run(as_postgres(&bin.join("initdb"))
        .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync", "-D"])
        .arg(&data)
        .current_dir(&home)
        .stdout(Stdio::null()));
    let start = as_postgres(&bin.join("postgres"));
    let words: Vec<String> = std::iter::once(start.get_program())
        .chain(start.get_args())
        .map(|word| format!("'{}'", word.to_string_lossy()))
        .collect();
    let home_word = format!("'{}'", home.display());
    let script = format!(
        "{} -D {home_word}/data -k {home_word} -c listen_addresses= -c fsync=off -c synchronous_commit=off \
         -c full_page_writes=off -c max_connections=400 >{home_word}/log 2>&1 <&- & \
         cat >/dev/null; kill -INT \"$(head -n 1 {home_word}/data/postmaster.pid)\"; wait; rm -rf {home_word}",
        words.join(" ")
    );
    let life = Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).spawn().unwrap();
    Server { socket: home, _life: life }
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
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

fn binaries() -> PathBuf {
    let asked = Command::new("pg_config").arg("--bindir").output();
    let told = asked.ok().map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim()));
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut places: Vec<PathBuf> = versions.map(|version| version.path().join("bin")).collect();
    places.sort();
    places.extend(told);
    places.push(PathBuf::from("/usr/local/bin"));
    let found = places.into_iter().rev().find(|place| place.join("initdb").exists());
    found.unwrap_or_else(|| panic!("these tests need Postgres: apt-get install postgresql"))
}
