//! `zhizhen blocks import`: towns, blocks, people and duty from one GeoJSON file. All of it or nothing.

mod file;
mod plan;

use crate::cli::BlocksCommand;
use crate::{coverage, out};
use anyhow::{Context, Result, bail};
use field::block::{Block, Town};
use std::process::ExitCode;
use store::Actor;

/// Largest file read.
const MAX_BYTES: u64 = 64 * 1024 * 1024;

/// Runs it.
pub(crate) async fn run(command: BlocksCommand) -> Result<ExitCode> {
    let BlocksCommand::Import { file: path, dry_run, data } = command;
    let size =
        std::fs::metadata(&path).with_context(|| format!("`{}` cannot be read", path.display()))?.len();
    if size > MAX_BYTES {
        bail!("`{}` has {size} bytes; at most {MAX_BYTES} are read: split it", path.display());
    }
    let text =
        std::fs::read_to_string(&path).with_context(|| format!("`{}` is not UTF-8 text", path.display()))?;
    let file: file::Map = serde_json::from_str(&text).with_context(|| {
        format!("`{}` is not the GeoJSON that docs/stations.md describes", path.display())
    })?;
    let store = super::open(&data, dry_run).await?;
    let registry = store.tables.registry();
    let (plan, mut problems) = plan::plan(&file, &registry);
    if problems.is_empty() {
        let towns: Vec<Town> = plan.towns.clone();
        let blocks: Vec<Block> = plan.blocks.clone();
        let faults = coverage::check(&towns, &blocks, |b| plan.rosters.iter().find(|r| r.block == b.id));
        problems.extend(faults.iter().map(ToString::to_string));
    }
    for problem in &problems {
        out::line(problem)?;
    }
    out::line(format_args!(
        "{} people, {} towns, {} blocks; {} problems",
        plan.people.len(),
        plan.towns.len(),
        plan.blocks.len(),
        problems.len()
    ))?;
    if !problems.is_empty() {
        bail!("nothing was changed: mend the file and import it again");
    }
    if !dry_run {
        let at = field::clock::Clock::now(&store::playback::SystemClock::default());
        let mut tx = store.tables.begin(Actor::Desk("import"), at).await?;
        plan.put(&mut tx).await?;
        tx.commit().await?;
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
