//! `zhizhen check`: is what is stored what it should be? Changes nothing.

use crate::cli::DataArgs;
use crate::{coverage, out};
use anyhow::Result;
use field::block::{Block, Town};
use std::process::ExitCode;

/// Names each hole and overlap of ground and duty.
pub(crate) async fn coverage(data: &DataArgs) -> Result<ExitCode> {
    let store = super::open(data, true).await?;
    let registry = store.tables.registry();
    let towns: Vec<Town> = registry.towns().values().map(|t| Town::clone(t)).collect();
    let blocks: Vec<Block> = registry.blocks().values().map(|b| Block::clone(b)).collect();
    let faults = coverage::check(&towns, &blocks, |b| registry.roster(b.id).map(AsRef::as_ref));
    for fault in &faults {
        out::line(fault)?;
    }
    out::line(format_args!("{} towns, {} blocks, {} faults", towns.len(), blocks.len(), faults.len()))?;
    Ok(if faults.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Recomputes the journal's hash chain.
pub(crate) async fn journal(data: &DataArgs) -> Result<ExitCode> {
    let store = super::open(data, true).await?;
    let last = store.tables.journal_verify().await?;
    out::line(format_args!("the journal's {last} lines are whole"))?;
    Ok(ExitCode::SUCCESS)
}
