//! `zhizhen verify`: every checksum of a data directory or a backup. Changes nothing, and does not mind a
//! server at work.

use crate::cli::DataArgs;
use crate::out;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::ExitCode;
use store::{Damage, Damaged, Options, SqlUrl, Store, StoreError};

/// Looks at the data directory, or at the backup in `folder`.
pub(crate) async fn run(folder: Option<&Path>, data: &DataArgs) -> Result<ExitCode> {
    let config = super::config(data)?;
    let mut options = super::options(&config, true)?;
    if let Some(folder) = folder {
        let note = store::read_note(folder)?;
        out::line(format_args!("a backup as of {}, tables in {}", note.at, note.tables))?;
        if note.tables != "sqlite" && options.sql == SqlUrl::Sqlite {
            bail!("its tables are in PostgreSQL: name the database with --store");
        }
        options.dir = folder.to_owned();
    }
    report(&options).await
}

/// Names everything that is damaged; fails when anything is.
pub(crate) async fn report(options: &Options) -> Result<ExitCode> {
    let store = Store::open(options.clone())
        .await
        .with_context(|| format!("opening the data directory `{}`", options.dir.display()))?;
    let samples = store.samples.verify().await?;
    for damaged in &samples.damaged {
        out::line(format_args!("DAMAGED {}", words(damaged)))?;
    }
    let (photos, bad) = store.photos.verify().await?;
    for path in &bad {
        out::line(format_args!("DAMAGED `{}`: the picture is not what its name says", path.display()))?;
    }
    let pages = store.tables.check_pages().await?;
    for page in &pages {
        out::line(format_args!("DAMAGED database: {page}"))?;
    }
    let journal = match store.tables.journal_verify().await {
        Ok(last) => last.0,
        Err(why @ StoreError::Corrupt { .. }) => {
            out::line(format_args!("DAMAGED {why}"))?;
            -1
        }
        Err(why) => return Err(why.into()),
    };
    store.close().await;
    let faults = samples.damaged.len() + bad.len() + pages.len() + usize::from(journal < 0);
    out::line(format_args!(
        "{} files, {} blocks, {} rows of samples; {photos} pictures; {} journal lines: {faults} damaged",
        samples.files,
        samples.blocks,
        samples.rows,
        journal.max(0)
    ))?;
    if faults > 0 {
        out::line(
            "everything else is whole and in use; what is named can be put back from a backup (docs/backup.md)",
        )?;
    }
    Ok(if faults == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn words(damaged: &Damaged) -> String {
    let Damaged { path, byte, what } = damaged;
    let what = match what {
        Damage::Chunk { point, from, to } => format!("the rows of point {point} from {from} to {to}"),
        Damage::Rolls { point, from, to } => {
            format!(
                "the roll-ups of point {point} from {from} to {to}; reckoned from its rows while those are kept"
            )
        }
        Damage::Index => "the index; the rows are found without it, slowly".to_owned(),
        Damage::Frames(first) => format!("raw frames from packet {first} on, up to the next block"),
        Damage::Spare => {
            "what stands elsewhere too; nothing is lost by it, the next start reads or makes it without"
                .to_owned()
        }
        Damage::Log => "packets not sealed yet; those behind them are whole".to_owned(),
        Damage::File(why) => format!("the whole file: {why}"),
    };
    format!("`{}`, byte {byte}: {what}", path.display())
}
