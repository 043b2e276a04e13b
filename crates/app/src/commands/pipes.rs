//! `zhizhen pipes run`: an EPANET model from its file to EPANET's binary results, a report and JSON.

mod series;

use super::model_file;
use crate::out;
use anyhow::{Context, Result, anyhow};
use pipes::{BinaryResults, Model, Runner, State};
use series::Series;
use std::fs::File;
use std::io::{BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// What to run and where the answers go.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct RunArgs {
    /// EPANET's input file
    pub(crate) model: PathBuf,
    /// EPANET's binary results
    #[arg(long)]
    pub(crate) out: Option<PathBuf>,
    /// Report as text
    #[arg(long)]
    pub(crate) rpt: Option<PathBuf>,
    /// Series of all nodes and links, energy and warnings as JSON
    #[arg(long)]
    pub(crate) json: Option<PathBuf>,
}

/// Commands of the supply engine.
#[derive(Debug, Clone, clap::Subcommand)]
pub(crate) enum PipesCommand {
    /// Run an EPANET model
    Run(RunArgs),
}

/// Runs a model; progress and warnings on standard error, a line of figures on standard output.
pub(crate) fn run(command: PipesCommand) -> Result<ExitCode> {
    let PipesCommand::Run(args) = command;
    let text = model_file::read(&args.model)?;
    let Some(model) = judged(&args.model, &text) else { return Ok(ExitCode::FAILURE) };
    let started = std::time::Instant::now();
    let mut answers = Answers::open(&args, &model)?;
    let mut state = model.start();
    let steps = simulate(&model, &mut state, &mut answers);
    // What was reached before the equations failed is written too.
    answers.close(&model, &state)?;
    for warning in state.warnings() {
        out::note(format_args!("warning: {}", pipes::report::sentence(warning)));
    }
    let steps = steps.map_err(|unsolved| anyhow!("{}: {unsolved}", args.model.display()))?;
    out::line(format_args!(
        "{steps} steps in {:.2} s; {} report periods; {} warnings",
        started.elapsed().as_secs_f64(),
        answers.results.periods(),
        state.warnings().len()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The model, or `None` when it has problems, all of which are named.
fn judged(path: &Path, text: &str) -> Option<Model> {
    let (project, mut problems) = pipes::read(text);
    let model = match Model::new(project) {
        Ok(model) => Some(model),
        Err(more) => {
            problems
                .extend(more.into_iter().filter(|problem| !problems.contains(problem)).collect::<Vec<_>>());
            None
        }
    };
    if problems.is_empty() {
        return model;
    }
    problems.sort_by_key(|problem| problem.line);
    for problem in &problems {
        out::note(problem);
    }
    out::note(format_args!("{}: {} problems", path.display(), problems.len()));
    None
}

/// Steps to the end; says how many steps it took.
fn simulate(
    model: &Model,
    state: &mut State,
    answers: &mut Answers,
) -> std::result::Result<usize, Box<dyn std::error::Error + Send + Sync>> {
    let mut runner = Runner::new(model);
    let duration = model.duration();
    let (mut steps, mut shown) = (0, 0);
    while runner.step(state)? {
        steps += 1;
        answers.moment(model, state)?;
        let tenth = if duration > 0 { 10 * state.time() / duration } else { 10 };
        if tenth > shown {
            shown = tenth;
            out::note(format_args!("{} %", 10 * tenth));
        }
    }
    Ok(steps)
}

/// The files a run fills.
struct Answers {
    results: BinaryResults,
    /// The binary results and where their energy section stands.
    binary: Option<(BufWriter<File>, u64)>,
    report: Option<(BufWriter<File>, pipes::report::Tables)>,
    json: Option<(PathBuf, Series)>,
}

impl Answers {
    fn open(args: &RunArgs, model: &Model) -> Result<Self> {
        let results = BinaryResults::new(model);
        let mut binary = args.out.as_deref().map(create).transpose()?.map(|file| (file, 0));
        if let Some((file, energy_at)) = &mut binary {
            let head = results.prolog(model, &args.model.to_string_lossy());
            *energy_at = head.len() as u64;
            file.write_all(&head)?;
            file.write_all(&results.energy(model, &model.start()))?;
        }
        let report = args.rpt.as_deref().map(create).transpose()?;
        let report = report.map(|file| (file, pipes::report::Tables::new(model)));
        let json = args.json.clone().map(|path| (path, Series::new(model)));
        Ok(Self { results, binary, report, json })
    }

    /// Takes the moment the state stands at, if it is to be reported.
    fn moment(&mut self, model: &Model, state: &State) -> Result<()> {
        let before = self.results.periods();
        let bytes = self.results.period(model, state);
        if self.results.periods() == before {
            return Ok(());
        }
        if let Some((file, _)) = &mut self.binary {
            file.write_all(&bytes)?;
        }
        if let Some((file, tables)) = &mut self.report {
            file.write_all(tables.moment(model, state).as_bytes())?;
        }
        if let Some((_, series)) = &mut self.json {
            series.take(model, state);
        }
        Ok(())
    }

    fn close(&mut self, model: &Model, state: &State) -> Result<()> {
        if let Some((mut file, energy_at)) = self.binary.take() {
            file.write_all(&self.results.epilog(model, state))?;
            file.seek(SeekFrom::Start(energy_at))?;
            file.write_all(&self.results.energy(model, state))?;
            file.flush()?;
        }
        if let Some((mut file, _)) = self.report.take() {
            file.write_all(pipes::report::text(model, state).as_bytes())?;
            file.flush()?;
        }
        if let Some((path, series)) = self.json.take() {
            let bytes = serde_json::to_vec(&series.close(model, state))?;
            std::fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

fn create(path: &Path) -> Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(path).with_context(|| format!("creating {}", path.display()))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(model: PathBuf) -> RunArgs {
        RunArgs { model, out: None, rpt: None, json: None }
    }

    #[test]
    fn a_model_is_run_to_its_results_report_and_series() {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("../pipes/models/energy.inp");
        let args = RunArgs {
            out: Some(at("o.out")),
            rpt: Some(at("o.rpt")),
            json: Some(at("o.json")),
            ..args(model)
        };
        assert_eq!(run(PipesCommand::Run(args)).unwrap(), ExitCode::SUCCESS);
        let bytes = std::fs::read(at("o.out")).unwrap();
        let magic = 516_114_521_i32.to_le_bytes();
        assert_eq!((&bytes[..4], &bytes[bytes.len() - 4..]), (&magic[..], &magic[..]));
        assert!(std::fs::read_to_string(at("o.rpt")).unwrap().contains("kWh/"));
        let json: serde_json::Value = serde_json::from_slice(&std::fs::read(at("o.json")).unwrap()).unwrap();
        let periods = json["times"].as_array().unwrap().len();
        assert_eq!(bytes[bytes.len() - 12..bytes.len() - 8], i32::try_from(periods).unwrap().to_le_bytes());
        assert_eq!(json["nodes"][0]["name"], "A");
        assert_eq!(json["nodes"][0]["pressure"].as_array().unwrap().len(), periods);
        // The pump's energy written last stands in the place kept for it.
        assert!(json["energy"][0]["kw_mean"].as_f64().unwrap() > 0.0);
        let kw = json["energy"][0]["kw_mean"].as_f64().unwrap() as f32;
        assert!(bytes.windows(4).any(|four| four == kw.to_le_bytes()));
    }

    #[test]
    fn a_broken_model_fails_before_anything_is_written() {
        let dir = tempfile::tempdir().unwrap();
        let model = dir.path().join("m.inp");
        std::fs::write(&model, "[JUNCTIONS]\nJ1 x\n[PIPES]\nP1 J1 J9 100 100 100\n").unwrap();
        let args = RunArgs { out: Some(dir.path().join("o.out")), ..args(model) };
        assert_eq!(run(PipesCommand::Run(args)).unwrap(), ExitCode::FAILURE);
        assert!(!dir.path().join("o.out").exists());
    }
}
