//! Log lines: constant messages with facts as fields, JSON for machines or text for people.

use crate::config::{Log, LogFormat};
use anyhow::{Context, Result};
use tracing_subscriber::EnvFilter;

/// Starts writing log lines to standard error.
///
/// # Errors
/// When the filter is not understood.
pub(crate) fn start(log: &Log) -> Result<()> {
    let filter = EnvFilter::try_new(&log.level).with_context(|| {
        format!("log level `{}` is not understood; write `info` or `info,gateway=debug`", log.level)
    })?;
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // A second start in one process (tests) keeps the first.
    drop(match log.format {
        LogFormat::Json => lines.json().try_init(),
        LogFormat::Text => lines.try_init(),
    });
    Ok(())
}
