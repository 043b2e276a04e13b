//! 接口文件 (`[FILES]`, User's Manual 11.7): hot starts, and what one run hands another: rain, runoff,
//! RDII, inflows and outflows, in the layouts of SWMM 5.2.
//!
//! Promises: EPA's files are read and EPA's engine reads ours. Takes and gives bytes; never opens a file.

mod bytes;
mod hot_start;
mod lid;
mod rdii;
mod routing;
mod runoff;
mod saved;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use hot_start::HotStart;
pub(crate) use lid::LidRow;
pub(crate) use rdii::RdiiFile;
pub(crate) use routing::InflowsFile;
pub(crate) use runoff::RunoffFile;
pub use saved::Saved;

pub(crate) use bytes::Bytes;

use crate::model::Model;
use crate::project::FileKind;

/// Why a file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{what}")]
pub struct FileError {
    /// What is wrong with it.
    pub what: String,
}

pub(crate) fn wrong<T>(what: impl Into<String>) -> Result<T, FileError> {
    Err(FileError { what: what.into() })
}

/// Files a model uses, read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Interface {
    pub(crate) hot_start: Option<HotStart>,
    pub(crate) runoff: Option<RunoffFile>,
    pub(crate) rdii: Option<RdiiFile>,
    pub(crate) inflows: Option<InflowsFile>,
}

impl Interface {
    /// Reads what the project names; else line and fault of every file that is wrong.
    pub(crate) fn of(model: &Model) -> Result<Self, Vec<(usize, String)>> {
        let mut faults = Vec::new();
        let project = &model.project;
        let take = |kind: FileKind| project.files.used(kind).map(|f| (f.line, f.name.as_str(), &f.bytes[..]));
        let (hot, runoff) = (take(FileKind::HotStart), take(FileKind::Runoff));
        let (rdii, inflows) = (take(FileKind::Rdii), take(FileKind::Inflows));
        let mut fault =
            |line: usize, name: &str, e: &FileError| faults.push((line, format!("`{name}`: {e}")));
        let mut all = Self::default();
        if let Some((line, name, bytes)) = hot {
            match HotStart::read(model, bytes) {
                Ok(file) => all.hot_start = Some(file),
                Err(e) => fault(line, name, &e),
            }
        }
        if let Some((line, name, bytes)) = runoff {
            match RunoffFile::read(model, bytes) {
                Ok(file) => all.runoff = Some(file),
                Err(e) => fault(line, name, &e),
            }
        }
        let ignored = model.options.ignore_rdii || model.options.ignore_rainfall;
        if let Some((line, name, bytes)) = rdii.filter(|_| !ignored) {
            match RdiiFile::read(model, bytes) {
                Ok(file) => all.rdii = Some(file),
                Err(e) => fault(line, name, &e),
            }
        }
        if let Some((line, name, bytes)) = inflows {
            match InflowsFile::read(model, bytes) {
                Ok(file) => all.inflows = Some(file),
                Err(e) => fault(line, name, &e),
            }
        }
        if faults.is_empty() { Ok(all) } else { Err(faults) }
    }
}

/// What a run remembers of its files.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct FileState {
    /// Records of the runoff file already used.
    pub(crate) runoff_step: usize,
    /// Runoff records since they were last taken, where someone takes them.
    pub(crate) runoff_record: Option<Vec<u8>>,
    /// How many there were.
    pub(crate) runoff_recorded: u32,
    /// What LIDs with a detailed report did since it was last taken, where someone takes it.
    pub(crate) lid_record: Option<Vec<LidRow>>,
}
