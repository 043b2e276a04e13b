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
    if is_closed_output(why) {
        return ExitCode::SUCCESS;
    }
    note(format_args!("zhizhen: {why:#}"));
    ExitCode::FAILURE
}

/// Whether standard output was closed, as `head` does: by the line or while rows were written.
fn is_closed_output(why: &anyhow::Error) -> bool {
    let is_ours = why.is::<std::io::Error>() || why.is::<api::table::CsvError>();
    let broken = |cause: &(dyn std::error::Error + 'static)| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|e| e.kind() == std::io::ErrorKind::BrokenPipe)
    };
    is_ours && why.chain().any(broken)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Error, ErrorKind};

    #[test]
    fn only_a_closed_standard_output_is_no_failure() {
        let io = |kind| Error::from(kind);
        assert!(is_closed_output(&io(ErrorKind::BrokenPipe).into()));
        assert!(is_closed_output(&api::table::CsvError::from(io(ErrorKind::BrokenPipe)).into()));
        assert!(!is_closed_output(&io(ErrorKind::StorageFull).into()));
    }
}
