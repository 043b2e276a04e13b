//! `zhizhen pipes run`: an EPANET model from its file to EPANET's binary results, a report and JSON.

mod answers;
mod series;

use super::model_file;
use crate::out;
use answers::Answers;
use anyhow::{Result, anyhow};
use numerics::inp::Problem;
use pipes::{Model, Runner, State, Unsolved};
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
    /// Report with EPANET's layout and tables, as the model's [REPORT] asks
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
    answers.attach(&mut state);
    let (steps, unsolved) = simulate(&model, &mut state, &mut answers)?;
    if let Some(unsolved) = &unsolved {
        answers.unsolved(&model, &mut state, unsolved)?;
    }
    let periods = answers.periods();
    // What was reached before the equations failed is written too.
    answers.close(&model, &state)?;
    for warning in state.warnings() {
        out::note(format_args!("warning: {}", pipes::report::sentence(warning)));
    }
    if let Some(unsolved) = unsolved {
        return Err(anyhow!("{}: {unsolved}", args.model.display()));
    }
    out::line(format_args!(
        "{steps} steps in {:.2} s; {} report periods; {} warnings",
        started.elapsed().as_secs_f64(),
        periods,
        state.warnings().len()
    ))?;
    Ok(ExitCode::SUCCESS)
}

/// The model, or `None` when it has problems, all of which are named.
fn judged(path: &Path, text: &str) -> Option<Model> {
    let problems = match model_or_problems(text) {
        Ok(model) => return Some(model),
        Err(problems) => problems,
    };
    for problem in &problems {
        out::note(problem);
    }
    out::note(format_args!("{}: {} problems", path.display(), problems.len()));
    None
}

/// The model, or everything that is wrong with the file and with the network it describes, by line.
fn model_or_problems(text: &str) -> std::result::Result<Model, Vec<Problem>> {
    let (project, mut problems) = pipes::read(text);
    match Model::new(project) {
        Ok(model) if problems.is_empty() => return Ok(model),
        Ok(_) => {}
        Err(more) => {
            let new: Vec<Problem> = more.into_iter().filter(|problem| !problems.contains(problem)).collect();
            problems.extend(new);
        }
    }
    problems.sort_by_key(|problem| problem.line);
    Err(problems)
}

/// Steps to the end; says how many steps it took, and why the run ended earlier if it did.
fn simulate(model: &Model, state: &mut State, answers: &mut Answers) -> Result<(usize, Option<Unsolved>)> {
    let mut runner = Runner::new(model);
    let duration = model.duration();
    let (mut steps, mut shown) = (0, 0);
    loop {
        match runner.step(state) {
            Ok(true) => steps += 1,
            Ok(false) => return Ok((steps, None)),
            Err(unsolved) => return Ok((steps, Some(unsolved))),
        }
        answers.moment(model, state)?;
        let tenth = if duration > 0 { 10 * state.time() / duration } else { 10 };
        if tenth > shown {
            shown = tenth;
            out::note(format_args!("{} %", 10 * tenth));
        }
    }
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
        let report = std::fs::read_to_string(at("o.rpt")).unwrap();
        assert!(report.contains("E P A N E T") && report.contains("Analysis ended"), "{report}");
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

    #[test]
    fn thirty_mistakes_are_told_at_once_each_with_line_element_and_remedy() {
        let text = include_str!("../../../pipes/tests/all/mistakes.inp");
        let problems = model_or_problems(text).unwrap_err();
        for (number, line) in (1..).zip(text.lines()).filter(|(_, line)| line.ends_with(";!")) {
            let said =
                problems.iter().filter(|p| p.line == number).map(ToString::to_string).collect::<String>();
            let names = line.split_whitespace().filter(|word| *word != ";!");
            assert!(said.starts_with(&format!("line {number} [")), "line {number}: {said:?}");
            assert!(names.clone().any(|word| said.contains(word)), "line {number} `{line}`: {said:?}");
        }
        assert!(problems.len() >= 30 && problems.iter().all(|p| !p.remedy.is_empty()), "{}", problems.len());
    }

    #[test]
    fn the_report_has_the_tables_its_section_asks_for_and_a_second_file_where_it_names_one() {
        let dir = tempfile::tempdir().unwrap();
        for (name, periods) in [("second_file", 7), ("mean", 1), ("pages", 49)] {
            let model =
                Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../pipes/models/reports/{name}.inp"));
            let args = RunArgs { rpt: Some(dir.path().join(name)), ..args(model) };
            assert_eq!(run(PipesCommand::Run(args)).unwrap(), ExitCode::SUCCESS);
            let tables = if name == "second_file" { "second" } else { name };
            let report = std::fs::read_to_string(dir.path().join(tables)).unwrap();
            let headings =
                report.lines().filter(|l| l.contains("Node Results") && !l.contains("continued")).count();
            assert_eq!(headings, periods, "{name}");
        }
        let first = std::fs::read_to_string(dir.path().join("second_file")).unwrap();
        assert!(first.contains("Hydraulic Status:") && !first.contains("Node Results"));
    }

    #[test]
    fn models_in_any_encoding_keep_the_names_of_their_elements() {
        let dir = tempfile::tempdir().unwrap();
        let text = "[JUNCTIONS]\n稠江一号 10 1\n[RESERVOIRS]\n城北水厂 60\n[PIPES]\n苏溪干管 城北水厂 稠江一号 500 200 110\n\
                    [OPTIONS]\nUNITS LPS\n[REPORT]\nNODES ALL\n";
        let western = text
            .replace("稠江一号", "Cr\u{e9}teil")
            .replace("城北水厂", "R\u{e9}servoir")
            .replace("苏溪干管", "P");
        let latin: Vec<u8> = western.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
        let (chinese, ..) = encoding_rs::GB18030.encode(text);
        for (bytes, name) in
            [(text.as_bytes(), "稠江一号"), (&*chinese, "稠江一号"), (&*latin, "Cr\u{e9}teil")]
        {
            let (model, rpt) = (dir.path().join("m.inp"), dir.path().join("m.rpt"));
            std::fs::write(&model, bytes).unwrap();
            let args = RunArgs { rpt: Some(rpt.clone()), ..args(model) };
            assert_eq!(run(PipesCommand::Run(args)).unwrap(), ExitCode::SUCCESS);
            let report = std::fs::read_to_string(rpt).unwrap();
            assert!(report.lines().any(|l| l.trim_start().starts_with(name)), "{report}");
        }
    }
}
