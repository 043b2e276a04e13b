//! What the command line says: results on standard output, faults on standard error.

use anyhow::Result;
use std::io::Write;
use std::process::ExitCode;

/// Writes one line to standard output.
///
/// # Errors
/// When standard output is closed (such as by `head`).
pub(crate) fn line(text: impl std::fmt::Display) -> Result<()> {
    writeln!(std::io::stdout().lock(), "{text}").map_err(Into::into)
}

/// Writes one line to standard error; a closed standard error is no reason to stop.
pub(crate) fn note(text: impl std::fmt::Display) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// Says what went wrong, with its causes, and gives the exit code.
pub(crate) fn failure(why: &anyhow::Error) -> ExitCode {
    let closed =
        why.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe);
    if closed {
        return ExitCode::SUCCESS;
    }
    note(format_args!("zhizhen: {why:#}"));
    ExitCode::FAILURE
}
