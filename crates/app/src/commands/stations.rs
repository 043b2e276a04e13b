//! `zhizhen stations import`: the station registry from a CSV file. All lines or none.

use crate::cli::DataArgs;
use crate::out;
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::ExitCode;
use store::Actor;

/// Largest file read: about 100,000 stations.
const MAX_BYTES: u64 = 32 * 1024 * 1024;

/// Reads, plans, says what would be done, and does it unless it is a dry run.
pub(crate) async fn import(path: &Path, dry_run: bool, data: &DataArgs) -> Result<ExitCode> {
    let size = std::fs::metadata(path).with_context(|| format!("`{}` cannot be read", path.display()))?.len();
    if size > MAX_BYTES {
        bail!("`{}` has {size} bytes; at most {MAX_BYTES} are read: split it", path.display());
    }
    let csv = std::fs::read(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let store = super::open(data, dry_run).await?;
    let plan = api::import::plan(&csv, &store.tables.registry());
    for problem in &plan.problems {
        out::line(problem)?;
    }
    out::line(format_args!(
        "{} to add, {} to change, {} as they are; {} problems",
        plan.add.len(),
        plan.change.len(),
        plan.unchanged.len(),
        plan.problems.len()
    ))?;
    if !plan.problems.is_empty() {
        bail!("nothing was changed: mend the file and import it again");
    }
    if !dry_run {
        let at = field::clock::Clock::now(&store::playback::SystemClock::default());
        api::import::apply(&store.tables, plan, Actor::Desk("import"), at).await?;
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}
