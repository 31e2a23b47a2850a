//! Where things of one run are put: a directory that goes away with the story, and logs that stay under `target/`.

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use super::{clock, error::Result};

/// A directory that is removed when it is dropped.
#[derive(Debug)]
pub struct Scratch(PathBuf);

impl Scratch {
    pub fn new(purpose: &str) -> Result<Scratch> {
        let path = std::env::temp_dir().join(format!("tandem-{purpose}-{}", unique()));
        std::fs::create_dir_all(&path)?;
        Ok(Scratch(path))
    }
    pub fn path(&self) -> &Path {
        &self.0
    }
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed is the system's temporary directory's to clean.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A name that no other run and no other call in this run has.
pub fn unique() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    format!("{:x}-{}-{count}", clock::since_epoch().as_millis(), std::process::id())
}

/// The directory that cargo put the tested programs into, seen from the running test.
pub fn programs() -> Option<PathBuf> {
    let test = std::env::current_exe().ok()?;
    let directory = test.parent()?;
    let is_deps = directory.file_name().is_some_and(|name| name == "deps");
    Some(if is_deps { directory.parent()?.to_owned() } else { directory.to_owned() })
}

/// A file for the output of `program`, kept after the run.
pub fn log_file(program: &str) -> Result<PathBuf> {
    let directory =
        programs().and_then(|p| p.parent().map(Path::to_owned)).unwrap_or_else(std::env::temp_dir);
    let directory = directory.join("stage-logs");
    std::fs::create_dir_all(&directory)?;
    Ok(directory.join(format!("{program}-{}.log", unique())))
}

/// Finds a program by name in `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|directory| directory.join(program)).find(|file| file.is_file())
}
