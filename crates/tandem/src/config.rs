//! The configuration: one TOML file, every key also as `TANDEM__SECTION__KEY`, unknown keys refused by name.

use std::path::{Path, PathBuf};

use figment::{
    Figment,
    providers::{Env, Format, Serialized, Toml},
};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    pub http: api::Config,
    pub sip: signaling::Config,
    pub media: media::Config,
    pub database: Database,
    pub journal: Journal,
    pub auth: Auth,
    pub bootstrap: Bootstrap,
    pub recordings: Recordings,
    pub exports: api::Exports,
    pub reports: Reports,
    pub delivery: delivery::Config,
    pub mail: delivery::Mail,
    pub nats: Nats,
    pub log: Log,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    pub url: String,
}

impl Default for Database {
    fn default() -> Self {
        Self { url: "sqlite://tandem-data/organization.db?mode=rwc".to_owned() }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Journal {
    pub path: PathBuf,
    pub keep_days: u32,
}

impl Default for Journal {
    fn default() -> Self {
        Self { path: "tandem-data/journal.db".into(), keep_days: 7 }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Auth {
    /// None: beside the journal.
    pub signing_key_path: Option<PathBuf>,
}

#[allow(clippy::derivable_impls)]
impl Default for Auth {
    fn default() -> Self {
        Self { signing_key_path: None }
    }
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bootstrap {
    pub admin_username: String,
    pub admin_password: Option<String>,
}

impl Default for Bootstrap {
    fn default() -> Self {
        Self { admin_username: "admin".to_owned(), admin_password: None }
    }
}

impl std::fmt::Debug for Bootstrap {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Bootstrap").finish_non_exhaustive()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Recordings {
    pub url: String,
}

impl Default for Recordings {
    fn default() -> Self {
        Self { url: "file://tandem-data/recordings".to_owned() }
    }
}

/// What reports are counted from: a packed copy of the facts.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reports {
    /// None: beside the journal.
    pub archive_directory: Option<PathBuf>,
    pub archive_memory_mb: u64,
}

impl Default for Reports {
    fn default() -> Self {
        Self { archive_directory: None, archive_memory_mb: 1_024 }
    }
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Nats {
    pub url: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    pub filter: String,
    pub format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

impl Default for Log {
    fn default() -> Self {
        Self { filter: "info".to_owned(), format: LogFormat::Text }
    }
}

/// The configuration cannot be used; the text says which key and why.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("there is no configuration file at {}", .0.display())]
    Missing(PathBuf),
    #[error("the configuration is wrong: {0}")]
    Wrong(#[from] Box<figment::Error>),
    #[error("{0}")]
    Unusable(&'static str),
}

impl Config {
    /// Reads the file (when one is named) over the defaults, and the environment over both.
    pub fn read(file: Option<&Path>) -> Result<Self, ConfigError> {
        let mut figment = Figment::from(Serialized::defaults(Config::default()));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(ConfigError::Missing(file.to_owned()));
            }
            figment = figment.merge(Toml::file_exact(file));
        }
        let config: Config =
            figment.merge(Env::prefixed("TANDEM__").split("__")).extract().map_err(Box::new)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<(), ConfigError> {
        if !self.nats.url.is_empty() {
            return Err(ConfigError::Unusable(
                "nats.url is set, but this release runs on one node: leave it empty",
            ));
        }
        if !self.recordings.url.starts_with("file://") {
            return Err(ConfigError::Unusable("recordings.url must begin with file://"));
        }
        if !self.database.url.starts_with("sqlite:") && !self.database.url.starts_with("postgres") {
            return Err(ConfigError::Unusable("database.url must begin with sqlite:// or postgres://"));
        }
        Ok(())
    }

    pub fn archive_directory(&self) -> PathBuf {
        match &self.reports.archive_directory {
            Some(path) => path.clone(),
            None => self.journal.path.with_file_name("archive"),
        }
    }

    /// Where messages of callers are kept.
    pub fn messages(&self) -> PathBuf {
        let directory = self.recordings.url.strip_prefix("file://").unwrap_or(&self.recordings.url);
        Path::new(directory).join("messages")
    }

    pub fn signing_key_path(&self) -> PathBuf {
        match &self.auth.signing_key_path {
            Some(path) => path.clone(),
            None => self.journal.path.with_file_name("signing.key"),
        }
    }
}
