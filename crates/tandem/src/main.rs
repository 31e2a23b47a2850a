//! The process: arguments in, exit code out.

use std::process::ExitCode;

/// The system's keeps what sign-ins (19 MiB each, for Argon2) and calls once used, an arena a thread; this one gives
/// it back.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match tandem::cli::run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("tandem: {error:#}");
            ExitCode::FAILURE
        }
    }
}
