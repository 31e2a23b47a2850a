//! `tandem check`: what is wrong with the configuration and with how calls are routed, without a running server.

use std::path::Path;

use anyhow::{Context, bail};
use callcontrol::lint::{Finding, Severity, SubjectKind, lint};
use store::Store;

use crate::config::Config;

pub async fn run(config: &Config, json: bool) -> anyhow::Result<()> {
    // Whoever reads JSON gets nothing else.
    let say = |text: &str| {
        if !json {
            println!("{text}");
        }
    };
    say("the configuration is sound");
    let findings = match file_of(&config.database.url).filter(|file| !file.exists()) {
        Some(file) => {
            say(&format!("there is no organization yet: {} comes with the first start", file.display()));
            Vec::new()
        }
        None => {
            let findings = look(&config.database.url).await?;
            if findings.is_empty() {
                say("nothing is wrong with how calls are routed");
            }
            findings
        }
    };
    if json {
        println!("{}", serde_json::to_string_pretty(&findings)?);
    } else {
        findings.iter().for_each(|finding| println!("{}", line(finding)));
    }
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
    if errors > 0 {
        bail!("{errors} of {} findings are errors", findings.len());
    }
    Ok(())
}

/// The file of a SQLite database.
fn file_of(url: &str) -> Option<&Path> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(Path::new(path.split('?').next().unwrap_or(path)))
}

async fn look(url: &str) -> anyhow::Result<Vec<Finding>> {
    let store = Store::look(url).await.context("the database; `tandem migrate` brings it to this release")?;
    let rows = store.load_organization().await;
    store.close().await.context("closing the database")?;
    Ok(lint(&rows?))
}

fn line(finding: &Finding) -> String {
    let severity = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "info",
    };
    let kind = match finding.subject.kind {
        SubjectKind::Organization => "organization",
        SubjectKind::Queue => "queue",
        SubjectKind::Skill => "skill",
        SubjectKind::User => "user",
        SubjectKind::Number => "number",
        SubjectKind::CallFlow => "call flow",
        SubjectKind::PresenceStatus => "presence status",
    };
    format!("{severity}: {kind} `{}` ({}): {}", finding.subject.name, finding.code, finding.text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_check_before_the_first_start_makes_no_database() {
        let directory = std::env::temp_dir().join(format!("tandem-check-{}", std::process::id()));
        let file = directory.join("organization.db");
        let mut config = Config::default();
        config.database.url = format!("sqlite://{}?mode=rwc", file.display());
        run(&config, false).await.unwrap();
        assert!(!file.exists());
        assert!(look(&config.database.url).await.is_err(), "no file, no tables");
        assert!(!file.exists());
        // Tables alone are no organization yet: nobody can say that they take calls.
        Store::connect(&config.database.url).await.unwrap().close().await.unwrap();
        let findings = look(&config.database.url).await.unwrap();
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
        assert_eq!(errors.map(|finding| finding.code).collect::<Vec<_>>(), ["no_online_status"]);
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
