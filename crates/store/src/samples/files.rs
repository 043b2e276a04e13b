//! The names in `samples/`: `log-0000000001`, `seg-0000000001`, `state-0000000001`, `*.part`.

use super::bytes::{Put as _, Take};
use super::segment::check_version;
use super::state::State;
use crate::files::sync_dir;
use crate::{FaultPlan, StoreError};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// First bytes of a state file; the last one is the version.
const STATE_MAGIC: [u8; 8] = *b"ZZSTA\0\0\x01";

pub(crate) fn log(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("log-{number:010}"))
}

pub(crate) fn segment(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("seg-{number:010}"))
}

pub(crate) fn state(dir: &Path, number: u64) -> PathBuf {
    dir.join(format!("state-{number:010}"))
}

/// What there is, by number.
#[derive(Debug, Default)]
pub(crate) struct Found {
    pub(crate) logs: BTreeSet<u64>,
    pub(crate) segments: BTreeSet<u64>,
    pub(crate) states: BTreeSet<u64>,
    /// Files that were not finished.
    pub(crate) parts: Vec<PathBuf>,
}

/// Looks what is in the folder; empty when there is no folder.
pub(crate) fn look(dir: &Path) -> Result<Found, StoreError> {
    let reading = |e| StoreError::io("reading the folder", dir, e);
    let mut found = Found::default();
    let entries = match std::fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(found),
        Err(e) => return Err(reading(e)),
    };
    for entry in entries {
        let entry = entry.map_err(reading)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let number = name.split_once('-').and_then(|(kind, n)| Some((kind, n.parse::<u64>().ok()?)));
        match number {
            Some(("log", n)) => drop(found.logs.insert(n)),
            Some(("seg", n)) => drop(found.segments.insert(n)),
            Some(("state", n)) => drop(found.states.insert(n)),
            _ if name.ends_with(".part") => found.parts.push(entry.path()),
            _ => {
                tracing::warn!(path = %entry.path().display(), "a file that does not belong here is left alone")
            }
        }
    }
    Ok(found)
}

/// Writes a whole file that is there entirely or not at all. Returns `false` where the fault plan
/// says that the process "died" on the way.
pub(crate) fn write_whole(path: &Path, bytes: &[u8], fault: &FaultPlan) -> Result<bool, StoreError> {
    let part = path.with_extension("part");
    let writing = |e| StoreError::io("writing", &part, e);
    let mut file = File::create(&part).map_err(writing)?;
    let fits = fault.fitting(bytes.len());
    file.write_all(bytes.get(..fits).unwrap_or_default()).map_err(writing)?;
    if fits < bytes.len() {
        return Err(StoreError::Full { path: part });
    }
    if !fault.seal_may_go_on() {
        return Ok(false);
    }
    file.sync_all().map_err(writing)?;
    drop(file);
    if !fault.seal_may_go_on() {
        return Ok(false);
    }
    std::fs::rename(&part, path).map_err(|e| StoreError::io("renaming into place", path, e))?;
    if !fault.seal_may_go_on() {
        return Ok(false);
    }
    if let Some(dir) = path.parent() {
        sync_dir(dir)?;
    }
    Ok(fault.seal_may_go_on())
}

/// The bytes of a state file.
pub(crate) fn state_bytes(state: &State) -> Vec<u8> {
    let body = state.write();
    let mut out = Vec::with_capacity(body.len() + 12);
    out.extend_from_slice(&STATE_MAGIC);
    out.put_u32(crc32fast::hash(&body));
    out.extend_from_slice(&body);
    out
}

/// Reads a state file; `None`, with a warning, when it is damaged: it can be made again.
pub(crate) fn read_state(path: &Path) -> Result<Option<State>, StoreError> {
    let bytes = std::fs::read(path).map_err(|e| StoreError::io("reading", path, e))?;
    let mut take = Take(&bytes);
    let whole = |take: &mut Take<'_>| {
        let magic: [u8; 8] = take.bytes(8)?.try_into().ok()?;
        let crc = take.u32()?;
        Some((magic, crc32fast::hash(take.0) == crc))
    };
    let read = match whole(&mut take) {
        Some((magic, sound)) => {
            check_version(&magic, &STATE_MAGIC, path)?;
            State::read(take.0).filter(|_| sound)
        }
        None => None,
    };
    if read.is_none() {
        tracing::warn!(path = %path.display(), "a state file is damaged and is made again from the logs");
    }
    Ok(read)
}
