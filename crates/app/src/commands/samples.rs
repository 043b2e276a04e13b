//! `zhizhen samples import`: years of history out of a file.

use crate::cli::DataArgs;
use crate::out;
use anyhow::{Context, Result, bail};
use api::history::{FILE_MAX, Import, Sheet, apply, plan};
use field::clock::Clock as _;
use std::path::Path;
use std::process::ExitCode;
use store::playback::SystemClock;

/// Says what a file would do, and does it unless it is a dry run or has problems.
pub(crate) async fn import(
    file: &Path,
    dry_run: bool,
    skip_bad: bool,
    zone: String,
    data: &DataArgs,
) -> Result<ExitCode> {
    let size = std::fs::metadata(file).with_context(|| format!("`{}` cannot be read", file.display()))?.len();
    if size > FILE_MAX as u64 {
        bail!("`{}` has {size} bytes; at most {FILE_MAX} are taken at once: split it", file.display());
    }
    let bytes = std::fs::read(file).with_context(|| format!("`{}` cannot be read", file.display()))?;
    let sheet = Sheet::read(&bytes);
    let store = super::open(data, dry_run).await?;
    let plan = plan(&store, &sheet, &Import { zone }).await?;
    for problem in &plan.problems {
        let api::history::Problem { line, column, code, value } = problem;
        out::line(format_args!("line {line}, column `{column}`: {code} `{value}`"))?;
    }
    out::line(format_args!(
        "{} ({}): {} rows; would add {}, correct {}, leave {} as they are; {} empty, {} repeated, {} suspect, {} problems",
        file.display(),
        plan.encoding,
        plan.rows,
        plan.would_add,
        plan.would_correct,
        plan.unchanged,
        plan.empty,
        plan.repeated,
        plan.suspect,
        plan.problem_count
    ))?;
    let blocked = plan.problem_count > 0 && !skip_bad;
    let code = if blocked { ExitCode::FAILURE } else { ExitCode::SUCCESS };
    if blocked && !dry_run {
        out::line("nothing was written: mend the lines, or write the others with --skip-bad")?;
    }
    if !dry_run && !blocked {
        match apply(&store, &plan, SystemClock::default().now()).await {
            Ok(outcome) => out::line(format_args!("{} rows are durable", outcome.written))?,
            Err((outcome, error)) => {
                let (written, of) = (outcome.written, outcome.of);
                bail!("{written} of {of} rows are durable, then: {error}; give the same file again to go on");
            }
        }
    }
    store.close().await;
    Ok(code)
}
