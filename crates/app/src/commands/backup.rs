//! `zhizhen backup` and `zhizhen restore`: a data directory copied whole, while the server runs, and
//! back into a new one, where every checksum is looked at before it is called good.

use super::verify;
use crate::cli::DataArgs;
use crate::out;
use anyhow::{Context, Result};
use field::clock::Clock as _;
use std::path::Path;
use std::process::ExitCode;
use store::Backup;
use store::playback::SystemClock;

/// Bytes of a mebibyte.
const MIB: f64 = 1024.0 * 1024.0;

/// Copies the data directory into a folder; what is there from the time before is not copied again.
pub(crate) async fn backup(folder: &Path, data: &DataArgs) -> Result<ExitCode> {
    let options = super::options(&super::config(data)?, true)?;
    let done = store::backup(&options, folder, SystemClock::default().now())
        .await
        .with_context(|| format!("backing up `{}` to `{}`", options.dir.display(), folder.display()))?;
    say(&done, "backed up", folder)?;
    if done.tables_bytes.is_none() {
        out::line(
            "tables and journal are in PostgreSQL and not in this folder: run `pg_dump --format=custom` \
             first, then `zhizhen backup`, so that no desk is ahead of the samples (docs/backup.md)",
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Copies a backup into a new data directory and looks at every checksum of what came out.
pub(crate) async fn restore(folder: &Path, data: &DataArgs) -> Result<ExitCode> {
    let config = super::config(data)?;
    let options = super::options(&config, false)?;
    let done = store::restore(folder, &options)
        .await
        .with_context(|| format!("restoring `{}` to `{}`", folder.display(), options.dir.display()))?;
    say(&done, "restored", &options.dir)?;
    verify::report(&super::options(&config, true)?).await
}

fn say(done: &Backup, what: &str, to: &Path) -> Result<()> {
    let Backup { note, samples, others, tables_bytes } = done;
    let tables = match tables_bytes {
        Some(bytes) => format!("tables {:.1} MiB", *bytes as f64 / MIB),
        None => "no tables".to_owned(),
    };
    out::line(format_args!(
        "{what} as of {}: samples {} files copied ({:.1} MiB), {} there already, {} old ones removed; \
         photos and others {} copied, {} there already; {tables}; in `{}`",
        note.at,
        samples.copied,
        samples.bytes as f64 / MIB,
        samples.kept,
        samples.removed,
        others.copied,
        others.kept,
        to.display()
    ))
}
