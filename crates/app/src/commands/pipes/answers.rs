//! The files a run fills: EPANET's binary results, its report, and JSON.

use super::RunArgs;
use super::series::Series;
use crate::commands::drains::wall_clock;
use anyhow::{Context, Result};
use pipes::report::Report;
use pipes::{BinaryResults, Model, State, Unsolved};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

pub(super) struct Answers {
    results: BinaryResults,
    /// The binary results and where their energy section stands.
    binary: Option<(BufWriter<File>, u64)>,
    report: Option<Reporting>,
    json: Option<(PathBuf, Series)>,
}

/// A report under way.
struct Reporting {
    file: BufWriter<File>,
    report: Report,
    /// Values of the periods, which the tables at the report's end are made of.
    periods: Option<BufWriter<File>>,
    /// The folder a second file is put into.
    folder: PathBuf,
}

impl Answers {
    pub(super) fn open(args: &RunArgs, model: &Model) -> Result<Self> {
        let results = BinaryResults::new(model);
        let input = args.model.to_string_lossy();
        let mut binary = args.out.as_deref().map(create).transpose()?.map(|file| (file, 0));
        if let Some((file, energy_at)) = &mut binary {
            let head = results.prolog(model, &input);
            *energy_at = head.len() as u64;
            file.write_all(&head)?;
            file.write_all(&results.energy(model, &model.start()))?;
        }
        let report = args.rpt.as_deref().map(|path| Reporting::open(path, model, &input)).transpose()?;
        let json = args.json.clone().map(|path| (path, Series::new(model)));
        Ok(Self { results, binary, report, json })
    }

    /// Makes the state keep what the report tells.
    pub(super) fn attach(&self, state: &mut State) {
        if let Some(reporting) = &self.report {
            reporting.report.attach(state);
        }
    }

    /// Report periods so far.
    pub(super) const fn periods(&self) -> i32 {
        self.results.periods()
    }

    /// Takes the moment the state stands at.
    pub(super) fn moment(&mut self, model: &Model, state: &mut State) -> Result<()> {
        if let Some(reporting) = &mut self.report {
            let text = reporting.report.moment(model, state);
            reporting.file.write_all(text.as_bytes())?;
        }
        let before = self.results.periods();
        let bytes = self.results.period(model, state);
        if self.results.periods() == before {
            return Ok(());
        }
        self.keep(&bytes)?;
        if let Some((_, series)) = &mut self.json {
            series.take(model, state);
        }
        Ok(())
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<()> {
        if let Some((file, _)) = &mut self.binary {
            file.write_all(bytes)?;
        }
        if let Some(file) = self.report.as_mut().and_then(|reporting| reporting.periods.as_mut()) {
            file.write_all(bytes)?;
        }
        Ok(())
    }

    /// Says in the report why the run ended here.
    pub(super) fn unsolved(&mut self, model: &Model, state: &mut State, why: &Unsolved) -> Result<()> {
        let Unsolved::Singular { node, .. } = why;
        if let Some(reporting) = &mut self.report {
            reporting.file.write_all(reporting.report.unsolved(model, state, node).as_bytes())?;
        }
        Ok(())
    }

    pub(super) fn close(mut self, model: &Model, state: &State) -> Result<()> {
        if let Some((mut file, energy_at)) = self.binary.take() {
            file.write_all(&self.results.epilog(model, state))?;
            file.seek(SeekFrom::Start(energy_at))?;
            file.write_all(&self.results.energy(model, state))?;
            file.flush()?;
        }
        if let Some(mut reporting) = self.report.take() {
            if let Some(periods) = &mut reporting.periods {
                periods.write_all(&self.results.statistic(model))?;
            }
            reporting.close(model, state)?;
        }
        if let Some((path, series)) = self.json.take() {
            let bytes = serde_json::to_vec(&series.close(model, state))?;
            std::fs::write(&path, bytes).with_context(|| format!("writing {}", path.display()))?;
        }
        Ok(())
    }
}

impl Reporting {
    fn open(path: &Path, model: &Model, input: &str) -> Result<Self> {
        let mut report = Report::new(model, input);
        let mut file = create(path)?;
        file.write_all(report.open(model, &wall_clock()).as_bytes())?;
        let periods = report.has_tables().then(tempfile::tempfile).transpose();
        let periods = periods.context("creating a file for the results of the periods")?.map(BufWriter::new);
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        Ok(Self { file, report, periods, folder })
    }

    fn close(mut self, model: &Model, state: &State) -> Result<()> {
        self.file.write_all(self.report.close(model, state, &wall_clock()).as_bytes())?;
        if let Some(second) = self.report.file() {
            self.file.flush()?;
            self.file = create(&self.folder.join(second))?;
        }
        self.file.write_all(self.report.tables(model, state, &wall_clock()).as_bytes())?;
        if let Some(periods) = self.periods.take() {
            let mut periods = periods.into_inner().context("writing the results of the periods")?;
            let length = 4 * BinaryResults::values(model);
            let count = usize::try_from(periods.seek(SeekFrom::End(0))?)? / length.max(1);
            periods.rewind()?;
            let (mut periods, mut bytes) = (BufReader::new(periods), vec![0; length]);
            for _ in 0..count {
                periods.read_exact(&mut bytes)?;
                let values: Vec<f32> =
                    bytes.as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect();
                self.file.write_all(self.report.period(model, &values).as_bytes())?;
            }
        }
        self.file.flush()?;
        Ok(())
    }
}

fn create(path: &Path) -> Result<BufWriter<File>> {
    Ok(BufWriter::new(File::create(path).with_context(|| format!("creating {}", path.display()))?))
}
