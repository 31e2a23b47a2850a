//! The command line.

use std::path::PathBuf;

use anyhow::Context;
use clap::{Parser, Subcommand};
use terms::ConversationId;

use crate::{check, config::Config, demo, example, import, replay, simulate, wire};

#[derive(Parser)]
#[command(
    name = "tandem",
    version,
    about = "An open contact-center voice platform",
    propagate_version = true
)]
struct Arguments {
    /// The configuration file (TOML); every key also as TANDEM__SECTION__KEY.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Takes calls until told to stop (SIGTERM, Ctrl-C).
    Serve,
    /// Runs a practice organization with callers and agents that talk, on loopback only.
    Demo {
        /// Where the practice keeps its data.
        #[arg(long, value_name = "DIR", default_value = "tandem-data/demo")]
        data: PathBuf,
    },
    /// Brings the database to this release's tables, and stops.
    Migrate,
    /// Takes over the history of another system.
    Import {
        #[command(subcommand)]
        what: ImportCommand,
    },
    /// Prints a conversation's facts from the journal, and what they lead to.
    Replay { conversation: ConversationId },
    /// Runs the router on a virtual clock: recorded traces, queueing theory, or a staffing scenario.
    Simulate(simulate::command::Arguments),
    /// Reads the configuration and the organization's settings, changes nothing, and says what is wrong with them. Exit
    /// status 1 when calls are lost or wait for ever.
    Check {
        /// Prints the findings as JSON.
        #[arg(long)]
        json: bool,
    },
    /// About the configuration file.
    Config {
        #[command(subcommand)]
        what: ConfigCommand,
    },
    /// Prints the OpenAPI document.
    Openapi,
    /// Prints every route and its permission (Markdown).
    Permissions,
}

#[derive(Subcommand)]
enum ImportCommand {
    /// Calls, legs, segments and presence from the CSV files of a directory: all of them, or none and every bad row named.
    Calls {
        #[arg(value_name = "DIR")]
        directory: PathBuf,
        /// Becomes the organization's time zone (an IANA name like America/New_York).
        #[arg(long, value_name = "ZONE")]
        organization_time_zone: Option<chrono_tz::Tz>,
        /// Checks everything and says what would change; writes nothing.
        #[arg(long)]
        dry_run: bool,
    },
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Prints a configuration file with every key, its default and an explanation.
    Example,
}

pub async fn run() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    let config = || Config::read(arguments.config.as_deref());
    match arguments.command {
        Command::Serve => wire::serve(config()?).await,
        Command::Demo { data } => demo::run(config()?, &data).await,
        Command::Migrate => {
            let config = config()?;
            let store = store::Store::connect(&config.database.url).await.context("the database")?;
            println!("the database is at this release's tables");
            store.close().await.context("closing the database")
        }
        Command::Import { what: ImportCommand::Calls { directory, organization_time_zone, dry_run } } => {
            import::calls(&config()?, &directory, organization_time_zone, dry_run).await
        }
        Command::Replay { conversation } => replay::print(&config()?, conversation).await,
        Command::Simulate(arguments) => simulate::command::run(&arguments),
        Command::Check { json } => check::run(&config()?, json).await,
        Command::Config { what: ConfigCommand::Example } => {
            print!("{}", example::example()?);
            Ok(())
        }
        Command::Openapi => {
            println!("{}", api::openapi());
            Ok(())
        }
        Command::Permissions => {
            print!("{}", api::permissions_markdown());
            Ok(())
        }
    }
}
