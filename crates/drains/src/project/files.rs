//! 接口文件 as `[FILES]` names them (User's Manual 11.7 and appendix D).

use super::Project;
use super::read::{Reader, Row};

/// Kinds of interface files.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FileKind {
    /// Rain of all gages that have files.
    Rainfall,
    /// Results of all subcatchments.
    Runoff,
    /// State at the end, to begin another run with.
    HotStart,
    /// Rain-dependent inflow and infiltration.
    Rdii,
    /// Flows another model gives.
    Inflows,
    /// Flows that leave the model.
    Outflows,
}

const KINDS: [(&str, FileKind); 6] = [
    ("RAINFALL", FileKind::Rainfall),
    ("RUNOFF", FileKind::Runoff),
    ("HOTSTART", FileKind::HotStart),
    ("RDII", FileKind::Rdii),
    ("INFLOWS", FileKind::Inflows),
    ("OUTFLOWS", FileKind::Outflows),
];

/// A file the model uses, with what is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct UsedFile {
    kind: FileKind,
    pub(crate) name: String,
    pub(crate) line: usize,
    pub(crate) bytes: Vec<u8>,
}

/// `[FILES]`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct InterfaceFiles {
    used: Vec<UsedFile>,
    saved: Vec<(FileKind, String)>,
}

impl InterfaceFiles {
    pub(crate) fn used(&self, kind: FileKind) -> Option<&UsedFile> {
        self.used.iter().rfind(|f| f.kind == kind)
    }

    /// Name of the file to save, if the model asks for one of that kind.
    #[must_use]
    pub fn saved(&self, kind: FileKind) -> Option<&str> {
        self.saved.iter().rfind(|(k, _)| *k == kind).map(|(_, name)| name.as_str())
    }
}

pub(super) fn line(project: &mut Project, row: &mut Row<'_, '_, '_>) -> Option<()> {
    if !row.has(2) {
        return None;
    }
    let mode = row.word(0, &[("NO", 0), ("SCRATCH", 0), ("USE", 1), ("SAVE", 2)])?;
    let kind = row.word(1, &KINDS)?;
    if row.len() < 3 {
        return Some(());
    }
    let name = row.text(2).to_owned();
    let only_one_way = match kind {
        FileKind::Inflows => mode != 1,
        FileKind::Outflows => mode != 2,
        _ => false,
    };
    if only_one_way {
        row.problem("inflows can only be used, outflows only saved", "write USE INFLOWS or SAVE OUTFLOWS");
        return None;
    }
    match mode {
        1 => {
            let Some(bytes) = (row.reader.files)(&name) else {
                row.problem(format!("the file `{name}` cannot be read"), "put it beside the model");
                return None;
            };
            project.files.used.push(UsedFile { kind, name, line: row.line.number, bytes });
        }
        2 => project.files.saved.push((kind, name)),
        _ => {}
    }
    Some(())
}

/// What is wrong with the files together.
pub(super) fn check(project: &Project, reader: &mut Reader<'_>) {
    let (used, saved) = (project.files.used(FileKind::Inflows), project.files.saved(FileKind::Outflows));
    if let (Some(used), Some(saved)) = (used, saved)
        && used.name.eq_ignore_ascii_case(saved)
    {
        reader.problems.add(
            used.line,
            "FILES",
            format!("inflows and outflows are the same file `{saved}`"),
            "save the outflows to another one",
        );
    }
}
