//! `zhizhen drains run`: a SWMM model from its file to EPA's binary results, a report and JSON.

mod flood;

use super::model_file;
use crate::out;
use anyhow::{Context, Result};
use field::clock::Clock;
use std::io::Write;
use std::num::NonZeroUsize;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use store::playback::SystemClock;

/// What to run and where the answers go.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RunArgs {
    /// SWMM's input file
    pub(crate) model: PathBuf,
    /// EPA's binary results
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Report in SWMM's layout; without --out also the series that the model's [REPORT] names
    #[arg(long)]
    pub(crate) rpt: Option<PathBuf>,
    /// Summary as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
    /// SWMM's operations in SWMM's order: the same bits, slower
    #[arg(long)]
    pub(crate) exact: bool,
    /// Threads that share the run; the answers are the same to the bit [default: the model's THREADS, no
    /// more than there are cores]
    #[arg(long)]
    pub(crate) threads: Option<NonZeroUsize>,
}

/// Commands of the drainage engine.
#[derive(Debug, Clone, clap::Subcommand)]
pub(crate) enum DrainsCommand {
    /// Run a SWMM model
    Run(RunArgs),
    /// Run a SWMM model with the ground above it: where streets flood, how deep
    Flood(flood::FloodArgs),
}

/// Runs a model; progress on standard error, a line of figures on standard output.
pub(crate) fn run(command: DrainsCommand) -> Result<ExitCode> {
    let args = match command {
        DrainsCommand::Run(args) => args,
        DrainsCommand::Flood(args) => return flood::run(&args),
    };
    let Some(model) = load(&args.model)? else { return Ok(ExitCode::FAILURE) };
    let folder = folder(&args.model);
    let numerics = if args.exact { drains::Numerics::Exact } else { drains::Numerics::Fast };
    let (started, begun) = (std::time::Instant::now(), wall_clock());
    let mut state = drains::State::new(&model, numerics);
    let mut series = (args.rpt.is_some() && args.out.is_none()).then(Vec::new);
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let threads = args.threads.map_or_else(|| model.threads().min(cores), NonZeroUsize::get);
    let crew = drains::Crew::new(threads)?;
    let saved = simulate(&model, &mut state, &crew, args.out.as_deref(), series.as_mut())?;
    for (name, bytes) in saved.close(&model, &state)? {
        write(&folder.join(name), &bytes)?;
    }
    let took = started.elapsed();
    let summary = state.summary(&model);
    if let Some(path) = &args.rpt {
        let clock = drains::RunClock { begun, ended: wall_clock(), seconds: took.as_secs_f64().floor() };
        write(path, state.report(&model, &clock, series.as_deref()).as_bytes())?;
    }
    if let Some(path) = &args.json {
        write(path, &serde_json::to_vec(&summary)?)?;
    }
    out::line(format_args!(
        "{} steps in {:.2} s; continuity errors: runoff {:.3} %, flow {:.3} %, quality {:.3} %",
        summary.steps,
        took.as_secs_f64(),
        summary.runoff_error_percent,
        summary.flow_error_percent,
        summary.quality.error_percent
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// A model with the files it names; nothing where it has problems, which are then said.
fn load(path: &Path) -> Result<Option<drains::Model>> {
    let text = model_file::read(path)?;
    let files = |name: &str| beside(folder(path), name);
    match drains::Model::read_with(&text, &files) {
        Ok(model) => {
            model.warnings().iter().for_each(out::note);
            Ok(Some(model))
        }
        Err(drains::ModelError::Problems(problems)) => {
            problems.iter().for_each(out::note);
            out::note(format_args!("{}: {} problems", path.display(), problems.len()));
            Ok(None)
        }
    }
}

/// Where a model's own files lie.
fn folder(model: &Path) -> &Path {
    model.parent().unwrap_or(Path::new(""))
}

/// A file named by the model: as written, else of that name beside the model. SWMM's own binary files
/// stay as they are, text becomes UTF-8.
fn beside(folder: &Path, name: &str) -> Option<Vec<u8>> {
    let base = name.rsplit(['/', '\\']).next().unwrap_or(name);
    let bytes = std::fs::read(folder.join(name)).or_else(|_| std::fs::read(folder.join(base))).ok()?;
    if bytes.starts_with(b"SWMM5-") { Some(bytes) } else { Some(model_file::text(&bytes).into_bytes()) }
}

/// The wall clock in UTC, as C's `ctime` writes it.
pub(super) fn wall_clock() -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    use drains::date;
    let since_ms = SystemClock::default().now().ms();
    let epoch = date::encode(1970, 1, 1).unwrap_or_default();
    let now = epoch + (since_ms / 1000) as f64 / 86400.0;
    let (year, _, day) = date::civil(now);
    let weekday = DAYS.get(date::weekday(now)).unwrap_or(&"");
    let month = MONTHS.get(date::month(now) - 1).unwrap_or(&"");
    format!("{weekday} {month} {day:>2} {} {year}", date::show_time(now))
}

/// Bytes of results kept in memory for the report's series.
const SERIES_MAX: usize = 1 << 30;

fn simulate(
    model: &drains::Model,
    state: &mut drains::State,
    crew: &drains::Crew,
    out: Option<&Path>,
    mut series: Option<&mut Vec<u8>>,
) -> Result<drains::Saved> {
    let mut saved = drains::Saved::open(model, state);
    let (mut results, head) = drains::Results::open(model);
    let mut file = match out {
        Some(path) => {
            let file = std::fs::File::create(path).with_context(|| format!("creating {}", path.display()))?;
            Some(std::io::BufWriter::new(file))
        }
        None => None,
    };
    if let Some(file) = &mut file {
        file.write_all(&head)?;
    }
    let mut shown = 0;
    let mut keep = |state: &mut drains::State| -> Result<()> {
        let bytes = results.after_step(model, state);
        saved.after_step(model, state);
        if let Some(file) = &mut file {
            file.write_all(&bytes)?;
        }
        if let Some(series) = &mut series {
            anyhow::ensure!(
                series.len() + bytes.len() <= SERIES_MAX,
                "the report's series are over {SERIES_MAX} bytes: name fewer objects in [REPORT], or write --out"
            );
            series.extend_from_slice(&bytes);
        }
        let percent = (100.0 * state.elapsed_s() / model.duration_s()) as u32;
        if percent >= shown + 10 {
            shown = percent - percent % 10;
            out::note(format_args!("{shown} %"));
        }
        Ok(())
    };
    let after =
        |state: &mut drains::State| keep(state).map_or_else(ControlFlow::Break, ControlFlow::Continue);
    if let ControlFlow::Break(error) = crew.run_until(model, state, f64::INFINITY, after) {
        return Err(error);
    }
    if let Some(mut file) = file {
        file.write_all(&results.close())?;
        file.flush()?;
    }
    Ok(saved)
}

fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    std::fs::write(path, bytes).with_context(|| format!("writing {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_run_to_its_results_report_and_summary() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../drains/models/loop.inp");
        let args = RunArgs {
            model,
            out: Some(at("o.out")),
            rpt: Some(at("o.rpt")),
            json: Some(at("o.json")),
            exact: true,
            threads: NonZeroUsize::new(2),
        };
        assert_eq!(run(DrainsCommand::Run(args)).unwrap(), ExitCode::SUCCESS);
        let bytes = std::fs::read(at("o.out")).unwrap();
        assert_eq!(bytes[..4], 516_114_522_i32.to_le_bytes());
        assert_eq!(bytes[bytes.len() - 4..], 516_114_522_i32.to_le_bytes());
        let report = std::fs::read_to_string(at("o.rpt")).unwrap();
        assert!(report.contains("\n  Link Flow Summary\n") && !report.contains("<<< Node"), "{report}");
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(at("o.json")).unwrap()).unwrap();
        assert_eq!(json["flow_units"], "CFS");
    }

    #[test]
    fn files_a_model_saves_lie_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let models = Path::new(env!("CARGO_MANIFEST_DIR")).join("../drains/models");
        for name in ["files_saved.inp", "rain_standard.dat"] {
            std::fs::copy(models.join(name), dir.path().join(name)).unwrap();
        }
        let model = dir.path().join("files_saved.inp");
        let args = RunArgs { model, out: None, rpt: None, json: None, exact: true, threads: None };
        assert_eq!(run(DrainsCommand::Run(args)).unwrap(), ExitCode::SUCCESS);
        for name in ["files_saved.hot", "files_saved.outflows"] {
            let ours = std::fs::read(dir.path().join(name)).unwrap();
            assert!(ours == std::fs::read(models.join(name)).unwrap(), "{name}");
        }
    }

    #[test]
    fn without_binary_results_the_report_has_the_series() {
        let dir = tempfile::tempdir().unwrap();
        let rpt = dir.path().join("o.rpt");
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../drains/models/quality_decay.inp");
        let args =
            RunArgs { model, out: None, rpt: Some(rpt.clone()), json: None, exact: false, threads: None };
        assert_eq!(run(DrainsCommand::Run(args)).unwrap(), ExitCode::SUCCESS);
        let report = std::fs::read_to_string(rpt).unwrap();
        assert!(report.contains("<<< Node P >>>") && report.contains("Analysis begun on:  "), "{report}");
    }

    #[test]
    fn a_broken_model_fails() {
        let dir = tempfile::tempdir().unwrap();
        let model = dir.path().join("m.inp");
        std::fs::write(&model, "[JUNCTIONS]\nJ1 x\n").unwrap();
        let args = RunArgs { model, out: None, rpt: None, json: None, exact: false, threads: None };
        assert_eq!(run(DrainsCommand::Run(args)).unwrap(), ExitCode::FAILURE);
    }
}
