//! What a model asks to save (`SAVE` lines of `[FILES]`, detailed reports of LIDs), gathered while it runs.

use super::lid::LidReport;
use super::{FileError, routing, runoff, wrong};
use crate::model::Model;
use crate::project::FileKind;
use crate::state::State;

/// Bytes one file may come to: a year of five minutes on a thousand subcatchments.
const BYTES_MAX: usize = 4 << 30;

/// 待存文件: open it before the first step, show it every step, close it after the last.
#[derive(Debug, Clone)]
pub struct Saved {
    next_report: f64,
    runoff: Vec<u8>,
    outflows: Option<String>,
    lids: Vec<LidReport>,
}

impl Saved {
    /// Begins; the state keeps its runoff from now on if the model asks for it.
    #[must_use]
    pub fn open(model: &Model, state: &mut State) -> Self {
        let files = &model.project.files;
        if files.saved(FileKind::Runoff).is_some() {
            state.files.runoff_record = Some(Vec::new());
        }
        let lids = LidReport::all(model);
        if !lids.is_empty() {
            state.files.lid_record = Some(Vec::new());
        }
        let outflows = files.saved(FileKind::Outflows).filter(|_| !model.options.ignore_routing);
        Self {
            next_report: 1000.0 * model.options.report_step as f64,
            runoff: Vec::new(),
            outflows: outflows.map(|_| routing::outflow_head(model)),
            lids,
        }
    }

    /// To be called after every step, after [`crate::Results::after_step`] where that is used.
    pub fn after_step(&mut self, model: &Model, state: &mut State) {
        if let Some(record) = &mut state.files.runoff_record {
            if self.runoff.len() < BYTES_MAX {
                self.runoff.append(record);
            }
            record.clear();
        }
        for row in state.files.lid_record.iter_mut().flat_map(|rows| rows.drain(..)) {
            self.lids.iter_mut().for_each(|report| report.add(model, &row, BYTES_MAX));
        }
        if state.new_routing_time < self.next_report {
            return;
        }
        let date = model.date_at(self.next_report);
        self.next_report += 1000.0 * model.options.report_step as f64;
        if let Some(text) =
            self.outflows.as_mut().filter(|t| date >= model.report_start && t.len() < BYTES_MAX)
        {
            routing::outflow_rows(model, state, date, text);
        }
    }

    /// The files, each by its name as the model writes it.
    ///
    /// # Errors
    /// A file came to more than 4 GiB.
    pub fn close(self, model: &Model, state: &State) -> Result<Vec<(String, Vec<u8>)>, FileError> {
        let mut files = Vec::new();
        let mut add = |kind: FileKind, bytes: Option<Vec<u8>>| -> Result<(), FileError> {
            let (Some(name), Some(bytes)) = (model.project.files.saved(kind), bytes) else { return Ok(()) };
            if bytes.len() >= BYTES_MAX {
                return wrong(format!("`{name}` came to over 4 GiB; save a shorter run"));
            }
            files.push((name.to_owned(), bytes));
            Ok(())
        };
        add(FileKind::Rainfall, model.rain_file())?;
        add(FileKind::Rdii, model.rdii_file())?;
        let mut head = runoff::head(model, state.files.runoff_recorded);
        head.extend_from_slice(&self.runoff);
        add(FileKind::Runoff, Some(head))?;
        add(FileKind::Outflows, self.outflows.map(String::into_bytes))?;
        add(FileKind::HotStart, Some(state.hot_start(model)))?;
        files.extend(self.lids.into_iter().map(LidReport::close));
        Ok(files)
    }
}
