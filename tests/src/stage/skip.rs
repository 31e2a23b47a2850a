//! What a machine lacks is said by name, and never in silence.

use std::io::Write;

use super::error::{Result, StageError};

/// `None` where a program is not installed, after saying so past the test runner's capture of output.
pub fn where_installed<T>(started: Result<T>) -> Result<Option<T>> {
    match started {
        Ok(started) => Ok(Some(started)),
        Err(missing @ StageError::NotInstalled(_)) => {
            // On a line of its own: the runner may be in the middle of one.
            writeln!(std::io::stdout(), "\n{missing}")?;
            Ok(None)
        }
        Err(other) => Err(other),
    }
}
