//! A throw-away Postgres of its own for one test run, from the distribution's programs.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use super::{
    error::{Result, StageError},
    place::{self, Scratch},
};

/// A running cluster; it is stopped and removed when dropped.
pub struct Postgres {
    data: Scratch,
    programs: PathBuf,
    port: u16,
}

/// The newest installed version's directory of programs.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let version = path.file_name()?.to_str()?.parse().ok()?;
            Some((version, path.join("bin")))
        })
        .filter(|(_, path)| path.join("initdb").is_file())
        .collect();
    found.sort();
    found.pop().map(|(_, path)| path).or_else(|| Some(place::find("initdb")?.parent()?.to_owned()))
}

impl Postgres {
    /// Sets up and starts a cluster; `NotInstalled` names what is missing.
    pub fn start() -> Result<Postgres> {
        let programs = programs().ok_or_else(|| StageError::NotInstalled("postgresql (initdb)".into()))?;
        let data = Scratch::new("postgres")?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let cluster = Postgres { data, programs, port };
        if is_root() {
            succeeded("chown", Command::new("chown").arg("postgres").arg(cluster.data.path()).output()?)?;
        }
        let at = cluster.directory();
        cluster.run("initdb", &["-D", &at, "-U", "tandem", "-A", "trust", "-E", "UTF8", "--no-sync"])?;
        // Durability is the product's journal's business; here only speed counts.
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={} -c fsync=off \
             -c max_connections=60",
            cluster.data.path().display()
        );
        let log = cluster.data.join("log").display().to_string();
        cluster.run("pg_ctl", &["-D", &at, "-l", &log, "-o", &options, "-w", "-t", "60", "start"])?;
        Ok(cluster)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// A new, empty database: its URL.
    pub fn database(&self, name: &str) -> Result<String> {
        let port = self.port.to_string();
        self.run("createdb", &["-h", "127.0.0.1", "-p", &port, "-U", "tandem", name])?;
        Ok(format!("postgres://tandem@127.0.0.1:{port}/{name}"))
    }

    /// Takes the database away without warning, as in an outage, and brings it back.
    pub fn stop_now(&self) -> Result<()> {
        self.run("pg_ctl", &["-D", &self.directory(), "-m", "immediate", "-w", "stop"])
    }
    pub fn start_again(&self) -> Result<()> {
        let log = self.data.join("log").display().to_string();
        let options = format!(
            "-c listen_addresses=127.0.0.1 -c port={} -c unix_socket_directories={} -c fsync=off",
            self.port,
            self.data.path().display()
        );
        self.run("pg_ctl", &["-D", &self.directory(), "-l", &log, "-o", &options, "-w", "-t", "60", "start"])
    }

    fn directory(&self) -> String {
        self.data.join("cluster").display().to_string()
    }

    /// Postgres refuses to run as root, so root hands over to its user.
    fn run(&self, program: &str, arguments: &[&str]) -> Result<()> {
        let path: &Path = &self.programs.join(program);
        let mut command = if is_root() {
            let mut command = Command::new("runuser");
            command.args(["-u", "postgres", "--"]).arg(path);
            command
        } else {
            Command::new(path)
        };
        let output = command.args(arguments).current_dir(self.data.path()).stdin(std::process::Stdio::null());
        if program == "pg_ctl" {
            // The started server inherits our pipes and would keep them open.
            let status =
                output.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).status()?;
            let log = std::fs::read_to_string(self.data.join("log")).unwrap_or_default();
            return if status.success() {
                Ok(())
            } else {
                Err(StageError::Unsound(format!("{program} {arguments:?}: {log}")))
            };
        }
        succeeded(program, output.output()?)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        // Whatever it answers, the directory goes next.
        let _ = self.stop_now();
    }
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.starts_with(b"0\n"))
}

fn succeeded(program: &str, output: Output) -> Result<()> {
    if output.status.success() {
        return Ok(());
    }
    Err(StageError::Unsound(format!("{program}: {}", String::from_utf8_lossy(&output.stderr))))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::skip::where_installed;

    #[test]
    fn a_cluster_starts_gives_a_database_and_survives_an_outage() {
        let Some(cluster) = where_installed(Postgres::start()).unwrap() else { return };
        let url = cluster.database("first").unwrap();
        assert!(url.ends_with("/first"));
        cluster.stop_now().unwrap();
        assert!(cluster.database("second").is_err());
        cluster.start_again().unwrap();
        cluster.database("second").unwrap();
    }
}
